package main

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/client/receipt"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// standing is what there is of a report now.
type standing struct {
	// newest is the number of the newest revision, drafts too; 0 for none.
	newest    int32
	etag      string
	revisions map[int32]*reportingv1.Revision
}

// read asks what there is of a report; nothing is an answer.
func (n *standing) read(ctx context.Context, to *client.Client, name string) error {
	n.revisions = map[int32]*reportingv1.Revision{}
	report, err := to.GetReport(ctx, &reportingv1.GetReportRequest{Name: name})
	if client.Reason(err) == "REPORT_NOT_FOUND" {
		return nil
	}
	if err != nil {
		return err
	}
	n.etag = report.GetEtag()
	for rev, err := range to.Revisions(ctx, &reportingv1.ListRevisionsRequest{Parent: name}) {
		if err != nil {
			return err
		}
		n.newest = max(n.newest, rev.GetNumber())
		n.revisions[rev.GetNumber()] = rev
	}
	return nil
}

// What is told of a review.
const (
	listed        = "LISTED"
	waitsNoLonger = "what was reviewed does not wait for a review here; look at the report"
)

// review tells of an approval or a return, and repeats it where the very thing that was reviewed waits.
func (a *resending) review(ctx context.Context, r receipt.Record, now *standing) (outcome, error) {
	number := a.standsAs(r.Report, r.Revision)
	rev := now.revisions[number]
	done := reportingv1.RevisionState_REVISION_STATE_APPROVED
	if r.Kind == receipt.Return {
		done = reportingv1.RevisionState_REVISION_STATE_RETURNED
	}
	switch {
	case rev != nil && rev.GetState() == done && sameReviewed(r, rev):
		return outcome{record: r, word: thereNow, why: asRevision(r.Revision, number)}, nil
	case !a.reviews:
		return outcome{record: r, word: listed, why: "it is repeated with --reviews"}, nil
	case a.dry && a.would[r.Report] == number:
		return outcome{record: r, word: wouldSend}, nil
	case rev == nil || number != now.newest || !sameReviewed(r, rev) || !waits(r, rev):
		return outcome{record: r, word: conflict, why: waitsNoLonger}, nil
	case a.dry:
		return outcome{record: r, word: wouldSend}, nil
	}
	return a.repeat(ctx, r, now.etag)
}

// waits says whether a revision is in the state in which it was reviewed.
func waits(r receipt.Record, rev *reportingv1.Revision) bool {
	switch rev.GetState() {
	case reportingv1.RevisionState_REVISION_STATE_SUBMITTED:
		return true
	case reportingv1.RevisionState_REVISION_STATE_APPROVED:
		return r.Kind == receipt.Return
	default:
		return false
	}
}

// sameReviewed says whether a revision has the figures that were reviewed: nobody reviews what he has not seen (R24).
func sameReviewed(r receipt.Record, rev *reportingv1.Revision) bool {
	return r.Figures != nil && len(differing(r, rev.GetFigures())) == 0
}

// repeat reviews once more, under an id that is the same each time.
func (a *resending) repeat(ctx context.Context, r receipt.Record, etag string) (outcome, error) {
	var report *reportingv1.Report
	var err error
	if r.Kind == receipt.Return {
		report, err = a.to.ReturnReport(ctx, &reportingv1.ReturnReportRequest{Name: r.Report, Etag: etag, Reason: r.Reason, RequestId: a.id(r)})
	} else {
		report, err = a.to.ApproveReport(ctx, &reportingv1.ApproveReportRequest{Name: r.Report, Etag: etag, RequestId: a.id(r)})
	}
	if failure, ok := errors.AsType[*client.Error](err); ok && !endsAll(failure.Code) {
		word := notResent
		if failure.Code == codes.Aborted {
			word = conflict
		}
		return outcome{record: r, word: word, why: failure.Message}, nil
	}
	if err != nil {
		return outcome{}, err
	}
	again := r
	again.RequestID, again.Revision, again.Etag = a.id(r), report.GetReceipt().GetRevision(), etag
	err = a.keep(r, accepted(again, report.GetReceipt()))
	return outcome{record: r, word: resent, why: asRevision(r.Revision, again.Revision), sequence: report.GetReceipt().GetSequence()}, err
}
