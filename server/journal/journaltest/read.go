package journaltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// fill appends n entries in groups of different sizes; every third has a private part.
func (s *story) fill(n int) {
	s.Helper()
	for group := 1; n > 0; group = group%5 + 1 {
		var records []journal.Record
		for range min(group, n) {
			text := fmt.Sprintf("entry %d %s", n, bytes.Repeat([]byte("."), n%70))
			if n%3 == 0 {
				records = append(records, named(text, "private "+text))
			} else {
				records = append(records, public(text)...)
			}
			n--
		}
		s.append(records...)
	}
}

func tellRead(s *story) {
	s.sees(0, nil)
	s.sees(1, nil)
	s.fill(300)
	for _, opened := range []string{"live", "again"} {
		s.sees(0, s.held)
		for from := 1; from <= len(s.held); from += 7 {
			s.sees(uint64(from), s.held[from-1:])
		}
		if opened == "live" {
			s.reopen()
		}
	}
}

func tellReadEnds(s *story) {
	s.fill(20)
	enough := errors.New("enough")
	visited := 0
	err := s.journal.Read(s.Context(), 5, func(entry journal.Entry) error {
		visited++
		if entry.Sequence == 9 {
			return enough
		}
		return nil
	})
	if err != enough || visited != 5 { //nolint:errorlint // as it is
		s.Errorf("Read = %v after %d visits, want the visitor's own error after 5", err, visited)
	}

	ended, end := context.WithCancel(s.Context())
	defer end()
	last := uint64(0)
	err = s.journal.Read(ended, 1, func(entry journal.Entry) error {
		last = entry.Sequence
		if last == 3 {
			end()
		}
		return nil
	})
	if err != context.Canceled || last == 20 { //nolint:errorlint // as it is
		s.Errorf("Read with a context that ends = %v, last entry %d, want context.Canceled before the end", err, last)
	}
}

func tellReadBeyond(s *story) {
	for range 2 {
		head := s.head().Sequence
		s.sees(head+1, nil)
		for _, from := range []uint64{head + 2, 1 << 63, 1<<64 - 1} {
			entries, err := collect(s.Context(), s.journal, from)
			if fault.ReasonOf(err) != journal.ReasonSequenceAhead || fault.KindOf(err) != fault.KindNotFound || len(entries) > 0 {
				s.Errorf("Read from %d with the head at %d = %s, %v, want NotFound %s",
					from, head, summary(entries), err, journal.ReasonSequenceAhead)
			}
		}
		s.append(public("one", "two")...)
	}
}

// tellReadAndAppend appends from inside a visit: the reading still ends where the head was.
func tellReadAndAppend(s *story) {
	s.fill(10)
	visited := uint64(0)
	err := s.journal.Read(s.Context(), 1, func(entry journal.Entry) error {
		visited = entry.Sequence
		if before := bytes.Clone(entry.Public); visited%3 == 0 {
			s.append(public("written while reading")...)
			if !bytes.Equal(before, entry.Public) {
				s.Errorf("entry %d changed during its visit: %q, want %q", visited, entry.Public, before)
			}
		}
		return nil
	})
	if err != nil || visited != 10 {
		s.Errorf("Read = %v, last entry %d, want entry 10", err, visited)
	}
	s.holds()
}

// waited is what a call of Wait in the background gave.
type waited struct {
	head journal.Head
	err  error
}

func (s *story) waitInBackground(ctx context.Context, after uint64) <-chan waited {
	done := make(chan waited, 1)
	go func() {
		head, err := s.journal.Wait(ctx, after)
		done <- waited{head, err}
	}()
	return done
}

func (s *story) soon(done <-chan waited) waited {
	s.Helper()
	select {
	case got := <-done:
		return got
	case <-time.After(soon):
		s.Fatal("Wait did not return")
		return waited{}
	}
}

func tellWait(s *story) {
	s.append(public("one", "two")...)
	if head, err := s.journal.Wait(s.Context(), 1); err != nil || head != s.head() {
		s.Errorf("Wait after 1 with the head at 2 = %+v, %v, want it at once", head, err)
	}

	first, second := s.waitInBackground(s.Context(), 2), s.waitInBackground(s.Context(), 3)
	s.append(public("three")...)
	if got := s.soon(first); got.err != nil || got.head.Sequence < 3 {
		s.Errorf("Wait after 2 = %+v, %v, want the head from 3 on", got.head, got.err)
	}
	select {
	case got := <-second:
		s.Errorf("Wait after 3 with the head at 3 = %+v, %v, want it to wait", got.head, got.err)
	default:
	}
	s.append(public("four")...)
	if got := s.soon(second); got.err != nil || got.head != s.head() {
		s.Errorf("Wait after 3 = %+v, %v, want %+v", got.head, got.err, s.head())
	}

	ending, end := context.WithCancel(s.Context())
	third := s.waitInBackground(ending, 4)
	end()
	if got := s.soon(third); got.err != context.Canceled { //nolint:errorlint // as it is
		s.Errorf("Wait with a context that ends = %v, want context.Canceled", got.err)
	}
}

func tellClose(s *story) {
	s.fill(10)
	waiting := s.waitInBackground(s.Context(), 10)
	id := s.journal.ID()
	for range 2 {
		if err := s.journal.Close(); err != nil {
			s.Fatalf("Close = %v", err)
		}
	}
	_, appended := s.journal.Append(s.Context(), 10, public("too late"))
	_, wait := s.journal.Wait(s.Context(), 1)
	for call, err := range map[string]error{
		"Append":             appended,
		"Read":               s.journal.Read(s.Context(), 1, func(journal.Entry) error { return nil }),
		"Wait":               wait,
		"Wait in background": s.soon(waiting).err,
	} {
		if fault.ReasonOf(err) != journal.ReasonClosed || fault.KindOf(err) != fault.KindUnavailable {
			s.Errorf("%s after Close = %v, want Unavailable %s", call, err, journal.ReasonClosed)
		}
	}
	if s.journal.ID() != id || s.journal.Head() != s.head() {
		s.Errorf("after Close ID = %v, Head = %+v, want %v, %+v", s.journal.ID(), s.journal.Head(), id, s.head())
	}
	s.journal = s.open()
	s.holds()
}
