package client

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Retry tells that an attempt failed and when the next one is made.
type Retry struct {
	// Method is the name of the method, such as "SubmitReport".
	Method string
	// Attempt is the number of the attempt that failed, from 1.
	Attempt int
	// Attempts is how many there may be.
	Attempts int
	// Delay is the pause before the next one.
	Delay time.Duration
	// Err is why it failed.
	Err *Error
}

// attempts counts the attempts of one call.
type attempts struct {
	client *Client
	method string
	failed int
	// last is what the attempt before said.
	last *Error
}

// forward says that the call moved on, so that the next break is a first one again.
func (a *attempts) forward() { a.failed = 0 }

// next waits until the call may be tried again and gives nil, or gives the error that ends it.
func (a *attempts) next(ctx context.Context, err error) error {
	e := failure(err)
	a.failed++
	if !e.Passing() || a.failed >= a.client.config.Attempts || ctx.Err() != nil {
		return a.ended(ctx, e)
	}
	delay := a.delay(e)
	pause, cancel := context.WithTimeout(ctx, delay)
	defer cancel()
	if at, ok := ctx.Deadline(); ok {
		// The pause ends with the call itself: there will be no next attempt, so nobody waits for it.
		if end, _ := pause.Deadline(); end.Equal(at) {
			return e
		}
	}
	if tell := a.client.config.OnRetry; tell != nil {
		tell(Retry{Method: a.method, Attempt: a.failed, Attempts: a.client.config.Attempts, Delay: delay, Err: e})
	}
	a.last = e
	<-pause.Done()
	if ctx.Err() != nil {
		return a.ended(ctx, e)
	}
	return nil
}

// delay doubles from attempt to attempt. Half of it is random, so that a thousand communes that lost the server in the
// same second do not come back in the same second. The server's own word is never shortened.
func (a *attempts) delay(e *Error) time.Duration {
	d := a.client.config.FirstDelay
	for range a.failed - 1 {
		d = min(2*d, a.client.config.MaxDelay)
	}
	d = d/2 + rand.N(d/2+1)
	if e.Retry > 0 {
		d = max(d, e.Retry+rand.N(e.Retry/4+1))
	}
	return d
}

// ended notes that it was the context that ended the call, beside what the last attempt said.
func (a *attempts) ended(ctx context.Context, e *Error) *Error {
	if e.cause == nil {
		e.cause = ctx.Err()
	}
	// The server keeps the same deadline and may be the first to notice that it passed.
	if e.Code == codes.DeadlineExceeded && e.Reason == "" {
		e.Message = "the server did not answer in time"
		if a.last != nil {
			e.Message += "; before that: " + a.last.Message
		}
	}
	return e
}

// call makes one call that is not a stream, as often as it takes.
func call[Q, A any](ctx context.Context, c *Client, method string, do func(context.Context, Q, ...grpc.CallOption) (A, error), q Q) (A, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	tries := attempts{client: c, method: method}
	for {
		a, err := do(ctx, q)
		if err == nil {
			return a, nil
		}
		if err := tries.next(ctx, err); err != nil {
			var none A
			return none, err
		}
	}
}

// change is a call that changes something: it goes out under one request id, however often.
func change[Q proto.Message, A any](ctx context.Context, c *Client, method string, do func(context.Context, Q, ...grpc.CallOption) (A, error), q Q) (A, error) {
	var none A
	q, id, err := identified(q)
	if err != nil {
		return none, err
	}
	a, err := call(ctx, c, method, do, q)
	if err != nil {
		return none, underID(err, id)
	}
	return a, nil
}

// identified gives the request with an id: its own, or a new one in a copy.
func identified[Q proto.Message](q Q) (Q, string, error) {
	field := q.ProtoReflect().Descriptor().Fields().ByName("request_id")
	if id := q.ProtoReflect().Get(field).String(); id != "" {
		return q, id, nil
	}
	id, err := newID()
	if err != nil {
		return q, "", err
	}
	// A copy of the message alone: what it holds is only read.
	copied := q.ProtoReflect().New()
	q.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		copied.Set(field, value)
		return true
	})
	copied.SetUnknown(q.ProtoReflect().GetUnknown())
	copied.Set(field, protoreflect.ValueOfString(id))
	return copied.Interface().(Q), id, nil //nolint:forcetypeassert // New makes a message of the same type
}

// newID is ordered by time: the server keeps ids in a tree, and neighbours are cheap there.
func newID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", failure(err)
	}
	return id.String(), nil
}

// underID names the id in the error, for a caller who goes on later.
func underID(err error, id string) error {
	e := failure(err)
	e.RequestID = id
	return e
}
