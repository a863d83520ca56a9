package reporting

import (
	"context"
	"strconv"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
)

// At asks for an answer as of an earlier entry, or of the last entry accepted at or before an instant (R30). The zero value
// is now.
type At struct {
	// Sequence is that of the entry; nil where it is not asked for by one.
	Sequence *int64
	// Time is the instant; the zero value where it is not asked for by one.
	Time time.Time
}

// String tells one from another, in the filter of a page token.
func (a At) String() string {
	switch {
	case a.Sequence != nil:
		return strconv.FormatInt(*a.Sequence, 10)
	case a.Time.IsZero():
		return ""
	}
	return a.Time.UTC().Format(time.RFC3339Nano)
}

func (a At) isNow() bool { return a.Sequence == nil && a.Time.IsZero() }

// unsettled is how long an entry may take from its time to where readers see it: ten seconds is the most (R40), and the
// server that has not done with it by then has stopped.
const unsettled = time.Minute

// readAt is read as of an earlier state: use is given that one, and a caller whose rights are those of now, by the tree of
// now.
func (s *Service) readAt(
	ctx context.Context, caller auth.Caller, at At, minSequence uint64, use func(tx *aggregator.Tx, who granted) error,
) error {
	if at.isNow() {
		return s.read(ctx, caller, minSequence, use)
	}
	if err := at.check(); err != nil {
		return err
	}
	if !at.Time.IsZero() {
		now := s.cfg.Now()
		if !at.Time.Before(now) {
			return fault.Precondition("AT_IN_FUTURE", "the state at %s was asked for, and here it is %s; ask again when it has passed, or leave it out for now",
				instant(at.Time), instant(now)).With("asked", instant(at.Time)).With("now", instant(now)).In("at_time")
		}
		// What is on its way may have an earlier time.
		if now.Sub(at.Time) < unsettled {
			if err := s.cfg.Committer.Settle(ctx); err != nil {
				return err
			}
		}
	}
	return s.read(ctx, caller, minSequence, func(tx *aggregator.Tx, who granted) error {
		sequence, err := at.resolve(tx)
		if err != nil {
			return err
		}
		then, err := tx.AsOf(sequence)
		if err != nil {
			return err
		}
		who.tx, who.present, who.then = then, tx, at.Time
		if at.Time.IsZero() {
			_, who.then, _ = then.Moment()
		}
		return use(then, who)
	})
}

// check refuses what is wrong whatever the store holds.
func (a At) check() error {
	switch {
	case a.Sequence != nil && !a.Time.IsZero():
		return fault.Invalid("AT_TWICE", "at_sequence %d and at_time %s: give one of them", *a.Sequence, instant(a.Time)).In("at_time")
	case a.Sequence != nil && *a.Sequence < 1:
		return fault.Invalid("AT_BEFORE_BEGINNING", "at_sequence %d: the first entry is 1", *a.Sequence).
			With("asked", *a.Sequence).With("first", 1).In("at_sequence")
	}
	return nil
}

// resolve gives the entry that is asked for.
func (a At) resolve(tx *aggregator.Tx) (uint64, error) {
	head := tx.Position().Head.Sequence
	if a.Sequence != nil {
		sequence := uint64(*a.Sequence) //nolint:gosec // checked
		if sequence > head {
			return 0, fault.Precondition("AT_IN_FUTURE", "at_sequence %d: the store is at entry %d; ask for that one or an earlier one", sequence, head).
				With("asked", sequence).With("now", head).In("at_sequence")
		}
		return sequence, nil
	}
	sequence, err := tx.SequenceAt(a.Time)
	if err != nil || sequence > 0 {
		return sequence, err
	}
	first := instant(a.Time)
	if then, err := tx.AsOf(1); err == nil {
		_, began, _ := then.Moment()
		first = instant(began)
	}
	return 0, fault.Invalid("AT_BEFORE_BEGINNING", "at_time %s: the store began at %s", instant(a.Time), first).
		With("asked", instant(a.Time)).With("first", first).In("at_time")
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
