package powerdisk

import (
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// Disk is a folder that remembers what is durable. Make one with Mount.
type Disk struct {
	// Dir is where it is mounted.
	Dir string

	mu      sync.Mutex
	root    *node
	lastID  uint64
	known   map[uint64]*node // what the kernel may ask for by number
	changes []*change        // of names, not synced, in order
	faults
	stats   Stats
	failure error
	unmount func() error
}

// Stats says what was done to a disk.
type Stats struct {
	// Changes counts everything that changed it, syncs among them.
	Changes int
	// Syncs counts the syncs of files and folders; Lied and Failed are those of them that were not done.
	Syncs, Lied, Failed int
	// Images counts the images taken.
	Images int
}

// rootID is the number by which the kernel knows the mounted folder.
const rootID = 1

func newDisk() *Disk {
	d := &Disk{lastID: rootID, known: map[uint64]*node{}}
	d.root = &node{id: rootID, mode: 0o700, entries: map[string]*node{}, stable: map[string]*node{}}
	d.root.parent = d.root
	d.known[rootID] = d.root
	return d
}

// Load fills a disk that was not used yet with an image. All of it is durable.
func (d *Disk) Load(i *Image) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.root.mode = i.dirs["."] | 0o700
	folders := map[string]*node{".": d.root}
	var folder func(path string) *node
	put := func(path string, n *node) *node {
		parent := folder(filepath.Dir(path))
		n.id, n.parent = d.nextID(), parent
		parent.entries[filepath.Base(path)], parent.stable[filepath.Base(path)] = n, n
		return n
	}
	folder = func(path string) *node {
		if folders[path] == nil {
			folders[path] = put(path, &node{mode: i.dirs[path], entries: map[string]*node{}, stable: map[string]*node{}})
		}
		return folders[path]
	}
	for path := range i.dirs {
		folder(path)
	}
	for path, file := range i.files {
		put(path, &node{mode: file.mode, file: stableFile(file.content)})
	}
}

// Image gives the folder as a start after a power cut at this moment would find it.
func (d *Disk) Image(random *rand.Rand, mode Mode) *Image {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.image(random, mode)
}

func (d *Disk) image(random *rand.Rand, mode Mode) *Image {
	d.stats.Images++
	return cutTree(d.root, d.changes, random, mode)
}

// Stats says what was done so far.
func (d *Disk) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats
}

// Forget lets the cache drop half of what failed syncs left in it: whoever opens such a file next sees the medium. It
// tells how many sectors went.
func (d *Disk) Forget(random *rand.Rand) (sectors int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var walk func(*node)
	walk = func(n *node) {
		if !n.isDir() {
			sectors += n.file.forget(random)
			return
		}
		for _, name := range sortedNames(n) {
			walk(n.entries[name])
		}
	}
	walk(d.root)
	return sectors
}

// Close unmounts, whoever still uses the folder: they get errors from then on.
func (d *Disk) Close() error {
	if d.unmount == nil {
		return nil
	}
	return d.unmount()
}

func (d *Disk) nextID() uint64 {
	d.lastID++
	return d.lastID
}

// path is a name from the mounted folder on, with slashes.
func (d *Disk) path(dir *node, name string) string {
	for dir != d.root {
		name = d.nameOf(dir) + "/" + name
		dir = dir.parent
	}
	return strings.TrimSuffix(name, "/")
}

func (d *Disk) nameOf(n *node) string {
	for name, other := range n.parent.entries {
		if other == n {
			return name
		}
	}
	return "(removed)"
}

// make makes a file or a folder under a name that is free.
func (d *Disk) make(dir *node, name string, mode uint32, folder bool) (*node, syscall.Errno) {
	verb := Create
	n := &node{mode: mode & 0o7777, parent: dir}
	if folder {
		verb = Mkdir
		n.entries, n.stable = map[string]*node{}, map[string]*node{}
	} else {
		n.file = newFile()
	}
	if errno := d.step(verb, dir, name); errno != 0 {
		return nil, errno
	}
	n.id = d.nextID()
	d.rename(&change{places: []place{{dir, name}}, nodes: []*node{n}, touched: []*node{n}})
	return n, 0
}

// rename makes a change of names, durable later.
func (d *Disk) rename(c *change) {
	c.apply(func(n *node) map[string]*node { return n.entries })
	d.changes = append(d.changes, c)
}

// remove takes a name away.
func (d *Disk) remove(dir *node, name string, folder bool) syscall.Errno {
	n := dir.entries[name]
	switch {
	case n == nil:
		return syscall.ENOENT
	case folder && !n.isDir():
		return syscall.ENOTDIR
	case !folder && n.isDir():
		return syscall.EISDIR
	case len(n.entries) > 0:
		return syscall.ENOTEMPTY
	}
	if errno := d.step(Remove, dir, name); errno != 0 {
		return errno
	}
	d.rename(&change{places: []place{{dir, name}}, nodes: []*node{nil}, touched: []*node{n}})
	return 0
}

// move gives a file or a folder another name, in place of what has it.
func (d *Disk) move(from place, to place) syscall.Errno {
	n, old := from.dir.entries[from.name], to.dir.entries[to.name]
	switch {
	case n == nil:
		return syscall.ENOENT
	case old == n:
		return 0
	case old != nil && old.isDir() != n.isDir():
		return map[bool]syscall.Errno{true: syscall.EISDIR, false: syscall.ENOTDIR}[old.isDir()]
	case old != nil && len(old.entries) > 0:
		return syscall.ENOTEMPTY
	}
	if errno := d.step(Rename, to.dir, to.name); errno != 0 {
		return errno
	}
	c := &change{places: []place{from, to}, nodes: []*node{nil, n}, touched: []*node{n}}
	if old != nil {
		c.touched = append(c.touched, old)
	}
	n.parent = to.dir
	d.rename(c)
	return 0
}

// write, truncate and sync are what is done to an open file; n may have lost its name.
func (d *Disk) write(n *node, from []byte, offset int64) syscall.Errno {
	if n.isDir() {
		return syscall.EISDIR
	}
	if errno := d.stepAt(Write, n); errno != 0 {
		return errno
	}
	n.file.write(from, offset)
	return 0
}

func (d *Disk) truncate(n *node, size int64) syscall.Errno {
	if n.isDir() {
		return syscall.EISDIR
	}
	if errno := d.stepAt(Truncate, n); errno != 0 {
		return errno
	}
	n.file.truncate(size)
	return 0
}

func (d *Disk) sync(n *node) syscall.Errno {
	done, errno := d.stepSync(n)
	switch {
	case errno != 0 && !n.isDir():
		n.file.failSync()
	case !done:
	case n.isDir():
		d.changes = syncNames(d.changes, n)
	default:
		n.file.sync()
	}
	return errno
}
