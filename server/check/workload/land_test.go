//go:build unix

package workload

import (
	"fmt"
	"testing"
)

// changing is a province of twelve communes of which all changes of the tree were made.
var changing = Shape{Districts: 3, Communes: 12, Months: 12, Reforms: MostReforms}

// TestWhatChangesMake lists the land after all of them: who ends, who begins, and in which months, counted from January.
func TestWhatChangesMake(t *testing.T) {
	got := ""
	for _, u := range changing.land(MostReforms).communes {
		if u.to != never || u.from >= 0 {
			got += fmt.Sprintf("%s in %d from %d to %d\n", u.id, u.district, u.from, min(u.to, 99))
		}
	}
	const want = `C0000-0 in 0 from -1 to 2
C0001-0 in 1 from -1 to 2
C0002-0 in 2 from -1 to 3
C0006-0 in 0 from -1 to 5
C0010-0 in 1 from -1 to 7
N0000-20240301 in 0 from 2 to 8
N0001-20240415 in 2 from 3 to 99
M0001-20240415 in 0 from 3 to 99
C0006-20240615 in 1 from 5 to 99
N0004-20240701 in 2 from 6 to 99
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestWhatIsBehindARollup names the bodies of some roll-ups, told by hand from R2.
func TestWhatIsBehindARollup(t *testing.T) {
	for _, c := range []struct {
		reforms                 int
		unit                    string
		first, months, tree     int
		placeable               bool
		bodies, sides, obliging int
	}{
		{0, "P-0", 0, 12, 0, true, 12, 1, 144},
		// C0000 and C0001 have January and February, N0000 the rest: one body of two sides in the first district.
		{1, "N0000-20240301", 0, 12, 0, true, 1, 2, 14},
		{1, "D01-0", 0, 12, 0, true, 3, 1, 36},
		{1, "C0000-0", 0, 12, 0, false, 0, 0, 0},
		{1, "C0000-0", 0, 2, 0, true, 1, 1, 2}, // before the change nothing has changed
		{1, "C0000-0", 0, 2, 17, false, 0, 0, 0},
		{1, "N0000-20240301", 0, 1, 17, true, 1, 2, 2}, // January, told on a later tree
		// C0002 is divided between the districts 2 and 0.
		{2, "M0001-20240415", 0, 12, 0, false, 0, 0, 0},
		{2, "D02-0", 0, 12, 0, false, 0, 0, 0},
		{2, "P-0", 0, 12, 0, true, 11, 2, 143}, // nine whole communes, 14 reports of the one body, 3 and twice 9 of the other
		// What ended without a word stays where it was.
		{6, "C0010-0", 0, 12, 0, true, 1, 1, 7},
	} {
		bodies, placeable := changing.Behind(c.reforms, c.unit, c.first, c.months, c.tree)
		sides, obliging := 0, 0
		for _, b := range bodies {
			sides = max(sides, len(b))
			for _, side := range b {
				obliging += len(side)
			}
		}
		if placeable != c.placeable || len(bodies) != c.bodies || sides != c.sides || obliging != c.obliging {
			t.Errorf("%s from %d, %d months, after %d changes, on the tree of %d: %t, %d bodies of %d sides with %d reports; want %+v",
				c.unit, c.first, c.months, c.reforms, c.tree, placeable, len(bodies), sides, obliging, c)
		}
	}
}
