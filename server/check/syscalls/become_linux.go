//go:build amd64 || arm64

package syscalls

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tonghop/tonghop/server/check"
)

// Need is what watching needs.
var Need = check.Need{
	What:   "user notifications of seccomp",
	Remedy: "Linux 5.5 or later; in a container, a profile that allows seccomp",
	Missing: func() error {
		action := uint32(unix.SECCOMP_RET_USER_NOTIF)
		if _, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&action))); e != 0 {
			return fmt.Errorf("seccomp: %w", e)
		}
		return nil
	},
}

// word is the first argument of a program that is to become a watched one.
const word = "check:syscalls"

// Become becomes the watched program where the arguments, with the program's own name, are those of Wrap; then it only
// returns with an error. It must be called on the first goroutine, before anything else is done.
func Become(args []string) (asked bool, err error) {
	if len(args) < 4 || args[1] != word {
		return false, nil
	}
	runtime.LockOSThread() // the filter is that of this thread, and of what it becomes
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return true, fmt.Errorf("prctl: %w", err)
	}
	line, err := connect(args[2])
	if err != nil {
		return true, err
	}
	listener, err := install(filter())
	if err != nil {
		return true, err
	}
	// From here on a call that is watched waits for the watch, which has to have the listener first.
	if err := unix.Sendmsg(line, []byte{1}, unix.UnixRights(listener), nil, 0); err != nil {
		return true, fmt.Errorf("sendmsg: %w", err)
	}
	if err := unix.Close(listener); err != nil {
		return true, err
	}
	return true, fmt.Errorf("%s: %w", args[3], syscall.Exec(args[3], args[3:], os.Environ())) //nolint:gosec // what the check asks for
}

func connect(name string) (int, error) {
	line, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("socket: %w", err)
	}
	if err := unix.Connect(line, &unix.SockaddrUnix{Name: name}); err != nil {
		return 0, fmt.Errorf("connect: %w", err)
	}
	return line, nil
}

// install puts the filter before all later calls of this thread and gives the listener of what it stops.
func install(filter []unix.SockFilter) (int, error) {
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]} //nolint:gosec // a few dozen
	var listener uintptr
	var e syscall.Errno
	// Without the second flag a signal, such as those by which Go preempts its goroutines, takes a call back that the
	// watch has counted already, and the call is made and counted again. It came with Linux 5.19.
	for _, flags := range [...]uintptr{
		unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER,
	} {
		listener, _, e = unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&program)))
		if e != unix.EINVAL {
			break
		}
	}
	runtime.KeepAlive(filter)
	if e != 0 {
		return 0, fmt.Errorf("seccomp: %w", e)
	}
	return int(listener), nil
}

// The places in what a filter sees of a call; little-endian, as all systems are that this is used on.
const (
	numberAt = 0
	flagsAt  = 16 + 2*8 // of openat
)

// filter stops the calls of the table; of openat those that make or empty a file.
func filter() []unix.SockFilter {
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	answer := func(with uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: with} }
	program := []unix.SockFilter{
		load(numberAt),
		// openat: its flags decide.
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_OPENAT, Jf: 4},
		load(flagsAt),
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: unix.O_CREAT | unix.O_TRUNC, Jf: 1},
		answer(unix.SECCOMP_RET_USER_NOTIF),
		answer(unix.SECCOMP_RET_ALLOW),
	}
	for number := range table {
		if number == unix.SYS_OPENAT {
			continue
		}
		program = append(program,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: uint32(number), Jf: 1}, //nolint:gosec // a number of a call
			answer(unix.SECCOMP_RET_USER_NOTIF))
	}
	return append(program, answer(unix.SECCOMP_RET_ALLOW))
}
