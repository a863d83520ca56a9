package filejournal

import (
	"context"
	"errors"
	"slices"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// Renew gives a journal that no process holds another id, in force from its next entry on, which is the record: it tells
// why. It gives the head before that entry and the one after it. It is for the copy of a journal that is to be a store of
// its own; whatever was known of the old one stays true of the entries up to there.
//
// The new segment gets its name with the record in it, so that an interruption leaves the journal as it was, or renewed.
func Renew(ctx context.Context, config Config, id journal.ID, record journal.Record) (before, after journal.Head, err error) {
	if err := journal.Check([]journal.Record{record}); err != nil {
		return before, after, err
	}
	j, err := Open(ctx, config)
	if err != nil {
		return before, after, err
	}
	before = j.Head()
	switch {
	case id.IsZero() || slices.ContainsFunc(j.eras, func(e era) bool { return e.id == id }):
		err = fault.Invalid("JOURNAL_ID_INVALID", "renew the journal in %s: the id %s is none or was in force before; draw one with NewID",
			config.Dir, id)
	case before.Sequence == 0:
		err = fault.Precondition(ReasonEmpty, "renew the journal in %s: it has no entry, so there is nothing to go on from", config.Dir)
	default:
		err = j.renew(id, record)
	}
	return before, j.Head(), errors.Join(err, j.Close())
}

// renew writes the record as the only group of a segment with a new id.
func (j *Journal) renew(id journal.ID, record journal.Record) error {
	j.write.Lock()
	defer j.write.Unlock()
	records := []journal.Record{record}
	size, err := j.takePrepared(groupBytes(records))
	if err != nil {
		if isFull(err) {
			return storeFull(err)
		}
		return j.poison(err)
	}
	head := j.Head()
	s := newSegment(id, head, newMark(), size)
	raw, next := appendGroup(s.header(), s.mark, head, records)
	err = j.file.Close()
	j.file = nil
	if err == nil {
		j.file, err = installAs(j.config.Files, j.config.Dir, s.name, raw)
	}
	if err != nil {
		return j.poison(err)
	}
	j.state.Lock()
	j.eras = append(j.eras, era{id, s.first})
	j.follow(s)
	j.state.Unlock()
	j.publish(next, int64(len(raw)))
	return nil
}
