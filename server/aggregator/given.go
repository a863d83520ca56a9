package aggregator

import (
	"encoding/binary"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
)

// given is a figure as the arithmetic needs it: without texts and grade.
type given struct {
	number                        uint32
	flags                         byte
	value, numerator, denominator figure.Number
}

// The bits of a figure's flags, here and in its bytes.
const (
	stateBits      = 0b11
	hasValue       = 1 << 2
	hasNumerator   = 1 << 3
	hasDenominator = 1 << 4
	gradeShift     = 5
	gradeBits      = 0b11
	// meaningBits are those that a roll-up depends on.
	meaningBits = stateBits | hasValue | hasNumerator | hasDenominator
)

func (g *given) state() figure.State { return figure.State(g.flags & stateBits) }

// figure gives the figure with its amounts at another scale; one that does not fit there is none at all, since a figure
// that is missing is better than a wrong one.
func (g *given) figure(from, to figure.Scale) figure.Figure {
	f := figure.Figure{
		State: g.state(), Value: g.value, Numerator: g.numerator, Denominator: g.denominator,
		HasValue: g.flags&hasValue != 0, HasNumerator: g.flags&hasNumerator != 0, HasDenominator: g.flags&hasDenominator != 0,
	}
	if from == to {
		return f
	}
	fits := true
	for _, n := range [...]*figure.Number{&f.Value, &f.Numerator, &f.Denominator} {
		scaled, ok := n.Rescale(from, to)
		*n, fits = scaled, fits && ok
	}
	if !fits {
		return figure.Figure{}
	}
	return f
}

// appendFigures appends the figures of a revision: how many, and for each the distance of its number from the one
// before, its flags, and the amounts that the flags announce. Their texts are elsewhere: see texts.go.
func appendFigures(b []byte, figures []entry.Figure) []byte {
	b = binary.AppendUvarint(b, uint64(len(figures)))
	last := uint32(0)
	for i := range figures {
		f := &figures[i]
		b = binary.AppendUvarint(b, uint64(f.Number-last))
		last = f.Number
		flags := byte(f.State)&stateBits | byte(f.Grade)&gradeBits<<gradeShift
		flags |= bit(f.HasValue, hasValue) | bit(f.HasNumerator, hasNumerator) | bit(f.HasDenominator, hasDenominator)
		b = append(b, flags)
		if f.HasValue {
			b = binary.AppendVarint(b, int64(f.Value))
		}
		if f.HasNumerator {
			b = binary.AppendVarint(b, int64(f.Numerator))
		}
		if f.HasDenominator {
			b = binary.AppendVarint(b, int64(f.Denominator))
		}
	}
	return b
}

func bit(on bool, b byte) byte {
	if on {
		return b
	}
	return 0
}

// given takes the next figure.
func (r *reader) given(last uint32) given {
	g := given{number: last + uint32(r.number())} //nolint:gosec // what was appended
	g.flags = r.byte()
	if g.flags&hasValue != 0 {
		g.value = figure.Number(r.varint())
	}
	if g.flags&hasNumerator != 0 {
		g.numerator = figure.Number(r.varint())
	}
	if g.flags&hasDenominator != 0 {
		g.denominator = figure.Number(r.varint())
	}
	return g
}

// appendGiven reads figures for the arithmetic and appends them to a list.
func (r *reader) appendGiven(list []given) []given {
	last := uint32(0)
	for n := r.number(); n > 0 && !r.bad; n-- {
		g := r.given(last)
		last = g.number
		list = append(list, g)
	}
	return list
}

// figures reads figures with all that belongs to them but their texts.
func (r *reader) figures() []entry.Figure {
	n := r.number()
	if n == 0 || n > len(r.b) {
		r.bad = r.bad || n > 0
		return nil
	}
	list := make([]entry.Figure, 0, n)
	last := uint32(0)
	for ; n > 0 && !r.bad; n-- {
		g := r.given(last)
		last = g.number
		f := entry.Figure{Number: g.number, Figure: g.figure(0, 0)}
		f.Grade = figure.Grade(g.flags >> gradeShift & gradeBits)
		list = append(list, f)
	}
	return list
}

// find gives the figure with a number in an ascending list; nil if there is none.
func find(list []given, number uint32) *given {
	low, high := 0, len(list)
	for low < high {
		middle := int(uint(low+high) >> 1) //nolint:gosec // not negative
		if list[middle].number < number {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low < len(list) && list[low].number == number {
		return &list[low]
	}
	return nil
}
