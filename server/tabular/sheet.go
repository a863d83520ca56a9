package tabular

import (
	"fmt"
	"io"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// Resolve finds the unit that a text names on a day (R1); [hierarchy.Tree.Resolve] knows how.
type Resolve func(ref string, on period.Day) (hierarchy.Unit, error)

// readSheet reads a catalogue file: read makes a value of each row and tells what is wrong with it, key names what no
// two rows may share, if there is such a thing, and finish, if there is one, looks at all rows together, those that were refused too.
func readSheet[T any](r io.Reader, list []column, read func(row, *fault.List) T, key func(T) string,
	finish func(s *Sheet[T], given []T, lines []int),
) (Sheet[T], error) {
	var s Sheet[T]
	t := open(r, list, func(r row, column string, err error) { s.Problems.add(r.rec.line, column, err) })
	var given []T
	var lines []int
	first := map[string]int{}
	for {
		r, ok := t.next()
		if !ok {
			break
		}
		var problems fault.List
		value := read(r, &problems)
		line := r.rec.line
		given, lines = append(given, value), append(lines, line)
		if key != nil {
			if earlier, repeated := first[key(value)]; repeated && problems.Len() == 0 {
				s.Problems.put(repeatedRow(earlier, line, list[0].name, r.cell(0)))
				continue
			}
			first[key(value)] = line
		}
		if err := problems.Err(); err != nil {
			s.Problems.add(line, "", err)
			continue
		}
		s.Rows, s.Lines = append(s.Rows, value), append(s.Lines, line)
	}
	s.Total = t.rows
	if t.scan.failure != nil {
		return s, t.scan.failure
	}
	if finish != nil {
		finish(&s, given, lines)
	}
	return s, nil
}

func repeatedRow(first, second int, column, code string) Problem {
	return Problem{
		Line: second, OtherLine: first, Column: column,
		Err: fault.Invalid("ROW_REPEATED", "%q stands on line %d already with the same first day; keep one of the two rows", code, first).
			With("value", code).With("line", second).With("other_line", first).In(column),
	}
}

// day reads a date; an empty cell is the open end.
func (r row) day(column int, open period.Day, problems *fault.List) period.Day {
	s := r.cell(column)
	if s == "" {
		return open
	}
	day, err := period.ParseDay(s)
	if err != nil {
		r.add(column, err, problems)
		return open
	}
	return day
}

// name gives a name as it is stored. What Clean refuses the value's own Check will refuse again, so it is not told here.
func (r row) name(column int) string {
	s := r.cell(column)
	if clean, err := text.Clean("", s, len(s)); err == nil {
		return clean
	}
	return s
}

// list gives the words of a cell that are joined by |.
func (r row) list(column int) []string {
	cell := r.cell(column)
	if cell == "" {
		return nil
	}
	words := strings.Split(cell, "|")
	for i := range words {
		words[i] = strings.TrimSpace(words[i])
	}
	return words
}

// selectors reads the words of an assignment, and those of the exceptions beside it. Bare codes are resolved on the day.
func (r row) selectors(assigned, except int, resolve Resolve, on period.Day, problems *fault.List) []hierarchy.Selector {
	id := func(ref string) (hierarchy.ID, error) {
		u, err := resolve(strings.TrimSpace(ref), on)
		return u.ID, err
	}
	list, err := hierarchy.ParseSelectors(r.cell(assigned), id)
	r.add(assigned, err, problems)
	exceptions, err := hierarchy.ParseSelectors(r.cell(except), id)
	r.add(except, err, problems)
	return append(list, hierarchy.Excepting(exceptions)...)
}

// unit reads the name of a unit; empty is none.
func (r row) unit(column int, resolve Resolve, on period.Day, problems *fault.List) hierarchy.ID {
	ref := r.cell(column)
	if ref == "" {
		return ""
	}
	u, err := resolve(ref, on)
	r.add(column, err, problems)
	return u.ID
}

// add appends an error under the name of the column.
func (r row) add(column int, err error, problems *fault.List) {
	if err != nil {
		problems.Add(fault.Of(err).In(r.table.columns[column].name))
	}
}

// keyed makes the key of a version: no two rows may have one code, without regard to case, and one first day.
func keyed(code string, from period.Day) string {
	return fmt.Sprintf("%s;%d", text.FoldCode(code), from)
}
