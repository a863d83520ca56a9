package rpc

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"

	"github.com/tonghop/tonghop/server/fault"
)

// patient is a stream that may last for ever in all, but not in any of its steps: of a client that does not take what it
// is sent nobody knows whether it ever will, and meanwhile it holds what its handler holds, such as a place for uploads.
type patient struct {
	grpc.ServerStream
	ctx   context.Context //nolint:containedctx // grpc asks the stream for it
	step  time.Duration
	timer *time.Timer
	end   context.CancelCauseFunc
}

// patiently runs the handler of a stream until it ends, or until a message has waited for its reader for the whole step.
// Nothing but the end of the call can interrupt a message that waits, so the handler has a goroutine of its own: it hears
// that its stream has ended, by its context and by the message, and follows.
func patiently(server any, stream grpc.ServerStream, step time.Duration, handler grpc.StreamHandler) error {
	ctx, end := context.WithCancelCause(stream.Context())
	defer end(nil)
	stalled := readerStalled(step)
	p := &patient{ServerStream: stream, ctx: ctx, step: step, timer: time.AfterFunc(step, func() { end(stalled) }), end: end}
	p.timer.Stop()
	done := make(chan error, 1)
	go func() { done <- handler(server, p) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	var ours *fault.Error
	if cause := context.Cause(ctx); errors.As(cause, &ours) {
		return cause
	}
	return <-done
}

// recheckCaller is how often it is asked whether the caller of a stream still is who he was.
const recheckCaller = 2 * time.Second

// guard ends the stream soon after its caller is not let in any more, also one on which nothing happens.
func (p *patient) guard(still func(context.Context) error) (stop func()) {
	stopped := make(chan struct{})
	go func() {
		tick := time.NewTicker(recheckCaller)
		defer tick.Stop()
		for {
			select {
			case <-stopped:
				return
			case <-p.ctx.Done():
				return
			case <-tick.C:
			}
			if err := still(p.ctx); fault.KindOf(err) == fault.KindUnauthenticated {
				p.end(err)
				return
			}
		}
	}()
	return func() { close(stopped) }
}

func readerStalled(step time.Duration) *fault.Error {
	return fault.Unavailable("READER_STALLED",
		"nothing of the stream was read for %s; connect again, and go on behind what was read last", step).
		With("seconds", int(step.Seconds())).After(time.Second)
}

// Context gives the context of the call, which also ends with the patience.
func (p *patient) Context() context.Context { return p.ctx }

// SendMsg sends a message; it waits while the windows on the way are full.
func (p *patient) SendMsg(m any) error {
	p.timer.Reset(p.step)
	defer p.timer.Stop()
	return p.ServerStream.SendMsg(m)
}
