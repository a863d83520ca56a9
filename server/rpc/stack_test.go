package rpc_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

// reason gives code and reason of an error, "OK" for none.
func reason(err error) string {
	s := status.Convert(err)
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return s.Code().String() + " " + info.GetReason()
		}
	}
	return s.Code().String()
}

// fields gives the fields that an error names.
func fields(err error) string {
	var list []string
	for _, d := range status.Convert(err).Details() {
		if bad, ok := d.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				list = append(list, v.GetField())
			}
		}
	}
	return strings.Join(list, " ")
}

// wants ends the test unless the error has code and reason.
func wants(t *testing.T, err error, want string) {
	t.Helper()
	if got := reason(err); got != want {
		t.Fatalf("error = %s (%v), want %s", got, err, want)
	}
}

// wantsField is wants and the field that is at fault.
func wantsField(t *testing.T, err error, want, field string) {
	t.Helper()
	wants(t, err, want)
	if got := fields(err); got != field {
		t.Errorf("%s is at %q, want %q", want, got, field)
	}
}

func text(s string) *string { return &s }

// submission is a report of May with one figure.
func submission(s *rpctest.Stack, unit, value string) *reportingv1.SubmitReportRequest {
	return &reportingv1.SubmitReportRequest{
		Name: "units/" + unit + "/reports/cds~2024-05", RequestId: s.NewID(),
		Figures: []*reportingv1.Figure{{Indicator: "HS", Value: text(value)}},
	}
}

// shown gives a figure as a short text in which absence is seen.
func shown(f *reportingv1.Figure) string {
	if f == nil {
		return "·"
	}
	part := func(p *string) string {
		if p == nil {
			return "·"
		}
		return *p
	}
	state := strings.TrimPrefix(f.GetState().String(), "FIGURE_STATE_")
	return fmt.Sprintf("%s %s %s/%s %s", f.GetIndicator(), part(f.Value), part(f.Numerator), part(f.Denominator), state)
}

func allShown(list []*reportingv1.Figure) string {
	out := make([]string, len(list))
	for i, f := range list {
		out[i] = shown(f)
	}
	return strings.Join(out, "; ")
}

// ok is the code of no error.
var ok = codes.OK.String()
