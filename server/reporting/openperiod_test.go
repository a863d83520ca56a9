package reporting_test

import (
	"fmt"
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
	w.expect("what it bears on", openWords(err), "M 2024-05..2024-06 2 periods: 1 ending, 0 beginning, 1 reports")
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

// openWords tells what is said of open periods, one line for each.
func openWords(err error) string {
	var lines []string
	for _, e := range details(err) {
		if e.Reason != "OPEN_PERIOD_AFFECTED" {
			continue
		}
		says := []any{}
		for _, name := range []string{"form", "period", "periods", "ending", "beginning", "reports"} {
			param, _ := e.Param(name)
			says = append(says, param)
		}
		lines = append(lines, fmt.Sprintf("%s %s %s periods: %s ending, %s beginning, %s reports", says...))
	}
	return strings.Join(lines, "\n")
}

// TestR9WhoReportsAnIndicatorChangesInOpenPeriodsOnlyWhereThatIsMeant: by its own assignment and by the kinds that report it, in each
// form that carries it; a name, or what begins after all that has begun, bears on nothing.
func TestR9WhoReportsAnIndicatorChangesInOpenPeriodsOnlyWhereThatIsMeant(t *testing.T) {
	w := newWorld(t)
	w.submitted(w.token(auth.Reporter, "C"), flow("C", "2024-05", "1"))
	later := func(from period.Day, open bool, change func(*indicator.Indicator)) (reporting.CatalogueChange, error) {
		i := w.indicator("FLOW").Indicator
		i.ValidFrom = from
		change(&i)
		call := w.call(w.admin)
		call.OpenPeriods = open
		_, done, _, err := w.svc.CreateIndicator(t.Context(), call, i)
		return done, err
	}
	withoutC := func(i *indicator.Indicator) { i.Assigned = []hierarchy.Selector{{Unit: "C", Except: true}} }
	_, err := later(period.Date(2024, 4, 15), false, withoutC)
	w.refused(err, "OPEN_PERIOD_AFFECTED")
	w.expect("its own assignment", openWords(err), "M 2024-04..2024-06 3 periods: 1 ending, 0 beginning, 1 reports")
	_, err = later(period.Date(2024, 6, 20), false, func(i *indicator.Indicator) { i.ReportedBy = []hierarchy.Kind{"district"} })
	w.expect("other kinds", openWords(err), "M 2024-06 1 periods: 3 ending, 0 beginning, 0 reports")
	_, err = later(period.Date(2024, 6, 20), false, func(i *indicator.Indicator) { i.NameVI = "Tên mới" })
	must(t, err)
	_, err = later(period.Date(2024, 7, 1), false, withoutC)
	must(t, err)
	w.expect("nothing was changed", w.value("P", "FLOW", "2024-05", rollup.Provisional), "1 1/3")
	done, err := later(period.Date(2024, 5, 1), true, withoutC)
	must(t, err)
	open := 0
	for _, e := range done.Warnings {
		if fault.ReasonOf(e) == "OPEN_PERIOD_AFFECTED" {
			open++
		}
	}
	if open != 1 {
		t.Errorf("what was meant is warned of %d times: %v", open, done.Warnings)
	}
	w.expect("C reports it no longer", w.value("P", "FLOW", "2024-05", rollup.Provisional), "NO_DATA 0/2")
}

func TestR4NoAssignmentLetsAUnitReportAnIndicatorTwiceInAPeriod(t *testing.T) {
	w := newWorld(t)
	second := monthly("N", "FLOW")
	second.Assigned = []hierarchy.Selector{{Unit: "A"}}
	second.ValidFrom = period.Date(2024, 7, 1)
	_, _, _, err := w.svc.CreateForm(t.Context(), w.call(w.admin), second)
	w.refused(err, "INDICATOR_IN_TWO_FORMS")
}
