package rpc

import (
	"context"
	"fmt"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/reporting"
)

// reports is the service of reports.
type reports struct {
	reportingv1.UnsafeReportServiceServer
	*core
}

// The enumerations of reports. Outcomes and states begin at 1 in the domain too.
var (
	revisionStates = pairs[aggregator.RevisionState, reportingv1.RevisionState]{
		aggregator.Draft:      reportingv1.RevisionState_REVISION_STATE_DRAFT,
		aggregator.Submitted:  reportingv1.RevisionState_REVISION_STATE_SUBMITTED,
		aggregator.Approved:   reportingv1.RevisionState_REVISION_STATE_APPROVED,
		aggregator.Returned:   reportingv1.RevisionState_REVISION_STATE_RETURNED,
		aggregator.Superseded: reportingv1.RevisionState_REVISION_STATE_SUPERSEDED,
	}
	outcomeKinds = pairs[reporting.OutcomeKind, reportingv1.OutcomeKind]{
		reporting.Created:   reportingv1.OutcomeKind_OUTCOME_KIND_CREATED,
		reporting.Corrected: reportingv1.OutcomeKind_OUTCOME_KIND_CORRECTED,
		reporting.Unchanged: reportingv1.OutcomeKind_OUTCOME_KIND_UNCHANGED,
		reporting.Refused:   reportingv1.OutcomeKind_OUTCOME_KIND_REFUSED,
		reporting.Replayed:  reportingv1.OutcomeKind_OUTCOME_KIND_REPLAYED,
	}
)

// GetReport gets a report.
func (s reports) GetReport(ctx context.Context, r *reportingv1.GetReportRequest) (*reportingv1.Report, error) {
	ref, err := reporting.ParseReportName(r.GetName())
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
	report, stamp, err := s.service.GetReportAt(ctx, callerOf(ctx), ref, at, least)
	if err != nil {
		return nil, err
	}
	return reportMessage(report, stamp, reporting.Receipt{}), nil
}

// ListReports lists reports.
func (s reports) ListReports(ctx context.Context, r *reportingv1.ListReportsRequest) (*reportingv1.ListReportsResponse, error) {
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	filter := reporting.ReportFilter{
		Form: r.GetForm(), Periods: r.GetPeriods(), Below: r.GetBelow(), Page: pageOf(r.GetPageSize(), r.GetPageToken()), At: at,
	}
	if r.GetParent() != "" {
		if filter.Unit, err = lastPart("units", "parent", r.GetParent()); err != nil {
			return nil, err
		}
	}
	for i, m := range r.GetStates() {
		state, err := enumOf(revisionStates, m, "REVISION_STATE_UNKNOWN", "state")
		if err != nil || state == 0 {
			return nil, fault.Invalid("REVISION_STATE_UNKNOWN", "state %q is none of a revision's; leave it out for all", m).
				With("value", m.String()).In(fmt.Sprintf("states[%d]", i))
		}
		filter.States = append(filter.States, state)
	}
	page, err := s.service.ListReports(ctx, callerOf(ctx), filter)
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListReportsResponse{NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for _, report := range page.Reports {
		m := bareReport(report)
		if r.GetWithFigures() {
			m.Figures = figureMessages(report.Figures(report.Shown))
		}
		answer.Reports = append(answer.Reports, m)
	}
	return answer, nil
}

// ListRevisions lists the revisions of a report.
func (s reports) ListRevisions(ctx context.Context, r *reportingv1.ListRevisionsRequest) (*reportingv1.ListRevisionsResponse, error) {
	ref, err := reporting.ParseReportName(r.GetParent())
	if err != nil {
		return nil, renamed(err, "name", "parent")
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	report, revisions, next, stamp, err := s.service.ListRevisionsAt(
		ctx, callerOf(ctx), ref, at, pageOf(r.GetPageSize(), r.GetPageToken()))
	if err != nil {
		return nil, renamed(err, "name", "parent")
	}
	answer := &reportingv1.ListRevisionsResponse{NextPageToken: next, Stamp: stampMessage(stamp)}
	for _, revision := range revisions {
		answer.Revisions = append(answer.Revisions, revisionMessage(report, revision))
	}
	return answer, nil
}

// renamed tells a field by the name that this request has for it.
func renamed(err error, from, to string) error {
	e := fault.Of(err)
	if e.Field != from {
		return err
	}
	c := *e
	c.Field = to
	return &c
}

// ApproveReport approves the newest submitted revision.
func (s reports) ApproveReport(ctx context.Context, r *reportingv1.ApproveReportRequest) (*reportingv1.Report, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	ref, err := reporting.ParseReportName(r.GetName())
	if err != nil {
		return nil, err
	}
	return reviewed(s.service.Approve(ctx, c, ref, r.GetEtag()))
}

// ReturnReport sends a revision back.
func (s reports) ReturnReport(ctx context.Context, r *reportingv1.ReturnReportRequest) (*reportingv1.Report, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	ref, err := reporting.ParseReportName(r.GetName())
	if err != nil {
		return nil, err
	}
	return reviewed(s.service.Return(ctx, c, ref, r.GetEtag(), r.GetReason()))
}

func reviewed(report reporting.Report, receipt reporting.Receipt, stamp reporting.Stamp, err error) (*reportingv1.Report, error) {
	if err != nil {
		return nil, err
	}
	return reportMessage(report, stamp, receipt), nil
}

// reportMessage gives a report with its figures.
func reportMessage(r reporting.Report, stamp reporting.Stamp, receipt reporting.Receipt) *reportingv1.Report {
	m := bareReport(r)
	m.Figures = figureMessages(r.Figures(r.Shown))
	m.Stamp, m.Receipt = stampMessage(stamp), receiptMessage(receipt)
	return m
}

// bareReport gives a report without its figures.
func bareReport(r reporting.Report) *reportingv1.Report {
	m := &reportingv1.Report{
		Name: reporting.ReportName(r.Key), Unit: string(r.Key.Unit), UnitCode: string(r.UnitCode),
		Form: string(r.Key.Form), Period: r.Key.Period.String(),
		State: revisionStates.wire(r.Shown.State), Revision: int32(r.Shown.Number), ApprovedRevision: int32(r.Official), //nolint:gosec // count from 1
		Etag: r.Etag, Principal: r.Shown.Principal, SubmitTime: timestamp(r.Shown.Time), Late: r.Late, Deadline: timestamp(r.Deadline),
	}
	m.TextsRemoved, m.Excluded = r.Shown.TextsRemoved, r.Excluded()
	if r.Shown.State == aggregator.Returned {
		m.ReturnReason = r.Shown.Reason
	}
	return m
}

func revisionMessage(r reporting.Report, v aggregator.Revision) *reportingv1.Revision {
	return &reportingv1.Revision{
		Name: fmt.Sprintf("%s/revisions/%d", reporting.ReportName(r.Key), v.Number), Number: int32(v.Number), //nolint:gosec // counts from 1
		State: revisionStates.wire(v.State), Figures: figureMessages(r.Figures(v)), Principal: v.Principal,
		AcceptTime: timestamp(v.Time), Sequence: int64(v.Sequence), //nolint:gosec // counts from 1
		Official: v.Number == r.Official && !r.Excluded(), Provisional: v.Number == r.Provisional && !r.Excluded(), Merged: v.Merged,
		Reviewer: v.Reviewer, ReviewTime: timestamp(v.ReviewTime), ReturnReason: v.Reason, TextsRemoved: v.TextsRemoved,
		ActingUnit: string(v.ActingFor), OnBehalf: v.OnBehalf, RestoredFrom: int32(v.RestoredFrom), //nolint:gosec // counts from 1
	}
}
