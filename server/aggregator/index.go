package aggregator

import (
	"math"
	"slices"
	"sort"
	"sync"

	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/formula"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// index is what is derived from a snapshot so that no question of the hot path goes through a name. Units, indicators
// and forms go by their ordinals.
type index struct {
	tree *hierarchy.Tree
	// kinds are the kinds of unit in the order of their first units; kind is each unit's place in it.
	kinds []hierarchy.Kind
	kind  []uint16
	// below are the units whose parent is this one, on whatever day.
	below [][]int32
	// inner is each unit's place among those that have units below them; -1 for the others.
	inner  []int32
	inners int

	indicators []indicatorIndex
	numbers    map[indicator.Code]uint32
	forms      []formIndex

	// days are those on which somebody may begin or cease to owe something; between two of them nothing changes.
	days []period.Day
	// changes are those on which units went over into others, ascending.
	changes []period.Day

	mu       sync.Mutex
	owed     map[owedKey]unitSet
	expected map[expectedKey]*expectation
	// keeps is how many of expected are kept.
	keeps      int
	placements map[placementKey]*hierarchy.Placement
	// acrossExpected holds what is owed where a change of the tree lies in the span.
	acrossExpected map[acrossKey]expectedCell
}

// indicatorIndex is one indicator.
type indicatorIndex struct {
	number   uint32
	code     indicator.Code
	versions []indicator.Indicator // by ValidFrom
	narrow   []int                 // for each version: its own assignment, 0 for none
	carriers []uint16              // forms of which any version carries it
	users    []uint32              // indicators of which it is the weight or the denominator, in any version
	// sums says that longer periods are the merge of base rows; gains that there is an own amount to keep, since a part is
	// year-to-date.
	sums, gains bool
	// latest says that of one unit's figures the latest is taken, as it is, and summed over units.
	latest bool
	// uneven says that the forms which carry it have several frequencies: see uneven.go.
	uneven bool
	// derived says that it is computed from others: formulas are those of its versions, sources the reported indicators that
	// they lead to.
	derived  bool
	formulas []*formula.Formula
	sources  []uint32
	// profile is equal for indicators that are owed by the same units at all times.
	profile int
}

// formIndex is one form. Its frequency and calendar are the same in all its versions.
type formIndex struct {
	ordinal   uint16
	code      form.Code
	frequency period.Kind
	calendar  period.Calendar
	versions  []formVersion // by ValidFrom
}

type formVersion struct {
	form.Form
	carries map[uint32]bool
}

// maxForms is how many forms keys have room for. Reports on later ones are not kept.
const maxForms = math.MaxUint16

func newIndex(s *snapshot) *index {
	x := &index{tree: s.tree, owed: map[owedKey]unitSet{}, expected: map[expectedKey]*expectation{}, keeps: keptExpectations}
	if s.past {
		x.keeps = keptPastExpectations
	}
	x.indexUnits()
	x.indexIndicators(s.indicators)
	x.indexForms(s.forms)
	x.indexReferences()
	x.indexDays()
	x.indexLinks()
	return x
}

func (x *index) indexUnits() {
	n := x.tree.Len()
	x.kind, x.below, x.inner = make([]uint16, n), make([][]int32, n), make([]int32, n)
	for o := range n {
		u := x.tree.At(o)
		at := slices.Index(x.kinds, u.Kind)
		if at < 0 {
			at = len(x.kinds)
			x.kinds = append(x.kinds, u.Kind)
		}
		x.kind[o] = uint16(at) //nolint:gosec // kinds are few
		if parent, ok := x.tree.Ordinal(u.Parent); ok && u.Parent != "" {
			x.below[parent] = append(x.below[parent], int32(o)) //nolint:gosec // see hierarchy
		}
	}
	for o := range n {
		x.inner[o] = -1
		if len(x.below[o]) > 0 {
			x.inner[o] = int32(x.inners) //nolint:gosec // fewer than units
			x.inners++
		}
	}
}

func (x *index) indexIndicators(cat *indicator.Catalogue) {
	x.indicators = make([]indicatorIndex, cat.Len())
	x.numbers = make(map[indicator.Code]uint32, 2*cat.Len())
	narrowed := map[string]int{"": 0}
	for o := range cat.Len() {
		code := cat.At(o)
		i := &x.indicators[o]
		*i = indicatorIndex{number: uint32(o), code: code, versions: cat.Versions(code)} //nolint:gosec // a catalogue is small
		x.numbers[code], x.numbers[code.Fold()] = i.number, i.number
		for n := range i.versions {
			v := &i.versions[n]
			words := hierarchy.FormatSelectors(v.Assigned)
			at, known := narrowed[words]
			if !known {
				at = len(narrowed)
				narrowed[words] = at
			}
			i.narrow = append(i.narrow, at)
		}
		i.derived = i.versions[0].Derived()
		// What these depend on is the same in all versions of a code (R21).
		first := i.versions[0]
		i.sums = rollup.SumsBases(first, rollup.AsReported)
		i.latest = (first.UnitRule == indicator.UnitSum || first.UnitRule == indicator.UnitMean) && first.Value.Time == indicator.TimeLast &&
			first.Scale == i.scale()
		i.gains = rollup.Possible(first, rollup.Own) && (first.Value.Measure == indicator.YearToDate ||
			first.OwnDenominator() && first.Denominator.Measure == indicator.YearToDate)
	}
	x.indexFormulas(cat)
}

// indexFormulas reads the formulas of what is derived, and finds what they lead to.
func (x *index) indexFormulas(cat *indicator.Catalogue) {
	for n := range x.indicators {
		i := &x.indicators[n]
		if !i.derived {
			continue
		}
		for v := range i.versions {
			i.formulas = append(i.formulas, i.versions[v].Parsed())
		}
		for _, code := range cat.Sources(i.code) {
			if number, ok := x.number(code); ok {
				i.sources = append(i.sources, number)
			}
		}
	}
}

func (x *index) indexForms(set *form.Set) {
	x.forms = make([]formIndex, min(set.Len(), maxForms))
	for o := range x.forms {
		code := set.At(o)
		versions := set.Versions(code)
		f := &x.forms[o]
		*f = formIndex{ordinal: uint16(o), code: code, frequency: versions[0].Frequency, calendar: versions[0].Calendar} //nolint:gosec // see maxForms
		for _, v := range versions {
			carries := make(map[uint32]bool, len(v.Indicators))
			for _, c := range v.Indicators {
				number, ok := x.number(c)
				if !ok {
					continue
				}
				carries[number] = true
				i := &x.indicators[number]
				if !slices.Contains(i.carriers, f.ordinal) {
					i.carriers = append(i.carriers, f.ordinal)
					i.uneven = i.uneven || f.frequency != x.forms[i.carriers[0]].frequency
				}
			}
			f.versions = append(f.versions, formVersion{Form: v, carries: carries})
		}
	}
	x.indexProfiles()
}

// indexReferences finds for each indicator those that lean on it.
func (x *index) indexReferences() {
	for n := range x.indicators {
		i := &x.indicators[n]
		for v := range i.versions {
			for _, code := range [...]indicator.Code{i.versions[v].Weight, i.versions[v].DenominatorIndicator} {
				other, ok := x.number(code)
				if code == "" || !ok {
					continue
				}
				if users := &x.indicators[other].users; !slices.Contains(*users, i.number) {
					*users = append(*users, i.number)
				}
			}
		}
	}
}

// indexDays collects the days on which what is owed may change.
func (x *index) indexDays() {
	days := map[period.Day]bool{}
	look := func(selectors []hierarchy.Selector) {
		for _, s := range selectors {
			from, to := s.Span()
			days[from], days[to] = true, true
		}
	}
	for o := range x.tree.Len() {
		u := x.tree.At(o)
		days[u.ValidFrom], days[u.ValidTo] = true, true
	}
	for n := range x.indicators {
		for _, v := range x.indicators[n].versions {
			days[v.ValidFrom] = true
			look(v.Assigned)
		}
	}
	for n := range x.forms {
		for _, v := range x.forms[n].versions {
			days[v.ValidFrom] = true
			look(v.Assigned)
		}
	}
	for day := range days {
		x.days = append(x.days, day)
	}
	slices.Sort(x.days)
}

// epoch numbers the stretch of days on which nothing changes and in which this one lies.
func (x *index) epoch(day period.Day) int {
	return sort.Search(len(x.days), func(i int) bool { return x.days[i] > day })
}

// number gives the number of an indicator.
func (x *index) number(code indicator.Code) (uint32, bool) {
	n, ok := x.numbers[code]
	if !ok {
		n, ok = x.numbers[code.Fold()]
	}
	return n, ok
}

// on gives the place of the version in force on a day; -1 before the first.
func (i *indicatorIndex) on(day period.Day) int {
	for n := len(i.versions) - 1; n >= 0; n-- {
		if i.versions[n].ValidFrom <= day {
			return n
		}
	}
	return -1
}

// on gives the place of the version in force on a day; -1 before the first.
func (f *formIndex) on(day period.Day) int {
	for n := len(f.versions) - 1; n >= 0; n-- {
		if f.versions[n].ValidFrom <= day {
			return n
		}
	}
	return -1
}

// carries says whether the form asks for the indicator on a day.
func (f *formIndex) carries(number uint32, day period.Day) bool {
	at := f.on(day)
	return at >= 0 && f.versions[at].carries[number]
}

// tiles says whether the base periods of the form tile the span.
func (f *formIndex) tiles(span period.Period) bool {
	return f.frequency <= span.Kind && span.Kind.Months()%f.frequency.Months() == 0
}
