package main

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/client/receipt"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type approveCmd struct {
	Names  []string `arg:"" optional:"" name:"name" help:"Reports, such as units/82/reports/cds-thang~2024-02."`
	Form   string   `placeholder:"F" help:"Instead of names: reports of this form that wait for approval,"`
	Period string   `placeholder:"P|Q..R" help:"of this period or range,"`
	Below  string   `placeholder:"U" help:"of the units below this one, itself included."`
	Yes    bool     `help:"Do not ask."`
	DryRun bool     `help:"Check everything and change nothing."`
	keeping
}

// Help shows how it is used.
func (approveCmd) Help() string {
	return `What is approved is what is shown: a report that changes in between is not approved. Reports that are named are approved without a question where nobody can be asked; reports that are found by form and period need --yes then.

Examples:

    tonghop approve units/30280/reports/cds-thang~2024-02
    tonghop approve --form cds-thang --period 2024-02 --below 87 --yes`
}

// Validate wants names, or form and period.
func (c *approveCmd) Validate() error {
	switch {
	case len(c.Names) > 0 && (c.Form != "" || c.Period != "" || c.Below != ""):
		return errors.New("give names, or --form and --period, not both")
	case len(c.Names) == 0 && (c.Form == "" || c.Period == ""):
		return errors.New("give the names of reports, or --form and --period")
	default:
		return nil
	}
}

// Run shows, asks and approves.
func (c *approveCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		reports, err := c.find(ctx, s, to)
		if err != nil {
			return err
		}
		if len(reports) == 0 {
			s.notice("no report waits for approval")
			return nil
		}
		ask := !c.Yes && !c.DryRun && (len(c.Names) == 0 || s.person())
		if ask {
			agreed, err := s.confirm(ctx, fmt.Sprintf("Approve %s?", plural(len(reports), "report", "reports")))
			if err != nil {
				return err
			}
			if !agreed {
				s.notice("nothing was approved")
				return errRefused
			}
		}
		return c.review(s, reports, "APPROVED", c.DryRun, receipt.Record{Kind: receipt.Approve}, func(r *reportingv1.Report, id string) (*reportingv1.Report, error) {
			return to.ApproveReport(ctx, &reportingv1.ApproveReportRequest{Name: r.GetName(), Etag: r.GetEtag(), RequestId: id, ValidateOnly: c.DryRun})
		})
	})
}

// find reads the reports and shows them: named ones with their figures, others as a list.
func (c *approveCmd) find(ctx context.Context, s *session, to *client.Client) ([]*reportingv1.Report, error) {
	var reports []*reportingv1.Report
	for _, name := range c.Names {
		report, err := to.GetReport(ctx, &reportingv1.GetReportRequest{Name: name})
		if err != nil {
			return nil, err
		}
		s.showBeside(report)
		reports = append(reports, report)
	}
	if len(c.Names) > 0 {
		return reports, nil
	}
	q := &reportingv1.ListReportsRequest{
		Form: c.Form, Periods: c.Period, Below: c.Below,
		States: []reportingv1.RevisionState{reportingv1.RevisionState_REVISION_STATE_SUBMITTED},
	}
	rows := [][]string{names(reportSheet.table)}
	for report, err := range to.Reports(ctx, q) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, texts(reportSheet.table, report))
		reports = append(reports, report)
	}
	if len(reports) > 0 {
		s.tableTo(s.stderr, rows, rights(reportSheet.table)...)
	}
	return reports, nil
}

// showBeside shows a report to the person who decides; it is no part of the answer.
func (s *session) showBeside(report *reportingv1.Report) {
	s.notice("%s  revision %d  %s  sent %s by %s  etag %s", plain(report.GetName()), report.GetRevision(),
		word(report.GetState(), statePrefix), when(report.GetSubmitTime()), plain(report.GetPrincipal()), plain(report.GetEtag()))
	rows := make([][]string, 0, len(report.GetFigures()))
	for _, f := range report.GetFigures() {
		rows = append(rows, []string{"", f.GetIndicator(), describe(f)})
	}
	s.tableTo(s.stderr, rows)
}

type returnCmd struct {
	Name   string `arg:"" help:"Report, such as units/82/reports/cds-thang~2024-02."`
	Reason string `required:"" placeholder:"TEXT" help:"Why, for the people of the unit; at most 2,000 characters and no personal data."`
	Yes    bool   `help:"Do not ask."`
	DryRun bool   `help:"Check everything and change nothing."`
	keeping
}

// Help shows how it is used.
func (returnCmd) Help() string {
	return `The revision that waits for approval is sent back; when none waits, the approved one, which then no longer counts.

Examples:

    tonghop return units/30280/reports/cds-thang~2024-02 --reason "CQ-06: tử số lớn hơn mẫu số"`
}

// Run shows, asks and returns.
func (c *returnCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		report, err := to.GetReport(ctx, &reportingv1.GetReportRequest{Name: c.Name})
		if err != nil {
			return err
		}
		s.showBeside(report)
		if !c.Yes && !c.DryRun && s.person() {
			agreed, err := s.confirm(ctx, "Return this report?")
			if err != nil {
				return err
			}
			if !agreed {
				s.notice("nothing was returned")
				return errRefused
			}
		}
		as := receipt.Record{Kind: receipt.Return, Reason: c.Reason}
		return c.review(s, []*reportingv1.Report{report}, "RETURNED", c.DryRun, as, func(r *reportingv1.Report, id string) (*reportingv1.Report, error) {
			return to.ReturnReport(ctx, &reportingv1.ReturnReportRequest{
				Name: r.GetName(), Etag: r.GetEtag(), Reason: c.Reason, RequestId: id, ValidateOnly: c.DryRun,
			})
		})
	})
}

// verdict is what became of one report.
type verdict struct {
	word   string
	seen   *reportingv1.Report
	report *reportingv1.Report
	err    *client.Error
}

var verdictSheet = sheet[verdict]{
	live: true,
	table: []column[verdict]{
		{name: "OUTCOME", text: func(v verdict) string { return v.word }, width: 9},
		{name: "REPORT", text: func(v verdict) string { return v.seen.GetName() }, width: 40},
		{name: "REVISION", text: func(v verdict) string { return number(v.seen.GetRevision()) }, right: true},
		{name: "ENTRY", text: func(v verdict) string { return some(v.report.GetReceipt().GetSequence()) }, right: true, width: 8},
		{name: "WHY", text: func(v verdict) string { return v.message() }},
	},
	csv: []column[verdict]{
		{name: "outcome", text: func(v verdict) string { return v.word }},
		{name: "report", text: func(v verdict) string { return v.seen.GetName() }},
		{name: "revision", text: func(v verdict) string { return number(v.seen.GetRevision()) }},
		{name: "sequence", text: func(v verdict) string { return some(v.report.GetReceipt().GetSequence()) }},
		{name: "reason", text: func(v verdict) string { return v.reason() }},
		{name: "message", text: func(v verdict) string { return v.message() }},
	},
	json: func(v verdict) ([]byte, error) {
		if v.err == nil {
			return jsonOf(v.report)
		}
		refused, err := jsonOf(&reportingv1.SubmitOutcome{
			Kind: refusal, Name: v.seen.GetName(), Revision: v.seen.GetRevision(),
			Problems: []*reportingv1.Problem{{Reason: v.reason(), Message: v.message()}},
		})
		return named("refused", refused), err
	},
}

func (v verdict) reason() string {
	if v.err == nil {
		return ""
	}
	return first(v.err.Reason, v.err.Code.String())
}

func (v verdict) message() string {
	if v.err == nil {
		return ""
	}
	return v.err.Message
}

// decision makes one decision about a report under a request id.
type decision func(seen *reportingv1.Report, id string) (*reportingv1.Report, error)

// review decides report by report, and keeps the receipt of each before it is shown. A refusal of one of several is its
// outcome; what concerns all of them ends the work.
func (k keeping) review(s *session, reports []*reportingv1.Report, done string, dry bool, as receipt.Record, decide decision) error {
	kept, err := k.keeper(s, dry)
	if err != nil {
		return err
	}
	defer kept.end()
	refused := 0
	verdicts := func(yield func(verdict, error) bool) {
		for i, seen := range reports {
			if len(reports) > 1 {
				s.progress.at("reviewing", "reports", int64(i), int64(len(reports)))
			}
			report, err := kept.decide(seen, as, decide)
			v := verdict{word: done, seen: seen, report: report}
			if err != nil {
				failure, ok := errors.AsType[*client.Error](err)
				if !ok || len(reports) == 1 || endsAll(failure.Code) {
					yield(verdict{}, err)
					return
				}
				v.word, v.err = word(refusal, kindPrefix), failure
				refused++
			}
			if !yield(v, nil) {
				return
			}
		}
	}
	if err := list(s, verdictSheet, verdicts); err != nil {
		return err
	}
	if dry {
		s.notice("nothing was changed (dry run)")
	}
	if refused > 0 {
		return errRefused
	}
	return nil
}

// decide makes one decision and keeps its receipt.
func (k *keeper) decide(seen *reportingv1.Report, as receipt.Record, decide decision) (*reportingv1.Report, error) {
	id, err := newRequest()
	if err != nil {
		return nil, err
	}
	report, err := decide(seen, id)
	if err != nil || report.GetReceipt() == nil {
		return report, err
	}
	as.RequestID, as.Report, as.Revision = id, report.GetName(), report.GetReceipt().GetRevision()
	as.Etag = seen.GetEtag()
	for _, r := range []*reportingv1.Report{seen, report} { // a list shows no figures, and the answer may have newer ones
		if r.GetRevision() == as.Revision && len(r.GetFigures()) > 0 && as.Figures == nil {
			as.Figures = figuresOf(r)
		}
	}
	return report, k.keep(accepted(as, report.GetReceipt()))
}

// endsAll says whether the next report would fare no better.
func endsAll(code codes.Code) bool {
	switch code {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.Unauthenticated, codes.ResourceExhausted:
		return true
	default:
		return false
	}
}
