package aggregator

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// ReasonNotOfJournal is the reason of a state and a journal that do not belong together.
const ReasonNotOfJournal = "STATE_NOT_OF_JOURNAL"

// replayBatch is how many entries one transaction of a replay takes.
const replayBatch = 4096

// Replay applies what the journal has beyond the state, in large transactions. The state's own position must be in the
// journal's chain, else somebody exchanged a file and the reason is STATE_NOT_OF_JOURNAL. Progress is told now and then
// how many of how many entries are done; it may be nil.
func (s *Store) Replay(ctx context.Context, j journal.Journal, progress func(done, total uint64)) error {
	r := replay{store: s, journal: j, head: j.Head(), progress: progress}
	if err := r.begin(); err != nil {
		return err
	}
	defer r.rollback()
	if err := r.check(); err != nil {
		return err
	}
	start := r.tx.Position().Head.Sequence
	r.total = r.head.Sequence - start
	if r.head.Sequence > 0 {
		if err := j.Read(ctx, max(start, 1), r.visit); err != nil {
			return err
		}
	}
	// The journal may have grown meanwhile; more than the head at the beginning is not promised.
	if at := r.tx.Position().Head; at.Sequence < r.head.Sequence {
		return notOfJournal("the journal ended at entry %d of %d", at.Sequence, r.head.Sequence)
	}
	if err := r.commit(); err != nil {
		return err
	}
	if progress != nil {
		progress(r.done, r.total)
	}
	return nil
}

// replay is one call of Replay at work.
type replay struct {
	store       *Store
	journal     journal.Journal
	tx          *Tx
	head        journal.Head
	progress    func(done, total uint64)
	done, total uint64
	// from is where the transaction began.
	from    Position
	inBatch int
}

func (r *replay) begin() (err error) {
	if r.tx, err = r.store.Begin(); err != nil {
		return err
	}
	r.inBatch, r.from = 0, r.tx.Position()
	return nil
}

func (r *replay) rollback() {
	if r.tx != nil {
		r.tx.Rollback()
	}
}

// commit ends the transaction; one that has changed nothing writes nothing, which a full disk would refuse.
func (r *replay) commit() error {
	tx := r.tx
	r.tx = nil
	if tx.Position() == r.from {
		tx.Rollback()
		return nil
	}
	return tx.Commit()
}

// check ties the state to the journal, or finds that it is not its own.
func (r *replay) check() error {
	at := r.tx.Position()
	here := r.journal.IDAt(at.Head.Sequence)
	switch {
	case at.JournalID.IsZero() && at.Head.Sequence == 0:
		return r.tx.bind(here)
	case at.JournalID != here:
		return notOfJournal("the state at entry %d is of journal %s and the journal here is %s", at.Head.Sequence, at.JournalID, here)
	case at.Head.Sequence > r.head.Sequence:
		return notOfJournal("the state stands at entry %d and the journal ends at %d", at.Head.Sequence, r.head.Sequence)
	}
	return nil
}

func notOfJournal(format string, args ...any) error {
	return fault.Precondition(ReasonNotOfJournal,
		"state and journal do not belong together: "+format+"; put the right journal in its place, or remove the state to have it rebuilt", args...)
}

// visit takes one entry: the first is the state's own, whose hash must be the same.
func (r *replay) visit(e journal.Entry) error {
	at := r.tx.Position().Head
	if e.Sequence == at.Sequence {
		if e.Hash != at.Hash {
			return notOfJournal("entry %d has the hash %s here and %s in the journal", at.Sequence, at.Hash, e.Hash)
		}
		return nil
	}
	decoded, err := entry.Decode(e.Public, e.Private)
	if err != nil {
		return err
	}
	if decoded.Header.Sequence != e.Sequence {
		return fault.DataLoss(journal.ReasonDamaged, "entry %d of the journal says that it is entry %d", e.Sequence, decoded.Header.Sequence)
	}
	if err := r.tx.Apply(decoded, journal.Head{Sequence: e.Sequence, Hash: e.Hash}); err != nil {
		return err
	}
	// The id is stored beside the chain, and an entry of the chain says when it changes.
	if here, said := r.journal.IDAt(e.Sequence), r.tx.Position().JournalID; here != said {
		return fault.DataLoss(journal.ReasonDamaged,
			"entry %d stands in the journal under the id %s, and by what the entries say the id is %s; nothing was changed; "+
				"keep the folder as it is and restore from a backup", e.Sequence, here, said)
	}
	r.done++
	if r.inBatch++; r.inBatch < replayBatch {
		return nil
	}
	if err := r.commit(); err != nil {
		return err
	}
	if r.progress != nil {
		r.progress(r.done, r.total)
	}
	return r.begin()
}

// Discard removes the state of a folder, for which there is no room beside the one that takes its place.
func Discard(cfg Config) error {
	if err := removeMark(cfg.Dir); err != nil {
		return unusable(cfg.Dir, err)
	}
	for _, name := range [...]string{stateName, newName} {
		if err := os.Remove(filepath.Join(cfg.Dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return unusable(cfg.Dir, err)
		}
	}
	return nil
}

// Rebuild makes the state of a folder anew from the journal, in a file beside the old one, which stays until the new one
// stands; then Open finds it kept.
func Rebuild(ctx context.Context, cfg Config, j journal.Journal, progress func(done, total uint64)) error {
	path, fresh := filepath.Join(cfg.Dir, stateName), filepath.Join(cfg.Dir, newName)
	if err := os.RemoveAll(fresh); err != nil {
		return unusable(fresh, err)
	}
	db, err := openBolt(fresh)
	if err != nil {
		return fault.Of(err)
	}
	s := newStore(cfg, db, bootID())
	if err := s.begin(); err != nil {
		return errors.Join(err, db.Close(), os.Remove(fresh))
	}
	if err := s.Replay(ctx, j, progress); err != nil {
		return errors.Join(err, s.Abandon(), os.Remove(fresh))
	}
	head := s.head
	if err := errors.Join(s.Sync(), s.Abandon()); err != nil {
		return err
	}
	// The old mark vouches for the old file; it is gone before the new file takes its place.
	if err := removeMark(cfg.Dir); err != nil {
		return unusable(path, err)
	}
	if err := os.Rename(fresh, path); err != nil {
		return unusable(path, err)
	}
	if err := errors.Join(syncFolder(cfg.Dir), writeMark(cfg.Dir, mark{boot: s.boot, head: head})); err != nil {
		return unusable(path, err)
	}
	return nil
}
