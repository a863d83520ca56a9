package backup

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

// UnfinishedName is the folder within a data folder in which a restore is under way, or was broken off.
const UnfinishedName = "restore.unfinished"

// Restoring says what is restored, where to, by whom and why.
type Restoring struct {
	// Backup is the folder of the backup.
	Backup string
	// Dir is the data folder, missing or empty; Journal is the journal in it, whose folder is below Dir.
	Dir     string
	Journal filejournal.Config
	// Old is the folder of what is left of the lost journal; empty if nothing is left, or known.
	Old string
	// By and Reason are kept for ever in the private part of the entry; both are needed.
	By, Reason string
	// Principal is who restores, as entries name callers.
	Principal string
	// Program is the version of the program, Time when it is restored, Random gives secret bytes.
	Program string
	Time    time.Time
	Random  func([]byte)
	// Accept is asked when everything is verified and nothing is written yet. verifier is the key that the journal names
	// last, empty if it names none. An error ends the restore. May be nil.
	Accept func(verifier string) error
	// Progress is told what is done, how far, of how much. May be nil.
	Progress func(what string, done, total uint64)
	// Files is for tests; nil means the operating system.
	Files filejournal.FileSystem
}

// Restored says what came of a restore.
type Restored struct {
	// Manifest is that of the backup.
	Manifest Manifest
	// JournalID is the new id, and Head the entry that tells of the restore.
	JournalID journal.ID
	Head      journal.Head
	// Known is the last entry that the lost journal is known to have had; zero if nothing beyond the backup is known.
	Known journal.Head
	// Verifier is the key for signed heads that the journal names; empty if it names none.
	Verifier string
}

// Restore makes the journal of a new store out of a backup. It verifies all of the backup before it writes anything, and
// the new journal before it gets its name; an error leaves no journal in the data folder, and no folder that was not there.
func Restore(ctx context.Context, r Restoring) (Restored, error) {
	r = r.filled()
	if err := r.empty(); err != nil {
		return Restored{}, err
	}
	m, err := verified(ctx, r.Files, r.Backup, r.Progress)
	if err != nil {
		return Restored{}, err
	}
	known, said, err := r.look(ctx, m)
	if err != nil {
		return Restored{}, err
	}
	if r.Accept != nil {
		if err := r.Accept(said.verifier); err != nil {
			return Restored{}, err
		}
	}
	done := Restored{Manifest: m, Known: known, Verifier: said.verifier, JournalID: journal.NewID()}
	done.Head, err = r.write(ctx, done, said)
	return done, err
}

func (r Restoring) filled() Restoring {
	r.Backup, r.Dir = filepath.Clean(r.Backup), filepath.Clean(r.Dir)
	if r.Files == nil {
		r.Files = filejournal.Disk()
	}
	r.Journal.Files = r.Files
	if r.Progress == nil {
		r.Progress = func(string, uint64, uint64) {}
	}
	return r
}

// empty refuses a data folder with anything in it but what a restore that was broken off has left.
func (r Restoring) empty() error {
	names, err := r.Files.List(r.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unwritable(r.Dir, "listing it", err)
	}
	for _, name := range names {
		if name != UnfinishedName {
			return fault.Exists("DATA_FOLDER_NOT_EMPTY",
				"restore into %s: it holds %s; a store is restored into a folder that is empty or does not exist", r.Dir, name).
				With("dir", r.Dir).With("file", name).In("data")
		}
	}
	return nil
}

// write makes the journal in the unfinished folder, verifies it, and gives it its name.
func (r Restoring) write(ctx context.Context, done Restored, said contents) (head journal.Head, err error) {
	_, listed := r.Files.List(r.Dir)
	made := errors.Is(listed, fs.ErrNotExist)
	if err := makeFolder(r.Files, r.Dir); err != nil {
		return head, err
	}
	release, err := hold(r.Dir)
	if err != nil {
		return head, err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := r.empty(); err != nil { // somebody may have come first
		return head, err
	}
	work := filepath.Join(r.Dir, UnfinishedName)
	if err := removeFolder(r.Files, work); err != nil { // of a restore that was broken off
		return head, unwritable(work, "removing what is left of an earlier restore", err)
	}
	if head, err = r.fill(ctx, work, done, said); err == nil {
		err = r.name(work)
	}
	if err != nil {
		_ = removeFolder(r.Files, work) // what cannot be removed goes with the next restore
		if made {
			_ = r.Files.Remove(r.Dir)
		}
		return journal.Head{}, err
	}
	return head, nil
}

// name gives the finished journal its name, durably.
func (r Restoring) name(work string) error {
	if err := r.Files.Rename(work, r.Journal.Dir); err != nil {
		return unwritable(r.Dir, "giving the restored journal its name", err)
	}
	if err := r.Files.SyncDir(r.Dir); err != nil {
		// Whether the name lasts is not known, so it is given up.
		_ = r.Files.Rename(r.Journal.Dir, work)
		return unwritable(r.Dir, "flushing the name of the restored journal", err)
	}
	return nil
}

// fill makes the journal and reads all of it again.
func (r Restoring) fill(ctx context.Context, work string, done Restored, said contents) (journal.Head, error) {
	if err := makeFolder(r.Files, work); err != nil {
		return journal.Head{}, err
	}
	config := r.Journal
	config.Dir = work
	total := done.Manifest.Sequence
	_, err := filejournal.CopyFrom(ctx, r.Backup, config, func(reached uint64) { r.Progress("entries restored", reached, total) })
	if err != nil {
		return journal.Head{}, asDamage(r.Backup, err)
	}
	record, err := r.record(done, said)
	if err != nil {
		return journal.Head{}, err
	}
	before, after, err := filejournal.Renew(ctx, config, done.JournalID, record)
	if err != nil {
		return journal.Head{}, err
	}
	j, err := filejournal.OpenReadOnly(ctx, config)
	if err != nil {
		return journal.Head{}, err
	}
	id, head := j.ID(), j.Head()
	if err := j.Close(); err != nil {
		return journal.Head{}, err
	}
	if before.Sequence != total || before.Hash.String() != done.Manifest.ChainHash || id != done.JournalID || head != after {
		return journal.Head{}, damaged(r.Backup, "its segments", "what was restored from it ends otherwise than the manifest says")
	}
	return head, nil
}

// record is the entry that tells of the restore.
func (r Restoring) record(done Restored, said contents) (journal.Record, error) {
	m := done.Manifest
	body := entry.StoreRestored{Journal: done.JournalID, ProgramVersion: r.Program, By: r.By, Reason: r.Reason}
	old, err := journal.ParseID(m.JournalID())
	if err != nil {
		return journal.Record{}, err
	}
	body.OldJournal = old
	body.OldHead = entry.Head{Sequence: m.Sequence, Hash: said.hashes[m.Sequence]}
	if done.Known.Sequence > 0 {
		body.Known = entry.Head{Sequence: done.Known.Sequence, Hash: done.Known.Hash}
	}
	at := r.Time
	if at.Before(said.last.Time) { // an entry is never older than the one before it
		at = said.last.Time
	}
	public, private, err := entry.Encode(entry.Entry{
		Header: entry.Header{Sequence: m.Sequence + 1, Time: at, Principal: r.Principal}, Body: body,
	})
	if err != nil {
		return journal.Record{}, err
	}
	record := journal.Record{Public: public, Private: private}
	r.Random(record.Salt[:])
	return record, nil
}
