package hierarchy

import (
	"fmt"
	"slices"

	"github.com/tonghop/tonghop/server/fault"
)

// Reorganisation is a change of the tree in one piece: it is taken whole or not at all.
type Reorganisation struct {
	// Units are those that are created, and those that are closed or renamed as they are to be.
	Units []Unit
	// Links say which unit went over into which.
	Links []Link
	// Withdrawn are links that were recorded by mistake; date, from and to name them. They go before Links come, so that
	// the same link can be given with another share.
	Withdrawn []Link
}

// Reorganised gives a tree in which the change has been made, or refuses it with every problem: what [Tree.With] finds,
// under units[i]; and under links[i] and withdrawn[i] what [Link.Check] finds; a link that is given twice or known
// already, or to be withdrawn and not known; a unit that never existed; a unit that did not stand on the day before the
// link's date; one that goes over whole and does not end on that day, or has another link then; a unit that does not
// stand on the date and so cannot get anything. The receiver stays as it is.
func (t *Tree) Reorganised(r Reorganisation) (*Tree, error) {
	if len(r.Units) == 0 && len(r.Links) == 0 && len(r.Withdrawn) == 0 {
		return t, nil
	}
	c := &change{old: t, next: t.copyFor(len(r.Units)), given: r.Units, at: make([]int32, len(r.Units)), first: map[ID]int{}}
	for i := range r.Units {
		c.accept(i)
	}
	for i := range r.Units {
		c.link(i)
	}
	c.findCircles()
	for i := range r.Units {
		c.checkPlace(i)
	}
	if len(r.Links) > 0 || len(r.Withdrawn) > 0 {
		c.relink(r)
	}
	for i := range r.Units {
		c.checkLineage(i)
	}
	if err := c.problems.Err(); err != nil {
		return nil, err
	}
	c.hang()
	return c.next, nil
}

// relink takes links away and adds others.
func (c *change) relink(r Reorganisation) {
	links := slices.Clone(c.old.lineage.links)
	for i, l := range r.Withdrawn {
		at, known := slices.BinarySearchFunc(links, l, compareLinks)
		if !known {
			c.problems.Add(fault.NotFound("LINEAGE_NOT_FOUND", "there is no lineage link %s to withdraw; name its date, from and to as they were recorded", l).
				With("from", l.From).With("to", l.To).With("date", l.Date).In(fmt.Sprintf("withdrawn[%d]", i)))
			continue
		}
		links = slices.Delete(links, at, at+1)
	}
	known := newLineage(links)
	given := map[Link]int{}
	taken := map[int]Link{}
	for i, l := range r.Links {
		add := func(e *fault.Error) { c.problems.Add(e.In(fmt.Sprintf("links[%d]", i))) }
		if err := l.Check(); err != nil {
			add(fault.Of(err))
			continue
		}
		name := Link{Date: l.Date, From: l.From, To: l.To}
		if first, again := given[name]; again {
			add(fault.Invalid("LINEAGE_REPEATED", "the lineage link %s stands in this request twice, at %d and at %d", l, first, i).
				With("from", l.From).With("to", l.To).With("date", l.Date).With("first", first).With("second", i))
			continue
		}
		given[name] = i
		if slices.ContainsFunc(known.next[l.From], l.same) {
			add(fault.Exists("LINEAGE_EXISTS", "the lineage link %s is recorded already; withdraw it in the same change to give it another share", l).
				With("from", l.From).With("to", l.To).With("date", l.Date))
			continue
		}
		if c.endsKnown(l, add) {
			taken[i] = l
			links = append(links, l)
		}
	}
	slices.SortFunc(links, compareLinks)
	c.next.lineage = newLineage(links)
	for i := range r.Links {
		if l, ok := taken[i]; ok {
			c.checkLink(l, fmt.Sprintf("links[%d]", i))
		}
	}
}

// endsKnown refuses a link whose units never existed.
func (c *change) endsKnown(l Link, add func(*fault.Error)) bool {
	known := true
	for _, end := range []struct {
		field string
		id    ID
	}{{"from", l.From}, {"to", l.To}} {
		if _, ok := c.next.byID[end.id]; ok {
			continue
		}
		known = false
		add(fault.NotFound("LINEAGE_UNIT_NOT_FOUND",
			"the lineage link %s names unit %q, which never existed; create it first or in the same change", l, end.id).
			With("unit", end.id).With("date", l.Date).In(end.field))
	}
	return known
}

// checkLink holds a link against the days of its units and against the other links of the unit that it comes from.
func (c *change) checkLink(l Link, field string) {
	from, to := c.next.units[c.next.byID[l.From]], c.next.units[c.next.byID[l.To]]
	add := func(e *fault.Error) {
		c.problems.Add(e.With("from", l.From).With("to", l.To).With("date", l.Date).In(field))
	}
	switch {
	case !from.datesInOrder() || !to.datesInOrder(): // told already
		return
	case !from.ValidOn(l.Date - 1):
		add(fault.Invalid("LINEAGE_FROM_NOT_VALID", "the lineage link %s: unit %s stands %s, so it had nothing to give on the day before",
			l, from, from.validity()).With("unit", from.ID).In("from"))
	case l.Share == Whole && from.ValidTo != l.Date:
		add(fault.Invalid("LINEAGE_FROM_GOES_ON", "the lineage link %s is whole, but unit %s stands %s; close it on %s, or say part",
			l, from, from.validity(), l.Date).With("unit", from.ID).In("from"))
	}
	if !to.ValidOn(l.Date) {
		add(fault.Invalid("LINEAGE_TO_NOT_VALID", "the lineage link %s: unit %s stands %s, so it could get nothing on that day",
			l, to, to.validity()).With("unit", to.ID).In("to"))
	}
	c.checkOthers(l, from, add)
}

// checkOthers refuses a whole link beside another of the same unit and day.
func (c *change) checkOthers(l Link, from Unit, add func(*fault.Error)) {
	for _, other := range c.next.lineage.next[l.From] {
		if other.Date != l.Date || other.To == l.To || l.Share != Whole && other.Share != Whole {
			continue
		}
		// Of two that come with the change the whole one is told, of two whole ones the later in order.
		if !c.known(other) && other.Share == Whole && (l.Share != Whole || compareLinks(other, l) > 0) {
			continue
		}
		add(fault.Invalid("LINEAGE_WHOLE_AND_MORE", "the lineage link %s: unit %s goes over into %s on that day too, so neither can be whole; say part of both",
			l, from, other.To).With("unit", from.ID).With("other", other.To).In("share"))
		return
	}
}

// checkLineage refuses to move the end of a known unit away from where its links hold it.
func (c *change) checkLineage(i int) {
	o := c.at[i]
	if o == none || int(o) >= len(c.old.units) || c.given[i].ValidTo == c.old.units[o].ValidTo || !c.given[i].datesInOrder() {
		return
	}
	u := c.given[i]
	held := func(l Link) {
		c.add(i, fault.Precondition("LINEAGE_HOLDS_END", "unit %s cannot end on %s: by the lineage link %s it stood until or got something on that day; withdraw the link in the same change",
			u, u.ValidTo, l).With("unit", u.ID).With("valid_to", u.ValidTo).With("from", l.From).With("to", l.To).With("date", l.Date).In("valid_to"))
	}
	for _, l := range c.next.lineage.next[u.ID] {
		if c.known(l) && (l.Share == Whole && u.ValidTo != l.Date || !u.ValidOn(l.Date-1)) {
			held(l)
		}
	}
	for _, l := range c.next.lineage.prev[u.ID] {
		if c.known(l) && !u.ValidOn(l.Date) {
			held(l)
		}
	}
}

// known says whether a link was there before; those that come with the change are checked themselves.
func (c *change) known(l Link) bool { return slices.Contains(c.old.lineage.next[l.From], l) }
