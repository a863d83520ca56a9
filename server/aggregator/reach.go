package aggregator

import (
	"math/bits"
	"slices"

	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// reach is how far a change of one base period goes within its year, in one basis.
type reach struct {
	// spans are those of the year; only the ones that end after the base period are reached.
	spans []period.Period
	// before and after are the base periods of the year with a revision in force, or taken out.
	before, after uint16
}

type spansKey struct {
	year int16
	kind period.Kind
}

// spansOf gives the spans of a year that base periods of a kind tile, the base periods first, by their length.
func (m *memory) spansOf(year int16, kind period.Kind) []period.Period {
	key := spansKey{year, kind}
	if known, ok := m.spans[key]; ok {
		return known
	}
	var spans []period.Period
	for k := kind; k <= period.Year; k++ {
		if k.Months()%kind.Months() != 0 {
			continue
		}
		for n := range k.PerYear() {
			spans = append(spans, period.Of(int(year), k, n+1))
		}
	}
	m.spans[key] = spans
	return spans
}

func (s *shift) reachOf(b rollup.Basis, changed []changedFigure) (reach, error) {
	r := reach{spans: s.t.memory.spansOf(s.base.Year, s.f.frequency)}
	place := int(s.base.Index) - 1
	sums := slices.ContainsFunc(changed, func(c changedFigure) bool { return (c.i.sums || c.i.latest) && !c.i.uneven })
	if !sums {
		return r, nil
	}
	var err error
	all := uint16(1)<<s.f.frequency.PerYear() - 1
	if r.before, err = s.t.settled(s.year, all, b); err != nil {
		return r, err
	}
	word := s.year.word
	word.set(place, s.after)
	r.after = word.settled(b)
	return r, nil
}

// cellPlan is a span, and the base periods that it takes in as places in the year.
type cellPlan struct {
	basis    rollup.Basis
	span     period.Period
	from, to int
}

// planCells adds the cells of one indicator in one span.
func (s *shift) planCells(c *changedFigure, p cellPlan, r *reach) error {
	place := int(s.base.Index) - 1
	contains := p.from <= place
	short := p.span.Kind == s.f.frequency
	if contains {
		if err := s.planReported(c, p, r, short); err != nil {
			return err
		}
	}
	// What a year-to-date figure gained begins where the one before it stood; where that was not applicable it may
	// begin earlier still.
	if c.i.gains && (contains || p.from == place+1 || c.outside) {
		s.add(c.i, own, p.basis, p.span)
	}
	if c.i.sums && short && p.to > 1 && c.i.profile != s.gap && !c.steady() {
		p.from = 0
		if !s.planRemainder(c.i, since, p, r) {
			s.gap = c.i.profile
		}
	}
	return nil
}

// planReported adds the cell of what is asked AS_REPORTED, in a span that contains the base period, or is it.
func (s *shift) planReported(c *changedFigure, p cellPlan, r *reach, short bool) error {
	step := s.byStep(c.i)
	if short || !c.i.sums {
		if !step {
			s.add(c.i, reported, p.basis, p.span)
			return nil
		}
		if err := s.planStep(c, p); err != nil {
			return err
		}
	}
	if !short && (c.i.sums || step) && c.i.profile != s.open && !c.steady() && !s.planRemainder(c.i, reported, p, r) {
		s.open = c.i.profile
	}
	return nil
}

// planRemainder adds the cell of a remainder, if the unit has something in force, or is excused, for each base period that it
// owes in the form, before the change or after it. As long as it has not, it is not complete and the remainder is nothing, whatever
// it owes in other forms.
func (s *shift) planRemainder(i *indicatorIndex, sl slot, p cellPlan, r *reach) bool {
	owed := s.owes(i) & (uint16(1)<<p.to - uint16(1)<<p.from)
	if owed&^r.before != 0 && owed&^r.after != 0 {
		return false
	}
	if owed == 0 {
		return true
	}
	if len(i.carriers) > 1 {
		s.add(i, sl, p.basis, p.span)
		return true
	}
	s.addWindow(i, sl, p.basis, p.span, home{form: s.f, day: s.owing.days[bits.Len16(owed)-1]}, owed)
	return true
}

// planUser adds the cells of an indicator that leans on one that changed, as weight or denominator. One that changed
// itself, or leans on two that did, is there already.
func (s *shift) planUser(b rollup.Basis, user, changed *indicatorIndex) {
	add := func(sl slot, span period.Period) {
		if !slices.ContainsFunc(s.deltas, func(d delta) bool {
			return d.i == user && d.slot == sl && d.basis == b && d.span == span
		}) {
			s.add(user, sl, b, span)
		}
	}
	for n := range user.versions {
		v := &user.versions[n]
		for _, c := range user.carriers {
			frequency := s.x.forms[c].frequency
			if user.uneven {
				frequency = period.Month
			}
			for _, span := range rollup.Touched(*v, rollup.AsReported, frequency, changed.code, s.base) {
				add(reported, span)
			}
			if user.gains {
				for _, span := range rollup.Touched(*v, rollup.Own, frequency, changed.code, s.base) {
					add(own, span)
				}
			}
		}
	}
}
