package register

import (
	"strings"

	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// Counts is what comes of counting, one number for each rule.
type Counts [First + 1]int

// Of gives the count of a rule.
func (c *Counts) Of(r Rule) int { return c[r] }

// add adds other counts.
func (c *Counts) add(other *Counts) {
	for r := range c {
		c[r] += other[r]
	}
}

// Keyed remembers which item is the first of its key in each year of a calendar. Every item of the register goes in before any is
// counted.
type Keyed struct {
	calendar period.Calendar
	first    map[keyYear]first
}

type keyYear struct {
	key  string
	year int
}

// first is the first item of a key in a year.
type first struct {
	since period.Day
	code  Code
}

// NewKeyed makes an empty one.
func NewKeyed(c period.Calendar) *Keyed {
	return &Keyed{calendar: c, first: map[keyYear]first{}}
}

// of gives the name under which an item is the same thing as others. Keys and codes are apart: who has no key is only himself.
func (k *Keyed) of(i *Item) keyYear {
	name := "c" + string(i.Code.Fold())
	if i.Key != "" {
		name = "k" + strings.ToLower(i.Key)
	}
	return keyYear{name, int(k.calendar.PeriodAt(period.Year, i.Since).Year)}
}

// Add takes an item in.
func (k *Keyed) Add(i *Item) {
	if i.Withdrawn {
		return
	}
	at, one := k.of(i), first{i.Since, i.Code.Fold()}
	if was, known := k.first[at]; !known || one.since < was.since || one.since == was.since && one.code < was.code {
		k.first[at] = one
	}
}

// isFirst says whether an item is the first of its key in its year.
func (k *Keyed) isFirst(i *Item) bool { return k.first[k.of(i)] == first{i.Since, i.Code.Fold()} }

// Count counts one item in a period from its first day to its last.
func (k *Keyed) Count(i *Item, from, last period.Day) Counts {
	var c Counts
	if i.Withdrawn {
		return c
	}
	if i.On(last) {
		c[Stock] = 1
	}
	if i.Since >= from && i.Since <= last {
		c[Added] = 1
		if k.isFirst(i) {
			c[First] = 1
		}
	}
	if i.Until >= from && i.Until <= last {
		c[Ended] = 1
	}
	return c
}

// Place gives the unit at which what belongs to a unit is counted in the tree of a day; false where it is counted nowhere, because
// nothing contains all that took its place.
func Place(t *hierarchy.Tree, unit hierarchy.ID, day period.Day) (hierarchy.ID, bool) {
	if u, known := t.Unit(unit); known && u.ValidOn(day) {
		return unit, true
	}
	return t.Acting(unit, day)
}

// Tally counts the items of one period by units: what is put at a unit counts there and at all units above it.
type Tally struct {
	tree     *hierarchy.Tree
	from     period.Day
	last     period.Day
	keyed    *Keyed
	own, all map[hierarchy.ID]*Counts
	placed   map[hierarchy.ID][]hierarchy.ID
	unplaced Counts
}

// NewTally begins a count of a period; keyed knows all items.
func NewTally(t *hierarchy.Tree, k *Keyed, p period.Period) *Tally {
	return &Tally{
		tree: t, from: k.calendar.First(p), last: k.calendar.Last(p), keyed: k,
		own: map[hierarchy.ID]*Counts{}, all: map[hierarchy.ID]*Counts{}, placed: map[hierarchy.ID][]hierarchy.ID{},
	}
}

// Last gives the last day of the period.
func (t *Tally) Last() period.Day { return t.last }

// First gives its first day.
func (t *Tally) First() period.Day { return t.from }

// Add counts one item.
func (t *Tally) Add(i *Item) {
	c := t.keyed.Count(i, t.from, t.last)
	if c == (Counts{}) {
		return
	}
	path, known := t.placed[i.Unit]
	if !known {
		if at, ok := Place(t.tree, i.Unit, t.last); ok {
			path = t.tree.Path(at, t.last)
		}
		t.placed[i.Unit] = path
	}
	if len(path) == 0 {
		t.unplaced.add(&c)
		return
	}
	countAt(t.own, path[0], &c)
	for _, id := range path {
		countAt(t.all, id, &c)
	}
}

func countAt(m map[hierarchy.ID]*Counts, id hierarchy.ID, c *Counts) {
	was := m[id]
	if was == nil {
		was = &Counts{}
		m[id] = was
	}
	was.add(c)
}

// Of gives the counts of a unit with all units below it.
func (t *Tally) Of(id hierarchy.ID) Counts { return countsAt(t.all, id) }

// Own gives what is placed at the unit itself.
func (t *Tally) Own(id hierarchy.ID) Counts { return countsAt(t.own, id) }

// Nowhere gives what no unit contains.
func (t *Tally) Nowhere() Counts { return t.unplaced }

func countsAt(m map[hierarchy.ID]*Counts, id hierarchy.ID) Counts {
	if c := m[id]; c != nil {
		return *c
	}
	return Counts{}
}
