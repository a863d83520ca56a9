package journaltest

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/tonghop/tonghop/server/journal"
)

func tellID(s *story) {
	id := s.journal.ID()
	if id.IsZero() {
		s.Fatal("ID is zero")
	}
	s.append(public("the first")...)
	s.reopen()
	if got := s.journal.ID(); got != id {
		s.Errorf("ID after opening again = %v, want %v", got, id)
	}
	for sequence := range uint64(4) {
		if got := s.journal.IDAt(sequence); got != id {
			s.Errorf("IDAt(%d) = %v, want %v: the store was never restored", sequence, got, id)
		}
	}
}

// tellRestored restores a store twice, writes before, between and after, and expects one chain with three ids.
func tellRestored(s *story, restore func(journal.Record)) {
	ids := []journal.ID{s.journal.ID()}
	var since []uint64
	for range 2 {
		s.fill(30)
		if err := s.journal.Close(); err != nil {
			s.Fatalf("Close = %v", err)
		}
		record := named("restored", "by somebody")
		s.remember([]journal.Record{record})
		restore(record)
		s.journal = s.open()
		ids, since = append(ids, s.journal.ID()), append(since, s.head().Sequence)
		s.holds()
	}
	s.fill(30)
	if ids[0] == ids[1] || ids[1] == ids[2] || ids[0] == ids[2] {
		s.Errorf("the ids are %v, want a new one with each restore", ids)
	}
	for _, opened := range []string{"live", "again"} {
		s.holds()
		for sequence := range s.head().Sequence + 2 {
			want := ids[0]
			for i, first := range since {
				if sequence >= first {
					want = ids[i+1]
				}
			}
			if got := s.journal.IDAt(sequence); got != want {
				s.Errorf("%s: IDAt(%d) = %v, want %v", opened, sequence, got, want)
			}
		}
		if got := s.journal.IDAt(1<<64 - 1); got != s.journal.ID() {
			s.Errorf("%s: IDAt beyond the head = %v, want %v", opened, got, s.journal.ID())
		}
		s.reopen()
	}
	s.fill(10)
	s.holds()
}

func tellHead(s *story) {
	id := s.journal.ID()
	if got := s.journal.Head(); got.Sequence != 0 || got.Hash != journal.FirstHash(id) {
		s.Errorf("Head of the empty journal = %+v, want {0 %v}", got, journal.FirstHash(id))
	}
	s.holds()
	s.reopen()
	s.holds()
	for _, text := range []string{"one", "two", "three"} {
		s.append(public(text)...)
		if got := s.journal.Head(); got != s.head() {
			s.Errorf("Head after %q = %+v, want %+v", text, got, s.head())
		}
	}
}

func tellAppend(s *story) {
	s.append(public("a report of Phường Cao Lãnh")...)
	s.append(named("a note", "bà Nguyễn Thị Sen, 0912"), public("a correction")[0], named("a reason", "x"))
	s.append(public("the next group")...)
	s.holds()
	s.reopen()
	s.holds()
	s.append(public("after a new start")...)
	s.reopen()
	s.holds()
}

func tellConflict(s *story) {
	s.refused(s.Context(), 1, public("ahead of an empty journal"), journal.ReasonHeadMoved)
	s.append(public("one", "two")...)
	for _, after := range []uint64{0, 1, 3, 1 << 63, 1<<64 - 1} {
		s.refused(s.Context(), after, public("late"), journal.ReasonHeadMoved)
	}
	s.append(public("three")...)
	s.reopen()
	s.holds()
}

func tellRefusal(s *story) {
	s.append(public("one")...)
	s.refused(s.Context(), 1, nil, journal.ReasonGroupInvalid)
	s.refused(s.Context(), 1, []journal.Record{{}}, journal.ReasonGroupInvalid)
	s.refused(s.Context(), 1, []journal.Record{{Public: []byte("a"), Private: []byte("without salt")}}, journal.ReasonGroupInvalid)
	s.refused(s.Context(), 1, []journal.Record{{Public: make([]byte, journal.MaxEntryBytes+1)}}, journal.ReasonEntryTooLarge)

	ended, end := context.WithCancel(s.Context())
	end()
	if _, err := s.journal.Append(ended, 1, public("too late")); err != context.Canceled || !journal.Refused(err) { //nolint:errorlint // as it is
		s.Errorf("Append with an ended context = %v, want context.Canceled, refused", err)
	}
	s.holds()
	s.append(public("two")...)
	s.reopen()
	s.holds()
}

func tellMemory(s *story) {
	record := named("public text", "private text")
	s.append(record)
	copy(record.Public, "XXXXXX")
	copy(record.Private, "XXXXXX")
	s.append(public("the next")...)
	s.holds()
}

// tellRace lets writers fight for the head: each entry says which writer wrote it and after what, so that a lost or a
// doubled one shows.
func tellRace(s *story) {
	const writers, each = 8, 25
	var wait sync.WaitGroup
	for writer := range writers {
		wait.Go(func() {
			for n := 0; n < each; {
				after := s.journal.Head().Sequence
				head, err := s.journal.Append(s.Context(), after, public(fmt.Sprintf("%d %d %d", writer, n, after+1)))
				switch {
				case err == nil && head.Sequence == after+1:
					n++
				case err == nil || !journal.Refused(err):
					s.Errorf("Append after %d = %+v, %v", after, head, err)
					return
				}
				if read, err := collect(s.Context(), s.journal, after+1); err != nil {
					s.Errorf("Read from %d = %s, %v", after+1, summary(read), err)
				}
			}
		})
	}
	wait.Wait()
	entries, err := collect(s.Context(), s.journal, 1)
	if err != nil || len(entries) != writers*each {
		s.Fatalf("Read = %d entries, %v, want %d", len(entries), err, writers*each)
	}
	next := make([]int, writers)
	for i, entry := range entries {
		var writer, n, sequence int
		if _, err := fmt.Sscan(string(entry.Public), &writer, &n, &sequence); err != nil || sequence != i+1 || n != next[writer] {
			s.Fatalf("entry %d is %q, want sequence %d and number %d of its writer", i+1, entry.Public, i+1, next[writer])
		}
		next[writer]++
	}
}

// tellLarge writes what the limits allow: an entry of the largest size alone, between small ones.
func tellLarge(s *story) {
	s.append(public("small")...)
	s.append(journal.Record{
		Public:  bytes.Repeat([]byte("reorganisation "), (journal.MaxEntryBytes-100)/15),
		Salt:    [16]byte{1},
		Private: []byte("the reason"),
	})
	s.append(public("small again")...)
	s.holds()
	s.reopen()
	s.holds()
}
