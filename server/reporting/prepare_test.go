package reporting_test

import (
	"testing"

	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/indicator"
)

// What was read before its turn came is used as long as nothing that it was read by has changed, and not a moment longer.
func TestFiguresAreReadAgainWhereTheCatalogueChangedMeanwhile(t *testing.T) {
	w := newWorld(t)
	w.catalogue()
	used, err := w.svc.AdmitAfter(t.Context(), flow("A", "2024-05", "1"), func() {})
	if must(t, err); !used {
		t.Error("what was prepared is not used though nothing changed")
	}
	_, err = w.svc.AdmitAfter(t.Context(), flow("A", "2024-05", "1"), func() {
		narrower := w.form("M").Form
		narrower.Indicators = []indicator.Code{"STOCK"}
		_, err := w.svc.ImportForms(t.Context(), w.call(w.admin), []form.Form{narrower})
		must(t, err)
	})
	w.refused(err, "INDICATOR_NOT_IN_FORM")
}
