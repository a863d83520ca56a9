package rpc

import (
	"context"
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/message"
)

// Domain stands in every ErrorInfo of this service.
const Domain = "tonghop"

// codeOf is the one table of errors: what sort of failure is which code. Its test walks fault.Kinds.
var codeOf = map[fault.Kind]codes.Code{
	fault.KindInternal:        codes.Internal,
	fault.KindInvalid:         codes.InvalidArgument,
	fault.KindNotFound:        codes.NotFound,
	fault.KindExists:          codes.AlreadyExists,
	fault.KindConflict:        codes.Aborted,
	fault.KindPrecondition:    codes.FailedPrecondition,
	fault.KindDenied:          codes.PermissionDenied,
	fault.KindUnauthenticated: codes.Unauthenticated,
	fault.KindExhausted:       codes.ResourceExhausted,
	fault.KindUnavailable:     codes.Unavailable,
	fault.KindDataLoss:        codes.DataLoss,
}

// maxViolations is how many violations one error lists: they travel in a trailer, and clients limit those. ErrorInfo
// tells how many there are.
const maxViolations = 100

// Status gives the wire form of an error (AIP-193): the code of its kind, one ErrorInfo, every violated field, the text
// in the caller's language, and when to try again. An error that is none of ours is internal, and its text is not told;
// correlation brings it together with the log. A status that grpc itself made keeps its code.
func Status(err error, language message.Language, correlation string) *status.Status {
	var ours *fault.Error
	if !errors.As(err, &ours) {
		if s, ok := transport(err); ok {
			if len(s.Details()) > 0 {
				return s
			}
			return build(s.Code(), fault.New(fault.KindInternal, reasonOfCode(s.Code()), "%s", s.Message()), language, "")
		}
	}
	e := fault.Of(err)
	code, known := codeOf[e.Kind]
	if !known {
		code = codes.Internal
	}
	if e.Kind != fault.KindInternal && e.Kind != fault.KindDataLoss {
		correlation = ""
	}
	return build(code, e, language, correlation)
}

// transport tells what the network or the context ended from what the use cases refused.
func transport(err error) (*status.Status, bool) {
	if s, ok := status.FromError(err); ok && s.Code() != codes.OK {
		return s, true
	}
	switch {
	case errors.Is(err, context.Canceled):
		return status.New(codes.Canceled, "the caller gave up before the answer"), true
	case errors.Is(err, context.DeadlineExceeded):
		return status.New(codes.DeadlineExceeded,
			"the time for this call is over; a change may have been accepted: repeat it with the same request id"), true
	}
	return nil, false
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// reasonOfCode names what grpc or the context ended by themselves.
func reasonOfCode(code codes.Code) string {
	switch code { //nolint:exhaustive // the rest is one sort: the call could not be carried
	case codes.Canceled:
		return "CANCELLED"
	case codes.DeadlineExceeded:
		return "DEADLINE_EXCEEDED"
	case codes.ResourceExhausted:
		return "MESSAGE_TOO_LARGE"
	case codes.Unimplemented:
		return "METHOD_UNKNOWN"
	case codes.InvalidArgument:
		return "REQUEST_MALFORMED"
	}
	return "CALL_FAILED"
}

func build(code codes.Code, e *fault.Error, language message.Language, correlation string) *status.Status {
	info := &errdetails.ErrorInfo{Reason: e.Reason, Domain: Domain, Metadata: map[string]string{}}
	for _, p := range e.Params {
		info.Metadata[p.Key] = p.Value
	}
	if correlation != "" {
		info.Metadata["correlation_id"] = correlation
	}
	details := []protoadapt.MessageV1{info}
	if v := violations(e, language); len(v) > 0 {
		details = append(details, &errdetails.BadRequest{FieldViolations: v})
	}
	details = append(details, &errdetails.LocalizedMessage{Locale: string(language), Message: message.Text(e, language)})
	if e.Retry > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(e.Retry.Round(time.Millisecond))})
	}
	s, err := status.New(code, e.Text).WithDetails(details...)
	if err != nil { // only a code of OK cannot have details, and no kind is OK
		return status.New(code, e.Text)
	}
	return s
}

// violations lists the fields that are at fault.
func violations(e *fault.Error, language message.Language) []*errdetails.BadRequest_FieldViolation {
	all := e.Details
	if len(all) == 0 && e.Field != "" {
		all = []*fault.Error{e}
	}
	list := make([]*errdetails.BadRequest_FieldViolation, 0, min(len(all), maxViolations))
	for _, v := range all[:min(len(all), maxViolations)] {
		list = append(list, &errdetails.BadRequest_FieldViolation{
			Field: v.Field, Description: message.Text(v, language), Reason: v.Reason,
		})
	}
	return list
}

// reasonOf reads the reason back, for the log.
func reasonOf(s *status.Status) string {
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return reasonOfCode(s.Code())
}
