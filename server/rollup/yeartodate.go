package rollup

import (
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// own gives the own amount of a year-to-date figure (R14): what stands at the end of the span minus what stood at the
// end of the base period before it. Both ends must be values; a missing end is never taken for zero or for the figure
// before it, since then a period would get the amount of its neighbours too.
func (q *question) own(which side, paired bool) amount {
	end := q.slot(q.asked.last())
	if !end.gives(which, paired) {
		return amount{}
	}
	start, ok := q.start(q.asked.first, which)
	if !ok {
		return amount{gap: true}
	}
	v, _ := end.amount[which].Sub(start)
	return amount{v: v, ok: true, n: 1, fell: v.Sign() < 0}
}

// start gives the year-to-date amount with which a base period begins: 0 at the beginning of the year, and 0 where
// everything before was not applicable or not yet owed.
func (q *question) start(first period.Period, which side) (figure.Int128, bool) {
	if first.Index == 1 {
		return figure.Int128{}, true
	}
	if before := q.slot(first.Prev()); before.gives(which, false) {
		return before.amount[which], true
	}
	return figure.Int128{}, q.unbegun(first) == int(first.Index)-1
}

// unbegun counts the base periods at the beginning of the year, before p, that were not applicable or not owed.
func (q *question) unbegun(p period.Period) int {
	for i := 1; i < int(p.Index); i++ {
		s := q.slot(period.Of(int(p.Year), p.Kind, i))
		if s.owed && (s.excluded || s.state != figure.NotApplicable) {
			return i - 1
		}
	}
	return int(p.Index) - 1
}

// Gap is an amount that belongs to several base periods together and cannot be divided among them.
type Gap struct {
	// First and Last are the base periods over which the amount spans.
	First, Last period.Period
	// Amount is what came in over all of them, at figure.MaxScale: the scale may have grown after the span.
	Amount figure.Int128
}

// Spans tells for one unit whose own amount of a span is missing what closes the gap: the first base period at or after
// the span's end that has a value, and the amount since the last value before the span (R14). It is false where there
// is no gap, where nothing closes it within the year, and for what is not year-to-date. It looks at base periods after
// the span, so it is asked when somebody reads and is no part of a Total. Of a ratio it tells the numerator.
func Spans(ind indicator.Indicator, span period.Period, base period.Kind, f Figures) (Gap, bool) {
	asked := windowOf(span, base)
	if asked.n == 0 || ind.Value != (indicator.Part{Measure: indicator.YearToDate, Time: indicator.TimeLast}) {
		return Gap{}, false
	}
	q := question{ind: ind, m: Own, scale: figure.MaxScale, span: span, asked: asked, f: f}
	q.load()
	if q.own(numerator, false).ok {
		return Gap{}, false
	}
	for p := asked.last(); p.Valid() && p.Year == span.Year; p = p.Next() {
		if end := q.slot(p); end.gives(numerator, false) {
			first, start := q.since(asked.first)
			amount, _ := end.amount[numerator].Sub(start)
			return Gap{First: first, Last: p, Amount: amount}, true
		}
	}
	return Gap{}, false
}

// since gives the latest year-to-date amount before p, and the base period that follows it.
func (q *question) since(p period.Period) (period.Period, figure.Int128) {
	for i := int(p.Index) - 1; i > 0; i-- {
		at := period.Of(int(p.Year), p.Kind, i)
		if s := q.slot(at); s.gives(numerator, false) {
			return at.Next(), s.amount[numerator]
		}
	}
	return period.Of(int(p.Year), p.Kind, q.unbegun(p)+1), figure.Int128{}
}
