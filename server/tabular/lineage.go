package tabular

import (
	"fmt"
	"io"

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
	return readSheet(r, lineageColumns, readLink,
		func(l hierarchy.Link) string { return fmt.Sprint(l.Date, " ", l.From, " ", l.To) }, nil)
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
