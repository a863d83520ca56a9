package rollup_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// spansOf gives all spans of the years in which scenes have figures, and of those after.
func spansOf(base period.Kind) []period.Period {
	var list []period.Period
	for year := 2022; year <= 2027; year++ {
		for _, kind := range period.Kinds() {
			for i := range kind.PerYear() {
				if span := period.Of(year, kind, i+1); len(span.Bases(base)) > 0 {
					list = append(list, span)
				}
			}
		}
	}
	return list
}

// TestOnlyTouchedTotalsChange changes one figure of a unit and makes all totals again: those that differ were named.
func TestOnlyTouchedTotalsChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		u, code := s.names[0], indicator.Code("X")
		if s.m.Weight != "" || s.m.DenominatorIndicator != "" {
			code = rapid.SampledFrom([]indicator.Code{"X", "W"}).Draw(t, "of")
		}
		changed := rapid.SampledFrom(period.Of(2023, period.Year, 1).Bases(s.indicators[code].base)).Draw(t, "changed")
		before := map[period.Period]rollup.Total{}
		for _, span := range spansOf(s.m.base) {
			before[span] = s.contributeTo(u, span)
		}
		s.gave[rollup.Official][key{u, code, changed}] = drawGiven(s.indicators[code]).Draw(t, "to")
		touched := rollup.Touched(s.m.Indicator, s.measure, s.m.base, code, changed)
		for span, old := range before {
			if now := s.contributeTo(u, span); now != old && !slices.Contains(touched, span) {
				t.Fatalf("%s of %s changed %s, which is not touched (%v): %+v, was %+v", changed, code, span, touched, now, old)
			}
		}
	})
}

// TestR17ACorrectionTouchesFewTotals keeps the cost of a submission in its bounds: the base period and the longer ones
// around it; for own amounts also what begins later in the year; for a population what follows within two years.
func TestR17ACorrectionTouchesFewTotals(t *testing.T) {
	s := storyOf(t, "indicator X SUM stock LAST", "indicator F SUM flow SUM", "indicator Y SUM year_to_date LAST", "indicator P SUM stock LAST base=year",
		"indicator R RATIO flow SUM over=P base=quarter", "indicator W WEIGHTED_MEAN stock LAST weight=X")
	for _, c := range []struct {
		code, of    indicator.Code
		m           rollup.Measure
		period, got string
	}{
		{"X", "X", rollup.AsReported, "2024-02", "2024-02 2024-Q1 2024-H1 2024-9M 2024"},
		{"X", "X", rollup.YearToDate, "2024-11", "2024-11 2024-Q4 2024-H2 2024"},
		{"F", "F", rollup.Own, "2024-11", "2024-11 2024-Q4 2024-H2 2024"},
		{"F", "F", rollup.YearToDate, "2024-11", "2024-11 2024-12 2024-Q4 2024-H2 2024"},
		{"Y", "Y", rollup.AsReported, "2024-11", "2024-11 2024-Q4 2024-H2 2024"},
		{"Y", "Y", rollup.Own, "2024-10", "2024-10 2024-11 2024-12 2024-Q4 2024-H2 2024"},
		{"W", "X", rollup.AsReported, "2024-11", "2024-11 2024-Q4 2024-H2 2024"},
		{"X", "Y", rollup.AsReported, "2024-11", ""},
		{"R", "P", rollup.AsReported, "2023", "2023-Q1 2023-Q2 2023-Q3 2023-Q4 2023-H1 2023-H2 2023-9M 2023 " +
			"2024-Q1 2024-Q2 2024-Q3 2024-Q4 2024-H1 2024-H2 2024-9M 2024 2025-Q1 2025-Q2 2025-Q3 2025-Q4 2025-H1 2025-H2 2025-9M 2025"},
	} {
		p, err := period.Parse(c.period)
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, span := range rollup.Touched(s.indicators[c.code].Indicator, c.m, s.indicators[c.code].base, c.of, p) {
			list = append(list, span.String())
		}
		if got := strings.Join(list, " "); got != c.got {
			t.Errorf("%s of %s at %s touches of %s:\ngot  %s\nwant %s", c.m, c.of, p, c.code, got, c.got)
		}
	}
}
