package hierarchy

import (
	"cmp"
	"slices"
	"sync"
)

// none is the ordinal of no unit.
const none int32 = -1

// Tree is a set of dated units, their places and their lineage. It never changes, so any number of goroutines may read
// it; With and Reorganised give a new one. The zero value is not usable: begin with Empty.
type Tree struct {
	units    []Unit
	parent   []int32
	children [][]int32 // of all days, in code order, then by id
	roots    []int32   // of all days, in code order, then by id
	byID     map[ID]int32
	byCode   map[Code][]int32
	lineage  *lineage

	// index is made at the first search, because most trees are never searched.
	index func() *searchIndex
}

// Empty gives the tree without units.
func Empty() *Tree {
	t := &Tree{byID: map[ID]int32{}, byCode: map[Code][]int32{}, lineage: newLineage(nil)}
	t.index = sync.OnceValue(func() *searchIndex { return newSearchIndex(t) })
	return t
}

// Len is the number of units ever accepted; their ordinals are 0 to Len-1.
func (t *Tree) Len() int { return len(t.units) }

// Unit gives the unit with that id.
func (t *Tree) Unit(id ID) (Unit, bool) {
	o, ok := t.byID[id]
	if !ok {
		return Unit{}, false
	}
	return t.units[o], true
}

// Ordinal gives a unit's place in the order of acceptance; it is the same in every later tree.
func (t *Tree) Ordinal(id ID) (int, bool) {
	o, ok := t.byID[id]
	return int(o), ok
}

// At gives the unit with that ordinal, which must be 0 to Len-1.
func (t *Tree) At(ordinal int) Unit { return t.units[ordinal] }

// WithCode gives every unit that ever had the code, the earliest first.
func (t *Tree) WithCode(code Code) []Unit {
	units := make([]Unit, 0, len(t.byCode[code]))
	for _, o := range t.byCode[code] {
		units = append(units, t.units[o])
	}
	slices.SortFunc(units, func(a, b Unit) int {
		return cmp.Or(cmp.Compare(a.ValidFrom, b.ValidFrom), cmp.Compare(a.ID, b.ID))
	})
	return units
}

// inCodeOrder sorts ordinals by the code of their units, then by id.
func (t *Tree) inCodeOrder(ordinals []int32) {
	slices.SortFunc(ordinals, func(a, b int32) int { return byCodeThenID(&t.units[a], &t.units[b]) })
}

func byCodeThenID(a, b *Unit) int {
	return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.ID, b.ID))
}
