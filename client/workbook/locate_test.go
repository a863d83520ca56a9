package workbook_test

import (
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/tonghop/tonghop/client/workbook"
)

// TestProblemsOfTheServerFindTheirCells looks up lines of the CSV file, of which notes may fill several.
func TestProblemsOfTheServerFindTheirCells(t *testing.T) {
	content := edited(func(f *excelize.File) { put(f, "CDS", "H13", "một\nhai\nba", "F16", 200) })(t)
	book, err := workbook.Open(content)
	if err != nil {
		t.Fatal(err)
	}
	f, err := book.Figures(workbook.Reading{Catalogue: catalogue})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.CSV(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		line               int
		field, want, value string
	}{
		{1, "value", "", ""}, // the header
		{2, "value", "CDS!F13", "120"},
		{3, "value", "CDS!F13", "120"},
		{4, "note", "CDS!H13", "một\nhai\nba"},
		{5, "numerator", "CDS!F15", "90"},
		{5, "denominator", "CDS!F16", "200"},
		{5, "indicator", "CDS!J14", "CQ-06"},
		{5, "unit", "CDS!C6", "29869-0"},
		{6, "etag", "CDS!F17", "60.82"},
		{7, "explanation", "CDS!I18", ""},
		{8, "value", "", ""},
		{-1, "value", "", ""},
	} {
		p := f.Locate(c.line, c.field, "X", "says")
		if p.Place() != c.want || p.Value != c.value || p.Say("vi") != "says" {
			t.Errorf("line %d, %s: %s %q, want %s %q", c.line, c.field, p.Place(), p.Value, c.want, c.value)
		}
	}
}
