package rollup

import (
	"slices"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Crosses tells whether the figures of an indicator can be brought together over a change of the tree (R2): what adds up
// or has an extreme can, whoever reported it. A mean of units, a weight, or a count of units is of the units that there
// were, and says nothing of those that came after them.
func Crosses(ind *indicator.Indicator) bool {
	switch ind.UnitRule {
	case indicator.UnitSum, indicator.UnitRatio, indicator.UnitMin, indicator.UnitMax:
		return true
	default:
		return false
	}
}

// AddsUp tells whether the units of a component can be added one by one, as if no change had joined them, because nothing
// is told twice: of what sums over time and units, and of what stands in one base period.
func AddsUp(ind indicator.Indicator, m Measure, span period.Period, base period.Kind) bool {
	asked := windowOf(span, base)
	m = measured(ind, m)
	switch {
	case SumsBases(ind, m):
		return true
	case !Crosses(&ind) || asked.n != 1 || m.window(ind.Value, asked).n != 1:
		return false
	case ind.UnitRule == indicator.UnitRatio:
		return ind.OwnDenominator() && m.window(ind.Denominator, asked).n == 1
	}
	return true
}

// Together is what the units of a lineage component add to the roll-up of a span.
type Together struct {
	Total Total
	// Folded is by how much the figures received are more than the base periods by which a mean over time is divided, for
	// the figures of several units for one base period are one there: see [Coverage].
	Folded int64
	// Taken tells for each unit which base period of the span gave its LAST figure, as a place in the span; -1 for none.
	// It is nil where the value is not by the rule LAST.
	Taken []int
	// Left tells for each unit, as bits by their places, whose figures another of a longer base period and a later side
	// stands for; nil where there are none.
	Left []uint16
}

// Joined says of the units of a component what their figures do not tell.
type Joined struct {
	// Side tells on which side of the changes a period lies: the later the larger.
	Side func(period.Period) int
	// Months gives the length of the base period of a unit, by its place, that ends with a period of the cadence in which
	// the units are asked. It is nil where all are as long as that.
	Months func(unit int, end period.Period) int
}

// Component gathers the units that a change of the tree joined into one body (R2). It is Contribute for them together,
// for the rules that cross a change. The body's figure for a base period is what its units gave for it: their sum, of a
// ratio the sums of the parts, or their extreme by the rules MIN and MAX. SUM adds all of them, MEAN, MIN and MAX over
// time go over them, and LAST takes those of one side: the newest on which any unit gave a figure, and there each unit's
// latest, so that nothing is counted before a change and after it.
//
// What is not summed over time and units counts as one unit: the component is in Count once, and is stale once if any
// figure that was taken is older than the last base period. Its obligations, and who is complete, are counted by unit as
// ever.
func Component(
	ind indicator.Indicator, m Measure, span period.Period, base period.Kind, joined Joined, units ...Figures,
) Together {
	var t Together
	asked := windowOf(span, base)
	if asked.n == 0 || len(units) == 0 {
		return t
	}
	if AddsUp(ind, m, span, base) {
		for _, f := range units {
			t.Total.Merge(Contribute(ind, m, span, base, f))
		}
		return t
	}
	c := component{asked: asked, joined: joined, members: make([]member, len(units))}
	for i, f := range units {
		c.members[i].question = question{ind: ind, m: measured(ind, m), scale: ind.Scale, span: span, asked: asked, f: f}
		c.members[i].load()
	}
	c.q = &c.members[0].question
	if joined.Months != nil && AddsUp(ind, m, span, span.Kind) && c.allWhole() {
		for i := range c.members {
			var one Total
			c.members[i].count(&one)
			c.members[i].add(&one)
			t.Total.Merge(one)
		}
		return t
	}
	for i := range c.members {
		c.members[i].count(&c.members[i].total)
	}
	t.Folded = c.folded()
	c.add(&t)
	for i := range c.members {
		if c.members[i].gap {
			c.members[i].withdraw(&c.members[i].total)
		}
		t.Total.Merge(c.members[i].total)
	}
	return t
}

// component is one call of Component.
type component struct {
	// q is the question of the first member: what does not depend on the unit is the same in all.
	q       *question
	asked   window
	joined  Joined
	members []member
}

// member is one unit.
type member struct {
	question
	total Total // its obligations
	// gap says that it gave the figure at the end and its own amount cannot be told.
	gap bool
}

// joint is an amount of several units.
type joint struct {
	amount
	// differ says that the LAST figures are not of one base period.
	differ bool
	taken  []int
	left   []uint16
}

// add adds the component by the rule over units.
func (c *component) add(t *Together) {
	ind := &c.q.ind
	if ind.UnitRule == indicator.UnitRatio {
		c.addRatio(t)
		return
	}
	v := c.part(ind.Value, numerator, false)
	t.Taken, t.Left = v.taken, v.left
	if !v.ok {
		return
	}
	switch ind.UnitRule {
	case indicator.UnitMin:
		t.Total.Min, t.Total.HasMin = v.v, true
	case indicator.UnitMax:
		t.Total.Max, t.Total.HasMax = v.v, true
	default:
		t.Total.Sum = WideOf(v.v)
	}
	c.counts(t, &v)
}

// addRatio adds both parts of a component that has both, each by its own rule over time, else counts it as half (R15).
func (c *component) addRatio(t *Together) {
	ind := &c.q.ind
	own := ind.OwnDenominator()
	if c.q.m == Own && own && ind.Value.Measure == indicator.YearToDate && ind.Denominator.Measure == indicator.YearToDate {
		c.addOwnRatio(t)
		return
	}
	paired := own && ind.Value.Time == ind.Denominator.Time
	num := c.part(ind.Value, numerator, paired)
	t.Taken, t.Left = num.taken, num.left
	var den joint
	if own {
		den = c.part(ind.Denominator, denominator, paired)
	} else if num.ok {
		den = c.newest(ind.DenominatorIndicator)
	}
	if !num.ok || !den.ok {
		t.Total.Half = c.half(num.ok, den.ok, paired)
		return
	}
	t.Total.Numerator, t.Total.Denominator = WideOf(num.v), WideOf(den.v)
	if own {
		num.join(&den)
	} else {
		t.Total.Age = trailOf(den.lag, den.differ)
	}
	c.counts(t, &num)
}

// join notes what there is to say about the other part of a ratio.
func (j *joint) join(den *joint) {
	j.fell = j.fell || den.fell
	j.differ = j.differ || den.differ || den.lag != j.lag && j.lag > 0 && den.lag > 0
	j.lag = max(j.lag, den.lag)
}

// half counts what was given of a component that lacks a part; where an own amount cannot be told that is a gap.
func (c *component) half(num, den, paired bool) int64 {
	if slices.ContainsFunc(c.members, func(u member) bool { return u.gap }) {
		return 0
	}
	switch {
	case paired:
		var n int64
		for i := range c.members {
			n += one(c.members[i].unpaired())
		}
		return n
	case !c.q.ind.OwnDenominator():
		return one(num)
	}
	return one(num != den && c.received() > 0)
}

// addOwnRatio adds what the units gained themselves, those of which both parts are known.
func (c *component) addOwnRatio(t *Together) {
	for i := range c.members {
		u := &c.members[i]
		t.Taken = append(t.Taken, -1)
		num, den := u.gained(numerator, true), u.gained(denominator, true)
		switch {
		case num.ok && den.ok:
			t.Total.Numerator, t.Total.Denominator = t.Total.Numerator.Plus(WideOf(num.v)), t.Total.Denominator.Plus(WideOf(den.v))
			t.Total.Count, t.Taken[i] = 1, u.asked.n-1
			if num.fell || den.fell {
				t.Total.Fell = 1
			}
		case num.gap || den.gap:
			u.gap = true
		default:
			t.Total.Half += one(u.unpaired())
		}
	}
}

// counts notes a component that takes part in the value.
func (c *component) counts(t *Together, v *joint) {
	t.Total.Count = 1
	t.Total.Fell = one(v.fell)
	t.Total.Stale = one(v.lag > 0)
	t.Total.Lag = trailOf(v.lag, v.differ)
}

// folded counts, for each base period, the figures that units gave for it beside the first.
func (c *component) folded() int64 {
	if c.q.ind.Value.Time != indicator.TimeMean {
		return 0
	}
	n := c.received()
	if c.joined.Months != nil {
		return n - c.cellsWithFigures()
	}
	for i := range c.q.loaded.n {
		for m := range c.members {
			if s := &c.members[m].slots[i]; s.owed && !s.excluded && s.state == figure.Value {
				n--
				break
			}
		}
	}
	return n
}

// trailOf is trailAt, or a trail in which no place can be read however many are added.
func trailOf(place int, differ bool) Trail {
	t := trailAt(place)
	t.Squares += one(differ)
	return t
}

func (c *component) received() int64 {
	var n int64
	for i := range c.members {
		n += c.members[i].total.Received
	}
	return n
}

// part brings one side together over units and time.
func (c *component) part(p indicator.Part, which side, paired bool) joint {
	if c.q.m == Own && p.Measure == indicator.YearToDate {
		return c.own(which, paired)
	}
	w := c.q.m.window(p, c.asked)
	if p.Time == indicator.TimeLast {
		return c.latest(w, which, paired)
	}
	if c.joined.Months != nil {
		return c.overPieces(p, w, which, paired)
	}
	var s series
	for i := range w.n {
		if x, ok := c.base(w.at(i), which, paired); ok {
			s.add(x, i)
		}
	}
	return joint{amount: s.over(p.Time, w.n)}
}

// base gives the component's figure for a base period.
func (c *component) base(p period.Period, which side, paired bool) (figure.Int128, bool) {
	var sum figure.Int128
	some := false
	for i := range c.members {
		if x := c.members[i].slot(p); x.gives(which, paired) {
			sum, some = c.join(sum, x.amount[which], some), true
		}
	}
	return sum, some
}

// join brings the figures of two units together. Each has 83 bits at most, so that no number of units that can exist
// fills a sum, not even times MeanUnit.
func (c *component) join(a, b figure.Int128, some bool) figure.Int128 {
	switch rule := c.q.ind.UnitRule; {
	case !some, rule == indicator.UnitMin && b.Cmp(a) < 0, rule == indicator.UnitMax && b.Cmp(a) > 0:
		return b
	case rule == indicator.UnitMin, rule == indicator.UnitMax:
		return a
	}
	sum, _ := a.Add(b)
	return sum
}

// latest takes the newest side on which any unit gave a figure, and there each unit's latest.
func (c *component) latest(w window, which side, paired bool) joint {
	found := joint{taken: make([]int, len(c.members))}
	newest := w.n - 1
	for newest >= 0 {
		if _, ok := c.base(w.at(newest), which, paired); ok {
			break
		}
		newest--
	}
	for i := range c.members {
		found.taken[i] = -1
		for at := newest; at >= 0 && c.joined.Side(w.at(at)) == c.joined.Side(w.at(newest)); at-- {
			if x := c.members[i].slot(w.at(at)); x.gives(which, paired) {
				found.take(c, i, at, w, x.amount[which])
				break
			}
		}
	}
	return found
}

// take takes a figure in.
func (j *joint) take(c *component, unit, at int, w window, x figure.Int128) {
	lag := (w.n - 1 - at) * w.first.Kind.Months()
	j.differ = j.differ || j.ok && lag != j.lag
	j.v = c.join(j.v, x, j.ok)
	j.lag = max(j.lag, lag)
	j.ok, j.n, j.taken[unit] = true, j.n+1, at
}

// own adds what each unit gained in its part of the span: an own amount is a flow, and adds up.
func (c *component) own(which side, paired bool) joint {
	var found joint
	for i := range c.members {
		u := &c.members[i]
		a := u.gained(which, paired)
		u.gap = u.gap || a.gap
		found.taken = append(found.taken, -1)
		if a.ok {
			found.taken[i] = u.asked.n - 1
			found.v, found.ok = c.join(found.v, a.v, found.ok), true
			found.fell = found.fell || a.fell
			found.n++
		}
	}
	return found
}

// gained gives the own amount of a unit over the base periods of the span that it owed: one that ended within the span
// has its end with its last obligation.
func (u *member) gained(which side, paired bool) amount {
	for u.asked.n > 1 {
		if end := u.slot(u.asked.last()); end.owed {
			break
		}
		u.asked.n--
	}
	return u.own(which, paired)
}

// newest gives the newest figure of another indicator that may stand under this span, of the newest side on which any
// unit gave one and of each unit its newest there; its lag is the place in the order of DenominatorPeriods.
func (c *component) newest(code indicator.Code) joint {
	var found joint
	if _, known := c.q.f.Other(code); !known {
		return found
	}
	taken := make([]bool, len(c.members))
	place, on := 0, 0
	for p := range DenominatorPeriods(c.q.span) {
		for i := range c.members {
			n, ok := c.members[i].given(code, p)
			if !ok || taken[i] || found.ok && c.joined.Side(p) != on {
				continue
			}
			found.differ = found.differ || found.ok && place != found.lag
			found.v, _ = found.v.Add(n)
			found.lag = max(found.lag, place)
			found.ok, taken[i], on = true, true, c.joined.Side(p)
		}
		place++
	}
	return found
}
