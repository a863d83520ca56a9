package filejournal

import (
	"context"
	"errors"
	"sync"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// Journal is a journal in a folder of files. Besides what [journal.Journal] promises it can remove private parts: see
// Redact.
type Journal struct {
	config   Config
	eras     []era // changed by renew alone, which nobody else can see at work
	readOnly bool
	release  func() error
	torn     Torn

	// write is held by whoever changes files: Append, Redact and Close. It guards the fields below it.
	write    sync.Mutex
	file     File   // the last segment, open for writing
	buf      []byte // of the group being written, used again and again
	next     *preparation
	released bool

	// state is held for moments, never while a file is touched. It guards the fields below it, which change only under
	// write as well.
	state    sync.Mutex
	head     journal.Head
	segments []*segment
	ended    error         // not nil when poisoned or closed: what every later call gets
	changed  chan struct{} // closed at the next change of head or ended; nil while nobody waits
}

var _ journal.Journal = (*Journal)(nil)

func newJournal(config Config, s *scanned, release func() error) *Journal {
	return &Journal{config: config, eras: erasOf(s.segments), release: release, head: s.head, segments: s.segments}
}

// ID names the journal.
func (j *Journal) ID() journal.ID { return j.eras[len(j.eras)-1].id }

// IDAt gives the id that was in force at an entry.
func (j *Journal) IDAt(sequence uint64) journal.ID {
	for i := len(j.eras) - 1; i > 0; i-- {
		if j.eras[i].first <= sequence {
			return j.eras[i].id
		}
	}
	return j.eras[0].id
}

// IDs gives all ids that the journal had, the one it was made with first.
func (j *Journal) IDs() []journal.ID {
	ids := make([]journal.ID, len(j.eras))
	for i, e := range j.eras {
		ids[i] = e.id
	}
	return ids
}

// era is a stretch of a journal under one id, from its first entry on.
type era struct {
	id    journal.ID
	first uint64
}

// erasOf gives the ids of a journal in the order in which they came into force; mostly there is one.
func erasOf(segments []*segment) []era {
	var eras []era
	for _, s := range segments {
		if len(eras) == 0 || eras[len(eras)-1].id != s.id {
			eras = append(eras, era{s.id, s.first})
		}
	}
	return eras
}

// Head gives the last durable entry.
func (j *Journal) Head() journal.Head {
	j.state.Lock()
	defer j.state.Unlock()
	return j.head
}

// Torn tells what OpenReadOnly found behind the last group. After Open there is nothing: it was cut off.
func (j *Journal) Torn() Torn { return j.torn }

// Wait returns the head as soon as it is beyond after. A journal that is open for reading alone does not grow.
func (j *Journal) Wait(ctx context.Context, after uint64) (journal.Head, error) {
	for {
		head, changed, err := j.watch(after)
		if err != nil || changed == nil {
			return head, err
		}
		select {
		case <-ctx.Done():
			return head, ctx.Err()
		case <-changed:
		}
	}
}

// watch gives the head and, if it is not beyond after, a channel that is closed when something has changed.
func (j *Journal) watch(after uint64) (journal.Head, <-chan struct{}, error) {
	j.state.Lock()
	defer j.state.Unlock()
	switch {
	case j.ended != nil:
		return j.head, nil, j.ended
	case j.head.Sequence > after:
		return j.head, nil, nil
	case j.readOnly:
		return j.head, nil, readOnly("wait for an entry")
	}
	if j.changed == nil {
		j.changed = make(chan struct{})
	}
	return j.head, j.changed, nil
}

// Close makes the journal's last state known as clean, unless it is poisoned, and lets other processes in. Its error
// is that of a poisoned journal, or says that the mark of a clean stop could not be written: then the next start takes
// the stop for an unclean one, and nothing is lost.
func (j *Journal) Close() error {
	j.write.Lock()
	defer j.write.Unlock()
	if j.released {
		return nil
	}
	j.released = true
	ended := j.end(journal.Closed())
	err := j.abandonPreparation()
	if j.file != nil {
		err = errors.Join(err, j.file.Close())
	}
	if ended != nil {
		return errors.Join(ended, err, j.release())
	}
	if err == nil && !j.readOnly {
		err = j.markClean()
	}
	return errors.Join(err, j.release())
}

// markClean writes the mark of a clean stop. Every group is synced when Append returns, so only the mark is left.
func (j *Journal) markClean() error {
	mark := cleanMark{id: j.ID(), head: j.Head()}
	err := writeFile(j.config.Files, j.path(cleanName), mark.bytes())
	if err == nil {
		err = j.config.Files.SyncDir(j.config.Dir)
	}
	if err != nil {
		return failed("marking the clean stop", cleanName, err)
	}
	return nil
}

// poison ends the journal with an error whose outcome is unknown, and gives what to tell the caller.
func (j *Journal) poison(err error) error {
	failure := poisoned(err)
	_ = j.end(failure) // who ended it before matters to nobody here
	return failure
}

// fail poisons the journal from the background, unless it has ended already.
func (j *Journal) fail(err error) {
	j.state.Lock()
	defer j.state.Unlock()
	if j.ended == nil {
		j.ended = poisoned(err)
		j.wake()
	}
}

// end makes every later call fail with err and wakes those who wait. It gives the error that had ended the journal
// before, if any; after Close that one is closed, whatever came before.
func (j *Journal) end(err error) error {
	j.state.Lock()
	defer j.state.Unlock()
	before := j.ended
	j.ended = err
	j.wake()
	return before
}

// publish makes a new head known; the group up to offset end of the last segment is durable.
func (j *Journal) publish(head journal.Head, end int64) {
	j.state.Lock()
	defer j.state.Unlock()
	last := j.segments[len(j.segments)-1]
	last.remember(last.end, j.head)
	last.end, j.head = end, head
	j.wake()
}

// wake is called with state held.
func (j *Journal) wake() {
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
}

// current gives the head, or the error that ended the journal.
func (j *Journal) current() (journal.Head, error) {
	j.state.Lock()
	defer j.state.Unlock()
	return j.head, j.ended
}

// last gives the segment that groups are appended to. Only holders of write may ask.
func (j *Journal) last() *segment { return j.segments[len(j.segments)-1] }

func readOnly(what string) error {
	return fault.Precondition(ReasonReadOnly, "%s: the journal is open for reading only", what)
}
