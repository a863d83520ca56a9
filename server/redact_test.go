package server

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/reporting"
)

// canary is a name that stands in one private part.
const canary = "Nguyễn Thị Chim Yến"

// withCanary gives an open store and the sequence of the entry that holds the canary.
func withCanary(t *testing.T) (*Store, uint64) {
	t.Helper()
	cfg := Config{Dir: filepath.Join(t.TempDir(), "store"), SegmentBytes: 1 << 16}
	if _, err := Init(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	s, err := OpenStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	var named uint64
	for _, name := range []string{"một", canary, "ba"} {
		if _, err := s.IssueToken(t.Context(), reporting.TokenDraft{Role: auth.Viewer, DisplayName: name}); err != nil {
			t.Fatal(err)
		}
		if name == canary {
			named = s.Head().Sequence
		}
	}
	return s, named
}

// say makes the entry that removes a private part, and nothing else.
func (s *Store) say(t *testing.T, sequence uint64) {
	t.Helper()
	_, err := s.committer.Do(t.Context(), 64, func(*aggregator.Tx, committer.Slot) (*entry.Entry, error) {
		return &entry.Entry{
			Header: entry.Header{Principal: reporting.LocalPrincipal}, Body: entry.EntryRedacted{Sequence: sequence, Reason: "có tên"},
		}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// killed gives a copy of the folder as a process that was killed leaves it.
func (s *Store) killed(t *testing.T) Config {
	t.Helper()
	cfg := s.cfg
	cfg.Dir = filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(cfg.Dir, os.DirFS(s.cfg.Dir)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(cfg.Dir, func(path string, d fs.DirEntry, err error) error {
		mode := fs.FileMode(0o600)
		if d.IsDir() {
			mode = 0o700
		}
		return errors.Join(err, os.Chmod(path, mode))
	})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// canaries lists the files of a folder that hold the canary.
func canaries(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path) //nolint:gosec // a test's own folder
		if bytes.Contains(raw, []byte(canary)) {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// A text is gone from every file when the answer comes, and stays gone over a stop, a start and a rebuild.
func TestR36ARedactedTextIsInNoFile(t *testing.T) {
	s, named := withCanary(t)
	if len(canaries(t, s.cfg.Dir)) != 2 {
		t.Fatalf("the canary is in %v, want it in journal and state", canaries(t, s.cfg.Dir))
	}
	call := reporting.Call{Caller: s.Service.Local(), RequestID: [16]byte{1}}
	if _, _, err := s.Service.RedactEntry(t.Context(), call, reporting.EntryRef{Sequence: named}, "có tên"); err != nil {
		t.Fatal(err)
	}
	gone := func(when string) {
		t.Helper()
		if names := canaries(t, s.cfg.Dir); len(names) > 0 {
			t.Errorf("%s: the canary is still in %v", when, names)
		}
	}
	gone("at once")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	gone("after a stop")
	if _, _, err := Rebuild(t.Context(), s.cfg); err != nil {
		t.Fatal(err)
	}
	again, err := OpenStore(t.Context(), s.cfg)
	if err != nil {
		t.Fatal(err)
	}
	gone("after a rebuild")
	again.checkSound(t, 1)
}

// checkSound verifies the store and closes it.
func (s *Store) checkSound(t *testing.T, removed uint64) {
	t.Helper()
	report, err := s.Verify(t.Context(), nil)
	if err != nil || !report.Sound() || report.Removed != removed {
		t.Errorf("Verify = %+v, %v; want a sound store with %d private parts removed", report, err, removed)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// What a process was killed in the middle of, the next one finishes before it serves: with the state as it was left, and
// with one that must be rebuilt.
func TestR36TheNextStartFinishesARemoval(t *testing.T) {
	s, named := withCanary(t)
	s.say(t, named)
	for _, rebuilt := range []bool{false, true} {
		cfg := s.killed(t)
		if rebuilt {
			if err := os.RemoveAll(cfg.stateConfig().Dir); err != nil {
				t.Fatal(err)
			}
		}
		if len(canaries(t, cfg.Dir)) == 0 {
			t.Fatal("the canary is nowhere before the start: the test proves nothing")
		}
		again, err := OpenStore(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if names := canaries(t, cfg.Dir); len(names) > 0 {
			t.Errorf("rebuilt %t: the canary is still in %v after the start", rebuilt, names)
		}
		again.checkSound(t, 1)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// A removal that fails stops the store: nobody hears OK, nothing more is taken, and the process is to start again, which
// finishes.
func TestR36AFailedRemovalStopsTheStore(t *testing.T) {
	s, named := withCanary(t)
	segments, err := filepath.Glob(filepath.Join(s.cfg.journalConfig().Dir, "*1.journal"))
	if err != nil || len(segments) != 1 {
		t.Fatalf("segments = %v, %v", segments, err)
	}
	hide := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	aside := filepath.Join(t.TempDir(), "segment")
	s.say(t, named)
	hide(segments[0], aside)
	err = s.remove(t.Context(), named)
	hide(aside, segments[0])
	if fault.ReasonOf(err) != reasonRemovalFailed || fault.KindOf(err) != fault.KindUnavailable || fault.Of(err).Retry == 0 {
		t.Errorf("remove = %v, want %s", err, reasonRemovalFailed)
	}
	select {
	case <-s.committer.Poisoned():
	case <-time.After(10 * time.Second):
		t.Fatal("the store goes on after a failed removal")
	}
	if _, err := s.IssueToken(t.Context(), reporting.TokenDraft{Role: auth.Viewer}); fault.ReasonOf(err) != "OUTCOME_UNKNOWN" {
		t.Errorf("a change after it = %v, want OUTCOME_UNKNOWN", err)
	}
	cfg := s.killed(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := OpenStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if names := canaries(t, cfg.Dir); len(names) > 0 {
		t.Errorf("the canary is still in %v", names)
	}
	again.checkSound(t, 1)
}

func TestAStartThatCannotFinishARemovalIsOver(t *testing.T) {
	if err := storeFailed(removalFailed(errors.New("the disk"))); !errors.Is(err, ErrStoreFailed) {
		t.Errorf("%v is not %v: the process would not be started again", err, ErrStoreFailed)
	}
	if err := storeFailed(removalFailed(context.Canceled)); errors.Is(err, ErrStoreFailed) {
		t.Errorf("a start that was broken off = %v", err)
	}
}
