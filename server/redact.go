package server

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tonghop/tonghop/server/fault"
)

// reasonRemovalFailed is the reason of a text that could not be removed from the files.
const reasonRemovalFailed = "REMOVAL_FAILED"

// remove carries out the redactions that were applied (R36): what is left of the private part of an entry is removed from
// the journal, with that of every other whose removal an earlier process did not get to, and then from the state's file.
//
// It runs after the entry that says so is durable: a crash in between leaves a text that is in no answer, and the next
// start finds it in the list of the state. A failure here stops the process, whatever it was: after a failed write or sync
// nobody knows what the disk holds, a sync is never tried again, and to go on would leave a removed text on the disk for as
// long as the server happens to run. The next start finishes, or does not serve.
func (s *Store) remove(ctx context.Context, sequence uint64) error {
	s.removing.Lock()
	defer s.removing.Unlock()
	err := s.removeAll(ctx, sequence)
	if err == nil {
		return nil
	}
	failed := removalFailed(err)
	s.committer.Fail(failed)
	return failed
}

func (s *Store) removeAll(ctx context.Context, also ...uint64) error {
	list, upTo, err := s.state.Unremoved(ctx)
	if err != nil {
		return err
	}
	for _, sequence := range also {
		if !slices.Contains(list, sequence) {
			list = append(list, sequence)
		}
	}
	if len(list) == 0 {
		return nil
	}
	for _, sequence := range list {
		if err := s.journal.Redact(ctx, sequence); err != nil {
			return err
		}
	}
	return s.state.Erase(ctx, upTo)
}

// retryRemoval is after how long a server has started again.
const retryRemoval = 5 * time.Second

func removalFailed(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fault.Unavailable(reasonRemovalFailed,
		"a text that is to be removed may still be on the disk; the server starts again to finish this: repeat the request with the same request id: %w", err).
		After(retryRemoval)
}
