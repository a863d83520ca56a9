package filejournal

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/tonghop/tonghop/server/journal"
)

// windowBytes is how much of a segment is read at a time.
const windowBytes = 1 << 20

// zeros is what room looks like; it is compared with and written, never changed.
var zeros [windowBytes + groupHeaderBytes]byte

// cursor walks the groups of one segment, one after another.
type cursor struct {
	file  File
	name  string
	mark  mark
	limit int64 // nothing is read from here on

	offset int64        // of the next group
	head   journal.Head // before the next group

	// raw and group are the group that next has found, start is its offset; all are valid until the following next.
	raw   []byte
	group group
	start int64
	// why says what is wrong at offset where next found no group.
	why string

	window []byte
	base   int64 // offset of window[0]
}

// at sets the cursor to a place of a segment and keeps its buffers.
func (c *cursor) at(file File, s *segment, p place, limit int64) {
	c.file, c.name, c.mark, c.limit = file, s.name, s.mark, limit
	c.offset, c.head = p.offset, p.before
	c.window, c.base, c.raw, c.why = c.window[:0], 0, nil, ""
}

// next decodes the group that follows and steps behind it. false means that the bytes at offset are not that group.
//
// Bytes that fail are read a second time before they are given up: another process may be writing the group, or a text
// in it may just be removed, while the window is read. Whoever finds proof that the group should be whole, such as
// a later one, may call next again.
func (c *cursor) next() (bool, error) {
	c.why = ""
	for range 2 {
		raw, err := c.fetch()
		if err != nil {
			return false, err
		}
		if c.why = c.group.decode(raw, c.mark, c.head); c.why == "" {
			c.raw, c.start = raw, c.offset
			c.offset += int64(len(raw))
			c.head = c.group.after
			return true, nil
		}
		c.window = c.window[:0]
	}
	return false, nil
}

// fetch gives the bytes of the group at offset, as far as its header can be believed and the limit allows.
func (c *cursor) fetch() ([]byte, error) {
	raw, err := c.bytes(groupHeaderBytes)
	if err != nil {
		return nil, err
	}
	header, ok := parseGroupHeader(raw, c.mark)
	if !ok {
		return raw, nil
	}
	return c.bytes(header.size())
}

// bytes gives n bytes from offset, or fewer at the limit.
func (c *cursor) bytes(n int64) ([]byte, error) {
	n = min(n, c.limit-c.offset)
	if from := c.offset - c.base; from >= 0 && from+n <= int64(len(c.window)) {
		return c.window[from : from+n : from+n], nil
	}
	want := int(min(max(n, windowBytes), c.limit-c.offset))
	if cap(c.window) < want {
		c.window = make([]byte, want)
	}
	read, err := readAt(c.file, c.window[:want], c.offset)
	c.window, c.base = c.window[:read], c.offset
	if err != nil {
		c.window = c.window[:0]
		return nil, unreadable(c.name, c.offset, err)
	}
	n = min(n, int64(read))
	return c.window[:n:n], nil
}

// readAt fills buf; at the end of the file it is shorter, which is no error.
func readAt(file File, buf []byte, offset int64) (int, error) {
	n, err := file.ReadAt(buf, offset)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// remains is what lies in a segment behind its last group.
type remains struct {
	// end is behind the last byte that is not zero; it is the offset of the search if there is none.
	end int64
	// later is the offset of the header of a later group, 0 if there is none.
	later int64
}

// search looks at everything behind the last group of a segment: zeros are room, anything else is a torn group, unless
// the header of a group later than the missing one stands there. Such a group was written only after the missing one
// was durable, so what is missing was lost.
func (c *cursor) search(ctx context.Context) (remains, error) {
	found := remains{end: c.offset}
	buf := make([]byte, min(windowBytes+groupHeaderBytes, max(c.limit-c.offset, 0)))
	for at := c.offset; at < c.limit; at += windowBytes {
		if err := ctx.Err(); err != nil {
			return found, err
		}
		// The chunks overlap by a header, for one that lies across their border.
		n, err := readAt(c.file, buf[:min(int64(len(buf)), c.limit-at)], at)
		if err != nil {
			return found, unreadable(c.name, at, err)
		}
		chunk := buf[:n]
		if bytes.Equal(chunk, zeros[:n]) {
			continue
		}
		found.end = at + int64(len(bytes.TrimRight(chunk, "\x00")))
		if i := c.laterIn(chunk); i >= 0 && found.later == 0 {
			found.later = at + int64(i)
		}
	}
	return found, nil
}

// laterIn gives the offset of the first header of a later group in chunk, or -1.
func (c *cursor) laterIn(chunk []byte) int {
	for from := 0; ; from++ {
		i := bytes.Index(chunk[from:], c.mark[:])
		if i < 0 {
			return -1
		}
		from += i
		if header, ok := parseGroupHeader(chunk[from:], c.mark); ok && header.first > c.head.Sequence+1 {
			return from
		}
	}
}
