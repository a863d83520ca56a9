package rpc_test

import (
	"strings"
	"testing"
	"time"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

// TestAbsentZeroAndNotAvailableStayThreeThings sends all of them and reads them back.
func TestAbsentZeroAndNotAvailableStayThreeThings(t *testing.T) {
	s := rpctest.New(t).Populate()
	reports, ctx := reportingv1.NewReportServiceClient(s.Conn), s.As(s.Token(auth.Reporter, "30280"))
	answer, err := reports.SubmitReport(ctx, &reportingv1.SubmitReportRequest{
		Name: "units/30280/reports/cds~2024-05", RequestId: s.NewID(), Figures: []*reportingv1.Figure{
			{Indicator: "hs", Value: text("0")},
			{Indicator: "TL", State: reportingv1.FigureState_FIGURE_STATE_NOT_AVAILABLE, Note: "máy hỏng"},
			{Indicator: "GD", Value: text("-1234.50"), Grade: reportingv1.FigureGrade_FIGURE_GRADE_ESTIMATE},
		},
	})
	s.Must(err)
	report, err := reports.GetReport(ctx, &reportingv1.GetReportRequest{Name: answer.GetReport().GetName()})
	s.Must(err)
	want := "HS 0 ·/· VALUE; TL · ·/· NOT_AVAILABLE; GD -1234.5 ·/· VALUE"
	if got := allShown(report.GetFigures()); got != want {
		t.Errorf("the report has %s, want %s", got, want)
	}
	if report.GetFigures()[1].GetNote() != "máy hỏng" || report.GetFigures()[2].GetGrade() != reportingv1.FigureGrade_FIGURE_GRADE_ESTIMATE {
		t.Errorf("notes and grades are lost: %v", report.GetFigures())
	}
	o := answer.GetOutcome()
	if o.GetKind() != reportingv1.OutcomeKind_OUTCOME_KIND_CREATED || o.GetReceipt().GetSequence() != answer.GetReport().GetStamp().GetSequence() ||
		o.GetName() != "units/30280-0/reports/cds~2024-05" || o.GetEtag() != "1-submitted" || o.GetReceipt().GetRevision() != 1 {
		t.Errorf("outcome = %v", o)
	}
	for name, c := range map[string]struct {
		figure      *reportingv1.Figure
		want, field string
	}{
		"empty":       {&reportingv1.Figure{Indicator: "HS", Value: text("")}, "NUMBER_EMPTY", "figures[0].value"},
		"nothing":     {&reportingv1.Figure{Indicator: "HS"}, "STATE_UNKNOWN", "figures[0].state"},
		"minus zero":  {&reportingv1.Figure{Indicator: "HS", Value: text("-0")}, "NUMBER_NEGATIVE_ZERO", "figures[0].value"},
		"exponent":    {&reportingv1.Figure{Indicator: "HS", Value: text("1e3")}, "NUMBER_MALFORMED", "figures[0].value"},
		"comma":       {&reportingv1.Figure{Indicator: "GD", Value: text("1,5")}, "NUMBER_MALFORMED", "figures[0].value"},
		"state":       {&reportingv1.Figure{Indicator: "HS", State: 99}, "STATE_UNKNOWN", "figures[0].state"},
		"two things":  {&reportingv1.Figure{Indicator: "HS", Value: text("1"), State: reportingv1.FigureState_FIGURE_STATE_NOT_APPLICABLE}, "FIGURE_STATE_WITH_VALUE", "figures[0].state"},
		"not a ratio": {&reportingv1.Figure{Indicator: "TL", Value: text("90")}, "SEVERAL_PROBLEMS", "figures[0].value figures[0].numerator figures[0].denominator"},
	} {
		_, err := reports.SubmitReport(ctx, &reportingv1.SubmitReportRequest{
			Name: "units/30280/reports/cds~2024-04", RequestId: s.NewID(), Figures: []*reportingv1.Figure{c.figure},
		})
		if got := reason(err); !strings.HasSuffix(got, c.want) || !strings.HasPrefix(got, "InvalidArgument") || fields(err) != c.field {
			t.Errorf("%s: error = %s at %q, want %s at %q", name, got, fields(err), c.want, c.field)
		}
	}
}

func TestAReportIsCorrectedApprovedAndReturned(t *testing.T) {
	s := rpctest.New(t).Populate()
	reports := reportingv1.NewReportServiceClient(s.Conn)
	reporter, approver := s.As(s.Token(auth.Reporter, "30280")), s.As(s.Token(auth.Approver, "803"))
	const name = "units/30280/reports/cds~2024-05"
	_, err := reports.GetReport(reporter, &reportingv1.GetReportRequest{Name: name})
	wantsField(t, err, "NotFound REPORT_NOT_FOUND", "name")
	_, err = reports.SubmitReport(reporter, submission(s, "30280", "10"))
	s.Must(err)

	_, err = reports.ApproveReport(approver, &reportingv1.ApproveReportRequest{Name: name, Etag: "1-draft", RequestId: s.NewID()})
	wantsField(t, err, "Aborted ETAG_MISMATCH", "etag")
	preview, err := reports.ApproveReport(approver, &reportingv1.ApproveReportRequest{Name: name, Etag: "1-submitted", ValidateOnly: true})
	s.Must(err)
	if preview.GetReceipt() != nil || preview.GetState() != reportingv1.RevisionState_REVISION_STATE_SUBMITTED {
		t.Errorf("the preview of an approval = %v", preview)
	}
	approved, err := reports.ApproveReport(approver, &reportingv1.ApproveReportRequest{Name: name, Etag: "1-submitted", RequestId: s.NewID()})
	s.Must(err)
	if approved.GetApprovedRevision() != 1 || approved.GetEtag() != "1-approved" || approved.GetReceipt().GetRevision() != 1 {
		t.Errorf("approved = %v", approved)
	}

	correction := submission(s, "30280", "12")
	_, err = reports.SubmitReport(reporter, correction)
	wantsField(t, err, "Aborted ETAG_MISMATCH", "etag")
	correction.Etag, correction.RequestId = approved.GetEtag(), s.NewID()
	corrected, err := reports.SubmitReport(reporter, correction)
	s.Must(err)
	if corrected.GetOutcome().GetKind() != reportingv1.OutcomeKind_OUTCOME_KIND_CORRECTED || corrected.GetReport().GetApprovedRevision() != 1 {
		t.Errorf("corrected = %v", corrected)
	}
	again, err := reports.SubmitReport(reporter, correction)
	s.Must(err)
	if again.GetOutcome().GetKind() != reportingv1.OutcomeKind_OUTCOME_KIND_REPLAYED || !again.GetOutcome().GetReceipt().GetReplayed() ||
		again.GetOutcome().GetReceipt().GetSequence() != corrected.GetOutcome().GetReceipt().GetSequence() {
		t.Errorf("repeated = %v", again.GetOutcome())
	}
	correction.Figures[0].Value = text("13")
	_, err = reports.SubmitReport(reporter, correction)
	wantsField(t, err, "AlreadyExists REQUEST_ID_REUSED", "request_id")

	_, err = reports.ReturnReport(approver, &reportingv1.ReturnReportRequest{Name: name, Etag: "2-submitted", RequestId: s.NewID()})
	wantsField(t, err, "InvalidArgument REASON_REQUIRED", "reason")
	returned, err := reports.ReturnReport(approver, &reportingv1.ReturnReportRequest{
		Name: name, Etag: "2-submitted", Reason: "thiếu hồ sơ tháng 5", RequestId: s.NewID(),
	})
	s.Must(err)
	if returned.GetReturnReason() != "thiếu hồ sơ tháng 5" || returned.GetState() != reportingv1.RevisionState_REVISION_STATE_RETURNED {
		t.Errorf("returned = %v", returned)
	}
	list, err := reports.ListRevisions(reporter, &reportingv1.ListRevisionsRequest{Parent: name})
	s.Must(err)
	newest, oldest := list.GetRevisions()[0], list.GetRevisions()[1]
	if newest.GetName() != "units/30280-0/reports/cds~2024-05/revisions/2" || newest.GetOfficial() || newest.GetProvisional() ||
		newest.GetReviewer() == "" || newest.GetReturnReason() == "" || newest.GetReviewTime() == nil {
		t.Errorf("the newest revision is %v", newest)
	}
	if !oldest.GetOfficial() || !oldest.GetProvisional() || allShown(oldest.GetFigures()) != "HS 10 ·/· VALUE" {
		t.Errorf("the oldest revision is %v", oldest)
	}
	_, err = reports.ListRevisions(reporter, &reportingv1.ListRevisionsRequest{Parent: "units/30280"})
	wantsField(t, err, "InvalidArgument REPORT_NAME_INVALID", "parent")
}

// TestWhatIsOutOfSightIsNotFound compares the answers about a unit that is there and one that is not: they must not
// differ but in the name that the caller himself gave.
func TestWhatIsOutOfSightIsNotFound(t *testing.T) {
	s := rpctest.New(t).Populate()
	reports, ctx := reportingv1.NewReportServiceClient(s.Conn), s.As(s.Token(auth.Reporter, "30280"))
	_, err := reports.SubmitReport(s.As(s.Token(auth.Reporter, "30301")), submission(s, "30301", "5"))
	s.Must(err)
	var answers []string
	for _, unit := range []string{"30301", "99999"} {
		_, err := reports.GetReport(ctx, &reportingv1.GetReportRequest{Name: "units/" + unit + "/reports/cds~2024-05"})
		wants(t, err, "NotFound UNIT_NOT_FOUND")
		_, other := reports.SubmitReport(ctx, submission(s, unit, "5"))
		wants(t, other, "NotFound UNIT_NOT_FOUND")
		answers = append(answers, strings.ReplaceAll(err.Error()+fields(err)+other.Error()+fields(other), unit, "U"))
	}
	if answers[0] != answers[1] {
		t.Errorf("a unit out of sight: %s\none that is not there: %s", answers[0], answers[1])
	}
}

func TestReportsAreListedAsAskedFor(t *testing.T) {
	s := rpctest.New(t).Populate()
	reports := reportingv1.NewReportServiceClient(s.Conn)
	for _, unit := range []string{"30280", "30283", "30301"} {
		_, err := reports.SubmitReport(s.As(s.Token(auth.Reporter, unit)), submission(s, unit, "5"))
		s.Must(err)
	}
	draft := submission(s, "30280", "7")
	draft.Name, draft.Draft = "units/30280/reports/cds~2024-06", true
	_, err := reports.SubmitReport(s.As(s.Token(auth.Reporter, "30280")), draft)
	s.Must(err)
	viewer := s.As(s.Token(auth.Viewer, "82"))
	for _, c := range []struct {
		name    string
		request *reportingv1.ListReportsRequest
		want    string
	}{
		{"all", &reportingv1.ListReportsRequest{Form: "cds", Periods: "2024-05..2024-06"}, "30280-0 30283-0 30301-0"},
		{"below", &reportingv1.ListReportsRequest{Form: "CDS", Periods: "2024-05", Below: "803"}, "30280-0 30283-0"},
		{"of one", &reportingv1.ListReportsRequest{Parent: "units/30301", Form: "CDS", Periods: "2024-05"}, "30301-0"},
		{"approved", &reportingv1.ListReportsRequest{Form: "CDS", Periods: "2024-05", States: []reportingv1.RevisionState{3}}, ""},
	} {
		list, err := reports.ListReports(viewer, c.request)
		s.Must(err)
		var units []string
		for _, r := range list.GetReports() {
			units = append(units, r.GetUnit())
			if len(r.GetFigures()) > 0 {
				t.Errorf("%s: figures that nobody asked for: %v", c.name, r)
			}
		}
		if got := strings.Join(units, " "); got != c.want {
			t.Errorf("%s: reports of %s, want %s", c.name, got, c.want)
		}
	}
	own, err := reports.ListReports(s.As(s.Token(auth.Reporter, "30280")), &reportingv1.ListReportsRequest{Form: "CDS", Periods: "2024-06", WithFigures: true})
	s.Must(err)
	if len(own.GetReports()) != 1 || allShown(own.GetReports()[0].GetFigures()) != "HS 7 ·/· VALUE" || own.GetReports()[0].GetEtag() != "1-draft" {
		t.Errorf("one's own draft = %v", own.GetReports())
	}
	for _, c := range []struct {
		request     *reportingv1.ListReportsRequest
		want, field string
	}{
		{&reportingv1.ListReportsRequest{Form: "CDS", Periods: "2024-05", States: []reportingv1.RevisionState{0}}, "REVISION_STATE_UNKNOWN", "states[0]"},
		{&reportingv1.ListReportsRequest{Form: "CDS", Periods: "2024-05", Parent: "30301"}, "NAME_INVALID", "parent"},
		{&reportingv1.ListReportsRequest{Form: "CDS", Periods: "2024-13"}, "PERIOD_OUT_OF_RANGE", "periods"},
		{&reportingv1.ListReportsRequest{Form: "CDS", Periods: "2024-05", PageToken: "x"}, "PAGE_TOKEN_INVALID", "page_token"},
	} {
		_, err := reports.ListReports(viewer, c.request)
		wantsField(t, err, "InvalidArgument "+c.want, c.field)
	}
}

func TestALateReportSaysSo(t *testing.T) {
	s := rpctest.New(t).Populate()
	s.Advance(3 * 24 * time.Hour)
	answer, err := reportingv1.NewReportServiceClient(s.Conn).SubmitReport(s.As(s.Token(auth.Reporter, "30280")), submission(s, "30280", "5"))
	s.Must(err)
	// Two days after 31 May is Sunday 2 June; the next working day is Monday 3, so it is late from Tuesday on.
	if !answer.GetOutcome().GetLate() || !answer.GetReport().GetLate() || answer.GetReport().GetDeadline().AsTime().Format("01-02T15:04Z") != "06-03T17:00Z" {
		t.Errorf("answer = %v", answer)
	}
}
