package reporting

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/text"
)

// UnitAction is what a reorganisation does with a unit.
type UnitAction uint8

// The actions.
const (
	UnitCreated UnitAction = iota + 1
	UnitClosed
	UnitRenamed
	UnitCorrected
)

// String gives the word of the contract.
func (a UnitAction) String() string {
	return [...]string{"", "created", "closed", "renamed", "corrected"}[min(a, UnitCorrected)]
}

// UnitChange is one unit of a reorganisation.
type UnitChange struct {
	Action UnitAction
	Unit   hierarchy.Unit
	// Was is the last name before, where it is another one now.
	Was string
}

// Reorganised is what a change of the tree did, or would do.
type Reorganised struct {
	Created, Closed, Renamed, Corrected int
	Linked, Withdrawn                   int
	// Unchanged counts the rows that say what is already there.
	Unchanged int
	// Changes are the units in code order and Links those that were added, at most largestPage of each.
	Changes []UnitChange
	Links   []Link
	// Effects are what else it bears on; only of a preview.
	Effects *Effects
	Receipt Receipt
	Stamp   Stamp
}

// drafted is a reorganisation on its way, with the rows that change nothing taken out.
type drafted struct {
	hierarchy.Drafted
	unchanged int
}

// ReorganiseUnits changes the tree as a plan says (R3): all of it in one entry.
func (s *Service) ReorganiseUnits(ctx context.Context, call Call, plan hierarchy.Plan, note string) (Reorganised, error) {
	const method = "UnitService.ReorganiseUnits"
	plan.Create = slices.Clone(plan.Create)
	for i := range plan.Create {
		u := &plan.Create[i]
		u.NameVI, u.NameEN = text.NFC(u.NameVI), text.NFC(u.NameEN)
	}
	plan.Rename = slices.Clone(plan.Rename)
	for i := range plan.Rename {
		r := &plan.Rename[i]
		r.NameVI, r.NameEN = text.NFC(r.NameVI), text.NFC(r.NameEN)
	}
	plan.Move = slices.Clone(plan.Move)
	for i := range plan.Move {
		m := &plan.Move[i]
		m.NameVI, m.NameEN = text.NFC(m.NameVI), text.NFC(m.NameEN)
	}
	size := 256 * (len(plan.Create) + len(plan.Close) + len(plan.Rename) + len(plan.Move) + len(plan.Links) + len(plan.Withdraw))
	return s.reorganise(ctx, call, method, hashPlan(method, &plan, note), size, note, func(who granted) (drafted, error) {
		d, err := who.tx.Tree().Draft(plan)
		return drafted{Drafted: d}, err
	})
}

// ImportReorganisation changes the tree as two files say: units as they are to be, and the links between them, whose
// units may be bare codes. Problems name the rows as units[i] and links[i].
func (s *Service) ImportReorganisation(
	ctx context.Context, call Call, units []hierarchy.Unit, links []hierarchy.Link, note string,
) (Reorganised, error) {
	const method = "UnitService.ImportReorganisation"
	size := 128*len(units) + 64*len(links)
	return s.reorganise(ctx, call, method, hashRows(method, units, links, note), size, note, func(who granted) (drafted, error) {
		return who.draftRows(units, links)
	})
}

// draftRows resolves the names in rows and leaves out what is there already.
func (g granted) draftRows(units []hierarchy.Unit, links []hierarchy.Link) (drafted, error) {
	var d drafted
	tree := g.tx.Tree()
	bound, err := boundUnits(g.tx, units)
	if err != nil {
		return d, err
	}
	rows, err := tree.BindLinks(bound, links)
	if err != nil {
		return d, err
	}
	for i, u := range bound {
		if old, known := tree.Unit(u.ID); known && old.Equal(u) {
			d.unchanged++
			continue
		}
		d.Units, d.UnitsFrom = append(d.Units, u), append(d.UnitsFrom, fmt.Sprintf("units[%d]", i))
	}
	for i, l := range rows {
		if slices.Contains(tree.Successors(l.From), l) {
			d.unchanged++
			continue
		}
		d.Links, d.LinksFrom = append(d.Links, l), append(d.LinksFrom, fmt.Sprintf("links[%d]", i))
	}
	return d, nil
}

// reorganise is the road of both.
func (s *Service) reorganise(
	ctx context.Context, call Call, method string, hash [32]byte, size int, note string, draft func(who granted) (drafted, error),
) (Reorganised, error) {
	note, err := text.Note("note", note)
	if err != nil {
		return Reorganised{}, err
	}
	done, receipt, err := change(ctx, s, mutation[Reorganised]{
		slow: true, call: call, method: method, hash: hash, size: size,
		decide: func(who granted, _ committer.Slot) (Reorganised, entry.Body, error) {
			return who.reorganise(draft, note, call.ValidateOnly)
		},
		recall: func(who granted, _ uint64) (Reorganised, error) {
			return Reorganised{}, who.needEverywhere(auth.Catalogue)
		},
	})
	if err != nil {
		return Reorganised{}, err
	}
	if receipt.Replayed {
		if done, err = s.reorganisedBy(ctx, call.Caller, receipt.Sequence); err != nil {
			return Reorganised{}, err
		}
	}
	done.Receipt = receipt
	_, done.Stamp, err = s.GetStamp(ctx, call.Caller)
	return done, err
}

// reorganise decides.
func (g granted) reorganise(draft func(who granted) (drafted, error), note string, preview bool) (Reorganised, entry.Body, error) {
	if err := g.needEverywhere(auth.Catalogue); err != nil {
		return Reorganised{}, nil, err
	}
	d, err := draft(g)
	if err != nil {
		return Reorganised{}, nil, err
	}
	next, err := g.tx.Tree().Reorganised(d.Reorganisation)
	if err != nil {
		return Reorganised{}, nil, d.placed(err)
	}
	// A unit that is new or lasts longer may be asked for one indicator by two forms (R4).
	if err := g.tx.Forms().Check(next, g.tx.Indicators()); err != nil {
		return Reorganised{}, nil, unplaced(err)
	}
	r := d.Reorganisation
	done, err := g.tell(next, r, func(id hierarchy.ID) (hierarchy.Unit, bool, error) {
		u, known := g.tx.Tree().Unit(id)
		return u, known, nil
	})
	done.Unchanged = d.unchanged
	if err != nil || len(r.Units)+len(r.Links)+len(r.Withdrawn) == 0 {
		return done, nil, err
	}
	if err := g.keepsClosedTree(r.Units, slices.Concat(r.Links, r.Withdrawn)); err != nil {
		return done, nil, err
	}
	if preview {
		if done.Effects, err = g.effects(next, r.Units); err != nil {
			return done, nil, err
		}
	}
	return done, entry.UnitsReorganised{Reorganisation: r, Note: note}, nil
}

// placed renames the fields of an error to those of the request.
func (d *drafted) placed(err error) error {
	places := map[string][]string{"units": d.UnitsFrom, "links": d.LinksFrom, "withdrawn": d.WithdrawnFrom}
	return eachField(err, func(field string) string {
		list, rest, _ := strings.Cut(field, "[")
		number, rest, _ := strings.Cut(rest, "]")
		at, err := strconv.Atoi(number)
		if from := places[list]; err == nil && at >= 0 && at < len(from) {
			return from[at] + rest
		}
		return field
	})
}

// tell says what a reorganisation does; was gives each unit as it was before.
func (g granted) tell(
	tree *hierarchy.Tree, r hierarchy.Reorganisation, was func(hierarchy.ID) (hierarchy.Unit, bool, error),
) (Reorganised, error) {
	done := Reorganised{Linked: len(r.Links), Withdrawn: len(r.Withdrawn)}
	for _, u := range r.Units {
		old, known, err := was(u.ID)
		if err != nil {
			return Reorganised{}, err
		}
		c := UnitChange{Unit: u}
		if known && old.NameVI != u.NameVI {
			c.Was = old.NameVI
		}
		switch {
		case !known:
			c.Action = UnitCreated
			done.Created++
		case u.ValidTo < old.ValidTo:
			c.Action = UnitClosed
			done.Closed++
		case !slices.Equal(u.Earlier, old.Earlier):
			c.Action = UnitRenamed
			done.Renamed++
		default:
			c.Action = UnitCorrected
			done.Corrected++
		}
		done.Changes = append(done.Changes, c)
	}
	slices.SortFunc(done.Changes, func(a, b UnitChange) int { return cmp.Compare(unitKey(a.Unit), unitKey(b.Unit)) })
	done.Changes = done.Changes[:min(len(done.Changes), largestPage)]
	for _, l := range r.Links[:min(len(r.Links), largestPage)] {
		done.Links = append(done.Links, linkIn(tree, l))
	}
	return done, nil
}

// reorganisedBy tells what an entry did, from the entry itself and the units as they were before.
func (s *Service) reorganisedBy(ctx context.Context, caller auth.Caller, sequence uint64) (Reorganised, error) {
	var body entry.UnitsReorganised
	err := s.cfg.Journal.Read(ctx, sequence, func(e journal.Entry) error {
		decoded, err := entry.Decode(e.Public, e.Private)
		if err != nil {
			return err
		}
		body, _ = decoded.Body.(entry.UnitsReorganised)
		return errEnough
	})
	if err != nil && !errors.Is(err, errEnough) {
		return Reorganised{}, err
	}
	var done Reorganised
	err = s.read(ctx, caller, sequence, func(tx *aggregator.Tx, who granted) error {
		if err := who.needEverywhere(auth.Catalogue); err != nil {
			return err
		}
		var err error
		done, err = who.tell(tx.Tree(), body.Reorganisation, func(id hierarchy.ID) (hierarchy.Unit, bool, error) {
			return tx.UnitBefore(id, sequence)
		})
		return err
	})
	return done, err
}

// hashPlan is the hash of a plan (R37).
func hashPlan(method string, p *hierarchy.Plan, note string) [32]byte {
	c := canon(method).text("date", p.Date.String()).text("note", note).count("create", len(p.Create))
	for _, u := range p.Create {
		c.text("code", string(u.Code)).text("kind", string(u.Kind)).text("name_vi", u.NameVI).text("name_en", u.NameEN).text("parent", string(u.Parent))
	}
	c.count("close", len(p.Close))
	for _, ref := range p.Close {
		c.text("unit", ref)
	}
	c.count("rename", len(p.Rename))
	for _, r := range p.Rename {
		c.text("unit", r.Unit).text("name_vi", r.NameVI).text("name_en", r.NameEN)
	}
	c.count("move", len(p.Move))
	for _, m := range p.Move {
		c.text("unit", m.Unit).optional("parent", m.Parent).text("code", string(m.Code)).text("kind", string(m.Kind)).
			text("name_vi", m.NameVI).text("name_en", m.NameEN)
	}
	for _, list := range []struct {
		name  string
		links []hierarchy.PlannedLink
	}{{"links", p.Links}, {"withdraw", p.Withdraw}} {
		c.count(list.name, len(list.links))
		for _, l := range list.links {
			c.text("from", l.From).text("to", l.To).text("share", l.Share.String())
		}
	}
	return c.sum()
}

// hashRows is the hash of two files (R37).
func hashRows(method string, units []hierarchy.Unit, links []hierarchy.Link, note string) [32]byte {
	c := canon(method).text("note", note).count("units", len(units))
	for _, u := range units {
		c.unit(u)
	}
	c.count("links", len(links))
	for _, l := range links {
		c.text("date", l.Date.String()).text("from", string(l.From)).text("to", string(l.To)).text("share", l.Share.String())
	}
	return c.sum()
}
