package verify

import (
	"math/big"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// total is what units come to together, before anything is divided. That of one unit is made by asking.share.
type total struct {
	tally
	// num and den are in ticks; under a weight num is in square ticks. extreme is the least or the greatest value, if
	// hasExtreme says so.
	num, den, extreme big.Int
}

// tally is what is counted and noted.
type tally struct {
	// The obligations (R10), and how many of the last base period stand (R20).
	owed, received, notAvailable, notApplicable, excluded, late int64
	standingLast                                                int64
	// owing counts units that owe anything, units those of them that owe something that stands, complete those that gave a
	// value for all of that.
	owing, units, complete int64
	// counted counts units that take part in the value, yes those of them that say yes.
	counted, yes                  int64
	half, unweighted, stale, gaps int64
	fell, hasExtreme              bool
	// months is the length of the shortest base period that is owed. coarse says that somebody owes a figure of a period so
	// long that the span has none: then no sum is whole (R4).
	months uint8
	coarse bool
	// last tells of which base period LAST figures are, from of which period a borrowed denominator is.
	last agreedPlace
	from source
}

// agreedPlace is a place in the year, as long as all agree on it.
type agreedPlace struct {
	some, differ bool
	place        int
}

func (p *agreedPlace) say(place int) { p.join(agreedPlace{some: true, place: place}) }

func (p *agreedPlace) join(o agreedPlace) {
	switch {
	case !o.some:
	case !p.some:
		*p = o
	default:
		p.differ = p.differ || o.differ || p.place != o.place
	}
}

// source is a period, as long as all agree on it.
type source struct {
	some, differ bool
	period       period.Period
}

func (s *source) join(o source) {
	switch {
	case !o.some:
	case !s.some:
		*s = o
	default:
		s.differ = s.differ || o.differ || s.period != o.period
	}
}

// clear makes it nothing.
func (t *total) clear() {
	t.tally = tally{}
	t.num.SetInt64(0)
	t.den.SetInt64(0)
}

// add adds other units.
func (t *total) add(o *total, rule indicator.UnitRule) {
	t.coarse = t.coarse || o.coarse
	if o.owed == 0 {
		return
	}
	if t.months == 0 || o.months < t.months {
		t.months = o.months
	}
	t.owed += o.owed
	t.received += o.received
	t.notAvailable += o.notAvailable
	t.notApplicable += o.notApplicable
	t.excluded += o.excluded
	t.late += o.late
	t.standingLast += o.standingLast
	t.owing += o.owing
	t.units += o.units
	t.complete += o.complete
	t.half += o.half
	t.unweighted += o.unweighted
	t.gaps += o.gaps
	if o.counted == 0 {
		return
	}
	t.counted += o.counted
	t.yes += o.yes
	t.stale += o.stale
	t.fell = t.fell || o.fell
	t.num.Add(&t.num, &o.num)
	t.den.Add(&t.den, &o.den)
	t.last.join(o.last)
	t.from.join(o.from)
	if !o.hasExtreme {
		return
	}
	sign := o.extreme.Cmp(&t.extreme)
	if !t.hasExtreme || rule == indicator.UnitMin && sign < 0 || rule == indicator.UnitMax && sign > 0 {
		t.extreme.Set(&o.extreme)
		t.hasExtreme = true
	}
}

// result is what finishing needs to know besides a total.
type result struct {
	ind  *indicator.Indicator
	span period.Period
	// months is how long the shortest base periods are where nobody owes any.
	months uint8
}

// answer divides, once. Self says that the unit itself owes something.
func (r *result) answer(t *total, self bool) Answer { return r.worth(t, self).Answer }

// worth is answer with the exact numbers.
func (r *result) worth(t *total, self bool) worth {
	if t.coarse {
		return worth{Answer: Answer{State: stateNotAtPeriod}}
	}
	base := int(t.months)
	if base == 0 {
		base = int(r.months)
	}
	a := worth{Answer: Answer{
		State: stateNoData, Expected: t.owed - t.notApplicable - t.excluded,
		Received: t.received, NotAvailable: t.notAvailable, NotApplicable: t.notApplicable, Excluded: t.excluded, Late: t.late,
		Stale: t.stale, UnitsComplete: t.complete, Units: t.units, Half: t.half, Unweighted: t.unweighted, Gaps: t.gaps,
	}}
	a.Missing = a.Expected - a.Received - a.NotAvailable
	switch {
	case r.ind.UnitRule == indicator.UnitMean:
		a.Over = t.counted
	case r.ind.Value.Time == indicator.TimeMean:
		a.Over = t.received
	}
	switch span := r.span.Kind.Months(); {
	case span%base != 0:
		return worth{Answer: Answer{State: stateNotAtPeriod}}
	case r.ind.Value.Time == indicator.TimeNone && span != base:
		a.State = stateNotAtPeriod
	case r.ind.UnitRule == indicator.UnitNone && max(t.counted, t.owing) > 1:
		a.State = stateNotRolledUp
	case t.counted == 0:
	case r.ind.UnitRule == indicator.UnitNone && !self:
		a.State = stateNotRolledUp // A rank is its unit's own and nothing to those above.
	default:
		a.Fell = t.fell
		a.Last = r.lastOf(t)
		r.value(&a, t)
	}
	return a
}

// lastOf gives the base period that the LAST figures are of.
func (r *result) lastOf(t *total) string {
	isLast := r.ind.Value.Time == indicator.TimeLast || r.ind.OwnDenominator() && r.ind.Denominator.Time == indicator.TimeLast
	if !isLast || t.last.differ {
		return ""
	}
	for _, kind := range period.Kinds() {
		if kind.Months() == int(t.months) {
			return period.Of(int(r.span.Year), kind, t.last.place/kind.Months()+1).String()
		}
	}
	return ""
}

// value writes state, value and parts.
func (r *result) value(a *worth, t *total) {
	scale, factor := r.ind.Scale, big.NewInt(r.ind.Factor())
	switch r.ind.UnitRule {
	case indicator.UnitRatio:
		r.ratio(a, t, factor)
	case indicator.UnitWeightedMean:
		if overflows(&t.num, squareTicks, scale) || overflows(&t.den, ticks, 0) {
			a.State = stateOverflow
			return
		}
		a.quotient(&t.num, new(big.Int).Mul(&t.den, ticks), scale)
	case indicator.UnitMin, indicator.UnitMax:
		a.quotient(&t.extreme, ticks, scale)
	case indicator.UnitCountYes, indicator.UnitCountAtLeast:
		a.quotient(big.NewInt(t.yes), big.NewInt(1), 0)
	case indicator.UnitShareYes:
		if t.standingLast > 0 {
			yes, all := big.NewInt(t.yes), big.NewInt(t.standingLast)
			a.Numerator, a.Denominator = yes.String(), all.String()
			a.num, a.den = new(big.Rat).SetInt(yes), new(big.Rat).SetInt(all)
			a.quotient(yes.Mul(yes, factor), all, scale)
		}
	default: // NONE, SUM and MEAN.
		if overflows(&t.num, ticks, scale) {
			a.State = stateOverflow
			return
		}
		over := int64(1)
		if r.ind.UnitRule == indicator.UnitMean {
			over = t.counted
		}
		a.quotient(&t.num, new(big.Int).Mul(ticks, big.NewInt(over)), scale)
	}
}

func (r *result) ratio(a *worth, t *total, factor *big.Int) {
	scale, under := r.ind.Scale, r.ind.Scale
	if !r.ind.OwnDenominator() {
		under = figure.MaxScale
		if !t.from.differ {
			a.DenominatorFrom = t.from.period.String()
		}
	}
	if overflows(&t.num, ticks, scale) || overflows(&t.den, ticks, under) {
		a.State = stateOverflow
		return
	}
	a.Numerator, a.Denominator = decimal(&t.num, ticks, scale), decimal(&t.den, ticks, under)
	a.num, a.den = new(big.Rat).SetFrac(&t.num, ticks), new(big.Rat).SetFrac(&t.den, ticks)
	a.quotient(new(big.Int).Mul(&t.num, factor), &t.den, scale)
}

// quotient writes num / den; where den is 0 there is no value (design 4.2).
func (a *worth) quotient(num, den *big.Int, scale figure.Scale) {
	if den.Sign() == 0 {
		a.State = stateUndefined
		return
	}
	a.State, a.Value = stateValue, decimal(num, den, scale)
	a.value = new(big.Rat).SetFrac(num, den)
}
