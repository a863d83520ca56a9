package machine

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Size gives the bytes of the files of a folder.
func Size(dir string) (int64, error) {
	var sum int64
	err := files(dir, func(_ string, info fs.FileInfo) error {
		sum += info.Size()
		return nil
	})
	return sum, err
}

// ReadAll reads every file of a folder once, from its start to its end, and gives how many bytes there were.
func ReadAll(dir string) (int64, error) {
	var sum int64
	buffer := make([]byte, 1<<20)
	err := files(dir, func(path string, _ fs.FileInfo) error {
		f, err := os.Open(path) //nolint:gosec // a file of the benchmark
		if err != nil {
			return err
		}
		n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{f}, buffer)
		sum += n
		return errors.Join(err, f.Close())
	})
	return sum, err
}

// Used gives the bytes of the files of a folder without the zeros at the end of each: what was written into files that were
// made long beforehand.
func Used(dir string) (int64, error) {
	var sum int64
	err := files(dir, func(path string, info fs.FileInfo) error {
		n, err := used(path, info.Size())
		sum += n
		return err
	})
	return sum, err
}

func used(path string, size int64) (int64, error) {
	f, err := os.Open(path) //nolint:gosec // a file of the benchmark
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	buffer := make([]byte, 1<<16)
	for size > 0 {
		part := buffer[:min(int64(len(buffer)), size)]
		if _, err := f.ReadAt(part, size-int64(len(part))); err != nil {
			return 0, err
		}
		for i := len(part) - 1; i >= 0; i-- {
			if part[i] != 0 {
				return size - int64(len(part)-1-i), nil
			}
		}
		size -= int64(len(part))
	}
	return 0, nil
}

// Copy copies a folder with its files into a new one, whose modes are the same.
func Copy(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return os.Mkdir(filepath.Join(to, name), info.Mode().Perm())
		case !entry.Type().IsRegular():
			return nil
		}
		return copyFile(path, filepath.Join(to, name), info.Mode().Perm())
	})
}

func copyFile(from, to string, mode fs.FileMode) error {
	in, err := os.Open(from) //nolint:gosec // a file of the benchmark
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode) //nolint:gosec // a file of the benchmark
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func files(dir string, do func(path string, info fs.FileInfo) error) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return do(path, info)
	})
}
