package filejournal

import (
	"context"

	"github.com/tonghop/tonghop/server/journal"
)

// stretch is what one call of Read goes through.
type stretch struct {
	segments []*segment
	start    place
	head     journal.Head
	// end is behind the group of head in the last segment.
	end int64
}

// Read visits the entries from sequence from to the head. It reads the files through handles of its own and holds no
// lock, so that it neither waits for Append nor hinders it.
func (j *Journal) Read(ctx context.Context, from uint64, visit func(journal.Entry) error) error {
	from = max(from, 1)
	s, err := j.stretch(from)
	if err != nil || from > s.head.Sequence {
		return err
	}
	var c cursor
	before := s.start.before
	for i, segment := range s.segments {
		if segment.first > s.head.Sequence {
			break // made for a group that is not at the head yet
		}
		start, limit, last := s.start, segment.size, s.head.Sequence
		if i > 0 {
			start = segment.start()
		}
		if i == len(s.segments)-1 {
			limit = s.end
		} else {
			last = min(last, s.segments[i+1].first-1)
		}
		if start.before != before {
			return damaged(segment.name, 0, "the segment does not follow the one before it")
		}
		if err := j.readSegment(ctx, &c, segment, start, limit, reading{from, last, visit}); err != nil {
			return err
		}
		before = c.head
	}
	if before != s.head {
		return damaged(c.name, c.offset, "the entries do not lead to the head of the journal")
	}
	return nil
}

// stretch takes down where to read, so that appending may go on meanwhile.
func (j *Journal) stretch(from uint64) (stretch, error) {
	j.state.Lock()
	defer j.state.Unlock()
	if j.ended != nil {
		return stretch{}, j.ended
	}
	if from > j.head.Sequence && from-1 > j.head.Sequence {
		return stretch{}, journal.SequenceAhead(from, j.head)
	}
	segments := j.segments[segmentOf(j.segments, from):]
	return stretch{
		segments: segments,
		start:    segments[0].placeBefore(from),
		head:     j.head,
		end:      segments[len(segments)-1].end,
	}, nil
}

// reading is which entries of a segment are visited.
type reading struct {
	from, last uint64
	visit      func(journal.Entry) error
}

// readSegment visits entries of one segment, from a place on.
func (j *Journal) readSegment(ctx context.Context, c *cursor, s *segment, start place, limit int64, r reading) error {
	file, err := j.config.Files.Open(j.path(s.name), false)
	if err != nil {
		return unreadable(s.name, 0, err)
	}
	c.at(file, s, start, limit)
	err = c.visit(ctx, r)
	if closeErr := file.Close(); err == nil && closeErr != nil {
		err = unreadable(s.name, 0, closeErr)
	}
	return err
}

// visit walks the groups up to the one that holds the last entry.
func (c *cursor) visit(ctx context.Context, r reading) error {
	for c.head.Sequence < r.last {
		if err := ctx.Err(); err != nil {
			return err
		}
		found, err := c.next()
		if err != nil {
			return err
		}
		if !found {
			return damagedAt(c.name, c.offset, c.head.Sequence+1, c.why)
		}
		for _, entry := range c.group.entries {
			if entry.Sequence < r.from {
				continue
			}
			if err := r.visit(entry); err != nil {
				return err
			}
		}
	}
	return nil
}
