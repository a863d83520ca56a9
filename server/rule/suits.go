package rule

import (
	"slices"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/formula"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Suits tells what a rule that passed Check speaks of and cannot have: a form or an indicator that is not there, an indicator
// that the form does not ask for from the rule's first day on, or a part that an indicator does not have. It looks at the
// forms and the catalogue as they are; what changes later is passed over where reports are held against the rule.
func (r Rule) Suits(forms *form.Set, catalogue *indicator.Catalogue) error {
	versions := asked(forms.Versions(r.Form), r.ValidFrom)
	if len(versions) == 0 {
		return fault.NotFound("FORM_NOT_FOUND", "there is no form %q; see the list of forms for the codes", r.Form).
			With("form", r.Form).In("form")
	}
	c, err := formula.ParseCondition(r.Expression)
	if err != nil {
		return fault.Of(err).In("expression")
	}
	var problems fault.List
	for _, ref := range c.References() {
		if err := suits(ref, versions, catalogue); err != nil {
			problems.Add(fault.Of(err).In("expression"))
		}
	}
	return problems.Err()
}

// asked keeps the versions that are in force on a day or later.
func asked(versions []form.Form, from period.Day) []form.Form {
	n := 0
	for n+1 < len(versions) && versions[n+1].ValidFrom <= from {
		n++
	}
	return versions[min(n, len(versions)):]
}

func suits(ref formula.Reference, versions []form.Form, catalogue *indicator.Catalogue) error {
	code := indicator.Code(ref.Code)
	ind, known := catalogue.Latest(code)
	switch {
	case !known:
		return fault.NotFound("INDICATOR_NOT_FOUND", "there is no indicator %q; see the list of indicators for the codes", ref.Code).
			With("indicator", ref.Code)
	case !slices.ContainsFunc(versions, func(f form.Form) bool { return f.Carries(code) }):
		return fault.Invalid("RULE_INDICATOR_NOT_IN_FORM",
			"form %s does not ask for indicator %s; a rule speaks of what its form asks for", versions[0].Code, ind.Code).
			With("form", versions[0].Code).With("indicator", ind.Code)
	case ind.UnitRule == indicator.UnitRatio && !ind.OwnDenominator() && ref.Amount != formula.Numerator:
		return fault.Invalid("RULE_NUMERATOR_ALONE",
			"indicator %s takes its denominator from %s, so a report has its numerator alone; write [%s.num]", ind.Code, ind.DenominatorIndicator, ind.Code).
			With("indicator", ind.Code).With("denominator_indicator", ind.DenominatorIndicator)
	case ind.UnitRule != indicator.UnitRatio && ref.Amount != formula.Value:
		return fault.Invalid("RULE_NO_RATIO", "indicator %s is no ratio; write [%s], without .num and .den", ind.Code, ind.Code).With("indicator", ind.Code)
	}
	return nil
}
