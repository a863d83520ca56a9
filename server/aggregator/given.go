package aggregator

import (
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

func (g *given) figure() figure.Figure {
	return figure.Figure{
		State: g.state(), Value: g.value, Numerator: g.numerator, Denominator: g.denominator,
		HasValue: g.flags&hasValue != 0, HasNumerator: g.flags&hasNumerator != 0, HasDenominator: g.flags&hasDenominator != 0,
	}
}

func bit(on bool, b byte) byte {
	if on {
		return b
	}
	return 0
}

// appendGiven reads figures to the end for the arithmetic and appends them to a list.
func (r *reader) appendGiven(list []given) []given {
	runs := entry.ReadRuns(r.b)
	for g := (entry.Given{}); runs.Next(&g); {
		list = append(list, given{number: g.Number, flags: g.Flags, value: g.Value, numerator: g.Numerator, denominator: g.Denominator})
	}
	r.b, r.bad = nil, r.bad || runs.Err() != nil
	return list
}

// figures reads figures to the end, with all that belongs to them but their texts.
func (r *reader) figures() []entry.Figure {
	list, err := entry.FiguresOfRuns(r.b)
	r.b, r.bad = nil, r.bad || err != nil
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
