package form

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Check looks for what R4 and R18 forbid in the whole set, against a tree or a catalogue that has changed since its forms
// were accepted.
func (s *Set) Check(t *hierarchy.Tree, cat *indicator.Catalogue) error {
	var problems fault.List
	for _, code := range cat.Codes() {
		for _, clash := range findClashes(s, t, cat, code) {
			problems.Add(clash.err)
		}
	}
	for _, clash := range findDerived(s, cat, nil) {
		problems.Add(clash.err)
	}
	return problems.Err()
}

// clash is one breach of R4 between two forms, or by one of itself.
type clash struct {
	forms [2]Code
	err   *fault.Error
}

// findClashes looks for two forms by which one unit would report the indicator on one day, and for two calendars by
// which one kind of unit would ever report it.
//
// Nothing says which units the tree will have tomorrow, so it is not enough to ask those of today: two forms of all
// communes clash even while there are none. A unit that no selector names is described completely by its kind and by
// the lowest unit above it that a selector names. So one imagined unit for each such pair, and the named units
// themselves, stand for every unit that there is or will be. In the same way the days on which something begins or
// ends stand for all days, and the years in which they lie for all years.
func findClashes(s *Set, t *hierarchy.Tree, cat *indicator.Catalogue, code indicator.Code) []clash {
	carriers := s.carriers[code.Fold()]
	if len(carriers) < 2 {
		return nil
	}
	sc := scene{set: s, tree: t, cat: cat, code: code, carriers: carriers}
	sc.gather()
	clashes := sc.twoCalendars()
	for n, a := range carriers {
		for _, b := range carriers[n+1:] {
			err := sc.bothCarry(a, b)
			if err == nil {
				err = sc.within(a, b)
			}
			if err != nil {
				clashes = append(clashes, clash{forms: [2]Code{s.At(a), s.At(b)}, err: err})
			}
		}
	}
	return clashes
}

// scene is what findClashes looks at for one indicator.
type scene struct {
	set      *Set
	tree     *hierarchy.Tree
	cat      *indicator.Catalogue
	code     indicator.Code
	carriers []int
	units    []hierarchy.Unit // imagined ones have no id
	days     []period.Day
}

// gather collects the units and the days that stand for all.
func (sc *scene) gather() {
	var kinds []hierarchy.Kind
	unders := []hierarchy.ID{""}
	var named []hierarchy.ID
	sc.days = []period.Day{period.Beginning}
	look := func(selectors []hierarchy.Selector) {
		for _, s := range selectors {
			from, to := s.Span()
			sc.days = append(sc.days, from, to)
			if s.Kind != "" {
				kinds = append(kinds, s.Kind)
			}
			if s.Under != "" {
				unders, named = append(unders, s.Under), append(named, s.Under)
			}
			if s.Unit != "" {
				named = append(named, s.Unit)
			}
		}
	}
	for _, v := range sc.cat.Versions(sc.code) {
		sc.days = append(sc.days, v.ValidFrom)
		look(v.Assigned)
	}
	for _, o := range sc.carriers {
		for _, f := range sc.set.versions[o] {
			sc.days = append(sc.days, f.ValidFrom)
			look(f.Assigned)
		}
	}
	for _, id := range distinct(named) {
		if u, ok := sc.tree.Unit(id); ok {
			sc.units = append(sc.units, u)
			sc.days = append(sc.days, u.ValidFrom, u.ValidTo)
		}
	}
	unders = distinct(unders)
	for _, kind := range distinct(kinds) {
		for _, under := range unders {
			sc.units = append(sc.units, hierarchy.Unit{Kind: kind, Parent: under, ValidFrom: period.Beginning, ValidTo: period.Forever})
		}
	}
	sc.days = distinct(sc.days)
}

// bothCarry finds the first unit and day with which the two forms clash.
func (sc *scene) bothCarry(a, b int) *fault.Error {
	for _, day := range sc.days {
		f, ok := sc.set.onDay(a, day)
		g, both := sc.set.onDay(b, day)
		i, known := sc.cat.On(sc.code, day)
		if !ok || !both || !known || !f.Carries(sc.code) || !g.Carries(sc.code) {
			continue
		}
		for _, u := range sc.units {
			if sc.reports(&f, &i, u, day) && sc.reports(&g, &i, u, day) {
				return fault.Precondition("INDICATOR_IN_TWO_FORMS",
					"forms %s and %s would both ask %s for indicator %s %s; a unit reports an indicator in one form only",
					f.Code, g.Code, who(u), i.Code, fromDay(day)).
					With("form", f.Code).With("other", g.Code).With("indicator", i.Code).With("day", day).
					With("kind", u.Kind).With("unit", cmp.Or(u.ID, u.Parent)).In("assigned")
			}
		}
	}
	return nil
}

func (sc *scene) reports(f *Form, i *indicator.Indicator, u hierarchy.Unit, day period.Day) bool {
	adds, checks := reportsOn(f, i, sc.tree, u, day)
	return adds || checks
}

// twoCalendars compares the calendars of all forms that ever ask a kind of unit for the indicator: a year whose parts
// have different calendars would count days twice or not at all.
func (sc *scene) twoCalendars() []clash {
	var clashes []clash
	by := map[hierarchy.Kind]*Form{}
	for _, o := range sc.carriers {
		told := false
		for n := range sc.set.versions[o] {
			f := &sc.set.versions[o][n]
			if !f.Carries(sc.code) {
				continue
			}
			for _, kind := range sc.kindsOf(f) {
				g := by[kind]
				if g == nil {
					by[kind] = f
					continue
				}
				if g.Calendar == f.Calendar || told {
					continue
				}
				told = true
				clashes = append(clashes, clash{forms: [2]Code{g.Code, f.Code}, err: fault.Precondition("INDICATOR_WITH_TWO_CALENDARS",
					"indicator %s would be reported by %s in form %s by the calendar %s and in form %s by %s; all units of one kind share one calendar, so take the same or give the indicator a new code",
					sc.code, kind, g.Code, g.Calendar, f.Code, f.Calendar).
					With("indicator", sc.code).With("kind", kind).With("form", g.Code).With("other", f.Code).In("calendar")})
			}
		}
	}
	return clashes
}

// kindsOf lists the kinds of unit that report the indicator in the form.
func (sc *scene) kindsOf(f *Form) []hierarchy.Kind {
	var kinds []hierarchy.Kind
	for _, s := range f.Assigned {
		kind := s.Kind
		if u, ok := sc.tree.Unit(s.Unit); ok {
			kind = u.Kind
		}
		if s.Except || kind == "" {
			continue
		}
		for _, v := range sc.cat.Versions(sc.code) {
			if v.Adds(kind) || v.Checks(kind) {
				kinds = append(kinds, kind)
			}
		}
	}
	return distinct(kinds)
}

func who(u hierarchy.Unit) string {
	switch {
	case u.ID != "":
		return "unit " + u.String()
	case u.Parent != "":
		return fmt.Sprintf("every %s under %s", u.Kind, u.Parent)
	}
	return fmt.Sprintf("every %s", u.Kind)
}

func distinct[T interface {
	~string | ~int32
}](list []T) []T {
	slices.Sort(list)
	return slices.Compact(list)
}
