package server

import (
	"context"
	"os"
	"path/filepath"

	"github.com/tonghop/tonghop/server/backup"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/head"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/text"
)

// RestoreRequest says what is restored, by whom and why.
type RestoreRequest struct {
	// Backup is the folder of a backup.
	Backup string
	// Old is the data folder of what is left of the lost store. Empty: nothing is left.
	Old string
	// By is who restores, and Reason why; both are kept for ever in the private part of an entry.
	By, Reason string
	// KeyFile is the private key that signs heads, the one that the journal of the backup names last. Empty: the restored
	// store has no key until one is made.
	KeyFile string
}

// maxBy is how many characters the name of who restores may have.
const maxBy = 200

// Restore makes a store of a backup in cfg.Dir, which is missing or empty.
func Restore(ctx context.Context, cfg Config, r RestoreRequest) (backup.Restored, error) {
	cfg = cfg.withDefaults()
	if err := r.clean(); err != nil {
		return backup.Restored{}, err
	}
	if exists(cfg.Dir) { // else it is made with the mode that it needs
		if err := cfg.folderMine(); err != nil {
			return backup.Restored{}, err
		}
	}
	restoring := backup.Restoring{
		Backup: r.Backup, Dir: cfg.Dir, Journal: cfg.journalConfig(), By: r.By, Reason: r.Reason, Principal: reporting.LocalPrincipal,
		Program: cfg.Version, Time: cfg.Now(), Random: random, Progress: cfg.Progress,
	}
	if r.Old != "" {
		restoring.Old = filepath.Join(r.Old, journalDir)
	}
	var key *head.Key
	if r.KeyFile != "" {
		var err error
		if key, err = readKey(r.KeyFile); err != nil {
			return backup.Restored{}, err
		}
		if key == nil {
			return backup.Restored{}, keyUnusable(r.KeyFile, os.ErrNotExist)
		}
		restoring.Accept = func(inForce string) error { return acceptKey(r.KeyFile, key, inForce) }
	}
	restored, err := backup.Restore(ctx, restoring)
	if err != nil || key == nil {
		return restored, err
	}
	return restored, cfg.adoptKey(key)
}

// clean checks the texts that are kept.
func (r *RestoreRequest) clean() (err error) {
	var problems fault.List
	r.By, err = text.Clean("by", r.By, maxBy)
	problems.Add(explained("by", r.By, err))
	r.Reason, err = text.Note("reason", r.Reason)
	problems.Add(explained("reason", r.Reason, err))
	return problems.Err()
}

func explained(field, given string, err error) error {
	if err == nil && given == "" {
		return fault.Invalid("RESTORE_UNEXPLAINED",
			"a restore says by whom it is done and why: --by WHO --reason TEXT; both stay in the journal").In(field)
	}
	return err
}

// restoreFinished refuses a folder in which a restore was broken off before there was a journal.
func (c Config) restoreFinished() error {
	if !exists(filepath.Join(c.Dir, backup.UnfinishedName)) || exists(filepath.Join(c.Dir, journalDir)) {
		return nil
	}
	return fault.Precondition(backup.ReasonUnfinished,
		"a restore into %s was broken off and there is no store yet: run tonghopd restore with this folder again, or remove %s",
		c.Dir, filepath.Join(c.Dir, backup.UnfinishedName)).With("dir", c.Dir).In("data")
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// acceptKey refuses a key that the restored journal does not name: nothing could be signed with it.
func acceptKey(file string, key *head.Key, inForce string) error {
	if key.Verifier() == inForce {
		return nil
	}
	return fault.Precondition("SIGNING_KEY_WRONG",
		"the key in %s is not the one that the journal of the backup names last (%q); restore without --key, and make a new key with tonghopd key --new",
		file, inForce).With("key", inForce).In("key")
}

// adoptKey puts a key that the journal names into its place.
func (c Config) adoptKey(key *head.Key) error {
	path := c.keyPath()
	err := makeFolder(filepath.Dir(path))
	if err == nil {
		err = writeSynced(path+nextSuffix, key.Reveal()+"\n")
	}
	if err != nil {
		return keyUnusable(path, err)
	}
	return c.placeKey(key)
}
