//go:build amd64 || arm64

package syscalls

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// watcher is what a Watch is made of on Linux.
type watcher struct {
	cfg     Config
	program string
	socket  *net.UnixListener
	working sync.WaitGroup

	mu    sync.Mutex
	count int
	err   error
}

// New begins a watch.
func New(ctx context.Context, cfg Config) (*Watch, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	for i, dir := range cfg.Within {
		if cfg.Within[i], err = filepath.EvalSymlinks(dir); err != nil {
			return nil, err
		}
	}
	// A name without a file, which is gone with the watch.
	socket, err := (&net.ListenConfig{}).Listen(ctx, "unix", "@tonghop-check-"+rand.Text())
	if err != nil {
		return nil, err
	}
	w := &Watch{watcher{cfg: cfg, program: program, socket: socket.(*net.UnixListener)}} //nolint:forcetypeassert // as asked for
	w.working.Go(w.accept)
	return w, nil
}

// Wrap goes before the command line of a program that is to be watched.
func (w *Watch) Wrap() []string { return []string{w.program, word, w.socket.Addr().String()} }

// Close ends the watch, when every watched process has ended, and tells what went wrong in it.
func (w *Watch) Close() error {
	err := w.socket.Close()
	w.working.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return errors.Join(err, w.err)
}

// Count is how many calls there were.
func (w *Watch) Count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count
}

// failed keeps the first error.
func (w *watcher) failed(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
}

// accept takes the listener of each process that is run under the watch.
func (w *watcher) accept() {
	for {
		line, err := w.socket.AcceptUnix()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				w.failed(err)
			}
			return
		}
		p, err := receive(line)
		if err = errors.Join(err, line.Close()); err != nil {
			w.failed(fmt.Errorf("a process did not hand its listener over: %w", err))
			continue
		}
		w.working.Go(func() {
			if err := w.serve(p); err != nil {
				w.failed(err)
				_ = unix.Kill(p.pid, unix.SIGKILL) // it must not wait for ever for an answer
			}
			_ = unix.Close(p.listener)
		})
	}
}

// process is one that is watched.
type process struct{ pid, listener int }

func receive(line *net.UnixConn) (p process, err error) {
	raw, err := line.SyscallConn()
	if err != nil {
		return p, err
	}
	controlErr := raw.Control(func(fd uintptr) {
		var who *unix.Ucred
		if who, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			p.pid = int(who.Pid)
		}
	})
	if err = errors.Join(controlErr, err); err != nil {
		return p, err
	}
	rights := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := line.ReadMsgUnix(make([]byte, 1), rights)
	if err != nil {
		return p, err
	}
	messages, err := unix.ParseSocketControlMessage(rights[:n])
	if err != nil || len(messages) != 1 {
		return p, errors.Join(err, fmt.Errorf("%d messages", len(messages)))
	}
	listeners, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(listeners) != 1 {
		return p, errors.Join(err, fmt.Errorf("%d listeners", len(listeners)))
	}
	p.listener = listeners[0]
	return p, nil
}

// notification is struct seccomp_notif, answer struct seccomp_notif_resp.
type notification struct {
	id             uint64
	thread, flags  uint32
	number, system uint32
	instruction    uint64
	args           [6]uint64
}

type answer struct {
	id    uint64
	value int64
	errno int32
	flags uint32
}

// serve answers what one process asks, until it ends.
func (w *watcher) serve(p process) error {
	for {
		ready := []unix.PollFd{{Fd: int32(p.listener), Events: unix.POLLIN}} //nolint:gosec // a descriptor
		if _, err := unix.Poll(ready, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("poll: %w", err)
		}
		if ready[0].Revents&unix.POLLIN == 0 {
			if ready[0].Revents&(unix.POLLHUP|unix.POLLERR) != 0 {
				return nil
			}
			continue
		}
		var n notification
		if err := control(p.listener, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&n)); err != nil {
			if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EINTR) {
				continue // the thread was killed before it was heard
			}
			return fmt.Errorf("receive: %w", err)
		}
		a, reply, err := w.judge(p, &n)
		if err != nil {
			return err
		}
		if !reply {
			continue
		}
		a.id = n.id
		if err := control(p.listener, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&a)); err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("answer: %w", err)
		}
	}
}

func control(fd int, request uintptr, argument unsafe.Pointer) error {
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(argument)); e != 0 {
		return e
	}
	return nil
}

// judge asks what is to become of a call. It gives no reply where the process was killed instead.
func (w *watcher) judge(p process, n *notification) (a answer, reply bool, err error) {
	proceeding := answer{flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
	s, known := table[uintptr(n.number)]
	if !known {
		return a, false, fmt.Errorf("call %d was not to be asked about", n.number)
	}
	call, err := s.read(n)
	if err != nil {
		if unix.Kill(p.pid, 0) != nil || gone(n.thread) {
			return proceeding, true, nil // it was killed by somebody else
		}
		return a, false, fmt.Errorf("%s: %w", s.name, err)
	}
	if !w.cfg.counts(call.Path) && (call.To == "" || !w.cfg.counts(call.To)) {
		return proceeding, true, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count++
	call.Number, call.PID = w.count, p.pid
	switch action := w.cfg.Decide(call); action.kind {
	case fail:
		return answer{errno: -int32(action.errno)}, true, nil //nolint:gosec // a small number
	case pretend:
		return answer{value: int64(call.Bytes)}, true, nil
	case tear:
		err := s.tear(p, n, action.bytes)
		return a, false, errors.Join(err, unix.Kill(p.pid, unix.SIGKILL))
	case kill:
		return a, false, unix.Kill(p.pid, unix.SIGKILL)
	default:
		return proceeding, true, nil
	}
}

// gone says whether a thread is no more, or about to be.
func gone(thread uint32) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", thread))
	return err != nil || bytes.Contains(raw, []byte("State:\tZ")) || bytes.Contains(raw, []byte("State:\tX"))
}

// read makes a Call of what the kernel tells.
func (s shape) read(n *notification) (Call, error) {
	c := Call{Name: s.name, Kind: s.kind}
	var err error
	if s.path < 0 {
		c.Path, err = link(n.thread, "fd/"+strconv.Itoa(int(int32(n.args[s.file])))) //nolint:gosec // a descriptor
	} else {
		c.Path, err = nameAt(n.thread, n.args[s.dir], n.args[s.path])
	}
	if err == nil && s.toPath >= 0 {
		c.To, err = nameAt(n.thread, n.args[s.toDir], n.args[s.toPath])
	}
	if s.bytes >= 0 {
		c.Bytes = int(n.args[s.bytes]) //nolint:gosec // what a program can write at once
	}
	if s.buffer > 0 && s.offset >= 0 {
		c.Offset = int64(n.args[s.offset]) //nolint:gosec // a place in a file
	}
	return c, err
}

func link(thread uint32, what string) (string, error) {
	return os.Readlink(fmt.Sprintf("/proc/%d/%s", thread, what))
}

// nameAt gives the whole path that a thread means by a folder's descriptor and a text.
func nameAt(thread uint32, dir, text uint64) (string, error) {
	name, err := textAt(thread, text)
	if err != nil || filepath.IsAbs(name) {
		return filepath.Clean(name), err
	}
	from := "cwd"
	if fd := int32(dir); fd != unix.AT_FDCWD { //nolint:gosec // a descriptor
		from = "fd/" + strconv.Itoa(int(fd))
	}
	folder, err := link(thread, from)
	return filepath.Join(folder, name), err
}

// textAt reads a text in the memory of a thread.
func textAt(thread uint32, at uint64) (string, error) {
	raw := make([]byte, unix.PathMax)
	n, err := memory(thread, at, raw)
	text, _, found := strings.Cut(string(raw[:n]), "\x00")
	if !found {
		return "", errors.Join(err, errors.New("a path has no end"))
	}
	return text, nil
}

// memory reads what a thread has at an address; less where there is no more.
func memory(thread uint32, at uint64, into []byte) (int, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/mem", thread))
	if err != nil {
		return 0, err
	}
	n, err := file.ReadAt(into, int64(at)) //nolint:gosec // an address of a program
	return n, errors.Join(err, file.Close())
}

// tear writes the first bytes of a write, as the process would have.
func (s shape) tear(p process, n *notification, count int) error {
	if s.buffer == 0 {
		return fmt.Errorf("%s cannot be torn", s.name)
	}
	content := make([]byte, count)
	if _, err := memory(n.thread, n.args[s.buffer], content); err != nil {
		return err
	}
	handle, err := unix.PidfdOpen(p.pid, 0)
	if err != nil {
		return fmt.Errorf("pidfd_open: %w", err)
	}
	defer func() { _ = unix.Close(handle) }()
	file, err := unix.PidfdGetfd(handle, int(n.args[s.file]), 0) //nolint:gosec // a descriptor
	if err != nil {
		return fmt.Errorf("pidfd_getfd: %w", err)
	}
	defer func() { _ = unix.Close(file) }()
	if s.offset < 0 {
		_, err = unix.Write(file, content)
	} else {
		_, err = unix.Pwrite(file, content, int64(n.args[s.offset])) //nolint:gosec // a place in a file
	}
	return err
}
