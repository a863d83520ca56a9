package rpc_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

const (
	valuePart       = reportingv1.AmountPart_AMOUNT_PART_VALUE
	numeratorPart   = reportingv1.AmountPart_AMOUNT_PART_NUMERATOR
	denominatorPart = reportingv1.AmountPart_AMOUNT_PART_DENOMINATOR
)

// inColumns is a report of one month of 2024 in packed figures.
func inColumns(m int, packed *reportingv1.PackedFigures) *reportingv1.SubmitReportRequest {
	r := month("30280", m, "1")
	r.Figures, r.Packed = nil, packed
	return r
}

func TestAPackedReportIsTheReportInFigures(t *testing.T) {
	s := rpctest.New(t).Populate()
	reports, ctx := reportingv1.NewReportServiceClient(s.Conn), s.As(s.Token(auth.Reporter, "30280"))
	packed := inColumns(5, &reportingv1.PackedFigures{
		Indicators:   []string{"tl", "HS", "TL", "GD"},
		Parts:        []reportingv1.AmountPart{denominatorPart, 0, numeratorPart, valuePart},
		Scale:        2,
		Amounts:      []int64{10_000, 1200, 9050, 0},
		NotAvailable: []int32{3},
	})
	packed.RequestId = s.NewID()
	made, err := reports.SubmitReport(ctx, packed)
	s.Must(err)
	if got := made.GetOutcome().GetKind(); got != reportingv1.OutcomeKind_OUTCOME_KIND_CREATED {
		t.Fatalf("outcome = %v", made)
	}
	report, err := reports.GetReport(ctx, &reportingv1.GetReportRequest{Name: packed.GetName()})
	s.Must(err)
	want := "HS 12 ·/· VALUE; TL · 90.5/100 VALUE; GD · ·/· NOT_AVAILABLE"
	if got := allShown(report.GetFigures()); got != want {
		t.Errorf("reported are %s, want %s", got, want)
	}
	// The same in figures is the same request, or under another id the same content.
	figures := month("30280", 5, "12.0")
	figures.RequestId = packed.GetRequestId()
	figures.Figures = append(figures.Figures, &reportingv1.Figure{Indicator: "GD", State: reportingv1.FigureState_FIGURE_STATE_NOT_AVAILABLE},
		&reportingv1.Figure{Indicator: "tl", Numerator: text("90.5"), Denominator: text("100")})
	for _, c := range []struct {
		id, want string
	}{{packed.GetRequestId(), "REPLAYED"}, {s.NewID(), "UNCHANGED"}} {
		figures.RequestId = c.id
		again, err := reports.SubmitReport(ctx, figures)
		s.Must(err)
		if got := strings.TrimPrefix(again.GetOutcome().GetKind().String(), "OUTCOME_KIND_"); got != c.want {
			t.Errorf("in figures under %s: %s, want %s", c.id, got, c.want)
		}
	}
	packed.Packed.Amounts[1] = 1300
	_, err = reports.SubmitReport(ctx, packed)
	wantsField(t, err, "AlreadyExists REQUEST_ID_REUSED", "request_id")
}

func TestABatchAndAStreamTakePackedReports(t *testing.T) {
	s := rpctest.New(t).Populate()
	reporter := s.Token(auth.Reporter, "30280")
	hs := &reportingv1.PackedFigures{Indicators: []string{"HS"}, Scale: 1, Amounts: []int64{20}}
	fine := &reportingv1.PackedFigures{Indicators: []string{"HS"}, Scale: 1, Amounts: []int64{15}}
	answer, err := reportingv1.NewReportServiceClient(s.Conn).BatchSubmitReports(s.As(reporter), &reportingv1.BatchSubmitReportsRequest{
		RequestId: s.NewID(), Requests: []*reportingv1.SubmitReportRequest{inColumns(1, hs), inColumns(2, fine), month("30280", 3, "3")},
	})
	s.Must(err)
	if got, want := allTold(answer.GetOutcomes()), "0 CREATED; 1 REFUSED NUMBER_TOO_PRECISE@packed.amounts[0]; 2 CREATED"; got != want {
		t.Errorf("outcomes of a batch: %s, want %s", got, want)
	}
	stream := openColumns(s, reporter, s.NewID(), &reportingv1.AmountColumn{Indicator: "HS"})
	both := item(1, inColumns(4, hs))
	both.GetItem().Amounts = []int64{2}
	for _, m := range []*reportingv1.StreamReportsRequest{item(0, inColumns(4, hs)), both, item(2, inColumns(2, fine))} {
		s.Must(stream.Send(m))
	}
	s.Must(stream.CloseSend())
	list, _, err := outcomes(stream)
	s.Must(err)
	want := "0 CREATED; 1 REFUSED AMOUNTS_AND_FIGURES@amounts; 2 REFUSED NUMBER_TOO_PRECISE@packed.amounts[0]"
	if got := strings.Join(list, "; "); got != want {
		t.Errorf("outcomes of a stream: %s, want %s", got, want)
	}
}

func TestWrongPackedFiguresAreNamed(t *testing.T) {
	s := rpctest.New(t).Populate()
	reports, ctx := reportingv1.NewReportServiceClient(s.Conn), s.As(s.Token(auth.Reporter, "30280"))
	for _, c := range []struct {
		name          string
		change        func(r *reportingv1.SubmitReportRequest, p *reportingv1.PackedFigures)
		reason, field string
	}{
		{"nothing", func(_ *reportingv1.SubmitReportRequest, p *reportingv1.PackedFigures) { proto.Reset(p) }, "AMOUNTS_WITHOUT_COLUMNS", "packed.amounts"},
		{"in figures too", func(r *reportingv1.SubmitReportRequest, _ *reportingv1.PackedFigures) {
			r.Figures = month("30280", 5, "1").GetFigures()
		}, "AMOUNTS_AND_FIGURES", "packed"},
		{"scale", func(_ *reportingv1.SubmitReportRequest, p *reportingv1.PackedFigures) { p.Scale = 7 }, "SCALE_OUT_OF_RANGE", "packed.scale"},
		{"a part for one column", func(_ *reportingv1.SubmitReportRequest, p *reportingv1.PackedFigures) {
			p.Parts = []reportingv1.AmountPart{valuePart}
		}, "AMOUNT_PARTS_COUNT", "packed.parts"},
		{"an unknown part", func(_ *reportingv1.SubmitReportRequest, p *reportingv1.PackedFigures) {
			p.Parts = []reportingv1.AmountPart{valuePart, 9}
		}, "AMOUNT_PART_UNKNOWN", "packed.parts[1]"},
		{"no code", func(_ *reportingv1.SubmitReportRequest, p *reportingv1.PackedFigures) { p.Indicators[1] = "" }, "CODE_EMPTY", "packed.indicators[1]"},
		{"twice", func(_ *reportingv1.SubmitReportRequest, p *reportingv1.PackedFigures) { p.Indicators[1] = "hs" }, "COLUMN_TWICE", "packed.indicators[1]"},
		{"half a ratio", func(_ *reportingv1.SubmitReportRequest, p *reportingv1.PackedFigures) {
			p.Parts = []reportingv1.AmountPart{valuePart, denominatorPart}
		}, "COLUMN_WITHOUT_NUMERATOR", "packed.parts[1]"},
		{"too many", func(_ *reportingv1.SubmitReportRequest, p *reportingv1.PackedFigures) {
			p.Indicators = make([]string, 2001)
		}, "COLUMNS_TOO_MANY", "packed.indicators"},
		{"an amount more", func(_ *reportingv1.SubmitReportRequest, p *reportingv1.PackedFigures) {
			p.Amounts = append(p.Amounts, 1)
		}, "AMOUNTS_COUNT", "packed.amounts"},
		{"no such column", func(_ *reportingv1.SubmitReportRequest, p *reportingv1.PackedFigures) { p.NotAvailable = []int32{2} }, "AMOUNT_COLUMN_UNKNOWN", "packed.not_available[0]"},
		{"too precise", func(_ *reportingv1.SubmitReportRequest, p *reportingv1.PackedFigures) { p.Amounts[0] = 11 }, "NUMBER_TOO_PRECISE", "packed.amounts[0]"},
		{"unknown", func(_ *reportingv1.SubmitReportRequest, p *reportingv1.PackedFigures) { p.Indicators[1] = "X" }, "INDICATOR_NOT_FOUND", "packed.amounts[1]"},
		{"not one figure", func(_ *reportingv1.SubmitReportRequest, p *reportingv1.PackedFigures) {
			p.Amounts, p.NotReported = []int64{0, 0}, []int32{0, 1}
		}, "NO_FIGURES", "packed"},
	} {
		r := inColumns(5, &reportingv1.PackedFigures{Indicators: []string{"HS", "GD"}, Scale: 1, Amounts: []int64{10, 15}})
		r.RequestId = s.NewID()
		c.change(r, r.GetPacked())
		t.Run(c.name, func(t *testing.T) {
			_, err := reports.SubmitReport(ctx, r)
			kind := "InvalidArgument "
			if c.reason == "INDICATOR_NOT_FOUND" {
				kind = "NotFound "
			}
			wantsField(t, err, kind+c.reason, c.field)
		})
	}
}
