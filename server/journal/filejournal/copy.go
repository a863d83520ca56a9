package filejournal

import (
	"context"
	"encoding/binary"
	"errors"
	"math"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// A copy is a folder of segments that end where their last group ends, without the zeros behind it: for a backup. Nothing
// appends to it; OpenCopy reads it, CopyFrom makes a journal of it.

const (
	// copyStep is what is written at a time, and syncStep what is flushed at a time, so that a server which flushes its
	// groups on the same disk never waits for a whole segment.
	copyStep = 1 << 20
	syncStep = 8 << 20
)

// Copied says what was copied.
type Copied struct {
	// IDs are those of the journal, the one that it was made with first.
	IDs []journal.ID
	// Head is the last entry.
	Head journal.Head
	// Files are the names of the segments, in order, and Bytes what they hold together.
	Files []string
	Bytes int64
}

// CopyTo copies the journal up to an entry, the last of its group, into a folder that is there and holds nothing of the
// kind, and makes the files durable, with their names. A server may append meanwhile: the entry must be durable, and
// nothing behind it is looked at. Every group is verified as it is copied, and removed texts are copied as zeros.
// Progress is told the sequence that was reached; it may be nil.
//
// A disk without room is Exhausted, COPY_DISK_FULL.
func CopyTo(ctx context.Context, config Config, dir string, to uint64, progress func(done uint64)) (Copied, error) {
	config, err := config.filled()
	if err != nil {
		return Copied{}, err
	}
	if to == 0 {
		return Copied{}, fault.Precondition(ReasonEmpty, "copy the journal in %s: it has no entry yet, so there is nothing to copy", config.Dir)
	}
	return copySegments(ctx, copying{from: config, dir: dir, to: to, progress: progress})
}

// CopyFrom makes a journal of a copy: the segments get back their full size. The folder of the journal is there and holds
// nothing of the kind; what CopyTo says holds here too.
func CopyFrom(ctx context.Context, dir string, config Config, progress func(done uint64)) (Copied, error) {
	config, err := config.filled()
	if err != nil {
		return Copied{}, err
	}
	from := config
	from.Dir, from.cut = dir, true
	j, err := OpenCopy(ctx, from)
	if err != nil {
		return Copied{}, err
	}
	to := j.Head().Sequence
	if err := j.Close(); err != nil {
		return Copied{}, err
	}
	return copySegments(ctx, copying{from: from, dir: config.Dir, to: to, whole: true, progress: progress})
}

// OpenCopy opens a copy for reading, and checks all of it: the chain, and that there is nothing else in its files.
func OpenCopy(ctx context.Context, config Config) (*Journal, error) {
	config.cut = true
	j, err := OpenReadOnly(ctx, config)
	if err != nil {
		return nil, err
	}
	for _, s := range j.segments {
		file, err := j.config.Files.Open(j.path(s.name), false)
		if err != nil {
			return nil, failed("opening", s.name, err)
		}
		size, err := file.Size()
		if err = errors.Join(err, file.Close()); err != nil {
			return nil, unreadable(s.name, 0, err)
		}
		if size != s.end {
			return nil, damaged(s.name, s.end, "there is something behind the last group of the copy")
		}
	}
	return j, nil
}

// uncut gives the size that a segment of a copy had, as its header tells, if the file is not longer than that.
func uncut(raw []byte, size int64) int64 {
	if len(raw) < segmentHeaderBytes {
		return size
	}
	made := binary.BigEndian.Uint64(raw[80:])
	if made > math.MaxInt64 || int64(made) < size {
		return size
	}
	return int64(made)
}

// copying is what copySegments is asked for.
type copying struct {
	from     Config
	dir      string
	to       uint64
	whole    bool // pad the segments to their size
	progress func(done uint64)
}

func copySegments(ctx context.Context, c copying) (Copied, error) {
	segments, err := readSegments(c.from)
	if err != nil {
		return Copied{}, err
	}
	done := Copied{Head: segments[0].start().before}
	var walk cursor
	for i, s := range segments {
		if s.first > c.to {
			break
		}
		last := c.to
		if i+1 < len(segments) {
			last = min(last, segments[i+1].first-1)
		}
		if s.start().before != done.Head {
			return done, damaged(s.name, 0, "the segment does not follow the one before it")
		}
		bytes, err := c.segment(ctx, &walk, s, last)
		if err != nil {
			return done, err
		}
		done.Head, done.Bytes, done.Files = walk.head, done.Bytes+bytes, append(done.Files, s.name)
		if n := len(done.IDs); n == 0 || done.IDs[n-1] != s.id {
			done.IDs = append(done.IDs, s.id)
		}
	}
	if err := c.from.Files.SyncDir(c.dir); err != nil {
		return done, copyFailed(c.dir, "its folder", err)
	}
	return done, nil
}

// segment copies one segment up to its entry last and gives how many bytes its header and groups have.
func (c copying) segment(ctx context.Context, walk *cursor, s *segment, last uint64) (int64, error) {
	from, err := c.from.Files.Open(join(c.from.Dir, s.name), false)
	if err != nil {
		return 0, failed("opening", s.name, err)
	}
	walk.at(from, s, s.start(), s.size)
	into, err := c.from.Files.Create(join(c.dir, s.name))
	if err != nil {
		_ = from.Close()
		return 0, copyFailed(c.dir, s.name, err)
	}
	w := copyWriter{file: into, buf: s.header()}
	err = c.groups(ctx, walk, &w, last)
	if err == nil {
		if err = w.finish(s.size, c.whole); err != nil {
			err = copyFailed(c.dir, s.name, err)
		}
	}
	if closeErr := into.Close(); err == nil && closeErr != nil {
		err = copyFailed(c.dir, s.name, closeErr)
	}
	if closeErr := from.Close(); err == nil && closeErr != nil {
		err = unreadable(s.name, 0, closeErr)
	}
	return w.at, err
}

// groups copies groups until the entry last.
func (c copying) groups(ctx context.Context, walk *cursor, w *copyWriter, last uint64) error {
	for walk.head.Sequence < last {
		if err := ctx.Err(); err != nil {
			return err
		}
		found, err := walk.next()
		switch {
		case err != nil:
			return err
		case !found:
			return damaged(walk.name, walk.offset, walk.why)
		case walk.head.Sequence > last:
			return fault.Internal(nil, "copy to entry %d: the group that it is in ends with entry %d", last, walk.head.Sequence)
		}
		walk.blank()
		flushed, err := w.write(walk.raw)
		if err != nil {
			return copyFailed(c.dir, walk.name, err)
		}
		if flushed && c.progress != nil {
			c.progress(walk.head.Sequence)
		}
	}
	if c.progress != nil {
		c.progress(walk.head.Sequence)
	}
	return nil
}

// blank makes zeros of what is left of removed texts in the bytes that were read: their removal may be under way.
func (c *cursor) blank() {
	for k := range c.group.entries {
		if block := c.group.blocks[k]; block != 0 && c.group.entries[k].Removed {
			clear(c.raw[block+1 : block+c.group.blockBytes(c.raw, k)])
		}
	}
}

// copyWriter writes a file from its beginning.
type copyWriter struct {
	file       File
	buf        []byte
	at, synced int64
}

// write takes bytes, and says whether it wrote.
func (w *copyWriter) write(raw []byte) (bool, error) {
	w.buf = append(w.buf, raw...)
	if len(w.buf) < copyStep {
		return false, nil
	}
	return true, w.flush()
}

func (w *copyWriter) flush() error {
	if _, err := w.file.WriteAt(w.buf, w.at); err != nil {
		return err
	}
	w.at += int64(len(w.buf))
	w.buf = w.buf[:0]
	if w.at-w.synced < syncStep {
		return nil
	}
	w.synced = w.at
	return w.file.Sync()
}

// finish makes everything durable, with zeros up to the size of the segment if it is to be whole.
func (w *copyWriter) finish(size int64, whole bool) error {
	if err := w.flush(); err != nil {
		return err
	}
	if whole && w.at < size {
		if _, err := w.file.WriteAt(zeros[:1], size-1); err != nil { // the file system makes the zeros before it
			return err
		}
	}
	err := w.file.Sync()
	w.file.Forget() // whoever verifies the copy is to ask the disk
	return err
}

func copyFailed(dir, file string, err error) error {
	if isFull(err) {
		return fault.Exhausted(ReasonCopyFull,
			"the disk has no room for a copy of the journal in %s; make room or give a folder on another disk, then begin again: %w", dir, err).
			With("folder", dir)
	}
	return fault.Unavailable(ReasonUnreadable, "copy into the folder %s: writing %s failed: %w", dir, file, err).
		With("folder", dir).With("file", file)
}
