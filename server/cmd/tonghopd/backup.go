package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/backup"
	"github.com/tonghop/tonghop/server/fault"
)

type backupCommand struct {
	Target string `arg:"" help:"Folder of the backup: one that does not exist, or with --verify the one to check." placeholder:"TARGET"`
	Data   string `help:"Data folder of the store; a server may run on it." placeholder:"DIR" env:"TONGHOP_DATA"`
	Verify bool   `help:"Make none, but check the backup in TARGET again: every byte of it."`
}

// Run takes a backup or checks one.
func (c backupCommand) Run(w world) error {
	began := time.Now()
	show := newProgress(w.err)
	if c.Verify {
		m, err := backup.Verify(w.ctx, c.Target, show)
		if err != nil {
			return err
		}
		return tellBackup(w, "verified", m, time.Since(began))
	}
	if c.Data == "" {
		return fault.Invalid("DATA_REQUIRED", "say of which store: --data DIR, or TONGHOP_DATA").In("data")
	}
	m, err := server.Backup(w.ctx, server.Config{Dir: c.Data, Version: programVersion(), Progress: show}, c.Target)
	if err != nil {
		return err
	}
	return tellBackup(w, "backed up and verified", m, time.Since(began))
}

// tellBackup says what a backup holds, in words that programs can take apart.
func tellBackup(w world, what string, m backup.Manifest, took time.Duration) error {
	signed := "not signed"
	if m.SignedHead != "" {
		signed = "signed by " + strings.SplitN(m.VerifierKey, "+", 2)[0]
	}
	_, err := fmt.Fprintf(w.out, "%s in %s: sequence=%d bytes=%d chain=%s journal=%s, of %s, %s\n",
		what, took.Round(time.Millisecond), m.Sequence, m.Bytes(), m.ChainHash, m.JournalID(), m.Time.Format(time.RFC3339), signed)
	return err
}
