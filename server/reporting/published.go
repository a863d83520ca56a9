package reporting

import (
	"cmp"
	"context"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/closing"
	"github.com/tonghop/tonghop/server/disclosure"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Publication is the last version of a closing of which figures are published.
type Publication struct {
	Form        form.Form
	Period      period.Period
	First, Last period.Day
	Owner       hierarchy.Unit
	Version     int
	Time        time.Time
	// Name is that of the closing.
	Name string
}

// PublicationPage is one page of publications.
type PublicationPage struct {
	Publications []Publication
	Next         string
	Stamp        Stamp
}

// ListPublications lists the closings of which figures are published, by form, period and owner. What is published is for
// everybody, so nobody's scope narrows it.
func (s *Service) ListPublications(ctx context.Context, caller auth.Caller, p Page) (PublicationPage, error) {
	size, err := p.size(defaultPage, largestPage)
	if err != nil {
		return PublicationPage{}, err
	}
	var page PublicationPage
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		page = PublicationPage{Stamp: stampOf(tx)}
		if err := who.need(auth.Published); err != nil {
			return err
		}
		from, err := p.open(tx, filterHash("publications"))
		if err != nil {
			return err
		}
		skip, err := placeOf(from.key)
		if err != nil {
			return err
		}
		seen := 0
		return tx.Closings("", func(c aggregator.Closing) (bool, error) {
			found, ok := publicationOf(tx, c)
			if seen++; seen <= skip || !ok {
				return true, nil
			}
			if len(page.Publications) == size {
				from.key = strconv.Itoa(seen - 1)
				page.Next = from.token()
				return false, nil
			}
			page.Publications = append(page.Publications, found)
			return true, nil
		})
	})
	return page, err
}

// publicationOf says what is published of a closing; false if nothing, for no indicator of the form is public.
func publicationOf(tx *aggregator.Tx, c aggregator.Closing) (Publication, bool) {
	newest, closed := c.Newest()
	latest, known := tx.Forms().Latest(c.Key.Form)
	if !closed || !known {
		return Publication{}, false
	}
	last := latest.Last(c.Key.Period)
	f, known := tx.Forms().On(c.Key.Form, last)
	owner, stands := tx.Tree().Unit(c.Key.Owner)
	if !known || !stands || !slices.ContainsFunc(f.Indicators, func(code indicator.Code) bool {
		i, known := tx.Indicators().On(code, last)
		return known && i.Class == indicator.Public
	}) {
		return Publication{}, false
	}
	return Publication{
		Form: f, Period: c.Key.Period, First: f.Calendar.First(c.Key.Period), Last: last, Owner: owner,
		Version: newest.Number, Time: newest.Time, Name: c.Key.String(),
	}, true
}

// PublishedIndicator says how far down the figures of an indicator are published.
type PublishedIndicator struct {
	indicator.Indicator
	// Levels counts the levels of units from the owner down.
	Levels int
	// Withheld says that there are figures further down.
	Withheld bool
}

// PublishedFigure is one figure.
type PublishedFigure struct {
	closing.Row
	Unit hierarchy.Unit
}

// PublishedFigures is one page of what is published of a closing.
type PublishedFigures struct {
	Publication Publication
	Indicators  []PublishedIndicator
	Figures     []PublishedFigure
	Next        string
	Stamp       Stamp
}

// ListPublishedFigures lists the figures that are published of the last version of a closing.
func (s *Service) ListPublishedFigures(ctx context.Context, caller auth.Caller, ref ClosingRef, p Page) (PublishedFigures, error) {
	size, err := p.size(defaultRollups, largestRollups)
	if err != nil {
		return PublishedFigures{}, err
	}
	var page PublishedFigures
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		page = PublishedFigures{Stamp: stampOf(tx)}
		if err := who.need(auth.Published); err != nil {
			return err
		}
		c, found, err := publication(tx, ref)
		if err != nil {
			return err
		}
		page.Publication = found
		from, err := p.open(tx, filterHash("published", found.Name, strconv.Itoa(found.Version)))
		if err != nil {
			return err
		}
		skip, err := placeOf(from.key)
		if err != nil {
			return err
		}
		var figures []PublishedFigure
		if page.Indicators, figures, err = publish(tx, c, found); err != nil {
			return err
		}
		rest := figures[min(skip, len(figures)):]
		if page.Figures = rest; len(rest) > size {
			page.Figures = rest[:size]
			from.key = strconv.Itoa(skip + size)
			page.Next = from.token()
		}
		return nil
	})
	return page, err
}

// publication finds a closing of which something is published, by the exact words of its name: whatever else is asked for is
// not there, in one sentence, so that nobody learns from it what is closed or what units there are.
func publication(tx *aggregator.Tx, ref ClosingRef) (aggregator.Closing, Publication, error) {
	missing := fault.NotFound("PUBLICATION_NOT_FOUND", "nothing is published under this name; see the list of publications").In("name")
	p, err := period.Parse(ref.Period)
	if err != nil {
		return aggregator.Closing{}, Publication{}, missing
	}
	var found aggregator.Closing
	known := false
	err = tx.Closings(form.Code(ref.Form), func(c aggregator.Closing) (bool, error) {
		if known = c.Key.Period == p && string(c.Key.Owner) == ref.Owner; known {
			found = c
		}
		return !known, nil
	})
	if err != nil {
		return found, Publication{}, err
	}
	what, ok := publicationOf(tx, found)
	if !known || !ok {
		return found, what, missing
	}
	return found, what, nil
}

// publish gives the public indicators of a closing and their figures, by indicator and unit.
func publish(tx *aggregator.Tx, c aggregator.Closing, what Publication) ([]PublishedIndicator, []PublishedFigure, error) {
	versions := make([]map[indicator.Code][]closing.Row, len(c.Versions))
	for i, v := range c.Versions {
		rows, err := publicRows(tx, c, v, what)
		if err != nil {
			return nil, nil, err
		}
		versions[i] = rows
	}
	var indicators []PublishedIndicator
	var figures []PublishedFigure
	newest := versions[len(versions)-1]
	codes := make([]indicator.Code, 0, len(newest))
	for code := range newest {
		codes = append(codes, code)
	}
	slices.SortFunc(codes, func(a, b indicator.Code) int { return cmp.Compare(a.Fold(), b.Fold()) })
	for _, code := range codes {
		i, _ := tx.Indicators().On(code, what.Last) // its rows were chosen by it
		cut := publishedDepth(tx.Tree(), what, i, versions)
		shown := PublishedIndicator{Indicator: i, Levels: cut + 1}
		for _, r := range newest[code] {
			u, _ := tx.Tree().Unit(r.Unit) // it was closed
			if depthBelow(tx.Tree(), what, r.Unit) > cut {
				shown.Withheld = true
				continue
			}
			figures = append(figures, PublishedFigure{Row: r, Unit: u})
		}
		indicators = append(indicators, shown)
	}
	return indicators, figures, nil
}

// publicRows gives the rows that a version kept of the base period itself, of public indicators. Those of longer periods would
// tell a base period that is not published, as the difference to those that are.
func publicRows(tx *aggregator.Tx, c aggregator.Closing, v aggregator.ClosingVersion, what Publication) (map[indicator.Code][]closing.Row, error) {
	found := map[indicator.Code][]closing.Row{}
	for piece := range v.FirstUnits {
		deflated, err := tx.ClosedPiece(c.Key, v.Number, piece)
		if err != nil {
			return nil, err
		}
		rows, err := closing.Open(deflated)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if i, known := tx.Indicators().On(r.Indicator, what.Last); known && i.Class == indicator.Public && r.Period == what.Period &&
				depthBelow(tx.Tree(), what, r.Unit) >= 0 {
				found[r.Indicator] = append(found[r.Indicator], r)
			}
		}
	}
	return found, nil
}

// depthBelow says how far a unit stands below the owner on the last day; less than 0 for one that does not.
func depthBelow(tree *hierarchy.Tree, what Publication, unit hierarchy.ID) int {
	return len(tree.Path(unit, what.Last)) - len(tree.Path(what.Owner.ID, what.Last))
}

// publishedDepth says down to which level the last version is published, beside all that was published before it.
func publishedDepth(tree *hierarchy.Tree, what Publication, i indicator.Indicator, versions []map[indicator.Code][]closing.Row) int {
	deepest := 0
	for _, v := range versions {
		for _, r := range v[i.Code] {
			deepest = max(deepest, depthBelow(tree, what, r.Unit))
		}
	}
	least := i.LeastPublished()
	if least <= 1 {
		return deepest // every figure may be published
	}
	if i.UnitRule != indicator.UnitSum && i.UnitRule != indicator.UnitRatio {
		return disclosure.Nothing // of a mean or an extreme nobody can say how many people it tells of
	}
	depths, tables := make([]int, len(versions)), make([][3][]disclosure.Cell, len(versions))
	for n, v := range versions {
		tables[n] = cellsOf(tree, what, v[i.Code])
		depths[n] = deepest
		for part, cells := range tables[n] {
			depths[n] = disclosure.Depth(cells, least, depths[n])
			for before := range n {
				told := disclosure.Differences(cells, tables[before][part], depths[before])
				depths[n] = disclosure.Depth(told, least, depths[n])
			}
		}
	}
	return depths[len(depths)-1]
}

// cellsOf gives the tables that rows tell: the values; of a ratio the numerators, the denominators, and what is left of them.
func cellsOf(tree *hierarchy.Tree, what Publication, rows []closing.Row) (tables [3][]disclosure.Cell) {
	for _, r := range rows {
		u, _ := tree.Unit(r.Unit)
		cell := disclosure.Cell{Unit: string(r.Unit), Parent: string(u.Parent), Depth: depthBelow(tree, what, r.Unit)}
		numerator, isRatio := new(big.Rat).SetString(r.Numerator)
		denominator, hasBoth := new(big.Rat).SetString(r.Denominator)
		if !isRatio || !hasBoth {
			if value, ok := new(big.Rat).SetString(r.Value); ok {
				cell.Value = value
				tables[0] = append(tables[0], cell)
			}
			continue
		}
		for part, value := range []*big.Rat{numerator, denominator, new(big.Rat).Sub(denominator, numerator)} {
			cell.Value = value
			tables[part] = append(tables[part], cell)
		}
	}
	return tables
}
