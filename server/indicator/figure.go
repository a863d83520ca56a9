package indicator

import (
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
)

// CheckFigure tells what is wrong with a figure of this indicator: which amounts must be there, yes or no, the bounds.
// A denominator of 0 is accepted; the roll-up is then UNDEFINED and keeps both parts. Whether the figure may be
// negative because others divide or weight by it, the indicator alone does not know: see Catalogue.CheckFigure. It
// allocates nothing for a figure that is right.
func (i Indicator) CheckFigure(f figure.Figure) error {
	if err := f.Check(); err != nil || f.State != figure.Value {
		return err
	}
	var problems fault.List
	if i.UnitRule == UnitRatio {
		i.checkRatio(&problems, f)
	} else {
		i.checkValue(&problems, f)
	}
	return problems.Err()
}

func (i *Indicator) checkValue(problems *fault.List, f figure.Figure) {
	if f.HasNumerator || f.HasDenominator {
		field := "numerator"
		if !f.HasNumerator {
			field = "denominator"
		}
		problems.Add(fault.Invalid("FIGURE_PARTS_MISPLACED",
			"indicator %s is no ratio; give a value, without numerator and denominator", i.Code).With("indicator", i.Code).In(field))
	}
	if !f.HasValue {
		if problems.Len() == 0 {
			problems.Add(i.missing("value"))
		}
		return
	}
	if i.UnitRule.YesNo() && f.Value != 0 && f.Value != 1 {
		problems.Add(fault.Invalid("FIGURE_NOT_YES_NO", "indicator %s is 1 (yes) or 0 (no), not %s", i.Code, f.Value.Format(i.Scale)).
			With("indicator", i.Code).With("value", f.Value.Format(i.Scale)).In("value"))
	}
	if i.Min != nil && f.Value < *i.Min {
		problems.Add(i.outside("FIGURE_BELOW_MIN", "value", f.Value.Format(i.Scale), "less than the least", *i.Min))
	}
	if i.Max != nil && f.Value > *i.Max {
		problems.Add(i.outside("FIGURE_ABOVE_MAX", "value", f.Value.Format(i.Scale), "more than the most", *i.Max))
	}
}

func (i *Indicator) checkRatio(problems *fault.List, f figure.Figure) {
	if f.HasValue {
		problems.Add(fault.Invalid("FIGURE_VALUE_MISPLACED",
			"indicator %s is a ratio and is reported by its numerator%s, never as the result, from which no total can be made",
			i.Code, andDenominator(i.OwnDenominator())).With("indicator", i.Code).In("value"))
	}
	if !f.HasNumerator {
		problems.Add(i.missing("numerator"))
	}
	switch {
	case i.OwnDenominator() && !f.HasDenominator:
		problems.Add(i.missing("denominator"))
	case !i.OwnDenominator() && f.HasDenominator:
		problems.Add(fault.Invalid("FIGURE_DENOMINATOR_MISPLACED",
			"indicator %s takes its denominator from %s; give the numerator alone", i.Code, i.DenominatorIndicator).
			With("indicator", i.Code).With("denominator_indicator", i.DenominatorIndicator).In("denominator"))
	case f.HasDenominator && f.Denominator < 0:
		problems.Add(fault.Invalid("FIGURE_DENOMINATOR_NEGATIVE",
			"indicator %s: the denominator %s is negative", i.Code, f.Denominator.Format(i.Scale)).
			With("indicator", i.Code).With("value", f.Denominator.Format(i.Scale)).In("denominator"))
	case f.HasNumerator && f.HasDenominator && f.Denominator > 0:
		i.checkRatioBounds(problems, f)
	}
}

// checkRatioBounds compares numerator × factor / denominator with the bounds, exactly.
func (i *Indicator) checkRatioBounds(problems *fault.List, f figure.Figure) {
	if i.Min == nil && i.Max == nil {
		return
	}
	// Both parts are at the scale, so their quotient has none: it is brought to the scale of the bounds. The product
	// stays below 2^63 × 1000 × 10^6 and cannot overflow.
	num, _ := f.Numerator.Wide().MulInt64(i.Factor() * i.Scale.Factor())
	den := f.Denominator.Wide()
	one := figure.Int128From(1)
	shown := func() string { return figure.Quotient(f.Numerator.Wide(), den, i.Factor(), i.Scale) }
	if i.Min != nil && figure.CompareFractions(num, den, i.Min.Wide(), one) < 0 {
		problems.Add(i.outside("FIGURE_BELOW_MIN", "numerator", shown(), "less than the least", *i.Min))
	}
	if i.Max != nil && figure.CompareFractions(num, den, i.Max.Wide(), one) > 0 {
		problems.Add(i.outside("FIGURE_ABOVE_MAX", "numerator", shown(), "more than the most", *i.Max))
	}
}

func (i *Indicator) missing(field string) error {
	return fault.Invalid("FIGURE_PART_MISSING",
		"indicator %s: the %s is missing; give it, or - if it is not available", i.Code, field).
		With("indicator", i.Code).With("part", field).In(field)
}

func (i *Indicator) outside(reason, field, shown, how string, bound figure.Number) error {
	return fault.Invalid(reason, "indicator %s: %s is %s that it can be, %s", i.Code, shown, how, bound.Format(i.Scale)).
		With("indicator", i.Code).With("value", shown).With("bound", bound.Format(i.Scale)).In(field)
}

func andDenominator(own bool) string {
	if own {
		return " and denominator"
	}
	return ""
}
