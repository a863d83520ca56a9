package workbook

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// sheetWalker reads the cells of one sheet.
type sheetWalker struct {
	r     *xlsxReader
	sheet *sheet
	row   line
	// next is the column of a cell that does not name its own.
	next int

	cell    cell
	typ     string
	style   int
	value   []byte
	has     bool
	taking  bool
	inCell  bool
	skipped int // inside readings of other scripts
}

func (r *xlsxReader) sheet(s *sheet) walker { return &sheetWalker{r: r, sheet: s} }

func (w *sheetWalker) start(name string, attr []xml.Attr) error {
	switch name {
	case "row":
		return w.startRow(attr)
	case "c":
		return w.startCell(attr)
	case "f":
		w.cell.formula = w.inCell
	case "v":
		w.taking, w.has = w.inCell, w.inCell
	case "t":
		w.taking = w.inCell && w.skipped == 0
		w.has = w.has || w.taking
	case "rPh":
		w.skipped++
	case "mergeCell":
		if len(w.sheet.merged) >= maxMerged {
			return errLimit
		}
		if a, ok := parseArea(attribute(attr, "ref")); ok && a.right < lastColumn && a.bottom < lastRow {
			w.sheet.merged = append(w.sheet.merged, a)
		}
	}
	return nil
}

func (w *sheetWalker) startRow(attr []xml.Attr) error {
	number := 1
	if n := len(w.sheet.lines); n > 0 {
		number = w.sheet.lines[n-1].number + 1
	}
	if w.row.number >= number {
		number = w.row.number + 1
	}
	if r := attribute(attr, "r"); r != "" {
		n, err := strconv.Atoi(r)
		// Rows ascend in every sheet that a spreadsheet wrote; one out of order would hide another.
		if err != nil || n < number || n > lastRow {
			return strconv.ErrRange
		}
		number = n
	}
	w.r.book.spread += number - w.row.number
	w.row = line{number: number, hidden: isTrue(attribute(attr, "hidden"))}
	w.next = 1
	return nil
}

func isTrue(s string) bool { return s == "1" || s == "true" }

func (w *sheetWalker) startCell(attr []xml.Attr) error {
	column := w.next
	w.typ, w.style = "", 0
	for i := range attr {
		switch attr[i].Name.Local {
		case "r":
			c, row, ok := parseCell(attr[i].Value)
			if !ok || row != w.row.number || c < w.next {
				return strconv.ErrRange
			}
			column = c
		case "t":
			w.typ = attr[i].Value
		case "s":
			w.style, _ = strconv.Atoi(attr[i].Value)
		}
	}
	if column > lastColumn {
		return strconv.ErrRange
	}
	w.cell, w.next = cell{column: column}, column+1
	w.value, w.has, w.taking, w.inCell = w.value[:0], false, false, true
	return nil
}

func (w *sheetWalker) text(b []byte) {
	if w.taking && len(w.value) <= maxCell {
		w.value = append(w.value, b[:min(len(b), maxCell+1-len(w.value))]...)
	}
}

func (w *sheetWalker) end(name string) error {
	switch name {
	case "v", "t":
		w.taking = false
	case "rPh":
		w.skipped--
	case "c":
		if w.inCell {
			w.inCell = false
			return w.endCell()
		}
	case "row":
		w.r.book.spread += w.next - 1
		if len(w.row.cells) == 0 {
			return nil
		}
		if w.r.rows++; w.r.rows > maxRows {
			return errLimit
		}
		w.sheet.lines = append(w.sheet.lines, w.row)
	}
	return nil
}

// endCell keeps a cell that holds something, and one whose formula has no result, for that must be told.
func (w *sheetWalker) endCell() error {
	if !w.has && !w.cell.formula {
		return nil
	}
	w.cell.content = string(w.value)
	if err := w.read(); err != nil {
		return err
	}
	if w.cell.content == "" {
		w.cell.kind = empty
	}
	if w.cell.kind == empty && !w.cell.formula {
		return nil
	}
	if w.r.cells++; w.r.cells > maxCells {
		return errLimit
	}
	w.row.cells = append(w.row.cells, w.cell)
	return nil
}

// read finds out what the content of a cell is.
func (w *sheetWalker) read() error {
	switch w.typ {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(w.cell.content))
		if err != nil || i < 0 || i >= len(w.r.strings) {
			return strconv.ErrRange
		}
		w.cell.kind, w.cell.content = text, w.r.strings[i]
	case "inlineStr", "str":
		w.cell.kind, w.cell.content = text, unescape(w.cell.content)
	case "b":
		w.cell.kind = boolean
	case "e":
		w.cell.kind = failure
	case "d":
		w.cell.kind, w.cell.look = number, date
	default:
		w.cell.kind = number
		if w.style >= 0 && w.style < len(w.r.formats) {
			w.cell.look, w.cell.width = w.r.formats[w.style].look, w.r.formats[w.style].width
		}
	}
	return nil
}
