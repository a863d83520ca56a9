package aggregator

import (
	"errors"
	"slices"

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
	// window are the base periods of which only the remainder is asked, where it can be told by marks; else 0.
	window uint16
	// was and is are the remainder of a window before and after.
	was, is remainder
	// at is the place of the totals where there is no window, or with step that of the step.
	at   int32
	step bool
	// home is the same before and after: who owes what does not depend on what was sent.
	home home
}

// shifted are the totals of a delta.
type shifted struct{ before, after rollup.Total }

// shift is a change of the figures in force of one report, at work. What the report's unit contributes is taken before
// and after the change for every cell that the change can reach, and each row above takes in the difference. Nothing
// here knows the rules of an indicator: it knows only how far a change reaches.
type shift struct {
	differences
	f    *formIndex
	base period.Period

	before, after *view
	year          *year

	// owing and owed are what the unit owes in the year of the indicators of a profile.
	owing   *owing
	profile int
	owed    uint16
	// gap is a profile of whose base periods since the beginning of the year one is missing, before and after, in some span
	// of the basis that is planned: then one is in every later span. Or noProfile.
	gap int
	// open is a profile of whose base periods one is missing in the span that is planned, before and after. Or noProfile.
	open int
	// recording are the patterns to be recorded; wide says that a sum changes by more than what is lean, and there are none.
	recording []recording
	wide      bool
}

// differences are by how much the cells above one unit change.
type differences struct {
	t    *Tx
	x    *index
	unit int

	deltas []delta
	totals []shifted
	steps  []rollup.Step

	leans    []leanDelta
	leanRows []leanRow
	windows  []leanWindow
}

// differences gives room for those of a unit; keep gives it back.
func (t *Tx) differences(x *index, unit int) differences {
	m := t.memory
	return differences{
		t: t, x: x, unit: unit, deltas: m.deltas[:0], totals: m.totals[:0], steps: m.steps[:0],
		leans: m.leans[:0], leanRows: m.leanRows[:0], windows: m.windows[:0],
	}
}

func (s *differences) keep() {
	m := s.t.memory
	m.deltas, m.totals, m.steps = s.deltas, s.totals, s.steps
	m.leans, m.leanRows, m.windows = s.leans, s.leanRows, s.windows
}

const noProfile = -1

// shift changes what the rest of the transaction sees of a report, and every roll-up with it.
func (t *Tx) shift(x *index, f *formIndex, unit int, base period.Period, after *view) error {
	y := t.year(f, unit, base.Year)
	place := int(base.Index) - 1
	before, err := t.view(y, place)
	if err != nil {
		return err
	}
	s := shift{differences: t.differences(x, unit), f: f, base: base, before: before, after: after, year: y}
	for b := range rollup.Basis(bases) {
		if err := s.plan(b); err != nil {
			return err
		}
	}
	if err := errors.Join(s.take(false), s.takeWindows(false)); err != nil {
		return err
	}
	t.see(y, place, after)
	if err := errors.Join(s.take(true), s.takeWindows(true)); err != nil {
		return err
	}
	s.record()
	s.keep()
	return errors.Join(s.apply(), s.applyLean())
}

// add plans a cell whose totals are to be made.
func (s *differences) add(i *indicatorIndex, sl slot, b rollup.Basis, span period.Period) {
	s.deltas = append(s.deltas, delta{i: i, slot: sl, basis: b, span: span, at: int32(len(s.totals))}) //nolint:gosec // thousands
	s.totals = append(s.totals, shifted{})
}

// take fills one side of all deltas.
func (s *shift) take(after bool) error {
	l := leaf{t: s.t, x: s.x, unit: s.unit}
	for n := range s.deltas {
		d := &s.deltas[n]
		if d.step {
			continue
		}
		l.basis = d.basis
		at, total, err := l.contribution(d.i, d.slot, d.span)
		if err != nil {
			return err
		}
		if d.home = at; after {
			s.totals[d.at].after = total
		} else {
			s.totals[d.at].before = total
		}
	}
	return nil
}

// plan lists the cells that the change reaches in one basis: span by span, and within a span by indicator, as rows have
// them.
func (s *shift) plan(b rollup.Basis) error {
	if done, err := s.byPattern(b); done || err != nil {
		return err
	}
	defer s.planned()
	changed := s.changed(b)
	if len(changed) == 0 {
		return nil
	}
	s.gap = noProfile
	reach, err := s.reachOf(b, changed)
	if err != nil {
		return err
	}
	gains := slices.ContainsFunc(changed, func(c changedFigure) bool { return c.i.gains })
	if err := s.planSpans(b, changed, &reach, gains); err != nil {
		return err
	}
	for n := range changed {
		if changed[n].i.uneven {
			s.planUneven(&changed[n], b)
		}
		for _, user := range changed[n].i.users {
			s.planUser(b, &s.x.indicators[user], changed[n].i)
		}
	}
	return nil
}

// planSpans adds the cells of all spans that are reached, but of uneven indicators.
func (s *shift) planSpans(b rollup.Basis, changed []changedFigure, reach *reach, gains bool) error {
	for _, span := range reach.spans {
		from, to := s.f.window(span, false)
		if later := from >= int(s.base.Index); to < int(s.base.Index) || later && !gains && (span.Kind != s.f.frequency || s.gapIn(changed)) {
			continue
		}
		s.open = noProfile
		for n := range changed {
			if changed[n].i.uneven {
				continue
			}
			if err := s.planCells(&changed[n], cellPlan{basis: b, span: span, from: from, to: to}, reach); err != nil {
				return err
			}
		}
	}
	return nil
}

// gapIn says that nothing that is summed can become complete in a later base period, or cease to be: a gap stands before it,
// or nothing changed but amounts.
func (s *shift) gapIn(changed []changedFigure) bool {
	for n := range changed {
		if i := changed[n].i; i.sums && !i.uneven && i.profile != s.gap && !changed[n].steady() {
			return false
		}
	}
	return true
}

// changedFigure is an indicator whose figure is another than before.
type changedFigure struct {
	i *indicatorIndex
	// was and now are the figures; nil where there is none.
	was, now *given
	// outside says that the figure was or is not applicable, which changes where a year-to-date figure begins.
	outside bool
	// turns says that the obligation is taken out, or is one again, whatever the figure is.
	turns bool
}

// steady says that the figure has amounts on both sides, or none for the same reason. What an obligation asks for, and whether
// it is met, is then as before; a remainder depends on nothing else, where one form carries the indicator.
func (c *changedFigure) steady() bool {
	return !c.turns && c.was != nil && c.now != nil && c.was.state() == c.now.state() && len(c.i.carriers) == 1
}

// changed lists the indicators whose figure in force is another, in the order of their numbers; where the obligation is taken
// out, or is one again, all that the form ever asked for.
func (s *shift) changed(b rollup.Basis) []changedFigure {
	was, had := s.before.in(b)
	now, has := s.after.in(b)
	if s.turns() {
		return s.turned(was, now)
	}
	late := had && has && s.before.late != s.after.late
	if !late && had && has && s.before.numbers[b] == s.after.numbers[b] {
		return nil
	}
	list := s.t.memory.changed[:0]
	inPairs(was, now, func(g, h *given) {
		if !late && sameMeaning(g, h) {
			return
		}
		one := g
		if one == nil {
			one = h
		}
		if int(one.number) < len(s.x.indicators) { // else nobody knows what it is of
			list = append(list, changedFigure{i: &s.x.indicators[one.number], was: g, now: h, outside: notApplicable(g) || notApplicable(h)})
		}
	})
	s.t.memory.changed = list
	return list
}

// turns says that the obligation is taken out by the change, or is one again.
func (s *shift) turns() bool {
	return (s.before != nil && s.before.excluded) != (s.after != nil && s.after.excluded)
}

// turned is changed where the obligation turns: then that of an indicator without a figure changes too.
func (s *shift) turned(was, now []given) []changedFigure {
	list := s.t.memory.changed[:0]
	for n := range s.x.indicators {
		i := &s.x.indicators[n]
		if !slices.Contains(i.carriers, s.f.ordinal) {
			continue
		}
		c := changedFigure{i: i, was: find(was, i.number), now: find(now, i.number), turns: true}
		c.outside = notApplicable(c.was) || notApplicable(c.now)
		list = append(list, c)
	}
	s.t.memory.changed = list
	return list
}

// inPairs visits two lists of figures together; one side is nil where the other has no figure of the indicator.
func inPairs(was, now []given, visit func(g, h *given)) {
	for len(was) > 0 && len(now) > 0 {
		switch {
		case was[0].number < now[0].number:
			visit(&was[0], nil)
			was = was[1:]
		case now[0].number < was[0].number:
			visit(nil, &now[0])
			now = now[1:]
		default:
			visit(&was[0], &now[0])
			was, now = was[1:], now[1:]
		}
	}
	for i := range was {
		visit(&was[i], nil)
	}
	for i := range now {
		visit(nil, &now[i])
	}
}

func sameMeaning(g, h *given) bool {
	return g != nil && h != nil && (g.flags^h.flags)&meaningBits == 0 && g.value == h.value && g.numerator == h.numerator && g.denominator == h.denominator
}

func notApplicable(g *given) bool { return g != nil && g.state() == figure.NotApplicable }

// apply takes the differences into the rows of the units above, the lowest first: an extreme is looked for in the rows
// below.
func (s *differences) apply() error {
	for left := s.deltas; len(left) > 0; {
		n := 1
		for n < len(left) && sameRow(&left[0], &left[n]) {
			n++
		}
		if err := s.applyRow(left[:n]); err != nil {
			return err
		}
		left = left[n:]
	}
	return nil
}

func sameRow(a, b *delta) bool {
	return a.basis == b.basis && a.span == b.span && a.home == b.home && blockOf(a.i.number) == blockOf(b.i.number)
}

// applyRow takes deltas of one row into that row of each unit above.
func (s *differences) applyRow(deltas []delta) error {
	first, x := &deltas[0], s.x
	if first.home.form == nil || !s.changes(deltas) {
		return nil
	}
	k := rowKey{
		basis: first.basis, form: first.home.form.ordinal, span: periodCode(first.span),
		block: blockOf(first.i.number), kind: x.kind[s.unit],
	}
	for up, ok := x.tree.Up(s.unit, first.home.day); ok; up, ok = x.tree.Up(up, first.home.day) {
		k.unit = uint32(up) //nolint:gosec // an ordinal
		if err := s.applyTo(k, deltas); err != nil {
			return err
		}
	}
	return nil
}

// changes says whether any of the deltas is one.
func (s *differences) changes(deltas []delta) bool {
	for n := range deltas {
		if deltas[n].changes(s.totals) {
			return true
		}
	}
	return false
}

func (d *delta) changes(totals []shifted) bool {
	switch {
	case d.step:
		return true // else it would not have been planned
	case d.window != 0:
		return d.was != d.is
	}
	return totals[d.at].before != totals[d.at].after
}

// applyTo takes deltas into one row.
func (s *differences) applyTo(k rowKey, deltas []delta) error {
	t := s.t
	r, err := t.row(k, s.x.kinds)
	if err != nil {
		return err
	}
	t.touch(k, r)
	if r.cells == nil {
		r.cells = make([]cell, 0, len(deltas))
	}
	at := 0
	for n := range deltas {
		d := &deltas[n]
		if !d.changes(s.totals) {
			continue
		}
		var cell *cell
		cell, at = r.cellFrom(at, cellID(d.i.number, d.slot))
		switch {
		case d.step:
			cell.step(&s.steps[d.at])
			continue
		case d.window != 0:
			cell.add(d.was, -1)
			cell.add(d.is, 1)
			continue
		}
		sides, total := &s.totals[d.at], cell.total()
		lost := left(total, &sides.before, &sides.after)
		total.Subtract(sides.before)
		total.Merge(sides.after)
		if lost {
			if err := t.extremes(s.x, k, d, total); err != nil {
				return err
			}
		}
	}
	return nil
}
