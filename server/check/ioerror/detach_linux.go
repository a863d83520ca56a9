package ioerror

import "golang.org/x/sys/unix"

// detach takes a mount away, whoever still uses it.
func detach(dir string) error { return unix.Unmount(dir, unix.MNT_DETACH) }
