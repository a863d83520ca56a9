package filejournal

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// scenario is a life of a journal on a simulated disk, and what its writer was told.
type scenario struct {
	t      *testing.T
	random *rand.Rand
	disk   *simDisk
	j      *Journal

	acknowledged []journal.Record
	underWay     []journal.Record // handed over, no answer yet or "unknown"
	removed      map[int]bool     // entries whose removal was acknowledged
	removing     int              // the entry whose removal was begun, -1 for none
	created      bool
}

var scenarioID = journal.ID{15: 7}

func newScenario(t *testing.T, seed uint64) *scenario {
	return &scenario{
		t: t, random: rand.New(rand.NewPCG(seed, 0)), disk: newSimDisk(),
		removed: map[int]bool{}, removing: -1,
	}
}

func (s *scenario) config() Config {
	return Config{Dir: "journal", SegmentBytes: MinSegmentBytes, LockWait: -1, Files: s.disk}
}

// create makes the store, again if an earlier attempt was cut off, and opens it.
func (s *scenario) create() error {
	if err := Create(s.t.Context(), s.config(), scenarioID); err != nil && fault.ReasonOf(err) != ReasonStoreExists {
		return err
	}
	s.created = true
	return s.openAgain()
}

func (s *scenario) openAgain() (err error) {
	s.j, err = Open(s.t.Context(), s.config())
	return err
}

// live does a number of random things, until one fails.
func (s *scenario) live(steps int) error {
	for range steps {
		var err error
		switch n := s.random.IntN(20); {
		case n < 15:
			err = s.append(s.group())
		case n < 18:
			err = s.redact()
		default:
			if err = s.j.Close(); err == nil {
				err = s.openAgain()
			}
		}
		if err != nil {
			return err
		}
	}
	return s.j.Close()
}

// group makes a few records, now and then more than a segment holds.
func (s *scenario) group() []journal.Record {
	size := 300
	if s.random.IntN(8) == 0 {
		size = 3 * MinSegmentBytes / 2
	}
	records := make([]journal.Record, 1+s.random.IntN(4))
	for i := range records {
		records[i].Public = s.text("public", size)
		if s.random.IntN(3) == 0 {
			records[i].Salt, records[i].Private = [16]byte{1, byte(i)}, s.text("private", size)
		}
	}
	return records
}

func (s *scenario) text(kind string, size int) []byte {
	text := fmt.Appendf(nil, "%s %d ", kind, s.random.Uint64())
	return append(text, bytes.Repeat([]byte{byte('a' + s.random.IntN(26))}, s.random.IntN(size))...)
}

func (s *scenario) append(records []journal.Record) error {
	s.underWay = records
	_, err := s.j.Append(s.t.Context(), uint64(len(s.acknowledged)), records)
	if err != nil {
		return err
	}
	s.acknowledged, s.underWay = append(s.acknowledged, records...), nil
	if s.j.next != nil {
		<-s.j.next.done // so that a run with the same seed does the same
	}
	return nil
}

func (s *scenario) redact() error {
	if len(s.acknowledged) == 0 {
		return nil
	}
	s.removing = s.random.IntN(len(s.acknowledged))
	if err := s.j.Redact(s.t.Context(), uint64(s.removing)+1); err != nil {
		return err
	}
	s.removed[s.removing], s.removing = true, -1
	return nil
}

// check opens the store as the next process does, and compares it with what the writer was told. What was under way may
// be there whole or not at all; from now on it is known.
func (s *scenario) check() error {
	if err := s.openAgain(); err != nil {
		if fault.ReasonOf(err) == ReasonStoreMissing && !s.created {
			return s.create()
		}
		return err
	}
	known := s.acknowledged
	if got := int(s.j.Head().Sequence); got == len(known)+len(s.underWay) {
		known = append(known, s.underWay...)
	}
	s.acknowledged, s.underWay = known, nil
	if err := s.compare(); err != nil || s.removing < 0 {
		return err
	}
	// Whoever did not hear that a text was removed asks again.
	if err := s.j.Redact(s.t.Context(), uint64(s.removing)+1); err != nil {
		return err
	}
	s.removed[s.removing], s.removing = true, -1
	return s.compare()
}

// compare reads everything.
func (s *scenario) compare() error {
	if got := int(s.j.Head().Sequence); got != len(s.acknowledged) {
		return fmt.Errorf("the journal ends at %d, acknowledged were %d", got, len(s.acknowledged))
	}
	head := journal.FirstHash(scenarioID)
	err := s.j.Read(s.t.Context(), 1, func(entry journal.Entry) error {
		i := int(entry.Sequence) - 1
		want := s.acknowledged[i]
		head = journal.Chain(head, want.Public, journal.PrivateHash(want.Salt, want.Private))
		switch {
		case !bytes.Equal(entry.Public, want.Public) || entry.Hash != head:
			return fmt.Errorf("entry %d is not what was acknowledged", i+1)
		case entry.Removed && (len(entry.Private) > 0 || !s.removed[i] && s.removing != i):
			return fmt.Errorf("entry %d is removed, and nobody asked for it", i+1)
		case !entry.Removed && len(want.Private) > 0 && s.removed[i]:
			return fmt.Errorf("entry %d is not removed", i+1)
		case !entry.Removed && !bytes.Equal(entry.Private, want.Private):
			return fmt.Errorf("the private part of entry %d is not what was acknowledged", i+1)
		case s.removed[i] && len(want.Private) > 0 && s.disk.holds(string(want.Private)):
			return fmt.Errorf("the private part of entry %d is removed and still on the disk", i+1)
		}
		return nil
	})
	if err == nil && s.j.Head().Hash != head {
		return fmt.Errorf("the head has another hash than the entries")
	}
	return err
}

// failAt makes operation k of the disk fail; with the power, everything after it fails too.
func (s *scenario) failAt(k int, failure error) {
	s.disk.before = func(op operation) error {
		if op.index != k {
			return nil
		}
		s.disk.dark = failure == errPower //nolint:errorlint // the very value
		return failure
	}
}
