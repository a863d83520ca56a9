package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/message"
	"github.com/tonghop/tonghop/server/rpc"
)

// Reasons of errors that are made here and have an HTTP status of their own.
const (
	reasonBodyTooLarge = "BODY_TOO_LARGE"
	reasonBodyType     = "BODY_TYPE"
	reasonMethod       = "METHOD_NOT_ALLOWED"
)

// httpStatus is what a reason is in HTTP where the code alone says too little.
var httpStatus = map[string]int{
	reasonBodyTooLarge:  http.StatusRequestEntityTooLarge,
	"FILE_TOO_LARGE":    http.StatusRequestEntityTooLarge,
	"MESSAGE_TOO_LARGE": http.StatusRequestEntityTooLarge,
	reasonBodyType:      http.StatusUnsupportedMediaType,
	reasonMethod:        http.StatusMethodNotAllowed,
}

// errorBody is the HTTP form of an error (AIP-193).
type errorBody struct {
	Error struct {
		Code    int               `json:"code"`
		Status  string            `json:"status"`
		Message string            `json:"message"`
		Details []json.RawMessage `json:"details"`
	} `json:"error"`
}

// httpCode gives the HTTP status of an error.
func httpCode(s *status.Status) int {
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			if special, ok := httpStatus[info.GetReason()]; ok {
				return special
			}
		}
	}
	return runtime.HTTPStatusFromCode(s.Code())
}

// errorJSON writes an error. A detail that cannot be written is left out: the rest is worth more than nothing.
func errorJSON(s *status.Status) []byte {
	var body errorBody
	body.Error.Code = httpCode(s)
	body.Error.Status = code.Code(s.Code()).String() //nolint:gosec // there are seventeen codes
	body.Error.Message = s.Message()
	body.Error.Details = []json.RawMessage{}
	for _, d := range s.Proto().GetDetails() {
		if b, err := protojson.Marshal(d); err == nil {
			body.Error.Details = append(body.Error.Details, b)
		}
	}
	b, err := json.Marshal(body)
	if err != nil { // no field of it can fail
		return []byte(`{"error":{"code":500,"status":"INTERNAL","message":"the error cannot be written","details":[]}}`)
	}
	return b
}

// fail answers with an error.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	s := rpc.Status(err, message.ParseAcceptLanguage(r.Header.Get("Accept-Language")), "")
	for _, d := range s.Details() {
		if retry, ok := d.(*errdetails.RetryInfo); ok {
			seconds := (retry.GetRetryDelay().AsDuration() + time.Second - 1) / time.Second
			w.Header().Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(httpCode(s))
	_, _ = w.Write(append(errorJSON(s), '\n')) //nolint:errcheck // nobody is left to tell
}

// callFailed answers with what the gRPC server refused, or what grpc-gateway could not read.
func callFailed(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
	if t := tripOf(r.Context()); t != nil && t.tooLarge {
		err = bodyTooLarge(maxBody)
	}
	var routed *runtime.HTTPStatusError
	if errors.As(err, &routed) {
		err = malformed(routed.Err.Error())
	}
	if s, ok := status.FromError(err); ok && s.Code() == codes.InvalidArgument && len(s.Details()) == 0 {
		err = malformed(s.Message())
	}
	fail(w, r, err)
}

// routingFailed answers a request that no method is for.
func routingFailed(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, code int) {
	switch code {
	case http.StatusNotFound:
		fail(w, r, fault.NotFound("PATH_UNKNOWN", "there is nothing at %s; see /openapi.json for what there is", shorten(r.URL.Path)).
			With("path", shorten(r.URL.Path)))
	case http.StatusMethodNotAllowed:
		fail(w, r, methodNotAllowed(r))
	default:
		fail(w, r, malformed(http.StatusText(code)))
	}
}

func malformed(what string) error {
	return fault.Invalid("REQUEST_MALFORMED", "the request cannot be read: %s", what).With("detail", what)
}

func methodNotAllowed(r *http.Request) error {
	return fault.Invalid(reasonMethod, "%s cannot be done at %s; see /openapi.json for what can", shorten(r.Method), shorten(r.URL.Path)).
		With("method", shorten(r.Method)).With("path", shorten(r.URL.Path))
}

func bodyTooLarge(limit int64) error {
	return fault.Exhausted(reasonBodyTooLarge, "the body has more than %d MiB; divide it, or import a file", limit>>20).
		With("limit", limit>>20)
}
