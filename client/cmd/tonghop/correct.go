package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

const etagMismatch = "ETAG_MISMATCH"

// compare asks the server what the file would change, shows old and new of every report that is there already, and gives
// the etags of what was shown, if the person means it. Nothing is ever replaced that was not shown here.
func (c *submitCmd) compare(ctx context.Context, s *session, to *client.Client, file upload) ([]*reportingv1.SeenReport, error) {
	options := c.options(file)
	options.ValidateOnly = true
	var there []*reportingv1.SubmitOutcome
	for answer, err := range to.UploadFigures(ctx, file.reader(s.progress), options) {
		if err != nil {
			return nil, err
		}
		o := answer.GetOutcome()
		if slices.ContainsFunc(o.GetProblems(), func(p *reportingv1.Problem) bool { return p.GetReason() == etagMismatch }) {
			there = append(there, o)
		}
		if p := answer.GetProgress(); p != nil {
			s.progress.at("comparing", "reports", int64(p.GetDone()), int64(p.GetReports()))
		}
	}
	s.progress.clear()
	if len(there) == 0 {
		return nil, nil
	}
	rows, err := readRows(file.content)
	if err != nil {
		return nil, s.usage("the file cannot be compared: %v", err)
	}
	rows.explain(options.GetExplanations())
	seen := make([]*reportingv1.SeenReport, 0, len(there))
	for _, o := range there {
		report, err := to.GetReport(ctx, &reportingv1.GetReportRequest{Name: o.GetName()})
		if err != nil {
			return nil, err
		}
		s.showChanges(report, differences(report.GetFigures(), rows.of(o.GetLines()), c.Numbers), c.Merge)
		seen = append(seen, &reportingv1.SeenReport{Name: o.GetName(), Etag: report.GetEtag()})
	}
	if c.Yes || c.DryRun {
		return seen, nil
	}
	agreed, err := s.confirm(ctx, fmt.Sprintf("Replace the figures of %s as shown?", plural(len(seen), "report", "reports")))
	if err != nil {
		return nil, err
	}
	if !agreed {
		s.notice("nothing was sent")
		return nil, errRefused
	}
	return seen, nil
}

// showChanges shows one report to the person who decides; it is no part of the answer.
func (s *session) showChanges(report *reportingv1.Report, changes []change, merge bool) {
	s.notice("%s has revision %d, %s, sent by %s at %s", plain(report.GetName()), report.GetRevision(),
		word(report.GetState(), "REVISION_STATE_"), plain(report.GetPrincipal()), when(report.GetSubmitTime()))
	rows := [][]string{}
	same := 0
	for _, c := range changes {
		switch {
		case c.old == c.new:
			same++
		case c.new == "":
			what := "is missing in the file"
			if merge {
				what = "stays, for the file lacks it"
			}
			rows = append(rows, []string{"", c.indicator, c.old, "", what})
		default:
			rows = append(rows, []string{"", c.indicator, first(c.old, "(none)"), "→", c.new})
		}
	}
	s.tableTo(s.stderr, rows)
	if same > 0 {
		s.detail(plural(same, "figure stays", "figures stay") + " the same")
	}
}
