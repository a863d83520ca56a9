package workbook_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
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

// bomb is a small file that asks for much, and what is said about it.
type bomb struct {
	content []byte
	want    string
}

const (
	sheetPart = "xl/worksheets/sheet1.xml"
	sheetHead = `<worksheet><sheetData>`
	sheetEnd  = `</sheetData></worksheet>`
)

// ofSheet is a workbook with one sheet of raw XML.
func ofSheet(t testing.TB, head, s string, n int, end string) []byte {
	t.Helper()
	return archive(t, map[string]func(io.Writer){sheetPart: repeated(head, s, n, end)})
}

// ofRows is a workbook of many rows, which are no two alike, so that it does not swell.
func ofRows(t testing.TB, rows, cells int) []byte {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	return archive(t, map[string]func(io.Writer){sheetPart: func(w io.Writer) {
		_, _ = io.WriteString(w, sheetHead)
		for range rows {
			_, _ = io.WriteString(w, "<row>")
			for range cells {
				_, _ = fmt.Fprintf(w, "<c><v>%d</v></c>", r.Uint32())
			}
			_, _ = io.WriteString(w, "</row>")
		}
		_, _ = io.WriteString(w, sheetEnd)
	}})
}

func bombs(t testing.TB) map[string]bomb {
	t.Helper()
	const tooLarge, damaged = "WORKBOOK_TOO_LARGE", "WORKBOOK_DAMAGED"
	swelling := ofSheet(t, "", strings.Repeat("0", 1<<20), 15, "")
	many := map[string]func(io.Writer){}
	for i := range 300 {
		many[fmt.Sprintf("xl/media/%d", i)] = repeated("", "x", 1, "")
	}
	row := func(s string) []byte { return ofSheet(t, sheetHead, s, 1, sheetEnd) }
	sheets := map[string]func(io.Writer){"xl/workbook.xml": repeated("<workbook><sheets>", `<sheet name="S"/>`, 101, "</sheets></workbook>")}
	return map[string]bomb{
		"a part of 15 MiB in 15 KiB":                 {swelling, "16 MiB a part"},
		"the same, and the directory says 100 bytes": {understated(swelling), damaged},
		"a long file":       {append([]byte("PK\x03\x04"), make([]byte, 8<<20)...), "8 MiB"},
		"many parts":        {archive(t, many), "200 parts"},
		"many rows":         {ofRows(t, 20_001, 1), "20,000 rows"},
		"many cells":        {ofRows(t, 10_001, 20), "200,000 cells"},
		"a long row":        {ofSheet(t, sheetHead+"<row>", `<c><v>1</v></c>`, 16_385, "</row>"+sheetEnd), damaged},
		"many sheets":       {archive(t, sheets), tooLarge},
		"a column too far":  {row(`<row><c r="XFE1"><v>1</v></c></row>`), damaged},
		"a row too far":     {row(`<row r="2147483647"><c><v>1</v></c></row>`), damaged},
		"a row before all":  {row(`<row r="-1"><c><v>1</v></c></row>`), damaged},
		"a text of nowhere": {row(`<row><c t="s"><v>2147483647</v></c></row>`), damaged},
		"nested deeply":     {ofSheet(t, "", "<a>", 10_000, ""), damaged},
		"an entity":         {ofSheet(t, `<!DOCTYPE w [<!ENTITY a "aaaaaaaa">]>`+sheetHead, "<row><c><v>&a;</v></c></row>", 1, sheetEnd), damaged},
		"merged areas": {archive(t, map[string]func(io.Writer){sheetPart: func(w io.Writer) {
			_, _ = io.WriteString(w, "<worksheet><mergeCells>")
			for i := range 20_001 {
				_, _ = fmt.Fprintf(w, `<mergeCell ref="A%d:B%d"/>`, i*7919%1_000_003+1, i*7919%1_000_003+1)
			}
			_, _ = io.WriteString(w, "</mergeCells></worksheet>")
		}}), "20,000 rows"},
		"one cell far away": {row(`<row><c r="XFD1"><v>1</v></c></row>`), ""},
	}
}

// TestBombs refuses what asks for much before it takes much. What it takes is counted by the runtime, so the machine's
// speed does not matter.
func TestBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("a hundred thousand cells and more: go test without -short reads them")
	}
	for name, b := range bombs(t) {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := workbook.Open(b.content)
			runtime.ReadMemStats(&after)
			if taken := after.TotalAlloc - before.TotalAlloc; taken > 200<<20 || len(b.content) < 64<<10 && taken > 16<<20 {
				t.Errorf("Open took %d MiB for %d KiB", taken>>20, len(b.content)>>10)
			}
			if b.want == "" && err == nil {
				return
			}
			if p, ok := errors.AsType[*workbook.Problem](err); !ok || b.want == "" || !strings.Contains(p.Error(), b.want) {
				t.Errorf("Open error = %v, want %q", err, b.want)
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
	for _, s := range []string{
		`<row r="2"><c r="XFD2" t="s" s="1"><f>A1</f><v>0</v></c></row>`, `<row r="2147483647"><c><v>1E400</v></c></row>`,
		`</sheetData><mergeCells><mergeCell ref="A1:XFC1000"/></mergeCells>`,
	} {
		f.Add(small(f, s))
		f.Add([]byte(s))
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
