package server_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/reporting"
)

// files reads a folder.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err == nil {
			all[name], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// put writes a folder.
func put(t *testing.T, dir string, all map[string][]byte) {
	t.Helper()
	for name, content := range all {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, content, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTheLastChangeIsNotLostUnseen kills a server, as far as its files can tell, and turns over bits of the last change in
// the journal. Only the derived state remembers it then.
func TestTheLastChangeIsNotLostUnseen(t *testing.T) {
	ctx, dir := context.Background(), filepath.Join(t.TempDir(), "store")
	cfg := server.Config{Dir: dir, SegmentBytes: 1 << 16}
	if _, err := server.Init(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	store, err := server.OpenStore(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	before := files(t, dir)
	if _, err := store.IssueToken(ctx, reporting.TokenDraft{Role: auth.Viewer}); err != nil {
		t.Fatal(err)
	}
	killed := files(t, dir)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	segment := filepath.Join("journal", "00000000000000000001.journal")
	var changed []int
	for at := range killed[segment] {
		if killed[segment][at] != before[segment][at] {
			changed = append(changed, at)
		}
	}
	for n := 0; n < len(changed); n += len(changed) / 9 {
		all := map[string][]byte{}
		for name, content := range killed {
			all[name] = slices.Clone(content)
		}
		all[segment][changed[n]] ^= 4
		again := server.Config{Dir: filepath.Join(t.TempDir(), "killed"), SegmentBytes: 1 << 16}
		put(t, again.Dir, all)
		for what, open := range map[string]func() error{
			"start":   func() error { _, err := server.OpenStore(ctx, again); return err },
			"rebuild": func() error { _, _, err := server.Rebuild(ctx, again); return err },
		} {
			err := open()
			if fault.ReasonOf(err) != journal.ReasonDamaged || !strings.Contains(err.Error(), "was durable") || !strings.Contains(err.Error(), "restore from a backup") {
				t.Errorf("byte %d: the %s says %v, want %s", changed[n], what, err, journal.ReasonDamaged)
			}
		}
		if got := files(t, again.Dir); !bytes.Equal(got[segment], all[segment]) {
			t.Errorf("byte %d: the journal was changed", changed[n])
		}
	}
}

// TestADamagedStateEndsTheServer lets a bit of the state rot beneath a server: whoever asks is told, the server ends with
// what is to start it again, and the next start has made the state anew.
func TestADamagedStateEndsTheServer(t *testing.T) {
	ctx, dir := context.Background(), filepath.Join(t.TempDir(), "store")
	cfg := server.Config{Dir: dir, SegmentBytes: 1 << 16, GRPCListen: "127.0.0.1:0", HTTPListen: "127.0.0.1:0"}
	if _, err := server.Init(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	s, err := server.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	head := s.Store().Head()
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	state := filepath.Join(dir, "state", "state.bolt")
	raw, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(state, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; ; { // the position of the state holds the hash of the last entry, and so do older copies of its page
		n := bytes.Index(raw[at:], head.Hash[:])
		if n < 0 {
			break
		}
		at += n + len(head.Hash)
		if _, err := file.WriteAt([]byte{raw[at-1] ^ 1}, int64(at-1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Store().Service.GetStamp(ctx, s.Store().Service.Local()); fault.KindOf(err) != fault.KindDataLoss {
		t.Errorf("a question to a damaged state: %v, want DATA_LOSS", err)
	}
	if err := <-ended; !errors.Is(err, server.ErrStoreFailed) || fault.KindOf(err) != fault.KindDataLoss {
		t.Errorf("the server ended with %v, want ErrStoreFailed", err)
	}
	store, err := server.OpenStore(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	report, err := store.Verify(ctx, nil)
	if err := errors.Join(err, store.Close()); err != nil || !report.Sound() || store.Head() != head {
		t.Errorf("after the next start: %+v, %v", report, err)
	}
}
