package main

import (
	"context"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type formsCmd struct {
	List    formsListCmd    `cmd:"" default:"withargs" help:"List the forms in code order."`
	Get     formsGetCmd     `cmd:"" help:"Show one form."`
	Periods formsPeriodsCmd `cmd:"" help:"Show the days and deadlines of periods of a form."`
}

type formsListCmd struct {
	AsOf string `placeholder:"DATE" help:"Day of the versions; otherwise today."`
	pastFlag
}

// Help shows how it is used.
func (formsListCmd) Help() string {
	return `The CSV has the columns of forms.csv.

Examples:

    tonghop forms list
    tonghop forms list --as-of 2024-12-31 -o csv > forms.csv`
}

// Run lists forms.
func (c *formsListCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		return list(s, formSheet, to.Forms(ctx, &reportingv1.ListFormsRequest{AsOf: c.AsOf, AtSequence: sequence, AtTime: at}))
	})
}

var formSheet = sheet[*reportingv1.Form]{
	table: []column[*reportingv1.Form]{
		{name: "CODE", text: (*reportingv1.Form).GetCode},
		{name: "NAME", text: (*reportingv1.Form).GetNameVi},
		{name: "EVERY", text: frequency},
		{name: "CALENDAR", text: calendar},
		{name: "INDICATORS", text: func(f *reportingv1.Form) string { return number(int32(len(f.GetIndicators()))) }, right: true}, //nolint:gosec // few
		{name: "ASSIGNED", text: func(f *reportingv1.Form) string { return selectors(f.GetAssigned()) }},
		{name: "DUE", text: (*reportingv1.Form).GetDue},
	},
	csv: []column[*reportingv1.Form]{
		{name: "code", text: (*reportingv1.Form).GetCode},
		{name: "name_vi", text: (*reportingv1.Form).GetNameVi},
		{name: "name_en", text: (*reportingv1.Form).GetNameEn},
		{name: "frequency", text: frequency},
		{name: "calendar", text: calendar},
		{name: "indicators", text: func(f *reportingv1.Form) string { return strings.Join(f.GetIndicators(), "|") }},
		{name: "assigned", text: func(f *reportingv1.Form) string { return selectors(f.GetAssigned()) }},
		{name: "owner", text: (*reportingv1.Form).GetOwner},
		{name: "reviewer", text: (*reportingv1.Form).GetReviewer},
		{name: "own_approval", text: ownApproval},
		{name: "due", text: (*reportingv1.Form).GetDue},
		{name: "valid_from", text: (*reportingv1.Form).GetValidFrom},
	},
	json: messageJSON[*reportingv1.Form],
}

// ownApproval is the word of forms.csv.
func ownApproval(f *reportingv1.Form) string { return map[bool]string{true: "yes"}[f.GetOwnApproval()] }

func frequency(f *reportingv1.Form) string {
	return strings.ToLower(word(f.GetFrequency(), "FREQUENCY_"))
}

func calendar(f *reportingv1.Form) string { return word(f.GetCalendar(), "CALENDAR_") }

type formsGetCmd struct {
	Code string `arg:"" help:"Code, in any case."`
	AsOf string `placeholder:"DATE" help:"Day of the version; otherwise today."`
	pastFlag
}

// Help shows how it is used.
func (formsGetCmd) Help() string {
	return `Examples:

    tonghop forms get cds-thang`
}

// Run shows one form.
func (c *formsGetCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		f, err := to.GetForm(ctx, &reportingv1.GetFormRequest{Name: formName(c.Code), AsOf: c.AsOf, AtSequence: sequence, AtTime: at})
		if err != nil {
			return err
		}
		return one(s, f, []pair{
			{"code", f.GetCode()},
			{"name", f.GetNameVi()},
			{"name in English", f.GetNameEn()},
			{"every", frequency(f)},
			{"calendar", calendar(f)},
			{"indicators", strings.Join(f.GetIndicators(), ", ")},
			{"assigned", selectors(f.GetAssigned())},
			{"owner", f.GetOwner()},
			{"reviewer", f.GetReviewer()},
			{"own approval", ownApproval(f)},
			{"due", f.GetDue()},
			{"valid from", f.GetValidFrom()},
			{"etag", f.GetEtag()},
		})
	})
}

func formName(code string) string { return "forms/" + strings.TrimPrefix(code, "forms/") }

type formsPeriodsCmd struct {
	Code   string `arg:"" help:"Code, in any case."`
	Period string `required:"" placeholder:"P|Q..R" help:"Period or range of the form's frequency; at most 60 periods."`
	pastFlag
}

// Help shows how it is used.
func (formsPeriodsCmd) Help() string {
	return `Examples:

    tonghop forms periods cds-thang --period 2024-01..2024-12
    tonghop forms periods cds-thang --period 2024-01 --at 2024-01-20`
}

// deadline is one line: a period, and one kind of unit with its deadline.
type deadline struct {
	*reportingv1.FormPeriod
	due *reportingv1.FormDeadline
}

// Run shows periods.
func (c *formsPeriodsCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		answer, err := to.ListFormPeriods(ctx, &reportingv1.ListFormPeriodsRequest{
			Parent: formName(c.Code), Periods: c.Period, AtSequence: sequence, AtTime: at,
		})
		if err != nil {
			return err
		}
		if s.Output == "json" {
			return list(s, sheet[*reportingv1.FormPeriod]{json: messageJSON[*reportingv1.FormPeriod]}, withoutErrors(answer.GetPeriods()))
		}
		var lines []deadline
		for _, p := range answer.GetPeriods() {
			for _, due := range p.GetDeadlines() {
				lines = append(lines, deadline{p, due})
			}
			if len(p.GetDeadlines()) == 0 {
				lines = append(lines, deadline{p, nil})
			}
		}
		return list(s, deadlineSheet, withoutErrors(lines))
	})
}

var deadlineSheet = sheet[deadline]{
	table: []column[deadline]{
		{name: "PERIOD", text: func(d deadline) string { return d.GetPeriod() }},
		{name: "FIRST DAY", text: func(d deadline) string { return d.GetFirstDay() }},
		{name: "LAST DAY", text: func(d deadline) string { return d.GetLastDay() }},
		{name: "KIND", text: func(d deadline) string { return d.due.GetKind() }},
		{name: "DUE", text: func(d deadline) string { return d.due.GetDueDay() }},
	},
	csv: []column[deadline]{
		{name: "period", text: func(d deadline) string { return d.GetPeriod() }},
		{name: "first_day", text: func(d deadline) string { return d.GetFirstDay() }},
		{name: "last_day", text: func(d deadline) string { return d.GetLastDay() }},
		{name: "kind", text: func(d deadline) string { return d.due.GetKind() }},
		{name: "due_day", text: func(d deadline) string { return d.due.GetDueDay() }},
		{name: "deadline", text: func(d deadline) string { return instant(d.due.GetDeadline()) }},
	},
}
