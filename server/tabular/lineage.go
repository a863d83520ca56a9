package tabular

import (
	"io"
	"strconv"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// The columns of lineage.csv, in the order of their constants.
var lineageColumns = columns("date from to share")

const (
	lineageDate = iota
	lineageFrom
	lineageTo
	lineageShare
)

// ReadLineage reads lineage.csv. Units are ids or bare codes, as they stand in the file: which units the codes mean hangs
// on the units that come with the lineage, so [hierarchy.Tree.BindLinks] says it.
func ReadLineage(r io.Reader) (Sheet[hierarchy.Link], error) {
	row := 0
	return readSheet(r, lineageColumns, readLink,
		func(hierarchy.Link) string { row++; return strconv.Itoa(row) }, // what is repeated is told below, in words of its own
		func(s *Sheet[hierarchy.Link], given []hierarchy.Link, lines []int) {
			first := map[hierarchy.Link]int{}
			for i, l := range given {
				l.Share = 0
				if earlier, again := first[l]; again && l.From != "" {
					s.Problems.put(Problem{Line: lines[i], OtherLine: earlier, Column: "to", Err: fault.Invalid("LINEAGE_REPEATED",
						"the lineage link %s stands in the file twice, on lines %d and %d; keep one", l, earlier, lines[i]).
						With("from", l.From).With("to", l.To).With("date", l.Date).With("first", earlier).With("second", lines[i]).In("to")})
					continue
				}
				first[l] = lines[i]
			}
		})
}

func readLink(r row, problems *fault.List) hierarchy.Link {
	l := hierarchy.Link{
		Date: r.day(lineageDate, period.Beginning, problems), From: hierarchy.ID(r.cell(lineageFrom)), To: hierarchy.ID(r.cell(lineageTo)),
	}
	if r.cell(lineageDate) == "" {
		problems.Add(fault.Invalid("LINEAGE_DATE_MISSING", "the lineage link from %q to %q has no date; give the first day of the new state, such as 2025-07-01", l.From, l.To).
			With("from", l.From).With("to", l.To).In("date"))
	}
	for _, end := range []struct {
		column int
		id     hierarchy.ID
	}{{lineageFrom, l.From}, {lineageTo, l.To}} {
		if end.id == "" {
			r.add(end.column, fault.Invalid("UNIT_EMPTY", "no unit is named; give its id or its code"), problems)
		}
	}
	var err error
	l.Share, err = hierarchy.ParseShare(r.cell(lineageShare))
	r.add(lineageShare, err, problems)
	return l
}
