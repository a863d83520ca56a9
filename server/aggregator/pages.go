package aggregator

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// bbolt maps its file and believes what it finds: a damaged page ends in an answer that something is not there, in a panic in
// a goroutine of its own, or in a signal that nothing can catch. So before bbolt opens a file, what is here reads it page by
// page, in plain reads, and believes nothing.
//
// A meta page is the first 64 bytes after the header of pages 0 and 1: magic, version, size of a page and flags of 4 bytes
// each; root page and sequence of the root bucket, the list of free pages, the number of pages, the transaction and an
// FNV-1a of all before it, of 8 bytes each; in the byte order of the machine, as is everything in a page. The header of a
// page is its number of 8 bytes, its type and its count of 2 bytes each, and how many pages more it takes of 4 bytes. Then
// come its elements, 16 bytes each: in a leaf flags, distance from the element to its key, length of the key and length
// of the value behind it; in a branch distance, length of the key and, of 8 bytes, the page below. Keys and values follow
// without a gap, in the order of the elements. The value of an element with flag 1 is a bucket: its root page and a
// sequence, of 8 bytes each, and if the root is 0 a page without a number.
const (
	pageHeaderBytes  = 16
	elementBytes     = 16
	bucketBytes      = 16
	metaBytes        = 64
	metaSumAt        = 56
	metaMagic        = 0xED0CDAED
	metaVersion      = 2
	branchPage       = 1
	leafPage         = 2
	elementIsBucket  = 1
	deepestTree      = 64
	largestPageBytes = 1 << 30
)

// native is the byte order of the machine.
var native = binary.NativeEndian

// pages is a file of bbolt under inspection.
type pages struct {
	file *os.File
	// root is the root page of the root bucket, count how many pages the file has.
	root, count uint64
	// taken are the pages that were reached.
	taken []uint64
	// rooms are where pages are read into, by their depth in the tree.
	rooms [deepestTree][]byte
}

// openPages reads the newest meta page that is whole.
func openPages(path string) (*pages, error) {
	file, err := os.Open(path) //nolint:gosec // the state's own file
	if err != nil {
		return nil, err
	}
	p := &pages{file: file}
	if err := p.readMeta(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return p, nil
}

func (p *pages) readMeta() error {
	newest, found := uint64(0), false
	for page := range int64(2) {
		raw := make([]byte, pageHeaderBytes+metaBytes)
		if _, err := p.file.ReadAt(raw, page*pageBytes); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		meta := raw[pageHeaderBytes:]
		sum := fnv.New64a()
		_, _ = sum.Write(meta[:metaSumAt]) // a hash never fails
		if native.Uint32(meta) != metaMagic || native.Uint32(meta[4:]) != metaVersion || native.Uint32(meta[8:]) != pageBytes ||
			native.Uint64(meta[metaSumAt:]) != sum.Sum64() {
			continue
		}
		if transaction := native.Uint64(meta[48:]); !found || transaction > newest {
			newest, found = transaction, true
			p.root, p.count = native.Uint64(meta[16:]), native.Uint64(meta[40:])
		}
	}
	if !found {
		return errors.New("neither of the two pages that say where everything is can be read")
	}
	info, err := p.file.Stat()
	if err != nil {
		return err
	}
	if p.count > uint64(info.Size())/pageBytes { //nolint:gosec // a size is not negative
		return fmt.Errorf("the file has %d bytes, and %d pages are in use", info.Size(), p.count)
	}
	p.taken = make([]uint64, p.count/64+1)
	return nil
}

func (p *pages) close() error { return p.file.Close() }

// page is one page, checked in itself.
type page struct {
	raw   []byte
	leaf  bool
	count int
}

// read reads a page and what it takes of those behind it. None may be reached twice.
func (p *pages) read(number uint64, depth int) (page, error) {
	if depth >= deepestTree {
		return page{}, fmt.Errorf("page %d lies too deep", number)
	}
	if number < 2 || number >= p.count {
		return page{}, fmt.Errorf("there is no page %d", number)
	}
	at := int64(number) * pageBytes //nolint:gosec // in the file
	room := p.room(depth, pageBytes)
	if _, err := p.file.ReadAt(room, at); err != nil {
		return page{}, err
	}
	if stored := native.Uint64(room); stored != number {
		return page{}, fmt.Errorf("page %d says that it is page %d", number, stored)
	}
	more := uint64(native.Uint32(room[12:]))
	if more >= p.count-number || more >= largestPageBytes/pageBytes {
		return page{}, fmt.Errorf("page %d goes on beyond the end of the file", number)
	}
	for n := number; n <= number+more; n++ {
		if p.taken[n/64]>>(n%64)&1 != 0 {
			return page{}, fmt.Errorf("page %d is reached twice", n)
		}
		p.taken[n/64] |= 1 << (n % 64)
	}
	if more > 0 {
		room = p.room(depth, int((more+1)*pageBytes)) //nolint:gosec // bounded above
		if _, err := p.file.ReadAt(room, at); err != nil {
			return page{}, err
		}
	}
	parsed, err := parsePage(room)
	if err != nil {
		return page{}, fmt.Errorf("page %d: %w", number, err)
	}
	return parsed, nil
}

// room gives room for so many bytes at a depth of the tree.
func (p *pages) room(depth, size int) []byte {
	if cap(p.rooms[depth]) < size {
		p.rooms[depth] = make([]byte, size)
	}
	return p.rooms[depth][:size]
}

// parsePage checks that the elements of a page lie one behind the other, in the ascending order of their keys.
func parsePage(raw []byte) (page, error) {
	if len(raw) < pageHeaderBytes {
		return page{}, errors.New("it is cut short")
	}
	kind, count := native.Uint16(raw[8:]), int(native.Uint16(raw[10:]))
	pg := page{raw: raw, leaf: kind == leafPage, count: count}
	if kind != leafPage && kind != branchPage || !pg.leaf && count == 0 {
		return page{}, errors.New("it is neither a leaf nor a branch")
	}
	end := pageHeaderBytes + elementBytes*count
	if end > len(raw) {
		return page{}, errors.New("it has more elements than room")
	}
	var last []byte
	for n := range count {
		from, key, value := pg.bounds(n)
		if from != end || key == 0 || key > len(raw)-from || value > len(raw)-from-key {
			return page{}, fmt.Errorf("element %d does not lie where it should", n)
		}
		end = from + key + value
		at := raw[from : from+key]
		if n > 0 && bytes.Compare(last, at) >= 0 {
			return page{}, fmt.Errorf("the key of element %d is out of order", n)
		}
		last = at
	}
	return pg, nil
}

// bounds gives where the key of an element begins, and the lengths of key and value.
func (pg *page) bounds(n int) (from, key, value int) {
	at := pageHeaderBytes + elementBytes*n
	e := pg.raw[at:]
	if pg.leaf {
		return at + int(native.Uint32(e[4:])), int(native.Uint32(e[8:])), int(native.Uint32(e[12:]))
	}
	return at + int(native.Uint32(e)), int(native.Uint32(e[4:])), 0
}

// key gives the key of an element, value what stands behind it.
func (pg *page) key(n int) []byte {
	from, key, _ := pg.bounds(n)
	return pg.raw[from : from+key]
}

func (pg *page) value(n int) []byte {
	from, key, value := pg.bounds(n)
	return pg.raw[from+key : from+key+value]
}

// below gives the page that a branch names, flags those of an element of a leaf.
func (pg *page) below(n int) uint64 { return native.Uint64(pg.raw[pageHeaderBytes+elementBytes*n+8:]) }

func (pg *page) flags(n int) uint32 { return native.Uint32(pg.raw[pageHeaderBytes+elementBytes*n:]) }

// walk visits every element of a tree in order. Keys lie from low on and before high; nil is no bound.
func (p *pages) walk(number uint64, depth int, low, high []byte, visit func(key, value []byte, flags uint32) error) error {
	pg, err := p.read(number, depth)
	if err != nil {
		return err
	}
	if pg.count > 0 && (bytes.Compare(pg.key(0), low) < 0 || high != nil && bytes.Compare(pg.key(pg.count-1), high) >= 0) {
		return fmt.Errorf("page %d holds keys that belong elsewhere", number)
	}
	if depth > 0 && pg.count == 0 {
		return fmt.Errorf("page %d is empty", number)
	}
	if pg.leaf {
		return pg.each(visit)
	}
	for n := range pg.count {
		next := high
		if n+1 < pg.count {
			next = pg.key(n + 1)
		}
		if err := p.walk(pg.below(n), depth+1, pg.key(n), next, visit); err != nil {
			return err
		}
	}
	return nil
}

// each visits the elements of a leaf.
func (pg *page) each(visit func(key, value []byte, flags uint32) error) error {
	for n := range pg.count {
		if err := visit(pg.key(n), pg.value(n), pg.flags(n)); err != nil {
			return err
		}
	}
	return nil
}

// bucket visits what is in a bucket, whose value this is.
func (p *pages) bucket(value []byte, visit func(key, value []byte, flags uint32) error) error {
	if len(value) < bucketBytes {
		return errors.New("a bucket is cut short")
	}
	if root := native.Uint64(value); root != 0 {
		return p.walk(root, 0, nil, nil, visit)
	}
	pg, err := parsePage(value[bucketBytes:])
	if err == nil && !pg.leaf {
		err = errors.New("it is no leaf")
	}
	if err != nil {
		return fmt.Errorf("a small bucket: %w", err)
	}
	return pg.each(visit)
}

// buckets visits the buckets by their names.
func (p *pages) buckets(visit func(name, value []byte) error) error {
	// What is visited is read at greater depths, and the page of the names stays as it is.
	type named struct{ name, value []byte }
	var list []named
	err := p.walk(p.root, 0, nil, nil, func(key, value []byte, flags uint32) error {
		if flags != elementIsBucket {
			return fmt.Errorf("%q is no bucket", key)
		}
		list = append(list, named{bytes.Clone(key), bytes.Clone(value)})
		return nil
	})
	for _, b := range list {
		if err != nil {
			break
		}
		err = visit(b.name, b.value)
	}
	return err
}
