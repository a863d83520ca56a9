package reporting

import (
	"context"
	"slices"
	"strconv"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
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
	return s.GetIndicatorAt(ctx, caller, code, asOf, At{})
}

// GetIndicatorAt is GetIndicator as of an earlier state.
func (s *Service) GetIndicatorAt(ctx context.Context, caller auth.Caller, code, asOf string, at At) (Indicator, Stamp, error) {
	day, err := s.dayOr("as_of", asOf)
	if err != nil {
		return Indicator{}, Stamp{}, err
	}
	var found Indicator
	var stamp Stamp
	err = s.readAt(ctx, caller, at, 0, func(tx *aggregator.Tx, who granted) error {
		stamp = stampOf(tx)
		if err := who.need(auth.Read); err != nil {
			return err
		}
		i, ok := tx.Indicators().On(indicator.Code(code), day)
		if !ok {
			return unknownIndicator(tx.Definitions(), code, day).In("name")
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
func unknownIndicator(defs aggregator.Definitions, code string, day period.Day) *fault.Error {
	versions := defs.Indicators().Versions(indicator.Code(code))
	if len(versions) > 0 {
		return fault.NotFound("INDICATOR_NOT_FOUND", "indicator %q begins on %s; there is none of that code on %s",
			code, versions[0].ValidFrom, day).With("indicator", code).With("day", day)
	}
	code = shorten(code)
	return fault.NotFound("INDICATOR_NOT_FOUND", "there is no indicator %q; see the catalogue for the codes", code).
		With("indicator", code)
}

// IndicatorFilter narrows a list of indicators.
type IndicatorFilter struct {
	AsOf, Group string
	Page        Page
	At          At
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
	err = s.readAt(ctx, caller, f.At, 0, func(tx *aggregator.Tx, who granted) error {
		page = IndicatorPage{Stamp: stampOf(tx)}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		at, err := f.Page.open(tx, filterHash("indicators", f.AsOf, f.Group, f.At.String()))
		if err != nil {
			return err
		}
		group := text.NFC(f.Group)
		for _, code := range tx.Indicators().Codes() {
			i, ok := tx.Indicators().On(code, day)
			if !ok || string(code.Fold()) <= at.key || group != "" && i.Group != group {
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
	// written is a version as it was accepted.
	type written struct {
		version  indicator.Indicator
		warnings []error
	}
	wrote, receipt, err := change(ctx, s, mutation[written]{
		slow: true, call: call, method: method, hash: hashIndicators(call, method, etag, i), size: 2 << 10,
		decide: func(who granted, _ committer.Slot) (written, entry.Body, error) {
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return written{}, nil, err
			}
			if err := check(who.tx, i); err != nil {
				return written{}, nil, err
			}
			versions, warnings, err := who.bindIndicators([]indicator.Indicator{i}, call.OpenPeriods)
			if err != nil {
				return written{}, nil, unnumbered(err)
			}
			w := written{version: versions[0].Indicator, warnings: ofOne(warnings)}
			if old, known := sameVersion(who.tx.Indicators().Versions(i.Code), i); known && sameIndicator(old, w.version) {
				return w, nil, nil
			}
			return w, entry.IndicatorsChanged{Indicators: versions}, nil
		},
		recall: func(who granted, _ uint64) (written, error) { return written{}, who.needEverywhere(auth.Catalogue) },
	})
	summary := CatalogueChange{Receipt: receipt, Warnings: wrote.warnings}
	if err != nil {
		return Indicator{}, summary, Stamp{}, err
	}
	if call.ValidateOnly {
		_, stamp, err := s.GetStamp(ctx, call.Caller)
		return Indicator{Indicator: wrote.version}, summary, stamp, err
	}
	shown, stamp, err := s.indicatorVersion(ctx, call.Caller, i)
	return shown, summary, stamp, err
}

// indicatorVersion reads back the version that a change wrote, which may begin after today.
func (s *Service) indicatorVersion(ctx context.Context, caller auth.Caller, i indicator.Indicator) (shown Indicator, stamp Stamp, err error) {
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, _ granted) error {
		stamp = stampOf(tx)
		found, ok := sameVersion(tx.Indicators().Versions(i.Code), i)
		if !ok {
			return unknownIndicator(tx.Definitions(), string(i.Code), i.ValidFrom)
		}
		shown = Indicator{Indicator: found, Etag: indicatorEtag(tx, found.Code)}
		return nil
	})
	return shown, stamp, err
}

// ImportIndicators adds or replaces versions, all or none. Problems name the rows as indicators[i].
func (s *Service) ImportIndicators(ctx context.Context, call Call, rows []indicator.Indicator) (CatalogueChange, error) {
	const method = "IndicatorService.ImportIndicators"
	summary, receipt, err := change(ctx, s, mutation[CatalogueChange]{
		slow: true, call: call, method: method, hash: hashIndicators(call, method, "", rows...), size: 512 * len(rows),
		decide: func(who granted, _ committer.Slot) (CatalogueChange, entry.Body, error) {
			var summary CatalogueChange
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return summary, nil, err
			}
			versions, warnings, err := who.bindIndicators(rows, call.OpenPeriods)
			if err != nil {
				return summary, nil, err
			}
			summary.Warnings = asErrors(warnings)
			versions = slices.DeleteFunc(versions, func(v entry.Indicator) bool {
				old, known := sameVersion(who.tx.Indicators().Versions(v.Code), v.Indicator)
				return summary.count(known, known && sameIndicator(old, v.Indicator))
			})
			if len(versions) == 0 {
				return summary, nil, nil
			}
			return summary, entry.IndicatorsChanged{Indicators: versions}, nil
		},
		recall: func(who granted, sequence uint64) (CatalogueChange, error) {
			if err := who.needEverywhere(auth.Catalogue); err != nil {
				return CatalogueChange{}, err
			}
			return recount(sequence, rows, func(i indicator.Indicator) []uint64 {
				return who.tx.IndicatorHistory(i.Code, i.ValidFrom)
			}), nil
		},
	})
	summary.Receipt = receipt
	return summary, err
}
