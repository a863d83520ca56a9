//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package backup

import (
	"errors"
	"os"
	"syscall"
)

// hold keeps other processes out of a folder until release. The lock is on the folder itself, so that it leaves no file
// behind and goes along when the folder gets another name; the kernel drops it with the process.
func hold(dir string) (release func() error, err error) {
	folder, err := os.Open(dir) //nolint:gosec // the operator names the folder
	if err != nil {
		return nil, unwritable(dir, "opening it", err)
	}
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil { //nolint:gosec // descriptors are small
		_ = folder.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, running(dir)
		}
		return nil, unwritable(dir, "locking it", err)
	}
	// Between opening and locking, the folder may have got its final name.
	held, err := folder.Stat()
	var there os.FileInfo
	if err == nil {
		there, err = os.Stat(dir)
	}
	if err != nil || !os.SameFile(held, there) {
		_ = folder.Close()
		return nil, running(dir)
	}
	return folder.Close, nil
}
