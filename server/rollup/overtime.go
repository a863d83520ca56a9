package rollup

import (
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
)

// amount is what a part comes to over the base periods of one unit.
type amount struct {
	// v is carried: × carry of the part's rule over time.
	v  figure.Int128
	ok bool
	// n is how many base periods gave an amount.
	n int64
	// lag is by how many months a LAST figure ends before the span.
	lag int
	// fell and gap are of own amounts of year-to-date figures.
	fell, gap bool
}

// carry is the factor under which a part is carried: means over time are exact as multiples of 1/27,720 (R16).
func carry(rule indicator.TimeRule) int64 {
	if rule == indicator.TimeMean {
		return figure.MeanUnit
	}
	return 1
}

// part brings one side of the unit's figures together over time. With paired only base periods with both sides count.
func (q *question) part(p indicator.Part, which side, paired bool) amount {
	if q.m == Own && p.Measure == indicator.YearToDate {
		return q.own(which, paired)
	}
	w := q.m.window(p, q.asked)
	var s series
	for i := range w.n {
		if x := q.slot(w.at(i)); x.gives(which, paired) {
			s.add(x.amount[which], i)
		}
	}
	a := s.over(p.Time, w.n)
	a.lag *= w.first.Kind.Months()
	return a
}

// series gathers the amounts of base periods in their order.
type series struct {
	sum, last, min, max figure.Int128
	n                   int64
	lastAt              int
}

// add takes the next amount. It has 83 bits at most, and twelve of them cannot overflow their sum.
func (s *series) add(x figure.Int128, at int) {
	s.sum, _ = s.sum.Add(x)
	if s.n == 0 || x.Cmp(s.min) < 0 {
		s.min = x
	}
	if s.n == 0 || x.Cmp(s.max) > 0 {
		s.max = x
	}
	s.last, s.lastAt = x, at
	s.n++
}

// over applies the rule over time to a window of so many base periods. A missing base period is left out, never zero. The
// lag that it gives counts base periods.
func (s *series) over(rule indicator.TimeRule, bases int) amount {
	if s.n == 0 || rule == indicator.TimeNone && bases > 1 {
		return amount{}
	}
	a := amount{v: s.sum, ok: true, n: s.n}
	switch rule {
	case indicator.TimeMean:
		a.v, _ = s.sum.MulInt64(figure.MeanUnit / s.n)
	case indicator.TimeMin:
		a.v = s.min
	case indicator.TimeMax:
		a.v = s.max
	case indicator.TimeLast:
		a.v, a.lag = s.last, bases-1-s.lastAt
	case indicator.TimeSum, indicator.TimeNone:
	}
	return a
}

// value brings the unit's value over time and notes in the total what there is to say about it.
func (q *question) value(t *Total) amount {
	a := q.part(q.ind.Value, numerator, false)
	switch {
	case a.gap:
		q.withdraw(t)
	case a.ok:
		q.counts(t, a)
	}
	return a
}

// counts notes a unit whose amount takes part.
func (q *question) counts(t *Total, a amount) {
	t.Count = 1
	t.Fell = one(a.fell)
	t.Stale = one(a.lag > 0)
	t.Lag = trailAt(a.lag)
}
