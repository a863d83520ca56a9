package powerdisk

import "maps"

const (
	// sectorBytes is what a disk writes wholly or not at all.
	sectorBytes = 512
	// pageBytes is how much is allocated at a time; a page that was never anything but zeros takes nothing.
	pageBytes      = 4096
	sectorsPerPage = pageBytes / sectorBytes
)

type page [pageBytes]byte

var zeroPage page

// content is the bytes of a file. Bytes behind the size are zeros.
type content struct {
	pages map[int64]*page
	size  int64
}

func newContent() content { return content{pages: map[int64]*page{}} }

func (c *content) clone() content {
	other := content{pages: maps.Clone(c.pages), size: c.size}
	for n, p := range other.pages {
		copied := *p
		other.pages[n] = &copied
	}
	return other
}

// read fills buf from offset and says how much the file has of it.
func (c *content) read(buf []byte, offset int64) int {
	buf = buf[:max(min(int64(len(buf)), c.size-offset), 0)]
	for done := 0; done < len(buf); {
		at := offset + int64(done)
		from := zeroPage[at%pageBytes:]
		if p := c.pages[at/pageBytes]; p != nil {
			from = p[at%pageBytes:]
		}
		done += copy(buf[done:], from)
	}
	return len(buf)
}

// write puts bytes at offset and lets the file grow to hold them.
func (c *content) write(from []byte, offset int64) {
	c.size = max(c.size, offset+int64(len(from)))
	for len(from) > 0 {
		start := offset % pageBytes
		n := min(int64(len(from)), pageBytes-start)
		c.put(offset/pageBytes, start, from[:n])
		from, offset = from[n:], offset+n
	}
}

// put writes into one page.
func (c *content) put(number, start int64, from []byte) {
	p := c.pages[number]
	if p == nil {
		if string(from) == string(zeroPage[:len(from)]) {
			return
		}
		p = &page{}
		c.pages[number] = p
	}
	copy(p[start:], from)
}

// resize makes the file shorter or longer; what is new is zeros.
func (c *content) resize(size int64) {
	if size < c.size {
		for n, p := range c.pages {
			switch start := n * pageBytes; {
			case start >= size:
				delete(c.pages, n)
			case start+pageBytes > size:
				clear(p[size-start:])
			}
		}
	}
	c.size = size
}

// version is a sector as one write left it. It never changes.
type version = *[sectorBytes]byte

// zeroSector is the version that most sectors of a new file have.
var zeroSector = new([sectorBytes]byte)

// sector gives a copy of one sector.
func (c *content) sector(number int64) version {
	p := c.pages[number/sectorsPerPage]
	if p == nil {
		return zeroSector
	}
	s := new([sectorBytes]byte)
	copy(s[:], p[number%sectorsPerPage*sectorBytes:])
	return s
}

// setSector puts one sector, and nothing behind the size.
func (c *content) setSector(number int64, s version) {
	start := number * sectorBytes
	if n := min(c.size-start, sectorBytes); n > 0 {
		c.put(number/sectorsPerPage, start%pageBytes, s[:n])
	}
}
