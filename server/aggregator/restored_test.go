package aggregator_test

import (
	"context"
	"slices"
	"testing"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/journal"
)

// restore goes on under a new id, as after a restore from a backup of everything that is there.
func (s *story) restore(known uint64) (old, id journal.ID) {
	s.t.Helper()
	old, id = s.journal.ID(), journal.NewID()
	head := s.journal.Head()
	s.journal.renamed = append(s.journal.renamed, struct {
		since uint64
		id    journal.ID
	}{head.Sequence + 1, id})
	body := entry.StoreRestored{
		OldJournal: old, OldHead: entry.Head{Sequence: head.Sequence, Hash: head.Hash}, Journal: id, ProgramVersion: "v1",
		By: "the operator", Reason: "the disk broke",
	}
	if known > 0 {
		body.Known = entry.Head{Sequence: known, Hash: [32]byte{1}}
	}
	s.tell(body)
	return old, id
}

func TestAStateFollowsTheIDOfARestoredJournal(t *testing.T) {
	s := one(t)
	first := s.journal.id
	at := s.journal.Head()
	old, second := s.restore(0)
	s.tell(sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(5)}))
	between := s.journal.Head()
	old2, third := s.restore(99)
	if old != first || old2 != second {
		t.Fatalf("the ids before the restores are %v and %v, want %v and %v", old, old2, first, second)
	}
	holds := func() {
		t.Helper()
		wantSum(t, s, "15")
		s.view(func(tx *aggregator.Tx) {
			if p := tx.Position(); p.JournalID != third || p.Head != s.journal.Head() {
				t.Errorf("Position = %+v, want journal %v at %+v", p, third, s.journal.Head())
			}
			got, err := tx.Restorations()
			if len(got) != 2 {
				t.Fatalf("Restorations = %+v, %v, want two", got, err)
			}
			want := []aggregator.Restoration{
				{Old: first, Head: at, Time: got[0].Time},
				{Old: second, Head: between, Known: 99, Time: s.now.UTC()},
			}
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("Restorations = %+v, %v, want %+v", got, err, want)
			}
		})
	}
	holds()
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	s.open(aggregator.Kept)
	holds()
	sameAfterRebuild(t, s)
}

// A state that was made before the restore is of the new journal as far as the backup went, and no further.
func TestAStateFromBeforeTheRestoreGoesOn(t *testing.T) {
	s := one(t)
	other := &story{t: t, dir: t.TempDir(), journal: s.journal, now: s.now}
	other.open(aggregator.Fresh)
	defer func() { _ = other.close() }()
	s.restore(0)
	other.replay()
	other.view(func(tx *aggregator.Tx) {
		if got := tx.Position().JournalID; got != s.journal.ID() {
			t.Errorf("JournalID = %v, want %v", got, s.journal.ID())
		}
	})

	lost := one(t)
	backup := &memoryJournal{id: lost.journal.id, entries: slices.Clone(lost.journal.entries)}
	lost.tell(sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(5)}))
	restored := &story{t: t, dir: t.TempDir(), journal: backup, now: lost.now}
	restored.open(aggregator.Fresh)
	defer func() { _ = restored.close() }()
	restored.restore(0)
	if err := lost.store.Replay(context.Background(), backup, nil); fault.ReasonOf(err) != aggregator.ReasonNotOfJournal {
		t.Errorf("the state of what was lost, on the restored journal: %v, want %s", err, aggregator.ReasonNotOfJournal)
	}
}

// The id stands beside the chain; an entry of the chain says when it changes.
func TestAJournalIDThatNoEntryTellsOfIsDamage(t *testing.T) {
	s := one(t)
	forged := &memoryJournal{id: s.journal.id, entries: s.journal.entries, renamed: []struct {
		since uint64
		id    journal.ID
	}{{s.journal.Head().Sequence, journal.NewID()}}}
	store, _, err := aggregator.Open(context.Background(), aggregator.Config{Dir: t.TempDir(), Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	if err := store.Replay(context.Background(), forged, nil); fault.ReasonOf(err) != journal.ReasonDamaged {
		t.Errorf("Replay = %v, want %s", err, journal.ReasonDamaged)
	}
}
