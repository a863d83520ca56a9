package powerdisk

import (
	"maps"
	"math/rand/v2"
	"slices"
	"syscall"
)

// Verb is a kind of change.
type Verb string

// The kinds of change.
const (
	Create   Verb = "create"
	Mkdir    Verb = "mkdir"
	Rename   Verb = "rename"
	Remove   Verb = "remove"
	Write    Verb = "write"
	Truncate Verb = "truncate"
	Sync     Verb = "sync"
	SyncDir  Verb = "syncdir"
)

// Call is one change that a program asks of the disk.
type Call struct {
	// Number counts all changes from 1.
	Number int
	// Verb and Path say what is changed, the path from the mounted folder on and with slashes; "." is that folder. Of a
	// rename it is the new name.
	Verb Verb
	Path string
}

// faults are what is wrong with a disk.
type faults struct {
	before   func(Call) syscall.Errno
	lieEvery int
	failAt   int
	failWith syscall.Errno
	waiting  []moment
}

// moment is a change that somebody waits for.
type moment struct {
	of   func(Call) bool
	left *int
	do   func(Frozen)
}

// Frozen is a disk between two changes.
type Frozen struct{ disk *Disk }

// Image is that of the disk at this moment.
func (f Frozen) Image(random *rand.Rand, mode Mode) *Image { return f.disk.image(random, mode) }

// LieEvery makes the disk say of every n-th sync that it is done when it is not; 0 makes it honest again. What it held
// back is written with the next sync of the same file.
func (d *Disk) LieEvery(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lieEvery = n
}

// FailSync makes the n-th sync from now on fail with an error, once. See the page for what is on the medium then.
func (d *Disk) FailSync(n int, errno syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failAt, d.failWith = d.stats.Syncs+n, errno
}

// Before has every change asked about before it is done; an error is what the program gets instead. The disk stands
// still meanwhile, so the function must not touch it. Nil asks nobody.
func (d *Disk) Before(ask func(Call) syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.before = ask
}

// At calls a function, once, just before the n-th of the changes from now on that are chosen; nil chooses all. The disk
// stands still meanwhile: the function may take images from what it is given, and neither must ask the disk itself for
// anything.
func (d *Disk) At(n int, of func(Call) bool, do func(Frozen)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting = append(d.waiting, moment{of, &n, do})
}

// Disarm forgets the functions of At that were not called yet.
func (d *Disk) Disarm() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting = nil
}

// step is called before a change of a name.
func (d *Disk) step(verb Verb, dir *node, name string) syscall.Errno {
	d.stats.Changes++
	if d.before == nil && len(d.waiting) == 0 {
		return 0
	}
	return d.ask(verb, d.path(dir, name))
}

// stepAt is called before a change of a file or folder.
func (d *Disk) stepAt(verb Verb, n *node) syscall.Errno {
	d.stats.Changes++
	switch {
	case d.before == nil && len(d.waiting) == 0:
		return 0
	case n == d.root:
		return d.ask(verb, ".")
	}
	return d.ask(verb, d.path(n.parent, d.nameOf(n)))
}

func (d *Disk) ask(verb Verb, path string) syscall.Errno {
	call := Call{Number: d.stats.Changes, Verb: verb, Path: path}
	var due []moment
	d.waiting = slices.DeleteFunc(d.waiting, func(m moment) bool {
		if m.of != nil && !m.of(call) {
			return false
		}
		*m.left--
		if *m.left > 0 {
			return false
		}
		due = append(due, m)
		return true
	})
	for _, m := range due {
		m.do(Frozen{d})
	}
	if d.before == nil {
		return 0
	}
	return d.before(call)
}

// stepSync is called before a sync; done says whether it is to be done.
func (d *Disk) stepSync(n *node) (done bool, errno syscall.Errno) {
	verb := Sync
	if n.isDir() {
		verb = SyncDir
	}
	errno = d.stepAt(verb, n)
	d.stats.Syncs++
	if errno == 0 && d.stats.Syncs == d.failAt {
		errno = d.failWith
	}
	switch {
	case errno != 0:
		d.stats.Failed++
		return false, errno
	case d.lieEvery > 0 && d.stats.Syncs%d.lieEvery == 0:
		d.stats.Lied++
		return false, 0
	}
	return true, 0
}

func sortedNames(n *node) []string { return slices.Sorted(maps.Keys(n.entries)) }
