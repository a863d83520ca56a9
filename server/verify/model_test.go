package verify

import (
	"go/parser"
	"go/token"
	"math"
	"math/big"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// TestNothingIsSharedWithTheAggregator reads the imports: an oracle that used the code it judges would be none.
func TestNothingIsSharedWithTheAggregator(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		read++
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			if strings.HasSuffix(path, "/rollup") || strings.HasSuffix(path, "/aggregator") {
				t.Errorf("%s imports %s", f.Name(), path)
			}
		}
	}
	if read < 10 {
		t.Errorf("only %d files were read", read)
	}
}

// lone is a commune under a province that reports SUM every month.
func lone(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.units(w.always("P", hierarchy.Province, ""), w.always("A", hierarchy.Commune, "P-0"))
	w.catalogue(counted("SUM", hierarchy.Commune))
	w.formed(monthly("M", "kind:commune", "SUM"))
	return w
}

var january = entry.ReportKey{Unit: "A-0", Form: "M", Period: month(2024, 1)}

func sum(n int64) map[indicator.Code]figure.Figure {
	return map[indicator.Code]figure.Figure{"SUM": valued(n)}
}

// both gives a model the entries that it has not seen yet, and asks what January comes to in the official and the
// provisional basis.
func (w *world) both(m *Model, seen int) string {
	w.t.Helper()
	for _, e := range w.entries[seen:] {
		if err := m.Apply(e); err != nil {
			w.t.Fatalf("%v", err)
		}
	}
	q := Question{Unit: "P-0", Indicator: "SUM", Period: january.Period}
	provisional := q
	provisional.Provisional = true
	official := m.Answer(q) // first here and last below, so that what was remembered of it would be seen in the next call
	after := m.Answer(provisional)
	if m.Answer(provisional) != after || m.Answer(q) != official {
		w.t.Fatalf("a question that is asked again has another answer")
	}
	word := func(a Answer) string {
		if a.State != stateValue {
			return a.State
		}
		return a.Value
	}
	return word(official) + " " + word(after)
}

func TestR23WhichRevisionCounts(t *testing.T) {
	w := lone(t)
	m, seen := NewModel(), 0
	for _, step := range []struct {
		what func()
		want string
	}{
		{func() { w.send(january, false, sum(10)) }, "NO_DATA 10"},
		{func() { w.approve(january, 1) }, "10 10"},
		{func() { w.send(january, false, sum(12)) }, "10 12"},
		{func() { w.send(january, false, sum(13)) }, "10 13"}, // supersedes the one that waits
		{func() { w.giveBack(january, 3) }, "10 10"},          // and does not wake it again
		{func() { w.approve(january, 2) }, "10 10"},
		{func() { w.giveBack(january, 1) }, "NO_DATA NO_DATA"},
		{func() { w.send(january, false, sum(14)) }, "NO_DATA 14"},
		{func() { w.approve(january, 4) }, "14 14"},
		{func() { w.send(january, false, sum(15)) }, "14 15"},
		{func() { w.approve(january, 5) }, "15 15"},
		{func() { w.giveBack(january, 5) }, "NO_DATA NO_DATA"}, // what was approved before has had its time
		{func() { w.draft(january, sum(99)) }, "NO_DATA NO_DATA"},
		{func() { w.send(january, false, sum(16)) }, "NO_DATA 16"},
		{func() { w.draft(january, sum(99)) }, "NO_DATA 16"},
		{func() { w.approve(january, 8) }, "NO_DATA 16"}, // a draft is not approved
		{func() { w.approve(january, 7) }, "16 16"},
	} {
		step.what()
		got := w.both(m, seen)
		if seen = len(w.entries); got != step.want {
			t.Fatalf("after entry %d (%T): %s, want %s", len(w.entries), w.entries[len(w.entries)-1].Body, got, step.want)
		}
	}
}

// draft saves a revision without sending it.
func (w *world) draft(k entry.ReportKey, figures map[indicator.Code]figure.Figure) {
	w.send(k, true, figures)
	b, _ := w.entries[len(w.entries)-1].Body.(entry.ReportsSubmitted)
	b.Reports[0].Draft = true
}

func TestR7TheFirstReportDecidesWhetherItIsLate(t *testing.T) {
	late := func(tell func(w *world)) int64 {
		w := lone(t)
		tell(w)
		return w.model().Answer(Question{Unit: "A-0", Indicator: "SUM", Period: january.Period, Provisional: true}).Late
	}
	for name, c := range map[string]struct {
		tell func(w *world)
		want int64
	}{
		"in time":                     {func(w *world) { w.send(january, false, sum(1)) }, 0},
		"at the deadline":             {func(w *world) { w.send(january, true, sum(1)) }, 1},
		"a draft in time, sent late":  {func(w *world) { w.draft(january, sum(1)); w.send(january, true, sum(1)) }, 1},
		"a late draft, sent in time":  {func(w *world) { w.draft(january, sum(1)); w.send(january, false, sum(1)) }, 0},
		"corrected late":              {func(w *world) { w.send(january, false, sum(1)); w.send(january, true, sum(2)) }, 0},
		"returned and sent late":      {func(w *world) { w.send(january, false, sum(1)); w.giveBack(january, 1); w.send(january, true, sum(2)) }, 0},
		"returned, late at the first": {func(w *world) { w.send(january, true, sum(1)); w.giveBack(january, 1); w.send(january, false, sum(2)) }, 1},
		"without a deadline": {func(w *world) {
			w.send(january, true, sum(1))
			b, _ := w.entries[len(w.entries)-1].Body.(entry.ReportsSubmitted)
			b.Reports[0].Deadline = time.Time{}
		}, 0},
	} {
		if got := late(c.tell); got != c.want {
			t.Errorf("%s: late = %d, want %d", name, got, c.want)
		}
	}
}

// TestR21AFigureKeepsTheScaleItWasSentAt lets the scale grow, from a later day and under a report that is there.
func TestR21AFigureKeepsTheScaleItWasSentAt(t *testing.T) {
	w := lone(t)
	w.approve(january, w.send(january, false, sum(7)))
	finer := counted("SUM", hierarchy.Commune)
	finer.Scale, finer.ValidFrom = 2, period.Date(2024, 2, 1)
	w.catalogue(finer)
	february := january
	february.Period = month(2024, 2)
	w.approve(february, w.send(february, false, sum(725)))
	want := func(p period.Period, want string) {
		t.Helper()
		if got := w.model().Answer(Question{Unit: "P-0", Indicator: "SUM", Period: p}); got.Value != want {
			t.Errorf("%s = %+v, want %s", p, got, want)
		}
	}
	want(month(2024, 1), "7")
	want(month(2024, 2), "7.25")
	want(period.Of(2024, period.Quarter, 1), "14.25")
	finer.ValidFrom = period.Beginning
	w.catalogue(finer)
	want(month(2024, 1), "7")
	want(period.Of(2024, period.Quarter, 1), "14.25")
}

// TestR3WhoStandsOnTheLastDayOwesThePeriod has one commune end in March, and another with its code begin.
func TestR3WhoStandsOnTheLastDayOwesThePeriod(t *testing.T) {
	w := newWorld(t)
	day := period.Date(2024, 3, 10)
	w.units(
		w.always("P", hierarchy.Province, ""), w.always("D", hierarchy.District, "P-0"),
		w.unit("82", hierarchy.Commune, "D-0", period.Beginning, day), w.unit("82", hierarchy.Commune, "D-0", day, period.Forever),
	)
	w.catalogue(counted("SUM", hierarchy.Commune))
	w.formed(monthly("M", "kind:commune", "SUM"))
	for m := 1; m <= 4; m++ {
		for _, unit := range []hierarchy.ID{"82-0", "82-20240310"} {
			k := entry.ReportKey{Unit: unit, Form: "M", Period: month(2024, m)}
			w.approve(k, w.send(k, false, sum(int64(10*m))))
		}
	}
	m := w.model()
	for _, c := range []struct {
		unit, period, want string
	}{
		{"D-0", "2024-02", "20 1/1"},
		{"D-0", "2024-03", "30 1/1"}, // not 60: the old one did not stand on the last day
		{"D-0", "2024-Q1", "60 3/3"},
		{"82-0", "2024-Q1", "30 2/2"},
		{"82-20240310", "2024-Q1", "30 1/1"},
		{"82-0", "2024-03", "NO_DATA 0/0"},
		{"P-0", "2024-H1", "100 4/6"},
	} {
		a := m.Answer(Question{Unit: hierarchy.ID(c.unit), Indicator: "SUM", Period: parsePeriod(t, c.period)})
		got := a.Value
		if a.State != stateValue {
			got = a.State
		}
		if coverage, _ := a.option("received"); got+" "+coverage != c.want {
			t.Errorf("%s in %s = %s %s, want %s", c.unit, c.period, got, coverage, c.want)
		}
	}
}

// TestR4QuartersBesideMonths has communes that report every month and a department that does every quarter.
func TestR4QuartersBesideMonths(t *testing.T) {
	w := newWorld(t)
	w.units(
		w.always("P", hierarchy.Province, ""), w.always("A", hierarchy.Commune, "P-0"), w.always("S", hierarchy.Department, "P-0"),
	)
	last := counted("LAST", "commune", "department")
	last.Value = indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast}
	w.catalogue(counted("SUM", "commune", "department"), last)
	quarterly := monthly("Q", "kind:department", "SUM", "LAST")
	quarterly.Frequency = period.Quarter
	w.formed(monthly("M", "kind:commune", "SUM", "LAST"), quarterly)
	send := func(unit hierarchy.ID, f form.Code, p period.Period, n int64) {
		k := entry.ReportKey{Unit: unit, Form: f, Period: p}
		w.approve(k, w.send(k, false, map[indicator.Code]figure.Figure{"SUM": valued(n), "LAST": valued(n)}))
	}
	for m := 1; m <= 3; m++ {
		send("A-0", "M", month(2024, m), 1)
	}
	send("S-0", "Q", period.Of(2024, period.Quarter, 1), 100)
	m := w.model()
	for _, c := range []struct {
		unit, code, period string
		measure            Measure
		want               string
	}{
		{"P-0", "SUM", "2024-Q1", AsReported, "103 received=4/4 complete=2/2 last="},
		{"P-0", "SUM", "2024-01", AsReported, "NOT_AT_THIS_PERIOD received=0/0 complete=0/0 last="}, // the department's share is in no month
		{"A-0", "SUM", "2024-01", AsReported, "1 received=1/1 complete=1/1 last="},
		{"S-0", "SUM", "2024-03", AsReported, "NOT_AT_THIS_PERIOD received=0/0 complete=0/0 last="},
		{"P-0", "SUM", "2024-Q2", YearToDate, "103 received=4/8 complete=0/2 last="},
		{"P-0", "SUM", "2024-H1", AsReported, "103 received=4/8 complete=0/2 last="},
		{"P-0", "LAST", "2024-Q1", AsReported, "101 received=4/4 complete=2/2 last=2024-03"},
		{"P-0", "LAST", "2024-H1", AsReported, "101 received=4/8 complete=0/2 last=2024-03"},
		{"S-0", "LAST", "2024-H1", AsReported, "100 received=1/2 complete=0/1 last=2024-Q1"},
	} {
		a := m.Answer(Question{Unit: hierarchy.ID(c.unit), Indicator: indicator.Code(c.code), Period: parsePeriod(t, c.period), Measure: c.measure})
		got := a.Value
		if a.State != stateValue {
			got = a.State
		}
		received, _ := a.option("received")
		complete, _ := a.option("complete")
		if got += " received=" + received + " complete=" + complete + " last=" + a.Last; got != c.want {
			t.Errorf("%s of %s in %s by %s\n got %s\nwant %s", c.code, c.unit, c.period, c.measure, got, c.want)
		}
	}
}

// TestARankIsItsOwnUnits has a district that reports a rank until January only, and a commune in it that goes on.
func TestARankIsItsOwnUnits(t *testing.T) {
	w := newWorld(t)
	w.units(w.always("D", hierarchy.District, ""), w.always("A", hierarchy.Commune, "D-0"))
	rank := counted("RANK", hierarchy.District, hierarchy.Commune)
	rank.UnitRule, rank.Value = indicator.UnitNone, indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast}
	w.catalogue(rank)
	w.formed(monthly("M", "kind:district;..2024-02-01|kind:commune;2024-02-01..", "RANK"))
	for _, k := range []entry.ReportKey{
		{Unit: "D-0", Form: "M", Period: month(2024, 1)}, {Unit: "A-0", Form: "M", Period: month(2024, 2)},
	} {
		w.approve(k, w.send(k, false, map[indicator.Code]figure.Figure{"RANK": valued(5)}))
	}
	m := w.model()
	for question, want := range map[string]string{
		"D-0 2024-01": stateValue, "A-0 2024-02": stateValue, "D-0 2024-02": stateNotRolledUp,
		"A-0 2024-01": stateNoData, "A-0 2024-Q1": stateValue, "D-0 2024-Q1": stateNotRolledUp,
	} {
		unit, p, _ := strings.Cut(question, " ")
		if got := m.Answer(Question{Unit: hierarchy.ID(unit), Indicator: "RANK", Period: parsePeriod(t, p)}); got.State != want {
			t.Errorf("%s = %+v, want %s", question, got, want)
		}
	}
}

func TestWhatIsNotThereHasNoData(t *testing.T) {
	m := lone(t).model()
	for _, q := range []Question{
		{Unit: "Z-0", Indicator: "SUM", Period: month(2024, 1)},
		{Unit: "A-0", Indicator: "NO", Period: month(2024, 1)},
		{Unit: "A-0", Indicator: "SUM"},
	} {
		if got := m.Answer(q); got != (Answer{State: stateNoData}) {
			t.Errorf("%s = %+v", q, got)
		}
	}
}

// TestDecimals compares with the printing of math/big, which does not trim zeros.
func TestDecimals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		num, den := rapid.Int64().Draw(t, "numerator"), rapid.Int64().Draw(t, "denominator")
		if rapid.Bool().Draw(t, "small") {
			num, den = num%1000, den%40
		}
		if den == 0 {
			den = 1
		}
		scale := figure.Scale(rapid.IntRange(0, 6).Draw(t, "scale")) //nolint:gosec // small
		want := big.NewRat(num, den).FloatString(int(scale))
		if strings.Contains(want, ".") {
			want = strings.TrimRight(strings.TrimRight(want, "0"), ".")
		}
		if want == "-0" {
			want = "0"
		}
		if got := decimal(big.NewInt(num), big.NewInt(den), scale); got != want {
			t.Fatalf("%d / %d at scale %d = %q, want %q", num, den, scale, got, want)
		}
	})
}

// TestPackingKeepsWhatCounts packs any figures and finds each again.
func TestPackingKeepsWhatCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfNDistinct(rapid.Uint32Range(0, 1<<20), 0, 8, rapid.ID).Draw(t, "numbers")
		given := map[uint32]figure.Figure{}
		x := indicator.Indicator{UnitRule: indicator.UnitRatio}
		for _, n := range numbers {
			f := drawFigure(t, &x)
			if rapid.Bool().Draw(t, "plain") {
				f = drawFigure(t, &indicator.Indicator{})
			}
			given[n] = f
		}
		scale := func(n uint32) figure.Scale { return figure.Scale(n % 7) }
		b := pack(sorted(given), scale)
		for n, f := range given {
			for _, ratio := range []bool{false, true} {
				want := stated{state: f.State, scale: scale(n), has: [2]bool{f.HasValue}, amount: [2]int64{int64(f.Value)}}
				if ratio {
					want.has, want.amount = [2]bool{f.HasNumerator, f.HasDenominator}, [2]int64{int64(f.Numerator), int64(f.Denominator)}
				}
				if got, ok := unpack(b, n, ratio); !ok || got != want {
					t.Fatalf("figure %d = %+v, %t, want %+v", n, got, ok, want)
				}
			}
		}
		if _, ok := unpack(b, 1<<21, false); ok {
			t.Fatal("found what is not there")
		}
	})
}

// sorted gives figures in the order of their numbers, as entries have them.
func sorted(given map[uint32]figure.Figure) []entry.Figure {
	var list []entry.Figure
	for len(list) < len(given) {
		var next *entry.Figure
		for n, f := range given {
			if (len(list) == 0 || n > list[len(list)-1].Number) && (next == nil || n < next.Number) {
				next = &entry.Figure{Number: n, Figure: f}
			}
		}
		list = append(list, *next)
	}
	return list
}

func TestWhatIsNotShownIsNotCompared(t *testing.T) {
	a := Answer{State: stateNotRolledUp, Units: 1}
	b := a
	b.Last, b.Fell = "2024-01", true
	if diff := Difference(b, a); diff != "" {
		t.Errorf("difference = %q", diff)
	}
	b.Units = 2
	if diff := Difference(b, a); diff != "units: the store says 2, the reports 1" {
		t.Errorf("difference = %q", diff)
	}
}

// TestAProductBeyond128BitsOverflows weighs the largest figures by the largest weights.
func TestAProductBeyond128BitsOverflows(t *testing.T) {
	w := newWorld(t)
	w.units(
		w.always("P", hierarchy.Province, ""), w.always("A", hierarchy.Commune, "P-0"), w.always("B", hierarchy.Commune, "P-0"),
		w.always("C", hierarchy.Commune, "P-0"),
	)
	mean := counted("MEAN", hierarchy.Commune)
	mean.UnitRule, mean.Weight = indicator.UnitWeightedMean, "SUM"
	w.catalogue(counted("SUM", hierarchy.Commune), mean)
	w.formed(monthly("M", "kind:commune", "SUM", "MEAN"))
	for i, want := range []Answer{
		{State: stateValue, Value: "9223372036854775807"}, {State: stateValue, Value: "9223372036854775807"}, {State: stateOverflow},
	} {
		k := january
		k.Unit = []hierarchy.ID{"A-0", "B-0", "C-0"}[i]
		w.approve(k, w.send(k, false, map[indicator.Code]figure.Figure{"SUM": valued(math.MaxInt64), "MEAN": valued(math.MaxInt64)}))
		got := w.model().Answer(Question{Unit: "P-0", Indicator: "MEAN", Period: january.Period})
		if got.State != want.State || got.Value != want.Value {
			t.Errorf("%d units: %+v, want %+v", i+1, got, want)
		}
	}
}
