package client

import (
	"context"
	"iter"
	"strconv"
	"strings"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// QueryRollupColumns gives one page of roll-ups in columns, which is the way to take many.
func (c *Client) QueryRollupColumns(ctx context.Context, q *reportingv1.QueryRollupColumnsRequest) (*reportingv1.QueryRollupColumnsResponse, error) {
	return call(ctx, c, "QueryRollupColumns", c.rollups.QueryRollupColumns, q)
}

// ColumnPages gives page after page, each with some units and all their cells.
func (c *Client) ColumnPages(ctx context.Context, q *reportingv1.QueryRollupColumnsRequest) iter.Seq2[*reportingv1.QueryRollupColumnsResponse, error] {
	return pages(ctx, q, 0, c.QueryRollupColumns)
}

// ColumnUnit is a unit of a page of columns.
type ColumnUnit struct{ ID, Code, Name, Kind string }

// Cell is one cell of a page of columns.
type Cell struct {
	Unit    ColumnUnit
	Period  *reportingv1.PeriodSpan
	Columns *reportingv1.RollupColumns
	State   reportingv1.RollupState
	// Value, Numerator and Denominator are decimals, as a Rollup has them; empty where there is none.
	Value, Numerator, Denominator string
	Coverage                      *reportingv1.Coverage
	Fell                          bool
	// Crossing says how the cell goes over a change of the tree, HeldBy which unit holds what is NOT_PLACEABLE.
	Crossing reportingv1.RollupCrossing
	HeldBy   string
	// PartsDiffer says of a derived indicator that its parts do not have the same coverage.
	PartsDiffer bool
	// ClosedVersion is the last closing that holds the cell, 0 for none; DiffersFromClosed says that it is no longer what was kept.
	ClosedVersion     int32
	DiffersFromClosed bool
}

// Cells reads a page cell by cell: by indicator, unit and period. Those that are not part of the answer are passed over.
func Cells(page *reportingv1.QueryRollupColumnsResponse) iter.Seq[Cell] {
	return func(yield func(Cell) bool) {
		for i, c := range page.GetColumns() {
			seldom, counts := newSeldom(c), columnCounts(page, i)
			at := 0
			for n := range page.GetUnits().GetIds() {
				u := unitAt(page.GetUnits(), n)
				for _, p := range page.GetPeriods() {
					cell := cellAt(c, at)
					cell.Coverage = counts.at(at)
					cell.Unit, cell.Period = u, p
					seldom.put(&cell, at)
					at++
					if cell.State != reportingv1.RollupState_ROLLUP_STATE_UNSPECIFIED && !yield(cell) {
						return
					}
				}
			}
		}
	}
}

// seldom is what is said of few cells of a column, by their places in rising order; what was passed is taken away.
type seldom struct {
	exact            []*reportingv1.ExactCell
	held             []*reportingv1.HeldCell
	fell, differ     []int32
	unlike           []int32
	across, standing []int32
}

func newSeldom(c *reportingv1.RollupColumns) seldom {
	return seldom{exact: c.GetExact(), held: c.GetHeld(), fell: c.GetFell(), differ: c.GetPartsDiffer(), across: c.GetAcross(), standing: c.GetStanding(), unlike: c.GetDifferFromClosed()}
}

// put puts into a cell what is said of its place.
func (s *seldom) put(cell *Cell, at int) {
	if len(s.exact) > 0 && int(s.exact[0].GetCell()) == at {
		cell.replace(s.exact[0])
		s.exact = s.exact[1:]
	}
	if len(s.held) > 0 && int(s.held[0].GetCell()) == at {
		cell.HeldBy, s.held = s.held[0].GetUnit(), s.held[1:]
	}
	cell.Fell, cell.PartsDiffer = next(&s.fell, at), next(&s.differ, at)
	cell.DiffersFromClosed = next(&s.unlike, at)
	switch {
	case next(&s.across, at):
		cell.Crossing = reportingv1.RollupCrossing_ROLLUP_CROSSING_ACROSS
	case next(&s.standing, at):
		cell.Crossing = reportingv1.RollupCrossing_ROLLUP_CROSSING_STANDING
	}
}

// next says whether the next place is this one, and takes it away.
func next(places *[]int32, at int) bool {
	if len(*places) == 0 || int((*places)[0]) != at {
		return false
	}
	*places = (*places)[1:]
	return true
}

// unitAt reads a unit, of which there may be no more than the id.
func unitAt(list *reportingv1.ColumnUnits, n int) ColumnUnit {
	at := func(texts []string) string {
		if n < len(texts) {
			return texts[n]
		}
		return ""
	}
	u := ColumnUnit{ID: at(list.GetIds()), Code: at(list.GetCodes()), Name: at(list.GetNames()), Kind: at(list.GetKinds())}
	if len(list.GetKinds()) == 1 {
		u.Kind = list.GetKinds()[0]
	}
	return u
}

// cellAt reads the columns at a place.
func cellAt(c *reportingv1.RollupColumns, at int) Cell {
	cell := Cell{Columns: c, State: reportingv1.RollupState_ROLLUP_STATE_VALUE}
	if states := c.GetStates(); at < len(states) {
		cell.State = states[at]
	}
	if versions := c.GetClosedVersions(); at < len(versions) {
		cell.ClosedVersion = versions[at]
	}
	hasValue := cell.State == reportingv1.RollupState_ROLLUP_STATE_VALUE
	if hasValue {
		cell.Value = decimal(element(c.GetValues(), at, 0), c.GetScale())
	}
	if hasValue || cell.State == reportingv1.RollupState_ROLLUP_STATE_UNDEFINED {
		if n := c.GetNumerators(); at < len(n) {
			cell.Numerator = decimal(n[at], c.GetNumeratorScale())
		}
		if n := c.GetDenominators(); at < len(n) {
			cell.Denominator = decimal(n[at], c.GetDenominatorScale())
		}
	}
	return cell
}

// counts are those of a column, which another one may have.
type counts struct {
	*reportingv1.RollupColumns
	// each is how many cells of a unit one element of what is expected stands for.
	each int
}

func columnCounts(page *reportingv1.QueryRollupColumnsResponse, column int) counts {
	c := counts{page.GetColumns()[column], 1}
	if like := int(c.GetCountsLike()); like > 0 && like <= column {
		c.RollupColumns = page.GetColumns()[like-1]
	}
	if units, periods := len(page.GetUnits().GetIds()), len(page.GetPeriods()); periods > 1 && len(c.GetExpected()) == units {
		c.each = periods
	}
	return c
}

// at reads the counts of a cell.
func (c counts) at(at int) *reportingv1.Coverage {
	expected := element(c.GetExpected(), at/c.each, 0)
	received := element(c.GetReceived(), at, expected)
	missing := element(c.GetNotAvailable(), at, 0)
	return &reportingv1.Coverage{
		Expected: expected, Received: received, NotAvailable: missing, Missing: expected - received - missing,
		NotApplicable: element(c.GetNotApplicable(), at, 0), Excluded: element(c.GetExcluded(), at, 0),
		Late: element(c.GetLate(), at, 0), Stale: element(c.GetStale(), at, 0),
		UnitsComplete: element(c.GetUnitsComplete(), at, received), Units: element(c.GetUnits(), at, expected),
		Half: element(c.GetHalf(), at, 0), Unweighted: element(c.GetUnweighted(), at, 0), Divisor: element(c.GetDivisor(), at, 0),
	}
}

// element gives an element of a column, or what every cell has where the column is empty.
func element[T int32 | int64](column []T, at int, otherwise int64) int64 {
	if at < len(column) {
		return int64(column[at])
	}
	return otherwise
}

// replace takes the numbers that do not fit 64 bits.
func (c *Cell) replace(e *reportingv1.ExactCell) {
	for _, n := range []struct {
		into *string
		text *string
	}{{&c.Value, e.Value}, {&c.Numerator, e.Numerator}, {&c.Denominator, e.Denominator}} {
		if n.text != nil {
			*n.into = *n.text
		}
	}
}

// decimal prints an integer at a scale in the shortest form.
func decimal(n int64, scale int32) string {
	digits := strconv.FormatInt(n, 10)
	if scale <= 0 || n == 0 {
		return digits
	}
	digits, negative := strings.CutPrefix(digits, "-")
	if short := int(scale) + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	at := len(digits) - int(scale)
	text := strings.TrimRight(strings.TrimRight(digits[:at]+"."+digits[at:], "0"), ".")
	if negative {
		return "-" + text
	}
	return text
}
