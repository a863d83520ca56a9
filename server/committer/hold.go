package committer

import (
	"fmt"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/journal"
)

// held is a transaction of the state that several groups share: each is durable in the journal and acknowledged, and the
// state commits them together. That ends as soon as somebody wants to read, when nothing more comes, and by these limits.
type held struct {
	tx      *aggregator.Tx
	groups  int
	entries int
	bytes   int
	// due fires when it has waited for long enough; late says that it fired.
	due  <-chan time.Time
	late bool
}

// The limits of what is held: the commit is a pause for those who write, and a kill leaves as much to be replayed.
const (
	heldGroups  = 256
	heldEntries = 4096
	heldBytes   = 16 << 20
	heldFor     = 250 * time.Millisecond
	heldIdle    = 2 * time.Millisecond
)

// open gives the transaction that is held, or begins one.
func (c *Committer) open() (*aggregator.Tx, error) {
	if c.held.tx != nil {
		return c.held.tx, nil
	}
	return c.cfg.State.Begin()
}

// hold acknowledges what the transaction has, and keeps it for the next group; false if it is to be committed now.
func (c *Committer) hold(tx *aggregator.Tx, records []journal.Record) bool {
	if c.held.tx == nil {
		c.held.due = time.After(heldFor)
	}
	c.held.groups, c.held.entries = c.held.groups+1, c.held.entries+len(records)
	for i := range records {
		c.held.bytes += len(records[i].Public) + len(records[i].Private)
	}
	if c.cfg.Hold == nil || c.held.groups >= heldGroups || c.held.entries >= heldEntries || c.held.bytes >= heldBytes || c.overdue() ||
		c.cfg.State.Viewed() || tx.Redefines() || !c.cfg.Hold() {
		return false
	}
	if err := tx.Acknowledge(); err != nil {
		c.cfg.Logger.Warn("changes cannot be acknowledged before they are committed; each group is committed", "error", err)
		return false
	}
	c.held.tx = tx
	return true
}

// overdue says that what is held has waited for long enough. A timer tells it: the clock that dates entries may be set back.
func (c *Committer) overdue() bool {
	select {
	case <-c.held.due:
		c.held.late = true
	default:
	}
	return c.held.late
}

// slowBytes is the weight from which a group counts as slow.
const slowBytes = 256 << 10

// ready commits what is held before a group begins, where somebody would wait for it until the group ends: whoever reads, or
// anybody if the group may take long.
func (c *Committer) ready(requests []*request) {
	if c.held.tx == nil {
		return
	}
	slow, size := false, 0
	for _, r := range requests {
		slow, size = slow || r.slow, size+r.size
	}
	select {
	case <-c.cfg.State.Wanted():
		slow = true
	default:
	}
	if slow || size >= slowBytes || c.overdue() || c.cfg.State.Viewed() {
		c.settle()
	}
}

// close ends a group that changed nothing.
func (c *Committer) close(tx *aggregator.Tx) {
	if c.held.tx == nil {
		tx.Rollback()
	}
}

// drop rolls back, and says whether something that was acknowledged was among it.
func (c *Committer) drop(tx *aggregator.Tx) bool {
	was := c.held.tx != nil
	c.held = held{}
	tx.Rollback()
	return was
}

// settle commits what is held.
func (c *Committer) settle() {
	tx := c.held.tx
	if tx == nil {
		return
	}
	c.held = held{}
	if c.Err() != nil { // the process ends, and the next start replays the journal
		tx.Rollback()
		c.cfg.State.Lose()
		return
	}
	if err := tx.Commit(); err != nil {
		c.poison(fmt.Errorf("the state refused to commit what the journal has: %w", err))
		c.cfg.State.Lose()
	}
}

// next waits for a request; nil when the committer is to end. What is held is committed when somebody wants to read, or
// nothing comes.
func (c *Committer) next() *request {
	for c.held.tx != nil && c.Err() == nil {
		if c.overdue() {
			c.settle()
			continue
		}
		idle := time.NewTimer(c.cfg.HoldIdle)
		select {
		case r := <-c.queue:
			idle.Stop()
			return r
		case <-c.cfg.State.Wanted():
		case <-idle.C:
		case <-c.stop:
		}
		idle.Stop()
		c.settle()
	}
	if c.Err() != nil {
		c.settle()
		return nil
	}
	select {
	case <-c.stop:
		return nil
	case r := <-c.queue:
		return r
	}
}
