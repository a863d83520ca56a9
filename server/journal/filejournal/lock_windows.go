package filejournal

import (
	"errors"
	"os"
	"syscall"
)

const (
	errorSharingViolation = syscall.Errno(32)
	errorHandleDiskFull   = syscall.Errno(39)
	errorDiskFull         = syscall.Errno(112)
)

// lockFile opens the file so that nobody else can: Windows ends the exclusion with the process. Who holds it cannot be
// read from a file that cannot be opened, so the holder stays unknown.
func lockFile(path string) (func() error, int, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, 0, err
	}
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS,
		syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errorSharingViolation) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, os.NewSyscallError("CreateFile", err)
	}
	return func() error { return syscall.CloseHandle(handle) }, 0, nil
}

// syncDir does nothing: Windows offers no flush of a folder, NTFS journals its names.
func syncDir(string) error { return nil }

// isFull reports whether the disk refused the bytes.
func isFull(err error) bool {
	return errors.Is(err, errorDiskFull) || errors.Is(err, errorHandleDiskFull)
}
