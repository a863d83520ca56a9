package journaltest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// Store makes one new, empty store for a test and gives the function that opens it. A test closes what it opens before
// it opens the store again.
type Store func(t *testing.T) (open func() journal.Journal)

// story is one case under way: a journal, and what a naive reader of the documentation thinks that it holds.
type story struct {
	*testing.T
	open    func() journal.Journal
	journal journal.Journal
	held    []journal.Entry
}

// begin opens a new store.
func begin(t *testing.T, store Store) *story {
	s := &story{T: t, open: store(t)}
	s.journal = s.open()
	t.Cleanup(func() {
		if err := s.journal.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
	return s
}

// reopen closes the journal and opens the store again.
func (s *story) reopen() {
	s.Helper()
	if err := s.journal.Close(); err != nil {
		s.Fatalf("Close = %v", err)
	}
	s.journal = s.open()
}

// head is where the story thinks the journal ends.
func (s *story) head() journal.Head {
	if len(s.held) == 0 {
		id := s.journal.IDAt(0)
		return journal.Head{Hash: sha256.Sum256(append([]byte("tonghop/journal/first/1\n"), id[:]...))}
	}
	last := s.held[len(s.held)-1]
	return journal.Head{Sequence: last.Sequence, Hash: last.Hash}
}

// remember adds what the records become, hashed by the book.
func (s *story) remember(records []journal.Record) {
	for _, record := range records {
		before := s.head()
		entry := journal.Entry{Sequence: before.Sequence + 1, Public: bytes.Clone(record.Public)}
		if len(record.Private) > 0 {
			entry.Salt, entry.Private = record.Salt, bytes.Clone(record.Private)
			entry.PrivateHash = sha256.Sum256(slices.Concat(entry.Salt[:], entry.Private))
		}
		length := binary.BigEndian.AppendUint64(nil, uint64(len(entry.Public)))
		entry.Hash = sha256.Sum256(slices.Concat([]byte("tonghop/journal/entry/1\n"),
			before.Hash[:], length, entry.Public, entry.PrivateHash[:]))
		s.held = append(s.held, entry)
	}
}

// append writes one group and expects it to be taken.
func (s *story) append(records ...journal.Record) {
	s.Helper()
	after := s.head().Sequence
	s.remember(records)
	head, err := s.journal.Append(s.Context(), after, records)
	if err != nil || head != s.head() {
		s.Fatalf("Append after %d = %+v, %v, want %+v", after, head, err, s.head())
	}
}

// refused writes one group and expects that nothing comes of it.
func (s *story) refused(ctx context.Context, after uint64, records []journal.Record, reason string) {
	s.Helper()
	_, err := s.journal.Append(ctx, after, records)
	if fault.ReasonOf(err) != reason {
		s.Errorf("Append after %d = %v, want reason %s", after, err, reason)
	}
	if !journal.Refused(err) {
		s.Errorf("Refused(%v) = false, want true", err)
	}
	s.holds() //nolint:contextcheck // a story has the context of its test
}

// holds expects head and entries to be those of the story.
func (s *story) holds() {
	s.Helper()
	if got := s.journal.Head(); got != s.head() {
		s.Errorf("Head = %+v, want %+v", got, s.head())
	}
	s.sees(0, s.held)
}

// sees expects Read to visit these entries.
func (s *story) sees(from uint64, want []journal.Entry) {
	s.Helper()
	got, err := collect(s.Context(), s.journal, from)
	if err != nil {
		s.Errorf("Read from %d = %v", from, err)
	}
	if !slices.EqualFunc(got, want, equal) {
		s.Errorf("Read from %d visited %s, want %s", from, summary(got), summary(want))
	}
}

// collect reads and copies.
func collect(ctx context.Context, j journal.Journal, from uint64) ([]journal.Entry, error) {
	var entries []journal.Entry
	err := j.Read(ctx, from, func(entry journal.Entry) error {
		entry.Public, entry.Private = bytes.Clone(entry.Public), bytes.Clone(entry.Private)
		entries = append(entries, entry)
		return nil
	})
	return entries, err
}

func equal(a, b journal.Entry) bool {
	return a.Sequence == b.Sequence && a.Hash == b.Hash && a.PrivateHash == b.PrivateHash && a.Salt == b.Salt &&
		a.Removed == b.Removed && bytes.Equal(a.Public, b.Public) && bytes.Equal(a.Private, b.Private)
}

func summary(entries []journal.Entry) string {
	if len(entries) == 0 {
		return "nothing"
	}
	first, last := entries[0], entries[len(entries)-1]
	return "entries " + name(first) + " to " + name(last)
}

func name(entry journal.Entry) string {
	return fmt.Sprintf("%d %q (%v)", entry.Sequence, entry.Public[:min(len(entry.Public), 20)], entry.Hash)
}

// public makes records that have no private part.
func public(texts ...string) []journal.Record {
	records := make([]journal.Record, len(texts))
	for i, text := range texts {
		records[i].Public = []byte(text)
	}
	return records
}

// named makes a record with a private part.
func named(text, private string) journal.Record {
	return journal.Record{Public: []byte(text), Salt: [16]byte(bytes.Repeat([]byte{byte(len(text)) | 1}, 16)), Private: []byte(private)}
}

// soon is long enough for anything that should happen, on a busy machine.
const soon = 20 * time.Second
