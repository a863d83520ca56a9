package main

import (
	"context"
	"fmt"
	"io"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type importCmd struct {
	What   string `arg:"" enum:"units,lineage,indicators,forms,rules,targets,outside,regions" help:"What the file holds: units, lineage, indicators, forms, rules, targets (of plans), outside (figures that others published) or regions."`
	File   string `arg:"" help:"The CSV file, or - for the standard input."`
	DryRun bool   `help:"Check everything and change nothing."`
	// OpenPeriods is for forms and indicators.
	OpenPeriods bool `help:"Of forms and indicators: the changes are meant to bear on periods that have begun too."`
}

// Help shows how it is used.
func (importCmd) Help() string {
	return `The file is taken whole or not at all. Every problem is named with its line and column. Units that begin or end together with their lineage go in one piece with units reorganise.

Examples:

    tonghop import units units.csv --dry-run
    tonghop import lineage lineage.csv
    tonghop import indicators indicators.csv`
}

// Run uploads the file.
func (c *importCmd) Run(ctx context.Context, s *session) error {
	if c.What == "lineage" {
		return s.reorganiseFiles(ctx, "", c.File, &reportingv1.ImportReorganisationOptions{ValidateOnly: c.DryRun})
	}
	return c.upload(ctx, s, func(to *client.Client) sender {
		return map[string]sender{
			"units": to.ImportUnits, "indicators": to.ImportIndicators, "forms": to.ImportForms, "rules": to.ImportRules,
			"targets": to.ImportTargets, "outside": to.ImportOutsideFigures, "regions": to.ImportRegions,
		}[c.What]
	})
}

// sender uploads one sort of file.
type sender = func(context.Context, io.ReadSeeker, *reportingv1.ImportOptions) (*reportingv1.ImportSummary, error)

func (c *importCmd) upload(ctx context.Context, s *session, by func(*client.Client) sender) error {
	file, err := s.read(c.File, maxCatalogue)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		send := by(to)
		summary, err := send(ctx, file.reader(s.progress), &reportingv1.ImportOptions{FileName: file.name, ValidateOnly: c.DryRun, OpenPeriods: c.OpenPeriods})
		if err != nil {
			return err
		}
		if err := c.show(s, file.name, summary); err != nil {
			return err
		}
		if len(summary.GetProblems()) > 0 {
			return errRefused
		}
		return nil
	})
}

// remark is a problem, or a warning, of a line.
type remark struct {
	severity string
	*reportingv1.Problem
}

func (c *importCmd) show(s *session, file string, summary *reportingv1.ImportSummary) error {
	var remarks []remark
	for _, p := range summary.GetWarnings() {
		remarks = append(remarks, remark{"warning", p})
	}
	for _, p := range summary.GetProblems() {
		remarks = append(remarks, remark{"error", p})
	}
	switch s.Output {
	case "json":
		return writeJSON(s.stdout, summary)
	case "csv":
		if err := list(s, sheet[remark]{csv: remarkColumns}, withoutErrors(remarks)); err != nil {
			return err
		}
		s.notice("%s", c.words(summary))
		return nil
	default:
		for _, r := range remarks {
			if err := s.printf("%s: %s%s\n", r.severity, place(file, r.Problem), saying(r.Problem)); err != nil {
				return err
			}
		}
		return s.printf("%s\n", c.words(summary))
	}
}

var remarkColumns = []column[remark]{
	{name: "severity", text: func(r remark) string { return r.severity }},
	{name: "line", text: func(r remark) string { return some(r.GetLine()) }},
	{name: "field", text: func(r remark) string { return r.GetField() }},
	{name: "reason", text: func(r remark) string { return r.GetReason() }},
	{name: "message", text: func(r remark) string { return r.GetMessage() }},
	{name: "other_line", text: func(r remark) string { return some(r.GetOtherLine()) }},
}

// place is "units.csv:7: parent: ", as far as it is known.
func place(file string, p *reportingv1.Problem) string {
	text := plain(file)
	if p.GetLine() > 0 {
		text += ":" + number(p.GetLine())
	}
	if p.GetOtherLine() > 0 {
		text += " and line " + number(p.GetOtherLine())
	}
	if p.GetField() != "" {
		text += ": " + plain(p.GetField())
	}
	return text + ": "
}

// saying is the message and its reason.
func saying(p *reportingv1.Problem) string {
	if p.GetReason() == "" {
		return plain(p.GetMessage())
	}
	return plain(p.GetMessage()) + " [" + plain(p.GetReason()) + "]"
}

func (c *importCmd) words(summary *reportingv1.ImportSummary) string {
	counts := fmt.Sprintf("%d created, %d updated, %d unchanged", summary.GetCreated(), summary.GetUpdated(), summary.GetUnchanged())
	rows := plural(summary.GetRows(), "row", "rows")
	switch problems := len(summary.GetProblems()); {
	case problems > 0:
		return fmt.Sprintf("%s of %s: refused with %s; nothing was changed", rows, c.What, plural(problems, "problem", "problems"))
	case c.DryRun:
		return fmt.Sprintf("%s of %s, would be: %s; nothing was changed (dry run)", rows, c.What, counts)
	case summary.GetReceipt() == nil:
		return fmt.Sprintf("%s of %s: %s; nothing was changed", rows, c.What, counts)
	default:
		return fmt.Sprintf("%s of %s: %s; accepted as entry %d", rows, c.What, counts, summary.GetReceipt().GetSequence())
	}
}
