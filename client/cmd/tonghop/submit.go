package main

import (
	"context"
	"strings"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/client/receipt"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type submitCmd struct {
	File    string   `arg:"" help:"figures.csv, a form that was filled in (.xlsx, or a CSV export of it), or - for the standard input."`
	DryRun  bool     `help:"Check everything and change nothing."`
	Draft   bool     `help:"Save without sending: counts nowhere, may be incomplete."`
	Merge   bool     `help:"Take figures that the file lacks from the newest revision."`
	Correct bool     `help:"Show what the file would change in reports that are there, ask, and replace them."`
	Numbers string   `enum:"vi,en," default:"" placeholder:"vi|en" help:"How numbers are written: vi is 1.234,5 and en is 1,234.5. Without it digits alone."`
	Yes     bool     `help:"With --correct: do not ask."`
	Later   bool     `help:"Put the file into the outbox, which is sent by \"tonghop outbox\" when the line is there."`
	Explain []string `sep:"none" placeholder:"CODE=TEXT" help:"Explain the figures of an indicator in every report of the file, where the row has no explanation of its own. Again for another indicator."`
	// Annotate is for forms.
	Annotate string `placeholder:"FILE" help:"Of a form: write a copy of it with every problem as a comment of its cell."`
	keeping
	outboxFile
}

// Help shows how it is used.
func (submitCmd) Help() string {
	return `The columns are unit,form,period,indicator,value,numerator,denominator,state,note,grade,explanation; the first four are needed, and for each row a number or the state "-" (not available) or "x" (not applicable). All rows of one unit, form and period are one report. A report is CREATED, CORRECTED, UNCHANGED, REFUSED with everything that is wrong, or REPLAYED when it had arrived before the line broke. Sending a file again counts nothing twice. A form (see "tonghop template") is read wherever its table begins, and every problem is told by sheet and cell; a report in which something cannot be known is not sent. A rule of the form that does not hold is told with its numbers: correct the figures, or, where an explanation is asked for, give it in the column explanation or with --explain. The receipt of what is accepted is kept, with the rows as they were sent, before success is shown: see "tonghop receipt".

Examples:

    tonghop submit figures.csv --dry-run --numbers vi
    tonghop submit report.xlsx --dry-run --annotate report-problems.xlsx
    tonghop submit figures.csv --correct
    tonghop submit figures.csv --later && tonghop outbox send
    tonghop submit figures.csv --explain "CQ-06=storm in the first week"
    cat figures.csv | tonghop submit - -o json`
}

// Run uploads the file.
func (c *submitCmd) Run(ctx context.Context, s *session) error {
	file, err := s.read(c.File, maxFigures)
	if err != nil {
		return err
	}
	if _, err := explanations(c.Explain); err != nil {
		return s.usage("%v", err)
	}
	if c.Correct && !c.Yes && !c.DryRun && (c.File == "-" || !s.person()) {
		return s.usage("--correct asks before it replaces figures, and nobody can be asked here: look with --dry-run, then add --yes")
	}
	if err := c.checkAnnotate(s); err != nil {
		return err
	}
	if c.Later {
		return c.putAside(ctx, s, file)
	}
	return s.with(ctx, func(to *client.Client) error { return c.submit(ctx, s, to, file) })
}

// submit reads a form, shows what a correction would change, and sends.
func (c *submitCmd) submit(ctx context.Context, s *session, to *client.Client, file upload) error {
	form, err := c.readForm(ctx, s, to, &file)
	if err != nil {
		return err
	}
	if form != nil && len(form.figures.Rows) == 0 {
		t := newTeller(s, file.name, c.DryRun, form)
		if err := firstError(t.local(), c.rest(ctx, to, form, t)); err != nil {
			return err
		}
		return c.tellForm(s, form, t)
	}
	var seen []*reportingv1.SeenReport
	if c.Correct {
		if seen, err = c.compare(ctx, s, to, file); err != nil {
			return err
		}
	}
	return c.send(ctx, s, to, file, seen, form)
}

func (c *submitCmd) options(file upload) *reportingv1.ImportReportsOptions {
	format := reportingv1.NumberFormat_NUMBER_FORMAT_UNSPECIFIED
	if c.Numbers != "" {
		format = choice[reportingv1.NumberFormat](reportingv1.NumberFormat_value, "NUMBER_FORMAT_", c.Numbers)
	}
	explained, _ := explanations(c.Explain) // Run has looked
	return &reportingv1.ImportReportsOptions{
		Explanations: explained,
		FileName:     file.name, NumberFormat: format, Draft: c.Draft, Merge: c.Merge, ValidateOnly: c.DryRun,
	}
}

// batchSize is how many answers of an upload are worked on at once: as many as the server has under way.
const batchSize = 512

// send uploads the file for good, or for a dry run, and shows what becomes of it. A form is what the rows were read from.
func (c *submitCmd) send(ctx context.Context, s *session, to *client.Client, file upload, seen []*reportingv1.SeenReport, form *filledForm) error {
	kept, err := c.keeper(s, c.DryRun)
	if err != nil {
		return err
	}
	defer kept.end()
	options := c.options(file)
	if options.StreamId, err = newRequest(); err != nil {
		return err
	}
	records := c.records(kept, file, options, seen)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := newTeller(s, file.name, c.DryRun, form)
	if err := t.local(); err != nil {
		return err
	}
	for answers, err := range batches(to.UploadFigures(ctx, file.reader(s.progress), options, seen...), batchSize, cancel) {
		if err != nil {
			return firstError(t.interrupted(), err)
		}
		if err := kept.keep(records(answers)...); err != nil {
			return err
		}
		for _, answer := range answers {
			if err := t.take(answer); err != nil {
				return err
			}
		}
	}
	if form != nil {
		if err := c.rest(ctx, to, form, t); err != nil {
			return err
		}
		return c.tellForm(s, form, t)
	}
	return t.end()
}

// records gives what makes the receipts of answers.
func (c *submitCmd) records(
	kept *keeper, file upload, options *reportingv1.ImportReportsOptions, seen []*reportingv1.SeenReport,
) func([]*reportingv1.ImportReportsResponse) []receipt.Record {
	if kept.folder == nil {
		return func([]*reportingv1.ImportReportsResponse) []receipt.Record { return nil }
	}
	of := uploaded(file.content, options, seen)
	return func(answers []*reportingv1.ImportReportsResponse) []receipt.Record {
		outcomes := make([]*reportingv1.SubmitOutcome, len(answers))
		for i, answer := range answers {
			outcomes[i] = answer.GetOutcome()
		}
		return of(outcomes)
	}
}

// uploaded gives what makes the receipts of the outcomes of an upload.
func uploaded(content []byte, options *reportingv1.ImportReportsOptions, seen []*reportingv1.SeenReport) func([]*reportingv1.SubmitOutcome) []receipt.Record {
	rows, unread := newSentFile(content)
	etags := map[string]string{}
	for _, one := range seen {
		etags[one.GetName()] = one.GetEtag()
	}
	numbers := ""
	if format := options.GetNumberFormat(); format != reportingv1.NumberFormat_NUMBER_FORMAT_UNSPECIFIED {
		numbers = strings.ToLower(word(format, "NUMBER_FORMAT_"))
	}
	return func(outcomes []*reportingv1.SubmitOutcome) []receipt.Record {
		var records []receipt.Record
		for _, o := range outcomes {
			if o.GetReceipt() == nil {
				continue
			}
			r := receipt.Record{
				Kind: receipt.Submit, RequestID: options.GetStreamId(), Index: &o.Index, Report: o.GetName(), Revision: o.GetRevision(),
				Etag: etags[o.GetName()], Merge: options.GetMerge(), Figures: &receipt.Figures{Partial: true},
			}
			if options.GetDraft() {
				r.Kind = receipt.Draft
			}
			if unread == nil {
				if figures, err := rows.figures(o.GetLines(), numbers); err == nil {
					explain(figures, options.GetExplanations())
					r.Figures = figures
				}
			}
			records = append(records, accepted(r, o.GetReceipt()))
		}
		return records
	}
}
