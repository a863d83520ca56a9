package client_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

func TestErrorHasEverythingThatTheServerSaid(t *testing.T) {
	f := startFake(t)
	said, err := status.New(codes.InvalidArgument, "two figures are wrong").WithDetails(
		&errdetails.ErrorInfo{Reason: "REPORT_INVALID", Domain: "tonghop", Metadata: map[string]string{"form": "cds"}},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "figures[0].value", Reason: "NUMBER_AMBIGUOUS", Description: "1.234 has two meanings"},
			{
				Field: "figures[2].denominator", Reason: "NUMBER_NEGATIVE", Description: "is negative",
				LocalizedMessage: &errdetails.LocalizedMessage{Locale: "vi", Message: "mẫu số âm"},
			},
		}},
		&errdetails.LocalizedMessage{Locale: "vi", Message: "hai số liệu sai"},
		retryAfter(3*time.Second),
	)
	if err != nil {
		t.Fatal(err)
	}
	f.reports.submit = func(context.Context, *reportingv1.SubmitReportRequest) (*reportingv1.SubmitReportResponse, error) {
		return nil, said.Err()
	}
	_, err = f.dial(t).SubmitReport(t.Context(), &reportingv1.SubmitReportRequest{RequestId: "own"})
	e, ok := errors.AsType[*client.Error](err)
	if !ok {
		t.Fatalf("error = %v, want a client.Error", err)
	}
	if e.Code != codes.InvalidArgument || e.Reason != "REPORT_INVALID" || client.Reason(err) != e.Reason || e.Message != "hai số liệu sai" ||
		e.Params["form"] != "cds" || e.Retry != 3*time.Second || e.RequestID != "own" {
		t.Errorf("error = %+v, want what the server said", e)
	}
	want := []client.Field{
		{Name: "figures[0].value", Reason: "NUMBER_AMBIGUOUS", Message: "1.234 has two meanings"},
		{Name: "figures[2].denominator", Reason: "NUMBER_NEGATIVE", Message: "mẫu số âm"},
	}
	if !slices.Equal(e.Fields, want) {
		t.Errorf("fields = %+v, want %+v", e.Fields, want)
	}
	const text = "hai số liệu sai; figures[0].value: 1.234 has two meanings; figures[2].denominator: mẫu số âm [REPORT_INVALID]"
	if e.Error() != text {
		t.Errorf("text = %q, want %q", e.Error(), text)
	}
	if passed := status.Convert(err); passed.Code() != codes.InvalidArgument || len(passed.Details()) != 4 {
		t.Errorf("passed on it is %v, want the same status with its four details", passed)
	}
}

func TestReasonOfOtherErrors(t *testing.T) {
	for _, err := range []error{nil, errors.New("foreign"), context.Canceled} {
		if got := client.Reason(err); got != "" {
			t.Errorf("Reason(%v) = %q, want none", err, got)
		}
	}
}

func TestTimeoutTellsWhatCameBefore(t *testing.T) {
	f := startFake(t)
	calls := 0
	f.reports.get = func(ctx context.Context, _ *reportingv1.GetReportRequest) (*reportingv1.Report, error) {
		if calls++; calls == 1 {
			return nil, status.Error(codes.Unavailable, "starting up")
		}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	c := f.dial(t, func(c *client.Config) { c.Timeout = 100 * time.Millisecond })
	_, err := c.GetReport(t.Context(), &reportingv1.GetReportRequest{Name: february})
	if err == nil || !strings.Contains(err.Error(), "starting up") || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error = %v, want a timeout that tells of the attempt before", err)
	}
}
