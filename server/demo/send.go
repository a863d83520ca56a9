package demo

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// In a hundred reports so many are missing, late, corrected, and sent back.
const (
	missing   = 2
	late      = 6
	corrected = 4
	returned  = 1
)

// periodEnd plays what happens after the end of a period: most report in time, some late, some never; some send a
// correction; the province approves. The last month is left waiting for approval.
func (l *loader) periodEnd(ctx context.Context, owed []*report) error {
	var inTime, tooLate []*report
	for _, r := range owed {
		switch chance := roll("fate", r.name).between(1, 100); {
		case chance <= missing:
			l.result.Missing++
			l.lost = append(l.lost, r)
		case chance <= missing+late:
			tooLate = append(tooLate, r)
		default:
			inTime = append(inTime, r)
		}
	}
	// The earliest deadline is a day after the end at least.
	l.SetTime(owed[0].last.Add(9 * time.Hour))
	if err := l.send(ctx, inTime, 0); err != nil {
		return err
	}
	end := owed[0].last
	for _, r := range owed {
		if r.deadline.After(end) {
			end = r.deadline
		}
	}
	l.SetTime(end.Add(26 * time.Hour))
	if err := l.send(ctx, tooLate, 0); err != nil {
		return err
	}
	l.result.Late += len(tooLate)
	sent := append(inTime, tooLate...)
	var again []*report
	for _, r := range sent {
		if roll("corrected", r.name).chance(corrected) {
			again = append(again, r)
		}
	}
	l.SetTime(end.Add(50 * time.Hour))
	if err := l.send(ctx, again, 1); err != nil {
		return err
	}
	l.result.Corrected += len(again)
	l.SetTime(end.Add(74 * time.Hour))
	if owed[0].last.Year() == 2024 && owed[0].last.Month() == time.December {
		sent = slices.DeleteFunc(sent, func(r *report) bool { return roll("waits", r.name).chance(40) })
	}
	return l.review(ctx, sent)
}

// send submits reports over one stream. Where a rule asks for an explanation, it is given, and the report sent once more.
func (l *loader) send(ctx context.Context, reports []*report, correction int64) error {
	asked, err := l.sendAll(ctx, reports, correction)
	if err != nil || len(asked) == 0 {
		return err
	}
	l.result.Explained += len(asked)
	if asked, err = l.sendAll(ctx, asked, correction); len(asked) > 0 {
		return fmt.Errorf("%s was explained and refused", asked[0].name)
	}
	return err
}

// sendAll gives the reports that are to be explained.
func (l *loader) sendAll(ctx context.Context, reports []*report, correction int64) (asked []*report, err error) {
	requests := func(yield func(*reportingv1.SubmitReportRequest) bool) {
		for _, r := range reports {
			if !yield(&reportingv1.SubmitReportRequest{Name: r.name, Figures: l.figures(r, correction), Etag: r.etag}) {
				return
			}
		}
	}
	for outcome, err := range l.Admin.SubmitStream(ctx, requests, client.StreamOptions{}) {
		if err != nil {
			return nil, err
		}
		r := reports[outcome.GetIndex()]
		if problems := outcome.GetProblems(); len(problems) > 0 {
			if !r.asked(problems) {
				return nil, fmt.Errorf("%s was refused: %s %s", r.name, problems[0].GetField(), problems[0].GetMessage())
			}
			asked = append(asked, r)
			continue
		}
		r.etag = outcome.GetEtag()
		if correction == 0 {
			l.result.Reports++
			l.done++
			l.Progress(l.done, l.total)
		}
	}
	return asked, nil
}

// asked notes which figures are to be explained; false if something else is wrong.
func (r *report) asked(problems []*reportingv1.Problem) bool {
	r.explain = map[string]bool{}
	for _, p := range problems {
		if p.GetReason() != "EXPLANATION_REQUIRED" {
			return false
		}
		r.explain[p.GetRule().GetIndicator()] = true
	}
	return true
}

func (l *loader) figures(r *report, correction int64) []*reportingv1.Figure {
	var figures []*reportingv1.Figure
	for _, code := range r.form.GetIndicators() {
		ind := l.indicators[code]
		kind := r.unit.GetKind()
		if slices.Contains(ind.GetReportedBy(), kind) || slices.Contains(ind.GetCheckedBy(), kind) {
			f := sample(ind, r.unit, r.period, r.month, correction)
			if r.explain[code] {
				f.Explanation = "Đã rà soát với sổ gốc: số liệu đúng."
			}
			figures = append(figures, f)
		}
	}
	return figures
}

// reviewers is how many approvals are under way at once.
const reviewers = 32

// review approves what was sent, and sends a few back.
func (l *loader) review(ctx context.Context, sent []*report) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	work := make(chan *report)
	var approved, back atomic.Int64
	var desks sync.WaitGroup
	for range reviewers {
		desks.Go(func() {
			for r := range work {
				if err := l.reviewOne(ctx, r, &approved, &back); err != nil {
					stop(err)
				}
			}
		})
	}
	for _, r := range sent {
		if ctx.Err() != nil {
			break
		}
		work <- r
	}
	close(work)
	desks.Wait()
	l.result.Approved += int(approved.Load())
	l.result.Returned += int(back.Load())
	return context.Cause(ctx)
}

func (l *loader) reviewOne(ctx context.Context, r *report, approved, back *atomic.Int64) error {
	if roll("returned", r.name).chance(returned) {
		back.Add(1)
		_, err := l.Approver.ReturnReport(ctx, &reportingv1.ReturnReportRequest{
			Name: r.name, Etag: r.etag, Reason: "Số liệu chưa khớp với kỳ trước, đề nghị kiểm tra lại.",
		})
		return err
	}
	approved.Add(1)
	_, err := l.Approver.ApproveReport(ctx, &reportingv1.ApproveReportRequest{Name: r.name, Etag: r.etag})
	return err
}
