package rpc_test

import (
	"strings"
	"testing"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

// openColumns opens a stream with columns.
func openColumns(s *rpctest.Stack, token, id string, columns ...*reportingv1.AmountColumn) reportingv1.ReportService_StreamReportsClient {
	s.TB.Helper()
	stream, err := reportingv1.NewReportServiceClient(s.Conn).StreamReports(s.As(token))
	s.Must(err)
	s.Must(stream.Send(&reportingv1.StreamReportsRequest{Part: &reportingv1.StreamReportsRequest_Options{
		Options: &reportingv1.StreamOptions{StreamId: id, Columns: columns},
	}}))
	return stream
}

func TestAStreamTakesAmountsAndFigures(t *testing.T) {
	s := rpctest.New(t).Populate()
	reporter, id := s.Token(auth.Reporter, "30280"), s.NewID()
	hs := &reportingv1.AmountColumn{Indicator: "HS", Scale: 1}
	amounts := func(index int32, m int, list ...int64) *reportingv1.StreamReportsRequest {
		r := item(index, month("30280", m, "1"))
		r.GetItem().Submission.Figures = nil
		r.GetItem().Amounts = list
		return r
	}
	both, preview, absent := amounts(3, 4, 10), amounts(4, 4, 10), amounts(5, 4, 0)
	both.GetItem().Submission.Figures = month("30280", 4, "1").GetFigures()
	preview.GetItem().Submission.ValidateOnly = true
	preview.GetItem().Amounts = nil
	preview.GetItem().NotReported = []int32{0}
	absent.GetItem().NotAvailable = []int32{0}
	stream := openColumns(s, reporter, id, hs)
	for _, m := range []*reportingv1.StreamReportsRequest{
		amounts(0, 1, 20), item(1, month("30280", 2, "2")), amounts(2, 3, 15), both, preview, absent,
	} {
		s.Must(stream.Send(m))
	}
	s.Must(stream.CloseSend())
	list, _, err := outcomes(stream)
	s.Must(err)
	want := "0 CREATED; 1 CREATED; 2 REFUSED NUMBER_TOO_PRECISE@amounts[0]; 3 REFUSED AMOUNTS_AND_FIGURES@amounts; " +
		"4 REFUSED VALIDATE_ONLY_MISPLACED@validate_only AMOUNTS_COUNT@amounts; 5 CREATED"
	if got := strings.Join(list, "; "); got != want {
		t.Errorf("outcomes: %s, want %s", got, want)
	}
	report, err := reportingv1.NewReportServiceClient(s.Conn).GetReport(s.As(reporter), &reportingv1.GetReportRequest{Name: "units/30280/reports/cds~2024-01"})
	s.Must(err)
	if got := report.GetFigures()[0].GetValue(); got != "2" {
		t.Errorf("an amount of 20 at scale 1 is reported as %q, want 2", got)
	}
	// The stream goes on in columns, and elsewhere without them.
	stream = openColumns(s, reporter, id, hs)
	s.Must(stream.Send(amounts(0, 1, 20)))
	s.Must(stream.CloseSend())
	if list, _, err = outcomes(stream); err != nil || list[0] != "0 REPLAYED" {
		t.Errorf("again: outcomes %v, error %v; want REPLAYED", list, err)
	}
	stream = openColumns(s, reporter, id)
	s.Must(stream.Send(amounts(0, 1, 20)))
	s.Must(stream.Send(item(1, month("30280", 2, "2"))))
	s.Must(stream.CloseSend())
	list, _, err = outcomes(stream)
	s.Must(err)
	if got := strings.Join(list, "; "); got != "0 REFUSED AMOUNTS_WITHOUT_COLUMNS@amounts; 1 REPLAYED" {
		t.Errorf("without columns: %s", got)
	}
}

func TestWrongColumnsRefuseTheStream(t *testing.T) {
	s := rpctest.New(t).Populate()
	reporter := s.Token(auth.Reporter, "30280")
	for _, c := range []struct {
		columns       []*reportingv1.AmountColumn
		reason, field string
	}{
		{[]*reportingv1.AmountColumn{{}}, "CODE_EMPTY", "options.columns[0].indicator"},
		{[]*reportingv1.AmountColumn{{Indicator: "HS", Scale: 7}}, "SCALE_OUT_OF_RANGE", "options.columns[0].scale"},
		{[]*reportingv1.AmountColumn{{Indicator: "HS", Scale: -1}}, "SCALE_OUT_OF_RANGE", "options.columns[0].scale"},
		{[]*reportingv1.AmountColumn{{Indicator: "HS"}, {Indicator: "B", Part: 9}}, "AMOUNT_PART_UNKNOWN", "options.columns[1].part"},
		{[]*reportingv1.AmountColumn{{Indicator: "HS"}, {Indicator: "hs"}}, "COLUMN_TWICE", "options.columns[1].indicator"},
	} {
		_, _, err := outcomes(openColumns(s, reporter, s.NewID(), c.columns...))
		wantsField(t, err, "InvalidArgument "+c.reason, c.field)
	}
}
