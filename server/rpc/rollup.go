package rpc

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/aggregator"
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
		rollup.NotPlaceable:    reportingv1.RollupState_ROLLUP_STATE_NOT_PLACEABLE,
	}
	comparisons = pairs[reporting.Comparison, reportingv1.RollupComparison]{
		reporting.WithPrevious: reportingv1.RollupComparison_ROLLUP_COMPARISON_PREVIOUS_PERIOD,
		reporting.WithLastYear: reportingv1.RollupComparison_ROLLUP_COMPARISON_SAME_PERIOD_LAST_YEAR,
	}
	// A roll-up that goes over no change says nothing of it.
	crossings = pairs[aggregator.Crossing, reportingv1.RollupCrossing]{
		aggregator.Across:   reportingv1.RollupCrossing_ROLLUP_CROSSING_ACROSS,
		aggregator.Standing: reportingv1.RollupCrossing_ROLLUP_CROSSING_STANDING,
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
	compare, err := enumOf(comparisons, r.GetCompare(), "COMPARISON_UNKNOWN", "comparison")
	if err != nil {
		return nil, fault.Of(err).In("compare")
	}
	least, err := s.leastOf(ctx, r.GetMinSequence(), r.GetJournalId())
	if err != nil {
		return nil, err
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	page, err := s.service.QueryRollups(ctx, callerOf(ctx), reporting.RollupQuery{
		Units: r.GetUnits(), Children: r.GetChildren(), Indicators: r.GetIndicators(), Periods: r.GetPeriods(),
		Basis: basis, Measure: measure, ByKind: r.GetByKind(), AsOf: r.GetAsOf(), Tree: r.GetTree(), Compare: compare,
		Page: pageOf(r.GetPageSize(), r.GetPageToken()), MinSequence: least, At: at,
		ClosedVersion: int(r.GetClosedVersion()),
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.QueryRollupsResponse{
		Basis: bases.wire(basis), Measure: rollupMeasures.wire(measure), NextPageToken: page.Next, Stamp: stampMessage(page.Stamp),
		Rollups: rollupMessages(page.Rollups), Periods: periodSpans(page.Periods),
	}
	return answer, nil
}

// ExplainRollup gives the contributions to one roll-up.
func (s rollups) ExplainRollup(ctx context.Context, r *reportingv1.ExplainRollupRequest) (*reportingv1.ExplainRollupResponse, error) {
	basis, measure, err := basisAndMeasure(r.GetBasis(), r.GetMeasure())
	if err != nil {
		return nil, err
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	explained, err := s.service.ExplainRollup(ctx, callerOf(ctx), reporting.ExplainQuery{
		Unit: r.GetUnit(), Indicator: r.GetIndicator(), Period: r.GetPeriod(), Basis: basis, Measure: measure,
		AsOf: r.GetAsOf(), Tree: r.GetTree(), Page: pageOf(r.GetPageSize(), r.GetPageToken()), At: at,
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

// rollupMessages makes all messages of a page in a few pieces of memory, and each period and day a text once.
func rollupMessages(list []reporting.Rollup) []*reportingv1.Rollup {
	messages, rollups, coverage := make([]*reportingv1.Rollup, len(list)), make([]reportingv1.Rollup, len(list)), make([]reportingv1.Coverage, len(list))
	periods, days := map[period.Period]string{}, map[period.Day]string{}
	for i := range list {
		r, m := &list[i], &rollups[i]
		m.Period, m.TreeDate, m.Coverage = textOf(periods, r.Period), textOf(days, r.TreeDay), &coverage[i]
		putRollup(m, r)
		messages[i] = m
	}
	return messages
}

// textOf gives the text of something that comes again and again.
func textOf[T interface {
	comparable
	String() string
}](known map[T]string, of T) string {
	text, ok := known[of]
	if !ok {
		text = of.String()
		known[of] = text
	}
	return text
}

func rollupMessage(r *reporting.Rollup) *reportingv1.Rollup {
	m := &reportingv1.Rollup{Period: r.Period.String(), TreeDate: r.TreeDay.String(), Coverage: &reportingv1.Coverage{}}
	putRollup(m, r)
	return m
}

// putRollup puts in all but period and day; the coverage is there to be filled.
func putRollup(m *reportingv1.Rollup, r *reporting.Rollup) {
	m.Unit, m.UnitCode, m.UnitName, m.Kind = string(r.Unit.ID), string(r.Unit.Code), r.Unit.NameVI, string(r.Kind)
	m.Indicator, m.UnitOfMeasure = string(r.Indicator.Code), r.Indicator.UnitOfMeasure
	m.State, m.Fell = rollupStates.wire(r.Result.State), r.Result.Fell
	m.Numerator, m.Denominator = some(r.Result.NumeratorDisplay), some(r.Result.DenominatorDisplay)
	m.Crossing, m.HeldBy, m.Compared = crossings.wire(r.Crossing), string(r.HeldBy), comparedMessage(r.Compared)
	putCoverage(m.Coverage, &r.Result.Coverage)
	if r.Result.State == rollup.Value {
		m.Value = some(r.Result.Display)
	}
	if r.LastPeriod != (period.Period{}) {
		m.LastPeriod = r.LastPeriod.String()
	}
	if r.Gap.First != (period.Period{}) {
		m.Spans = &reportingv1.GapSpan{
			FirstPeriod: r.Gap.First.String(), LastPeriod: r.Gap.Last.String(), Value: figure.Decimal(r.Gap.Amount, figure.MaxScale, 1),
		}
	}
	if r.Present != nil {
		m.PeriodsPresent = &reportingv1.PeriodsPresent{Present: int32(r.Present.Present), Expected: int32(r.Present.Expected)} //nolint:gosec // 12 at most
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
	m.ClosedVersion, m.DiffersFromClosed = int32(r.Closed.Version), r.Closed.Differs //nolint:gosec // counts from 1
	m.PartsDiffer, m.Lacking = r.Result.PartsDiffer, r.Lacking
	for n := range r.Parts {
		m.Parts = append(m.Parts, partMessage(&r.Parts[n]))
	}
}

// partMessage makes one part of a derived indicator.
func partMessage(p *aggregator.Part) *reportingv1.RollupPart {
	m := &reportingv1.RollupPart{
		Indicator: string(p.Indicator.Code), UnitOfMeasure: p.Indicator.UnitOfMeasure, Period: p.Period.String(),
		State: rollupStates.wire(p.Result.State), Measure: rollupMeasures.wire(p.Measure), Coverage: &reportingv1.Coverage{},
		Numerator: some(p.Result.NumeratorDisplay), Denominator: some(p.Result.DenominatorDisplay),
	}
	putCoverage(m.Coverage, &p.Result.Coverage)
	if p.Result.State == rollup.Value {
		m.Value = some(p.Result.Display)
	}
	if p.Period.Valid() {
		m.TreeDate = p.TreeDay.String()
	}
	return m
}

// comparedMessage is nil where nothing is compared.
func comparedMessage(c *reporting.Compared) *reportingv1.ComparedRollup {
	if c == nil {
		return nil
	}
	m := &reportingv1.ComparedRollup{
		Period: c.Period.String(), State: rollupStates.wire(c.Result.State), Difference: some(c.Difference), Percent: some(c.Percent),
		Coverage: &reportingv1.Coverage{}, Crossing: crossings.wire(c.Crossing), HeldBy: string(c.HeldBy),
	}
	if c.Result.State == rollup.Value {
		m.Value = some(c.Result.Display)
	}
	putCoverage(m.Coverage, &c.Result.Coverage)
	return m
}

func putCoverage(m *reportingv1.Coverage, c *rollup.Coverage) {
	m.Expected, m.Received, m.NotAvailable, m.Missing = c.Expected, c.Received, c.NotAvailable, c.Missing
	m.NotApplicable, m.Excluded, m.Late, m.Stale = c.NotApplicable, c.Excluded, c.Late, c.Stale
	m.UnitsComplete, m.Units, m.Half, m.Unweighted, m.Divisor = c.UnitsComplete, c.Units, c.Half, c.Unweighted, c.Divisor
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
