package tabular_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/tabular"
)

func TestR6_HolidaysAreReadAsASpreadsheetSavesThem(t *testing.T) {
	s, err := tabular.ReadHolidays(strings.NewReader("\ufeffKIND;Name;Date\r\noff; Te\u0302\u0301t ;2026-02-17\r\n;;\r\nwork;\"Làm bù; ngày 2/1\";2026-01-10\r\n"))
	want := []period.Holiday{
		{Day: period.Date(2026, 2, 17), Name: "Tết", Off: true},
		{Day: period.Date(2026, 1, 10), Name: "Làm bù; ngày 2/1"},
	}
	if diff := cmp.Diff(want, s.Rows); diff != "" || err != nil || s.Problems.Count > 0 || s.Total != 2 || s.Lines[1] != 4 {
		t.Errorf("ReadHolidays = %v, %v, lines %v (-want +got):\n%s", s.Problems.List, err, s.Lines, diff)
	}
}

// FuzzReadHolidays holds over any bytes: problems lie in the file; and a list without problems names each day once, and
// written again is read as the same.
func FuzzReadHolidays(f *testing.F) {
	f.Add([]byte("date,name,kind\n2026-02-17,Tết,off\n2026-01-10,Làm bù,work\n"))
	f.Add([]byte("date;name;kind\n2026-02-17;Tết;off\n2026-02-17;Tết;work\n\"2026"))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := tabular.ReadHolidays(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		last := 1 + bytes.Count(file, []byte("\n")) + bytes.Count(file, []byte("\r"))
		for _, p := range s.Problems.List {
			if p.Line < 1 || p.Line > last || p.OtherLine >= p.Line || p.Err.Text == "" {
				t.Fatalf("problem %+v of a file with %d lines", p, last)
			}
		}
		if s.Problems.Count > 0 {
			return
		}
		if err := period.CheckHolidays(s.Rows); err != nil {
			t.Fatal(err)
		}
		var again strings.Builder
		again.WriteString("date,name,kind\n")
		for _, h := range s.Rows {
			again.WriteString(h.Day.String() + `,"` + strings.ReplaceAll(h.Name, `"`, `""`) + `",` + h.Word() + "\n")
		}
		back, err := tabular.ReadHolidays(strings.NewReader(again.String()))
		if diff := cmp.Diff(s.Rows, back.Rows); diff != "" || err != nil || back.Problems.Count > 0 {
			t.Fatalf("written again it is read otherwise: %v, %v\n%s", back.Problems.List, err, diff)
		}
	})
}
