package rpc

import (
	"context"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/ranking"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/tabular"
)

// rankings is the service of league tables and of what others publish.
type rankings struct {
	reportingv1.UnsafeRankingServiceServer
	*core
}

var rankStates = pairs[ranking.State, reportingv1.RankState]{
	ranking.Missing:  reportingv1.RankState_RANK_STATE_MISSING,
	ranking.Ranked:   reportingv1.RankState_RANK_STATE_RANKED,
	ranking.Unranked: reportingv1.RankState_RANK_STATE_UNRANKED,
}

// choosing is what the two requests for units have in common.
type choosing interface {
	GetRegion() string
	GetUnits() []string
	GetKind() string
	GetBelow() string
}

func choiceOf(r choosing) reporting.UnitChoice {
	return reporting.UnitChoice{Region: r.GetRegion(), Units: r.GetUnits(), Kind: r.GetKind(), Below: r.GetBelow()}
}

// RankUnits ranks units.
func (s rankings) RankUnits(ctx context.Context, r *reportingv1.RankUnitsRequest) (*reportingv1.RankUnitsResponse, error) {
	basis, _, err := basisAndMeasure(r.GetBasis(), reportingv1.RollupMeasure_ROLLUP_MEASURE_UNSPECIFIED)
	if err != nil {
		return nil, err
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	q := reporting.RankQuery{
		Indicator: r.GetIndicator(), Period: r.GetPeriod(), Previous: r.GetPrevious(), UnitChoice: choiceOf(r), Basis: basis, At: at,
	}
	if r.GetPlan() != "" {
		if q.Plan, err = lastPart("plans", "plan", r.GetPlan()); err != nil {
			return nil, err
		}
	}
	if r.MinCoverage != nil {
		var wrong fault.List
		q.MinCoverage = percentOf("min_coverage", r.GetMinCoverage(), &wrong)
		if err := wrong.Err(); err != nil {
			return nil, err
		}
	}
	league, err := s.service.RankUnits(ctx, callerOf(ctx), q)
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.RankUnitsResponse{
		Ranked: int32(league.Ranked), Unranked: int32(league.Unranked), Missing: int32(league.Missing), //nolint:gosec // as many as units
		Period: league.Period.String(), Previous: league.Previous.String(), NoChange: problemOf(league.NoChange, languageOf(ctx)),
		Stamp: stampMessage(league.Stamp),
	}
	for i := range league.Lines {
		l := &league.Lines[i]
		m := &reportingv1.RankedUnit{
			State: rankStates.wire(l.State), Rank: int32(l.Rank), Figure: heldMessage(&l.Figure), PreviousRank: int32(l.PreviousRank), //nolint:gosec // as above
			ToNext: some(l.ToNext),
		}
		m.Unit, m.UnitCode, m.UnitName = namedUnit(&l.Unit)
		if q.Plan != "" {
			m.Figure.UnitOfMeasure, m.Figure.Value = "%", some(l.Figure.Reading.Value.Decimal(2))
		}
		if l.Compared {
			rose := int32(l.Rose) //nolint:gosec // as above
			m.Change = &rose
		}
		answer.Units = append(answer.Units, m)
	}
	return answer, nil
}

// CompareUnits sets units side by side.
func (s rankings) CompareUnits(ctx context.Context, r *reportingv1.CompareUnitsRequest) (*reportingv1.CompareUnitsResponse, error) {
	basis, _, err := basisAndMeasure(r.GetBasis(), reportingv1.RollupMeasure_ROLLUP_MEASURE_UNSPECIFIED)
	if err != nil {
		return nil, err
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	found, err := s.service.CompareUnits(ctx, callerOf(ctx), reporting.CompareQuery{
		Indicators: r.GetIndicators(), Period: r.GetPeriod(), UnitChoice: choiceOf(r), Basis: basis, At: at,
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.CompareUnitsResponse{
		Period: found.Period.String(), Previous: found.Previous.String(), Stamp: stampMessage(found.Stamp),
	}
	for i := range found.Rows {
		row := &found.Rows[i]
		m := &reportingv1.ComparedIndicator{Indicator: string(row.Code)}
		if row.Indicator != nil {
			m.IndicatorName = row.Indicator.NameVI
		}
		for n := range row.Units {
			u := &row.Units[n]
			one := &reportingv1.ComparedUnit{
				Figure: heldMessage(&u.Figure), Rank: int32(u.Rank), ToNext: some(u.ToNext), Improvement: some(u.Improvement), //nolint:gosec // as many as units
				NoChange: problemOf(u.NoChange, languageOf(ctx)),
			}
			one.Unit, one.UnitCode, one.UnitName = namedUnit(&u.Unit)
			one.Previous = heldMessage(&u.Before).Value
			m.Units = append(m.Units, one)
		}
		answer.Rows = append(answer.Rows, m)
	}
	return answer, nil
}

// ListOutsideFigures lists outside figures.
func (s rankings) ListOutsideFigures(ctx context.Context, r *reportingv1.ListOutsideFiguresRequest) (*reportingv1.ListOutsideFiguresResponse, error) {
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	page, err := s.service.ListOutsideFigures(ctx, callerOf(ctx), reporting.OutsideFilter{
		Indicator: r.GetIndicator(), Unit: r.GetUnit(), Year: int(r.GetYear()), Page: pageOf(r.GetPageSize(), r.GetPageToken()), At: at,
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListOutsideFiguresResponse{NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for i := range page.Figures {
		o := &page.Figures[i].Thing
		m := &reportingv1.OutsideFigure{
			Indicator: string(o.Indicator), Unit: string(o.Unit), Year: int32(o.Year), Value: some(o.Value), Ranked: int32(o.Ranked), //nolint:gosec // as they were sent
			Class: o.Class, Source: o.Source, Note: o.Note, Sequence: int64(page.Figures[i].Sequence), //nolint:gosec // counts
		}
		if o.Done != period.Beginning {
			m.Done = o.Done.String()
		}
		if o.Published != period.Beginning {
			m.Published = o.Published.String()
		}
		answer.Figures = append(answer.Figures, m)
	}
	return answer, nil
}

// ImportOutsideFigures imports outside.csv.
func (s rankings) ImportOutsideFigures(stream grpc.ClientStreamingServer[reportingv1.ImportOutsideFiguresRequest, reportingv1.ImportSummary]) error {
	return importCatalogue(s.core, stream, func(ctx context.Context, in catalogueFile) (*reportingv1.ImportSummary, error) {
		sheet, err := tabular.ReadOutside(in.file)
		if err != nil {
			return nil, err
		}
		return finishImport(ctx, s.core, in, &sheet, s.service.ImportOutsideFigures)
	})
}

// ListRegions lists the regions.
func (s rankings) ListRegions(ctx context.Context, r *reportingv1.ListRegionsRequest) (*reportingv1.ListRegionsResponse, error) {
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	regions, stamp, err := s.service.ListRegions(ctx, callerOf(ctx), at)
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListRegionsResponse{Stamp: stampMessage(stamp)}
	for _, v := range regions {
		answer.Regions = append(answer.Regions, &reportingv1.Region{
			Code: v.Thing.Code, NameVi: v.Thing.NameVI, NameEn: v.Thing.NameEN, Units: texts(v.Thing.Units), Sequence: int64(v.Sequence), //nolint:gosec // counts
		})
	}
	return answer, nil
}

// ImportRegions imports regions.csv.
func (s rankings) ImportRegions(stream grpc.ClientStreamingServer[reportingv1.ImportRegionsRequest, reportingv1.ImportSummary]) error {
	return importCatalogue(s.core, stream, func(ctx context.Context, in catalogueFile) (*reportingv1.ImportSummary, error) {
		sheet, err := tabular.ReadRegions(in.file)
		if err != nil {
			return nil, err
		}
		return finishImport(ctx, s.core, in, &sheet, s.service.ImportRegions)
	})
}
