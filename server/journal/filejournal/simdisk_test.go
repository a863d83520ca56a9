package filejournal

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

const sectorBytes = 512

var errPower = errors.New("the power is off")

// simDisk is a disk in memory that knows what is durable: sectors of synced files, names of synced folders. A test may
// fail any operation, take away the power, and look at what an adversary of a disk makes of the rest.
type simDisk struct {
	mu      sync.Mutex
	names   map[string]*simFile
	durable map[string]*simFile
	pending []func(names map[string]*simFile) // changes of names that are not synced, in order
	locked  map[string]bool

	// before is asked before every operation that changes something; an error is what the operation gives. The index
	// counts them from 1. A Sync that fails behaves as on Linux: what was dirty is clean, and not on the disk.
	before func(op operation) error
	count  int
	dark   bool // the power is off
	lies   bool // Sync does nothing
}

// operation is one change that a program asks of the disk.
type operation struct {
	index      int
	verb, name string
}

type simFile struct {
	current, stable []byte
	dirty           map[int]bool
}

func newSimDisk() *simDisk {
	return &simDisk{names: map[string]*simFile{}, durable: map[string]*simFile{}, locked: map[string]bool{}}
}

// step is called with mu held.
func (d *simDisk) step(verb, path string) error {
	if d.dark {
		return errPower
	}
	d.count++
	if d.before == nil {
		return nil
	}
	return d.before(operation{d.count, verb, filepath.Base(path)})
}

func (d *simDisk) rename(change func(map[string]*simFile)) {
	change(d.names)
	d.pending = append(d.pending, change)
}

func (d *simDisk) MakeDir(string) error { return nil }

func (d *simDisk) List(string) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dark {
		return nil, errPower
	}
	return slices.Sorted(maps.Keys(d.names)), nil
}

func (d *simDisk) SyncDir(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step("syncdir", dir); err != nil {
		return err
	}
	if !d.lies && filepath.Base(dir) == "journal" {
		d.durable, d.pending = maps.Clone(d.names), nil
	}
	return nil
}

func (d *simDisk) Create(path string) (File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step("create", path); err != nil {
		return nil, err
	}
	file := &simFile{dirty: map[int]bool{}}
	name := filepath.Base(path)
	d.rename(func(names map[string]*simFile) { names[name] = file })
	return &simHandle{disk: d, file: file, name: name, write: true}, nil
}

func (d *simDisk) Open(path string, write bool) (File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dark {
		return nil, errPower
	}
	file, ok := d.names[filepath.Base(path)]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return &simHandle{disk: d, file: file, name: filepath.Base(path), write: write}, nil
}

func (d *simDisk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step("rename", from); err != nil {
		return err
	}
	from, to = filepath.Base(from), filepath.Base(to)
	file := d.names[from]
	d.rename(func(names map[string]*simFile) {
		delete(names, from)
		names[to] = file
	})
	return nil
}

func (d *simDisk) Remove(path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	name := filepath.Base(path)
	if _, ok := d.names[name]; !ok {
		return fs.ErrNotExist
	}
	if err := d.step("remove", path); err != nil {
		return err
	}
	d.rename(func(names map[string]*simFile) { delete(names, name) })
	return nil
}

func (d *simDisk) Lock(path string) (func() error, int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dark {
		return nil, 0, errPower
	}
	if d.locked[path] {
		return nil, 4711, nil
	}
	d.locked[path] = true
	return func() error {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.locked, path)
		return nil
	}, 0, nil
}

type simHandle struct {
	disk  *simDisk
	file  *simFile
	name  string
	write bool
}

func (h *simHandle) ReadAt(buf []byte, offset int64) (int, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if h.disk.dark {
		return 0, errPower
	}
	if offset >= int64(len(h.file.current)) {
		return 0, io.EOF
	}
	n := copy(buf, h.file.current[offset:])
	if n < len(buf) {
		return n, io.EOF
	}
	return n, nil
}

func (h *simHandle) WriteAt(content []byte, offset int64) (int, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if !h.write {
		return 0, fs.ErrPermission
	}
	wasDark := h.disk.dark
	failure := h.disk.step("write", h.name)
	if failure != nil && (wasDark || !errors.Is(failure, errPower)) {
		return 0, failure
	}
	// A write that the power cut interrupts may have got as far as the cache, and from there anywhere.
	end := int(offset) + len(content)
	if end > len(h.file.current) {
		h.file.current = append(h.file.current, make([]byte, end-len(h.file.current))...)
	}
	copy(h.file.current[offset:], content)
	for sector := int(offset) / sectorBytes; sector*sectorBytes < end; sector++ {
		h.file.dirty[sector] = true
	}
	return len(content), failure
}

func (h *simHandle) Sync() error {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	failure := h.disk.step("sync", h.name)
	if errors.Is(failure, errPower) {
		return failure
	}
	if failure == nil && !h.disk.lies {
		h.file.stable = slices.Clone(h.file.current)
	}
	clear(h.file.dirty)
	return failure
}

func (h *simHandle) Size() (int64, error) { return int64(len(h.file.current)), nil }

func (h *simHandle) Forget() {}

func (h *simHandle) Close() error { return nil }

// powerCut gives the disk as the next start finds it: of everything that was not synced, sectors and names each reached
// the medium or did not, as chance wants.
func (d *simDisk) powerCut(random *rand.Rand) *simDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	names := maps.Clone(d.durable)
	for _, change := range d.pending {
		if random.IntN(2) == 0 {
			change(names)
		}
	}
	after := newSimDisk()
	for _, name := range slices.Sorted(maps.Keys(names)) {
		after.put(name, names[name].torn(random))
	}
	return after
}

// torn is the content after a power cut.
func (f *simFile) torn(random *rand.Rand) []byte {
	content := slices.Clone(f.stable)
	if len(f.current) > len(content) && random.IntN(2) == 0 {
		content = append(content, make([]byte, len(f.current)-len(content))...)
	}
	for _, sector := range slices.Sorted(maps.Keys(f.dirty)) {
		if start := sector * sectorBytes; random.IntN(2) == 0 && start < len(content) {
			copy(content[start:min(start+sectorBytes, len(content))], f.current[start:])
		}
	}
	return content
}

// restart gives the disk as the next process finds it when the power stayed on: the cache is there, and so are pages
// that are called clean and never reached the disk, until the kernel drops some of them.
func (d *simDisk) restart(random *rand.Rand) *simDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dark, d.before = false, nil
	clear(d.locked)
	for _, name := range slices.Sorted(maps.Keys(d.names)) {
		f := d.names[name]
		for start := 0; start < min(len(f.current), len(f.stable)); start += sectorBytes {
			if end := min(start+sectorBytes, len(f.current), len(f.stable)); !f.dirty[start/sectorBytes] && random.IntN(2) == 0 {
				copy(f.current[start:end], f.stable[start:end])
			}
		}
	}
	return d
}

// listen takes down what changes the disk from now on.
func (d *simDisk) listen() *[]string {
	var operations []string
	d.before = func(op operation) error {
		operations = append(operations, op.verb+" "+op.name)
		return nil
	}
	return &operations
}

// put places a durable file.
func (d *simDisk) put(name string, content []byte) {
	f := &simFile{current: content, stable: slices.Clone(content), dirty: map[int]bool{}}
	d.names[name], d.durable[name] = f, f
}

// content copies what a reader would see now.
func (d *simDisk) content() map[string][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	files := map[string][]byte{}
	for name, file := range d.names {
		files[name] = slices.Clone(file.current)
	}
	return files
}

// diskOf makes a durable disk of files.
func diskOf(files map[string][]byte) *simDisk {
	d := newSimDisk()
	for name, content := range files {
		d.put(name, slices.Clone(content))
	}
	return d
}

// holds reports whether a text stands in any file, in the cache or on the medium.
func (d *simDisk) holds(text string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, names := range []map[string]*simFile{d.names, d.durable} {
		for _, file := range names {
			if strings.Contains(string(file.current), text) || strings.Contains(string(file.stable), text) {
				return true
			}
		}
	}
	return false
}
