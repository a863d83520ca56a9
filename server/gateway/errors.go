package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/rpc"
)

// outcomes gives each canonical code its HTTP status and its name in google.rpc.Code. FAILED_PRECONDITION is 400 and
// not 412, which HTTP keeps for If-Match; that is ABORTED here.
var outcomes = map[codes.Code]struct {
	http int
	name string
}{
	codes.OK:                 {http.StatusOK, "OK"},
	codes.Canceled:           {499, "CANCELLED"},
	codes.Unknown:            {http.StatusInternalServerError, "UNKNOWN"},
	codes.InvalidArgument:    {http.StatusBadRequest, "INVALID_ARGUMENT"},
	codes.DeadlineExceeded:   {http.StatusGatewayTimeout, "DEADLINE_EXCEEDED"},
	codes.NotFound:           {http.StatusNotFound, "NOT_FOUND"},
	codes.AlreadyExists:      {http.StatusConflict, "ALREADY_EXISTS"},
	codes.PermissionDenied:   {http.StatusForbidden, "PERMISSION_DENIED"},
	codes.ResourceExhausted:  {http.StatusTooManyRequests, "RESOURCE_EXHAUSTED"},
	codes.FailedPrecondition: {http.StatusBadRequest, "FAILED_PRECONDITION"},
	codes.Aborted:            {http.StatusConflict, "ABORTED"},
	codes.OutOfRange:         {http.StatusBadRequest, "OUT_OF_RANGE"},
	codes.Unimplemented:      {http.StatusNotImplemented, "UNIMPLEMENTED"},
	codes.Internal:           {http.StatusInternalServerError, "INTERNAL"},
	codes.Unavailable:        {http.StatusServiceUnavailable, "UNAVAILABLE"},
	codes.DataLoss:           {http.StatusInternalServerError, "DATA_LOSS"},
	codes.Unauthenticated:    {http.StatusUnauthorized, "UNAUTHENTICATED"},
}

// exactly are the reasons for which HTTP has a better word than the code has. 429 would ask the caller to send a file
// that is too large once more.
var exactly = map[string]int{
	"METHOD_NOT_ALLOWED":       http.StatusMethodNotAllowed,
	"BODY_STALLED":             http.StatusRequestTimeout,
	"BODY_TOO_LARGE":           http.StatusRequestEntityTooLarge,
	"FILE_TOO_LARGE":           http.StatusRequestEntityTooLarge,
	"MESSAGE_TOO_LARGE":        http.StatusRequestEntityTooLarge,
	"CONTENT_TYPE_UNSUPPORTED": http.StatusUnsupportedMediaType,
}

// errorForm is how an error looks (AIP-193, the HTTP form).
type errorForm struct {
	Error errorBody `json:"error"`
}

type errorBody struct {
	Code    int               `json:"code"`
	Status  string            `json:"status"`
	Message string            `json:"message"`
	Details []json.RawMessage `json:"details"`
}

// formOf gives the form of a status. Its message is the one for people, in their language, where there is one.
func formOf(s *status.Status) errorForm {
	outcome, known := outcomes[s.Code()]
	if !known {
		outcome = outcomes[codes.Unknown]
	}
	body := errorBody{Code: outcome.http, Status: outcome.name, Message: s.Message(), Details: []json.RawMessage{}}
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.LocalizedMessage:
			body.Message = d.GetMessage()
		case *errdetails.ErrorInfo:
			if code, better := exactly[d.GetReason()]; better {
				body.Code = code
			}
		}
	}
	for _, detail := range s.Proto().GetDetails() {
		// A detail whose type is not known here cannot be written, and the rest is still worth reading.
		if b, err := protojson.Marshal(detail); err == nil {
			body.Details = append(body.Details, b)
		}
	}
	return errorForm{Error: body}
}

// retryOf says after how long the same request may be tried again; zero if nothing is promised.
func retryOf(s *status.Status) time.Duration {
	for _, detail := range s.Details() {
		if d, ok := detail.(*errdetails.RetryInfo); ok {
			return d.GetRetryDelay().AsDuration()
		}
	}
	return 0
}

// refuse answers with an error.
func (g *Gateway) refuse(ctx context.Context, w http.ResponseWriter, err error) {
	s := statusOf(ctx, err)
	if fault.KindOf(err) == fault.KindInternal && s.Code() == codes.Internal {
		if _, told := status.FromError(err); !told { // otherwise the gRPC server has logged it, and it is his
			g.log.ErrorContext(ctx, "a JSON request failed", "error", fault.Of(err).Private())
		}
	}
	form := formOf(s)
	h := w.Header()
	if form.Error.Code == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if retry := retryOf(s); retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(retry.Seconds()))))
	}
	g.write(ctx, w, form.Error.Code, form)
}

// write answers with a value of the gateway's own.
func (g *Gateway) write(ctx context.Context, w http.ResponseWriter, code int, value any) {
	b, err := json.Marshal(value)
	if err != nil {
		g.log.ErrorContext(ctx, "an answer cannot be written as JSON", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", typeJSON)
	w.WriteHeader(code)
	_, _ = w.Write(b) // whoever does not read any more needs no answer
}

// onError answers with the error of a call, of the client's interceptors, or of the generated code.
func (g *Gateway) onError(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
	var routing *runtime.HTTPStatusError
	if errors.As(err, &routing) {
		err = fault.Invalid("PATH_INVALID", "the path %q cannot be read; escape it once", shorten(r.URL.EscapedPath()))
	}
	g.refuse(ctx, w, err)
}

// statusOf gives an error its wire form in the caller's language. What the gateway itself has ended tells its own reason.
func statusOf(ctx context.Context, err error) *status.Status {
	var ours *fault.Error
	if errors.As(context.Cause(ctx), &ours) {
		err = ours
	}
	return rpc.Status(err, languageIn(ctx), "")
}

func pathUnknown(path string) error {
	return fault.NotFound("PATH_UNKNOWN", "there is no path %s here; /openapi.json lists those that are", shorten(path)).With("path", shorten(path))
}

// onRoutingError answers where there is no method for a path.
func (g *Gateway) onRoutingError(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, code int) {
	verbs := strings.Join(g.verbsOf(r.URL.Path), ", ")
	if code != http.StatusMethodNotAllowed || verbs == "" {
		g.refuse(ctx, w, pathUnknown(r.URL.Path))
		return
	}
	w.Header().Set("Allow", verbs)
	g.refuse(ctx, w, fault.Invalid("METHOD_NOT_ALLOWED", "%s %s is not possible; use %s", shorten(r.Method), shorten(r.URL.Path), verbs).
		With("method", shorten(r.Method)).With("path", shorten(r.URL.Path)).With("list", verbs))
}
