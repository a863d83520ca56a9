package backup

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/head"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

// A backup is restored as what it was: every entry with its hash and its private part, and one more that tells of it.
func TestWhatIsRestoredIsWhatWasBackedUp(t *testing.T) {
	s := newStore(t)
	s.must(s.j.Redact(t.Context(), 6))
	m := s.taken("backup")
	_, want := s.read(s.config())
	if n := uint64(len(want)); m.Sequence != n || m.ChainHash != want[n-1].Hash.String() || m.JournalID() != s.j.ID().String() ||
		!slices.Equal(s.there("backup"), append(segmentNames(m), ManifestName)) {
		t.Fatalf("Take = %+v with %v", m, s.there("backup"))
	}
	s.grow(3) // is not in the backup
	again, err := Verify(t.Context(), s.path("backup"), nil)
	if err != nil || again.Checksum != m.Checksum {
		t.Errorf("Verify = %+v, %v, want %+v", again, err, m)
	}
	done, err := Restore(t.Context(), s.restoring("backup", "new"))
	s.must(err)
	j, got := s.read(s.restoring("backup", "new").Journal)
	if !slices.EqualFunc(got[:len(want)], want, same) || len(got) != len(want)+1 {
		t.Fatalf("the restored journal has %d entries, want the %d of the backup and one", len(got), len(want))
	}
	if j.ID() != done.JournalID || j.ID() == s.j.ID() || j.IDAt(m.Sequence) != s.j.ID() || j.Head() != done.Head {
		t.Errorf("the ids are %v, the head %+v; Restored = %+v", j.IDs(), j.Head(), done)
	}
	last := got[len(want)]
	decoded, err := entry.Decode(last.Public, last.Private)
	s.must(err)
	tells := entry.StoreRestored{
		OldJournal: s.j.ID(), OldHead: entry.Head{Sequence: m.Sequence, Hash: want[len(want)-1].Hash}, Journal: done.JournalID,
		ProgramVersion: "v2", By: "the operator", Reason: "the disk broke",
	}
	if decoded.Body != tells || !decoded.Header.Time.Equal(s.restoring("", "").Time) {
		t.Errorf("the last entry is %+v, want %+v", decoded, tells)
	}
	if done.Verifier != s.key.Verifier() {
		t.Errorf("Verifier = %q, want %q", done.Verifier, s.key.Verifier())
	}
	if names := s.there("new"); !slices.Equal(names, []string{"journal"}) {
		t.Errorf("the data folder holds %v", names)
	}
}

func segmentNames(m Manifest) []string {
	var names []string
	for _, f := range m.Files {
		names = append(names, f.Name)
	}
	return names
}

// A restored store is backed up and restored like any other; an entry is never older than the one before it.
func TestARestoredStoreIsBackedUpAgain(t *testing.T) {
	s := newStore(t)
	s.taken("backup")
	restoring := s.restoring("backup", "second")
	restoring.Time = noon // the clock of the new machine is behind
	first, err := Restore(t.Context(), restoring)
	s.must(err)
	j, entries := s.read(restoring.Journal)
	before, err := entry.Decode(entries[len(entries)-2].Public, nil)
	s.must(err)
	last, err := entry.Decode(entries[len(entries)-1].Public, nil)
	s.must(err)
	if last.Header.Time.Before(before.Header.Time) {
		t.Errorf("the entry of the restore is of %v, the one before it of %v", last.Header.Time, before.Header.Time)
	}
	m, err := Take(t.Context(), Config{
		Journal: restoring.Journal, Target: s.path("backup2"), JournalID: j.ID(), Head: j.Head(), Program: "v2", Time: noon,
	})
	s.must(err)
	if want := []string{s.j.ID().String(), first.JournalID.String()}; !slices.Equal(m.JournalIDs, want) || m.SignedHead != "" {
		t.Errorf("the ids are %v, want %v", m.JournalIDs, want)
	}
	third, err := Restore(t.Context(), s.restoring("backup2", "third"))
	s.must(err)
	if j, _ := s.read(s.restoring("", "third").Journal); len(j.IDs()) != 3 || j.ID() != third.JournalID || j.Head().Sequence != m.Sequence+1 {
		t.Errorf("after the second restore the ids are %v, the head %d", j.IDs(), j.Head().Sequence)
	}
}

func TestTakeRefuses(t *testing.T) {
	s := newStore(t)
	s.must(os.Mkdir(s.path("full"), 0o700))
	s.must(os.WriteFile(s.path("full/notes.txt"), nil, 0o600))
	_, err := Take(t.Context(), s.taking("full"))
	s.refused(err, "BACKUP_EXISTS")
	wrong := s.taking("wrong")
	wrong.Head.Hash[0]++
	_, err = Take(t.Context(), wrong)
	s.refused(err, journal.ReasonDamaged)
	wrong = s.taking("wrong")
	wrong.JournalID[0]++
	_, err = Take(t.Context(), wrong)
	s.refused(err, journal.ReasonDamaged)
	forged := s.taking("wrong")
	at := forged.Head
	at.Sequence--
	forged.SignedHead, err = s.key.Sign(head.Head{JournalID: s.j.ID(), Head: at, Time: noon})
	s.must(err)
	_, err = Take(t.Context(), forged)
	s.refused(err, ReasonDamaged)
	empty := filejournal.Config{Dir: s.path("empty"), SegmentBytes: filejournal.MinSegmentBytes}
	s.must(filejournal.Create(t.Context(), empty, journal.ID{9}))
	_, err = Take(t.Context(), Config{Journal: empty, Target: s.path("wrong"), JournalID: journal.ID{9}})
	s.refused(err, filejournal.ReasonEmpty)
	if names := s.there(""); slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "wrong") }) {
		t.Errorf("after the refusals there is %v", names)
	}
	s.must(os.Mkdir(s.path("ready"), 0o700))
	s.taken("ready") // an empty folder is taken
}

func TestOneBackupAtATimeToOnePlace(t *testing.T) {
	s := newStore(t)
	s.must(os.Mkdir(s.path("backup.unfinished"), 0o700))
	s.must(os.WriteFile(s.path("backup.unfinished/half.journal"), []byte("half"), 0o600))
	release, err := hold(s.path("backup.unfinished"))
	s.must(err)
	_, err = Take(t.Context(), s.taking("backup"))
	s.refused(err, "BACKUP_RUNNING")
	s.must(release())
	if m := s.taken("backup"); !slices.Equal(s.there("backup"), append(segmentNames(m), ManifestName)) || s.there("backup.unfinished") != nil {
		t.Errorf("what was unfinished is in the backup: %v", s.there("backup"))
	}
	s.must(os.Mkdir(s.path("new"), 0o700))
	release, err = hold(s.path("new"))
	s.must(err)
	_, err = Restore(t.Context(), s.restoring("backup", "new"))
	s.refused(err, "BACKUP_RUNNING")
	s.must(release())
}

// Each flipped bit of each file is found, by Verify and by Restore, and the file is named: also where a removed text was,
// of which the chain knows nothing.
func TestEveryFlippedBitIsRefused(t *testing.T) {
	s := newStore(t)
	for sequence := uint64(4); sequence <= 12; sequence += 2 {
		s.must(s.j.Redact(t.Context(), sequence))
	}
	m := s.taken("backup")
	const stride = 11
	for _, name := range append(segmentNames(m), ManifestName) {
		path := s.path(filepath.Join("backup", name))
		sound, err := os.ReadFile(path)
		s.must(err)
		step := stride * len(m.Files)
		if name == ManifestName {
			step = 2
		}
		for at := 0; at < len(sound); at += step {
			harmed := slices.Clone(sound)
			harmed[at] ^= 1 << (at % 8)
			s.must(os.WriteFile(path, harmed, 0o600))
			_, err := Verify(t.Context(), s.path("backup"), nil)
			if reason := fault.ReasonOf(err); reason != ReasonDamaged && reason != "BACKUP_TOO_NEW" {
				t.Fatalf("byte %d of %s: Verify = %v", at, name, err)
			}
			if file, _ := fault.Of(err).Param("file"); file != name && fault.ReasonOf(err) == ReasonDamaged {
				t.Errorf("byte %d of %s: the error names %s", at, name, file)
			}
			if at%5 != 0 {
				continue
			}
			if _, again := Restore(t.Context(), s.restoring("backup", "new")); fault.ReasonOf(again) != fault.ReasonOf(err) || s.there("new") != nil {
				t.Fatalf("byte %d of %s: Restore = %v, and left %v", at, name, again, s.there("new"))
			}
		}
		s.must(os.WriteFile(path, sound, 0o600))
	}
	_, err := Restore(t.Context(), s.restoring("backup", "new"))
	s.must(err)
}

func TestABackupWithMissingOrForeignFilesIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		harm   func(s *store, m Manifest) error
		reason string
	}{
		"no manifest":     {func(s *store, _ Manifest) error { return os.Remove(s.path("backup/" + ManifestName)) }, "BACKUP_MISSING"},
		"a lost segment":  {func(s *store, m Manifest) error { return os.Remove(s.path("backup/" + m.Files[1].Name)) }, ReasonDamaged},
		"a cut segment":   {func(s *store, m Manifest) error { return os.Truncate(s.path("backup/"+m.Files[1].Name), 700) }, ReasonDamaged},
		"zeros behind it": {func(s *store, m Manifest) error { return os.Truncate(s.path("backup/"+m.Files[1].Name), 4096) }, ReasonDamaged},
		"a further segment": {func(s *store, m Manifest) error {
			return os.WriteFile(s.path("backup/00000000000000009999.journal"), nil, 0o600)
		}, ReasonDamaged},
		"an empty manifest": {func(s *store, m Manifest) error { return os.Truncate(s.path("backup/"+ManifestName), 0) }, ReasonDamaged},
		"a newer format": {func(s *store, m Manifest) error {
			return os.WriteFile(s.path("backup/"+ManifestName), []byte(`{"format": 2, "more": true}`), 0o600)
		}, "BACKUP_TOO_NEW"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			s.must(c.harm(s, s.taken("backup")))
			_, err := Verify(t.Context(), s.path("backup"), nil)
			s.refused(err, c.reason)
			_, err = Restore(t.Context(), s.restoring("backup", "new"))
			s.refused(err, c.reason)
			if s.there("new") != nil {
				t.Errorf("the refused restore left %v", s.there("new"))
			}
		})
	}
	s := newStore(t)
	s.taken("backup")
	s.must(os.WriteFile(s.path("backup/readme.txt"), []byte("on the shelf"), 0o600)) // is nobody's harm
	_, err := Verify(t.Context(), s.path("backup"), nil)
	s.must(err)
}

// An entry of a newer program is in a backup as any other, and is refused where it would have to be read.
func TestAnEntryOfANewerProgramIsBackedUpAndNotRestored(t *testing.T) {
	s := newStore(t)
	_, err := s.j.Append(t.Context(), s.j.Head().Sequence, []journal.Record{{Public: []byte{0x0a, 0x02, 0x08, 0x2b, 0xfa, 0x07, 0x00}}})
	s.must(err)
	s.taken("backup")
	_, err = Verify(t.Context(), s.path("backup"), nil)
	s.refused(err, "ENTRY_TOO_NEW")
	_, err = Restore(t.Context(), s.restoring("backup", "new"))
	s.refused(err, "ENTRY_TOO_NEW")
	if s.there("new") != nil {
		t.Errorf("the refused restore left %v", s.there("new"))
	}
}
