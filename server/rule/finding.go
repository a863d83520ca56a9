package rule

import (
	"math/big"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/formula"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Finding is a rule that does not hold of a report.
type Finding struct {
	Rule *InForce
	// Indicator names the figure that is to be corrected or explained, and Amount what of it; Figure is what it says.
	Indicator indicator.Code
	Amount    formula.Amount
	Figure    figure.Figure
	// Numbers are those that the rule is about.
	Numbers []Number

	// shown are the numbers by the references of the condition; empty where there is none.
	shown []string
}

// Number is one of the numbers that a finding is about.
type Number struct {
	// Label says what it is: a reference without its brackets, an earlier one with its period instead of its shift, or a part of
	// the condition.
	Label string
	// Text is the number as a decimal of the wire, rounded to four decimals where it has more.
	Text string

	// reference is the place of what it is among the references of the condition; -1 for others.
	reference int
}

// decimals is how many decimals a number is shown with that has more.
const decimals = 4

// decimal writes a number for people.
func decimal(r *big.Rat) string {
	return figure.QuotientBig(r.Num(), r.Denom(), 1, scaleOf(r))
}

// scaleOf is how many decimals a number needs, if it is not more than an indicator may have.
func scaleOf(r *big.Rat) figure.Scale {
	for scale := figure.Scale(0); scale <= figure.MaxScale; scale++ {
		if new(big.Rat).Mul(r, big.NewRat(scale.Factor(), 1)).IsInt() {
			return scale
		}
	}
	return decimals
}

// finding makes one of the parts that made the condition false.
func (h *holding) finding(why []*formula.Node) Finding {
	f := Finding{Rule: h.rule, shown: make([]string, len(h.given.Values))}
	for n, v := range h.given.Values {
		if v != nil {
			f.shown[n] = decimal(v)
		}
	}
	var named []int
	for _, n := range why {
		named = mentioned(named, n)
	}
	for _, at := range named {
		if f.shown[at] != "" {
			f.Numbers = append(f.Numbers, Number{Label: h.label(at), Text: f.shown[at], reference: at})
		}
	}
	for _, n := range why {
		h.computed(&f, n)
	}
	h.blame(&f, named)
	return f
}

// mentioned appends the references below a node that are not there yet.
func mentioned(list []int, n *formula.Node) []int {
	if n.Op == formula.Refer && !slices.Contains(list, n.Reference) {
		list = append(list, n.Reference)
	}
	for _, arg := range n.Args {
		list = mentioned(list, arg)
	}
	return list
}

// label names a reference: CQ-06.num, and of an earlier period CQ-06.num (2024-01).
func (h *holding) label(at int) string {
	ref := h.rule.condition.References()[at]
	base := shifted(h.base, ref)
	ref.Years, ref.Periods = 0, 0
	return dated(ref, base, h.base)
}

func dated(ref formula.Reference, base, report period.Period) string {
	name := strings.Trim(ref.String(), "[]")
	if base != report {
		name += " (" + base.String() + ")"
	}
	return name
}

// computed adds what a part of the condition comes to where it is more than a reference or a number.
func (h *holding) computed(f *Finding, n *formula.Node) {
	add := func(label string, value *big.Rat) {
		f.Numbers = append(f.Numbers, Number{Label: label, Text: decimal(value), reference: -1})
	}
	switch n.Op { //nolint:exhaustive // of the claims
	case formula.Compare:
		for _, side := range n.Args {
			if side.Op == formula.Refer || side.Op == formula.Number {
				continue
			}
			if value, ok := h.given.Number(side); ok {
				add(h.rule.condition.Text(side), value)
			}
			h.deviations(side, add)
		}
	case formula.NeverFalls:
		earlier := h.given.Earlier[n.Series]
		if at := slices.IndexFunc(earlier, func(v *big.Rat) bool { return v != nil }); at >= 0 {
			add(dated(h.rule.condition.References()[n.Args[0].Reference], h.base.Shift(-at-1), h.base), earlier[at])
		}
	}
}

// The labels of what an outlier was measured by; people read them in their language.
const (
	labelMedian = "median"
	labelSpread = "spread"
)

// deviations adds what outliers below a node were measured by.
func (h *holding) deviations(n *formula.Node, add func(string, *big.Rat)) {
	if n.Op == formula.Outlier {
		if d, ok := h.given.Deviation(n); ok {
			add(labelMedian, d.Median)
			add(labelSpread, d.Spread)
		}
	}
	for _, arg := range n.Args {
		h.deviations(arg, add)
	}
}

// blame says which figure is to be corrected or explained: the first that is there, else the first that should be.
func (h *holding) blame(f *Finding, named []int) {
	refs := h.rule.condition.References()
	for at := range refs {
		if !slices.Contains(named, at) {
			named = append(named, at)
		}
	}
	for _, at := range named {
		ref := refs[at]
		if !isHere(ref) {
			continue
		}
		g := h.reports.Given(indicator.Code(ref.Code), h.base)
		if f.Indicator != "" && g.Figure.State == figure.Absent {
			continue
		}
		f.Indicator, f.Amount, f.Figure = indicator.Code(ref.Code), ref.Amount, g.Figure
		if g.Indicator != nil {
			f.Indicator = g.Indicator.Code
		}
		if g.Figure.State != figure.Absent {
			return
		}
	}
}

// Explained says whether a warning needs nothing more.
func (f *Finding) Explained() bool { return f.Figure.Explanation != "" }

// labels are the words that readers of Vietnamese see.
var labels = map[string]string{labelMedian: "trung vị", labelSpread: "độ lệch trung vị"}

// Vietnamese and English say what is wrong, with the numbers as each writes them.
func (f *Finding) Vietnamese() string { return f.say(f.Rule.vi, figure.Vietnamese) }

// English is Vietnamese where the rule has no English text, but for the numbers.
func (f *Finding) English() string {
	if len(f.Rule.en) == 0 {
		return f.say(f.Rule.vi, figure.English)
	}
	return f.say(f.Rule.en, figure.English)
}

func (f *Finding) say(pieces []piece, format figure.NumberFormat) string {
	var b strings.Builder
	told := make([]bool, len(f.shown))
	for _, p := range pieces {
		switch {
		case p.reference < 0:
			b.WriteString(p.words)
		case f.shown[p.reference] == "":
			b.WriteString("–")
		default:
			told[p.reference] = true
			b.WriteString(figure.Localise(f.shown[p.reference], format))
		}
	}
	text := strings.TrimSuffix(b.String(), ".")
	var rest []string
	for _, n := range f.Numbers {
		if n.reference >= 0 && told[n.reference] {
			continue
		}
		label := n.Label
		if word, ok := labels[label]; ok && format == figure.Vietnamese {
			label = word
		}
		rest = append(rest, label+" = "+figure.Localise(n.Text, format))
	}
	if len(rest) == 0 {
		return text
	}
	return text + " (" + strings.Join(rest, "; ") + ")"
}

// Values gives the numbers for programs: A = 5; B = 4.5.
func (f *Finding) Values() string {
	list := make([]string, len(f.Numbers))
	for i, n := range f.Numbers {
		list[i] = n.Label + " = " + n.Text
	}
	return strings.Join(list, "; ")
}

// Refusal is what the reporter is told. It names no field; an explanation is asked for at the figure of Indicator.
func (f *Finding) Refusal() *fault.Error {
	r := f.Rule
	var e *fault.Error
	switch {
	case r.Severity == Error:
		e = fault.Invalid("RULE_VIOLATED", "rule %s of form %s: %s; correct the figures, or ask who keeps the rules", r.Code, r.Form, f.English())
	case f.Figure.State == figure.Absent:
		e = fault.Invalid("EXPLANATION_REQUIRED",
			"rule %s of form %s: %s; give %s, or send - with an explanation of why there is none", r.Code, r.Form, f.English(), f.Indicator).
			With("absent", f.Indicator)
	default:
		e = fault.Invalid("EXPLANATION_REQUIRED",
			"rule %s of form %s: %s; correct the figures, or explain them in the explanation of %s", r.Code, r.Form, f.English(), f.Indicator).
			With("explained", f.Indicator)
	}
	return e.With("rule", r.Code).With("form", r.Form).With("indicator", f.Indicator).With("values", f.Values()).With("text", f.Vietnamese())
}
