package filejournal

import (
	"context"
	"errors"

	"github.com/tonghop/tonghop/server/journal"
)

// Survey is what can still be read of a journal, however damaged it is.
type Survey struct {
	// ID and Head are those of the last entry up to which the journal verifies from its beginning.
	ID   journal.ID
	Head journal.Head
	// LastID and Last are those of the last entry that the journal is known to have had: of a whole group behind the
	// damage, of the predecessor that a group names, or of the mark of a clean stop.
	LastID journal.ID
	Last   journal.Head
	// Damage says what is wrong first; nil if the journal is sound.
	Damage error
}

// Inspect looks at a journal that may be damaged, takes no lock and changes nothing. It visits every entry from the first
// one that verifies in one chain. The error says that there is no journal or that the work was broken off; damage is no
// error.
func Inspect(ctx context.Context, config Config, visit func(journal.Head)) (Survey, error) {
	config, err := config.filled()
	if err != nil {
		return Survey{}, err
	}
	names, err := listSegments(config)
	if err != nil {
		return Survey{}, err
	}
	s := surveyor{config: config, visit: visit}
	mark, marked, err := readCleanMark(config.Files, config.Dir)
	s.harmed(err)
	for i, name := range names {
		if err := s.segment(ctx, name, i == 0); err != nil {
			return s.found, err
		}
	}
	if marked && s.found.Damage == nil {
		if _, why := mark.agrees(s.found.ID, s.found.Head); why != "" {
			s.harmed(damaged(cleanName, 0, why))
		}
	}
	if marked {
		s.known(mark.id, mark.head)
	}
	return s.found, nil
}

// surveyor is Inspect at work.
type surveyor struct {
	config Config
	visit  func(journal.Head)
	walk   cursor
	found  Survey
}

// harmed notes damage; from the first one on nothing verifies from the beginning any more.
func (s *surveyor) harmed(err error) {
	if s.found.Damage == nil {
		s.found.Damage = err
	}
}

// known notes an entry that the journal had.
func (s *surveyor) known(id journal.ID, head journal.Head) {
	if head.Sequence >= s.found.Last.Sequence {
		s.found.LastID, s.found.Last = id, head
	}
}

// segment reads what can be read of a segment.
func (s *surveyor) segment(ctx context.Context, name string, first bool) error {
	segment, err := readSegment(s.config, name)
	if err != nil {
		s.harmed(err)
		return nil
	}
	before := segment.start().before
	switch {
	case first && (segment.first != 1 || segment.previous != journal.FirstHash(segment.id)):
		s.harmed(damaged(name, 0, "the journal does not begin with entry 1"))
	case !first && before != s.found.Head:
		s.harmed(damaged(name, 0, "the segment does not follow the one before it"))
	}
	s.known(segment.id, before)
	file, err := s.config.Files.Open(join(s.config.Dir, name), false)
	if err != nil {
		s.harmed(failed("opening", name, err))
		return nil
	}
	s.walk.at(file, segment, segment.start(), segment.size)
	err = s.groups(ctx, segment.id)
	return errors.Join(err, file.Close())
}

// groups reads the groups of a segment, and those behind a damaged one too.
func (s *surveyor) groups(ctx context.Context, id journal.ID) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		found, err := s.walk.next()
		if err != nil {
			s.harmed(err)
			return nil
		}
		if found {
			s.group(id)
			continue
		}
		rest, err := s.walk.search(ctx)
		if err != nil && ctx.Err() != nil {
			return err
		}
		if err != nil || rest.later == 0 {
			s.harmed(err)
			return nil
		}
		s.harmed(damaged(s.walk.name, s.walk.offset, s.walk.why+", and a later group follows at byte "+itoa(rest.later)))
		s.walk.offset = rest.later
		raw, err := s.walk.bytes(groupHeaderBytes)
		header, ok := parseGroupHeader(raw, s.walk.mark)
		if err != nil || !ok {
			s.harmed(err)
			return nil
		}
		// It was written only after everything before it was durable.
		s.walk.head = journal.Head{Sequence: header.first - 1, Hash: header.previous}
		s.known(id, s.walk.head)
	}
}

// group takes a group that the cursor has found.
func (s *surveyor) group(id journal.ID) {
	s.known(id, s.walk.head)
	if s.found.Damage != nil {
		return
	}
	s.found.ID, s.found.Head = id, s.walk.head
	for _, e := range s.walk.group.entries {
		s.visit(journal.Head{Sequence: e.Sequence, Hash: e.Hash})
	}
}
