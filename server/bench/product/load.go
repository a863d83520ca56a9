//go:build unix

package product

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type readSeeker = io.ReadSeeker

// streams is how many streams load side by side, and window how many reports each of them may have on their way.
const (
	streams = 4
	window  = 1024
)

// Load sends the first n reports over streams, in columns or, as texts, in figures, and gives how long it took until the
// last of them was durable and rolled up.
func (p *Product) Load(ctx context.Context, n int, texts bool, progress func(done int)) (time.Duration, error) {
	began := time.Now()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	options, item := client.StreamOptions{Window: window, Columns: p.Shape.Columns()}, p.Shape.Item
	if texts {
		options.Columns, item = nil, p.inFigures
	}
	var done atomic.Int64
	var senders sync.WaitGroup
	for first := range streams {
		senders.Go(func() {
			for outcome, err := range p.Client.SubmitItems(ctx, every(ctx, first, n, item), options) {
				if err == nil && outcome.GetKind() != reportingv1.OutcomeKind_OUTCOME_KIND_CREATED {
					err = fmt.Errorf("report %d of stream %d is %s: %v", outcome.GetIndex(), first, outcome.GetKind(), outcome.GetProblems())
				}
				if err != nil {
					stop(err)
					return
				}
				if k := done.Add(1); k%10_000 == 0 {
					progress(int(k))
				}
			}
		})
	}
	senders.Wait()
	err := context.Cause(ctx)
	if err == nil && int(done.Load()) != n {
		err = fmt.Errorf("%d of %d reports were loaded", done.Load(), n)
	}
	return time.Since(began), err
}

// inFigures is the n-th report as an item with figures.
func (p *Product) inFigures(n int) *reportingv1.StreamItem {
	request := p.Shape.Request(n)
	request.RequestId = "" // a stream has one of its own
	return &reportingv1.StreamItem{Submission: request}
}

// every gives each streams-th report.
func every(ctx context.Context, first, n int, item func(int) *reportingv1.StreamItem) iter.Seq[*reportingv1.StreamItem] {
	return func(yield func(*reportingv1.StreamItem) bool) {
		for i := first; i < n && ctx.Err() == nil; i += streams {
			if !yield(item(i)) {
				return
			}
		}
	}
}

func sampleAnswer(ctx context.Context, to *client.Client, request *reportingv1.SubmitReportRequest) ([]byte, error) {
	answer, err := to.SubmitReport(ctx, request)
	if err != nil {
		return nil, err
	}
	if answer.GetOutcome().GetKind() == reportingv1.OutcomeKind_OUTCOME_KIND_UNSPECIFIED {
		return nil, errors.New("the product's answer says nothing")
	}
	return proto.Marshal(answer)
}
