package backup

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/head"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

var noon = time.Date(2024, 6, 1, 5, 0, 0, 0, time.UTC)

// store is a journal in a folder, open, with entries whose texts are private.
type store struct {
	t   *testing.T
	dir string // of everything
	j   *filejournal.Journal
	key *head.Key
}

func newStore(t *testing.T) *store {
	t.Helper()
	s := &store{t: t, dir: t.TempDir()}
	s.must(filejournal.Create(t.Context(), s.config(), journal.ID{1, 2, 3}))
	var err error
	s.j, err = filejournal.Open(t.Context(), s.config())
	s.must(err)
	t.Cleanup(func() { _ = s.j.Close() })
	s.key, err = head.NewKey(s.j.ID(), rand.Reader)
	s.must(err)
	s.add(entry.StoreCreated{ProgramVersion: "v1"}, entry.KeyIntroduced{VerifierKey: s.key.Verifier()})
	s.grow(8)
	return s
}

func (s *store) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("unexpected error: %v", fault.Of(err).Private())
	}
}

func (s *store) path(name string) string { return filepath.Join(s.dir, name) }

func (s *store) config() filejournal.Config {
	return filejournal.Config{Dir: s.path("old/journal"), SegmentBytes: filejournal.MinSegmentBytes}
}

// add appends entries as one group.
func (s *store) add(bodies ...entry.Body) {
	s.t.Helper()
	at := s.j.Head().Sequence
	records := make([]journal.Record, len(bodies))
	for i, body := range bodies {
		sequence := at + uint64(i) + 1
		public, private, err := entry.Encode(entry.Entry{
			Header: entry.Header{Sequence: sequence, Time: noon.Add(time.Duration(sequence) * time.Second), Principal: "p"}, Body: body,
		})
		s.must(err)
		records[i] = journal.Record{Public: public, Private: private, Salt: [16]byte{1, byte(sequence)}}
	}
	_, err := s.j.Append(s.t.Context(), at, records)
	s.must(err)
}

// grow appends groups of two entries.
func (s *store) grow(groups int) {
	s.t.Helper()
	for range groups {
		s.add(entry.TokenRevoked{ID: strings.Repeat("a", 200)}, entry.EntryRedacted{Sequence: 1, Reason: strings.Repeat("vì ", 50)})
	}
}

// taking is what is asked of Take: everything that is there, signed.
func (s *store) taking(target string) Config {
	s.t.Helper()
	at := s.j.Head()
	signed, err := s.key.Sign(head.Head{JournalID: s.j.ID(), Head: at, Time: noon})
	s.must(err)
	return Config{
		Journal: s.config(), Target: s.path(target), JournalID: s.j.ID(), Head: at, SignedHead: signed, VerifierKey: s.key.Verifier(),
		Program: "v1", Time: noon.Add(time.Hour),
	}
}

func (s *store) taken(target string) Manifest {
	s.t.Helper()
	m, err := Take(s.t.Context(), s.taking(target))
	s.must(err)
	return m
}

// restoring is what is asked of Restore.
func (s *store) restoring(from, into string) Restoring {
	return Restoring{
		Backup: s.path(from), Dir: s.path(into),
		Journal: filejournal.Config{Dir: filepath.Join(s.path(into), "journal"), SegmentBytes: filejournal.MinSegmentBytes},
		By:      "the operator", Reason: "the disk broke", Principal: "local", Program: "v2", Time: noon.Add(2 * time.Hour),
		Random: func(b []byte) { _, _ = rand.Read(b) },
	}
}

// refused expects an error with that reason.
func (s *store) refused(err error, reason string) {
	s.t.Helper()
	if fault.ReasonOf(err) != reason {
		s.t.Errorf("error = %v (%s), want %s", err, fault.ReasonOf(err), reason)
	}
}

// there lists a folder; nil if it is not there.
func (s *store) there(name string) []string {
	s.t.Helper()
	found, err := os.ReadDir(s.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	s.must(err)
	names := []string{}
	for _, e := range found {
		names = append(names, e.Name())
	}
	return names
}

// read gives all entries of a journal.
func (s *store) read(config filejournal.Config) (*filejournal.Journal, []journal.Entry) {
	s.t.Helper()
	j, err := filejournal.OpenReadOnly(s.t.Context(), config)
	s.must(err)
	var entries []journal.Entry
	s.must(j.Read(s.t.Context(), 1, func(e journal.Entry) error {
		e.Public, e.Private = slices.Clone(e.Public), slices.Clone(e.Private)
		entries = append(entries, e)
		return nil
	}))
	return j, entries
}

func same(a, b journal.Entry) bool {
	return a.Sequence == b.Sequence && a.Hash == b.Hash && a.Salt == b.Salt && a.Removed == b.Removed &&
		string(a.Public) == string(b.Public) && string(a.Private) == string(b.Private)
}
