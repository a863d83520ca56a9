package server_test

import (
	"testing"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/bench/workload"
)

// BenchmarkStream stores reports that come over one stream, as the library sends them: in figures, and in columns.
func BenchmarkStream(b *testing.B) {
	b.Run("figures", func(b *testing.B) {
		streamAll(b, client.StreamOptions{}, func(s *benchStore, n int) *reportingv1.StreamItem {
			return &reportingv1.StreamItem{Submission: s.Request(n)}
		})
	})
	b.Run("columns", func(b *testing.B) {
		streamAll(b, client.StreamOptions{Columns: provinceSize().Columns()}, func(s *benchStore, n int) *reportingv1.StreamItem {
			return s.Item(n)
		})
	})
}

func streamAll(b *testing.B, options client.StreamOptions, item func(s *benchStore, n int) *reportingv1.StreamItem) {
	s := newBenchStore(b, provinceSize(), 1)
	items := func(yield func(*reportingv1.StreamItem) bool) {
		for i := range b.N {
			if !yield(item(s, s.loaded+i)) {
				return
			}
		}
	}
	b.ReportAllocs()
	before := cpuTimes()
	b.ResetTimer()
	for outcome, err := range s.client.SubmitItems(b.Context(), items, options) {
		if check(b, err); outcome.GetKind() != reportingv1.OutcomeKind_OUTCOME_KIND_CREATED {
			b.Fatal(outcome)
		}
	}
	b.StopTimer()
	b.ReportMetric(1e6*(cpuTimes().own-before.own)/float64(b.N), "cpu-µs/op")
	b.ReportMetric(workload.Slots*float64(b.N)/b.Elapsed().Seconds(), "values/s")
}
