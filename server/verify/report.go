package verify

import (
	"encoding/binary"
	"slices"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/period"
)

// place names a report: the unit and the form by their ordinals.
type place struct {
	unit, form int32
	period     period.Period
}

// report is what a unit sent for one base period, in all its revisions that may still count.
type report struct {
	// sent says that something other than a draft has come; late, that the first of it came too late (R7).
	sent, late bool
	// newest is the greatest number of a revision, drafts among them.
	newest    int
	revisions []revision
	history
}

// state is where a revision stands (R23).
type state uint8

// Drafts, returned and superseded revisions never count again, so they are not kept at all.
const (
	submitted state = iota
	approved
)

type revision struct {
	number int
	state  state
	packed []byte
}

// number takes the next number; false if it was given already, and whatever has it counts no more.
func (r *report) number(n int) bool {
	fresh := n > r.newest
	r.newest = max(r.newest, n)
	return fresh
}

// submit takes a revision in. At most one waits for approval: a newer one takes its place (R23).
func (r *report) submit(number int, late bool, packed []byte) {
	if !r.sent {
		r.sent, r.late = true, late
	}
	r.drop(submitted)
	r.revisions = append(r.revisions, revision{number: number, state: submitted, packed: packed})
}

// approve makes the waiting revision the approved one; the one before it has had its time.
func (r *report) approve(number int) {
	for i := range r.revisions {
		if r.revisions[i].number == number && r.revisions[i].state == submitted {
			r.revisions[i].state = approved
			chosen := r.revisions[i]
			r.drop(approved)
			r.revisions = append(r.revisions, chosen)
			return
		}
	}
}

// giveBack takes out a revision that was returned, submitted or approved; what else counts goes on to.
func (r *report) giveBack(number int) {
	for i := range r.revisions {
		if r.revisions[i].number == number {
			r.revisions = append(r.revisions[:i:i], r.revisions[i+1:]...)
			r.returned = !slices.ContainsFunc(r.revisions, func(v revision) bool { return v.state == submitted })
			return
		}
	}
}

func (r *report) drop(s state) {
	kept := r.revisions[:0:0]
	for _, v := range r.revisions {
		if v.state != s {
			kept = append(kept, v)
		}
	}
	r.revisions = kept
}

// inForce gives the figures that count: those of the newest approved revision, and in the provisional basis those of a
// submitted one if it is newer; false if none counts.
func (r *report) inForce(provisional bool) ([]byte, bool) {
	best := -1
	for i, v := range r.revisions {
		if (v.state == approved || provisional) && (best < 0 || v.number > r.revisions[best].number) {
			best = i
		}
	}
	if best < 0 {
		return nil, false
	}
	return r.revisions[best].packed, true
}

// stated is what a revision says of one indicator. The amounts are the value, or the numerator, and the denominator, in
// the last digit of the scale that the indicator had when they were sent.
type stated struct {
	state  figure.State
	scale  figure.Scale
	has    [2]bool
	amount [2]int64
}

// The bits of a packed figure: two of the state, one for each amount, three of the scale.
const (
	stateMask  = 3
	hasShift   = 2
	scaleShift = 5
	scaleMask  = 7
)

// pack keeps figures in few bytes, since a country has tens of millions: the number as the distance from the one before,
// a byte of bits, the amounts. The scales are those of the indicators.
func pack(figures []entry.Figure, scale func(number uint32) figure.Scale) []byte {
	var b []byte
	last := uint32(0)
	for _, f := range figures {
		b = binary.AppendUvarint(b, uint64(f.Number-last))
		last = f.Number
		amounts := [3]figure.Number{f.Value, f.Numerator, f.Denominator}
		bits := byte(f.State)&stateMask | byte(scale(f.Number))&scaleMask<<scaleShift
		at := len(b)
		b = append(b, 0)
		for i, has := range [3]bool{f.HasValue, f.HasNumerator, f.HasDenominator} {
			if has {
				bits |= 1 << (hasShift + i)
				b = binary.AppendVarint(b, int64(amounts[i]))
			}
		}
		b[at] = bits
	}
	return b
}

// unpack finds what a packed revision says of an indicator; ratio tells which amounts are meant.
func unpack(b []byte, number uint32, ratio bool) (stated, bool) {
	at := uint32(0)
	for len(b) > 0 {
		step, n := binary.Uvarint(b)
		at += uint32(step) //nolint:gosec // what pack wrote
		bits := b[n]
		b = b[n+1:]
		var has [3]bool
		var amounts [3]int64
		for i := range has {
			if has[i] = bits>>(hasShift+i)&1 != 0; has[i] {
				amounts[i], n = binary.Varint(b)
				b = b[n:]
			}
		}
		if at < number {
			continue
		}
		if at > number {
			break
		}
		s := stated{state: figure.State(bits & stateMask), scale: figure.Scale(bits >> scaleShift)}
		if ratio {
			s.has, s.amount = [2]bool{has[1], has[2]}, [2]int64{amounts[1], amounts[2]}
		} else {
			s.has[0], s.amount[0] = has[0], amounts[0]
		}
		return s, true
	}
	return stated{}, false
}
