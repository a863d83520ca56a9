package main

import (
	"fmt"
	"iter"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/google/uuid"

	"github.com/tonghop/tonghop/client/receipt"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// receiptFolder says where receipts lie.
type receiptFolder struct {
	Receipts string `placeholder:"DIR" help:"Folder of receipts. Otherwise TONGHOP_RECEIPTS, or tonghop/receipts in $$XDG_STATE_HOME (~/.local/state without it)."`
}

// keeping are the flags of the commands that keep receipts.
type keeping struct {
	receiptFolder
	NoReceipts bool `help:"Keep no receipts: nothing here will prove later what was accepted."`
}

// dir is the folder; empty where nothing says where it is.
func (f receiptFolder) dir(s *session) string {
	if dir := first(f.Receipts, s.env("TONGHOP_RECEIPTS")); dir != "" {
		return dir
	}
	state := s.stateDir()
	if state == "" {
		return ""
	}
	return filepath.Join(state, "tonghop", "receipts")
}

// needed is dir for commands that cannot do without.
func (f receiptFolder) needed(s *session) (string, error) {
	if dir := f.dir(s); dir != "" {
		return dir, nil
	}
	return "", s.usage("nothing says where receipts lie: give --receipts DIR")
}

// stateDir is where programs of this person keep what is not settings.
func (s *session) stateDir() string {
	if dir := s.env("XDG_STATE_HOME"); dir != "" {
		return dir
	}
	home := s.env("HOME")
	switch {
	case runtime.GOOS == "windows":
		return s.env("LocalAppData")
	case home == "":
		return ""
	case runtime.GOOS == "darwin":
		return filepath.Join(home, "Library", "Application Support")
	default:
		return filepath.Join(home, ".local", "state")
	}
}

// keeper keeps the receipts of one command.
type keeper struct {
	s *session
	// folder is nil where none are kept.
	folder *receipt.Folder
	files  []string
	kept   int
}

// keeper opens the folder before anything is sent: a receipt that cannot be kept is better known then.
func (k keeping) keeper(s *session, dry bool) (*keeper, error) {
	if k.NoReceipts || dry {
		return &keeper{s: s}, nil
	}
	dir := k.dir(s)
	if dir == "" {
		s.notice("no receipts are kept, for neither XDG_STATE_HOME nor HOME says where: give --receipts DIR, or --no-receipts")
		return &keeper{s: s}, nil
	}
	folder, err := receipt.Open(dir)
	if err == nil {
		err = receipt.Prune(dir, clock())
	}
	if err != nil {
		return nil, s.usage("receipts cannot be kept: %v; nothing was sent. Give another folder with --receipts, or --no-receipts to send without", err)
	}
	return &keeper{s: s, folder: folder}, nil
}

// keep keeps receipts durably, before anybody is told of success.
func (k *keeper) keep(records ...receipt.Record) error {
	if k.folder == nil || len(records) == 0 {
		return nil
	}
	files, err := k.folder.Keep(records...)
	if err != nil {
		for _, r := range records {
			k.s.notice("%s, revision %d, was accepted as entry %d of journal %s with the hash %s", plain(r.Report), r.Revision, r.Sequence, plain(r.JournalID), plain(r.EntryHash))
		}
		return fmt.Errorf("what was accepted stays, but its receipt could not be kept: %w", err)
	}
	k.kept += len(records)
	for _, file := range files {
		if len(k.files) == 0 || k.files[len(k.files)-1] != file {
			k.files = append(k.files, file)
		}
	}
	return nil
}

// keepOne keeps the receipt of one change, if it made an entry.
func (k *keeper) keepOne(r receipt.Record, m *reportingv1.Receipt) error {
	if m.GetSequence() == 0 {
		return nil
	}
	return k.keep(accepted(r, m))
}

// end says where the receipts are.
func (k *keeper) end() {
	if k.folder == nil {
		return
	}
	_ = k.folder.Close() // everything was synced
	if k.kept == 0 {
		return
	}
	where := k.folder.Dir()
	if len(k.files) == 1 {
		where = k.files[0]
	}
	k.s.notice("%s kept in %s", plural(k.kept, "receipt", "receipts"), where)
}

// newRequest draws the id of a request, so that the receipt can name it.
func newRequest() (string, error) {
	id, err := uuid.NewV7()
	return id.String(), err
}

// accepted completes a record with the server's receipt.
func accepted(r receipt.Record, m *reportingv1.Receipt) receipt.Record {
	r.JournalID, r.Sequence, r.EntryHash = m.GetJournalId(), m.GetSequence(), m.GetEntryHash()
	if m.GetAcceptTime() != nil {
		r.AcceptTime = m.GetAcceptTime().AsTime()
	}
	return r
}

// figuresOf gives the figures of a report as rows of figures.csv.
func figuresOf(r *reportingv1.Report) *receipt.Figures {
	columns := fileColumns(r)
	figures := &receipt.Figures{Numbers: "en", Columns: names(columns)}
	for _, f := range r.GetFigures() {
		figures.Rows = append(figures.Rows, texts(columns, f))
	}
	return figures
}

// batches gives what is there already in one go, at most limit things, and waits only when there is nothing: while the
// receipts of one batch are synced, the next one comes in. Stop must end the sequence.
func batches[T any](things iter.Seq2[T, error], limit int, stop func()) iter.Seq2[[]T, error] {
	type thing struct {
		thing T
		err   error
	}
	return func(yield func([]T, error) bool) {
		came, enough := make(chan thing, limit), make(chan struct{})
		var reader sync.WaitGroup
		reader.Go(func() {
			defer close(came)
			for t, err := range things {
				select {
				case came <- thing{t, err}:
				case <-enough:
					return
				}
			}
		})
		defer reader.Wait()
		defer stop()
		defer close(enough)
		for one := range came {
			var batch []T
			for more := true; more; {
				if one.err != nil {
					if len(batch) == 0 || yield(batch, nil) {
						yield(nil, one.err)
					}
					return
				}
				batch = append(batch, one.thing)
				if more = len(batch) < limit; more {
					select {
					case one, more = <-came:
					default:
						more = false
					}
				}
			}
			if !yield(batch, nil) {
				return
			}
		}
	}
}
