package plan_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/rollup"
)

func target(c plan.Comparator, value string) plan.Target {
	return plan.Target{Plan: "p", Year: 2024, Indicator: "X", Comparator: c, Value: value, BaselineDay: period.Beginning, Due: period.Forever}
}

func judge(t testing.TB, x plan.Target) *plan.Judge {
	t.Helper()
	j, why := plan.NewJudge(x, plan.UsualClasses, indicator.Higher)
	if why != nil {
		t.Fatal(why)
	}
	return j
}

// TestR28RoundingIsThatOfTheTarget: 80 was written without decimals and 80.0 with one.
func TestR28RoundingIsThatOfTheTarget(t *testing.T) {
	for _, c := range []struct {
		comparator plan.Comparator
		target     string
		value      string
		want       plan.Status
	}{
		{plan.AtLeast, "80", "80.04", plan.Met},
		{plan.AtLeast, "80.0", "80.04", plan.Met},
		{plan.AtLeast, "80.0", "80.05", plan.Exceeded},
		{plan.AtLeast, "80", "80.49", plan.Met},
		{plan.AtLeast, "80", "80.5", plan.Exceeded},
		{plan.AtLeast, "80", "79.96", plan.NotMet},
		{plan.Above, "80", "80", plan.NotMet},
		{plan.Above, "80", "80.3", plan.Met},
		{plan.Above, "80", "85", plan.Exceeded},
		{plan.Above, "80", "79.6", plan.NotMet},
		{plan.AtMost, "29", "29", plan.Met},
		{plan.AtMost, "29", "28", plan.Exceeded},
		{plan.AtMost, "29", "30", plan.NotMet},
		{plan.AtMost, "5", "4.6", plan.Met},
		{plan.AtMost, "5", "4.4", plan.Exceeded},
		{plan.Below, "5", "5", plan.NotMet},
		{plan.Below, "5", "4.9", plan.Met},
		{plan.Equal, "1", "1", plan.Met},
		{plan.Equal, "1", "1.001", plan.NotMet},
		{plan.AtLeast, "-5", "-4", plan.Exceeded},
		{plan.AtLeast, "0", "0", plan.Met},
		// Half away from zero.
		{plan.AtMost, "-5", "-5.5", plan.Exceeded},
		{plan.AtMost, "-5", "-5.4", plan.Met},
	} {
		got, why := judge(t, target(c.comparator, c.target)).Status(at(t, c.value, 0))
		if got != c.want {
			t.Errorf("%s against %s %s: %s, want %s (%v)", c.value, c.comparator, c.target, got, c.want, why)
		}
	}
	// A third is compared as it is: 33.333… % is below 33.34 and above 33.33.
	third := number(big.NewRat(100, 3))
	for value, want := range map[string]plan.Status{"33.33": plan.Met, "33.34": plan.NotMet, "33.3": plan.Met, "33": plan.Met, "32": plan.Exceeded} {
		if got, _ := judge(t, target(plan.AtLeast, value)).Status(third); got != want {
			t.Errorf("100/3 against %s: %s, want %s", value, got, want)
		}
	}
}

func TestR28BaselinesOfEverySign(t *testing.T) {
	for _, c := range []struct {
		comparator      plan.Comparator
		baseline, value string
		want            plan.Status
	}{
		{plan.ReduceBy, "200", "140", plan.Met},
		{plan.ReduceBy, "200", "140.1", plan.NotMet},
		{plan.ReduceBy, "200", "138", plan.Exceeded},
		{plan.IncreaseBy, "-10", "-7", plan.Met},
		{plan.IncreaseBy, "-10", "-7.1", plan.NotMet},
		{plan.IncreaseBy, "-10", "-6", plan.Exceeded},
	} {
		x := target(c.comparator, "30")
		x.Baseline = c.baseline
		if got, _ := judge(t, x).Status(at(t, c.value, 0)); got != c.want {
			t.Errorf("%s 30 %% of %s, now %s: %s, want %s", c.comparator, c.baseline, c.value, got, c.want)
		}
	}
	for baseline, want := range map[string]string{"": "BASELINE_MISSING", "0": "BASELINE_ZERO", "0.0": "BASELINE_ZERO"} {
		x := target(plan.ReduceBy, "30")
		x.Baseline = baseline
		if _, why := plan.NewJudge(x, nil, indicator.Lower); fault.ReasonOf(why) != want {
			t.Errorf("baseline %q: %v, want %s", baseline, why, want)
		}
	}
	x := target(plan.Keep, "")
	x.Baseline = "10"
	if _, why := plan.NewJudge(x, nil, indicator.DirectionNone); fault.ReasonOf(why) != "DIRECTION_MISSING" {
		t.Errorf("to keep what nobody says is good: %v", why)
	}
	if _, why := plan.NewJudge(target(plan.InClass, "khá"), []string{"tốt"}, 0); fault.ReasonOf(why) != "CLASS_NOT_IN_ORDER" {
		t.Errorf("a class without a place: %v", why)
	}
}

// TestR28DetailsHaveAMeaningOrAreLeftOut is computed by hand.
func TestR28DetailsHaveAMeaningOrAreLeftOut(t *testing.T) {
	day := period.Date(2024, 12, 14)
	withBase := func(c plan.Comparator, value, baseline string) plan.Target {
		x := target(c, value)
		x.Baseline = baseline
		return x
	}
	lined := withBase(plan.AtLeast, "80", "60")
	lined.BaselineDay = period.Date(2024, 1, 1)
	for _, c := range []struct {
		name    string
		target  plan.Target
		reading plan.Reading
		on      period.Day
		want    plan.Detail
	}{
		{"more is better", target(plan.AtLeast, "80"), at(t, "60", 0), day, plan.Detail{Difference: "-20", Percent: "75", Rounded: "60"}},
		{"less is better", target(plan.AtMost, "8"), at(t, "10", 0), day, plan.Detail{Difference: "2", Percent: "80", Rounded: "10"}},
		{"less than nothing", target(plan.AtMost, "8"), at(t, "0", 0), day, plan.Detail{Difference: "-8", Rounded: "0"}},
		{"a target of zero", target(plan.AtLeast, "0"), at(t, "5", 0), day, plan.Detail{Difference: "5", Rounded: "5"}},
		{"a rank", target(plan.AtMost, "29"), rank(39, 63), day, plan.Detail{Difference: "-10"}},
		{"top", target(plan.Top, "30"), rank(28, 63), day, plan.Detail{Difference: "2"}},
		{"yes", target(plan.Equal, "1"), at(t, "1", 0), day, plan.Detail{Difference: "0"}},
		{"a class", target(plan.InClass, "khá"), class("khá"), day, plan.Detail{}},
		{"a day", target(plan.ByDate, "2024-06-30"), done(day), day, plan.Detail{Difference: "-167"}},
		{"a day that was kept", target(plan.ByDate, "2024-06-30"), done(period.Date(2024, 6, 20)), day, plan.Detail{Difference: "10"}},
		{"yes by a day", target(plan.ByDate, "2024-06-30"), at(t, "1", 0), day, plan.Detail{}},
		{"nothing", target(plan.AtLeast, "80"), plan.Reading{}, day, plan.Detail{}},
		// 200 - 30 % = 140; 150 is 25 % less, of 30 % that is five sixths.
		{"reduce", withBase(plan.ReduceBy, "30", "200"), at(t, "150", 0), day, plan.Detail{Difference: "10", Percent: "83.33", Rounded: "25"}},
		// From 60 on 1 January to 80 on 14 December there are 348 days; on 30 June 181 of them have passed: 60 + 20 × 181 / 348 = 70.40.
		{"a path", lined, at(t, "71", 0), period.Date(2024, 6, 30), plan.Detail{Difference: "-9", Percent: "88.75", Rounded: "71", Path: "70.4", OnTrack: true}},
		{"behind", lined, at(t, "70.4", 0), period.Date(2024, 6, 30), plan.Detail{Difference: "-9.6", Percent: "88", Rounded: "70", Path: "70.4"}},
	} {
		if got := judge(t, c.target).Detail(c.reading, 2, day, c.on); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestR28JudgingAgreesWithDecimals draws a target and a value as decimals and reckons with whole numbers of a millionth.
func TestR28JudgingAgreesWithDecimals(t *testing.T) {
	const million = 1_000_000
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.IntRange(0, 3).Draw(t, "digits of the target")
		unit := int64(million)
		for range digits {
			unit /= 10
		}
		bound := rapid.Int64Range(-300, 300).Draw(t, "target in its last digit") * unit
		near := rapid.Int64Range(-3*unit, 3*unit).Draw(t, "off by")
		v := bound + near
		c := rapid.SampledFrom([]plan.Comparator{plan.AtLeast, plan.Above, plan.AtMost, plan.Below}).Draw(t, "comparator")
		text := new(big.Rat).SetFrac64(bound, million).FloatString(digits)
		if bound == 0 {
			text = new(big.Rat).FloatString(digits)
		}
		j, why := plan.NewJudge(target(c, text), nil, 0)
		if why != nil {
			t.Fatal(why)
		}
		// Half away from zero, on whole numbers.
		rounded := (abs(v) + unit/2) / unit * unit
		if v < 0 {
			rounded = -rounded
		}
		var met, over bool
		switch c {
		case plan.AtLeast:
			met, over = v >= bound, rounded > bound
		case plan.Above:
			met, over = v > bound, rounded > bound
		case plan.AtMost:
			met, over = v <= bound, rounded < bound
		case plan.Below:
			met, over = v < bound, rounded < bound
		default:
		}
		want := plan.NotMet
		if met {
			want = plan.Met
			if over {
				want = plan.Exceeded
			}
		}
		scale := rapid.SampledFrom([]int64{1, 7, 3 << 40}).Draw(t, "carried as")
		reading := plan.Reading{Value: rollup.Fraction{Long: new(big.Rat).SetFrac(
			new(big.Int).Mul(big.NewInt(v), big.NewInt(scale)), new(big.Int).Mul(big.NewInt(million), big.NewInt(scale)))}, Done: period.Beginning}
		if got, _ := j.Status(reading); got != want {
			t.Fatalf("%d millionths against %s %s: %s, want %s", v, c, text, got, want)
		}
	})
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

func TestR28TheHorizonOfADueDay(t *testing.T) {
	for _, c := range []struct {
		calendar period.Calendar
		due      period.Day
		want     string
		day      period.Day
	}{
		{period.CutoffFifteenth, period.Forever, "2024", period.Date(2024, 12, 14)},
		{period.Civil, period.Forever, "2024", period.Date(2024, 12, 31)},
		{period.CutoffFifteenth, period.Date(2024, 6, 30), "2024-H1", period.Date(2024, 6, 30)},
		{period.Civil, period.Date(2024, 6, 30), "2024-H1", period.Date(2024, 6, 30)},
		{period.Civil, period.Date(2024, 6, 29), "2024-Q1", period.Date(2024, 6, 29)},
		{period.Civil, period.Date(2024, 2, 29), "2024-02", period.Date(2024, 2, 29)},
		{period.Civil, period.Date(2024, 1, 2), "2024-01", period.Date(2024, 1, 2)},
		{period.CutoffFifteenth, period.Date(2024, 10, 1), "2024-9M", period.Date(2024, 10, 1)},
		{period.CutoffFifteenth, period.Date(2025, 3, 1), "2024", period.Date(2025, 3, 1)},
	} {
		if p, day := plan.Horizon(c.calendar, period.Month, 2024, c.due); p.String() != c.want || day != c.day {
			t.Errorf("%s, due %s: %s until %s, want %s until %s", c.calendar, c.due, p, day, c.want, c.day)
		}
	}
}

func TestR28TheHorizonHoldsWholeReports(t *testing.T) {
	for due, want := range map[period.Day][3]string{ // of quarters, halves, years
		period.Date(2024, 6, 30): {"2024-H1", "2024-H1", "2024"}, period.Date(2024, 5, 1): {"2024-Q1", "2024-H1", "2024"},
		period.Date(2024, 1, 5): {"2024-Q1", "2024-H1", "2024"}, period.Date(2024, 11, 1): {"2024-9M", "2024-H1", "2024"},
	} {
		for i, base := range []period.Kind{period.Quarter, period.Half, period.Year} {
			if p, _ := plan.Horizon(period.Civil, base, 2024, due); p.String() != want[i] {
				t.Errorf("due %s, reported by the %s: %s, want %s", due, base, p, want[i])
			}
		}
	}
}

// TestR28CountsAlwaysAddUp holds over any statuses, and that a target of every single unit is as good as its worst unit.
func TestR28CountsAlwaysAddUp(t *testing.T) {
	all := []plan.Status{plan.Exceeded, plan.Met, plan.NotMet, plan.NotDue, plan.NoData, plan.NotEvaluable}
	rapid.Check(t, func(t *rapid.T) {
		drawn := rapid.SliceOf(rapid.SampledFrom(all)).Draw(t, "statuses")
		var c, half plan.Counts
		for i, s := range drawn {
			c.Add(s)
			if i%2 == 0 {
				half.Add(s)
			}
		}
		sum := 0
		has := map[plan.Status]bool{}
		for _, s := range all {
			sum += c.Of(s)
			has[s] = c.Of(s) > 0
		}
		if c.Evaluated() != len(drawn) || sum != len(drawn) {
			t.Fatalf("%d statuses, %d evaluated, which add up to %d", len(drawn), c.Evaluated(), sum)
		}
		switch whole := c.Whole(); {
		case has[plan.NotMet] != (whole == plan.NotMet):
			t.Fatalf("%v is %s", drawn, whole)
		case whole == plan.Exceeded && c.Of(plan.Exceeded) != len(drawn):
			t.Fatalf("%v is exceeded, and not all did", drawn)
		case whole == plan.Met && has[plan.NoData]:
			t.Fatalf("%v is met, and of one nothing is known", drawn)
		}
		half.Merge(half)
		if half.Evaluated() != (len(drawn)+1)/2*2 {
			t.Fatalf("merging loses some: %d", half.Evaluated())
		}
	})
}

// TestR28DeclaredCountsStandBesideTheComputedOnes is what Đồng Tháp said of 2023: 31 reached and 6 not are 37 of 35.
func TestR28DeclaredCountsStandBesideTheComputedOnes(t *testing.T) {
	declared := []plan.Count{
		{Year: 2023, Kind: plan.CountAssigned, Count: 35},
		{Year: 2023, Kind: plan.CountReached, Count: 31},
		{Year: 2023, Kind: plan.CountExceeded, Count: 16},
		{Year: 2023, Kind: plan.CountMet, Count: 15},
		{Year: 2023, Kind: plan.CountNotMet, Count: 6},
		{Year: 2023, Kind: plan.CountGroup, Label: "at", Count: 2},
		{Year: 2023, Kind: plan.CountFocus, Count: 1},
		{Year: 2023, Kind: plan.CountOther, Label: "X", Count: 8},
	}
	p := plan.Plan{Groups: []plan.Group{{Code: "AT", Indicators: []indicator.Code{"AT-01", "AT-02"}}}, Focus: []indicator.Code{"AT-01", "AT-02"}}
	var computed plan.Counts
	computed.Add(plan.Exceeded)
	computed.Add(plan.NotMet)
	got := map[string]int{}
	for _, c := range plan.Compare(&p, declared, computed, plan.Counts{}) {
		got[c.Kind.String()+"/"+map[plan.Basis]string{
			plan.AgainstNothing: "nothing", plan.AgainstComputed: "computed", plan.AgainstParts: "parts", plan.AgainstRegister: "register", plan.AgainstRatings: "ratings",
		}[c.Against]] = c.Difference()
	}
	want := map[string]int{
		"ASSIGNED/parts": -2, "REACHED/computed": 30, "REACHED/parts": 0, "EXCEEDED/computed": 15, "MET/computed": 15, "NOT_MET/computed": 5,
		"GROUP/register": 0, "FOCUS/register": -1, "OTHER/nothing": 0,
	}
	for key, d := range want {
		if g, ok := got[key]; !ok || g != d {
			t.Errorf("%s: a difference of %d, %v; want %d", key, g, ok, d)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%v, want %v", got, want)
	}
}
