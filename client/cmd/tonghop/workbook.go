package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/client/workbook"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// filledForm is a form that somebody filled in: the rows that were read from it, and what is wrong with its cells.
type filledForm struct {
	figures *workbook.Figures
	// content is the file itself.
	content  []byte
	language string
	// found are the problems of its cells, those that the server found too.
	found []workbook.Problem
}

// readForm reads a file that is no figures.csv as a form, and puts its rows as figures.csv in the place of the file. It
// gives nil for a figures.csv, and for a CSV file that no form can be found in: the server says what is wrong with that.
func (c *submitCmd) readForm(ctx context.Context, s *session, to *client.Client, file *upload) (*filledForm, error) {
	if workbook.IsFigures(file.content) {
		return nil, c.withoutForm(s)
	}
	isBook := workbook.IsWorkbook(file.content)
	book, err := workbook.Open(file.content)
	config, configErr := s.config()
	if configErr != nil {
		return nil, configErr
	}
	form := &filledForm{content: file.content, language: config.Language, figures: &workbook.Figures{}}
	switch problem := (*workbook.Problem)(nil); {
	case errors.As(err, &problem) && isBook:
		form.found = []workbook.Problem{*problem}
		return form, nil
	case err != nil:
		return nil, c.withoutForm(s)
	}
	form.figures, err = book.Figures(workbook.Reading{
		Numbers: workbook.Numbers(c.Numbers), Partial: c.Draft || c.Merge, Catalogue: catalogueOf(ctx, to),
	})
	if err != nil {
		return nil, err
	}
	form.found = slices.Clone(form.figures.Problems)
	if !isBook && len(form.found) == 1 && form.found[0].Reason == "NO_FORM" {
		return nil, c.withoutForm(s)
	}
	content, err := form.figures.CSV()
	if err != nil {
		return nil, err
	}
	file.content, c.Numbers = content, string(workbook.English)
	return form, nil
}

// withoutForm refuses what goes with forms alone.
func (c *submitCmd) withoutForm(s *session) error {
	if c.Annotate != "" {
		return s.usage("--annotate copies a form that was filled in, and this is a figures.csv: its problems are told by line")
	}
	return nil
}

// checkAnnotate sees to it that a copy takes the place of nothing that somebody filled in.
func (c *submitCmd) checkAnnotate(s *session) error {
	if c.Annotate == "" {
		return nil
	}
	here, err := os.Stat(c.File)
	there, err2 := os.Stat(c.Annotate)
	switch {
	case err == nil && err2 == nil && os.SameFile(here, there):
		return s.usage("--annotate %s would replace the file that is sent: give the copy another name", c.Annotate)
	case filepath.Ext(c.Annotate) != ".xlsx":
		return s.usage("--annotate %s: the copy is a workbook, so its name ends with .xlsx", c.Annotate)
	}
	return nil
}

// catalogueOf asks the server for the indicators of a form. What it does not know it will say again of the rows. Without a
// server nothing is known, and what depends on it is refused or left to the server.
func catalogueOf(ctx context.Context, to *client.Client) workbook.Catalogue {
	if to == nil {
		return nil
	}
	return func(form, period string) ([]workbook.Indicator, error) {
		_, _, indicators, err := formOn(ctx, to, form, period)
		if notKnown(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		list := make([]workbook.Indicator, 0, len(indicators))
		for _, i := range indicators {
			list = append(list, indicatorOf(i))
		}
		return list, nil
	}
}

// notKnown says whether a form or period is not there, or is none.
func notKnown(err error) bool {
	_, usage := errors.AsType[*usageError](err)
	refused, ok := errors.AsType[*client.Error](err)
	return usage || ok && (refused.Code == codes.NotFound || refused.Code == codes.InvalidArgument)
}

// locate says which cell a problem of the server is about.
func (f *filledForm) locate(p *reportingv1.Problem) *workbook.Problem {
	at := f.figures.Locate(int(p.GetLine()), p.GetField(), p.GetReason(), p.GetMessage())
	return &at
}

// place is "report.xlsx: CDS-THANG!F14 “1.234”: ".
func (f *filledForm) place(file string, p *workbook.Problem) string {
	text := plain(file)
	if at := p.Place(); at != "" {
		text += ": " + plain(at)
	}
	if p.Value != "" {
		text += " “" + plain(p.Value) + "”"
	}
	return text + ": "
}

// columns are the columns sheet, cell and value of a problem.
func (f *filledForm) columns(p *reportingv1.Problem) []string {
	if p.GetLine() == 0 {
		return []string{"", "", ""}
	}
	return cellColumns(f.locate(p))
}

func cellColumns(p *workbook.Problem) []string {
	cell := ""
	if p.Row > 0 && p.Column > 0 {
		cell = workbook.CellName(p.Column, p.Row)
	} else if p.Row > 0 {
		cell = number(int64(p.Row))
	}
	return []string{p.Sheet, cell, p.Value}
}

// rows says which rows of which sheet made a report.
func (f *filledForm) rows(lines []int32) string {
	sheet := ""
	var numbers []int32
	for _, line := range lines {
		if row, ok := f.figures.RowAt(int(line)); ok {
			sheet = row.Sheet
			numbers = append(numbers, int32(row.Number)) //nolint:gosec // a sheet has a million rows
		}
	}
	slices.Sort(numbers)
	text := strings.Replace(ranges(slices.Compact(numbers)), "line", "row", 1)
	if sheet != "" && text != "" {
		text += " of " + plain(sheet)
	}
	return text
}

// cellProblem is a problem of a cell in JSON.
type cellProblem struct {
	Sheet   string `json:"sheet"`
	Row     int    `json:"row"`
	Column  string `json:"column"`
	Value   string `json:"value"`
	Report  string `json:"report"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
	Remedy  string `json:"remedy"`
}

// writeCell writes a problem, or a remark, as a line of JSON.
func (t *teller) writeCell(name string, p *workbook.Problem) error {
	line, err := json.Marshal(cellProblem{
		Sheet: p.Sheet, Row: p.Row, Column: workbook.ColumnName(p.Column), Value: p.Value, Report: p.Report,
		Reason: p.Reason, Message: p.Say(t.form.language), Remedy: p.Remedy(t.form.language),
	})
	if err != nil {
		return err
	}
	return writeLine(t.w, named(name, line))
}

// local tells what is wrong with a form before anything is sent.
func (t *teller) local() error {
	if t.form == nil {
		return nil
	}
	for i := range t.form.figures.Remarks {
		p := &t.form.figures.Remarks[i]
		if t.s.Output == "json" {
			if err := t.writeCell("cellRemark", p); err != nil {
				return err
			}
			continue
		}
		t.s.notice("%s%s [%s]", t.form.place(t.file, p), p.Say(t.form.language), p.Reason)
	}
	for i := range t.form.found {
		if err := t.tellCell(&t.form.found[i]); err != nil {
			return err
		}
	}
	return t.flush()
}

// tellCell tells a problem of a cell that no answer of the server tells.
func (t *teller) tellCell(p *workbook.Problem) error {
	t.reasons[p.Reason]++
	switch t.s.Output {
	case "json":
		return t.writeCell("cellProblem", p)
	case "csv":
		row := []string{word(refusal, kindPrefix), "", p.Report, "", "", "", "", "", "", p.Reason, p.Say(t.form.language), ""}
		t.write(append(row, cellColumns(p)...))
	default:
		t.line("%-9s  %s%s [%s]", word(refusal, kindPrefix), t.form.place(t.file, p), plain(p.Say(t.form.language)), p.Reason)
	}
	return nil
}

// rest asks in a dry run what the server would say of the figures of reports in which a cell is wrong already, so that as
// much as can be is mended in one go. Rules, and what is not about a figure, are left for the next look, when all of the report is
// there.
func (c *submitCmd) rest(ctx context.Context, to *client.Client, form *filledForm, t *teller) error {
	others := form.figures.Rest()
	if !c.DryRun || len(others.Rows) == 0 {
		return nil
	}
	content, err := others.CSV()
	if err != nil {
		return err
	}
	options := c.options(upload{name: t.file})
	options.Merge, options.ValidateOnly = true, true
	if options.StreamId, err = newRequest(); err != nil {
		return err
	}
	for answer, err := range to.UploadFigures(ctx, bytes.NewReader(content), options) {
		if err != nil {
			return err
		}
		for _, p := range answer.GetOutcome().GetProblems() {
			if !slices.Contains([]string{"indicator", "value", "numerator", "denominator"}, p.GetField()) || p.GetRule() != nil {
				continue
			}
			at := others.Locate(int(p.GetLine()), p.GetField(), p.GetReason(), p.GetMessage())
			form.found = append(form.found, at)
			if err := t.tellCell(&at); err != nil {
				return err
			}
		}
	}
	return t.flush()
}

// cells collects what the server says about cells, and in JSON tells where they are.
func (t *teller) cells(answer *reportingv1.ImportReportsResponse) error {
	if t.form == nil {
		return nil
	}
	problems := answer.GetOutcome().GetProblems()
	if p := answer.GetProblem(); p != nil {
		problems = append(problems, p)
	}
	for _, p := range problems {
		at := t.form.locate(p)
		t.form.found = append(t.form.found, *at)
		if t.s.Output == "json" {
			if err := t.writeCell("cellProblem", at); err != nil {
				return err
			}
		}
	}
	return nil
}

// tellForm closes the answer to a form: the reports that were not sent, and the copy with comments.
func (c *submitCmd) tellForm(s *session, form *filledForm, t *teller) error {
	err := t.end()
	if err != nil && !errors.Is(err, errRefused) {
		return err
	}
	if form.figures.More > 0 {
		s.notice("%s more", plural(form.figures.More, "problem", "problems"))
	}
	for _, name := range form.figures.Withheld {
		s.notice("%s was not sent: mend the cells above first", plain(name))
	}
	if len(form.found) > 0 {
		err = errRefused
	}
	if c.Annotate == "" {
		return err
	}
	if len(form.found) == 0 {
		s.notice("nothing is wrong, so no copy was written")
		return err
	}
	copied, failed := workbook.Annotate(form.content, form.found, form.language)
	if failed == nil {
		failed = writeWhole(c.Annotate, copied)
	}
	if failed != nil {
		s.notice("the copy with comments cannot be written: %s", plain(failed.Error()))
		return err
	}
	s.notice("%s: a copy with %s", c.Annotate, plural(len(form.found), "comment", "comments"))
	return err
}
