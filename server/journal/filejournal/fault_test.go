package filejournal

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// oneGroup is a scenario whose journal holds one group.
func oneGroup(t *testing.T) *scenario {
	t.Helper()
	s := newScenario(t, 1)
	if err := errors.Join(s.create(), s.append(texts("one", "two"))); err != nil {
		t.Fatal(err)
	}
	return s
}

// failing makes every operation of a kind on a file fail.
func (s *scenario) failing(verb, name string, failure error) {
	s.disk.before = func(op operation) error {
		if op.verb == verb && (name == "" || op.name == name) {
			return failure
		}
		return nil
	}
}

// "The journal is then poisoned: it takes no more groups, and every later call of Append, Read and Wait is Unavailable,
// JOURNAL_POISONED." And: "Only a new start finds out what is true; nothing is ever synced a second time.".
func TestAFailedWriteOrFlushPoisons(t *testing.T) {
	for _, verb := range []string{"write", "sync"} {
		t.Run(verb, func(t *testing.T) {
			s := oneGroup(t)
			waiting := make(chan error, 1)
			go func() {
				_, err := s.j.Wait(t.Context(), 2)
				waiting <- err
			}()
			s.failing(verb, segmentName(1), syscall.EIO)
			_, err := s.j.Append(t.Context(), 2, texts("three"))
			if !errors.Is(err, syscall.EIO) || journal.Refused(err) || strings.Contains(err.Error(), "input/output") {
				t.Errorf("Append on a failing disk = %v, want an unknown outcome with the disk's error for the log alone", err)
			}

			done := s.disk.count
			_, again := s.j.Append(t.Context(), 2, texts("three"))
			_, wait := s.j.Wait(t.Context(), 1)
			for call, err := range map[string]error{
				"Append, the first":  err,
				"Append, the second": again,
				"Read":               s.j.Read(t.Context(), 1, func(journal.Entry) error { return nil }),
				"Wait":               wait,
				"Wait in background": <-waiting,
				"Redact":             s.j.Redact(t.Context(), 1),
				"Close":              s.j.Close(),
			} {
				if fault.ReasonOf(err) != journal.ReasonPoisoned || fault.KindOf(err) != fault.KindUnavailable {
					t.Errorf("%s = %v, want Unavailable %s", call, err, journal.ReasonPoisoned)
				}
			}
			if s.disk.count != done {
				t.Errorf("%d operations on the disk after the failure, want none: no flush again, no mark of a clean stop", s.disk.count-done)
			}
			if got := s.j.Head().Sequence; got != 2 {
				t.Errorf("Head = %d, want the last durable entry, 2", got)
			}

			// "After any other error the outcome is unknown: the group may be there after the next start, whole, or not at all."
			s.disk.before = nil
			s.underWay = texts("three")
			if err := s.check(); err != nil {
				t.Errorf("the next start: %v", err)
			}
		})
	}
}

// "An entry is at the head before Append returns, and never before it is durable.".
func TestTheHeadMovesAfterTheFlush(t *testing.T) {
	s := oneGroup(t)
	flushes := 0
	s.disk.before = func(op operation) error {
		if op.name == segmentName(1) {
			flushes++
			if got := s.j.Head().Sequence; got != 2 {
				t.Errorf("at %s the head is %d already", op.verb, got)
			}
		}
		return nil
	}
	if head, err := s.j.Append(t.Context(), 2, texts("three")); err != nil || head.Sequence != 3 || s.j.Head() != head {
		t.Errorf("Append = %+v, %v", head, err)
	}
	if flushes != 2 {
		t.Errorf("a group took %d operations, want one write and one flush", flushes)
	}
}

// A full disk is met before anything is written: "in these cases too nothing is written, and the journal goes on".
func TestAFullDiskIsARefusal(t *testing.T) {
	for _, verb := range []string{"create", "write", "sync"} {
		t.Run(verb, func(t *testing.T) {
			s := oneGroup(t)
			s.failing(verb, preparedName, syscall.ENOSPC)
			large := texts(strings.Repeat("a", MinSegmentBytes))
			for range 2 {
				_, err := s.j.Append(t.Context(), 2, large)
				if fault.ReasonOf(err) != journal.ReasonStoreFull || fault.KindOf(err) != fault.KindExhausted || !journal.Refused(err) {
					t.Fatalf("Append on a full disk = %v, want Exhausted %s", err, journal.ReasonStoreFull)
				}
			}
			if _, ok := s.disk.content()[preparedName]; ok {
				t.Errorf("the half-made segment still takes room")
			}
			if err := s.compare(); err != nil {
				t.Errorf("reading from a full disk: %v", err)
			}
			if err := s.append(texts("what fits is still taken")); err != nil {
				t.Errorf("Append of a group that fits = %v", err)
			}
			s.disk.before = nil
			if err := errors.Join(s.append(large), s.compare(), s.j.Close(), s.check()); err != nil {
				t.Errorf("after making room: %v", err)
			}
		})
	}
}

func TestCreateOnAFullDisk(t *testing.T) {
	s := newScenario(t, 1)
	s.failing("write", preparedName, syscall.ENOSPC)
	if err := s.create(); fault.ReasonOf(err) != journal.ReasonStoreFull {
		t.Errorf("Create on a full disk = %v, want %s", err, journal.ReasonStoreFull)
	}
	s.disk.before = nil
	if err := errors.Join(s.create(), s.append(texts("one"))); err != nil {
		t.Errorf("Create after making room: %v", err)
	}
}

// A segment for which there was no room in the background is made when it is needed.
func TestNoRoomInTheBackgroundIsTriedAgain(t *testing.T) {
	s := oneGroup(t)
	s.failing("sync", preparedName, syscall.ENOSPC)
	if err := s.append(texts(strings.Repeat("a", MinSegmentBytes/2))); err != nil {
		t.Fatal(err)
	}
	if s.j.next == nil {
		t.Fatal("the next segment is not being prepared")
	}
	s.disk.before = nil
	if err := errors.Join(s.append(texts(strings.Repeat("b", MinSegmentBytes/2))), s.compare()); err != nil {
		t.Error(err)
	}
}

// A flush that fails is never tried again, whatever rests on it: those who wait hear of it at once, and no next group is
// needed for that.
func TestAFailedFlushInTheBackgroundPoisons(t *testing.T) {
	s := oneGroup(t)
	s.failing("sync", preparedName, syscall.EIO)
	waiting := make(chan error, 1)
	go func() {
		_, err := s.j.Wait(t.Context(), 1000)
		waiting <- err
	}()
	if err := s.append(texts(strings.Repeat("a", MinSegmentBytes/2))); err != nil {
		t.Fatal(err)
	}
	wait := <-waiting
	_, again := s.j.Append(t.Context(), s.j.Head().Sequence, texts("b"))
	for call, err := range map[string]error{"Wait": wait, "Append": again, "Close": s.j.Close()} {
		if fault.ReasonOf(err) != journal.ReasonPoisoned {
			t.Errorf("%s = %v, want %s", call, err, journal.ReasonPoisoned)
		}
	}
	if _, ok := s.disk.content()[cleanName]; ok {
		t.Error("Close has left the mark of a clean stop")
	}
	s.disk.before = nil
	if err := s.check(); err != nil {
		t.Errorf("the next start: %v", err)
	}
}

// After an unclean stop the last group is written again, in its place and with the same bytes, before Open returns;
// after a clean one nothing is.
func TestTheLastGroupIsWrittenAgain(t *testing.T) {
	for _, clean := range []bool{false, true} {
		s := oneGroup(t)
		if clean {
			if err := s.j.Close(); err != nil {
				t.Fatal(err)
			}
		}
		s.disk = diskOf(s.disk.content())
		before := s.disk.content()[segmentName(1)]
		operations := s.disk.listen()
		if err := s.openAgain(); err != nil {
			t.Fatal(err)
		}
		name := segmentName(1)
		want := "write " + name + ", sync " + name + ", syncdir journal"
		if clean {
			want = "remove clean, syncdir journal"
		}
		if got := strings.Join(*operations, ", "); got != want {
			t.Errorf("clean %v: Open did %s, want %s", clean, got, want)
		}
		if string(s.disk.content()[name]) != string(before) {
			t.Errorf("clean %v: Open changed the bytes of the segment", clean)
		}
	}
}

// Where a crash left the last segment empty, the last group is in the one before it; a quick start finds it too.
func TestTheLastGroupBeforeAnEmptySegmentIsWrittenAgain(t *testing.T) {
	for _, quick := range []bool{false, true} {
		s := oneGroup(t)
		head, name, next := s.j.Head(), segmentName(1), segmentName(3)
		files := s.disk.content()
		files[next] = append(newSegment(scenarioID, head, mark{1}, MinSegmentBytes).header(), make([]byte, MinSegmentBytes-segmentHeaderBytes)...)
		s.disk = diskOf(files)
		operations := s.disk.listen()
		config := s.config()
		config.Quick = quick
		j, err := Open(t.Context(), config)
		if err != nil || j.Head() != head {
			t.Fatalf("quick %v: Open = %v", quick, err)
		}
		want := "write " + name + ", sync " + name + ", syncdir journal"
		if got := strings.Join(*operations, ", "); got != want {
			t.Errorf("quick %v: Open did %s, want %s", quick, got, want)
		}
	}
}

func TestCreateMakesNamesDurable(t *testing.T) {
	s := newScenario(t, 1)
	operations := s.disk.listen()
	if err := Create(t.Context(), s.config(), scenarioID); err != nil {
		t.Fatal(err)
	}
	want := "syncdir ., create prepared, write prepared, sync prepared, write prepared, sync prepared, rename prepared, syncdir journal"
	if got := strings.Join(*operations, ", "); got != want {
		t.Errorf("Create did %s, want %s", got, want)
	}
}

// Close does not leave work behind, nor wait for all of it.
func TestCloseEndsThePreparation(t *testing.T) {
	s := oneGroup(t)
	s.j.config.SegmentBytes = 8 * prepareStep
	begun, closing := make(chan struct{}), make(chan struct{})
	steps := 0
	s.disk.before = func(op operation) error {
		if op.name == preparedName && op.verb == "write" {
			if steps++; steps == 1 {
				close(begun)
				<-closing
			}
		}
		return nil
	}
	if _, err := s.j.Append(t.Context(), 2, texts(strings.Repeat("a", MinSegmentBytes/2))); err != nil {
		t.Fatal(err)
	}
	<-begun
	s.j.next.stop.Store(true) // as Close does, which then waits for the disk that this test holds up
	close(closing)
	if err := s.j.Close(); err != nil {
		t.Fatal(err)
	}
	if steps != 1 || s.j.next != nil {
		t.Errorf("%d steps of the next segment were written, want 1", steps)
	}
}

func TestAStoreThatCannotBeMendedIsNotServed(t *testing.T) {
	for _, verb := range []string{"write", "sync", "syncdir"} {
		s := oneGroup(t)
		s.disk = diskOf(s.disk.content())
		s.failing(verb, "", syscall.EIO)
		err := s.openAgain()
		if fault.ReasonOf(err) != ReasonRewriteFailed || fault.KindOf(err) != fault.KindUnavailable || !errors.Is(err, syscall.EIO) {
			t.Errorf("Open with a failing %s = %v, want Unavailable %s", verb, err, ReasonRewriteFailed)
		}
		s.disk.before = nil
		if err := s.check(); err != nil {
			t.Errorf("Open on the mended disk: %v: the lock must be free again", err)
		}
	}
}

func TestADiskThatDoesNotReadIsNotDamage(t *testing.T) {
	s := oneGroup(t)
	s.disk.dark = true
	if err := s.j.Read(t.Context(), 1, func(journal.Entry) error { return nil }); fault.ReasonOf(err) != ReasonUnreadable {
		t.Errorf("Read = %v, want %s", err, ReasonUnreadable)
	}
}
