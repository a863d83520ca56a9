package rpc

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// TestCountsSaidOnceAreTheSameCounts: what the library reads from a page is the same before and after, and a page of one
// form says its counts once.
func TestCountsSaidOnceAreTheSameCounts(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	shared, shorter := 0, 0
	for range 500 {
		page := drawPage(random)
		whole := proto.CloneOf(page)
		sayOnce(page.GetColumns(), len(page.GetUnits().GetIds()), len(page.GetPeriods()))
		want, got := cellsOf(whole), cellsOf(page)
		if !slices.Equal(want, got) {
			t.Fatalf("before:\n%v\nafter:\n%v\n%v", want, got, page)
		}
		for i, c := range page.GetColumns() {
			if c.GetCountsLike() > 0 {
				shared++
			} else if len(c.GetExpected()) < len(whole.GetColumns()[i].GetExpected()) {
				shorter++
			}
		}
	}
	if shared == 0 || shorter == 0 {
		t.Errorf("%d columns share their counts, %d say what is expected by unit: the drawing is too one-sided", shared, shorter)
	}
}

// drawPage draws a page whose columns belong to one of two forms, some with an exception.
func drawPage(random *rand.Rand) *reportingv1.QueryRollupColumnsResponse {
	units, periods := 1+random.IntN(4), 1+random.IntN(4)
	page := &reportingv1.QueryRollupColumnsResponse{Units: &reportingv1.ColumnUnits{}}
	for n := range units {
		page.Units.Ids = append(page.Units.Ids, fmt.Sprint(n))
	}
	for range periods {
		page.Periods = append(page.Periods, &reportingv1.PeriodSpan{})
	}
	list := func(byUnit bool) []int32 {
		if random.IntN(3) == 0 {
			return nil
		}
		cells := make([]int32, units*periods)
		for at := range cells {
			cells[at] = int32(random.IntN(3)) //nolint:gosec // 3
			if byUnit {
				cells[at] = cells[at-at%periods]
			}
		}
		return cells
	}
	var forms [2]*reportingv1.RollupColumns
	for n := range forms {
		forms[n] = &reportingv1.RollupColumns{}
		for i, counts := range countsOf(forms[n]) {
			*counts = list(i == 0 && random.IntN(2) == 0)
		}
	}
	for range 1 + random.IntN(6) {
		c := proto.CloneOf(forms[random.IntN(2)])
		if random.IntN(4) == 0 {
			*countsOf(c)[random.IntN(12)] = list(false)
		}
		page.Columns = append(page.Columns, c)
	}
	return page
}

func cellsOf(page *reportingv1.QueryRollupColumnsResponse) []string {
	var cells []string
	for c := range client.Cells(page) {
		g := c.Coverage
		cells = append(cells, fmt.Sprint(c.Unit.ID, " ", g.GetExpected(), g.GetReceived(), g.GetNotAvailable(), g.GetNotApplicable(), g.GetExcluded(), g.GetLate(),
			g.GetStale(), g.GetUnitsComplete(), g.GetUnits(), g.GetHalf(), g.GetUnweighted(), g.GetDivisor(), g.GetMissing()))
	}
	return cells
}
