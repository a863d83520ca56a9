package hierarchy

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/period"
)

// place gives where a unit's figures belong, from the lists; empty if nowhere.
func (o lineageOracle) place(u Unit, joined map[ID]bool, day period.Day) ID {
	var standing []ID
	for _, v := range o.oracle {
		newest := v.ValidTo > day || len(o.leadsOn(v)) == 0
		if !joined[v.ID] || v.ValidFrom > day || !newest && len(joined) > 1 {
			continue
		}
		instead := o.standing(v.ID, day)
		if len(instead) == 0 {
			return ""
		}
		standing = append(standing, instead...)
	}
	return o.lowest(day, standing)
}

// within says whether a unit is another one or stands above it, on whatever day.
func (o lineageOracle) within(id, above ID) bool {
	for u, ok := o.find(id); ok; u, ok = o.find(u.Parent) {
		if u.ID == above {
			return true
		}
	}
	return false
}

// TestR2_PlacementAgreesWithLists draws changes and compares where everything has its place, who has parts, whom a change
// touches, and whom a walk finds.
func TestR2_PlacementAgreesWithLists(t *testing.T) {
	elsewhere, parts := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		tree, list := Empty(), lineageOracle{}
		apply := func(r Reorganisation) {
			if next, err := tree.Reorganised(r); err == nil {
				tree = next
				list, _ = list.reorganised(r)
			}
		}
		apply(Reorganisation{Units: []Unit{{ID: "0-0", Code: "0", Kind: Country, NameVI: "Nước", ValidFrom: period.Beginning, ValidTo: period.Forever}}})
		for range rapid.IntRange(3, 8).Draw(t, "units") {
			u := drawUnit(t, list.oracle)
			if u.Parent == "" {
				u.Parent = "0-0"
			}
			apply(Reorganisation{Units: []Unit{u}})
		}
		for range rapid.IntRange(3, 12).Draw(t, "changes") {
			apply(drawReorganisation(t, list))
		}
		for _, span := range [][2]period.Day{{99, 100}, {100, 300}, {50, 400}} {
			a, b := comparePlacement(t, tree, list, span[0], span[1])
			elsewhere, parts = elsewhere+a, parts+b
		}
	})
	if !testing.Short() && (elsewhere == 0 || parts == 0) {
		t.Errorf("%d units have their place elsewhere, %d have parts: the drawing is too one-sided", elsewhere, parts)
	}
}

// comparePlacement gives how many units have their place elsewhere, and how many have parts of a component.
func comparePlacement(t *rapid.T, tree *Tree, list lineageOracle, first, day period.Day) (elsewhere, parts int) {
	p := tree.Placement(first, day)
	joined := list.joined(first, day)
	places := map[ID]ID{}
	for _, u := range list.oracle {
		places[u.ID] = list.place(u, joined[u.ID], day)
	}
	for _, u := range list.oracle {
		o, _ := tree.Ordinal(u.ID)
		got := ID("")
		if at, ok := p.Place(o); ok {
			got = tree.At(at).ID
		}
		if got != places[u.ID] {
			t.Fatalf("Place(%s) in (%d, %d] = %q, want %q\nin %+v", u.ID, first, day, got, places[u.ID], list)
		}
		if got != u.ID {
			elsewhere++
		}
		if c, ok := p.Component(o); ok != (len(joined[u.ID]) > 1) || ok && len(p.Joined(c).Units) != len(joined[u.ID]) {
			t.Fatalf("Component(%s) = %d, %t, want %v", u.ID, c, ok, joined[u.ID])
		}
		if u.ValidOn(day) {
			parts += comparePart(t, tree, list, p, u, places, joined)
		}
		compareWalk(t, tree, list, p, u, places, joined)
	}
	return elsewhere, parts
}

// comparePart gives how many components have a part at the unit or below it and their place above it.
func comparePart(t *rapid.T, tree *Tree, list lineageOracle, p *Placement, u Unit, places map[ID]ID, joined map[ID]map[ID]bool) int {
	o, _ := tree.Ordinal(u.ID)
	want := map[string]bool{}
	for _, v := range list.oracle {
		if len(joined[v.ID]) > 1 && v.ValidOn(p.Day()) && list.within(v.ID, u.ID) && (places[v.ID] == "" || !list.within(places[v.ID], u.ID)) {
			want[fmt.Sprint(joined[v.ID])] = true
		}
	}
	if got := p.Parted(o); len(got) != len(want) {
		t.Fatalf("Parted(%s) = %v, want %v\nin %+v", u.ID, got, want, list)
	}
	return len(want)
}

// compareWalk compares the units that a walk finds, and whom a change touches.
func compareWalk(t *rapid.T, tree *Tree, list lineageOracle, p *Placement, u Unit, places map[ID]ID, joined map[ID]map[ID]bool) {
	o, _ := tree.Ordinal(u.ID)
	var got, want []string
	p.Walk(o, func(b Branch) Way {
		id := tree.At(b.Unit).ID
		if b.Held {
			got = append(got, string(id))
		}
		if !b.Whole {
			return Below
		}
		for _, v := range list.oracle {
			if v.ID != id && list.within(v.ID, id) && p.inSpan(v) {
				got = append(got, string(v.ID))
				if !b.Joined && len(joined[v.ID]) > 1 {
					t.Fatalf("%s is joined, and the walk does not say so at %s", v.ID, id)
				}
			}
		}
		return Skip
	})
	touched := false
	for _, v := range list.oracle {
		if !p.inSpan(v) {
			continue
		}
		held := places[v.ID] != "" && list.within(places[v.ID], u.ID)
		below := list.within(v.ID, u.ID)
		if held {
			want = append(want, string(v.ID))
		}
		touched = touched || len(joined[v.ID]) > 1 && (held || below) || u.ValidOn(p.Day()) && held != below
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("Walk(%s) finds %v, want %v\nin %+v", u.ID, got, want, list)
	}
	if p.Touched(o) != touched {
		t.Fatalf("Touched(%s) in (%d, %d] = %t, want %t\nin %+v", u.ID, p.first, p.day, !touched, touched, list)
	}
}

// TestR2_PlacesOfUnits tells the vector of R2 and its neighbours.
func TestR2_PlacesOfUnits(t *testing.T) {
	tree, err := plant(t, `
		0 country  -   -          -          Nước
		P province 0-0 -          -          P
		Q province 0-0 -          -          Q
		D district P-0 -          2024-07-01 D
		A commune  D-0 -          2024-07-01 A
		B commune  D-0 -          2024-07-01 B
		C commune  D-0 -          2024-07-01 C
		N commune  P-0 2024-07-01 -          N
		M commune  P-0 2024-07-01 -          M
		O commune  Q-0 2024-07-01 -          O`).Reorganised(Reorganisation{Links: parseLinks(t, `
		2024-07-01 A-0 N-20240701 whole
		2024-07-01 B-0 N-20240701 part
		2024-07-01 B-0 M-20240701 part`)})
	if err != nil {
		t.Fatal(err)
	}
	p := tree.Placement(period.Date(2024, 1, 31), period.Date(2024, 12, 31))
	for unit, want := range map[ID]ID{
		"A-0": "P-0", "B-0": "P-0", "N-20240701": "P-0", "M-20240701": "P-0", "C-0": "P-0", "D-0": "P-0",
		"O-20240701": "O-20240701", "Q-0": "Q-0", "0-0": "0-0",
	} {
		o, _ := tree.Ordinal(unit)
		if at, ok := p.Place(o); !ok || tree.At(at).ID != want {
			t.Errorf("Place(%s) = %d, %t, want %s", unit, at, ok, want)
		}
	}
}
