package rollup

import (
	"iter"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// maxAge is how many months before the end of the asked period a borrowed denominator's period may end (R15).
const maxAge = 24

// frequencies are the kinds of period that a form can have, from short to long.
var frequencies = [...]period.Kind{period.Month, period.Quarter, period.Half, period.Year}

// newest gives the newest figure of another indicator that may stand under this span, and its place in the order of
// DenominatorPeriods.
func (q *question) newest(code indicator.Code) (figure.Int128, int, bool) {
	if _, known := q.f.Other(code); !known {
		return figure.Int128{}, 0, false
	}
	place := 0
	for p := range DenominatorPeriods(q.span) {
		if n, ok := q.given(code, p); ok {
			return n, place, true
		}
		place++
	}
	return figure.Int128{}, 0, false
}

// given gives another indicator's value of one period, at the largest scale, so that totals add up whatever the scale of
// that indicator was when each was made.
func (q *question) given(code indicator.Code, p period.Period) (figure.Int128, bool) {
	f, scale := q.f.At(code, p)
	return f.Value.At(scale, figure.MaxScale), f.State == figure.Value && f.HasValue
}

// DenominatorPeriods gives the periods from which a denominator that is another indicator's figure may be taken, the
// one to be preferred first: those that contain the span or end no later than it, latest end first and shorter before
// longer, none that ended more than 24 months before the span does (R15).
func DenominatorPeriods(span period.Period) iter.Seq[period.Period] {
	return func(yield func(period.Period) bool) {
		months := windowOf(span, period.Month)
		if months.n == 0 {
			return
		}
		end := months.last().Ordinal()
		month := period.Of(int(span.Year), period.Month, maxBases)
		for ; month.Ordinal() >= end-maxAge; month = month.Prev() {
			for _, kind := range frequencies {
				p, ok := endingWith(month, kind)
				if ok && (month.Ordinal() <= end || p.Contains(span)) && !yield(p) {
					return
				}
			}
		}
	}
}

// endingWith gives the period of a kind whose last month is this one.
func endingWith(month period.Period, kind period.Kind) (period.Period, bool) {
	if int(month.Index)%kind.Months() != 0 {
		return period.Period{}, false
	}
	return period.Of(int(month.Year), kind, int(month.Index)/kind.Months()), true
}
