package verify

import (
	"math/big"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// asking is one column at work: one indicator, span, measure and basis, for unit after unit.
type asking struct {
	m *Model
	// ind is the version of the span's last day (R21), measure the one that is answered.
	ind         indicator.Indicator
	measure     Measure
	span        period.Period
	asked       window
	provisional bool
	// least is the length in months of the shortest base period of the indicator.
	least int

	// unit and year are of the unit at hand.
	unit int
	year *unitYear

	// Room to compute in.
	x, y   big.Int
	others *others
}

// possible says whether an indicator has the measure: its own amount and that since the beginning of the year are known
// of what flows or counts from the beginning of the year, if it goes over time at all.
func possible(ind *indicator.Indicator, m Measure) bool {
	return m == AsReported || m <= YearToDate && ind.Value.Measure != indicator.Stock && ind.Value.Time != indicator.TimeNone
}

// share adds what the unit at hand comes to: time first (design 4.4), then what the rule over units needs of it.
func (a *asking) share(t *total) {
	t.clear()
	a.cover(t)
	if t.owed > 0 {
		a.value(t)
	}
}

// cover counts the obligations (R10).
func (a *asking) cover(t *total) {
	w := a.windowOf(a.ind.Value)
	for place := w.from; place < w.end; place++ {
		s := &a.year[place]
		if !w.holds(place, s) {
			continue
		}
		t.owed++
		if t.months == 0 || s.months < t.months {
			t.months = s.months
		}
		switch {
		case s.excluded:
			t.excluded++
		case s.state == figure.NotApplicable:
			t.notApplicable++
		case s.state == figure.NotAvailable:
			t.notAvailable++
		case s.state == figure.Value:
			t.received++
			t.late += count(s.late)
		}
	}
	t.owing = count(t.owed > 0)
	t.coarse = a.coarse()
	standing := t.owed - t.excluded - t.notApplicable
	t.units = count(standing > 0)
	t.complete = count(standing > 0 && t.received == standing)
	t.standingLast = count(a.lastStands())
}

// coarse says whether the unit owes a figure for a period that holds the end of the span and cannot be divided into it.
func (a *asking) coarse() bool {
	for place := a.asked.end - 1; place < monthsOfYear; place++ {
		s := &a.year[place]
		if s.owed && place-int(s.months) < a.asked.end-1 && (a.asked.end-a.asked.from)%int(s.months) != 0 {
			return true
		}
	}
	return false
}

// lastStands says whether the last base period of the span is an obligation that asks for a figure.
func (a *asking) lastStands() bool {
	last := &a.year[a.asked.end-1]
	return a.asked.holds(a.asked.end-1, last) && last.stands()
}

// value brings the figures over time and notes what the rule over units adds up.
func (a *asking) value(t *total) {
	if a.ind.UnitRule == indicator.UnitRatio {
		a.ratio(t)
		return
	}
	if a.ind.UnitRule == indicator.UnitShareYes && !a.lastStands() {
		return // stands outside below the line, and therefore above it too (R20)
	}
	v := a.overTime(&t.num, a.ind.Value, 0, false)
	switch {
	case v.gap:
		a.untold(t)
		return
	case !v.ok:
		return
	case a.ind.UnitRule == indicator.UnitWeightedMean:
		w, ok := a.others.weight(a)
		if !ok || w.Sign() < 0 {
			t.unweighted = 1
			t.num.SetInt64(0)
			return
		}
		t.den.Set(w)
		t.num.Mul(&t.num, w)
	case a.ind.UnitRule == indicator.UnitMin, a.ind.UnitRule == indicator.UnitMax:
		t.extreme.Set(&t.num)
		t.hasExtreme = true
	case a.ind.UnitRule.YesNo():
		t.yes = count(t.num.Sign() > 0)
	case a.ind.UnitRule == indicator.UnitCountAtLeast:
		t.yes = count(t.num.Cmp(setTicks(&a.x, int64(a.ind.AtLeast), a.ind.Scale)) >= 0)
	}
	a.counts(t, v)
}

// counts notes that the unit takes part in the value.
func (a *asking) counts(t *total, v amount) {
	t.counted = 1
	t.fell = v.fell
	t.stale = count(v.at < a.asked.end-1)
	t.last.say(v.at)
}

// untold takes the last base period out of what was received: the figure is there, and the amount that is asked for
// cannot be made of it, because the start is missing (R14).
func (a *asking) untold(t *total) {
	t.num.SetInt64(0)
	t.den.SetInt64(0)
	t.gaps = 1
	t.received--
	t.complete = 0
	t.late -= count(a.year[a.asked.end-1].late)
}

// ratio notes both parts of a unit that has both; one with a part alone is half (R15). Parts with one rule over time go
// together base period by base period, so that no numerator stands over another period's denominator.
func (a *asking) ratio(t *total) {
	both := a.ind.OwnDenominator() && a.ind.Value.Time == a.ind.Denominator.Time
	num := a.overTime(&t.num, a.ind.Value, 0, both)
	var den amount
	if a.ind.OwnDenominator() {
		den = a.overTime(&t.den, a.ind.Denominator, 1, both)
	} else if num.ok {
		den, t.from = a.others.denominator(a, &t.den)
		den.at = num.at
	}
	switch {
	case num.ok && den.ok:
		num.fell = num.fell || den.fell
		num.at = min(num.at, den.at)
		a.counts(t, num)
		if a.summed() {
			t.half = a.halves()
		}
		return
	case num.gap || den.gap:
		a.untold(t)
		return
	case a.summed():
		t.half = a.halves()
	case both:
		t.half = count(a.halves() > 0)
	default:
		t.half = count(num.ok != den.ok && t.received > 0)
	}
	t.num.SetInt64(0)
	t.den.SetInt64(0)
}

// summed says whether both parts are sums of flows. Then base periods are matched and left out one by one, else units.
func (a *asking) summed() bool {
	sum := indicator.Part{Measure: indicator.Flow, Time: indicator.TimeSum}
	return a.ind.OwnDenominator() && a.ind.Value == sum && a.ind.Denominator == sum
}

// halves counts the figures with one part alone.
func (a *asking) halves() int64 {
	w, d := a.windowOf(a.ind.Value), a.windowOf(a.ind.Denominator)
	w.from = min(w.from, d.from)
	n := int64(0)
	for place := w.from; place < w.end; place++ {
		s := &a.year[place]
		if w.holds(place, s) && !s.excluded && s.state == figure.Value && !s.gave(0, true) {
			n++
		}
	}
	return n
}

func count(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
