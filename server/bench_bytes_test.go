package server_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tonghop/tonghop/server/bench/machine"
	"github.com/tonghop/tonghop/server/bench/workload"
	"github.com/tonghop/tonghop/server/reporting"
)

// BenchmarkBytes tells how many bytes a report takes on the disk, by what they are for; -benchtime 1x is enough, for they are
// counted and not measured:
//
//	go test -run '^$' -bench Bytes -benchtime 1x ./server
//
// A store is loaded by streams, and then takes as many more reports as the random half of the goal asks for, one by one and
// in no order. Full is also a larger country.
func BenchmarkBytes(b *testing.B) {
	names := []string{"P"}
	if full() {
		names = append(names, "D")
	}
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			const months, further = 36, 20_000
			s := newBenchStore(b, shapeOf(name), 0)
			journal := filepath.Join(s.dir, "journal")
			before, err := machine.Used(journal)
			check(b, err)
			n := months * s.Communes
			tell := func(what string, metric string, n int) {
				used, err := machine.Used(journal)
				check(b, err)
				_, _, err = s.svc.GetStamp(b.Context(), s.caller) // whoever reads sees everything, so it is committed
				check(b, err)
				state := stateBytes(b, s.dir, n)
				perJournal := float64(used-before) / float64(n)
				_, err = fmt.Fprintf(os.Stdout, "%s, %d reports: journal %.1f, state %.1f bytes a report, both %.2f a value\n%s", // a log is cut short
					what, n, perJournal, state.perReport, (perJournal+state.perReport)/workload.Slots, state.table)
				check(b, err)
				b.ReportMetric(perJournal, metric+"-journal-B/report")
				b.ReportMetric(state.perReport, metric+"-state-B/report")
			}
			s.loadByStreams(b, n)
			tell("loaded by streams", "load", n)
			order := rand.New(rand.NewPCG(7, 7)).Perm(further)
			inFlight(b, further, 64, func(i int) error { return s.submitHere(b, n+order[i]) })
			tell("and more in no order", "random", n+further)
			b.ReportMetric(0, "ns/op") // it says nothing here
		})
	}
}

// loadByStreams sends the first n reports over streams that run side by side, as the client of a country does.
func (s *benchStore) loadByStreams(b *testing.B, n int) {
	b.Helper()
	const streams = 4
	var senders sync.WaitGroup
	for first := range streams {
		senders.Go(func() {
			call := reporting.Call{Caller: s.caller, RequestID: workload.RequestID()}
			pipe := s.svc.NewStream(b.Context(), call, 0, func(o reporting.Outcome) error { return o.Err })
			for i := first; i < n && pipe.Send(s.Submission(i)) == nil; i += streams {
			}
			if err := pipe.Close(); err != nil {
				b.Errorf("stream %d: %v", first, err)
			}
		})
	}
	senders.Wait()
	s.loaded = n
}

// takenByState is what the file of the state has in use.
type takenByState struct {
	perReport float64
	table     string
}

// stateBytes reads a copy of the file of the state, in which nothing is written meanwhile. Pages that are free count as well,
// as slack.
func stateBytes(b *testing.B, dir string, reports int) takenByState {
	b.Helper()
	path := filepath.Join(b.TempDir(), "copy.bolt")
	from, err := os.Open(filepath.Join(dir, "state", "state.bolt"))
	check(b, err)
	to, err := os.Create(path)
	check(b, err)
	_, err = io.Copy(to, from)
	check(b, err)
	check(b, from.Close())
	check(b, to.Close())
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	check(b, err)
	defer func() { check(b, db.Close()) }()
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	per := func(n int64) string { return fmt.Sprintf("%.1f", float64(n)/float64(reports)) }
	_, _ = fmt.Fprintln(w, "bucket\tkeys\tkeys a report\tin use\tleaves\tbranches\tfilled\t")
	var size, pages int64
	check(b, db.View(func(tx *bbolt.Tx) error {
		size = tx.Size()
		return tx.ForEach(func(name []byte, bucket *bbolt.Bucket) error {
			st := bucket.Stats()
			leaves, branches := int64(st.LeafAlloc), int64(st.BranchAlloc)
			pages += leaves + branches
			filled := "inline"
			if leaves > 0 {
				filled = fmt.Sprintf("%.0f %%", 100*float64(st.LeafInuse)/float64(leaves))
			}
			_, _ = fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t\n", name, st.KeyN, per(int64(st.KeyN)), per(int64(st.LeafInuse)), per(leaves), per(branches), filled)
			return nil
		})
	}))
	_, _ = fmt.Fprintf(w, "pages in use\t\t\t\t%s\t\t\t\n", per(pages))
	_, _ = fmt.Fprintf(w, "file, free pages too\t\t\t\t%s\t\t\t\n", per(size))
	check(b, w.Flush())
	return takenByState{perReport: float64(pages) / float64(reports), table: text.String()}
}
