package workbook

import (
	"slices"
	"strconv"
	"strings"
)

// kind is what a cell holds.
type kind uint8

const (
	empty kind = iota
	text
	number
	// boolean is TRUE or FALSE, failure an error such as #REF!.
	boolean
	failure
)

// look is how a number is shown, as far as that changes what it says.
type look uint8

const (
	plain look = iota
	percent
	date
	// zeroAsDash shows 0 as "-", as the formats of accountants do.
	zeroAsDash
)

// cell is one cell of a sheet.
type cell struct {
	// column is counted from 1.
	column int
	kind   kind
	look   look
	// formula says that the content is the result of one.
	formula bool
	// width is how many digits the format fills up with zeros, as "00000" does.
	width int
	// content is the text, or the number as it stands in the file.
	content string
}

// line is one row that has cells, in the order of their columns.
type line struct {
	// number is counted from 1.
	number int
	hidden bool
	cells  []cell
}

// at gives the cell of a column; one that is not there is empty.
func (l *line) at(column int) cell {
	i, ok := slices.BinarySearchFunc(l.cells, column, func(c cell, column int) int { return c.column - column })
	if !ok {
		return cell{column: column}
	}
	return l.cells[i]
}

// area is a rectangle of cells, merged into one.
type area struct{ top, left, bottom, right int }

// sheet is one table of a workbook.
type sheet struct {
	name   string
	hidden bool
	lines  []line
	merged []area
}

// find gives the place of a row among the lines, or where it would stand.
func (s *sheet) find(row int) (int, bool) {
	return slices.BinarySearchFunc(s.lines, row, func(l line, row int) int { return l.number - row })
}

// shown gives what a person sees in a cell that names something. Where the format fills up with zeros they are part of it.
func (c cell) shown() string {
	s := tidy(c.content)
	if c.kind == number && c.width > len(s) && strings.Trim(s, "0123456789") == "" {
		return strings.Repeat("0", c.width-len(s)) + s
	}
	return s
}

// ColumnName gives the letters of a column, from 1: 28 is AB.
func ColumnName(column int) string {
	var letters []byte
	for ; column > 0; column = (column - 1) / 26 {
		letters = append(letters, byte('A'+(column-1)%26))
	}
	slices.Reverse(letters)
	return string(letters)
}

// CellName gives the name of a cell, as "F12".
func CellName(column, row int) string { return ColumnName(column) + strconv.Itoa(row) }

// parseCell reads the name of a cell; dollar signs are of no account.
func parseCell(name string) (column, row int, ok bool) {
	i := 0
	for ; i < len(name); i++ {
		c := name[i]
		if c == '$' {
			continue
		}
		if c < 'A' || c > 'Z' {
			break
		}
		if column = column*26 + int(c-'A') + 1; column > lastColumn {
			return 0, 0, false
		}
	}
	for ; i < len(name); i++ {
		c := name[i]
		if c == '$' && row == 0 {
			continue
		}
		if c < '0' || c > '9' {
			return 0, 0, false
		}
		if row = row*10 + int(c-'0'); row > lastRow {
			return 0, 0, false
		}
	}
	return column, row, column > 0 && row > 0
}

// parseArea reads "B3:B9", or the name of one cell.
func parseArea(ref string) (area, bool) {
	from, to, two := strings.Cut(ref, ":")
	if !two {
		to = from
	}
	left, top, ok := parseCell(from)
	right, bottom, ok2 := parseCell(to)
	return area{top: top, left: left, bottom: bottom, right: right}, ok && ok2 && left <= right && top <= bottom
}
