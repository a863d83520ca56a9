package rollup_test

import (
	"testing"

	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

var sink rollup.Total

// BenchmarkMerge merges and subtracts one unit, as a correction does at every level of the tree.
func BenchmarkMerge(b *testing.B) {
	s := storyOf(b, "indicator R RATIO flow SUM in=%", "figure A R 2024-01 9/10")
	one := s.total("A", "R", "2024-01")
	b.ReportAllocs()
	for b.Loop() {
		sink.Merge(one)
		sink.Subtract(one)
	}
}

// BenchmarkContribute brings one unit's month and its quarter over time.
func BenchmarkContribute(b *testing.B) {
	s := storyOf(b, "indicator X SUM stock MEAN", "figure A X 2024-01 9", "figure A X 2024-02 9")
	m, f := s.indicators["X"], s.of("A", "X", rollup.Official)
	for _, span := range []period.Period{period.Of(2024, period.Month, 1), period.Of(2024, period.Quarter, 1)} {
		b.Run(span.Kind.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink = rollup.Contribute(m.Indicator, rollup.AsReported, span, m.base, f)
			}
		})
	}
}

// BenchmarkRow reads a row, merges into it and writes it.
func BenchmarkRow(b *testing.B) {
	s := storyOf(b, "indicator X SUM flow SUM", "figure A X 2024-01 123456789")
	one := s.total("A", "X", "2024-01")
	row := one.AppendBinary(make([]byte, 0, 64))
	b.ReportAllocs()
	for b.Loop() {
		t, _, err := rollup.DecodeTotal(row)
		if err != nil {
			b.Fatal(err)
		}
		t.Merge(one)
		t.Subtract(one)
		row = t.AppendBinary(row[:0])
	}
}

// BenchmarkFinish gives the answer of a sum and of a ratio.
func BenchmarkFinish(b *testing.B) {
	s := storyOf(b, "indicator X SUM flow SUM scale=2", "figure A X 2024-01 1234.56", "indicator R RATIO flow SUM in=% scale=2", "figure A R 2024-01 1/3")
	for code, m := range s.indicators {
		t := s.total("A", code, "2024-01")
		b.Run(m.UnitRule.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := rollup.Finish(m.Indicator, rollup.AsReported, period.Of(2024, period.Month, 1), m.base, t, rollup.Expected{Owed: 1})
				if r.State != rollup.Value {
					b.Fatal(r.State)
				}
			}
		})
	}
}
