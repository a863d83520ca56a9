package hierarchy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/period"
)

// oracle is the tree as a list, searched from end to end for every question. It shares nothing with Tree but ValidOn
// and the order of codes.
type oracle []Unit

func (o oracle) find(id ID) (Unit, bool) {
	for _, u := range o {
		if u.ID == id {
			return u, true
		}
	}
	return Unit{}, false
}

func (o oracle) path(id ID, on period.Day) []ID {
	u, ok := o.find(id)
	if !ok || !u.ValidOn(on) {
		return nil
	}
	return append([]ID{id}, o.path(u.Parent, on)...)
}

func (o oracle) where(keep func(Unit) bool) []ID {
	var ids []ID
	for _, u := range o {
		if keep(u) {
			ids = append(ids, u.ID)
		}
	}
	slices.SortFunc(ids, func(a, b ID) int {
		return strings.Compare(string(a.Code())+" "+string(a), string(b.Code())+" "+string(b))
	})
	return ids
}

func (o oracle) subtree(id ID, on period.Day) []ID {
	if u, ok := o.find(id); !ok || !u.ValidOn(on) {
		return nil
	}
	all := []ID{id}
	for _, child := range o.where(func(u Unit) bool { return u.Parent == id && u.ValidOn(on) }) {
		all = append(all, o.subtree(child, on)...)
	}
	return all
}

// with adds the units if everything that With promises holds of the result.
func (o oracle) with(units []Unit) (oracle, bool) {
	next := slices.Clone(o)
	for i, u := range units {
		if slices.ContainsFunc(units[:i], func(v Unit) bool { return v.ID == u.ID }) {
			return nil, false
		}
		if was, known := o.find(u.ID); known {
			if was.Kind != u.Kind || was.Parent != u.Parent {
				return nil, false
			}
			next[slices.IndexFunc(next, was.Equal)] = u
			continue
		}
		next = append(next, u)
	}
	for i, u := range next {
		if u.ValidFrom >= u.ValidTo {
			return nil, false
		}
		for _, v := range next[:i] {
			if u.Code == v.Code && u.Kind == v.Kind && max(u.ValidFrom, v.ValidFrom) < min(u.ValidTo, v.ValidTo) {
				return nil, false
			}
		}
		if !next.hangs(u) {
			return nil, false
		}
	}
	return next, true
}

// hangs says whether the way up ends at a root and everything on it stands as long as what is below.
func (o oracle) hangs(u Unit) bool {
	for range len(o) + 1 {
		if u.Parent == "" {
			return true
		}
		p, ok := o.find(u.Parent)
		if !ok || p.ValidFrom > u.ValidFrom || p.ValidTo < u.ValidTo {
			return false
		}
		u = p
	}
	return false
}

var someDays = []period.Day{period.Beginning, 100, 200, 300, period.Forever}

// drawUnit draws from few codes and days, so that every kind of clash and many right trees come up.
func drawUnit(t *rapid.T, known []Unit) Unit {
	from := rapid.SampledFrom([]period.Day{period.Beginning, period.Beginning, 100, 200}).Draw(t, "from")
	to := rapid.SampledFrom([]period.Day{period.Forever, period.Forever, 300, 200}).Draw(t, "to")
	code := Code(rapid.SampledFrom([]string{"1", "2", "3", "4", "5", "6", "7", "8"}).Draw(t, "code"))
	u := Unit{
		ID: NewID(code, from), Code: code, Kind: rapid.SampledFrom([]Kind{District, Commune}).Draw(t, "kind"),
		NameVI: "Xã " + string(code), ValidFrom: from, ValidTo: to,
	}
	if len(known) > 0 && rapid.IntRange(0, 9).Draw(t, "hangs") > 1 {
		u.Parent = rapid.SampledFrom(known).Draw(t, "parent").ID
	}
	if i := slices.IndexFunc(known, func(k Unit) bool { return k.ID == u.ID }); i >= 0 && rapid.IntRange(0, 3).Draw(t, "keeps") > 0 {
		u.Kind, u.Parent = known[i].Kind, known[i].Parent
	}
	return u
}

func TestTreeAgreesWithAList(t *testing.T) {
	accepted, refused, largest := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		tree, list := Empty(), oracle{}
		for range rapid.IntRange(1, 12).Draw(t, "calls") {
			batch := []Unit{}
			for range rapid.IntRange(1, 3).Draw(t, "units") {
				batch = append(batch, drawUnit(t, append(slices.Clone(list), batch...)))
			}
			batch = rapid.Permutation(batch).Draw(t, "order")
			next, err := tree.With(batch...)
			wanted, ok := list.with(batch)
			if (err == nil) != ok {
				t.Fatalf("With(%+v) on %+v: error = %v, but the list says right = %t", batch, list, err, ok)
			}
			if !ok {
				refused++
				continue
			}
			accepted++
			tree, list = next, wanted
			largest = max(largest, len(list))
			compare(t, tree, list)
		}
	})
	if testing.Short() {
		return // a fifth of the drawings says nothing about them
	}
	if accepted < 100 || refused < 100 || largest < 6 {
		t.Errorf("%d calls accepted, %d refused, at most %d units: the drawing is too one-sided", accepted, refused, largest)
	}
}

func compare(t *rapid.T, tree *Tree, list oracle) {
	same := func(what string, got, want any) {
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%s = %v, want %v\nin %+v", what, got, want, list)
		}
	}
	same("Len", tree.Len(), len(list))
	for o, u := range list {
		got, _ := tree.Unit(u.ID)
		same("Unit", got, u)
		same("At", tree.At(o), u)
	}
	for _, day := range someDays {
		same("Roots", tree.Roots(day), list.where(func(v Unit) bool { return v.Parent == "" && v.ValidOn(day) }))
		for _, u := range append(list, Unit{ID: "nobody-0", Code: "nobody"}) {
			path := list.path(u.ID, day)
			same("Path", tree.Path(u.ID, day), path)
			same("Children", tree.Children(u.ID, day), list.where(func(v Unit) bool { return v.Parent == u.ID && v.ValidOn(day) }))
			var below []ID
			tree.Subtree(u.ID, day, func(v Unit) bool {
				below = append(below, v.ID)
				return true
			})
			same("Subtree", below, list.subtree(u.ID, day))
			for _, v := range list {
				same("Within", tree.Within(u.ID, v.ID, day), slices.Contains(path, v.ID))
			}
			withCode := list.where(func(v Unit) bool { return v.Code == u.Code && v.ValidOn(day) })
			found, err := tree.Resolve(string(u.Code), day)
			same("Resolve", err == nil, len(withCode) == 1)
			if err == nil {
				same("Resolve", found.ID, withCode[0])
			}
			for _, ref := range []string{string(u.Code), string(u.ID), "", "nothing"} {
				want, err := tree.Resolve(ref, day)
				at, ok := tree.Find(ref, day)
				same("Find", ok, err == nil)
				if ok {
					same("Find", tree.At(at).ID, want.ID)
				}
			}
		}
		var hits []ID
		for _, u := range tree.Search(Query{On: day, Text: "xa 2"}) {
			hits = append(hits, u.ID)
		}
		same("Search", hits, list.where(func(v Unit) bool { return v.Code == "2" && v.ValidOn(day) }))
	}
}
