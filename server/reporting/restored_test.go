package reporting_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
	"github.com/tonghop/tonghop/server/reporting"
)

// restored closes a world, gives its journal another id as a restore of everything does, and opens it again.
func restored(t *testing.T, w *world, dir string, id journal.ID) *world {
	t.Helper()
	old, head := w.journal.ID(), w.journal.Head()
	w.close()
	e := entry.Entry{
		Header: entry.Header{Sequence: head.Sequence + 1, Time: w.now.Add(time.Second), Principal: reporting.LocalPrincipal},
		Body: entry.StoreRestored{
			OldJournal: old, OldHead: entry.Head{Sequence: head.Sequence, Hash: head.Hash}, Journal: id,
			Known: entry.Head{Sequence: head.Sequence + 5, Hash: [32]byte{1}}, By: "the operator", Reason: "the disk broke",
		},
	}
	public, private, err := entry.Encode(e)
	must(t, err)
	_, _, err = filejournal.Renew(t.Context(), logsIn(dir), id, journal.Record{Public: public, Private: private, Salt: [16]byte{1}})
	must(t, err)
	again := startWorld(t, dir)
	again.now, again.requests = w.now.Add(time.Minute), w.requests
	return again
}

// R35: positions in the journal before a restore are recognised, and the answer tells how far that journal came along.
func TestR35PositionsOfTheJournalBeforeARestoreAreRefused(t *testing.T) {
	dir := t.TempDir()
	w := openWorld(t, dir)
	w.token(auth.Viewer, "A")
	w.submitted(w.admin, flow("A", "2024-01", "1"))
	w.submitted(w.admin, flow("B", "2024-01", "1"))
	w.submitted(w.admin, flow("C", "2024-01", "1"))
	page, err := w.svc.ListUnits(t.Context(), w.admin, reporting.UnitFilter{Page: reporting.Page{Size: 1}})
	must(t, err)
	old, at := w.journal.ID(), w.journal.Head()
	w = restored(t, w, dir, journal.ID{9})

	never := journal.ID{7}
	here := w.journal.ID()
	for _, c := range []struct {
		name  string
		given journal.ID
		call  func(of journal.ID) error
	}{
		{"a page token", old, func(journal.ID) error {
			_, err := w.svc.ListUnits(t.Context(), w.admin, reporting.UnitFilter{Page: reporting.Page{Size: 1, Token: page.Next}})
			return err
		}},
		{"the change feed", old, func(of journal.ID) error {
			_, err := w.svc.ListChanges(t.Context(), w.admin, reporting.ChangeFilter{After: at.Sequence - 1, Journal: &of})
			return err
		}},
		{"a sequence", old, func(of journal.ID) error { return w.svc.CheckJournal(t.Context(), &of) }},
	} {
		err := c.call(c.given)
		w.refused(err, reporting.ReasonJournalReplaced)
		failure := fault.Of(err)
		for key, want := range map[string]string{"given": old.String(), "here": here.String(), "sequence": strconv.FormatUint(at.Sequence, 10)} {
			if got, _ := failure.Param(key); got != want {
				t.Errorf("%s: %s is %q, want %q: %v", c.name, key, got, want, err)
			}
		}
		if c.name == "a page token" {
			continue
		}
		err = c.call(never)
		w.refused(err, reporting.ReasonJournalReplaced)
		if got, told := fault.Of(err).Param("sequence"); told {
			t.Errorf("%s of a journal that was never here: the sequence is %q, want none", c.name, got)
		}
		if err := c.call(here); err != nil {
			t.Errorf("%s of the journal that is here: %v", c.name, err)
		}
	}
	must(t, w.svc.CheckJournal(t.Context(), nil))
	status, err := w.svc.GetStatus(t.Context(), w.admin)
	must(t, err)
	if r := status.Restorations; len(r) != 1 || r[0].Old != old || r[0].Head != at || r[0].Known != at.Sequence+5 {
		t.Errorf("Restorations = %+v, want one of %v at %+v", r, old, at)
	}
}

// What was accepted before a restore is still repeated: its receipt is of the journal that accepted it.
func TestR35ARequestFromBeforeARestoreIsRepeated(t *testing.T) {
	dir := t.TempDir()
	w := openWorld(t, dir)
	call := w.call(w.admin)
	sub := flow("A", "2024-01", "1")
	sent, _, _, err := w.svc.Submit(t.Context(), call, sub)
	must(t, err)
	old := w.journal.ID()
	w = restored(t, w, dir, journal.ID{9})
	call.Caller = w.svc.Local()
	repeated, _, stamp, err := w.svc.Submit(t.Context(), call, sub)
	must(t, err)
	first, again := sent.Receipt, repeated.Receipt
	if !again.Replayed || again.JournalID != old || again.Sequence != first.Sequence || again.Hash != first.Hash {
		t.Errorf("the receipt is %+v, want that of %+v, replayed", again, first)
	}
	if stamp.JournalID != w.journal.ID() {
		t.Errorf("the answer was computed in journal %v, want %v", stamp.JournalID, w.journal.ID())
	}
	next := w.submitted(w.admin, flow("B", "2024-01", "1")).Receipt
	if next.JournalID != w.journal.ID() {
		t.Errorf("the receipt of a new change is of journal %v, want %v", next.JournalID, w.journal.ID())
	}
}
