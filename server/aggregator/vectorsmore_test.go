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

// The golden vectors of rules.md that are about units and obligations, each through the whole state. Vector 1 is
// TestR2AcrossAMerger and TestR2AcrossADivision, 2 TestR23StateBelongsToTheRevision, 3 TestGoldenQ1; the others are in
// vectors_test.go.

// TestR11GoldenVector9 takes a unit out of a share, which it had brought down, and lets it in again.
func TestR11GoldenVector9(t *testing.T) {
	s := house(t)
	i := plainIndicator("Y", indicator.UnitShareYes, indicator.Stock, indicator.TimeLast)
	i.UnitOfMeasure = "%"
	s.tell(entry.UnitsChanged{Units: []hierarchy.Unit{unit("C", hierarchy.Commune, "D")}},
		numbered(0, i), forms(0, plainForm("F", period.Month, "kind:commune", "Y")),
		sent(key("A", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(1)}),
		sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(0)}))
	want := func(when, want string) {
		t.Helper()
		for _, unit := range []string{"D", "P"} {
			a := ask(t, s, aggregator.Query{Unit: id(unit), Indicator: "Y", Period: mustPeriod("2024-01"), Basis: rollup.Provisional})
			c := a.Result.Coverage
			got := fmt.Sprintf("%s = %s/%s, %d of %d, missing %d, excluded %d",
				a.Result.Display, a.Result.NumeratorDisplay, a.Result.DenominatorDisplay, c.Received, c.Expected, c.Missing, c.Excluded)
			if got != want {
				t.Errorf("%s: %s of %s, want %s", when, got, unit, want)
			}
		}
	}
	want("one of three", "33 = 1/3, 2 of 3, missing 1, excluded 0")
	s.tell(entry.ObligationExcluded{Key: key("B", "F", "2024-01"), Reason: "lũ lụt"})
	want("B is excluded with its no", "50 = 1/2, 1 of 2, missing 1, excluded 1")
	s.tell(entry.ObligationExcluded{Key: key("C", "F", "2024-01")})
	want("and C, which was silent", "100 = 1/1, 1 of 1, missing 0, excluded 2")
	s.tell(entry.ExclusionLifted{Key: key("B", "F", "2024-01")})
	want("B is back", "50 = 1/2, 2 of 2, missing 0, excluded 1")
	sameAfterRebuild(t, s)
}

// TestR29GoldenVector11 has two communes with 1/3 and 2/6, which are equal, and one that only looks so.
func TestR29GoldenVector11(t *testing.T) {
	i := plainIndicator("R", indicator.UnitRatio, indicator.Flow, indicator.TimeSum)
	i.UnitOfMeasure, i.Scale = "%", 2
	s := byMonth(t, nil, i)
	s.tell(entry.UnitsChanged{Units: []hierarchy.Unit{unit("C", hierarchy.Commune, "D")}})
	value := map[string]rollup.Fraction{}
	for unit, parts := range map[string][2]int64{"A": {1_00, 3_00}, "B": {2_00, 6_00}, "C": {33333_00, 100000_00}} {
		s.tell(sent(key(unit, "F", "2024-01"), 1, map[uint32]figure.Figure{0: ratio(parts[0], parts[1])}))
		a := ask(t, s, aggregator.Query{Unit: id(unit), Indicator: "R", Period: mustPeriod("2024-01"), Basis: rollup.Provisional})
		if a.Result.Display != "33.33" {
			t.Errorf("%s shows %s, want 33.33", unit, a.Result.Display)
		}
		value[unit] = a.Result.Value
	}
	if ab, ac := value["A"].Cmp(value["B"]), value["A"].Cmp(value["C"]); ab != 0 || ac <= 0 {
		t.Errorf("1/3 compares %d with 2/6 and %d with 33,333/100,000, want 0 and more", ab, ac)
	}
}

// TestR3GoldenVector12 has the commune that came of A hand in June 2025 of A, on 3 July: it is A's, on the last day that there
// is, and counts where A stood.
func TestR3GoldenVector12(t *testing.T) {
	s := house(t)
	change := period.Date(2025, 7, 1)
	n := since(unit("N", hierarchy.Commune, "P"), change)
	monthly := plainForm("F", period.Month, "kind:commune", "TT")
	s.tell(numbered(0, plainIndicator("TT", indicator.UnitSum, indicator.Flow, indicator.TimeSum)), forms(0, monthly),
		entry.UnitsReorganised{Reorganisation: hierarchy.Reorganisation{
			Units: []hierarchy.Unit{until(unit("A", hierarchy.Commune, "D"), change), n},
			Links: []hierarchy.Link{on(change, "A-0", string(n.ID), hierarchy.Whole)},
		}})
	s.now = time.Date(2025, 7, 3, 9, 0, 0, 0, time.UTC)
	june := sent(key("A", "F", "2025-06"), 1, map[uint32]figure.Figure{0: value(12)})
	june.Reports[0].ActingFor = n.ID
	june.Reports[0].Deadline = period.Deadline(period.Date(2025, 7, 2)) // the second day after the last
	s.tell(june)
	for _, c := range []struct {
		unit, span string
		tree       period.Day
		want       string
	}{
		{"A-0", "2025-06", 0, "WITHIN 12 1/1 stale 0"},
		{"D-0", "2025-06", 0, "WITHIN 12 1/2 stale 0"},
		{"D-0", "2025-06", change, "ACROSS NO_DATA 0/1"}, // B is left; A's is N's, which stands in P
		{string(n.ID), "2025-06", change, "ACROSS 12 1/1 stale 0"},
		{"P-0", "2025-06", change, "ACROSS 12 1/2 stale 0"},
		{string(n.ID), "2025-07", 0, "WITHIN NO_DATA 0/1"},
	} {
		if got := says(t, s, c.unit, "TT", c.span, c.tree); got != c.want {
			t.Errorf("%s in %s on the tree of %d: %s, want %s", c.unit, c.span, c.tree, got, c.want)
		}
	}
	a := ask(t, s, aggregator.Query{Unit: id("A"), Indicator: "TT", Period: mustPeriod("2025-06"), Basis: rollup.Provisional})
	if a.Result.Coverage.Late != 1 {
		t.Errorf("late %d, want 1: the deadline was the end of 2 July", a.Result.Coverage.Late)
	}
	s.view(func(tx *aggregator.Tx) {
		r, _, err := tx.Report(key("A", "F", "2025-06"))
		if err != nil || len(r.Revisions) != 1 || r.Revisions[0].ActingFor != n.ID {
			t.Errorf("the report = %+v, %v, want one revision sent by %s", r, err, n.ID)
		}
	})
}

// TestR1GoldenVector13 has the code 82 mean one province until 2025-06-30 and another from 2025-07-01 on: each keeps what it
// was told, and the code finds the one that stands on the day.
func TestR1GoldenVector13(t *testing.T) {
	s := newStory(t)
	change := period.Date(2025, 7, 1)
	was, is := until(unit("82", hierarchy.Province, ""), change), since(unit("82", hierarchy.Province, ""), change)
	sum := plainIndicator("TT", indicator.UnitSum, indicator.Flow, indicator.TimeSum)
	sum.ReportedBy = []hierarchy.Kind{hierarchy.Province}
	s.tell(entry.UnitsChanged{Units: []hierarchy.Unit{was}}, numbered(0, sum), forms(0, plainForm("F", period.Month, "kind:province", "TT")),
		entry.UnitsReorganised{Reorganisation: hierarchy.Reorganisation{Units: []hierarchy.Unit{was, is}}})
	in := func(month string) hierarchy.ID {
		var found hierarchy.Unit
		var err error
		s.view(func(tx *aggregator.Tx) { found, err = tx.Tree().Resolve("82", period.Civil.Last(mustPeriod(month))) })
		if err != nil {
			t.Fatalf("82 in %s: %v", month, err)
		}
		return found.ID
	}
	for month, n := range map[string]int64{"2025-06": 6, "2025-07": 7} {
		s.tell(sent(entry.ReportKey{Unit: in(month), Form: "F", Period: mustPeriod(month)}, 1, map[uint32]figure.Figure{0: value(n)}))
	}
	for _, c := range [][3]string{
		{"82-0", "2025-06", "WITHIN 6 1/1 stale 0"},
		{"82-0", "2025-07", "WITHIN NO_DATA 0/0"},
		{"82-0", "2025", "WITHIN 6 1/6 stale 0"},
		{"82-20250701", "2025-06", "WITHIN NO_DATA 0/0"},
		{"82-20250701", "2025-07", "WITHIN 7 1/1 stale 0"},
		{"82-20250701", "2025", "WITHIN 7 1/6 stale 0"},
	} {
		if got := says(t, s, c[0], "TT", c[1], 0); got != c[2] {
			t.Errorf("%s in %s: %s, want %s", c[0], c[1], got, c[2])
		}
	}
}
