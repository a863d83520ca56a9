package server_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// TestR27_WhatIsClosedIsNoLongerOwed closes January 2025 of the whole province when A is approved and B waits, and then opens it
// again for C until March: what is done stays done, nothing else is owed or late any more, and C is late again for that time.
func TestR27_WhatIsClosedIsNoLongerOwed(t *testing.T) {
	s := newOwedStory(t, 1)
	now := time.Date(2025, 2, 10, 9, 0, 0, 0, vietnamTime)
	s.clock.Store(now.UnixNano())
	s.send(owedCell{"A-0", "Cat", "2025-01"}, now, false)
	s.review(owedCell{"A-0", "Cat", "2025-01"}, false)
	s.send(owedCell{"B-0", "Cat", "2025-01"}, now, false)
	closings := reportingv1.NewClosingServiceClient(s.conn)
	const name = "forms/cat/closings/2025-01~82-0"
	etag := func() string {
		c, err := closings.GetClosing(s.by("admin"), &reportingv1.GetClosingRequest{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		return c.GetEtag()
	}
	s.stand(t, "before", "DONE WAITING OVERDUE OVERDUE OVERDUE", 3)
	_, err := closings.ClosePeriod(s.by("admin"), &reportingv1.ClosePeriodRequest{
		Name: name, Etag: etag(), Force: true, Reason: "hết năm", RequestId: s.requestID(),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.stand(t, "closed", "DONE CLOSED CLOSED CLOSED CLOSED", 0)
	_, err = closings.ReopenPeriod(s.by("admin"), &reportingv1.ReopenPeriodRequest{
		Name: name, Etag: etag(), Units: []string{"C-0"}, Until: timestamppb.New(time.Date(2025, 3, 1, 0, 0, 0, 0, vietnamTime)), Reason: "lũ",
		RequestId: s.requestID(),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.stand(t, "reopened for C", "DONE CLOSED OVERDUE CLOSED CLOSED", 1)
	s.clock.Store(time.Date(2025, 3, 1, 0, 0, 0, 0, vietnamTime).UnixNano() - 1)
	s.stand(t, "a moment before it ends", "DONE CLOSED OVERDUE CLOSED CLOSED", 1)
	s.clock.Store(time.Date(2025, 3, 1, 0, 0, 0, 0, vietnamTime).UnixNano())
	s.stand(t, "when it has ended", "DONE CLOSED CLOSED CLOSED CLOSED", 0)
}

// stand compares the states of A, B, C, D and S, and how many are overdue in the list and in the matrix.
func (s *owedStory) stand(t *testing.T, when, want string, overdue int) {
	t.Helper()
	reports := reportingv1.NewReportServiceClient(s.conn)
	list, err := reports.ListObligations(s.by("admin"), &reportingv1.ListObligationsRequest{Form: "cat", Periods: "2025-01"})
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, o := range list.GetObligations() {
		states = append(states, strings.TrimPrefix(o.GetState().String(), "OBLIGATION_STATE_"))
	}
	late, err := reports.ListOverdue(s.by("admin"), &reportingv1.ListOverdueRequest{Form: "cat", Periods: "2025-01"})
	if err != nil {
		t.Fatal(err)
	}
	matrix, err := reports.GetCompleteness(s.by("admin"), &reportingv1.GetCompletenessRequest{Form: "cat", Periods: "2025-01", Kind: "commune"})
	if err != nil {
		t.Fatal(err)
	}
	totals := matrix.GetPeriods()[0].GetTotals()
	communes := min(overdue, 1) // C alone of those who are late is a commune
	if got := strings.Join(states, " "); got != want || len(late.GetObligations()) != overdue || int(totals.GetOverdue()) != communes ||
		totals.GetExpected() != 3 || totals.GetReceived() != 2 || totals.GetApproved() != 1 || totals.GetWaiting() != 1 {
		t.Errorf("%s: %s, %d late, %v; want %s, %d late", when, got, len(late.GetObligations()), totals, want, overdue)
	}
}
