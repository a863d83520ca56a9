package server

import (
	"context"
	"encoding/hex"
	"errors"
	"path/filepath"
	"strings"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/backup"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

// Backup copies the journal of a store into the folder target, which is missing or empty: beside the server that runs on
// it, up to the last entry that the server calls durable, or of a store that nobody serves, up to its end.
func Backup(ctx context.Context, cfg Config, target string) (backup.Manifest, error) {
	cfg = cfg.withDefaults()
	if err := cfg.checkFolder(); err != nil {
		return backup.Manifest{}, err
	}
	if err := cfg.outside(target); err != nil {
		return backup.Manifest{}, err
	}
	taking := backup.Config{
		Journal: cfg.journalConfig(), Target: target, Program: cfg.Version, Time: cfg.Now(), Progress: cfg.Progress,
	}
	control, err := ReadControl(cfg.Dir)
	switch {
	case err == nil && control.Alive():
		err = control.durable(ctx, &taking)
	case err == nil || fault.KindOf(err) == fault.KindNotFound: // what is left of a killed server, or nothing
		err = durableOnDisk(ctx, &taking)
	}
	if err != nil {
		return backup.Manifest{}, err
	}
	return backup.Take(ctx, taking)
}

// outside refuses a backup that would be lost together with the store.
func (c Config) outside(target string) error {
	from, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	to, err := filepath.Abs(target)
	if err != nil {
		return err
	}
	if below, err := filepath.Rel(from, to); err == nil && below != ".." && !strings.HasPrefix(below, ".."+string(filepath.Separator)) {
		return fault.Invalid("BACKUP_INSIDE_STORE",
			"the backup would lie in the data folder %s and be lost with it; give a folder elsewhere, best on another disk", c.Dir).
			With("dir", c.Dir).In("target")
	}
	return nil
}

// durable asks the running server for its last entry, and for its signature where it has a key.
func (c Control) durable(ctx context.Context, taking *backup.Config) (err error) {
	conn, err := c.Dial(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	status, err := conn.GetStatus(ctx)
	if err != nil {
		return err
	}
	taking.Head.Sequence = uint64(max(status.GetEntries(), 0)) //nolint:gosec // not negative
	if taking.JournalID, err = journal.ParseID(status.GetStamp().GetJournalId()); err != nil {
		return err
	}
	hash, err := hex.DecodeString(status.GetChainHash())
	if err != nil || copy(taking.Head.Hash[:], hash) != len(taking.Head.Hash) {
		return fault.Internal(err, "the server names its last entry with the hash %q", status.GetChainHash())
	}
	signed, err := conn.GetSignedHead(ctx, &reportingv1.GetSignedHeadRequest{
		Sequence: status.GetEntries(), JournalId: status.GetStamp().GetJournalId(),
	})
	switch {
	case err == nil:
		taking.SignedHead, taking.VerifierKey = signed.GetNote(), signed.GetVerifierKey()
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return nil // a server without a key has backups too
}

// durableOnDisk finds the end of a journal that nobody serves.
func durableOnDisk(ctx context.Context, taking *backup.Config) error {
	taking.Progress("journal read", 0, 0)
	log, err := filejournal.OpenReadOnly(ctx, taking.Journal)
	if err != nil {
		return err
	}
	taking.JournalID, taking.Head = log.ID(), log.Head()
	return log.Close()
}
