package machine

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func deviceNumber(dir string) (string, bool) {
	var stat unix.Stat_t
	if err := unix.Stat(dir, &stat); err != nil {
		return "", false
	}
	return fmt.Sprintf("%d:%d", unix.Major(stat.Dev), unix.Minor(stat.Dev)), true
}

// SyncDisk has the file system of a folder write what it holds back.
func SyncDisk(dir string) error {
	f, err := os.Open(dir) //nolint:gosec // a folder of the benchmark
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return unix.Syncfs(int(f.Fd())) //nolint:gosec // a descriptor is small
}
