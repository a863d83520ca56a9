package reporting_test

import (
	"context"
	"fmt"
	"testing"

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
