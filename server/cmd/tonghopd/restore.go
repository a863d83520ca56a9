package main

import (
	"fmt"
	"time"

	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/backup"
)

type restoreCommand struct {
	Backup       string `arg:"" help:"Folder that backup made." placeholder:"BACKUP"`
	Data         string `help:"Data folder of the new store: one that does not exist, or is empty." required:"" placeholder:"DIR" env:"TONGHOP_DATA"`
	By           string `help:"Who restores; stays in the journal." required:"" placeholder:"WHO"`
	Reason       string `help:"Why; stays in the journal." required:"" placeholder:"TEXT"`
	Old          string `help:"Data folder with what is left of the lost store: it tells how far that one had come." placeholder:"DIR" type:"path"`
	SegmentBytes int64  `help:"Bytes of the new file of the journal, a multiple of 4096." default:"67108864" name:"segment-bytes"`
	Key          string `help:"File of the private key that signed the heads of the lost store. Without: the new store has none." placeholder:"FILE" type:"path"`
}

// Run makes a store of a backup.
func (c restoreCommand) Run(w world) error {
	began := time.Now()
	restored, err := server.Restore(w.ctx, server.Config{
		Dir: c.Data, SegmentBytes: c.SegmentBytes, Version: programVersion(), Progress: newProgress(w.err),
	}, server.RestoreRequest{Backup: c.Backup, Old: c.Old, By: c.By, Reason: c.Reason, KeyFile: c.Key})
	if err != nil {
		return err
	}
	return c.tell(w, restored, time.Since(began))
}

func (c restoreCommand) tell(w world, r backup.Restored, took time.Duration) error {
	m := r.Manifest
	lost := "What the lost journal had after that is not known."
	if r.Known.Sequence > 0 {
		lost = fmt.Sprintf("The lost journal is known to have had entry %d; entries after the backup that are missing here: %d.",
			r.Known.Sequence, r.Known.Sequence-m.Sequence)
	}
	key := ""
	if c.Key == "" && r.Verifier != "" {
		key = "\nIt has no key to sign heads with; make one:\n\n  tonghopd key --new --data " + c.Data + "\n"
	}
	_, err := fmt.Fprintf(w.out, "restored in %s: old=%s sequence=%d chain=%s new=%s\n%s\n%s\nServe it with:\n\n  tonghopd serve --data %s\n\n"+
		"Then everybody who sent something after the backup of %s sends it again; who kept receipts:\n\n  tonghop resend\n",
		took.Round(time.Millisecond), m.JournalID(), m.Sequence, m.ChainHash, r.JournalID, lost, key, c.Data, m.Time.Format(time.RFC3339))
	return err
}
