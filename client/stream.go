package client

import (
	"context"
	"errors"
	"io"
	"iter"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// defaultWindow is how many submissions may be on their way without an outcome.
const defaultWindow = 256

// StreamOptions opens a stream of submissions.
type StreamOptions struct {
	// ID is the UUID of the stream. Empty: a new one. A program that was stopped goes on with the same id.
	ID string
	// First is the number of the first submission: that of the first one without an outcome when a stream goes on.
	First int32
	// ValidateOnly checks everything and changes nothing.
	ValidateOnly bool
	// Columns are what the amounts of items are, for those that come with amounts. A stream that goes on has the same.
	Columns []*reportingv1.AmountColumn
	// Window is how many submissions may be on their way without an outcome; so many are kept in memory. 0: 256.
	Window int
}

// SubmitStream submits many reports over one stream and gives one outcome for each, in order. Each stands alone: a
// refused one is an outcome, not an error. Where the stream breaks it is opened again with the same id, and goes on with
// the first submission without an outcome: what was accepted before the break answers REPLAYED and counts once.
//
// The reports are read by another goroutine, ahead of their outcomes; SubmitStream returns when that has let go of the
// sequence, which therefore must end when ctx does. An error is the last thing that comes, and names the stream id.
func (c *Client) SubmitStream(ctx context.Context, reports iter.Seq[*reportingv1.SubmitReportRequest], options StreamOptions) iter.Seq2[*reportingv1.SubmitOutcome, error] {
	return c.SubmitItems(ctx, func(yield func(*reportingv1.StreamItem) bool) {
		for report := range reports {
			if !yield(&reportingv1.StreamItem{Submission: report}) {
				return
			}
		}
	}, options)
}

// SubmitItems is SubmitStream for items, which may have amounts in the columns of the options instead of figures: the way
// to send very many reports. It numbers the items itself, whatever their index is, and keeps them until their outcomes.
func (c *Client) SubmitItems(ctx context.Context, items iter.Seq[*reportingv1.StreamItem], options StreamOptions) iter.Seq2[*reportingv1.SubmitOutcome, error] {
	return func(yield func(*reportingv1.SubmitOutcome, error) bool) {
		if options.ID == "" {
			id, err := newID()
			if err != nil {
				yield(nil, err)
				return
			}
			options.ID = id
		}
		w := newWindow(options)
		var reader sync.WaitGroup
		reader.Go(func() { w.fill(items) })
		defer reader.Wait()
		defer w.close()

		tries := attempts{client: c, method: "StreamReports"}
		for {
			err := c.streamOnce(ctx, w, options, &tries, yield)
			if err == nil {
				return
			}
			if err := tries.next(ctx, err); err != nil {
				yield(nil, underID(err, options.ID))
				return
			}
		}
	}
}

// streamOnce opens one stream and goes on where the window stands. Nil: every submission has its outcome, or nobody
// wants to hear more.
func (c *Client) streamOnce(ctx context.Context, w *window, options StreamOptions, tries *attempts, yield func(*reportingv1.SubmitOutcome, error) bool) error {
	ctx, line := c.listen(ctx)
	stream, err := c.reports.StreamReports(ctx)
	if err != nil {
		defer line.stop()
		return line.failure(ctx, err)
	}
	unwatch := context.AfterFunc(ctx, w.wake)
	defer unwatch()
	var sender sync.WaitGroup
	sender.Go(func() { send(ctx, stream, w, line, options) })
	defer sender.Wait()
	defer line.stop()

	for {
		answer, err := heard(line, stream.Recv)
		if err != nil && w.done() {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return broken("the server ended the stream before every submission had its outcome")
		}
		if err != nil {
			return line.failure(ctx, err)
		}
		if err := w.answered(answer.GetOutcome()); err != nil {
			return err
		}
		tries.forward()
		if !yield(answer.GetOutcome(), nil) {
			return nil
		}
	}
}

// send sends what the window holds and what comes into it. It ends silently when the stream breaks: the receiver hears
// why.
func send(ctx context.Context, stream grpc.BidiStreamingClient[reportingv1.StreamReportsRequest, reportingv1.StreamReportsResponse], w *window, l *line, options StreamOptions) {
	err := stream.Send(&reportingv1.StreamReportsRequest{Part: &reportingv1.StreamReportsRequest_Options{
		Options: &reportingv1.StreamOptions{StreamId: options.ID, ValidateOnly: options.ValidateOnly, Columns: options.Columns},
	}})
	for i := w.first(); err == nil; i++ {
		item, ok := w.at(ctx, i)
		if !ok {
			break
		}
		l.moved()
		err = stream.Send(&reportingv1.StreamReportsRequest{Part: &reportingv1.StreamReportsRequest_Item{Item: item}})
	}
	if err == nil && ctx.Err() == nil {
		// A failure here is one that the receiver hears as well.
		_ = stream.CloseSend()
	}
}

// window holds the submissions that have no outcome yet, in order.
type window struct {
	limit   int
	changed *sync.Cond

	mu    sync.Mutex
	items []*reportingv1.StreamItem
	// base is the number of the first item that has no outcome, whether it is here already or not.
	base int32
	// ended: no more will come. closed: no more are wanted.
	ended, closed bool
}

func newWindow(options StreamOptions) *window {
	w := &window{limit: options.Window, base: options.First}
	if w.limit <= 0 {
		w.limit = defaultWindow
	}
	w.changed = sync.NewCond(&w.mu)
	return w
}

// fill numbers the submissions and puts them into the window as there is room.
func (w *window) fill(items iter.Seq[*reportingv1.StreamItem]) {
	next := w.first()
	for item := range items {
		item.Index = next
		if !w.put(item) {
			return
		}
		next++
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.changed.Broadcast()
}

func (w *window) put(item *reportingv1.StreamItem) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.items) >= w.limit && !w.closed {
		w.changed.Wait()
	}
	if w.closed {
		return false
	}
	w.items = append(w.items, item)
	w.changed.Broadcast()
	return true
}

// wake has everybody look again. It takes the lock, or it could come between somebody's look and his wait.
func (w *window) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changed.Broadcast()
}

func (w *window) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.changed.Broadcast()
}

func (w *window) first() int32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.base
}

// at gives the item of a number as soon as it is there; false when there will be none.
func (w *window) at(ctx context.Context, i int32) (*reportingv1.StreamItem, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for int(i-w.base) >= len(w.items) && !w.ended && ctx.Err() == nil {
		w.changed.Wait()
	}
	place := int(i - w.base)
	if ctx.Err() != nil || place < 0 || place >= len(w.items) {
		return nil, false
	}
	return w.items[place], true
}

// answered takes the first item out. Outcomes come in order, so any other number is a fault of the server.
func (w *window) answered(outcome *reportingv1.SubmitOutcome) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.items) == 0 || outcome.GetIndex() != w.base {
		s := status.Newf(codes.Internal, "the server gave the outcome of submission %d where that of %d was due", outcome.GetIndex(), w.base)
		return failure(s.Err())
	}
	w.items[0] = nil
	w.items = w.items[1:]
	w.base++
	w.changed.Broadcast()
	return nil
}

// done says whether every submission has its outcome.
func (w *window) done() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended && len(w.items) == 0
}
