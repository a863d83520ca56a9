package aggregator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
)

// StateVersion is the version of everything that is kept here. It goes up whenever the replay of old entries gives
// another state than before, and then the state is rebuilt; answers carry it (R52).
const StateVersion = 16

// Config is what a store works with.
type Config struct {
	// Dir is the folder of the state and its mark. It must exist.
	Dir string
	// Logger is told of what takes long; nil tells nobody.
	Logger *slog.Logger
}

func (c Config) logger() *slog.Logger {
	if c.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Logger
}

// noteBoot names this start of the machine in the folder.
func (c Config) noteBoot(boot string) {
	if err := noteBoot(c.Dir, boot); err != nil {
		c.logger().Warn("state: which start of the machine this is cannot be noted; after a kill the state will be rebuilt", "error", err)
	}
}

// Store is the state of one journal. There is one writer at a time, the holder of Begin, and any number of readers.
type Store struct {
	db     *bolt.DB
	dir    string
	boot   string
	logger *slog.Logger

	mu sync.Mutex
	// current and former are the last two snapshots: a reader that began before the last commit needs the former.
	current, former *snapshot
	head            journal.Head
	changed         chan struct{} // closed when head moves
	closed          bool
	// distrusted says that a sync failed, or that something in the file is not as it was written: damage is the first of
	// that, and damaged closed then.
	distrusted bool
	damage     error
	damaged    chan struct{}

	// gate keeps new readers out for a moment; see Erase.
	gate sync.RWMutex

	// memory belongs to the writer, shelf to the readers.
	memory *memory

	tokens tokenCache
	desks  desks
	names  *names
	hold   hold
	shelf  *shelf
	past   pastSnapshots
}

// Open opens the state of a folder, or makes an empty one. With the verdict MustRebuild there is no store: call
// Rebuild, then Open again. It looks at no entry; Replay does.
func Open(_ context.Context, cfg Config) (*Store, Verdict, error) {
	path := filepath.Join(cfg.Dir, stateName)
	boot := bootID()
	if err := os.Remove(filepath.Join(cfg.Dir, newName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, Verdict{}, unusable(path, err)
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		s, err := create(cfg, path, boot)
		return s, Verdict{Fate: Fresh, Reason: "there was no state"}, err
	}
	if err != nil {
		return nil, Verdict{}, unusable(path, err)
	}
	s, verdict, err := reopen(cfg, path, boot)
	if err != nil || verdict.Fate == MustRebuild {
		return nil, verdict, err
	}
	return s, verdict, nil
}

// unusable is a failure of the file system.
func unusable(path string, err error) error {
	return fault.Internal(err, "the state %s cannot be opened: %w", path, err)
}

func create(cfg Config, path, boot string) (*Store, error) {
	if err := removeMark(cfg.Dir); err != nil {
		return nil, unusable(path, err)
	}
	cfg.noteBoot(boot)
	db, err := openBolt(path)
	if err != nil {
		return nil, fault.Of(err)
	}
	s := newStore(cfg, db, boot)
	if err := s.begin(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func newStore(cfg Config, db *bolt.DB, boot string) *Store {
	return &Store{
		db: db, dir: cfg.Dir, boot: boot, logger: cfg.logger(), changed: make(chan struct{}), damaged: make(chan struct{}),
		hold:  hold{wanted: make(chan struct{}, 1), lost: make(chan struct{})},
		shelf: newShelf(),
	}
}

// reopen judges the file that is there, and takes its mark away if it is kept.
func reopen(cfg Config, path, boot string) (*Store, Verdict, error) {
	m, marked, err := readMark(cfg.Dir)
	if err != nil {
		return nil, Verdict{}, unusable(path, err)
	}
	if !marked {
		noted, err := notedBoot(cfg.Dir)
		if err != nil {
			return nil, Verdict{}, unusable(path, err)
		}
		if verdict, ok := judgeBoot(noted, boot); !ok {
			return nil, verdict, nil
		}
	}
	file, damage := inspect(path)
	if damage != nil && isLocked(path) {
		return nil, Verdict{}, locked(path) // and so it changes while it is read
	}
	if damage != nil {
		return nil, mustRebuild("the file is damaged: %v", damage), nil
	}
	verdict := judge(file, m, marked)
	if verdict.Fate == MustRebuild {
		return nil, verdict, nil
	}
	db, err := openBolt(path)
	if err != nil {
		var pathError *fs.PathError
		var ours *fault.Error
		if errors.As(err, &pathError) || errors.As(err, &ours) {
			return nil, Verdict{}, fault.Of(err)
		}
		return nil, mustRebuild("the file is no bbolt file any more: %v", err), nil
	}
	cfg.noteBoot(boot)
	if err := removeMark(cfg.Dir); err != nil {
		return nil, Verdict{}, errors.Join(unusable(path, err), db.Close())
	}
	s := newStore(cfg, db, boot)
	if err := s.begin(); err != nil {
		if fault.ReasonOf(err) == ReasonDamaged {
			return nil, mustRebuild("%v", err), db.Close()
		}
		return nil, Verdict{}, errors.Join(err, db.Close())
	}
	return s, verdict, nil
}

// begin makes the buckets, if they are not there, and reads the tree, the catalogue, the forms and the timetable. A file that is whole is
// not written to: on a full disk it can be read all the same.
func (s *Store) begin() error {
	btx, err := s.db.Begin(true)
	if err != nil {
		return notOpen(err)
	}
	defer btx.Rollback() //nolint:errcheck // after a commit it is nothing
	whole := !slices.ContainsFunc(everyBucket[:], func(b *bucket) bool { return btx.Bucket(b.name) == nil })
	if !whole {
		if err := s.prepare(btx); err != nil {
			return err
		}
	}
	t := newTx(s, btx)
	if t.position, t.ledger, err = t.readPosition(); err != nil {
		return err
	}
	if s.names, err = t.readNames(); err != nil {
		return err
	}
	if s.current, err = t.readSnapshot(); err != nil {
		return err
	}
	if err := t.readDesks(); err != nil {
		return err
	}
	slices.Sort(t.defined)
	s.past.add(slices.Compact(t.defined))
	s.head, s.memory = t.position.Head, newMemory()
	if whole {
		return nil
	}
	if err := btx.Commit(); err != nil {
		return fault.Internal(err, "the state cannot be prepared: %w", err)
	}
	return nil
}

// prepare makes the buckets and names the version.
func (s *Store) prepare(btx *bolt.Tx) error {
	for _, b := range everyBucket {
		if _, err := btx.CreateBucketIfNotExists(b.name); err != nil {
			return fault.Internal(err, "the state cannot be prepared: %w", err)
		}
	}
	t := newTx(s, btx)
	t.writing = true
	return t.putText(keyVersion, fmt.Sprint(StateVersion))
}

// notOpen turns a failure to begin a transaction into one that a caller may see.
func notOpen(err error) error {
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return fault.Unavailable("STATE_CLOSED", "the state is closed")
	}
	return fault.Internal(err, "the state cannot be read: %w", err)
}

// Sync makes everything committed so far durable. After a failed sync nothing in the file can be trusted any more: the
// process is to end, and the next start rebuilds.
func (s *Store) Sync() error {
	if err := s.db.Sync(); err != nil {
		s.distrust()
		return fault.Internal(err, "the state cannot be synced: %w", err)
	}
	return nil
}

// distrust sees to it that nobody believes the file again: it is damaged, or a sync failed. Pages that could not be written
// are called clean then, so the next sync would say that all is well, and what is read may be older bytes with valid
// checksums. Close leaves no mark, and without the name of a start of the machine the next one rebuilds.
func (s *Store) distrust() {
	s.mu.Lock()
	s.distrusted = true
	s.mu.Unlock()
	if err := os.Remove(filepath.Join(s.dir, bootName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.logger.Error("the state is not to be trusted, and the next start cannot be told so: remove the file of the state",
			"file", filepath.Join(s.dir, stateName), "error", err)
	}
}

// noteDamage takes down that something that was read is not as it was written.
func (s *Store) noteDamage(err error) {
	s.mu.Lock()
	first := s.damage == nil
	if first {
		s.damage = err
	}
	s.mu.Unlock()
	if first {
		s.distrust()
		close(s.damaged)
	}
}

// Damaged is closed once something that was read is not as it was written, and Damage then says what. Whoever asked was
// told so and given no figure; the process is to end, and the next start makes the state anew.
func (s *Store) Damaged() <-chan struct{} { return s.damaged }

// Damage says what is not as it was written; nil while nothing is.
func (s *Store) Damage() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.damage
}

// Close waits for the transactions under way, syncs, leaves the mark of a clean stop and lets go of the file; after a
// failed sync it only lets go. Closing twice is nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	was := s.closed
	s.closed = true
	s.mu.Unlock()
	if was {
		return nil
	}
	// Begin waits for the writer, and shuts out the next.
	btx, err := s.db.Begin(true)
	if err != nil {
		return notOpen(err)
	}
	s.mu.Lock()
	head, distrusted := s.head, s.distrusted
	close(s.changed)
	s.mu.Unlock()
	if distrusted {
		return errors.Join(btx.Rollback(), s.db.Close())
	}
	err = s.Sync()
	if err == nil {
		err = errors.Join(writeMark(s.dir, mark{boot: s.boot, head: head}), s.forgetReached())
	}
	return errors.Join(err, btx.Rollback(), s.db.Close())
}

// Abandon closes the file without a mark of a stop in order: what is in memory is not to be relied on, and the file is to be
// looked at anew.
func (s *Store) Abandon() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	return s.db.Close()
}

// Wait returns the head as soon as what was committed is beyond after, at once if it is already. It ends with the
// context's error, or when the store is closed; the head is then the last one that was committed.
func (s *Store) Wait(ctx context.Context, after uint64) (journal.Head, error) {
	for {
		s.mu.Lock()
		head, changed, closed := s.head, s.changed, s.closed
		s.mu.Unlock()
		if head.Sequence > after {
			return head, nil
		}
		if closed {
			return head, fault.Unavailable("STATE_CLOSED", "the state is closed")
		}
		if s.hold.reached.Load() > after {
			s.ask()
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return head, ctx.Err()
		}
	}
}

// View runs fn in a read transaction on the last committed state, which has everything that was acknowledged before the
// call. Keep it short: at most 500 rows and 50 ms, and nothing is sent meanwhile, for the pages that a reader sees cannot
// be used again. The transaction ends with fn.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	s.hold.viewed.Store(true)
	if err := s.settled(ctx); err != nil {
		return err
	}
	return s.Peek(ctx, fn)
}

// Peek is View on a state that may lack what was acknowledged in the last moments: for questions that are asked again
// where they matter.
func (s *Store) Peek(ctx context.Context, fn func(*Tx) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		again, err := s.view(fn)
		if !again {
			return err
		}
	}
}

// view says again if the snapshot that belongs to the transaction is gone, because two changes of the tree or of the
// catalogue were committed since it began.
func (s *Store) view(fn func(*Tx) error) (again bool, err error) {
	s.gate.RLock()
	btx, err := s.db.Begin(false)
	s.gate.RUnlock()
	if err != nil {
		return false, notOpen(err)
	}
	defer btx.Rollback() //nolint:errcheck // a reader has nothing to lose
	t := newTx(s, btx)
	if t.position, t.ledger, err = t.readPosition(); err != nil {
		return false, err
	}
	t.memory = newMemory()
	if t.snap = s.snapshotAt(t.position.Head.Sequence); t.snap == nil {
		return true, nil
	}
	return false, fn(t)
}

// snapshotAt gives the snapshot that belongs to the state of a sequence; nil if it is gone.
func (s *Store) snapshotAt(sequence uint64) *snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, snap := range [...]*snapshot{s.current, s.former} {
		if snap != nil && snap.since <= sequence {
			return snap
		}
	}
	return nil
}

// Begin opens the one write transaction; it waits for the one before to end. Commit or Rollback must follow.
func (s *Store) Begin() (*Tx, error) {
	btx, err := s.db.Begin(true)
	if err != nil {
		return nil, notOpen(err)
	}
	s.mu.Lock()
	closed, snap := s.closed, s.current
	s.mu.Unlock()
	if closed {
		return nil, errors.Join(notOpen(bolterrors.ErrDatabaseNotOpen), btx.Rollback())
	}
	t := newTx(s, btx)
	t.writing, t.snap, t.memory = true, snap, s.memory
	if t.position, t.ledger, err = t.readPosition(); err != nil {
		return nil, errors.Join(err, btx.Rollback())
	}
	return t, nil
}

// offer makes a snapshot known before the commit that it belongs to, so that no reader can begin after the commit and
// not find it; withdraw takes it back where the commit failed.
func (s *Store) offer(snap *snapshot) (withdraw func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	current, former := s.current, s.former
	if snap != current {
		s.current, s.former = snap, current
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.current, s.former = current, former
	}
}

// publish tells those that wait about a new head.
func (s *Store) publish(head journal.Head) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.head = head
	if !s.closed {
		close(s.changed)
		s.changed = make(chan struct{})
	}
}
