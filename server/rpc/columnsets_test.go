package rpc

import (
	"fmt"
	"testing"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

func TestColumnsAreReadOnceForAllWhoSendThem(t *testing.T) {
	sets := newColumnSets()
	report := func(scale int32, parts []reportingv1.AmountPart, codes ...string) *reportingv1.PackedFigures {
		return &reportingv1.PackedFigures{Indicators: codes, Parts: parts, Scale: scale}
	}
	first, err := sets.of(report(2, nil, "A", "B"))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := sets.of(report(2, nil, "A", "B")); err != nil || again != first {
		t.Errorf("the same columns were read again: %v", err)
	}
	value, numerator := reportingv1.AmountPart_AMOUNT_PART_VALUE, reportingv1.AmountPart_AMOUNT_PART_NUMERATOR
	for _, other := range []*reportingv1.PackedFigures{
		report(1, nil, "A", "B"), report(2, nil, "B", "A"), report(2, nil, "AB"), report(2, nil, "A", "B", "C"),
		report(2, []reportingv1.AmountPart{value, numerator}, "A", "B"), report(2, []reportingv1.AmountPart{numerator, value}, "A", "B"),
	} {
		if got, err := sets.of(other); err != nil || got == first {
			t.Errorf("the columns %v were taken for others: %v", other, err)
		}
	}
	// Two sets of one sum, if there should be any, are told apart.
	for sum, set := range sets.sets {
		set.indicators = []string{"A", "X"}
		sets.sets[sum] = set
	}
	if got, err := sets.of(report(2, nil, "A", "B")); err != nil || got == first {
		t.Errorf("columns with the sum of others were taken for them: %v", err)
	}
}

func TestColumnsThatAreMadeUpDoNotFillTheMemory(t *testing.T) {
	sets := newColumnSets()
	width := 100
	for n := range 200 {
		codes := make([]string, width)
		for i := range codes {
			codes[i] = fmt.Sprintf("N%d-%d", n, i)
		}
		if _, err := sets.of(&reportingv1.PackedFigures{Indicators: codes}); err != nil {
			t.Fatal(err)
		}
		kept := 0
		for _, set := range sets.sets {
			kept += len(set.indicators)
		}
		if kept > keptColumns || kept < width {
			t.Fatalf("%d columns are kept after %d reports, want %d at most", kept, n+1, keptColumns)
		}
	}
	before := len(sets.sets)
	many := make([]string, largestKept+1)
	for i := range many {
		many[i] = fmt.Sprint("M", i)
	}
	if _, err := sets.of(&reportingv1.PackedFigures{Indicators: many}); err != nil || len(sets.sets) != before {
		t.Errorf("a set of %d columns was kept, or refused: %v", len(many), err)
	}
}
