package aggregator

import (
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// delta is one cell that one unit's contribution to may change: what it was, and what it is now. The cell is that of
// each unit above.
type delta struct {
	i     *indicatorIndex
	slot  slot
	basis rollup.Basis
	span  period.Period
	// home is the same before and after: who owes what does not depend on what was sent.
	home          home
	before, after rollup.Total
}

// shift is a change of the figures in force of one report, at work. What the report's unit contributes is taken before
// and after the change for every cell that the change can reach, and each row above takes in the difference. Nothing
// here knows the rules of an indicator: it knows only how far a change reaches.
type shift struct {
	t    *Tx
	x    *index
	f    *formIndex
	unit int
	base period.Period

	before, after *view
	year          *year

	deltas []delta
}

// shift changes what the rest of the transaction sees of a report, and every roll-up with it.
func (t *Tx) shift(x *index, f *formIndex, unit int, base period.Period, after *view) error {
	y := t.year(f, unit, base.Year)
	place := int(base.Index) - 1
	before, err := t.view(y, place)
	if err != nil {
		return err
	}
	s := shift{t: t, x: x, f: f, unit: unit, base: base, before: before, after: after, year: y, deltas: t.memory.deltas[:0]}
	for b := range rollup.Basis(bases) {
		if err := s.plan(b); err != nil {
			return err
		}
	}
	if err := s.take(func(d *delta) *rollup.Total { return &d.before }); err != nil {
		return err
	}
	t.see(y, place, after)
	if err := s.take(func(d *delta) *rollup.Total { return &d.after }); err != nil {
		return err
	}
	t.memory.deltas = s.deltas
	return t.apply(x, unit, s.deltas)
}

// take fills one side of all deltas.
func (s *shift) take(side func(*delta) *rollup.Total) error {
	l := leaf{t: s.t, x: s.x, unit: s.unit}
	for n := range s.deltas {
		d := &s.deltas[n]
		l.basis = d.basis
		at, total, err := l.contribution(d.i, d.slot, d.span)
		if err != nil {
			return err
		}
		d.home, *side(d) = at, total
	}
	return nil
}

// plan lists the cells that the change reaches in one basis: span by span, and within a span by indicator, as rows have
// them.
func (s *shift) plan(b rollup.Basis) error {
	changed := s.changed(b)
	if len(changed) == 0 {
		return nil
	}
	reach, err := s.reachOf(b, changed)
	if err != nil {
		return err
	}
	for _, span := range reach.spans {
		for n := range changed {
			s.planCells(b, &changed[n], span, reach)
		}
	}
	for n := range changed {
		for _, user := range changed[n].i.users {
			s.planUser(b, &s.x.indicators[user], changed[n].i)
		}
	}
	return nil
}

// changedFigure is an indicator whose figure is another than before.
type changedFigure struct {
	i *indicatorIndex
	// outside says that the figure was or is not applicable, which changes where a year-to-date figure begins.
	outside bool
}

// changed lists the indicators whose figure in force is another, in the order of their numbers.
func (s *shift) changed(b rollup.Basis) []changedFigure {
	was, had := s.before.in(b)
	now, has := s.after.in(b)
	late := had && has && s.before.late != s.after.late
	if !late && had && has && s.before.numbers[b] == s.after.numbers[b] {
		return nil
	}
	var list []changedFigure
	add := func(g, h *given) {
		if g != nil && h != nil && !late && sameMeaning(g, h) {
			return
		}
		one := g
		if one == nil {
			one = h
		}
		if int(one.number) >= len(s.x.indicators) {
			return // nobody knows what it is of
		}
		list = append(list, changedFigure{i: &s.x.indicators[one.number], outside: notApplicable(g) || notApplicable(h)})
	}
	for len(was) > 0 || len(now) > 0 {
		switch {
		case len(now) == 0 || len(was) > 0 && was[0].number < now[0].number:
			add(&was[0], nil)
			was = was[1:]
		case len(was) == 0 || now[0].number < was[0].number:
			add(nil, &now[0])
			now = now[1:]
		default:
			add(&was[0], &now[0])
			was, now = was[1:], now[1:]
		}
	}
	return list
}

func sameMeaning(g, h *given) bool {
	return (g.flags^h.flags)&meaningBits == 0 && g.value == h.value && g.numerator == h.numerator && g.denominator == h.denominator
}

func notApplicable(g *given) bool { return g != nil && g.state() == figure.NotApplicable }

// apply takes the differences into the rows of the units above, the lowest first: an extreme is looked for in the rows
// below.
func (t *Tx) apply(x *index, unit int, deltas []delta) error {
	for len(deltas) > 0 {
		n := 1
		for n < len(deltas) && sameRow(&deltas[0], &deltas[n]) {
			n++
		}
		if err := t.applyRow(x, unit, deltas[:n]); err != nil {
			return err
		}
		deltas = deltas[n:]
	}
	return nil
}

func sameRow(a, b *delta) bool {
	return a.basis == b.basis && a.span == b.span && a.home == b.home && blockOf(a.i.number) == blockOf(b.i.number)
}

// applyRow takes deltas of one row into that row of each unit above.
func (t *Tx) applyRow(x *index, unit int, deltas []delta) error {
	first := &deltas[0]
	if first.home.form == nil {
		return nil
	}
	k := rowKey{
		basis: first.basis, form: first.home.form.ordinal, span: periodCode(first.span),
		block: blockOf(first.i.number), kind: x.kind[unit],
	}
	for up, ok := x.tree.Up(unit, first.home.day); ok; up, ok = x.tree.Up(up, first.home.day) {
		k.unit = uint32(up) //nolint:gosec // an ordinal
		if err := t.applyTo(x, k, deltas); err != nil {
			return err
		}
	}
	return nil
}

// applyTo takes deltas into one row.
func (t *Tx) applyTo(x *index, k rowKey, deltas []delta) error {
	var r *row
	for n := range deltas {
		d := &deltas[n]
		if d.before == d.after {
			continue
		}
		if r == nil {
			var err error
			if r, err = t.row(k, x.kinds); err != nil {
				return err
			}
			t.touch(k, r)
		}
		cell := r.cell(cellID(d.i.number, d.slot))
		lost := left(cell, &d.before, &d.after)
		cell.Subtract(d.before)
		cell.Merge(d.after)
		if lost {
			if err := t.extremes(x, k, d, cell); err != nil {
				return err
			}
		}
	}
	return nil
}
