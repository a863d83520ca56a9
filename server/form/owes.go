package form

import (
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Owes says whether the unit owes the form for a base period: assigned on the period's last day and valid on that day
// (R9). The unit valid on the last day owes the whole period (R3).
func (f Form) Owes(t *hierarchy.Tree, u hierarchy.Unit, base period.Period) bool {
	return base.Valid() && f.owesOn(t, u, f.Last(base))
}

func (f *Form) owesOn(t *hierarchy.Tree, u hierarchy.Unit, last period.Day) bool {
	return u.ValidOn(last) && hierarchy.Selected(f.Assigned, t, u, last)
}

// Reports says whether the unit reports the indicator in the form for a base period, and how its figure is used: added,
// because its kind stands in reported_by, or only compared, because it stands in checked_by (R8). The indicator's own
// assignment narrows the form's (R9). Give the versions of the period's last day.
func Reports(f Form, i indicator.Indicator, t *hierarchy.Tree, u hierarchy.Unit, base period.Period) (adds, checks bool) {
	if !base.Valid() || !f.Carries(i.Code) {
		return false, false
	}
	return reportsOn(&f, &i, t, u, f.Last(base))
}

// reportsOn is Reports without the questions that do not depend on the unit.
func reportsOn(f *Form, i *indicator.Indicator, t *hierarchy.Tree, u hierarchy.Unit, last period.Day) (adds, checks bool) {
	adds, checks = i.Adds(u.Kind), i.Checks(u.Kind)
	if !adds && !checks || !f.owesOn(t, u, last) || !narrowedTo(i, t, u, last) {
		return false, false
	}
	return adds, checks
}

// narrowedTo says whether the indicator's own assignment leaves the unit in. Exceptions alone leave all others in.
func narrowedTo(i *indicator.Indicator, t *hierarchy.Tree, u hierarchy.Unit, day period.Day) bool {
	for _, s := range i.Assigned {
		if !s.Except {
			return hierarchy.Selected(i.Assigned, t, u, day)
		}
	}
	return !hierarchy.Excepted(i.Assigned, t, u, day)
}

// Expectation holds, for every unit of a tree, how many units of its subtree, itself included, owe a figure that is
// added, by kind. It is indexed by the ordinals of the tree that it was made from.
type Expectation struct {
	// Kinds are the indicator's reported_by, in its order.
	Kinds []hierarchy.Kind
	// Units is how many units the tree had.
	Units int

	counts []int32 // Units rows of len(Kinds)
}

// Expected counts the obligations of one indicator in one form and base period over the whole tree, in one pass. Units
// that are not valid on the period's last day stand in no subtree and have no counts. Give the versions of that day.
func Expected(f Form, i indicator.Indicator, t *hierarchy.Tree, base period.Period) Expectation {
	e := Expectation{Kinds: i.ReportedBy, Units: t.Len(), counts: make([]int32, t.Len()*len(i.ReportedBy))}
	if !base.Valid() || !f.Carries(i.Code) {
		return e
	}
	last := f.Last(base)
	for o := range e.Units {
		u := t.At(o)
		kind := indexOf(e.Kinds, u.Kind)
		if kind < 0 {
			continue
		}
		if adds, _ := reportsOn(&f, &i, t, u, last); !adds {
			continue
		}
		for up, ok := o, true; ok; up, ok = t.Up(up, last) {
			e.counts[up*len(e.Kinds)+kind]++
		}
	}
	return e
}

// Of gives the counts of one unit's subtree in the order of Kinds; do not change it.
func (e Expectation) Of(ordinal int) []int32 {
	n := len(e.Kinds)
	return e.counts[ordinal*n : ordinal*n+n : ordinal*n+n]
}

// Total gives the obligations of one unit's subtree over all kinds.
func (e Expectation) Total(ordinal int) int {
	total := 0
	for _, n := range e.Of(ordinal) {
		total += int(n)
	}
	return total
}

// OfKind gives the obligations of one kind in one unit's subtree; 0 for a kind that does not report.
func (e Expectation) OfKind(ordinal int, kind hierarchy.Kind) int {
	if n := indexOf(e.Kinds, kind); n >= 0 {
		return int(e.Of(ordinal)[n])
	}
	return 0
}

func indexOf(kinds []hierarchy.Kind, kind hierarchy.Kind) int {
	for i, k := range kinds {
		if k == kind {
			return i
		}
	}
	return -1
}
