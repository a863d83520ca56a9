package rpc

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/message"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
	"github.com/tonghop/tonghop/server/tabular"
)

// TestARollupHasItsGapAndItsChecks makes the answers that a small country does not give.
func TestARollupHasItsGapAndItsChecks(t *testing.T) {
	r := reporting.Rollup{
		Period: period.Of(2024, period.Month, 2),
		Answer: aggregator.Answer{
			Indicator:  &indicator.Indicator{Code: "VDT", Scale: 1},
			Result:     rollup.Result{State: rollup.NoData, Fell: true},
			LastPeriod: period.Of(2024, period.Month, 1),
			Gap: rollup.Gap{
				First: period.Of(2024, period.Month, 2), Last: period.Of(2024, period.Month, 3), Amount: figure.Int128From(25_500_000),
			},
			Checks: []aggregator.Check{
				{Kind: "district", Result: rollup.Result{State: rollup.Value, Display: "0"}, Difference: "-1.5"},
				{Kind: "province", Result: rollup.Result{State: rollup.Undefined, NumeratorDisplay: "3", DenominatorDisplay: "0"}},
			},
		},
	}
	m := rollupMessage(&r)
	if m.Value != nil || m.GetLastPeriod() != "2024-01" || !m.GetFell() {
		t.Errorf("roll-up = %v", m)
	}
	if g := m.GetSpans(); g.GetFirstPeriod() != "2024-02" || g.GetLastPeriod() != "2024-03" || g.GetValue() != "25.5" {
		t.Errorf("gap = %v", g)
	}
	zero, undefined := m.GetChecks()[0], m.GetChecks()[1]
	if zero.Value == nil || zero.GetValue() != "0" || zero.GetDifference() != "-1.5" || zero.Numerator != nil {
		t.Errorf("a check that is zero = %v", zero)
	}
	if undefined.Value != nil || undefined.Difference != nil || undefined.GetNumerator() != "3" || undefined.GetDenominator() != "0" {
		t.Errorf("a check without a value = %v", undefined)
	}
	bare := reporting.Rollup{Answer: aggregator.Answer{Indicator: &indicator.Indicator{}}}
	if text := prototext.Format(rollupMessage(&bare)); strings.Contains(text, "spans") || strings.Contains(text, "last_period") {
		t.Errorf("an empty roll-up has %s", text)
	}
}

func TestProblemsThatAreNotListedAreCounted(t *testing.T) {
	p := tabular.Problems{Count: 12, List: []tabular.Problem{{Line: 3, OtherLine: 2, Column: "unit", Err: fault.Invalid("UNIT_EMPTY", "no unit").In("unit")}}}
	list := fileProblems(p, message.English)
	if len(list) != 2 || list[0].GetLine() != 3 || list[0].GetOtherLine() != 2 || list[0].GetField() != "unit" || list[0].GetMessage() != "no unit" {
		t.Errorf("problems = %v", list)
	}
	if last := list[1]; last.GetReason() != "MORE_PROBLEMS" || last.GetLine() != 0 || !strings.Contains(last.GetMessage(), "11 more") {
		t.Errorf("the rest is told as %v", last)
	}

	sheet := tabular.Sheet[int]{Lines: make([]int, 2*tabular.MaxProblems)}
	var wrong fault.List
	for i := range sheet.Lines {
		sheet.Lines[i] = i + 2
		wrong.Add(fault.Invalid("UNIT_EMPTY", "no unit").In("parent").In(fmt.Sprintf("units[%d]", i)))
	}
	all := placed(&sheet, wrong.Err(), message.Vietnamese)
	if len(all) != tabular.MaxProblems+1 || all[5].GetLine() != 7 || all[5].GetField() != "parent" || all[tabular.MaxProblems].GetReason() != "MORE_PROBLEMS" {
		t.Errorf("%d problems, the sixth %v", len(all), all[5])
	}
}

func TestTheFieldsOfAMessageAreNamedFromTheRequest(t *testing.T) {
	var list fault.List
	for _, field := range []string{"code", "request_id", "unit.name", "", "assigned[0].unit"} {
		list.Add(fault.Invalid("X", "x").In(field))
	}
	var got []string
	for _, d := range fault.Of(inside(list.Err(), "unit")).Details {
		got = append(got, d.Field)
	}
	if strings.Join(got, " ") != "unit.code request_id unit.name  unit.assigned[0].unit" {
		t.Errorf("fields = %q", got)
	}
}
