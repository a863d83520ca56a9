package main

import (
	"context"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

const statePrefix = "REVISION_STATE_"

type reportsCmd struct {
	List      reportsListCmd      `cmd:"" help:"List reports of a form."`
	Get       reportsGetCmd       `cmd:"" help:"Show one report with its figures."`
	Revisions reportsRevisionsCmd `cmd:"" help:"Show everything that was ever sent for a report, newest first."`
}

type reportsListCmd struct {
	Form   string   `required:"" placeholder:"F" help:"Code of the form."`
	Period string   `required:"" placeholder:"P|Q..R" help:"Period or range of the form's frequency."`
	Unit   string   `placeholder:"U" help:"Only reports of this unit."`
	Below  string   `placeholder:"U" help:"Only units below this one, itself included."`
	State  []string `enum:"draft,submitted,approved,returned,superseded" placeholder:"STATE,..." help:"Only these states: ${enum}."`
	pastFlag
}

// Help shows how it is used.
func (reportsListCmd) Help() string {
	return `Examples:

    tonghop reports list --form cds-thang --period 2024-02
    tonghop reports list --form cds-thang --period 2024-01..2024-12 --below 87 --state submitted -o csv`
}

// Run lists reports.
func (c *reportsListCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	q := &reportingv1.ListReportsRequest{Form: c.Form, Periods: c.Period, Below: c.Below, AtSequence: sequence, AtTime: at}
	if c.Unit != "" {
		q.Parent = "units/" + c.Unit
	}
	for _, state := range c.State {
		q.States = append(q.States, choice[reportingv1.RevisionState](reportingv1.RevisionState_value, statePrefix, state))
	}
	return s.with(ctx, func(to *client.Client) error {
		return list(s, reportSheet, to.Reports(ctx, q))
	})
}

var reportSheet = sheet[*reportingv1.Report]{
	table: []column[*reportingv1.Report]{
		{name: "REPORT", text: (*reportingv1.Report).GetName},
		{name: "STATE", text: func(r *reportingv1.Report) string { return word(r.GetState(), statePrefix) }},
		{name: "REVISION", text: func(r *reportingv1.Report) string { return number(r.GetRevision()) }, right: true},
		{name: "APPROVED", text: func(r *reportingv1.Report) string { return some(r.GetApprovedRevision()) }, right: true},
		{name: "SENT", text: func(r *reportingv1.Report) string { return when(r.GetSubmitTime()) }},
		{name: "BY", text: (*reportingv1.Report).GetPrincipal},
		{name: "LATE", text: func(r *reportingv1.Report) string { return map[bool]string{true: "late"}[r.GetLate()] }},
	},
	csv: []column[*reportingv1.Report]{
		{name: "report", text: (*reportingv1.Report).GetName},
		{name: "unit", text: (*reportingv1.Report).GetUnit},
		{name: "unit_code", text: (*reportingv1.Report).GetUnitCode},
		{name: "form", text: (*reportingv1.Report).GetForm},
		{name: "period", text: (*reportingv1.Report).GetPeriod},
		{name: "state", text: func(r *reportingv1.Report) string { return word(r.GetState(), statePrefix) }},
		{name: "revision", text: func(r *reportingv1.Report) string { return number(r.GetRevision()) }},
		{name: "approved_revision", text: func(r *reportingv1.Report) string { return some(r.GetApprovedRevision()) }},
		{name: "etag", text: (*reportingv1.Report).GetEtag},
		{name: "principal", text: (*reportingv1.Report).GetPrincipal},
		{name: "submit_time", text: func(r *reportingv1.Report) string { return instant(r.GetSubmitTime()) }},
		{name: "late", text: func(r *reportingv1.Report) string { return yes(r.GetLate()) }},
		{name: "deadline", text: func(r *reportingv1.Report) string { return instant(r.GetDeadline()) }},
		{name: "return_reason", text: (*reportingv1.Report).GetReturnReason},
	},
	json: messageJSON[*reportingv1.Report],
}

type reportsGetCmd struct {
	Name string `arg:"" help:"Report, such as units/82/reports/cds-thang~2024-02."`
	pastFlag
}

// Help shows how it is used.
func (reportsGetCmd) Help() string {
	return `With -o csv the figures have the columns of figures.csv, so that they can be changed and sent back.

Examples:

    tonghop reports get units/30280/reports/cds-thang~2024-02
    tonghop reports get units/30280/reports/cds-thang~2024-02 -o csv > figures.csv
    tonghop reports get units/30280/reports/cds-thang~2024-02 --at 2024-03-03`
}

// Run shows one report.
func (c *reportsGetCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		report, err := to.GetReport(ctx, &reportingv1.GetReportRequest{Name: c.Name, AtSequence: sequence, AtTime: at})
		if err != nil {
			return err
		}
		return s.showReport(report)
	})
}

// showReport shows a report as the answer.
func (s *session) showReport(report *reportingv1.Report) error {
	switch s.Output {
	case "json":
		return writeJSON(s.stdout, report)
	case "csv":
		return list(s, sheet[*reportingv1.Figure]{csv: fileColumns(report)}, withoutErrors(report.GetFigures()))
	}
	if err := one(s, report, reportPairs(report)); err != nil {
		return err
	}
	if err := s.printf("\n"); err != nil {
		return err
	}
	return list(s, sheet[*reportingv1.Figure]{table: figureColumns}, withoutErrors(report.GetFigures()))
}

func reportPairs(r *reportingv1.Report) []pair {
	late := ""
	if r.GetLate() {
		late = "yes, the deadline was " + when(r.GetDeadline())
	}
	return []pair{
		{"report", r.GetName()},
		{"unit", r.GetUnitCode() + " (" + r.GetUnit() + ")"},
		{"form", r.GetForm()},
		{"period", r.GetPeriod()},
		{"state", word(r.GetState(), statePrefix)},
		{"revision", number(r.GetRevision())},
		{"approved revision", some(r.GetApprovedRevision())},
		{"sent", when(r.GetSubmitTime()) + " by " + r.GetPrincipal()},
		{"late", late},
		{"returned because", r.GetReturnReason()},
		{"texts", textsRemoved(r.GetTextsRemoved())},
		{"etag", r.GetEtag()},
		{"as of", asOfWords(r.GetStamp())},
	}
}

var figureColumns = []column[*reportingv1.Figure]{
	{name: "INDICATOR", text: (*reportingv1.Figure).GetIndicator},
	{name: "FIGURE", text: amountOf, right: true},
	{name: "GRADE", text: grade},
	{name: "NOTE", text: (*reportingv1.Figure).GetNote},
	{name: "EXPLANATION", text: (*reportingv1.Figure).GetExplanation},
}

// grade is empty for a final figure, which is the usual one.
func grade(f *reportingv1.Figure) string {
	switch f.GetGrade() {
	case reportingv1.FigureGrade_FIGURE_GRADE_PRELIMINARY, reportingv1.FigureGrade_FIGURE_GRADE_ESTIMATE:
		return word(f.GetGrade(), "FIGURE_GRADE_")
	default:
		return ""
	}
}

// fileColumns are those of figures.csv.
func fileColumns(r *reportingv1.Report) []column[*reportingv1.Figure] {
	same := func(text string) func(*reportingv1.Figure) string {
		return func(*reportingv1.Figure) string { return text }
	}
	return []column[*reportingv1.Figure]{
		{name: "unit", text: same(r.GetUnit())},
		{name: "form", text: same(r.GetForm())},
		{name: "period", text: same(r.GetPeriod())},
		{name: "indicator", text: (*reportingv1.Figure).GetIndicator},
		{name: "value", text: (*reportingv1.Figure).GetValue},
		{name: "numerator", text: (*reportingv1.Figure).GetNumerator},
		{name: "denominator", text: (*reportingv1.Figure).GetDenominator},
		{name: "state", text: symbol},
		{name: "note", text: (*reportingv1.Figure).GetNote},
		{name: "grade", text: grade},
		{name: "explanation", text: (*reportingv1.Figure).GetExplanation},
	}
}

// symbol is the state as a file has it: nothing for a value.
func symbol(f *reportingv1.Figure) string {
	switch f.GetState() {
	case reportingv1.FigureState_FIGURE_STATE_NOT_AVAILABLE, reportingv1.FigureState_FIGURE_STATE_NOT_APPLICABLE:
		return amountOf(f)
	default:
		return ""
	}
}

type reportsRevisionsCmd struct {
	Name string `arg:"" help:"Report, such as units/82/reports/cds-thang~2024-02."`
	pastFlag
}

// Help shows how it is used.
func (reportsRevisionsCmd) Help() string {
	return `Examples:

    tonghop reports revisions units/30280/reports/cds-thang~2024-02
    tonghop reports revisions units/30280/reports/cds-thang~2024-02 --at 2024-03-03`
}

// Run lists revisions.
func (c *reportsRevisionsCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		return list(s, revisionSheet, to.Revisions(ctx, &reportingv1.ListRevisionsRequest{Parent: c.Name, AtSequence: sequence, AtTime: at}))
	})
}

var revisionSheet = sheet[*reportingv1.Revision]{
	table: []column[*reportingv1.Revision]{
		{name: "REVISION", text: func(r *reportingv1.Revision) string { return number(r.GetNumber()) }, right: true},
		{name: "STATE", text: func(r *reportingv1.Revision) string { return word(r.GetState(), statePrefix) }},
		{name: "COUNTS IN", text: countsIn},
		{name: "SENT", text: func(r *reportingv1.Revision) string { return when(r.GetAcceptTime()) }},
		{name: "BY", text: (*reportingv1.Revision).GetPrincipal},
		{name: "REVIEWED", text: func(r *reportingv1.Revision) string { return when(r.GetReviewTime()) }},
		{name: "BY", text: (*reportingv1.Revision).GetReviewer},
		{name: "ENTRY", text: func(r *reportingv1.Revision) string { return number(r.GetSequence()) }, right: true},
		{name: "FIGURES", text: func(r *reportingv1.Revision) string { return number(int32(len(r.GetFigures()))) }, right: true}, //nolint:gosec // a form has fewer
		{name: "REASON", text: func(r *reportingv1.Revision) string {
			return first(r.GetReturnReason(), textsRemoved(r.GetTextsRemoved()))
		}},
	},
	csv: []column[*reportingv1.Revision]{
		{name: "revision", text: func(r *reportingv1.Revision) string { return number(r.GetNumber()) }},
		{name: "state", text: func(r *reportingv1.Revision) string { return word(r.GetState(), statePrefix) }},
		{name: "official", text: func(r *reportingv1.Revision) string { return yes(r.GetOfficial()) }},
		{name: "provisional", text: func(r *reportingv1.Revision) string { return yes(r.GetProvisional()) }},
		{name: "merged", text: func(r *reportingv1.Revision) string { return yes(r.GetMerged()) }},
		{name: "accept_time", text: func(r *reportingv1.Revision) string { return instant(r.GetAcceptTime()) }},
		{name: "principal", text: (*reportingv1.Revision).GetPrincipal},
		{name: "review_time", text: func(r *reportingv1.Revision) string { return instant(r.GetReviewTime()) }},
		{name: "reviewer", text: (*reportingv1.Revision).GetReviewer},
		{name: "return_reason", text: (*reportingv1.Revision).GetReturnReason},
		{name: "sequence", text: func(r *reportingv1.Revision) string { return number(r.GetSequence()) }},
		{name: "texts_removed", text: func(r *reportingv1.Revision) string { return yes(r.GetTextsRemoved()) }},
	},
	json: messageJSON[*reportingv1.Revision],
}

// textsRemoved says that notes, explanations or a reason are missing because they were removed.
func textsRemoved(removed bool) string {
	if removed {
		return "(removed)"
	}
	return ""
}

func countsIn(r *reportingv1.Revision) string {
	switch {
	case r.GetOfficial() && r.GetProvisional():
		return "both"
	case r.GetOfficial():
		return "official"
	case r.GetProvisional():
		return "provisional"
	default:
		return ""
	}
}
