//go:build unix

package snapshot

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/workload"
)

// writer changes the reports of his communes, which nobody else does.
type writer struct {
	street   *street
	random   *rand.Rand
	sender   reportingv1.ReportServiceClient
	reviewer reportingv1.ReportServiceClient
	rollups  reportingv1.RollupServiceClient
	own      []int // communes
	stands   map[place]report
	entries  map[int64][]change
}

func newWriter(s *street, n int, sending, reviewing *grpc.ClientConn) *writer {
	w := &writer{
		street: s, random: s.Random(uint64(n)), stands: map[place]report{}, entries: map[int64][]change{}, //nolint:gosec // a few
		sender:   reportingv1.NewReportServiceClient(sending),
		reviewer: reportingv1.NewReportServiceClient(reviewing),
		rollups:  reportingv1.NewRollupServiceClient(sending),
	}
	for c := n; c < communes; c += writers {
		w.own = append(w.own, c)
	}
	return w
}

// write makes one entry, and now and then looks for it in what the server answers next.
func (w *writer) write(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	at := place{commune: w.own[w.random.IntN(len(w.own))], month: w.random.IntN(months)}
	state := w.stands[at].state
	var sequence int64
	var err error
	switch n := w.random.IntN(100); {
	case n < 15:
		sequence, err = w.together(ctx, at.month)
	case n < 40 && state == submitted:
		sequence, err = w.approve(ctx, at)
	case n < 50 && (state == submitted || state == approved):
		sequence, err = w.giveBack(ctx, at)
	default:
		sequence, err = w.submit(ctx, at)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name(at), err)
	}
	for known := w.street.acked.Load(); known < sequence && !w.street.acked.CompareAndSwap(known, sequence); known = w.street.acked.Load() {
	}
	if w.random.IntN(8) > 0 {
		return nil
	}
	return w.lookBack(ctx, at, sequence)
}

// done writes down an acknowledged entry.
func (w *writer) done(receipt *reportingv1.Receipt, entry ...change) (int64, error) {
	sequence := receipt.GetSequence()
	if _, twice := w.entries[sequence]; twice || sequence == 0 || receipt.GetReplayed() {
		return 0, check.Broken("a new change has the receipt %v", receipt)
	}
	w.entries[sequence] = entry
	for _, c := range entry {
		w.stands[c.at] = w.stands[c.at].after(c)
	}
	return sequence, nil
}

func (w *writer) submit(ctx context.Context, at place) (int64, error) {
	f := w.draw()
	q := w.request(at, f)
	q.RequestId = uuid.NewString()
	a, err := w.sender.SubmitReport(ctx, q)
	if err != nil {
		return 0, err
	}
	return w.done(a.GetOutcome().GetReceipt(), change{submits, at, f})
}

// together submits for all his communes at once, as one entry.
func (w *writer) together(ctx context.Context, month int) (int64, error) {
	q := &reportingv1.BatchSubmitReportsRequest{Atomic: true, RequestId: uuid.NewString()}
	var entry []change
	for _, c := range w.own {
		at, f := place{c, month}, w.draw()
		q.Requests = append(q.Requests, w.request(at, f))
		entry = append(entry, change{submits, at, f})
	}
	a, err := w.sender.BatchSubmitReports(ctx, q)
	if err != nil {
		return 0, err
	}
	return w.done(a.GetOutcomes()[0].GetReceipt(), entry...)
}

func (w *writer) approve(ctx context.Context, at place) (int64, error) {
	a, err := w.reviewer.ApproveReport(ctx, &reportingv1.ApproveReportRequest{Name: name(at), Etag: w.stands[at].etag(), RequestId: uuid.NewString()})
	if err != nil {
		return 0, err
	}
	return w.done(a.GetReceipt(), change{act: approves, at: at})
}

func (w *writer) giveBack(ctx context.Context, at place) (int64, error) {
	a, err := w.reviewer.ReturnReport(ctx, &reportingv1.ReturnReportRequest{
		Name: name(at), Etag: w.stands[at].etag(), Reason: "Kiểm tra lại", RequestId: uuid.NewString(),
	})
	if err != nil {
		return 0, err
	}
	return w.done(a.GetReceipt(), change{act: returns, at: at})
}

// lookBack asks for what he has just changed, from that state on or from whichever there is.
func (w *writer) lookBack(ctx context.Context, at place, sequence int64) error {
	official := w.random.IntN(2) == 0
	q := &reportingv1.QueryRollupsRequest{
		Units: unitIDs()[1+districts+at.commune:][:1], Indicators: indicators, Periods: []string{monthName(at.month)}, Basis: basis(official),
	}
	if w.random.IntN(2) == 0 {
		q.MinSequence = sequence
	}
	a, err := w.rollups.QueryRollups(ctx, q)
	if err != nil {
		return err
	}
	if a.GetStamp().GetSequence() < sequence {
		return check.Broken("a change was acknowledged at %d, and an answer to its author is of %d", sequence, a.GetStamp().GetSequence())
	}
	for n, m := range a.GetRollups() {
		if got, want := rowFrom(m), rowOf(w.stands[at], official, n == 1); got != want {
			return check.Broken("the author of the change at %d is shown %+v of %s at %d, and it should be %+v",
				sequence, got, name(at), a.GetStamp().GetSequence(), want)
		}
	}
	return nil
}

// draw makes up figures; one in eight has no value.
func (w *writer) draw() figures {
	f := figures{value: w.random.Int64N(1_000_000), num: w.random.Int64N(10_000), over: 10_000}
	switch w.random.IntN(16) {
	case 0:
		f.mark, f.value = notAvailable, 0
	case 1:
		f.mark, f.value = notApplicable, 0
	}
	return f
}

func (w *writer) request(at place, f figures) *reportingv1.SubmitReportRequest {
	value, num, over := fmt.Sprint(f.value), hundredths(f.num), hundredths(f.over)
	files := &reportingv1.Figure{Indicator: workload.Files, Value: &value}
	switch f.mark {
	case notAvailable:
		files.Value, files.State = nil, reportingv1.FigureState_FIGURE_STATE_NOT_AVAILABLE
	case notApplicable:
		files.Value, files.State = nil, reportingv1.FigureState_FIGURE_STATE_NOT_APPLICABLE
	case number:
	}
	return &reportingv1.SubmitReportRequest{
		Name: name(at), Etag: w.stands[at].etag(),
		Figures: []*reportingv1.Figure{files, {Indicator: workload.OnTime, Numerator: &num, Denominator: &over}},
	}
}

func name(at place) string { return workload.ReportAt(at.commune, at.month).Name() }

// hundredths writes a number with two decimals.
func hundredths(n int64) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }
