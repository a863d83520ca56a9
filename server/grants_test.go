package server_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// TestAGrantIsNeverWiderThanItsGiversOwn asks for tokens in the name of administrators whose own end, and of one who is
// bound to nothing, whose tokens may outlive his.
func TestAGrantIsNeverWiderThanItsGiversOwn(t *testing.T) {
	p := told(t)
	access := reportingv1.NewAccessServiceClient(p.conn)
	day := 24 * time.Hour
	ends := p.now().Add(30 * day).Truncate(time.Second)
	for name, r := range map[string]*reportingv1.CreateTokenRequest{
		"ofProvince": {Role: reportingv1.Role_ROLE_ADMINISTRATOR, Unit: "82"},
		"ofAll":      {Role: reportingv1.Role_ROLE_ADMINISTRATOR},
	} {
		r.RequestId, r.Lifetime = p.requestID(), durationpb.New(30*day)
		answer, err := access.CreateToken(p.by("admin"), r)
		if err != nil {
			t.Fatal(err)
		}
		p.know(name, answer.GetSecret())
	}
	for _, c := range []struct {
		what, who, unit, form string
		role                  reportingv1.Role
		start, lifetime       time.Duration
		own                   bool
		wants                 string
		until                 time.Time
	}{
		{"until his own end, for nothing was said", "ofProvince", "A", "", reportingv1.Role_ROLE_REPORTER, 0, 0, false, "OK", ends},
		{"a second less than his own", "ofProvince", "A", "", reportingv1.Role_ROLE_VIEWER, 0, 30*day - time.Second, false, "OK", ends.Add(-time.Second)},
		{"a second more than his own", "ofProvince", "A", "", reportingv1.Role_ROLE_VIEWER, 0, 30*day + time.Second, false, "PermissionDenied GRANT_TOO_WIDE", ends},
		{"from later on, and too long by that", "ofProvince", "A", "", reportingv1.Role_ROLE_VIEWER, day, 30 * day, false, "PermissionDenied GRANT_TOO_WIDE", ends},
		{"from after his own end", "ofProvince", "A", "", reportingv1.Role_ROLE_VIEWER, 31 * day, 0, false, "InvalidArgument START_INVALID", ends},
		{"over a unit beside his own", "ofProvince", "83", "", reportingv1.Role_ROLE_VIEWER, 0, day, false, "NotFound UNIT_NOT_FOUND", ends},
		{"over everything", "ofProvince", "", "", reportingv1.Role_ROLE_VIEWER, 0, day, false, "PermissionDenied GRANT_TOO_WIDE", ends},
		{"longer than his own, by one bound to nothing", "ofAll", "83", "", reportingv1.Role_ROLE_VIEWER, 0, 60 * day, false, "OK", p.now().Add(60 * day)},
		{"from more than a year ahead", "ofAll", "83", "", reportingv1.Role_ROLE_VIEWER, 400 * day, day, false, "InvalidArgument START_INVALID", ends},
		{"own reports of no unit", "ofAll", "", "", reportingv1.Role_ROLE_VIEWER, 0, day, true, "InvalidArgument OWN_REPORTS_INVALID", ends},
		{"own reports of an approver", "ofAll", "83", "", reportingv1.Role_ROLE_APPROVER, 0, day, true, "InvalidArgument OWN_REPORTS_INVALID", ends},
	} {
		r := &reportingv1.CreateTokenRequest{Role: c.role, Unit: c.unit, Form: c.form, OwnReports: c.own, RequestId: p.requestID()}
		if c.lifetime != 0 {
			r.Lifetime = durationpb.New(c.lifetime)
		}
		if c.start != 0 {
			r.StartTime = timestamppb.New(p.now().Add(c.start))
		}
		answer, err := access.CreateToken(p.by(c.who), r)
		if got := verdictOf(err); got != c.wants {
			t.Errorf("%s: %s, want %s (%v)", c.what, got, c.wants, err)
			continue
		}
		if got := answer.GetToken().GetExpireTime().AsTime(); err == nil && !got.Equal(c.until.Truncate(time.Second)) {
			t.Errorf("%s: it ends at %s, want %s", c.what, got, c.until)
		}
	}
}

// TestATokenBeginsAtItsInstant: a second before it is as good as unknown.
func TestATokenBeginsAtItsInstant(t *testing.T) {
	p := told(t)
	access := reportingv1.NewAccessServiceClient(p.conn)
	begins := p.now().Add(48 * time.Hour)
	answer, err := access.CreateToken(p.by("admin"), &reportingv1.CreateTokenRequest{
		Role: reportingv1.Role_ROLE_VIEWER, Unit: "83", RequestId: p.requestID(), StartTime: timestamppb.New(begins),
	})
	if err != nil {
		t.Fatal(err)
	}
	p.know("later", answer.GetSecret())
	if got := answer.GetToken(); !got.GetStartTime().AsTime().Equal(begins) || got.GetExpireTime().AsTime().Sub(begins) != 90*24*time.Hour {
		t.Errorf("it is good from %s until %s, want 90 days from %s", got.GetStartTime().AsTime(), got.GetExpireTime().AsTime(), begins)
	}
	for _, c := range []struct {
		at    time.Time
		wants string
	}{{begins.Add(-time.Second), "Unauthenticated TOKEN_INVALID"}, {begins, "OK"}} {
		p.clock.Store(c.at.UnixNano())
		_, err := access.GetCaller(p.by("later"), &reportingv1.GetCallerRequest{})
		if got := verdictOf(err); got != c.wants {
			t.Errorf("at %s: %s, want %s", c.at, got, c.wants)
		}
	}
}

// TestR3ATokenReadsWhatItsUnitBecame: the old commune A went over whole into the new one of the same code, C in parts, D ended
// without a link. Reading follows A's token; sending and approving do not, but for the last periods of A itself.
func TestR3ATokenReadsWhatItsUnitBecame(t *testing.T) {
	p := told(t)
	for _, line := range []string{"oldA viewer A-0", "oldC viewer C-0", "oldD viewer D-0", "oldSender reporter A-0", "oldProvince approver 82-0"} {
		if err := p.issue(p.by("admin"), strings.Fields(line)); err != nil {
			t.Fatal(line, err)
		}
	}
	units := reportingv1.NewUnitServiceClient(p.conn)
	for _, c := range []struct{ who, unit, wants string }{
		{"oldA", "A-20250701", "OK"},
		{"oldA", "A-0", "OK"},
		{"oldA", "B-20250701", "NotFound UNIT_NOT_FOUND"},
		{"oldC", "A-20250701", "NotFound UNIT_NOT_FOUND"},
		{"oldD", "82-20250701", "NotFound UNIT_NOT_FOUND"},
		{"oldProvince", "82-20250701", "OK"},
		{"oldProvince", "B-20250701", "OK"},
		{"oldProvince", "E-0", "NotFound UNIT_NOT_FOUND"},
	} {
		_, err := units.GetUnit(p.by(c.who), &reportingv1.GetUnitRequest{Name: "units/" + c.unit})
		if got := verdictOf(err); got != c.wants {
			t.Errorf("%s reads %s: %s, want %s", c.who, c.unit, got, c.wants)
		}
	}
	reports, figure := reportingv1.NewReportServiceClient(p.conn), "7"
	for _, c := range []struct{ report, wants string }{
		{"units/A-0/reports/thang~2025-05", "OK"},
		{"units/A-20250701/reports/thang~2025-07", "NotFound UNIT_NOT_FOUND"},
	} {
		_, err := reports.SubmitReport(p.by("oldSender"), &reportingv1.SubmitReportRequest{
			Name: c.report, RequestId: p.requestID(), Figures: []*reportingv1.Figure{{Indicator: "HS", Value: &figure}},
		})
		if got := verdictOf(err); got != c.wants {
			t.Errorf("the old sender sends %s: %s, want %s", c.report, got, c.wants)
		}
	}
	seen, err := reports.GetReport(p.by("admin"), &reportingv1.GetReportRequest{Name: "units/A-20250701/reports/thang~2025-07"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = reports.ApproveReport(p.by("oldProvince"), &reportingv1.ApproveReportRequest{Name: seen.GetName(), Etag: seen.GetEtag(), RequestId: p.requestID()})
	if got := verdictOf(err); got == "OK" {
		t.Errorf("an approver of the old province approves for the new one: %s", got)
	}
}
