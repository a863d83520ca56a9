package aggregator_test

import (
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
)

func inForce(s *story) (key string, since uint64) {
	s.t.Helper()
	s.view(func(tx *aggregator.Tx) {
		var err error
		if key, since, err = tx.VerifierKey(); err != nil {
			s.t.Fatalf("VerifierKey = %v", err)
		}
	})
	return key, since
}

// TestTheKeyInForceIsTheLastIntroduced: also within the group that introduces it, and after a rebuild.
func TestTheKeyInForceIsTheLastIntroduced(t *testing.T) {
	s := newStory(t)
	s.tell(entry.StoreCreated{ProgramVersion: "test"})
	if key, since := inForce(s); key != "" || since != 0 {
		t.Errorf("before any was introduced: %q since %d", key, since)
	}
	s.tell(entry.KeyIntroduced{VerifierKey: "first"})
	if key, since := inForce(s); key != "first" || since != 2 {
		t.Errorf("after the first: %q since %d", key, since)
	}
	s.add(entry.StoreCreated{})
	s.add(entry.KeyIntroduced{VerifierKey: "second"})
	if key, since, err := s.tx.VerifierKey(); key != "second" || since != 4 || err != nil {
		t.Errorf("in the group of the second: %q since %d, %v", key, since, err)
	}
	s.commit()
	s.tell(entry.StoreCreated{})
	if key, since := inForce(s); key != "second" || since != 4 {
		t.Errorf("after the second: %q since %d", key, since)
	}
	sameAfterRebuild(t, s)
}

// TestR31AKeyThatCannotBeOneIsPassedOver: whatever an entry holds, it is applied.
func TestR31AKeyThatCannotBeOneIsPassedOver(t *testing.T) {
	s := newStory(t)
	s.tell(entry.KeyIntroduced{VerifierKey: "first"}, entry.KeyIntroduced{VerifierKey: strings.Repeat("k", 1<<20)})
	if key, since := inForce(s); key != "first" || since != 1 {
		t.Errorf("after a key of 1 MiB: %d bytes since %d", len(key), since)
	}
	s.tell(entry.KeyIntroduced{})
	if key, since := inForce(s); key != "" || since != 3 {
		t.Errorf("after an empty key: %q since %d", key, since)
	}
	sameAfterRebuild(t, s)
}
