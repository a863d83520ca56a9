package backup

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/tonghop/tonghop/server/journal/filejournal"
)

// makeFolder makes a folder, with those above it that are missing, and their names durable.
func makeFolder(files filejournal.FileSystem, dir string) error {
	var missing []string
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := files.List(at); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, at)
	}
	if err := files.MakeDir(dir); err != nil {
		return unwritable(dir, "making it", err)
	}
	for _, at := range missing {
		if err := files.SyncDir(filepath.Dir(at)); err != nil {
			for _, made := range missing { // the lowest first
				_ = files.Remove(made)
			}
			return unwritable(at, "flushing its name", err)
		}
	}
	return nil
}

// removeFiles removes what a folder holds, which is files alone.
func removeFiles(files filejournal.FileSystem, dir string) error {
	names, err := files.List(dir)
	for _, name := range names {
		err = errors.Join(err, files.Remove(filepath.Join(dir, name)))
	}
	return err
}

// removeFolder removes a folder of files, if it is there.
func removeFolder(files filejournal.FileSystem, dir string) error {
	err := removeFiles(files, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, files.Remove(dir))
}
