package reporting_test

import (
	"testing"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// A form that is sent again without an indicator takes its figures out of every sum: whoever does it is told.
func TestAFormThatLosesReportedFiguresIsWarnedOf(t *testing.T) {
	w := newWorld(t)
	w.submitted(w.token(auth.Reporter, "A"), flow("A", "2024-05", "1"))
	less := form.Form{
		Code: "M", NameVI: "Báo cáo tháng", Frequency: period.Month, Calendar: period.Civil, Indicators: []indicator.Code{"RATIO", "STOCK"},
		Assigned: []hierarchy.Selector{{Kind: "commune"}, {Kind: "comune"}}, ValidFrom: period.Beginning,
	}
	change, err := w.svc.ImportForms(t.Context(), w.call(w.admin), []form.Form{less})
	must(t, err)
	got := ""
	for _, warning := range change.Warnings {
		if fault.ReasonOf(warning) == "OPEN_PERIOD_AFFECTED" {
			continue
		}
		got += fault.ReasonOf(warning) + " at " + fault.Of(warning).Field + "; "
	}
	w.expect("warnings", got, "KIND_WITHOUT_UNITS at forms[0].assigned; FORM_LOSES_INDICATOR at forms[0].indicators; ")
}
