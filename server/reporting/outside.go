package reporting

import (
	"context"
	"fmt"
	"strconv"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/text"
)

// OutsideFilter narrows outside figures.
type OutsideFilter struct {
	Indicator, Unit string
	Year            int
	Page            Page
	At              At
}

// OutsidePage is one page of outside figures.
type OutsidePage struct {
	Figures []aggregator.Versioned[plan.Outside]
	Next    string
	Stamp   Stamp
}

// ListOutsideFigures lists outside figures by indicator, unit and year. They were published, so whoever may read anything may read
// all of them.
func (s *Service) ListOutsideFigures(ctx context.Context, caller auth.Caller, f OutsideFilter) (OutsidePage, error) {
	size, err := f.Page.size(defaultPage, largestPage)
	if err != nil {
		return OutsidePage{}, err
	}
	var page OutsidePage
	err = s.readAt(ctx, caller, f.At, 0, func(tx *aggregator.Tx, who granted) error {
		page = OutsidePage{Stamp: stampOf(tx)}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		at, err := f.Page.open(tx, filterHash("outside", f.Indicator, f.Unit, strconv.Itoa(f.Year), f.At.String()))
		if err != nil {
			return err
		}
		var unit hierarchy.ID
		if f.Unit != "" {
			u, err := tx.Tree().Resolve(f.Unit, s.today())
			if err != nil {
				return fault.Of(err).In("unit")
			}
			unit = u.ID
		}
		return tx.OutsideFigures(indicator.Code(f.Indicator), at.key, func(v aggregator.Versioned[plan.Outside]) bool {
			if v.Thing.Key() == at.key || unit != "" && v.Thing.Unit != unit || f.Year != 0 && v.Thing.Year != f.Year {
				return true
			}
			if len(page.Figures) == size {
				at.key = page.Figures[size-1].Thing.Key()
				page.Next = at.token()
				return false
			}
			page.Figures = append(page.Figures, v)
			return true
		})
	})
	return page, err
}

// ImportOutsideFigures adds outside figures, or replaces those of the same indicator, unit and year, all or none. Problems name the
// rows as figures[i].
func (s *Service) ImportOutsideFigures(ctx context.Context, call Call, rows []plan.Outside) (CatalogueChange, error) {
	const method = "RankingService.ImportOutsideFigures"
	c := canon(method).count("figures", len(rows))
	for i := range rows {
		o := &rows[i]
		c.text("indicator", string(o.Indicator)).text("unit", string(o.Unit)).count("year", o.Year).text("value", o.Value).count("ranked", o.Ranked).
			text("class", o.Class).text("done", o.Done.String()).text("published", o.Published.String()).text("source", o.Source).text("note", o.Note).
			flag("withdrawn", o.Withdrawn)
	}
	summary, receipt, err := change(ctx, s, mutation[CatalogueChange]{
		call: call, method: method, hash: c.sum(), size: 256 * len(rows),
		decide: func(who granted, _ committer.Slot) (CatalogueChange, entry.Body, error) {
			var summary CatalogueChange
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return summary, nil, err
			}
			if len(rows) > maxTargets {
				return summary, nil, tooManyRows("figures", len(rows))
			}
			bound, err := who.bindOutside(rows)
			if err != nil {
				return summary, nil, err
			}
			var changed []plan.Outside
			for _, o := range bound {
				old, known, err := who.tx.Outside(o.Indicator, o.Unit, o.Year)
				if err != nil {
					return summary, nil, err
				}
				same := known && sameThing(old.Thing, o, entry.AppendOutside) || o.Withdrawn && !known
				if !summary.count(known || same, same) {
					changed = append(changed, o)
				}
			}
			if len(changed) == 0 {
				return summary, nil, nil
			}
			return summary, entry.OutsideFiguresChanged{Figures: changed}, nil
		},
		recall: func(who granted, sequence uint64) (CatalogueChange, error) {
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return CatalogueChange{}, err
			}
			bound, _ := who.bindOutside(rows) // it was sound when it was accepted
			return recount(sequence, bound, func(o plan.Outside) []uint64 { return who.tx.OutsideHistory(&o) }), nil
		},
	})
	summary.Receipt = receipt
	return summary, err
}

// bindOutside resolves units on the last day of the year that was measured.
func (g granted) bindOutside(rows []plan.Outside) ([]plan.Outside, error) {
	var problems fault.List
	bound := make([]plan.Outside, len(rows))
	for i, o := range rows {
		for _, err := range []error{o.Check(), g.bindUnit("unit", &o.Unit, period.Date(o.Year, 12, 31))} {
			if err != nil {
				problems.Add(fault.Of(err).In(fmt.Sprintf("figures[%d]", i)))
			}
		}
		bound[i] = o
	}
	return bound, problems.Err()
}

// ListRegions gives all regions.
func (s *Service) ListRegions(ctx context.Context, caller auth.Caller, at At) ([]aggregator.Versioned[plan.Region], Stamp, error) {
	var regions []aggregator.Versioned[plan.Region]
	var stamp Stamp
	err := s.readAt(ctx, caller, at, 0, func(tx *aggregator.Tx, who granted) error {
		stamp = stampOf(tx)
		err := who.need(auth.Read)
		if err == nil {
			regions, err = tx.Regions()
		}
		return err
	})
	return regions, stamp, err
}

// ImportRegions adds regions, or replaces them, all or none. Each row has one unit; the rows of a region are all its units. Problems
// name the rows as regions[i].
func (s *Service) ImportRegions(ctx context.Context, call Call, rows []plan.Region) (CatalogueChange, error) {
	const method = "RankingService.ImportRegions"
	c := canon(method).count("regions", len(rows))
	for _, r := range rows {
		c.text("region", r.Code).text("name_vi", r.NameVI).text("name_en", r.NameEN)
		list(c, "units", r.Units)
	}
	summary, receipt, err := change(ctx, s, mutation[CatalogueChange]{
		call: call, method: method, hash: c.sum(), size: 64 * len(rows),
		decide: func(who granted, _ committer.Slot) (CatalogueChange, entry.Body, error) {
			var summary CatalogueChange
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return summary, nil, err
			}
			regions, of, err := who.bindRegions(rows)
			if err != nil {
				return summary, nil, err
			}
			var changed []plan.Region
			known, same := make([]bool, len(regions)), make([]bool, len(regions))
			for i, r := range regions {
				old, is, err := who.tx.Region(r.Code)
				if err != nil {
					return summary, nil, err
				}
				if known[i], same[i] = is, is && sameThing(old.Thing, r, entry.AppendRegion); !same[i] {
					changed = append(changed, r)
				}
			}
			for _, at := range of { // rows are counted, as of any file
				summary.count(known[at], same[at])
			}
			if len(changed) == 0 {
				return summary, nil, nil
			}
			return summary, entry.RegionsChanged{Regions: changed}, nil
		},
		recall: func(who granted, sequence uint64) (CatalogueChange, error) {
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return CatalogueChange{}, err
			}
			return recount(sequence, rows, func(r plan.Region) []uint64 { return who.tx.RegionHistory(&r) }), nil
		},
	})
	summary.Receipt = receipt
	return summary, err
}

// bindRegions brings the rows of each region together; of says for each row which region it is of.
func (g granted) bindRegions(rows []plan.Region) (regions []plan.Region, of []int, err error) {
	var problems fault.List
	places := map[string]int{}
	of = make([]int, len(rows))
	today := period.DayOf(g.now)
	for i, r := range rows {
		at := fmt.Sprintf("regions[%d]", i)
		place, known := places[text.FoldCode(r.Code)]
		if !known {
			place = len(regions)
			places[text.FoldCode(r.Code)] = place
			regions = append(regions, plan.Region{Code: r.Code, NameVI: r.NameVI, NameEN: r.NameEN})
		}
		of[i] = place
		for _, unit := range r.Units {
			if err := g.bindMember(&unit, today); err != nil {
				problems.Add(fault.Of(err).In("unit").In(at))
				continue
			}
			regions[place].Units = append(regions[place].Units, unit)
		}
		if err := regions[place].Check(); err != nil {
			problems.Add(fault.Of(err).In(at))
		}
	}
	return regions, of, problems.Err()
}

// bindMember resolves a member: a unit that stands today, or the only one that ever had the code.
func (g granted) bindMember(id *hierarchy.ID, today period.Day) error {
	u, err := g.tx.Tree().Resolve(string(*id), today)
	if err != nil {
		if all := g.tx.Tree().WithCode(hierarchy.Code(*id)); len(all) == 1 {
			*id = all[0].ID
			return nil
		}
		return err
	}
	*id = u.ID
	return nil
}
