package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/reporting"
)

// In the process that this names a folder to, no file may get longer than limitOfTest says: what is longer finds no room.
// It is a process of its own, because the limit is one of the whole process.
const (
	folderOfTest = "TONGHOP_TEST_FULL_FOLDER"
	limitOfTest  = "TONGHOP_TEST_FULL_LIMIT"
)

// withoutRoom opens and closes a store with the limit, and tells how many tokens it shows.
func withoutRoom(t *testing.T, dir string) {
	t.Helper()
	limit, err := strconv.ParseUint(os.Getenv(limitOfTest), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	signal.Ignore(unix.SIGXFSZ)
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		t.Fatal(err)
	}
	store, err := OpenStore(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatalf("OpenStore without room for the state = %v", err)
	}
	if n := tokens(t, store); n != 2 {
		t.Errorf("%d tokens are shown, want the 2 that anybody was told of", n)
	}
	if err := store.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
}

// TestR39AStartOnAFullDiskServesWhatIsThere: a change was appended whose derived state found no room, so nobody was told of
// it. The next start must not fail for the same reason, again and again; and when there is room the change is there.
func TestR39AStartOnAFullDiskServesWhatIsThere(t *testing.T) {
	if dir := os.Getenv(folderOfTest); dir != "" {
		withoutRoom(t, dir)
		return
	}
	cfg := Config{Dir: filepath.Join(t.TempDir(), "store"), SegmentBytes: 64 << 10}
	if _, err := Init(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	store, err := OpenStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	issueTokens(t, store, 1)
	behind := copyFiles(t, filepath.Join(cfg.Dir, stateDir)) // as a process that is killed leaves it
	issueTokens(t, store, 300)
	head := store.Head()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"state.bolt", "state.boot", "state.mark"} {
		path := filepath.Join(cfg.Dir, stateDir, name)
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if content, ok := behind[name]; ok {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}

	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), folderOfTest+"="+cfg.Dir, fmt.Sprintf("%s=%d", limitOfTest, len(behind["state.bolt"])))
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("without room: %v\n%s", err, out)
	}

	if store, err = OpenStore(t.Context(), cfg); err != nil {
		t.Fatalf("OpenStore with room = %v", err)
	}
	if n := tokens(t, store); n != 302 || store.Head() != head {
		t.Errorf("%d tokens are shown at %d, want 302 at %d", n, store.Head().Sequence, head.Sequence)
	}
	issueTokens(t, store, 1)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

func issueTokens(t *testing.T, store *Store, n int) {
	t.Helper()
	for i := range n {
		if _, err := store.IssueToken(t.Context(), reporting.TokenDraft{
			Role: auth.Viewer, DisplayName: fmt.Sprintf("%d %s", i, strings.Repeat("a", 150)),
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func tokens(t *testing.T, store *Store) int {
	t.Helper()
	page, err := store.Service.ListTokens(t.Context(), store.Service.Local(), reporting.Page{Size: 500})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Tokens)
}

// copyFiles reads the files of a folder.
func copyFiles(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// TestADiskThatFailsIsForAnotherStart: the process then ends with code 70. What an operator has to put right is not.
func TestADiskThatFailsIsForAnotherStart(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{&fs.PathError{Op: "sync", Path: "state.bolt", Err: syscall.EIO}, true},
		{fault.Internal(syscall.ENOSPC, "the state cannot be prepared"), true},
		{errors.Join(errors.New("stop"), fmt.Errorf("mark: %w", syscall.EROFS)), true},
		{fault.NotFound("STORE_MISSING", "there is no store"), false},
		{fault.DataLoss("JOURNAL_DAMAGED", "a byte is wrong"), false},
		{&fs.PathError{Op: "open", Path: "state.bolt", Err: syscall.EACCES}, false},
		{nil, false},
	} {
		if got := storeFailed(c.err); errors.Is(got, ErrStoreFailed) != c.want || (got == nil) != (c.err == nil) {
			t.Errorf("storeFailed(%v) = %v, want a failed store %v", c.err, got, c.want)
		}
	}
}
