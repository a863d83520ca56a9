package verify

import (
	"fmt"
	"strings"

	"github.com/tonghop/tonghop/server/closing"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// reasonClosing is the reason of a closing whose table is not what the reports came to.
const reasonClosing = "CLOSING_DIFFERS"

// toldDifferences is how many rows are named that differ.
const toldDifferences = 3

// closedRow names a row of a table.
type closedRow struct {
	unit      hierarchy.ID
	indicator indicator.Code // folded
	period    period.Period
}

// checkClosing holds the table of a closing against its digest, and against what the reports come to right before its entry
// (R27). The kept table stands, whatever is found.
func (m *Model) checkClosing(e entry.Entry, c entry.PeriodClosed) error {
	var rows []closing.Row
	for _, p := range c.Pieces {
		some, err := closing.Open(p.Deflated)
		if err != nil {
			return m.closingFault(e, c, err.Error())
		}
		rows = append(rows, some...)
	}
	table, err := closing.Make(append([]closing.Row(nil), rows...))
	switch {
	case err != nil:
		return m.closingFault(e, c, err.Error())
	case table.Digest != c.Digest:
		return m.closingFault(e, c, fmt.Sprintf("its digest is %x, and that of its rows %x", c.Digest, table.Digest))
	case table.Rows != c.Rows:
		return m.closingFault(e, c, fmt.Sprintf("it counts %d rows and has %d", c.Rows, table.Rows))
	}
	kept := make(map[closedRow]closing.Row, len(rows))
	for _, r := range rows {
		kept[closedRow{r.Unit, r.Indicator.Fold(), r.Period}] = r
	}
	if differences := m.tableDifferences(c, kept); len(differences) > 0 {
		n := len(differences)
		return m.closingFault(e, c, fmt.Sprintf("%d rows are not what the reports come to: %s", n,
			strings.Join(differences[:min(n, toldDifferences)], "; ")))
	}
	return nil
}

func (m *Model) closingFault(e entry.Entry, c entry.PeriodClosed, what string) error {
	return fault.DataLoss(reasonClosing, "entry %d closes %s as version %d: %s", e.Header.Sequence, c.Key, c.Version, what)
}

// tableDifferences makes every row that the table should have, and tells which are missing, are others, or should not be there.
func (m *Model) tableDifferences(c entry.PeriodClosed, kept map[closedRow]closing.Row) []string {
	latest, known := m.forms.Latest(c.Key.Form)
	if !known {
		return []string{"there is no such form"}
	}
	last := latest.Last(c.Key.Period)
	f, asked := m.forms.On(c.Key.Form, last)
	if !asked {
		return []string{"there is no such form on the last day"}
	}
	units := m.below(c.Key.Owner, last)
	var differences []string
	for _, span := range endingWith(c.Key.Period) {
		for _, code := range f.Indicators {
			differences = append(differences, m.columnDifferences(f, code, span, units, kept)...)
		}
	}
	for name := range kept {
		differences = append(differences, fmt.Sprintf("%s, %s, %s should not be there", name.unit, name.indicator, name.period))
	}
	return differences
}

// columnDifferences does it for one indicator and period, and takes what it finds out of what is kept.
func (m *Model) columnDifferences(
	f form.Form, code indicator.Code, span period.Period, units []hierarchy.ID, kept map[closedRow]closing.Row,
) []string {
	if _, _, oneCalendar := m.carriers(code); !oneCalendar {
		return nil
	}
	version, ok := m.indicators.On(code, f.Last(span))
	if !ok {
		return nil
	}
	var differences []string
	for _, unit := range units {
		q := Question{Unit: unit, Indicator: version.Code, Period: span}
		row := RowOf(q, m.Answer(q))
		name := closedRow{unit, code.Fold(), span}
		was, is := kept[name]
		delete(kept, name)
		switch {
		case is == row.Counts() && (!is || was.Same(row)):
		case !is && m.changesIn(span): // what takes too much work is refused to everybody
		default:
			differences = append(differences, fmt.Sprintf("%s: kept is %+v, the reports give %+v", q, was, row))
		}
	}
	return differences
}

// below lists the units that stand at or below one on a day.
func (m *Model) below(owner hierarchy.ID, on period.Day) []hierarchy.ID {
	var units []hierarchy.ID
	for o := range m.tree.Len() {
		u := m.tree.At(o)
		if !u.ValidOn(on) {
			continue
		}
		for up, ok := u, true; ok; up, ok = m.tree.Unit(up.Parent) {
			if up.ID == owner {
				units = append(units, u.ID)
				break
			}
		}
	}
	return units
}

// endingWith gives a base period and the longer ones that end with it.
func endingWith(base period.Period) []period.Period {
	spans := []period.Period{base}
	end := int(base.Index) * base.Kind.Months()
	for _, longer := range period.Containing(base) {
		if int(longer.Index)*longer.Kind.Months() == end && longer.Kind.Months()%base.Kind.Months() == 0 {
			spans = append(spans, longer)
		}
	}
	return spans
}

// RowOf gives an answer as a closing keeps it.
func RowOf(q Question, a Answer) closing.Row {
	return closing.Row{
		Unit: q.Unit, Period: q.Period, Indicator: q.Indicator, State: a.State, Value: a.Value, Numerator: a.Numerator,
		Denominator: a.Denominator, Last: a.Last, DenominatorFrom: a.DenominatorFrom, Fell: a.Fell,
		Coverage: closing.Coverage{
			Expected: a.Expected, Received: a.Received, NotAvailable: a.NotAvailable, Missing: a.Missing, NotApplicable: a.NotApplicable,
			Excluded: a.Excluded, Late: a.Late, Stale: a.Stale, UnitsComplete: a.UnitsComplete, Units: a.Units, Half: a.Half,
			Unweighted: a.Unweighted, Gaps: a.Gaps, Over: a.Over,
		},
	}
}
