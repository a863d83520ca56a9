package committer

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// Limits that hold unless Config says otherwise.
const (
	DefaultMaxRequests = 256
	DefaultMaxBytes    = 1 << 20
	DefaultMaxWaiting  = 1024
	// MaxEntryBytes is the most that one request may weigh: a reorganisation of a whole country is about 1 MB.
	MaxEntryBytes = 8 << 20
)

// maxClockLag is how far the clock may be behind the last entry before writing stops.
const maxClockLag = 5 * time.Minute

// Slot is the place in the journal that a decision is made for.
type Slot struct {
	// Sequence the entry will have, if there is one.
	Sequence uint64
	// Time the entry will have: now, or the predecessor's time where that is later.
	Time time.Time
}

// Decision decides one request: an entry, or nil when nothing is to be changed, or the error that refuses it. It fills
// neither sequence nor time into the header: the committer does.
type Decision func(tx *aggregator.Tx, at Slot) (*entry.Entry, error)

// Outcome is what became of a request that was not refused.
type Outcome struct {
	// Accepted says that an entry was made; the other fields are then those of the entry.
	Accepted  bool
	JournalID journal.ID
	Sequence  uint64
	Hash      journal.Hash
	Time      time.Time
}

// Config is what a committer works with.
type Config struct {
	Journal journal.Journal
	State   *aggregator.Store
	// Now is the clock.
	Now func() time.Time
	// Random fills the salts of private parts.
	Random func([]byte)
	// Refuse is asked before a request is queued; a non-nil answer refuses it, as when the disk is nearly full. Nil
	// refuses nothing.
	Refuse func() error
	// Hold says whether groups may be acknowledged before the state commits them: not where the disk may be full by then.
	// Nil holds nothing.
	Hold func() bool
	// HoldIdle is how long the state waits for a further group before it commits those that are held; zero is 2 ms.
	HoldIdle time.Duration
	Logger   *slog.Logger
	// MaxRequests, MaxBytes and MaxWaiting are the limits of a group and of the queue; zero means the defaults.
	MaxRequests, MaxBytes, MaxWaiting int
}

// Committer is the only writer of a store. Make one with New.
type Committer struct {
	cfg      Config
	queue    chan *request
	stop     chan struct{}
	done     chan struct{}
	poisoned chan struct{}
	stopOnce sync.Once
	// held belongs to the goroutine.
	held held

	mu    sync.Mutex
	cause error // why it is poisoned
}

// request is one Do that waits.
type request struct {
	ctx    context.Context //nolint:containedctx // it lives as long as the call that waits for it
	size   int
	slow   bool
	decide Decision
	answer chan answer
}

type answer struct {
	outcome Outcome
	err     error
}

// New starts a committer over a state that stands at the journal's head. Close stops it.
func New(cfg Config) *Committer {
	if cfg.MaxRequests == 0 {
		cfg.MaxRequests = DefaultMaxRequests
	}
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = DefaultMaxBytes
	}
	if cfg.MaxWaiting == 0 {
		cfg.MaxWaiting = DefaultMaxWaiting
	}
	if cfg.HoldIdle == 0 {
		cfg.HoldIdle = heldIdle
	}
	c := &Committer{
		cfg:      cfg,
		queue:    make(chan *request, cfg.MaxWaiting),
		stop:     make(chan struct{}),
		done:     make(chan struct{}),
		poisoned: make(chan struct{}),
	}
	go c.run()
	return c
}

// Do waits for its turn, has the decision made and the entry stored, and answers when it is durable and visible to
// every reader. Size is the rough weight of the request in bytes. A context that ends while the request waits drops
// it; one that ends later gives the context's error although the change may be accepted: the outcome is then unknown
// to the caller, who repeats the request with the same request id.
func (c *Committer) Do(ctx context.Context, size int, decide Decision) (Outcome, error) {
	return c.do(&request{ctx: ctx, size: size, decide: decide, answer: make(chan answer, 1)})
}

// DoSlowly is Do for a change that may take long to apply, as one of the tree, the catalogue or the forms: nobody who reads
// is to wait for it.
func (c *Committer) DoSlowly(ctx context.Context, size int, decide Decision) (Outcome, error) {
	return c.do(&request{ctx: ctx, size: size, slow: true, decide: decide, answer: make(chan answer, 1)})
}

// Settle waits until every entry is durable and visible to every reader that was decided before the call, and so every one
// whose time is before it.
func (c *Committer) Settle(ctx context.Context) error {
	nothing := func(*aggregator.Tx, Slot) (*entry.Entry, error) { return nil, nil } //nolint:nilnil // decides to change nothing
	r := &request{ctx: ctx, decide: nothing, answer: make(chan answer, 1)}
	if err := c.enqueue(r); err != nil {
		return err
	}
	_, err := c.wait(r)
	return err
}

func (c *Committer) do(r *request) (Outcome, error) {
	size := r.size
	if size > MaxEntryBytes {
		return Outcome{}, fault.Invalid("REQUEST_TOO_LARGE",
			"the request weighs %d bytes; one change may weigh at most %d: send it in parts", size, MaxEntryBytes).
			With("size", size).With("limit", MaxEntryBytes)
	}
	if c.cfg.Refuse != nil {
		if err := c.cfg.Refuse(); err != nil {
			return Outcome{}, err
		}
	}
	if err := c.enqueue(r); err != nil {
		return Outcome{}, err
	}
	return c.wait(r)
}

// wait gives what became of a request that is in the queue.
func (c *Committer) wait(r *request) (Outcome, error) {
	select {
	case a := <-r.answer:
		return a.outcome, a.err
	case <-r.ctx.Done():
		return Outcome{}, r.ctx.Err()
	case <-c.done:
		// The goroutine has ended; an answer may have been given just before.
		select {
		case a := <-r.answer:
			return a.outcome, a.err
		default:
			return Outcome{}, c.ended()
		}
	}
}

func (c *Committer) enqueue(r *request) error {
	select {
	case <-c.stop:
		return c.ended()
	case <-c.poisoned:
		return c.ended()
	default:
	}
	select {
	case c.queue <- r:
		return nil
	default:
		return fault.Exhausted("OVERLOADED",
			"%d changes are waiting already; try again in a moment with the same request id", c.cfg.MaxWaiting).
			With("waiting", c.cfg.MaxWaiting).After(time.Second)
	}
}

// ended is the answer of a committer that takes nothing more.
func (c *Committer) ended() error {
	if c.Err() != nil {
		return fault.Unavailable("OUTCOME_UNKNOWN",
			"the server stops after a failure of its store; repeat the request with the same request id").
			After(5 * time.Second)
	}
	return fault.Unavailable("STOPPING",
		"the server is stopping; repeat the request with the same request id").After(5 * time.Second)
}

// Poisoned is closed when the store has failed: the process is to exit with code 70.
func (c *Committer) Poisoned() <-chan struct{} { return c.poisoned }

// Err gives the failure that poisoned the committer, for the log; nil while there is none.
func (c *Committer) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}

// Close lets the group under way end, answers everything that waits with STOPPING and returns.
func (c *Committer) Close() {
	c.stopOnce.Do(func() { close(c.stop) })
	<-c.done
}

// Fail poisons the committer for a failure of the store that somebody else met: nothing more is taken, as after a failure
// of its own.
func (c *Committer) Fail(err error) { c.poison(err) }

func (c *Committer) poison(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return
	}
	c.cause = err
	c.cfg.Logger.Error("the store failed: no more changes are taken, the process must start again",
		"error", fault.Of(err).Private())
	close(c.poisoned)
}

func (c *Committer) run() {
	defer close(c.done)
	defer c.turnAway()
	var group []*request
	var left *request // taken from the queue, too large for the group before
	for {
		group = group[:0]
		if left != nil {
			group, left = append(group, left), nil
		} else {
			r := c.next()
			if r == nil {
				return
			}
			group = append(group, r)
		}
		group, left = c.collect(group)
		c.ready(group)
		if c.Err() == nil {
			c.commit(group)
		} else {
			for _, r := range group {
				r.answer <- answer{err: c.ended()}
			}
		}
		if c.Err() != nil {
			if left != nil {
				left.answer <- answer{err: c.ended()}
			}
			c.settle()
			return
		}
	}
}

// collect adds what is waiting to the group, without waiting for more.
func (c *Committer) collect(group []*request) ([]*request, *request) {
	size := group[0].size
	for len(group) < c.cfg.MaxRequests && size < c.cfg.MaxBytes {
		select {
		case r := <-c.queue:
			if size+r.size > c.cfg.MaxBytes {
				return group, r
			}
			size += r.size
			group = append(group, r)
		default:
			return group, nil
		}
	}
	return group, nil
}

// turnAway answers everything that still waits.
func (c *Committer) turnAway() {
	for {
		select {
		case r := <-c.queue:
			r.answer <- answer{err: c.ended()}
		default:
			return
		}
	}
}
