package client_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// TestCellsAreReadAsTheContractSays reads a page in which everything is left out that can be, and one in which nothing is.
func TestCellsAreReadAsTheContractSays(t *testing.T) {
	value, none, undefined := reportingv1.RollupState_ROLLUP_STATE_VALUE, reportingv1.RollupState_ROLLUP_STATE_NO_DATA, reportingv1.RollupState_ROLLUP_STATE_UNDEFINED
	page := &reportingv1.QueryRollupColumnsResponse{
		Units: &reportingv1.ColumnUnits{Ids: []string{"A", "B"}, Kinds: []string{"k"}}, Periods: []*reportingv1.PeriodSpan{{Period: "1"}, {Period: "2"}},
		Columns: []*reportingv1.RollupColumns{
			{Indicator: "ZERO", Expected: []int32{1, 2, 3, 4}},
			{
				Indicator: "RATIO", Scale: 2, NumeratorScale: 1, States: []reportingv1.RollupState{value, undefined, 0, none},
				Values: []int64{-5, 0, 0, 0}, Numerators: []int64{-105, 30, 0, 0}, Denominators: []int64{7, 0, 0, 0},
				Exact:    []*reportingv1.ExactCell{{Cell: 0, Denominator: proto.String("99999999999999999999")}},
				Expected: []int32{9, 9, 0, 9}, Received: []int32{5, 4, 0, 0}, NotAvailable: []int32{1, 0, 0, 2}, UnitsComplete: []int32{3, 0, 0, 0},
				Units: []int32{8, 8, 0, 8}, Fell: []int32{1, 3}, PartsDiffer: []int32{0, 3},
			},
		},
	}
	var got []string
	for c := range client.Cells(page) {
		g := c.Coverage
		got = append(got, strings.TrimSpace(fmt.Sprintln(c.Columns.GetIndicator(), c.Unit.ID+c.Unit.Kind, c.Period.GetPeriod(), c.State.String()[13:],
			c.Value+"|"+c.Numerator+"|"+c.Denominator, g.GetExpected(), g.GetReceived(), g.GetMissing(), g.GetUnitsComplete(), g.GetUnits(), c.Fell, c.PartsDiffer)))
	}
	want := []string{
		"ZERO Ak 1 VALUE 0|| 1 1 0 1 1 false false",
		"ZERO Ak 2 VALUE 0|| 2 2 0 2 2 false false",
		"ZERO Bk 1 VALUE 0|| 3 3 0 3 3 false false",
		"ZERO Bk 2 VALUE 0|| 4 4 0 4 4 false false",
		"RATIO Ak 1 VALUE -0.05|-10.5|99999999999999999999 9 5 3 3 8 false true",
		"RATIO Ak 2 UNDEFINED |3|0 9 4 5 0 8 true false",
		"RATIO Bk 2 NO_DATA || 9 0 7 0 8 true true",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the cells are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for c := range client.Cells(page) {
		if c.Unit.ID != "A" {
			t.Error("it goes on though nobody wants more")
		}
		break
	}
}
