package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/tonghop/tonghop/client/receipt"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// shownLines is how many lines of a report the server names at most.
const shownLines = 50

// sentFile finds the rows of each report in a file, for its receipt. It keeps a few bytes for each row beside the file.
type sentFile struct {
	content []byte
	comma   rune
	header  []string
	rows    []sentRow
	// keys are the numbers of the spellings of reports, and byKey has the rows of each.
	keys  map[string]int
	byKey [][]int
}

type sentRow struct {
	line       int32
	from, to   int64
	key, loose int
}

// newSentFile reads a file whatever its separator. What the file means is decided by the server alone; here it only
// matters which rows are spelled alike.
func newSentFile(content []byte) (*sentFile, error) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	f := &sentFile{content: content, comma: separator(content), keys: map[string]int{}}
	r := f.reader(content)
	r.ReuseRecord = true
	columns := map[string]int{}
	for from := int64(0); ; from = r.InputOffset() {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return nil, err
		}
		if f.header == nil {
			for i, name := range record {
				name = strings.Clone(strings.TrimSpace(name))
				f.header = append(f.header, name)
				columns[strings.ToLower(name)] = i
			}
			continue
		}
		cell := func(column string) string {
			i, ok := columns[column]
			if !ok || i >= len(record) {
				return ""
			}
			return norm.NFC.String(strings.TrimSpace(record[i]))
		}
		unit, rest := cell("unit"), "\x00"+strings.ToLower(cell("form"))+"\x00"+cell("period")
		code, _, _ := strings.Cut(unit, "-") // of an id
		line, _ := r.FieldPos(0)
		row := sentRow{line: int32(line), from: from, to: r.InputOffset(), key: f.number(unit + rest), loose: f.number("\x00" + code + rest)} //nolint:gosec // 64 MiB have fewer lines
		f.byKey[row.key] = append(f.byKey[row.key], len(f.rows))
		if row.loose != row.key {
			f.byKey[row.loose] = append(f.byKey[row.loose], len(f.rows))
		}
		f.rows = append(f.rows, row)
	}
}

func (f *sentFile) reader(content []byte) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(content))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = f.comma, -1, true
	return r
}

// number gives each spelling a number of its own.
func (f *sentFile) number(key string) int {
	n, known := f.keys[key]
	if !known {
		n = len(f.byKey)
		f.keys[key] = n
		f.byKey = append(f.byKey, nil)
	}
	return n
}

// figures gives the rows of the report whose first lines the server has named. Beyond those it goes by the spelling.
func (f *sentFile) figures(lines []int32, numbers string) (*receipt.Figures, error) {
	keys, loose := map[int]bool{}, map[int]bool{}
	for _, line := range lines {
		i, ok := slices.BinarySearchFunc(f.rows, line, func(r sentRow, line int32) int { return int(r.line - line) })
		if ok {
			keys[f.rows[i].key], loose[f.rows[i].loose] = true, true
		}
	}
	var chosen []int
	for key := range keys {
		chosen = append(chosen, f.byKey[key]...)
	}
	slices.Sort(chosen)
	figures := &receipt.Figures{Numbers: numbers, Columns: f.header}
	for _, i := range chosen {
		row, err := f.reader(f.content[f.rows[i].from:f.rows[i].to]).Read()
		if err != nil {
			return nil, err
		}
		figures.Rows = append(figures.Rows, row)
	}
	// A unit that is spelled as a code here and as an id behind the lines that were named: which of the rows are its own
	// is not known.
	for key := range loose {
		for _, i := range f.byKey[key] {
			if len(lines) >= shownLines && !keys[f.rows[i].key] {
				figures.Partial = true
			}
		}
	}
	return figures, nil
}

// rowsOf gives the rows of a receipt for comparison.
func rowsOf(figures *receipt.Figures) rows {
	all := make(rows, len(figures.Rows))
	for i, cells := range figures.Rows {
		all[i].cell = map[string]string{}
		for k, text := range cells[:min(len(cells), len(figures.Columns))] {
			all[i].cell[strings.ToLower(strings.TrimSpace(figures.Columns[k]))] = norm.NFC.String(strings.TrimSpace(text))
		}
	}
	return all
}

// explain writes into rows that are kept what was said of their figures beside the file, so that they can be sent again as
// they were.
func explain(figures *receipt.Figures, said []*reportingv1.FigureExplanation) {
	if len(said) == 0 {
		return
	}
	at := func(name string) int {
		return slices.IndexFunc(figures.Columns, func(c string) bool { return strings.EqualFold(strings.TrimSpace(c), name) })
	}
	indicator, explanation := at("indicator"), at("explanation")
	if explanation < 0 {
		explanation = len(figures.Columns)
		figures.Columns = append(slices.Clone(figures.Columns), "explanation")
		for i := range figures.Rows {
			figures.Rows[i] = append(figures.Rows[i], "")
		}
	}
	for _, row := range figures.Rows {
		for _, one := range said {
			if len(row) > max(indicator, explanation) && strings.TrimSpace(row[explanation]) == "" &&
				strings.EqualFold(strings.TrimSpace(row[indicator]), one.GetIndicator()) {
				row[explanation] = one.GetText()
			}
		}
	}
}

// explain is the same for rows that are compared.
func (all rows) explain(said []*reportingv1.FigureExplanation) {
	for i := range all {
		for _, one := range said {
			if all[i].cell["explanation"] == "" && strings.EqualFold(all[i].cell["indicator"], one.GetIndicator()) {
				all[i].cell["explanation"] = one.GetText()
			}
		}
	}
}
