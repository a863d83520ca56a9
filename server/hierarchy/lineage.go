package hierarchy

import (
	"slices"

	"github.com/tonghop/tonghop/server/period"
)

// lineage is the links of a tree. It never changes.
type lineage struct {
	links []Link // by date, from, to
	// next and prev are the links from and to each unit, in the same order.
	next, prev map[ID][]Link
}

func newLineage(links []Link) *lineage {
	l := &lineage{links: links, next: map[ID][]Link{}, prev: map[ID][]Link{}}
	for _, link := range links {
		l.next[link.From] = append(l.next[link.From], link)
		l.prev[link.To] = append(l.prev[link.To], link)
	}
	return l
}

// within gives the links dated after the first and on or before the last day.
func (l *lineage) within(after, last period.Day) []Link {
	behind := func(day period.Day) int {
		at, _ := slices.BinarySearchFunc(l.links, day, func(l Link, d period.Day) int {
			if l.Date <= d {
				return -1
			}
			return 1
		})
		return at
	}
	from, to := behind(after), behind(last)
	return l.links[from:max(from, to)]
}

// Links gives all links by date, from and to.
func (t *Tree) Links() []Link { return slices.Clone(t.lineage.links) }

// Successors gives the links from the unit, by date and to: what became of it, or of parts of it.
func (t *Tree) Successors(id ID) []Link { return slices.Clone(t.lineage.next[id]) }

// Predecessors gives the links to the unit, by date and from: what it was made of.
func (t *Tree) Predecessors(id ID) []Link { return slices.Clone(t.lineage.prev[id]) }

// Standing gives the units that stand on that day in place of this one, in code order: itself on its own days; after
// them those to which the links at its end lead, and what stands in their place; where no link leads on, what stands in
// place of its last parent (R2). Nothing before its first day, and where even the root ended without a link.
func (t *Tree) Standing(id ID, on period.Day) []ID {
	found := map[int32]bool{}
	seen := map[ID]bool{}
	var walk func(id ID)
	walk = func(id ID) {
		o, ok := t.byID[id]
		if !ok || seen[id] || on < t.units[o].ValidFrom {
			return
		}
		seen[id] = true
		if t.units[o].ValidOn(on) {
			found[o] = true
			return
		}
		ends := t.atEnd(o)
		for _, l := range ends {
			walk(l.To)
		}
		if len(ends) == 0 {
			walk(t.units[o].Parent)
		}
	}
	walk(id)
	return t.idsOf(found)
}

// Acting gives the unit that acts on that day for this one (R3): itself on its own days; after them its successor by a
// whole link, or who acts for that; with several successors or none the lowest unit that contains what stands in its
// place. False if there is none.
func (t *Tree) Acting(id ID, on period.Day) (ID, bool) {
	// What one link leads to stands alone in its place, so the lowest that contains it is itself.
	return t.Lowest(on, t.Standing(id, on)...)
}

// Whole gives the one unit that has on that day all that this one had: itself on its own days; after them its successor by
// a whole link, over any number of links. False where it was divided, or ended without a successor.
func (t *Tree) Whole(id ID, on period.Day) (ID, bool) {
	// A link goes forward in time, so this comes to an end; a longer way than there are units would be a circle.
	for range t.units {
		o, ok := t.byID[id]
		if !ok || on < t.units[o].ValidFrom {
			return "", false
		}
		if t.units[o].ValidOn(on) {
			return id, true
		}
		ends := t.atEnd(o)
		if len(ends) != 1 || ends[0].Share != Whole {
			return "", false
		}
		id = ends[0].To
	}
	return "", false
}

// Leads says whether on that day the unit itself, or anything that it went over into until then, in whole or in part and
// over any number of links, stands at or below top. What ended without a link leads to the unit under which it stood.
func (t *Tree) Leads(id, top ID, on period.Day) bool {
	return t.leads(id, top, on, map[ID]bool{})
}

func (t *Tree) leads(id, top ID, on period.Day, seen map[ID]bool) bool {
	o, ok := t.byID[id]
	if !ok || seen[id] {
		return false
	}
	seen[id] = true
	if t.Within(id, top, on) {
		return true
	}
	for _, l := range t.lineage.next[id] {
		if l.Date <= on && t.leads(l.To, top, on, seen) {
			return true
		}
	}
	return t.units[o].ValidTo <= on && len(t.atEnd(o)) == 0 && t.leads(t.units[o].Parent, top, on, seen)
}

// Lowest gives the lowest unit that contains all these on that day, one of themselves if it contains the others. False
// if there is none: no units, one that does not stand on that day, or two under different roots.
func (t *Tree) Lowest(on period.Day, ids ...ID) (ID, bool) {
	if len(ids) == 0 {
		return "", false
	}
	common := t.Path(ids[0], on)
	slices.Reverse(common)
	for _, id := range ids[1:] {
		path := t.Path(id, on)
		slices.Reverse(path)
		same := 0
		for same < min(len(common), len(path)) && common[same] == path[same] {
			same++
		}
		common = common[:same]
	}
	if len(common) == 0 {
		return "", false
	}
	return common[len(common)-1], true
}

// atEnd gives the links that lead on from a unit where it ends.
func (t *Tree) atEnd(ordinal int32) []Link {
	u := &t.units[ordinal]
	links := t.lineage.next[u.ID]
	at := slices.IndexFunc(links, func(l Link) bool { return l.Date == u.ValidTo })
	if at < 0 {
		return nil
	}
	return links[at:] // in order of dates, and none is later than the end
}

// idsOf gives the ids in code order.
func (t *Tree) idsOf(set map[int32]bool) []ID {
	ordinals := make([]int32, 0, len(set))
	for o := range set {
		ordinals = append(ordinals, o)
	}
	t.inCodeOrder(ordinals)
	ids := make([]ID, len(ordinals))
	for i, o := range ordinals {
		ids[i] = t.units[o].ID
	}
	return ids
}
