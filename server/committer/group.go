package committer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// maxConflicts is how often a group is decided again on a journal whose head others move.
const maxConflicts = 10

// conflictPause is the longest pause before the first repetition; each further one may be twice as long.
const conflictPause = 5 * time.Millisecond

// group is one round of the committer.
type group struct {
	tx      *aggregator.Tx
	answers []answer // one for each request, in order
	records []journal.Record
	head    journal.Head
	time    time.Time
}

// commit takes a group through decide, append, apply and answer. It answers every request.
func (c *Committer) commit(requests []*request) {
	answers, err := c.try(requests)
	for attempt := 1; errors.Is(err, errConflict) && attempt < maxConflicts; attempt++ {
		time.Sleep(time.Duration(rand.Int64N(int64(conflictPause) << attempt)))
		if err = c.catchUp(); err != nil {
			break
		}
		answers, err = c.try(requests)
	}
	switch {
	case errors.Is(err, errConflict):
		busy := fault.Unavailable("JOURNAL_BUSY",
			"other servers moved the journal's head %d times; repeat the request with the same request id", maxConflicts)
		answers = same(requests, busy)
	case err != nil:
		c.poison(err)
		c.cfg.State.Lose()
		answers = same(requests, c.ended())
	}
	for i, r := range requests {
		r.answer <- answers[i]
	}
}

// errConflict says that the head moved and nothing was written.
var errConflict = errors.New("the journal's head moved")

// catchUp applies what other servers appended.
func (c *Committer) catchUp() error {
	return c.cfg.State.Replay(context.Background(), c.cfg.Journal, func(uint64, uint64) {})
}

// try makes one attempt. An error other than errConflict poisons.
func (c *Committer) try(requests []*request) ([]answer, error) {
	tx, err := c.open()
	if err != nil {
		return nil, err
	}
	position := tx.Position()
	g := &group{tx: tx, head: position.Head, time: position.Time}
	for _, r := range requests {
		a, err := c.decide(g, r, position.JournalID)
		if err != nil {
			c.drop(tx)
			return nil, err
		}
		g.answers = append(g.answers, a)
	}
	if len(g.records) == 0 {
		c.close(tx)
		return g.answers, nil
	}
	// From here the group is no longer anybody's request: a caller who left does not undo it.
	head, err := c.cfg.Journal.Append(context.Background(), position.Head.Sequence, g.records)
	if err != nil {
		held := c.drop(tx)
		answers, err := c.notAppended(g, err)
		if err == nil && held { // what was acknowledged before is in the journal, and nowhere else now
			err = c.catchUp()
		}
		return answers, err
	}
	if head != g.head {
		c.drop(tx)
		return nil, fmt.Errorf("the journal's head is %d %s after the append, expected %d %s",
			head.Sequence, head.Hash, g.head.Sequence, g.head.Hash)
	}
	if c.hold(tx, g.records) {
		return g.answers, nil
	}
	c.held = held{}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("the journal has the entries to %d, the state refused to commit: %w", head.Sequence, err)
	}
	return g.answers, nil
}

// notAppended sorts out an append that failed: a conflict, a refusal that wrote nothing, or the unknown.
func (c *Committer) notAppended(g *group, err error) ([]answer, error) {
	switch {
	case fault.ReasonOf(err) == journal.ReasonHeadMoved:
		return nil, errConflict
	case journal.Refused(err):
		for i := range g.answers {
			if g.answers[i].err == nil {
				g.answers[i] = answer{err: err}
			}
		}
		return g.answers, nil
	default:
		return nil, err
	}
}

// decide has one request decided and, where there is an entry, applied to the transaction. The answer may refuse the
// request; the error is a failure of the store.
func (c *Committer) decide(g *group, r *request, id journal.ID) (answer, error) {
	if r.ctx.Err() != nil {
		return answer{err: r.ctx.Err()}, nil //nolint:nilerr // a refusal is an answer, not a failure of the store
	}
	now := c.cfg.Now()
	if lag := g.time.Sub(now); lag > maxClockLag {
		return answer{err: fault.Unavailable("CLOCK_BEHIND",
			"the server's clock is %s behind the last entry; it must be set right before changes are taken", lag).
			With("lag", lag.String())}, nil
	}
	slot := Slot{Sequence: g.head.Sequence + 1, Time: later(now, g.time)}
	e, refused := r.decide(g.tx, slot)
	if refused != nil || e == nil {
		return answer{err: refused}, nil //nolint:nilerr // as above
	}
	e.Header.Sequence, e.Header.Time = slot.Sequence, slot.Time
	record, refused := c.encode(e)
	if refused != nil {
		return answer{err: refused}, nil //nolint:nilerr // as above
	}
	var privateHash journal.Hash
	if len(record.Private) > 0 {
		privateHash = journal.PrivateHash(record.Salt, record.Private)
	}
	head := journal.Head{Sequence: slot.Sequence, Hash: journal.Chain(g.head.Hash, record.Public, privateHash)}
	if err := g.tx.Apply(*e, head); err != nil {
		return answer{}, fmt.Errorf("apply entry %d: %w", slot.Sequence, err)
	}
	g.records, g.head, g.time = append(g.records, record), head, slot.Time
	return answer{outcome: Outcome{
		Accepted: true, JournalID: id, Sequence: slot.Sequence, Hash: head.Hash, Time: slot.Time,
	}}, nil
}

func (c *Committer) encode(e *entry.Entry) (journal.Record, error) {
	public, private, err := entry.Encode(*e)
	if err != nil {
		return journal.Record{}, err
	}
	if len(public)+len(private) > MaxEntryBytes {
		return journal.Record{}, fault.Invalid("REQUEST_TOO_LARGE",
			"the change makes an entry of %d bytes; one change may weigh at most %d: send it in parts",
			len(public)+len(private), MaxEntryBytes).With("size", len(public)+len(private)).With("limit", MaxEntryBytes)
	}
	record := journal.Record{Public: public, Private: private}
	if len(private) > 0 {
		c.cfg.Random(record.Salt[:])
	}
	return record, nil
}

func same(requests []*request, err error) []answer {
	answers := make([]answer, len(requests))
	for i := range answers {
		answers[i] = answer{err: err}
	}
	return answers
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
