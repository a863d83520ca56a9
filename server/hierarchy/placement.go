package hierarchy

import "github.com/tonghop/tonghop/server/period"

// Placement says for the tree of one day where the figures belong of every unit that stood on it or before (R2): in a
// span that lineage links divide, and in figures that are restated on a later tree.
//
// The units that links of the span join, a component, have their place together, at the lowest unit that contains all that
// hold in the end what it has. A unit that ended without links has its place where the unit above it, or what went over from
// that, then stands. Units go by their ordinals, which see Tree. A Placement never changes.
type Placement struct {
	tree *Tree
	// first and day are the span: links dated after first, until day.
	first, day period.Day
	place      []int32
	// component is the number of a unit's component; none of a unit that no link of the span joins to another.
	component  []int32
	components []Component
	// parted lists for a unit that stands on the day the components of which a part stands at it or below it, and that have
	// their place above it.
	parted map[int32][]int32
	// spread is the lowest place that contains the places of a unit and all below it, on whatever day of the span; notes
	// tell of these units.
	spread []int32
	notes  []note
}

// note tells of a unit and all units below it, on whatever day of the span.
type note uint8

const (
	// joined: one of them is joined to another unit; ended: one of them does not stand on the day; touched: see
	// Placement.Touched.
	joined note = 1 << iota
	ended
	touched
)

// Placement places all units for questions about a span (R2): first is the last day of its first base period, and day the
// one whose tree is asked for, which is the last day of the period or later. See [Tree.Components].
func (t *Tree) Placement(first, day period.Day) *Placement {
	p := &Placement{
		tree: t, first: first, day: day, components: t.Components(first, day).All(),
		place: make([]int32, t.Len()), component: make([]int32, t.Len()), parted: map[int32][]int32{},
		spread: make([]int32, t.Len()), notes: make([]note, t.Len()),
	}
	for o := range p.component {
		p.component[o], p.place[o], p.spread[o] = none, unplaced, unplaced
	}
	for n := range p.components {
		for _, id := range p.components[n].Units {
			p.component[t.byID[id]] = int32(n) //nolint:gosec // fewer than units
		}
	}
	for o := range p.place {
		p.placeOf(int32(o)) //nolint:gosec // see accept
	}
	for n := range p.components {
		p.part(int32(n)) //nolint:gosec // fewer than units
	}
	for o := range p.place {
		p.note(int32(o)) //nolint:gosec // see accept
	}
	return p
}

// unplaced is the place of units that have none yet.
const unplaced int32 = -2

// placeOf places a unit; the place is none where no unit of the day contains it.
func (p *Placement) placeOf(o int32) int32 {
	if p.place[o] != unplaced {
		return p.place[o]
	}
	at := none
	switch c := p.component[o]; {
	case c != none:
		at = p.lowest(p.components[c].Newest)
	case p.tree.units[o].ValidFrom <= p.day:
		at = p.lowest([]ID{p.tree.units[o].ID})
	}
	p.place[o] = at
	return at
}

// lowest gives the lowest unit that contains all these, those that ended by what stands in their place: see Tree.Standing.
func (p *Placement) lowest(units []ID) int32 {
	at, some := none, false
	for _, id := range units {
		standing := []ID{id}
		if o := p.tree.byID[id]; !p.tree.units[o].ValidOn(p.day) {
			standing = p.tree.Standing(id, p.day)
		}
		if len(standing) == 0 {
			return none
		}
		for _, id := range standing {
			place := p.tree.byID[id]
			if some {
				place = p.common(at, place)
			}
			at, some = place, true
		}
	}
	return at
}

// common gives the lowest unit that contains two that stand on the day; none if there is none, or either is none.
func (p *Placement) common(a, b int32) int32 {
	for ; a != none; a = p.tree.parent[a] {
		if p.contains(a, b) {
			return a
		}
	}
	return none
}

// contains says whether a unit is another one or stands above it. What stands above a unit is the same on all its days.
func (p *Placement) contains(a, b int32) bool {
	for ; b != none; b = p.tree.parent[b] {
		if a == b {
			return true
		}
	}
	return false
}

// part notes a component with the units that hold a part of it.
func (p *Placement) part(c int32) {
	newest := p.components[c].Newest
	place := p.placeOf(p.tree.byID[newest[0]])
	seen := map[int32]bool{}
	for _, id := range newest {
		o := p.tree.byID[id]
		if !p.tree.units[o].ValidOn(p.day) {
			continue
		}
		for up := o; up != none && up != place && !seen[up]; up = p.tree.parent[up] {
			seen[up] = true
			p.parted[up] = append(p.parted[up], c)
		}
	}
}

// note tells the unit and all above it where it has its place.
func (p *Placement) note(o int32) {
	u := &p.tree.units[o]
	if !p.inSpan(*u) {
		return // It owes nothing in the span.
	}
	var n note
	place := p.place[o]
	if p.component[o] != none {
		n |= joined | touched
	}
	if !u.ValidOn(p.day) {
		n |= ended
	}
	for up := o; up != none; up = p.tree.parent[up] {
		if p.spread[up] == unplaced {
			p.spread[up] = place
		} else {
			p.spread[up] = p.common(p.spread[up], place)
		}
		p.notes[up] |= n
	}
	// A unit that is joined to none goes elsewhere only with one above it that is, so those suffice.
	if p.component[o] != none {
		for up := place; up != none; up = p.tree.parent[up] {
			p.notes[up] |= touched
		}
	}
}

// inSpan says whether a unit stands on a day of the span.
func (p *Placement) inSpan(u Unit) bool { return u.ValidTo > p.first && u.ValidFrom <= p.day }

// Day is the day of the tree.
func (p *Placement) Day() period.Day { return p.day }

// Place gives the unit at which the figures of a unit are placed; false if there is none on the day.
func (p *Placement) Place(unit int) (int, bool) { return int(p.place[unit]), p.place[unit] >= 0 }

// Component gives the number of the component that joins the unit to others; false if none does.
func (p *Placement) Component(unit int) (int, bool) {
	return int(p.component[unit]), p.component[unit] != none
}

// Joined gives a component by its number. It is not to be changed.
func (p *Placement) Joined(component int) *Component { return &p.components[component] }

// Stands says whether a unit stands on the day.
func (p *Placement) Stands(unit int) bool { return p.tree.units[unit].ValidOn(p.day) }

// Touched says whether the figures of a unit, itself and all below it, are others than those of the units that stood
// below it on their own days: some came from elsewhere, went elsewhere, or are of units that were joined.
func (p *Placement) Touched(unit int) bool { return p.notes[unit]&touched != 0 }

// Ended says whether the unit, or one that stood below it in the span, does not stand on the day.
func (p *Placement) Ended(unit int) bool { return p.notes[unit]&ended != 0 }

// Parted lists the components of which a part stands at or below a unit, and that have their place above it, where no one
// can tell which part of their figures belongs to the unit.
func (p *Placement) Parted(unit int) []int32 { return p.parted[int32(unit)] } //nolint:gosec // an ordinal

// Holds says whether a unit or one below it is the place of another unit's figures.
func (p *Placement) Holds(unit, of int) bool {
	return p.place[of] >= 0 && p.contains(int32(unit), p.place[of]) //nolint:gosec // ordinals
}

// Way says how a walk through the units goes on below one of them.
type Way uint8

// The ways.
const (
	// Skip leaves out all that stood below it.
	Skip Way = iota
	// Below visits them.
	Below
)

// Branch tells of a unit what a walk needs to know of it and of all that stood below it in the span.
type Branch struct {
	Unit int
	// Held says that its own figures are held by the unit about which the walk asks.
	Held bool
	// Whole says that those of all units below it are too.
	Whole bool
	// Joined says that one of the units below it, or it, is joined to others.
	Joined bool
}

// Walk visits the units whose figures a unit or one below it holds, and the units above those, from the roots downwards;
// visit says whether to go on below.
func (p *Placement) Walk(holder int, visit func(Branch) Way) {
	for _, root := range p.tree.roots {
		p.walk(int32(holder), root, visit) //nolint:gosec // an ordinal
	}
}

func (p *Placement) walk(holder, o int32, visit func(Branch) Way) {
	spread := p.spread[o]
	whole := spread >= 0 && p.contains(holder, spread)
	if spread == unplaced || !whole && spread >= 0 && !p.contains(spread, holder) {
		return // Nothing below it is held by the holder.
	}
	u := &p.tree.units[o]
	b := Branch{
		Unit: int(o), Held: p.inSpan(*u) && p.place[o] >= 0 && p.contains(holder, p.place[o]), Whole: whole,
		Joined: p.notes[o]&joined != 0,
	}
	if visit(b) == Skip {
		return
	}
	for _, child := range p.tree.children[o] {
		p.walk(holder, child, visit)
	}
}
