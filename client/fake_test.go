package client_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a real grpc server in this process whose handlers each test writes itself, on a line that can be cut.
type fake struct {
	listener *bufconn.Listener
	server   *grpc.Server

	mu    sync.Mutex
	lines []net.Conn

	units      units
	forms      forms
	calendar   calendar
	reports    reports
	rollups    rollups
	rules      rules
	changes    changes
	access     access
	operations operations
	plans      plans
	rankings   rankings
}

type (
	units struct {
		reportingv1.UnimplementedUnitServiceServer
		list     func(context.Context, *reportingv1.ListUnitsRequest) (*reportingv1.ListUnitsResponse, error)
		create   func(context.Context, *reportingv1.CreateUnitRequest) (*reportingv1.Unit, error)
		importer func(grpc.ClientStreamingServer[reportingv1.ImportUnitsRequest, reportingv1.ImportSummary]) error
		lineage  func(context.Context, *reportingv1.GetLineageRequest) (*reportingv1.Lineage, error)
		both     func(bothServer) error
	}
	forms struct {
		reportingv1.UnimplementedFormServiceServer
	}
	calendar struct {
		reportingv1.UnimplementedCalendarServiceServer
		periods  func(context.Context, *reportingv1.ListPeriodsRequest) (*reportingv1.ListPeriodsResponse, error)
		holidays func(context.Context, *reportingv1.ListHolidaysRequest) (*reportingv1.ListHolidaysResponse, error)
		importer func(grpc.ClientStreamingServer[reportingv1.ImportHolidaysRequest, reportingv1.ImportSummary]) error
	}
	rules struct {
		reportingv1.UnimplementedRuleServiceServer
		test func(context.Context, *reportingv1.TestRuleRequest) (*reportingv1.TestRuleResponse, error)
	}
	reports struct {
		reportingv1.UnimplementedReportServiceServer
		get      func(context.Context, *reportingv1.GetReportRequest) (*reportingv1.Report, error)
		submit   func(context.Context, *reportingv1.SubmitReportRequest) (*reportingv1.SubmitReportResponse, error)
		approve  func(context.Context, *reportingv1.ApproveReportRequest) (*reportingv1.Report, error)
		stream   func(grpc.BidiStreamingServer[reportingv1.StreamReportsRequest, reportingv1.StreamReportsResponse]) error
		importer func(grpc.BidiStreamingServer[reportingv1.ImportReportsRequest, reportingv1.ImportReportsResponse]) error
	}
	rollups struct {
		reportingv1.UnimplementedRollupServiceServer
		query   func(context.Context, *reportingv1.QueryRollupsRequest) (*reportingv1.QueryRollupsResponse, error)
		columns func(context.Context, *reportingv1.QueryRollupColumnsRequest) (*reportingv1.QueryRollupColumnsResponse, error)
	}
	changes struct {
		reportingv1.UnimplementedChangeServiceServer
		list  func(context.Context, *reportingv1.ListChangesRequest) (*reportingv1.ListChangesResponse, error)
		watch func(*reportingv1.WatchChangesRequest, grpc.ServerStreamingServer[reportingv1.WatchChangesResponse]) error
	}
	access struct {
		reportingv1.UnimplementedAccessServiceServer
		caller func(context.Context) (*reportingv1.Token, error)
	}
	operations struct {
		reportingv1.UnimplementedOperationServiceServer
		status func(context.Context) (*reportingv1.Status, error)
		verify func(grpc.ServerStreamingServer[reportingv1.VerifyStoreResponse]) error
	}
)

func (s *units) ListUnits(ctx context.Context, q *reportingv1.ListUnitsRequest) (*reportingv1.ListUnitsResponse, error) {
	return s.list(ctx, q)
}

func (s *units) CreateUnit(ctx context.Context, q *reportingv1.CreateUnitRequest) (*reportingv1.Unit, error) {
	return s.create(ctx, q)
}

func (s *units) ImportUnits(stream grpc.ClientStreamingServer[reportingv1.ImportUnitsRequest, reportingv1.ImportSummary]) error {
	return s.importer(stream)
}

func (s *units) GetLineage(ctx context.Context, q *reportingv1.GetLineageRequest) (*reportingv1.Lineage, error) {
	return s.lineage(ctx, q)
}

// bothServer receives both files of a reorganisation.
type bothServer = grpc.ClientStreamingServer[reportingv1.ImportReorganisationRequest, reportingv1.ImportReorganisationResponse]

func (s *units) ImportReorganisation(stream bothServer) error { return s.both(stream) }

func (s *reports) GetReport(ctx context.Context, q *reportingv1.GetReportRequest) (*reportingv1.Report, error) {
	return s.get(ctx, q)
}

func (s *reports) SubmitReport(ctx context.Context, q *reportingv1.SubmitReportRequest) (*reportingv1.SubmitReportResponse, error) {
	return s.submit(ctx, q)
}

func (s *reports) ApproveReport(ctx context.Context, q *reportingv1.ApproveReportRequest) (*reportingv1.Report, error) {
	return s.approve(ctx, q)
}

func (s *reports) StreamReports(stream grpc.BidiStreamingServer[reportingv1.StreamReportsRequest, reportingv1.StreamReportsResponse]) error {
	return s.stream(stream)
}

func (s *reports) ImportReports(stream grpc.BidiStreamingServer[reportingv1.ImportReportsRequest, reportingv1.ImportReportsResponse]) error {
	return s.importer(stream)
}

func (s *rollups) QueryRollups(ctx context.Context, q *reportingv1.QueryRollupsRequest) (*reportingv1.QueryRollupsResponse, error) {
	return s.query(ctx, q)
}

func (s *rollups) QueryRollupColumns(
	ctx context.Context, q *reportingv1.QueryRollupColumnsRequest,
) (*reportingv1.QueryRollupColumnsResponse, error) {
	return s.columns(ctx, q)
}

func (s *changes) ListChanges(ctx context.Context, q *reportingv1.ListChangesRequest) (*reportingv1.ListChangesResponse, error) {
	return s.list(ctx, q)
}

func (s *changes) WatchChanges(q *reportingv1.WatchChangesRequest, stream grpc.ServerStreamingServer[reportingv1.WatchChangesResponse]) error {
	return s.watch(q, stream)
}

func (s *access) GetCaller(ctx context.Context, _ *reportingv1.GetCallerRequest) (*reportingv1.Token, error) {
	return s.caller(ctx)
}

func (s *operations) GetStatus(ctx context.Context, _ *reportingv1.GetStatusRequest) (*reportingv1.Status, error) {
	return s.status(ctx)
}

func (s *operations) VerifyStore(_ *reportingv1.VerifyStoreRequest, stream grpc.ServerStreamingServer[reportingv1.VerifyStoreResponse]) error {
	return s.verify(stream)
}

// tester is what a fake needs of a test or an example.
type tester interface {
	Cleanup(func())
	Fatal(...any)
}

func startFake(t tester) *fake {
	f := &fake{listener: bufconn.Listen(1 << 16), server: grpc.NewServer()}
	reportingv1.RegisterUnitServiceServer(f.server, &f.units)
	reportingv1.RegisterFormServiceServer(f.server, &f.forms)
	reportingv1.RegisterCalendarServiceServer(f.server, &f.calendar)
	reportingv1.RegisterRuleServiceServer(f.server, &f.rules)
	reportingv1.RegisterReportServiceServer(f.server, &f.reports)
	reportingv1.RegisterRollupServiceServer(f.server, &f.rollups)
	reportingv1.RegisterChangeServiceServer(f.server, &f.changes)
	reportingv1.RegisterAccessServiceServer(f.server, &f.access)
	reportingv1.RegisterOperationServiceServer(f.server, &f.operations)
	reportingv1.RegisterPlanServiceServer(f.server, &f.plans)
	reportingv1.RegisterRankingServiceServer(f.server, &f.rankings)
	served := make(chan error, 1)
	go func() { served <- f.server.Serve(f.listener) }()
	t.Cleanup(func() {
		f.server.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Fatal(err)
		}
	})
	return f
}

// dial connects to the fake, with pauses so short that a test does not feel them.
func (f *fake) dial(t tester, with ...func(*client.Config)) *client.Client {
	config := client.Config{
		Address:    "127.0.0.1:1",
		Token:      "th_test",
		FirstDelay: time.Millisecond,
		MaxDelay:   4 * time.Millisecond,
		Timeout:    20 * time.Second,
		Dialer: func(ctx context.Context, _ string) (net.Conn, error) {
			conn, err := f.listener.DialContext(ctx)
			if err == nil {
				f.mu.Lock()
				f.lines = append(f.lines, conn)
				f.mu.Unlock()
			}
			return conn, err
		},
	}
	for _, set := range with {
		set(&config)
	}
	c, err := client.Dial(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// cut breaks every line, as a modem does: nobody is told. What stands in a handler stays there.
func (f *fake) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, line := range f.lines {
		_ = line.Close()
	}
	f.lines = nil
}

// refusal is an error as a server gives it.
func refusal(code codes.Code, reason string, details ...protoadapt.MessageV1) error {
	details = append(details, &errdetails.ErrorInfo{Reason: reason, Domain: "tonghop"})
	s, err := status.New(code, "refused by the test").WithDetails(details...)
	if err != nil {
		return fmt.Errorf("details of the refusal: %w", err)
	}
	return s.Err()
}

func retryAfter(d time.Duration) protoadapt.MessageV1 {
	return &errdetails.RetryInfo{RetryDelay: durationpb.New(d)}
}

// ledger is the server's memory of what it accepted, under the ids of requests: the part of a server that the promise
// "nothing is counted twice" hangs on.
type ledger struct {
	mu       sync.Mutex
	accepted map[string]string
	order    []string
}

// accept notes the content of an id and says whether it was there before.
func (l *ledger) accept(id, content string) (replayed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.accepted == nil {
		l.accepted = map[string]string{}
	}
	if _, replayed = l.accepted[id]; !replayed {
		l.accepted[id] = content
		l.order = append(l.order, content)
	}
	return replayed
}

func (l *ledger) contents() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.order...)
}
