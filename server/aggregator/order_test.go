package aggregator

import (
	"bytes"
	"math"
	"testing"
)

// TestKeysOfNotesSortAsTheirSequences: whatever the lengths of both, and the places within an entry.
func TestKeysOfNotesSortAsTheirSequences(t *testing.T) {
	var last []byte
	for _, sequence := range []uint64{0, 1, 2, 127, 128, 255, 256, 257, 511, 512, 65535, 65536, 1<<24 - 1, 1 << 24, 1<<40 + 1, math.MaxUint64 - 1, math.MaxUint64} {
		for _, place := range []int{0, 1, 255, 256, 70_000} {
			key := noteKey(nil, sequence, place)
			if bytes.Compare(last, key) >= 0 {
				t.Errorf("place %d of entry %d has the key %x, not behind %x", place, sequence, key, last)
			}
			if got, ok := noteSequence(key); !ok || got != sequence {
				t.Errorf("the key %x is of entry %d, %v, want %d", key, got, ok, sequence)
			}
			last = key
		}
	}
	for _, key := range [][]byte{nil, {1}, {2, 1}, {9, 1, 1, 1, 1, 1, 1, 1, 1, 1}} {
		if got, ok := noteSequence(key); ok {
			t.Errorf("%x is the key of entry %d", key, got)
		}
	}
}
