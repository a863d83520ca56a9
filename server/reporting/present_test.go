package reporting_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// TestR10_ASumSinceJanuaryTellsOfHowManyMonthsThereIsAnything has January of two communes, March of one, and no February.
func TestR10_ASumSinceJanuaryTellsOfHowManyMonthsThereIsAnything(t *testing.T) {
	w := newWorld(t)
	w.catalogue()
	for _, sub := range []reporting.Submission{flow("A", "2024-01", "1"), flow("B", "2024-01", "2"), flow("A", "2024-03", "4")} {
		w.submitted(w.admin, sub)
	}
	for _, c := range []struct {
		unit, per string
		basis     rollup.Basis
		measure   rollup.Measure
		want      string
	}{
		{"P", "2024-01", rollup.Provisional, rollup.YearToDate, "3: 1 of 1"},
		{"P", "2024-02", rollup.Provisional, rollup.YearToDate, "3: 1 of 2"},
		{"P", "2024-03", rollup.Provisional, rollup.YearToDate, "7: 2 of 3"},
		{"P", "2024-Q1", rollup.Provisional, rollup.YearToDate, "7: 2 of 3"},
		{"P", "2024-03", rollup.Official, rollup.YearToDate, ": 0 of 3"},
		{"B", "2024-03", rollup.Provisional, rollup.YearToDate, "2: 1 of 3"},
		{"C", "2024-03", rollup.Provisional, rollup.YearToDate, ": 0 of 3"},
		{"P", "2024-03", rollup.Provisional, rollup.AsReported, "4: nothing"},
	} {
		for _, units := range [][]string{{c.unit}, {"D", c.unit}} { // alone, and in one series with others
			page, err := w.svc.QueryRollups(context.Background(), w.admin, reporting.RollupQuery{
				Units: units, Indicators: []string{"FLOW"}, Periods: []string{c.per}, Basis: c.basis, Measure: c.measure,
			})
			must(t, err)
			r := page.Rollups[len(page.Rollups)-1]
			got := r.Result.Display + ": nothing"
			if r.Present != nil {
				got = fmt.Sprintf("%s: %d of %d", r.Result.Display, r.Present.Present, r.Present.Expected)
			}
			w.expect(fmt.Sprintf("%s %s of %s to %s", c.basis, c.measure, c.unit, c.per), got, c.want)
		}
	}
}

// TestR10_PresentPeriodsAreThoseThatAreOwed asks for a unit that began in March, for what is no flow or is computed, of which
// nothing is told, and for a unit that reports by the quarter since April, where months cannot be told.
func TestR10_PresentPeriodsAreThoseThatAreOwed(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	young := unit("N", "commune", "D")
	young.ValidFrom = period.Date(2024, 3, 1)
	_, err := w.svc.ImportUnits(ctx, w.call(w.admin), []hierarchy.Unit{young})
	must(t, err)
	cumulative := sum("CUM")
	cumulative.Value = indicator.Part{Measure: indicator.YearToDate, Time: indicator.TimeLast}
	_, err = w.svc.ImportIndicators(ctx, w.call(w.admin), []indicator.Indicator{computed("DER", "[FLOW] * 2", period.Beginning), cumulative})
	must(t, err)
	monthly := w.form("M").Form
	monthly.ValidFrom = period.Date(2024, 4, 1)
	monthly.Indicators = append(slices.Clone(monthly.Indicators), "CUM")
	monthly.Assigned = append(slices.Clone(monthly.Assigned), hierarchy.Selector{Unit: "A", Except: true})
	quarterly := monthly
	quarterly.Code, quarterly.Frequency, quarterly.Indicators = "Q", period.Quarter, []indicator.Code{"FLOW"}
	quarterly.Assigned = []hierarchy.Selector{{Unit: "A"}}
	call := w.call(w.admin)
	call.OpenPeriods = true
	_, err = w.svc.ImportForms(ctx, call, []form.Form{monthly, quarterly})
	must(t, err)
	for _, sub := range []reporting.Submission{flow("N", "2024-03", "5"), flow("B", "2024-01", "2"), flow("A", "2024-02", "1")} {
		w.submitted(w.admin, sub)
	}
	for _, c := range []struct{ unit, indicator, per, want string }{
		{"N", "FLOW", "2024-02", "nothing"}, // nobody owes anything
		{"N", "FLOW", "2024-03", "1 of 1"},
		{"N", "FLOW", "2024-04", "1 of 2"},
		{"B", "FLOW", "2024-04", "1 of 4"},
		{"P", "CUM", "2024-04", "nothing"},
		{"P", "DER", "2024-03", "nothing"},
		{"A", "FLOW", "2024-03", "1 of 3"},
		{"A", "FLOW", "2024-Q2", "nothing"},
	} {
		page, err := w.svc.QueryRollups(ctx, w.admin, reporting.RollupQuery{
			Units: []string{c.unit}, AsOf: "2024-05-01", Indicators: []string{c.indicator}, Periods: []string{c.per},
			Basis: rollup.Provisional, Measure: rollup.YearToDate,
		})
		must(t, err)
		got := "nothing"
		if p := page.Rollups[0].Present; p != nil {
			got = fmt.Sprintf("%d of %d", p.Present, p.Expected)
		}
		w.expect(fmt.Sprintf("%s of %s to %s", c.indicator, c.unit, c.per), got, c.want)
	}
}
