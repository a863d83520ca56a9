package powerdisk

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// How much of what lies between two syncs is remembered: more would only take memory.
const (
	mostVersions = 4
	mostLengths  = 8
	mostForks    = 3
)

// file is a file twice: as programs see it, and what the medium may hold of it.
type file struct {
	current content
	medium
	// lost are sectors whose sync failed: they are called clean, and whether they reached the medium nobody knows.
	lost map[int64]version
	// forks are the medium before each time that the file was made shorter, since the last sync.
	forks []medium
}

// medium is what the disk is sure to hold, and what may have reached it since.
type medium struct {
	stable  content
	dirty   map[int64][]version
	lengths []int64 // since the last sync, the newest last
}

func newFile() *file {
	return &file{
		current: newContent(), lost: map[int64]version{},
		medium: medium{stable: newContent(), dirty: map[int64][]version{}},
	}
}

// stableFile is a file whose content is on the medium.
func stableFile(c content) *file {
	f := newFile()
	f.current, f.stable = c.clone(), c.clone()
	return f
}

func (f *file) write(from []byte, offset int64) {
	if len(from) == 0 {
		return
	}
	before := f.current.size
	f.current.write(from, offset)
	if f.current.size != before {
		f.lengthened()
	}
	for n := offset / sectorBytes; n*sectorBytes < offset+int64(len(from)); n++ {
		versions := f.dirty[n]
		if len(versions) == mostVersions {
			versions = slices.Delete(versions, 0, 1)
		}
		f.dirty[n] = append(versions, f.current.sector(n))
	}
}

// lengthened notes a new length.
func (f *file) lengthened() {
	if len(f.lengths) == mostLengths {
		f.lengths = slices.Delete(f.lengths, 0, 1)
	}
	f.lengths = append(f.lengths, f.current.size)
}

func (f *file) truncate(size int64) {
	if size == f.current.size {
		return
	}
	if size < f.current.size {
		f.shorten(size)
	}
	f.current.resize(size)
	f.lengthened()
}

// shorten parts the medium into one where the file was not made shorter yet, and one where it was.
func (f *file) shorten(size int64) {
	if len(f.forks) == mostForks {
		f.forks = slices.Delete(f.forks, 1, 2) // the first is what was synced last
	}
	f.forks = append(f.forks, f.clone())
	f.stable.resize(min(f.stable.size, size))
	for n, versions := range f.dirty {
		start := n * sectorBytes
		if start >= size {
			delete(f.dirty, n)
			continue
		}
		for i, v := range versions {
			cut := *v
			clear(cut[min(size-start, sectorBytes):])
			versions[i] = &cut
		}
	}
	maps.DeleteFunc(f.lost, func(n int64, _ version) bool { return n*sectorBytes >= size })
	f.lengths = slices.DeleteFunc(f.lengths, func(n int64) bool { return n > size })
}

func (m *medium) clone() medium {
	other := medium{stable: m.stable.clone(), dirty: maps.Clone(m.dirty), lengths: slices.Clone(m.lengths)}
	for n, versions := range other.dirty {
		other.dirty[n] = slices.Clone(versions)
	}
	return other
}

// sync makes durable what is called dirty.
func (f *file) sync() {
	f.stable.resize(f.current.size)
	for n := range f.dirty {
		f.stable.setSector(n, f.current.sector(n))
		delete(f.lost, n)
	}
	clear(f.dirty)
	f.lengths, f.forks = nil, nil
}

// failSync calls clean what is dirty, and leaves it to chance whether it is on the medium.
func (f *file) failSync() {
	for n, versions := range f.dirty {
		f.lost[n] = versions[len(versions)-1]
	}
	clear(f.dirty)
}

// forget lets the cache drop half of the pages whose sync failed, so that the next to read them sees the medium.
func (f *file) forget(random *rand.Rand) (sectors int) {
	for _, n := range slices.Sorted(maps.Keys(f.lost)) {
		if _, dirty := f.dirty[n]; dirty || random.IntN(2) == 0 {
			continue
		}
		f.current.setSector(n, f.stable.sector(n))
		delete(f.lost, n)
		sectors++
	}
	return sectors
}

// cut gives the file as it is after a power cut.
func (f *file) cut(random *rand.Rand, mode Mode) content {
	switch mode {
	case KeepNone:
		m := &f.medium
		if len(f.forks) > 0 {
			m = &f.forks[0]
		}
		return m.stable.clone()
	case KeepAll:
		c := f.stable.clone()
		c.resize(f.current.size)
		for n, versions := range f.dirty {
			c.setSector(n, versions[len(versions)-1])
		}
		return c
	case KeepSome:
	}
	m := &f.medium
	if which := random.IntN(len(f.forks) + 1); which < len(f.forks) {
		m = &f.forks[which]
	}
	return m.cut(random, f.lost)
}

// shares are how likely it is that a sector of one file reached the medium; mostly it is a coin.
var shares = []float64{0.5, 0.5, 0.5, 0.5, 0.05, 0.95}

func (m *medium) cut(random *rand.Rand, lost map[int64]version) content {
	c := m.stable.clone()
	if n := random.IntN(len(m.lengths) + 1); n < len(m.lengths) {
		c.resize(m.lengths[n])
	}
	share := shares[random.IntN(len(shares))]
	for _, n := range slices.Sorted(maps.Keys(lost)) {
		if random.Float64() < share {
			c.setSector(n, lost[n])
		}
	}
	for _, n := range slices.Sorted(maps.Keys(m.dirty)) {
		if random.Float64() >= share {
			continue
		}
		versions := m.dirty[n]
		which := len(versions) - 1
		if random.IntN(3) == 0 {
			which = random.IntN(len(versions))
		}
		c.setSector(n, versions[which])
	}
	return c
}
