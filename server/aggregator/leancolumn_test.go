package aggregator_test

import (
	"fmt"
	"testing"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/rollup"
)

// TestTotalsSideBySideAreTheirRows asks one series about all districts, again and again while reports come, and each
// district by itself.
func TestTotalsSideBySideAreTheirRows(t *testing.T) {
	s := newStory(t)
	s.tell(provinceEntries()...)
	for n := range 2 * communes / 3 {
		s.add(monthly(n))
	}
	s.commit()
	sideBySide := 0
	ask := func(code indicator.Code) {
		s.view(func(tx *aggregator.Tx) {
			q := aggregator.Query{Indicator: code, Period: monthly(0).Reports[0].Key.Period, Basis: rollup.Provisional}
			series, err := tx.Series(q)
			if err != nil {
				t.Fatal(err)
			}
			for d := range districts {
				q.Unit = id(fmt.Sprintf("D%02d", d))
				want, err := tx.Rollup(q)
				if err != nil {
					t.Fatal(err)
				}
				unit, _ := tx.Tree().Ordinal(q.Unit)
				var plain rollup.Plain
				if !series.Plain(unit, &plain) {
					var short rollup.Short
					if isShort, err := series.Cell(unit, &short, &rollup.Result{}); err != nil || !isShort { // it leaves the row on the shelf
						t.Fatalf("%s of %s: short %t, %v", code, q.Unit, isShort, err)
					}
					continue
				}
				sideBySide++
				scale, _, _ := rollup.Scales(series.Version())
				if problem := compareShort(q, shortOf(plain), want, scale); problem != "" {
					t.Fatal(problem)
				}
			}
		})
	}
	codes := []indicator.Code{"I00", "I30", "I43"} // a sum, a ratio, a latest figure
	for n := 2 * communes / 3; n < communes; n++ {
		for _, code := range codes {
			ask(code)
		}
		s.add(monthly(n))
		s.commit()
	}
	if all := len(codes) * districts * (communes - 2*communes/3); sideBySide < all/2 {
		t.Errorf("%d of %d totals stood side by side, want most of them", sideBySide, all)
	}
	columns, remade := aggregator.Columns(s.store)
	if columns != len(codes) || remade == 0 {
		t.Errorf("%d columns were made, %d of them again; want one for each of %d cells, and some again as rows change", columns, remade, len(codes))
	}
}
