package server

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
)

// A commit that failed may be in the file all the same, and what stands in it is told by names that the memory of the store
// took back. So where a start goes on after one, for want of room, it looks at the file anew.
func TestAStateWithoutRoomIsLookedAtAfresh(t *testing.T) {
	ctx, cfg := t.Context(), Config{Dir: filepath.Join(t.TempDir(), "store"), GRPCListen: "127.0.0.1:0", HTTPListen: "127.0.0.1:0"}
	_, err := Init(ctx, cfg)
	must(t, err)
	s, err := OpenStore(ctx, cfg)
	must(t, err)
	_, err = s.committer.Do(ctx, 64, func(*aggregator.Tx, committer.Slot) (*entry.Entry, error) {
		return &entry.Entry{Header: entry.Header{Principal: "somebody new"}, Body: entry.StoreCreated{ProgramVersion: "test"}}, nil
	})
	must(t, err)
	s.committer.Close()
	state, err := s.cfg.openFull(ctx, s.state, syscall.ENOSPC)
	must(t, err)
	if state == s.state {
		t.Error("the store whose commit failed goes on")
	}
	must(t, state.View(ctx, func(tx *aggregator.Tx) error {
		if got, want := tx.Position().Head, s.journal.Head(); got != want {
			t.Errorf("the state is at %v, want %v, which the file has", got, want)
		}
		return nil
	}))
	must(t, errors.Join(state.Abandon(), s.journal.Close()))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
