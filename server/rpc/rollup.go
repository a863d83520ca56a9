package rpc

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// rollups is the service of roll-ups.
type rollups struct {
	reportingv1.UnsafeRollupServiceServer
	*core
}

// The enumerations of roll-ups.
var (
	bases = pairs[rollup.Basis, reportingv1.Basis]{
		rollup.Official:    reportingv1.Basis_BASIS_OFFICIAL,
		rollup.Provisional: reportingv1.Basis_BASIS_PROVISIONAL,
	}
	rollupMeasures = pairs[rollup.Measure, reportingv1.RollupMeasure]{
		rollup.AsReported: reportingv1.RollupMeasure_ROLLUP_MEASURE_AS_REPORTED,
		rollup.Own:        reportingv1.RollupMeasure_ROLLUP_MEASURE_OWN,
		rollup.YearToDate: reportingv1.RollupMeasure_ROLLUP_MEASURE_YEAR_TO_DATE,
	}
	rollupStates = pairs[rollup.State, reportingv1.RollupState]{
		rollup.NoData:          reportingv1.RollupState_ROLLUP_STATE_NO_DATA,
		rollup.Value:           reportingv1.RollupState_ROLLUP_STATE_VALUE,
		rollup.Undefined:       reportingv1.RollupState_ROLLUP_STATE_UNDEFINED,
		rollup.NotAtThisPeriod: reportingv1.RollupState_ROLLUP_STATE_NOT_AT_THIS_PERIOD,
		rollup.Overflow:        reportingv1.RollupState_ROLLUP_STATE_OVERFLOW,
		rollup.NotRolledUp:     reportingv1.RollupState_ROLLUP_STATE_NOT_ROLLED_UP,
	}
)

// basisAndMeasure reads what roll-ups are asked by; unspecified is official and as reported.
func basisAndMeasure(b reportingv1.Basis, m reportingv1.RollupMeasure) (rollup.Basis, rollup.Measure, error) {
	basis, measure := rollup.Official, rollup.AsReported
	var wrong fault.List
	var err error
	if b != reportingv1.Basis_BASIS_UNSPECIFIED {
		if basis, err = enumOf(bases, b, "BASIS_UNKNOWN", "basis"); err != nil {
			wrong.Add(fault.Of(err).In("basis"))
		}
	}
	if m != reportingv1.RollupMeasure_ROLLUP_MEASURE_UNSPECIFIED {
		if measure, err = enumOf(rollupMeasures, m, "MEASURE_UNKNOWN", "measure"); err != nil {
			wrong.Add(fault.Of(err).In("measure"))
		}
	}
	return basis, measure, wrong.Err()
}

// QueryRollups gives roll-ups.
func (s rollups) QueryRollups(ctx context.Context, r *reportingv1.QueryRollupsRequest) (*reportingv1.QueryRollupsResponse, error) {
	basis, measure, err := basisAndMeasure(r.GetBasis(), r.GetMeasure())
	if err != nil {
		return nil, err
	}
	least, err := s.leastOf(ctx, r.GetMinSequence(), r.GetJournalId())
	if err != nil {
		return nil, err
	}
	page, err := s.service.QueryRollups(ctx, callerOf(ctx), reporting.RollupQuery{
		Units: r.GetUnits(), Children: r.GetChildren(), Indicators: r.GetIndicators(), Periods: r.GetPeriods(),
		Basis: basis, Measure: measure, ByKind: r.GetByKind(), AsOf: r.GetAsOf(),
		Page: pageOf(r.GetPageSize(), r.GetPageToken()), MinSequence: least,
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.QueryRollupsResponse{
		Basis: bases.wire(basis), Measure: rollupMeasures.wire(measure), NextPageToken: page.Next, Stamp: stampMessage(page.Stamp),
		Rollups: make([]*reportingv1.Rollup, 0, len(page.Rollups)), Periods: periodSpans(page.Periods),
	}
	for i := range page.Rollups {
		answer.Rollups = append(answer.Rollups, rollupMessage(&page.Rollups[i]))
	}
	return answer, nil
}

// ExplainRollup gives the contributions to one roll-up.
func (s rollups) ExplainRollup(ctx context.Context, r *reportingv1.ExplainRollupRequest) (*reportingv1.ExplainRollupResponse, error) {
	basis, measure, err := basisAndMeasure(r.GetBasis(), r.GetMeasure())
	if err != nil {
		return nil, err
	}
	explained, err := s.service.ExplainRollup(ctx, callerOf(ctx), reporting.ExplainQuery{
		Unit: r.GetUnit(), Indicator: r.GetIndicator(), Period: r.GetPeriod(), Basis: basis, Measure: measure,
		AsOf: r.GetAsOf(), Page: pageOf(r.GetPageSize(), r.GetPageToken()),
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ExplainRollupResponse{
		Rollup: rollupMessage(&explained.Rollup), NextPageToken: explained.Next, Stamp: stampMessage(explained.Stamp),
	}
	for _, c := range explained.Contributions {
		answer.Contributions = append(answer.Contributions, contributionMessage(c, &explained.Rollup))
	}
	return answer, nil
}

func rollupMessage(r *reporting.Rollup) *reportingv1.Rollup {
	m := &reportingv1.Rollup{
		Unit: string(r.Unit.ID), UnitCode: string(r.Unit.Code), UnitName: r.Unit.NameVI, Kind: string(r.Kind),
		Period: r.Period.String(), Indicator: string(r.Indicator.Code), State: rollupStates.wire(r.Result.State),
		Numerator: some(r.Result.NumeratorDisplay), Denominator: some(r.Result.DenominatorDisplay),
		Coverage: coverageMessage(r.Result.Coverage), TreeDate: r.LastDay.String(), Fell: r.Result.Fell,
		UnitOfMeasure: r.Indicator.UnitOfMeasure,
	}
	if r.Result.State == rollup.Value {
		m.Value = some(r.Result.Display)
	}
	if r.LastPeriod != (period.Period{}) {
		m.LastPeriod = r.LastPeriod.String()
	}
	if r.Gap.First != (period.Period{}) {
		m.Spans = &reportingv1.GapSpan{
			FirstPeriod: r.Gap.First.String(), LastPeriod: r.Gap.Last.String(), Value: figure.Decimal(r.Gap.Amount, r.Indicator.Scale, 1),
		}
	}
	for _, c := range r.Checks {
		check := &reportingv1.CheckFigure{
			Kind: string(c.Kind), Numerator: some(c.Result.NumeratorDisplay), Denominator: some(c.Result.DenominatorDisplay),
			Difference: some(c.Difference),
		}
		if c.Result.State == rollup.Value {
			check.Value = some(c.Result.Display)
		}
		m.Checks = append(m.Checks, check)
	}
	return m
}

func coverageMessage(c rollup.Coverage) *reportingv1.Coverage {
	return &reportingv1.Coverage{
		Expected: c.Expected, Received: c.Received, NotAvailable: c.NotAvailable, Missing: c.Missing,
		NotApplicable: c.NotApplicable, Excluded: c.Excluded, Late: c.Late, Stale: c.Stale,
		UnitsComplete: c.UnitsComplete, Units: c.Units, Half: c.Half, Unweighted: c.Unweighted, Divisor: c.Divisor,
	}
}

func contributionMessage(c reporting.Contribution, r *reporting.Rollup) *reportingv1.Contribution {
	m := &reportingv1.Contribution{
		Unit: string(c.Unit.ID), UnitCode: string(c.Unit.Code), UnitName: c.Unit.NameVI, Kind: string(c.Unit.Kind),
		Period: c.Key.Period.String(), Report: reporting.ReportName(c.Key), Revision: int32(c.Revision), //nolint:gosec // counts from 1
		RevisionState: revisionStates.wire(c.State), Counted: c.Counted, WhyNot: c.WhyNot,
	}
	if c.Figure.State != figure.Absent {
		m.Figure = figureMessage(string(r.Indicator.Code), c.Figure, c.Scale)
	}
	return m
}
