package reporting

import (
	"context"

	"github.com/tonghop/tonghop/server/aggregator"
)

// AdmitAfter prepares a submission, lets something happen, and then says whether it is admitted, and whether what was
// prepared was used.
func (s *Service) AdmitAfter(ctx context.Context, sub Submission, meanwhile func()) (used bool, err error) {
	ready := s.prepare(&sub)
	meanwhile()
	viewed := s.cfg.State.View(ctx, func(tx *aggregator.Tx) error {
		who := granted{Caller: s.Local(), now: s.cfg.Now(), tx: tx}
		at, figures, refused := who.admit(s.cfg.Now(), sub, &ready)
		used = len(figures) > 0 && ready.of(tx.Definitions(), at) && &figures[0] == &ready.figures[0]
		err = refused
		return nil
	})
	if viewed != nil {
		err = viewed
	}
	return used, err
}

// Prepare reads the figures of a submission, and says whether they are right.
func (s *Service) Prepare(sub *Submission) bool {
	ready := s.prepare(sub)
	return ready.figures != nil
}

// BulkWaits says whether as many submissions of streams wait for their turn as may at once.
func (s *Service) BulkWaits() bool { return len(s.bulk) == cap(s.bulk) }
