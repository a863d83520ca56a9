package filejournal

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// syncData flushes without the file's times: on a preallocated file that is one write to the device instead of two.
func syncData(file *os.File) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		for { // a signal that comes in between is no failure of the disk, so this is not a retry of one
			if failed = syscall.Fdatasync(int(fd)); failed != syscall.EINTR {
				return
			}
		}
	})
	if err == nil && failed != nil {
		err = os.NewSyscallError("fdatasync", failed)
	}
	return err
}

// forgetPages drops the pages of a file that are on the disk.
func forgetPages(file *os.File) {
	if raw, err := file.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = unix.Fadvise(int(fd), 0, 0, unix.FADV_DONTNEED) })
	}
}
