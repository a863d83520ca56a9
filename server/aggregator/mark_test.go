package aggregator

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/journal"
)

// TestR34Verdicts is the table of R34: what is kept and what must be rebuilt.
func TestR34Verdicts(t *testing.T) {
	at := journal.Head{Sequence: 7, Hash: journal.Hash{1}}
	older := journal.Head{Sequence: 6, Hash: journal.Hash{2}}
	for _, c := range []struct {
		name   string
		file   stored
		mark   *mark
		noted  string
		boot   string
		want   Fate
		reason string
	}{
		{"stopped cleanly, same boot", stored{version: StateVersion, head: at}, &mark{"a", at}, "a", "a", Kept, "cleanly"},
		{"stopped cleanly, another boot", stored{version: StateVersion, head: at}, &mark{"a", at}, "a", "b", Kept, "cleanly"},
		{"stopped cleanly, boot unknown", stored{version: StateVersion, head: at}, &mark{"", at}, "", "", Kept, "cleanly"},
		{"killed, same boot", stored{version: StateVersion, head: at}, nil, "a", "a", Kept, "has run ever since"},
		{"killed, another boot", stored{version: StateVersion, head: at}, nil, "a", "b", MustRebuild, "started again"},
		{"killed, boot unknown", stored{version: StateVersion, head: at}, nil, "", "", MustRebuild, "cannot be known"},
		{"killed where the boot was unknown", stored{version: StateVersion, head: at}, nil, "", "b", MustRebuild, "cannot be known"},
		{"killed, moved to where it is unknown", stored{version: StateVersion, head: at}, nil, "a", "", MustRebuild, "cannot be known"},
		{"an older file under a newer mark", stored{version: StateVersion, head: older}, &mark{"a", at}, "a", "a", MustRebuild, "exchanged"},
		{"another file of the same length", stored{version: StateVersion, head: journal.Head{Sequence: 7}}, &mark{"a", at}, "a", "a", MustRebuild, "exchanged"},
		{"an older state version", stored{version: StateVersion - 1, head: at}, &mark{"a", at}, "a", "a", MustRebuild, "version"},
		{"a newer state version", stored{version: StateVersion + 1, head: at}, &mark{"a", at}, "a", "a", MustRebuild, "version"},
	} {
		var m mark
		if c.mark != nil {
			m = *c.mark
		}
		got, ok := judgeBoot(c.noted, c.boot)
		if ok || c.mark != nil {
			got = judge(c.file, m, c.mark != nil)
		}
		if got.Fate != c.want || !strings.Contains(got.Reason, c.reason) {
			t.Errorf("%s: %v (%s), want %v (%s)", c.name, got.Fate, got.Reason, c.want, c.reason)
		}
	}
}

func TestHalfAMarkIsNone(t *testing.T) {
	whole := mark{boot: "a-b", head: journal.Head{Sequence: 12, Hash: journal.Hash{3}}}.String()
	if m, ok := parseMark(whole); !ok || m.head.Sequence != 12 || m.boot != "a-b" {
		t.Fatalf("parseMark(%q) = %+v, %v", whole, m, ok)
	}
	for n := range len(whole) {
		if m, ok := parseMark(whole[:n]); ok {
			t.Errorf("parseMark(%q) = %+v, want none", whole[:n], m)
		}
	}
	if _, ok := parseMark(whole + "more"); ok {
		t.Error("a mark with something behind it was taken")
	}
}

// TestAnotherStateVersionMustBeRebuilt writes the version of a program to come into a file.
func TestAnotherStateVersionMustBeRebuilt(t *testing.T) {
	ctx, cfg := context.Background(), Config{Dir: t.TempDir()}
	s, _, err := Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.putText(keyVersion, "99"); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, verdict, err := Open(ctx, cfg)
	if err != nil || verdict.Fate != MustRebuild || s != nil {
		t.Fatalf("Open = %v, %+v, %v, want MustRebuild and no store", s, verdict, err)
	}
	if _, err := os.Stat(filepath.Join(cfg.Dir, stateName)); err != nil {
		t.Errorf("the old file is gone before there is a new one: %v", err)
	}
}
