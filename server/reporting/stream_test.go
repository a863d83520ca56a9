package reporting_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// stream sends submissions through a pipe and gives their outcomes.
func (w *world) stream(call reporting.Call, subs []reporting.Submission) []reporting.Outcome {
	w.t.Helper()
	var got []reporting.Outcome
	pipe := w.svc.NewStream(w.t.Context(), call, 0, func(o reporting.Outcome) error {
		got = append(got, o)
		return nil
	})
	for _, sub := range subs {
		must(w.t, pipe.Send(sub))
	}
	must(w.t, pipe.Close())
	return got
}

// Two items of one report are decided in the order in which they were sent, however many are under way.
func TestR44AStreamKeepsTheOrderOfOneReport(t *testing.T) {
	w := newWorld(t)
	var subs []reporting.Submission
	for i := range 600 { // more than are under way at once
		sub := flow("A", "2024-05", fmt.Sprint(i))
		if i > 0 {
			sub.Etag = fmt.Sprintf("%d-submitted", i)
		}
		subs = append(subs, sub)
	}
	for i, o := range w.stream(w.call(w.admin), subs) {
		if o.Revision != i+1 || o.Err != nil {
			t.Fatalf("item %d = %+v, want revision %d", i, o, i+1)
		}
	}
	w.expect("the last one counts", w.value("P", "FLOW", "2024-05", rollup.Provisional), "599 1/3")
}

// More streams than the committer's queue holds slow each other down; none of their items is refused for it.
func TestR44AFullQueueHoldsAStreamBackAndRefusesNothing(t *testing.T) {
	w := newWorld(t)
	const streams, items = 5, 300 // 1,500 at once, and 1,024 may wait beside a group
	stuck, free := make(chan struct{}), make(chan struct{})
	var once sync.Once
	tick := func() { once.Do(func() { close(stuck); <-free }) }
	w.tick.Store(&tick)
	var all sync.WaitGroup
	for n := range streams {
		all.Go(func() {
			call := reporting.Call{Caller: w.admin, RequestID: [16]byte{byte(n), 99}}
			pipe := w.svc.NewStream(t.Context(), call, 0, func(o reporting.Outcome) error {
				if o.Kind == reporting.Refused && fault.ReasonOf(o.Err) != "REPORT_TWICE" {
					return o.Err
				}
				return nil
			})
			for i := range items {
				month := fmt.Sprintf("%d-%02d", 2023-i/12, i%12+1) // of each unit the same value by every stream
				if pipe.Send(flow([]string{"A", "B", "C"}[n%3], month, "1")) != nil {
					break
				}
			}
			if err := pipe.Close(); err != nil {
				t.Errorf("stream %d: %v", n, err)
			}
		})
	}
	<-stuck
	time.Sleep(50 * time.Millisecond) // the queue fills
	close(free)
	all.Wait()
	w.expect("a month of all three", w.value("P", "FLOW", "2023-12", rollup.Provisional), "3 3/3")
}

// stall has the committer wait within a decision until it is freed.
func (w *world) stall() (free func()) {
	stuck, freed := make(chan struct{}), make(chan struct{})
	go func() {
		_, _ = w.committer.Do(context.Background(), 1, func(*aggregator.Tx, committer.Slot) (*entry.Entry, error) {
			close(stuck)
			<-freed
			return nil, nil
		})
	}()
	<-stuck
	return func() { close(freed) }
}

// Streams that have more under way than the committer lets wait leave room to who sends one report.
func TestR39StreamsLeaveRoomInTheQueue(t *testing.T) {
	w := newWorld(t)
	free := w.stall()
	var all sync.WaitGroup
	for n := range 3 {
		all.Go(func() {
			pipe := w.svc.NewStream(t.Context(), reporting.Call{Caller: w.admin, RequestID: [16]byte{byte(n), 98}}, 0, func(o reporting.Outcome) error { return o.Err })
			for i := range 400 {
				if pipe.Send(flow([]string{"A", "B", "C"}[n], fmt.Sprintf("%d-%02d", 2023-i/12, i%12+1), "1")) != nil {
					break
				}
			}
			if err := pipe.Close(); err != nil {
				t.Errorf("stream %d: %v", n, err)
			}
		})
	}
	for !w.svc.BulkWaits() {
		time.Sleep(time.Millisecond)
	}
	for i := range 100 {
		call := w.call(w.admin)
		all.Go(func() {
			if _, _, _, err := w.svc.Submit(t.Context(), call, flow("A", fmt.Sprintf("%d-%02d", 1985-i/12, i%12+1), "1")); err != nil {
				t.Errorf("a report beside the streams: %v", err)
			}
		})
	}
	time.Sleep(50 * time.Millisecond) // they come into the queue
	free()
	all.Wait()
}

// A stream that finds the queue full of others waits until there is room.
func TestR39AStreamWaitsForRoomInTheQueue(t *testing.T) {
	w := newWorld(t)
	free := w.stall()
	var all sync.WaitGroup
	for range committer.DefaultMaxWaiting + 100 {
		all.Go(func() { // some are refused for it
			_, _ = w.committer.Do(t.Context(), 1, func(*aggregator.Tx, committer.Slot) (*entry.Entry, error) { return nil, nil })
		})
	}
	all.Go(func() {
		time.Sleep(50 * time.Millisecond)
		free()
	})
	for i, o := range w.stream(w.call(w.admin), []reporting.Submission{flow("A", "2024-04", "1"), flow("A", "2024-05", "2")}) {
		if o.Err != nil || o.Kind != reporting.Created {
			t.Errorf("item %d = %+v", i, o)
		}
	}
	all.Wait()
}

// However a stream ends, its goroutines end too, and what was told stands.
func TestAStreamThatEndsEarlyLeavesNothingRunning(t *testing.T) {
	w := newWorld(t)
	before := runtime.NumGoroutine()
	broken := errors.New("the client is gone")
	for _, c := range []struct {
		name string
		emit func(n int, leave func()) error
		want error
	}{
		{"the client goes", func(n int, _ func()) error {
			if n == 5 {
				return broken
			}
			return nil
		}, broken},
		{"the call ends", func(n int, leave func()) error {
			if n == 5 {
				leave()
			}
			return nil
		}, context.Canceled},
		{"nothing was sent", func(int, func()) error { return io.EOF }, nil},
	} {
		ctx, leave := context.WithCancel(t.Context())
		told := 0
		pipe := w.svc.NewStream(ctx, w.call(w.admin), 0, func(reporting.Outcome) error {
			told++
			return c.emit(told, leave)
		})
		for i := 0; i < 2000 && c.want != nil; i++ {
			if pipe.Send(flow("A", fmt.Sprintf("%d-%02d", 2023-i/12%100, i%12+1), "1")) != nil {
				break
			}
		}
		if err := pipe.Close(); !errors.Is(err, c.want) {
			t.Errorf("%s: Close = %v, want %v", c.name, err, c.want)
		}
		leave()
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

// A batch that is given up before its end has no outcomes, rather than some and no error.
func TestABatchThatIsGivenUpIsAnError(t *testing.T) {
	w := newWorld(t)
	ctx, leave := context.WithCancel(t.Context())
	first := true
	tick := func() {
		if !first {
			leave()
		}
		first = false
	}
	w.tick.Store(&tick)
	outcomes, _, err := w.svc.SubmitBatch(ctx, w.call(w.admin), []reporting.Submission{flow("A", "2024-05", "1"), flow("B", "2024-05", "1")}, false)
	if !errors.Is(err, context.Canceled) || outcomes != nil {
		t.Errorf("outcomes %v, error %v; want none and that of the context", outcomes, err)
	}
	w.tick.Store(nil)
}

func TestATokenThatIsRevokedEndsTheStream(t *testing.T) {
	w := newWorld(t)
	a := w.token(auth.Reporter, "A")
	revoked := make(chan error, 1)
	pipe := w.svc.NewStream(t.Context(), w.call(a), 0, func(reporting.Outcome) error {
		_, _, _, err := w.svc.RevokeToken(t.Context(), w.call(w.admin), a.Token.ID)
		revoked <- err
		return err
	})
	must(t, pipe.Send(flow("A", "2024-05", "1")))
	must(t, <-revoked)
	_ = pipe.Send(flow("A", "2024-04", "1"))
	w.refused(pipe.Close(), "TOKEN_INVALID")
}

// R39: a full disk is no answer to an item. The stream ends, and goes on from there when there is room again.
func TestAFullDiskEndsTheStream(t *testing.T) {
	w := newWorld(t)
	call := w.call(w.admin)
	var told atomic.Int32
	send := func(from int) error {
		pipe := w.svc.NewStream(t.Context(), call, from, func(o reporting.Outcome) error {
			if o.Kind != reporting.Created {
				t.Errorf("outcome %d = %+v, want CREATED", told.Load(), o)
			}
			w.full.Store(told.Load() == 1)
			told.Add(1)
			return nil
		})
		for i := from; i < 6; i++ {
			if pipe.Send(flow("A", fmt.Sprintf("2023-%02d", i+1), "1")) != nil {
				break
			}
			for told.Load() <= int32(i) && !w.full.Load() { // one by one
				time.Sleep(time.Millisecond)
			}
		}
		return pipe.Close()
	}
	w.refused(send(0), "STORE_FULL")
	if told.Load() != 2 {
		t.Fatalf("%d outcomes were told, want 2", told.Load())
	}
	w.full.Store(false)
	must(t, send(2))
	if told.Load() != 6 {
		t.Errorf("%d outcomes were told, want 6", told.Load())
	}
}

// A refusal must not tell a reporter that two names are one unit which he does not see.
func TestABatchTellsNothingOfUnitsOutOfSight(t *testing.T) {
	w := newWorld(t)
	a := w.token(auth.Reporter, "A")
	there := []reporting.Submission{flow("B", "2024-05", "1"), flow("B-0", "2024-05", "1"), flow("B", "2024-05", "1")}
	nowhere := []reporting.Submission{flow("Z", "2024-05", "1"), flow("Z-0", "2024-05", "1"), flow("Z", "2024-05", "1")}
	for _, atomic := range []bool{false, true} {
		known, _, err := w.svc.SubmitBatch(t.Context(), w.call(a), there, atomic)
		must(t, err)
		unknown, _, err := w.svc.SubmitBatch(t.Context(), w.call(a), nowhere, atomic)
		must(t, err)
		for i := range known {
			got, want := known[i].Err.Error(), strings.ReplaceAll(unknown[i].Err.Error(), "Z", "B")
			if got != want || known[i].Etag != "" {
				t.Errorf("of a unit out of sight: %q, of none: %q; want the same", got, want)
			}
		}
	}
}

// R37: the repetition of an atomic batch answers what the first one did, also for the reports that it left alone and that
// somebody corrected since.
func TestR37AnAtomicBatchIsRepeated(t *testing.T) {
	w := newWorld(t)
	b := w.submitted(w.admin, flow("B", "2024-05", "2"))
	batch := []reporting.Submission{flow("A", "2024-05", "1"), flow("B", "2024-05", "2")}
	call := w.call(w.admin)
	first, _, err := w.svc.SubmitBatch(t.Context(), call, batch, true)
	must(t, err)
	w.expect("first", kinds(first), "CREATED UNCHANGED ")
	w.submitted(w.admin, seen(flow("B", "2024-05", "3"), b.Etag))
	w.submitted(w.admin, seen(flow("A", "2024-05", "9"), first[0].Etag))
	again, _, err := w.svc.SubmitBatch(t.Context(), call, batch, true)
	must(t, err)
	w.expect("again", kinds(again), "REPLAYED UNCHANGED ")
	if again[0].Receipt.Sequence != first[0].Receipt.Sequence || again[0].Revision != 1 || again[1].Revision != 1 ||
		again[0].Etag != "1-superseded" || again[1].Receipt.Sequence != 0 {
		t.Errorf("again = %+v, want the revisions of the first time", again)
	}
	w.expect("sum", w.value("P", "FLOW", "2024-05", rollup.Provisional), "12 2/3")
	_, _, err = w.svc.SubmitBatch(t.Context(), call, batch[:1], true)
	w.refused(err, "REQUEST_ID_REUSED")
}

// R26, R37: the repetition of an atomic batch tells nothing of a draft of the unit's own that lay beside the report that was
// left alone.
func TestR37AnAtomicBatchIsRepeatedBesideADraft(t *testing.T) {
	w := newWorld(t)
	a := w.token(auth.Reporter, "A")
	sent := w.submitted(a, flow("A", "2024-05", "2"))
	draft := seen(flow("A", "2024-05", "7"), sent.Etag)
	draft.Draft = true
	w.submitted(a, draft)
	batch := []reporting.Submission{flow("A", "2024-05", "2"), flow("B", "2024-05", "1")}
	call := w.call(w.admin)
	for _, want := range []string{"UNCHANGED CREATED ", "UNCHANGED REPLAYED "} {
		got, _, err := w.svc.SubmitBatch(t.Context(), call, batch, true)
		must(t, err)
		w.expect("outcomes", kinds(got), want)
		if got[0].Revision != 1 || got[0].Etag != sent.Etag {
			t.Errorf("%s: revision %d %s, want 1 %s", want, got[0].Revision, got[0].Etag, sent.Etag)
		}
	}
}

// R37: the same report is the same request in whatever order a client lists its figures.
func TestR37TheOrderOfFiguresIsNoDifference(t *testing.T) {
	w := newWorld(t)
	call := w.call(w.admin)
	sub := with(with(flow("A", "2024-05", "1"), "STOCK", "2"), "RATIO", "1/2")
	_, _, _, err := w.svc.Submit(t.Context(), call, sub)
	must(t, err)
	sub.Figures[0], sub.Figures[2] = sub.Figures[2], sub.Figures[0]
	o, _, _, err := w.svc.Submit(t.Context(), call, sub)
	must(t, err)
	if o.Kind != reporting.Replayed {
		t.Errorf("the same figures in another order = %+v, want REPLAYED", o)
	}
}

// R37: ids are each caller's own, and each method's.
func TestR37ARequestIDBelongsToOneCallerAndMethod(t *testing.T) {
	w := newWorld(t)
	a, b := w.token(auth.Reporter, "A"), w.token(auth.Reporter, "B")
	call := w.call(a)
	_, _, _, err := w.svc.Submit(t.Context(), call, flow("A", "2024-05", "1"))
	must(t, err)
	call.Caller = b
	o, _, _, err := w.svc.Submit(t.Context(), call, flow("B", "2024-05", "1"))
	must(t, err)
	w.expect("by another caller", kinds([]reporting.Outcome{o}), "CREATED ")
	call.Caller = a
	outcomes, _, err := w.svc.SubmitBatch(t.Context(), call, []reporting.Submission{flow("A", "2024-04", "1")}, true)
	must(t, err)
	w.expect("by another method", kinds(outcomes), "CREATED ")
	call.RequestID = [16]byte{}
	_, _, _, err = w.svc.Submit(t.Context(), call, flow("A", "2024-05", "1"))
	w.at(err, "REQUEST_ID_REQUIRED", "request_id")
	_, _, err = w.svc.SubmitBatch(t.Context(), call, []reporting.Submission{flow("A", "2024-05", "1")}, false)
	w.at(err, "REQUEST_ID_REQUIRED", "request_id")
}
