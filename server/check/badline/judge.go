//go:build unix

package badline

import (
	"context"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/tonghop/tonghop/client/receipt"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/daemon"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

// judge holds the journal and the receipts against what was put in.
func (s *storm) judge(ctx context.Context) error {
	// What must be there, by request id.
	missing := map[string]Report{}
	for _, m := range s.machines {
		for _, r := range m.Reports {
			missing[r.request().GetRequestId()] = r
		}
	}
	total := len(missing)
	hashes := map[int64]string{}
	j, err := filejournal.OpenReadOnly(ctx, filejournal.Config{Dir: filepath.Join(s.Dir, "data", "journal")})
	if err != nil {
		return err
	}
	err = j.Read(ctx, 1, func(e journal.Entry) error {
		decoded, err := entry.Decode(e.Public, e.Private)
		if err != nil {
			return err
		}
		submitted, ok := decoded.Body.(entry.ReportsSubmitted)
		if !ok {
			return nil // the founding
		}
		id := uuid.UUID(decoded.Header.RequestID).String()
		want, ok := missing[id]
		if !ok {
			return check.Broken("entry %d has the request %s, which nobody put in, or which is there already", e.Sequence, id)
		}
		delete(missing, id)
		hashes[int64(e.Sequence)] = hex.EncodeToString(e.Hash[:]) //nolint:gosec // counts from 1
		return s.compare(e.Sequence, decoded.Header, submitted, want)
	})
	if closed := j.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	for _, r := range missing {
		return check.Broken("%d of %d reports are delivered, as their outboxes say, and not in the journal, such as %s", len(missing), total, r.Name)
	}
	s.Figure("delivered", total)
	if err := s.receiptsHold(hashes); err != nil {
		return err
	}
	_, exit, err := daemon.Command(ctx, daemon.Config{Program: s.Daemon, Dir: filepath.Join(s.Dir, "data")}, "verify", "--data", filepath.Join(s.Dir, "data"))
	if err == nil && exit.Code != 0 {
		err = check.Broken("tonghopd verify: %s", exit)
	}
	return err
}

// compare holds one entry against the report that was put in.
func (s *storm) compare(sequence uint64, h entry.Header, submitted entry.ReportsSubmitted, want Report) error {
	unit := strings.Split(want.Name, "/")[1]
	if len(submitted.Reports) != 1 || string(submitted.Reports[0].Key.Unit) != unit || submitted.Reports[0].Revision != 1 {
		return check.Broken("entry %d has %d reports, the first of unit %s with revision %d; want one of %s with revision 1",
			sequence, len(submitted.Reports), submitted.Reports[0].Key.Unit, submitted.Reports[0].Revision, unit)
	}
	if h.Principal != s.principals[unit] {
		return check.Broken("entry %d is by %s, and %s has the token %s", sequence, h.Principal, unit, s.principals[unit])
	}
	first := submitted.Reports[0].Figures[0]
	for _, f := range submitted.Reports[0].Figures {
		if f.Number < first.Number {
			first = f
		}
	}
	if got := fmt.Sprint(first.Value); got != fmt.Sprint(want.Serial) {
		return check.Broken("entry %d has the figure %s, and %d was put in", sequence, got, want.Serial)
	}
	return nil
}

// receiptsHold demands a receipt for each entry, and that each names its entry.
func (s *storm) receiptsHold(hashes map[int64]string) error {
	files, err := receipt.Files(s.receipts)
	if err != nil {
		return err
	}
	kept, held := 0, map[int64]bool{}
	for _, file := range files {
		records, _, err := receipt.Read(file) // the end of a file may have been cut off by a kill, and its receipt is there again
		if err != nil {
			return err
		}
		for _, r := range records {
			if hash := hashes[r.Sequence]; hash != r.EntryHash {
				return check.Broken("the receipt of %s names entry %d with the hash %s, and the journal has %q there", r.Report, r.Sequence, r.EntryHash, hash)
			}
			held[r.Sequence] = true
			kept++
		}
	}
	s.Figure("receipts", kept)
	if len(held) != len(hashes) {
		return check.Broken("%d of %d reports have a receipt", len(held), len(hashes))
	}
	return nil
}
