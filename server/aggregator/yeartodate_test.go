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

// cumulative is a story with one year-to-date indicator, of commune A alone.
func cumulative(t *testing.T) *story {
	s := house(t)
	s.tell(numbered(0, plainIndicator("Y", indicator.UnitSum, indicator.YearToDate, indicator.TimeLast)),
		forms(0, plainForm("F", period.Month, "unit:A", "Y")))
	return s
}

var notApplicable = figure.Figure{State: figure.NotApplicable}

func own(t *testing.T, s *story, unit, span string, b rollup.Basis, m rollup.Measure) aggregator.Answer {
	t.Helper()
	return ask(t, s, aggregator.Query{Unit: id(unit), Indicator: "Y", Period: mustPeriod(span), Basis: b, Measure: m})
}

// TestR14YearToDateWithAGapAndAFall is the vector of R14, in both bases.
func TestR14YearToDateWithAGapAndAFall(t *testing.T) {
	s := cumulative(t)
	for month, f := range map[string]figure.Figure{
		"2024-01": value(10), "2024-02": {State: figure.NotAvailable}, "2024-03": value(35), "2024-04": value(33),
	} {
		s.tell(sent(key("A", "F", month), 1, map[uint32]figure.Figure{0: f}))
		if month != "2024-03" {
			s.tell(entry.ReportApproved{Key: key("A", "F", month), Revision: 1})
		}
	}
	for _, c := range []struct {
		span    string
		measure rollup.Measure
		basis   rollup.Basis
		want    string
		fell    bool
	}{
		{"2024-01", rollup.Own, rollup.Provisional, "10", false},
		{"2024-02", rollup.Own, rollup.Provisional, "", false},
		{"2024-03", rollup.Own, rollup.Provisional, "", false},
		{"2024-Q1", rollup.Own, rollup.Provisional, "35", false},
		{"2024-04", rollup.Own, rollup.Provisional, "-2", true},
		{"2024-Q1", rollup.AsReported, rollup.Provisional, "35", false},
		{"2024-H1", rollup.AsReported, rollup.Provisional, "33", false},
		{"2024-03", rollup.AsReported, rollup.Official, "", false},
		{"2024-04", rollup.Own, rollup.Official, "", false},
		{"2024-H1", rollup.AsReported, rollup.Official, "33", false},
	} {
		for _, unit := range []string{"A", "D", "P"} {
			a := own(t, s, unit, c.span, c.basis, c.measure)
			if a.Result.Display != c.want || a.Result.Fell != c.fell {
				t.Errorf("%s %s %s of %s = %q (%v) fell %v, want %q fell %v",
					c.basis, c.measure, c.span, unit, a.Result.Display, a.Result.State, a.Result.Fell, c.want, c.fell)
			}
		}
	}
	gap := own(t, s, "A", "2024-03", rollup.Provisional, rollup.Own).Gap
	if gap.First != mustPeriod("2024-02") || gap.Last != mustPeriod("2024-03") || gap.Amount != figure.Number(25).At(0, figure.MaxScale) {
		t.Errorf("gap = %+v, want February to March 25", gap)
	}
}

// TestR14TheStartMayComeFromFarBefore lets January decide where March begins: as long as January and February do not
// apply it begins with nothing.
func TestR14TheStartMayComeFromFarBefore(t *testing.T) {
	s := cumulative(t)
	s.tell(sent(key("A", "F", "2024-01"), 1, map[uint32]figure.Figure{0: notApplicable}),
		sent(key("A", "F", "2024-02"), 1, map[uint32]figure.Figure{0: notApplicable}),
		sent(key("A", "F", "2024-03"), 1, map[uint32]figure.Figure{0: value(35)}))
	check := func(when, want string) {
		t.Helper()
		if a := own(t, s, "D", "2024-03", rollup.Provisional, rollup.Own); a.Result.Display != want {
			t.Errorf("%s: own of March = %q (%v), want %q", when, a.Result.Display, a.Result.State, want)
		}
	}
	check("January and February do not apply", "35")
	s.tell(sent(key("A", "F", "2024-01"), 2, map[uint32]figure.Figure{0: value(5)}))
	check("January applied after all", "")
	s.tell(sent(key("A", "F", "2024-01"), 3, map[uint32]figure.Figure{0: notApplicable}))
	check("January does not apply again", "35")
}

// TestR10WhatDoesNotApplyStandsOutside counts units: A is complete although February did not apply to it, B stands outside
// until it gives a figure, and that in quarters and years as well as since the beginning of the year.
func TestR10WhatDoesNotApplyStandsOutside(t *testing.T) {
	s := house(t)
	s.tell(numbered(0, plainIndicator("Y", indicator.UnitSum, indicator.Flow, indicator.TimeSum)),
		forms(0, plainForm("F", period.Month, "kind:commune", "Y")))
	for month, f := range map[string]figure.Figure{"2024-01": value(1), "2024-02": notApplicable, "2024-03": value(2)} {
		s.tell(sent(key("A", "F", month), 1, map[uint32]figure.Figure{0: f}),
			sent(key("B", "F", month), 1, map[uint32]figure.Figure{0: notApplicable}))
	}
	check := func(when string, complete, units int64) {
		t.Helper()
		for span, m := range map[string]rollup.Measure{"2024-Q1": rollup.AsReported, "2024-03": rollup.YearToDate} {
			c := own(t, s, "P", span, rollup.Provisional, m).Result.Coverage
			if c.UnitsComplete != complete || c.Units != units {
				t.Errorf("%s: %s %s complete %d of %d, want %d of %d", when, m, span, c.UnitsComplete, c.Units, complete, units)
			}
		}
	}
	check("B does not apply", 1, 1)
	s.tell(sent(key("B", "F", "2024-02"), 2, map[uint32]figure.Figure{0: value(3)}))
	check("B gave February", 2, 2)
	s.tell(sent(key("B", "F", "2024-01"), 2, map[uint32]figure.Figure{0: {State: figure.NotAvailable}}))
	check("B lacks January", 1, 2)
}

// TestR20ShareLeavesOutWhomItDoesNotApplyTo is the vector of the excluded unit, told with x.
func TestR20ShareLeavesOutWhomItDoesNotApplyTo(t *testing.T) {
	s := house(t)
	i := plainIndicator("Y", indicator.UnitShareYes, indicator.Stock, indicator.TimeLast)
	i.UnitOfMeasure = "%"
	s.tell(entry.UnitsChanged{Units: []hierarchy.Unit{unit("C", hierarchy.Commune, "D")}},
		numbered(0, i), forms(0, plainForm("F", period.Month, "kind:commune", "Y")),
		sent(key("A", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(1)}),
		sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: notApplicable}))
	a := own(t, s, "D", "2024-01", rollup.Provisional, rollup.AsReported)
	if a.Result.Display != "50" || a.Result.Coverage.NotApplicable != 1 || a.Result.Coverage.Missing != 1 {
		t.Errorf("share = %s, %+v, want 50, one of two", a.Result.Display, a.Result.Coverage)
	}
}
