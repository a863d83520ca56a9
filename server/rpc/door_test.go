package rpc_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/rpc"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

func TestNobodyGetsInWithoutAToken(t *testing.T) {
	s := rpctest.New(t)
	access := reportingv1.NewAccessServiceClient(s.Conn)
	for _, c := range []struct {
		name, want string
		metadata   []string
	}{
		{"nothing", "Unauthenticated TOKEN_MISSING", nil},
		{"another scheme", "Unauthenticated TOKEN_MISSING", []string{"authorization", "Basic " + s.Admin}},
		{"no scheme", "Unauthenticated TOKEN_MISSING", []string{"authorization", s.Admin}},
		{"no token", "Unauthenticated TOKEN_INVALID", []string{"authorization", "Bearer "}},
		{"mistyped", "Unauthenticated TOKEN_INVALID", []string{"authorization", "Bearer " + s.Admin[:len(s.Admin)-1] + "z"}},
		{"twice", "Unauthenticated TOKEN_REPEATED", []string{"authorization", "Bearer " + s.Admin, "authorization", "Bearer " + s.Admin}},
		{"under another name", "Unauthenticated TOKEN_MISSING", []string{"grpcgateway-authorization", "Bearer " + s.Admin}},
		{"right", ok, []string{"authorization", "Bearer " + s.Admin}},
		{"in another case", ok, []string{"authorization", "bearer " + s.Admin}},
	} {
		ctx := metadata.AppendToOutgoingContext(t.Context(), c.metadata...)
		if _, err := access.GetCaller(ctx, &reportingv1.GetCallerRequest{}); reason(err) != c.want {
			t.Errorf("%s: error = %s, want %s", c.name, reason(err), c.want)
		}
		stream, err := reportingv1.NewChangeServiceClient(s.Conn).WatchChanges(ctx, &reportingv1.WatchChangesRequest{})
		s.Must(err)
		if _, err := stream.Recv(); reason(err) != c.want {
			t.Errorf("%s: error of a stream = %s, want %s", c.name, reason(err), c.want)
		}
	}
}

func TestARoleThatNeverHasTheRightIsRefusedBeforeAnythingIsRead(t *testing.T) {
	s := rpctest.New(t).Populate()
	_, err := reportingv1.NewUnitServiceClient(s.Conn).CreateUnit(s.As(s.Token(auth.Viewer, "82")), &reportingv1.CreateUnitRequest{})
	wants(t, err, "PermissionDenied RIGHT_MISSING")
	_, err = reportingv1.NewReportServiceClient(s.Conn).GetReport(s.As(s.Token(auth.Operator, "")), &reportingv1.GetReportRequest{Name: "units/30280/reports/cds~2024-05"})
	wants(t, err, "PermissionDenied RIGHT_MISSING")
}

func TestHealthNeedsNoTokenAndFollowsTheServer(t *testing.T) {
	s := rpctest.New(t)
	health := healthv1.NewHealthClient(s.Conn)
	for _, serving := range []bool{true, false, true} {
		s.Server.SetServing(serving)
		answer, err := health.Check(t.Context(), &healthv1.HealthCheckRequest{})
		s.Must(err)
		if got := answer.GetStatus() == healthv1.HealthCheckResponse_SERVING; got != serving {
			t.Errorf("health says %s, want serving %t", answer.GetStatus(), serving)
		}
	}
}

func TestReflectionIsThereWhenItIsAskedFor(t *testing.T) {
	for _, on := range []bool{false, true} {
		s := rpctest.New(t, func(c *rpc.Config) { c.Reflection = on })
		stream, err := reflectionv1.NewServerReflectionClient(s.Conn).ServerReflectionInfo(t.Context())
		s.Must(err)
		_ = stream.Send(&reflectionv1.ServerReflectionRequest{ // Recv tells
			MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{},
		})
		_, err = stream.Recv()
		if want := map[bool]codes.Code{true: codes.OK, false: codes.Unimplemented}[on]; status.Code(err) != want {
			t.Errorf("reflection %t: error = %v, want %s", on, err, want)
		}
	}
}

// TestWordsComeInTheLanguageThatIsAskedFor also holds that the message for programs stays English.
func TestWordsComeInTheLanguageThatIsAskedFor(t *testing.T) {
	s := rpctest.New(t).Populate()
	for asked, want := range map[string]string{"": "vi", "en": "en", "vi, en;q=0.8": "vi", "en-GB, vi;q=0.5": "en", "fr": "vi"} {
		_, err := reportingv1.NewUnitServiceClient(s.Conn).GetUnit(s.As(s.Admin, "accept-language", asked), &reportingv1.GetUnitRequest{Name: "units/9"})
		wants(t, err, "NotFound UNIT_NOT_FOUND")
		if m := status.Convert(err).Message(); !strings.Contains(m, "no unit") && !strings.Contains(m, "there is") {
			t.Errorf("message = %q, want English", m)
		}
		for _, d := range status.Convert(err).Details() {
			words, isWords := d.(*errdetails.LocalizedMessage)
			if isWords && (words.GetLocale() != want || strings.Contains(words.GetMessage(), "đơn vị") != (want == "vi")) {
				t.Errorf("accept-language %q: words are %v", asked, words)
			}
		}
	}
}

func TestUnknownFieldsAreRefusedWhereverTheyHide(t *testing.T) {
	s := rpctest.New(t).Populate()
	reports := reportingv1.NewReportServiceClient(s.Conn)
	ctx := s.As(s.Token(auth.Reporter, "30280"))
	field := protowire.AppendVarint(protowire.AppendTag(nil, 77, protowire.VarintType), 1)

	r := submission(s, "30280", "5")
	r.ProtoReflect().SetUnknown(field)
	_, err := reports.SubmitReport(ctx, r)
	wants(t, err, "InvalidArgument UNKNOWN_FIELD")
	if !strings.Contains(err.Error(), "77") {
		t.Errorf("the number is not told: %v", err)
	}

	r = submission(s, "30280", "5")
	r.GetFigures()[0].ProtoReflect().SetUnknown(field)
	_, err = reports.SubmitReport(ctx, r)
	wantsField(t, err, "InvalidArgument UNKNOWN_FIELD", "figures[0]")

	stream, err := reports.StreamReports(ctx)
	s.Must(err)
	s.Must(stream.Send(&reportingv1.StreamReportsRequest{Part: &reportingv1.StreamReportsRequest_Options{
		Options: &reportingv1.StreamOptions{StreamId: s.NewID()},
	}}))
	s.Must(stream.Send(&reportingv1.StreamReportsRequest{Part: &reportingv1.StreamReportsRequest_Item{
		Item: &reportingv1.StreamItem{Submission: r},
	}}))
	_, err = stream.Recv()
	wantsField(t, err, "InvalidArgument UNKNOWN_FIELD", "item.submission.figures[0]")

	_, err = reports.GetReport(ctx, &reportingv1.GetReportRequest{Name: "units/30280/reports/cds~2024-05"})
	wants(t, err, "NotFound REPORT_NOT_FOUND")
}

// TestAPanicIsAnInternalErrorThatTheLogExplains lets a verification panic, for it is the one part that comes from
// outside.
func TestAPanicIsAnInternalErrorThatTheLogExplains(t *testing.T) {
	s := rpctest.New(t, func(c *rpc.Config) {
		c.Verify = func(context.Context, func(rpc.VerifyProgress) error) (rpc.VerifyResult, error) {
			panic("the roof is on fire")
		}
	})
	operations := reportingv1.NewOperationServiceClient(s.Conn)
	ctx := s.As(s.Token(auth.Operator, ""))
	for range 2 { // the second finds the place free again
		stream, err := operations.VerifyStore(ctx, &reportingv1.VerifyStoreRequest{})
		s.Must(err)
		_, err = stream.Recv()
		wants(t, err, "Internal INTERNAL")
		if strings.Contains(fmt.Sprint(err, status.Convert(err).Details()), "roof") {
			t.Errorf("the panic is told to the caller: %v", err)
		}
		var correlation string
		for _, d := range status.Convert(err).Details() {
			if info, isInfo := d.(*errdetails.ErrorInfo); isInfo {
				correlation = info.GetMetadata()["correlation_id"]
			}
		}
		line := lineWith(s.Log.String(), correlation)
		if correlation == "" || !strings.Contains(line, "the roof is on fire") || !strings.Contains(line, "operation.go") {
			t.Errorf("the log says nothing about %q: %s", correlation, line)
		}
	}
	_, err := operations.GetStatus(ctx, &reportingv1.GetStatusRequest{})
	s.Must(err)
}

func lineWith(log, word string) string {
	for line := range strings.Lines(log) {
		if strings.Contains(line, word) {
			return line
		}
	}
	return ""
}

func TestTheLogHasOneLineACallAndNoSecret(t *testing.T) {
	s := rpctest.New(t).Populate()
	reporter := s.Token(auth.Reporter, "30280")
	reports := reportingv1.NewReportServiceClient(s.Conn)
	before := strings.Count(s.Log.String(), "\n")
	r := submission(s, "30280", "123454321")
	r.GetFigures()[0].Note = "một ghi chú riêng"
	_, err := reports.SubmitReport(s.As(reporter), r)
	s.Must(err)
	_, err = reports.SubmitReport(s.As(reporter), submission(s, "30280", "12a"))
	wants(t, err, "InvalidArgument NUMBER_MALFORMED")
	answer, err := reportingv1.NewAccessServiceClient(s.Conn).CreateToken(s.As(s.Admin), &reportingv1.CreateTokenRequest{
		Role: reportingv1.Role_ROLE_VIEWER, DisplayName: "Nguyễn Văn A", RequestId: s.NewID(),
	})
	s.Must(err)
	log := s.Log.String()
	if lines := strings.Count(log, "\n") - before; lines != 3 {
		t.Errorf("three calls left %d lines:\n%s", lines, log)
	}
	line := lineWith(log, "NUMBER_MALFORMED")
	for _, want := range []string{"/reporting.v1.ReportService/SubmitReport", "InvalidArgument", `"took":0`, `"principal":"` + reporter[3:15]} {
		if !strings.Contains(line, want) {
			t.Errorf("the line %q lacks %s", line, want)
		}
	}
	for _, secret := range []string{reporter, s.Admin, answer.GetSecret(), reporter[16:50], "123454321", "ghi chú", "Nguyễn"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q:\n%s", secret, log)
		}
	}
}

func TestARequestThatIsTooLargeIsRefused(t *testing.T) {
	s := rpctest.New(t).Populate()
	r := submission(s, "30280", "5")
	r.GetFigures()[0].Note = strings.Repeat("x", 2<<20)
	_, err := reportingv1.NewReportServiceClient(s.Conn).SubmitReport(s.As(s.Admin), r)
	if status.Code(err) != codes.ResourceExhausted {
		t.Errorf("2 MiB: error = %v, want ResourceExhausted", err)
	}
	_, err = reportingv1.NewReportServiceClient(s.Conn).SubmitReport(s.As(s.Admin, "x", strings.Repeat("x", 32<<10)), submission(s, "30280", "5"))
	if err == nil {
		t.Error("32 KiB of metadata were taken")
	}
}

func TestStopEndsWhoFollowsAndThenTakesNobody(t *testing.T) {
	s := rpctest.New(t)
	stream, err := reportingv1.NewChangeServiceClient(s.Conn).WatchChanges(s.As(s.Admin), &reportingv1.WatchChangesRequest{})
	s.Must(err)
	_, err = stream.Recv() // it follows
	s.Must(err)
	s.Server.Drain()
	for err == nil {
		_, err = stream.Recv()
	}
	wants(t, err, "Unavailable STOPPING")
	_, err = reportingv1.NewAccessServiceClient(s.Conn).GetCaller(s.As(s.Admin), &reportingv1.GetCallerRequest{})
	s.Must(err)
	s.Server.Stop(t.Context())
	_, err = reportingv1.NewAccessServiceClient(s.Conn).GetCaller(s.As(s.Admin), &reportingv1.GetCallerRequest{}, grpc.WaitForReady(false))
	if status.Code(err) != codes.Unavailable {
		t.Errorf("a call after the stop: error = %v, want Unavailable", err)
	}
	s.Server.Stop(t.Context()) // a second time does no harm
}
