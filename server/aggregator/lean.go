package aggregator

import (
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// Nearly every figure that comes changes nothing but sums and the commonest counts of cells, in the same row as those beside
// it. Such deltas are lean: they are told apart from the others while they are planned, and a row takes all of its own in one
// walk, which is most of what a report costs.

// leanDelta is by how much a cell changes where that is lean.
type leanDelta struct {
	id uint64
	by rollup.Lean
}

// leanRow is one row of each unit above, which takes the lean deltas from one place to before another.
type leanRow struct {
	basis    rollup.Basis
	block    uint16
	span     period.Period
	home     home
	from, to int
}

// leanWindow is a lean delta that is told by marks: of the remainder of a sum over some base periods.
type leanWindow struct {
	i    *indicatorIndex
	slot slot
	owed uint16
	was  remainder
	// at is the place of its delta, row that of its row.
	at, row int
}

// addLean adds a lean delta and gives its place.
func (s *differences) addLean(i *indicatorIndex, sl slot, b rollup.Basis, span period.Period, at home, by rollup.Lean) int {
	r := leanRow{basis: b, block: blockOf(i.number), span: span, home: at}
	if last := len(s.leanRows) - 1; last < 0 || !s.leanRows[last].is(&r) {
		r.from = len(s.leans)
		s.leanRows = append(s.leanRows, r)
	}
	s.leans = append(s.leans, leanDelta{id: cellID(i.number, sl), by: by})
	s.leanRows[len(s.leanRows)-1].to = len(s.leans)
	return len(s.leans) - 1
}

func (r *leanRow) is(other *leanRow) bool {
	return r.span == other.span && r.basis == other.basis && r.block == other.block && r.home == other.home
}

// addWindow adds the delta of a remainder, which takeWindows fills.
func (s *differences) addWindow(i *indicatorIndex, sl slot, b rollup.Basis, span period.Period, at home, owed uint16) {
	place := s.addLean(i, sl, b, span, at, rollup.Lean{})
	s.windows = append(s.windows, leanWindow{i: i, slot: sl, owed: owed, at: place, row: len(s.leanRows) - 1})
}

// takeWindows takes one side of the remainders. One that is outside is not lean and becomes a step.
func (s *shift) takeWindows(after bool) error {
	var m marks
	marked := -1
	for n := range s.windows {
		w := &s.windows[n]
		r := &s.leanRows[w.row]
		if marked != int(r.basis) {
			var err error
			if m, err = s.t.mark(s.x, s.year, s.year.word.in(r.basis), r.basis, s.after); err != nil {
				return err
			}
			marked = int(r.basis)
		}
		is := m.remainder(w.i.number, w.owed)
		if !after {
			w.was = is
			continue
		}
		var step rollup.Step
		step.Complete, step.Outside = times(is == complete)-times(w.was == complete), times(is == outside)-times(w.was == outside)
		if step.Outside == 0 {
			s.leans[w.at].by.Complete = step.Complete
			continue
		}
		s.wide = true
		s.addStep(w.i, w.slot, r.basis, r.span, r.home, step)
	}
	return nil
}

func times(one bool) int32 {
	if one {
		return 1
	}
	return 0
}

// lean gives by how much a cell of a sum changes with a figure, where that is lean.
func (c *changedFigure) lean(ratio, wasLate, isLate bool) (rollup.Lean, bool) {
	var by rollup.Lean
	ok := c.was.addLean(&by, ratio, wasLate, -1) && c.now.addLean(&by, ratio, isLate, 1)
	return by, ok
}

// addLean adds a figure that is summed over time, or with -1 takes it away; false where the sum is not lean.
func (g *given) addLean(to *rollup.Lean, ratio, late bool, times int32) bool {
	if g == nil {
		return true
	}
	const both = hasNumerator | hasDenominator
	if g.state() != figure.Value || ratio && g.flags&both != both {
		return false
	}
	to.Received += times
	if late {
		to.Late += times
	}
	switch {
	case ratio:
		to.Count += times
		return rollup.LeanSum(&to.Numerator, int64(g.numerator), times) && rollup.LeanSum(&to.Denominator, int64(g.denominator), times)
	case g.flags&hasValue != 0:
		to.Count += times
		return rollup.LeanSum(&to.Sum, int64(g.value), times)
	}
	return true
}

// applyLean takes the lean deltas into the rows of the units above.
func (s *differences) applyLean() error {
	for n := range s.leanRows {
		r := &s.leanRows[n]
		list := changing(s.leans[r.from:r.to])
		if len(list) == 0 || r.home.form == nil {
			continue
		}
		k := rowKey{basis: r.basis, form: r.home.form.ordinal, span: periodCode(r.span), block: r.block, kind: s.x.kind[s.unit]}
		for up, ok := s.x.tree.Up(s.unit, r.home.day); ok; up, ok = s.x.tree.Up(up, r.home.day) {
			k.unit = uint32(up) //nolint:gosec // an ordinal
			row, err := s.t.row(k, s.x.kinds)
			if err != nil {
				return err
			}
			s.t.touch(k, row)
			row.addLean(list)
		}
	}
	return nil
}

// changing gives those that are not nothing, in their order and in their place.
func changing(list []leanDelta) []leanDelta {
	kept := list[:0]
	for i := range list {
		if !list[i].by.IsZero() {
			kept = append(kept, list[i])
		}
	}
	return kept
}

// addLean adds deltas, which come in the order of their cells.
func (r *row) addLean(list []leanDelta) {
	if r.cells == nil {
		r.cells = make([]cell, 0, len(list))
	}
	at := 0
	for i := range list {
		d := &list[i]
		for at < len(r.cells) && r.cells[at].id < d.id {
			at++
		}
		if at == len(r.cells) || r.cells[at].id != d.id {
			_, at = r.cellFrom(at, d.id)
		}
		c := &r.cells[at]
		if c.wide != nil || !c.lean.Add(&d.by) {
			step := d.by.AsStep()
			c.total().Step(&step)
		}
	}
}
