//go:build unix

package daemon

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tonghop/tonghop/server/check"
)

// Config says how the program is run.
type Config struct {
	// Program is the file of tonghopd.
	Program string
	// Dir is the data folder.
	Dir string
	// Flags are added to those of serve.
	Flags []string
	// Wrap is a command that runs another one, such as strace with its flags.
	Wrap []string
	// Boot makes the process believe in another start of the machine, by its id. Empty: the real one. Needs root.
	Boot string
}

// Exit is how a process ended.
type Exit struct {
	// Code is what it said, -1 if a signal ended it.
	Code int
	// Signal is the one that ended it.
	Signal syscall.Signal
	// Said is what it wrote to its standard error, at most the last 64 KiB.
	Said string
}

// String tells it.
func (e Exit) String() string {
	end := fmt.Sprintf("exit %d", e.Code)
	if e.Signal != 0 {
		end = e.Signal.String()
	}
	return strings.TrimSpace(end + ": " + strings.TrimSpace(e.Said))
}

// Daemon is a running server.
type Daemon struct {
	// GRPC and HTTP are where it listens; Started is how long it took to.
	GRPC, HTTP string
	Started    time.Duration

	cmd  *exec.Cmd
	said *tail
	done chan struct{}
	exit Exit
}

// readyWithin is how long a start may take.
const readyWithin = 2 * time.Minute

// command makes the process; it does not start it.
func (c Config) command(ctx context.Context, args ...string) *exec.Cmd {
	line := append([]string{c.Program}, args...)
	if len(c.Wrap) > 0 {
		line = append(append([]string{}, c.Wrap...), line...)
	}
	if c.Boot != "" {
		// A namespace of its own, in which the kernel's file is covered by another one.
		script := `mount --bind "$1" /proc/sys/kernel/random/boot_id && shift && exec "$@"`
		line = append([]string{"unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", c.bootFile()}, line...)
	}
	cmd := exec.CommandContext(ctx, line[0], line[1:]...) //nolint:gosec // our own program
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

func (c Config) bootFile() string { return filepath.Join(os.TempDir(), "tonghop-check-boot-"+c.Boot) }

func (c Config) writeBoot() error {
	if c.Boot == "" {
		return nil
	}
	return os.WriteFile(c.bootFile(), []byte(c.Boot+"\n"), 0o600)
}

// Start starts a server on free ports and waits until it serves. Exit of the error says how it ended if it did not.
func Start(ctx context.Context, c Config) (*Daemon, error) {
	if err := c.writeBoot(); err != nil {
		return nil, err
	}
	began := time.Now()
	cmd := c.command(ctx, append([]string{
		"serve", "--token-rate", "0", "--data", c.Dir, "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0",
	}, c.Flags...)...)
	d := &Daemon{cmd: cmd, said: &tail{}, done: make(chan struct{})}
	cmd.Stderr = d.said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan bool, 1)
	go d.watch(out, ready)
	late := time.NewTimer(readyWithin)
	defer late.Stop()
	select {
	case ok := <-ready:
		if !ok {
			<-d.done
			return nil, &NotServing{Exit: d.exit}
		}
	case <-late.C:
		return nil, fmt.Errorf("the server did not serve within %s: %s", readyWithin, d.Kill())
	}
	d.Started = time.Since(began)
	return d, nil
}

// watch reads what the process prints until it ends.
func (d *Daemon) watch(out io.Reader, ready chan<- bool) {
	lines := bufio.NewReader(out)
	line, _ := lines.ReadString('\n')
	_, err := fmt.Sscanf(line, "grpc=%s http=%s", &d.GRPC, &d.HTTP)
	ready <- err == nil
	_, _ = io.Copy(io.Discard, lines)
	d.exit = exitOf(d.cmd.Wait(), d.said)
	close(d.done)
}

// NotServing is the error of a start that ended before the server served.
type NotServing struct{ Exit Exit }

// Error tells how it ended.
func (e *NotServing) Error() string { return "the server did not start: " + e.Exit.String() }

func exitOf(err error, said *tail) Exit {
	e := Exit{Said: said.String()}
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		e.Code = ended.ExitCode()
		if status, ok := ended.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			e.Signal = status.Signal()
		}
	}
	return e
}

// Done is closed when the process has ended.
func (d *Daemon) Done() <-chan struct{} { return d.done }

// PID is the process id: that of the wrapping command if there is one.
func (d *Daemon) PID() int { return d.cmd.Process.Pid }

// Kill ends the process at once, as a crash would, with whatever wraps it.
func (d *Daemon) Kill() Exit {
	_ = syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL) // it may have ended
	<-d.done
	return d.exit
}

// Stop asks the process to end and waits. If it has not ended by then it is killed, which is an error.
func (d *Daemon) Stop(within time.Duration) (Exit, error) {
	_ = syscall.Kill(-d.cmd.Process.Pid, syscall.SIGTERM)
	if exit, ok := d.Wait(within); ok {
		return exit, nil
	}
	return d.Kill(), check.Broken("the server was asked to end and had not ended after %s", within)
}

// Wait waits until the process has ended; false if it has not.
func (d *Daemon) Wait(within time.Duration) (Exit, bool) {
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-d.done:
		return d.exit, true
	case <-late.C:
		return Exit{}, false
	}
}

// Command runs another command of the program to its end, such as verify, and gives what it printed.
func Command(ctx context.Context, c Config, args ...string) (string, Exit, error) {
	if err := c.writeBoot(); err != nil {
		return "", Exit{}, err
	}
	cmd := c.command(ctx, args...)
	said := &tail{}
	cmd.Stderr = said
	out, err := cmd.Output()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		return "", Exit{}, err
	}
	return string(out), exitOf(err, said), nil
}

// firstSegment is the size of the journal's first file: small, so that a check comes to the next ones.
const firstSegment = 16 << 10

// Init makes a store and gives the token of its administrator.
func Init(ctx context.Context, c Config) (string, error) {
	out, exit, err := Command(ctx, c, "init", "--data", c.Dir, "--segment-bytes", strconv.Itoa(firstSegment))
	if err != nil {
		return "", err
	}
	if exit.Code != 0 {
		return "", fmt.Errorf("init: %s", exit)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	return lines[len(lines)-1], nil
}

// tail keeps the last of what is written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

const tailBytes = 64 << 10

// Write keeps what fits.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - tailBytes; over > 0 {
		t.kept = t.kept[over:]
	}
	return len(p), nil
}

// String is what was kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept)
}
