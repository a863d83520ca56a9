package aggregator

import (
	"math/bits"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// A step is the shortest way from a changed figure to the cells above: what the unit contributes changes by what can be
// told from the two figures alone, or, where the latest counts, from the figures around them. It is taken for what is
// summed over units and comes from one form; everything else is contributed before and after. A test holds both equal.

// byStep says whether the cells of a span change by steps.
func (s *shift) byStep(i *indicatorIndex) bool {
	return !s.turns() && (i.sums || i.latest) && len(i.carriers) == 1 && i.carriers[0] == s.f.ordinal && !i.uneven
}

// owes gives the base periods of the year that the unit owes of an indicator.
func (s *shift) owes(i *indicatorIndex) uint16 {
	if s.owing == nil || s.profile != i.profile {
		s.owing, s.profile = s.t.owing(s.x, s.f, i, s.base.Year), i.profile
		s.owed = s.owing.mask(s.unit)
	}
	return s.owed
}

// planStep adds the cell of an indicator that changes by a step, in a span that contains the base period.
func (s *shift) planStep(c *changedFigure, p cellPlan) error {
	place := int(s.base.Index) - 1
	owed := s.owes(c.i) & (uint16(1)<<p.to - uint16(1)<<p.from)
	at := c.i.in(s.f, p.span)
	if owed&(1<<place) == 0 || at < 0 {
		return nil
	}
	ratio := c.i.versions[at].UnitRule == indicator.UnitRatio
	home := home{form: s.f, day: s.owing.days[bits.Len16(owed)-1]}
	if c.i.sums {
		if by, ok := c.lean(ratio, s.before.isLate(), s.after.isLate()); ok {
			s.addLean(c.i, reported, p.basis, p.span, home, by)
			return nil
		}
		s.wide = true
	}
	var step rollup.Step
	count(&step, c.was, s.before, -1)
	count(&step, c.now, s.after, 1)
	if c.i.sums {
		amounts(&step, c.was, ratio, -1)
		amounts(&step, c.now, ratio, 1)
	} else if err := s.latest(&step, c, p, owed); err != nil {
		return err
	}
	switch by, lean := step.Lean(); {
	case step.IsZero():
	case lean:
		s.addLean(c.i, reported, p.basis, p.span, home, by)
	default:
		s.addStep(c.i, reported, p.basis, p.span, home, step)
	}
	return nil
}

// addStep adds a delta that is a step.
func (s *differences) addStep(i *indicatorIndex, sl slot, b rollup.Basis, span period.Period, at home, step rollup.Step) {
	s.deltas = append(s.deltas, delta{
		i: i, slot: sl, basis: b, span: span, at: int32(len(s.steps)), step: true, home: at, //nolint:gosec // thousands
	})
	s.steps = append(s.steps, step)
}

// count counts the obligation of a figure, so many times.
func count(s *rollup.Step, g *given, v *view, times int32) {
	if g == nil {
		return
	}
	switch g.state() {
	case figure.NotAvailable:
		s.NotAvailable += times
	case figure.NotApplicable:
		s.NotApplicable += times
	case figure.Value:
		s.Received += times
		if v.late {
			s.Late += times
		}
	case figure.Absent:
	}
}

// amounts adds the amounts of a figure that is summed over time, so many times.
func amounts(s *rollup.Step, g *given, ratio bool, times int32) {
	if g == nil || g.state() != figure.Value {
		return
	}
	both := g.flags&hasNumerator != 0 && g.flags&hasDenominator != 0
	switch {
	case ratio && !both:
		s.Half += times
	case ratio:
		s.Numerator = plus(s.Numerator, g.numerator, times)
		s.Denominator = plus(s.Denominator, g.denominator, times)
		s.Count += times
	case g.flags&hasValue != 0:
		s.Sum = plus(s.Sum, g.value, times)
		s.Count += times
	}
}

// plus adds an amount, or with -1 takes it away.
func plus(sum figure.Int128, n figure.Number, times int32) figure.Int128 {
	if times < 0 {
		sum, _ = sum.Sub(n.Wide())
	} else {
		sum, _ = sum.Add(n.Wide())
	}
	return sum
}

// latest adds what the unit's latest figure in the span was, and what it is now. A later base period that has a value
// decides on both sides; an earlier one where the figure that changes has none.
func (s *shift) latest(step *rollup.Step, c *changedFigure, p cellPlan, owed uint16) error {
	place := int(s.base.Index) - 1
	before, after := c.was.amount(), c.now.amount()
	_, ok, err := s.valueIn(c.i, p.basis, owed&^(uint16(2)<<place-1))
	if ok || err != nil {
		return err
	}
	if before == nil || after == nil {
		earlier, found, err := s.valueIn(c.i, p.basis, owed&(uint16(1)<<place-1))
		if err != nil {
			return err
		}
		if found && before == nil {
			s.counts(step, p, earlier.place, earlier.value, -1)
		}
		if found && after == nil {
			s.counts(step, p, earlier.place, earlier.value, 1)
		}
	}
	if before != nil {
		s.counts(step, p, place, *before, -1)
	}
	if after != nil {
		s.counts(step, p, place, *after, 1)
	}
	return nil
}

// amount gives the value of a figure that has one; nil otherwise.
func (g *given) amount() *figure.Number {
	if g == nil || g.state() != figure.Value || g.flags&hasValue == 0 {
		return nil
	}
	return &g.value
}

// counts adds a unit whose latest value stands at a place, so many times.
func (s *shift) counts(step *rollup.Step, p cellPlan, place int, value figure.Number, times int32) {
	step.Sum = plus(step.Sum, value, times)
	step.Count += times
	step.Lags((p.to-1-place)*s.f.frequency.Months(), int64(times))
}

// placed is a value and its place in the year.
type placed struct {
	place int
	value figure.Number
}

// valueIn gives the latest value among base periods of the year; false if none of them has one. The one that changes may
// not be among them.
func (s *shift) valueIn(i *indicatorIndex, b rollup.Basis, places uint16) (placed, bool, error) {
	for places != 0 {
		place := bits.Len16(places) - 1
		places &^= 1 << place
		v, err := s.t.view(s.year, place)
		if err != nil {
			return placed{}, false, err
		}
		list, ok := v.in(b)
		if !ok {
			continue
		}
		if value := find(list, i.number).amount(); value != nil {
			return placed{place: place, value: *value}, true, nil
		}
	}
	return placed{}, false, nil
}
