package main

import (
	"context"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type submitCmd struct {
	File    string `arg:"" help:"figures.csv, or - for the standard input."`
	DryRun  bool   `help:"Check everything and change nothing."`
	Draft   bool   `help:"Save without sending: counts nowhere, may be incomplete."`
	Merge   bool   `help:"Take figures that the file lacks from the newest revision."`
	Correct bool   `help:"Show what the file would change in reports that are there, ask, and replace them."`
	Numbers string `enum:"vi,en," default:"" placeholder:"vi|en" help:"How numbers are written: vi is 1.234,5 and en is 1,234.5. Without it digits alone."`
	Yes     bool   `help:"With --correct: do not ask."`
}

// Help shows how it is used.
func (submitCmd) Help() string {
	return `The columns are unit,form,period,indicator,value,numerator,denominator,state,note,grade; the first four are needed, and for each row a number or the state "-" (not available) or "x" (not applicable). All rows of one unit, form and period are one report. A report is CREATED, CORRECTED, UNCHANGED, REFUSED with everything that is wrong, or REPLAYED when it had arrived before the line broke. Sending a file again counts nothing twice.

Examples:

    tonghop submit figures.csv --dry-run --numbers vi
    tonghop submit figures.csv --correct
    cat figures.csv | tonghop submit - -o json`
}

// Run uploads the file.
func (c *submitCmd) Run(ctx context.Context, s *session) error {
	file, err := s.read(c.File, maxFigures)
	if err != nil {
		return err
	}
	if c.Correct && !c.Yes && !c.DryRun && (c.File == "-" || !s.person()) {
		return s.usage("--correct asks before it replaces figures, and nobody can be asked here: look with --dry-run, then add --yes")
	}
	return s.with(ctx, func(to *client.Client) error {
		var seen []*reportingv1.SeenReport
		if c.Correct {
			if seen, err = c.compare(ctx, s, to, file); err != nil {
				return err
			}
		}
		return c.send(ctx, s, to, file, seen)
	})
}

func (c *submitCmd) options(file upload) *reportingv1.ImportReportsOptions {
	format := reportingv1.NumberFormat_NUMBER_FORMAT_UNSPECIFIED
	if c.Numbers != "" {
		format = choice[reportingv1.NumberFormat](reportingv1.NumberFormat_value, "NUMBER_FORMAT_", c.Numbers)
	}
	return &reportingv1.ImportReportsOptions{
		FileName: file.name, NumberFormat: format, Draft: c.Draft, Merge: c.Merge, ValidateOnly: c.DryRun,
	}
}

// send uploads the file for good, or for a dry run, and shows what becomes of it.
func (c *submitCmd) send(ctx context.Context, s *session, to *client.Client, file upload, seen []*reportingv1.SeenReport) error {
	t := newTeller(s, file.name, c.DryRun)
	for answer, err := range to.UploadFigures(ctx, file.reader(s.progress), c.options(file), seen...) {
		if err != nil {
			return firstError(t.interrupted(), err)
		}
		if err := t.take(answer); err != nil {
			return err
		}
	}
	return t.end()
}
