package reporting_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

func (w *world) columns(q reporting.RollupQuery) reporting.ColumnPage {
	w.t.Helper()
	q.Basis = rollup.Provisional
	page, err := w.svc.QueryRollupColumns(w.t.Context(), w.admin, q)
	must(w.t, err)
	return page
}

// TestColumnsHoldWhatDoesNotFit adds two amounts of which each fits 64 bits and their sum does not. The indicator has more
// decimals later, with which not even one of them fits.
func TestColumnsHoldWhatDoesNotFit(t *testing.T) {
	w := newWorld(t)
	larger := w.indicator("FLOW")
	larger.Scale, larger.ValidFrom = 3, period.Date(2025, 1, 1)
	_, err := w.svc.ImportIndicators(t.Context(), w.call(w.admin), []indicator.Indicator{larger.Indicator})
	must(t, err)
	for _, unit := range []string{"A", "B"} {
		by := w.token(auth.Reporter, unit)
		w.submitted(by, flow(unit, "2024-04", "90000000000000000"))
		w.submitted(by, flow(unit, "2024-05", "90000000000000000"))
		w.submitted(by, flow(unit, "2024-03", "-0.25"))
	}
	page := w.columns(reporting.RollupQuery{
		Units: []string{"P", "D", "A"}, Indicators: []string{"FLOW"}, Periods: []string{"2024-03..2024-05"},
	})
	c := page.Columns[0]
	if want := []int64{-500, 0, 0, -500, 0, 0, -250, 0, 0}; c.Scale != 3 || !slices.Equal(c.Values, want) {
		t.Errorf("the values are %v at scale %d, want %v at 3", c.Values, c.Scale, want)
	}
	if want := []reporting.ExactCell{
		{Cell: 1, Value: "180000000000000000"},
		{Cell: 2, Value: "180000000000000000"},
		{Cell: 4, Value: "180000000000000000"},
		{Cell: 5, Value: "180000000000000000"},
		{Cell: 7, Value: "90000000000000000"},
		{Cell: 8, Value: "90000000000000000"},
	}; !cmp.Equal(c.Exact, want) {
		t.Errorf("beside them stand %v, want %v", c.Exact, want)
	}
	if c.States != nil {
		t.Errorf("every cell has a value, and the states are %v", c.States)
	}
}

// TestAPageOfColumnsHasWholeUnits walks units and children with pages that are too small.
func TestAPageOfColumnsHasWholeUnits(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		children bool
		units    []string
		size     int
		want     []string
	}{
		{false, []string{"P", "D", "A", "D"}, 1, []string{"P", "D", "A", "D"}},
		{false, []string{"P", "D", "A"}, 23, []string{"PD", "A"}},
		{true, []string{"P", "D"}, 8, []string{"C", "D", "A", "B"}},
		{true, []string{"D", "A"}, 0, []string{"AB"}},
	} {
		q := reporting.RollupQuery{
			Units: c.units, Children: c.children, Indicators: []string{"FLOW", "STOCK"}, Periods: []string{"2024-01..2024-04"},
			Page: reporting.Page{Size: c.size},
		}
		var got []string
		for {
			page := w.columns(q)
			codes := ""
			for _, u := range page.Units {
				codes += string(u.Code)
			}
			got = append(got, codes)
			if len(page.Columns) != 2 || len(page.Columns[1].States) != 4*len(page.Units) {
				t.Fatalf("%d columns of %d cells for %s", len(page.Columns), len(page.Columns[1].States), codes)
			}
			if q.Page.Token = page.Next; page.Next == "" {
				break
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v, children %t, in pages of %d: %q, want %q", c.units, c.children, c.size, got, c.want)
		}
	}
}

// TestAPageOfColumnsIsShortWhereReportsAreRead holds that cells for which reports are read count twenty times.
func TestAPageOfColumnsIsShortWhereReportsAreRead(t *testing.T) {
	w := newWorld(t)
	q := reporting.RollupQuery{Indicators: []string{"FLOW"}, Periods: []string{"2000-01..2049-12"}, Page: reporting.Page{Size: 100_000}}
	for unit, want := range map[string]int{"P": 166, "A": 8} {
		q.Units = slices.Repeat([]string{unit}, 200)
		if page := w.columns(q); len(page.Units) != want || page.Next == "" {
			t.Errorf("a page of %s has %d units, next %q; want %d and a next", unit, len(page.Units), page.Next, want)
		}
	}
	q.Indicators = slices.Repeat([]string{"FLOW"}, 200)
	_, err := w.svc.QueryRollupColumns(t.Context(), w.admin, q)
	w.at(err, "QUERY_TOO_WIDE", "periods")
}
