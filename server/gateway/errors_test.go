package gateway_test

import (
	"net/http"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tonghop/tonghop/server/fault"
	tonghopmessage "github.com/tonghop/tonghop/server/message"
	"github.com/tonghop/tonghop/server/rpc"
)

// wire is the mapping as google.rpc.Code states it.
var wire = map[codes.Code]struct {
	http int
	name string
}{
	codes.Canceled:           {499, "CANCELLED"},
	codes.Unknown:            {500, "UNKNOWN"},
	codes.InvalidArgument:    {400, "INVALID_ARGUMENT"},
	codes.DeadlineExceeded:   {504, "DEADLINE_EXCEEDED"},
	codes.NotFound:           {404, "NOT_FOUND"},
	codes.AlreadyExists:      {409, "ALREADY_EXISTS"},
	codes.PermissionDenied:   {403, "PERMISSION_DENIED"},
	codes.ResourceExhausted:  {429, "RESOURCE_EXHAUSTED"},
	codes.FailedPrecondition: {400, "FAILED_PRECONDITION"},
	codes.Aborted:            {409, "ABORTED"},
	codes.OutOfRange:         {400, "OUT_OF_RANGE"},
	codes.Unimplemented:      {501, "UNIMPLEMENTED"},
	codes.Internal:           {500, "INTERNAL"},
	codes.Unavailable:        {503, "UNAVAILABLE"},
	codes.DataLoss:           {500, "DATA_LOSS"},
	codes.Unauthenticated:    {401, "UNAUTHENTICATED"},
}

func TestEveryCodeHasItsForm(t *testing.T) {
	var say *status.Status
	w := open(t, func(heard, grpc.ServerStream) (proto.Message, error) { return nil, say.Err() })
	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		want, stated := wire[code]
		if !stated {
			t.Fatalf("the table has no row for %v", code)
		}
		var err error
		say, err = status.New(code, "in English").WithDetails(
			&errdetails.ErrorInfo{Reason: "SOME_REASON", Domain: "tonghop", Metadata: map[string]string{"unit": "82"}},
			&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "figures[2].value", Description: "not a number"}}},
			&errdetails.LocalizedMessage{Locale: "vi", Message: "bằng tiếng Việt"},
			&errdetails.RetryInfo{RetryDelay: durationpb.New(1500 * time.Millisecond)},
		)
		if err != nil {
			t.Fatal(err)
		}
		a := w.ask("GET", "/v1/units/82", "")
		a.refused(t, code.String(), want.http, "SOME_REASON")
		if a.failure.Status != want.name || a.failure.Message != "bằng tiếng Việt" || len(a.failure.Details) != 4 {
			t.Errorf("%v: %s", code, a.body)
		}
		if got := a.failure.detail("BadRequest"); got == nil || got["fieldViolations"].([]any)[0].(map[string]any)["field"] != "figures[2].value" {
			t.Errorf("%v: the violated field is lost: %s", code, a.body)
		}
		if got := a.header.Get("Retry-After"); got != "2" {
			t.Errorf("%v: Retry-After %q, want 2: never before its time", code, got)
		}
		wantChallenge := ""
		if code == codes.Unauthenticated {
			wantChallenge = "Bearer"
		}
		if got := a.header.Get("WWW-Authenticate"); got != wantChallenge {
			t.Errorf("%v: WWW-Authenticate %q, want %q and nothing of the error's text", code, got, wantChallenge)
		}
	}
}

func TestWhatIsTooLargeIsNotToBeTriedAgain(t *testing.T) {
	w := open(t, func(heard, grpc.ServerStream) (proto.Message, error) {
		return nil, rpc.Status(fault.Exhausted("FILE_TOO_LARGE", "divide it"), tonghopmessage.English, "").Err()
	})
	a := w.ask("GET", "/v1/status", "")
	a.refused(t, "a file that is too large", http.StatusRequestEntityTooLarge, "FILE_TOO_LARGE")
	if a.failure.Status != "RESOURCE_EXHAUSTED" {
		t.Errorf("the canonical code is lost: %s", a.body)
	}
}

func TestAnErrorOfGRPCItselfGetsAReason(t *testing.T) {
	w := open(t, func(heard, grpc.ServerStream) (proto.Message, error) {
		return nil, status.Error(codes.Unavailable, "gone")
	})
	w.ask("GET", "/v1/status", "").refused(t, "a bare status", http.StatusServiceUnavailable, "CALL_FAILED")
}

func TestRoutingErrorsHaveTheFormToo(t *testing.T) {
	w := open(t, nil)
	for _, c := range []struct {
		verb, path   string
		code         int
		reason, list string
	}{
		{"GET", "/", 404, "PATH_UNKNOWN", ""},
		{"GET", "/v1/nothing", 404, "PATH_UNKNOWN", ""},
		{"GET", "/v1/units/", 404, "PATH_UNKNOWN", ""},
		{"GET", "/v1//units", 404, "PATH_UNKNOWN", ""},
		{"GET", "/v1/units/../status", 404, "PATH_UNKNOWN", ""},
		{"POST", "/v1/units/82/reports/cds~2024-02:sign", 405, "METHOD_NOT_ALLOWED", "GET"},
		{"DELETE", "/v1/units", 405, "METHOD_NOT_ALLOWED", "GET, POST"},
		{"PUT", "/v1/units/82", 405, "METHOD_NOT_ALLOWED", "GET, PATCH"},
		{"GET", "/v1/reports:import", 405, "METHOD_NOT_ALLOWED", "POST"},
		{"OPTIONS", "/v1/units", 405, "METHOD_NOT_ALLOWED", "GET, POST"},
		{"POST", "/healthz", 405, "METHOD_NOT_ALLOWED", "GET, HEAD"},
		{"DELETE", "/openapi.json", 405, "METHOD_NOT_ALLOWED", "GET, HEAD"},
		{"GET", "/v1/units/%ff", 400, "PATH_INVALID", ""},
	} {
		a := w.ask(c.verb, c.path, "")
		a.refused(t, c.verb+" "+c.path, c.code, c.reason)
		if got := a.header.Get("Allow"); got != c.list {
			t.Errorf("%s %s: Allow %q, want %q", c.verb, c.path, got, c.list)
		}
		w.silent(c.verb + " " + c.path)
	}
}

func TestTheMessageIsInTheLanguageThatWasAskedFor(t *testing.T) {
	w := open(t, nil)
	for header, locale := range map[string]string{"vi": "vi", "en-US,en;q=0.9": "en", "fr": "vi"} {
		a := w.ask("GET", "/v1/nothing", "", "Accept-Language: "+header)
		if got := a.failure.detail("LocalizedMessage"); got["locale"] != locale || got["message"] != a.failure.Message {
			t.Errorf("Accept-Language %s: %s, want the message in %s", header, a.body, locale)
		}
	}
}

func TestAnErrorSaysWhoseTheFaultIs(t *testing.T) {
	w := open(t, nil)
	w.health.SetServingStatus("", 0)
	a := w.ask("GET", "/readyz", "", "Accept-Language: en")
	a.refused(t, "/readyz of a server that is not ready", http.StatusServiceUnavailable, "NOT_READY")
	if a.failure.detail("ErrorInfo")["domain"] != "tonghop" || a.header.Get("Retry-After") != "1" {
		t.Errorf("%s, Retry-After %q", a.body, a.header.Get("Retry-After"))
	}
}
