package hierarchy

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/period"
)

// lineageOracle is a tree with its links as two lists. Every promise is asked of the whole of both after each change.
type lineageOracle struct {
	oracle
	links []Link
}

func (o lineageOracle) reorganised(r Reorganisation) (lineageOracle, bool) {
	units, ok := o.with(r.Units)
	if !ok {
		return o, false
	}
	next := lineageOracle{oracle: units}
	for i, w := range r.Withdrawn {
		if !slices.ContainsFunc(o.links, w.same) || slices.ContainsFunc(r.Withdrawn[:i], w.same) {
			return o, false
		}
	}
	for _, l := range o.links {
		if !slices.ContainsFunc(r.Withdrawn, l.same) {
			next.links = append(next.links, l)
		}
	}
	next.links = append(next.links, r.Links...)
	for i, l := range next.links {
		from, known := next.find(l.From)
		to, known2 := next.find(l.To)
		right := known && known2 && l.From != l.To && !l.Date.IsOpen() && from.ValidOn(l.Date-1) && to.ValidOn(l.Date) &&
			(l.Share == Part || l.Share == Whole && from.ValidTo == l.Date)
		for j, m := range next.links {
			if i != j && (l.same(m) || l.From == m.From && l.Date == m.Date && (l.Share == Whole || m.Share == Whole)) {
				right = false
			}
		}
		if !right {
			return o, false
		}
	}
	return next, true
}

// joined says whether two units are joined by links of the span: a walk through all links, as often as there are units.
func (o lineageOracle) joined(first, last period.Day) map[ID]map[ID]bool {
	with := map[ID]map[ID]bool{}
	for _, u := range o.oracle {
		reached := map[ID]bool{u.ID: true}
		for range o.oracle {
			for _, l := range o.links {
				if first < l.Date && l.Date <= last && (reached[l.From] || reached[l.To]) {
					reached[l.From], reached[l.To] = true, true
				}
			}
		}
		with[u.ID] = reached
	}
	return with
}

func (o lineageOracle) leadsOn(u Unit) []Link {
	var ends []Link
	for _, l := range o.links {
		if l.From == u.ID && l.Date == u.ValidTo {
			ends = append(ends, l)
		}
	}
	return ends
}

func (o lineageOracle) standing(id ID, on period.Day) []ID {
	u, ok := o.find(id)
	if !ok || on < u.ValidFrom {
		return nil
	}
	if u.ValidOn(on) {
		return []ID{id}
	}
	ends := o.leadsOn(u)
	if len(ends) == 0 {
		return o.standing(u.Parent, on)
	}
	return o.where(func(v Unit) bool {
		return slices.ContainsFunc(ends, func(l Link) bool { return slices.Contains(o.standing(l.To, on), v.ID) })
	})
}

// lowest is found by asking every unit what it contains.
func (o lineageOracle) lowest(on period.Day, ids []ID) ID {
	var best ID
	depth := 0
	for _, u := range o.oracle {
		below := o.subtree(u.ID, on)
		contains := len(ids) > 0
		for _, id := range ids {
			contains = contains && slices.Contains(below, id)
		}
		if d := len(o.path(u.ID, on)); contains && d > depth {
			best, depth = u.ID, d
		}
	}
	return best
}

func (o lineageOracle) acting(id ID, on period.Day) ID {
	u, ok := o.find(id)
	switch {
	case !ok || on < u.ValidFrom:
		return ""
	case u.ValidOn(on):
		return id
	}
	if ends := o.leadsOn(u); len(ends) == 1 && ends[0].Share == Whole {
		return o.acting(ends[0].To, on)
	}
	return o.lowest(on, o.standing(id, on))
}

// drawReorganisation closes some units of a day, makes others and joins them, mostly rightly.
func drawReorganisation(t *rapid.T, known lineageOracle) Reorganisation {
	odd := func(what string) bool { return rapid.IntRange(0, 19).Draw(t, what) == 0 }
	day := rapid.SampledFrom([]period.Day{100, 200, 300}).Draw(t, "day")
	var r Reorganisation
	var from, to, under []ID
	for _, u := range known.oracle {
		parent := slices.ContainsFunc(known.oracle, func(v Unit) bool { return v.Parent == u.ID && v.ValidTo > day })
		switch choice := rapid.IntRange(0, 3).Draw(t, "what"); {
		case !u.ValidOn(day-1) || u.Parent == "":
			if u.ValidTo == period.Forever && u.ValidFrom <= day {
				under = append(under, u.ID)
			}
			if u.ValidTo <= day && odd("goes on after all") {
				u.ValidTo = rapid.SampledFrom([]period.Day{day, day + 100, period.Forever}).Draw(t, "until")
				r.Units = append(r.Units, u)
			}
		case choice == 0 && (!parent || odd("orphans")):
			u.ValidTo = day
			r.Units = append(r.Units, u)
			from = append(from, u.ID)
		case choice == 1:
			from, to = append(from, u.ID), append(to, u.ID)
		case u.ValidTo == period.Forever:
			under = append(under, u.ID)
		}
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "made") {
		u := drawUnit(t, known.oracle)
		u.Parent, u.ValidFrom, u.ValidTo = rapid.SampledFrom(under).Draw(t, "under"), day, period.Forever
		if !odd("code") {
			u.Code = Code(fmt.Sprintf("%c%d", 'a'+i, len(known.oracle)))
		}
		u.ID = NewID(u.Code, day)
		r.Units, to = append(r.Units, u), append(to, u.ID)
	}
	if odd("nobody") {
		to = append(to, "nobody-0")
	}
	for _, f := range from {
		chosen := rapid.SliceOfNDistinct(rapid.SampledFrom(append(to, f)), 0, min(2, len(to)), rapid.ID[ID]).Draw(t, "to")
		if !odd("itself") {
			chosen = slices.DeleteFunc(chosen, func(id ID) bool { return id == f })
		}
		ends := slices.ContainsFunc(r.Units, func(u Unit) bool { return u.ID == f })
		for _, id := range chosen {
			share := Part
			if ends && len(chosen) == 1 && rapid.Bool().Draw(t, "whole") || odd("share") {
				share = Whole
			}
			r.Links = append(r.Links, Link{Date: day, From: f, To: id, Share: share})
		}
	}
	for _, l := range known.links {
		if rapid.IntRange(0, 8).Draw(t, "withdrawn") == 0 {
			r.Withdrawn = append(r.Withdrawn, l)
			if rapid.Bool().Draw(t, "again") {
				l.Share = Whole + Part - l.Share
				r.Links = append(r.Links, l)
			}
		}
	}
	return r
}

func TestR2_LineageAgreesWithLists(t *testing.T) {
	accepted, refused, withLinks, divided, withdrawn := 0, 0, 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		tree := Empty()
		list := lineageOracle{}
		apply := func(r Reorganisation) {
			next, err := tree.Reorganised(r)
			wanted, ok := list.reorganised(r)
			if (err == nil) != ok {
				t.Fatalf("Reorganised(%+v) on %+v: error = %v, but the lists say right = %t", r, list, err, ok)
			}
			if !ok {
				refused++
				return
			}
			accepted++
			withdrawn += len(r.Withdrawn)
			tree, list = next, wanted
		}
		root := Unit{ID: "0-0", Code: "0", Kind: Country, NameVI: "Nước", ValidFrom: period.Beginning, ValidTo: period.Forever}
		apply(Reorganisation{Units: []Unit{root}})
		for range rapid.IntRange(3, 8).Draw(t, "units") {
			u := drawUnit(t, list.oracle)
			if u.Parent == "" {
				u.Parent = root.ID
			}
			apply(Reorganisation{Units: []Unit{u}})
		}
		for range rapid.IntRange(3, 15).Draw(t, "changes") {
			apply(drawReorganisation(t, list))
		}
		withLinks += min(1, len(list.links))
		divided += compareLineage(t, tree, list)
	})
	if testing.Short() {
		return // a fifth of the drawings says nothing about them
	}
	if accepted == 0 || refused == 0 || withLinks == 0 || divided == 0 || withdrawn == 0 {
		t.Errorf("%d changes accepted, %d refused, %d trees with links, %d components with several newest units, %d links withdrawn: the drawing is too one-sided",
			accepted, refused, withLinks, divided, withdrawn)
	}
}

// compareLineage gives how many components had several newest units.
func compareLineage(t *rapid.T, tree *Tree, list lineageOracle) (divided int) {
	same := func(what string, got, want any) {
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%s = %v, want %v\nin %+v", what, got, want, list)
		}
	}
	slices.SortFunc(list.links, compareLinks)
	same("Links", tree.Links(), list.links)
	for _, u := range list.oracle {
		keep := func(whose func(Link) ID) (some []Link) {
			for _, l := range list.links {
				if whose(l) == u.ID {
					some = append(some, l)
				}
			}
			return some
		}
		same("Successors", tree.Successors(u.ID), keep(func(l Link) ID { return l.From }))
		same("Predecessors", tree.Predecessors(u.ID), keep(func(l Link) ID { return l.To }))
		for _, day := range []period.Day{99, 100, 199, 200, 300, 301} {
			same(fmt.Sprintf("Standing(%s, %d)", u.ID, day), tree.Standing(u.ID, day), list.standing(u.ID, day))
			acting, _ := tree.Acting(u.ID, day)
			same(fmt.Sprintf("Acting(%s, %d)", u.ID, day), acting, list.acting(u.ID, day))
		}
	}
	for _, span := range [][2]period.Day{{99, 100}, {100, 200}, {100, 300}, {200, 200}, {50, 400}, {300, 100}} {
		divided += compareComponents(t, tree, list, span[0], span[1])
	}
	return divided
}

func compareComponents(t *rapid.T, tree *Tree, list lineageOracle, first, last period.Day) (divided int) {
	components, joined, total := tree.Components(first, last), list.joined(first, last), 0
	for _, u := range list.oracle {
		component, in := components.Of(u.ID)
		if in != (len(joined[u.ID]) > 1) {
			t.Fatalf("%s is in a component of (%d, %d]: %t, want %t\nin %+v", u.ID, first, last, in, !in, list)
		}
		if !in {
			continue
		}
		if component.Units[0] == u.ID {
			total++
		}
		units := list.where(func(v Unit) bool { return joined[u.ID][v.ID] })
		newest := list.where(func(v Unit) bool {
			return joined[u.ID][v.ID] && (v.ValidTo > last || len(list.leadsOn(v)) == 0)
		})
		var dates []period.Day
		for _, l := range list.links {
			if first < l.Date && l.Date <= last && joined[u.ID][l.From] && !slices.Contains(dates, l.Date) {
				dates = append(dates, l.Date)
			}
		}
		slices.Sort(dates)
		if got, want := fmt.Sprint(component), fmt.Sprint(Component{units, newest, dates}); got != want || len(newest) == 0 {
			t.Fatalf("the component of %s in (%d, %d] = %s, want %s\nin %+v", u.ID, first, last, got, want, list)
		}
		if len(newest) > 1 {
			divided++
		}
	}
	if len(components.All()) != total {
		t.Fatalf("%d components in (%d, %d], want %d", len(components.All()), first, last, total)
	}
	return divided
}
