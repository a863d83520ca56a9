package aggregator

import (
	"fmt"
	"strings"

	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// unitSet is a set of units by their ordinals.
type unitSet []uint64

func (b unitSet) has(unit int) bool {
	word := unit >> 6
	return word < len(b) && b[word]>>(uint(unit)&63)&1 != 0 //nolint:gosec // not negative
}

func (b unitSet) add(unit int) { b[unit>>6] |= 1 << (uint(unit) & 63) } //nolint:gosec // not negative

// owedKey names the units that owe something in a form on the days of an epoch: the form itself, with wholeForm, or the
// indicators of a profile.
type owedKey struct {
	form    uint16
	profile int
	epoch   int
}

const wholeForm = -1

// indexProfiles gives one profile to the indicators that the same forms carry at the same times under the same
// assignments of their own: they are owed by the same units.
func (x *index) indexProfiles() {
	profiles := map[string]int{}
	for n := range x.indicators {
		i := &x.indicators[n]
		var words strings.Builder
		for v := range i.versions {
			fmt.Fprintf(&words, "%d:%d ", i.versions[v].ValidFrom, i.narrow[v])
		}
		for _, c := range i.carriers {
			fmt.Fprintf(&words, "/%d", c)
			for v := range x.forms[c].versions {
				fmt.Fprintf(&words, " %t", x.forms[c].versions[v].carries[i.number])
			}
		}
		at, known := profiles[words.String()]
		if !known {
			at = len(profiles)
			profiles[words.String()] = at
		}
		i.profile = at
	}
}

// owes gives the units that owe the indicator in the form on a day; a nil indicator asks for the form. What kind of unit
// adds and what kind is only compared does not matter here: rows are kept for all kinds.
func (x *index) owes(f *formIndex, i *indicatorIndex, day period.Day) unitSet {
	key := owedKey{form: f.ordinal, profile: wholeForm, epoch: x.epoch(day)}
	if i != nil {
		key.profile = i.profile
	}
	x.mu.Lock()
	set, known := x.owed[key]
	x.mu.Unlock()
	if known {
		return set
	}
	if i == nil {
		set = x.owesForm(f, day)
	} else {
		set = x.owesIndicator(f, i, day)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.owed[key] = set
	return set
}

func (x *index) owesForm(f *formIndex, day period.Day) unitSet {
	at := f.on(day)
	if at < 0 {
		return nil
	}
	assigned := f.versions[at].Assigned
	set := make(unitSet, (x.tree.Len()+63)/64)
	for o := range x.tree.Len() {
		if u := x.tree.At(o); u.ValidOn(day) && hierarchy.Selected(assigned, x.tree, u, day) {
			set.add(o)
		}
	}
	return set
}

func (x *index) owesIndicator(f *formIndex, i *indicatorIndex, day period.Day) unitSet {
	at := i.on(day)
	if at < 0 || !f.carries(i.number, day) {
		return nil
	}
	all := x.owes(f, nil, day)
	if i.narrow[at] == 0 {
		return all
	}
	set := make(unitSet, len(all))
	for o := range x.tree.Len() {
		if all.has(o) && narrowedTo(i.versions[at].Assigned, x.tree, x.tree.At(o), day) {
			set.add(o)
		}
	}
	return set
}

// narrowedTo says whether an indicator's own assignment leaves the unit in (R9). Exceptions alone leave all others in.
func narrowedTo(assigned []hierarchy.Selector, t *hierarchy.Tree, u hierarchy.Unit, day period.Day) bool {
	for i := range assigned {
		if !assigned[i].Except {
			return hierarchy.Selected(assigned, t, u, day)
		}
	}
	return !hierarchy.Excepted(assigned, t, u, day)
}

// owing is who owes an indicator in a form in each base period of a year, and the last days of those.
type owing struct {
	units [12]unitSet
	days  [12]period.Day
}

type owingKey struct {
	form    uint16
	year    int16
	profile int32
}

// owing gives the owing of a year, found once in a transaction.
func (t *Tx) owing(x *index, f *formIndex, i *indicatorIndex, year int16) *owing {
	t.memory.belong(x)
	key := owingKey{form: f.ordinal, profile: int32(i.profile), year: year} //nolint:gosec // fewer than indicators
	if known := t.memory.owings[key]; known != nil {
		return known
	}
	o := &owing{}
	for n := range f.frequency.PerYear() {
		o.days[n] = f.calendar.Last(f.base(year, n))
		o.units[n] = x.owes(f, i, o.days[n])
	}
	t.memory.owings[key] = o
	return o
}

// has says whether a unit owes a base period, by its place in the year.
func (o *owing) has(place, unit int) bool { return o.units[place].has(unit) }

// mask gives the base periods of the year that a unit owes: bit 0 is the first.
func (o *owing) mask(unit int) uint16 {
	var m uint16
	for n := range o.units {
		if o.units[n].has(unit) {
			m |= 1 << n
		}
	}
	return m
}
