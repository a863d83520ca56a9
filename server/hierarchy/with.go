package hierarchy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

// With gives a tree that has these units too; a unit whose id is known takes the place of the known one. Parents may
// stand in the same call, in any order. It refuses the whole call with every problem, each under units[i] and the
// field at fault: what [Unit.Check] finds; an id given twice; an unknown parent; a circle of parents, with the units on
// it; a parent that does not stand on every day of the unit; two units of one kind and code that stand on one day; a
// known unit whose code, first day, kind or parent would change, which only a reorganisation may do; and a known unit
// that would end while units below it go on, or on another day than its lineage says. There may be several roots. The
// receiver stays as it is.
func (t *Tree) With(units ...Unit) (*Tree, error) { return t.Reorganised(Reorganisation{Units: units}) }

// change is one call of Reorganised at work.
type change struct {
	old, next *Tree
	given     []Unit
	at        []int32    // the ordinal of each given unit, none if it cannot be placed
	first     map[ID]int // where each id is given first
	problems  fault.List
}

// copyFor copies what a change writes to. Lists inside children and byCode, and the lineage, are shared: they are
// replaced, never written to.
func (t *Tree) copyFor(more int) *Tree {
	next := &Tree{
		units:    append(make([]Unit, 0, len(t.units)+more), t.units...),
		parent:   append(make([]int32, 0, len(t.units)+more), t.parent...),
		children: append(make([][]int32, 0, len(t.units)+more), t.children...),
		roots:    t.roots,
		byID:     grownCopy(t.byID, more),
		byCode:   grownCopy(t.byCode, more),
		lineage:  t.lineage,
	}
	next.index = sync.OnceValue(func() *searchIndex { return newSearchIndex(next) })
	return next
}

func grownCopy[K comparable, V any](m map[K]V, more int) map[K]V {
	if more < len(m) {
		return maps.Clone(m)
	}
	grown := make(map[K]V, len(m)+more)
	maps.Copy(grown, m)
	return grown
}

func (c *change) add(i int, e *fault.Error) { c.problems.Add(e.In(fmt.Sprintf("units[%d]", i))) }

// accept checks one unit by itself and against the known unit of its id, and gives it its ordinal.
func (c *change) accept(i int) {
	u := c.given[i]
	c.at[i] = none
	if earlier, repeated := c.first[u.ID]; repeated {
		c.add(i, fault.Invalid("UNIT_REPEATED", "unit %s stands in this request twice, at %d and at %d", u, earlier, i).
			With("unit", u.ID).With("first", earlier).With("second", i).In("id"))
		return
	}
	c.first[u.ID] = i
	o, known := c.old.byID[u.ID]
	if !known {
		if err := u.Check(); err != nil {
			c.add(i, fault.Of(err))
		}
		if u.ID != NewID(u.Code, u.ValidFrom) {
			return
		}
		o = int32(len(c.next.units)) //nolint:gosec // two thousand million units do not fit into memory
		c.next.units = append(c.next.units, u)
		c.next.parent = append(c.next.parent, none)
		c.next.children = append(c.next.children, nil)
		c.next.byID[u.ID] = o
		c.next.byCode[u.Code] = append(slices.Clip(c.next.byCode[u.Code]), o)
	} else {
		var own fault.List
		u.checkSelf(&own)
		if err := own.Err(); err != nil {
			c.add(i, fault.Of(err))
		}
		if !c.unchanged(i, &c.old.units[o]) {
			return
		}
		c.next.units[o] = u
	}
	c.at[i] = o
}

// unchanged refuses a new version that changes what only a reorganisation may change.
func (c *change) unchanged(i int, was *Unit) bool {
	u := c.given[i]
	same := true
	differs := func(field, now, then string) {
		if now == then {
			return
		}
		same = false
		c.add(i, fault.Precondition("UNIT_CHANGE_NEEDS_REORGANISATION",
			"unit %s has %s %q and cannot be given %q by an update; record a reorganisation, which is dated and keeps the earlier figures in their place",
			was, field, then, now).With("unit", u.ID).With("was", then).With("now", now).In(field))
	}
	differs("code", string(u.Code), string(was.Code))
	differs("kind", string(u.Kind), string(was.Kind))
	differs("parent", string(u.Parent), string(was.Parent))
	differs("valid_from", u.ValidFrom.String(), was.ValidFrom.String())
	return same
}

// link finds the parent of a new unit.
func (c *change) link(i int) {
	u, o := c.given[i], c.at[i]
	if o == none || u.Parent == "" {
		return
	}
	p, ok := c.next.byID[u.Parent]
	if !ok {
		// A malformed id was reported by Check already.
		if _, err := ParseID(string(u.Parent)); err == nil {
			c.add(i, fault.Invalid("UNIT_PARENT_NOT_FOUND",
				"unit %s: its parent %q is neither known nor in this request; import the parent first or together with it", u, u.Parent).
				With("unit", u.ID).With("parent", u.Parent).In("parent"))
		}
		return
	}
	c.next.parent[o] = p
}

// findCircles reports each circle once and cuts it, so that the checks after it can walk upwards. Known units cannot
// be on one: their parents never change.
func (c *change) findCircles() {
	done := make([]bool, len(c.next.units))
	for _, o := range c.at {
		var walk []int32
		onWalk := map[int32]int{}
		for ; o != none && int(o) >= len(c.old.units) && !done[o]; o = c.next.parent[o] {
			if from, again := onWalk[o]; again {
				c.reportCircle(walk[from:])
				c.next.parent[o] = none
				break
			}
			onWalk[o] = len(walk)
			walk = append(walk, o)
		}
		for _, seen := range walk {
			done[seen] = true
		}
	}
}

func (c *change) reportCircle(circle []int32) {
	names := make([]string, 0, len(circle)+1)
	for _, o := range circle {
		names = append(names, string(c.next.units[o].ID))
	}
	names = append(names, names[0])
	way := strings.Join(names, " → ")
	c.add(c.first[c.next.units[circle[0]].ID], fault.Invalid("UNIT_PARENT_CIRCLE",
		"these units stand under each other in a circle: %s; one of the parents is wrong", way).
		With("unit", c.next.units[circle[0]].ID).With("circle", way).In("parent"))
}

// checkPlace checks one unit against the days of its parent, of its children, and of others with its code.
func (c *change) checkPlace(i int) {
	o := c.at[i]
	if o == none || !c.given[i].datesInOrder() {
		return
	}
	u := c.given[i]
	if p := c.next.parent[o]; p != none {
		if parent := c.next.units[p]; parent.datesInOrder() && !parent.covers(u) {
			c.add(i, fault.Invalid("UNIT_PARENT_NOT_VALID",
				"unit %s stands %s, but its parent %s only %s; a parent must stand as long as its units", u, u.validity(), parent, parent.validity()).
				With("unit", u.ID).With("parent", parent.ID).With("parent_from", parent.ValidFrom).With("parent_to", parent.ValidTo).In("parent"))
		}
	}
	for _, other := range c.next.byCode[u.Code] {
		c.checkSameCode(i, other)
	}
	if int(o) < len(c.old.units) {
		c.checkChildren(i)
	}
}

// checkSameCode lets a code be used again, and by another kind at the same time, but not twice for one kind on a day.
func (c *change) checkSameCode(i int, otherAt int32) {
	u, other := c.given[i], c.next.units[otherAt]
	if other.ID == u.ID || other.Kind != u.Kind || !other.datesInOrder() || !u.overlaps(other) {
		return
	}
	// Of two given units the later one is told.
	if j, given := c.first[other.ID]; given && j > i {
		return
	}
	c.add(i, fault.Exists("UNIT_CODE_TAKEN",
		"unit %s stands %s with the code %q, which %s %s has %s; end that one first, or take another code",
		u, u.validity(), u.Code, other.Kind, other, other.validity()).
		With("unit", u.ID).With("other", other.ID).With("code", u.Code).In("code"))
}

// checkChildren refuses to end a unit before those under it that this call does not give; those that it gives are
// checked against their parent themselves.
func (c *change) checkChildren(i int) {
	u := c.given[i]
	var later []string
	var last period.Day
	for _, child := range c.old.children[c.at[i]] {
		unit := c.old.units[child]
		if _, given := c.first[unit.ID]; !given && !u.covers(unit) {
			later, last = append(later, string(unit.ID)), max(last, unit.ValidTo)
		}
	}
	if len(later) == 0 {
		return
	}
	const shown = 5
	names := strings.Join(later[:min(shown, len(later))], ", ")
	if len(later) > shown {
		names += ", …"
	}
	c.add(i, fault.Precondition("UNIT_HAS_CHILDREN",
		"unit %s cannot end on %s: %d units under it stand longer (%s); end or move them first, or in the same request",
		u, u.ValidTo, len(later), names).
		With("unit", u.ID).With("valid_to", u.ValidTo).With("children", len(later)).With("until", last).In("valid_to"))
}

// hang puts the new units under their parents. A list of children that grows is copied once.
func (c *change) hang() {
	grown := map[int32]bool{}
	for o := int32(len(c.old.units)); int(o) < len(c.next.units); o++ { //nolint:gosec // see accept
		p := c.next.parent[o]
		list := &c.next.roots
		if p != none {
			list = &c.next.children[p]
		}
		if !grown[p] {
			grown[p] = true
			*list = slices.Clone(*list)
		}
		*list = append(*list, o)
	}
	for p := range grown {
		if p == none {
			c.next.inCodeOrder(c.next.roots)
			continue
		}
		c.next.inCodeOrder(c.next.children[p])
	}
}
