package rpc

import (
	"context"
	"encoding/hex"
	"strings"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/closing"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/reporting"
)

// closings is the service of closed periods.
type closings struct {
	reportingv1.UnsafeClosingServiceServer
	*core
}

var closingStates = pairs[reporting.ClosingState, reportingv1.ClosingState]{
	reporting.PeriodOpen:     reportingv1.ClosingState_CLOSING_STATE_OPEN,
	reporting.PeriodClosed:   reportingv1.ClosingState_CLOSING_STATE_CLOSED,
	reporting.PeriodReopened: reportingv1.ClosingState_CLOSING_STATE_REOPENED,
}

// GetClosing tells how a period of a form stands.
func (s closings) GetClosing(ctx context.Context, r *reportingv1.GetClosingRequest) (*reportingv1.Closing, error) {
	ref, err := reporting.ParseClosingName(r.GetName())
	if err != nil {
		return nil, err
	}
	found, stamp, err := s.service.GetClosing(ctx, callerOf(ctx), ref)
	return closed(found, reporting.Receipt{}, stamp, err)
}

// ListClosings lists the closings of a form.
func (s closings) ListClosings(ctx context.Context, r *reportingv1.ListClosingsRequest) (*reportingv1.ListClosingsResponse, error) {
	code, err := lastPart("forms", "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	page, err := s.service.ListClosings(ctx, callerOf(ctx), code, pageOf(r.GetPageSize(), r.GetPageToken()))
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListClosingsResponse{NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for _, c := range page.Closings {
		answer.Closings = append(answer.Closings, closingMessage(c))
	}
	return answer, nil
}

// ListClosedRollups lists what a version of a closing kept.
func (s closings) ListClosedRollups(
	ctx context.Context, r *reportingv1.ListClosedRollupsRequest,
) (*reportingv1.ListClosedRollupsResponse, error) {
	ref, err := reporting.ParseClosingName(r.GetParent())
	if err != nil {
		return nil, renamed(err, "name", "parent")
	}
	page, err := s.service.ListClosedRollups(ctx, callerOf(ctx), ref, int(r.GetVersion()), pageOf(r.GetPageSize(), r.GetPageToken()))
	if err != nil {
		return nil, err
	}
	return &reportingv1.ListClosedRollupsResponse{
		Version: int32(page.Version), Digest: hex.EncodeToString(page.Digest[:]), Header: strings.TrimSuffix(closing.Header, "\n"), //nolint:gosec // counts from 1
		Lines: page.Lines, NextPageToken: page.Next, Stamp: stampMessage(page.Stamp),
	}, nil
}

// ClosePeriod closes a period.
func (s closings) ClosePeriod(ctx context.Context, r *reportingv1.ClosePeriodRequest) (*reportingv1.Closing, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	ref, err := reporting.ParseClosingName(r.GetName())
	if err != nil {
		return nil, err
	}
	return closed(s.service.ClosePeriod(ctx, c, ref, r.GetEtag(), r.GetReason(), r.GetForce()))
}

// ReopenPeriod lets reports of a closed period change for a time.
func (s closings) ReopenPeriod(ctx context.Context, r *reportingv1.ReopenPeriodRequest) (*reportingv1.Closing, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	ref, err := reporting.ParseClosingName(r.GetName())
	if err != nil {
		return nil, err
	}
	if r.GetUntil() == nil || r.GetUntil().CheckValid() != nil {
		return nil, fault.Invalid("UNTIL_INVALID", "until is missing or no instant; write it as RFC 3339, such as 2024-03-31T17:00:00Z").In("until")
	}
	return closed(s.service.ReopenPeriod(ctx, c, ref, r.GetEtag(), r.GetReason(), r.GetUnits(), r.GetUntil().AsTime()))
}

func closed(found reporting.Closing, receipt reporting.Receipt, stamp reporting.Stamp, err error) (*reportingv1.Closing, error) {
	if err != nil {
		return nil, err
	}
	m := closingMessage(found)
	m.Stamp, m.Receipt = stampMessage(stamp), receiptMessage(receipt)
	return m, nil
}

func closingMessage(c reporting.Closing) *reportingv1.Closing {
	m := &reportingv1.Closing{
		Name: c.Key.String(), Form: string(c.Key.Form), Period: c.Key.Period.String(), Owner: string(c.Key.Owner), OwnerCode: string(c.OwnerCode),
		FirstDay: c.First.String(), LastDay: c.Last.String(), State: closingStates.wire(c.State), WaitingCount: int32(c.WaitingCount), //nolint:gosec // few
		Etag: c.Etag,
	}
	for _, k := range c.Waiting {
		m.Waiting = append(m.Waiting, reporting.ReportName(k))
	}
	for i := range c.Versions {
		v := &c.Versions[len(c.Versions)-1-i]
		m.Versions = append(m.Versions, closingVersionMessage(c.Key, v))
	}
	if newest, known := c.Newest(); known {
		m.Version = int32(newest.Number) //nolint:gosec // counts from 1
	}
	return m
}

func closingVersionMessage(k entry.ClosingKey, v *aggregator.ClosingVersion) *reportingv1.ClosingVersion {
	m := &reportingv1.ClosingVersion{
		Version: int32(v.Number), Principal: v.Principal, Time: timestamp(v.Time), Sequence: int64(v.Sequence), //nolint:gosec // counts from 1
		ComputedAtSequence: int64(v.ComputedAt), Digest: hex.EncodeToString(v.Digest[:]), Rows: int32(v.Rows), Forced: v.Forced, //nolint:gosec // as above
		Reason: v.Reason, ReasonRemoved: v.TextsRemoved,
	}
	for _, unit := range v.LeftOut {
		m.LeftOut = append(m.LeftOut, reporting.ReportName(entry.ReportKey{Unit: unit, Form: k.Form, Period: k.Period}))
	}
	for _, r := range v.Reopenings {
		m.Reopenings = append(m.Reopenings, &reportingv1.ClosingReopening{
			Principal: r.Principal, Time: timestamp(r.Time), Sequence: int64(r.Sequence), Units: unitNames(r.Units), //nolint:gosec // counts from 1
			Until: timestamp(r.Until), Reason: r.Reason, ReasonRemoved: r.TextsRemoved,
		})
	}
	return m
}

func unitNames(ids []hierarchy.ID) []string {
	var names []string
	for _, id := range ids {
		names = append(names, string(id))
	}
	return names
}
