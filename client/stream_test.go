package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type (
	streamServer = grpc.BidiStreamingServer[reportingv1.StreamReportsRequest, reportingv1.StreamReportsResponse]
	outcomeKind  = reportingv1.OutcomeKind
)

const (
	created  = reportingv1.OutcomeKind_OUTCOME_KIND_CREATED
	refused  = reportingv1.OutcomeKind_OUTCOME_KIND_REFUSED
	replayed = reportingv1.OutcomeKind_OUTCOME_KIND_REPLAYED
)

// reportsOf gives n submissions; asked counts how many were read.
func reportsOf(n int, asked *atomic.Int32) iter.Seq[*reportingv1.SubmitReportRequest] {
	return func(yield func(*reportingv1.SubmitReportRequest) bool) {
		for i := range n {
			asked.Add(1)
			if !yield(&reportingv1.SubmitReportRequest{Name: fmt.Sprintf("units/%d/reports/cds~2024-02", i)}) {
				return
			}
		}
	}
}

// keepBooks is a stream handler as the contract has it: ids are made of stream id and number, and what was accepted
// before answers REPLAYED. Before and after each item the test may break the line.
func keepBooks(books *ledger, before, after func(item int32)) func(streamServer) error {
	return func(stream streamServer) error {
		opening, err := stream.Recv()
		if err != nil {
			return err
		}
		id := opening.GetOptions().GetStreamId()
		if id == "" {
			return status.Error(codes.InvalidArgument, "the first message does not open the stream")
		}
		for last := int32(-1); ; {
			m, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			item := m.GetItem()
			if last >= 0 && item.GetIndex() != last+1 {
				return refusal(codes.InvalidArgument, "STREAM_OUT_OF_ORDER")
			}
			last = item.GetIndex()
			before(last)
			kind := created
			if books.accept(fmt.Sprintf("%s/%d", id, last), item.GetSubmission().GetName()) {
				kind = replayed
			}
			after(last)
			answer := &reportingv1.StreamReportsResponse{Outcome: &reportingv1.SubmitOutcome{Index: last, Kind: kind, Name: item.GetSubmission().GetName()}}
			if err := stream.Send(answer); err != nil {
				return err
			}
		}
	}
}

func nothing(int32) {}

// TestStreamResumesAfterEveryBreak breaks the line at each item in turn, once before the item is accepted and once
// after, when only the answer is lost.
func TestStreamResumesAfterEveryBreak(t *testing.T) {
	const n = 12
	for at := range int32(n) {
		for _, lost := range []string{"the item", "the answer"} {
			t.Run(fmt.Sprintf("%s %d is lost", lost, at), func(t *testing.T) {
				f := startFake(t)
				var books ledger
				var broke atomic.Bool
				breakOnce := func(item int32) {
					if item == at && broke.CompareAndSwap(false, true) {
						f.cut()
					}
				}
				if lost == "the item" {
					f.reports.stream = keepBooks(&books, breakOnce, nothing)
				} else {
					f.reports.stream = keepBooks(&books, nothing, breakOnce)
				}
				var asked atomic.Int32
				var got []string
				for outcome, err := range f.dial(t).SubmitStream(t.Context(), reportsOf(n, &asked), client.StreamOptions{Window: 5}) {
					if err != nil {
						t.Fatal(err)
					}
					if int(outcome.GetIndex()) != len(got) {
						t.Fatalf("outcome %d came where %d was due", outcome.GetIndex(), len(got))
					}
					got = append(got, outcome.GetName())
				}
				if !broke.Load() {
					t.Fatal("the line did not break")
				}
				if accepted := books.contents(); len(accepted) != n || !slices.Equal(accepted, got) {
					t.Errorf("the server accepted %q and the caller heard of %q, want the same %d reports", accepted, got, n)
				}
			})
		}
	}
}

// TestStreamOutlivesManyBreaks breaks the line at every third item: more breaks than attempts, but each time something
// was done before.
func TestStreamOutlivesManyBreaks(t *testing.T) {
	f := startFake(t)
	var books ledger
	broke := map[int32]bool{}
	f.reports.stream = keepBooks(&books, nothing, func(item int32) {
		if item%3 == 2 && !broke[item] {
			broke[item] = true
			f.cut()
		}
	})
	var asked atomic.Int32
	count := map[outcomeKind]int{}
	c := f.dial(t, func(c *client.Config) { c.Attempts = 3 })
	for outcome, err := range c.SubmitStream(t.Context(), reportsOf(60, &asked), client.StreamOptions{Window: 8}) {
		if err != nil {
			t.Fatal(err)
		}
		count[outcome.GetKind()]++
	}
	if count[created]+count[replayed] != 60 || len(books.contents()) != 60 {
		t.Errorf("outcomes %v of %d accepted reports, want 60 of 60", count, len(books.contents()))
	}
	if count[replayed] < 20 {
		t.Errorf("%d answers were replays, want at least the 20 that were lost", count[replayed])
	}
}

func TestStreamReadsNoFurtherThanItsWindow(t *testing.T) {
	f := startFake(t)
	var books ledger
	hold := make(chan struct{})
	f.reports.stream = keepBooks(&books, func(int32) { <-hold }, nothing)
	var asked atomic.Int32
	var outcomes int
	for _, err := range f.dial(t).SubmitStream(t.Context(), releaseAt(t, reportsOf(40, &asked), 8, hold), client.StreamOptions{Window: 7}) {
		if err != nil {
			t.Fatal(err)
		}
		outcomes++
		// One more than the window is read: it waits for room.
		if ahead := int(asked.Load()) - outcomes; ahead > 8 {
			t.Fatalf("%d reports were read ahead of their outcomes, want at most 8", ahead)
		}
	}
	if outcomes != 40 {
		t.Errorf("%d outcomes, want 40", outcomes)
	}
}

// releaseAt lets the server work when so many reports were read, which then are all that fit.
func releaseAt(t *testing.T, reports iter.Seq[*reportingv1.SubmitReportRequest], n int, hold chan struct{}) iter.Seq[*reportingv1.SubmitReportRequest] {
	return func(yield func(*reportingv1.SubmitReportRequest) bool) {
		read := 0
		for report := range reports {
			if read++; read == n {
				close(hold)
			}
			if !yield(report) {
				return
			}
		}
		if read < n {
			t.Errorf("only %d reports were read", read)
		}
	}
}

func TestStreamGoesOnFromWhereAProgramStopped(t *testing.T) {
	f := startFake(t)
	var books ledger
	f.reports.stream = keepBooks(&books, nothing, nothing)
	const id = "018f3c3e-7b1a-7c00-8000-00000000beef"
	var asked atomic.Int32
	c := f.dial(t)
	for outcome, err := range c.SubmitStream(t.Context(), reportsOf(10, &asked), client.StreamOptions{ID: id, Window: 3}) {
		if err != nil {
			t.Fatal(err)
		}
		if outcome.GetIndex() == 4 {
			break
		}
	}
	rest := func(yield func(*reportingv1.SubmitReportRequest) bool) {
		i := 0
		for report := range reportsOf(10, &asked) {
			if i++; i > 5 && !yield(report) {
				return
			}
		}
	}
	last := int32(4)
	for outcome, err := range c.SubmitStream(t.Context(), rest, client.StreamOptions{ID: id, First: 5}) {
		if err != nil {
			t.Fatal(err)
		}
		if outcome.GetIndex() != last+1 {
			t.Fatalf("outcome %d after %d", outcome.GetIndex(), last)
		}
		last = outcome.GetIndex()
	}
	if last != 9 || len(books.contents()) != 10 {
		t.Errorf("the last outcome is %d and %d reports were accepted, want 9 and 10", last, len(books.contents()))
	}
}

func TestStreamEndsWhereItCannotGoOn(t *testing.T) {
	for _, c := range []struct {
		name   string
		stream func(streamServer) error
		code   codes.Code
	}{
		{"the token was revoked", func(streamServer) error { return refusal(codes.Unauthenticated, "TOKEN_REVOKED") }, codes.Unauthenticated},
		{"the server is away for good", func(streamServer) error { return status.Error(codes.Unavailable, "away") }, codes.Unavailable},
		{"the server ends without an outcome", func(streamServer) error { return nil }, codes.Unavailable},
		{"an outcome of another item", func(s streamServer) error {
			_, _ = s.Recv()
			_, _ = s.Recv()
			return s.Send(&reportingv1.StreamReportsResponse{Outcome: &reportingv1.SubmitOutcome{Index: 3}})
		}, codes.Internal},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := startFake(t)
			f.reports.stream = c.stream
			var asked atomic.Int32
			var last error
			outcomes := 0
			for outcome, err := range f.dial(t).SubmitStream(t.Context(), reportsOf(1000, &asked), client.StreamOptions{}) {
				last = err
				if outcome != nil {
					outcomes++
				}
			}
			e, ok := errors.AsType[*client.Error](last)
			if !ok || e.Code != c.code || e.RequestID == "" || outcomes != 0 {
				t.Errorf("%d outcomes and error %v, want none and %s with the id of the stream", outcomes, last, c.code)
			}
		})
	}
}

// TestColumnsAreNamedAgainAfterABreak holds that a stream that goes on says what its amounts are, and that items keep
// their numbers and amounts.
func TestColumnsAreNamedAgainAfterABreak(t *testing.T) {
	f := startFake(t)
	var books ledger
	var broke atomic.Bool
	var streams atomic.Int32
	proper := keepBooks(&books, nothing, func(item int32) {
		if item == 3 && broke.CompareAndSwap(false, true) {
			f.cut()
		}
	})
	f.reports.stream = func(stream streamServer) error {
		return proper(listening{stream, func(m *reportingv1.StreamReportsRequest) {
			switch item := m.GetItem(); {
			case item == nil:
				streams.Add(1)
				if columns := m.GetOptions().GetColumns(); len(columns) != 1 || columns[0].GetIndicator() != "KT-01" {
					t.Errorf("the stream opens with columns %v", columns)
				}
			case len(item.GetAmounts()) != 1 || item.GetAmounts()[0] != int64(item.GetIndex()):
				t.Errorf("item %d came with amounts %v", item.GetIndex(), item.GetAmounts())
			}
		}})
	}
	items := func(yield func(*reportingv1.StreamItem) bool) {
		for i := range int64(8) {
			if !yield(&reportingv1.StreamItem{Index: 99, Submission: &reportingv1.SubmitReportRequest{Name: fmt.Sprint(i)}, Amounts: []int64{i}}) {
				return
			}
		}
	}
	outcomes := 0
	options := client.StreamOptions{Columns: []*reportingv1.AmountColumn{{Indicator: "KT-01"}}, Window: 3}
	for _, err := range f.dial(t).SubmitItems(t.Context(), items, options) {
		if err != nil {
			t.Fatal(err)
		}
		outcomes++
	}
	if outcomes != 8 || streams.Load() != 2 {
		t.Errorf("%d outcomes over %d streams, want 8 over 2", outcomes, streams.Load())
	}
}

// listening shows each message that comes in.
type listening struct {
	streamServer
	heard func(*reportingv1.StreamReportsRequest)
}

func (l listening) Recv() (*reportingv1.StreamReportsRequest, error) {
	m, err := l.streamServer.Recv()
	if err == nil {
		l.heard(m)
	}
	return m, err
}

func TestEmptyStream(t *testing.T) {
	f := startFake(t)
	f.reports.stream = keepBooks(&ledger{}, nothing, nothing)
	var asked atomic.Int32
	for outcome, err := range f.dial(t).SubmitStream(t.Context(), reportsOf(0, &asked), client.StreamOptions{}) {
		t.Errorf("got outcome %v, error %v of no submission", outcome, err)
	}
}

func TestSilentStreamIsOpenedAgain(t *testing.T) {
	f := startFake(t)
	var books ledger
	var streams atomic.Int32
	proper := keepBooks(&books, nothing, nothing)
	f.reports.stream = func(stream streamServer) error {
		if streams.Add(1) == 1 {
			<-stream.Context().Done()
			return stream.Context().Err()
		}
		return proper(stream)
	}
	var asked atomic.Int32
	outcomes := 0
	c := f.dial(t, func(c *client.Config) { c.Silence = 30 * time.Millisecond })
	for _, err := range c.SubmitStream(t.Context(), reportsOf(5, &asked), client.StreamOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		outcomes++
	}
	if outcomes != 5 || streams.Load() != 2 {
		t.Errorf("%d outcomes over %d streams, want 5 over 2", outcomes, streams.Load())
	}
}

func TestCancelledStreamLetsGo(t *testing.T) {
	f := startFake(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.reports.stream = func(stream streamServer) error {
		cancel()
		<-stream.Context().Done()
		return nil
	}
	endless := func(yield func(*reportingv1.SubmitReportRequest) bool) {
		for ctx.Err() == nil && yield(&reportingv1.SubmitReportRequest{}) {
		}
	}
	var last error
	for _, err := range f.dial(t).SubmitStream(ctx, endless, client.StreamOptions{}) {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("error = %v, want context.Canceled", last)
	}
}
