package main

import (
	"context"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type dutyCountCmd struct {
	Code  string `arg:"" help:"Code of the duty or inspection."`
	Below string `placeholder:"UNIT" help:"Only units at or below this one."`
	By    string `placeholder:"KIND" help:"Count by units of this kind; otherwise by province."`
	AsOf  string `placeholder:"DAY" help:"Judged on this day; otherwise today."`
	pastFlag
}

// Help shows how it is used.
func (dutyCountCmd) Help() string {
	return `In each line done, late, open and overdue come to the units obliged.

Examples:

    tonghop duty count BCD-CDS
    tonghop duty count BCD-CDS --below 87 --by district -o csv`
}

// Run counts and shows.
func (c *dutyCountCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		answer, err := to.CountDuty(ctx, &reportingv1.CountDutyRequest{
			Name: dutyName(c.Code), Below: c.Below, By: c.By, AsOf: c.AsOf, AtSequence: sequence, AtTime: at,
		})
		if err != nil {
			return err
		}
		lines := answer.GetLines()
		if s.Output == "table" {
			for _, total := range answer.GetTotals() {
				total.UnitName = "all"
				lines = append(lines, total)
			}
		}
		return list(s, dutyCountSheet, withoutErrors(lines))
	})
}

var dutyCountSheet = sheet[*reportingv1.DutyCounts]{
	table: []column[*reportingv1.DutyCounts]{
		{name: "STEP", text: (*reportingv1.DutyCounts).GetStep},
		{name: "UNIT", text: func(l *reportingv1.DutyCounts) string {
			return strings.TrimSpace(l.GetUnitCode() + " " + l.GetUnitName())
		}},
		{name: "OBLIGED", text: func(l *reportingv1.DutyCounts) string { return number(l.GetObliged()) }, right: true},
		{name: "DONE", text: func(l *reportingv1.DutyCounts) string { return number(l.GetDone()) }, right: true},
		{name: "LATE", text: func(l *reportingv1.DutyCounts) string { return number(l.GetLate()) }, right: true},
		{name: "OPEN", text: func(l *reportingv1.DutyCounts) string { return number(l.GetOpen()) }, right: true},
		{name: "OVERDUE", text: func(l *reportingv1.DutyCounts) string { return number(l.GetOverdue()) }, right: true},
	},
	csv: []column[*reportingv1.DutyCounts]{
		{name: "step", text: (*reportingv1.DutyCounts).GetStep},
		{name: "due", text: (*reportingv1.DutyCounts).GetDue},
		{name: "unit", text: (*reportingv1.DutyCounts).GetUnit},
		{name: "unit_code", text: (*reportingv1.DutyCounts).GetUnitCode},
		{name: "obliged", text: func(l *reportingv1.DutyCounts) string { return number(l.GetObliged()) }},
		{name: "done", text: func(l *reportingv1.DutyCounts) string { return number(l.GetDone()) }},
		{name: "late", text: func(l *reportingv1.DutyCounts) string { return number(l.GetLate()) }},
		{name: "open", text: func(l *reportingv1.DutyCounts) string { return number(l.GetOpen()) }},
		{name: "overdue", text: func(l *reportingv1.DutyCounts) string { return number(l.GetOverdue()) }},
	},
	json: messageJSON[*reportingv1.DutyCounts],
}
