package hierarchy

import (
	"slices"

	"github.com/tonghop/tonghop/server/period"
)

// Component is a set of units that lineage joins inside a span of days (R2): what was reported by one of them cannot be
// told from what another of them has since, so a question about the span is answered for all of them together.
type Component struct {
	// Units are all units of it in code order, at least two. Each was there on some day of the span.
	Units []ID
	// Newest are those of them that hold at the end of the span what the component has, in code order: the units that
	// still stand, and those that ended and from whose end no link leads on. There is at least one.
	Newest []ID
	// Dates are the days of its links, ascending and each once. They part the span into the sides of the change: on a
	// side those units of the component stand that are valid on its first day.
	Dates []period.Day
}

// Components are the lineage components of a span. A unit that is in none of them was not touched by a link there.
type Components struct {
	list []Component
	of   map[ID]int
}

// All gives the components, in the order of their first units.
func (c *Components) All() []Component { return c.list }

// Of gives the component of a unit; false if no link of the span touches it.
func (c *Components) Of(id ID) (Component, bool) {
	i, ok := c.of[id]
	if !ok {
		return Component{}, false
	}
	return c.list[i], true
}

// Components joins the units by the links dated after the day first and on or before the day last.
//
// For a question about a longer period (R2) first is the last day of its first base period, since a base period has the
// tree of its last day: a link of that day or before it has no unit that was still to report. last is the last day of
// the period, or for a restated question the day whose tree is asked for. One base period on its own tree has
// first = last, and so no components. It walks all links of the span, 25 ms for the whole country in 2025, so whoever
// asks often keeps the answer.
func (t *Tree) Components(first, last period.Day) *Components {
	links := t.lineage.within(first, last)
	found := &Components{of: make(map[ID]int, 2*len(links))}
	if len(links) == 0 {
		return found
	}
	neighbours := make(map[ID][]Link, 2*len(links))
	for _, l := range links {
		neighbours[l.From] = append(neighbours[l.From], l)
		neighbours[l.To] = append(neighbours[l.To], l)
	}
	starts := make(map[int32]bool, len(neighbours))
	for id := range neighbours {
		starts[t.byID[id]] = true
	}
	for _, id := range t.idsOf(starts) {
		if _, known := found.of[id]; !known {
			found.add(t, id, neighbours, last)
		}
	}
	return found
}

// add walks from one unit along the links to all of its component.
func (c *Components) add(t *Tree, first ID, neighbours map[ID][]Link, last period.Day) {
	members, newest := map[int32]bool{}, map[int32]bool{}
	var dates []period.Day
	waiting := []ID{first}
	c.of[first] = len(c.list)
	for len(waiting) > 0 {
		id := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		o := t.byID[id]
		members[o] = true
		if end := t.units[o].ValidTo; end > last || len(t.atEnd(o)) == 0 {
			newest[o] = true
		}
		for _, l := range neighbours[id] {
			dates = append(dates, l.Date)
			for _, other := range []ID{l.From, l.To} {
				if _, known := c.of[other]; !known {
					c.of[other] = len(c.list)
					waiting = append(waiting, other)
				}
			}
		}
	}
	slices.Sort(dates)
	c.list = append(c.list, Component{Units: t.idsOf(members), Newest: t.idsOf(newest), Dates: slices.Compact(dates)})
}
