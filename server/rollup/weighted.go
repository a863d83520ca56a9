package rollup

import (
	"github.com/tonghop/tonghop/server/figure"
)

// addWeighted adds value × weight and weight of a unit that has both; a unit with a value and no weight is left out
// and counted as unweighted (R19). A weight of 0 is a weight; a negative one is none.
func addWeighted(q *question, t *Total) {
	v := q.part(q.ind.Value, numerator, false)
	switch w, ok := q.weight(); {
	case v.gap:
		q.withdraw(t)
	case !v.ok:
	case !ok || w.Sign() < 0:
		t.Unweighted = 1
	default:
		t.Numerator, t.Denominator = product(v.v, w), WideOf(w)
		q.counts(t, v)
	}
}

// weight brings the weight over time by its own rule: over the base periods of the span, or the shorter ones in which
// it is reported. Where it is reported less often, it is the figure of the shortest period that contains the span.
func (q *question) weight() (figure.Int128, bool) {
	other, known := q.f.Other(q.ind.Weight)
	if !known {
		return figure.Int128{}, false
	}
	for i := len(frequencies) - 1; i >= 0; i-- {
		w := q.m.window(other.Part, windowOf(q.span, frequencies[i]))
		if w.n == 0 || frequencies[i] > q.asked.first.Kind {
			continue
		}
		if v, ok := q.weightOver(w, other); ok {
			return sixDecimals(v, other.Scale), true
		}
	}
	for p := range DenominatorPeriods(q.span) {
		if p.Contains(q.span) && p.Kind > q.asked.first.Kind {
			if n, ok := q.given(q.ind.Weight, p); ok {
				v, _ := n.Wide().MulInt64(carry(other.Part.Time))
				return sixDecimals(v, other.Scale), true
			}
		}
	}
	return figure.Int128{}, false
}

// weightOver brings the weights of a window over time.
func (q *question) weightOver(w window, other Other) (figure.Int128, bool) {
	var s series
	for i := range w.n {
		if n, ok := q.given(q.ind.Weight, w.at(i)); ok {
			s.add(n, i)
		}
	}
	a := s.over(other.Part.Time, w.n)
	return a.v, a.ok
}

// finishWeighted gives Σ (value × weight) / Σ weight. The factors under which the weight is carried stand above and
// below the line and fall away.
func finishWeighted(a *answer) {
	valueCarry, weightCarry := carry(a.ind.Value.Time), figure.MaxScale.Factor()
	if !a.t.Numerator.within(valueCarry*weightCarry) || !a.t.Denominator.within(weightCarry) {
		a.result.State = Overflow
		return
	}
	a.value(a.t.Numerator, a.t.Denominator.Times(valueCarry).Times(a.ind.Scale.Factor()))
}
