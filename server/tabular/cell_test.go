package tabular_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"testing"

	"github.com/tonghop/tonghop/server/tabular"
)

func TestCellsAreNoFormulasAndNumbersStayNumbers(t *testing.T) {
	for s, want := range map[string]string{
		"":                   "",
		"Xã Mỹ An":           "Xã Mỹ An",
		"=HYPERLINK(\"x\")":  "'=HYPERLINK(\"x\")",
		"+84 277":            "'+84 277",
		"-cmd|' /C calc'!A0": "'-cmd|' /C calc'!A0",
		"@SUM(A1)":           "'@SUM(A1)",
		"\t=1":               "'\t=1",
		"\r=1":               "'\r=1",
		" =1":                "' =1",
		"\u00a0\ufeff@x":     "'\u00a0\ufeff@x",
		"＝1":                 "'＝1",
		"-12.5":              "-12.5",
		"-12,5":              "-12,5",
		"1234":               "1234",
		"-":                  "-",
		"--1":                "'--1",
		"-1-1":               "'-1-1",
		"-1.2.3":             "'-1.2.3",
		"-.5":                "'-.5",
		"698/KH-UBND":        "698/KH-UBND",
	} {
		if got := tabular.Cell(s); got != want {
			t.Errorf("Cell(%q) = %q, want %q", s, got, want)
		}
	}
}

func ExampleCell() {
	w := csv.NewWriter(os.Stdout)
	if err := w.Write([]string{tabular.Cell("Xã Mỹ An"), tabular.Cell("=1+1"), tabular.Cell("-3")}); err != nil {
		fmt.Println(err)
	}
	w.Flush()
	// Output: Xã Mỹ An,'=1+1,-3
}
