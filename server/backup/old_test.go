package backup

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

// What is left of the lost journal says how far it had come, if it is that journal; if nothing is lost, nothing is restored.
func TestTheLostJournalIsHeard(t *testing.T) {
	harmed := func(at int64) func(*store) {
		return func(s *store) { // the first segment is there always, the second goes on after it
			path := filepath.Join(s.config().Dir, "00000000000000000001.journal")
			raw, err := os.ReadFile(path)
			s.must(err)
			raw[at] ^= 1
			s.must(os.WriteFile(path, raw, 0o600))
		}
	}
	for name, c := range map[string]struct {
		grown  int
		harm   func(s *store)
		reason string
		known  uint64
	}{
		"sound and further on":           {2, func(*store) {}, "RESTORE_NOT_NEEDED", 0},
		"sound and as far":               {0, func(*store) {}, "RESTORE_NOT_NEEDED", 0},
		"damaged and further on":         {2, harmed(700), "", 22},
		"damaged and as far":             {0, harmed(700), "", 0},
		"without its first segment":      {2, func(s *store) { s.must(os.Remove(filepath.Join(s.config().Dir, "00000000000000000001.journal"))) }, "", 22},
		"the head of the first segment":  {2, harmed(3), "", 22},
		"nothing there":                  {2, func(s *store) { s.must(os.RemoveAll(s.config().Dir)) }, filejournal.ReasonStoreMissing, 0},
		"damaged and of another history": {0, func(s *store) { fork(s, 4); harmed(700)(s) }, "RESTORE_OF_ANOTHER", 0},
		"of another history, further on": {0, func(s *store) { fork(s, 12) }, "RESTORE_OF_ANOTHER", 0},
		"of another history, behind":     {0, func(s *store) { fork(s, 4) }, "RESTORE_OF_ANOTHER", 0},
		"sound and behind":               {0, func(s *store) { shorten(s) }, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			s.taken("backup")
			s.grow(c.grown)
			at := s.j.Head()
			c.harm(s)
			restoring := s.restoring("backup", "new")
			restoring.Old = s.config().Dir
			done, err := Restore(t.Context(), restoring)
			s.refused(err, c.reason)
			if err != nil {
				if s.there("new") != nil {
					t.Errorf("the refused restore left %v", s.there("new"))
				}
				return
			}
			if done.Known.Sequence != c.known || c.known > 0 && done.Known != at {
				t.Errorf("Known = %+v, want entry %d of %+v", done.Known, c.known, at)
			}
			_, entries := s.read(restoring.Journal)
			last, err := entry.Decode(entries[len(entries)-1].Public, nil)
			s.must(err)
			if body, ok := last.Body.(entry.StoreRestored); !ok || body.Known.Sequence != c.known {
				t.Errorf("the entry tells %+v, want entry %d to be known", last.Body, c.known)
			}
		})
	}
}

// fork puts another journal with the same id in the place of the old one.
func fork(s *store, groups int) {
	s.t.Helper()
	s.must(s.j.Close())
	s.must(os.RemoveAll(s.config().Dir))
	s.must(filejournal.Create(s.t.Context(), s.config(), journal.ID{1, 2, 3}))
	var err error
	s.j, err = filejournal.Open(s.t.Context(), s.config())
	s.must(err)
	s.add(entry.StoreCreated{ProgramVersion: "v0"})
	s.add(entry.StoreCreated{ProgramVersion: "v0"})
	s.grow(groups)
}

// shorten puts an older state of the same journal in its place.
func shorten(s *store) {
	s.t.Helper()
	_, entries := s.read(s.config())
	id := s.j.ID()
	s.must(s.j.Close())
	s.must(os.RemoveAll(s.config().Dir))
	s.must(filejournal.Create(s.t.Context(), s.config(), id))
	var err error
	s.j, err = filejournal.Open(s.t.Context(), s.config())
	s.must(err)
	for e := range slices.Values(entries[:len(entries)-4]) {
		record := journal.Record{Public: e.Public, Salt: e.Salt, Private: e.Private}
		_, err := s.j.Append(s.t.Context(), e.Sequence-1, []journal.Record{record})
		s.must(err)
	}
}
