package reporting

import (
	"context"
	"fmt"
	"reflect"
	"strconv"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// Indicator is a version of an indicator as it is shown.
type Indicator struct {
	indicator.Indicator
	Etag string
}

// GetIndicator gives the version of an indicator on the day asOf, today when it is empty. Who may read anything may
// read the whole catalogue.
func (s *Service) GetIndicator(ctx context.Context, caller auth.Caller, code, asOf string) (Indicator, Stamp, error) {
	day, err := s.dayOr("as_of", asOf)
	if err != nil {
		return Indicator{}, Stamp{}, err
	}
	var found Indicator
	var stamp Stamp
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		stamp = stampOf(tx)
		if err := who.need(auth.Read); err != nil {
			return err
		}
		i, ok := tx.Indicators().On(indicator.Code(code), day)
		if !ok {
			return unknownIndicator(tx, code, day).In("name")
		}
		found = Indicator{Indicator: i, Etag: indicatorEtag(tx, i.Code)}
		return nil
	})
	return found, stamp, err
}

func indicatorEtag(tx *aggregator.Tx, code indicator.Code) string {
	return strconv.FormatUint(tx.IndicatorSequence(code), 10)
}

// unknownIndicator tells a code that nobody has from one that begins later.
func unknownIndicator(tx *aggregator.Tx, code string, day period.Day) *fault.Error {
	versions := tx.Indicators().Versions(indicator.Code(code))
	if len(versions) > 0 {
		return fault.NotFound("INDICATOR_NOT_FOUND", "indicator %q begins on %s; there is none of that code on %s",
			code, versions[0].ValidFrom, day).With("indicator", code).With("day", day)
	}
	return fault.NotFound("INDICATOR_NOT_FOUND", "there is no indicator %q; see the catalogue for the codes", code).
		With("indicator", code)
}

// IndicatorFilter narrows a list of indicators.
type IndicatorFilter struct {
	AsOf, Group string
	Page        Page
}

// IndicatorPage is one page of indicators.
type IndicatorPage struct {
	Indicators []Indicator
	Next       string
	Stamp      Stamp
}

// ListIndicators lists the versions of a day in the order of their codes.
func (s *Service) ListIndicators(ctx context.Context, caller auth.Caller, f IndicatorFilter) (IndicatorPage, error) {
	day, err := s.dayOr("as_of", f.AsOf)
	if err != nil {
		return IndicatorPage{}, err
	}
	size, err := f.Page.size(defaultPage, largestPage)
	if err != nil {
		return IndicatorPage{}, err
	}
	var page IndicatorPage
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		page = IndicatorPage{Stamp: stampOf(tx)}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		at, err := f.Page.open(page.Stamp, filterHash("indicators", day.String(), f.Group))
		if err != nil {
			return err
		}
		for _, code := range tx.Indicators().Codes() {
			i, ok := tx.Indicators().On(code, day)
			if !ok || string(code.Fold()) <= at.key || f.Group != "" && i.Group != f.Group {
				continue
			}
			if len(page.Indicators) == size {
				at.key = string(page.Indicators[size-1].Code.Fold())
				page.Next = at.token()
				return nil
			}
			page.Indicators = append(page.Indicators, Indicator{Indicator: i, Etag: indicatorEtag(tx, code)})
		}
		return nil
	})
	return page, err
}

// CreateIndicator adds an indicator, or a version of one with another first day.
func (s *Service) CreateIndicator(ctx context.Context, call Call, i indicator.Indicator) (Indicator, CatalogueChange, Stamp, error) {
	return s.changeOneIndicator(ctx, call, "IndicatorService.CreateIndicator", "", i,
		func(tx *aggregator.Tx, i indicator.Indicator) error {
			if old, ok := sameVersion(tx.Indicators().Versions(i.Code), i); ok {
				return fault.Exists("INDICATOR_EXISTS",
					"there is an indicator %s from %s already; update it, or give the first day of the new version", old.Code, dayWords(old.ValidFrom)).
					With("indicator", old.Code)
			}
			return nil
		})
}

// UpdateIndicator replaces the version with the same first day.
func (s *Service) UpdateIndicator(ctx context.Context, call Call, i indicator.Indicator, etag string) (Indicator, CatalogueChange, Stamp, error) {
	return s.changeOneIndicator(ctx, call, "IndicatorService.UpdateIndicator", etag, i,
		func(tx *aggregator.Tx, i indicator.Indicator) error {
			if _, ok := sameVersion(tx.Indicators().Versions(i.Code), i); !ok {
				return fault.NotFound("INDICATOR_NOT_FOUND", "there is no version of indicator %q from %s; create it", i.Code, dayWords(i.ValidFrom)).
					With("indicator", i.Code)
			}
			if now := indicatorEtag(tx, i.Code); etag != now {
				return etagMismatch(etag, now)
			}
			return nil
		})
}

func (s *Service) changeOneIndicator(
	ctx context.Context, call Call, method, etag string, i indicator.Indicator,
	check func(tx *aggregator.Tx, i indicator.Indicator) error,
) (Indicator, CatalogueChange, Stamp, error) {
	var preview indicator.Indicator
	var change CatalogueChange
	var err error
	change.Receipt, err = s.change(ctx, mutation{
		call: call, method: method, hash: hashIndicators(method, etag, i), size: 2 << 10,
		decide: func(who granted, _ committer.Slot) (entry.Body, error) {
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return nil, err
			}
			if err := check(who.tx, i); err != nil {
				return nil, err
			}
			versions, warnings, err := who.bindIndicators([]indicator.Indicator{i})
			if err != nil {
				return nil, unnumbered(err)
			}
			preview, change.Warnings = versions[0].Indicator, asErrors(warnings)
			return entry.IndicatorsChanged{Indicators: versions}, nil
		},
	})
	if err != nil {
		return Indicator{}, change, Stamp{}, err
	}
	if call.ValidateOnly {
		_, stamp, err := s.GetStamp(ctx, call.Caller)
		return Indicator{Indicator: preview}, change, stamp, err
	}
	shown, stamp, err := s.indicatorVersion(ctx, call.Caller, i)
	return shown, change, stamp, err
}

// indicatorVersion reads back the version that a change wrote, which may begin after today.
func (s *Service) indicatorVersion(ctx context.Context, caller auth.Caller, i indicator.Indicator) (shown Indicator, stamp Stamp, err error) {
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, _ granted) error {
		stamp = stampOf(tx)
		found, ok := sameVersion(tx.Indicators().Versions(i.Code), i)
		if !ok {
			return unknownIndicator(tx, string(i.Code), i.ValidFrom)
		}
		shown = Indicator{Indicator: found, Etag: indicatorEtag(tx, found.Code)}
		return nil
	})
	return shown, stamp, err
}

// ImportIndicators adds or replaces versions, all or none. Problems name the rows as [i].
func (s *Service) ImportIndicators(ctx context.Context, call Call, rows []indicator.Indicator) (CatalogueChange, error) {
	const method = "IndicatorService.ImportIndicators"
	var change CatalogueChange
	var err error
	change.Receipt, err = s.change(ctx, mutation{
		call: call, method: method, hash: hashIndicators(method, "", rows...), size: 512 * len(rows),
		decide: func(who granted, _ committer.Slot) (entry.Body, error) {
			change = CatalogueChange{}
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return nil, err
			}
			versions, warnings, err := who.bindIndicators(rows)
			if err != nil {
				return nil, err
			}
			change.Warnings = asErrors(warnings)
			changed := versions[:0:0]
			for _, v := range versions {
				old, ok := sameVersion(who.tx.Indicators().Versions(v.Code), v.Indicator)
				switch {
				case !ok:
					change.Created++
				case reflect.DeepEqual(old, v.Indicator):
					change.Unchanged++
					continue
				default:
					change.Updated++
				}
				changed = append(changed, v)
			}
			if len(changed) == 0 {
				return nil, nil
			}
			return entry.IndicatorsChanged{Indicators: changed}, nil
		},
	})
	return change, err
}

// bindIndicators resolves what the rows name, asks whether the catalogue takes them and the forms still fit, and gives
// each its number.
func (g granted) bindIndicators(rows []indicator.Indicator) ([]entry.Indicator, []indicator.Warning, error) {
	var problems fault.List
	bound := make([]indicator.Indicator, len(rows))
	for i, row := range rows {
		row.NameVI, row.NameEN, row.Group = text.NFC(row.NameVI), text.NFC(row.NameEN), text.NFC(row.Group)
		row.UnitOfMeasure = text.NFC(row.UnitOfMeasure)
		assigned, err := g.bindSelectors(row.Assigned, row.ValidFrom)
		if err != nil {
			problems.Add(fault.Of(err).In("assigned").In(fmt.Sprintf("indicators[%d]", i)))
		}
		row.Assigned = assigned
		bound[i] = row
	}
	next, warnings, err := g.tx.Indicators().With(g.tx.IndicatorUsed, bound...)
	problems.Add(err)
	if err := problems.Err(); err != nil {
		return nil, nil, err
	}
	if err := g.tx.Forms().Check(g.tx.Tree(), next); err != nil {
		return nil, nil, err
	}
	numbered := make([]entry.Indicator, len(bound))
	for i, b := range bound {
		number, _ := next.Ordinal(b.Code)
		stored, _ := sameVersion(next.Versions(b.Code), b)
		numbered[i] = entry.Indicator{Number: uint32(number), Indicator: stored} //nolint:gosec // an ordinal
	}
	return numbered, warnings, nil
}

// bindSelectors resolves bare codes on the selector's first day, else on the version's, else today.
func (g granted) bindSelectors(selectors []hierarchy.Selector, from period.Day) ([]hierarchy.Selector, error) {
	var problems fault.List
	var bound []hierarchy.Selector
	for i, sel := range selectors {
		on := period.DayOf(g.now)
		first, _ := sel.Span()
		switch {
		case !first.IsOpen():
			on = first
		case !from.IsOpen():
			on = from
		}
		for _, ref := range []struct {
			field string
			id    *hierarchy.ID
		}{{"under", &sel.Under}, {"unit", &sel.Unit}} {
			if *ref.id == "" {
				continue
			}
			unit, err := g.tx.Tree().Resolve(string(*ref.id), on)
			if err != nil {
				problems.Add(fault.Of(err).In(ref.field).In(fmt.Sprintf("[%d]", i)))
				continue
			}
			*ref.id = unit.ID
		}
		bound = append(bound, sel)
	}
	return bound, problems.Err()
}

// sameVersion finds the version with the same first day.
func sameVersion(versions []indicator.Indicator, like indicator.Indicator) (indicator.Indicator, bool) {
	for _, v := range versions {
		if v.ValidFrom == like.ValidFrom {
			return v, true
		}
	}
	return indicator.Indicator{}, false
}

func dayWords(d period.Day) string {
	if d == period.Beginning {
		return "the beginning"
	}
	return d.String()
}

func asErrors(warnings []indicator.Warning) []error {
	var errs []error
	for _, w := range warnings {
		errs = append(errs, w)
	}
	return errs
}

func hashIndicators(method, etag string, rows ...indicator.Indicator) [32]byte {
	c := canon(method).text("etag", etag).count("indicators", len(rows))
	for _, i := range rows {
		c.text("code", string(i.Code)).text("name_vi", i.NameVI).text("name_en", i.NameEN).text("group", i.Group).
			text("unit_of_measure", i.UnitOfMeasure).count("scale", int(i.Scale)).text("unit_rule", i.UnitRule.String()).
			text("at_least", strconv.FormatInt(int64(i.AtLeast), 10)).
			text("value", fmt.Sprint(i.Value)).text("denominator", fmt.Sprint(i.Denominator)).
			text("denominator_indicator", string(i.DenominatorIndicator)).text("weight", string(i.Weight)).
			text("reported_by", fmt.Sprint(i.ReportedBy)).text("checked_by", fmt.Sprint(i.CheckedBy)).
			flag("levels_own", i.LevelsOwn).text("assigned", hierarchy.FormatSelectors(i.Assigned)).
			text("direction", i.Direction.String()).text("replaces", string(i.Replaces)).text("valid_from", i.ValidFrom.String())
		if i.Min != nil {
			c.text("min", strconv.FormatInt(int64(*i.Min), 10))
		}
		if i.Max != nil {
			c.text("max", strconv.FormatInt(int64(*i.Max), 10))
		}
	}
	return c.sum()
}
