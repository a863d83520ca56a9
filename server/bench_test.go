package server_test

// Benchmarks of the whole store, on real files with real flushes:
//
//	go test -run '^$' -bench . ./server/...                       everything, small
//	go test -run '^$' -bench . -benchtime 1x ./server             does it run: under two minutes
//	TONGHOP_BENCH=full go test -run '^$' -bench . -timeout 1h ./server    36 months of the whole country, longer rounds
//
// BenchmarkSubmit stores reports of 54 values, each answered when it is durable and its roll-ups can be seen, with 1 and
// with 64 in flight, in process, over a connection and, for comparison, over one in figures that are not packed.
// BenchmarkProvince and BenchmarkCountry ask four questions. Absolute
// numbers say something about the machine; BenchmarkAgainstBolt puts the store beside bbolt alone, round by round in one
// run, and its ratios say something about us. Where a hypervisor takes the processor away, steal-% shows it, and a
// comparison with much of it is to be repeated; cpu-µs, what one submission costs the processor, client and server
// together, suffers least from neighbours.

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/bench/workload"
	"github.com/tonghop/tonghop/server/journal/filejournal"
	"github.com/tonghop/tonghop/server/reporting"
)

// inFlight does something for every number from 0 to n-1, so many at a time, and gives how long each took.
func inFlight(tb testing.TB, n, width int, do func(i int) error) []time.Duration {
	tb.Helper()
	took := make([]time.Duration, n)
	var next atomic.Int64
	var workers sync.WaitGroup
	var failed atomic.Pointer[error]
	for range width {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= n || failed.Load() != nil {
					return
				}
				begun := time.Now()
				if err := do(i); err != nil {
					failed.Store(&err)
				}
				took[i] = time.Since(begun)
			}
		})
	}
	workers.Wait()
	if err := failed.Load(); err != nil {
		tb.Fatal(*err)
	}
	return took
}

// submitHere hands the n-th report to the use cases.
func (s *benchStore) submitHere(tb testing.TB, n int) error {
	call := reporting.Call{Caller: s.caller, RequestID: workload.RequestID()}
	_, _, _, err := s.svc.Submit(tb.Context(), call, s.Submission(n))
	return err
}

// submitOver sends the n-th report over a connection by the client library, which packs its figures.
func (s *benchStore) submitOver(tb testing.TB, n int) error {
	_, err := s.client.SubmitReport(tb.Context(), s.Request(n))
	return err
}

// submitFigures sends the n-th report over a connection in figures, as a client without the library may.
func (s *benchStore) submitFigures(tb testing.TB, n int) error {
	_, err := reportingv1.NewReportServiceClient(s.conn).SubmitReport(s.outgoing(tb.Context()), s.Request(n))
	return err
}

func BenchmarkSubmit(b *testing.B) {
	submitAll(b, func(b *testing.B) *benchStore { return newBenchStore(b, provinceSize(), 1) })
}

// BenchmarkSubmitCountry is BenchmarkSubmit for a country whose months before are in the store.
func BenchmarkSubmitCountry(b *testing.B) {
	s := newBenchStore(b, countrySize(), countryMonths())
	submitAll(b, func(*testing.B) *benchStore { return s })
}

func submitAll(b *testing.B, open func(*testing.B) *benchStore) {
	doors := []struct {
		name string
		do   func(s *benchStore, tb testing.TB, n int) error
	}{{"process", (*benchStore).submitHere}, {"grpc", (*benchStore).submitOver}, {"figures", (*benchStore).submitFigures}}
	for _, door := range doors {
		for _, width := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/inflight=%d", door.name, width), func(b *testing.B) {
				s := open(b)
				b.ReportAllocs()
				before := cpuTimes()
				b.ResetTimer()
				took := inFlight(b, b.N, width, func(i int) error { return door.do(s, b, s.loaded+i) })
				b.StopTimer()
				s.loaded += b.N
				b.ReportMetric(1e6*(cpuTimes().own-before.own)/float64(b.N), "cpu-µs/op")
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "submissions/s")
				reportQuantiles(b, took)
			})
		}
	}
}

// reportQuantiles reports the median and the 99th of a hundred.
func reportQuantiles(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkReplay rebuilds the state of a journal: what a start after a crash of the machine costs.
func BenchmarkReplay(b *testing.B) {
	type size struct {
		name   string
		w      workload.Shape
		months int
	}
	sizes := []size{{"province", provinceSize(), 36}}
	if full() {
		sizes = append(sizes, size{"country", countrySize(), countryMonths()})
	}
	for _, c := range sizes {
		b.Run(fmt.Sprintf("%s/months=%d", c.name, c.months), func(b *testing.B) {
			dir, _ := newBenchFolder(b, c.w, c.months)
			j, err := filejournal.Open(b.Context(), filejournal.Config{Dir: filepath.Join(dir, "journal")})
			check(b, err)
			b.ResetTimer()
			for i := range b.N {
				state := filepath.Join(dir, strconv.Itoa(i))
				check(b, os.MkdirAll(state, 0o700))
				store, _, err := aggregator.Open(b.Context(), aggregator.Config{Dir: state})
				check(b, err)
				check(b, store.Replay(b.Context(), j, nil))
				b.StopTimer()
				check(b, store.Close())
				check(b, os.RemoveAll(state))
				b.StartTimer()
			}
			entries := float64(b.N) * float64(j.Head().Sequence)
			b.ReportMetric(entries/b.Elapsed().Seconds(), "entries/s")
			b.ReportMetric(entries*workload.Slots/b.Elapsed().Seconds(), "values/s")
			check(b, j.Close())
		})
	}
}

// BenchmarkAgainstBolt puts our store beside bbolt alone in one run, turn by turn: the same number of records of the same
// bytes by 64 writers into one bbolt file whose keys only grow, one flushed transaction for all that wait; then our store
// in process; then through gRPC. The metrics are medians over the rounds, and the ratios medians of the ratios of each.
func BenchmarkAgainstBolt(b *testing.B) {
	rounds, records := 5, 1000
	if full() {
		rounds, records = 9, 20_000
	}
	s := newBenchStore(b, provinceSize(), 1)
	record, err := s.Record(s.loaded, 1<<20, time.Now())
	check(b, err)
	bolt := newGroupBolt(b, record.Public)
	const width = 64
	next := s.loaded
	rate := func(do func(i int) error) float64 {
		begun, from := time.Now(), next
		inFlight(b, records, width, func(i int) error { return do(from + i) })
		next += records
		return float64(records) / time.Since(begun).Seconds()
	}
	var bolts, here, over contestant
	b.ResetTimer()
	begun := cpuTimes()
	for round := range rounds + 1 {
		for _, turn := range []struct {
			c  *contestant
			do func(i int) error
		}{
			{&bolts, func(int) error { return bolt.put() }},
			{&here, func(i int) error { return s.submitHere(b, i) }},
			{&over, func(i int) error { return s.submitOver(b, i) }},
		} {
			before := cpuTimes()
			perSecond := rate(turn.do)
			if round > 0 { // in the first one the files grow to their size and the connection opens
				turn.c.rates = append(turn.c.rates, perSecond)
				turn.c.cpu += cpuTimes().own - before.own
			}
		}
	}
	hereRatio, overRatio := here.over(bolts), over.over(bolts)
	for name, c := range map[string]contestant{"bolt": bolts, "process": here, "grpc": over} {
		b.ReportMetric(median(c.rates), name+"/s")
		b.ReportMetric(1e6*c.cpu/float64(rounds*records), name+"-cpu-µs")
	}
	b.ReportMetric(median(hereRatio), "process/bolt")
	b.ReportMetric(median(overRatio), "grpc/bolt")
	b.ReportMetric(cpuTimes().stealSince(begun), "steal-%")
	b.ReportMetric(0, "ns/op") // it says nothing here
	b.Logf("process/bolt by round: %.2f; grpc/bolt: %.2f; bytes a record: %d", hereRatio, overRatio, len(bolt.value))
}

// contestant is one of those who take turns.
type contestant struct {
	rates []float64 // by round
	cpu   float64   // seconds of the processor, all rounds together
}

// over gives the ratio of the rates in each round.
func (c contestant) over(other contestant) []float64 {
	ratios := make([]float64, len(c.rates))
	for i := range ratios {
		ratios[i] = c.rates[i] / other.rates[i]
	}
	return ratios
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// groupBolt stores records in bbolt as fast as it can be done durably: one goroutine takes all that waits into one
// transaction, under keys that only grow.
type groupBolt struct {
	value []byte
	queue chan chan error
}

func newGroupBolt(b *testing.B, value []byte) *groupBolt {
	b.Helper()
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "raw.bolt"), 0o600, &bbolt.Options{
		FreelistType: bbolt.FreelistMapType, NoFreelistSync: true, InitialMmapSize: 1 << 30,
	})
	check(b, err)
	bucket := []byte("records")
	check(b, db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(bucket)
		return err
	}))
	g := &groupBolt{value: value, queue: make(chan chan error, 1024)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var sequence uint64
		for first := range g.queue {
			waiting := []chan error{first}
			for more := true; more && len(waiting) < 256; {
				select {
				case w, open := <-g.queue:
					if more = open; open {
						waiting = append(waiting, w)
					}
				default:
					more = false
				}
			}
			err := db.Update(func(tx *bbolt.Tx) error {
				records := tx.Bucket(bucket)
				for range waiting {
					sequence++
					if err := records.Put([]byte(fmt.Sprintf("%016x", sequence)), value); err != nil {
						return err
					}
				}
				return nil
			})
			for _, w := range waiting {
				w <- err
			}
		}
	}()
	b.Cleanup(func() {
		close(g.queue)
		<-done
		check(b, db.Close())
	})
	return g
}

func (g *groupBolt) put() error {
	answer := make(chan error, 1)
	g.queue <- answer
	return <-answer
}

// times are the processor's since the machine started, and what this process had of them, in seconds.
type times struct{ all, stolen, own float64 }

// ticks is how many ticks of the processor's times Linux counts in a second.
const ticks = 100

// cpuTimes reads them where the system tells; elsewhere they are zero.
func cpuTimes() times {
	var t times
	machine, _ := os.ReadFile("/proc/stat") // not Linux: no times
	line, _, _ := strings.Cut(string(machine), "\n")
	for i, word := range strings.Fields(line) {
		n, _ := strconv.ParseFloat(word, 64) // the first word is none
		if t.all += n / ticks; i == 8 {
			t.stolen = n / ticks
		}
	}
	own, _ := os.ReadFile("/proc/self/stat")
	if words := strings.Fields(string(own)); len(words) > 15 {
		user, _ := strconv.ParseFloat(words[13], 64)
		system, _ := strconv.ParseFloat(words[14], 64)
		t.own = (user + system) / ticks
	}
	return t
}

func (t times) stealSince(before times) float64 {
	if t.all == before.all {
		return 0
	}
	return 100 * (t.stolen - before.stolen) / (t.all - before.all)
}
