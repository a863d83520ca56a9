package filejournal

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/tonghop/tonghop/server/journal"
)

// keepBufferBytes bounds the buffer that is kept between groups: a reorganisation is rare and large.
const keepBufferBytes = 4 << 20

// Append writes the records as one group with one write and one flush.
func (j *Journal) Append(ctx context.Context, after uint64, records []journal.Record) (journal.Head, error) {
	if j.readOnly {
		return j.Head(), readOnly("append")
	}
	if err := journal.Check(records); err != nil {
		return j.Head(), err
	}
	j.write.Lock()
	defer j.write.Unlock()
	head, err := j.current()
	if err == nil {
		err = ctx.Err()
	}
	if err == nil && head.Sequence != after {
		err = journal.HeadMoved(after, head)
	}
	if err == nil {
		err = j.makeRoom(groupBytes(records), head)
	}
	if err != nil {
		return head, err
	}
	last := j.last()
	buf, next := appendGroup(j.buf[:0], last.mark, head, records)
	if cap(buf) <= keepBufferBytes {
		j.buf = buf
	}
	if err := writeSynced(j.file, buf, last.end); err != nil {
		return head, j.poison(err)
	}
	j.publish(next, last.end+int64(len(buf)))
	j.prepareAhead()
	return next, nil
}

// makeRoom makes the last segment one that has room for a group of the given size.
func (j *Journal) makeRoom(size int64, head journal.Head) error {
	last := j.last()
	if last.end+size <= last.size {
		return nil
	}
	bytes, err := j.takePrepared(size)
	if err != nil {
		if isFull(err) {
			return storeFull(err)
		}
		return j.poison(err)
	}
	next := newSegment(j.ID(), head, newMark(), bytes)
	// The full segment is closed first, because the new one may take its place.
	err = j.file.Close()
	j.file = nil
	if err == nil {
		j.file, err = install(j.config.Files, j.config.Dir, next)
	}
	if err != nil {
		return j.poison(err)
	}
	j.state.Lock()
	defer j.state.Unlock()
	j.follow(next)
	return nil
}

// follow makes a segment the last one. It is called with write and state held.
func (j *Journal) follow(next *segment) {
	if next.first == j.last().first {
		// The segment was still empty and too small for the group: the new one has taken its name and its place.
		j.segments = append([]*segment(nil), j.segments[:len(j.segments)-1]...)
	}
	j.segments = append(j.segments, next)
}

// install makes the prepared file the segment s and opens it. Its header is durable before it has its name, and its
// name before anything is appended to it.
func install(files FileSystem, dir string, s *segment) (File, error) {
	return installAs(files, dir, s.name, s.header())
}

// installAs gives the prepared file its first bytes, makes them durable, and gives it its name.
func installAs(files FileSystem, dir, name string, begin []byte) (File, error) {
	from, to := join(dir, preparedName), join(dir, name)
	file, err := files.Open(from, true)
	if err != nil {
		return nil, err
	}
	// Closed for the renaming, which Windows refuses on an open file.
	if err := errors.Join(writeSynced(file, begin, 0), file.Close()); err != nil {
		return nil, err
	}
	if err := files.Rename(from, to); err != nil {
		return nil, err
	}
	if err := files.SyncDir(dir); err != nil {
		return nil, err
	}
	return files.Open(to, true)
}

func newMark() mark {
	var m mark
	_, _ = rand.Read(m[:]) // never fails: the runtime stops the process instead
	return m
}
