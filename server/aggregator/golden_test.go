package aggregator_test

import (
	"fmt"
	"testing"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// house is the story of the golden vectors: communes A and B under district D under province P.
func house(t testing.TB) *story {
	s := newStory(t)
	s.tell(
		entry.StoreCreated{ProgramVersion: "test"},
		entry.UnitsChanged{Units: []hierarchy.Unit{
			unit("P", hierarchy.Province, ""), unit("D", hierarchy.District, "P"),
			unit("A", hierarchy.Commune, "D"), unit("B", hierarchy.Commune, "D"),
		}},
	)
	return s
}

func ask(t testing.TB, s *story, q aggregator.Query) aggregator.Answer {
	t.Helper()
	var a aggregator.Answer
	s.view(func(tx *aggregator.Tx) {
		var err error
		if a, err = tx.Rollup(q); err != nil {
			t.Fatalf("Rollup(%+v) = %v", q, err)
		}
	})
	return a
}

// TestGoldenQ1 is design 4.4: A gives 10, 20, 30 and B 40 and nothing after, under several rules at once.
func TestGoldenQ1(t *testing.T) {
	s := house(t)
	rules := []struct {
		unit    indicator.UnitRule
		measure indicator.Measure
		time    indicator.TimeRule
		want    string
		stale   int64
	}{
		{indicator.UnitSum, indicator.Flow, indicator.TimeSum, "100", 0},
		{indicator.UnitSum, indicator.Stock, indicator.TimeLast, "70", 1},
		{indicator.UnitSum, indicator.Flow, indicator.TimeMean, "60", 0},
		{indicator.UnitMean, indicator.Flow, indicator.TimeMean, "30", 0},
		{indicator.UnitMax, indicator.Flow, indicator.TimeMax, "40", 0},
	}
	var catalogue []indicator.Indicator
	var codes []indicator.Code
	for n, r := range rules {
		i := plainIndicator(fmt.Sprintf("I%d", n), r.unit, r.measure, r.time)
		catalogue, codes = append(catalogue, i), append(codes, i.Code)
	}
	s.tell(numbered(0, catalogue...), forms(0, plainForm("F", period.Month, "kind:commune", codes...)))
	for _, g := range []struct {
		unit, month string
		n           int64
	}{{"A", "2024-01", 10}, {"A", "2024-02", 20}, {"A", "2024-03", 30}, {"B", "2024-01", 40}} {
		figures := map[uint32]figure.Figure{}
		for n := range rules {
			figures[uint32(n)] = value(g.n)
		}
		s.tell(sent(key(g.unit, "F", g.month), 1, figures))
	}
	for n, r := range rules {
		for _, unit := range []string{"D", "P"} {
			q := aggregator.Query{Unit: id(unit), Indicator: codes[n], Period: mustPeriod("2024-Q1"), Basis: rollup.Provisional}
			a := ask(t, s, q)
			c := a.Result.Coverage
			if a.Result.State != rollup.Value || a.Result.Display != r.want || c.Stale != r.stale {
				t.Errorf("%s of %s in Q1 = %v %s stale %d, want %s stale %d", codes[n], unit, a.Result.State, a.Result.Display, c.Stale, r.want, r.stale)
			}
			if c.Expected != 6 || c.Received != 4 || c.Missing != 2 || c.UnitsComplete != 1 || c.Units != 2 {
				t.Errorf("%s of %s: coverage %+v, want 4 of 6, units complete 1 of 2", codes[n], unit, c)
			}
			q.Basis = rollup.Official
			if a := ask(t, s, q); a.Result.State != rollup.NoData || a.Result.Coverage.Missing != 6 {
				t.Errorf("official %s of %s = %v missing %d, want NO_DATA, 6", codes[n], unit, a.Result.State, a.Result.Coverage.Missing)
			}
		}
	}
	march := ask(t, s, aggregator.Query{Unit: id("D"), Indicator: "I0", Period: mustPeriod("2024-03"), Basis: rollup.Provisional})
	if c := march.Result.Coverage; march.Result.Display != "30" || c.Received != 1 || c.Expected != 2 {
		t.Errorf("March = %s, %+v, want 30, 1 of 2", march.Result.Display, c)
	}
}

// TestGoldenRatio is design 4.4: the parts are added, never the quotients.
func TestGoldenRatio(t *testing.T) {
	s := house(t)
	i := plainIndicator("R", indicator.UnitRatio, indicator.Flow, indicator.TimeSum)
	i.UnitOfMeasure, i.Scale = "%", 2
	s.tell(numbered(0, i), forms(0, plainForm("F", period.Month, "kind:commune", "R")),
		sent(key("A", "F", "2024-01"), 1, map[uint32]figure.Figure{0: ratio(9000, 10000)}),
		sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: ratio(1000, 100000)}))
	for _, span := range []string{"2024-01", "2024-Q1", "2024"} {
		a := ask(t, s, aggregator.Query{Unit: id("D"), Indicator: "R", Period: mustPeriod(span), Basis: rollup.Provisional})
		if a.Result.Display != "9.09" || a.Result.NumeratorDisplay != "100" || a.Result.DenominatorDisplay != "1100" {
			t.Errorf("%s = %s of %s / %s, want 9.09 of 100 / 1100", span, a.Result.Display, a.Result.NumeratorDisplay, a.Result.DenominatorDisplay)
		}
	}
}

// TestR23StateBelongsToTheRevision is the vector of R23.
func TestR23StateBelongsToTheRevision(t *testing.T) {
	s := house(t)
	s.tell(numbered(0, plainIndicator("S", indicator.UnitSum, indicator.Flow, indicator.TimeSum)),
		forms(0, plainForm("F", period.Month, "kind:commune", "S")))
	k := key("A", "F", "2024-01")
	check := func(when, official, provisional string, received int64) {
		t.Helper()
		for b, want := range []string{rollup.Official: official, rollup.Provisional: provisional} {
			a := ask(t, s, aggregator.Query{Unit: id("D"), Indicator: "S", Period: mustPeriod("2024-01"), Basis: rollup.Basis(b)})
			if a.Result.Display != want {
				t.Errorf("%s: %s = %q (%v), want %q", when, rollup.Basis(b), a.Result.Display, a.Result.State, want)
			}
			if rollup.Basis(b) == rollup.Provisional && a.Result.Coverage.Received != received {
				t.Errorf("%s: received %d, want %d", when, a.Result.Coverage.Received, received)
			}
		}
	}
	s.tell(sent(k, 1, map[uint32]figure.Figure{0: value(10)}))
	check("r1 submitted", "", "10", 1)
	s.tell(entry.ReportApproved{Key: k, Revision: 1})
	check("r1 approved", "10", "10", 1)
	s.tell(sent(k, 2, map[uint32]figure.Figure{0: value(12)}))
	check("r2 submitted", "10", "12", 1)
	s.tell(entry.ReportReturned{Key: k, Revision: 2, Reason: "sai số"})
	check("r2 returned", "10", "10", 1)
	s.tell(entry.ReportReturned{Key: k, Revision: 1, Reason: "cũng sai"})
	check("r1 returned too", "", "", 0)

	s.tell(sent(k, 3, map[uint32]figure.Figure{0: value(13)}), sent(k, 4, map[uint32]figure.Figure{0: value(14)}))
	check("r4 supersedes r3", "", "14", 1)
	s.tell(entry.ReportApproved{Key: k, Revision: 3})
	check("r3 is not waiting any more", "", "14", 1)
	draft := sent(k, 5, map[uint32]figure.Figure{0: value(99)})
	draft.Reports[0].Draft = true
	s.tell(draft)
	check("a draft counts nowhere", "", "14", 1)
	s.view(func(tx *aggregator.Tx) {
		r, ok, err := tx.Report(k)
		if !ok || err != nil {
			t.Fatalf("Report = %v, %v", ok, err)
		}
		var states []string
		for _, rev := range r.Revisions {
			states = append(states, rev.State.String())
		}
		if got := fmt.Sprint(states); got != "[RETURNED RETURNED SUPERSEDED SUBMITTED DRAFT]" {
			t.Errorf("states = %s", got)
		}
		newest, _ := r.Newest()
		d, ok := r.Draft()
		if newest.Number != 4 || !ok || d.Number != 5 || r.Official != 0 || r.Provisional != 4 {
			t.Errorf("newest %d, draft %d, official %d, provisional %d", newest.Number, d.Number, r.Official, r.Provisional)
		}
		if r.Revisions[1].Reason != "sai số" || r.Revisions[1].Reviewer != "p" || r.Revisions[1].ReviewTime.IsZero() {
			t.Errorf("returned revision = %+v", r.Revisions[1])
		}
	})
}
