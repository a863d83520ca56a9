package workbook_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/tonghop/tonghop/client/workbook"
)

// annotated makes the copy with comments, and holds that each problem stands at its cell.
func annotated(t *testing.T, content []byte, numbers workbook.Numbers, partial bool) []byte {
	t.Helper()
	book, err := workbook.Open(content)
	if err != nil {
		t.Fatal(err)
	}
	f, err := book.Figures(workbook.Reading{Numbers: numbers, Partial: partial, Catalogue: catalogue})
	if err != nil {
		t.Fatal(err)
	}
	copied, err := workbook.Annotate(content, f.Problems, "vi")
	if err != nil {
		t.Fatalf("Annotate error = %v", err)
	}
	file, err := excelize.OpenReader(bytes.NewReader(copied))
	if err != nil {
		t.Fatal(err)
	}
	for i := range f.Problems {
		p := &f.Problems[i]
		sheet := p.Sheet
		if sheet == "" {
			sheet = file.GetSheetName(0)
		}
		want, cell := p.Say("vi")+" ["+p.Reason+"]", workbook.CellName(max(1, p.Column), max(1, p.Row))
		if said := commentAt(t, file, sheet, cell); !strings.Contains(said, want) {
			t.Errorf("the comment of %s!%s = %q, want %q in it", sheet, cell, said, want)
		}
	}
	return copied
}

func commentAt(t *testing.T, file *excelize.File, sheet, cell string) string {
	t.Helper()
	list, err := file.GetComments(sheet)
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	for _, c := range list {
		if c.Cell == cell {
			said += c.Text
			if c.Text == "" {
				for _, run := range c.Paragraph {
					said += run.Text
				}
			}
		}
	}
	return said
}
