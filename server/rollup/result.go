package rollup

import (
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// State says whether a roll-up has a value, and if not, why.
type State uint8

// The states. Zero is a value.
const (
	// NoData means that no unit gave an amount that counts.
	NoData State = iota
	// Value means that there is one.
	Value
	// Undefined means that the denominator is 0; both parts are given.
	Undefined
	// NotAtThisPeriod means that the indicator has no figure for periods of this length (R4).
	NotAtThisPeriod
	// Overflow means that an amount does not fit 128 bits.
	Overflow
	// NotRolledUp means that there are several units and the rule over units is NONE.
	NotRolledUp
)

// String gives the word of the API.
func (s State) String() string {
	return word([]string{"NO_DATA", "VALUE", "UNDEFINED", "NOT_AT_THIS_PERIOD", "OVERFLOW", "NOT_ROLLED_UP"}, s)
}

// Expected is what a scope owes for a span, from the assignments alone: it does not depend on what was sent.
type Expected struct {
	// Owed counts the obligations: pairs of a unit and a base period of Bases.
	Owed int64
	// Last counts those of the last base period, Units the units that owe at least one. Both are needed for spans of
	// several base periods only.
	Last, Units int64
}

// Expect gives what one unit owes.
func Expect(ind indicator.Indicator, m Measure, span period.Period, base period.Kind, f Figures) Expected {
	var e Expected
	w := measured(ind, m).window(ind.Value, windowOf(span, base))
	for i := range w.n {
		owed := one(f.Owed(w.at(i)))
		e.Owed += owed
		e.Last = owed
	}
	e.Units = one(e.Owed > 0)
	return e
}

// Merge adds what other units owe.
func (e *Expected) Merge(o Expected) {
	e.Owed += o.Owed
	e.Last += o.Last
	e.Units += o.Units
}

// Coverage says how far a roll-up can be trusted. Expected is Received plus NotAvailable plus Missing; NotApplicable and
// Excluded stand outside; Late and Half are part of Received (R10). Nothing is clamped: a number below zero shows that
// what is owed and what was merged do not belong together.
type Coverage struct {
	Expected, Received, NotAvailable, Missing int64
	NotApplicable, Excluded                   int64
	Late, Half, Unweighted, Stale             int64
	// UnitsComplete counts, of Units that owe something that is not outside, those that gave a value for all of it.
	UnitsComplete, Units int64
	// Divisor is by how many values was divided: units for a MEAN over units, else base periods for a MEAN over time (R16).
	Divisor int64
	// Gaps counts year-to-date figures whose own amount cannot be told; they are part of Missing.
	Gaps int64
}

// Result is what a total comes to.
type Result struct {
	State State
	// Value is exact, in the unit of measure; no number unless State is Value. Plans and ranks compare it.
	Value Fraction
	// Display is Value rounded half away from zero to the scale.
	Display string
	// Numerator and Denominator are the parts of a ratio or a share, with the same parts rounded for display.
	Numerator, Denominator               Fraction
	NumeratorDisplay, DenominatorDisplay string
	Coverage                             Coverage
	// Fell tells that the year-to-date figure of at least one unit is lower than the one before (R14).
	Fell bool
	// PartsDiffer tells of a derived indicator that its parts do not have the same coverage (R18).
	PartsDiffer bool
	// Single marks the figure of one unit under the rule NONE: it is that unit's own and nobody else's.
	Single bool
	// From is the base period that the LAST figures are of; no period if units differ or the rule is another.
	From period.Period
	// DenominatorFrom is the period of the other indicator's figures; no period if units differ (R15).
	DenominatorFrom period.Period
}

// Finisher says what the totals of one question come to. What does not depend on the total is found once, for a question
// is asked of many units; a Finisher can be used by several goroutines.
type Finisher struct {
	ind   *indicator.Indicator
	span  period.Period
	asked window
	// short is true for a span of one base period, in which an obligation is a unit.
	short bool
	rule  shortRule
}

// NewFinisher takes what the totals were made with. The indicator must not change.
func NewFinisher(ind *indicator.Indicator, m Measure, span period.Period, base period.Kind) Finisher {
	f := Finisher{ind: ind, span: span, asked: windowOf(span, base), rule: shortRuleOf(ind)}
	f.short = f.asked.n > 0 && measured(*ind, m).window(ind.Value, f.asked).n == 1
	return f
}

// Scales gives the scales at which value, numerator and denominator of an indicator are shown.
func Scales(ind *indicator.Indicator) (value, numerator, denominator figure.Scale) {
	switch {
	case ind.UnitRule == indicator.UnitShareYes:
		return ind.Scale, 0, 0
	case ind.UnitRule == indicator.UnitRatio && !ind.OwnDenominator():
		return ind.Scale, ind.Scale, figure.MaxScale
	}
	return ind.Scale, ind.Scale, ind.Scale
}

// answer is one total at work.
type answer struct {
	*Finisher
	t      *Total
	e      Expected
	result *Result
}

// Finish says what a total comes to. The arguments before the total are those with which it was made.
func Finish(ind indicator.Indicator, m Measure, span period.Period, base period.Kind, t Total, e Expected) Result {
	f := NewFinisher(&ind, m, span, base)
	return f.Finish(&t, e)
}

// Finish says what a total comes to.
func (f *Finisher) Finish(t *Total, e Expected) Result {
	var r Result
	f.Exact(t, e, &r)
	value, numerator, denominator := Scales(f.ind)
	r.Display = r.Value.Decimal(value)
	r.NumeratorDisplay, r.DenominatorDisplay = r.Numerator.Decimal(numerator), r.Denominator.Decimal(denominator)
	return r
}

// Exact is Finish without the texts, into a result that is zero.
func (f *Finisher) Exact(t *Total, e Expected, r *Result) {
	if f.asked.n == 0 {
		// What there is of other periods is no part of an answer.
		r.State = NotAtThisPeriod
		return
	}
	if f.short {
		e.Last, e.Units = e.Owed, e.Owed
	}
	a := answer{Finisher: f, t: t, e: e, result: r}
	f.coverage(t, &e, &r.Coverage)
	switch {
	case f.ind.Value.Time == indicator.TimeNone && f.asked.n > 1:
		r.State = NotAtThisPeriod
	case f.ind.UnitRule == indicator.UnitNone && max(t.Count, e.Units) > 1:
		r.State = NotRolledUp
	case t.Count > 0:
		r.Fell = t.Fell > 0
		r.From = a.from()
		a.finish()
	}
}

// coverage counts obligations; in a span of one base period a unit is complete that was received.
func (f *Finisher) coverage(t *Total, e *Expected, c *Coverage) {
	*c = Coverage{
		Expected: e.Owed - t.NotApplicable - t.Excluded,
		Received: t.Received, NotAvailable: t.NotAvailable, NotApplicable: t.NotApplicable, Excluded: t.Excluded,
		Late: t.Late, Half: t.Half, Unweighted: t.Unweighted, Stale: t.Stale, Gaps: t.Gaps,
		UnitsComplete: t.Complete, Units: e.Units - t.Outside,
	}
	c.Missing = c.Expected - c.Received - c.NotAvailable
	if f.short {
		c.UnitsComplete, c.Units = c.Received, c.Expected
	}
	switch {
	case f.ind.UnitRule == indicator.UnitMean:
		c.Divisor = t.Count
	case f.ind.Value.Time == indicator.TimeMean:
		c.Divisor = t.Received
	}
}

// expectedLast counts the obligations of the last base period that are not outside (R20).
func (a *answer) expectedLast() int64 {
	if a.short {
		return a.result.Coverage.Expected
	}
	return a.e.Last - a.t.OutsideLast
}

// from gives the base period of the LAST figures, if all units agree.
func (a *answer) from() period.Period {
	isLast := a.ind.Value.Time == indicator.TimeLast || a.ind.OwnDenominator() && a.ind.Denominator.Time == indicator.TimeLast
	months, agreed := a.t.Lag.place(a.t.Count)
	if !isLast || !agreed {
		return period.Period{}
	}
	lag := months / a.asked.first.Kind.Months()
	if lag >= a.asked.n {
		return period.Period{}
	}
	return a.asked.at(a.asked.n - 1 - lag)
}

// denominatorFrom gives the period of the other indicator's figures, if all units agree.
func (a *answer) denominatorFrom() period.Period {
	place, agreed := a.t.Age.place(a.t.Count)
	if !agreed {
		return period.Period{}
	}
	for p := range DenominatorPeriods(a.span) {
		if place == 0 {
			return p
		}
		place--
	}
	return period.Period{}
}

// amount gives sum / count, a sum of values of the indicator.
func (a *answer) amount(sum Wide, count int64) {
	c := carry(a.ind.Value.Time)
	if !sum.within(c) {
		a.result.State = Overflow
		return
	}
	a.value(sum, wideInt(count).Times(c).Times(a.ind.Scale.Factor()))
}

// value gives num / den as the value of the roll-up.
func (a *answer) value(num, den Wide) {
	if den.IsZero() {
		a.result.State = Undefined
		return
	}
	a.result.State = Value
	a.result.Value = fractionOf(num, den)
}
