package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type rulesCmd struct {
	List   rulesListCmd   `cmd:"" default:"withargs" help:"List the validation rules, by form and code."`
	Import rulesImportCmd `cmd:"" help:"Upload rules, whole or not at all."`
	Test   rulesTestCmd   `cmd:"" help:"Hold a rule, new or known, against reports that are there."`
}

type rulesListCmd struct {
	Form string `placeholder:"CODE" help:"Only rules of this form."`
	AsOf string `placeholder:"DATE" help:"Day of the versions; otherwise today."`
	pastFlag
}

// Help shows how it is used.
func (rulesListCmd) Help() string {
	return `The CSV has the columns of rules.csv, so that what is listed can be changed and uploaded again.

Examples:

    tonghop rules list
    tonghop rules list --form cds-thang -o csv > rules.csv`
}

// Run lists rules.
func (c *rulesListCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	q := &reportingv1.ListRulesRequest{AsOf: c.AsOf, AtSequence: sequence, AtTime: at}
	if c.Form != "" {
		q.Parent = formName(c.Form)
	}
	return s.with(ctx, func(to *client.Client) error { return list(s, ruleSheet, to.Rules(ctx, q)) })
}

var ruleSheet = sheet[*reportingv1.Rule]{
	table: []column[*reportingv1.Rule]{
		{name: "FORM", text: (*reportingv1.Rule).GetForm},
		{name: "CODE", text: (*reportingv1.Rule).GetCode},
		{name: "SEVERITY", text: severity},
		{name: "EXPRESSION", text: (*reportingv1.Rule).GetExpression},
		{name: "TEXT", text: (*reportingv1.Rule).GetTextVi},
		{name: "FROM", text: (*reportingv1.Rule).GetValidFrom},
	},
	csv: []column[*reportingv1.Rule]{
		{name: "form", text: (*reportingv1.Rule).GetForm},
		{name: "code", text: (*reportingv1.Rule).GetCode},
		{name: "severity", text: severity},
		{name: "expression", text: (*reportingv1.Rule).GetExpression},
		{name: "text_vi", text: (*reportingv1.Rule).GetTextVi},
		{name: "text_en", text: (*reportingv1.Rule).GetTextEn},
		{name: "valid_from", text: (*reportingv1.Rule).GetValidFrom},
	},
	json: messageJSON[*reportingv1.Rule],
}

const severityPrefix = "RULE_SEVERITY_"

func severity(r *reportingv1.Rule) string { return word(r.GetSeverity(), severityPrefix) }

type rulesImportCmd struct {
	File   string `arg:"" help:"The CSV file with the columns form, code, severity, expression, text_vi, and text_en and valid_from where they are needed; or - for the standard input."`
	DryRun bool   `help:"Check everything and change nothing."`
}

// Help shows how it is used.
func (rulesImportCmd) Help() string {
	return `The severity is ERROR, which refuses a report for which the expression does not hold, WARNING, which asks for an explanation, or OFF, which ends the rule. An expression compares figures of the form: [A.num] <= [A.den], [A] = [B] + [C], required([A]), integer([A]), never_falls([A]), jump([A], [A, -1p]) <= 30, outlier([A], 12) <= 3.5, with and, or, not between them. Rules that the file does not name stay as they are. Try a rule first with "tonghop rules test".

Examples:

    tonghop rules import rules.csv --dry-run
    tonghop rules import rules.csv`
}

// Run uploads the file.
func (c *rulesImportCmd) Run(ctx context.Context, s *session) error {
	up := importCmd{What: "rules", File: c.File, DryRun: c.DryRun}
	return up.upload(ctx, s, func(to *client.Client) sender { return to.ImportRules })
}

type rulesTestCmd struct {
	Form   string `arg:"" help:"Code of the form."`
	Period string `required:"" placeholder:"P|Q..R" help:"Base period of the form, or a range; at most 60 periods."`
	Rule   string `placeholder:"CODE" help:"A rule that is there."`
	Expr   string `placeholder:"EXPRESSION" help:"A new rule, such as \"[A.num] <= [A.den]\"."`
	Below  string `placeholder:"U" help:"Only units below this one, itself included."`
}

// Help shows how it is used.
func (rulesTestCmd) Help() string {
	return `Every report that counts provisionally is looked at, and nothing is changed. Of what is found the numbers are shown, and whether the figure has an explanation already.

Examples:

    tonghop rules test cds-thang --period 2024-01..2024-12 --expr "jump([CQ-06.den], [CQ-06.den, -1p]) <= 50"
    tonghop rules test cds-thang --period 2024-06 --rule tuso --below 87 -o csv`
}

// Validate wants one of the two.
func (c *rulesTestCmd) Validate() error {
	if (c.Rule == "") == (c.Expr == "") {
		return errors.New("give --rule with the code of a rule, or --expr with a new one")
	}
	return nil
}

// Run holds the rule against reports.
func (c *rulesTestCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		q := &reportingv1.TestRuleRequest{Parent: formName(c.Form), Rule: c.Rule, Expression: c.Expr, Periods: c.Period, Below: c.Below}
		looked, found := 0, 0
		findings := func(yield func(*reportingv1.RuleFinding, error) bool) {
			for page, err := range to.RuleTests(ctx, q) {
				if err != nil {
					yield(nil, err)
					return
				}
				looked += int(page.GetReports())
				for _, f := range page.GetFindings() {
					found++
					if !yield(f, nil) {
						return
					}
				}
				s.progress.at("reports", "reports", int64(looked), 0)
			}
		}
		if err := list(s, ruleFindingSheet, findings); err != nil {
			return err
		}
		s.progress.clear()
		s.notice("%s looked at; the rule does not hold for %d of them", plural(looked, "report", "reports"), found)
		return nil
	})
}

var ruleFindingSheet = sheet[*reportingv1.RuleFinding]{
	table: []column[*reportingv1.RuleFinding]{
		{name: "PERIOD", text: (*reportingv1.RuleFinding).GetPeriod},
		{name: "UNIT", text: (*reportingv1.RuleFinding).GetUnit},
		{name: "REVISION", text: func(f *reportingv1.RuleFinding) string { return number(f.GetRevision()) }, right: true},
		{name: "EXPLAINED", text: func(f *reportingv1.RuleFinding) string {
			if f.GetExplained() {
				return "yes"
			}
			return ""
		}},
		{name: "WHAT", text: (*reportingv1.RuleFinding).GetMessage},
	},
	csv: []column[*reportingv1.RuleFinding]{
		{name: "report", text: (*reportingv1.RuleFinding).GetReport},
		{name: "unit", text: (*reportingv1.RuleFinding).GetUnit},
		{name: "unit_code", text: (*reportingv1.RuleFinding).GetUnitCode},
		{name: "period", text: (*reportingv1.RuleFinding).GetPeriod},
		{name: "revision", text: func(f *reportingv1.RuleFinding) string { return number(f.GetRevision()) }},
		{name: "severity", text: func(f *reportingv1.RuleFinding) string { return word(f.GetSeverity(), severityPrefix) }},
		{name: "indicator", text: (*reportingv1.RuleFinding).GetIndicator},
		{name: "values", text: (*reportingv1.RuleFinding).GetValues},
		{name: "explained", text: func(f *reportingv1.RuleFinding) string { return yes(f.GetExplained()) }},
		{name: "message", text: (*reportingv1.RuleFinding).GetMessage},
	},
	json: messageJSON[*reportingv1.RuleFinding],
}

// explanations reads the flags --explain "CODE=text".
func explanations(flags []string) ([]*reportingv1.FigureExplanation, error) {
	list := make([]*reportingv1.FigureExplanation, len(flags))
	for i, flag := range flags {
		code, text, ok := strings.Cut(flag, "=")
		if !ok || strings.TrimSpace(code) == "" || strings.TrimSpace(text) == "" {
			return nil, fmt.Errorf("--explain %q: write CODE=text, such as \"CQ-06=storm in the first week\"", flag)
		}
		list[i] = &reportingv1.FigureExplanation{Indicator: strings.TrimSpace(code), Text: strings.TrimSpace(text)}
	}
	return list, nil
}
