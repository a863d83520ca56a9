package aggregator

import (
	"math/bits"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/rollup"
)

// marks say for each indicator in which base periods of a year a unit gave a value, and in which it said that the
// indicator does not apply, and of all in which they are taken out: bit 0 is the first. They are all that the remainder of a sum depends on, and one pass over
// the reports of the year makes them for all indicators at once.
type marks struct {
	value, outside []uint16
	excluded       uint16
}

// mark makes the marks of a year in one basis, from the base periods that are asked for. Of a base period that has values
// for the very indicators that the view like has, if there is one, the report need not be read.
func (t *Tx) mark(x *index, y *year, asked uint16, b rollup.Basis, like *view) (marks, error) {
	m := marks{value: t.memory.marks[:0], outside: nil}
	n := len(x.indicators)
	for len(m.value) < 2*n {
		m.value = append(m.value, 0)
	}
	t.memory.marks = m.value
	clear(m.value)
	m.value, m.outside = m.value[:n:n], m.value[n:]
	m.excluded = y.word.excluded
	alike := uint16(0)
	for left := asked; left != 0; left &= left - 1 {
		place := bits.TrailingZeros16(left)
		if set := y.word.sets[b][place]; set != 0 && like != nil && like.sets[b] == set {
			alike |= 1 << place
			continue
		}
		v, err := t.view(y, place)
		if err != nil {
			return marks{}, err
		}
		list, _ := v.in(b)
		m.note(list, 1<<place)
	}
	if alike != 0 {
		m.note(like.given[b], alike)
	}
	return m, nil
}

// note marks the figures of one base period, or of several that are alike.
func (m marks) note(list []given, places uint16) {
	for i := range list {
		g := &list[i]
		if int(g.number) >= len(m.value) {
			break
		}
		switch g.state() {
		case figure.Value:
			m.value[g.number] |= places
		case figure.NotApplicable:
			m.outside[g.number] |= places
		case figure.NotAvailable, figure.Absent:
		}
	}
}

// remainder is what a unit adds to a sum over several base periods besides its base rows.
type remainder uint8

// The remainders: a unit is complete that gave a value for each of its obligations, and outside where none of them asks
// for one.
const (
	nothing remainder = iota
	complete
	outside
)

// remainder is Total.Remainder of what rollup.Contribute makes of a sum over a window of several base periods, of which
// the unit owes these.
func (m marks) remainder(number uint32, owed uint16) remainder {
	standing := owed &^ (m.outside[number] | m.excluded)
	switch {
	case owed == 0:
		return nothing
	case standing == 0:
		return outside
	case standing&^m.value[number] == 0:
		return complete
	}
	return nothing
}
