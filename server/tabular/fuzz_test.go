package tabular_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/tabular"
	"github.com/tonghop/tonghop/server/text"
)

// FuzzReadFigures holds three promises over any bytes: lines are told in order and exist; every good row is found again
// when rows are grouped; and where the standard library's reader finds nothing wrong with the file, we read the same
// units and notes.
func FuzzReadFigures(f *testing.F) {
	f.Add([]byte(plain), uint8(3))
	f.Add([]byte("unit;form;period;indicator;value\r\n1;a;2024;B;1,5\r\n"), uint8(1))
	f.Add([]byte("\ufeffunit\tform\tperiod\tindicator\tvalue\n\"1\"\ta\t2024-9M\tB\tx\n\"\n"), uint8(2))
	f.Add([]byte("unit,form,period,indicator,value\n1,a,2024,B,1\n1,a,2024,b,2\n1,a,2024,\"B\"C,2\n1,a,2024,D\n"), uint8(0))
	f.Add([]byte("unit,form,period,indicator,note,value\n1,a,2024,B,\"x\n\ny\",1\n"), uint8(0))
	f.Fuzz(func(t *testing.T, file []byte, format uint8) {
		numbers := figure.NumberFormat(format % 4)
		var lines []tabular.FigureLine
		problems, err := tabular.ReadFigures(bytes.NewReader(file), numbers, func(l tabular.FigureLine) { lines = append(lines, l) })
		if err != nil {
			t.Fatal(err)
		}
		last := 1 + bytes.Count(file, []byte("\n")) + bytes.Count(file, []byte("\r"))
		for i, l := range lines {
			if i > 0 && l.Line <= lines[i-1].Line || l.Line > last || l.State == figure.Absent || !utf8.ValidString(l.Note) {
				t.Fatalf("row %d is %+v", i, l)
			}
			for scale := range figure.MaxScale + 1 {
				if figure, err := l.Parse(scale); err == nil && figure.Check() != nil {
					t.Fatalf("row %+v becomes %+v: %v", l, figure, figure.Check())
				}
			}
		}
		for _, p := range problems.List {
			if p.Line < 1 || p.Line > last || p.Err == nil || p.Err.Text == "" {
				t.Fatalf("problem %+v of a file with %d lines", p, last)
			}
		}
		compareGroups(t, file, numbers, lines, problems.Count)
		if problems.Count == 0 {
			compareWithStandard(t, file, lines)
		}
	})
}

func compareGroups(t *testing.T, file []byte, format figure.NumberFormat, lines []tabular.FigureLine, problems int) {
	t.Helper()
	reports, err := tabular.GroupFigures(bytes.NewReader(file), format, func(u string, f form.Code, p period.Period) (tabular.ReportKey, error) {
		return tabular.ReportKey{Unit: hierarchy.ID(u), Form: f, Period: p}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	byLine := map[int]tabular.FigureLine{}
	repeated := 0
	told := reports.Problems.Count
	for i := range reports.Len() {
		r := reports.At(i)
		told += r.Problems.Count
		for _, p := range r.Problems.List {
			if p.OtherLine != 0 {
				repeated++
			}
		}
		for _, l := range r.Figures {
			byLine[l.Line] = l
		}
	}
	if len(byLine) != len(lines) {
		t.Fatalf("%d rows in groups, %d in a row", len(byLine), len(lines))
	}
	for _, l := range lines {
		if diff := cmp.Diff(l, byLine[l.Line]); diff != "" {
			t.Fatal(diff)
		}
	}
	if problems <= tabular.MaxProblems && told != problems+repeated {
		t.Fatalf("%d problems told of groups, %d of rows, %d rows repeated", told, problems, repeated)
	}
}

// compareWithStandard reads a file without problems with encoding/csv. The two differ on purpose about a lone CR, which
// we take for the end of a line.
func compareWithStandard(t *testing.T, file []byte, lines []tabular.FigureLine) {
	t.Helper()
	file = bytes.TrimPrefix(file, []byte("\ufeff"))
	if bytes.Contains(bytes.ReplaceAll(file, []byte("\r\n"), nil), []byte("\r")) {
		return
	}
	for _, sep := range ",;\t" {
		r := csv.NewReader(bytes.NewReader(file))
		r.Comma, r.FieldsPerRecord = sep, -1
		rows, err := r.ReadAll()
		if err != nil || len(rows) == 0 {
			continue
		}
		at := map[string]int{}
		for i, name := range rows[0] {
			at[text.NFC(strings.ToLower(strings.TrimSpace(name)))] = i
		}
		if _, found := at["unit"]; !found {
			continue // another separator, or empty rows before the header
		}
		cell := func(row []string, name string) string {
			i, found := at[name]
			if !found {
				return ""
			}
			return strings.TrimSpace(row[i])
		}
		n := 0
		for _, row := range rows[1:] {
			if strings.TrimSpace(strings.Join(row, "")) == "" {
				continue
			}
			if n >= len(lines) || cell(row, "unit") != lines[n].Unit || strings.TrimSpace(text.NFC(cell(row, "note"))) != lines[n].Note {
				t.Fatalf("row %d is %q and was read as %+v", n, row, lines)
			}
			n++
		}
		if n != len(lines) {
			t.Fatalf("%d rows were read, there are %d", len(lines), n)
		}
		return
	}
}

// FuzzCell holds that no cell that leaves the server begins a formula, and that nothing but an apostrophe is added.
func FuzzCell(f *testing.F) {
	for _, s := range []string{"=1+1", "-5", "-", "+84", "@SUM(A1)", "\t=1", " =1", "xã", "", "-1.5-2", "＝1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := tabular.Cell(s)
		if strings.TrimPrefix(got, "'") != s && got != s {
			t.Fatalf("Cell(%q) = %q", s, got)
		}
		begin := strings.TrimLeft(got, " \u00a0\ufeff")
		if begin == "" || strings.Trim(got, "-.,0123456789") == "" {
			return
		}
		if strings.ContainsAny(begin[:1], "=+-@\t\r") {
			t.Fatalf("Cell(%q) = %q", s, got)
		}
	})
}
