package verify

import (
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// said is one obligation of one unit for one indicator, and what the unit said. The zero value is none.
type said struct {
	// owed says that there is an obligation: the unit was assigned on the last day of the base period, and valid (R9).
	owed           bool
	excluded, late bool
	// months is how long the base period is.
	months uint8
	stated
}

// stands says whether the obligation asks for a figure: it was not taken out, and the indicator can exist there (R10).
func (s *said) stands() bool { return s.owed && !s.excluded && s.state != figure.NotApplicable }

// gave says whether there is an amount on this side, and with both also on the other one.
func (s *said) gave(side int, both bool) bool {
	return s.owed && !s.excluded && s.state == figure.Value && s.has[side] && (!both || s.has[1-side])
}

// monthsOfYear is how many places a year has. An obligation stands at the last month of its base period, for no two of
// one unit and indicator end on one day (R4), and so forms of different frequency need no different treatment.
const monthsOfYear = 12

type unitYear [monthsOfYear]said

// yearKey names what all units said about an indicator in a year, in one basis.
type yearKey struct {
	code        indicator.Code // folded
	year        int
	provisional bool
}

// yearTable holds it, by the ordinals of units.
type yearTable struct {
	units []unitYear
	// some marks the units that owe anything.
	some []bool
}

// yearsKept is how many tables are remembered: one that is asked about, and those of years before it and of another
// indicator that divides or weighs.
const yearsKept = 10

// year gives a table.
func (m *Model) year(code indicator.Code, year int, provisional bool) *yearTable {
	key := yearKey{code.Fold(), year, provisional}
	if t := m.years[key]; t != nil {
		return t
	}
	if len(m.years) >= yearsKept {
		clear(m.years)
	}
	t := &yearTable{units: make([]unitYear, m.tree.Len()), some: make([]bool, m.tree.Len())}
	forms, _, _ := m.carriers(code)
	for _, f := range forms {
		m.fill(t, key, f)
	}
	m.years[key] = t
	return t
}

// fill writes into a table what is owed and said in one form.
func (m *Model) fill(t *yearTable, key yearKey, ordinal int) {
	number := m.numbers[key.code]
	latest, _ := m.forms.Latest(m.forms.At(ordinal))
	for index := range latest.Frequency.PerYear() {
		base := period.Of(key.year, latest.Frequency, index+1)
		if !base.Valid() {
			continue
		}
		day := latest.Last(base)
		f, asked := m.forms.On(latest.Code, day)
		v, known := m.indicators.On(key.code, day)
		if !asked || !known || !f.Carries(key.code) {
			continue
		}
		month := (index+1)*base.Kind.Months() - 1
		for unit := range m.tree.Len() {
			u := m.tree.At(unit)
			s := &t.units[unit][month]
			if s.owed || !u.ValidOn(day) || !hierarchy.Selected(f.Assigned, m.tree, u, day) || !narrowedTo(v.Assigned, m.tree, u, day) {
				continue
			}
			t.some[unit] = true
			s.owed, s.months = true, uint8(base.Kind.Months())                 //nolint:gosec // 12 at most
			at := place{unit: int32(unit), form: int32(ordinal), period: base} //nolint:gosec // ordinals are small
			s.excluded = m.excluded[at]
			r := m.reports[at]
			if r == nil {
				continue
			}
			if packed, ok := r.inForce(key.provisional); ok {
				s.stated, _ = unpack(packed, number, v.UnitRule == indicator.UnitRatio)
				s.late = r.late
			}
		}
	}
}

// narrowedTo says whether an indicator's own assignment leaves a unit in: nothing narrows nothing, and exceptions alone
// only take out (R9).
func narrowedTo(assigned []hierarchy.Selector, t *hierarchy.Tree, u hierarchy.Unit, day period.Day) bool {
	narrows, described := false, false
	for _, s := range assigned {
		matches := s.Matches(t, u, day)
		if s.Except && matches {
			return false
		}
		narrows = narrows || !s.Except
		described = described || matches
	}
	return !narrows || described
}
