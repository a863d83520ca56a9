package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

// unfinishedSuffix ends the name of a backup in the making.
const unfinishedSuffix = ".unfinished"

// Config says what is backed up, and where to.
type Config struct {
	// Journal is where the journal lies. A server may append to it.
	Journal filejournal.Config
	// Target is the folder of the backup; it is missing or empty.
	Target string
	// JournalID and Head are the last entry that is durable.
	JournalID journal.ID
	Head      journal.Head
	// SignedHead is the note of that entry and VerifierKey the key that verifies it; empty where heads are not signed.
	SignedHead, VerifierKey string
	// Program is the version of the program, and Time when the backup is taken.
	Program string
	Time    time.Time
	// Progress is told what is done, how far, of how much. May be nil.
	Progress func(what string, done, total uint64)
	// Files is for tests; nil means the operating system.
	Files filejournal.FileSystem
}

// Take makes a backup and gives its manifest. The target has its name only once everything in it was flushed, read again
// and verified; an error leaves nothing under that name.
func Take(ctx context.Context, c Config) (m Manifest, err error) {
	c = c.filled()
	if err := c.targetFree(); err != nil {
		return Manifest{}, err
	}
	work := c.Target + unfinishedSuffix
	if err := makeFolder(c.Files, work); err != nil {
		return Manifest{}, err
	}
	release, err := hold(work)
	if err != nil {
		return Manifest{}, err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := removeFiles(c.Files, work); err != nil { // of a backup that was broken off
		return Manifest{}, unwritable(work, "removing what is left of an earlier backup", err)
	}
	if m, err = c.fill(ctx, work); err == nil {
		err = c.name(work)
	}
	if err != nil {
		// It would only take up room; what cannot be removed goes with the next backup.
		_ = removeFolder(c.Files, work)
		return Manifest{}, err
	}
	return m, nil
}

func (c Config) filled() Config {
	c.Target = filepath.Clean(c.Target)
	if c.Files == nil {
		c.Files = filejournal.Disk()
	}
	c.Journal.Files = c.Files
	if c.Progress == nil {
		c.Progress = func(string, uint64, uint64) {}
	}
	return c
}

// targetFree refuses a target with anything in it.
func (c Config) targetFree() error {
	names, err := c.Files.List(c.Target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return unwritable(c.Target, "listing it", err)
	case len(names) > 0:
		return fault.Exists("BACKUP_EXISTS",
			"%s is there already and holds %s; give a folder that does not exist, or an empty one", c.Target, names[0]).
			With("dir", c.Target).With("file", names[0])
	}
	return nil
}

// fill makes the whole backup in its unfinished folder and verifies it.
func (c Config) fill(ctx context.Context, work string) (Manifest, error) {
	copied, err := filejournal.CopyTo(ctx, c.Journal, work, c.Head.Sequence, func(done uint64) {
		c.Progress("entries copied", done, c.Head.Sequence)
	})
	if err != nil {
		return Manifest{}, err
	}
	if copied.Head != c.Head || copied.IDs[len(copied.IDs)-1] != c.JournalID {
		return Manifest{}, fault.DataLoss(journal.ReasonDamaged,
			"entry %d of the journal in %s has the hash %s, and the server says that it is %s; another journal lies there than the server has",
			c.Head.Sequence, c.Journal.Dir, copied.Head.Hash, c.Head.Hash).With("dir", c.Journal.Dir)
	}
	m := Manifest{
		Format: formatVersion, Program: c.Program, Time: c.Time.UTC(), Sequence: c.Head.Sequence, ChainHash: c.Head.Hash.String(),
		JournalIDs: texts(copied.IDs), SignedHead: c.SignedHead, VerifierKey: c.VerifierKey,
	}
	for _, name := range copied.Files {
		f, err := digest(c.Files, work, name)
		if err != nil {
			return Manifest{}, err
		}
		m.Files = append(m.Files, f)
	}
	raw, err := m.text()
	if err != nil {
		return Manifest{}, fault.Internal(err, "the manifest cannot be written as JSON")
	}
	if err := c.write(filepath.Join(work, ManifestName), raw); err != nil {
		return Manifest{}, full(work, err)
	}
	if err := c.Files.SyncDir(work); err != nil {
		return Manifest{}, unwritable(work, "flushing it", err)
	}
	return verified(ctx, c.Files, work, c.Progress)
}

// write makes a file and flushes it.
func (c Config) write(path string, raw []byte) error {
	file, err := c.Files.Create(path)
	if err != nil {
		return err
	}
	if _, err = file.WriteAt(raw, 0); err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// full tells a disk without room from other failures of the manifest, as the copy of a segment does.
func full(dir string, err error) error {
	if filejournal.IsFull(err) {
		return fault.Exhausted(filejournal.ReasonCopyFull,
			"the disk has no room for the backup in %s; make room or give a folder on another disk, then begin again: %w", dir, err).
			With("folder", dir)
	}
	return unwritable(dir, "writing its manifest", err)
}

// name gives the finished backup its name, durably.
func (c Config) name(work string) error {
	// An empty folder that was there makes way: not every system renames onto one.
	if err := c.Files.Remove(c.Target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unwritable(c.Target, "replacing the empty folder", err)
	}
	if err := c.Files.Rename(work, c.Target); err != nil {
		return unwritable(c.Target, "giving the finished backup its name", err)
	}
	if err := c.Files.SyncDir(filepath.Dir(c.Target)); err != nil {
		// Whether the name lasts is not known, so it is given up.
		_ = c.Files.Rename(c.Target, work)
		return unwritable(filepath.Dir(c.Target), "flushing the name of the finished backup", err)
	}
	return nil
}

// digest reads a file and gives what the manifest says of it.
func digest(files filejournal.FileSystem, dir, name string) (File, error) {
	file, err := files.Open(filepath.Join(dir, name), false)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return File{}, damaged(dir, name, "the file is missing")
		}
		return File{}, unreadable(dir, name, err)
	}
	size, err := file.Size()
	sum := sha256.New()
	if err == nil {
		_, err = io.Copy(sum, io.NewSectionReader(file, 0, size))
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return File{}, unreadable(dir, name, err)
	}
	return File{Name: name, Bytes: size, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}
