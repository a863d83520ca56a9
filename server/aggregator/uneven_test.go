package aggregator_test

import (
	"testing"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// unevenIndicators are one of each rule over time, in the order of the figures that the tests send.
func unevenIndicators() []indicator.Indicator {
	return []indicator.Indicator{
		plainIndicator("SUM", indicator.UnitSum, indicator.Flow, indicator.TimeSum),
		plainIndicator("LAST", indicator.UnitSum, indicator.Stock, indicator.TimeLast),
		plainIndicator("MEAN", indicator.UnitSum, indicator.Stock, indicator.TimeMean),
		plainIndicator("MAX", indicator.UnitMax, indicator.Flow, indicator.TimeMax),
		plainIndicator("YTD", indicator.UnitSum, indicator.YearToDate, indicator.TimeLast),
	}
}

// sentAll sends the same value for all of them.
func sentAll(unit, form, base string, n int64) entry.ReportsSubmitted {
	figures := map[uint32]figure.Figure{}
	for number := range unevenIndicators() {
		figures[uint32(number)] = value(n)
	}
	return sent(key(unit, form, base), 1, figures)
}

// wantUneven asks for what a unit comes to: the value, and how many obligations gave it.
type wantUneven struct {
	indicator        indicator.Code
	measure          rollup.Measure
	span, want       string
	received, missed int64
	from             string
}

func (w wantUneven) check(t *testing.T, s *story, units ...string) {
	t.Helper()
	for _, unit := range units {
		a := ask(t, s, aggregator.Query{Unit: id(unit), Indicator: w.indicator, Period: mustPeriod(w.span), Basis: rollup.Provisional, Measure: w.measure})
		c := a.Result.Coverage
		if a.Result.Display != w.want || c.Received != w.received || c.Missing != w.missed || w.from != "" && a.LastPeriod.String() != w.from {
			t.Errorf("%s %s of %s in %s = %s %q, received %d, missing %d, from %s; want %q, %d, %d, %s",
				w.indicator, w.measure, unit, w.span, a.Result.State, a.Result.Display, c.Received, c.Missing, a.LastPeriod, w.want, w.received, w.missed, w.from)
		}
	}
}

// TestR10MonthsAndQuartersOfOneUnit lets a commune report by the month until March and by the quarter from April on. Each
// base period is an obligation, whatever its length, and has its part in every rule over time.
func TestR10MonthsAndQuartersOfOneUnit(t *testing.T) {
	s := house(t)
	var codes []indicator.Code
	for _, i := range unevenIndicators() {
		codes = append(codes, i.Code)
	}
	s.tell(numbered(0, unevenIndicators()...), forms(0,
		plainForm("F", period.Month, "unit:A;..2024-04-01", codes...), plainForm("G", period.Quarter, "unit:A;2024-04-01..", codes...)))
	for _, r := range []struct {
		form, base string
		n          int64
	}{{"G", "2024-Q2", 30}, {"F", "2024-03", 12}, {"F", "2024-01", 4}, {"G", "2024-Q3", 34}} {
		s.tell(sentAll("A", r.form, r.base, r.n)) // February and the last quarter are missing
	}
	for _, w := range []wantUneven{
		{"SUM", rollup.AsReported, "2024", "80", 4, 2, ""},
		{"SUM", rollup.AsReported, "2024-H1", "46", 3, 1, ""},
		{"SUM", rollup.YearToDate, "2024-Q3", "80", 4, 1, ""},
		{"SUM", rollup.YearToDate, "2024-02", "4", 1, 1, ""},
		{"SUM", rollup.AsReported, "2024-Q2", "30", 1, 0, ""},
		{"LAST", rollup.AsReported, "2024", "34", 4, 2, "2024-09"},
		{"LAST", rollup.AsReported, "2024-Q1", "12", 2, 1, "2024-03"},
		{"MEAN", rollup.AsReported, "2024", "20", 4, 2, ""},
		{"MAX", rollup.AsReported, "2024-9M", "34", 4, 1, ""},
		{"MAX", rollup.AsReported, "2024-Q1", "12", 2, 1, ""},
		{"YTD", rollup.Own, "2024-Q2", "18", 1, 0, ""},
		{"YTD", rollup.Own, "2024-03", "", 0, 1, ""},
		{"YTD", rollup.Own, "2024-H2", "", 1, 1, ""},
	} {
		w.check(t, s, "A", "D", "P")
	}
	if a := ask(t, s, aggregator.Query{Unit: id("P"), Indicator: "SUM", Period: mustPeriod("2024-05"), Basis: rollup.Provisional}); a.Result.State != rollup.NotAtThisPeriod {
		t.Errorf("May of what is owed by the quarter = %s, want %s", a.Result.State, rollup.NotAtThisPeriod)
	}
	s.tell(sentAll("A", "F", "2024-02", 40), entry.ReportReturned{Key: key("A", "G", "2024-Q3"), Revision: 1})
	for _, w := range []wantUneven{
		{"SUM", rollup.AsReported, "2024", "86", 4, 2, ""},
		{"MAX", rollup.AsReported, "2024", "40", 4, 2, ""},
		{"LAST", rollup.AsReported, "2024", "30", 4, 2, "2024-06"},
		{"YTD", rollup.Own, "2024-03", "-28", 1, 0, ""},
	} {
		w.check(t, s, "A", "D", "P")
	}
	sameAfterRebuild(t, s)
}

// TestR4AHalfYearOfAClosedUnitIsPartOfNineMonths closes a unit that reports by the half-year at the end of June, beside one
// that reports by the quarter: all that it owed lies in the first nine months.
func TestR4AHalfYearOfAClosedUnitIsPartOfNineMonths(t *testing.T) {
	s := house(t)
	ended := unit("A", hierarchy.Commune, "D")
	s.tell(numbered(0, unevenIndicators()...), forms(0,
		plainForm("F", period.Half, "unit:A", "SUM", "LAST", "MAX"), plainForm("G", period.Quarter, "unit:B", "SUM", "LAST", "MAX")),
		sentAll("A", "F", "2024-H1", 10), sentAll("B", "G", "2024-Q3", 5))
	q := aggregator.Query{Unit: id("P"), Indicator: "SUM", Period: mustPeriod("2024-9M"), Basis: rollup.Provisional}
	if a := ask(t, s, q); a.Result.State != rollup.NotAtThisPeriod {
		t.Errorf("while the second half is owed: %s %s, want %s", a.Result.State, a.Result.Display, rollup.NotAtThisPeriod)
	}
	ended.ValidTo = period.Date(2024, 7, 1)
	s.tell(entry.UnitsChanged{Units: []hierarchy.Unit{ended}})
	for _, w := range []wantUneven{
		{"SUM", rollup.AsReported, "2024-9M", "15", 2, 2, ""},
		{"LAST", rollup.AsReported, "2024-9M", "15", 2, 2, ""},
		{"MAX", rollup.AsReported, "2024-9M", "10", 2, 2, ""},
		{"SUM", rollup.YearToDate, "2024-Q3", "15", 2, 2, ""},
	} {
		w.check(t, s, "D", "P")
	}
	sameAfterRebuild(t, s)
}

// TestAFormOfAnotherFrequencyComesLater has rows of months, of last year too, when the first form of quarters is made.
func TestAFormOfAnotherFrequencyComesLater(t *testing.T) {
	s := house(t)
	s.tell(numbered(0, unevenIndicators()...), forms(0, plainForm("F", period.Month, "unit:A", "SUM", "LAST", "MAX")),
		sentAll("A", "F", "2023-02", 7), sentAll("A", "F", "2024-02", 8),
		forms(1, plainForm("G", period.Quarter, "unit:B;2024-04-01..", "SUM", "LAST", "MAX")),
		sentAll("B", "G", "2024-Q2", 5))
	for _, w := range []wantUneven{
		{"SUM", rollup.AsReported, "2023", "7", 1, 11, ""},
		{"SUM", rollup.YearToDate, "2023-11", "7", 1, 10, ""},
		{"MAX", rollup.AsReported, "2023-Q1", "7", 1, 2, ""},
		{"SUM", rollup.AsReported, "2024", "13", 2, 13, ""},
		{"LAST", rollup.AsReported, "2024-H1", "13", 2, 5, ""},
	} {
		w.check(t, s, "D", "P")
	}
	sameAfterRebuild(t, s)
}
