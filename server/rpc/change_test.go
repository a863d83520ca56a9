package rpc_test

import (
	"fmt"
	"strings"
	"testing"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

// noted gives a change as a short text.
func noted(c *reportingv1.Change) string {
	out := fmt.Sprintf("%d %s %s", c.GetSequence(), strings.TrimPrefix(c.GetKind().String(), "CHANGE_KIND_"), c.GetName())
	if c.GetUnit() != "" {
		out += fmt.Sprintf(" (%s %s %s %d)", c.GetUnit(), c.GetForm(), c.GetPeriod(), c.GetRevision())
	}
	return out
}

func TestTheFeedTellsEveryKindOfChange(t *testing.T) {
	s := rpctest.New(t).Populate()
	reporter := s.Token(auth.Reporter, "30280")
	reports := reportingv1.NewReportServiceClient(s.Conn)
	draft := month("30280", 5, "1")
	draft.Draft, draft.RequestId = true, s.NewID()
	_, err := reports.SubmitReport(s.As(reporter), draft)
	s.Must(err)
	draft.Draft, draft.RequestId, draft.Etag = false, s.NewID(), "1-draft"
	_, err = reports.SubmitReport(s.As(reporter), draft)
	s.Must(err)
	_, err = reports.ApproveReport(s.As(s.Admin), &reportingv1.ApproveReportRequest{Name: draft.GetName(), Etag: "2-submitted", RequestId: s.NewID()})
	s.Must(err)
	_, err = reports.ReturnReport(s.As(s.Admin), &reportingv1.ReturnReportRequest{Name: draft.GetName(), Etag: "2-approved", Reason: "sai", RequestId: s.NewID()})
	s.Must(err)

	changes := reportingv1.NewChangeServiceClient(s.Conn)
	list := func(token string, request *reportingv1.ListChangesRequest) (out []string) {
		for {
			page, err := changes.ListChanges(s.As(token), request)
			s.Must(err)
			for _, c := range page.GetChanges() {
				out = append(out, noted(c))
			}
			request.AfterSequence, request.JournalId = page.GetNextAfterSequence(), page.GetStamp().GetJournalId()
			if !page.GetMore() {
				return out
			}
		}
	}
	const key = " units/30280-0/reports/cds~2024-05 (30280-0 CDS 2024-05 "
	all := list(s.Admin, &reportingv1.ListChangesRequest{PageSize: 2})
	want := []string{"2 UNITS units", "3 INDICATORS indicators", "4 FORMS forms/cds", "7 REPORT_SUBMITTED" + key + "2)", "8 REPORT_APPROVED" + key + "2)", "9 REPORT_RETURNED" + key + "2)"}
	got := strings.Join(all, "\n")
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("the feed lacks %q:\n%s", w, got)
		}
	}
	if !strings.Contains(got, "1 ACCESS tokens/"+s.Admin[3:15]) || strings.Contains(got, "DRAFTED") {
		t.Errorf("the administrator's feed:\n%s", got)
	}
	own := strings.Join(list(reporter, &reportingv1.ListChangesRequest{Form: "cds"}), "\n")
	if !strings.Contains(own, "6 REPORT_DRAFTED"+key+"1)") || strings.Contains(own, "ACCESS") {
		t.Errorf("the reporter's feed:\n%s", own)
	}
	if other := list(s.Token(auth.Viewer, "804"), &reportingv1.ListChangesRequest{Below: "804"}); len(other) != 0 {
		t.Errorf("the feed of another district: %v", other)
	}
	_, err = changes.ListChanges(s.As(s.Admin), &reportingv1.ListChangesRequest{JournalId: strings.Repeat("0", 31) + "1"})
	wants(t, err, "FailedPrecondition JOURNAL_REPLACED")
	_, err = changes.ListChanges(s.As(s.Admin), &reportingv1.ListChangesRequest{JournalId: "x"})
	wantsField(t, err, "InvalidArgument JOURNAL_ID_INVALID", "journal_id")
	_, err = changes.ListChanges(s.As(s.Admin), &reportingv1.ListChangesRequest{AfterSequence: -1})
	wantsField(t, err, "InvalidArgument SEQUENCE_INVALID", "after_sequence")
}

func TestWhoWatchesLearnsOfAChangeAtOnce(t *testing.T) {
	s := rpctest.New(t).Populate()
	viewer := s.Token(auth.Viewer, "82")
	watch := func(request *reportingv1.WatchChangesRequest) reportingv1.ChangeService_WatchChangesClient {
		stream, err := reportingv1.NewChangeServiceClient(s.Conn).WatchChanges(s.As(viewer), request)
		s.Must(err)
		return stream
	}
	next := func(stream reportingv1.ChangeService_WatchChangesClient) string {
		m, err := stream.Recv()
		s.Must(err)
		if m.GetJournalId() == "" {
			t.Errorf("no journal in %v", m)
		}
		if m.GetChange() == nil {
			return fmt.Sprintf("heartbeat %d", m.GetSequence())
		}
		return noted(m.GetChange())
	}
	fromNow := watch(&reportingv1.WatchChangesRequest{Form: "CDS"})
	if got := next(fromNow); got != "heartbeat 5" {
		t.Errorf("the first message from now on is %s", got)
	}
	after := int64(0)
	fromStart := watch(&reportingv1.WatchChangesRequest{AfterSequence: &after})
	if got := next(fromStart); got != "2 UNITS units" {
		t.Errorf("the first message from the start is %s", got)
	}
	reporter := s.As(s.Token(auth.Reporter, "30280"))
	_, err := reportingv1.NewReportServiceClient(s.Conn).BatchSubmitReports(reporter, &reportingv1.BatchSubmitReportsRequest{
		Atomic: true, RequestId: s.NewID(), Requests: []*reportingv1.SubmitReportRequest{month("30280", 4, "1"), month("30280", 5, "1")},
	})
	s.Must(err)
	// Two reports in one entry: only behind the second the entry has been told.
	for _, want := range []struct {
		period string
		told   int64
	}{{"2024-04", 6}, {"2024-05", 7}} {
		var m *reportingv1.WatchChangesResponse
		for m.GetChange() == nil {
			m, err = fromNow.Recv()
			s.Must(err)
		}
		if m.GetChange().GetPeriod() != want.period || m.GetSequence() != want.told || m.GetChange().GetSequence() != 7 {
			t.Errorf("message = %v, want %v", m, want)
		}
	}
}
