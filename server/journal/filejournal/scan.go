package filejournal

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/tonghop/tonghop/server/journal"
)

// Torn tells of bytes behind the last group: a group that was being written when the power went, or is being written.
type Torn struct {
	// File is empty where there are none.
	File   string
	Offset int64
	Bytes  int64
}

// scanned is what the files of a journal say.
type scanned struct {
	segments []*segment
	head     journal.Head
	// last is the place of the last group and lastIn its segment, nil in a journal without groups.
	last   place
	lastIn *segment
	torn   Torn
	// why is what is wrong with the bytes behind the last group, or that there are none.
	why string
	// unfinished are the private parts that are marked as removed and not yet overwritten.
	unfinished []span
	// clean says that the journal was closed in order.
	clean bool
}

// span is a stretch of a segment.
type span struct {
	segment *segment
	offset  int64
	bytes   int64
}

// scan reads the journal and decides what of it stands. It changes nothing.
func scan(ctx context.Context, config Config) (*scanned, error) {
	// The mark is read first: beside a running server it may only be older than what is read afterwards.
	mark, marked, err := readCleanMark(config.Files, config.Dir)
	if err != nil {
		return nil, err
	}
	segments, err := readSegments(config)
	if err != nil {
		return nil, err
	}
	// A segment is made for a group that did not fit, so that only the last one can be empty: the last group is in one
	// of the last two.
	from := 0
	if config.Quick {
		from = max(0, len(segments)-2)
	}
	s := &scanned{segments: segments, head: segments[from].start().before}
	var c cursor
	for i := from; i < len(segments); i++ {
		if err := s.scanSegment(ctx, config, &c, i); err != nil {
			return nil, err
		}
	}
	if marked {
		var why string
		if s.clean, why = mark.agrees(segments[len(segments)-1].id, s.head); why != "" {
			return nil, s.endsEarly("the file " + cleanName + " says: " + why)
		}
	}
	if s.lacks(config.Known) {
		return nil, s.endsEarly("entry " + itoa(config.Known.Sequence) + " was durable, for the state that is made of this journal has it")
	}
	return s, nil
}

// endsEarly says where the journal ends, and why it should not.
func (s *scanned) endsEarly(why string) error {
	last := s.segments[len(s.segments)-1]
	return damagedAt(last.name, last.end, s.head.Sequence+1, s.why+", and "+why)
}

// lacks says whether an entry that was durable is not there any more.
func (s *scanned) lacks(k Known) bool {
	if k.Sequence <= s.head.Sequence {
		return false
	}
	for _, segment := range s.segments {
		if segment.id == k.ID {
			return true
		}
	}
	return false
}

// scanSegment reads segment i, which must go on where the one before it ended.
func (s *scanned) scanSegment(ctx context.Context, config Config, c *cursor, i int) error {
	segment := s.segments[i]
	start := segment.start()
	if start.before != s.head {
		return damaged(segment.name, 0, "the segment does not follow the one before it")
	}
	begins := i > 0 && segment.id != s.segments[i-1].id
	file, err := config.Files.Open(filepath.Join(config.Dir, segment.name), false)
	if err != nil {
		return failed("opening", segment.name, err)
	}
	c.at(file, segment, start, segment.size)
	if i < len(s.segments)-1 {
		err = s.scanClosed(ctx, c, i)
	} else {
		err = s.scanLast(ctx, c, segment)
	}
	segment.end = c.offset
	if err == nil && begins && segment.end == segmentHeaderBytes {
		// A segment with a new id gets its name only with its first group in it.
		err = damaged(segment.name, c.offset, "a new journal id begins here and the entry that tells why is not there")
	}
	if closeErr := file.Close(); closeErr != nil {
		err = errors.Join(err, unreadable(segment.name, 0, closeErr))
	}
	return err
}

// scanGroups reads the groups of one segment as far as they verify.
func (s *scanned) scanGroups(ctx context.Context, c *cursor, segment *segment) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		before := c.head
		found, err := c.next()
		if err != nil {
			return err
		}
		if !found {
			return nil
		}
		segment.remember(c.start, before)
		s.last, s.lastIn, s.head = place{c.start, before}, segment, c.head
		for k := range c.group.entries {
			if c.group.unfinished(c.raw, k) {
				block := int64(c.group.blocks[k])
				s.unfinished = append(s.unfinished, span{segment, c.start + block + 1, int64(c.group.blockBytes(c.raw, k)) - 1})
			}
		}
	}
}

// scanClosed reads a segment behind which another one stands. That one was made only after everything in this one was
// durable, so that nothing may be missing here.
func (s *scanned) scanClosed(ctx context.Context, c *cursor, i int) error {
	if err := s.scanGroups(ctx, c, s.segments[i]); err != nil {
		return err
	}
	if next := s.segments[i+1]; next.first != s.head.Sequence+1 {
		return damagedAt(c.name, c.offset, c.head.Sequence+1, c.why+", and a later segment follows")
	}
	return nil
}

// scanLast reads the last segment and judges what lies behind its last group.
func (s *scanned) scanLast(ctx context.Context, c *cursor, segment *segment) error {
	for judged := int64(-1); ; judged = c.offset {
		if err := s.scanGroups(ctx, c, segment); err != nil {
			return err
		}
		found, err := c.search(ctx)
		s.why = c.why
		switch {
		case err != nil:
			return err
		case found.later == 0:
			if found.end > c.offset {
				s.torn = Torn{File: segment.name, Offset: c.offset, Bytes: found.end - c.offset}
			}
			return nil
		case judged == c.offset:
			return damagedAt(segment.name, c.offset, c.head.Sequence+1, c.why+", and a later group follows at byte "+itoa(found.later))
		}
		// Once more: a server that appends may have completed the missing group before it wrote the later one.
	}
}
