package rpc_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

// month is a report of one month of 2024 with one figure.
func month(unit string, m int, value string) *reportingv1.SubmitReportRequest {
	return &reportingv1.SubmitReportRequest{
		Name: fmt.Sprintf("units/%s/reports/cds~2024-%02d", unit, m), Figures: []*reportingv1.Figure{{Indicator: "HS", Value: text(value)}},
	}
}

// told gives an outcome as a short text.
func told(o *reportingv1.SubmitOutcome) string {
	out := fmt.Sprintf("%d %s", o.GetIndex(), strings.TrimPrefix(o.GetKind().String(), "OUTCOME_KIND_"))
	for _, p := range o.GetProblems() {
		out += fmt.Sprintf(" %s@%s", p.GetReason(), p.GetField())
		if p.GetMessage() == "" {
			out += " without words"
		}
	}
	return out
}

func allTold(list []*reportingv1.SubmitOutcome) string {
	out := make([]string, len(list))
	for i, o := range list {
		out[i] = told(o)
	}
	return strings.Join(out, "; ")
}

func TestEveryReportOfABatchHasItsOutcome(t *testing.T) {
	s := rpctest.New(t).Populate()
	reports, ctx := reportingv1.NewReportServiceClient(s.Conn), s.As(s.Token(auth.Reporter, "30280"))
	misplaced := month("30280", 5, "5")
	misplaced.ValidateOnly = true
	odd := month("30280", 4, "4")
	odd.Figures[0].Grade = 77
	request := &reportingv1.BatchSubmitReportsRequest{RequestId: s.NewID(), Requests: []*reportingv1.SubmitReportRequest{
		month("30280", 1, "1"), month("30280", 2, "1.5"), {Name: "reports/1"}, month("30301", 3, "3"), odd, misplaced, month("30280", 6, "6"),
	}}
	answer, err := reports.BatchSubmitReports(ctx, request)
	s.Must(err)
	want := "0 CREATED; 1 REFUSED NUMBER_TOO_PRECISE@figures[0].value; 2 REFUSED REPORT_NAME_INVALID@name; 3 REFUSED UNIT_NOT_FOUND@unit; " +
		"4 REFUSED GRADE_UNKNOWN@figures[0].grade; 5 REFUSED VALIDATE_ONLY_MISPLACED@validate_only; 6 REFUSED PERIOD_TOO_EARLY@period"
	if got := allTold(answer.GetOutcomes()); got != want {
		t.Errorf("outcomes:\n%s, want\n%s", got, want)
	}
	answer, err = reports.BatchSubmitReports(ctx, request)
	s.Must(err)
	if got := told(answer.GetOutcomes()[0]); got != "0 REPLAYED" || !answer.GetOutcomes()[0].GetReceipt().GetReplayed() {
		t.Errorf("the repetition's first outcome is %s", got)
	}
}

func TestAnAtomicBatchIsAllOrNothing(t *testing.T) {
	s := rpctest.New(t).Populate()
	reports, ctx := reportingv1.NewReportServiceClient(s.Conn), s.As(s.Token(auth.Reporter, "30280"))
	request := &reportingv1.BatchSubmitReportsRequest{RequestId: s.NewID(), Atomic: true, Requests: []*reportingv1.SubmitReportRequest{
		month("30280", 1, "1"), {Name: "nothing"}, month("30280", 2, "2"),
	}}
	answer, err := reports.BatchSubmitReports(ctx, request)
	s.Must(err)
	want := "0 REFUSED BATCH_REFUSED@; 1 REFUSED REPORT_NAME_INVALID@name; 2 REFUSED BATCH_REFUSED@"
	if got := allTold(answer.GetOutcomes()); got != want {
		t.Errorf("outcomes: %s, want %s", got, want)
	}
	request.Requests[1] = month("30280", 3, "3")
	answer, err = reports.BatchSubmitReports(ctx, request)
	s.Must(err)
	if got := allTold(answer.GetOutcomes()); got != "0 CREATED; 1 CREATED; 2 CREATED" {
		t.Errorf("outcomes: %s", got)
	}
	first, last := answer.GetOutcomes()[0].GetReceipt(), answer.GetOutcomes()[2].GetReceipt()
	if first.GetSequence() != last.GetSequence() || first.GetSequence() != answer.GetStamp().GetSequence() {
		t.Errorf("one entry was promised: receipts %v and %v", first, last)
	}
	_, err = reports.BatchSubmitReports(ctx, &reportingv1.BatchSubmitReportsRequest{RequestId: s.NewID()})
	wantsField(t, err, "InvalidArgument BATCH_SIZE", "requests")
	_, err = reports.BatchSubmitReports(ctx, &reportingv1.BatchSubmitReportsRequest{Requests: request.GetRequests()})
	wantsField(t, err, "InvalidArgument REQUEST_ID_REQUIRED", "request_id")
}

// openStream opens a stream of submissions.
func openStream(s *rpctest.Stack, token, id string) reportingv1.ReportService_StreamReportsClient {
	s.TB.Helper()
	stream, err := reportingv1.NewReportServiceClient(s.Conn).StreamReports(s.As(token))
	s.Must(err)
	s.Must(stream.Send(&reportingv1.StreamReportsRequest{Part: &reportingv1.StreamReportsRequest_Options{
		Options: &reportingv1.StreamOptions{StreamId: id},
	}}))
	return stream
}

func item(index int32, sub *reportingv1.SubmitReportRequest) *reportingv1.StreamReportsRequest {
	return &reportingv1.StreamReportsRequest{Part: &reportingv1.StreamReportsRequest_Item{
		Item: &reportingv1.StreamItem{Index: index, Submission: sub},
	}}
}

// outcomes reads to the end of a stream.
func outcomes(stream reportingv1.ReportService_StreamReportsClient) (list []string, durable int64, err error) {
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return list, durable, nil
		}
		if err != nil {
			return list, durable, err
		}
		list, durable = append(list, told(m.GetOutcome())), m.GetDurableSequence()
	}
}

func TestAStreamGoesOnWhereItBroke(t *testing.T) {
	s := rpctest.New(t).Populate()
	reporter, id := s.Token(auth.Reporter, "30280"), s.NewID()
	stream := openStream(s, reporter, id)
	for m := range 3 {
		s.Must(stream.Send(item(int32(m), month("30280", m+1, "1"))))
	}
	s.Must(stream.CloseSend())
	list, durable, err := outcomes(stream)
	s.Must(err)
	if got := strings.Join(list, "; "); got != "0 CREATED; 1 CREATED; 2 CREATED" || durable != 8 {
		t.Errorf("outcomes: %s, durable %d", got, durable)
	}
	// The client lost the last two outcomes and goes on from item 1.
	stream = openStream(s, reporter, id)
	s.Must(stream.Send(item(1, month("30280", 2, "1"))))
	s.Must(stream.Send(item(2, month("30280", 3, "1"))))
	s.Must(stream.Send(item(3, month("30280", 4, "x"))))
	s.Must(stream.Send(item(4, month("30280", 5, "1"))))
	s.Must(stream.CloseSend())
	list, _, err = outcomes(stream)
	s.Must(err)
	if got := strings.Join(list, "; "); got != "1 REPLAYED; 2 REPLAYED; 3 REFUSED NUMBER_MALFORMED@figures[0].value; 4 CREATED" {
		t.Errorf("outcomes: %s", got)
	}
}

func TestAStreamOutOfOrderEndsAfterWhatItTook(t *testing.T) {
	s := rpctest.New(t).Populate()
	reporter := s.Token(auth.Reporter, "30280")
	for name, messages := range map[string][]*reportingv1.StreamReportsRequest{
		"a gap":      {item(0, month("30280", 1, "1")), item(2, month("30280", 2, "1"))},
		"the same":   {item(0, month("30280", 1, "1")), item(0, month("30280", 2, "1"))},
		"no item":    {item(0, month("30280", 1, "1")), {}},
		"no options": nil,
		"negative":   {item(-1, month("30280", 1, "1"))},
	} {
		stream := openStream(s, reporter, s.NewID())
		if name == "no options" {
			var err error
			stream, err = reportingv1.NewReportServiceClient(s.Conn).StreamReports(s.As(reporter))
			s.Must(err)
			s.Must(stream.Send(item(0, month("30280", 1, "1"))))
		}
		for _, m := range messages {
			_ = stream.Send(m) // the end is read below
		}
		list, _, err := outcomes(stream)
		if reason(err) != "InvalidArgument STREAM_OUT_OF_ORDER" || len(messages) > 1 && len(list) != 1 {
			t.Errorf("%s: outcomes %v, error %s", name, list, reason(err))
		}
	}
	stream := openStream(s, reporter, "1")
	_, _, err := outcomes(stream)
	wantsField(t, err, "InvalidArgument REQUEST_ID_INVALID", "options.stream_id")
}

// TestAStreamEndsWhenItsTokenDoes holds that a client who waits for an outcome is not left waiting.
func TestAStreamEndsWhenItsTokenDoes(t *testing.T) {
	s := rpctest.New(t).Populate()
	reporter := s.Token(auth.Reporter, "30280")
	stream := openStream(s, reporter, s.NewID())
	s.Must(stream.Send(item(0, month("30280", 1, "1"))))
	m, err := stream.Recv()
	s.Must(err)
	if told(m.GetOutcome()) != "0 CREATED" {
		t.Fatalf("outcome: %s", told(m.GetOutcome()))
	}
	_, err = reportingv1.NewAccessServiceClient(s.Conn).RevokeToken(s.As(s.Admin), &reportingv1.RevokeTokenRequest{
		Name: "tokens/" + reporter[3:15], RequestId: s.NewID(),
	})
	s.Must(err)
	s.Must(stream.Send(item(1, month("30280", 2, "1"))))
	_, err = stream.Recv() // without closing our side
	wants(t, err, "Unauthenticated TOKEN_INVALID")
}
