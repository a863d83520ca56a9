package reporting

import (
	"context"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// CheckJournal refuses a sequence that is of another journal than the one that is here, which nil stands for. It is asked
// before a call that names a sequence, and needs no grant: every answer tells the id of the journal.
func (s *Service) CheckJournal(ctx context.Context, of *journal.ID) error {
	if of == nil || *of == s.cfg.Journal.ID() {
		return nil
	}
	return s.cfg.State.View(ctx, func(tx *aggregator.Tx) error {
		return fault.Of(journalReplaced(tx, *of)).In("journal_id")
	})
}

// journalReplaced refuses what belongs to the journal before a restore (R35). It tells how far that journal came along, so
// that a client can send again what came after; of a journal that was never restored here nothing is known.
func journalReplaced(tx *aggregator.Tx, given journal.ID) error {
	here := tx.Position().JournalID
	restorations, err := tx.Restorations()
	if err != nil {
		return err
	}
	for _, r := range restorations {
		if r.Old == given {
			return fault.Precondition(ReasonJournalReplaced,
				"this belongs to the journal %s, which was restored from a backup that ended with its entry %d; the journal is now %s: "+
					"send again what you sent after entry %d, and start again from the beginning", given, r.Head.Sequence, here, r.Head.Sequence).
				With("given", given.String()).With("here", here.String()).With("sequence", r.Head.Sequence)
		}
	}
	return fault.Precondition(ReasonJournalReplaced,
		"this belongs to the journal %s; the journal here is %s, and nothing in it came from that one: start again from the beginning",
		given, here).With("given", given.String()).With("here", here.String())
}

// ReasonJournalReplaced is the reason of every position in another journal.
const ReasonJournalReplaced = "JOURNAL_REPLACED"
