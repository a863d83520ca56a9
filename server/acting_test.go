package server_test

import (
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// TestR3ASuccessorActsForAUnitThatEnded: the old communes A and B went over as a whole into those of the new province, C in
// parts into both, and the old district D ended without a link. The clock stands on 2025-08-20.
func TestR3ASuccessorActsForAUnitThatEnded(t *testing.T) {
	p := told(t)
	for _, line := range []string{"newA reporter A", "newProvince reporter 82", "newApprover approver 82", "outside approver 83"} {
		if err := p.issue(p.by("admin"), strings.Fields(line)); err != nil {
			t.Fatal(line, err)
		}
	}
	reports := reportingv1.NewReportServiceClient(p.conn)
	for _, c := range []struct {
		who, report, wants, acting string
	}{
		{"newA", "units/A-0/reports/thang~2025-05", "OK", "A-20250701"},
		{"newA", "units/A-0/reports/thang~2025-07", "FailedPrecondition UNIT_NOT_VALID", ""},
		{"newA", "units/B-0/reports/thang~2025-05", "NotFound UNIT_NOT_FOUND", ""},
		// A got a part of C, so it may see it; but neither A nor B is all of it, so the unit above both acts.
		{"newA", "units/C-0/reports/thang~2025-05", "NotFound UNIT_NOT_FOUND", ""},
		{"newProvince", "units/C-0/reports/thang~2025-05", "OK", "82-20250701"},
		{"newProvince", "units/A-0/reports/thang~2025-04", "NotFound UNIT_NOT_FOUND", ""},
		{"reporterA", "units/A-0/reports/thang~2025-03", "OK", ""}, // its own token is still good for the periods it stood in
		{"admin", "units/B-0/reports/thang~2025-05", "OK", ""},
	} {
		figure := "7"
		_, err := reports.SubmitReport(p.by(c.who), &reportingv1.SubmitReportRequest{
			Name: c.report, RequestId: p.requestID(), Figures: []*reportingv1.Figure{{Indicator: "HS", Value: &figure}},
		})
		if got := verdictOf(err); got != c.wants {
			t.Errorf("%s sends %s: %s, want %s (%v)", c.who, c.report, got, c.wants, status.Convert(err).Message())
			continue
		}
		if c.wants != "OK" {
			continue
		}
		revisions, err := reports.ListRevisions(p.by("admin"), &reportingv1.ListRevisionsRequest{Parent: c.report})
		if err != nil || len(revisions.GetRevisions()) != 1 {
			t.Fatalf("%s: %v, %v", c.report, revisions, err)
		}
		if got := revisions.GetRevisions()[0].GetActingUnit(); got != c.acting {
			t.Errorf("%s was sent by %q in its place, want %q", c.report, got, c.acting)
		}
	}
	p.checkScope(t)
}

// checkScope: who answers for a unit answers for what it was made of, and nobody else does.
func (p *province) checkScope(t *testing.T) {
	t.Helper()
	units := reportingv1.NewUnitServiceClient(p.conn)
	reports := reportingv1.NewReportServiceClient(p.conn)
	for _, c := range []struct{ who, unit, wants string }{
		{"newA", "A-0", "OK"},
		{"newA", "C-0", "OK"},
		{"newA", "B-0", "NotFound UNIT_NOT_FOUND"},
		{"newA", "D-0", "NotFound UNIT_NOT_FOUND"},
		{"newApprover", "A-0", "OK"},
		{"newApprover", "D-0", "OK"}, // it ended without a link, and its province went over
		{"newApprover", "82-0", "OK"},
		{"newApprover", "E-0", "NotFound UNIT_NOT_FOUND"},
		{"outside", "A-0", "NotFound UNIT_NOT_FOUND"},
	} {
		_, err := units.GetUnit(p.by(c.who), &reportingv1.GetUnitRequest{Name: "units/" + c.unit})
		if got := verdictOf(err); got != c.wants {
			t.Errorf("%s reads %s: %s, want %s", c.who, c.unit, got, c.wants)
		}
	}
	const name = "units/A-0/reports/thang~2025-05"
	seen, err := reports.GetReport(p.by("newApprover"), &reportingv1.GetReportRequest{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ who, wants string }{{"outside", "NotFound UNIT_NOT_FOUND"}, {"newApprover", "OK"}} {
		_, err := reports.ApproveReport(p.by(c.who), &reportingv1.ApproveReportRequest{Name: name, Etag: seen.GetEtag(), RequestId: p.requestID()})
		if got := verdictOf(err); got != c.wants {
			t.Errorf("%s approves: %s, want %s", c.who, got, c.wants)
		}
	}
}

// verdictOf gives code and reason of an error; OK without one.
func verdictOf(err error) string {
	s := status.Convert(err)
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return s.Code().String() + " " + info.GetReason()
		}
	}
	return s.Code().String()
}
