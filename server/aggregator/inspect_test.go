package aggregator_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/journal"
)

const pageSize = 4096

// stopped is a state of several pages, closed: its file, its bytes as far as pages were ever used, what it holds, and what it
// held before the last commit.
func stopped(t *testing.T) (path string, raw []byte, holds, held map[string][]byte) {
	t.Helper()
	s, _ := filled(t)
	path = s.path("state.bolt")
	copied, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(s.path("copy"), copied, 0o600)
	}
	if err == nil {
		held, err = contents(s.path("copy"))
	}
	s.tell(sent(key("C1", "M", "2024-05"), 1, map[uint32]figure.Figure{0: value(5)}))
	if err := errors.Join(err, s.store.Close()); err != nil {
		t.Fatal(err)
	}
	if raw, err = os.ReadFile(path); err == nil {
		holds, err = contents(path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path, raw[:len(bytes.TrimRight(raw, "\x00"))/pageSize*pageSize+pageSize], holds, held
}

// judge puts bytes in the place of the file's and wants that the inspection finds fault with it, or that bbolt finds in it
// what may be there. It says whether a fault was found.
func judge(t *testing.T, path string, raw []byte, size int64, what string, may ...map[string][]byte) bool {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.WriteAt(raw, 0)
	if err := errors.Join(err, file.Truncate(size), file.Close()); err != nil {
		t.Fatal(err)
	}
	if aggregator.Inspect(path) != nil {
		return true
	}
	now, err := contents(path)
	if err != nil || !slices.ContainsFunc(may, func(m map[string][]byte) bool { return maps.EqualFunc(now, m, bytes.Equal) }) {
		t.Errorf("%s: nothing was found, and the file holds something else: %v", what, err)
	}
	return false
}

// TestNoDamageIsBelieved does to a file what disks do. Whatever the inspection lets pass holds every value that was there,
// and no other; where the page is damaged that says where everything is, those of the commit before.
func TestNoDamageIsBelieved(t *testing.T) {
	path, raw, holds, held := stopped(t)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := aggregator.Inspect(path); err != nil {
		t.Fatalf("a whole file: %v", err)
	}
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 1))
	found := map[string]int{}
	for n := range 600 {
		hurt, size := slices.Clone(raw), info.Size()
		kind := []string{"bit", "bit", "bit", "header", "sector", "swap", "cut"}[n%7]
		at := random.IntN(len(raw))
		switch kind {
		case "bit":
			hurt[at] ^= 1 << random.IntN(8)
		case "header":
			hurt[at/pageSize*pageSize+random.IntN(48)] ^= 1 << random.IntN(8)
		case "sector":
			clear(hurt[at/512*512 : at/512*512+512])
		case "swap":
			a, b := at/pageSize*pageSize, random.IntN(len(raw)/pageSize)*pageSize
			copy(hurt[a:], raw[b:b+pageSize])
			copy(hurt[b:], raw[a:a+pageSize])
		case "cut":
			size = random.Int64N(int64(len(raw)))
			hurt = hurt[:size]
		}
		may := []map[string][]byte{holds}
		if !bytes.Equal(hurt[:min(size, 2*pageSize)], raw[:min(size, 2*pageSize)]) {
			may = append(may, held)
		}
		if judge(t, path, hurt, size, fmt.Sprintf("seed %d, damage %d: %s at %d", seed, n, kind, at), may...) {
			found[kind]++
		}
		if _, err := os.Stat(path); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, info.Size()); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{"bit", "header", "sector", "swap", "cut"} {
		if found[kind] == 0 {
			t.Errorf("seed %d: no damage of the kind %s was found", seed, kind)
		}
	}
}

// TestAMissingValueIsFound takes away, puts back and adds values as bbolt itself would have done it, so that every page and
// every checksum is right: that the state is another one is told by its digest alone.
func TestAMissingValueIsFound(t *testing.T) {
	s := one(t)
	older := s.path("older")
	row := []byte(nil)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(s.path("state.bolt"))
	if err := errors.Join(err, os.WriteFile(older, raw, 0o600)); err != nil {
		t.Fatal(err)
	}
	keys, _, err := keysOf(older, "rollups")
	if err != nil {
		t.Fatal(err)
	}
	was, err := valueOf(older, "rollups", keys[0])
	if err != nil {
		t.Fatal(err)
	}
	s.open(aggregator.Kept)
	s.tell(sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(5)}))
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	if row, err = valueOf(s.path("state.bolt"), "rollups", keys[0]); err != nil || bytes.Equal(row, was) {
		t.Fatalf("the row did not change: %v", err)
	}
	for name, change := range map[string]func(*bolt.Bucket) error{
		"taken away":   func(b *bolt.Bucket) error { return b.Delete(keys[0]) },
		"an older one": func(b *bolt.Bucket) error { return b.Put(keys[0], was) },
	} {
		for _, undo := range []bool{false, true} {
			db, err := bolt.Open(s.path("state.bolt"), 0o600, nil)
			if err != nil {
				t.Fatal(err)
			}
			err = db.Update(func(tx *bolt.Tx) error {
				if undo {
					return tx.Bucket([]byte("rollups")).Put(keys[0], row)
				}
				return change(tx.Bucket([]byte("rollups")))
			})
			if err := closed(db, err); err != nil {
				t.Fatal(err)
			}
			err = aggregator.Inspect(s.path("state.bolt"))
			if (err == nil) != undo || err != nil && !strings.Contains(err.Error(), "older ones") {
				t.Errorf("%s, undone %t: %v", name, undo, err)
			}
		}
	}
}

// TestRemembered tells how far a state has come without opening it, also one that another process holds, and nothing of
// one that is damaged.
func TestRemembered(t *testing.T) {
	s := one(t)
	want := s.journal.Head()
	check := func(when string, told bool) {
		t.Helper()
		id, head, ok := aggregator.Remembered(s.config())
		if ok != told || ok && (id != s.journal.id || head != want) {
			t.Errorf("%s: %s at %v, %t, want %v, %t", when, id, head, ok, want, told)
		}
	}
	check("while it is open", true)
	s.tell(entry.StoreCreated{})
	want = s.journal.Head()
	check("after one more", true)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	check("when it is closed", true)
	stored, err := valueOf(s.path("state.bolt"), "meta", []byte("position"))
	if err == nil {
		err = rot(s.path("state.bolt"), stored, 5)
	}
	if err != nil {
		t.Fatal(err)
	}
	check("when its position is damaged", false)
	if err := os.Truncate(s.path("state.bolt"), 0); err != nil {
		t.Fatal(err)
	}
	check("when it is empty", false)
	if err := os.Remove(s.path("state.bolt")); err != nil {
		t.Fatal(err)
	}
	check("when it is gone", false)
	fresh := &story{t: t, dir: t.TempDir(), journal: &memoryJournal{id: journal.ID{9}}, now: start}
	fresh.open(aggregator.Fresh)
	defer func() { _ = fresh.close() }()
	if _, _, ok := aggregator.Remembered(fresh.config()); ok {
		t.Error("a state without entries remembers one")
	}
}
