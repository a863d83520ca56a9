package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/verify"
)

// Run verifies a store that no server serves; beside a server, tonghop verify does the same.
func (c verifyCommand) Run(w world) error {
	began := time.Now()
	show := newProgress(w.err)
	store, err := server.OpenStore(w.ctx, server.Config{Dir: c.Data, Version: programVersion(), Progress: show})
	if err != nil {
		return err
	}
	report, err := store.Verify(w.ctx, func(r verify.Report) {
		if r.Entries < r.TotalEntries {
			show("entries checked", r.Entries, r.TotalEntries)
			return
		}
		show("roll-ups recomputed", r.Rollups, 0)
	})
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	if err := c.tell(w, report, time.Since(began)); err != nil {
		return err
	}
	if report.FindingCount > 0 {
		return fault.DataLoss("STORE_UNSOUND", "%d findings: what the store says is not what the reports come to; run tonghopd rebuild, then verify again",
			report.FindingCount)
	}
	return nil
}

func (c verifyCommand) tell(w world, r verify.Report, took time.Duration) error {
	if c.JSON {
		return json.NewEncoder(w.out).Encode(map[string]any{
			"entries": r.Entries, "rollups": r.Rollups, "removed": r.Removed, "findings": r.Findings, "findingCount": r.FindingCount,
			"seconds": took.Seconds(),
		})
	}
	for _, finding := range r.Findings {
		if _, err := fmt.Fprintln(w.out, finding); err != nil {
			return err
		}
	}
	removed := ""
	switch r.Removed {
	case 0:
	case 1:
		removed = "removed: 1 private part, "
	default:
		removed = fmt.Sprintf("removed: %d private parts, ", r.Removed)
	}
	_, err := fmt.Fprintf(w.out, "%d entries, %d roll-ups recomputed, %s%d findings, in %s\n",
		r.Entries, r.Rollups, removed, r.FindingCount, took.Round(time.Millisecond))
	return err
}
