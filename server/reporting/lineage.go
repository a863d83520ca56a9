package reporting

import (
	"context"
	"encoding/binary"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// Link is a lineage link as it is shown: From as it was called on the day before, To as on the day.
type Link struct {
	Date     period.Day
	From, To hierarchy.Unit
	Share    hierarchy.Share
	// Sequence is of the entry that recorded it, Note what was written there.
	Sequence    uint64
	Note        string
	NoteRemoved bool
	// Steps is how many links away from the unit it is that was asked about, 1 for its own.
	Steps int
}

// linkIn dresses a link.
func linkIn(tree *hierarchy.Tree, l hierarchy.Link) Link {
	from, _ := tree.Unit(l.From)
	to, _ := tree.Unit(l.To)
	return Link{Date: l.Date, From: from.On(l.Date - 1), To: to.On(l.Date), Share: l.Share}
}

// link dresses a link that is recorded.
func (g granted) link(l hierarchy.Link, steps int) (Link, error) {
	shown := linkIn(g.tx.Tree(), l)
	shown.Sequence, shown.Steps = g.tx.LinkSequence(l), steps
	var err error
	shown.Note, shown.NoteRemoved, err = g.tx.LinkNote(shown.Sequence)
	return shown, err
}

// Lineage is what became of a unit and what it was made of.
type Lineage struct {
	Unit           hierarchy.Unit
	Until          period.Day
	Became, MadeOf []Link
	Standing       []hierarchy.Unit
	Acting         hierarchy.Unit // no id if nobody acts
	Cut            bool
	Stamp          Stamp
}

// maxLineage is how many links each list of a lineage shows at most.
const maxLineage = 1000

// LineageFilter asks for the lineage of one unit.
type LineageFilter struct {
	Unit, AsOf, Until string
	// Direct leaves out what is more than one link away.
	Direct bool
	At     At
}

// GetLineage tells what became of a unit and what it was made of. Whoever may read the unit may know it.
func (s *Service) GetLineage(ctx context.Context, caller auth.Caller, f LineageFilter) (Lineage, error) {
	on, err := s.dayOr("as_of", f.AsOf)
	if err != nil {
		return Lineage{}, err
	}
	until, err := s.dayOr("until", f.Until)
	if err != nil {
		return Lineage{}, err
	}
	if f.Until == "" {
		until = max(until, on)
	}
	var shown Lineage
	err = s.readAt(ctx, caller, f.At, 0, func(tx *aggregator.Tx, who granted) error {
		found, err := who.seen("name", f.Unit, on)
		if err != nil {
			return err
		}
		tree := tx.Tree()
		shown = Lineage{Unit: found.On(on), Until: until, Stamp: stampOf(tx)}
		if shown.Became, err = who.follow(&shown, found.ID, f.Direct, tree.Successors, func(l hierarchy.Link) hierarchy.ID { return l.To }); err != nil {
			return err
		}
		if shown.MadeOf, err = who.follow(&shown, found.ID, f.Direct, tree.Predecessors, func(l hierarchy.Link) hierarchy.ID { return l.From }); err != nil {
			return err
		}
		for _, id := range tree.Standing(found.ID, until) {
			u, _ := tree.Unit(id)
			shown.Standing = append(shown.Standing, u.On(until))
		}
		if acting, ok := tree.Acting(found.ID, until); ok {
			u, _ := tree.Unit(acting)
			shown.Acting = u.On(until)
		}
		return nil
	})
	return shown, err
}

// follow walks from a unit along links, the nearest first, each unit once.
func (g granted) follow(
	shown *Lineage, first hierarchy.ID, direct bool, links func(hierarchy.ID) []hierarchy.Link, other func(hierarchy.Link) hierarchy.ID,
) ([]Link, error) {
	var list []Link
	seen := map[hierarchy.ID]bool{first: true}
	for layer, steps := []hierarchy.ID{first}, 1; len(layer) > 0 && (steps == 1 || !direct); steps++ {
		var further []hierarchy.ID
		for _, id := range layer {
			for _, l := range links(id) {
				if l.Date > shown.Until {
					continue
				}
				if len(list) == maxLineage {
					shown.Cut = true
					return list, nil
				}
				dressed, err := g.link(l, steps)
				if err != nil {
					return nil, err
				}
				list = append(list, dressed)
				if next := other(l); !seen[next] {
					seen[next] = true
					further = append(further, next)
				}
			}
		}
		layer = further
	}
	return list, nil
}

// LinkFilter narrows a list of links.
type LinkFilter struct {
	From, To    string
	Page        Page
	MinSequence uint64
	At          At
}

// LinkPage is one page of links.
type LinkPage struct {
	Links []Link
	Next  string
	Stamp Stamp
}

// ListLinks lists links by date, then by the ids of both units.
func (s *Service) ListLinks(ctx context.Context, caller auth.Caller, f LinkFilter) (LinkPage, error) {
	from, to := period.Beginning, period.Forever
	for _, end := range []struct {
		field, text string
		day         *period.Day
	}{{"from_date", f.From, &from}, {"to_date", f.To, &to}} {
		if end.text == "" {
			continue
		}
		day, err := period.ParseDay(end.text)
		if err != nil {
			return LinkPage{}, fault.Of(err).In(end.field)
		}
		*end.day = day
	}
	size, err := f.Page.size(defaultPage, largestPage)
	if err != nil {
		return LinkPage{}, err
	}
	filter := filterHash("links", f.From, f.To, f.At.String())
	var page LinkPage
	err = s.readAt(ctx, caller, f.At, f.MinSequence, func(tx *aggregator.Tx, who granted) error {
		page = LinkPage{Stamp: stampOf(tx)}
		at, err := f.Page.open(tx, filter)
		if err != nil {
			return err
		}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		for _, l := range tx.Tree().Links() {
			key := linkKey(l)
			if l.Date < from || l.Date > to || key <= at.key || !who.reads(l.From, l.Date-1) && !who.reads(l.To, l.Date) {
				continue
			}
			if len(page.Links) == size {
				page.Next = at.with(page.Links[size-1]).token()
				return nil
			}
			shown, err := who.link(l, 0)
			if err != nil {
				return err
			}
			page.Links = append(page.Links, shown)
		}
		return nil
	})
	return page, err
}

// with is the cursor behind a link.
func (c cursor) with(l Link) cursor {
	c.key = linkKey(hierarchy.Link{Date: l.Date, From: l.From.ID, To: l.To.ID})
	return c
}

// linkKey sorts links as lists have them.
func linkKey(l hierarchy.Link) string {
	var day [4]byte
	binary.BigEndian.PutUint32(day[:], uint32(l.Date)^1<<31) //nolint:gosec // bits
	return string(day[:]) + strings.Join([]string{string(l.From), string(l.To)}, "\x00")
}
