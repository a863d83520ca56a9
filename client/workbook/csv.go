package workbook

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// IsFigures says whether a file is a figures.csv, which the server reads itself: its first row with something in it
// names unit, form, period and indicator.
func IsFigures(content []byte) bool {
	if IsWorkbook(content) {
		return false
	}
	content = bytes.TrimLeft(bytes.TrimPrefix(content, []byte("\ufeff")), ",;\t\r\n ")
	head, _, _ := bytes.Cut(content[:min(len(content), 64<<10)], []byte("\n"))
	wanted := map[string]bool{"unit": true, "form": true, "period": true, "indicator": true}
	for _, name := range strings.FieldsFunc(string(head), func(r rune) bool { return strings.ContainsRune(",;\t\r\"", r) }) {
		delete(wanted, strings.ToLower(strings.TrimSpace(name)))
	}
	return len(wanted) == 0
}

// readCSV takes a CSV export of a sheet apart. Everything in it is text, also what was a number.
func readCSV(content []byte) (*Book, *Problem) {
	if len(content) > MaxFile {
		return nil, refuse("WORKBOOK_TOO_LARGE", "limit", "8 MiB")
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	if problem := notText(content); problem != nil {
		return nil, problem
	}
	s := sheet{}
	r := csv.NewReader(bytes.NewReader(content))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = separator(content), -1, true
	cells := 0
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return &Book{sheets: []sheet{s}, csv: true}, nil
		}
		if err != nil {
			p := refuse("CSV_DAMAGED")
			if where, ok := errors.AsType[*csv.ParseError](err); ok {
				p.Row = where.StartLine
			}
			return nil, p
		}
		at, _ := r.FieldPos(0)
		l := line{number: at, cells: textCells(record)}
		if len(l.cells) == 0 {
			continue
		}
		if cells += len(l.cells); cells > maxCells || len(s.lines) >= maxRows {
			return nil, refuse("WORKBOOK_TOO_LARGE", "limit", strconv.Itoa(maxRows)+" rows, "+strconv.Itoa(maxCells)+" cells")
		}
		s.lines = append(s.lines, l)
	}
}

// textCells are the cells of a record that hold something.
func textCells(record []string) []cell {
	var cells []cell
	for i, content := range record[:min(len(record), lastColumn)] {
		if content != "" {
			cells = append(cells, cell{column: i + 1, kind: text, content: content})
		}
	}
	return cells
}

// notText refuses bytes that are no UTF-8, with the line.
func notText(content []byte) *Problem {
	p := refuse("NOT_UTF8", "encoding", "UTF-16")
	at := bytes.IndexByte(content, 0)
	if bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff")) {
		at = 0
	}
	if at < 0 {
		p = refuse("NOT_UTF8", "encoding", "Windows-1258")
		if at = invalidAt(content); at < 0 {
			return nil
		}
	}
	p.Row = 1 + bytes.Count(content[:at], []byte("\n"))
	return p
}

func invalidAt(b []byte) int {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// separator is the one of comma, semicolon and tab that stands most often outside quotation marks. A form has title
// lines of prose with commas in them, so the whole beginning counts, by lines that agree on it.
func separator(content []byte) rune {
	best, most := ',', 0
	for _, mark := range []byte{',', ';', '\t'} {
		counts := map[int]int{}
		inQuotes, n := false, 0
		for _, b := range content[:min(len(content), 64<<10)] {
			switch {
			case b == '"':
				inQuotes = !inQuotes
			case inQuotes:
			case b == mark:
				n++
			case b == '\n':
				if n > 0 {
					counts[n]++
				}
				n = 0
			}
		}
		if n > 0 {
			counts[n]++
		}
		for marks, lines := range counts {
			// A spreadsheet writes as many separators in every line.
			if lines*marks > most {
				best, most = rune(mark), lines*marks
			}
		}
	}
	return best
}
