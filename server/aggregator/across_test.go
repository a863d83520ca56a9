package aggregator_test

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// july is the day of the change in these stories.
var july = period.Date(2024, 7, 1)

// until ends a unit before a day, since begins one with it.
func until(u hierarchy.Unit, day period.Day) hierarchy.Unit {
	u.ValidTo = day
	return u
}

func since(u hierarchy.Unit, day period.Day) hierarchy.Unit {
	u.ID, u.ValidFrom = hierarchy.NewID(u.Code, day), day
	return u
}

func on(day period.Day, from, to string, share hierarchy.Share) hierarchy.Link {
	return hierarchy.Link{Date: day, From: hierarchy.ID(from), To: hierarchy.ID(to), Share: share}
}

// merged is the story of R2: communes A and B of the province P until June, N and where it is divided M since July.
func merged(t testing.TB, divided bool) *story {
	s := newStory(t)
	s.tell(
		entry.UnitsChanged{Units: []hierarchy.Unit{
			unit("V", hierarchy.Country, ""), unit("P", hierarchy.Province, "V"), unit("Q", hierarchy.Province, "V"),
			unit("A", hierarchy.Commune, "P"), unit("B", hierarchy.Commune, "P"), unit("X", hierarchy.Commune, "Q"),
		}},
		numbered(0,
			plainIndicator("TT", indicator.UnitSum, indicator.Flow, indicator.TimeSum),
			plainIndicator("CS", indicator.UnitSum, indicator.Stock, indicator.TimeLast),
			plainIndicator("BQ", indicator.UnitSum, indicator.Flow, indicator.TimeMean),
			plainIndicator("TB", indicator.UnitMean, indicator.Flow, indicator.TimeSum),
			plainIndicator("LN", indicator.UnitMax, indicator.Flow, indicator.TimeMax)),
		forms(0, plainForm("M", period.Month, "kind:commune", "TT", "CS", "BQ", "TB", "LN")))
	r := hierarchy.Reorganisation{
		Units: []hierarchy.Unit{
			until(unit("A", hierarchy.Commune, "P"), july), until(unit("B", hierarchy.Commune, "P"), july),
			since(unit("N", hierarchy.Commune, "P"), july),
		},
		Links: []hierarchy.Link{on(july, "A-0", "N-20240701", hierarchy.Whole), on(july, "B-0", "N-20240701", hierarchy.Whole)},
	}
	if divided {
		r.Units = append(r.Units, since(unit("M", hierarchy.Commune, "P"), july))
		r.Links[1].Share = hierarchy.Part
		r.Links = append(r.Links, on(july, "B-0", "M-20240701", hierarchy.Part))
	}
	s.tell(entry.UnitsReorganised{Reorganisation: r})
	return s
}

// gives tells reports of a unit with one value for every indicator, of months from and to.
func (s *story) gives(unit string, from, to int, n int64) {
	for month := from; month <= to; month++ {
		figures := map[uint32]figure.Figure{}
		for i := range uint32(5) {
			figures[i] = value(n)
		}
		k := entry.ReportKey{Unit: hierarchy.ID(unit), Form: "M", Period: period.Of(2024, period.Month, month)}
		s.add(sent(k, 1, figures))
	}
	s.commit()
}

// says asks and gives the answer in a line.
func says(t testing.TB, s *story, unit, code, span string, tree period.Day) string {
	t.Helper()
	a := ask(t, s, aggregator.Query{
		Unit: hierarchy.ID(unit), Indicator: indicator.Code(code), Period: mustPeriod(span), Basis: rollup.Provisional, Tree: tree,
	})
	c := a.Result.Coverage
	switch a.Result.State {
	case rollup.Value:
		return fmt.Sprintf("%s %s %d/%d stale %d", a.Crossing, a.Result.Value.Decimal(figure.MaxScale), c.Received, c.Expected, c.Stale)
	case rollup.NotPlaceable:
		return fmt.Sprintf("%s %s %s", a.Crossing, a.Result.State, a.HeldBy)
	default:
		return fmt.Sprintf("%s %s %d/%d", a.Crossing, a.Result.State, c.Received, c.Expected)
	}
}

// TestR2AcrossAMerger tells the first vector of R2: A 10 and B 20 each month January to June, both whole into N, N 25 each
// month July to December.
func TestR2AcrossAMerger(t *testing.T) {
	s := merged(t, false)
	s.gives("A-0", 1, 6, 10)
	s.gives("B-0", 1, 6, 20)
	s.gives("N-20240701", 7, 12, 25)
	s.gives("X-0", 1, 12, 1)
	december := period.Date(2024, 12, 31)
	for _, c := range []struct {
		unit, code, span string
		tree             period.Day
		want             string
	}{
		{"N-20240701", "TT", "2024", 0, "ACROSS 330 18/18 stale 0"},
		{"N-20240701", "CS", "2024", 0, "ACROSS 25 18/18 stale 0"}, // not 55
		{"N-20240701", "BQ", "2024", 0, "ACROSS 27.5 18/18 stale 0"},
		{"N-20240701", "LN", "2024", 0, "ACROSS 25 18/18 stale 0"},
		{"P-0", "TT", "2024", 0, "ACROSS 330 18/18 stale 0"},
		{"P-0", "CS", "2024", 0, "ACROSS 25 18/18 stale 0"},
		{"V-0", "TT", "2024", 0, "ACROSS 342 30/30 stale 0"},
		{"V-0", "CS", "2024", 0, "ACROSS 26 30/30 stale 0"},
		{"V-0", "BQ", "2024", 0, "ACROSS 28.5 30/30 stale 0"},
		// What no change reaches is told as ever, and so are base periods and spans on one side.
		{"Q-0", "CS", "2024", 0, "WITHIN 1 12/12 stale 0"},
		{"A-0", "TT", "2024-05", 0, "WITHIN 10 1/1 stale 0"},
		{"P-0", "TT", "2024-H1", 0, "WITHIN 180 12/12 stale 0"},
		{"N-20240701", "TT", "2024-H2", 0, "WITHIN 150 6/6 stale 0"},
		// A and B stand no more on the day of the tree.
		{"A-0", "TT", "2024", 0, "ACROSS NOT_PLACEABLE N-20240701"},
		// A mean of units is of those that stand there in the end: 25 × 6, and X with 12.
		{"V-0", "TB", "2024", 0, "STANDING 81 18/18 stale 0"},
		{"N-20240701", "TB", "2024", 0, "STANDING 150 6/6 stale 0"},
		// Restated: May on the tree of December.
		{"N-20240701", "TT", "2024-05", december, "ACROSS 30 2/2 stale 0"},
		{"N-20240701", "CS", "2024-Q1", december, "ACROSS 30 6/6 stale 0"},
		{"V-0", "TT", "2024-05", december, "ACROSS 31 3/3 stale 0"},
		{"A-0", "TT", "2024-05", december, "ACROSS NOT_PLACEABLE N-20240701"},
		{"Q-0", "TT", "2024-05", december, "WITHIN 1 1/1 stale 0"},
		{"P-0", "TB", "2024-05", december, "STANDING NO_DATA 0/0"},
		{"P-0", "TT", "2024-05", period.Date(2024, 5, 31), "WITHIN 30 2/2 stale 0"},
	} {
		if got := says(t, s, c.unit, c.code, c.span, c.tree); got != c.want {
			t.Errorf("%s %s %s on the tree of %d: %s, want %s", c.unit, c.code, c.span, c.tree, got, c.want)
		}
	}
}

// TestR2AcrossADivision tells the others: N never reports, and B is divided into N and M.
func TestR2AcrossADivision(t *testing.T) {
	silent := merged(t, false)
	silent.gives("A-0", 1, 6, 10)
	silent.gives("B-0", 1, 6, 20)
	if got, want := says(t, silent, "N-20240701", "CS", "2024", 0), "ACROSS 30 12/18 stale 1"; got != want {
		t.Errorf("N is silent: %s, want %s", got, want)
	}
	s := merged(t, true)
	s.gives("A-0", 1, 6, 10)
	s.gives("B-0", 1, 6, 20)
	s.gives("N-20240701", 7, 12, 25)
	s.gives("M-20240701", 7, 12, 0)
	s.gives("X-0", 1, 12, 1)
	for _, c := range []struct{ unit, code, span, want string }{
		{"N-20240701", "TT", "2024", "ACROSS NOT_PLACEABLE P-0"},
		{"M-20240701", "CS", "2024", "ACROSS NOT_PLACEABLE P-0"},
		{"P-0", "TT", "2024", "ACROSS 330 24/24 stale 0"},
		{"P-0", "CS", "2024", "ACROSS 25 24/24 stale 0"},
		{"V-0", "TT", "2024", "ACROSS 342 36/36 stale 0"},
		{"M-20240701", "TB", "2024", "STANDING 0 6/6 stale 0"}, // its own are its own
		{"M-20240701", "TT", "2024-07", "WITHIN 0 1/1 stale 0"},
	} {
		if got := says(t, s, c.unit, c.code, c.span, 0); got != c.want {
			t.Errorf("%s %s %s: %s, want %s", c.unit, c.code, c.span, got, c.want)
		}
	}
	q := aggregator.Query{Unit: id("P"), Indicator: "CS", Period: mustPeriod("2024"), Basis: rollup.Provisional}
	checkContributions(t, s, q, map[string]int{"": 2, aggregator.WhyNotLast: 22})
	q.Indicator = "TT"
	checkContributions(t, s, q, map[string]int{"": 24})
	q.Unit = "N-20240701"
	checkContributions(t, s, q, map[string]int{})
}

// checkContributions counts why contributions do not count; nothing is that they do.
func checkContributions(t *testing.T, s *story, q aggregator.Query, want map[string]int) {
	t.Helper()
	s.view(func(tx *aggregator.Tx) {
		list, _, err := tx.Contributions(q, aggregator.Cursor{}, 500)
		got := map[string]int{}
		for _, c := range list {
			got[c.WhyNot]++
		}
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("Contributions(%s %s) = %v, %v, want %v", q.Unit, q.Indicator, got, err, want)
		}
	})
}

// TestR2PlacesWhatEndsWithoutLinks closes a commune, and its district, without saying what became of them.
func TestR2PlacesWhatEndsWithoutLinks(t *testing.T) {
	s := merged(t, false)
	s.tell(entry.UnitsReorganised{Reorganisation: hierarchy.Reorganisation{
		Units: []hierarchy.Unit{
			unit("E", hierarchy.District, "Q"), unit("C", hierarchy.Commune, "E"), unit("F", hierarchy.District, "Q"), unit("G", hierarchy.Commune, "F"),
		},
	}})
	s.tell(entry.UnitsReorganised{Reorganisation: hierarchy.Reorganisation{
		Units: []hierarchy.Unit{
			until(unit("E", hierarchy.District, "Q"), july), until(unit("C", hierarchy.Commune, "E"), july),
			until(unit("F", hierarchy.District, "Q"), july), until(unit("G", hierarchy.Commune, "F"), july), since(unit("H", hierarchy.District, "Q"), july),
		},
		Links: []hierarchy.Link{on(july, "F-0", "H-20240701", hierarchy.Whole)},
	}})
	s.gives("C-0", 1, 6, 3)
	s.gives("G-0", 1, 6, 5)
	for _, c := range []struct{ unit, want string }{
		{"Q-0", "ACROSS 48 12/24 stale 0"}, // X owes twelve and is silent
		{"H-20240701", "ACROSS 30 6/6 stale 0"},
		{"C-0", "WITHIN 18 6/6 stale 0"}, // nobody took it over, and all it ever gave is its own
		{"F-0", "ACROSS NOT_PLACEABLE H-20240701"},
	} {
		if got := says(t, s, c.unit, "TT", "2024", 0); got != c.want {
			t.Errorf("%s: %s, want %s", c.unit, got, c.want)
		}
	}
}

// TestR30AnswersAcrossAChangeAreLimited asks for more than may be read, and for the same as rows have it.
func TestR30AnswersAcrossAChangeAreLimited(t *testing.T) {
	s := merged(t, false)
	var units []hierarchy.Unit
	var r hierarchy.Reorganisation
	for n := range 500 {
		old := unit(fmt.Sprint("C", n), hierarchy.Commune, "Q")
		units = append(units, old)
		r.Units = append(r.Units, until(old, july), since(unit(fmt.Sprint("K", n), hierarchy.Commune, "Q"), july))
		r.Links = append(r.Links, on(july, string(old.ID), fmt.Sprint("K", n, "-20240701"), hierarchy.Whole))
	}
	s.tell(entry.UnitsChanged{Units: units}, entry.UnitsReorganised{Reorganisation: r})
	s.gives("C7-0", 1, 6, 10)
	if got, want := says(t, s, "Q-0", "TT", "2024", 0), "ACROSS 60 6/6012 stale 0"; got != want {
		t.Errorf("a sum: %s, want %s", got, want)
	}
	if got, want := says(t, s, "K7-20240701", "CS", "2024", 0), "ACROSS 10 6/12 stale 1"; got != want {
		t.Errorf("one commune: %s, want %s", got, want)
	}
	s.view(func(tx *aggregator.Tx) {
		_, err := tx.Rollup(aggregator.Query{Unit: id("Q"), Indicator: "CS", Period: mustPeriod("2024"), Basis: rollup.Provisional})
		var refused *fault.Error
		if !errors.As(err, &refused) || refused.Reason != "QUERY_TOO_LARGE" || !strings.Contains(err.Error(), "6012 reports") ||
			!strings.Contains(err.Error(), "ask for 2024-H1, 2024-H2, or for the units below it one by one, of which 501 of 501 can be told") {
			t.Errorf("a stock: %v, want QUERY_TOO_LARGE and what to ask instead", err)
		}
		// What the refusal names is answered.
		for _, q := range []aggregator.Query{
			{Unit: id("Q"), Indicator: "CS", Period: mustPeriod("2024-H1"), Basis: rollup.Provisional},
			{Unit: id("Q"), Indicator: "CS", Period: mustPeriod("2024-H2"), Basis: rollup.Provisional},
			{Unit: "K7-20240701", Indicator: "CS", Period: mustPeriod("2024"), Basis: rollup.Provisional},
		} {
			if _, err := tx.Rollup(q); err != nil {
				t.Errorf("%+v: %v", q, err)
			}
		}
		// As of an earlier entry the limit is another one, also where a change of the tree lies in between.
		then, err := tx.AsOf(tx.Position().Head.Sequence)
		if err != nil {
			t.Fatal(err)
		}
		_, err = then.Rollup(aggregator.Query{Unit: id("Q"), Indicator: "CS", Period: mustPeriod("2024"), Basis: rollup.Provisional})
		if fault.ReasonOf(err) != "AS_OF_TOO_LARGE" {
			t.Errorf("as of the last entry: %v, want AS_OF_TOO_LARGE", err)
		}
	})
}

// rat reads an exact value.
func rat(r rollup.Result) *big.Rat {
	if r.State != rollup.Value {
		return nil
	}
	return r.Value.Rat()
}
