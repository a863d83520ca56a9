package rpc

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/message"
	"github.com/tonghop/tonghop/server/reporting"
)

type submissionStream = grpc.BidiStreamingServer[reportingv1.StreamReportsRequest, reportingv1.StreamReportsResponse]

// itemsAhead is how many items are read while the one before is handed on. A report is small, and an item cannot be larger
// than a request.
const itemsAhead = 8

// intake is a stream of submissions under way.
type intake struct {
	*core
	stream   submissionStream
	language message.Language
	call     reporting.Call
	columns  *reporting.AmountColumns
	pipe     *reporting.Pipe
	// next is the number that the next item must have; told that of the next outcome.
	next, told int32
	durable    int64
}

// StreamReports submits many reports over one stream.
func (s reports) StreamReports(stream submissionStream) error {
	ctx := stream.Context()
	in := &intake{core: s.core, stream: stream, language: languageOf(ctx)}
	first, err := stream.Recv()
	switch {
	case errors.Is(err, io.EOF), err == nil && first.GetOptions() == nil:
		return streamOutOfOrder("its first message has no options")
	case err != nil:
		return err
	}
	in.call, err = streamCall(callerOf(ctx), first.GetOptions().GetStreamId(), first.GetOptions().GetValidateOnly())
	if err != nil {
		return err
	}
	if in.columns, err = amountColumnsOf(first.GetOptions().GetColumns()); err != nil {
		return fault.Of(err).In("options")
	}
	err = in.run(ctx)
	if in.pipe == nil {
		return err
	}
	// What was taken is told before the stream ends, whatever ends it.
	if ended := in.pipe.Close(); ended != nil {
		return ended
	}
	return err
}

// run takes items until their end, or until the pipe has ended: then nobody waits for a client who waits for us.
func (in *intake) run(ctx context.Context) error {
	items := receive(ctx, itemsAhead, in.stream.Recv)
	var ended <-chan struct{}
	for {
		select {
		case <-ended:
			return nil // Close tells why
		case <-ctx.Done():
			return ctx.Err()
		case r := <-items:
			if errors.Is(r.err, io.EOF) {
				return nil
			}
			if r.err != nil {
				return r.err
			}
			if err := in.take(ctx, r.message.GetItem()); err != nil {
				return err
			}
			ended = in.pipe.Ended()
		}
	}
}

func (in *intake) take(ctx context.Context, item *reportingv1.StreamItem) error {
	switch {
	case item == nil:
		return streamOutOfOrder("after the options come items alone")
	case item.GetIndex() < 0:
		return streamOutOfOrder("items are numbered from 0")
	case in.pipe == nil:
		in.next, in.told = item.GetIndex(), item.GetIndex()
		in.pipe = in.service.NewStream(ctx, in.call, int(item.GetIndex()), in.tell)
	case item.GetIndex() != in.next:
		return streamOutOfOrder("each item's number is one more than the last one's").
			With("index", item.GetIndex()).With("wanted", in.next)
	}
	in.next++
	// Either fails only when the pipe has ended, and Close tells why.
	if sub := in.submissionOf(item); sub.Wrong != nil {
		_ = in.pipe.Refuse(sub, sub.Wrong)
	} else {
		_ = in.pipe.Send(sub)
	}
	return nil
}

// tell sends the next outcome; the pipe calls it in order, when the outcome is durable.
func (in *intake) tell(o reporting.Outcome) error {
	m := outcomeMessage(int(in.told), o, in.language)
	in.told++
	in.durable = max(in.durable, m.GetReceipt().GetSequence())
	return in.stream.Send(&reportingv1.StreamReportsResponse{Outcome: m, DurableSequence: in.durable})
}

func streamOutOfOrder(what string) *fault.Error {
	return fault.Invalid("STREAM_OUT_OF_ORDER", "the stream is out of order: %s; send options, then items numbered one by one", what)
}
