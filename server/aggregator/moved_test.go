package aggregator_test

import (
	"fmt"
	"testing"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// TestAYearOfTwoFormsIsOneYear lets indicators move to another form in July: the year has each base period once, the
// unit's latest figure once, and the unit is complete when it gave every month in the form of that month.
func TestAYearOfTwoFormsIsOneYear(t *testing.T) {
	s := house(t)
	july := period.Date(2024, 7, 1)
	before := plainForm("F", period.Month, "kind:commune", "S", "L", "OLD")
	after := plainForm("F", period.Month, "kind:commune", "OLD")
	next := plainForm("G", period.Month, "kind:commune", "S", "L")
	after.ValidFrom, next.ValidFrom = july, july
	s.tell(
		numbered(0, plainIndicator("S", indicator.UnitSum, indicator.Flow, indicator.TimeSum),
			plainIndicator("L", indicator.UnitSum, indicator.Stock, indicator.TimeLast),
			plainIndicator("OLD", indicator.UnitSum, indicator.Flow, indicator.TimeSum)),
		entry.FormsChanged{Forms: []entry.Form{{Number: 0, Form: before}, {Number: 0, Form: after}, {Number: 1, Form: next}}},
	)
	for month := 12; month > 0; month-- {
		code := "F"
		if month > 6 {
			code = "G"
		}
		s.tell(sent(key("A", code, fmt.Sprintf("2024-%02d", month)), 1, map[uint32]figure.Figure{0: value(1), 1: value(int64(month))}))
	}
	for _, c := range []struct {
		indicator indicator.Code
		want      string
	}{{"S", "12"}, {"L", "12"}} {
		a := ask(t, s, aggregator.Query{Unit: id("P"), Indicator: c.indicator, Period: mustPeriod("2024"), Basis: rollup.Provisional})
		cover := a.Result.Coverage
		if a.Result.Display != c.want || cover.Expected != 24 || cover.Received != 12 || cover.UnitsComplete != 1 || cover.Units != 2 {
			t.Errorf("%s of 2024 = %s, %+v, want %s, 12 of 24, complete 1 of 2", c.indicator, a.Result.Display, cover, c.want)
		}
	}
	checkForms := ask(t, s, aggregator.Query{Unit: id("P"), Indicator: "S", Period: mustPeriod("2024"), Basis: rollup.Provisional})
	if got := fmt.Sprint(checkForms.Forms); got != fmt.Sprint([]form.Code{"F", "G"}) {
		t.Errorf("forms = %s, want F and G", got)
	}
}

// TestMonthsAndQuartersOfOneYear lets a form of quarters follow one of months: each base period is summed once and is an
// obligation of its own (R10), and the latest figure of the year is that of the last quarter alone.
func TestMonthsAndQuartersOfOneYear(t *testing.T) {
	s := house(t)
	july := period.Date(2024, 7, 1)
	months := plainForm("F", period.Month, "kind:commune;..2024-07-01", "S", "L")
	quarters := plainForm("G", period.Quarter, "kind:commune;2024-07-01..", "S", "L")
	quarters.ValidFrom = july
	s.tell(
		numbered(0, plainIndicator("S", indicator.UnitSum, indicator.Flow, indicator.TimeSum),
			plainIndicator("L", indicator.UnitSum, indicator.Stock, indicator.TimeLast)),
		forms(0, months, quarters),
	)
	for n, base := range []string{"2024-Q4", "2024-06", "2024-Q3", "2024-05", "2024-01"} {
		code := "F"
		if n == 0 || n == 2 {
			code = "G"
		}
		s.tell(sent(key("A", code, base), 1, map[uint32]figure.Figure{0: value(10), 1: value(int64(n + 1))}))
	}
	for _, c := range []struct {
		indicator indicator.Code
		span      string
		want      string
		expected  int64
	}{{"S", "2024", "50", 16}, {"L", "2024", "1", 16}, {"L", "2024-H1", "2", 12}, {"S", "2024-H2", "20", 4}} {
		for _, unit := range []string{"A", "P"} {
			a := ask(t, s, aggregator.Query{Unit: id(unit), Indicator: c.indicator, Period: mustPeriod(c.span), Basis: rollup.Provisional})
			expected := c.expected
			if unit == "A" {
				expected /= 2
			}
			if a.Result.Display != c.want || a.Result.Coverage.Expected != expected {
				t.Errorf("%s of %s in %s = %s of %d, want %s of %d",
					c.indicator, unit, c.span, a.Result.Display, a.Result.Coverage.Expected, c.want, expected)
			}
		}
	}
}

// TestR19AWeightThatIsNotOwedWeighsNothing narrows the assignment of a weight after figures came in: the means that were
// weighted by it change too.
func TestR19AWeightThatIsNotOwedWeighsNothing(t *testing.T) {
	s := house(t)
	weight := plainIndicator("W", indicator.UnitSum, indicator.Stock, indicator.TimeLast)
	mean := plainIndicator("M", indicator.UnitWeightedMean, indicator.Stock, indicator.TimeLast)
	mean.Weight = "W"
	s.tell(numbered(0, weight, mean), forms(0, plainForm("F", period.Month, "kind:commune", "W", "M")),
		sent(key("A", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(1), 1: value(10)}),
		sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(3), 1: value(20)}))
	check := func(want string, unweighted int64) {
		t.Helper()
		a := ask(t, s, aggregator.Query{Unit: id("D"), Indicator: "M", Period: mustPeriod("2024-Q1"), Basis: rollup.Provisional})
		if a.Result.Display != want || a.Result.Coverage.Unweighted != unweighted {
			t.Errorf("mean = %s, unweighted %d, want %s, %d", a.Result.Display, a.Result.Coverage.Unweighted, want, unweighted)
		}
	}
	check("18", 0) // 70/4 = 17.5
	weight.Assigned = []hierarchy.Selector{{Unit: id("B"), Except: true}}
	s.tell(numbered(0, weight))
	check("10", 1)
}

// TestR8CheckedFiguresStandBeside lets a district send what its communes send too: the sum is theirs, the district's own
// figure stands beside it with the difference. When the rule changes for later periods, its figures are added there.
func TestR8CheckedFiguresStandBeside(t *testing.T) {
	s := house(t)
	i := plainIndicator("S", indicator.UnitSum, indicator.Flow, indicator.TimeSum)
	i.CheckedBy = []hierarchy.Kind{hierarchy.District}
	s.tell(numbered(0, i), forms(0, plainForm("F", period.Month, "kind:commune|kind:district", "S")))
	for _, month := range []string{"2024-01", "2024-02"} {
		s.tell(sent(key("A", "F", month), 1, map[uint32]figure.Figure{0: value(10)}),
			sent(key("B", "F", month), 1, map[uint32]figure.Figure{0: value(20)}),
			sent(key("D", "F", month), 1, map[uint32]figure.Figure{0: value(33)}))
	}
	q := aggregator.Query{Unit: id("D"), Indicator: "S", Period: mustPeriod("2024-01"), Basis: rollup.Provisional}
	a := ask(t, s, q)
	if a.Result.Display != "30" || a.Result.Coverage.Expected != 2 || len(a.Checks) != 1 {
		t.Fatalf("D = %s of %d with %d checks, want 30 of 2 with one", a.Result.Display, a.Result.Coverage.Expected, len(a.Checks))
	}
	if c := a.Checks[0]; c.Kind != hierarchy.District || c.Result.Display != "33" || c.Difference != "3" {
		t.Errorf("check = %s %s, difference %s, want district 33, 3", c.Kind, c.Result.Display, c.Difference)
	}
	q.Unit = id("P")
	if a := ask(t, s, q); a.Result.Display != "30" || len(a.Checks) != 0 {
		t.Errorf("P = %s with %d checks, want 30 with none", a.Result.Display, len(a.Checks))
	}

	i.ReportedBy, i.CheckedBy, i.LevelsOwn = []hierarchy.Kind{hierarchy.Commune, hierarchy.District}, nil, true
	i.ValidFrom = period.Date(2024, 2, 1)
	s.tell(numbered(0, i))
	q.Period = mustPeriod("2024-02")
	if a := ask(t, s, q); a.Result.Display != "63" || a.Result.Coverage.Expected != 3 || len(a.Checks) != 0 {
		t.Errorf("P in February = %s of %d, want 63 of 3", a.Result.Display, a.Result.Coverage.Expected)
	}
	q.Kind = hierarchy.District
	if a := ask(t, s, q); a.Result.Display != "33" || a.Result.Coverage.Expected != 1 {
		t.Errorf("P by district = %s of %d, want 33 of 1", a.Result.Display, a.Result.Coverage.Expected)
	}
	q.Period, q.Kind = mustPeriod("2024-01"), ""
	if a := ask(t, s, q); a.Result.Display != "30" {
		t.Errorf("P in January = %s, want 30 as before", a.Result.Display)
	}
}

// TestR4NotAtThisPeriodIsNeverEmpty asks for a month of what is reported each quarter.
func TestR4NotAtThisPeriodIsNeverEmpty(t *testing.T) {
	s := house(t)
	s.tell(numbered(0, plainIndicator("S", indicator.UnitSum, indicator.Flow, indicator.TimeSum)),
		forms(0, plainForm("F", period.Quarter, "kind:commune", "S")),
		sent(key("A", "F", "2024-Q1"), 1, map[uint32]figure.Figure{0: value(10)}))
	for span, want := range map[string]rollup.State{
		"2024-01": rollup.NotAtThisPeriod, "2024-Q1": rollup.Value, "2024-9M": rollup.Value, "2024": rollup.Value, "2024-Q2": rollup.NoData,
	} {
		a := ask(t, s, aggregator.Query{Unit: id("P"), Indicator: "S", Period: mustPeriod(span), Basis: rollup.Provisional})
		if a.Result.State != want {
			t.Errorf("%s = %v, want %v", span, a.Result.State, want)
		}
	}
}
