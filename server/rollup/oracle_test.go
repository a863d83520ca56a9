package rollup_test

import (
	"math/big"
	"slices"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// The oracle computes roll-ups from all the figures at once, with fractions of any size and without totals. It is slow
// and reads like the rules; it shares no code with the package. nil is "no amount".

// verdict is what the oracle says.
type verdict struct {
	state    rollup.State
	value    *big.Rat
	coverage rollup.Coverage
	fell     bool
}

// oracle holds one question.
type oracle struct {
	s       *story
	m       *measured
	measure rollup.Measure
	span    period.Period
	asked   []period.Period
	unit    string
}

func (o *oracle) given(code indicator.Code, p period.Period) given {
	return o.s.gave[rollup.Official][key{o.unit, code, p}]
}

// amounts gives what a side has in each of the base periods.
func (o *oracle) amounts(bases []period.Period, side int, both bool) []*big.Rat {
	list := make([]*big.Rat, len(bases))
	for i, p := range bases {
		g := o.given(o.m.Code, p)
		f := g.figure
		if g.unowed || g.excluded || f.State != figure.Value {
			continue
		}
		n, has := f.Value, f.HasValue
		if o.m.UnitRule == indicator.UnitRatio {
			n, has = f.Numerator, f.HasNumerator
			if side == 1 {
				n, has = f.Denominator, f.HasDenominator
			}
			has = has && (!both || f.HasNumerator && f.HasDenominator)
		}
		if has {
			list[i] = decimal(n, o.m.Scale)
		}
	}
	return list
}

func decimal(n figure.Number, scale figure.Scale) *big.Rat {
	den := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	return new(big.Rat).SetFrac(big.NewInt(int64(n)), den)
}

// sinceNewYear gives the base periods of the year until the end of the span.
func (o *oracle) sinceNewYear() []period.Period {
	var list []period.Period
	for _, p := range period.Of(int(o.span.Year), period.Year, 1).Bases(o.m.base) {
		if p.Ordinal() <= o.asked[len(o.asked)-1].Ordinal() {
			list = append(list, p)
		}
	}
	return list
}

// bases gives the base periods that a part is made of.
func (o *oracle) bases(p indicator.Part) []period.Period {
	if o.measure == rollup.YearToDate && p.Measure == indicator.Flow && o.possible() {
		return o.sinceNewYear()
	}
	return o.asked
}

func (o *oracle) possible() bool {
	return o.m.Value.Measure != indicator.Stock && o.m.Value.Time != indicator.TimeNone
}

// part is an amount over time; at is the place of a LAST figure; gap says that only the start of an own amount is missing.
type part struct {
	v     *big.Rat
	stale bool
	gap   bool
}

func (o *oracle) part(p indicator.Part, side int, both bool) part {
	if o.measure == rollup.Own && p.Measure == indicator.YearToDate && o.possible() {
		return o.own(side, both)
	}
	list := o.amounts(o.bases(p), side, both)
	return part{v: overTime(list, p.Time), stale: p.Time == indicator.TimeLast && list[len(list)-1] == nil}
}

// overTime brings a list over time; nil where it has nothing.
func overTime(list []*big.Rat, rule indicator.TimeRule) *big.Rat {
	bases := len(list)
	list = slices.DeleteFunc(slices.Clone(list), func(r *big.Rat) bool { return r == nil })
	if len(list) == 0 || rule == indicator.TimeNone && bases > 1 {
		return nil
	}
	sum := new(big.Rat)
	for _, r := range list {
		sum.Add(sum, r)
	}
	switch rule {
	case indicator.TimeSum:
		return sum
	case indicator.TimeMean:
		return sum.Quo(sum, new(big.Rat).SetInt64(int64(len(list))))
	case indicator.TimeMin:
		return slices.MinFunc(list, (*big.Rat).Cmp)
	case indicator.TimeMax:
		return slices.MaxFunc(list, (*big.Rat).Cmp)
	default:
		return list[len(list)-1]
	}
}

func (o *oracle) own(side int, both bool) part {
	all := o.sinceNewYear()
	end := o.amounts(all, side, both)[len(all)-1]
	if end == nil {
		return part{}
	}
	before := len(all) - len(o.asked)
	start := new(big.Rat)
	if before > 0 {
		if s := o.amounts(all, side, false)[before-1]; s != nil {
			start = s
		} else if !o.unbegun(all[:before]) {
			return part{gap: true}
		}
	}
	return part{v: new(big.Rat).Sub(end, start)}
}

// unbegun is true where nothing was owed or applicable.
func (o *oracle) unbegun(list []period.Period) bool {
	return !slices.ContainsFunc(list, func(p period.Period) bool {
		g := o.given(o.m.Code, p)
		return !g.unowed && (g.excluded || g.figure.State != figure.NotApplicable)
	})
}

// other gives another indicator's figure of a period.
func (o *oracle) other(code indicator.Code, p period.Period) *big.Rat {
	g := o.given(code, p)
	if g.excluded || g.figure.State != figure.Value || !g.figure.HasValue {
		return nil
	}
	return decimal(g.figure.Value, o.s.indicators[code].Scale)
}

// newest looks through all figures of the unit for the best denominator.
func (o *oracle) newest(code indicator.Code) *big.Rat {
	end := func(p period.Period) int {
		months := p.Months()
		return months[len(months)-1].Ordinal()
	}
	var best *big.Rat
	newest := 0
	for k := range o.s.gave[rollup.Official] {
		age := end(o.span) - end(k.period)
		if k.unit != o.unit || k.code != code || age > 24 || age < 0 && !k.period.Contains(o.span) {
			continue
		}
		if v := o.other(code, k.period); v != nil && end(k.period) >= newest {
			best, newest = v, end(k.period)
		}
	}
	return best
}

// weight gives the weight of the unit: over the periods of its own that make up the span, or of the one that contains it.
func (o *oracle) weight() *big.Rat {
	w := o.s.indicators[o.m.Weight]
	year := period.Of(int(o.span.Year), period.Year, 1).Bases(w.base)
	own := o.span.Bases(w.base)
	if len(own) == 0 {
		for _, p := range year {
			if v := o.other(w.Code, p); v != nil && p.Contains(o.span) {
				return v
			}
		}
		return nil
	}
	var list []*big.Rat
	for _, p := range year {
		fromNewYear := o.measure == rollup.YearToDate && w.Value.Measure == indicator.Flow && o.possible()
		if p.Ordinal() <= own[len(own)-1].Ordinal() && (fromNewYear || p.Ordinal() >= own[0].Ordinal()) {
			list = append(list, o.other(w.Code, p))
		}
	}
	return overTime(list, w.Value.Time)
}

// contribution is what one unit gives.
type contribution struct {
	num, den *big.Rat
	counts   bool
	stands   bool // The last base period is an obligation.
}

// count counts the obligations of the unit.
func (o *oracle) count(c *rollup.Coverage) (stands bool) {
	received, missing, outside, owed := 0, 0, 0, 0
	bases := o.bases(o.m.Value)
	for _, p := range bases {
		g := o.given(o.m.Code, p)
		stands = !g.unowed && !g.excluded && g.figure.State != figure.NotApplicable
		if g.unowed {
			continue
		}
		owed++
		switch {
		case g.excluded:
			outside++
			c.Excluded++
		case g.figure.State == figure.NotApplicable:
			outside++
			c.NotApplicable++
		case g.figure.State == figure.NotAvailable:
			missing++
			c.NotAvailable++
		case g.figure.State == figure.Value:
			received++
			c.Received++
			if g.late {
				c.Late++
			}
		default:
			missing++
			c.Missing++
		}
	}
	c.Expected += int64(owed - outside)
	if owed > outside {
		if len(bases) == 1 {
			c.Units++
		} else {
			c.Units++
			if missing == 0 {
				c.UnitsComplete++
			}
		}
	}
	if len(bases) == 1 {
		c.UnitsComplete += int64(received)
	}
	return stands
}

// gap takes the last figure out of what was received.
func (o *oracle) gap(c *rollup.Coverage, complete bool) {
	c.Gaps++
	c.Received--
	c.Missing++
	if complete {
		c.UnitsComplete--
	}
	if o.given(o.m.Code, o.asked[len(o.asked)-1]).late {
		c.Late--
	}
}

// contribute asks one unit.
func (o *oracle) contribute(v *verdict) contribution {
	completeBefore := v.coverage.UnitsComplete
	c := contribution{stands: o.count(&v.coverage)}
	if o.m.UnitRule == indicator.UnitShareYes && !c.stands {
		return c
	}
	both := o.m.OwnDenominator() && o.m.Value.Time == o.m.Denominator.Time
	num := o.part(o.m.Value, 0, both)
	c.num, c.counts = num.v, num.v != nil
	if num.gap {
		o.gap(&v.coverage, v.coverage.UnitsComplete > completeBefore)
		return c
	}
	stale := num.stale
	switch o.m.UnitRule {
	case indicator.UnitRatio:
		den := o.denominator(both)
		if den.gap {
			c.counts = false
			o.gap(&v.coverage, v.coverage.UnitsComplete > completeBefore)
			return c
		}
		stale = stale || den.stale
		c.den, c.counts = den.v, num.v != nil && den.v != nil
		o.half(v, c, both)
	case indicator.UnitWeightedMean:
		c.den = o.weight()
		if c.counts && (c.den == nil || c.den.Sign() < 0) {
			c.counts = false
			v.coverage.Unweighted++
		}
	default:
	}
	if c.counts && stale {
		v.coverage.Stale++
	}
	if c.counts && o.measure == rollup.Own && o.possible() {
		v.fell = v.fell || o.m.Value.Measure == indicator.YearToDate && c.num.Sign() < 0 ||
			o.m.OwnDenominator() && o.m.Denominator.Measure == indicator.YearToDate && c.den.Sign() < 0
	}
	return c
}

func (o *oracle) denominator(both bool) part {
	if o.m.OwnDenominator() {
		return o.part(o.m.Denominator, 1, both)
	}
	return part{v: o.newest(o.m.DenominatorIndicator)}
}

// half counts what was sent and left out.
func (o *oracle) half(v *verdict, c contribution, both bool) {
	summed := indicator.Part{Measure: indicator.Flow, Time: indicator.TimeSum}
	lacking, received := int64(0), false
	for _, p := range o.bases(o.m.Value) {
		g := o.given(o.m.Code, p)
		came := !g.unowed && !g.excluded && g.figure.State == figure.Value
		received = received || came
		if came && (!g.figure.HasNumerator || !g.figure.HasDenominator) {
			lacking++
		}
	}
	switch {
	case !o.m.OwnDenominator():
		v.coverage.Half += btoi(c.num != nil && c.den == nil)
	case o.m.Value == summed && o.m.Denominator == summed:
		v.coverage.Half += lacking
	case both:
		v.coverage.Half += btoi(!c.counts && lacking > 0)
	default:
		v.coverage.Half += btoi((c.num == nil) != (c.den == nil) && received)
	}
}

func btoi(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
