package reporting_test

import (
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// On 1 June 2024 the months up to June have begun.
func TestR9AChangeOfAFormBearsOnOpenPeriodsOnlyWhereThatIsMeant(t *testing.T) {
	w := newWorld(t)
	w.submitted(w.token(auth.Reporter, "C"), flow("C", "2024-05", "1"))
	later := func(from period.Day, change func(*form.Form)) (reporting.CatalogueChange, error) {
		f := w.form("M").Form
		f.ValidFrom = from
		change(&f)
		call := w.call(w.admin)
		call.OpenPeriods = false
		_, done, _, err := w.svc.CreateForm(t.Context(), call, f)
		return done, err
	}
	withoutC := func(f *form.Form) { f.Assigned = append(f.Assigned, hierarchy.Selector{Unit: "C", Except: true}) }
	_, err := later(period.Date(2024, 5, 15), withoutC)
	w.refused(err, "OPEN_PERIOD_AFFECTED") // May and June
	for i, e := range fault.Of(err).Details {
		per, _ := e.Param("period")
		ending, _ := e.Param("ending")
		reports, _ := e.Param("reports")
		if want := [...]string{"2024-06 1 0", "2024-05 1 1"}[i]; strings.Join([]string{per, ending, reports}, " ") != want || e.Reason != "OPEN_PERIOD_AFFECTED" {
			t.Errorf("told is %v, want %s", e, want)
		}
	}
	w.expect("nothing was changed", w.value("P", "FLOW", "2024-05", rollup.Provisional), "1 1/3")
	_, err = later(period.Date(2024, 6, 20), withoutC)
	w.refused(err, "OPEN_PERIOD_AFFECTED") // June has begun, and takes the version of its last day
	_, err = later(period.Date(2024, 6, 20), func(f *form.Form) { f.NameVI = "Tên mới" })
	must(t, err) // asks for the same
	_, err = later(period.Date(2024, 7, 1), withoutC)
	must(t, err)

	f := w.form("M")
	f.Indicators = []indicator.Code{"FLOW", "STOCK"}
	call := w.call(w.admin)
	_, done, _, err := w.svc.UpdateForm(t.Context(), call, f.Form, f.Etag)
	must(t, err)
	open := 0
	for _, e := range done.Warnings {
		if fault.ReasonOf(e) == "OPEN_PERIOD_AFFECTED" {
			open++
			if gone, _ := fault.Of(e).Param("gone"); gone != "RATIO" {
				t.Errorf("warned is %v, want that RATIO is no longer asked", e)
			}
		}
	}
	if open == 0 {
		t.Errorf("a change that was meant warns of no period: %v", done.Warnings)
	}
	call.OpenPeriods = false
	_, _, _, err = w.svc.UpdateForm(t.Context(), call, f.Form, f.Etag)
	w.refused(err, "REQUEST_ID_REUSED")
}

func TestR4NoAssignmentLetsAUnitReportAnIndicatorTwiceInAPeriod(t *testing.T) {
	w := newWorld(t)
	second := monthly("N", "FLOW")
	second.Assigned = []hierarchy.Selector{{Unit: "A"}}
	second.ValidFrom = period.Date(2024, 7, 1)
	_, _, _, err := w.svc.CreateForm(t.Context(), w.call(w.admin), second)
	w.refused(err, "INDICATOR_IN_TWO_FORMS")
}
