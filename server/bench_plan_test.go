package server_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/bench/workload"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// planMonth is the first month of 2000: plans are of no earlier year, and the workload begins a hundred years before.
const planMonth = 1200

// BenchmarkPlan evaluates 200 targets of the country, 40 in each of five plans: of the communes together, of every single commune, and
// the same through both doors, page after page. Listed has every commune of five targets, which makes for the largest pages.
func BenchmarkPlan(b *testing.B) {
	s := newBenchStore(b, countrySize(), 0)
	inFlight(b, s.Communes, 64, func(i int) error { return s.submitHere(b, planMonth*s.Communes+i) })
	together, every := plan.Scope{Kinds: []hierarchy.Kind{"commune"}}, plan.Scope{Kinds: []hierarchy.Kind{"commune"}, Each: true}
	for _, scope := range []struct {
		name   string
		scope  plan.Scope
		units  int
		pages  func(b *testing.B, q reporting.EvaluationQuery, lines, units int) int
		listed bool
	}{
		{"together", together, 1, s.evaluated, false},
		{"each", every, s.Communes, s.evaluated, false},
		{"each over gRPC", every, s.Communes, s.evaluatedOver, false},
		{"each as JSON", every, s.Communes, s.evaluatedAsJSON, false},
		{"listed over gRPC", every, s.Communes, s.evaluatedOver, true},
		{"listed as JSON", every, s.Communes, s.evaluatedAsJSON, true},
	} {
		b.Run(scope.name, func(b *testing.B) {
			plans, each := 5, 40
			if scope.listed {
				plans, each = 1, 5
			}
			queries := make([]reporting.EvaluationQuery, plans)
			for i := range queries {
				queries[i] = reporting.EvaluationQuery{
					Plan: s.planned(b, scope.scope, each), Period: workload.Month(planMonth).String(), Basis: rollup.Provisional, Units: scope.listed,
				}
			}
			b.ResetTimer()
			pages := 0
			for range b.N {
				for _, q := range queries {
					pages += scope.pages(b, q, each, scope.units)
				}
			}
			b.ReportMetric(float64(pages)/float64(b.N), "pages")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*plans*each*scope.units), "ns/unit")
		})
	}
}

// evaluated reads all pages of an evaluation, and says how many there are.
func (s *benchStore) evaluated(b *testing.B, q reporting.EvaluationQuery, lines, units int) (pages int) {
	b.Helper()
	got := 0
	for more := true; more; pages++ {
		e, err := s.svc.EvaluatePlan(b.Context(), s.caller, q)
		check(b, err)
		for i := range e.Lines {
			if l := &e.Lines[i]; l.SoFar == plan.NoData || l.Units != nil && l.Units.Evaluated() != units {
				b.Fatalf("line %d: %+v %+v", i, l.Judged, l.Units)
			}
		}
		got += len(e.Lines)
		q.Page.Token, more = e.Next, e.Next != ""
	}
	if got != lines {
		b.Fatalf("%d lines, want %d", got, lines)
	}
	return pages
}

// evaluatedOver is evaluated over the connection.
func (s *benchStore) evaluatedOver(b *testing.B, q reporting.EvaluationQuery, lines, units int) int {
	b.Helper()
	return s.pagesOver(b, lines, units, func(token string) *reportingv1.EvaluatePlanResponse {
		page, err := reportingv1.NewPlanServiceClient(s.conn).EvaluatePlan(s.outgoing(b.Context()), &reportingv1.EvaluatePlanRequest{
			Name: "plans/" + q.Plan, Period: q.Period, Basis: reportingv1.Basis_BASIS_PROVISIONAL, Units: q.Units, PageToken: token,
		})
		check(b, err)
		return page
	})
}

// evaluatedAsJSON is evaluated over HTTP.
func (s *benchStore) evaluatedAsJSON(b *testing.B, q reporting.EvaluationQuery, lines, units int) int {
	b.Helper()
	return s.pagesOver(b, lines, units, func(token string) *reportingv1.EvaluatePlanResponse {
		address := s.http + "/v1/plans/" + q.Plan + ":evaluate?" + url.Values{
			"period": {q.Period}, "basis": {"BASIS_PROVISIONAL"}, "units": {fmt.Sprint(q.Units)}, "pageToken": {token},
		}.Encode()
		request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, nil)
		check(b, err)
		request.Header.Set("Authorization", "Bearer "+s.token)
		answer, err := http.DefaultClient.Do(request)
		check(b, err)
		body, err := io.ReadAll(answer.Body)
		check(b, err)
		check(b, answer.Body.Close())
		if answer.StatusCode != http.StatusOK {
			b.Fatalf("%d: %.200s", answer.StatusCode, body)
		}
		page := &reportingv1.EvaluatePlanResponse{}
		check(b, protojson.Unmarshal(body, page))
		return page
	})
}

// pagesOver asks page after page, and says how many there are; the largest one is told in bytes as the wire has it.
func (s *benchStore) pagesOver(b *testing.B, lines, units int, ask func(token string) *reportingv1.EvaluatePlanResponse) (pages int) {
	b.Helper()
	got, token, largest := 0, "", 0
	for more := true; more; pages++ {
		page := ask(token)
		largest = max(largest, proto.Size(page))
		for _, l := range page.GetLines() {
			if int(l.GetUnits().GetEvaluated()) != units || l.GetUnits().GetNoData() > 0 {
				b.Fatalf("%v", l.GetUnits())
			}
		}
		got += len(page.GetLines())
		token = page.GetNextPageToken()
		more = token != ""
	}
	if got != lines {
		b.Fatalf("%d lines, want %d", got, lines)
	}
	b.ReportMetric(float64(largest), "B/page")
	return pages
}

// planned enters a plan with a target for each of the first indicators.
func (s *benchStore) planned(b *testing.B, scope plan.Scope, demanded int) string {
	b.Helper()
	call := func() reporting.Call { return reporting.Call{Caller: s.caller, RequestID: workload.RequestID()} }
	year := int(workload.Month(planMonth).Year)
	made, _, _, err := s.svc.CreatePlan(b.Context(), call(), plan.Plan{
		ID: plan.ID(fmt.Sprintf("bench-%x", workload.RequestID())), Number: "1/KH", Title: "Kế hoạch", Unit: workload.Country,
		Issued: period.Date(year, 1, 1), Years: []int{year}, MinCoverage: plan.FullCoverage,
	})
	check(b, err)
	rows := make([]plan.Target, demanded)
	for i := range rows {
		rows[i] = plan.Target{
			Plan: made.ID, Year: year, Indicator: s.Indicators[i].Code, Scope: scope, Comparator: plan.AtLeast, Value: "1", Due: period.Forever,
		}
	}
	_, err = s.svc.ImportTargets(b.Context(), call(), rows)
	check(b, err)
	return string(made.ID)
}
