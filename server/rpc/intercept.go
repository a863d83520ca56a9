package rpc

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/message"
)

// call is what is known of one call; edge makes it, admit fills in the caller.
type call struct {
	method   string
	language message.Language
	caller   auth.Caller
	// peer is the machine that it comes from.
	peer  auth.Peer
	began time.Time
	// credential is the public id of the token that was shown, known or not; request is what the caller calls his request.
	credential, request string
}

type callKey struct{}

// callOf gives the call that a context belongs to.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

// languageOf is the language in which the caller wants to be told.
func languageOf(ctx context.Context) message.Language { return callOf(ctx).language }

// callerOf is who makes the call; nobody before he was admitted.
func callerOf(ctx context.Context) auth.Caller { return callOf(ctx).caller }

func (d *door) begin(ctx context.Context, method string) (context.Context, *call) {
	c := &call{method: method, language: asked(ctx), began: d.now()}
	return context.WithValue(ctx, callKey{}, c), c
}

func (d *door) edgeUnary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	ctx, c := d.begin(ctx, info.FullMethod)
	if named, ok := request.(interface{ GetRequestId() string }); ok {
		c.request = named.GetRequestId()
	}
	answer, err := handler(ctx, request)
	if err = d.end(ctx, c, err); err != nil {
		return nil, err
	}
	return answer, nil
}

func (d *door) edgeStream(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	ctx, c := d.begin(stream.Context(), info.FullMethod)
	return d.end(ctx, c, patiently(server, within{ServerStream: stream, ctx: ctx}, d.sendWithin, handler))
}

// end turns the error of a call into a status and writes the one line that the log has about the call: never what was
// sent or answered.
func (d *door) end(ctx context.Context, c *call, err error) error {
	level := slog.LevelInfo
	if _, ours := d.rights[c.method]; err == nil && !ours {
		level = slog.LevelDebug // somebody asks for health every second
	}
	if err == nil && !d.log.Enabled(ctx, level) {
		return nil
	}
	line := []slog.Attr{
		slog.String("method", c.method), slog.Any("principal", c.caller), slog.Duration("took", d.now().Sub(c.began)),
	}
	if err == nil {
		d.log.LogAttrs(ctx, level, "call", append(line, slog.String("code", codes.OK.String()))...)
		return nil
	}
	correlation := newCorrelation()
	s := Status(err, c.language, correlation)
	d.refused(ctx, c, s)
	line = append(line, slog.String("code", s.Code().String()), slog.String("reason", reasonOf(s)))
	switch s.Code() { //nolint:exhaustive // all others are the caller's own
	case codes.Internal, codes.DataLoss, codes.Unknown:
		level = slog.LevelError
		line = append(line, slog.String("correlation_id", correlation), slog.String("error", private(err)))
	case codes.Unavailable, codes.ResourceExhausted, codes.DeadlineExceeded:
		level = slog.LevelWarn
		line = append(line, slog.String("error", private(err)))
	}
	d.log.LogAttrs(ctx, level, "call", line...)
	return s.Err()
}

// private is what the log alone may know of an error.
func private(err error) string {
	if s, ok := status.FromError(err); ok {
		return s.Message()
	}
	if isContext(err) {
		return err.Error()
	}
	return fault.Of(err).Private()
}

// newCorrelation draws the word by which a caller's answer and the log's line are brought together.
func newCorrelation() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: the runtime stops the process instead
	return hex.EncodeToString(b[:])
}

// panicked makes an internal error of a panic; its text and stack are for the log.
var panicked = recovery.WithRecoveryHandler(func(p any) error {
	return fault.Internal(fmt.Errorf("panic: %v\n%s", p, debug.Stack()), "the server failed; its log has the cause")
})

// within is a stream whose context an interceptor has added to.
type within struct {
	grpc.ServerStream
	ctx context.Context //nolint:containedctx // grpc asks the stream for it
}

// Context gives the context of the call.
func (w within) Context() context.Context { return w.ctx }
