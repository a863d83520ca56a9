package rpc

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// QueryRollupColumns gives roll-ups in columns.
func (s rollups) QueryRollupColumns(
	ctx context.Context, r *reportingv1.QueryRollupColumnsRequest,
) (*reportingv1.QueryRollupColumnsResponse, error) {
	basis, measure, err := basisAndMeasure(r.GetBasis(), r.GetMeasure())
	if err != nil {
		return nil, err
	}
	least, err := s.leastOf(ctx, r.GetMinSequence(), r.GetJournalId())
	if err != nil {
		return nil, err
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	page, err := s.service.QueryRollupColumns(ctx, callerOf(ctx), reporting.RollupQuery{
		Units: r.GetUnits(), Children: r.GetChildren(), Indicators: r.GetIndicators(), Periods: r.GetPeriods(),
		Basis: basis, Measure: measure, AsOf: r.GetAsOf(), Tree: r.GetTree(), Page: pageOf(r.GetPageSize(), r.GetPageToken()), MinSequence: least, At: at,
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.QueryRollupColumnsResponse{
		Units: columnUnits(page.Units, r.GetIdsOnly()), Periods: periodSpans(page.Periods), Columns: make([]*reportingv1.RollupColumns, len(page.Columns)),
		Basis: bases.wire(basis), Measure: rollupMeasures.wire(measure), NextPageToken: page.Next, Stamp: stampMessage(page.Stamp),
	}
	for i := range page.Columns {
		answer.Columns[i] = columnsMessage(&page.Columns[i])
	}
	sayOnce(answer.Columns, len(page.Units), len(page.Periods))
	return answer, nil
}

func columnUnits(units []hierarchy.Unit, idsOnly bool) *reportingv1.ColumnUnits {
	n := len(units)
	if idsOnly {
		m := &reportingv1.ColumnUnits{Ids: make([]string, n)}
		for i := range units {
			m.Ids[i] = string(units[i].ID)
		}
		return m
	}
	list := make([]string, 4*n)
	m := &reportingv1.ColumnUnits{Ids: list[:n:n], Codes: list[n : 2*n : 2*n], Names: list[2*n : 3*n : 3*n], Kinds: list[3*n:]}
	one := true
	for i := range units {
		u := &units[i]
		m.Ids[i], m.Codes[i], m.Names[i], m.Kinds[i] = string(u.ID), string(u.Code), u.NameVI, string(u.Kind)
		one = one && u.Kind == units[0].Kind
	}
	if one {
		m.Kinds = m.Kinds[:min(1, n)]
	}
	return m
}

func periodSpans(periods []reporting.PeriodSpan) []*reportingv1.PeriodSpan {
	var spans []*reportingv1.PeriodSpan
	for _, p := range periods {
		spans = append(spans, &reportingv1.PeriodSpan{
			Period: p.Period.String(), Calendar: calendars.wire(p.Calendar), FirstDay: p.First.String(), LastDay: p.Last.String(),
			TreeDate: p.Tree.String(),
		})
	}
	return spans
}

func columnsMessage(c *reporting.Column) *reportingv1.RollupColumns {
	m := &reportingv1.RollupColumns{
		Indicator: string(c.Indicator.Code), UnitOfMeasure: c.Indicator.UnitOfMeasure,
		Scale: int32(c.Scale), NumeratorScale: int32(c.NumeratorScale), DenominatorScale: int32(c.DenominatorScale),
		States: statesOf(c.States), Values: c.Values, Numerators: c.Numerators, Denominators: c.Denominators,
		Expected: c.Expected, Received: c.Received, NotAvailable: c.NotAvailable, NotApplicable: c.NotApplicable,
		Excluded: c.Excluded, Late: c.Late, Stale: c.Stale, UnitsComplete: c.UnitsComplete, Units: c.Units,
		Half: c.Half, Unweighted: c.Unweighted, Divisor: c.Divisor, Fell: c.Fell, PartsDiffer: c.PartsDiffer,
		Across: c.Across, Standing: c.Standing, ClosedVersions: c.ClosedVersions, DifferFromClosed: c.Differ,
	}
	for _, h := range c.Held {
		m.Held = append(m.Held, &reportingv1.HeldCell{Cell: h.Cell, Unit: string(h.Unit)})
	}
	for _, e := range c.Exact {
		m.Exact = append(m.Exact, &reportingv1.ExactCell{
			Cell: e.Cell, Value: some(e.Value), Numerator: some(e.Numerator), Denominator: some(e.Denominator),
		})
	}
	return m
}

// statesOf gives UNSPECIFIED for a cell that is not part of the answer.
func statesOf(states []rollup.State) []reportingv1.RollupState {
	if states == nil {
		return nil
	}
	list := make([]reportingv1.RollupState, len(states))
	for i, s := range states {
		list[i] = rollupStates.wire(s)
	}
	return list
}
