package workbook_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/client/workbook"
)

// archive makes a workbook of raw parts; what is not given is as small as can be.
func archive(t testing.TB, parts map[string]func(io.Writer)) []byte {
	t.Helper()
	text := func(s string) func(io.Writer) { return func(w io.Writer) { _, _ = io.WriteString(w, s) } }
	all := map[string]func(io.Writer){
		"[Content_Types].xml":        text(`<Types/>`),
		"_rels/.rels":                text(`<Relationships><Relationship Id="a" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`),
		"xl/workbook.xml":            text(`<workbook xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="b"/></sheets></workbook>`),
		"xl/_rels/workbook.xml.rels": text(`<Relationships><Relationship Id="b" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`),
		"xl/worksheets/sheet1.xml":   text(`<worksheet><sheetData/></worksheet>`),
	}
	for name, write := range parts {
		all[name] = write
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, write := range all {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		write(w)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func repeated(head, s string, n int, end string) func(io.Writer) {
	return func(w io.Writer) {
		_, _ = io.WriteString(w, head)
		for range n {
			_, _ = io.WriteString(w, s)
		}
		_, _ = io.WriteString(w, end)
	}
}

// understated makes the directory promise less than a part holds.
func understated(content []byte) []byte {
	out := bytes.Clone(content)
	// The directory is at the end; its entries begin so and have the size 24 bytes further on.
	for at := 0; ; {
		i := bytes.Index(out[at:], []byte("PK\x01\x02"))
		if i < 0 {
			return out
		}
		at += i
		copy(out[at+24:], []byte{100, 0, 0, 0})
		at += 4
	}
}

// bombs are small files that ask for much.
func bombs(t testing.TB) map[string][]byte {
	t.Helper()
	const sheet = "xl/worksheets/sheet1.xml"
	head, end := `<worksheet><sheetData>`, `</sheetData></worksheet>`
	zeros := bytes.Repeat([]byte{'0'}, 1<<20)
	swelling := archive(t, map[string]func(io.Writer){sheet: func(w io.Writer) {
		for range 15 {
			_, _ = w.Write(zeros)
		}
	}})
	many := map[string]func(io.Writer){}
	for i := range 300 {
		many[fmt.Sprintf("xl/media/%d", i)] = repeated("", "x", 1, "")
	}
	wide := repeated(head, `<row><c r="XFD1"><v>1</v></c></row>`, 1, end)
	return map[string][]byte{
		"a part of 15 MiB in 15 KiB":                 swelling,
		"the same, and the directory says 100 bytes": understated(swelling),
		"many parts":        archive(t, many),
		"many rows":         archive(t, map[string]func(io.Writer){sheet: repeated(head, `<row><c><v>123456789</v></c></row>`, 20_001, end)}),
		"many cells":        archive(t, map[string]func(io.Writer){sheet: repeated(head+"<row>", `<c><v>1</v></c>`, 16_385, "</row>"+end)}),
		"many sheets":       archive(t, map[string]func(io.Writer){"xl/workbook.xml": repeated("<workbook><sheets>", `<sheet name="S"/>`, 101, "</sheets></workbook>")}),
		"a column too far":  archive(t, map[string]func(io.Writer){sheet: repeated(head, `<row><c r="XFE1"><v>1</v></c></row>`, 1, end)}),
		"a row too far":     archive(t, map[string]func(io.Writer){sheet: repeated(head, `<row r="2147483647"><c><v>1</v></c></row>`, 1, end)}),
		"a row before all":  archive(t, map[string]func(io.Writer){sheet: repeated(head, `<row r="-1"><c><v>1</v></c></row>`, 1, end)}),
		"a text of nowhere": archive(t, map[string]func(io.Writer){sheet: repeated(head, `<row><c t="s"><v>2147483647</v></c></row>`, 1, end)}),
		"nested deeply":     archive(t, map[string]func(io.Writer){sheet: repeated("", "<a>", 10_000, "")}),
		"an entity":         archive(t, map[string]func(io.Writer){sheet: repeated(`<!DOCTYPE w [<!ENTITY a "aaaaaaaa">]>`+head, "<row><c><v>&a;</v></c></row>", 1, end)}),
		"merged areas":      archive(t, map[string]func(io.Writer){sheet: repeated("<worksheet><mergeCells>", `<mergeCell ref="A1:XFC1000"/>`, 20_001, "</mergeCells></worksheet>")}),
		"one cell far away": archive(t, map[string]func(io.Writer){sheet: wide}),
		"a long file":       append([]byte("PK\x03\x04"), make([]byte, 8<<20)...),
	}
}

// TestBombs refuses what asks for much before it takes much. What it takes is counted by the runtime, so the machine's
// speed does not matter.
func TestBombs(t *testing.T) {
	for name, content := range bombs(t) {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			book, err := workbook.Open(content)
			runtime.ReadMemStats(&after)
			if taken := after.TotalAlloc - before.TotalAlloc; taken > 64<<20 {
				t.Errorf("Open took %d MiB for %d KiB", taken>>20, len(content)>>10)
			}
			if name == "one cell far away" {
				if err != nil {
					t.Fatalf("Open error = %v: a cell far away costs nothing", err)
				}
				if f, err := book.Figures(workbook.Reading{}); err != nil || len(f.Problems) != 1 {
					t.Errorf("Figures = %v, %v", f, err)
				}
				return
			}
			p, ok := errors.AsType[*workbook.Problem](err)
			if !ok || p.Reason != "WORKBOOK_TOO_LARGE" && p.Reason != "WORKBOOK_DAMAGED" {
				t.Errorf("Open error = %v, want WORKBOOK_TOO_LARGE or WORKBOOK_DAMAGED", err)
			}
		})
	}
}

// TestNoCopyOfWhatSpreads keeps the library that writes from making room for cells that are not there.
func TestNoCopyOfWhatSpreads(t *testing.T) {
	rows := func(w io.Writer) {
		_, _ = io.WriteString(w, `<worksheet><sheetData>`)
		for i := range 100 {
			_, _ = fmt.Fprintf(w, `<row r="%d"><c r="XFD%d"><v>1</v></c></row>`, i+1, i+1)
		}
		_, _ = io.WriteString(w, `</sheetData></worksheet>`)
	}
	for name, sheet := range map[string]func(io.Writer){
		"cells to the right":           rows,
		"empty cells to the right too": func(w io.Writer) { rows(&replacing{w, `"><v>1</v></c>`, `"/>`}) },
		"one row far below":            repeated(`<worksheet><sheetData>`, `<row r="1048576"><c><v>1</v></c></row>`, 1, `</sheetData></worksheet>`),
	} {
		t.Run(name, func(t *testing.T) {
			content := archive(t, map[string]func(io.Writer){"xl/worksheets/sheet1.xml": sheet})
			if _, err := workbook.Open(content); err != nil {
				t.Fatal(err)
			}
			_, err := workbook.Annotate(content, []workbook.Problem{{Sheet: "S", Row: 1, Column: 1, Reason: "CELL_EMPTY"}}, "en")
			if err == nil || !strings.Contains(err.Error(), "too wide") {
				t.Errorf("Annotate error = %v, want that it is too wide", err)
			}
		})
	}
}

// replacing writes other text in the place of some.
type replacing struct {
	w         io.Writer
	old, with string
}

func (r *replacing) Write(b []byte) (int, error) {
	_, err := io.WriteString(r.w, strings.ReplaceAll(string(b), r.old, r.with))
	return len(b), err
}

// TestLongCells refuses a note that nobody could read, and takes one of 2,000 letters.
func TestLongCells(t *testing.T) {
	for n, want := range map[int]string{2000: "", 9000: "CDS!H13 CELL_TOO_LONG"} {
		_, problems, _ := read(t, set("H13", strings.Repeat("ệ", n))(t), "", false)
		if got := strings.Join(problems, " "); got != want {
			t.Errorf("a note of %d letters: %q, want %q", n, got, want)
		}
	}
}

// FuzzOpen takes any bytes: it may refuse them, and what it takes it reads, writes as CSV and gives back with comments.
func FuzzOpen(f *testing.F) {
	small := func(t testing.TB, cells string) []byte {
		t.Helper()
		return archive(t, map[string]func(io.Writer){"xl/worksheets/sheet1.xml": repeated("<worksheet><sheetData>", cells, 1, "</sheetData></worksheet>")})
	}
	f.Add([]byte("unit;form;period;indicator;value\n82;CDS;2024-02;CQ-11;1,5\n"))
	f.Add([]byte("Mã đơn vị:;82\nMã biểu:;CDS\nKỳ báo cáo:;Quý I/2024\nSTT;Chỉ tiêu;Tử số;Mẫu số\n1;Tỷ lệ;1;x\n"))
	f.Add(small(f, `<row r="1"><c r="A1" t="inlineStr"><is><t>unit</t></is></c></row>`))
	for _, content := range bombs(f) {
		if len(content) < 4<<10 {
			f.Add(content)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, c := range [][]byte{content, small(t, string(content))} {
			book, err := workbook.Open(c)
			if err != nil {
				if _, ok := errors.AsType[*workbook.Problem](err); !ok {
					t.Fatalf("Open error = %v, want a Problem", err)
				}
				continue
			}
			figures, err := book.Figures(workbook.Reading{Numbers: workbook.Vietnamese, Catalogue: catalogue})
			if err != nil {
				t.Fatal(err)
			}
			out, err := figures.CSV()
			if err != nil {
				t.Fatal(err)
			}
			if got := len(figuresOf(t, out)); got != len(figures.Rows) {
				t.Fatalf("the CSV has %d rows, want %d", got, len(figures.Rows))
			}
			for line := range bytes.Count(out, []byte("\n")) + 2 {
				p := figures.Locate(line, "value", "X", "x")
				if row, ok := figures.RowAt(line); ok && (p.Row == 0 || p.Sheet != row.Sheet) {
					t.Fatalf("line %d is at %+v", line, p)
				}
			}
		}
	})
}
