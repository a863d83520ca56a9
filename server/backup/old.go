package backup

import (
	"context"
	"fmt"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

// look reads the entries of the backup and, where there is one, what is left of the lost journal. It gives the last entry
// that the lost journal is known to have had beyond the backup.
//
// A lost journal that is sound and has all that the backup has is not lost: a restore beside it would make two histories
// of one store, so it is refused. So is a journal that is not the one which was backed up.
func (r Restoring) look(ctx context.Context, m Manifest) (known journal.Head, said contents, err error) {
	if r.Old == "" {
		said, err = readEntries(ctx, r.Backup, m, r.Progress, m.Sequence)
		return known, said, err
	}
	var there journal.Hash // of the backup's last entry, in the old journal
	config := filejournal.Config{Dir: r.Old, Files: r.Files}
	left, err := filejournal.Inspect(ctx, config, func(head journal.Head) {
		if head.Sequence == m.Sequence {
			there = head.Hash
		}
	})
	if err != nil {
		return known, said, fault.Of(err).In("old")
	}
	if said, err = readEntries(ctx, r.Backup, m, r.Progress, m.Sequence, left.Head.Sequence); err != nil {
		return known, said, err
	}
	switch reached := left.Head.Sequence; {
	case reached >= m.Sequence && there != said.hashes[m.Sequence]:
		return known, said, r.another(m.Sequence)
	case reached > 0 && reached < m.Sequence && left.Head.Hash != said.hashes[reached]:
		return known, said, r.another(reached)
	case reached >= m.Sequence && r.sound(ctx, config):
		return known, said, fault.Precondition("RESTORE_NOT_NEEDED",
			"the journal in %s is sound and goes to entry %d, the backup to entry %d: nothing is lost, and a restore beside it would make "+
				"two histories of one store; serve the old store. If it may never be served again, restore without --old: "+
				"what it has after entry %d is then missing until it is sent again", r.Old, reached, m.Sequence, m.Sequence).
			With("old", r.Old).With("head", reached).With("sequence", m.Sequence).In("old")
	}
	if left.LastID.String() == m.JournalID() && left.Last.Sequence > m.Sequence {
		known = left.Last
	}
	return known, said, nil
}

// sound says whether a server would open the journal.
func (r Restoring) sound(ctx context.Context, config filejournal.Config) bool {
	j, err := filejournal.OpenReadOnly(ctx, config)
	if err != nil {
		return false
	}
	return j.Close() == nil
}

func (r Restoring) another(sequence uint64) error {
	return fault.Precondition("RESTORE_OF_ANOTHER",
		"entry %d of the journal in %s is another than entry %d of the backup in %s: they are of different stores, or of different "+
			"histories of one; look which folder is meant", sequence, r.Old, sequence, r.Backup).
		With("old", r.Old).With("sequence", fmt.Sprint(sequence)).In("old")
}
