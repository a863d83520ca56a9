package verify

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// removals is what the journal says of private parts that were removed (R36), and what it holds of them.
type removals struct {
	// by says for an entry which later one removed its private part.
	by map[uint64]uint64
	// gone are the entries whose private part is not there any more.
	gone map[uint64]bool
	// read is the last entry that was looked at.
	read uint64
}

// take looks at an entry.
func (v *removals) take(e journal.Entry, decoded entry.Entry) {
	v.read = max(v.read, e.Sequence)
	if e.Removed {
		v.gone[e.Sequence] = true
	}
	if r, ok := decoded.Body.(entry.EntryRedacted); ok && r.Sequence < e.Sequence && v.by[r.Sequence] == 0 {
		v.by[r.Sequence] = e.Sequence
	}
}

// A text leaves the journal a moment after the entry that removes it has come; a store that serves is given that long.
const (
	removalTries = 20
	removalPause = 100 * time.Millisecond
)

// settle compares what was to be removed with what is there. A text that should be gone is looked for once more, and so is
// an entry that might have come meanwhile.
func (r *run) settle(ctx context.Context) error {
	for _, sequence := range slices.Sorted(maps.Keys(r.removals.by)) {
		there, err := r.textThere(ctx, sequence)
		if err != nil {
			return err
		}
		if there {
			r.find("entry %d removed the private part of entry %d, and it is still in the journal; redact entry %d once more, and make a new backup",
				r.removals.by[sequence], sequence, sequence)
		}
	}
	if r.unexplained() > 0 {
		err := r.journal.Read(ctx, r.removals.read+1, func(e journal.Entry) error {
			r.decode(e)
			return nil
		})
		if err != nil && fault.ReasonOf(err) != journal.ReasonDamaged {
			return err
		}
	}
	for _, sequence := range slices.Sorted(maps.Keys(r.removals.gone)) {
		if r.removals.by[sequence] == 0 {
			r.find("the private part of entry %d was removed, and no entry says so: somebody changed the files, or the backup that "+
				"was restored was made just then; if it was to be removed, redact entry %d, so that it is said", sequence, sequence)
		}
	}
	r.report.Removed = uint64(len(r.removals.gone))
	return nil
}

// unexplained counts the removals that no entry explains.
func (r *run) unexplained() (n int) {
	for sequence := range r.removals.gone {
		if r.removals.by[sequence] == 0 {
			n++
		}
	}
	return n
}

// textThere says whether the journal still holds the private part of an entry after a while.
func (r *run) textThere(ctx context.Context, sequence uint64) (bool, error) {
	for range removalTries {
		there := false
		err := r.journal.Read(ctx, sequence, func(e journal.Entry) error {
			there = len(e.Private) > 0
			if e.Removed {
				r.removals.gone[sequence] = true
			}
			return errEnough
		})
		if fault.ReasonOf(err) == journal.ReasonDamaged {
			r.find("the chain of the journal is broken at entry %d: %v", sequence, err)
			return false, nil
		}
		if !errors.Is(err, errEnough) || !there {
			return false, withoutEnough(err)
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(removalPause):
		}
	}
	return true, nil
}

func withoutEnough(err error) error {
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}
