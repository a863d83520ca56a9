package filejournal

import (
	"errors"
	"math/rand/v2"
	"syscall"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

var renewal = journal.Record{Public: []byte("restored from a backup"), Salt: [16]byte{7}, Private: []byte("by somebody")}

// renewed is scenario's journal, closed, with another id from its next entry on.
func (s *scenario) renew() error {
	s.underWay = []journal.Record{renewal}
	_, _, err := Renew(s.t.Context(), s.config(), journal.ID{15: 8}, renewal)
	if err == nil {
		s.acknowledged, s.underWay = append(s.acknowledged, renewal), nil
	}
	return err
}

// Whatever breaks while a journal is renewed, and whenever: it has the old id and the old entries, or the new id and one
// entry more.
func TestRenewIsDoneOrNotDone(t *testing.T) {
	for _, failure := range []error{errPower, syscall.EIO, syscall.ENOSPC} {
		old, renewed := 0, 0
		for k := 1; ; k++ {
			s := newScenario(t, 3)
			if err := errors.Join(s.create(), s.live(6)); err != nil {
				t.Fatal(err)
			}
			s.disk.count = 0
			s.failAt(k, failure)
			err := s.renew()
			if s.disk.count < k {
				if err != nil || old == 0 || renewed == 0 {
					t.Errorf("%v at %d operations: %d times the old id, %d times the new one, and without a fault %v", failure, k-1, old, renewed, err)
				}
				break
			}
			random := rand.New(rand.NewPCG(3, uint64(k)))
			s.disk = s.disk.restart(random).powerCut(random)
			if err := s.check(); err != nil {
				t.Fatalf("%v at operation %d: %v", failure, k, fault.Of(err).Private())
			}
			last := s.acknowledged[len(s.acknowledged)-1]
			switch id := s.j.ID(); {
			case id == scenarioID && string(last.Public) != string(renewal.Public):
				old++
			case id == journal.ID{15: 8} && string(last.Public) == string(renewal.Public):
				renewed++
			default:
				t.Errorf("%v at operation %d: id %v, last entry %q", failure, k, id, last.Public)
			}
			if err := errors.Join(s.live(5), s.check(), s.j.Close()); err != nil {
				t.Fatalf("%v at operation %d, later: %v", failure, k, fault.Of(err).Private())
			}
		}
	}
}

func TestRenewRefuses(t *testing.T) {
	j, config := onDisk(t, Config{})
	first := j.ID()
	if _, _, err := Renew(t.Context(), Config{Dir: config.Dir, LockWait: -1}, journal.NewID(), renewal); fault.ReasonOf(err) != ReasonStoreLocked {
		t.Errorf("Renew of a journal in use = %v, want %s", err, ReasonStoreLocked)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Renew(t.Context(), config, journal.NewID(), renewal); fault.ReasonOf(err) != ReasonEmpty {
		t.Errorf("Renew of an empty journal = %v, want %s", err, ReasonEmpty)
	}
	j = must(Open(t.Context(), config))(t)
	if _, err := j.Append(t.Context(), 0, texts("one")); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	for _, id := range []journal.ID{{}, first} {
		if _, _, err := Renew(t.Context(), config, id, renewal); fault.ReasonOf(err) != "JOURNAL_ID_INVALID" {
			t.Errorf("Renew to the id %v = %v, want JOURNAL_ID_INVALID", id, err)
		}
	}
	if _, _, err := Renew(t.Context(), config, journal.NewID(), journal.Record{}); fault.ReasonOf(err) != journal.ReasonGroupInvalid {
		t.Errorf("Renew with an empty record = %v, want %s", err, journal.ReasonGroupInvalid)
	}
	if j = must(Open(t.Context(), config))(t); j.ID() != first || j.Head().Sequence != 1 {
		t.Errorf("after the refusals the id is %v and the head %d, want %v and 1", j.ID(), j.Head().Sequence, first)
	}
	_ = j.Close()
}
