//go:build unix

package server

import (
	"runtime/debug"
	"syscall"
)

// Harden keeps what the process holds from lying about: no core dumps, for they hold tokens and figures; files that nobody
// names a mode for are its owner's alone; a crash tells the stack of the goroutine that crashed and no other. For main, before
// anything is opened.
func Harden() error {
	debug.SetTraceback("single")
	syscall.Umask(0o077)
	return syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
}
