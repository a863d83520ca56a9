package aggregator

import (
	"math/bits"

	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// expectedKey names what is owed for a span by the indicators of a profile in a form.
type expectedKey struct {
	form    uint16
	profile int
	span    period.Period
	since   bool // from the beginning of the year
	sums    bool
}

// expectation holds for each unit that has units below it, and for each kind, what the units strictly below it owe.
type expectation struct {
	kinds int
	cells []expectedCell
}

type expectedCell struct {
	owed, last, units int32
	// months is the length of the shortest obligation, of what is uneven.
	months int8
}

// merge adds what others owe.
func (c *expectedCell) merge(o expectedCell) {
	c.owed += o.owed
	c.last += o.last
	c.units += o.units
	if c.months == 0 || o.months != 0 && o.months < c.months {
		c.months = o.months
	}
}

func (c expectedCell) expected() rollup.Expected {
	return rollup.Expected{Owed: int64(c.owed), Last: int64(c.last), Units: int64(c.units)}
}

// How many a snapshot keeps: that of now, and one of an earlier entry.
const (
	keptExpectations     = 2048
	keptPastExpectations = 128
)

// expectBelow gives what the units of a kind strictly below a unit owe.
func (t *Tx) expectBelow(x *index, f *formIndex, i *indicatorIndex, span period.Period, sinceNewYear bool, unit int, kind uint16) expectedCell {
	if x.inner[unit] < 0 {
		return expectedCell{}
	}
	e := t.expectation(x, f, i, span, sinceNewYear)
	return e.cells[int(x.inner[unit])*e.kinds+int(kind)]
}

// expectation is made once in a snapshot, in one pass over the units.
func (t *Tx) expectation(x *index, f *formIndex, i *indicatorIndex, span period.Period, sinceNewYear bool) *expectation {
	key := expectedKey{form: f.ordinal, profile: i.profile, span: span, since: sinceNewYear, sums: i.sums}
	x.mu.Lock()
	e := x.expected[key]
	x.mu.Unlock()
	if e != nil {
		return e
	}
	e = &expectation{kinds: len(x.kinds), cells: make([]expectedCell, x.inners*len(x.kinds))}
	for unit := range x.kind {
		own, at := t.expectOf(x, f, i, span, sinceNewYear, unit)
		if own == (expectedCell{}) {
			continue
		}
		for up, ok := x.tree.Up(unit, at); ok; up, ok = x.tree.Up(up, at) {
			e.cells[int(x.inner[up])*e.kinds+int(x.kind[unit])].merge(own)
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.expected) >= x.keeps {
		clear(x.expected)
	}
	x.expected[key] = e
	return e
}

// expectOf gives what one unit owes in a form, and the day of the tree on which it counts. What sums its base rows counts
// them in the form of each, everything else where the contribution has its home.
func (t *Tx) expectOf(x *index, f *formIndex, i *indicatorIndex, span period.Period, sinceNewYear bool, unit int) (expectedCell, period.Day) {
	if i.uneven {
		return t.expectUneven(x, f, i, stretchOf(span, sinceNewYear), unit)
	}
	at := t.homeOf(x, i, unit, span, sinceNewYear)
	if at.form == nil || at.form != f && !i.sums {
		return expectedCell{}, 0
	}
	from, to := f.window(span, sinceNewYear)
	if from == to {
		return expectedCell{}, 0
	}
	var mask uint16
	for _, c := range i.carriers {
		g := &x.forms[c]
		if g == f || !i.sums && g.frequency == f.frequency && g.calendar == f.calendar {
			mask |= t.owing(x, g, i, span.Year).mask(unit)
		}
	}
	mask &= uint16(1)<<to - uint16(1)<<from
	e := expectedCell{owed: int32(bits.OnesCount16(mask)), last: int32(mask >> (to - 1))}
	if at.form == f && e.owed > 0 {
		e.units = 1
	}
	return e, at.day
}
