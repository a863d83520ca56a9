package main

import (
	"context"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type calendarCmd struct {
	Holidays holidaysCmd `cmd:"" help:"Keep the list of holidays, which moves deadlines to working days."`
	Periods  periodsCmd  `cmd:"" help:"Show the days of periods, from when reports are taken, and until when they are due."`
}

type holidaysCmd struct {
	List   holidaysListCmd   `cmd:"" default:"withargs" help:"List the days of the list."`
	Import holidaysImportCmd `cmd:"" help:"Upload days, whole or not at all."`
}

type holidaysListCmd struct {
	From string `placeholder:"DATE" help:"Only days from this one on."`
	To   string `placeholder:"DATE" help:"Only days up to this one."`
	pastFlag
}

// Help shows how it is used.
func (holidaysListCmd) Help() string {
	return `The CSV has the columns of holidays.csv, so that what is listed can be changed and uploaded again.

Examples:

    tonghop calendar holidays list
    tonghop calendar holidays list --from 2026-01-01 --to 2026-12-31 -o csv > holidays.csv
    tonghop calendar holidays list --at 2026-01-15`
}

// Run lists holidays.
func (c *holidaysListCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		return list(s, holidaySheet, to.Holidays(ctx, &reportingv1.ListHolidaysRequest{
			FirstDay: c.From, LastDay: c.To, AtSequence: sequence, AtTime: at,
		}))
	})
}

var holidaySheet = sheet[*reportingv1.Holiday]{
	table: []column[*reportingv1.Holiday]{
		{name: "DAY", text: (*reportingv1.Holiday).GetDay},
		{name: "KIND", text: holidayKind},
		{name: "NAME", text: (*reportingv1.Holiday).GetName},
		{name: "ENTRY", text: func(h *reportingv1.Holiday) string { return number(h.GetSequence()) }, right: true},
	},
	csv: []column[*reportingv1.Holiday]{
		{name: "date", text: (*reportingv1.Holiday).GetDay},
		{name: "name", text: (*reportingv1.Holiday).GetName},
		{name: "kind", text: holidayKind},
	},
	json: messageJSON[*reportingv1.Holiday],
}

func holidayKind(h *reportingv1.Holiday) string {
	return strings.ToLower(word(h.GetKind(), "HOLIDAY_KIND_"))
}

type holidaysImportCmd struct {
	File   string `arg:"" help:"The CSV file with the columns date, name and kind (off or work), or - for the standard input."`
	DryRun bool   `help:"Check everything and change nothing."`
}

// Help shows how it is used.
func (holidaysImportCmd) Help() string {
	return `The file is taken whole or not at all. Every problem is named with its line and column. Days that the file does not
name stay as they are: "work" takes a day off back, and makes a Saturday one that is worked. Deadlines that have passed
stay where they are. It needs a token of the role operator or administrator that is for everything: the list moves deadlines of all.

Examples:

    tonghop calendar holidays import holidays.csv --dry-run
    tonghop calendar holidays import holidays.csv`
}

// Run uploads the file.
func (c *holidaysImportCmd) Run(ctx context.Context, s *session) error {
	up := importCmd{What: "holidays", File: c.File, DryRun: c.DryRun}
	return up.upload(ctx, s, func(to *client.Client) sender { return to.ImportHolidays })
}

type periodsCmd struct {
	Period   string `arg:"" help:"Period or range of one kind, such as 2025-01..2025-12, 2025-Q3, 2025-H1, 2025-9M or 2025; at most 60 periods."`
	Form     string `placeholder:"CODE" help:"The form whose calendar and deadlines are asked for."`
	Calendar string `placeholder:"CALENDAR" enum:",cutoff-15-14,civil" default:"" help:"Without a form: cutoff-15-14 or civil."`
	Kind     string `placeholder:"KIND" help:"Only the deadline of this kind of unit."`
	Unit     string `placeholder:"UNIT" help:"Only the deadline of this unit, and whether it owes the report."`
	pastFlag
}

// Help shows how it is used.
func (periodsCmd) Help() string {
	return `With a form, a period longer than the form's is due when its last base period is. With --at the deadlines are those of then, by
the forms and the list of holidays of then, and PASSED says which of them had passed.

Examples:

    tonghop calendar periods 2025-01..2025-12 --form cds-thang --unit 29869
    tonghop calendar periods 2025-Q1..2025-Q4 --form cds-thang --kind district
    tonghop calendar periods 2025..2026 --calendar cutoff-15-14
    tonghop calendar periods 2026-01..2026-02 --form cds-thang --at 2026-01-15`
}

// dated is one line: a period, and one kind of unit with its deadline.
type dated struct {
	*reportingv1.Period
	due *reportingv1.PeriodDeadline
}

// Run shows periods.
func (c *periodsCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		q := &reportingv1.ListPeriodsRequest{
			Periods: c.Period, Form: c.Form, Kind: c.Kind, Unit: c.Unit, AtSequence: sequence, AtTime: at,
		}
		if c.Calendar != "" {
			q.Calendar = choice[reportingv1.Calendar](reportingv1.Calendar_value, "CALENDAR_", c.Calendar)
		}
		answer, err := to.ListPeriods(ctx, q)
		if err != nil {
			return err
		}
		if s.Output == "json" {
			return list(s, sheet[*reportingv1.Period]{json: messageJSON[*reportingv1.Period]}, withoutErrors(answer.GetPeriods()))
		}
		var lines []dated
		for _, p := range answer.GetPeriods() {
			for _, due := range p.GetDeadlines() {
				lines = append(lines, dated{p, due})
			}
			if len(p.GetDeadlines()) == 0 {
				lines = append(lines, dated{p, nil})
			}
		}
		return list(s, c.sheet(), withoutErrors(lines))
	})
}

// sheet leaves out what was not asked for.
func (c *periodsCmd) sheet() sheet[dated] {
	all := sheet[dated]{
		table: []column[dated]{
			{name: "PERIOD", text: func(d dated) string { return d.GetPeriod() }},
			{name: "FIRST DAY", text: func(d dated) string { return d.GetFirstDay() }},
			{name: "LAST DAY", text: func(d dated) string { return d.GetLastDay() }},
			{name: "TAKEN FROM", text: func(d dated) string { return when(d.GetOpenTime()) }},
		},
		csv: []column[dated]{
			{name: "period", text: func(d dated) string { return d.GetPeriod() }},
			{name: "calendar", text: func(d dated) string { return word(d.GetCalendar(), "CALENDAR_") }},
			{name: "first_day", text: func(d dated) string { return d.GetFirstDay() }},
			{name: "last_day", text: func(d dated) string { return d.GetLastDay() }},
			{name: "draft_open", text: func(d dated) string { return instant(d.GetDraftOpenTime()) }},
			{name: "open", text: func(d dated) string { return instant(d.GetOpenTime()) }},
			{name: "form", text: func(d dated) string { return d.GetForm() }},
			{name: "base_period", text: func(d dated) string { return d.GetBasePeriod() }},
			{name: "kind", text: func(d dated) string { return d.due.GetKind() }},
			{name: "due_day", text: func(d dated) string { return d.due.GetDueDay() }},
			{name: "deadline", text: func(d dated) string { return instant(d.due.GetDeadline()) }},
			{name: "passed", text: func(d dated) string { return passed(d.due) }},
			{name: "unit", text: func(d dated) string { return d.GetUnit() }},
			{name: "owed", text: func(d dated) string { return c.owed(d) }},
		},
	}
	if c.Form != "" {
		all.table = append(all.table,
			column[dated]{name: "KIND", text: func(d dated) string { return d.due.GetKind() }},
			column[dated]{name: "DUE", text: func(d dated) string { return d.due.GetDueDay() }},
			column[dated]{name: "PASSED", text: func(d dated) string { return passed(d.due) }})
	}
	if c.Unit != "" {
		all.table = append(all.table,
			column[dated]{name: "UNIT", text: func(d dated) string { return d.GetUnit() }},
			column[dated]{name: "OWED", text: c.owed})
	}
	return all
}

func passed(d *reportingv1.PeriodDeadline) string {
	if d == nil {
		return ""
	}
	return yes(d.GetPassed())
}

// owed is empty where no unit was asked for.
func (c *periodsCmd) owed(d dated) string {
	if c.Unit == "" {
		return ""
	}
	return yes(d.GetOwed())
}
