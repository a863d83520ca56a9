package text_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/text"
)

func TestCleanStoresComposedAndTrimmed(t *testing.T) {
	got, err := text.Clean("name_vi", "\u00a0 "+norm.NFD.String("Xã Mỹ An")+"\n", 8)
	if err != nil || got != "Xã Mỹ An" {
		t.Errorf("Clean = %q, %v, want the composed name, which has exactly 8 characters", got, err)
	}
	if got, err := text.Clean("name_vi", " \t ", 8); err != nil || got != "" {
		t.Errorf("Clean of spaces = %q, %v, want nothing", got, err)
	}
}

func TestCleanRefusesWhatIsNoName(t *testing.T) {
	cases := []struct{ in, reason string }{
		{"Xã M\xfb", "TEXT_NOT_UTF8"},
		{"Xã M\ufffd", "TEXT_LOST_CHARACTER"},
		{"Xã\nMỹ An", "TEXT_CONTROL_CHARACTER"},
		{"Xã\x00", "TEXT_CONTROL_CHARACTER"},
		{"Xã\u2028Mỹ", "TEXT_CONTROL_CHARACTER"},
		{"Xã \u202eAn", "TEXT_CONTROL_CHARACTER"},
		{"Xã\u200bMỹ", "TEXT_CONTROL_CHARACTER"},
		{"\ufeffXã", "TEXT_CONTROL_CHARACTER"},
		{"Xã\u0085Mỹ", "TEXT_CONTROL_CHARACTER"},
		{"Xã Mỹ An!", "TEXT_TOO_LONG"},
	}
	for _, c := range cases {
		_, err := text.Clean("name_vi", c.in, 8)
		if got := fault.ReasonOf(err); got != c.reason {
			t.Errorf("Clean(%q) error = %v, want %s", c.in, err, c.reason)
			continue
		}
		if e := fault.Of(err); e.Field != "name_vi" || e.Kind != fault.KindInvalid || !utf8.ValidString(e.Text) {
			t.Errorf("Clean(%q) gives %+v, want Invalid at name_vi", c.in, e)
		}
	}
}

func TestR36_NotesHaveALimitAndNoPersonalNumbers(t *testing.T) {
	cases := []struct{ in, reason string }{
		{"Nộp chậm do mất điện\n\tngày 12/2", ""},
		{strings.Repeat("ạ", text.MaxNote), ""},
		{norm.NFD.String(strings.Repeat("ậ", text.MaxNote)), ""},
		{strings.Repeat("ạ", text.MaxNote+1), "TEXT_TOO_LONG"},
		{"CCCD 001099012345", "TEXT_PERSONAL_NUMBER"},
		{"001099012345 và", "TEXT_PERSONAL_NUMBER"},
		{"số 087.199.001.234", ""},
		{"123456789012 đồng", "TEXT_PERSONAL_NUMBER"},
		{"123.456.789.012 đồng", ""},
		{"12345678901", ""},
		{"mã số thuế 1400101234001", ""}, // 13 digits: a branch's tax code
		{"１２３４５６７８９０１２", "TEXT_PERSONAL_NUMBER"},
		{"\u202eghi chú", "TEXT_CONTROL_CHARACTER"},
	}
	for _, c := range cases {
		_, err := text.Note("note", c.in)
		if got := fault.ReasonOf(err); got != c.reason {
			t.Errorf("Note(%.40q) error = %v, want reason %q", c.in, err, c.reason)
		}
	}
	_, err := text.Note("note", "số CCCD 001099012345")
	if at, _ := fault.Of(err).Param("position"); at != "9" {
		t.Errorf("the number stands at position %s, want 9", at)
	}
	if strings.Contains(err.Error(), "001099012345") {
		t.Errorf("the refusal repeats the personal number: %v", err)
	}
}

func TestNoteEndsLinesOneWay(t *testing.T) {
	if got, err := text.Note("note", "một\r\nhai"); err != nil || got != "một\nhai" {
		t.Errorf("Note = %q, %v, want one newline", got, err)
	}
}

func FuzzNote(f *testing.F) {
	f.Add(" Nộp chậm\r\n")
	f.Add("001099012345")
	f.Add("\xff\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := text.Note("note", s)
		if err != nil {
			return
		}
		again, err := text.Note("note", got)
		if err != nil || again != got {
			t.Errorf("Note(%q) = %q, and once more %q, %v", s, got, again, err)
		}
		if !norm.NFC.IsNormalString(got) || utf8.RuneCountInString(got) > text.MaxNote {
			t.Errorf("Note(%q) = %q is not fit to be stored", s, got)
		}
	})
}

// TestEveryRealNameIsClean holds the rules against the names that exist.
func TestEveryRealNameIsClean(t *testing.T) {
	for _, name := range []string{"communes_2025-03.csv", "communes_2026-04.csv", "districts_2025-03.csv", "provinces_34.csv"} {
		path := filepath.Join("..", "..", "..", "shared", "data", "vn-admin-units", name)
		file, err := os.Open(path)
		if err != nil {
			t.Skipf("no real names to read: %v", err)
		}
		rows, err := csv.NewReader(file).ReadAll()
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i, row := range rows {
			for _, cell := range row {
				if got, err := text.Clean("name", cell, 200); err != nil || got != text.NFC(cell) {
					t.Errorf("%s line %d: Clean(%q) = %q, %v", name, i+1, cell, got, err)
				}
			}
		}
	}
}
