package tabular

import (
	"io"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/text"
)

// column is one column of a format. Formats list theirs in the order of constants, by which rows are asked.
type column struct {
	name     string
	optional bool
}

// columns reads a list of names; a question mark behind one makes it optional.
func columns(names string) []column {
	var list []column
	for name := range strings.FieldsSeq(names) {
		plain, optional := strings.CutSuffix(name, "?")
		list = append(list, column{name: plain, optional: optional})
	}
	return list
}

// table reads rows by the names of their columns.
type table struct {
	scan    *scanner
	columns []column
	// at has for each column the place of its cell, -1 where the file does not have it.
	at []int
	// width is how many cells each row must have; unnamed lists those of them that have no column.
	width   int
	unnamed []int
	// rows counts the rows after the header, without empty ones.
	rows int
	// problem is told what is wrong with a row as such.
	problem func(row, string, error)
}

// row is one row of a table, valid until the next one is read.
type row struct {
	table *table
	rec   record
}

// cell gives the text of a column without space at the ends. It is empty where the file lacks the column or the row
// lacks the cell.
func (r row) cell(column int) string {
	at := r.table.at[column]
	if at < 0 || at >= len(r.rec.cells) {
		return ""
	}
	return strings.TrimSpace(r.rec.cells[at])
}

// open reads the header. What is wrong with it is told, and then the table has no rows.
func open(r io.Reader, list []column, problem func(row, string, error)) *table {
	t := &table{scan: newScanner(r), columns: list, at: make([]int, len(list)), problem: problem}
	for i := range t.at {
		t.at[i] = -1
	}
	if err := t.scan.begin(); err != nil {
		t.refuse(record{line: 1}, "", err)
		return t
	}
	t.scan.separate()
	rec, ok := t.header()
	switch {
	case t.scan.failure != nil:
	case !ok:
		t.refuse(record{line: 1}, "", fault.Invalid("FILE_EMPTY", "the file is empty; its first line must name the columns %s", names(list)).
			With("columns", names(list)))
	case rec.bad != nil:
		t.refuse(rec, "", rec.bad)
	default:
		t.place(rec)
	}
	return t
}

// header gives the first record that has something in it.
func (t *table) header() (record, bool) {
	for {
		rec, ok := t.scan.next()
		if !ok || rec.bad != nil || !blank(rec.cells) {
			return rec, ok
		}
	}
}

// refuse tells a problem of the file and ends it.
func (t *table) refuse(rec record, column string, err error) {
	t.problem(row{table: t, rec: rec}, column, err)
	t.scan.stop = true
}

// place finds the columns in the header.
func (t *table) place(rec record) {
	t.width = rec.count
	found := make([]string, len(rec.cells))
	for i, cell := range rec.cells {
		name := strings.ToLower(text.NFC(strings.TrimSpace(cell)))
		found[i] = name
		known := slices.IndexFunc(t.columns, func(c column) bool { return c.name == name })
		switch {
		case name == "":
			t.unnamed = append(t.unnamed, i)
		case known < 0:
			t.refuse(rec, "", fault.Invalid("COLUMN_UNKNOWN", "column %q is unknown; the file may have %s", shorten(name), names(t.columns)).
				With("column", shorten(name)).With("columns", names(t.columns)))
		case t.at[known] >= 0:
			t.refuse(rec, name, fault.Invalid("COLUMN_REPEATED", "column %s stands in the header twice; delete one", name).
				With("column", name))
		default:
			t.at[known] = i
		}
	}
	found = slices.DeleteFunc(found, func(name string) bool { return name == "" })
	for i, c := range t.columns {
		if t.at[i] < 0 && !c.optional {
			t.refuse(rec, c.name, fault.Invalid("COLUMN_MISSING",
				"column %s is missing; the header on line %d has: %s", c.name, rec.line, shorten(strings.Join(found, ", "))).
				With("column", c.name).With("found", shorten(strings.Join(found, ", "))))
		}
	}
}

// next gives the next row that has something in it. A row that cannot be taken apart is told and left out.
func (t *table) next() (row, bool) {
	for {
		rec, ok := t.scan.next()
		if !ok {
			return row{}, false
		}
		if rec.bad == nil && rec.count <= maxCells && blank(rec.cells) {
			continue
		}
		if t.rows++; t.rows > maxRows {
			t.scan.fail(tooLarge())
			return row{}, false
		}
		r := row{table: t, rec: rec}
		if err := t.check(rec); err != nil {
			t.problem(r, "", err)
			continue
		}
		return r, true
	}
}

func (t *table) check(rec record) error {
	if rec.bad != nil {
		return rec.bad
	}
	if rec.count != t.width {
		return fault.Invalid("ROW_CELLS",
			"the row has %d cells and the header %d; put a cell that holds %s in quotation marks, and leave no cell out",
			rec.count, t.width, separatorName(t.scan.sep)).
			With("cells", rec.count).With("columns", t.width).With("separator", string(t.scan.sep))
	}
	for _, at := range t.unnamed {
		if strings.TrimSpace(rec.cells[at]) != "" {
			return fault.Invalid("CELL_WITHOUT_COLUMN", "cell %d holds %q, but its column has no name in the header", at+1, shorten(rec.cells[at])).
				With("cell", at+1).With("value", shorten(rec.cells[at]))
		}
	}
	return nil
}

func blank(cells []string) bool {
	for _, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

// names lists the columns in a sentence.
func names(list []column) string {
	words := make([]string, len(list))
	for i, c := range list {
		words[i] = c.name
	}
	return strings.Join(words, ", ")
}

func separatorName(sep byte) string {
	switch sep {
	case ';':
		return "a semicolon"
	case '\t':
		return "a tab"
	}
	return "a comma"
}

// shorten keeps a foreign text from filling an answer.
func shorten(s string) string {
	const limit = 200
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
