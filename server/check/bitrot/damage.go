//go:build unix

package bitrot

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// The sizes in which disks and bbolt lose things.
const (
	sectorBytes = 512
	pageBytes   = 4096
)

// damage is one damage of one file.
type damage struct {
	n uint64
	// model is the copy that is damaged.
	model string
	kind  kind
	file  string
	// at is where, bit which bit of the byte; other is the file and to the place that it is exchanged with, of size bytes.
	at    int64
	bit   int
	other string
	to    int64
	size  int64
}

type kind uint8

const (
	flipped kind = iota
	zeroed
	cut
	swapped
	kinds
)

var kindNames = [...]string{flipped: "flipped", zeroed: "zeroed", cut: "cut", swapped: "swapped"}

// String tells it.
func (d damage) String() string {
	what := [...]string{
		flipped: fmt.Sprintf("bit %d of byte %d is turned over", d.bit, d.at),
		zeroed:  fmt.Sprintf("%d bytes from %d on are zeros", d.size, d.at),
		cut:     fmt.Sprintf("it is cut to %d bytes", d.at),
		swapped: fmt.Sprintf("%d bytes from %d on are exchanged with those of %s from %d on", d.size, d.at, d.other, d.to),
	}[d.kind]
	return fmt.Sprintf("damage %d, %s, %s: %s", d.n, d.model, d.file, what)
}

// ofJournal says whether the damage hits a segment.
func (d damage) ofJournal() bool { return isSegment(d.file) }

func isSegment(file string) bool { return strings.HasSuffix(file, ".journal") }

// everyKinds is the cycle of kinds, by which 3,200 damages are 2,000 flips, 500 sectors, 500 cuts and 200 exchanges.
const everyKinds = 32

func kindOf(n uint64) kind {
	switch n % everyKinds {
	case 5, 11, 17, 23, 29:
		return zeroed
	case 2, 8, 14, 20, 26:
		return cut
	case 7, 22:
		return swapped
	}
	return flipped
}

// draw draws the damage with a number.
func draw(seed, n uint64, all map[string]*model) damage {
	random := rand.New(rand.NewPCG(seed+n, damagePart)) //nolint:gosec // drawn again from the seed
	d := damage{n: n, model: copies[random.IntN(len(copies))], kind: kindOf(seed + n)}
	m := all[d.model]
	switch part := random.IntN(100); {
	case part < 45 || d.kind == zeroed && part < 50:
		d.inJournal(random, m)
	case part < 90 || d.kind == zeroed || d.kind == swapped:
		d.inState(random, m)
	default:
		d.file = m.small[random.IntN(len(m.small))]
		d.at = random.Int64N(m.sizes[d.file] + 1)
		d.at = min(d.at, max(m.sizes[d.file]-1, 0))
	}
	d.bit = random.IntN(8)
	return d
}

const damagePart = 0xb1

// inJournal chooses a place in a segment: a quarter in the last change of all, most of the others where something stands.
func (d *damage) inJournal(random *rand.Rand, m *model) {
	d.file = m.segments[random.IntN(len(m.segments))]
	switch choice := random.IntN(20); {
	case choice < 5:
		d.file = m.segments[len(m.segments)-1]
		d.at = m.lastFrom + random.Int64N(m.used[d.file]-m.lastFrom)
	case choice < 17:
		d.at = random.Int64N(m.used[d.file])
	default:
		d.at = random.Int64N(m.sizes[d.file])
	}
	d.size = sectorBytes
	d.other = m.segments[random.IntN(len(m.segments))]
	d.to = random.Int64N(m.sizes[d.other]) / sectorBytes * sectorBytes
	d.toSector()
}

// inState chooses a place in the file of the state: where pages were ever used, more often than not in the first bytes of
// a page, which say what it is.
func (d *damage) inState(random *rand.Rand, m *model) {
	d.file = stateFile
	used := m.used[d.file]
	switch choice := random.IntN(20); {
	case choice == 0:
		d.at = random.Int64N(m.sizes[d.file])
	case choice < 5:
		d.at = random.Int64N(used)/pageBytes*pageBytes + random.Int64N(96)
	case choice < 6:
		d.at = random.Int64N(2 * pageBytes)
	default:
		d.at = random.Int64N(used)
	}
	d.size = sectorBytes
	if d.kind == swapped {
		d.size = pageBytes
	}
	d.other = d.file
	d.to = random.Int64N(used) / pageBytes * pageBytes
	d.toSector()
}

// toSector begins at the beginning of what is lost or exchanged.
func (d *damage) toSector() {
	if d.kind == zeroed || d.kind == swapped {
		d.at = d.at / d.size * d.size
	}
}

// do damages the copy in a folder.
func (d *damage) do(dir string) error {
	path := filepath.Join(dir, d.file)
	if d.kind == cut {
		return os.Truncate(path, d.at)
	}
	if d.kind == flipped {
		return change(path, d.at, 1, func(b []byte) { b[0] ^= 1 << d.bit })
	}
	if d.kind == zeroed {
		return change(path, d.at, d.size, func(b []byte) { clear(b) })
	}
	var here []byte
	if err := change(path, d.at, d.size, func(b []byte) { here = append(here, b...) }); err != nil {
		return err
	}
	var there []byte
	err := change(filepath.Join(dir, d.other), d.to, d.size, func(b []byte) {
		there = append(there, b...)
		copy(b, here)
	})
	if err != nil {
		return err
	}
	return change(path, d.at, d.size, func(b []byte) { copy(b, there) })
}

// change changes bytes of a file, as far as it goes.
func change(path string, at, size int64, how func([]byte)) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // a copy of our own
	if err != nil {
		return err
	}
	buf := make([]byte, size)
	n, _ := file.ReadAt(buf, at) // it may end before
	how(buf[:n])
	if _, err := file.WriteAt(buf[:n], at); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}
