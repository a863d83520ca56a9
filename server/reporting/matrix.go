package reporting

import (
	"slices"

	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/obligation"
	"github.com/tonghop/tonghop/server/period"
)

// matrix is one query for completeness under way. Units go by their ordinals, for a country has hundreds of thousands of
// cells.
type matrix struct {
	reach *reach
	page  *Matrix
	kind  hierarchy.Kind
	from  cursor
	size  int
	// duties are the base periods.
	duties []*duty
	// rows are all units of the answer in code order; those of the page are from first to end.
	rows       []int32
	first, end int
	// nearest is for each unit the nearest row at or above it, above for each row the next one above it; -1 for none.
	nearest, above []int32
	// kindOf is the kind of each unit, as a place in kinds.
	kindOf []uint8
	kinds  []hierarchy.Kind
	// standings are those of the cells, as far as they are the units' own.
	standings []obligation.Standing
}

func (m *matrix) run(f form.Form, bases []period.Period, byCode []int32) error {
	for _, p := range bases {
		d, err := m.reach.duty(f.Code, p)
		if err != nil {
			return err
		}
		m.duties = append(m.duties, d)
		m.page.Periods = append(m.page.Periods, MatrixPeriod{
			Period: p, Calendar: f.Calendar, First: f.Calendar.First(p), Last: f.Calendar.Last(p),
		})
	}
	m.choose(byCode)
	m.index()
	if m.drop() {
		m.index()
	}
	m.turn()
	cells := (m.end - m.first) * len(m.duties)
	m.page.States, m.standings = make([]obligation.State, cells), make([]obligation.Standing, cells)
	if m.nested() || slices.ContainsFunc(m.duties, func(d *duty) bool { return len(d.closings) > 0 }) {
		m.page.Counts = make([]obligation.Count, cells)
	}
	for n := range m.duties {
		if err := m.count(n); err != nil {
			return err
		}
	}
	for at, s := range m.standings {
		if s.Received() && s.Has(obligation.Late) {
			m.page.Late = append(m.page.Late, int32(at)) //nolint:gosec // see largestMatrix
		}
		if s.Has(obligation.Official) && !s.Has(obligation.Excluded) && s&(obligation.Waiting|obligation.Returned) != 0 {
			m.page.StillApproved = append(m.page.StillApproved, int32(at)) //nolint:gosec // as above
		}
	}
	return nil
}

// choose finds the rows.
func (m *matrix) choose(byCode []int32) {
	for _, o := range byCode {
		u := m.reach.tree.At(int(o))
		if m.stands(&u) && m.isRow(int(o), &u) {
			m.rows = append(m.rows, o)
		}
	}
	if len(m.rows) == 0 && m.kind == "" && m.reach.top >= 0 {
		m.rows = []int32{int32(m.reach.top)} //nolint:gosec // see hierarchy
	}
}

// drop takes away the rows in which nothing is owed; it says whether there were any.
func (m *matrix) drop() bool {
	used := make([]bool, len(m.rows))
	for o, row := range m.nearest {
		if row < 0 || used[row] || !m.owes(o) {
			continue
		}
		for ; row >= 0; row = m.above[row] {
			used[row] = true
		}
	}
	kept := m.rows[:0]
	for n, o := range m.rows {
		if used[n] {
			kept = append(kept, o)
		}
	}
	dropped := len(kept) < len(m.rows)
	m.rows = kept
	return dropped
}

// owes says whether a unit owes the form in any of the periods.
func (m *matrix) owes(unit int) bool {
	return slices.ContainsFunc(m.duties, func(d *duty) bool { return d.owed.Owes(unit) })
}

// stands says whether a unit stands on the last day of one of the periods.
func (m *matrix) stands(u *hierarchy.Unit) bool {
	return slices.ContainsFunc(m.page.Periods, func(p MatrixPeriod) bool { return u.ValidOn(p.Last) })
}

// isRow says whether a unit has a row. It stays under the same units for all its days, so it is the same in all periods.
func (m *matrix) isRow(o int, u *hierarchy.Unit) bool {
	r := m.reach
	switch {
	case m.kind != "" && u.Kind != m.kind:
		return false
	case r.top < 0:
		return m.kind != "" && r.reads(o, u.ValidFrom) || m.kind == "" && u.Parent == "" && r.reads(o, u.ValidFrom)
	case m.kind == "":
		return u.Parent == r.topID
	case r.under(o):
		return true
	}
	// What went over into the unit before it began stands for it (R3).
	top := r.tree.At(r.top)
	return u.ValidTo <= top.ValidFrom && r.tree.Leads(u.ID, r.topID, top.ValidFrom) && r.reads(o, u.ValidFrom)
}

// index finds for each unit the rows that it counts in.
func (m *matrix) index() {
	tree := m.reach.tree
	rowOf := make([]int32, tree.Len())
	for i := range rowOf {
		rowOf[i] = -1
	}
	for n, o := range m.rows {
		rowOf[o] = int32(n) //nolint:gosec // fewer than units
	}
	m.kindOf = make([]uint8, tree.Len())
	parents := make([]int32, tree.Len())
	for o := range parents {
		u := tree.At(o)
		parents[o] = -1
		if up, ok := tree.Ordinal(u.Parent); ok {
			parents[o] = int32(up) //nolint:gosec // see hierarchy
		}
		at := slices.Index(m.kinds, u.Kind)
		if at < 0 {
			at = len(m.kinds)
			m.kinds = append(m.kinds, u.Kind)
		}
		m.kindOf[o] = uint8(at) //nolint:gosec // kinds are few
	}
	nearest := func(o int32) int32 {
		for ; o >= 0; o = parents[o] {
			if rowOf[o] >= 0 {
				return rowOf[o]
			}
		}
		return -1
	}
	m.nearest, m.above = make([]int32, tree.Len()), make([]int32, len(m.rows))
	for o := range m.nearest {
		m.nearest[o] = nearest(int32(o)) //nolint:gosec // see hierarchy
	}
	for n, o := range m.rows {
		m.above[n] = nearest(parents[o])
	}
}

// turn finds which rows stand on the page: as many whole ones as it has room for, and one at least.
func (m *matrix) turn() {
	tree := m.reach.tree
	for m.first < len(m.rows) && unitKey(tree.At(int(m.rows[m.first]))) <= m.from.key {
		m.first++
	}
	m.end = min(len(m.rows), m.first+max(1, m.size/max(1, len(m.duties))))
	for _, o := range m.rows[m.first:m.end] {
		m.page.Units = append(m.page.Units, tree.At(int(o)))
	}
	if m.end < len(m.rows) {
		m.from.key = unitKey(tree.At(int(m.rows[m.end-1])))
		m.page.Next = m.from.token()
	}
}

// nested says whether any obligation counts in the row of another unit.
func (m *matrix) nested() bool {
	for o, row := range m.nearest {
		if row < 0 || int(m.rows[row]) == o && m.above[row] < 0 {
			continue
		}
		if m.owes(o) {
			return true
		}
	}
	return false
}

// count counts the obligations of one base period.
func (m *matrix) count(n int) error {
	d, totals := m.duties[n], &m.page.Periods[n].Totals
	views := make([]obligation.View, len(m.kinds))
	for i, kind := range m.kinds {
		views[i] = d.window(kind).view
	}
	return d.owed.Each(func(unit int) error {
		row := m.nearest[unit]
		if row < 0 {
			return nil
		}
		standing, err := d.owed.Of(unit)
		if err != nil {
			return err
		}
		if standing&obligation.Drafted != 0 && !m.reach.who.ownDrafts(m.reach.tree.At(unit).ID) {
			standing = standing.WithoutDraft()
		}
		state := views[m.kindOf[unit]].State(standing)
		if len(d.closings) > 0 && d.closedFor(m.reach.tree.At(unit).ID) {
			state = state.WhenClosed()
		}
		totals.Add(standing, state)
		for ; row >= 0; row = m.above[row] {
			if int(row) < m.first || int(row) >= m.end {
				continue
			}
			at := (int(row)-m.first)*len(m.duties) + n
			if int(m.rows[row]) == unit {
				m.page.States[at], m.standings[at] = state, standing
			}
			if m.page.Counts != nil {
				m.page.Counts[at].Add(standing, state)
			}
		}
		return nil
	})
}
