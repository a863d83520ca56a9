package rpc

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rule"
	"github.com/tonghop/tonghop/server/text"
)

// changes is the service of the change feed.
type changes struct {
	reportingv1.UnsafeChangeServiceServer
	*core
}

// changeKinds pairs the kinds of change with the contract's, and says what the resource names are made of.
var changeKinds = map[aggregator.ChangeKind]struct {
	kind       reportingv1.ChangeKind
	collection string
}{
	aggregator.UnitsChange:        {reportingv1.ChangeKind_CHANGE_KIND_UNITS, "units"},
	aggregator.IndicatorsChange:   {reportingv1.ChangeKind_CHANGE_KIND_INDICATORS, "indicators"},
	aggregator.FormsChange:        {reportingv1.ChangeKind_CHANGE_KIND_FORMS, "forms"},
	aggregator.HolidaysChange:     {reportingv1.ChangeKind_CHANGE_KIND_HOLIDAYS, "holidays"},
	aggregator.RulesChange:        {reportingv1.ChangeKind_CHANGE_KIND_RULES, "rules"},
	aggregator.PlansChange:        {reportingv1.ChangeKind_CHANGE_KIND_PLANS, "plans"},
	aggregator.OutsideChange:      {reportingv1.ChangeKind_CHANGE_KIND_OUTSIDE, "outsideFigures"},
	aggregator.DutiesChange:       {reportingv1.ChangeKind_CHANGE_KIND_DUTIES, "duties"},
	aggregator.RegistersChange:    {reportingv1.ChangeKind_CHANGE_KIND_REGISTERS, "registers"},
	aggregator.DraftChange:        {reportingv1.ChangeKind_CHANGE_KIND_REPORT_DRAFTED, ""},
	aggregator.SubmittedChange:    {reportingv1.ChangeKind_CHANGE_KIND_REPORT_SUBMITTED, ""},
	aggregator.ApprovedChange:     {reportingv1.ChangeKind_CHANGE_KIND_REPORT_APPROVED, ""},
	aggregator.ReturnedChange:     {reportingv1.ChangeKind_CHANGE_KIND_REPORT_RETURNED, ""},
	aggregator.ExcludedChange:     {reportingv1.ChangeKind_CHANGE_KIND_REPORT_EXCLUDED, ""},
	aggregator.LiftedChange:       {reportingv1.ChangeKind_CHANGE_KIND_EXCLUSION_LIFTED, ""},
	aggregator.ClosedChange:       {reportingv1.ChangeKind_CHANGE_KIND_PERIOD_CLOSED, ""},
	aggregator.ReopenedChange:     {reportingv1.ChangeKind_CHANGE_KIND_PERIOD_REOPENED, ""},
	aggregator.AccessChange:       {reportingv1.ChangeKind_CHANGE_KIND_ACCESS, "tokens"},
	aggregator.SubscriptionChange: {reportingv1.ChangeKind_CHANGE_KIND_SUBSCRIPTION, "subscriptions"},
	aggregator.StoreChange:        {reportingv1.ChangeKind_CHANGE_KIND_STORE, "store"},
}

// ListChanges lists changes after a sequence.
func (s changes) ListChanges(ctx context.Context, r *reportingv1.ListChangesRequest) (*reportingv1.ListChangesResponse, error) {
	filter, err := changeFilter(r.GetAfterSequence(), r)
	if err != nil {
		return nil, err
	}
	filter.Size = int(r.GetPageSize())
	page, err := s.service.ListChanges(ctx, callerOf(ctx), filter)
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListChangesResponse{
		NextAfterSequence: int64(page.NextAfter), More: page.More, Stamp: stampMessage(page.Stamp), //nolint:gosec // counts from 1
	}
	for _, c := range page.Changes {
		answer.Changes = append(answer.Changes, changeMessage(c))
	}
	return answer, nil
}

// WatchChanges follows changes after a sequence.
func (s changes) WatchChanges(r *reportingv1.WatchChangesRequest, stream grpc.ServerStreamingServer[reportingv1.WatchChangesResponse]) error {
	ctx, end := s.untilStopped(stream.Context())
	defer end(nil)
	filter, err := changeFilter(r.GetAfterSequence(), r)
	if err != nil {
		return err
	}
	if r.AfterSequence == nil {
		_, stamp, err := s.service.GetStamp(ctx, callerOf(ctx))
		if err != nil {
			return err
		}
		filter.After = stamp.Sequence
	}
	err = s.service.WatchChanges(ctx, callerOf(ctx), filter, func(page reporting.ChangePage) error { return tell(stream, page) })
	if stopped := context.Cause(ctx); errors.Is(err, context.Canceled) && stopped != nil {
		return stopped
	}
	return err
}

// tell sends a stretch of changes, and behind it the sequence up to which everything was told.
func tell(stream grpc.ServerStreamingServer[reportingv1.WatchChangesResponse], page reporting.ChangePage) error {
	id := page.Stamp.JournalID.String()
	for i, c := range page.Changes {
		told := c.Sequence
		if i+1 < len(page.Changes) && page.Changes[i+1].Sequence == told {
			told-- // more of this entry follows: who breaks off here must be told of it again
		}
		m := &reportingv1.WatchChangesResponse{Change: changeMessage(c), Sequence: int64(told), JournalId: id, ServerTime: timestamp(page.Now)} //nolint:gosec // counts from 1
		if err := stream.Send(m); err != nil {
			return err
		}
	}
	upTo := page.NextAfter
	if !page.More {
		upTo = page.Stamp.Sequence
	}
	if n := len(page.Changes); n > 0 && page.Changes[n-1].Sequence == upTo {
		return nil
	}
	return stream.Send(&reportingv1.WatchChangesResponse{Sequence: int64(upTo), JournalId: id, ServerTime: timestamp(page.Now)}) //nolint:gosec // counts from 1
}

// changeRequest is what the two requests for changes have in common.
type changeRequest interface {
	GetJournalId() string
	GetBelow() string
	GetForm() string
	GetPeriods() string
	GetKinds() []reportingv1.ChangeKind
}

func changeFilter(after int64, r changeRequest) (reporting.ChangeFilter, error) {
	filter := reporting.ChangeFilter{Below: r.GetBelow(), Form: r.GetForm(), Periods: r.GetPeriods()}
	var err error
	if filter.After, err = sequenceOf("after_sequence", after); err != nil {
		return filter, err
	}
	for i, m := range r.GetKinds() {
		known := false
		for kind, row := range changeKinds {
			if row.kind == m {
				filter.Kinds, known = append(filter.Kinds, kind), true
			}
		}
		if !known {
			return filter, fault.Invalid("CHANGE_KIND_UNKNOWN", "kind %q is none of a change's; leave it out for all", m).
				With("value", m.String()).In(fmt.Sprintf("kinds[%d]", i))
		}
	}
	filter.Journal, err = journalOf(r.GetJournalId())
	return filter, err
}

func changeMessage(c aggregator.Change) *reportingv1.Change {
	row := changeKinds[c.Kind]
	m := &reportingv1.Change{
		Sequence: int64(c.Sequence), AcceptTime: timestamp(c.Time), Kind: row.kind, Name: row.collection, Principal: c.Principal, //nolint:gosec // counts from 1
	}
	switch {
	case row.collection == "":
		m.Name = reporting.ReportName(c.Key)
		m.Unit, m.Form, m.Period = string(c.Key.Unit), string(c.Key.Form), c.Key.Period.String()
		m.Revision = int32(c.Revision) //nolint:gosec // counts from 1
		if c.Kind == aggregator.ClosedChange || c.Kind == aggregator.ReopenedChange {
			m.Name = entry.ClosingKey{Form: c.Key.Form, Period: c.Key.Period, Owner: c.Key.Unit}.String()
		}
	case c.Name != "" && c.Kind == aggregator.RulesChange:
		of, code, _ := strings.Cut(c.Name, "/")
		m.Name = reporting.RuleName(form.Code(of), rule.Code(code))
	case c.Name != "" && (c.Kind == aggregator.IndicatorsChange || c.Kind == aggregator.FormsChange):
		m.Name = row.collection + "/" + text.FoldCode(c.Name)
	case c.Name != "":
		m.Name = row.collection + "/" + c.Name
	}
	return m
}
