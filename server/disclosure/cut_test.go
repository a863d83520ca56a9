package disclosure_test

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/disclosure"
)

// table is a tree of units, each with figures of its own besides those below it, in several versions.
type table struct {
	parents []int   // of each unit; the first is the top
	own     [][]int // by version and unit
	least   int64
}

func drawTable(t *rapid.T) table {
	n := rapid.IntRange(1, 14).Draw(t, "units")
	d := table{parents: make([]int, n), least: rapid.SampledFrom([]int64{1, 3, 5, 10}).Draw(t, "least")}
	for i := 1; i < n; i++ {
		d.parents[i] = rapid.IntRange(max(0, i-6), i-1).Draw(t, "parent")
	}
	figure := rapid.SampledFrom([]int{0, 0, 1, 2, 4, 7, 12, 30})
	for v := range rapid.IntRange(1, 3).Draw(t, "versions") {
		own := make([]int, n)
		for i := range own {
			if own[i] = figure.Draw(t, "own"); v > 0 && rapid.IntRange(0, 3).Draw(t, "kept") > 0 {
				own[i] = d.own[v-1][i]
			}
		}
		d.own = append(d.own, own)
	}
	return d
}

// cells gives a version as it would be published whole.
func (d table) cells(version int) []disclosure.Cell {
	cells := make([]disclosure.Cell, len(d.parents))
	for i := range cells {
		cells[i] = disclosure.Cell{Unit: fmt.Sprint(i), Value: new(big.Rat)}
		if i > 0 {
			cells[i].Parent, cells[i].Depth = fmt.Sprint(d.parents[i]), cells[d.parents[i]].Depth+1
		}
	}
	for i, own := range d.own[version] {
		for at := i; ; at = d.parents[at] {
			cells[at].Value.Add(cells[at].Value, big.NewRat(int64(own), 1))
			if at == 0 {
				break
			}
		}
	}
	return cells
}

// attacker knows the tree and everything that was published, and solves it: the rows are sums over the own figures of units,
// one unknown for each unit and version.
type attacker struct {
	rows [][]*big.Rat // in echelon form
}

// learn takes in a row: the coefficients of the unknowns.
func (a *attacker) learn(row []*big.Rat) {
	row = a.reduced(row)
	if lead(row) < len(row) {
		a.rows = append(a.rows, row)
	}
}

// knows says whether the row is a combination of what was learnt.
func (a *attacker) knows(row []*big.Rat) bool { return lead(a.reduced(row)) == len(row) }

func (a *attacker) reduced(row []*big.Rat) []*big.Rat {
	out := make([]*big.Rat, len(row))
	for i := range row {
		out[i] = new(big.Rat).Set(row[i])
	}
	for _, known := range a.rows {
		at := lead(known)
		if out[at].Sign() == 0 {
			continue
		}
		by := new(big.Rat).Quo(out[at], known[at])
		for i := range out {
			out[i].Sub(out[i], new(big.Rat).Mul(by, known[i]))
		}
	}
	return out
}

func lead(row []*big.Rat) int {
	for i, c := range row {
		if c.Sign() != 0 {
			return i
		}
	}
	return len(row)
}

// sum is the row of what a unit and all below it gave in a version, with the sign.
func (d table) sum(row []*big.Rat, version, unit int, sign int64) []*big.Rat {
	if row == nil {
		row = make([]*big.Rat, len(d.own)*len(d.parents))
		for i := range row {
			row[i] = new(big.Rat)
		}
	}
	for i := range d.parents {
		for at := i; ; at = d.parents[at] {
			if at == unit {
				row[version*len(d.parents)+i].Add(row[version*len(d.parents)+i], big.NewRat(sign, 1))
				break
			}
			if at == 0 {
				break
			}
		}
	}
	return row
}

// TestNoSmallFigureFollowsFromWhatIsPublished: no sum over a subtree, no unit's own figure, and no change of either between two
// versions that is small can be computed from all that was published, by whoever can solve equations.
func TestNoSmallFigureFollowsFromWhatIsPublished(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawTable(t)
		var depths []int
		var eve attacker
		for v := range d.own {
			now := d.cells(v)
			depth := disclosure.Depth(now, d.least, len(d.parents))
			for before, published := range depths {
				depth = disclosure.Depth(disclosure.Differences(now, d.cells(before), published), d.least, depth)
			}
			depths = append(depths, depth)
			for i, c := range now {
				if c.Depth <= depth {
					eve.learn(d.sum(nil, v, i, 1))
				}
			}
		}
		small := func(what string, value *big.Rat, row []*big.Rat) {
			if disclosure.Small(value, d.least) && eve.knows(row) {
				t.Fatalf("%s is %s, below %d, and follows from what is published down to %v of %+v", what, value, d.least, depths, d)
			}
		}
		for v := range d.own {
			now := d.cells(v)
			for i := range d.parents {
				small(fmt.Sprintf("version %d unit %d", v, i), now[i].Value, d.sum(nil, v, i, 1))
				alone := d.sum(nil, v, i, 1)
				for child, parent := range d.parents {
					if child > 0 && parent == i {
						alone = d.sum(alone, v, child, -1)
					}
				}
				small(fmt.Sprintf("version %d unit %d without those below", v, i), big.NewRat(int64(d.own[v][i]), 1), alone)
				for w := range v {
					row := d.sum(d.sum(nil, v, i, 1), w, i, -1)
					small(fmt.Sprintf("the change from %d to %d of unit %d", w, v, i), new(big.Rat).Sub(now[i].Value, d.cells(w)[i].Value), row)
				}
			}
		}
	})
}

func TestWhereATableIsCut(t *testing.T) {
	cell := func(unit, parent string, depth int, value int64) disclosure.Cell {
		return disclosure.Cell{Unit: unit, Parent: parent, Depth: depth, Value: big.NewRat(value, 1)}
	}
	for _, c := range []struct {
		what  string
		cells []disclosure.Cell
		want  int
	}{
		{"all large", []disclosure.Cell{cell("P", "", 0, 9), cell("A", "P", 1, 4), cell("B", "P", 1, 5)}, 1},
		{"one small", []disclosure.Cell{cell("P", "", 0, 9), cell("A", "P", 1, 2), cell("B", "P", 1, 7)}, 0},
		{"none is not small", []disclosure.Cell{cell("P", "", 0, 9), cell("A", "P", 1, 0), cell("B", "P", 1, 9)}, 1},
		{"a small remainder of the parent's own", []disclosure.Cell{cell("P", "", 0, 9), cell("A", "P", 1, 4), cell("B", "P", 1, 4)}, 0},
		{"the top small", []disclosure.Cell{cell("P", "", 0, 2), cell("A", "P", 1, 0)}, disclosure.Nothing},
		{"a fall", []disclosure.Cell{cell("P", "", 0, -2)}, disclosure.Nothing},
	} {
		if got := disclosure.Depth(c.cells, 3, 1); got != c.want {
			t.Errorf("%s: published down to %d, want %d", c.what, got, c.want)
		}
	}
}
