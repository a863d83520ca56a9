package rpc

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/task"
)

// duties is the service of duties.
type duties struct {
	reportingv1.UnsafeDutyServiceServer
	*core
}

var dutyStandings = pairs[task.Standing, reportingv1.DutyStanding]{
	task.Done:    reportingv1.DutyStanding_DUTY_STANDING_DONE,
	task.Late:    reportingv1.DutyStanding_DUTY_STANDING_LATE,
	task.Open:    reportingv1.DutyStanding_DUTY_STANDING_OPEN,
	task.Overdue: reportingv1.DutyStanding_DUTY_STANDING_OVERDUE,
}

// GetDuty gets a duty.
func (s duties) GetDuty(ctx context.Context, r *reportingv1.GetDutyRequest) (*reportingv1.Duty, error) {
	code, err := lastPart("duties", "name", r.GetName())
	if err != nil {
		return nil, err
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	found, stamp, err := s.service.GetDuty(ctx, callerOf(ctx), code, at)
	if err != nil {
		return nil, err
	}
	m := dutyMessage(&found)
	m.Stamp = stampMessage(stamp)
	return m, nil
}

// ListDuties lists duties.
func (s duties) ListDuties(ctx context.Context, r *reportingv1.ListDutiesRequest) (*reportingv1.ListDutiesResponse, error) {
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	f := reporting.DutyFilter{Inspections: r.GetInspections(), Page: pageOf(r.GetPageSize(), r.GetPageToken()), At: at}
	if r.GetPlan() != "" {
		if f.Plan, err = lastPart("plans", "plan", r.GetPlan()); err != nil {
			return nil, err
		}
	}
	page, err := s.service.ListDuties(ctx, callerOf(ctx), f)
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListDutiesResponse{NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for i := range page.Duties {
		answer.Duties = append(answer.Duties, dutyMessage(&page.Duties[i]))
	}
	return answer, nil
}

// CreateDuty enters a duty.
func (s duties) CreateDuty(ctx context.Context, r *reportingv1.CreateDutyRequest) (*reportingv1.Duty, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	if r.GetDuty() == nil {
		return nil, bodyMissing("duty")
	}
	d, err := dutyOf(r.GetDuty())
	if err != nil {
		return nil, inside(err, "duty")
	}
	shown, change, stamp, err := s.service.CreateDuty(ctx, c, d)
	return dutyChanged(ctx, shown, change, stamp, err)
}

// UpdateDuty replaces a duty.
func (s duties) UpdateDuty(ctx context.Context, r *reportingv1.UpdateDutyRequest) (*reportingv1.Duty, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	if r.GetDuty() == nil {
		return nil, bodyMissing("duty")
	}
	code, err := lastPart("duties", "name", r.GetDuty().GetName())
	if err != nil {
		return nil, inside(err, "duty")
	}
	d, err := dutyOf(r.GetDuty())
	if err == nil && d.Code != "" && !d.Code.Same(task.Code(code)) {
		err = fault.Invalid("CODE_NOT_OF_NAME", "the code %s is not the one of %s; a code never changes", d.Code, shorten(r.GetDuty().GetName())).In("code")
	}
	if err != nil {
		return nil, inside(err, "duty")
	}
	if d.Code == "" {
		d.Code = task.Code(code)
	}
	shown, change, stamp, err := s.service.UpdateDuty(ctx, c, d, r.GetDuty().GetEtag())
	return dutyChanged(ctx, shown, change, stamp, err)
}

func dutyChanged(
	ctx context.Context, d reporting.Duty, change reporting.CatalogueChange, stamp reporting.Stamp, err error,
) (*reportingv1.Duty, error) {
	if err != nil {
		return nil, inside(err, "duty")
	}
	m := dutyMessage(&d)
	m.Stamp, m.Receipt = stampMessage(stamp), receiptMessage(change.Receipt)
	m.Warnings = warnings(change.Warnings, languageOf(ctx))
	return m, nil
}

// ReportDuty enters how far a unit is.
func (s duties) ReportDuty(ctx context.Context, r *reportingv1.ReportDutyRequest) (*reportingv1.DutyState, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	code, err := lastPart("duties", "duty", r.GetDuty())
	if err != nil {
		return nil, err
	}
	var wrong fault.List
	e := reporting.DutyEntry{Note: r.GetNote(), Etag: r.GetEtag(), Record: task.Record{
		Duty: task.Code(code), Step: task.Code(r.GetStep()), Unit: hierarchy.ID(r.GetUnit()), Done: r.GetDone(), Withdrawn: r.GetWithdraw(), // or a code
		Day: dayOf("done_date", r.GetDoneDate(), period.Beginning, &wrong), Document: r.GetDocument(),
		DocumentDay: dayOf("document_date", r.GetDocumentDate(), period.Beginning, &wrong),
	}}
	if (r.Done == nil) != r.GetWithdraw() {
		wrong.Add(fault.Invalid("DUTY_STATE_MISSING", "say whether it is done or not, or that what was entered is taken back, and only one of these").In("done"))
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	state, receipt, err := s.service.ReportDuty(ctx, c, e)
	if err != nil {
		return nil, err
	}
	m := dutyStateMessage(&state)
	m.Receipt = receiptMessage(receipt)
	return m, nil
}

// ListDutyStates lists who owes what.
func (s duties) ListDutyStates(ctx context.Context, r *reportingv1.ListDutyStatesRequest) (*reportingv1.ListDutyStatesResponse, error) {
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	f := reporting.DutyStateFilter{
		Step: r.GetStep(), Inspections: r.GetInspections(), Unit: r.GetUnit(), Below: r.GetBelow(), AsOf: r.GetAsOf(),
		Page: pageOf(r.GetPageSize(), r.GetPageToken()), At: at,
	}
	if r.GetDuty() != "" {
		if f.Duty, err = lastPart("duties", "duty", r.GetDuty()); err != nil {
			return nil, err
		}
	}
	if r.GetStanding() != reportingv1.DutyStanding_DUTY_STANDING_UNSPECIFIED {
		if f.Standing, err = enumOf(dutyStandings, r.GetStanding(), "DUTY_STANDING_UNKNOWN", "standing"); err != nil {
			return nil, fault.Of(err).In("standing")
		}
	}
	page, err := s.service.ListDutyStates(ctx, callerOf(ctx), f)
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListDutyStatesResponse{AsOf: page.AsOf.String(), NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for i := range page.States {
		answer.States = append(answer.States, dutyStateMessage(&page.States[i]))
	}
	return answer, nil
}

// CountDuty counts the units of a duty.
func (s duties) CountDuty(ctx context.Context, r *reportingv1.CountDutyRequest) (*reportingv1.CountDutyResponse, error) {
	code, err := lastPart("duties", "name", r.GetName())
	if err != nil {
		return nil, err
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	counts, err := s.service.CountDuty(ctx, callerOf(ctx), reporting.DutyCountQuery{Duty: code, Below: r.GetBelow(), By: r.GetBy(), AsOf: r.GetAsOf(), At: at})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.CountDutyResponse{AsOf: counts.AsOf.String(), Stamp: stampMessage(counts.Stamp)}
	for i := range counts.Lines {
		answer.Lines = append(answer.Lines, dutyCountsMessage(&counts.Lines[i]))
	}
	for i := range counts.Totals {
		answer.Totals = append(answer.Totals, dutyCountsMessage(&counts.Totals[i]))
	}
	return answer, nil
}

func dutyOf(m *reportingv1.Duty) (task.Duty, error) {
	var wrong fault.List
	d := task.Duty{
		Code: task.Code(m.GetCode()), NameVI: m.GetNameVi(), NameEN: m.GetNameEn(), Assigned: selectorsOf("assigned", m.GetAssigned(), &wrong),
		Due: dayOf("due", m.GetDue(), period.Beginning, &wrong), Number: m.GetNumber(),
		Decided: dayOf("decision_date", m.GetDecisionDate(), period.Beginning, &wrong), Indicator: indicator.Code(m.GetIndicator()), Withdrawn: m.GetWithdrawn(),
	}
	for i, s := range m.GetSteps() {
		d.Steps = append(d.Steps, task.Step{
			Code: task.Code(s.GetCode()), NameVI: s.GetNameVi(), NameEN: s.GetNameEn(), Due: dayOf(place("steps", i)+".due", s.GetDue(), period.Beginning, &wrong),
		})
	}
	if m.GetPlan() != "" {
		var err error
		if d.Plan, err = lastPart("plans", "plan", m.GetPlan()); err != nil {
			wrong.Add(err)
		}
	}
	return d, wrong.Err()
}

func dutyName(c task.Code) string { return "duties/" + string(c.Fold()) }

// shownDay is empty where there is none.
func shownDay(d period.Day) string {
	if d == period.Beginning || d == period.Forever {
		return ""
	}
	return d.String()
}

func dutyMessage(d *reporting.Duty) *reportingv1.Duty {
	m := &reportingv1.Duty{
		Name: dutyName(d.Code), Code: string(d.Code), NameVi: d.NameVI, NameEn: d.NameEN, Assigned: selectorMessages(d.Assigned), Due: shownDay(d.Due),
		Number: d.Number, DecisionDate: shownDay(d.Decided), Indicator: string(d.Indicator), Withdrawn: d.Withdrawn, Etag: d.Etag,
	}
	for _, s := range d.Steps {
		m.Steps = append(m.Steps, &reportingv1.DutyStep{Code: string(s.Code), NameVi: s.NameVI, NameEn: s.NameEN, Due: shownDay(s.Due)})
	}
	if d.Plan != "" {
		m.Plan = "plans/" + d.Plan
	}
	return m
}

func dutyStateMessage(s *reporting.DutyState) *reportingv1.DutyState {
	m := &reportingv1.DutyState{
		Duty: dutyName(s.Duty), Step: string(s.Part.Code), Unit: string(s.Unit.ID), UnitCode: string(s.Unit.Code), UnitName: s.Unit.NameVI,
		Due: shownDay(s.Part.Due), Standing: dutyStandings.wire(s.Standing), LateDays: int32(s.LateDays), Revision: int32(s.Revision), Etag: s.Etag, //nolint:gosec // days and counts
		Note: s.Written.Text, NoteRemoved: s.Written.Removed, EnterTime: timestamp(s.Written.Time),
	}
	if r := s.Entered; r != nil && !r.Withdrawn {
		m.Done, m.DoneDate, m.Document, m.DocumentDate = &r.Done, shownDay(r.Day), r.Document, shownDay(r.DocumentDay)
	}
	if r := s.Entered; r != nil {
		m.ActingUnit, m.OnBehalf = string(r.ActingFor), r.OnBehalf
	}
	return m
}

func dutyCountsMessage(l *reporting.DutyCountLine) *reportingv1.DutyCounts {
	of := func(s task.Standing) int32 { return int32(l.Of(s)) } //nolint:gosec // as many as units at most
	m := &reportingv1.DutyCounts{
		Step: string(l.Part.Code), Due: shownDay(l.Part.Due), Obliged: int32(l.Obliged()), Done: of(task.Done), Late: of(task.Late), //nolint:gosec // as above
		Open: of(task.Open), Overdue: of(task.Overdue),
	}
	if l.Unit != nil {
		m.Unit, m.UnitCode, m.UnitName = namedUnit(l.Unit)
	}
	return m
}
