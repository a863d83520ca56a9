package rpc

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/reporting"
)

// history is the service of what became of reports.
type history struct {
	reportingv1.UnsafeHistoryServiceServer
	*core
}

var historyActs = pairs[reporting.HistoryAct, reportingv1.HistoryAct]{
	reporting.WasSaved:    reportingv1.HistoryAct_HISTORY_ACT_SAVED,
	reporting.WasSent:     reportingv1.HistoryAct_HISTORY_ACT_SENT,
	reporting.WasRestored: reportingv1.HistoryAct_HISTORY_ACT_RESTORED,
	reporting.WasApproved: reportingv1.HistoryAct_HISTORY_ACT_APPROVED,
	reporting.WasReturned: reportingv1.HistoryAct_HISTORY_ACT_RETURNED,
	reporting.WasExcluded: reportingv1.HistoryAct_HISTORY_ACT_EXCLUDED,
	reporting.WasLifted:   reportingv1.HistoryAct_HISTORY_ACT_LIFTED,
}

// ListHistory lists what was done to a report.
func (s history) ListHistory(ctx context.Context, r *reportingv1.ListHistoryRequest) (*reportingv1.ListHistoryResponse, error) {
	ref, err := reporting.ParseReportName(r.GetParent())
	if err != nil {
		return nil, renamed(err, "name", "parent")
	}
	events, next, stamp, err := s.service.ListHistory(ctx, callerOf(ctx), ref, pageOf(r.GetPageSize(), r.GetPageToken()))
	if err != nil {
		return nil, renamed(err, "name", "parent")
	}
	answer := &reportingv1.ListHistoryResponse{NextPageToken: next, Stamp: stampMessage(stamp)}
	for i := range events {
		answer.Events = append(answer.Events, historyMessage(&events[i]))
	}
	return answer, nil
}

// RestoreRevision sends an earlier revision again.
func (s history) RestoreRevision(ctx context.Context, r *reportingv1.RestoreRevisionRequest) (*reportingv1.Report, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	ref, number, err := reporting.ParseRevisionName(r.GetName())
	if err != nil {
		return nil, err
	}
	return reviewed(s.service.RestoreRevision(ctx, c, ref, number, r.GetEtag()))
}

func historyMessage(e *reporting.HistoryEvent) *reportingv1.HistoryEvent {
	m := &reportingv1.HistoryEvent{
		Sequence: int64(e.Sequence), Time: timestamp(e.Time), Act: historyActs.wire(e.Act), Principal: e.Principal, //nolint:gosec // counts from 1
		Revision: int32(e.Revision), Reason: e.Reason, ReasonRemoved: e.TextsRemoved && e.Reason == "" && hasReason(e.Act), //nolint:gosec // counts from 1
		ActingUnit: string(e.ActingUnit), OnBehalf: e.OnBehalf, Merged: e.Merged, RestoredFrom: int32(e.RestoredFrom), //nolint:gosec // as above
		ComparedWith: int32(e.ComparedWith), //nolint:gosec // as above
	}
	for _, c := range e.Changes {
		change := &reportingv1.FigureChange{}
		if c.Was != nil {
			change.Indicator, change.Was = string(c.Was.Indicator), figureMessage(string(c.Was.Indicator), c.Was.Figure, c.Was.Scale)
		}
		if c.Is != nil {
			change.Indicator, change.Is = string(c.Is.Indicator), figureMessage(string(c.Is.Indicator), c.Is.Figure, c.Is.Scale)
		}
		m.Changes = append(m.Changes, change)
	}
	return m
}

// hasReason says whether an act is done with a reason.
func hasReason(act reporting.HistoryAct) bool {
	return act == reporting.WasReturned || act == reporting.WasExcluded || act == reporting.WasLifted
}
