package rollup

import (
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// addWeighted adds value × weight and weight of a unit that has both; a unit with a value and no weight is left out
// and counted as unweighted (R19). A weight of 0 is a weight; a negative one is none. Every weight is carried under
// weightCarry, whatever its rule over time and its scale are, so that Finish need not know them.
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

// weight brings the weight over time by its own rule, over the periods in which it is reported as far as they make up
// the span. Where it is reported less often, it is the figure of the shortest period that contains the span.
func (q *question) weight() (figure.Int128, bool) {
	part, known := q.f.Other(q.ind.Weight)
	if !known {
		return figure.Int128{}, false
	}
	for _, kind := range frequencies {
		w := q.m.window(part, windowOf(q.span, kind))
		if v, ok := q.weightOver(w, part); ok {
			return v, true
		}
	}
	months := windowOf(q.span, period.Month)
	for _, kind := range frequencies {
		p := period.Of(int(q.span.Year), kind, (int(months.last().Index)-1)/kind.Months()+1)
		if p != q.span && p.Contains(q.span) {
			if n, ok := q.given(q.ind.Weight, p); ok {
				return weightOf(n, 1), true
			}
		}
	}
	return figure.Int128{}, false
}

// weightOver brings the weights of a window over time.
func (q *question) weightOver(w window, part indicator.Part) (figure.Int128, bool) {
	var s series
	for i := range w.n {
		if n, ok := q.given(q.ind.Weight, w.at(i)); ok {
			s.add(n, i)
		}
	}
	a := s.over(part.Time, w.n)
	return weightOf(a.v, carry(part.Time)), a.ok
}

// weightCarry is the factor under which weights are carried: means over time are exact, at six decimals.
var weightCarry = figure.MeanUnit * figure.MaxScale.Factor()

// weightOf brings a weight of six decimals that has one factor, 1 or MeanUnit, to weightCarry. It has 102 bits at most.
func weightOf(v figure.Int128, carried int64) figure.Int128 {
	v, _ = v.MulInt64(figure.MeanUnit / carried)
	return v
}

// finishWeighted gives Σ (value × weight) / Σ weight. The factor under which the weight is carried stands above and
// below the line and falls away.
func finishWeighted(a *answer) {
	valueCarry := carry(a.ind.Value.Time)
	if !a.t.Numerator.within(valueCarry*weightCarry) || !a.t.Denominator.within(weightCarry) {
		a.result.State = Overflow
		return
	}
	a.value(a.t.Numerator, a.t.Denominator.Times(valueCarry).Times(a.ind.Scale.Factor()))
}
