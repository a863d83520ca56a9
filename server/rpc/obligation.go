package rpc

import (
	"context"
	"fmt"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/obligation"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
)

// obligationStates begin at 1 in the domain too.
var obligationStates = pairs[obligation.State, reportingv1.ObligationState]{
	obligation.NotOpen:  reportingv1.ObligationState_OBLIGATION_STATE_NOT_OPEN,
	obligation.Due:      reportingv1.ObligationState_OBLIGATION_STATE_DUE,
	obligation.Overdue:  reportingv1.ObligationState_OBLIGATION_STATE_OVERDUE,
	obligation.Draft:    reportingv1.ObligationState_OBLIGATION_STATE_DRAFT,
	obligation.SentBack: reportingv1.ObligationState_OBLIGATION_STATE_RETURNED,
	obligation.Awaiting: reportingv1.ObligationState_OBLIGATION_STATE_WAITING,
	obligation.Done:     reportingv1.ObligationState_OBLIGATION_STATE_DONE,
	obligation.Out:      reportingv1.ObligationState_OBLIGATION_STATE_EXCLUDED,
	obligation.Closed:   reportingv1.ObligationState_OBLIGATION_STATE_CLOSED,
}

// ListObligations lists what is owed.
func (s reports) ListObligations(ctx context.Context, r *reportingv1.ListObligationsRequest) (*reportingv1.ListObligationsResponse, error) {
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	filter := reporting.ObligationFilter{
		Below: r.GetBelow(), Form: r.GetForm(), Periods: r.GetPeriods(), Page: pageOf(r.GetPageSize(), r.GetPageToken()), At: at,
	}
	if filter.Unit, err = parentUnit(r.GetParent()); err != nil {
		return nil, err
	}
	for i, m := range r.GetStates() {
		state, err := enumOf(obligationStates, m, "OBLIGATION_STATE_UNKNOWN", "state")
		if err != nil || state == 0 {
			return nil, fault.Invalid("OBLIGATION_STATE_UNKNOWN", "state %q is none of an obligation's; leave it out for all", m).
				With("value", m.String()).In(fmt.Sprintf("states[%d]", i))
		}
		filter.States = append(filter.States, state)
	}
	page, err := s.service.ListObligations(ctx, callerOf(ctx), filter)
	if err != nil {
		return nil, err
	}
	return &reportingv1.ListObligationsResponse{
		Obligations: obligationMessages(page.Obligations), NextPageToken: page.Next, AsOfTime: timestamp(page.Now), Stamp: stampMessage(page.Stamp),
	}, nil
}

// ListOverdue lists who is late.
func (s reports) ListOverdue(ctx context.Context, r *reportingv1.ListOverdueRequest) (*reportingv1.ListOverdueResponse, error) {
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	filter := reporting.ObligationFilter{
		Form: r.GetForm(), Periods: r.GetPeriods(), Kind: r.GetKind(), Page: pageOf(r.GetPageSize(), r.GetPageToken()), At: at,
	}
	if filter.Unit, err = parentUnit(r.GetParent()); err != nil {
		return nil, err
	}
	page, err := s.service.ListOverdue(ctx, callerOf(ctx), filter)
	if err != nil {
		return nil, err
	}
	return &reportingv1.ListOverdueResponse{
		Obligations: obligationMessages(page.Obligations), NextPageToken: page.Next, AsOfTime: timestamp(page.Now), Stamp: stampMessage(page.Stamp),
	}, nil
}

// parentUnit gives the reference of a unit's resource name; empty for none.
func parentUnit(parent string) (string, error) {
	if parent == "" {
		return "", nil
	}
	return lastPart("units", "parent", parent)
}

func obligationMessages(list []reporting.Obligation) []*reportingv1.Obligation {
	messages := make([]*reportingv1.Obligation, len(list))
	for i := range list {
		messages[i] = obligationMessage(&list[i])
	}
	return messages
}

func obligationMessage(o *reporting.Obligation) *reportingv1.Obligation {
	m := &reportingv1.Obligation{
		Unit: string(o.Unit.ID), UnitCode: string(o.Unit.Code), UnitName: o.Unit.NameVI, UnitKind: string(o.Unit.Kind),
		Parent: string(o.Parent.ID), ParentName: o.Parent.NameVI, Form: string(o.Form), Period: o.Period.String(),
		Report: o.ReportName(), State: obligationStates.wire(o.State),
		DraftOpenTime: timestamp(o.DraftOpen), OpenTime: timestamp(o.Open),
		Late: o.Standing.Has(obligation.Late), CorrectedLate: o.Standing.Has(obligation.CorrectedLate), DaysLate: int32(o.DaysLate), //nolint:gosec // days
		Revision: int32(o.Revision), ApprovedRevision: int32(o.Approved), DraftRevision: int32(o.Draft), //nolint:gosec // entries have 31 bits
		ActingUnit: string(o.Acting),
	}
	if o.HasDue {
		m.DueDay, m.Deadline = o.DueDay.String(), timestamp(period.Deadline(o.DueDay))
	}
	return m
}

// GetCompleteness gives the matrix of who has reported.
func (s reports) GetCompleteness(ctx context.Context, r *reportingv1.GetCompletenessRequest) (*reportingv1.GetCompletenessResponse, error) {
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	m, err := s.service.GetCompleteness(ctx, callerOf(ctx), reporting.MatrixQuery{
		Form: r.GetForm(), Periods: r.GetPeriods(), Unit: r.GetUnit(), Kind: r.GetKind(), Page: pageOf(r.GetPageSize(), r.GetPageToken()), At: at,
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.GetCompletenessResponse{
		Form: string(m.Form), Units: matrixUnits(m.Units, r.GetIdsOnly()), States: make([]reportingv1.ObligationState, len(m.States)),
		Late: m.Late, StillApproved: m.StillApproved, NextPageToken: m.Next, AsOfTime: timestamp(m.Now), Stamp: stampMessage(m.Stamp),
	}
	for i, state := range m.States {
		answer.States[i] = obligationStates[state]
	}
	for i := range m.Periods {
		p := &m.Periods[i]
		answer.Periods = append(answer.Periods, &reportingv1.CompletenessPeriod{
			Period: p.Period.String(), Calendar: calendars.wire(p.Calendar), FirstDay: p.First.String(), LastDay: p.Last.String(),
			Totals: countsMessage(p.Totals),
		})
	}
	for _, c := range m.Counts {
		answer.Counts = append(answer.Counts, countsMessage(c))
	}
	return answer, nil
}

func matrixUnits(units []hierarchy.Unit, idsOnly bool) *reportingv1.CompletenessUnits {
	m := columnUnits(units, idsOnly)
	return &reportingv1.CompletenessUnits{Ids: m.GetIds(), Codes: m.GetCodes(), Names: m.GetNames(), Kinds: m.GetKinds()}
}

func countsMessage(c obligation.Count) *reportingv1.CompletenessCounts {
	return &reportingv1.CompletenessCounts{
		Expected: c.Expected, Received: c.Received, Approved: c.Approved, Waiting: c.Waiting, Late: c.Late,
		Returned: c.Returned, Overdue: c.Overdue, Missing: c.Missing(), Excluded: c.Excluded,
	}
}
