package tabular_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/tabular"
)

// formulas are 120 and more cells that a spreadsheet would run, or has run in some version: each beginning with each body.
func formulas() (cells []string) {
	for _, begin := range []string{"", " ", "\n", "\x00", "\ufeff", "\u00a0", "\u200b", "\x00 ", "\u202e"} {
		for _, body := range []string{
			"=1+1", "+1+1", "-1+1", "@SUM(A1:A9)", "=HYPERLINK(\"http://example.org\",\"x\")", "=cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "-cmd|' /C calc'!A0",
			"=IMPORTXML(\"http://example.org\",\"//a\")", "=WEBSERVICE(\"http://example.org\")", "＝1+1", "＋1+1", "－1+1", "＠SUM(1)", "=\t1", "\t=1", "\r=1",
		} {
			cells = append(cells, begin+body)
		}
	}
	return cells
}

// TestFormulasLeaveTheServerAsText writes the cells as an export does and reads them as a spreadsheet would: each begins
// with an apostrophe, nothing else is changed, and numbers are as they were.
func TestFormulasLeaveTheServerAsText(t *testing.T) {
	cells := formulas()
	if len(cells) < 120 {
		t.Fatalf("there are %d cells, want 120", len(cells))
	}
	var numbers []string
	for n := range 1000 {
		numbers = append(numbers, fmt.Sprint(n-500), fmt.Sprintf("-%d.%02d", n, n%100), fmt.Sprintf("%d,5", n))
	}
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	for _, cell := range append(cells, numbers...) {
		if err := w.Write([]string{tabular.Cell(cell), "x"}); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	rows, err := csv.NewReader(&file).ReadAll()
	if err != nil || len(rows) != len(cells)+len(numbers) {
		t.Fatalf("%d rows came back, %v, want %d", len(rows), err, len(cells)+len(numbers))
	}
	for i, cell := range cells {
		// A reader of CSV makes one line end of two letters.
		if want := "'" + cell; strings.ReplaceAll(rows[i][0], "\r", "") != strings.ReplaceAll(want, "\r", "") {
			t.Errorf("%q leaves as %q, want %q", cell, rows[i][0], want)
		}
	}
	for i, number := range numbers {
		if got := rows[len(cells)+i][0]; got != number {
			t.Errorf("the number %s leaves as %q", number, got)
		}
	}
}
