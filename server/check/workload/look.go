//go:build unix

package workload

import (
	"context"
	"errors"
	"strconv"

	"google.golang.org/grpc/codes"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
)

// Sight is what somebody saw of a report. The zero value: nothing was sent yet.
type Sight struct {
	Etag     string
	Revision int
	State    reportingv1.RevisionState
}

// must is what a reader has to see who begins to read now.
func (h *history) must(r Report) (known, int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return *h.of(r), h.head
}

// Look reads a report, and finds the promise broken if it shows less than was acknowledged before.
func (w *World) Look(ctx context.Context, r Report) (Sight, error) {
	must, head := w.must(r)
	report, err := w.viewer.client.GetReport(ctx, &reportingv1.GetReportRequest{Name: r.Name()})
	var e *client.Error
	switch {
	case errors.As(err, &e) && e.Code == codes.NotFound && e.Reason == "REPORT_NOT_FOUND":
		if must.revision > 0 {
			return Sight{}, check.Broken("%s is not there, and its revision %d was acknowledged before it was asked for", r, must.revision)
		}
		return Sight{}, nil
	case err != nil:
		return Sight{}, err
	}
	switch {
	case report.GetStamp().GetSequence() < head:
		return Sight{}, check.Broken("%s is shown as of %d, and %d was acknowledged before it was asked for", r, report.GetStamp().GetSequence(), head)
	case int(report.GetRevision()) < must.revision:
		return Sight{}, check.Broken("%s is shown with revision %d, and %d was acknowledged before it was asked for", r, report.GetRevision(), must.revision)
	case int(report.GetApprovedRevision()) < must.approved && !w.returned(r):
		return Sight{}, check.Broken("%s is shown with approved revision %d, and the approval of %d was acknowledged before it was asked for",
			r, report.GetApprovedRevision(), must.approved)
	}
	if err := w.figuresOf(r, report); err != nil {
		return Sight{}, err
	}
	return Sight{Etag: report.GetEtag(), Revision: int(report.GetRevision()), State: report.GetState()}, nil
}

// returned says whether somebody tried to send a revision of a report back, until now.
func (h *history) returned(r Report) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.of(r).returns
}

// figuresOf checks that what is shown was sent.
func (h *history) figuresOf(r Report, shown *reportingv1.Report) error {
	figures, err := figuresFrom(shown.GetFigures())
	if err != nil {
		return check.Broken("%s: %w", r, err)
	}
	serial, _ := strconv.ParseInt(figures[0].Value, 10, 64) // no number is no serial either
	h.mu.Lock()
	defer h.mu.Unlock()
	at, ok := h.bySerial[serial]
	if !ok || at.attempt.Items[at.item].Report != r {
		return check.Broken("%s is shown with %s %q, which nobody sent for it", r, Files, figures[0].Value)
	}
	if item := at.attempt.Items[at.item]; !same(item.Figures, figures) {
		return check.Broken("%s is shown with %v, and what was sent is %v: %s", r, figures, item.Figures, at.attempt.tell(at.item))
	}
	return nil
}
