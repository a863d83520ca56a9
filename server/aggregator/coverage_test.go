package aggregator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// TestR10_LineByLine tells one quarter in which everything happens that coverage counts, and walks the sentences of the
// rule. Beside A and B, which stay, C ends in February and E begins in March, when B no longer owes the form.
//
//	           A                B                C             E
//	January    10, late         - (waits)        a draft
//	February   x                5, waits         7
//	March      3                8, not owed                    silent
func TestR10_LineByLine(t *testing.T) {
	s := house(t)
	c, e := unit("C", hierarchy.Commune, "D"), unit("E", hierarchy.Commune, "D")
	c.ValidTo, e.ID, e.ValidFrom = period.Date(2024, 3, 1), hierarchy.NewID("E", period.Date(2024, 3, 1)), period.Date(2024, 3, 1)
	s.tell(entry.UnitsChanged{Units: []hierarchy.Unit{c, e}},
		numbered(0, plainIndicator("HS", indicator.UnitSum, indicator.Flow, indicator.TimeSum)),
		forms(0, plainForm("F", period.Month, "kind:commune", "HS")))
	f := plainForm("F", period.Month, "kind:commune", "HS")
	f.Assigned = append(f.Assigned, hierarchy.Selector{Unit: id("B"), Except: true, From: period.Date(2024, 3, 1), To: period.Forever})
	send := func(unit, month string, g figure.Figure, late, approved bool) {
		body := sent(key(unit, "F", month), 1, map[uint32]figure.Figure{0: g})
		body.Reports[0].Deadline = s.now.Truncate(time.Second).Add(time.Hour)
		if late {
			body.Reports[0].Deadline = s.now.Truncate(time.Second).Add(-time.Hour)
		}
		s.tell(body)
		if approved {
			s.tell(entry.ReportApproved{Key: key(unit, "F", month), Revision: 1})
		}
	}
	send("A", "2024-01", value(10), true, true)
	send("B", "2024-01", figure.Figure{State: figure.NotAvailable}, true, false)
	draft := sent(key("C", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(99)})
	draft.Reports[0].Draft = true
	s.tell(draft)
	send("A", "2024-02", notApplicable, false, true)
	send("B", "2024-02", value(5), false, false)
	send("C", "2024-02", value(7), false, true)
	send("A", "2024-03", value(3), false, true)
	send("B", "2024-03", value(8), false, true)
	s.tell(forms(0, f))

	for _, w := range []struct {
		says, unit, span string
		basis            rollup.Basis
		measure          rollup.Measure
		want             string
	}{
		{"expected = received + not_available + missing", "P", "2024-01", rollup.Provisional, rollup.AsReported, "VALUE 10: 1 of 3, - 1, missing 1, x 0, late 1, complete 1 of 3"},
		{"not_applicable stands outside and is always shown", "P", "2024-02", rollup.Provisional, rollup.AsReported, "VALUE 12: 2 of 2, - 0, missing 0, x 1, late 0, complete 2 of 2"},
		{"received counts VALUE in the basis asked for", "P", "2024-02", rollup.Official, rollup.AsReported, "VALUE 7: 1 of 2, - 0, missing 1, x 1, late 0, complete 1 of 2"},
		{"not_available in the basis asked for too", "P", "2024-01", rollup.Official, rollup.AsReported, "VALUE 10: 1 of 3, - 0, missing 2, x 0, late 1, complete 1 of 3"},
		{"a draft is missing", "C", "2024-01", rollup.Provisional, rollup.AsReported, "NO_DATA : 0 of 1, - 0, missing 1, x 0, late 0, complete 0 of 1"},
		{"late is part of received", "B", "2024-01", rollup.Provisional, rollup.AsReported, "NO_DATA : 0 of 1, - 1, missing 0, x 0, late 0, complete 0 of 1"},
		{"the tree of the base period's own last day", "P", "2024-03", rollup.Provisional, rollup.AsReported, "VALUE 3: 1 of 2, - 0, missing 1, x 0, late 0, complete 1 of 2"},
		{"what is not owed does not count, and nothing is clamped for it", "B", "2024-03", rollup.Provisional, rollup.AsReported, "NO_DATA : 0 of 0, - 0, missing 0, x 0, late 0, complete 0 of 0"},
		{"expected 0 gives NO_DATA", "A", "2024-02", rollup.Provisional, rollup.AsReported, "NO_DATA : 0 of 0, - 0, missing 0, x 1, late 0, complete 0 of 0"},
		{"a longer period counts pairs of unit and base period", "P", "2024-Q1", rollup.Provisional, rollup.AsReported, "VALUE 25: 4 of 7, - 1, missing 2, x 1, late 1, complete 1 of 4"},
		{"per unit", "A", "2024-Q1", rollup.Provisional, rollup.AsReported, "VALUE 13: 2 of 2, - 0, missing 0, x 1, late 1, complete 1 of 1"},
		{"a district is its communes", "D", "2024-Q1", rollup.Provisional, rollup.AsReported, "VALUE 25: 4 of 7, - 1, missing 2, x 1, late 1, complete 1 of 4"},
		{"since the beginning of the year: months present of months owed", "P", "2024-02", rollup.Provisional, rollup.YearToDate, "VALUE 22: 3 of 5, - 1, missing 1, x 1, late 1, complete 1 of 3"},
		{"of one unit: k of n", "B", "2024-02", rollup.Provisional, rollup.YearToDate, "VALUE 5: 1 of 2, - 1, missing 0, x 0, late 0, complete 0 of 1"},
		{"over the end of one unit and the beginning of another", "P", "2024-03", rollup.Provisional, rollup.YearToDate, "VALUE 25: 4 of 7, - 1, missing 2, x 1, late 1, complete 1 of 4"},
	} {
		a := ask(t, s, aggregator.Query{Unit: id(w.unit), Indicator: "HS", Period: mustPeriod(w.span), Basis: w.basis, Measure: w.measure})
		r, k := a.Result, a.Result.Coverage
		got := fmt.Sprintf("%s %s: %d of %d, - %d, missing %d, x %d, late %d, complete %d of %d", r.State, r.Display,
			k.Received, k.Expected, k.NotAvailable, k.Missing, k.NotApplicable, k.Late, k.UnitsComplete, k.Units)
		if got != w.want {
			t.Errorf("%q: %s %s %s of %s = %s, want %s", w.says, w.basis, w.measure, w.span, w.unit, got, w.want)
		}
		if k.Expected != k.Received+k.NotAvailable+k.Missing || k.Late > k.Received || k.UnitsComplete > k.Units {
			t.Errorf("%q: the parts do not go together: %+v", w.says, k)
		}
	}
	sameAfterRebuild(t, s)
}
