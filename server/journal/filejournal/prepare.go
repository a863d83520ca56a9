package filejournal

import (
	"errors"
	"path/filepath"
	"sync/atomic"
)

const (
	// preparedName is the file that will be the next segment: zeros of its full size, written and synced, so that the
	// flush of a group finds its blocks allocated and changes no metadata of the file.
	preparedName = "prepared"
	// prepareStep is written and synced at a time, so that a group's flush is never behind a whole segment.
	prepareStep = 1 << 20
)

var errStopped = errors.New("stopped")

// preparation is a next segment being made in the background.
type preparation struct {
	bytes int64
	stop  atomic.Bool
	done  chan struct{}
	err   error // valid once done is closed
}

// prepareAhead starts making the next segment when half of the last one is used.
func (j *Journal) prepareAhead() {
	if last := j.last(); j.next != nil || last.end < last.size/2 {
		return
	}
	p := &preparation{bytes: j.config.SegmentBytes, done: make(chan struct{})}
	j.next = p
	go func() {
		defer close(p.done)
		p.err = prepare(j.config.Files, j.path(preparedName), p.bytes, &p.stop)
		switch {
		case p.err == nil || errors.Is(p.err, errStopped):
		case isFull(p.err):
			j.config.Logger.Warn("journal: there is no room to prepare the next segment; it is tried again when it is needed",
				"bytes", p.bytes, "error", p.err)
		default:
			j.fail(p.err)
		}
	}()
}

// takePrepared sees to a prepared file with room for a group of the given size: the one made in the background, or one
// that is made now because there was no room for that one, it was not begun or is too small for this group. It gives the
// size of the file.
func (j *Journal) takePrepared(group int64) (bytes int64, err error) {
	if j.next != nil {
		<-j.next.done
		bytes, err = j.next.bytes, j.next.err
		j.next = nil
		if err == nil && segmentHeaderBytes+group <= bytes || err != nil && !isFull(err) {
			return bytes, err
		}
	}
	bytes = max(j.config.SegmentBytes, (segmentHeaderBytes+group+sizeUnit-1)/sizeUnit*sizeUnit)
	var never atomic.Bool
	return bytes, prepare(j.config.Files, j.path(preparedName), bytes, &never)
}

// abandonPreparation ends the background work; what it has made is removed at the next start. It gives the failure of a
// disk that came too late to poison the journal.
func (j *Journal) abandonPreparation() error {
	if j.next == nil {
		return nil
	}
	j.next.stop.Store(true)
	<-j.next.done
	err := j.next.err
	j.next = nil
	if errors.Is(err, errStopped) || err != nil && isFull(err) {
		return nil
	}
	return err
}

// prepare writes a file of zeros and syncs it. A file that does not succeed is removed: on a full disk it would take
// the room that others need.
func prepare(files FileSystem, path string, bytes int64, stop *atomic.Bool) error {
	file, err := files.Create(path)
	if err != nil {
		return err
	}
	for offset := int64(0); err == nil && offset < bytes; offset += prepareStep {
		if stop.Load() {
			err = errStopped
			break
		}
		err = writeSynced(file, zeros[:min(prepareStep, bytes-offset)], offset)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, removeIfThere(files, path))
	}
	return nil
}

func join(dir, name string) string { return filepath.Join(dir, name) }
