//go:build linux && (amd64 || arm64)

package syscalls

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The test program is also the one that is watched, in the folder that this names.
const folderOfStory = "TONGHOP_TEST_SYSCALLS"

func TestMain(m *testing.M) {
	if asked, err := Become(os.Args); asked {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	if dir := os.Getenv(folderOfStory); dir != "" {
		if err := story(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(4)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// story changes a folder in steps, and then from many threads.
func story(dir string) error {
	path := filepath.Join(dir, "made")
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(make([]byte, 10000), 0)
	err = errors.Join(err, unix.Fdatasync(int(file.Fd())), file.Truncate(9000), file.Sync(), file.Close(),
		os.Rename(path, filepath.Join(dir, "renamed")), os.Chdir(dir), os.Mkdir("folder", 0o700), os.Remove("folder"))
	if err != nil {
		return err
	}
	if file, err = os.OpenFile("renamed", os.O_RDWR, 0); err != nil { // makes nothing, so it is not told
		return err
	}
	_, err = fmt.Fprintln(os.Stderr, "elsewhere")
	errs := []error{err}
	var writing sync.WaitGroup
	var joining sync.Mutex
	for i := range 8 {
		writing.Go(func() {
			for k := range 25 {
				_, err := file.WriteAt([]byte{1}, int64(10000+100*i+k))
				joining.Lock()
				errs = append(errs, err)
				joining.Unlock()
			}
		})
	}
	writing.Wait()
	return errors.Join(append(errs, file.Close())...)
}

// steps are the calls of the story before the threads.
var steps = []string{
	"openat made", "pwrite64 made 10000", "fdatasync made", "ftruncate made", "fsync made", "renameat made renamed",
	"mkdirat folder", "unlinkat folder", "unlinkat folder", // package os tries a file first
}

// watched runs the story under a watch and gives its calls and how it ended.
func watched(t *testing.T, dir string, decide func(Call) Action) ([]string, *exec.Cmd, string) {
	t.Helper()
	if err := Need.Missing(); err != nil {
		t.Skip("the kernel tells nobody of calls:", err)
	}
	var calls []string
	w, err := New(t.Context(), Config{Within: []string{dir}, Decide: func(c Call) Action {
		line := c.Name + " " + strings.TrimPrefix(c.Path, dir+"/")
		if c.To != "" {
			line += " " + strings.TrimPrefix(c.To, dir+"/")
		}
		if c.Bytes > 0 {
			line += fmt.Sprintf(" %d", c.Bytes)
		}
		if calls = append(calls, line); len(calls) != c.Number {
			t.Errorf("%s has the number %d, want %d", line, c.Number, len(calls))
		}
		return decide(c)
	}})
	if err != nil {
		t.Fatal(err)
	}
	line := append(w.Wrap(), os.Args[0])
	cmd := exec.CommandContext(t.Context(), line[0], line[1:]...)
	cmd.Env = append(os.Environ(), folderOfStory+"="+dir)
	var said strings.Builder
	cmd.Stderr = &said
	_ = cmd.Run() // how it ended is in its state
	if err := w.Close(); err != nil {
		t.Fatalf("the watch: %v", err)
	}
	return calls, cmd, said.String()
}

func TestEveryCallIsTold(t *testing.T) {
	dir := t.TempDir()
	calls, cmd, said := watched(t, dir, func(Call) Action { return Proceed() })
	if !cmd.ProcessState.Success() || said != "elsewhere\n" {
		t.Fatalf("the story ended with %s: %q", cmd.ProcessState, said)
	}
	if len(calls) != len(steps)+8*25 {
		t.Errorf("%d calls were told, want %d", len(calls), len(steps)+8*25)
	}
	for i, step := range steps {
		if i < len(calls) && calls[i] != step {
			t.Errorf("call %d = %q, want %q", i+1, calls[i], step)
		}
	}
	if i := slices.IndexFunc(calls[len(steps):], func(c string) bool { return c != "pwrite64 renamed 1" }); i >= 0 {
		t.Errorf("the threads made %q", calls[len(steps)+i])
	}
}

func TestKillComesBeforeTheCall(t *testing.T) {
	for n, want := range map[int]string{1: "", 2: "made 0", 6: "made 9000", 7: "renamed 9000"} {
		dir := t.TempDir()
		calls, cmd, _ := watched(t, dir, func(c Call) Action {
			if c.Number == n {
				return Kill()
			}
			return Proceed()
		})
		status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
			t.Errorf("killed at call %d, it ended with %s", n, cmd.ProcessState)
		}
		if got := found(t, dir); len(calls) != n || got != want {
			t.Errorf("killed at call %d there were %d calls, and the folder has %q, want %q", n, len(calls), got, want)
		}
	}
}

// found tells the one file of a folder and its size.
func found(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		return ""
	}
	info, err := entries[0].Info()
	if err != nil || len(entries) > 1 {
		t.Fatalf("%v in %d files", err, len(entries))
	}
	return fmt.Sprintf("%s %d", info.Name(), info.Size())
}

func TestCallsFailArePretendedAndTorn(t *testing.T) {
	at := func(n int, a Action) func(Call) Action {
		return func(c Call) Action {
			if c.Number == n {
				return a
			}
			return Proceed()
		}
	}
	dir := t.TempDir()
	calls, cmd, said := watched(t, dir, at(3, Fail(syscall.EIO)))
	if cmd.ProcessState.ExitCode() != 4 || !strings.Contains(said, "input/output error") || len(calls) != len(steps) {
		t.Errorf("a failed fdatasync: %s after %d calls: %q", cmd.ProcessState, len(calls), said)
	}
	dir = t.TempDir()
	if _, cmd, said = watched(t, dir, at(2, Pretend())); !cmd.ProcessState.Success() {
		t.Errorf("a pretended write: %s: %q", cmd.ProcessState, said)
	}
	dir = t.TempDir()
	_, cmd, _ = watched(t, dir, at(2, Tear(4096)))
	if got := found(t, dir); cmd.ProcessState.Success() || got != "made 4096" {
		t.Errorf("a torn write: %s, and the folder has %q, want 4096 bytes", cmd.ProcessState, got)
	}
}
