//go:build unix

package workload

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
)

// JudgeJournal reads the journal in a data folder, beside a server or without one, and holds the hashes of its entries
// against the receipts of what was acknowledged before the mark. It gives how many were compared. Reading alone proves
// the chain.
func (w *World) JudgeJournal(ctx context.Context, data string, must Mark) (int, error) {
	receipts := w.receipts(must)
	log, err := filejournal.OpenReadOnly(ctx, filejournal.Config{Dir: filepath.Join(data, "journal")})
	if err != nil {
		return 0, fmt.Errorf("open the journal: %w", err)
	}
	id := log.IDAt(0).String() // a restored journal has a new one, and receipts of its own
	compared := 0
	err = log.Read(ctx, 0, func(e journal.Entry) error {
		item, ok := receipts[int64(e.Sequence)] //nolint:gosec // counts from 1
		if !ok {
			return nil
		}
		if e.Hash.String() != item.Hash {
			return check.Broken("the entry at %d has the hash %s, and the receipt says %s", e.Sequence, e.Hash, item.Hash)
		}
		delete(receipts, int64(e.Sequence)) //nolint:gosec // counts from 1
		compared++
		return nil
	})
	if closed := log.Close(); err == nil {
		err = closed
	}
	switch {
	case err != nil:
		return compared, err
	case id != w.journal:
		return compared, check.Broken("the journal is %s, and the receipts are of %s", id, w.journal)
	}
	for sequence := range receipts {
		return compared, check.Broken("%d acknowledged entries are not in the journal, such as %d", len(receipts), sequence)
	}
	return compared, nil
}

// receipts are those up to the mark, by sequence.
func (h *history) receipts(must Mark) map[int64]Item {
	h.mu.Lock()
	defer h.mu.Unlock()
	receipts := map[int64]Item{}
	for _, a := range h.attempts {
		for _, item := range a.Items {
			if item.Outcome == Acknowledged && item.acked <= must {
				receipts[item.Sequence] = item
			}
		}
	}
	return receipts
}
