//go:build unix

package profile_test

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/bench/profile"
)

//go:noinline
func work(until *atomic.Bool) (sum [32]byte) {
	for !until.Load() {
		sum = sha256.Sum256(sum[:])
	}
	return sum
}

// TestAProfileIsOfWhatWasDone takes one of this process while one function works, until it was seen at that; how often is not
// judged. That other processes take theirs is held where there are some, in the test of the program.
func TestAProfileIsOfWhatWasDone(t *testing.T) {
	dir := t.TempDir()
	seen := func(path string) bool {
		samples, err := profile.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(samples, func(s profile.Sample) bool {
			return s.Time > 0 && slices.ContainsFunc(s.Stack, func(name string) bool { return strings.HasSuffix(name, "profile_test.work") })
		})
	}
	for found := false; !found; {
		files, err := profile.During(t.Context(), dir, nil, "own", func() error {
			var done atomic.Bool
			time.AfterFunc(300*time.Millisecond, func() { done.Store(true) })
			work(&done)
			return nil
		})
		if err != nil || len(files) != 1 {
			t.Fatal(files, err)
		}
		found = seen(files["own"])
	}
	for name, bytes := range map[string]string{"empty": "", "text": "a text"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(bytes), 0o600); err != nil {
			t.Fatal(err)
		}
		if samples, err := profile.Read(path); err == nil {
			t.Errorf("%s is read as %v", name, samples)
		}
	}
}

func TestShare(t *testing.T) {
	const ours = "github.com/tonghop/tonghop/server/"
	for _, c := range []struct {
		want  string
		stack []string
	}{
		{"an entry is applied", []string{"hash/crc32.update", "go.etcd.io/bbolt.(*Bucket).Put", ours + "aggregator.(*Tx).put", ours + "aggregator.(*Tx).Apply", ours + "committer.(*Committer).decide", ours + "committer.(*Committer).run"}},
		{"garbage is collected", []string{"runtime.scanobject", "runtime.gcAssistAlloc", "runtime.mallocgc", ours + "aggregator.(*Tx).Apply"}},
		{"bbolt commits", []string{"syscall.pwrite", "go.etcd.io/bbolt.(*Tx).Commit", ours + "aggregator.(*Tx).Commit", ours + "committer.(*Committer).settle", ours + "committer.(*Committer).run"}},
		{"rows are written", []string{ours + "aggregator.(*row).append", ours + "aggregator.(*Tx).finish", ours + "aggregator.(*Tx).Commit", ours + "committer.(*Committer).run"}},
		{"the journal is written", []string{"crypto/sha256.block", ours + "journal.Chain", ours + "journal/filejournal.appendGroup", ours + "committer.(*Committer).run"}},
		{"an entry is encoded and chained", []string{"crypto/sha256.block", ours + "journal.Chain", ours + "committer.(*Committer).decide"}},
		{"a report is decided", []string{ours + "aggregator.(*Tx).Report", ours + "reporting.(*Service).decide", ours + "committer.(*Committer).decide"}},
		{"figures are read and hashed", []string{"crypto/sha256.block", ours + "reporting.hashSubmission", ours + "rpc.reports.SubmitReport", "google.golang.org/grpc.(*Server).processUnaryRPC"}},
		{"protobuf", []string{"google.golang.org/protobuf/proto.Unmarshal", "google.golang.org/grpc.(*Server).processUnaryRPC"}},
		{"the door", []string{"runtime.mapaccess", ours + "rpc.(*door).admitUnary", "google.golang.org/grpc.(*Server).processUnaryRPC"}},
		{"gRPC, with its system calls", []string{"internal/runtime/syscall.Syscall6", "net.(*conn).Write", "google.golang.org/grpc/internal/transport.(*loopyWriter).run"}},
		{"goroutines and the rest", []string{"runtime.findRunnable", "runtime.schedule"}},
		{"goroutines and the rest", nil},
	} {
		for i, took := range profile.Share([]profile.Sample{{Stack: c.stack, Time: time.Second}}) {
			if name := profile.Parts[i].Name; (took != 0) != (name == c.want) {
				t.Errorf("%q got %s of %v, want all of it in %q", name, took, c.stack, c.want)
			}
		}
	}
}
