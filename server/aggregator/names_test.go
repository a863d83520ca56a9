package aggregator_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
)

// whoChanged tells the principals of all changes.
func whoChanged(t *testing.T, tx *aggregator.Tx) string {
	t.Helper()
	var list []string
	err := tx.Changes(0, 100, func(c aggregator.Change) error {
		if len(c.Principal) > 8 {
			c.Principal = c.Principal[:8]
		}
		list = append(list, c.Principal)
		return nil
	})
	if err != nil {
		t.Fatalf("Changes = %v", err)
	}
	return strings.Join(list, " ")
}

// namesOf lists what the file says of names, by their keys.
func namesOf(t *testing.T, s *story) map[string]string {
	t.Helper()
	all, err := contents(filepath.Join(s.dir, "state.bolt"))
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]string{}
	for k, v := range all {
		if number, ok := strings.CutPrefix(k, "names"); ok {
			list[strings.Trim(number, "/ \x00")] = string(v)
		}
	}
	return list
}

// TestNamesStandByTheirNumbers: whoever made an entry is found again by his name, in the group that made it, in a state from
// before somebody else came, after a start and after a rebuild; one who was rolled back leaves no trace.
func TestNamesStandByTheirNumbers(t *testing.T) {
	s := newStory(t)
	as := func(who string) {
		s.who = who
		s.add(entry.TokenRevoked{ID: "none"})
	}
	long := strings.Repeat("l", 5000)
	as("first")
	as(long)
	as("second")
	if got := whoChanged(t, s.tx); got != "first llllllll second" {
		t.Errorf("in the group: %q", got)
	}
	s.commit()

	as("nobody")
	request := s.request
	if _, ok := known(t, s.tx, "nobody", "M", request); !ok {
		t.Error("a request is not known in its own group")
	}
	s.tx.Rollback()
	s.tx, s.group = nil, nil

	s.view(func(before *aggregator.Tx) {
		if _, ok := known(t, before, "nobody", "M", request); ok {
			t.Error("the request of a group that was rolled back is known")
		}
		as("third")
		as("first")
		s.commit()
		if got := whoChanged(t, before); got != "first llllllll second" {
			t.Errorf("in the state before: %q", got)
		}
		if _, ok := known(t, before, "third", "M", request+1); ok {
			t.Error("a request is known before it was made")
		}
	})
	s.view(func(tx *aggregator.Tx) {
		if _, ok := known(t, tx, "third", "M", request+1); !ok {
			t.Error("a request is not known")
		}
		if _, ok := known(t, tx, "stranger", "M", request+1); ok {
			t.Error("the request of somebody who never came is known")
		}
	})
	const want = "first llllllll second third first"
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	s.open(aggregator.Kept)
	s.view(func(tx *aggregator.Tx) {
		if got := whoChanged(t, tx); got != want {
			t.Errorf("after a start: %q, want %q", got, want)
		}
	})
	as("fourth")
	s.commit()
	s.view(func(tx *aggregator.Tx) {
		if got := whoChanged(t, tx); got != want+" fourth" {
			t.Errorf("after a start and one more: %q", got)
		}
	})
	sameAfterRebuild(t, s)
	if got := namesOf(t, s); len(got) != 5 { // first, M, second, third, fourth
		t.Errorf("the file has the names %q, want 5", got)
	}
}
