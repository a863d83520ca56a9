package client

import (
	"context"
	"errors"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Error is a refusal or failure of a call. Every error that a method of [Client] gives is one, found by errors.As; an
// error of the context is found by errors.Is as well.
type Error struct {
	// Code is the canonical code.
	Code codes.Code
	// Reason is stable, such as "ETAG_MISMATCH": match it, never the message. Empty: the line failed, not the request.
	Reason string
	// Message says what was asked, what is wrong and what to do, in the language that was asked for.
	Message string
	// Fields are all the fields that are at fault.
	Fields []Field
	// Params are the values that the message names.
	Params map[string]string
	// Retry is after how long the server suggests to try again. 0: it did not say.
	Retry time.Duration
	// RequestID is that of the change, or the stream id. After UNAVAILABLE the change may have been made: send it again
	// with this id, and it counts once. Empty: the call changes nothing.
	RequestID string

	status  *status.Status
	mayWait bool
	cause   error
}

// Field is one field that is at fault.
type Field struct {
	// Name is its path, such as "figures[2].value".
	Name string
	// Reason is stable, such as "NUMBER_AMBIGUOUS".
	Reason string
	// Message is for people.
	Message string
}

// Error is the message with the reason behind it.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	for _, f := range e.Fields {
		if f.Message != e.Message {
			b.WriteString("; " + f.Name + ": " + f.Message)
		}
	}
	if e.Reason != "" {
		b.WriteString(" [" + e.Reason + "]")
	} else {
		b.WriteString(" [" + e.Code.String() + "]")
	}
	return b.String()
}

// Unwrap gives what ended the call on this side: an error of the context or of the file.
func (e *Error) Unwrap() error { return e.cause }

// GRPCStatus gives the status with its details, so that the error can be passed on unchanged.
func (e *Error) GRPCStatus() *status.Status { return e.status }

// Reason gives the reason of an error of this package, and "" for any other.
func Reason(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ""
}

// failure turns what grpc gave into an Error.
func failure(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	s, ok := status.FromError(err)
	if !ok {
		s = status.FromContextError(err)
	}
	e := &Error{Code: s.Code(), Message: s.Message(), status: s}
	switch e.Code {
	case codes.Canceled:
		e.cause = context.Canceled
	case codes.DeadlineExceeded:
		e.cause = context.DeadlineExceeded
	default:
		// A foreign error that is no status, such as one of a file.
		if !ok {
			e.cause = err
		}
	}
	for _, detail := range s.Details() {
		e.read(detail)
	}
	return e
}

func (e *Error) read(detail any) {
	switch d := detail.(type) {
	case *errdetails.ErrorInfo:
		e.Reason, e.Params = d.GetReason(), d.GetMetadata()
	case *errdetails.LocalizedMessage:
		if d.GetMessage() != "" {
			e.Message = d.GetMessage()
		}
	case *errdetails.BadRequest:
		for _, v := range d.GetFieldViolations() {
			message := v.GetDescription()
			if l := v.GetLocalizedMessage().GetMessage(); l != "" {
				message = l
			}
			e.Fields = append(e.Fields, Field{Name: v.GetField(), Reason: v.GetReason(), Message: message})
		}
	case *errdetails.RetryInfo:
		e.Retry, e.mayWait = max(0, d.GetRetryDelay().AsDuration()), true
	}
}

// broken is the failure of a line that said nothing itself.
func broken(message string) *Error {
	return &Error{Code: codes.Unavailable, Message: message, status: status.New(codes.Unavailable, message)}
}

// Passing says whether the same call may succeed a moment later.
func (e *Error) Passing() bool {
	return e.Code == codes.Unavailable || e.Code == codes.ResourceExhausted && e.mayWait
}
