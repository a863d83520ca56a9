package hierarchy

import "github.com/tonghop/tonghop/server/period"

// Parent gives the unit under which this one stands on that day; nothing for a root, and for a unit that is not valid
// on that day.
func (t *Tree) Parent(id ID, on period.Day) (ID, bool) {
	up, ok := t.Up(t.ordinal(id), on)
	if !ok {
		return "", false
	}
	return t.units[up].ID, true
}

// Up is Parent for those who work with ordinals: it makes no look-up. An ordinal outside 0 to Len-1 has no parent.
func (t *Tree) Up(ordinal int, on period.Day) (int, bool) {
	if ordinal < 0 || ordinal >= len(t.units) || !t.units[ordinal].ValidOn(on) || t.parent[ordinal] == none {
		return 0, false
	}
	return int(t.parent[ordinal]), true
}

// Children gives the units that stand directly under this one on that day, in code order.
func (t *Tree) Children(id ID, on period.Day) []ID {
	o, ok := t.byID[id]
	if !ok {
		return nil
	}
	return t.validIDs(t.children[o], on)
}

// Roots gives the units without a parent that stand on that day, in code order.
func (t *Tree) Roots(on period.Day) []ID { return t.validIDs(t.roots, on) }

// Path gives the unit itself, its parent on that day, and so on up to the root; nothing if the unit is unknown or not
// valid on that day.
func (t *Tree) Path(id ID, on period.Day) []ID {
	o, ok := t.byID[id]
	if !ok || !t.units[o].ValidOn(on) {
		return nil
	}
	var path []ID
	for ; o != none; o = t.parent[o] {
		path = append(path, t.units[o].ID)
	}
	return path
}

// Within says whether the unit stands on that day at or below the ancestor. Both must be valid on that day.
func (t *Tree) Within(id, ancestor ID, on period.Day) bool {
	o, ok := t.byID[id]
	top, known := t.byID[ancestor]
	if !ok || !known || !t.units[o].ValidOn(on) {
		return false
	}
	for ; o != none; o = t.parent[o] {
		if o == top {
			return true
		}
	}
	return false
}

// Subtree visits the unit and all that stand below it on that day: each before its children, children in code order.
// It ends when visit says false. A unit that is unknown or not valid on that day has no subtree.
func (t *Tree) Subtree(id ID, on period.Day, visit func(Unit) bool) {
	if o, ok := t.byID[id]; ok {
		t.descend(o, on, visit)
	}
}

func (t *Tree) descend(o int32, on period.Day, visit func(Unit) bool) bool {
	if !t.units[o].ValidOn(on) {
		return true
	}
	if !visit(t.units[o]) {
		return false
	}
	for _, child := range t.children[o] {
		if !t.descend(child, on, visit) {
			return false
		}
	}
	return true
}

func (t *Tree) ordinal(id ID) int {
	if o, ok := t.byID[id]; ok {
		return int(o)
	}
	return int(none)
}

func (t *Tree) validIDs(ordinals []int32, on period.Day) []ID {
	var ids []ID
	for _, o := range ordinals {
		if t.units[o].ValidOn(on) {
			ids = append(ids, t.units[o].ID)
		}
	}
	return ids
}
