package aggregator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// explained pages through the contributions and writes each as unit, month, revision, figure and verdict.
func explained(t *testing.T, s *story, q aggregator.Query, page int) []string {
	t.Helper()
	var lines []string
	s.view(func(tx *aggregator.Tx) {
		var at aggregator.Cursor
		for {
			list, next, err := tx.Contributions(q, at, page)
			if err != nil {
				t.Fatalf("Contributions(%+v) = %v", q, err)
			}
			if len(list) > page {
				t.Errorf("a page of %d has %d", page, len(list))
			}
			for _, c := range list {
				verdict := c.WhyNot
				if c.Counted {
					verdict = "counted"
				}
				if c.Key.Unit != c.Unit.ID || c.Counted != (c.WhyNot == "") {
					t.Errorf("contribution %+v", c)
				}
				lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s r%d %v %s", c.Unit.Code, c.Key.Period, c.Revision, c.Figure.Value, verdict)))
			}
			if next == (aggregator.Cursor{}) {
				return
			}
			at = next
		}
	})
	return lines
}

func TestExplainNamesEveryObligation(t *testing.T) {
	s := house(t)
	last := plainIndicator("L", indicator.UnitSum, indicator.Stock, indicator.TimeLast)
	last.CheckedBy = []hierarchy.Kind{hierarchy.District}
	part := plainIndicator("R", indicator.UnitRatio, indicator.Flow, indicator.TimeSum)
	s.tell(numbered(0, last, part), forms(0, plainForm("F", period.Month, "kind:commune|kind:district", "L", "R")))
	k := key("A", "F", "2024-01")
	s.tell(
		sent(k, 1, map[uint32]figure.Figure{0: value(1)}), entry.ReportApproved{Key: k, Revision: 1},
		sent(k, 2, map[uint32]figure.Figure{0: value(10), 1: {State: figure.Value, HasNumerator: true}}),
		sent(key("A", "F", "2024-02"), 1, map[uint32]figure.Figure{0: value(20)}),
		sent(key("B", "F", "2024-02"), 1, map[uint32]figure.Figure{0: {State: figure.NotAvailable}}),
		sent(key("B", "F", "2024-03"), 1, map[uint32]figure.Figure{0: {State: figure.NotApplicable}}),
		sent(key("D", "F", "2024-03"), 1, map[uint32]figure.Figure{0: value(99)}),
	)
	q := aggregator.Query{Unit: id("D"), Indicator: "L", Period: mustPeriod("2024-Q1"), Basis: rollup.Provisional}
	want := []string{
		"A 2024-01 r2 10 NOT_LAST", "B 2024-01 r0 0 MISSING", "D 2024-01 r0 0 MISSING",
		"A 2024-02 r1 20 counted", "B 2024-02 r1 0 NOT_AVAILABLE", "D 2024-02 r0 0 MISSING",
		"A 2024-03 r0 0 MISSING", "B 2024-03 r1 0 NOT_APPLICABLE", "D 2024-03 r1 99 CHECK",
	}
	for _, page := range []int{1, 2, 100} {
		if got := explained(t, s, q, page); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("in pages of %d:\n%s\nwant\n%s", page, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	q.Basis = rollup.Official
	if got := explained(t, s, q, 100); got[0] != "A 2024-01 r1 1 counted" {
		t.Errorf("official: %s, want revision 1 counted", got[0])
	}
	q = aggregator.Query{Unit: id("A"), Indicator: "R", Period: mustPeriod("2024-01"), Basis: rollup.Provisional}
	if got := explained(t, s, q, 100); len(got) != 1 || got[0] != "A 2024-01 r2 0 HALF" {
		t.Errorf("half a ratio: %q", got)
	}
}

// TestExplainAddsUp takes the stories of the property test: what is counted of a sum is the sum.
func TestExplainAddsUp(t *testing.T) {
	s, o := filled(t)
	s.view(func(tx *aggregator.Tx) {
		for _, span := range []string{"2024-01", "2024-Q1", "2024"} {
			for _, unit := range []string{"P", "D1", "C2"} {
				for _, code := range []indicator.Code{"SUM", "LAST", "YTD"} {
					q := aggregator.Query{Unit: id(unit), Indicator: code, Period: mustPeriod(span), Basis: rollup.Provisional}
					a, err := tx.Rollup(q)
					if err != nil {
						t.Fatal(err)
					}
					list, _, err := tx.Contributions(q, aggregator.Cursor{}, 1000)
					if err != nil {
						t.Fatal(err)
					}
					total, owed := figure.Number(0), int64(0)
					for _, c := range list {
						if c.Counted {
							total += c.Figure.Value
						}
						if c.WhyNot != aggregator.WhyCheck && a.Indicator.Adds(c.Unit.Kind) {
							owed++
						}
					}
					c := a.Result.Coverage
					if a.Result.Display != total.Format(0) && a.Result.State == rollup.Value || owed != c.Expected+c.NotApplicable {
						t.Errorf("%s of %s in %s = %s of %d, its parts %s of %d", code, unit, span, a.Result.Display, c.Expected, total.Format(0), owed)
					}
				}
			}
		}
	})
	_ = o
}
