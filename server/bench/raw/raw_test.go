package raw_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/bench/raw"
	"github.com/tonghop/tonghop/server/bench/turn"
	"github.com/tonghop/tonghop/server/bench/workload"
)

// TestWhatIsAnsweredIsStored: a peer that left something out would be fast for nothing.
func TestWhatIsAnsweredIsStored(t *testing.T) {
	shape, _ := workload.Of("T")
	b, err := raw.Open(filepath.Join(t.TempDir(), "raw.bolt"), shape, 100)
	if err != nil {
		t.Fatal(err)
	}
	want := uint64(100)
	for _, width := range []int{1, 64} {
		w, err := b.Run(t.Context(), turn.Order{Limit: 1 << 40, Width: width, Length: 20 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		want += uint64(w.Done) //nolint:gosec // a count
	}
	if got, err := b.Count(); err != nil || got != want {
		t.Errorf("%d records, %v; want %d", got, err, want)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}
