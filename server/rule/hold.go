package rule

import (
	"math/big"
	"slices"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/formula"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Reports tells what the unit of a report gave with its form.
type Reports interface {
	// Given gives what is said of an indicator in a base period; nothing where nothing was reported.
	Given(code indicator.Code, base period.Period) Given
}

// Given is what is said of an indicator in one report.
type Given struct {
	// Indicator is the version of the base period's last day; nil where the form does not ask for it then, or not this unit.
	Indicator *indicator.Indicator
	Figure    figure.Figure
}

// InForce is a rule that is ready to be held against reports. It never changes.
type InForce struct {
	Rule
	condition *formula.Condition
	vi, en    []piece
}

// Ready makes a rule ready that is in no set, to try it. The error is that of Check.
func (r Rule) Ready() (*InForce, error) { return r.compile() }

// Speaks says whether the rule names an indicator.
func (r *InForce) Speaks(code indicator.Code) bool {
	return slices.ContainsFunc(r.condition.References(), func(ref formula.Reference) bool { return code.Same(indicator.Code(ref.Code)) })
}

// looksBack says whether the rule looks at earlier reports.
func (r *InForce) looksBack() bool {
	return len(r.condition.Series()) > 0 ||
		slices.ContainsFunc(r.condition.References(), func(ref formula.Reference) bool { return !isHere(ref) })
}

func shifted(base period.Period, ref formula.Reference) period.Period {
	return base.ShiftYears(-ref.Years).Shift(-ref.Periods)
}

// holding is one rule held against one report.
type holding struct {
	rule    *InForce
	base    period.Period
	reports Reports
	given   formula.Given
}

// Hold holds the rule against the report of a base period. It is false where the rule holds or is not known to.
func (r *InForce) Hold(base period.Period, reports Reports) (Finding, bool) {
	h := holding{rule: r, base: base, reports: reports}
	refs := r.condition.References()
	h.given.Values, h.given.Excused = make([]*big.Rat, len(refs)), make([]bool, len(refs))
	for n, ref := range refs {
		g := reports.Given(indicator.Code(ref.Code), shifted(base, ref))
		h.given.Values[n] = amount(&g, ref.Amount)
		h.given.Excused[n] = g.Indicator == nil || g.Figure.State == figure.NotApplicable
	}
	for _, s := range r.condition.Series() {
		h.given.Earlier = append(h.given.Earlier, h.earlier(s))
	}
	truth, why := r.condition.Holds(&h.given)
	if truth != formula.False {
		return Finding{}, false
	}
	return h.finding(why), true
}

// earlier reads what a function looks back at. Of a cumulative amount the newest value is enough.
func (h *holding) earlier(s formula.Series) []*big.Rat {
	ref := h.rule.condition.References()[s.Reference]
	now := h.reports.Given(indicator.Code(ref.Code), h.base)
	values := make([]*big.Rat, 0, s.Periods)
	for n := 1; n <= s.Periods; n++ {
		base := h.base.Shift(-n)
		if s.Cumulative && base.Year != h.base.Year && sinceNewYear(&now, ref.Amount) {
			break
		}
		g := h.reports.Given(indicator.Code(ref.Code), base)
		value := amount(&g, ref.Amount)
		values = append(values, value)
		if s.Cumulative && value != nil {
			break
		}
	}
	return values
}

// sinceNewYear says whether an amount counts since the beginning of its year.
func sinceNewYear(g *Given, of formula.Amount) bool {
	if g.Indicator == nil {
		return false
	}
	part := g.Indicator.Value
	if of == formula.Denominator {
		part = g.Indicator.Denominator
	}
	return part.Measure == indicator.YearToDate
}

// amount gives what a reference takes of a figure; nil where there is none. The value of a ratio is in its unit of measure.
func amount(g *Given, of formula.Amount) *big.Rat {
	if g.Indicator == nil || g.Figure.State != figure.Value {
		return nil
	}
	f, scale := &g.Figure, g.Indicator.Scale
	switch {
	case of == formula.Numerator && f.HasNumerator:
		return ratOf(f.Numerator, scale)
	case of == formula.Denominator && f.HasDenominator:
		return ratOf(f.Denominator, scale)
	case of != formula.Value:
	case f.HasValue:
		return ratOf(f.Value, scale)
	case f.HasNumerator && f.HasDenominator && f.Denominator != 0:
		value := big.NewRat(int64(f.Numerator), 1)
		value.Mul(value, big.NewRat(g.Indicator.Factor(), 1))
		return value.Quo(value, big.NewRat(int64(f.Denominator), 1))
	}
	return nil
}

func ratOf(n figure.Number, scale figure.Scale) *big.Rat { return big.NewRat(int64(n), scale.Factor()) }

// Try makes a rule ready that has an expression alone, to see what it would find. What it finds says the expression.
func Try(f form.Code, expression string) (*InForce, error) {
	c, err := formula.ParseCondition(expression)
	if err != nil {
		return nil, fault.Of(err).In("expression")
	}
	r := &InForce{Rule: Rule{Form: f, Expression: c.String()}, condition: c, vi: []piece{{words: c.String(), reference: -1}}}
	if !slices.ContainsFunc(c.References(), isHere) {
		return nil, withoutFigure("the rule")
	}
	return r, nil
}
