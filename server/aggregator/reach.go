package aggregator

import (
	"math/bits"
	"slices"

	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// reach is how far a change of one base period goes within its year, in one basis.
type reach struct {
	// spans are the base period, the longer ones that contain it, and those of the year that end after it.
	spans []period.Period
	// before and after are the base periods of the year with a revision in force.
	before, after uint16
}

// spansOf gives the spans of a year that base periods of a kind tile, the base periods first, by their length.
func spansOf(year int16, kind period.Kind) []period.Period {
	var spans []period.Period
	for k := kind; k <= period.Year; k++ {
		if k.Months()%kind.Months() != 0 {
			continue
		}
		for n := range k.PerYear() {
			spans = append(spans, period.Of(int(year), k, n+1))
		}
	}
	return spans
}

func (s *shift) reachOf(b rollup.Basis, changed []changedFigure) (*reach, error) {
	r := &reach{}
	place := int(s.base.Index) - 1
	for _, span := range spansOf(s.base.Year, s.f.frequency) {
		if _, to := s.f.window(span, false); to > place {
			r.spans = append(r.spans, span)
		}
	}
	sums := slices.ContainsFunc(changed, func(c changedFigure) bool { return c.i.sums })
	if !sums {
		return r, nil
	}
	var err error
	all := uint16(1)<<s.f.frequency.PerYear() - 1
	if r.before, err = s.t.inForce(s.year, all, b); err != nil {
		return nil, err
	}
	word := s.year.word
	word.set(place, s.after)
	r.after = word.in(b)
	return r, nil
}

// planCells adds the cells of one indicator in one span.
func (s *shift) planCells(b rollup.Basis, c *changedFigure, span period.Period, r *reach) {
	place := int(s.base.Index) - 1
	from, to := s.f.window(span, false)
	contains := from <= place
	short := span.Kind == s.f.frequency
	if contains && (!c.i.sums || short) {
		s.add(c.i, reported, b, span)
	}
	if contains && c.i.sums && !short {
		s.planRemainder(b, c.i, reported, span, from, to, r)
	}
	// What a year-to-date figure gained begins where the one before it stood; where that was not applicable it may
	// begin earlier still.
	if c.i.gains && (contains || from == place+1 || c.outside) {
		s.add(c.i, own, b, span)
	}
	if c.i.sums && short && to > 1 {
		s.planRemainder(b, c.i, since, span, 0, to, r)
	}
}

// planRemainder adds the cell of a remainder, if the unit has something in force for each base period that it owes in the
// form, before the change or after it. As long as it has not, it is not complete and the remainder is nothing, whatever
// it owes in other forms.
func (s *shift) planRemainder(b rollup.Basis, i *indicatorIndex, sl slot, span period.Period, from, to int, r *reach) {
	if s.owing == nil || s.profile != i.profile {
		s.owing, s.profile = s.t.owing(s.x, s.f, i, s.base.Year), i.profile
		s.owed = s.owing.mask(s.unit)
	}
	owed := s.owed & (uint16(1)<<to - uint16(1)<<from)
	if owed == 0 || owed&^r.before != 0 && owed&^r.after != 0 {
		return
	}
	if len(i.carriers) > 1 {
		s.add(i, sl, b, span)
		return
	}
	s.deltas = append(s.deltas, delta{
		i: i, slot: sl, basis: b, span: span, window: owed,
		home: home{form: s.f, day: s.owing.days[bits.Len16(owed)-1]},
	})
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
