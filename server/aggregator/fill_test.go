package aggregator

import (
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// TestPagesAreFilledAsTheKeysCome: keys that go on somewhere leave full pages behind, also at several places at once; keys in
// no order, or each before the last, leave them as full as bbolt would without being told anything.
func TestPagesAreFilledAsTheKeysCome(t *testing.T) {
	const keys = 20_000
	shuffled := rand.New(rand.NewPCG(1, 2)).Perm(keys)
	for _, c := range []struct {
		name  string
		key   func(i int) int
		least float64
	}{
		{"one behind the other", func(i int) int { return i }, 0.88},
		{"four streams", func(i int) int { return i%4*keys + i/4 }, 0.85},
		{"in the middle, before what is there", func(i int) int { return 2*keys - i/1000*1000 + i%1000 }, 0.8},
		{"nearly in order", func(i int) int { return i&^7 | (i*5+3)&7 }, 0.8},
		{"in no order", func(i int) int { return shuffled[i] }, 0.65},
		{"each before the last", func(i int) int { return keys - i }, 0.48},
	} {
		if got := filledBy(t, keys, c.key); got < c.least {
			t.Errorf("%s: pages are filled to %.2f, want %.2f at least", c.name, got, c.least)
		}
	}
}

// filledBy tells how full the pages of reports are once keys were put in, some in each transaction.
func filledBy(t *testing.T, keys int, key func(int) int) float64 {
	t.Helper()
	s, _, err := Open(t.Context(), Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < keys; {
		tx, err := s.Begin()
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			at := binary.BigEndian.AppendUint64(nil, uint64(key(i))) //nolint:gosec // not negative
			if err := tx.put(reportBucket, at, append(tx.memory.value(150), make([]byte, 150)...)); err != nil {
				t.Fatal(err)
			}
			i++
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(filepath.Join(s.dir, stateName), 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var filled float64
	err = db.View(func(tx *bolt.Tx) error {
		st := tx.Bucket(reportBucket.name).Stats()
		if st.KeyN != keys {
			t.Errorf("%d keys of %d are there", st.KeyN, keys)
		}
		filled = float64(st.LeafInuse) / float64(st.LeafAlloc)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return filled
}
