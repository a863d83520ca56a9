package reporting

import (
	"fmt"
	"slices"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
)

// kindWithoutUnits warns of a kind that no unit ever had: most likely it is misspelt, and the figure would never be owed.
func (g granted) kindWithoutUnits(kind hierarchy.Kind) *fault.Error {
	tree := g.tx.Tree()
	for n := range tree.Len() {
		if tree.At(n).Kind == kind {
			return nil
		}
	}
	return fault.Invalid("KIND_WITHOUT_UNITS", "there is no unit of the kind %s; is it spelt as in the units?", kind).With("kind", string(kind))
}

// losesFigures warns of a form that is replaced from its first day by one that no longer asks for an indicator: what was
// reported stays, and counts no more.
func (g granted) losesFigures(f *form.Form) []form.Warning {
	old, known := sameFormVersion(g.tx.Forms().Versions(f.Code), *f)
	if !known {
		return nil
	}
	var warnings []form.Warning
	for _, code := range old.Indicators {
		if !f.Carries(code) && g.tx.IndicatorUsed(code) {
			warnings = append(warnings, fault.Invalid("FORM_LOSES_INDICATOR",
				"form %s no longer asks for %s, also in the past: figures that were reported stay, and count no more; to leave it out from a day on, give valid_from",
				f.Code, code).With("form", f.Code).With("indicator", code).In("indicators"))
		}
	}
	return warnings
}

// losesRules warns of rules that speak of an indicator which a form ceases to ask for: they are passed over from then on.
func (g granted) losesRules(f *form.Form) []form.Warning {
	old, known := g.tx.Forms().On(f.Code, f.ValidFrom)
	if !known {
		return nil
	}
	var warnings []form.Warning
	for _, r := range g.tx.Definitions().Rules().Of(old.Code, f.ValidFrom) {
		for _, code := range old.Indicators {
			if !f.Carries(code) && r.Speaks(code) {
				warnings = append(warnings, fault.Invalid("FORM_LOSES_RULE",
					"form %s no longer asks for %s, of which its rule %s speaks; the rule is passed over where it needs it: change the rule, or end it with OFF",
					f.Code, code, r.Code).With("form", f.Code).With("indicator", code).With("rule", r.Code).In("indicators"))
			}
		}
	}
	return warnings
}

// warnForms warns of what is allowed in forms and most likely not meant.
func (g granted) warnForms(forms []form.Form) []form.Warning {
	var warnings []form.Warning
	for i := range forms {
		at := fmt.Sprintf("forms[%d]", i)
		for _, sel := range forms[i].Assigned {
			if sel.Kind == "" {
				continue
			}
			if w := g.kindWithoutUnits(sel.Kind); w != nil {
				warnings = append(warnings, w.In("assigned").In(at))
			}
		}
		for _, w := range slices.Concat(g.losesFigures(&forms[i]), g.losesRules(&forms[i])) {
			warnings = append(warnings, w.In(at))
		}
	}
	return warnings
}
