package closing

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Row is one official roll-up, as reported, of all kinds together, on the tree of the period's last day.
type Row struct {
	Unit      hierarchy.ID
	Period    period.Period
	Indicator indicator.Code
	// State is the word of the API; Value and the two parts are decimals as displayed, empty where there is none.
	State                         string
	Value, Numerator, Denominator string
	// Last is the base period that LAST figures are of, DenominatorFrom the period of a borrowed denominator; empty where
	// units differ or there is none.
	Last, DenominatorFrom string
	Coverage
	// Fell says that a year-to-date figure fell (R14).
	Fell bool
}

// Coverage says how far a row can be trusted (R10).
type Coverage struct {
	Expected, Received, NotAvailable, Missing          int64
	NotApplicable, Excluded, Late, Stale               int64
	UnitsComplete, Units, Half, Unweighted, Gaps, Over int64
}

// counts lists the counts in the order of the columns.
func (c *Coverage) counts() []*int64 {
	return []*int64{
		&c.Expected, &c.Received, &c.NotAvailable, &c.Missing, &c.NotApplicable, &c.Excluded, &c.Late, &c.Stale,
		&c.UnitsComplete, &c.Units, &c.Half, &c.Unweighted, &c.Gaps, &c.Over,
	}
}

// Header is the first line of the canonical text, with its end.
const Header = "unit,period,indicator,state,value,numerator,denominator,last_period,denominator_period," +
	"expected,received,not_available,missing,not_applicable,excluded,late,stale,units_complete,units,half,unweighted,gaps,divisor,fell\n"

// The states that matter here.
const (
	notAtThisPeriod = "NOT_AT_THIS_PERIOD"
	notPlaceable    = "NOT_PLACEABLE"
	notRolledUp     = "NOT_ROLLED_UP"
)

// Counts says whether the row has a place in a table: the indicator has a figure for periods of this length, and somebody
// owes it, or what was given cannot be told from the figures of other units.
func (r *Row) Counts() bool {
	switch r.State {
	case notAtThisPeriod:
		return false
	case notPlaceable:
		return true
	}
	return r.Expected != 0 || r.Received != 0 || r.NotApplicable != 0 || r.Excluded != 0
}

// plain gives the row as it is written: where nothing was rolled up there is no value of which the rest could tell.
func (r Row) plain() Row {
	if r.State == notRolledUp {
		r.Last, r.Fell = "", false
	}
	return r
}

// Same says whether two rows are written alike.
func (r Row) Same(o Row) bool { return string(r.append(nil)) == string(o.append(nil)) }

// append appends the line of the row.
func (r Row) append(b []byte) []byte {
	r = r.plain()
	for _, word := range [...]string{
		string(r.Unit), r.Period.String(), string(r.Indicator), r.State, r.Value, r.Numerator, r.Denominator, r.Last, r.DenominatorFrom,
	} {
		b = append(append(b, word...), ',')
	}
	for _, n := range r.counts() {
		b = append(strconv.AppendInt(b, *n, 10), ',')
	}
	if r.Fell {
		return append(b, "1\n"...)
	}
	return append(b, "0\n"...)
}

// words is how many columns are words; counts follow, and a last one.
const words = 9

// parseRow reads a line without its end.
func parseRow(line string) (Row, error) {
	cells := strings.Split(line, ",")
	var r Row
	counts := r.counts()
	if len(cells) != words+len(counts)+1 {
		return Row{}, damaged("a row has %d columns", len(cells))
	}
	p, err := period.Parse(cells[1])
	if err != nil {
		return Row{}, damaged("a row is of the period %q", cells[1])
	}
	r = Row{
		Unit: hierarchy.ID(cells[0]), Period: p, Indicator: indicator.Code(cells[2]), State: cells[3],
		Value: cells[4], Numerator: cells[5], Denominator: cells[6], Last: cells[7], DenominatorFrom: cells[8],
	}
	for i, n := range r.counts() {
		if *n, err = strconv.ParseInt(cells[words+i], 10, 64); err != nil {
			return Row{}, damaged("a row counts %q", cells[words+i])
		}
	}
	switch cells[len(cells)-1] {
	case "0":
	case "1":
		r.Fell = true
	default:
		return Row{}, damaged("a row ends in %q", cells[len(cells)-1])
	}
	return r, nil
}

// compare orders rows.
func compare(a, b *Row) int {
	return cmp.Or(
		cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Period.Kind, b.Period.Kind), a.Period.Compare(b.Period),
		cmp.Compare(a.Indicator.Fold(), b.Indicator.Fold()),
	)
}

// ReasonDamaged says that a kept table is not one that any version wrote.
const ReasonDamaged = "CLOSING_DAMAGED"

func damaged(format string, args ...any) *fault.Error {
	return fault.DataLoss(ReasonDamaged, "the table of a closing does not read as it was written: "+format, args...)
}
