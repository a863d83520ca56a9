package server

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/backup"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/reporting"
)

// backedUp is a store with a server on it, in a folder of its own.
type backedUp struct {
	t   *testing.T
	dir string
	cfg Config
}

func newBackedUp(t *testing.T) backedUp {
	t.Helper()
	dir := t.TempDir()
	return backedUp{t, dir, Config{
		Dir: filepath.Join(dir, "store"), GRPCListen: "127.0.0.1:0", HTTPListen: "127.0.0.1:0", SegmentBytes: 4096, FreeGuard: 1, Version: "test",
	}}
}

func (b backedUp) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("unexpected error: %v", fault.Of(err).Private())
	}
}

func (b backedUp) refused(err error, reason string) {
	b.t.Helper()
	if fault.ReasonOf(err) != reason {
		b.t.Errorf("error = %v (%s), want %s", err, fault.ReasonOf(err), reason)
	}
}

func (b backedUp) path(name string) string { return filepath.Join(b.dir, name) }

// in gives the settings of another store.
func (b backedUp) in(name string) Config {
	cfg := b.cfg
	cfg.Dir = b.path(name)
	return cfg
}

// serve runs a server until stop is called.
func (b backedUp) serve(cfg Config) (s *Server, stop func()) {
	b.t.Helper()
	s, err := Open(b.t.Context(), cfg)
	b.must(err)
	ctx, end := context.WithCancel(b.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	control := Control{GRPC: s.GRPCAddress()}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if c, err := ReadControl(cfg.Dir); err == nil && c.GRPC == control.GRPC && c.Alive() {
			break
		}
		if time.Now().After(deadline) {
			b.t.Fatal("the server does not serve")
		}
	}
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			end()
			b.must(<-ended)
		}
	}
	b.t.Cleanup(stop)
	return s, stop
}

func (b backedUp) token(s *Store) auth.Secret {
	b.t.Helper()
	secret, err := s.IssueToken(b.t.Context(), reporting.TokenDraft{Role: auth.Viewer})
	b.must(err)
	return secret
}

// The way of an operator: a backup beside the server, a lost store, a restore, and a server on what was restored.
func TestR35AStoreIsBackedUpBesideItsServerAndRestored(t *testing.T) {
	b := newBackedUp(t)
	admin, err := Init(t.Context(), b.cfg)
	b.must(err)
	s, stop := b.serve(b.cfg)
	kept := b.token(s.Store())
	old, at := s.store.journal.ID(), s.Store().Head()
	m, err := Backup(t.Context(), b.cfg, b.path("backup"))
	b.must(err)
	if m.Sequence != at.Sequence || m.ChainHash != at.Hash.String() || m.JournalID() != old.String() || m.SignedHead == "" {
		t.Errorf("Backup = %+v, want entry %+v of %v, signed", m, at, old)
	}
	lost := b.token(s.Store())
	stop()

	request := RestoreRequest{Backup: b.path("backup"), Old: b.cfg.Dir, By: "Phòng CNTT", Reason: "hỏng đĩa"}
	_, err = Restore(t.Context(), b.in("new"), request)
	b.refused(err, "RESTORE_NOT_NEEDED")
	segment := filepath.Join(b.cfg.Dir, "journal", "00000000000000000001.journal")
	raw, err := os.ReadFile(segment)
	b.must(err)
	raw[600] ^= 1
	b.must(os.WriteFile(segment, raw, 0o600))
	request.KeyFile = filepath.Join(b.cfg.Dir, "keys", "head.key")
	restored, err := Restore(t.Context(), b.in("new"), request)
	b.must(err)
	if restored.Known.Sequence != at.Sequence+1 || restored.Head.Sequence != at.Sequence+1 {
		t.Errorf("Restore = %+v, want one entry to be lost after %d", restored, at.Sequence)
	}

	s, _ = b.serve(b.in("new"))
	service := s.Store().Service
	for name, c := range map[string]struct {
		secret auth.Secret
		want   string
	}{"of the administrator": {admin, ""}, "in the backup": {kept, ""}, "issued after the backup": {lost, "TOKEN_INVALID"}} {
		if _, err := service.Authenticate(t.Context(), c.secret); fault.ReasonOf(err) != c.want {
			t.Errorf("the token %s: %v, want %q", name, err, c.want)
		}
	}
	status, err := service.GetStatus(t.Context(), service.Local())
	b.must(err)
	if r := status.Restorations; len(r) != 1 || r[0].Old != old || r[0].Head != at || r[0].Known != at.Sequence+1 ||
		status.Stamp.JournalID != restored.JournalID {
		t.Errorf("the status tells of the restores %+v in journal %v, want one of %v at %+v", r, status.Stamp.JournalID, old, at)
	}
	b.refused(service.CheckJournal(t.Context(), &old), reporting.ReasonJournalReplaced)
	if signed, err := service.GetSignedHead(t.Context(), service.Local(), 0, nil); err != nil || signed.VerifierKey != restored.Verifier {
		t.Errorf("the head is signed by %q, %v, want %q", signed.VerifierKey, err, restored.Verifier)
	}
	report, err := s.Store().Verify(t.Context(), nil)
	if err != nil || !report.Sound() {
		t.Errorf("Verify = %+v, %v", report, err)
	}
}

// Without a server the end of the journal is what can be read; what a killed server left behind does not matter.
func TestAStoreWithoutAServerIsBackedUp(t *testing.T) {
	b := newBackedUp(t)
	_, err := Backup(t.Context(), b.cfg, b.path("none"))
	b.refused(err, "STORE_MISSING")
	_, err = Init(t.Context(), b.cfg)
	b.must(err)
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	b.must(err)
	c, err := newControl()
	b.must(err)
	b.must(c.write(b.cfg.Dir, gone.Addr().String(), gone.Addr().String(), &transport{}))
	b.must(gone.Close())
	m, err := Backup(t.Context(), b.cfg, b.path("backup"))
	b.must(err)
	if m.Sequence != 3 || m.SignedHead != "" {
		t.Errorf("Backup = %+v, want 3 entries, not signed", m)
	}
	for _, target := range []string{b.cfg.Dir, filepath.Join(b.cfg.Dir, "backup"), filepath.Join(b.cfg.Dir, "journal")} {
		_, err = Backup(t.Context(), b.cfg, target)
		b.refused(err, "BACKUP_INSIDE_STORE")
	}
}

func TestRestoreRefuses(t *testing.T) {
	b := newBackedUp(t)
	_, err := Init(t.Context(), b.cfg)
	b.must(err)
	_, err = Backup(t.Context(), b.cfg, b.path("backup"))
	b.must(err)
	sound := RestoreRequest{Backup: b.path("backup"), By: "b", Reason: "r"}
	other := b.in("other")
	_, err = Init(t.Context(), other)
	b.must(err)
	open := b.in("open")
	b.must(os.Mkdir(open.Dir, 0o755)) //nolint:gosec // that is the fault
	for name, c := range map[string]struct {
		into   Config
		change func(*RestoreRequest)
		want   string
	}{
		"nobody":            {b.in("new"), func(r *RestoreRequest) { r.By = " " }, "RESTORE_UNEXPLAINED"},
		"no reason":         {b.in("new"), func(r *RestoreRequest) { r.Reason = "\n" }, "RESTORE_UNEXPLAINED"},
		"a person's number": {b.in("new"), func(r *RestoreRequest) { r.Reason = "079200001234" }, "TEXT_PERSONAL_NUMBER"},
		"a store is there":  {other, func(*RestoreRequest) {}, "DATA_FOLDER_NOT_EMPTY"},
		"an open folder":    {open, func(*RestoreRequest) {}, "DATA_FOLDER_OPEN"},
		"no backup":         {b.in("new"), func(r *RestoreRequest) { r.Backup = b.path("nowhere") }, "BACKUP_MISSING"},
		"no old store":      {b.in("new"), func(r *RestoreRequest) { r.Old = b.path("nowhere") }, "STORE_MISSING"},
		"no key":            {b.in("new"), func(r *RestoreRequest) { r.KeyFile = b.path("nowhere") }, "SIGNING_KEY_UNUSABLE"},
		"another's key": {b.in("new"), func(r *RestoreRequest) {
			r.KeyFile = filepath.Join(other.Dir, "keys", "head.key")
		}, "SIGNING_KEY_WRONG"},
	} {
		request := sound
		c.change(&request)
		_, err := Restore(t.Context(), c.into, request)
		if b.refused(err, c.want); exists(b.path("new")) {
			t.Fatalf("%s: the refused restore left a folder", name)
		}
	}
	_, err = Restore(t.Context(), b.in("new"), sound)
	b.must(err)
	store, err := OpenStore(t.Context(), b.in("new"))
	b.must(err)
	b.must(store.Close())
}

// A restore that was broken off is no store, and nobody makes one of it by mistake.
func TestAnUnfinishedRestoreIsNoStore(t *testing.T) {
	b := newBackedUp(t)
	_, err := Init(t.Context(), b.cfg)
	b.must(err)
	_, err = Backup(t.Context(), b.cfg, b.path("backup"))
	b.must(err)
	cfg := b.in("new")
	left := filepath.Join(cfg.Dir, backup.UnfinishedName)
	b.must(errors.Join(os.MkdirAll(left, 0o700), os.WriteFile(filepath.Join(left, "prepared"), make([]byte, 100), 0o600)))
	_, err = Open(t.Context(), cfg)
	b.refused(err, backup.ReasonUnfinished)
	_, err = Init(t.Context(), cfg)
	b.refused(err, backup.ReasonUnfinished)
	_, err = Backup(t.Context(), cfg, b.path("again"))
	b.refused(err, backup.ReasonUnfinished)
	_, _, err = Rebuild(t.Context(), cfg)
	b.refused(err, backup.ReasonUnfinished)
	_, err = Restore(t.Context(), cfg, RestoreRequest{Backup: b.path("backup"), By: "b", Reason: "r"})
	b.must(err)
	if exists(left) {
		t.Error("what was unfinished is still there")
	}
}
