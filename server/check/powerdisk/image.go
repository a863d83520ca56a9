package powerdisk

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// Mode says what of the unsynced a power cut leaves.
type Mode uint8

// The modes.
const (
	// KeepNone leaves nothing of it.
	KeepNone Mode = iota
	// KeepAll leaves everything; what a failed sync called clean is lost.
	KeepAll
	// KeepSome leaves what chance wants.
	KeepSome
)

// modeNames is indexed by mode.
var modeNames = [...]string{"none", "all", "some"}

// String names the mode.
func (m Mode) String() string { return modeNames[m] }

// Image is a folder as a start after a power cut finds it.
type Image struct {
	dirs  map[string]uint32 // permissions by path; the folder itself is "."
	files map[string]imageFile
}

type imageFile struct {
	mode uint32
	content
}

// cutTree makes the image of a folder.
func cutTree(root *node, changes []*change, random *rand.Rand, mode Mode) *Image {
	names := map[*node]map[string]*node{}
	namesOf := func(dir *node) map[string]*node {
		if names[dir] == nil {
			names[dir] = maps.Clone(dir.stable)
		}
		return names[dir]
	}
	for _, c := range cutNames(changes, random, mode) {
		c.apply(namesOf)
	}
	i := &Image{dirs: map[string]uint32{}, files: map[string]imageFile{}}
	i.add(".", root, namesOf, random, mode)
	return i
}

func (i *Image) add(path string, n *node, names func(*node) map[string]*node, random *rand.Rand, mode Mode) {
	if !n.isDir() {
		i.files[path] = imageFile{mode: n.mode, content: n.file.cut(random, mode)}
		return
	}
	i.dirs[path] = n.mode
	inside := names(n)
	for _, name := range slices.Sorted(maps.Keys(inside)) {
		i.add(filepath.Join(path, name), inside[name], names, random, mode)
	}
}

// Paths gives the files in order.
func (i *Image) Paths() []string { return slices.Sorted(maps.Keys(i.files)) }

// Has says whether there is a file or a folder of that path.
func (i *Image) Has(path string) bool {
	_, file := i.files[path]
	_, dir := i.dirs[path]
	return file || dir
}

// Bytes gives the content of a file, nil where there is none.
func (i *Image) Bytes(path string) []byte {
	file, ok := i.files[path]
	if !ok {
		return nil
	}
	raw := make([]byte, file.size)
	file.read(raw, 0)
	return raw
}

// Write puts the image on a real disk, in a folder that is made. Zeros take no room there.
func (i *Image) Write(dir string) error {
	for _, path := range slices.Sorted(maps.Keys(i.dirs)) {
		err := os.MkdirAll(filepath.Join(dir, path), 0o700)
		if err == nil {
			err = os.Chmod(filepath.Join(dir, path), fs.FileMode(i.dirs[path])|0o700)
		}
		if err != nil {
			return err
		}
	}
	for path, file := range i.files {
		if err := file.writeTo(filepath.Join(dir, path)); err != nil {
			return err
		}
	}
	return nil
}

func (f *imageFile) writeTo(path string) error {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fs.FileMode(f.mode)) //nolint:gosec // a folder of the run
	if err != nil {
		return err
	}
	for _, n := range slices.Sorted(maps.Keys(f.pages)) {
		start := n * pageBytes
		if _, err = out.WriteAt(f.pages[n][:min(pageBytes, f.size-start)], start); err != nil {
			break
		}
	}
	if err == nil {
		err = out.Truncate(f.size)
	}
	return errors.Join(err, out.Close())
}

// ReadImage makes an image of a folder on a real disk, which must be at rest.
func ReadImage(dir string) (*Image, error) {
	i := &Image{dirs: map[string]uint32{}, files: map[string]imageFile{}}
	err := filepath.WalkDir(dir, func(full string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		path, err := filepath.Rel(dir, full)
		switch {
		case err != nil:
		case entry.IsDir():
			i.dirs[path] = uint32(info.Mode().Perm())
		case info.Mode().IsRegular():
			i.files[path], err = readFile(full, info)
		}
		return err
	})
	return i, err
}

func readFile(path string, info fs.FileInfo) (imageFile, error) {
	file := imageFile{mode: uint32(info.Mode().Perm()), content: newContent()}
	in, err := os.Open(path) //nolint:gosec // a folder of the run
	if err != nil {
		return file, err
	}
	defer in.Close() //nolint:errcheck // it was only read
	buf := make([]byte, 64*pageBytes)
	for offset := int64(0); ; {
		n, err := in.ReadAt(buf, offset)
		file.write(buf[:n], offset)
		offset += int64(n)
		if errors.Is(err, io.EOF) {
			return file, nil
		}
		if err != nil {
			return file, err
		}
	}
}
