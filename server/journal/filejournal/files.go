package filejournal

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// FileSystem is what a journal does to its folder. It exists for tests that break a disk at every single step; everyone
// else leaves Config.Files empty and gets the operating system.
type FileSystem interface {
	// MakeDir makes a folder and its parents, readable by the owner alone; a folder that is there is left as it is.
	MakeDir(dir string) error
	// List gives the names in a folder in order; a missing folder is fs.ErrNotExist.
	List(dir string) ([]string, error)
	// SyncDir makes the names in a folder durable: created, renamed and removed ones.
	SyncDir(dir string) error
	// Create makes an empty file, in place of one that is there.
	Create(path string) (File, error)
	// Open opens a file that is there, for reading or for both.
	Open(path string, write bool) (File, error)
	// Rename gives a file another name, at once or not at all.
	Rename(from, to string) error
	// Remove removes a file; a missing one is fs.ErrNotExist.
	Remove(path string) error
	// Lock takes the lock that the file at path stands for, without waiting. If another process holds it, release is
	// nil and holder is that process's id, or 0 where it cannot be told.
	Lock(path string) (release func() error, holder int, err error)
}

// File is an open file.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Sync makes the content durable, with the size; times need not be.
	Sync() error
	// Size is the length in bytes.
	Size() (int64, error)
	// Forget drops what the system keeps of a synced file in memory, where it can, so that the next reading asks the disk.
	Forget()
}

// Disk is the operating system's file system.
func Disk() FileSystem { return disk{} }

type disk struct{}

type diskFile struct{ *os.File }

// Sync flushes the data, and the size where it changed.
func (f diskFile) Sync() error { return syncData(f.File) }

// Size asks the file system.
func (f diskFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Forget is advice: a system that does not take it reads from memory.
func (f diskFile) Forget() { forgetPages(f.File) }

// MakeDir makes the folder for its owner alone.
func (disk) MakeDir(dir string) error { return os.MkdirAll(dir, 0o700) }

// List gives the names in order.
func (disk) List(dir string) ([]string, error) {
	found, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(found))
	for i, entry := range found {
		names[i] = entry.Name()
	}
	return names, nil
}

// SyncDir flushes the folder itself.
func (disk) SyncDir(dir string) error { return syncDir(dir) }

// Create makes a file that its owner alone may read.
func (disk) Create(path string) (File, error) {
	return opened(os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600))
}

// Open opens a file that is there.
func (disk) Open(path string, write bool) (File, error) {
	if write {
		return opened(os.OpenFile(path, os.O_RDWR, 0))
	}
	return opened(os.Open(path))
}

// opened keeps a nil *os.File from becoming a File that is not nil.
func opened(file *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return diskFile{file}, nil
}

// Rename is atomic on every system that is supported.
func (disk) Rename(from, to string) error { return os.Rename(from, to) }

// Remove removes a file.
func (disk) Remove(path string) error { return os.Remove(path) }

// Lock is that of the operating system; it ends with the process.
func (disk) Lock(path string) (func() error, int, error) { return lockFile(path) }

// removeIfThere removes a file that may be missing.
func removeIfThere(files FileSystem, path string) error {
	if err := files.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// writeFile writes a small file and syncs it, not its folder.
func writeFile(files FileSystem, path string, content []byte) error {
	file, err := files.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(writeSynced(file, content, 0), file.Close())
}

// writeSynced writes bytes and makes them durable.
func writeSynced(file File, content []byte, at int64) error {
	if _, err := file.WriteAt(content, at); err != nil {
		return err
	}
	return file.Sync()
}

// makeFolder makes the folder and the name of it durable in its parent.
func makeFolder(files FileSystem, dir string) error {
	if err := files.MakeDir(dir); err != nil {
		return err
	}
	return files.SyncDir(filepath.Dir(filepath.Clean(dir)))
}
