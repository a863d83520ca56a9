package tabular

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
)

// MaxProblems is how many problems of one file are listed; the rest are counted.
const MaxProblems = 1000

// Problem is what is wrong with one row, or with the file.
type Problem struct {
	// Line is the physical line on which the row begins, from 1; a quoted cell may run over several lines.
	Line int
	// OtherLine is a second row that takes part, such as the first of two with one key; 0 if there is none.
	OtherLine int
	// Column is the name of the column, empty if the whole row is at fault.
	Column string
	// Err says what is wrong; its Field begins with the column.
	Err *fault.Error
}

// String gives the problem in one line, for people who read no JSON.
func (p Problem) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "line %d", p.Line)
	if p.OtherLine != 0 {
		fmt.Fprintf(&b, " and line %d", p.OtherLine)
	}
	if p.Column != "" {
		b.WriteString(", " + p.Column)
	}
	return b.String() + ": " + p.Err.Text
}

// Problems are the problems of one file, in the order in which they were found. The zero value is none.
type Problems struct {
	// List has at most MaxProblems.
	List []Problem
	// Count is how many there are.
	Count int
}

// add appends what err tells about the row, one problem for each detail. The column is the first name in the path of
// the error, or the one given if the error has no path.
func (p *Problems) add(line int, column string, err error) {
	for _, q := range problemsOf(line, column, err) {
		p.put(q)
	}
}

func (p *Problems) put(q Problem) {
	p.Count++
	if len(p.List) < MaxProblems {
		p.List = append(p.List, q)
	}
}

func problemsOf(line int, column string, err error) []Problem {
	if err == nil {
		return nil
	}
	whole := fault.Of(err)
	errs := whole.Details
	if len(errs) == 0 {
		errs = []*fault.Error{whole}
	}
	list := make([]Problem, len(errs))
	for i, e := range errs {
		if column != "" && firstName(e.Field) != column {
			e = e.In(column)
		}
		list[i] = Problem{Line: line, Column: firstName(e.Field), Err: e}
	}
	return list
}

// firstName gives assigned for assigned[2].kind.
func firstName(path string) string {
	if at := strings.IndexAny(path, ".["); at >= 0 {
		return path[:at]
	}
	return path
}

// Sheet is what was read from a catalogue file.
type Sheet[T any] struct {
	// Rows are the rows that could be read, in the order of the file. They mean the whole file only without problems.
	Rows []T
	// Lines has the line of each row.
	Lines []int
	// Total counts the rows of the file, those that could not be read too.
	Total int
	// Problems tells what is wrong.
	Problems Problems
}

// Place finds the lines of an error that another room made about the rows: units[3].parent is the column parent of the
// fourth row. An error whose path holds no row is at line 0.
func (s *Sheet[T]) Place(err error) []Problem {
	var placed []Problem
	for _, p := range problemsOf(0, "", err) {
		row, rest := indexed(p.Err.Field)
		if row >= 0 && row < len(s.Lines) {
			e := *p.Err
			e.Field = rest
			p = Problem{Line: s.Lines[row], Column: firstName(rest), Err: &e}
		}
		placed = append(placed, p)
	}
	return placed
}

// indexed parts units[3].parent into 3 and parent; -1 if the path does not begin so.
func indexed(path string) (index int, rest string) {
	_, tail, ok := strings.Cut(path, "[")
	number, rest, closed := strings.Cut(tail, "]")
	n, err := strconv.Atoi(number)
	if !ok || !closed || err != nil {
		return -1, path
	}
	return n, strings.TrimPrefix(rest, ".")
}
