package aggregator

import (
	"slices"
	"time"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/journal"
)

// Restoration says that the journal goes on from a backup of another one (R35).
type Restoration struct {
	// Old is the id of the journal that was backed up, and Head the last entry of the backup, which is here.
	Old  journal.ID
	Head journal.Head
	// Known is the last entry that the old journal is known to have had; 0 if nothing beyond the backup is known.
	Known uint64
	// Time is when it was restored.
	Time time.Time
}

// restore gives the state the id that the journal has from this entry on, and takes down what was restored.
func (t *Tx) restore(h *entry.Header, body entry.StoreRestored) error {
	list, _, err := t.get(metaBucket, []byte(keyRestored))
	if err != nil {
		return err
	}
	list = append(slices.Clone(list), body.OldJournal[:]...)
	list = append(list, body.OldHead.Hash[:]...)
	list = appendUvarints(list, body.OldHead.Sequence, body.Known.Sequence)
	if err := t.put(metaBucket, []byte(keyRestored), appendTime(list, h.Time)); err != nil {
		return err
	}
	t.position.JournalID = body.Journal
	return t.put(metaBucket, []byte(keyJournal), body.Journal[:])
}

// Restorations gives every time that the store was restored, the oldest first; nothing for most stores.
func (t *Tx) Restorations() ([]Restoration, error) {
	value, _, err := t.get(metaBucket, []byte(keyRestored))
	if err != nil {
		return nil, err
	}
	var list []Restoration
	for r := (reader{b: value}); !r.done(); {
		var one Restoration
		copy(one.Old[:], r.take(len(one.Old)))
		copy(one.Head.Hash[:], r.take(len(one.Head.Hash)))
		one.Head.Sequence, one.Known, one.Time = r.uvarint(), r.uvarint(), r.time()
		if r.bad {
			return nil, metaBucket.damaged([]byte(keyRestored))
		}
		list = append(list, one)
	}
	return list, nil
}
