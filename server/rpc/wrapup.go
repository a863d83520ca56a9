package rpc

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/reporting"
)

var remarkKinds = pairs[plan.RemarkKind, reportingv1.RemarkKind]{
	plan.Comment: reportingv1.RemarkKind_REMARK_KIND_COMMENT,
	plan.Cause:   reportingv1.RemarkKind_REMARK_KIND_CAUSE,
	plan.Remedy:  reportingv1.RemarkKind_REMARK_KIND_REMEDY,
}

// RemarkPlan writes a remark about a plan.
func (s plans) RemarkPlan(ctx context.Context, r *reportingv1.RemarkPlanRequest) (*reportingv1.PlanRemark, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	id, err := lastPart("plans", "plan", r.GetPlan())
	if err != nil {
		return nil, err
	}
	remark := plan.Remark{Plan: plan.ID(id), Year: int(r.GetYear()), Unit: hierarchy.ID(r.GetUnit()), Indicator: indicator.Code(r.GetIndicator())}
	if r.GetKind() != reportingv1.RemarkKind_REMARK_KIND_UNSPECIFIED { // which Check refuses
		if remark.Kind, err = enumOf(remarkKinds, r.GetKind(), "REMARK_KIND_UNKNOWN", "kind"); err != nil {
			return nil, fault.Of(err).In("kind")
		}
	}
	written, receipt, err := s.service.RemarkPlan(ctx, c, remark, r.GetText())
	if err != nil {
		return nil, err
	}
	m := remarkMessage(&written)
	m.Receipt = receiptMessage(receipt)
	return m, nil
}

// ListPlanRemarks lists remarks.
func (s plans) ListPlanRemarks(ctx context.Context, r *reportingv1.ListPlanRemarksRequest) (*reportingv1.ListPlanRemarksResponse, error) {
	id, err := lastPart("plans", "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	f := reporting.RemarkFilter{Plan: id, Page: pageOf(r.GetPageSize(), r.GetPageToken()), At: at}
	if r.GetKind() != reportingv1.RemarkKind_REMARK_KIND_UNSPECIFIED {
		if f.Kind, err = enumOf(remarkKinds, r.GetKind(), "REMARK_KIND_UNKNOWN", "kind"); err != nil {
			return nil, fault.Of(err).In("kind")
		}
	}
	page, err := s.service.ListPlanRemarks(ctx, callerOf(ctx), f)
	if err != nil {
		return nil, err
	}
	return &reportingv1.ListPlanRemarksResponse{
		Remarks: remarkMessages(page.Remarks), NextPageToken: page.Next, Stamp: stampMessage(page.Stamp),
	}, nil
}

func remarkMessages(list []aggregator.PlanRemark) []*reportingv1.PlanRemark {
	var out []*reportingv1.PlanRemark
	for i := range list {
		out = append(out, remarkMessage(&list[i]))
	}
	return out
}

func remarkMessage(r *aggregator.PlanRemark) *reportingv1.PlanRemark {
	return &reportingv1.PlanRemark{
		Plan: planName(r.Plan), Kind: remarkKinds.wire(r.Kind), Year: int32(r.Year), Unit: string(r.Unit), Indicator: string(r.Indicator), //nolint:gosec // four digits
		Text: r.Text, TextRemoved: r.Removed, WriteTime: timestamp(r.Time), Sequence: int64(r.Sequence), //nolint:gosec // counts
	}
}

// ReviewPlan wraps a year of a plan up.
func (s plans) ReviewPlan(ctx context.Context, r *reportingv1.ReviewPlanRequest) (*reportingv1.ReviewPlanResponse, error) {
	id, err := lastPart("plans", "name", r.GetName())
	if err != nil {
		return nil, err
	}
	basis, _, err := basisAndMeasure(r.GetBasis(), reportingv1.RollupMeasure_ROLLUP_MEASURE_UNSPECIFIED)
	if err != nil {
		return nil, err
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	review, err := s.service.ReviewPlan(ctx, callerOf(ctx), id, int(r.GetYear()), basis, at)
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ReviewPlanResponse{
		Plan: planMessage(review.Plan), Year: int32(review.Year), Summary: attainmentCounts(&review.Summary), Declared: attainmentCounts(&review.Declared), //nolint:gosec // four digits
		Remarks: remarkMessages(review.Remarks), Stamp: stampMessage(review.Stamp),
	}
	for i := range review.Counts {
		answer.Counts = append(answer.Counts, comparisonMessage(&review.Counts[i]))
	}
	for i := range review.Groups {
		g := &review.Groups[i]
		m := &reportingv1.ReviewedGroup{Group: g.Code, NameVi: g.NameVI, Counts: attainmentCounts(&g.Counts)}
		for n := range g.Lines {
			l := &g.Lines[n]
			one := &reportingv1.ReviewedTarget{
				Evaluation: lineMessage(&l.Line, &review.Plan.Plan, languageOf(ctx)), Change: some(l.Change), Remarks: remarkMessages(l.Remarks),
			}
			if l.Previous.Period.Valid() {
				one.Previous = heldMessage(&l.Previous)
			}
			if u := l.PreviousUnits; u != nil && u.Evaluated() > 0 {
				one.PreviousUnits = attainmentCounts(u)
			}
			m.Lines = append(m.Lines, one)
		}
		answer.Groups = append(answer.Groups, m)
	}
	return answer, nil
}
