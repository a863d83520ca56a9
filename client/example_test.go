package client_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// exampleServer stands in for a server in the examples, and answers each with the same few figures.
type exampleServer struct {
	*fake
	cleanups []func()
}

// Cleanup keeps what has to be done at the end.
func (s *exampleServer) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

// Fatal ends an example that cannot go on.
func (s *exampleServer) Fatal(args ...any) {
	fmt.Println(args...)
	os.Exit(1)
}

func (s *exampleServer) close() {
	for _, f := range slices.Backward(s.cleanups) {
		f()
	}
}

func startExample() *exampleServer {
	s := &exampleServer{}
	s.fake = startFake(s)
	var books ledger
	s.reports.stream = keepBooks(&books, nothing, nothing)
	s.reports.submit = func(_ context.Context, q *reportingv1.SubmitReportRequest) (*reportingv1.SubmitReportResponse, error) {
		if strings.Contains(q.GetName(), "2024-03") {
			return nil, refusal(codes.Aborted, "ETAG_MISMATCH")
		}
		return &reportingv1.SubmitReportResponse{Outcome: &reportingv1.SubmitOutcome{Kind: created, Revision: 1}}, nil
	}
	s.reports.importer = func(stream uploadServer) error {
		if _, err := receive(stream); err != nil {
			return err
		}
		if err := stream.Send(outcome(82, created)); err != nil {
			return err
		}
		return stream.Send(summary(&reportingv1.ImportReportsSummary{Lines: 12, Created: 1}))
	}
	s.units.lineage = func(context.Context, *reportingv1.GetLineageRequest) (*reportingv1.Lineage, error) {
		return &reportingv1.Lineage{Became: []*reportingv1.LineageLink{{
			Date: "2025-07-01", Share: reportingv1.Share_SHARE_WHOLE,
			From: &reportingv1.UnitLabel{NameVi: "Phường Mỹ Phú"}, To: &reportingv1.UnitLabel{NameVi: "Phường Cao Lãnh"},
		}}}, nil
	}
	s.rollups.query = func(_ context.Context, q *reportingv1.QueryRollupsRequest) (*reportingv1.QueryRollupsResponse, error) {
		if q.GetAtTime() != nil {
			return &reportingv1.QueryRollupsResponse{
				Stamp:   &reportingv1.Stamp{Sequence: 43, AtSequence: 12},
				Rollups: []*reportingv1.Rollup{{Period: "2024-Q1", Value: proto.String("70")}},
			}, nil
		}
		return &reportingv1.QueryRollupsResponse{Rollups: []*reportingv1.Rollup{{
			UnitName: "Tỉnh Đồng Tháp", Period: "2024-Q1", Value: proto.String("100"), Coverage: &reportingv1.Coverage{Expected: 6, Received: 4},
		}}}, nil
	}
	s.rollups.columns = func(context.Context, *reportingv1.QueryRollupColumnsRequest) (*reportingv1.QueryRollupColumnsResponse, error) {
		return &reportingv1.QueryRollupColumnsResponse{
			Units:   &reportingv1.ColumnUnits{Ids: []string{"87-0", "89-0"}, Names: []string{"Tỉnh Đồng Tháp", "Tỉnh An Giang"}},
			Periods: []*reportingv1.PeriodSpan{{Period: "2024-Q1"}},
			Columns: []*reportingv1.RollupColumns{{Scale: 1, Values: []int64{1000, 125}, Expected: []int32{6, 3}, Received: []int32{4, 3}}},
		}, nil
	}
	return s
}

// connect is Dial as a program writes it, but for the Dialer, which leads to the server of the examples.
func connect(s *exampleServer) *client.Client { return s.dial(s) }

func ExampleDial() {
	c, err := client.Dial(context.Background(), client.Config{
		Address:   "127.0.0.1:9090",
		Token:     client.Secret(os.Getenv("TONGHOP_TOKEN")),
		Language:  "vi",
		UserAgent: "commune-software/3.1",
		OnRetry: func(r client.Retry) {
			slog.Warn("the line is bad", "method", r.Method, "attempt", r.Attempt, "pause", r.Delay)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = c.Close() }()
}

func ExampleClient_SubmitReport() {
	server := startExample()
	defer server.close()
	c := connect(server)

	answer, err := c.SubmitReport(context.Background(), &reportingv1.SubmitReportRequest{
		Name: "units/30280/reports/cds-thang~2024-02",
		Figures: []*reportingv1.Figure{
			{Indicator: "CQ-06", Numerator: proto.String("412"), Denominator: proto.String("430")},
			{Indicator: "KT-01", State: reportingv1.FigureState_FIGURE_STATE_NOT_AVAILABLE, Note: "chưa có số liệu"},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(answer.GetOutcome().GetKind(), answer.GetOutcome().GetRevision())
	// Output: OUTCOME_KIND_CREATED 1
}

func ExampleError() {
	server := startExample()
	defer server.close()
	c := connect(server)

	_, err := c.SubmitReport(context.Background(), &reportingv1.SubmitReportRequest{Name: "units/30280/reports/cds-thang~2024-03"})
	if e, ok := errors.AsType[*client.Error](err); ok && e.Reason == "ETAG_MISMATCH" {
		fmt.Println("somebody else sent a newer revision: read it first")
	}
	// Output: somebody else sent a newer revision: read it first
}

func ExampleClient_SubmitStream() {
	server := startExample()
	defer server.close()
	c := connect(server)

	reports := slices.Values([]*reportingv1.SubmitReportRequest{
		{Name: "units/30280/reports/cds-thang~2024-02", Figures: []*reportingv1.Figure{{Indicator: "KT-01", Value: proto.String("12")}}},
		{Name: "units/30281/reports/cds-thang~2024-02", Figures: []*reportingv1.Figure{{Indicator: "KT-01", Value: proto.String("0")}}},
	})
	for outcome, err := range c.SubmitStream(context.Background(), reports, client.StreamOptions{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(outcome.GetIndex(), outcome.GetKind(), outcome.GetName())
	}
	// Output:
	// 0 OUTCOME_KIND_CREATED units/30280/reports/cds-thang~2024-02
	// 1 OUTCOME_KIND_CREATED units/30281/reports/cds-thang~2024-02
}

func ExampleClient_SubmitItems() {
	server := startExample()
	defer server.close()
	c := connect(server)

	options := client.StreamOptions{Columns: []*reportingv1.AmountColumn{
		{Indicator: "KT-01", Scale: 1},
		{Indicator: "CQ-06", Part: reportingv1.AmountPart_AMOUNT_PART_NUMERATOR},
		{Indicator: "CQ-06", Part: reportingv1.AmountPart_AMOUNT_PART_DENOMINATOR},
	}}
	items := slices.Values([]*reportingv1.StreamItem{
		{ // 12.5, and 412 of 430
			Submission: &reportingv1.SubmitReportRequest{Name: "units/30280/reports/cds-thang~2024-02"},
			Amounts:    []int64{125, 412, 430},
		},
		{ // KT-01 is not available, CQ-06 was not reported
			Submission: &reportingv1.SubmitReportRequest{Name: "units/30281/reports/cds-thang~2024-02"},
			Amounts:    []int64{0, 0, 0}, NotAvailable: []int32{0}, NotReported: []int32{1, 2},
		},
		{ // a note needs figures
			Submission: &reportingv1.SubmitReportRequest{
				Name:    "units/30282/reports/cds-thang~2024-02",
				Figures: []*reportingv1.Figure{{Indicator: "KT-01", Value: proto.String("9"), Note: "tăng do sáp nhập"}},
			},
		},
	})
	for outcome, err := range c.SubmitItems(context.Background(), items, options) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(outcome.GetIndex(), outcome.GetKind(), outcome.GetName())
	}
	// Output:
	// 0 OUTCOME_KIND_CREATED units/30280/reports/cds-thang~2024-02
	// 1 OUTCOME_KIND_CREATED units/30281/reports/cds-thang~2024-02
	// 2 OUTCOME_KIND_CREATED units/30282/reports/cds-thang~2024-02
}

func ExampleClient_UploadFigures() {
	server := startExample()
	defer server.close()
	c := connect(server)

	file := strings.NewReader("unit,form,period,indicator,value\n82,cds,2024-02,KT-01,\"1.234,5\"\n")
	options := &reportingv1.ImportReportsOptions{FileName: "figures.csv", NumberFormat: reportingv1.NumberFormat_NUMBER_FORMAT_VI}
	for answer, err := range c.UploadFigures(context.Background(), file, options) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if o := answer.GetOutcome(); o != nil {
			fmt.Println(o.GetKind(), o.GetName())
		}
		if s := answer.GetSummary(); s != nil {
			fmt.Println(s.GetLines(), "lines,", s.GetRefused(), "reports refused")
		}
	}
	// Output:
	// OUTCOME_KIND_CREATED units/82/reports/cds~2024-02
	// 12 lines, 0 reports refused
}

func ExampleClient_Rollups() {
	server := startExample()
	defer server.close()
	c := connect(server)

	question := &reportingv1.QueryRollupsRequest{
		Units:      []string{"82"},
		Indicators: []string{"KT-01"},
		Periods:    []string{"2024-Q1"},
		Basis:      reportingv1.Basis_BASIS_PROVISIONAL,
	}
	for rollup, err := range c.Rollups(context.Background(), question) {
		if err != nil {
			fmt.Println(err)
			return
		}
		coverage := rollup.GetCoverage()
		fmt.Printf("%s %s: %s, of %d/%d reports\n", rollup.GetUnitName(), rollup.GetPeriod(), rollup.GetValue(), coverage.GetReceived(), coverage.GetExpected())
	}
	// Output: Tỉnh Đồng Tháp 2024-Q1: 100, of 4/6 reports
}

// What was known on 3 March: the answer names the entry as of which it is.
func ExampleClient_QueryRollups_asOf() {
	server := startExample()
	defer server.close()
	c := connect(server)

	answer, err := c.QueryRollups(context.Background(), &reportingv1.QueryRollupsRequest{
		Units:      []string{"82"},
		Indicators: []string{"KT-01"},
		Periods:    []string{"2024-Q1"},
		AtTime:     timestamppb.New(time.Date(2024, 3, 3, 17, 0, 0, 0, time.UTC)),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s as of entry %d\n", answer.GetRollups()[0].GetValue(), answer.GetStamp().GetAtSequence())
	// Output: 70 as of entry 12
}

func ExampleClient_GetLineage() {
	server := startExample()
	defer server.close()
	c := connect(server)

	lineage, err := c.GetLineage(context.Background(), &reportingv1.GetLineageRequest{Name: "units/29869/lineage", AsOf: "2025-06-30"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, link := range lineage.GetBecame() {
		fmt.Println(link.GetDate(), link.GetFrom().GetNameVi(), "→", link.GetTo().GetNameVi(), link.GetShare())
	}
	// Output: 2025-07-01 Phường Mỹ Phú → Phường Cao Lãnh SHARE_WHOLE
}

func ExampleCells() {
	server := startExample()
	defer server.close()
	c := connect(server)

	question := &reportingv1.QueryRollupColumnsRequest{
		Units:      []string{"87", "89"},
		Indicators: []string{"KT-01"},
		Periods:    []string{"2024-Q1"},
		Basis:      reportingv1.Basis_BASIS_PROVISIONAL,
	}
	for page, err := range c.ColumnPages(context.Background(), question) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for cell := range client.Cells(page) {
			coverage := cell.Coverage
			fmt.Printf("%s %s: %s, of %d/%d reports\n", cell.Unit.Name, cell.Period.GetPeriod(), cell.Value, coverage.GetReceived(), coverage.GetExpected())
		}
	}
	// Output:
	// Tỉnh Đồng Tháp 2024-Q1: 100, of 4/6 reports
	// Tỉnh An Giang 2024-Q1: 12.5, of 3/3 reports
}
