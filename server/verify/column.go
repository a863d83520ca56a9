package verify

import (
	"cmp"
	"slices"

	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// columnKey names the roll-ups that one pass over all units makes.
type columnKey struct {
	code        indicator.Code // folded
	span        period.Period
	provisional bool
	measure     Measure // the one that is answered
	kind        hierarchy.Kind
	tree        period.Day
}

// column is one roll-up for every unit: of the unit itself and of all that stand below it.
type column struct {
	// asked is the last question, without a unit; key is what it comes to.
	asked  Question
	key    columnKey
	result result
	totals []total
	// self marks the units that owe something themselves.
	self []bool
	// known is false where the indicator has no version on the span's last day.
	known bool
	// even says that all forms which carry the indicator have one frequency.
	even bool

	// order are the units, each before the one above it; above is the ordinal of that, -1 for a root.
	order, above []int
	ind          indicator.Indicator
	calendar     period.Calendar
	own          total
	// lineage tells of changes of the tree in the span, nil if there are none; across is made when it is asked for.
	lineage *lineage
	across  *across
}

// Answer computes one roll-up from the reports. A roll-up of a unit or an indicator that is not there has no data.
func (m *Model) Answer(q Question) Answer {
	if q.Form != "" {
		return m.standing(q.Unit, q.Form, q.Period)
	}
	unit, ok := m.tree.Ordinal(q.Unit)
	if !ok || !q.Period.Valid() {
		return Answer{State: stateNoData}
	}
	if m.isDerived(q.Indicator) {
		return m.derivedAnswer(q, unit)
	}
	c := m.column(q)
	if !c.known {
		return Answer{State: stateNoData}
	}
	if c.lineage != nil && c.lineage.touched[unit] {
		return c.worthAcross(m, unit).Answer
	}
	return c.result.answer(&c.totals[unit], c.self[unit])
}

// column gives the column of a question, which is the last one again as long as only the unit differs.
func (m *Model) column(q Question) *column {
	q.Unit = ""
	if m.last != nil && m.last.asked == q {
		return m.last
	}
	asked, code := q, q.Indicator.Fold()
	forms, cal, _ := m.carriers(code)
	ind, known := m.indicators.On(code, cal.Last(q.Period))
	q.same(&ind)
	key := columnKey{code, q.Period, q.Provisional, q.Measure, q.Kind, q.Tree}
	c := m.last
	if c == nil {
		c = m.newColumn()
		m.last = c
	} else if c.key == key {
		c.asked = asked
		return c
	}
	c.asked, c.key, c.ind, c.known, c.calendar, c.lineage, c.across = asked, key, ind, known && len(forms) > 0, cal, nil, nil
	if !c.known {
		return c
	}
	c.result = result{ind: &c.ind, span: q.Period, months: monthsOfYear}
	c.even = true
	for _, f := range forms {
		latest, _ := m.forms.Latest(m.forms.At(f))
		c.even = c.even && latest.Frequency.Months() == m.frequencyOf(forms[0]).Months()
		c.result.months = min(c.result.months, uint8(latest.Frequency.Months())) //nolint:gosec // 12 at most
	}
	c.compute(m, q)
	c.lineage = m.lineageOf(q, forms, cal, &c.ind)
	return c
}

func (m *Model) frequencyOf(f int) period.Kind {
	latest, _ := m.forms.Latest(m.forms.At(f))
	return latest.Frequency
}

// same turns the question into one that has the same answers for another reason, so that the column need not be made
// again: a measure that the indicator does not have is answered as AS_REPORTED, and so is the own amount of what does not
// count from the beginning of the year; and one kind alone is all kinds.
func (q *Question) same(ind *indicator.Indicator) {
	gains := ind.Value.Measure == indicator.YearToDate || ind.OwnDenominator() && ind.Denominator.Measure == indicator.YearToDate
	if !possible(ind, q.Measure) || q.Measure == Own && !gains {
		q.Measure = AsReported
	}
	if len(ind.ReportedBy) == 1 && ind.ReportedBy[0] == q.Kind {
		q.Kind = ""
	}
}

func (m *Model) newColumn() *column {
	n := m.tree.Len()
	c := &column{totals: make([]total, n), self: make([]bool, n), order: make([]int, n), above: make([]int, n)}
	depths := make([]int, n)
	for o := range n {
		c.order[o], c.above[o] = o, -1
		u := m.tree.At(o)
		// What stands above a unit is the same on all its days: only another unit, with another id, stands elsewhere.
		for up, ok := m.tree.Ordinal(u.Parent); ok && u.Parent != ""; up, ok = m.tree.Ordinal(u.Parent) {
			if depths[o] == 0 {
				c.above[o] = up
			}
			depths[o]++
			u = m.tree.At(up)
		}
	}
	slices.SortStableFunc(c.order, func(a, b int) int { return cmp.Compare(depths[b], depths[a]) })
	return c
}

// compute asks every unit and adds each to the one above it, the lowest first.
func (c *column) compute(m *Model, q Question) {
	for i := range c.totals {
		c.totals[i].clear()
		c.self[i] = false
	}
	table := m.year(c.key.code, int(q.Period.Year), q.Provisional)
	a := asking{
		m: m, ind: c.ind, measure: q.Measure, span: q.Period, asked: windowOf(q.Period), provisional: q.Provisional,
		others: m.newOthers(&c.ind, q.Provisional),
	}
	for _, o := range c.order {
		kind := m.tree.At(o).Kind
		if table.some[o] && c.ind.Adds(kind) && (q.Kind == "" || q.Kind == kind) {
			a.unit, a.year = o, &table.units[o]
			a.share(&c.own)
			c.totals[o].add(&c.own, c.ind.UnitRule)
			c.self[o] = c.own.owed > 0
		}
		if up := c.above[o]; up >= 0 {
			c.totals[up].add(&c.totals[o], c.ind.UnitRule)
		}
	}
}
