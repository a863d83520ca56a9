package reporting_test

import (
	"fmt"
	"testing"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rule"
)

// BenchmarkDecideWithRules decides a report of 54 values, without writing it, by rules of several sorts. The last line tells how
// much longer each sort takes than none.
func BenchmarkDecideWithRules(b *testing.B) {
	sorts := []struct {
		name  string
		rules func(i int) string
	}{
		{"none", nil},
		{"54 of the report", func(i int) string { return fmt.Sprintf("R%d ERROR [I%d] >= 0 and [I%d] <= 1000", i, i, i) }},
		{"54 of the period before", func(i int) string { return fmt.Sprintf("R%d ERROR jump([I%d], [I%d, -1p]) <= 500", i, i, i) }},
		{"54 of 12 periods", func(i int) string { return fmt.Sprintf("R%d WARNING outlier([I%d], 12) <= 1000", i, i) }},
	}
	var first float64
	for _, s := range sorts {
		b.Run(s.name, func(b *testing.B) {
			decide := ruledWorld(b, s.rules)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				decide()
			}
			each := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
			if s.rules == nil {
				first = each
			}
			b.ReportMetric(each/first, "×none")
		})
	}
}

// ruledWorld makes a unit with a year of reports, and gives what decides its next one.
func ruledWorld(b *testing.B, rules func(int) string) func() {
	w := openWorld(b, b.TempDir())
	ctx := b.Context()
	var indicators []indicator.Indicator
	var codes []indicator.Code
	var rows []rule.Rule
	columns := make([]reporting.AmountColumn, 54)
	for i := range columns {
		ind := sum(fmt.Sprintf("I%d", i))
		indicators, codes = append(indicators, ind), append(codes, ind.Code)
		columns[i] = reporting.AmountColumn{Indicator: string(ind.Code), Scale: figure.Scale(0)}
		if rules != nil {
			r := ruled(rules(i))
			r.Form = "N"
			rows = append(rows, r)
		}
	}
	_, err := w.svc.ImportIndicators(ctx, w.call(w.admin), indicators)
	must(b, err)
	_, err = w.svc.ImportForms(ctx, w.call(w.admin), []form.Form{monthly("N", codes...)})
	must(b, err)
	packed, err := reporting.NewAmountColumns(columns)
	must(b, err)
	submission := func(per string, amount int64) reporting.Submission {
		amounts := make([]int64, len(columns))
		for i := range amounts {
			amounts[i] = amount + int64(i)
		}
		read, err := packed.Read(&reporting.Given{Amounts: amounts})
		must(b, err)
		return reporting.Submission{Ref: reporting.ReportRef{Unit: "A-0", Form: "N", Period: per}, Amounts: read}
	}
	for month := 1; month <= 12; month++ {
		w.submitted(w.admin, submission(fmt.Sprintf("2023-%02d", month), int64(10+month%5)))
	}
	if rules != nil {
		_, err = w.svc.ImportRules(ctx, w.call(w.admin), rows)
		must(b, err)
	}
	next := submission("2024-01", 12)
	return func() {
		call := reporting.Call{Caller: w.admin, ValidateOnly: true}
		if _, _, err := w.svc.SubmitBatch(ctx, call, []reporting.Submission{next}, true); err != nil {
			b.Fatal(err)
		}
	}
}
