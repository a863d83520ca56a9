package rpc_test

import (
	"fmt"
	"strings"
	"testing"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

// rolled gives a roll-up as a short text in which absence is seen.
func rolled(r *reportingv1.Rollup) string {
	part := func(p *string) string {
		if p == nil {
			return "·"
		}
		return *p
	}
	c := r.GetCoverage()
	return fmt.Sprintf("%s %s %s: %s %s %s/%s, %d of %d", r.GetUnitCode(), r.GetIndicator(), r.GetPeriod(),
		strings.TrimPrefix(r.GetState().String(), "ROLLUP_STATE_"), part(r.Value), part(r.Numerator), part(r.Denominator),
		c.GetReceived(), c.GetExpected())
}

// withReports sends three reports of May: a zero, a ratio, and a ratio whose denominator is zero.
func withReports(s *rpctest.Stack) *rpctest.Stack {
	s.TB.Helper()
	reports := reportingv1.NewReportServiceClient(s.Conn)
	for unit, figures := range map[string][]*reportingv1.Figure{
		"30280": {{Indicator: "HS", Value: text("0")}, {Indicator: "TL", Numerator: text("90"), Denominator: text("100")}},
		"30283": {{Indicator: "HS", Value: text("0")}, {Indicator: "TL", Numerator: text("10"), Denominator: text("1000")}},
		"30301": {{Indicator: "TL", Numerator: text("0"), Denominator: text("0")}},
	} {
		_, err := reports.SubmitReport(s.As(s.Token(auth.Reporter, unit)), &reportingv1.SubmitReportRequest{
			Name: "units/" + unit + "/reports/cds~2024-05", Figures: figures, RequestId: s.NewID(),
		})
		s.Must(err)
	}
	return s
}

func TestRollupsTellZeroFromNothing(t *testing.T) {
	s := withReports(rpctest.New(t).Populate())
	rollups, viewer := reportingv1.NewRollupServiceClient(s.Conn), s.As(s.Token(auth.Viewer, "82"))
	answer, err := rollups.QueryRollups(viewer, &reportingv1.QueryRollupsRequest{
		Units: []string{"82"}, Children: true, Indicators: []string{"hs", "TL"}, Periods: []string{"2024-04..2024-05"},
		Basis: reportingv1.Basis_BASIS_PROVISIONAL,
	})
	s.Must(err)
	got := map[string]bool{}
	for _, r := range answer.GetRollups() {
		got[rolled(r)] = true
		if r.GetTreeDate() == "" || r.GetUnitName() == "" || r.GetUnitOfMeasure() == "" || r.GetKind() != "" || r.Spans != nil {
			t.Errorf("roll-up = %v", r)
		}
	}
	for _, want := range []string{
		"803 HS 2024-05: VALUE 0 ·/·, 2 of 2", // zero is a value
		"804 HS 2024-05: NO_DATA · ·/·, 0 of 1",
		"803 HS 2024-04: NO_DATA · ·/·, 0 of 2",
		"803 TL 2024-05: VALUE 9.09 100/1100, 2 of 2", // 100 of 1,100 in per cent, not the mean of two shares
		"804 TL 2024-05: UNDEFINED · 0/0, 1 of 1",     // both parts are given
	} {
		if !got[want] {
			t.Errorf("there is no %q in %v", want, got)
		}
	}
	if answer.GetBasis() != reportingv1.Basis_BASIS_PROVISIONAL || answer.GetMeasure() != reportingv1.RollupMeasure_ROLLUP_MEASURE_AS_REPORTED {
		t.Errorf("basis %s, measure %s", answer.GetBasis(), answer.GetMeasure())
	}
	if p := answer.GetPeriods(); len(p) != 2 || p[1].GetFirstDay() != "2024-05-01" || p[1].GetLastDay() != "2024-05-31" || p[1].GetCalendar() != reportingv1.Calendar_CALENDAR_CIVIL {
		t.Errorf("periods = %v", p)
	}
	if answer.GetStamp().GetStateVersion() == 0 || answer.GetStamp().GetSequence() == 0 {
		t.Errorf("stamp = %v", answer.GetStamp())
	}
	official, err := rollups.QueryRollups(viewer, &reportingv1.QueryRollupsRequest{Units: []string{"82"}, Indicators: []string{"HS"}, Periods: []string{"2024-05"}})
	s.Must(err)
	if got := rolled(official.GetRollups()[0]); got != "82 HS 2024-05: NO_DATA · ·/·, 0 of 3" || official.GetBasis() != reportingv1.Basis_BASIS_OFFICIAL {
		t.Errorf("unspecified is official: %s, %s", got, official.GetBasis())
	}
}

func TestARollupIsExplainedDownToTheReport(t *testing.T) {
	s := withReports(rpctest.New(t).Populate())
	rollups, viewer := reportingv1.NewRollupServiceClient(s.Conn), s.As(s.Token(auth.Viewer, "82"))
	request := &reportingv1.ExplainRollupRequest{
		Unit: "82", Indicator: "TL", Period: "2024-05", Basis: reportingv1.Basis_BASIS_PROVISIONAL, PageSize: 2,
	}
	var got []string
	for {
		page, err := rollups.ExplainRollup(viewer, request)
		s.Must(err)
		if r := rolled(page.GetRollup()); r != "82 TL 2024-05: VALUE 9.09 100/1100, 3 of 3" {
			t.Errorf("the roll-up is %s", r)
		}
		for _, c := range page.GetContributions() {
			got = append(got, fmt.Sprintf("%s %s %d %s %t%s", c.GetUnitCode(), c.GetReport(), c.GetRevision(), shown(c.GetFigure()), c.GetCounted(), c.GetWhyNot()))
		}
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
			break
		}
	}
	want := []string{
		"30280 units/30280-0/reports/cds~2024-05 1 TL · 90/100 VALUE true",
		"30283 units/30283-0/reports/cds~2024-05 1 TL · 10/1000 VALUE true",
		"30301 units/30301-0/reports/cds~2024-05 1 TL · 0/0 VALUE true",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("contributions:\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	page, err := rollups.ExplainRollup(viewer, &reportingv1.ExplainRollupRequest{Unit: "804", Indicator: "HS", Period: "2024-05"})
	s.Must(err)
	if c := page.GetContributions()[0]; c.Figure != nil || c.GetWhyNot() != "NOT_APPROVED" || c.GetReport() != "units/30301-0/reports/cds~2024-05" {
		t.Errorf("what is not approved = %v", c)
	}
}

func TestAWrongQueryIsRefusedByItsFields(t *testing.T) {
	s := rpctest.New(t).Populate()
	rollups, viewer := reportingv1.NewRollupServiceClient(s.Conn), s.As(s.Token(auth.Viewer, "803"))
	for _, c := range []struct {
		request     *reportingv1.QueryRollupsRequest
		want, field string
	}{
		{&reportingv1.QueryRollupsRequest{}, "InvalidArgument QUERY_INCOMPLETE", "units indicators periods"},
		{&reportingv1.QueryRollupsRequest{Basis: 9, Measure: 9}, "InvalidArgument SEVERAL_PROBLEMS", "basis measure"},
		{&reportingv1.QueryRollupsRequest{MinSequence: -1}, "InvalidArgument SEQUENCE_INVALID", "min_sequence"},
		{&reportingv1.QueryRollupsRequest{MinSequence: 1, JournalId: another}, "FailedPrecondition JOURNAL_REPLACED", "journal_id"},
		{&reportingv1.QueryRollupsRequest{JournalId: "this"}, "InvalidArgument JOURNAL_ID_INVALID", "journal_id"},
		{
			&reportingv1.QueryRollupsRequest{Units: []string{"803", "804"}, Indicators: []string{"XX"}, Periods: []string{"2024-05"}},
			"NotFound SEVERAL_PROBLEMS", "units[1] indicators[0]",
		},
		{
			&reportingv1.QueryRollupsRequest{Units: []string{"803"}, Indicators: []string{"HS"}, Periods: []string{"2024-05"}, MinSequence: 1 << 40},
			"Unavailable SEQUENCE_NOT_REACHED", "",
		},
	} {
		if _, err := rollups.QueryRollups(viewer, c.request); reason(err) != c.want || fields(err) != c.field {
			t.Errorf("%v: error = %s at %q, want %s at %q", c.request, reason(err), fields(err), c.want, c.field)
		}
	}
}

// TestAContributionIsShownAtTheScaleOfItsDay lets an indicator grow two decimals in May, after April was reported.
func TestAContributionIsShownAtTheScaleOfItsDay(t *testing.T) {
	s := rpctest.New(t).Populate()
	reports, admin := reportingv1.NewReportServiceClient(s.Conn), s.As(s.Admin)
	client := reportingv1.NewIndicatorServiceClient(s.Conn)
	finer, err := client.GetIndicator(admin, &reportingv1.GetIndicatorRequest{Name: "indicators/hs"})
	s.Must(err)
	finer.Scale, finer.ValidFrom, finer.Etag = 2, "2024-05-01", ""
	_, err = client.CreateIndicator(admin, &reportingv1.CreateIndicatorRequest{Indicator: finer, RequestId: s.NewID()})
	s.Must(err)
	reporter := s.As(s.Token(auth.Reporter, "30280"))
	for m, value := range map[int]string{4: "12", 5: "0.25"} {
		r := month("30280", m, value)
		r.RequestId = s.NewID()
		answer, err := reports.SubmitReport(reporter, r)
		s.Must(err)
		report, err := reports.GetReport(reporter, &reportingv1.GetReportRequest{Name: answer.GetReport().GetName()})
		s.Must(err)
		if got := report.GetFigures()[0].GetValue(); got != value {
			t.Errorf("month %d was sent as %s and came back as %s", m, value, got)
		}
	}
	page, err := reportingv1.NewRollupServiceClient(s.Conn).ExplainRollup(admin, &reportingv1.ExplainRollupRequest{
		Unit: "30280", Indicator: "HS", Period: "2024-Q2", Basis: reportingv1.Basis_BASIS_PROVISIONAL,
	})
	s.Must(err)
	if got := page.GetRollup().GetValue(); got != "12.25" {
		t.Errorf("the quarter is %s, want 12.25", got)
	}
	var got []string
	for _, c := range page.GetContributions() {
		got = append(got, c.GetPeriod()+" "+shown(c.GetFigure()))
	}
	if want := "2024-04 HS 12 ·/· VALUE; 2024-05 HS 0.25 ·/· VALUE; 2024-06 ·"; strings.Join(got, "; ") != want {
		t.Errorf("contributions: %s, want %s", strings.Join(got, "; "), want)
	}
}
