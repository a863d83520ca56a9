package server_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// askColumnsHere asks the use case for columns, and counts the values.
func (s *benchStore) askColumnsHere(b *testing.B, q question) int {
	query := q.query
	query.Page = reporting.Page{Size: 100_000}
	page, err := s.svc.QueryRollupColumns(b.Context(), s.caller, query)
	check(b, err)
	if page.Next != "" {
		b.Fatal("more than one page")
	}
	values := 0
	for i := range page.Columns {
		c := &page.Columns[i]
		values += len(page.Units) * len(page.Periods)
		for _, state := range c.States {
			if state != rollup.Value {
				values--
			}
		}
		q.rank(c.Numerators, c.Denominators)
	}
	return values
}

// rank sorts a ratio into a league table.
func (q question) rank(numerators, denominators []int64) {
	if !q.ranked {
		return
	}
	places := make([]int, len(numerators))
	for i := range places {
		places[i] = i
	}
	slices.SortFunc(places, func(a, b int) int {
		return int(numerators[a]*denominators[b] - numerators[b]*denominators[a])
	})
}

// askColumnsOver asks for columns over the connection.
func (s *benchStore) askColumnsOver(b *testing.B, q question) int {
	page, err := reportingv1.NewRollupServiceClient(s.conn).QueryRollupColumns(s.outgoing(b.Context()), &reportingv1.QueryRollupColumnsRequest{
		Units: q.query.Units, Indicators: q.query.Indicators, Periods: q.query.Periods,
		Basis: reportingv1.Basis_BASIS_PROVISIONAL, PageSize: 100_000, IdsOnly: true,
	})
	check(b, err)
	if page.GetNextPageToken() != "" {
		b.Fatal("more than one page")
	}
	values := 0
	for _, c := range page.GetColumns() {
		values += len(page.GetUnits().GetIds()) * len(page.GetPeriods())
		for _, state := range c.GetStates() {
			if state != reportingv1.RollupState_ROLLUP_STATE_VALUE {
				values--
			}
		}
		q.rank(c.GetNumerators(), c.GetDenominators())
	}
	return values
}

// askColumnsAsJSON asks for columns over HTTP and counts the cells; it does not read the numbers, as the others of whom we
// have figures do not.
func (s *benchStore) askColumnsAsJSON(b *testing.B, q question) int {
	address := s.http + "/v1/rollups:columns?" + url.Values{
		"units": q.query.Units, "indicators": q.query.Indicators, "periods": q.query.Periods,
		"basis": {"BASIS_PROVISIONAL"}, "pageSize": {fmt.Sprint(100_000)}, "idsOnly": {"true"},
	}.Encode()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, nil)
	check(b, err)
	request.Header.Set("Authorization", "Bearer "+s.token)
	answer, err := http.DefaultClient.Do(request)
	check(b, err)
	body, err := io.ReadAll(answer.Body)
	check(b, err)
	check(b, answer.Body.Close())
	if answer.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(`"nextPageToken":""`)) {
		b.Fatalf("%d: %.200s", answer.StatusCode, body)
	}
	values := 0
	for rest := body; ; {
		_, after, found := bytes.Cut(rest, []byte(`"values":[`))
		if !found {
			return values
		}
		column, after, _ := bytes.Cut(after, []byte("]"))
		values += bytes.Count(column, []byte(",")) + 1
		rest = after
	}
}

// BenchmarkColumnsBesideSubmitters asks the four questions alone and while 32 clients submit.
func BenchmarkColumnsBesideSubmitters(b *testing.B) {
	s := newBenchStore(b, countrySize(), countryMonths())
	sent := s.loaded
	for _, writers := range []int{0, 32} {
		for _, q := range questions(s, countryMonths()) {
			b.Run(fmt.Sprintf("%s/submitters=%d", q.name, writers), func(b *testing.B) {
				stop := make(chan struct{})
				var next atomic.Int64
				var submitting sync.WaitGroup
				for range writers {
					submitting.Go(func() {
						for {
							select {
							case <-stop:
								return
							default:
							}
							if err := s.submitOver(b, sent+int(next.Add(1))); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				var took []time.Duration
				begun := time.Now()
				for b.Loop() {
					asked := time.Now()
					if got := s.askColumnsOver(b, q); got < q.want {
						b.Fatalf("%d values, want %d", got, q.want)
					}
					took = append(took, time.Since(asked))
				}
				b.ReportMetric(float64(next.Load())/time.Since(begun).Seconds(), "submissions/s")
				close(stop)
				submitting.Wait()
				sent += int(next.Load())
				reportQuantiles(b, took)
			})
		}
	}
}
