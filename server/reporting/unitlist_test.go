package reporting_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
)

// TestAListOfUnitsIsThatOfItsDayItsTreeAndItsReader asks with one long list again and again: what it was found to name is
// kept, and must not be taken for what it names on another day, after a change of the tree, or to somebody else.
func TestAListOfUnitsIsThatOfItsDayItsTreeAndItsReader(t *testing.T) {
	w := newWorld(t)
	var units []hierarchy.Unit
	var codes []string
	for n := range 20 {
		codes = append(codes, fmt.Sprintf("D%02d", n))
		units = append(units, unit(codes[n], "district", "P"))
	}
	_, err := w.svc.ImportUnits(t.Context(), w.call(w.admin), units)
	must(t, err)
	ask := func(by auth.Caller, asOf string) (string, error) {
		page, err := w.svc.QueryRollupColumns(t.Context(), by, reporting.RollupQuery{
			Units: codes, Indicators: []string{"FLOW"}, Periods: []string{"2024-05"}, AsOf: asOf,
		})
		if err != nil {
			return "", err
		}
		return string(page.Units[5].ID), nil
	}
	want := func(what, asOf, id string) {
		t.Helper()
		for range 2 {
			got, err := ask(w.admin, asOf)
			must(t, err)
			w.expect(what, got, id)
		}
	}
	want("before the change", "", "D05-0")
	ended, next := units[5], unit("D05", "district", "P")
	ended.ValidTo, next.ValidFrom = period.Date(2024, 5, 1), period.Date(2024, 5, 1)
	_, err = w.svc.ImportUnits(t.Context(), w.call(w.admin), []hierarchy.Unit{ended, next})
	must(t, err)
	want("after the change", "", "D05-20240501")
	want("as of a day before it", "2024-04-30", "D05-0")
	want("and now again", "", "D05-20240501")
	if _, err := ask(w.token(auth.Viewer, "D00"), ""); fault.ReasonOf(err) == "" {
		t.Error("who reads one district is answered about all")
	}
	slices.Reverse(codes)
	want("in another order", "", "D14-0")
}
