package reporting_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// evaluationPages asks page after page and gives the lines of each.
func (w *world) evaluationPages(q reporting.EvaluationQuery) (pages [][]reporting.Line, last error) {
	for {
		e, err := w.svc.EvaluatePlan(w.t.Context(), w.admin, q)
		if err != nil {
			return pages, err
		}
		pages = append(pages, e.Lines)
		if q.Page.Token = e.Next; e.Next == "" {
			return pages, nil
		}
	}
}

// TestR28EveryUnitIsJudgedAsIfItWereAskedAlone draws reports, and holds every unit of targets that are looked at together against the
// roll-up of that unit.
func TestR28EveryUnitIsJudgedAsIfItWereAskedAlone(t *testing.T) {
	const seed = 7
	t.Logf("seed %d", seed)
	draw := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // nothing is secret
	w := newWorld(t)
	_, _, _, err := w.svc.CreatePlan(t.Context(), w.call(w.admin), planFor("1/KH", "P"))
	must(t, err)
	_, err = w.svc.ImportTargets(t.Context(), w.call(w.admin), []plan.Target{
		demanded("1/KH", "FLOW", "each:commune", plan.AtLeast, "5"), demanded("1/KH", "STOCK", "each:commune", plan.AtMost, "4"),
		demanded("1/KH", "FLOW", "each:district", plan.Above, "9"), demanded("1/KH", "RATIO", "each:commune|district", plan.AtLeast, "50"),
	})
	must(t, err)
	for _, unit := range []string{"A", "B", "C"} {
		for month := 1; month <= 5; month++ {
			if draw.IntN(3) > 0 {
				w.submitted(w.admin, flow(unit, fmt.Sprintf("2024-%02d", month), fmt.Sprint(draw.IntN(5))))
			}
		}
	}
	units := 0
	for _, period := range []string{"2024-05", "2024-Q1", "2024"} {
		pages, err := w.evaluationPages(reporting.EvaluationQuery{Plan: "1-kh-2024", Units: true, Basis: rollup.Provisional, Period: period})
		must(t, err)
		for _, l := range pages[0] {
			for _, u := range l.UnitLines {
				page, err := w.svc.QueryRollups(t.Context(), w.admin, reporting.RollupQuery{
					Units: []string{string(u.Unit.ID)}, Indicators: []string{string(l.Target.Thing.Indicator)}, Periods: []string{period}, Basis: rollup.Provisional,
				})
				must(t, err)
				want := page.Rollups[0].Result
				got := u.Figure.Result
				if got.State != want.State || got.Value.Cmp(want.Value) != 0 || got.Coverage != want.Coverage {
					t.Errorf("%s of %s in %s: %+v, want %+v", l.Target.Thing.Key(), u.Unit.ID, period, got, want)
				}
				units++
			}
		}
	}
	if units != 3*(3+3+1+4) {
		t.Errorf("%d units were listed, want %d", units, 3*(3+3+1+4))
	}
}

// TestR28APageListsSoManyUnits lists the 2,703 communes of eight targets: 20,000 stand on one page, so there are two. Counted alone all
// stand on one.
func TestR28APageListsSoManyUnits(t *testing.T) {
	w := newWorld(t)
	w.largeDistricts()
	_, _, _, err := w.svc.CreatePlan(t.Context(), w.call(w.admin), planFor("1/KH", "P"))
	must(t, err)
	targets := make([]plan.Target, 8)
	for n := range targets {
		targets[n] = demanded("1/KH", fmt.Sprintf("X%d", n), "each:commune", plan.AtLeast, "5")
	}
	_, err = w.svc.ImportTargets(t.Context(), w.call(w.admin), targets)
	must(t, err)
	for _, units := range []bool{true, false} {
		pages, err := w.evaluationPages(reporting.EvaluationQuery{Plan: "1-kh-2024", Units: units})
		must(t, err)
		var lines []string
		for _, page := range pages {
			lines = append(lines, fmt.Sprint(len(page)))
			for _, l := range page {
				if n := l.Units.Of(plan.NoData); n != 2703 || units != (len(l.UnitLines) == 2703) {
					t.Errorf("%s: %d communes without data and %d lines, want 2,703", l.Target.Thing.Indicator, n, len(l.UnitLines))
				}
			}
		}
		if got, want := strings.Join(lines, "+"), map[bool]string{true: "7+1", false: "8"}[units]; got != want {
			t.Errorf("with units %t the pages have %s lines, want %s", units, got, want)
		}
	}
}

// TestR30AnEvaluationEndsItsPageBeforeItTakesTooManyReports judges districts with 900 communes each as of an earlier entry, and every
// single one of 2,703 communes, which is refused where it stands alone and never spoils the targets before it.
func TestR30AnEvaluationEndsItsPageBeforeItTakesTooManyReports(t *testing.T) {
	w := newWorld(t)
	w.largeDistricts()
	_, _, _, err := w.svc.CreatePlan(t.Context(), w.call(w.admin), planFor("1/KH", "P"))
	must(t, err)
	_, err = w.svc.ImportTargets(t.Context(), w.call(w.admin), []plan.Target{
		demanded("1/KH", "FLOW", "unit:D1", plan.AtLeast, "5"), demanded("1/KH", "FLOW", "unit:D2", plan.AtLeast, "7"),
		demanded("1/KH", "FLOW", "unit:D3", plan.AtLeast, "7"), demanded("1/KH", "STOCK", "each:commune", plan.AtLeast, "1"),
	})
	must(t, err)
	for d := range 3 {
		w.submitted(w.admin, flow(fmt.Sprintf("D%dC000", d+1), "2024-05", fmt.Sprint(d+5)))
	}
	at := entryAt(w.head())
	w.submitted(w.admin, flow("D1C001", "2024-05", "100"))
	pages, err := w.evaluationPages(reporting.EvaluationQuery{Plan: "1-kh-2024", Period: "2024-05", Basis: rollup.Provisional, At: at})
	var said []string
	for _, page := range pages {
		for _, l := range page {
			said = append(said, fmt.Sprintf("%s %s %s", l.Target.Thing.Scope, l.SoFar, l.Figure.Result.Display))
		}
		said = append(said, ";")
	}
	if got, want := strings.Join(said, " "), "unit:D1-0 MET 5 unit:D2-0 NOT_MET 6 ; unit:D3-0 MET 7 ;"; got != want {
		t.Errorf("the pages are %s, want %s", got, want)
	}
	w.refused(err, "AS_OF_TOO_LARGE")
}

// TestR28AWrapUpIsOneAnswerHoweverManyUnits wraps up a plan of which an evaluation takes two pages: 186 targets of 2,703 communes.
func TestR28AWrapUpIsOneAnswerHoweverManyUnits(t *testing.T) {
	w := newWorld(t)
	w.largeDistricts()
	_, _, _, err := w.svc.CreatePlan(t.Context(), w.call(w.admin), planFor("1/KH", "P"))
	must(t, err)
	targets := make([]plan.Target, 186)
	for n := range targets {
		targets[n] = demanded("1/KH", fmt.Sprintf("X%03d", n), "each:commune", plan.AtLeast, "5")
	}
	_, err = w.svc.ImportTargets(t.Context(), w.call(w.admin), targets)
	must(t, err)
	pages, err := w.evaluationPages(reporting.EvaluationQuery{Plan: "1-kh-2024"})
	must(t, err)
	if len(pages) != 2 {
		t.Errorf("%d pages, want 2", len(pages))
	}
	review, err := w.svc.ReviewPlan(t.Context(), w.admin, "1-kh-2024", 0, rollup.Official, reporting.At{})
	must(t, err)
	if n := review.Summary.Evaluated(); n != len(targets) {
		t.Errorf("the wrap-up counts %d lines, want %d", n, len(targets))
	}
}

// TestR28OnlyTheTargetsThatAUnitLeads has one target led by the district, one by a commune, and one by nobody.
func TestR28OnlyTheTargetsThatAUnitLeads(t *testing.T) {
	w := newWorld(t)
	_, _, _, err := w.svc.CreatePlan(t.Context(), w.call(w.admin), planFor("1/KH", "P"))
	must(t, err)
	targets := []plan.Target{
		demanded("1/KH", "FLOW", "", plan.AtLeast, "5"), demanded("1/KH", "RATIO", "", plan.AtLeast, "5"), demanded("1/KH", "STOCK", "each:commune", plan.AtLeast, "5"),
	}
	targets[0].Lead, targets[1].Lead = "D", "A"
	_, err = w.svc.ImportTargets(t.Context(), w.call(w.admin), targets)
	must(t, err)
	_, _, err = w.svc.DeclareResults(t.Context(), w.call(w.admin), "1-kh-2024",
		[]plan.Result{{Year: 2024, Indicator: "DTI", Value: "5"}, {Year: 2024, Indicator: "FLOW", Value: "5"}}, nil)
	must(t, err)
	for lead, want := range map[string]string{"": "FLOW RATIO STOCK DTI", "D": "FLOW", "A": "RATIO", "B": ""} {
		e, err := w.svc.EvaluatePlan(t.Context(), w.admin, reporting.EvaluationQuery{Plan: "1-kh-2024", Lead: lead})
		must(t, err)
		var codes []string
		for i := range e.Lines {
			l := &e.Lines[i]
			code := ""
			if l.Target != nil {
				code = string(l.Target.Thing.Indicator)
			} else {
				code = string(l.Declared.Thing.Indicator)
			}
			codes = append(codes, code)
			if code == "FLOW" && l.Declared == nil {
				t.Error("what was declared of FLOW is lost")
			}
		}
		if got := strings.Join(codes, " "); got != want || e.Summary.Evaluated() != len(codes) || e.Total != len(codes) {
			t.Errorf("led by %q: %s, %d counted of %d, want %s", lead, got, e.Summary.Evaluated(), e.Total, want)
		}
	}
}
