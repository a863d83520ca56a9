package aggregator_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// one is a story with one figure: 10 of A in January, submitted.
func one(t testing.TB) *story {
	s := house(t)
	s.tell(numbered(0, plainIndicator("S", indicator.UnitSum, indicator.Flow, indicator.TimeSum)),
		forms(0, plainForm("F", period.Month, "kind:commune", "S")),
		sent(key("A", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(10)}))
	return s
}

func (s *story) path(name string) string { return filepath.Join(s.dir, name) }

func wantSum(t *testing.T, s *story, want string) {
	t.Helper()
	a := ask(t, s, aggregator.Query{Unit: id("P"), Indicator: "S", Period: mustPeriod("2024"), Basis: rollup.Provisional})
	if a.Result.Display != want {
		t.Errorf("sum = %q, want %q", a.Result.Display, want)
	}
}

func TestACleanStopIsKept(t *testing.T) {
	s := one(t)
	if _, err := os.Stat(s.path("state.mark")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the mark is there while the store is open: %v", err)
	}
	if err := errors.Join(s.store.Close(), s.store.Close()); err != nil {
		t.Fatalf("Close twice = %v", err)
	}
	s.open(aggregator.Kept)
	wantSum(t, s, "10")
	if _, err := os.Stat(s.path("state.mark")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the mark is still there after the store was opened: %v", err)
	}
	s.tell(sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(5)}))
	wantSum(t, s, "15")
}

// TestAKilledProcessLosesNothing takes the file as a killed process leaves it, and a journal that is ahead of it.
func TestAKilledProcessLosesNothing(t *testing.T) {
	s := one(t)
	killed := &story{t: t, dir: t.TempDir(), journal: s.journal, now: s.now}
	for _, name := range []string{"state.bolt", "state.boot"} {
		raw, err := os.ReadFile(s.path(name))
		if err := errors.Join(err, os.WriteFile(killed.path(name), raw, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	s.tell(sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(5)}))
	killed.open(aggregator.Kept)
	defer func() { _ = killed.close() }()
	wantSum(t, killed, "15")
}

// TestR34AfterAPowerCutTheFileIsNotEvenOpened: some sectors new and some old can be a tree that bbolt walks into a panic
// in a goroutine of its own, at every start again. The open store holds the file's lock, so that an Open which tried it
// would wait and fail.
func TestR34AfterAPowerCutTheFileIsNotEvenOpened(t *testing.T) {
	s := one(t)
	for _, boot := range []string{"another start of the machine\n", ""} {
		if err := os.WriteFile(s.path("state.boot"), []byte(boot), 0o600); err != nil {
			t.Fatal(err)
		}
		_, verdict, err := aggregator.Open(context.Background(), s.config())
		if err != nil || verdict.Fate != aggregator.MustRebuild {
			t.Errorf("Open with boot %q noted = %+v, %v, want MustRebuild", boot, verdict, err)
		}
	}
}

func TestAStateThatCannotBeTrustedIsRebuilt(t *testing.T) {
	for name, spoil := range map[string]func(s *story) error{
		"an exchanged mark": func(s *story) error {
			raw, err := os.ReadFile(s.path("state.mark"))
			return errors.Join(err, os.WriteFile(s.path("state.mark"), []byte(strings.Replace(string(raw), "sequence ", "sequence 1", 1)), 0o600))
		},
		"a file cut short": func(s *story) error {
			info, err := os.Stat(s.path("state.bolt"))
			return errors.Join(err, os.Truncate(s.path("state.bolt"), info.Size()/2))
		},
		"a few bytes": func(s *story) error { return os.WriteFile(s.path("state.bolt"), []byte("bolt"), 0o600) },
		"garbage": func(s *story) error {
			return os.WriteFile(s.path("state.bolt"), bytes.Repeat([]byte("x"), 1<<16), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := one(t)
			if err := s.store.Close(); err != nil {
				t.Fatal(err)
			}
			if err := spoil(s); err != nil {
				t.Fatal(err)
			}
			s.open(aggregator.MustRebuild)
			told := 0
			progress := func(done, total uint64) {
				told++
				if done > total {
					t.Errorf("progress %d of %d", done, total)
				}
			}
			if err := aggregator.Rebuild(context.Background(), s.config(), s.journal, progress); err != nil {
				t.Fatalf("Rebuild = %v", err)
			}
			if told == 0 {
				t.Error("the rebuild told no progress")
			}
			s.open(aggregator.Kept)
			wantSum(t, s, "10")
			if _, err := os.Stat(s.path("state.bolt.new")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the rebuild left its file behind: %v", err)
			}
		})
	}
}

func TestAnEmptyFileIsAFreshState(t *testing.T) {
	s := one(t)
	if err := errors.Join(s.store.Close(), os.Truncate(s.path("state.bolt"), 0)); err != nil {
		t.Fatal(err)
	}
	s.open(aggregator.Fresh)
	wantSum(t, s, "10")
}

func TestASecondProcessIsToldSo(t *testing.T) {
	s := one(t)
	_, _, err := aggregator.Open(context.Background(), s.config())
	if fault.ReasonOf(err) != "STORE_LOCKED" {
		t.Errorf("Open beside another = %v, want STORE_LOCKED", err)
	}
}

func TestAStateOfAnotherJournalIsRefused(t *testing.T) {
	s := one(t)
	other := newJournal()
	if err := s.store.Replay(context.Background(), other, nil); fault.ReasonOf(err) != aggregator.ReasonNotOfJournal {
		t.Errorf("another journal: %v", err)
	}
	shorter := &memoryJournal{id: s.journal.id, entries: s.journal.entries[:3]}
	if err := s.store.Replay(context.Background(), shorter, nil); fault.ReasonOf(err) != aggregator.ReasonNotOfJournal {
		t.Errorf("a journal that ends before: %v", err)
	}
	forked := &memoryJournal{id: s.journal.id, entries: append([]journal.Entry(nil), s.journal.entries...)}
	forked.entries[len(forked.entries)-1].Hash[0]++
	if err := s.store.Replay(context.Background(), forked, nil); fault.ReasonOf(err) != aggregator.ReasonNotOfJournal {
		t.Errorf("a journal with another last entry: %v", err)
	}
	if err := s.store.Replay(context.Background(), s.journal, nil); err != nil {
		t.Errorf("its own journal: %v", err)
	}
	wantSum(t, s, "10")
}

// TestRollbackForgetsEverything leaves no trace of a group, in the file or in memory.
func TestRollbackForgetsEverything(t *testing.T) {
	s := one(t)
	before := s.journal.Head()
	s.add(entry.UnitsChanged{Units: []hierarchy.Unit{unit("C", hierarchy.Commune, "D")}})
	s.add(sent(key("C", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(100)}))
	s.add(sent(key("A", "F", "2024-01"), 2, map[uint32]figure.Figure{0: value(11)}))
	if a, err := s.tx.Rollup(aggregator.Query{Unit: id("P"), Indicator: "S", Period: mustPeriod("2024"), Basis: rollup.Provisional}); err != nil || a.Result.Display != "111" {
		t.Fatalf("inside the group = %s, %v, want 111", a.Result.Display, err)
	}
	s.view(func(tx *aggregator.Tx) {
		if _, ok := tx.Tree().Unit(id("C")); ok || tx.Position().Head != before {
			t.Errorf("a reader sees the open group: %v, %+v", ok, tx.Position())
		}
	})
	s.tx.Rollback()
	s.tx.Rollback()
	s.tx, s.group = nil, nil
	wantSum(t, s, "10")
	s.view(func(tx *aggregator.Tx) {
		if _, ok := tx.Tree().Unit(id("C")); ok || tx.Position().Head != before {
			t.Errorf("after the rollback: %v, %+v", ok, tx.Position())
		}
	})
	s.tell(sent(key("A", "F", "2024-01"), 2, map[uint32]figure.Figure{0: value(12)}))
	wantSum(t, s, "12")
	sameAfterRebuild(t, s)
}

func TestApplyTakesOnlyWhatFollows(t *testing.T) {
	s := one(t)
	tx := s.begin()
	next := tx.Position().Head.Sequence + 1
	for _, sequence := range []uint64{0, next - 1, next + 1} {
		e := entry.Entry{Header: entry.Header{Sequence: sequence}, Body: entry.StoreCreated{}}
		if err := tx.Apply(e, journal.Head{Sequence: sequence}); err == nil {
			t.Errorf("Apply of %d where %d follows was taken", sequence, next)
		}
	}
	s.view(func(reading *aggregator.Tx) {
		e := entry.Entry{Header: entry.Header{Sequence: next}, Body: entry.StoreCreated{}}
		if err := errors.Join(reading.Apply(e, journal.Head{Sequence: next}), reading.Commit()); err == nil {
			t.Error("a reader applied and committed")
		}
	})
}

// TestWaitTellsOfCommits lets a reader wait for what is not there yet.
func TestWaitTellsOfCommits(t *testing.T) {
	s := one(t)
	at := s.journal.Head().Sequence
	if head, err := s.store.Wait(context.Background(), at-1); err != nil || head.Sequence != at {
		t.Fatalf("Wait(%d) = %v, %v", at-1, head, err)
	}
	short, stop := context.WithTimeout(context.Background(), time.Millisecond)
	defer stop()
	if head, err := s.store.Wait(short, at); !errors.Is(err, context.DeadlineExceeded) || head.Sequence != at {
		t.Errorf("Wait beyond the head = %v, %v", head, err)
	}
	woken := make(chan error, 1)
	go func() {
		_, err := s.store.Wait(context.Background(), at)
		woken <- err
	}()
	s.tell(sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(1)}))
	if err := <-woken; err != nil {
		t.Errorf("Wait = %v", err)
	}
	go func() {
		_, err := s.store.Wait(context.Background(), 1<<40)
		woken <- err
	}()
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-woken; fault.KindOf(err) != fault.KindUnavailable {
		t.Errorf("Wait on a store that closes = %v", err)
	}
	if _, err := s.store.Begin(); fault.KindOf(err) != fault.KindUnavailable {
		t.Errorf("Begin on a closed store = %v", err)
	}
	if err := s.store.View(context.Background(), func(*aggregator.Tx) error { return nil }); fault.KindOf(err) != fault.KindUnavailable {
		t.Errorf("View on a closed store = %v", err)
	}
}
