package reporting

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/head"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/period"
)

// Config is what the use cases work with.
type Config struct {
	Journal   journal.Journal
	State     *aggregator.Store
	Committer *committer.Committer
	// Now is the clock.
	Now func() time.Time
	// Random gives secret bytes, for tokens.
	Random func([]byte)
	// Version of the program.
	Version string
	// Plaintext are the addresses that other machines reach without TLS, for the status.
	Plaintext []string
	// Disk tells the bytes of the store and the bytes free beside it.
	Disk func() (used, free int64, err error)
	// LocalSecret is the hash of the secret by which the operator of this machine is known; zero for none.
	LocalSecret [32]byte
	// ReadOnly tells why changes are refused; nil while they are taken.
	ReadOnly func() error
	// Remove removes the private part of an entry from the files of the store, after the entry that says so is durable and
	// applied. It gives nil only when that is durable too, and may be called again for the same entry.
	Remove func(ctx context.Context, sequence uint64) error
	// Key signs the heads of the chain; nil for none.
	Key *head.Key
	// Public lets whoever sends no token read what is published.
	Public bool
	// Uses remembers when tokens were used; nil for a memory that ends with the process.
	Uses *auth.Uses
	// Notifier tells subscribers; nil for nobody.
	Notifier Notifier
}

// Service is the use cases over one store.
type Service struct {
	cfg     Config
	started time.Time
	// order is that of the tree of now, pastOrder of the earlier one that was listed last.
	order, pastOrder atomic.Pointer[codeOrder]
	carried          atomic.Pointer[carried]
	acting           perTree[[]int32]
	places           perTree[placeOrder]
	lists            *unitLists
	// bulk holds one value for each submission of a stream that waits for its turn.
	bulk chan struct{}
}

// New makes the use cases.
func New(cfg Config) *Service {
	if cfg.Uses == nil {
		cfg.Uses = auth.NewUses(nil)
	}
	return &Service{cfg: cfg, started: cfg.Now(), lists: newUnitLists(), bulk: make(chan struct{}, bulkWaiting)}
}

// Stamp says at which state an answer was computed.
type Stamp struct {
	JournalID    journal.ID
	Sequence     uint64
	StateVersion int
	// AtSequence is the entry as of which the answer is, and AtTime when it was accepted; 0 for now.
	AtSequence uint64
	AtTime     time.Time
}

func stampOf(tx *aggregator.Tx) Stamp {
	p := tx.Position()
	stamp := Stamp{JournalID: p.JournalID, Sequence: p.Head.Sequence, StateVersion: aggregator.StateVersion}
	stamp.AtSequence, stamp.AtTime, _ = tx.Moment()
	return stamp
}

// longestWait is how long a read waits for min_sequence (R48).
const longestWait = 2 * time.Second

// read runs a use case that changes nothing, on a state not older than minSequence.
func (s *Service) read(
	ctx context.Context, caller auth.Caller, minSequence uint64, use func(tx *aggregator.Tx, who granted) error,
) error {
	if err := s.await(ctx, minSequence); err != nil {
		return err
	}
	now := s.cfg.Now()
	return s.cfg.State.View(ctx, func(tx *aggregator.Tx) error {
		who, err := regrant(tx, caller, now)
		if err != nil {
			return err
		}
		return use(tx, who)
	})
}

// await waits until the state has the sequence (R48).
func (s *Service) await(ctx context.Context, minSequence uint64) error {
	if minSequence == 0 {
		return nil
	}
	waiting, stop := context.WithTimeout(ctx, longestWait)
	defer stop()
	head, err := s.cfg.State.Wait(waiting, minSequence-1)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fault.Unavailable("SEQUENCE_NOT_REACHED",
		"min_sequence %d was asked for; this server is at %d: try again, or ask the server that gave the sequence",
		minSequence, head.Sequence).With("asked", minSequence).With("head", head.Sequence).After(longestWait)
}

// today is the day in Vietnam.
func (s *Service) today() period.Day { return period.DayOf(s.cfg.Now()) }

// dayOr reads a day, or gives today for an empty text.
func (s *Service) dayOr(field, text string) (period.Day, error) {
	if text == "" {
		return s.today(), nil
	}
	day, err := period.ParseDay(text)
	if err != nil {
		return 0, fault.Of(err).In(field)
	}
	return day, nil
}
