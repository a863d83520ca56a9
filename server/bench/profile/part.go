package profile

import (
	"strings"
	"time"
)

// Part is a part of the way of a report.
type Part struct {
	// Name says what is done there.
	Name string
	// within are the functions in which it is done, or beginnings of their names: below any of them everything belongs to it.
	within []string
}

const ours = "github.com/tonghop/tonghop/"

// Parts are all of them. A sample belongs to the first one that it lies in, so what is done for something else comes before it.
var Parts = []Part{
	{"garbage is collected", []string{"runtime.gcBgMarkWorker", "runtime.gcAssistAlloc", "runtime.bgsweep", "runtime.bgscavenge", "runtime.gcStart"}},
	{"bbolt commits", []string{"go.etcd.io/bbolt.(*Tx).Commit"}},
	{"rows are written", []string{ours + "server/aggregator.(*Tx).finish", ours + "server/aggregator.(*Tx).Commit"}},
	{"the journal is written", []string{ours + "server/journal/filejournal."}},
	{"an entry is applied", []string{ours + "server/aggregator.(*Tx).Apply"}},
	{"an entry is encoded and chained", []string{ours + "server/entry.Encode", ours + "server/journal.Chain"}},
	{"a report is decided", []string{ours + "server/committer.(*Committer).decide"}},
	{"the committer", []string{ours + "server/committer.(*Committer).run"}},
	{"figures are read and hashed", []string{ours + "server/reporting."}},
	{"the peer's store", []string{ours + "server/bench/postgres.", ours + "server/bench/raw.", "go.etcd.io/bbolt."}},
	{"messages are made", []string{ours + "server/bench/workload."}},
	{"figures are packed", []string{ours + "client.pack"}},
	{"protobuf", []string{"google.golang.org/protobuf/"}},
	{"the door", []string{ours + "server/rpc.", ours + "server/bench/front."}},
	{"gRPC, with its system calls", []string{"google.golang.org/grpc", "golang.org/x/net/http2"}},
	{"the library", []string{ours + "client."}},
	{"goroutines and the rest", []string{""}},
}

// Share shares the time of samples out among the parts.
func Share(samples []Sample) []time.Duration {
	shares := make([]time.Duration, len(Parts))
	for _, s := range samples {
		shares[partOf(s.Stack)] += s.Time
	}
	return shares
}

func partOf(stack []string) int {
	for i, p := range Parts {
		for _, begin := range p.within {
			if begin == "" {
				return i
			}
			for _, name := range stack {
				if strings.HasPrefix(name, begin) {
					return i
				}
			}
		}
	}
	return len(Parts) - 1
}
