//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package aggregator

import (
	"errors"
	"os"
	"syscall"
)

// isLocked says whether another process, or another store of this one, has the file open as bbolt opens it.
func isLocked(path string) bool {
	file, err := os.Open(path) //nolint:gosec // the state's own file
	if err != nil {
		return false
	}
	defer file.Close()                                                                                    //nolint:errcheck // nothing was written
	return errors.Is(syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK) //nolint:gosec // a descriptor
}
