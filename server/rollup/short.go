package rollup

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
)

// Short is a result in numbers of 64 bits, as they are shown: value and parts rounded half away from zero, as integers at
// the scales that Scales gives.
type Short struct {
	State State
	Fell  bool
	// Parts says that there are a numerator and a denominator.
	Parts                         bool
	Value, Numerator, Denominator int64
	Coverage                      Coverage
}

// shortRule says for which totals there is a short way.
type shortRule uint8

const (
	noShort shortRule = iota
	shortSum
	shortRatio
)

// shortRuleOf finds it: for sums, and for ratios of two sums, that are not carried under a factor.
func shortRuleOf(ind *indicator.Indicator) shortRule {
	plain := func(p indicator.Part) bool { return p.Time != indicator.TimeNone && carry(p.Time) == 1 }
	switch {
	case !plain(ind.Value):
	case ind.UnitRule == indicator.UnitSum:
		return shortSum
	case ind.UnitRule == indicator.UnitRatio && ind.OwnDenominator() && plain(ind.Denominator):
		return shortRatio
	}
	return noShort
}

// Short is Exact for the commonest totals, in a fraction of the time; a test holds the two equal. It is false, and says
// nothing, of those that it cannot do.
func (f *Finisher) Short(t *Total, e Expected, s *Short) bool {
	if f.rule == noShort || f.asked.n == 0 {
		return false
	}
	if f.short {
		e.Last, e.Units = e.Owed, e.Owed
	}
	s.State, s.Fell, s.Parts = NoData, false, false
	if t.Count > 0 {
		s.Fell = t.Fell > 0
		if f.rule == shortSum {
			n, ok := t.Sum.int64()
			if !ok {
				return false
			}
			s.State, s.Value = Value, n
		} else if !f.shortRatio(t, s) {
			return false
		}
	}
	f.coverage(t, &e, &s.Coverage)
	return true
}

// shortRatio divides once.
func (f *Finisher) shortRatio(t *Total, s *Short) bool {
	num, ok1 := t.Numerator.int64()
	den, ok2 := t.Denominator.int64()
	return ok1 && ok2 && f.divide(num, den, s)
}

func (f *Finisher) divide(num, den int64, s *Short) bool {
	if den < 0 {
		return false
	}
	s.Parts, s.Numerator, s.Denominator = true, num, den
	if den == 0 {
		s.State = Undefined
		return true
	}
	n, ok := quotient(num, den, f.ind.Factor()*f.ind.Scale.Factor())
	s.State, s.Value = Value, int64(n)
	return ok
}

// quotient gives factor × num / den, rounded half away from zero; den is above 0. It is false if that does not fit.
func quotient(num, den, factor int64) (figure.Number, bool) {
	u, d := uint64(num), uint64(den) //nolint:gosec // bits, not an amount
	if num < 0 {
		u = -u
	}
	hi, lo := bits.Mul64(u, uint64(factor)) //nolint:gosec // above 0
	if hi >= d {
		return 0, false
	}
	q, rest := bits.Div64(hi, lo, d)
	if rest >= d-rest {
		q++
	}
	if q > math.MaxInt64 {
		return 0, false
	}
	if num < 0 {
		return -figure.Number(q), true
	}
	return figure.Number(q), true
}

// ShortOf is Short of the total whose bytes these are, where it has no other fields than the commonest, as that of a base
// period mostly has. It is false of all others, and of bytes that are none.
func (f *Finisher) ShortOf(b []byte, e Expected, s *Short) bool {
	if f.rule == noShort || !f.short || len(b) == 0 || b[0] >= 1<<(wideFields+commonCounts) {
		return false
	}
	var fields [wideFields + commonCounts]int64
	mask := b[0]
	b = b[1:]
	for at := range fields {
		if mask&(1<<at) == 0 {
			continue
		}
		u, n := binary.Uvarint(b[:min(len(b), shortWide)])
		if n <= 0 || u == 0 || n > 1 && b[n-1] == 0 {
			return false
		}
		fields[at] = int64(u>>1) ^ -int64(u&1) //nolint:gosec // bits, not an amount
		b = b[n:]
	}
	if len(b) > 0 {
		return false
	}
	return f.shortOf(&plainTotal{
		sum: fields[0], numerator: fields[1], denominator: fields[2],
		count: fields[wideFields], received: fields[wideFields+1], late: fields[wideFields+2],
	}, e, s)
}

// plainTotal is what the short result of a base period is made of.
type plainTotal struct{ sum, numerator, denominator, count, received, late int64 }

func (f *Finisher) shortOf(t *plainTotal, e Expected, s *Short) bool {
	s.State, s.Fell, s.Parts = NoData, false, false
	switch {
	case t.count <= 0:
	case f.rule == shortSum:
		s.State, s.Value = Value, t.sum
	case !f.divide(t.numerator, t.denominator, s):
		return false
	}
	s.Coverage = Coverage{
		Expected: e.Owed, Received: t.received, Missing: e.Owed - t.received, Late: t.late, UnitsComplete: t.received, Units: e.Owed,
	}
	return true
}

// Plain is a short result whose coverage is that of a base period: a report of each unit, or none.
type Plain struct {
	State State
	// Parts says that there are a numerator and a denominator.
	Parts                         bool
	Value, Numerator, Denominator int64
	// Expected are the units and their reports, Received those that came, Late those of them that came late.
	Expected, Received, Late int64
}

// PlainOf is Short of a lean total where there is a short way and the period is a base period; false else.
func (f *Finisher) PlainOf(l *Lean, owed int64, p *Plain) bool {
	if f.rule == noShort || !f.short {
		return false
	}
	p.State, p.Parts = NoData, false
	p.Expected, p.Received, p.Late = owed, int64(l.Received), int64(l.Late)
	switch {
	case l.Count <= 0:
	case f.rule == shortSum:
		p.State, p.Value = Value, l.Sum
	default:
		return f.plainRatio(l, p)
	}
	return true
}

func (f *Finisher) plainRatio(l *Lean, p *Plain) bool {
	var s Short
	ok := f.divide(l.Numerator, l.Denominator, &s)
	p.State, p.Parts, p.Value, p.Numerator, p.Denominator = s.State, s.Parts, s.Value, s.Numerator, s.Denominator
	return ok
}
