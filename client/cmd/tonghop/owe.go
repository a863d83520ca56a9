package main

import (
	"context"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

const obligationPrefix = "OBLIGATION_STATE_"

// toDo are the states in which the unit that owes is to do something.
var toDo = []reportingv1.ObligationState{
	reportingv1.ObligationState_OBLIGATION_STATE_OVERDUE, reportingv1.ObligationState_OBLIGATION_STATE_RETURNED,
	reportingv1.ObligationState_OBLIGATION_STATE_DRAFT, reportingv1.ObligationState_OBLIGATION_STATE_DUE,
}

type oweCmd struct {
	Unit   string   `placeholder:"U" help:"What this unit owes. Otherwise your own unit; every unit with a token that is bound to none."`
	Below  bool     `help:"Also what the units below it owe."`
	Form   string   `placeholder:"F" help:"Only this form."`
	Period string   `placeholder:"P|Q..R" help:"Base periods that end in these. Otherwise those of the last year, and the one under way."`
	State  []string `enum:"not-open,due,overdue,draft,returned,waiting,done,excluded,closed" placeholder:"STATE,..." help:"Only these states: ${enum}. Otherwise those in which the unit is to do something: due, overdue, draft and returned."`
	All    bool     `help:"In every state."`
	pastFlag
}

// Help shows how it is used.
func (oweCmd) Help() string {
	return `DUE is in time until the deadline, OVERDUE is late from it on, RETURNED was sent back, DRAFT is saved and not sent. A unit
that acts in place of one that has ended sees what that one owes too.

Examples:

    tonghop owe
    tonghop owe --unit 29869 --all
    tonghop owe --unit 866 --below --form cds-thang --period 2024-01..2024-03 -o csv`
}

// Run lists what is owed.
func (c *oweCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	q := &reportingv1.ListObligationsRequest{Below: c.Below, Form: c.Form, Periods: c.Period, AtSequence: sequence, AtTime: at}
	if c.Unit != "" {
		q.Parent = "units/" + c.Unit
	}
	switch {
	case c.All && len(c.State) > 0:
		return s.usage("give --all or --state, not both")
	case c.All:
	case len(c.State) == 0:
		q.States = toDo
	}
	for _, state := range c.State {
		q.States = append(q.States, choice[reportingv1.ObligationState](reportingv1.ObligationState_value, obligationPrefix, state))
	}
	return s.with(ctx, func(to *client.Client) error {
		return list(s, obligationSheet, to.Obligations(ctx, q))
	})
}

type overdueCmd struct {
	Unit   string `placeholder:"U" help:"This unit and those below it. Otherwise all that you see."`
	Form   string `placeholder:"F" help:"Only this form."`
	Period string `placeholder:"P|Q..R" help:"Base periods that end in these. Otherwise those of the last year."`
	Kind   string `placeholder:"KIND" help:"Only units of this kind."`
	pastFlag
}

// Help shows how it is used.
func (overdueCmd) Help() string {
	return `The list is in the order in which one telephones: by form, then the units below one after the other, by code.

Examples:

    tonghop overdue
    tonghop overdue --unit 87 --form cds-thang --kind commune
    tonghop overdue --unit 87 --at 2024-03-05 -o csv`
}

// Run lists who is late.
func (c *overdueCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	q := &reportingv1.ListOverdueRequest{Form: c.Form, Periods: c.Period, Kind: c.Kind, AtSequence: sequence, AtTime: at}
	if c.Unit != "" {
		q.Parent = "units/" + c.Unit
	}
	sh := obligationSheet
	sh.table = overdueTable
	return s.with(ctx, func(to *client.Client) error {
		return list(s, sh, to.Overdue(ctx, q))
	})
}

var obligationSheet = sheet[*reportingv1.Obligation]{
	table: []column[*reportingv1.Obligation]{
		{name: "FORM", text: (*reportingv1.Obligation).GetForm},
		{name: "PERIOD", text: (*reportingv1.Obligation).GetPeriod},
		{name: "UNIT", text: (*reportingv1.Obligation).GetUnitCode},
		{name: "NAME", text: (*reportingv1.Obligation).GetUnitName},
		{name: "STATE", text: func(o *reportingv1.Obligation) string { return word(o.GetState(), obligationPrefix) }},
		{name: "FROM", text: func(o *reportingv1.Obligation) string { return day(when(o.GetOpenTime())) }},
		{name: "DUE", text: (*reportingv1.Obligation).GetDueDay},
		{name: "DAYS LATE", text: func(o *reportingv1.Obligation) string { return some(o.GetDaysLate()) }, right: true},
		{name: "REVISION", text: func(o *reportingv1.Obligation) string { return some(max(o.GetRevision(), o.GetDraftRevision())) }, right: true},
		{name: "SENT BY", text: (*reportingv1.Obligation).GetActingUnit},
	},
	csv: []column[*reportingv1.Obligation]{
		{name: "form", text: (*reportingv1.Obligation).GetForm},
		{name: "period", text: (*reportingv1.Obligation).GetPeriod},
		{name: "unit", text: (*reportingv1.Obligation).GetUnit},
		{name: "unit_code", text: (*reportingv1.Obligation).GetUnitCode},
		{name: "unit_name", text: (*reportingv1.Obligation).GetUnitName},
		{name: "unit_kind", text: (*reportingv1.Obligation).GetUnitKind},
		{name: "parent", text: (*reportingv1.Obligation).GetParent},
		{name: "parent_name", text: (*reportingv1.Obligation).GetParentName},
		{name: "state", text: func(o *reportingv1.Obligation) string { return word(o.GetState(), obligationPrefix) }},
		{name: "draft_open", text: func(o *reportingv1.Obligation) string { return instant(o.GetDraftOpenTime()) }},
		{name: "open", text: func(o *reportingv1.Obligation) string { return instant(o.GetOpenTime()) }},
		{name: "due_day", text: (*reportingv1.Obligation).GetDueDay},
		{name: "deadline", text: func(o *reportingv1.Obligation) string { return instant(o.GetDeadline()) }},
		{name: "days_late", text: func(o *reportingv1.Obligation) string { return number(o.GetDaysLate()) }},
		{name: "late", text: func(o *reportingv1.Obligation) string { return yes(o.GetLate()) }},
		{name: "corrected_late", text: func(o *reportingv1.Obligation) string { return yes(o.GetCorrectedLate()) }},
		{name: "revision", text: func(o *reportingv1.Obligation) string { return some(o.GetRevision()) }},
		{name: "approved_revision", text: func(o *reportingv1.Obligation) string { return some(o.GetApprovedRevision()) }},
		{name: "draft_revision", text: func(o *reportingv1.Obligation) string { return some(o.GetDraftRevision()) }},
		{name: "acting_unit", text: (*reportingv1.Obligation).GetActingUnit},
		{name: "report", text: (*reportingv1.Obligation).GetReport},
	},
	json: messageJSON[*reportingv1.Obligation],
}

// day is the date of a time that is shown.
func day(shown string) string {
	date, _, _ := strings.Cut(shown, " ")
	return date
}

var overdueTable = []column[*reportingv1.Obligation]{
	{name: "FORM", text: (*reportingv1.Obligation).GetForm},
	{name: "ABOVE", text: (*reportingv1.Obligation).GetParentName},
	{name: "UNIT", text: (*reportingv1.Obligation).GetUnitCode},
	{name: "NAME", text: (*reportingv1.Obligation).GetUnitName},
	{name: "PERIOD", text: (*reportingv1.Obligation).GetPeriod},
	{name: "DUE", text: (*reportingv1.Obligation).GetDueDay},
	{name: "DAYS LATE", text: func(o *reportingv1.Obligation) string { return some(o.GetDaysLate()) }, right: true},
	{name: "SENT BY", text: (*reportingv1.Obligation).GetActingUnit},
}
