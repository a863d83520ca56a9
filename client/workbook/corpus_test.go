package workbook_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/tonghop/tonghop/client/workbook"
)

// habit is a file as people make them, and what is to be read from it.
type habit struct {
	name string
	file func(*testing.T) []byte
	// numbers and partial are how it is read.
	numbers workbook.Numbers
	partial bool
	// rows are the rows of figures.csv: unit, form, period, indicator, value, numerator, denominator and note, without
	// empty ones at the end. problems and remarks are "place REASON".
	rows, problems, remarks []string
}

// The rows of the standard form, which standard writes.
const (
	onlineRow = 13 + iota // CQ-11, no decimals
	_                     // the quotient of CQ-06
	numeratorRow
	denominatorRow
	shareRow   // XH-01, %, two decimals
	revenueRow // KT-01, three decimals
)

var indicators = []workbook.Indicator{
	{Code: "CQ-11", Name: "Số giao dịch thanh toán trực tuyến", Group: "CQ", Unit: "giao dịch", Summed: true, Min: "0"},
	{Code: "CQ-06", Name: "Tỷ lệ hồ sơ nộp trực tuyến", Group: "CQ", Unit: "%", Scale: 2, Ratio: true, Summed: true},
	{Code: "XH-01", Name: "Tỷ lệ hộ có Internet", Group: "CQ", Unit: "%", Scale: 2},
	{Code: "KT-01", Name: "Doanh thu kinh tế số", Group: "CQ", Unit: "tỷ đồng", Scale: 3},
}

// asSent are the rows of the standard form as it is.
var asSent = []string{
	"29869-0|CDS|2024-02|CQ-11|120",
	"29869-0|CDS|2024-02|CQ-06||90|100",
	"29869-0|CDS|2024-02|XH-01|60.82",
	"29869-0|CDS|2024-02|KT-01|1.5|||sơ bộ",
}

func standardForm() workbook.Form {
	f := workbook.Form{
		Code: "CDS", Name: "Báo cáo chuyển đổi số", Period: "2024-02", FirstDay: "15/01/2024", LastDay: "14/02/2024",
		Unit: "29869-0", UnitName: "Phường 1", Above: "Thành phố Cao Lãnh",
	}
	now := []workbook.Figure{{Value: "120"}, {Numerator: "90", Denominator: "100"}, {Value: "60.82"}, {Value: "1.5", Note: "sơ bộ"}}
	for i := range indicators {
		f.Lines = append(f.Lines, workbook.Line{Indicator: indicators[i], Now: now[i]})
	}
	return f
}

// edited is the standard form after somebody has worked on it.
func edited(work func(f *excelize.File)) func(*testing.T) []byte {
	return func(t *testing.T) []byte {
		t.Helper()
		content, err := workbook.Write(standardForm())
		if err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		work(f)
		return saved(t, f)
	}
}

// made is a workbook that somebody made alone.
func made(work func(f *excelize.File)) func(*testing.T) []byte {
	return func(t *testing.T) []byte {
		t.Helper()
		f := excelize.NewFile()
		work(f)
		return saved(t, f)
	}
}

func saved(t *testing.T, f *excelize.File, options ...excelize.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b, options...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// put writes values into cells: "F13", 120, "F17", "x".
func put(f *excelize.File, sheet string, pairs ...any) {
	for i := 0; i < len(pairs); i += 2 {
		if err := f.SetCellValue(sheet, pairs[i].(string), pairs[i+1]); err != nil {
			panic(err)
		}
	}
}

// rows writes rows from A1 on; nil leaves a row out.
func rows(f *excelize.File, sheet string, list ...[]any) {
	for i, row := range list {
		for k, value := range row {
			if value != nil {
				put(f, sheet, workbook.CellName(k+1, i+1), value)
			}
		}
	}
}

// set is the standard form with other cells.
func set(pairs ...any) func(*testing.T) []byte {
	return edited(func(f *excelize.File) { put(f, "CDS", pairs...) })
}

// styled gives a cell a number format.
func styled(f *excelize.File, cell string, style *excelize.Style) {
	id, err := f.NewStyle(style)
	if err == nil {
		err = f.SetCellStyle(f.GetSheetName(0), cell, cell, id)
	}
	if err != nil {
		panic(err)
	}
}

func code(s string) *excelize.Style { return &excelize.Style{CustomNumFmt: &s} }

// rewritten changes a part of a workbook, as other programs would have written it.
func rewritten(file func(*testing.T) []byte, part, pattern, with string) func(*testing.T) []byte {
	return func(t *testing.T) []byte {
		t.Helper()
		re := regexp.MustCompile(pattern)
		found := false
		out := repacked(t, file(t), func(name string, content []byte) []byte {
			if name != part {
				return content
			}
			found = found || re.Match(content)
			return re.ReplaceAll(content, []byte(with))
		})
		if !found {
			t.Fatalf("%s has nothing like %s", part, pattern)
		}
		return out
	}
}

// repacked writes an archive again with other parts.
func repacked(t *testing.T, content []byte, change func(name string, content []byte) []byte) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		part, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		w, err := out.Create(f.Name)
		if err == nil {
			_, err = w.Write(change(f.Name, part))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func catalogue(form, _ string) ([]workbook.Indicator, error) {
	if !strings.EqualFold(form, "CDS") {
		return nil, nil
	}
	return indicators, nil
}

// read gives what a file says, as habits write it.
func read(t *testing.T, content []byte, numbers workbook.Numbers, partial bool) (rows, problems, remarks []string) {
	t.Helper()
	book, err := workbook.Open(content)
	if err != nil {
		p, ok := errors.AsType[*workbook.Problem](err)
		if !ok {
			t.Fatalf("Open error = %v, want a Problem", err)
		}
		return nil, told(t, []workbook.Problem{*p}), nil
	}
	f, err := book.Figures(workbook.Reading{Numbers: numbers, Partial: partial, Catalogue: catalogue})
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.CSV()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range figuresOf(t, out) {
		rows = append(rows, strings.TrimRight(strings.Join([]string{r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[8]}, "|"), "|"))
	}
	return rows, told(t, f.Problems), told(t, f.Remarks)
}

// told writes problems as habits do, and sees to it that both languages have words for them.
func told(t *testing.T, problems []workbook.Problem) []string {
	t.Helper()
	var list []string
	for i := range problems {
		p := &problems[i]
		for _, language := range []string{"vi", "en"} {
			if said := p.Say(language); !strings.Contains(said, p.Remedy(language)) || p.Remedy(language) == "" || strings.Contains(said, "{") {
				t.Errorf("%s says %q in %s", p.Reason, said, language)
			}
		}
		list = append(list, strings.TrimSpace(p.Place()+" "+p.Reason))
	}
	return list
}
