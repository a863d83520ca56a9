package filejournal

import (
	"context"

	"github.com/tonghop/tonghop/server/journal"
)

// Redact removes the private part of an entry from its segment: salt and text become zeros, the hash stays, and the
// chain verifies as before. When it returns nil the removal is durable. An entry that never had a private part is left
// as it is, without an error; one whose private part is removed already is overwritten again, because what is read may
// be a page that never reached the disk. So after an error, or a crash, call Redact again after the next start.
//
// The mark "removed" is synced before the text is overwritten, so that a crash in between leaves a text that nobody is
// shown; Open overwrites it too, in the segments that it reads. An error before the mark is written leaves the journal
// as it was; after that the journal is poisoned.
//
// What lies outside the file is not reached: backups, snapshots of the file system, blocks that a disk keeps to itself.
func (j *Journal) Redact(ctx context.Context, sequence uint64) error {
	if j.readOnly {
		return readOnly("remove a private part")
	}
	j.write.Lock()
	defer j.write.Unlock()
	s, err := j.stretch(max(sequence, 1))
	if err != nil {
		return err
	}
	if sequence == 0 || sequence > s.head.Sequence {
		return journal.SequenceAhead(sequence, s.head)
	}
	target := s.segments[0]
	file, err := j.config.Files.Open(j.path(target.name), true)
	if err != nil {
		return unreadable(target.name, 0, err)
	}
	var c cursor
	c.at(file, target, s.start, target.size)
	err = c.visit(ctx, reading{from: sequence, last: sequence, visit: func(journal.Entry) error { return nil }})
	if err == nil {
		err = j.removeBlock(&c, int(sequence-c.group.entries[0].Sequence))
	}
	if closeErr := file.Close(); err == nil && closeErr != nil {
		err = j.poison(closeErr)
	}
	return err
}

// removeBlock overwrites the private block of entry i of the group that the cursor has found.
func (j *Journal) removeBlock(c *cursor, i int) error {
	block := c.group.blocks[i]
	if block == 0 {
		return nil
	}
	at, length := c.start+int64(block), c.group.blockBytes(c.raw, i)
	if err := writeSynced(c.file, []byte{blockRemoved}, at); err != nil {
		return j.poison(err)
	}
	if err := writeSynced(c.file, make([]byte, length-1), at+1); err != nil {
		return j.poison(err)
	}
	return nil
}
