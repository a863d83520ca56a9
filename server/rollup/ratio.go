package rollup

import (
	"github.com/tonghop/tonghop/server/figure"
)

// addRatio adds both parts of a unit that has both, else counts it as half (R15). Parts with one rule over time are
// taken from the same base periods; with two rules each is taken from its own.
func addRatio(q *question, t *Total) {
	if !q.ind.OwnDenominator() {
		addRatioOverOther(q, t)
		return
	}
	paired := q.ind.Value.Time == q.ind.Denominator.Time
	num := q.part(q.ind.Value, numerator, paired)
	den := q.part(q.ind.Denominator, denominator, paired)
	switch {
	case SumsBases(q.ind, q.m):
		// Count and Half are of base periods here, so that the rows of months add up to the year's.
		t.Numerator, t.Denominator = WideOf(num.v), WideOf(den.v)
		t.Count, t.Half = num.n, t.Received-num.n
	case num.ok && den.ok:
		num.fell, num.lag = num.fell || den.fell, max(num.lag, den.lag)
		q.addParts(t, num, WideOf(den.v))
	case num.gap || den.gap:
		q.withdraw(t)
	case paired:
		t.Half = one(q.unpaired())
	default:
		// Since the beginning of the year a part may be there of which nothing came in the span.
		t.Half = one(num.ok != den.ok && t.Received > 0)
	}
}

// addParts adds a unit that counts.
func (q *question) addParts(t *Total, num amount, den Wide) {
	t.Numerator, t.Denominator = WideOf(num.v), den
	q.counts(t, num)
}

// unpaired tells whether the unit gave a figure without both parts.
func (q *question) unpaired() bool {
	for i := range q.loaded.n {
		if s := &q.slots[i]; s.state == figure.Value && !s.gives(numerator, true) {
			return true
		}
	}
	return false
}

// addRatioOverOther takes the denominator from another indicator.
func addRatioOverOther(q *question, t *Total) {
	num := q.part(q.ind.Value, numerator, false)
	if num.gap {
		q.withdraw(t)
	}
	if !num.ok {
		return
	}
	den, place, ok := q.newest(q.ind.DenominatorIndicator)
	if !ok {
		t.Half = 1
		return
	}
	q.addParts(t, num, WideOf(den))
	t.Age = trailAt(place)
}

// finishRatio gives Σ numerators / Σ denominators, once.
func finishRatio(a *answer) {
	numCarry, denCarry, denScale := carry(a.ind.Value.Time), carry(a.ind.Denominator.Time), a.ind.Scale
	if !a.ind.OwnDenominator() {
		denCarry, denScale = 1, figure.MaxScale
		a.result.DenominatorFrom = a.denominatorFrom()
	}
	if !a.t.Numerator.within(numCarry) || !a.t.Denominator.within(denCarry) {
		a.result.State = Overflow
		return
	}
	// What a part is carried by has 45 bits at most, with the factor of the unit of measure.
	numUnit, denUnit := a.ind.Scale.Factor()*numCarry, denScale.Factor()*denCarry
	a.result.Numerator = fractionOf(a.t.Numerator, wideInt(numUnit))
	a.result.Denominator = fractionOf(a.t.Denominator, wideInt(denUnit))
	a.value(a.t.Numerator.Times(denUnit*a.ind.Factor()), a.t.Denominator.Times(numUnit))
}
