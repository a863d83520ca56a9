//go:build linux

package aggregator_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/figure"
)

// underOpen puts another file in the place of an open one of this process, until the test puts it back. A pipe cannot be
// synced, and /dev/full has no room.
func underOpen(t *testing.T, path, device string) (back func()) {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if to, _ := os.Readlink(filepath.Join("/proc/self/fd", e.Name())); to != path {
			continue
		}
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		kept, err := unix.Dup(fd)
		if err != nil {
			t.Fatal(err)
		}
		other, err := os.OpenFile(device, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := unix.Dup3(int(other.Fd()), fd, unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		return func() {
			if err := errors.Join(unix.Dup3(kept, fd, unix.O_CLOEXEC), unix.Close(kept), other.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Fatalf("%s is not open", path)
	return nil
}

// TestR34AFailedSyncIsNotBelievedLater: the sync after a failed one says that all is well, and what is read then may be
// older bytes. So the store must not be marked as stopped cleanly, nor kept because the machine has run ever since.
func TestR34AFailedSyncIsNotBelievedLater(t *testing.T) {
	s := one(t)
	back := underOpen(t, s.path("state.bolt"), "/dev/full") // which cannot be synced either
	err := s.store.Sync()
	back()
	if err == nil {
		t.Fatal("Sync of a file that cannot be synced = nil, want an error")
	}
	if err := s.store.Close(); err != nil {
		t.Fatalf("Close = %v", err)
	}
	if _, err := os.Stat(s.path("state.mark")); err == nil {
		t.Error("after a failed sync Close has left the mark of a clean stop")
	}
	if _, verdict, err := aggregator.Open(context.Background(), s.config()); err != nil || verdict.Fate != aggregator.MustRebuild {
		t.Errorf("Open = %+v, %v, want MustRebuild", verdict, err)
	}
}

// TestR39AStateThatIsUpToDateNeedsNoRoom: on a full disk a server starts and serves reads.
func TestR39AStateThatIsUpToDateNeedsNoRoom(t *testing.T) {
	s := one(t)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(s.path("state.bolt"))
	if err != nil {
		t.Fatal(err)
	}
	s.open(aggregator.Kept)
	after, err := os.ReadFile(s.path("state.bolt"))
	if err != nil || string(after) != string(before) {
		t.Errorf("Open and Replay of a state that was up to date have written to its file (%v)", err)
	}
	wantSum(t, s, "10")
}

// TestR39ACommitWithoutRoomIsNone: what was there can be read, and a later Replay takes what did not fit.
func TestR39ACommitWithoutRoomIsNone(t *testing.T) {
	s := one(t)
	behind := &story{t: t, dir: t.TempDir(), journal: s.journal, now: s.now}
	for _, name := range []string{"state.bolt", "state.boot"} {
		raw, err := os.ReadFile(s.path(name))
		if err := errors.Join(err, os.WriteFile(behind.path(name), raw, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	s.tell(sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(5)}))
	store, verdict, err := aggregator.Open(t.Context(), behind.config())
	if err != nil || verdict.Fate != aggregator.Kept {
		t.Fatalf("Open = %+v, %v, want Kept", verdict, err)
	}
	behind.store = store
	defer func() { _ = behind.close() }()
	back := underOpen(t, behind.path("state.bolt"), "/dev/full")
	err = store.Replay(t.Context(), s.journal, nil)
	back()
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("Replay without room = %v, want ENOSPC", err)
	}
	wantSum(t, behind, "10")
	behind.replay()
	wantSum(t, behind, "15")
}
