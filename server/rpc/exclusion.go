package rpc

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/reporting"
)

// exclusions is the service of obligations that are taken out.
type exclusions struct {
	reportingv1.UnsafeExclusionServiceServer
	*core
}

// GetExclusion says whether an obligation is taken out.
func (s exclusions) GetExclusion(ctx context.Context, r *reportingv1.GetExclusionRequest) (*reportingv1.Exclusion, error) {
	ref, err := reporting.ParseReportName(r.GetName())
	if err != nil {
		return nil, err
	}
	found, stamp, err := s.service.GetExclusion(ctx, callerOf(ctx), ref)
	return turned(found, reporting.Receipt{}, stamp, err)
}

// ListExclusions lists the obligations of a form that are taken out.
func (s exclusions) ListExclusions(ctx context.Context, r *reportingv1.ListExclusionsRequest) (*reportingv1.ListExclusionsResponse, error) {
	page, err := s.service.ListExclusions(ctx, callerOf(ctx), reporting.ReportFilter{
		Form: r.GetForm(), Periods: r.GetPeriods(), Below: r.GetBelow(), Page: pageOf(r.GetPageSize(), r.GetPageToken()),
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListExclusionsResponse{NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for _, found := range page.Reports {
		answer.Exclusions = append(answer.Exclusions, exclusionMessage(found))
	}
	return answer, nil
}

// ExcludeReport takes an obligation out.
func (s exclusions) ExcludeReport(ctx context.Context, r *reportingv1.ExcludeReportRequest) (*reportingv1.Exclusion, error) {
	return s.turn(ctx, r, s.service.Exclude)
}

// LiftExclusion makes an obligation one again.
func (s exclusions) LiftExclusion(ctx context.Context, r *reportingv1.LiftExclusionRequest) (*reportingv1.Exclusion, error) {
	return s.turn(ctx, r, s.service.Lift)
}

// turn is what both have in common.
func (s exclusions) turn(
	ctx context.Context,
	r interface {
		GetName() string
		GetEtag() string
		GetReason() string
		GetRequestId() string
		GetValidateOnly() bool
	},
	do func(context.Context, reporting.Call, reporting.ReportRef, string, string) (reporting.Report, reporting.Receipt, reporting.Stamp, error),
) (*reportingv1.Exclusion, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	ref, err := reporting.ParseReportName(r.GetName())
	if err != nil {
		return nil, err
	}
	return turned(do(ctx, c, ref, r.GetEtag(), r.GetReason()))
}

func turned(found reporting.Report, receipt reporting.Receipt, stamp reporting.Stamp, err error) (*reportingv1.Exclusion, error) {
	if err != nil {
		return nil, err
	}
	m := exclusionMessage(found)
	m.Stamp, m.Receipt = stampMessage(stamp), receiptMessage(receipt)
	return m, nil
}

func exclusionMessage(r reporting.Report) *reportingv1.Exclusion {
	m := &reportingv1.Exclusion{
		Name: reporting.ReportName(r.Key), Unit: string(r.Key.Unit), UnitCode: string(r.UnitCode),
		Form: string(r.Key.Form), Period: r.Key.Period.String(), Excluded: r.Excluded(), Etag: r.Etag,
	}
	if n := len(r.Exclusions); n > 0 {
		m.TakenOut, m.Lifted = turnMessage(r.Exclusions[n-1].Excluded), turnMessage(r.Exclusions[n-1].Lifted)
	}
	return m
}

// turnMessage is nil for what nobody did.
func turnMessage(t aggregator.Turn) *reportingv1.ObligationTurn {
	if t.Sequence == 0 {
		return nil
	}
	return &reportingv1.ObligationTurn{
		Principal: t.Principal, Time: timestamp(t.Time), Sequence: int64(t.Sequence), Reason: t.Reason, ReasonRemoved: t.TextsRemoved, //nolint:gosec // counts from 1
	}
}
