package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tonghop/tonghop/client/receipt"
	"github.com/tonghop/tonghop/server/backup"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/head"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

type receiptCommand struct {
	Verify receiptVerifyCommand `cmd:"" help:"Hold receipts that reporters kept against a journal or a backup, without a server: the chain is computed anew."`
}

type receiptVerifyCommand struct {
	File    string   `arg:"" help:"File of receipts, as tonghop keeps them." type:"path"`
	Journal string   `help:"Data folder, its journal, or a backup." required:"" placeholder:"DIR" type:"path"`
	Head    []string `help:"Signed heads that were kept (tonghop head --out): the journal must lead to them too." placeholder:"FILE,..." type:"path"`
	Key     string   `help:"Key that verifies the heads, as it was handed over when the store was made." placeholder:"VERIFIER_KEY"`
}

// Validate wants a key for heads: one that stands beside them proves nothing.
func (c receiptVerifyCommand) Validate() error {
	if (len(c.Head) > 0) != (c.Key != "") {
		return errors.New("--head and --key go together")
	}
	return nil
}

// Run verifies receipts against a journal that is read from its first entry on.
func (c receiptVerifyCommand) Run(w world) error {
	records, damaged, err := receipt.Read(c.File)
	if err != nil {
		return fault.Precondition("RECEIPTS_UNREADABLE", "the receipts cannot be read: %v", err).In("file")
	}
	log, err := openForReading(w.ctx, c.Journal)
	if err != nil {
		return err
	}
	held := holding{records: records, found: make([]string, len(records)), chain: map[uint64]journal.Hash{}}
	err = held.heads(c.Head, c.Key)
	if err == nil {
		err = held.hold(w.ctx, log)
	}
	at := log.Head()
	if err := errors.Join(err, log.Close()); err != nil {
		return err
	}
	return held.tell(w, at, damaged)
}

// openForReading opens a journal, that of a data folder, or the copy that a backup holds.
func openForReading(ctx context.Context, dir string) (*filejournal.Journal, error) {
	if _, err := os.Stat(filepath.Join(dir, backup.ManifestName)); err == nil {
		return filejournal.OpenCopy(ctx, filejournal.Config{Dir: dir})
	}
	if info, err := os.Stat(filepath.Join(dir, "journal")); err == nil && info.IsDir() {
		dir = filepath.Join(dir, "journal")
	}
	return filejournal.OpenReadOnly(ctx, filejournal.Config{Dir: dir})
}

// holding is what is held against a journal.
type holding struct {
	records []receipt.Record
	// found says of each record what is wrong, or nothing.
	found []string
	// signed are the heads; chain has the hash at each entry that one of them names.
	signed []head.Head
	chain  map[uint64]journal.Hash
}

// heads opens signed heads.
func (h *holding) heads(files []string, key string) error {
	for _, path := range files {
		note, err := os.ReadFile(path) //nolint:gosec // the operator names the file
		if err != nil {
			return fault.Precondition("HEAD_UNREADABLE", "the head %s cannot be read: %s", path, err).With("file", path).In("head")
		}
		one, err := head.Open(string(note), key)
		if err != nil {
			return fault.Of(err).In("head")
		}
		h.signed = append(h.signed, one)
	}
	return nil
}

// hold reads the journal, whose chain is verified on the way, and holds everything against its entries.
func (h *holding) hold(ctx context.Context, log *filejournal.Journal) error {
	wanted := map[uint64][]int{}
	for i, r := range h.records {
		h.found[i] = outside(r, log)
		if h.found[i] == "" {
			wanted[uint64(r.Sequence)] = append(wanted[uint64(r.Sequence)], i) //nolint:gosec // at least 1
		}
	}
	for _, s := range h.signed {
		h.chain[s.Sequence] = journal.Hash{}
	}
	err := log.Read(ctx, 1, func(e journal.Entry) error {
		if _, ok := h.chain[e.Sequence]; ok {
			h.chain[e.Sequence] = e.Hash
		}
		for _, i := range wanted[e.Sequence] {
			var err error
			if h.found[i], err = against(h.records[i], e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, s := range h.signed {
		if s.Sequence > log.Head().Sequence || s.Hash != h.chain[s.Sequence] || s.JournalID != log.IDAt(s.Sequence) {
			return fault.DataLoss("HEAD_CONTRADICTED",
				"the signed head of entry %d of journal %s has the hash %s, and this journal does not lead to it: it was changed, or cut off, since that was signed",
				s.Sequence, s.JournalID, s.Hash).With("sequence", s.Sequence)
		}
	}
	return nil
}

// outside says why the entry of a receipt is not in a journal.
func outside(r receipt.Record, log *filejournal.Journal) string {
	at, sequence := log.Head(), uint64(r.Sequence) //nolint:gosec // at least 1
	here := log.IDAt(sequence).String()
	switch {
	case sequence > at.Sequence && here == r.JournalID:
		return fmt.Sprintf("BEYOND_HEAD: the journal ends at entry %d", at.Sequence)
	case here == r.JournalID:
		return ""
	}
	for _, id := range log.IDs() {
		if id.String() == r.JournalID {
			return "LOST_IN_RESTORE: under this id the journal did not go so far; it was restored from a backup"
		}
	}
	return "OTHER_JOURNAL: this journal never had the id " + r.JournalID
}

// against holds a receipt against its entry.
func against(r receipt.Record, e journal.Entry) (string, error) {
	if e.Hash.String() != r.EntryHash {
		return fmt.Sprintf("WRONG_HASH: the chain has %s here, the receipt %s: one of the two was changed since", e.Hash, r.EntryHash), nil
	}
	decoded, err := entry.Decode(e.Public, e.Private)
	if err != nil {
		return "", err
	}
	switch {
	case !decoded.Header.Time.Equal(r.AcceptTime):
		return "WRONG_HASH: the entry was accepted at another time than the receipt says", nil
	case !made(decoded.Body, r):
		return "WRONG_REVISION: the entry is not about this revision of this report, or about another closing or obligation", nil
	}
	return "", nil
}

// made says whether an entry did what a receipt says.
func made(body entry.Body, r receipt.Record) bool {
	is := func(kind receipt.Kind, key fmt.Stringer, revision int) bool {
		return r.Kind == kind && key.String() == r.Report && revision == int(r.Revision)
	}
	switch b := body.(type) {
	case entry.ReportsSubmitted:
		for _, s := range b.Reports {
			kind := receipt.Submit
			if s.Draft {
				kind = receipt.Draft
			}
			if is(kind, s.Key, s.Revision) {
				return true
			}
		}
	case entry.ReportApproved:
		return is(receipt.Approve, b.Key, b.Revision)
	case entry.ReportReturned:
		return is(receipt.Return, b.Key, b.Revision)
	case entry.ObligationExcluded:
		return is(receipt.Exclude, b.Key, 0)
	case entry.ExclusionLifted:
		return is(receipt.Lift, b.Key, 0)
	case entry.PeriodClosed:
		return is(receipt.Close, b.Key, b.Version)
	case entry.PeriodReopened:
		return is(receipt.Reopen, b.Key, b.Version)
	}
	return false
}

// tell shows what each receipt was found to be, and fails unless all are what they should be.
func (h *holding) tell(w world, at journal.Head, damaged []receipt.Damage) error {
	wrong := 0
	for _, d := range damaged {
		if !d.CutOff {
			wrong++
		}
		if _, err := fmt.Fprintf(w.out, "DAMAGED  %v\n", d); err != nil {
			return err
		}
	}
	for i, r := range h.records {
		word, why := "VERIFIED", ""
		if h.found[i] != "" {
			wrong++
			word, why = "WRONG", "  "+h.found[i]
		}
		if _, err := fmt.Fprintf(w.out, "%-8s  %s  revision %d  entry %d%s\n", word, r.Report, r.Revision, r.Sequence, why); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w.out, "%d receipts against a chain of %d entries, head %s; %d signed heads agree; %d not verified\n",
		len(h.records), at.Sequence, at.Hash, len(h.signed), wrong)
	if err == nil && wrong > 0 {
		err = fault.DataLoss("RECEIPTS_NOT_VERIFIED", "%d receipts are not what the journal says", wrong).With("count", wrong)
	}
	return err
}
