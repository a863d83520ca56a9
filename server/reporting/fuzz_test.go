package reporting_test

import (
	"testing"

	"github.com/tonghop/tonghop/server/reporting"
)

// A name that is read is the name of what was read, and no other text is.
func FuzzParseReportName(f *testing.F) {
	for _, name := range []string{"units/82-20250701/reports/cds-thang~2024-02", "units/82/reports/a~b~c", "units//reports/~", "units/a/reports/b~c/d"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		ref, err := reporting.ParseReportName(name)
		if err != nil {
			if ref != (reporting.ReportRef{}) || len(err.Error()) > 1000 {
				t.Errorf("ParseReportName(%q) = %+v with an error of %d bytes", name, ref, len(err.Error()))
			}
			return
		}
		if again := "units/" + ref.Unit + "/reports/" + ref.Form + "~" + ref.Period; again != name {
			t.Errorf("ParseReportName(%q) = %+v, which is %q", name, ref, again)
		}
	})
}
