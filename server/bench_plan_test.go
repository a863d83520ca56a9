package server_test

import (
	"fmt"
	"testing"

	"github.com/tonghop/tonghop/server/bench/workload"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// planMonth is the first month of 2000: plans are of no earlier year, and the workload begins a hundred years before.
const planMonth = 1200

// BenchmarkPlan evaluates 200 targets of the country, 40 in each of five plans: of the communes together, and of every single commune,
// page after page.
func BenchmarkPlan(b *testing.B) {
	s := newBenchStore(b, countrySize(), 0)
	inFlight(b, s.Communes, 64, func(i int) error { return s.submitHere(b, planMonth*s.Communes+i) })
	for _, scope := range []struct {
		name  string
		scope plan.Scope
		units int
	}{
		{"together", plan.Scope{Kinds: []hierarchy.Kind{"commune"}}, 1},
		{"each", plan.Scope{Kinds: []hierarchy.Kind{"commune"}, Each: true}, s.Communes},
	} {
		b.Run(scope.name, func(b *testing.B) {
			const plans, each = 5, 40
			var queries [plans]reporting.EvaluationQuery
			for i := range queries {
				queries[i] = reporting.EvaluationQuery{
					Plan: s.planned(b, scope.scope, each), Period: workload.Month(planMonth).String(), Basis: rollup.Provisional,
				}
			}
			b.ResetTimer()
			pages := 0
			for range b.N {
				for _, q := range queries {
					pages += s.evaluated(b, q, each, scope.units)
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
