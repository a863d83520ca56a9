package reporting

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// Unit is a unit as it is shown.
type Unit struct {
	hierarchy.Unit
	Etag string
	// Last is the name of its last days.
	Last string
	// Ancestors are the units above on the day that was asked for, nearest first.
	Ancestors []hierarchy.Unit
}

// GetUnit gives the unit that ref names on the day asOf, today when it is empty.
func (s *Service) GetUnit(ctx context.Context, caller auth.Caller, ref, asOf string) (Unit, Stamp, error) {
	return s.GetUnitAt(ctx, caller, ref, asOf, At{})
}

// GetUnitAt is GetUnit as of an earlier state.
func (s *Service) GetUnitAt(ctx context.Context, caller auth.Caller, ref, asOf string, at At) (Unit, Stamp, error) {
	day, err := s.dayOr("as_of", asOf)
	if err != nil {
		return Unit{}, Stamp{}, err
	}
	var unit Unit
	var stamp Stamp
	err = s.readAt(ctx, caller, at, 0, func(tx *aggregator.Tx, who granted) error {
		stamp = stampOf(tx)
		found, err := who.seen("name", ref, day)
		if err != nil {
			return err
		}
		unit = who.unit(found, day)
		return nil
	})
	return unit, stamp, err
}

// unit dresses a unit for showing as it was called on a day.
func (g granted) unit(u hierarchy.Unit, day period.Day) Unit {
	shown := Unit{Unit: u.On(day), Etag: unitEtag(g.tx, u.ID), Last: u.NameVI}
	if !u.ValidOn(day) {
		day = max(u.ValidFrom, min(day, u.ValidTo-1))
	}
	path := g.tx.Tree().Path(u.ID, day)
	for _, id := range path[min(1, len(path)):] {
		if above, known := g.tx.Tree().Unit(id); known {
			shown.Ancestors = append(shown.Ancestors, above.On(day))
		}
	}
	return shown
}

func unitEtag(tx *aggregator.Tx, id hierarchy.ID) string {
	return strconv.FormatUint(tx.UnitSequence(id), 10)
}

// UnitFilter narrows a list of units.
type UnitFilter struct {
	AsOf, Below string
	Kinds       []string
	Search      string
	Page        Page
	MinSequence uint64
	At          At
}

// Limits of a search: each unit is held against every word and kind.
const (
	maxSearch = 200
	maxKinds  = 100
)

// UnitPage is one page of units.
type UnitPage struct {
	Units []Unit
	Next  string
	Stamp Stamp
}

// ListUnits lists units in code order, then id order.
func (s *Service) ListUnits(ctx context.Context, caller auth.Caller, f UnitFilter) (UnitPage, error) {
	day, err := s.dayOr("as_of", f.AsOf)
	if err != nil {
		return UnitPage{}, err
	}
	size, err := f.Page.size(defaultPage, largestPage)
	if err != nil {
		return UnitPage{}, err
	}
	query := hierarchy.Query{On: day}
	if query.Text, err = text.Clean("search", f.Search, maxSearch); err != nil {
		return UnitPage{}, err
	}
	if len(f.Kinds) > maxKinds {
		return UnitPage{}, tooMany("kinds", len(f.Kinds), maxKinds)
	}
	for i, k := range f.Kinds {
		kind, err := hierarchy.ParseKind(k)
		if err != nil {
			return UnitPage{}, fault.Of(err).In(fmt.Sprintf("kinds[%d]", i))
		}
		query.Kinds = append(query.Kinds, kind)
	}
	filter := filterHash(append([]string{"units", f.AsOf, f.Below, f.Search, f.At.String()}, f.Kinds...)...)
	var page UnitPage
	err = s.readAt(ctx, caller, f.At, f.MinSequence, func(tx *aggregator.Tx, who granted) error {
		page = UnitPage{Stamp: stampOf(tx)}
		at, err := f.Page.open(tx, filter)
		if err != nil {
			return err
		}
		if f.Below != "" {
			below, err := who.seen("below", f.Below, day)
			if err != nil {
				return err
			}
			query.Below = below.ID
		} else if err := who.need(auth.Read); err != nil {
			return err
		}
		for _, found := range tx.Tree().Search(query) {
			u, _ := tx.Tree().Unit(found.ID)
			key := unitKey(u)
			if key <= at.key || !who.reads(u.ID, day) {
				continue
			}
			if len(page.Units) == size {
				at.key = unitKey(page.Units[size-1].Unit)
				page.Next = at.token()
				return nil
			}
			page.Units = append(page.Units, who.unit(u, day))
		}
		return nil
	})
	return page, err
}

// unitKey orders units in lists: by code, then by id.
func unitKey(u hierarchy.Unit) string { return string(u.Code) + "\x00" + string(u.ID) }

// CatalogueChange says what a change of units, indicators or forms did.
type CatalogueChange struct {
	Created, Updated, Unchanged int
	Receipt                     Receipt
	Warnings                    []error
}

// count counts a row and says whether it says what is already there.
func (c *CatalogueChange) count(known, same bool) bool {
	switch {
	case !known:
		c.Created++
	case same:
		c.Unchanged++
	default:
		c.Updated++
	}
	return known && same
}

// recount counts the rows of an import as they were when it was accepted, by the entries that wrote each thing.
func recount[T any](sequence uint64, rows []T, history func(T) []uint64) CatalogueChange {
	var c CatalogueChange
	for _, row := range rows {
		wrote := history(row)
		made := len(wrote) > 0 && wrote[len(wrote)-1] == sequence
		c.count(!made, !slices.Contains(wrote, sequence))
	}
	return c
}

// CreateUnit adds one unit; a parent may be a bare code, which is resolved on the unit's first day.
func (s *Service) CreateUnit(ctx context.Context, call Call, u hierarchy.Unit) (Unit, Receipt, Stamp, error) {
	const method = "UnitService.CreateUnit"
	return s.changeOneUnit(ctx, call, method, hashUnits(method, u), func(who granted) (hierarchy.Unit, error) {
		wanted := u
		wanted.ID = hierarchy.NewID(u.Code, u.ValidFrom)
		if _, known := who.tx.Tree().Unit(wanted.ID); known {
			return wanted, fault.Exists("UNIT_EXISTS",
				"there is a unit %s already; update it, or give the first day of the new one", wanted.ID).
				With("unit", wanted.ID)
		}
		return wanted, nil
	})
}

// UnitPatch is what may change in a unit; nil leaves a field alone.
type UnitPatch struct {
	NameVI, NameEN *string
	ValidTo        *period.Day
	Etag           string
}

// UpdateUnit changes the names or the last day of a unit.
func (s *Service) UpdateUnit(ctx context.Context, call Call, ref string, p UnitPatch) (Unit, Receipt, Stamp, error) {
	const method = "UnitService.UpdateUnit"
	hash := canon(method).text("unit", ref).text("etag", p.Etag).optional("name_vi", p.NameVI).optional("name_en", p.NameEN)
	if p.ValidTo != nil {
		hash = hash.text("valid_to", p.ValidTo.String())
	}
	return s.changeOneUnit(ctx, call, method, hash.sum(), func(who granted) (hierarchy.Unit, error) {
		u, err := who.seen("unit.name", ref, period.DayOf(who.now))
		if err != nil {
			return u, err
		}
		if etag := unitEtag(who.tx, u.ID); p.Etag != etag {
			return u, etagMismatch(p.Etag, etag)
		}
		if p.NameVI != nil {
			u.NameVI = text.NFC(*p.NameVI)
		}
		if p.NameEN != nil {
			u.NameEN = text.NFC(*p.NameEN)
		}
		if p.ValidTo != nil {
			u.ValidTo = *p.ValidTo
		}
		return u, nil
	})
}

// changeOneUnit is the road of a change of one unit, which wanted gives as it is to be.
func (s *Service) changeOneUnit(
	ctx context.Context, call Call, method string, hash [32]byte, wanted func(who granted) (hierarchy.Unit, error),
) (Unit, Receipt, Stamp, error) {
	unit, receipt, err := change(ctx, s, mutation[hierarchy.Unit]{
		slow: true, call: call, method: method, hash: hash, size: 1 << 10,
		decide: func(who granted, _ committer.Slot) (hierarchy.Unit, entry.Body, error) {
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return hierarchy.Unit{}, nil, err
			}
			u, err := wanted(who)
			if err != nil {
				return u, nil, err
			}
			units, err := bindUnits(who.tx, []hierarchy.Unit{u})
			if err != nil {
				return u, nil, unnumbered(err)
			}
			if old, known := who.tx.Tree().Unit(units[0].ID); known && old.Equal(units[0]) {
				return old, nil, nil
			}
			if err := who.keepsClosedTree(units, nil); err != nil {
				return u, nil, err
			}
			return units[0], entry.UnitsChanged{Units: units}, nil
		},
		recall: func(who granted, sequence uint64) (hierarchy.Unit, error) {
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return hierarchy.Unit{}, err
			}
			id, err := who.madeBy(sequence)
			return hierarchy.Unit{ID: hierarchy.ID(id)}, err
		},
	})
	if err != nil {
		return Unit{}, Receipt{}, Stamp{}, err
	}
	if call.ValidateOnly {
		_, stamp, err := s.GetStamp(ctx, call.Caller)
		return Unit{Unit: unit}, Receipt{}, stamp, err
	}
	shown, stamp, err := s.GetUnit(ctx, call.Caller, string(unit.ID), "")
	return shown, receipt, stamp, err
}

// ImportUnits adds or replaces units, all or none. Problems name the rows as units[i].
func (s *Service) ImportUnits(ctx context.Context, call Call, rows []hierarchy.Unit) (CatalogueChange, error) {
	const method = "UnitService.ImportUnits"
	summary, receipt, err := change(ctx, s, mutation[CatalogueChange]{
		slow: true, call: call, method: method, hash: hashUnits(method, rows...), size: 128 * len(rows),
		decide: func(who granted, _ committer.Slot) (CatalogueChange, entry.Body, error) {
			var summary CatalogueChange
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return summary, nil, err
			}
			units, err := bindUnits(who.tx, rows)
			if err != nil {
				return summary, nil, err
			}
			units = slices.DeleteFunc(units, func(u hierarchy.Unit) bool {
				old, known := who.tx.Tree().Unit(u.ID)
				return summary.count(known, old.Equal(u))
			})
			if len(units) == 0 {
				return summary, nil, nil
			}
			if err := who.keepsClosedTree(units, nil); err != nil {
				return summary, nil, err
			}
			return summary, entry.UnitsChanged{Units: units}, nil
		},
		recall: func(who granted, sequence uint64) (CatalogueChange, error) {
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return CatalogueChange{}, err
			}
			return recount(sequence, rows, func(u hierarchy.Unit) []uint64 {
				return who.tx.UnitHistory(hierarchy.NewID(u.Code, u.ValidFrom))
			}), nil
		},
	})
	summary.Receipt = receipt
	return summary, err
}

// bindUnits resolves the parents of units and asks whether the tree takes them.
func bindUnits(tx *aggregator.Tx, rows []hierarchy.Unit) ([]hierarchy.Unit, error) {
	units, err := boundUnits(tx, rows)
	if err != nil {
		return nil, err
	}
	tree, err := tx.Tree().With(units...)
	if err != nil {
		return nil, err
	}
	// A unit that is new or lasts longer may be asked for one indicator by two forms (R4).
	if err := tx.Forms().Check(tree, tx.Indicators()); err != nil {
		return nil, unplaced(err)
	}
	return units, nil
}

// boundUnits resolves the parents of units.
func boundUnits(tx *aggregator.Tx, rows []hierarchy.Unit) ([]hierarchy.Unit, error) {
	units := slices.Clone(rows)
	for i := range units {
		units[i].NameVI, units[i].NameEN = text.NFC(units[i].NameVI), text.NFC(units[i].NameEN)
		units[i].ID = hierarchy.NewID(units[i].Code, units[i].ValidFrom)
		// A row has the last name alone, and says nothing of those before.
		was, _ := tx.Tree().Unit(units[i].ID)
		units[i].Earlier = was.Earlier
	}
	return tx.Tree().Bind(units)
}

func hashUnits(method string, units ...hierarchy.Unit) [32]byte {
	c := canon(method).count("units", len(units))
	for _, u := range units {
		c.unit(u)
	}
	return c.sum()
}

func (c canonical) unit(u hierarchy.Unit) canonical {
	return c.text("code", string(u.Code)).text("kind", string(u.Kind)).text("name_vi", u.NameVI).text("name_en", u.NameEN).
		text("parent", string(u.Parent)).text("valid_from", u.ValidFrom.String()).text("valid_to", u.ValidTo.String())
}
