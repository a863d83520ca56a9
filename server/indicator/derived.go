package indicator

import (
	"slices"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/formula"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// CleanFormula gives a formula in the form in which it is kept; one that cannot be read stays as it is, and Check tells
// what is wrong with it.
func CleanFormula(s string) string {
	if f, err := formula.Parse(s); err == nil {
		return f.String()
	}
	return s
}

// Derived says whether the indicator is computed from others.
func (i *Indicator) Derived() bool { return i.UnitRule == UnitDerived }

// Parsed gives the formula; nil where there is none that can be read.
func (i *Indicator) Parsed() *formula.Formula {
	if !i.Derived() {
		return nil
	}
	f, err := formula.Parse(i.Formula)
	if err != nil {
		return nil
	}
	return f
}

// checkFormula holds that a formula goes with DERIVED and with nothing else, and can be read.
func (i *Indicator) checkFormula(problems *fault.List) {
	if !i.Derived() {
		if i.Formula != "" {
			problems.Add(fault.Invalid("FORMULA_MISPLACED",
				"rule over units %s has no formula; only DERIVED has, and nobody reports it", i.UnitRule).
				With("unit_rule", i.UnitRule).In("formula"))
		}
		return
	}
	f, err := formula.Parse(i.Formula)
	if err != nil {
		problems.Add(fault.Of(err).In("formula"))
		return
	}
	if f.String() != i.Formula {
		problems.Add(fault.Invalid("TEXT_NOT_CLEAN", "formula %q is not in its stored form: %q", i.Formula, f).In("formula"))
	}
	if len(f.References()) == 0 {
		problems.Add(fault.Invalid("FORMULA_CONSTANT", "formula %q names no indicator; name those that it is computed from in brackets, such as [CQ-06]", f).
			With("formula", f).In("formula"))
	}
	if slices.ContainsFunc(f.References(), func(r formula.Reference) bool { return Code(r.Code).Same(i.Code) }) {
		problems.Add(fault.Invalid("REFERENCE_CIRCLE", "indicator %q cannot be computed from itself, nor from its own earlier periods", i.Code).
			With("circle", i.Code).In("formula"))
	}
}

// checkUnreported holds that nothing is said about how a derived indicator is reported and brought together, for it is
// neither.
func (i *Indicator) checkUnreported(problems *fault.List) {
	for _, f := range []struct {
		name  string
		empty bool
	}{
		{"measure", i.Value.Measure == Flow},
		{"time_rule", i.Value.Time == TimeNone},
		{"denominator_measure", i.Denominator == Part{}},
		{"denominator_indicator", i.DenominatorIndicator == ""},
		{"weight", i.Weight == ""},
		{"at_least", i.AtLeast == 0},
		{"reported_by", len(i.ReportedBy) == 0},
		{"checked_by", len(i.CheckedBy) == 0},
		{"assigned", len(i.Assigned) == 0},
		{"min", i.Min == nil},
		{"max", i.Max == nil},
	} {
		if !f.empty {
			problems.Add(fault.Invalid("DERIVED_FIELD_MISPLACED",
				"indicator %q is computed by its formula and reported by nobody; leave %s empty", i.Code, f.name).
				With("code", i.Code).With("value", f.name).In(f.name))
		}
	}
}

// Sources gives the indicators whose figures an indicator comes to, in any of its versions: itself, or if it is derived
// those that are reported and that its formulas lead to, in the order in which they are found.
func (c *Catalogue) Sources(code Code) []Code {
	known, ok := c.Latest(code)
	if !ok {
		return nil
	}
	if !known.Derived() {
		return []Code{known.Code}
	}
	return c.sources[known.Code.Fold()]
}

// Derived gives the derived indicators, in the order of Codes.
func (c *Catalogue) Derived() []Code {
	var list []Code
	for _, o := range c.sorted {
		if c.versions[o][0].Derived() {
			list = append(list, c.versions[o][0].Code)
		}
	}
	return list
}

// KindsOn gives the kinds of unit whose figures the indicator adds on a day: its own, or if it is derived those of its
// sources, each once.
func (c *Catalogue) KindsOn(code Code, day period.Day) []hierarchy.Kind {
	v, ok := c.On(code, day)
	if !ok || !v.Derived() {
		return v.ReportedBy // none where it did not exist yet
	}
	var kinds []hierarchy.Kind
	for _, source := range c.Sources(code) {
		of, _ := c.On(source, day)
		for _, kind := range of.ReportedBy {
			if !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		}
	}
	return kinds
}

// formulaReferences gives the indicators that a formula names, each once; nothing if it is nil.
func formulaReferences(f *formula.Formula) []reference {
	if f == nil {
		return nil
	}
	var refs []reference
	for _, r := range f.References() {
		ref := reference{"formula", Code(r.Code)}
		if !slices.ContainsFunc(refs, func(known reference) bool { return known.code.Same(ref.code) }) {
			refs = append(refs, ref)
		}
	}
	return refs
}

// findSources finds for each derived indicator the reported ones that it leads to. There are no circles.
func (c *Catalogue) findSources() {
	c.sources = map[Code][]Code{}
	var of func(o int) []Code
	of = func(o int) []Code {
		key := c.versions[o][0].Code.Fold()
		if known, ok := c.sources[key]; ok {
			return known
		}
		var list []Code
		for n := range c.versions[o] {
			for _, ref := range formulaReferences(c.versions[o][n].Parsed()) {
				at, ok := c.find(ref.code)
				if !ok {
					continue
				}
				next := []Code{c.versions[at][0].Code}
				if c.versions[at][0].Derived() {
					next = of(at)
				}
				for _, code := range next {
					if !slices.Contains(list, code) {
						list = append(list, code)
					}
				}
			}
		}
		c.sources[key] = list
		return list
	}
	for o := range c.versions {
		if c.versions[o][0].Derived() {
			of(o)
		}
	}
}

// MaxExpanded is how many numbers and references a formula may come to when each reference to a derived indicator is
// replaced by its formula. It bounds how long a roll-up takes and how many digits its fraction has.
const MaxExpanded = 200

// parsed gives the formula of a version; nil where there is none that can be read. A request asks for each many times.
func (c *change) parsed(v *Indicator) *formula.Formula {
	if !v.Derived() {
		return nil
	}
	f, known := c.formulas[v.Formula]
	if !known {
		f = v.Parsed()
		c.formulas[v.Formula] = f
	}
	return f
}

// givenAt gives the place of a version that this request gives.
func (c *change) givenAt(v *Indicator) (int, bool) {
	at, given := c.first[key{v.Code.Fold(), v.ValidFrom}]
	return at, given
}

// checkNoFigures refuses that what weighs or divides others becomes derived.
func (c *change) checkNoFigures(i int) {
	code := c.given[i].Code
	for _, versions := range c.next.versions {
		for n := range versions {
			if _, given := c.givenAt(&versions[n]); given {
				continue // it is told there
			}
			for _, ref := range references(&versions[n]) {
				if ref.code.Same(code) {
					c.add(i, toDerived(versions[n].Code, code, ref.field).In("unit_rule"))
					return
				}
			}
		}
	}
}

// checkFormulas looks at every derived version of the next catalogue, for a given version may take from another what its
// formula names. A problem is told at the given version that is at fault.
func (c *change) checkFormulas() {
	for _, versions := range c.next.versions {
		for n := range versions {
			v := &versions[n]
			if f := c.parsed(v); f != nil {
				for _, r := range f.References() {
					c.checkReference(v, r)
				}
			}
		}
	}
}

// checkReference asks whether what a formula names is there, and has what is taken of it in all its versions.
func (c *change) checkReference(v *Indicator, r formula.Reference) {
	here, given := c.givenAt(v)
	o, ok := c.next.find(Code(r.Code))
	if !ok {
		if given {
			c.add(here, unknown(v, reference{"formula", Code(r.Code)}))
		}
		return
	}
	for n := range c.next.versions[o] {
		other := &c.next.versions[o][n]
		if r.Amount == formula.Value || other.UnitRule.HasParts() {
			continue
		}
		at, field := here, "formula"
		if !given {
			if at, ok = c.givenAt(other); !ok {
				continue
			}
			field = "unit_rule"
		}
		c.add(at, fault.Invalid("FORMULA_AMOUNT",
			"indicator %s: its formula takes %s, and %s is %s; only RATIO and SHARE_YES have a numerator and a denominator", v.Code, r, other.Code, other.UnitRule).
			With("code", v.Code).With("indicator", other.Code).With("unit_rule", other.UnitRule).In(field))
		return
	}
}

// checkSizes bounds what formulas come to when they are followed to the end. It is asked where there is no circle. Each is
// told at a given version that it leads through.
func (c *change) checkSizes() {
	sizes := map[Code]int{}
	var size func(code Code) int
	size = func(code Code) int {
		code = code.Fold()
		if known, ok := sizes[code]; ok {
			return known
		}
		largest := 1
		versions := c.next.of(code)
		for n := range versions {
			if f := c.parsed(&versions[n]); f != nil {
				largest = max(largest, expanded(f, size))
			}
		}
		sizes[code] = largest
		return largest
	}
	for _, versions := range c.next.versions {
		code := versions[0].Code
		if n := size(code); n > MaxExpanded {
			c.tellSize(code, n)
		}
	}
}

func (c *change) tellSize(code Code, n int) {
	for i := range c.given {
		v := &c.given[i]
		way := c.wayBack(code, v.Code, func(v *Indicator) []reference { return formulaReferences(c.parsed(v)) })
		if v.Derived() && len(way) > 0 {
			c.add(i, fault.Invalid("FORMULA_TOO_LARGE",
				"indicator %s: the formula of %s comes to %d numbers and references when those that it leads to are written out, and %d are the most; make it shorter, or report a part of it",
				v.Code, code, n, MaxExpanded).
				With("code", v.Code).With("indicator", code).With("count", n).With("limit", MaxExpanded).In("formula"))
			return
		}
	}
}

// expanded counts what a formula comes to. A number so large that it is refused need not be exact.
func expanded(f *formula.Formula, size func(Code) int) int {
	total := 0
	var count func(n *formula.Node)
	count = func(n *formula.Node) {
		switch n.Op {
		case formula.Number:
			total++
		case formula.Refer:
			total += size(Code(f.References()[n.Reference].Code))
		default:
		}
		for _, arg := range n.Args {
			count(arg)
		}
	}
	count(f.Root())
	return min(total, 1_000_000)
}
