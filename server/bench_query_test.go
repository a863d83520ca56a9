package server_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/bench/workload"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// countryMonths is how many months of the country are loaded: three years are 20 million values, and take their time.
func countryMonths() int {
	if full() {
		return 36
	}
	return 2
}

// BenchmarkProvince asks the four questions of one province with three years of reports, BenchmarkCountry of the country.
func BenchmarkProvince(b *testing.B) { askAll(b, newBenchStore(b, provinceSize(), 36), 36) }

// BenchmarkCountry is BenchmarkProvince for 10,598 communes.
func BenchmarkCountry(b *testing.B) {
	askAll(b, newBenchStore(b, countrySize(), countryMonths()), countryMonths())
}

// question is one of the four: what is asked, and how many roll-ups must come back.
type question struct {
	name  string
	query reporting.RollupQuery
	want  int
	// ranked has the answer sorted into a league table.
	ranked bool
}

func questions(s *benchStore, months int) []question {
	all := make([]string, len(s.Indicators))
	for i := range s.Indicators {
		all[i] = string(s.Indicators[i].Code)
	}
	list := func(n int, name func(int) string) []string {
		codes := make([]string, n)
		for i := range codes {
			codes[i] = name(i)
		}
		return codes
	}
	provinces, districts := list(s.Provinces, s.Province), list(s.Districts, s.District)
	newest := []string{workload.Month(months - 1).String()}
	span := func(n int) []string {
		return []string{workload.Month(months-n).String() + ".." + workload.Month(months-1).String()}
	}
	year := min(12, months)
	ask := func(name string, units, indicators, periods []string, want int, ranked bool) question {
		return question{name: name, want: want, ranked: ranked, query: reporting.RollupQuery{
			Units: units, Indicators: indicators, Periods: periods, Basis: rollup.Provisional, Page: reporting.Page{Size: 5000},
		}}
	}
	return []question{
		ask("Q1-totals-of-provinces", provinces, all, newest, s.Provinces*len(all), false),
		ask("Q2-districts-over-a-year", districts, all[:1], span(year), s.Districts*year, false),
		ask("Q3-country-over-all-months", []string{workload.Country}, all[:1], span(months), months, false),
		ask("Q4-league-table-of-districts", districts, []string{all[workload.Counts]}, newest, s.Districts, true),
	}
}

func askAll(b *testing.B, s *benchStore, months int) {
	askAsOf(b, s, months)
	for _, q := range questions(s, months) {
		for _, door := range []struct {
			name string
			ask  func(*testing.B, question) int
		}{
			{"process", s.askHere},
			{"grpc", s.askOver},
			{"columns-process", s.askColumnsHere},
			{"columns-grpc", s.askColumnsOver},
			{"columns-json", s.askColumnsAsJSON},
		} {
			b.Run(fmt.Sprintf("months=%d/%s/%s", months, q.name, door.name), func(b *testing.B) {
				ask := door.ask
				b.ReportAllocs()
				var took []time.Duration
				for b.Loop() {
					begun := time.Now()
					if got := ask(b, q); got != q.want {
						b.Fatalf("%d roll-ups with a value, want %d", got, q.want)
					}
					took = append(took, time.Since(begun))
				}
				reportQuantiles(b, took)
				b.ReportMetric(float64(q.want), "rollups")
			})
		}
	}
}

// askAsOf asks for the provinces in the newest month as of the entry before the last: every report of the month is read.
func askAsOf(b *testing.B, s *benchStore, months int) {
	q := questions(s, months)[0]
	q.query.Indicators, q.want = q.query.Indicators[:1], s.Provinces
	_, stamp, err := s.svc.GetStamp(b.Context(), s.caller)
	check(b, err)
	before := int64(stamp.Sequence) - 1 //nolint:gosec // counts from 1
	q.query.At = reporting.At{Sequence: &before}
	b.Run(fmt.Sprintf("months=%d/Q1-as-of-an-entry/process", months), func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if got := s.askHere(b, q); got != q.want {
				b.Fatalf("%d roll-ups with a value, want %d", got, q.want)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*s.Communes), "ns/report")
	})
}

// askHere asks the use cases, page by page, and counts the values.
func (s *benchStore) askHere(b *testing.B, q question) int {
	var values []rollup.Fraction
	for query := q.query; ; {
		page, err := s.svc.QueryRollups(b.Context(), s.caller, query)
		check(b, err)
		for i := range page.Rollups {
			if page.Rollups[i].Result.State == rollup.Value {
				values = append(values, page.Rollups[i].Result.Value)
			}
		}
		if query.Page.Token = page.Next; page.Next == "" {
			break
		}
	}
	if q.ranked {
		slices.SortFunc(values, func(a, b rollup.Fraction) int { return a.Rat().Cmp(b.Rat()) })
	}
	return len(values)
}

// askOver asks over the connection.
func (s *benchStore) askOver(b *testing.B, q question) int {
	rollups := reportingv1.NewRollupServiceClient(s.conn)
	request := &reportingv1.QueryRollupsRequest{
		Units: q.query.Units, Indicators: q.query.Indicators, Periods: q.query.Periods,
		Basis: reportingv1.Basis_BASIS_PROVISIONAL, PageSize: 5000,
	}
	values := 0
	for {
		page, err := rollups.QueryRollups(s.outgoing(b.Context()), request)
		check(b, err)
		for _, r := range page.GetRollups() {
			if r.Value != nil {
				values++
			}
		}
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
			return values
		}
	}
}

// TestWorkloadIsTheSameInEveryForm holds the three forms of a report of the benchmarks against each other.
func TestWorkloadIsTheSameInEveryForm(t *testing.T) {
	w := provinceSize()
	sub, request := w.Submission(200), w.Request(200)
	if values := 30 + 2*10 + 4; workload.Slots != values || len(sub.Figures) != 44 || len(request.GetFigures()) != 44 {
		t.Errorf("%d figures with %d values, want 44 with %d", len(sub.Figures), workload.Slots, values)
	}
	want := "units/" + sub.Ref.Unit + "/reports/thang~" + sub.Ref.Period
	if request.GetName() != want || sub.Ref.Period != workload.Month(1).String() {
		t.Errorf("the request is of %s, the submission of %s", request.GetName(), want)
	}
	for i, f := range request.GetFigures() {
		d := sub.Figures[i]
		if f.GetIndicator() != d.Indicator || f.GetValue() != deref(d.Value) || f.GetNumerator() != deref(d.Numerator) {
			t.Errorf("figure %d: %v and %v", i, f, d)
		}
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
