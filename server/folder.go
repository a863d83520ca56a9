package server

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// makeFolder makes a folder, and those above it that are missing, for its owner alone, and their names durable: a folder
// whose name a power cut takes away is gone with everything in it, however well that was synced.
func makeFolder(dir string) error {
	dir = filepath.Clean(dir)
	var missing []string
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, at)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, at := range missing {
		if err := syncFolder(filepath.Dir(at)); err != nil {
			return err
		}
	}
	if len(missing) == 0 {
		// It may be there since an attempt that was cut off. Whoever may not read the folder above did not make this one.
		_ = syncFolder(filepath.Dir(dir))
	}
	return nil
}

// syncFolder makes the names in a folder durable, where the system can.
func syncFolder(dir string) error {
	if !modesCount {
		return nil
	}
	folder, err := os.Open(dir) //nolint:gosec // the operator names the folder
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
