package reporting_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
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

// cellOf is one cell of a column, with what the empty lists mean.
type cellOf struct {
	state                                               rollup.State
	value, numerator, denominator                       int64
	expected, received, complete, units, late, notThere int32
}

func cellAt(c *reporting.Column, at int) cellOf {
	of := func(list []int32, otherwise int32) int32 {
		if list == nil {
			return otherwise
		}
		return list[at]
	}
	amount := func(list []int64) int64 {
		if list == nil {
			return 0
		}
		return list[at]
	}
	cell := cellOf{state: rollup.Value, value: amount(c.Values), numerator: amount(c.Numerators), denominator: amount(c.Denominators)}
	if c.States != nil {
		cell.state = c.States[at]
	}
	cell.expected = of(c.Expected, 0)
	cell.received = of(c.Received, cell.expected)
	cell.complete, cell.units = of(c.UnitsComplete, cell.received), of(c.Units, cell.expected)
	cell.late, cell.notThere = of(c.Late, 0), of(c.NotAvailable, 0)
	return cell
}

// TestManyUnitsInColumnsAreEachByItself asks about many units at once, whose totals come to stand side by side, again and
// again while reports come, and about each by itself.
func TestManyUnitsInColumnsAreEachByItself(t *testing.T) {
	w := newWorld(t)
	const many = 20
	var units []hierarchy.Unit
	var codes []string
	for n := range many {
		codes = append(codes, fmt.Sprintf("D%02d", n))
		units = append(units, unit(codes[n], "district", "P"), unit(fmt.Sprintf("K%02d", n), "commune", codes[n]))
	}
	_, err := w.svc.ImportUnits(t.Context(), w.call(w.admin), units)
	must(t, err)
	periods := []string{"2024-Q1", "2024-03", "2024-05"}
	q := reporting.RollupQuery{Units: codes, Indicators: []string{"FLOW", "RATIO", "STOCK"}, Periods: periods}
	compare := func() {
		t.Helper()
		page := w.columns(q)
		for u, code := range codes {
			alone := q
			alone.Units = []string{code}
			for i, c := range w.columns(alone).Columns {
				for p := range periods {
					if got, want := cellAt(&page.Columns[i], u*len(periods)+p), cellAt(&c, p); got != want {
						t.Errorf("%s of %s in %s: among others %+v, alone %+v", q.Indicators[i], code, periods[p], got, want)
					}
				}
			}
		}
	}
	for n := range 3 * many {
		commune := fmt.Sprintf("K%02d", n*7%many)
		sub := with(flow(commune, periods[1+n/many%2], fmt.Sprint(n)), "STOCK", fmt.Sprint(10*n)) // March is late
		numerator, denominator := fmt.Sprint(n%5), fmt.Sprint(n%3)
		sub.Figures = append(sub.Figures, reporting.FigureDraft{Indicator: "RATIO", Numerator: &numerator, Denominator: &denominator})
		switch n % 6 {
		case 4:
			sub.Figures = sub.Figures[:1]
		case 5:
			sub.Figures[0].Value, sub.Figures[0].State = nil, figure.NotAvailable
		}
		if n >= 2*many {
			sub.Merge, sub.Etag = true, "1-submitted"
		}
		w.submitted(w.admin, sub)
		if n%3 == 0 {
			compare()
		}
	}
	compare()
	compare()
}
