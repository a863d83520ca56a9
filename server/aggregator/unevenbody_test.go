package aggregator_test

import (
	"fmt"
	"strings"
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

// unevenCodes are the indicators of these stories.
var unevenCodes = []indicator.Code{"TT", "CS", "BQ", "LN", "XT"}

// unevenlyMerged is communes A, which reports by the month, and B, which reports by the quarter, of the province P, which go
// whole into N on a day; N reports by the month, or with quarterly by the quarter. X stays, and reports by the month.
func unevenlyMerged(t testing.TB, day period.Day, quarterly bool) *story {
	s := newStory(t)
	n := since(unit("N", hierarchy.Commune, "P"), day)
	byMonth, byQuarter := plainForm("M", period.Month, "kind:commune|except:unit:B", unevenCodes...), plainForm("Q", period.Quarter, "unit:B", unevenCodes...)
	if quarterly {
		always := hierarchy.Selector{Unit: n.ID, From: period.Beginning, To: period.Forever}
		byQuarter.Assigned = append(byQuarter.Assigned, always)
		always.Except = true
		byMonth.Assigned = append(byMonth.Assigned, always)
	}
	s.tell(
		entry.UnitsChanged{Units: []hierarchy.Unit{
			unit("P", hierarchy.Province, ""), unit("A", hierarchy.Commune, "P"), unit("B", hierarchy.Commune, "P"), unit("X", hierarchy.Commune, "P"),
		}},
		numbered(0,
			plainIndicator("TT", indicator.UnitSum, indicator.Flow, indicator.TimeSum),
			plainIndicator("CS", indicator.UnitSum, indicator.Stock, indicator.TimeLast),
			plainIndicator("BQ", indicator.UnitSum, indicator.Stock, indicator.TimeMean),
			plainIndicator("LN", indicator.UnitSum, indicator.Stock, indicator.TimeMax),
			plainIndicator("XT", indicator.UnitMax, indicator.Flow, indicator.TimeSum)),
		entry.UnitsReorganised{Reorganisation: hierarchy.Reorganisation{
			Units: []hierarchy.Unit{until(unit("A", hierarchy.Commune, "P"), day), until(unit("B", hierarchy.Commune, "P"), day), n},
			Links: []hierarchy.Link{on(day, "A-0", string(n.ID), hierarchy.Whole), on(day, "B-0", string(n.ID), hierarchy.Whole)},
		}})
	s.tell(forms(0, byMonth, byQuarter))
	return s
}

// tells tells a value of every indicator.
func (s *story) tells(unit string, code form.Code, base string, n int64) {
	figures := map[uint32]figure.Figure{}
	for i := range uint32(len(unevenCodes)) { //nolint:gosec // few
		figures[i] = value(n)
	}
	s.tell(sent(entry.ReportKey{Unit: hierarchy.ID(unit), Form: code, Period: mustPeriod(base)}, 1, figures))
}

// saysOver is says with the divisor.
func saysOver(t testing.TB, s *story, unit, code, span string, tree period.Day) string {
	t.Helper()
	a := ask(t, s, aggregator.Query{
		Unit: hierarchy.ID(unit), Indicator: indicator.Code(code), Period: mustPeriod(span), Basis: rollup.Provisional, Tree: tree,
	})
	return fmt.Sprintf("%s over %d", says(t, s, unit, code, span, tree), a.Result.Coverage.Divisor)
}

// TestR2MonthsAndQuartersOfOneBody lets a commune of months and one of quarters go over into one of months: each month of A
// has beside it what B told of its quarter.
func TestR2MonthsAndQuartersOfOneBody(t *testing.T) {
	s := unevenlyMerged(t, july, false)
	for month := range 12 {
		unit, n := "A-0", int64(month+1)
		if month >= 6 {
			unit, n = "N-20240701", 24
		}
		s.tells(unit, "M", period.Of(2024, period.Month, month+1).String(), n)
		s.tells("X-0", "M", period.Of(2024, period.Month, month+1).String(), 1)
	}
	s.tells("B-0", "Q", "2024-Q1", 10)
	s.tells("B-0", "Q", "2024-Q2", 20)
	december := period.Date(2024, 12, 31)
	for _, c := range []struct {
		unit, code, span string
		tree             period.Day
		want             string
	}{
		{"N-20240701", "BQ", "2024", 0, "ACROSS 21.25 14/14 stale 0 over 12"}, // 11 12 13, 24 25 26, 6 * 24
		{"N-20240701", "BQ", "2024-H1", december, "ACROSS 18.5 8/8 stale 0 over 6"},
		{"N-20240701", "BQ", "2024-Q1", december, "ACROSS 12 4/4 stale 0 over 3"},
		{"P-0", "BQ", "2024", 0, "ACROSS 22.25 26/26 stale 0 over 24"},
		{"N-20240701", "LN", "2024", 0, "ACROSS 26 14/14 stale 0 over 0"},
		{"N-20240701", "TT", "2024", 0, "ACROSS 195 14/14 stale 0 over 0"},
		{"N-20240701", "CS", "2024-H1", december, "ACROSS 26 8/8 stale 0 over 0"},
		{"N-20240701", "XT", "2024", 0, "ACROSS 174 14/14 stale 0 over 0"}, // 10 and 20 of B's quarters, 6 * 24
		{"N-20240701", "BQ", "2024-02", december, "ACROSS NOT_AT_THIS_PERIOD 0/0 over 0"},
		{"P-0", "BQ", "2024-H1", 0, "WITHIN 19.5 14/14 stale 0 over 14"}, // as no change lies in it: 3.5, 15 and 1
	} {
		if got := saysOver(t, s, c.unit, c.code, c.span, c.tree); got != c.want {
			t.Errorf("%s %s %s on the tree of %d: %s, want %s", c.unit, c.code, c.span, c.tree, got, c.want)
		}
	}
	sameAfterRebuild(t, s)
}

// TestR3WhoStandsOnTheLastDayTellsTheQuarter makes N within a quarter, of which it tells: what A and B told of July is in no
// total beside it, and is all there is as long as N is silent.
func TestR3WhoStandsOnTheLastDayTellsTheQuarter(t *testing.T) {
	august := period.Date(2024, 8, 1)
	s := unevenlyMerged(t, august, true)
	for month := range 6 {
		s.tells("A-0", "M", period.Of(2024, period.Month, month+1).String(), 10)
	}
	s.tells("A-0", "M", "2024-07", 15)
	s.tells("B-0", "Q", "2024-Q1", 20)
	s.tells("B-0", "Q", "2024-Q2", 20)
	want := func(code, want string) {
		t.Helper()
		if got := saysOver(t, s, "N-20240801", code, "2024", 0); got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
	want("BQ", "ACROSS 27.857143 9/11 stale 0 over 7") // (6 * 30 + 15) / 7: B owed July to nobody, and N is silent
	s.tells("N-20240801", "Q", "2024-Q3", 24)
	s.tells("N-20240801", "Q", "2024-Q4", 33)
	want("BQ", "ACROSS 29 11/11 stale 0 over 9") // (6 * 30 + 2 * 24 + 33) / 9
	want("LN", "ACROSS 33 11/11 stale 0 over 0")
	q := aggregator.Query{Unit: "N-20240801", Indicator: "BQ", Period: mustPeriod("2024"), Basis: rollup.Provisional}
	checkContributions(t, s, q, map[string]int{"": 10, aggregator.WhyNotLast: 1})
	q.Indicator = "TT"
	checkContributions(t, s, q, map[string]int{"": 11})
	sameAfterRebuild(t, s)
}

// TestR16ABodyOfYearsIsAddedLikeAnyOther has A and B owe the year alone, and somebody else months: that changes nothing for
// the body, whose mean is over two values.
func TestR16ABodyOfYearsIsAddedLikeAnyOther(t *testing.T) {
	for _, months := range []bool{false, true} {
		s := newStory(t)
		next := period.Date(2025, 3, 1)
		mean := plainIndicator("BQ", indicator.UnitSum, indicator.Stock, indicator.TimeMean)
		mean.ReportedBy = append(mean.ReportedBy, hierarchy.Department)
		n := since(unit("N", hierarchy.Commune, "P"), next)
		s.tell(
			entry.UnitsChanged{Units: []hierarchy.Unit{
				unit("P", hierarchy.Province, ""), unit("A", hierarchy.Commune, "P"), unit("B", hierarchy.Commune, "P"), unit("S", hierarchy.Department, "P"),
			}},
			numbered(0, mean),
			forms(0, plainForm("Y", period.Year, "kind:commune", "BQ")))
		if months {
			s.tell(forms(1, plainForm("M", period.Month, "kind:department", "BQ")))
		}
		s.tell(entry.UnitsReorganised{Reorganisation: hierarchy.Reorganisation{
			Units: []hierarchy.Unit{until(unit("A", hierarchy.Commune, "P"), next), until(unit("B", hierarchy.Commune, "P"), next), n},
			Links: []hierarchy.Link{on(next, "A-0", string(n.ID), hierarchy.Whole), on(next, "B-0", string(n.ID), hierarchy.Whole)},
		}})
		for unit, v := range map[string]int64{"A": 10, "B": 20} {
			s.tell(sent(key(unit, "Y", "2024"), 1, map[uint32]figure.Figure{0: value(v)}))
		}
		if got, want := saysOver(t, s, string(n.ID), "BQ", "2024", next), "ACROSS 30 2/2 stale 0 over 2"; got != want {
			t.Errorf("with somebody's months %t: %s, want %s", months, got, want)
		}
	}
}

// TestR4WhoComesLaterTellsALongerPeriod asks for a month on a tree whose communes have all gone over into others before the
// half-year ended that they report by. Those who came of them owe it, so the month of the communes cannot be told, on that
// tree as on its own, now as of an earlier entry.
func TestR4WhoComesLaterTellsALongerPeriod(t *testing.T) {
	s := newStory(t)
	march, june := period.Date(2024, 3, 10), period.Date(2024, 6, 1)
	n := since(unit("N", hierarchy.Commune, "P"), march)
	k := since(unit("K", hierarchy.Commune, "P"), june)
	sum := plainIndicator("TT", indicator.UnitSum, indicator.Flow, indicator.TimeSum)
	sum.ReportedBy = append(sum.ReportedBy, hierarchy.Department)
	s.tell(
		entry.UnitsChanged{Units: []hierarchy.Unit{unit("P", hierarchy.Province, ""), unit("A", hierarchy.Commune, "P"), unit("S", hierarchy.Department, "P")}},
		numbered(0, sum), forms(0, plainForm("H", period.Half, "kind:commune", "TT"), plainForm("M", period.Month, "kind:department", "TT")),
		entry.UnitsReorganised{Reorganisation: hierarchy.Reorganisation{
			Units: []hierarchy.Unit{until(unit("A", hierarchy.Commune, "P"), march), until(n, june), k},
			Links: []hierarchy.Link{on(march, "A-0", string(n.ID), hierarchy.Whole), on(june, string(n.ID), string(k.ID), hierarchy.Whole)},
		}},
		sent(key("S", "M", "2024-02"), 1, map[uint32]figure.Figure{0: value(5)}))
	then := s.head()
	s.tell(sent(key("S", "M", "2024-03"), 1, map[uint32]figure.Figure{0: value(6)}))
	for _, tree := range []period.Day{0, march + 5, june, period.Date(2024, 12, 31)} {
		if got := says(t, s, "P-0", "TT", "2024-02", tree); !strings.Contains(got, "NOT_AT_THIS_PERIOD") {
			t.Errorf("on the tree of %d: %s, want NOT_AT_THIS_PERIOD", tree, got)
		}
		s.view(func(tx *aggregator.Tx) {
			before, err := tx.AsOf(then)
			if err != nil {
				t.Fatal(err)
			}
			a, err := before.Rollup(aggregator.Query{Unit: id("P"), Indicator: "TT", Period: mustPeriod("2024-02"), Basis: rollup.Provisional, Tree: tree})
			if err != nil || a.Result.State != rollup.NotAtThisPeriod {
				t.Errorf("on the tree of %d, as of an earlier entry: %v %s, %v, want NOT_AT_THIS_PERIOD", tree, a.Result.State, a.Result.Display, err)
			}
		})
	}
}
