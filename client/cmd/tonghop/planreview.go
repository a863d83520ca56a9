package main

import (
	"context"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

const remarkPrefix = "REMARK_KIND_"

type planRemarkCmd struct {
	Plan      string `arg:"" help:"Id of the plan."`
	Text      string `arg:"" help:"What is written, at most 2,000 characters."`
	Unit      string `required:"" placeholder:"UNIT" help:"Unit that writes it."`
	Kind      string `enum:"comment,cause,remedy" default:"comment" help:"comment (as on a draft), cause (why a target was not reached) or remedy."`
	Year      int32  `placeholder:"YEAR" help:"Year that it is about; otherwise the plan as a whole."`
	Indicator string `placeholder:"CODE" help:"Indicator that it is about."`
	DryRun    bool   `help:"Check everything and change nothing."`
}

// Help shows how it is used.
func (planRemarkCmd) Help() string {
	return `A remark is never changed; its text can be removed with redact.

Examples:

    tonghop plan remark 52-kh-ubnd-2024 --unit 866 "Mục tiêu XH-01 quá cao"
    tonghop plan remark 52-kh-ubnd-2024 --unit 866 --kind cause --year 2024 --indicator KT-03 "Sản phẩm bị hủy niêm yết"`
}

// Run writes a remark.
func (c *planRemarkCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		r, err := to.RemarkPlan(ctx, &reportingv1.RemarkPlanRequest{
			Plan: planName(c.Plan), Kind: choice[reportingv1.RemarkKind](reportingv1.RemarkKind_value, remarkPrefix, c.Kind), Year: c.Year,
			Unit: c.Unit, Indicator: c.Indicator, Text: c.Text, ValidateOnly: c.DryRun,
		})
		if err != nil {
			return err
		}
		return one(s, r, []pair{{"plan", planID(r.GetPlan())}, {"unit", r.GetUnit()}, {"entry", some(r.GetReceipt().GetSequence())}})
	})
}

type planRemarksCmd struct {
	Plan string `arg:"" help:"Id of the plan."`
	Kind string `enum:",comment,cause,remedy" default:"" help:"Only comment, cause or remedy."`
	pastFlag
}

// Help shows how it is used.
func (planRemarksCmd) Help() string {
	return `Examples:

    tonghop plan remarks 52-kh-ubnd-2024 --kind comment`
}

// Run lists remarks.
func (c *planRemarksCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		return list(s, remarkSheet, to.PlanRemarks(ctx, &reportingv1.ListPlanRemarksRequest{
			Parent: planName(c.Plan), Kind: choice[reportingv1.RemarkKind](reportingv1.RemarkKind_value, remarkPrefix, c.Kind),
			AtSequence: sequence, AtTime: at,
		}))
	})
}

var remarkSheet = sheet[*reportingv1.PlanRemark]{
	table: []column[*reportingv1.PlanRemark]{
		{name: "ENTRY", text: func(r *reportingv1.PlanRemark) string { return number(r.GetSequence()) }, right: true},
		{name: "WRITTEN", text: func(r *reportingv1.PlanRemark) string { return when(r.GetWriteTime()) }},
		{name: "KIND", text: func(r *reportingv1.PlanRemark) string { return word(r.GetKind(), remarkPrefix) }},
		{name: "UNIT", text: (*reportingv1.PlanRemark).GetUnit},
		{name: "YEAR", text: func(r *reportingv1.PlanRemark) string { return some(r.GetYear()) }},
		{name: "INDICATOR", text: (*reportingv1.PlanRemark).GetIndicator},
		{name: "TEXT", text: remarkText},
	},
	csv: []column[*reportingv1.PlanRemark]{
		{name: "entry", text: func(r *reportingv1.PlanRemark) string { return number(r.GetSequence()) }},
		{name: "written", text: func(r *reportingv1.PlanRemark) string { return instant(r.GetWriteTime()) }},
		{name: "kind", text: func(r *reportingv1.PlanRemark) string { return word(r.GetKind(), remarkPrefix) }},
		{name: "unit", text: (*reportingv1.PlanRemark).GetUnit},
		{name: "year", text: func(r *reportingv1.PlanRemark) string { return some(r.GetYear()) }},
		{name: "indicator", text: (*reportingv1.PlanRemark).GetIndicator},
		{name: "text", text: remarkText},
	},
	json: messageJSON[*reportingv1.PlanRemark],
}

func remarkText(r *reportingv1.PlanRemark) string {
	if r.GetTextRemoved() {
		return "(removed)"
	}
	return r.GetText()
}

type planReviewCmd struct {
	Plan  string `arg:"" help:"Id of the plan."`
	Year  int32  `placeholder:"YEAR" help:"Year that is wrapped up; otherwise the last one of the plan."`
	Basis string `enum:"official,provisional" default:"official" help:"official counts approved reports, provisional also those that wait for approval."`
	pastFlag
}

// Help shows how it is used.
func (planReviewCmd) Help() string {
	return `By group what was exceeded, met and not met, each with its figure and that of the year before, and the causes and remedies that
units wrote with plan remark.

Examples:

    tonghop plan review 04-nq-tu-2021 --year 2025
    tonghop plan review 52-kh-ubnd-2024 -o json > review.json`
}

// reviewLine is a line of a wrap-up, or a remark behind one.
type reviewLine struct {
	group  string
	line   *reportingv1.ReviewedTarget
	remark *reportingv1.PlanRemark
}

// Run wraps up.
func (c *planReviewCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		r, err := to.ReviewPlan(ctx, &reportingv1.ReviewPlanRequest{
			Name: planName(c.Plan), Year: c.Year, Basis: choice[reportingv1.Basis](reportingv1.Basis_value, basisPrefix, c.Basis),
			AtSequence: sequence, AtTime: at,
		})
		if err != nil {
			return err
		}
		if s.Output == "json" {
			return writeJSON(s.stdout, r)
		}
		var lines []reviewLine
		sum := evaluated{counts: r.GetCounts()}
		for _, g := range r.GetGroups() {
			for _, l := range g.GetLines() {
				lines = append(lines, reviewLine{g.GetGroup(), l, nil})
				for _, remark := range l.GetRemarks() {
					lines = append(lines, reviewLine{g.GetGroup(), l, remark})
				}
			}
		}
		for _, remark := range r.GetRemarks() {
			lines = append(lines, reviewLine{"", nil, remark})
		}
		sum.summary.add(r.GetSummary())
		sum.declared.add(r.GetDeclared())
		if err := list(s, reviewSheet, withoutErrors(lines)); err != nil || s.Output != "table" {
			return err
		}
		return s.printf("\n%s of %d: %s\n%s", plain(first(r.GetPlan().GetNumber(), planID(r.GetPlan().GetName()))), r.GetYear(), sum.summary.text(), sum.declaredText())
	})
}

var reviewSheet = sheet[reviewLine]{
	table: []column[reviewLine]{
		{name: "GROUP", text: func(l reviewLine) string { return l.group }},
		{name: "INDICATOR", text: func(l reviewLine) string { return l.of().indicator() }},
		{name: "OF", text: func(l reviewLine) string { return l.of().scope() }},
		{name: "TARGET", text: func(l reviewLine) string { return demand(l.of().GetTarget()) }},
		{name: "VALUE", text: func(l reviewLine) string { return l.of().held() }, right: true},
		{name: "STATUS", text: func(l reviewLine) string { return l.status() }},
		{name: "YEAR BEFORE", text: func(l reviewLine) string { return l.before() }, right: true},
		{name: "CHANGE", text: func(l reviewLine) string { return l.change() }, right: true},
		{name: "REMARKS", text: func(l reviewLine) string { return l.remarks() }},
	},
	csv: []column[reviewLine]{
		{name: "group", text: func(l reviewLine) string { return l.group }},
		{name: "indicator", text: func(l reviewLine) string { return l.of().indicator() }},
		{name: "scope", text: func(l reviewLine) string { return l.of().scope() }},
		{name: "comparator", text: func(l reviewLine) string { return comparatorOf(l.of().GetTarget()) }},
		{name: "target", text: func(l reviewLine) string { return l.of().GetTarget().GetValue() }},
		{name: "value", text: func(l reviewLine) string { return l.of().GetFigure().GetValue() }},
		{name: "status", text: func(l reviewLine) string { return l.status() }},
		{name: "previous", text: func(l reviewLine) string { return l.before() }},
		{name: "change", text: func(l reviewLine) string { return l.change() }},
		{name: "remark", text: func(l reviewLine) string { return l.remarks() }},
	},
}

// of gives the evaluation; an empty one behind a remark.
func (l reviewLine) of() evaluationLine {
	if l.remark != nil {
		return evaluationLine{TargetEvaluation: &reportingv1.TargetEvaluation{}}
	}
	return evaluationLine{TargetEvaluation: l.line.GetEvaluation()}
}

func (l reviewLine) status() string {
	if l.remark != nil {
		return ""
	}
	return l.of().statusWords()
}

func (l reviewLine) before() string {
	if l.remark != nil {
		return ""
	}
	if u := l.line.GetPreviousUnits(); u.GetEvaluated() > 0 {
		return number(u.GetExceeded()+u.GetMet()) + " of " + number(u.GetEvaluated())
	}
	return heldValue(l.line.GetPrevious())
}

func (l reviewLine) change() string {
	if l.remark != nil || l.line.Change == nil {
		return ""
	}
	return signed(l.line.GetChange())
}

func (l reviewLine) remarks() string {
	if l.remark == nil {
		return l.of().remarks()
	}
	return word(l.remark.GetKind(), remarkPrefix) + " " + l.remark.GetUnit() + ": " + remarkText(l.remark)
}
