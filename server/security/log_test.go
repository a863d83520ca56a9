package security_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/security"
)

// clock goes on by a minute each time it is asked.
type clock struct{ now time.Time }

func (c *clock) next() time.Time {
	c.now = c.now.Add(time.Minute)
	return c.now
}

func config(t *testing.T) (security.Config, *clock) {
	t.Helper()
	c := &clock{now: time.Date(2025, 9, 3, 8, 0, 0, 0, time.UTC)}
	return security.Config{Dir: filepath.Join(t.TempDir(), "security"), Now: c.next}, c
}

func read(t *testing.T, dir string) (all []security.Event, unread int) {
	t.Helper()
	unread, err := security.Read(dir, func(e security.Event) error {
		all = append(all, e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, unread
}

func record(t *testing.T, l *security.Log, n int) {
	t.Helper()
	for i := range n {
		if err := l.Record(security.Event{Kind: security.Refused, Method: "/m", RequestID: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestALineComesBackAsItWas(t *testing.T) {
	cfg, c := config(t)
	l := security.Open(cfg)
	want := security.Event{
		Kind: security.Refused, Principal: "k3v9f2mxqra0", Credential: "k3v9f2mxqra0", Address: "10.0.0.1", Door: "grpc",
		Method: "/reporting.v1.UnitService/GetUnit", RequestID: "a\n\"b", Code: "PermissionDenied", Reason: "RIGHT_MISSING",
	}
	if err := l.Record(want); err != nil {
		t.Fatal(err)
	}
	want.Time = c.now
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Fatal(err)
	}
	l = security.Open(cfg)
	record(t, l, 1)
	got, unread := read(t, cfg.Dir)
	if len(got) != 2 || unread != 0 {
		t.Fatalf("%d lines and %d unread, want 2 and 0", len(got), unread)
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Error(diff)
	}
	info, err := os.Stat(filepath.Join(cfg.Dir, "security.jsonl"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the mode is %v, %v, want 0600", info.Mode(), err)
	}
}

func TestALongTextOfACallerIsCut(t *testing.T) {
	cfg, _ := config(t)
	l := security.Open(cfg)
	if err := l.Record(security.Event{RequestID: strings.Repeat("x", 1<<20), Method: strings.Repeat("y", 1<<20)}); err != nil {
		t.Fatal(err)
	}
	if got, _ := read(t, cfg.Dir); len(got) != 1 || len(got[0].RequestID) > 200 || len(got[0].Method) > 200 {
		t.Errorf("the line is of %d bytes and more", len(got[0].RequestID))
	}
}

// A flood of refusals must fill no disk, and what is left must be the newest, in order.
func TestOldFilesAreRemoved(t *testing.T) {
	cfg, _ := config(t)
	cfg.FileBytes, cfg.Files = 1000, 3
	l := security.Open(cfg)
	const lines = 200
	record(t, l, lines)
	names, err := filepath.Glob(filepath.Join(cfg.Dir, "*"))
	if err != nil || len(names) != 4 {
		t.Errorf("there are %d files, want 4: %v", len(names), err)
	}
	got, unread := read(t, cfg.Dir)
	if unread != 0 || len(got) < 20 || len(got) > 60 {
		t.Fatalf("%d lines are left, %d cannot be read", len(got), unread)
	}
	for i, e := range got {
		if want := fmt.Sprint(lines - len(got) + i); e.RequestID != want {
			t.Fatalf("line %d is %s, want %s", i, e.RequestID, want)
		}
	}
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, name := range names[:2] {
		if err := os.Chtimes(name, old, old); err != nil {
			t.Fatal(err)
		}
	}
	record(t, l, 20)
	for _, name := range names[:2] {
		if _, err := os.Stat(name); err == nil && !strings.HasSuffix(name, "security.jsonl") {
			t.Errorf("%s is of 2020 and is still there", name)
		}
	}
}

func TestALineThatWasCutOffHarmsNoOther(t *testing.T) {
	cfg, _ := config(t)
	l := security.Open(cfg)
	record(t, l, 2)
	path := filepath.Join(cfg.Dir, "security.jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text[:len(text)-7], 0o600); err != nil {
		t.Fatal(err)
	}
	l = security.Open(cfg)
	record(t, l, 1)
	if got, unread := read(t, cfg.Dir); len(got) != 2 || unread != 1 {
		t.Errorf("%d lines and %d unread, want 2 and 1", len(got), unread)
	}
}

func TestWhatIsLostIsCounted(t *testing.T) {
	cfg, _ := config(t)
	if err := os.WriteFile(cfg.Dir, nil, 0o600); err != nil { // in the place of the folder
		t.Fatal(err)
	}
	l := security.Open(cfg)
	for range 3 {
		err := l.Record(security.Event{Kind: security.Refused})
		if fault.ReasonOf(err) != security.ReasonFailed || l.Ready() == nil {
			t.Fatalf("Record without a folder = %v, want %s", err, security.ReasonFailed)
		}
	}
	cfg.Full = func(error) bool { return true }
	if err := security.Open(cfg).Record(security.Event{}); fault.ReasonOf(err) != "STORE_FULL" {
		t.Errorf("Record on a full disk = %v, want STORE_FULL", err)
	}
	if err := os.Remove(cfg.Dir); err != nil {
		t.Fatal(err)
	}
	if err := l.Ready(); err != nil {
		t.Fatal(err)
	}
	record(t, l, 1)
	got, _ := read(t, cfg.Dir)
	if len(got) != 2 || got[0].Kind != security.Gap || got[0].Lost != 3 || got[1].Kind != security.Refused {
		t.Errorf("the lines are %+v, want a gap of 3 and a refusal", got)
	}
}
