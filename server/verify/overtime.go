package verify

import (
	"math/big"

	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// window is a stretch of months in a year: from the first place to before the end.
type window struct{ from, end int }

// windowOf gives the months of a span as places in its year.
func windowOf(span period.Period) window {
	n := span.Kind.Months()
	return window{from: (int(span.Index) - 1) * n, end: int(span.Index) * n}
}

// holds says whether the base period that ends at a place lies in the window.
func (w window) holds(place int, s *said) bool {
	return s.owed && place < w.end && place-int(s.months)+1 >= w.from
}

// amount is what one side of a unit's figures comes to over time.
type amount struct {
	ok bool
	// v is in ticks; it belongs to the asking.
	v *big.Int
	// at is the place of a LAST figure, and the end of the window for all others: they are of the whole of it.
	at int
	// fell says that an own amount is below zero, gap that only its start is missing.
	fell, gap bool
}

// windowOf gives the months that a part is taken from: those asked for, or of a flow since the beginning of the year.
func (a *asking) windowOf(p indicator.Part) window {
	w := a.asked
	if a.measure == YearToDate && p.Measure == indicator.Flow {
		w.from = 0
	}
	return w
}

// overTime brings one side together, by the part's measure and rule. With both, only base periods in which the unit gave
// both sides take part. The result is written to v.
func (a *asking) overTime(v *big.Int, p indicator.Part, side int, both bool) amount {
	if a.measure == Own && p.Measure == indicator.YearToDate {
		return a.own(v, side, both)
	}
	w := a.windowOf(p)
	found := amount{v: v.SetInt64(0), at: w.end - 1}
	n := int64(0)
	for place := w.from; place < w.end; place++ {
		s := &a.year[place]
		if !w.holds(place, s) || !s.gave(side, both) || p.Time == indicator.TimeNone && int(s.months) != w.end-w.from {
			continue
		}
		x := setTicks(&a.x, s.amount[side], s.scale)
		if n++; n == 1 {
			v.Set(x)
		} else {
			join(v, x, p.Time)
		}
		if p.Time == indicator.TimeLast {
			found.at = place
		}
	}
	if found.ok = n > 0; found.ok && p.Time == indicator.TimeMean {
		v.Quo(v, a.x.SetInt64(n)) // whole, since ticks divide by every n up to 12
	}
	return found
}

// join adds a later amount to what came before it.
func join(v, x *big.Int, rule indicator.TimeRule) {
	switch rule {
	case indicator.TimeSum, indicator.TimeMean:
		v.Add(v, x)
	case indicator.TimeMin:
		if x.Cmp(v) < 0 {
			v.Set(x)
		}
	case indicator.TimeMax:
		if x.Cmp(v) > 0 {
			v.Set(x)
		}
	case indicator.TimeLast, indicator.TimeNone:
		v.Set(x)
	}
}

// own gives what belongs to the span alone of a figure that counts from the beginning of the year: what stood at the
// span's end less what stood at the end of the base period before it (R14). A missing end is never taken for zero.
func (a *asking) own(v *big.Int, side int, both bool) amount {
	found := amount{v: v.SetInt64(0), at: a.asked.end - 1}
	end := &a.year[a.asked.end-1]
	if !a.asked.holds(a.asked.end-1, end) || !end.gave(side, both) {
		return found
	}
	setTicks(v, end.amount[side], end.scale)
	if from := a.asked.from; from > 0 {
		if start := &a.year[from-1]; start.gave(side, false) {
			v.Sub(v, setTicks(&a.x, start.amount[side], start.scale))
		} else if !a.beginsWithin() {
			found.gap = true
			return found
		}
	}
	found.ok, found.fell = true, v.Sign() < 0
	return found
}

// beginsWithin says whether all base periods of the year before the span were not applicable or not owed, so that what
// counts from the beginning of the year began at 0 in the span.
func (a *asking) beginsWithin() bool {
	for place := range a.asked.from {
		if s := &a.year[place]; s.excluded || s.stands() {
			return false
		}
	}
	return true
}
