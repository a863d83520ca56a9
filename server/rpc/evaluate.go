package rpc

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/message"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// EvaluatePlan says of each target whether it is reached.
func (s plans) EvaluatePlan(ctx context.Context, r *reportingv1.EvaluatePlanRequest) (*reportingv1.EvaluatePlanResponse, error) {
	id, err := lastPart("plans", "name", r.GetName())
	if err != nil {
		return nil, err
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	basis, _, err := basisAndMeasure(r.GetBasis(), reportingv1.RollupMeasure_ROLLUP_MEASURE_UNSPECIFIED)
	if err != nil {
		return nil, err
	}
	e, err := s.service.EvaluatePlan(ctx, callerOf(ctx), reporting.EvaluationQuery{
		Plan: id, Year: int(r.GetYear()), Period: r.GetPeriod(), Unit: r.GetUnit(), Group: r.GetGroup(), Lead: r.GetLead(), Focus: r.GetFocus(), Basis: basis,
		Units: r.GetUnits(), Page: pageOf(r.GetPageSize(), r.GetPageToken()), At: at,
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.EvaluatePlanResponse{
		Summary: attainmentCounts(&e.Summary), Focus: attainmentCounts(&e.Focus), Declared: attainmentCounts(&e.Declared), Basis: bases.wire(basis),
		AsOf: e.Today.String(), NextPageToken: e.Next, Stamp: stampMessage(e.Stamp),
		TotalLines: int32(e.Total), //nolint:gosec // a few thousand
	}
	for i := range e.Groups {
		g := &e.Groups[i]
		answer.Groups = append(answer.Groups, &reportingv1.GroupCounts{
			Group: g.Code, NameVi: g.NameVI, Indicators: int32(len(g.Indicators)), Counts: attainmentCounts(&g.Counts), //nolint:gosec // a thousand at most
		})
	}
	for i := range e.Counts {
		answer.Counts = append(answer.Counts, comparisonMessage(&e.Counts[i]))
	}
	language := languageOf(ctx)
	for i := range e.Lines {
		answer.Lines = append(answer.Lines, lineMessage(&e.Lines[i], &e.Plan, language))
	}
	return answer, nil
}

func attainmentCounts(c *plan.Counts) *reportingv1.AttainmentCounts {
	of := func(s plan.Status) int32 { return int32(c.Of(s)) } //nolint:gosec // as many as units at most
	return &reportingv1.AttainmentCounts{
		Evaluated: int32(c.Evaluated()), Exceeded: of(plan.Exceeded), Met: of(plan.Met), NotMet: of(plan.NotMet), NotDue: of(plan.NotDue), //nolint:gosec // as above
		NoData: of(plan.NoData), NotEvaluable: of(plan.NotEvaluable),
	}
}

func comparisonMessage(c *plan.Comparison) *reportingv1.CountComparison {
	return &reportingv1.CountComparison{
		Declared: &reportingv1.DeclaredCount{
			Plan: planName(c.Plan), Year: int32(c.Year), Kind: countKinds.wire(c.Kind), Label: c.Label, Count: int32(c.Count.Count), //nolint:gosec // as they were sent
			Source: c.Source, Note: c.Note,
		},
		Against: countBases.wire(c.Against), Other: int32(c.Other), Difference: int32(c.Difference()), //nolint:gosec // as above
	}
}

func lineMessage(l *reporting.Line, p *plan.Plan, language message.Language) *reportingv1.TargetEvaluation {
	m := &reportingv1.TargetEvaluation{
		Focus: l.Focus, Status: attainments.wire(l.Status), SoFar: attainments.wire(l.SoFar), Provisional: l.Provisional, Due: l.Due.String(),
		Difference: some(l.Difference), Percent: some(l.Percent), Rounded: some(l.Rounded), Path: some(l.Path), RatingDiffers: l.RatingDiffers,
		DeclaredDifference: some(l.DeclaredDifference),
	}
	if l.Target != nil {
		m.Target = targetMessage(l.Target, p.Unit)
	}
	if l.Group >= 0 {
		m.Group = p.Groups[l.Group].Code
	}
	if l.Path != "" {
		m.OnTrack = &l.OnTrack
	}
	if l.Indicator != nil {
		m.IndicatorName = l.Indicator.NameVI
	}
	if l.Declared != nil {
		m.Declared = resultMessage(l.Declared, p.Unit)
	}
	if l.Units == nil {
		m.Figure = heldMessage(&l.Figure)
	} else {
		m.Units = attainmentCounts(l.Units)
	}
	for i := range l.UnitLines {
		u := &l.UnitLines[i]
		m.UnitLines = append(m.UnitLines, &reportingv1.UnitEvaluation{
			Unit: string(u.Unit.ID), UnitCode: string(u.Unit.Code), UnitName: u.Unit.NameVI, Status: attainments.wire(u.Status),
			SoFar: attainments.wire(u.SoFar), Provisional: u.Provisional, Figure: heldMessage(&u.Figure), Difference: some(u.Difference),
		})
	}
	for _, why := range l.Reasons {
		m.Reasons = append(m.Reasons, problem(why, language))
	}
	return m
}

// heldMessage tells a figure that was held against a target, or ranked.
func heldMessage(f *reporting.HeldFigure) *reportingv1.TargetFigure {
	m := &reportingv1.TargetFigure{Period: f.Period.String()}
	if f.Indicator != nil {
		m.UnitOfMeasure = f.Indicator.UnitOfMeasure
	}
	switch {
	case f.Outside != nil:
		o := f.Outside
		m.Source, m.Class, m.Ranked = reportingv1.FigureSource_FIGURE_SOURCE_OUTSIDE, o.Class, int32(o.Ranked) //nolint:gosec // as it was sent
		m.Value, m.Published = some(o.Value), o.Source
		if o.Done != period.Beginning {
			m.Done = o.Done.String()
		}
	case f.Duty != "":
		m.Source, m.Published = reportingv1.FigureSource_FIGURE_SOURCE_DUTY, "duties/"+string(f.Duty.Fold())
		m.Value = some(f.Reading.Value.Decimal(percentScale(f)))
		m.Numerator, m.Denominator = some(f.Result.Numerator.Decimal(0)), some(f.Result.Denominator.Decimal(0))
		if f.Reading.Done != period.Beginning {
			m.Done = f.Reading.Done.String()
		}
	case f.Register != "":
		m.Source, m.Published = reportingv1.FigureSource_FIGURE_SOURCE_REGISTER, "registers/"+string(f.Register.Fold())
		m.Value = some(f.Reading.Value.Decimal(0))
	case f.HasRollup:
		m.Source, m.State = reportingv1.FigureSource_FIGURE_SOURCE_ROLLUP, rollupStates.wire(f.Result.State)
		value, numerator, denominator := figure.Scale(0), figure.Scale(0), figure.Scale(0)
		if f.Indicator != nil {
			value, numerator, denominator = rollup.Scales(f.Indicator)
		}
		m.Value = some(f.Reading.Value.Decimal(value))
		m.Numerator, m.Denominator = some(f.Result.Numerator.Decimal(numerator)), some(f.Result.Denominator.Decimal(denominator))
		m.Expected, m.Received = f.Result.Coverage.Expected, f.Result.Coverage.Received
	}
	return m
}

// percentScale is how many decimals the figure of a duty has: a percentage of units has two, of one unit it is 1 or 0.
func percentScale(f *reporting.HeldFigure) figure.Scale {
	if f.Result.Denominator.Exists() {
		return 2
	}
	return 0
}

// unitNames are what lists of units show.
func namedUnit(u *hierarchy.Unit) (id, code, name string) {
	return string(u.ID), string(u.Code), u.NameVI
}

// problemOf tells one reason; none is none.
func problemOf(why *fault.Error, language message.Language) *reportingv1.Problem {
	if why == nil {
		return nil
	}
	return problem(why, language)
}
