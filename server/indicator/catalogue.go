package indicator

import (
	"cmp"
	"maps"
	"slices"
	"sort"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/period"
)

// Catalogue is a set of dated versions of indicators. It never changes, so any number of goroutines may read it; With
// gives a new one. The zero value is the empty catalogue.
type Catalogue struct {
	versions [][]Indicator   // by ordinal, each by ValidFrom
	ordinals map[Code]int    // by folded code
	sorted   []int           // ordinals in the order of folded codes
	weighs   map[Code]bool   // folded codes that are a weight or a denominator of others
	sources  map[Code][]Code // by folded code: the reported indicators that a derived one leads to
}

// Empty gives the catalogue without indicators.
func Empty() *Catalogue { return &Catalogue{} }

// On gives the version in force on that day.
func (c *Catalogue) On(code Code, day period.Day) (Indicator, bool) {
	versions := c.of(code)
	n := sort.Search(len(versions), func(i int) bool { return versions[i].ValidFrom > day })
	if n == 0 {
		return Indicator{}, false
	}
	return versions[n-1], true
}

// Latest gives the version that begins last.
func (c *Catalogue) Latest(code Code) (Indicator, bool) {
	versions := c.of(code)
	if len(versions) == 0 {
		return Indicator{}, false
	}
	return versions[len(versions)-1], true
}

// Versions gives every version of the code, the earliest first; nothing if the code is unknown.
func (c *Catalogue) Versions(code Code) []Indicator { return slices.Clone(c.of(code)) }

// Codes gives every code in its spelling, in the order of the folded codes.
func (c *Catalogue) Codes() []Code {
	codes := make([]Code, len(c.sorted))
	for i, o := range c.sorted {
		codes[i] = c.versions[o][0].Code
	}
	return codes
}

// Len is the number of codes; their ordinals are 0 to Len-1.
func (c *Catalogue) Len() int { return len(c.versions) }

// Ordinal gives a code's place in the order of acceptance; it is the same in every later catalogue.
func (c *Catalogue) Ordinal(code Code) (int, bool) {
	o, ok := c.find(code)
	return o, ok
}

// At gives the code with that ordinal, which must be 0 to Len-1.
func (c *Catalogue) At(ordinal int) Code { return c.versions[ordinal][0].Code }

// DependentsOn gives the indicators that, in any version, are weighted by this one or have it as denominator; both in
// the order of Codes.
func (c *Catalogue) DependentsOn(code Code) (weights, denominators []Code) {
	for _, o := range c.sorted {
		versions := c.versions[o]
		if slices.ContainsFunc(versions, func(v Indicator) bool { return v.Weight != "" && v.Weight.Same(code) }) {
			weights = append(weights, versions[0].Code)
		}
		if slices.ContainsFunc(versions, func(v Indicator) bool {
			return v.DenominatorIndicator != "" && v.DenominatorIndicator.Same(code)
		}) {
			denominators = append(denominators, versions[0].Code)
		}
	}
	return weights, denominators
}

// CheckFigure adds to Indicator.CheckFigure what the catalogue knows: a figure by which others are weighted (R19) or
// divided (R15) is not negative.
func (c *Catalogue) CheckFigure(i Indicator, f figure.Figure) error {
	if err := i.CheckFigure(f); err != nil {
		return err
	}
	if f.HasValue && f.Value < 0 && c.weighs[i.Code.Fold()] {
		return fault.Invalid("FIGURE_NEGATIVE_WEIGHT",
			"indicator %s is the weight or the denominator of others and cannot be negative: %s", i.Code, f.Value.Format(i.Scale)).
			With("indicator", i.Code).With("value", f.Value.Format(i.Scale)).In("value")
	}
	return nil
}

func (c *Catalogue) of(code Code) []Indicator {
	o, ok := c.find(code)
	if !ok {
		return nil
	}
	return c.versions[o]
}

// find avoids folding where the code is spelled in small letters or stored as it is asked.
func (c *Catalogue) find(code Code) (int, bool) {
	o, ok := c.ordinals[code]
	if !ok {
		o, ok = c.ordinals[code.Fold()]
	}
	return o, ok
}

// copied copies what With changes; lists of versions are replaced, never written to.
func (c *Catalogue) copied() *Catalogue {
	next := &Catalogue{versions: slices.Clone(c.versions), ordinals: maps.Clone(c.ordinals)}
	if next.ordinals == nil {
		next.ordinals = map[Code]int{}
	}
	return next
}

// put adds a version or replaces the one with its first day.
func (c *Catalogue) put(v Indicator) {
	key := v.Code.Fold()
	o, known := c.ordinals[key]
	if !known {
		o = len(c.versions)
		c.ordinals[key] = o
		c.versions = append(c.versions, nil)
	}
	versions := slices.Clone(c.versions[o])
	at, replaced := slices.BinarySearchFunc(versions, v, byFirstDay)
	if replaced {
		versions[at] = v
	} else {
		versions = slices.Insert(versions, at, v)
	}
	c.versions[o] = versions
}

// finish makes what is derived from the versions.
func (c *Catalogue) finish() {
	c.weighs = map[Code]bool{}
	c.sorted = make([]int, len(c.versions))
	for o, versions := range c.versions {
		c.sorted[o] = o
		for n := range versions {
			for _, ref := range references(&versions[n]) {
				c.weighs[ref.code.Fold()] = true
			}
		}
	}
	slices.SortFunc(c.sorted, func(a, b int) int {
		return cmp.Compare(c.versions[a][0].Code.Fold(), c.versions[b][0].Code.Fold())
	})
	c.findSources()
}

func byFirstDay(a, b Indicator) int { return cmp.Compare(a.ValidFrom, b.ValidFrom) }

// reference is a code that a version names because its roll-up needs that indicator.
type reference struct {
	field string
	code  Code
}

func references(v *Indicator) []reference {
	var refs []reference
	if v.Weight != "" {
		refs = append(refs, reference{"weight", v.Weight})
	}
	if v.DenominatorIndicator != "" {
		refs = append(refs, reference{"denominator_indicator", v.DenominatorIndicator})
	}
	return refs
}
