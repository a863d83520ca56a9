package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
	"github.com/tonghop/tonghop/server/notify"
	"github.com/tonghop/tonghop/server/reporting"
)

// Folders and files of the data folder.
const (
	journalDir  = "journal"
	stateDir    = "state"
	stageDir    = "stage"
	controlFile = "control"
)

// Store is an open data folder with its use cases, and nothing that listens.
type Store struct {
	cfg       Config
	journal   *filejournal.Journal
	state     *aggregator.Store
	committer *committer.Committer
	disk      *disk
	control   control
	// dispatcher tells subscribers; nil where nobody is told.
	dispatcher *notify.Dispatcher
	// removing is held while private parts are removed from the files.
	removing sync.Mutex
	// uses remembers when tokens were used last.
	uses *auth.Uses
	// Service is the use cases.
	Service *reporting.Service
}

// Init makes the data folder with an empty journal and gives the token of its first administrator, who is bound to no
// unit. It refuses a folder that holds a store.
func Init(ctx context.Context, cfg Config) (auth.Secret, error) {
	return initStore(ctx, cfg, auth.Administrator)
}

// InitBootstrap is Init, and gives a token that is good for an hour and for one thing: to issue the token of a named
// administrator.
func InitBootstrap(ctx context.Context, cfg Config) (auth.Secret, error) {
	return initStore(ctx, cfg, auth.Bootstrap)
}

// ResetAdministrator gives such a token for a store that has lost its administrators. No server may be running; the
// journal names it.
func ResetAdministrator(ctx context.Context, cfg Config) (auth.Secret, error) {
	store, err := OpenStore(ctx, cfg)
	if err != nil {
		return "", err
	}
	secret, err := store.IssueToken(ctx, reporting.TokenDraft{Role: auth.Bootstrap})
	return secret, errors.Join(err, store.Close())
}

func initStore(ctx context.Context, cfg Config, first auth.Role) (auth.Secret, error) {
	cfg = cfg.withDefaults()
	if err := makeFolder(cfg.Dir); err != nil {
		return "", fault.Precondition("DATA_FOLDER", "the data folder %s cannot be made: %s", cfg.Dir, pathError(err)).In("data")
	}
	if err := cfg.restoreFinished(); err != nil {
		return "", err
	}
	if _, err := os.Stat(cfg.journalConfig().Dir); errors.Is(err, fs.ErrNotExist) { // else Create says that it is
		if err := cfg.keyPlaceFree(""); err != nil {
			return "", err
		}
	}
	var id journal.ID
	_, _ = rand.Read(id[:]) // never fails
	if err := filejournal.Create(ctx, cfg.journalConfig(), id); err != nil {
		return "", err
	}
	store, err := openStore(ctx, cfg, true)
	if err != nil {
		return "", err
	}
	secret, err := store.begin(ctx, first)
	return secret, errors.Join(err, store.Close())
}

// begin writes the first entries.
func (s *Store) begin(ctx context.Context, first auth.Role) (auth.Secret, error) {
	_, err := s.committer.Do(ctx, 64, func(_ *aggregator.Tx, _ committer.Slot) (*entry.Entry, error) {
		return &entry.Entry{
			Header: entry.Header{Principal: reporting.LocalPrincipal},
			Body:   entry.StoreCreated{ProgramVersion: s.cfg.Version},
		}, nil
	})
	if err != nil {
		return "", err
	}
	if _, err := s.IntroduceKey(ctx); err != nil {
		return "", err
	}
	return s.IssueToken(ctx, reporting.TokenDraft{Role: first})
}

// IssueToken issues a token as the operator of this machine.
func (s *Store) IssueToken(ctx context.Context, draft reporting.TokenDraft) (auth.Secret, error) {
	call := reporting.Call{Caller: s.Service.Local()}
	_, _ = rand.Read(call.RequestID[:])
	_, secret, _, _, err := s.Service.CreateToken(ctx, call, draft)
	return secret, err
}

func (c Config) journalConfig() filejournal.Config {
	return filejournal.Config{
		Dir: filepath.Join(c.Dir, journalDir), SegmentBytes: c.SegmentBytes, Logger: c.Logger,
	}
}

// openJournal opens the journal, which must reach to the last entry that the state has, and to the last that anybody was
// told of: what is missing behind them may be a group that was never durable, and nothing else.
func (c Config) openJournal(ctx context.Context) (*filejournal.Journal, error) {
	cfg := c.journalConfig()
	cfg.Known = c.known()
	return filejournal.Open(ctx, cfg)
}

// known is the last entry of which the state's folder says that it was durable.
func (c Config) known() filejournal.Known {
	var known filejournal.Known
	if id, head, ok := aggregator.Remembered(c.stateConfig()); ok {
		known = filejournal.Known{ID: id, Sequence: head.Sequence}
	}
	id, sequence, ok := aggregator.Reached(c.stateConfig())
	if ok && (known == filejournal.Known{} || id == known.ID && sequence > known.Sequence) {
		known = filejournal.Known{ID: id, Sequence: sequence}
	}
	return known
}

func (c Config) stateConfig() aggregator.Config {
	return aggregator.Config{Dir: filepath.Join(c.Dir, stateDir), Logger: c.Logger}
}

// OpenStore opens a data folder that Init made: the journal, checked to its end; the state, rebuilt or brought up to
// the journal's head where that is needed. It never makes a store.
func OpenStore(ctx context.Context, cfg Config) (*Store, error) {
	s, err := openStore(ctx, cfg, false)
	return s, storeFailed(err)
}

// openStore is OpenStore, also where the key that signs heads is yet to be made.
func openStore(ctx context.Context, cfg Config, beforeKey bool) (*Store, error) {
	cfg = cfg.withDefaults()
	if err := cfg.checkFolder(); err != nil {
		return nil, err
	}
	log, err := cfg.openJournal(ctx)
	if err != nil {
		return nil, err
	}
	state, err := cfg.openState(ctx, log)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	key, err := cfg.settleKey(ctx, state, beforeKey)
	if err != nil {
		return nil, errors.Join(err, state.Close(), log.Close())
	}
	s := &Store{cfg: cfg, journal: log, state: state, uses: cfg.uses(), disk: newDisk(cfg.Dir, cfg.FreeGuard)}
	if err := s.removeAll(ctx); err != nil {
		return nil, errors.Join(removalFailed(err), log.Close()) // the state leaves no mark of a clean stop
	}
	if s.control, err = newControl(); err != nil {
		return nil, errors.Join(err, state.Close(), log.Close())
	}
	//nolint:contextcheck // the committer outlives the start: its groups are nobody's request
	s.committer = committer.New(committer.Config{
		Journal: log, State: state, Now: cfg.Now, Random: random, Refuse: s.disk.refuse, Hold: s.disk.roomy,
		Logger: cfg.Logger,
	})
	use := reporting.Config{
		Journal: log, State: state, Committer: s.committer, Now: cfg.Now, Random: random,
		Version: cfg.Version, Disk: s.disk.usage, ReadOnly: s.disk.refuse, LocalSecret: s.control.hash, Key: key,
		Remove: s.remove, Public: cfg.Public, Plaintext: cfg.plaintext, Uses: s.uses,
	}
	if s.dispatcher = cfg.dispatcher(); s.dispatcher != nil {
		use.Notifier = s.dispatcher
	}
	s.Service = reporting.New(use)
	return s, nil
}

func random(b []byte) { _, _ = rand.Read(b) } // never fails

// checkFolder refuses a folder that holds no store, or not a finished one.
func (c Config) checkFolder() error {
	if err := c.folderMine(); err != nil {
		return err
	}
	return c.restoreFinished()
}

// folderMine refuses a folder that others may read: it holds the figures and the hashes of tokens.
func (c Config) folderMine() error {
	info, err := os.Stat(c.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.NotFound("STORE_MISSING", "there is no store in %s; make one with: tonghopd init --data %s", c.Dir, c.Dir).
			With("dir", c.Dir).In("data")
	case err != nil:
		return fault.Precondition("DATA_FOLDER", "the data folder %s cannot be opened: %s", c.Dir, pathError(err)).In("data")
	case info.Mode().Perm()&0o077 != 0 && modesCount:
		return fault.Precondition("DATA_FOLDER_OPEN",
			"the data folder %s may be opened by others (mode %#o); make it yours alone: chmod 700 %s", c.Dir, info.Mode().Perm(), c.Dir).
			With("dir", c.Dir).In("data")
	case foreign(info):
		return fault.Precondition("DATA_FOLDER_FOREIGN",
			"the data folder %s belongs to another user of this machine; run as that user, or make it yours: chown -R $(id -u) %s", c.Dir, c.Dir).
			With("dir", c.Dir).In("data")
	}
	return nil
}

func pathError(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// openState opens the derived state and brings it to the journal's head.
func (c Config) openState(ctx context.Context, log *filejournal.Journal) (*aggregator.Store, error) {
	cfg := c.stateConfig()
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fault.Precondition("DATA_FOLDER", "the folder %s cannot be made: %s", cfg.Dir, pathError(err)).In("data")
	}
	state, verdict, err := aggregator.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if verdict.Fate == aggregator.MustRebuild {
		c.Logger.Warn("the derived state is rebuilt from the journal", "why", verdict.Reason)
		if err := c.rebuild(ctx, log); err != nil {
			return nil, err
		}
		if state, _, err = aggregator.Open(ctx, cfg); err != nil {
			return nil, err
		}
	}
	err = state.Replay(ctx, log, c.progress("replay"))
	if verdict.Fate == aggregator.Kept && filejournal.IsFull(err) {
		return c.openFull(ctx, state, err)
	}
	if err != nil {
		return nil, errors.Join(err, state.Close())
	}
	return state, nil
}

// openFull opens a state that was kept and could not be brought to the journal's head for want of room. What a commit that
// failed has left in the file, nothing or all of it, is for a fresh look to say: a store in whose memory it was taken back
// may not be believed. Where the state then has whatever was acknowledged, it is served as it is (R39), for nobody was told
// of what is ahead of it, and the committer catches up before the next change.
func (c Config) openFull(ctx context.Context, state *aggregator.Store, full error) (*aggregator.Store, error) {
	if err := state.Abandon(); err != nil {
		return nil, errors.Join(full, err)
	}
	state, verdict, err := aggregator.Open(ctx, c.stateConfig())
	switch {
	case err != nil || verdict.Fate == aggregator.MustRebuild:
		return nil, errors.Join(full, err)
	case !state.HasReached(ctx):
		return nil, errors.Join(full, state.Abandon())
	}
	c.Logger.Warn("the disk is full: the last changes, which nobody was told of, are shown when there is room again", "error", full)
	return state, nil
}

// rebuild makes the derived state anew beside one that cannot be trusted. Where there is no room for both the old one
// goes first: nobody can use it.
func (c Config) rebuild(ctx context.Context, log *filejournal.Journal) error {
	err := aggregator.Rebuild(ctx, c.stateConfig(), log, c.progress("rebuild"))
	if !filejournal.IsFull(err) {
		return err
	}
	if err := aggregator.Discard(c.stateConfig()); err != nil {
		return err
	}
	return aggregator.Rebuild(ctx, c.stateConfig(), log, c.progress("rebuild"))
}

func (c Config) progress(what string) func(done, total uint64) {
	return func(done, total uint64) { c.Progress(what, done, total) }
}

// Head is the last entry of the journal.
func (s *Store) Head() journal.Head { return s.journal.Head() }

// Close stops the committer, flushes the state, and marks both as stopped in order.
func (s *Store) Close() error {
	s.committer.Close()
	s.keepUses()
	s.removing.Lock() // a removal under way ends first
	defer s.removing.Unlock()
	if s.dispatcher != nil {
		if err := s.dispatcher.Close(); err != nil {
			s.cfg.Logger.Warn("the log of deliveries was not closed", "error", err)
		}
	}
	if s.committer.Err() != nil {
		// What is in the caches is not to be trusted: leave no mark of a clean stop.
		return s.journal.Close()
	}
	return storeFailed(errors.Join(s.state.Close(), s.journal.Close()))
}

// Rebuild makes the derived state anew from the journal; no server may be running.
func Rebuild(ctx context.Context, cfg Config) (journal.Head, time.Duration, error) {
	cfg = cfg.withDefaults()
	if err := cfg.checkFolder(); err != nil {
		return journal.Head{}, 0, err
	}
	began := cfg.Now()
	log, err := cfg.openJournal(ctx)
	if err != nil {
		return journal.Head{}, 0, err
	}
	err = aggregator.Rebuild(ctx, cfg.stateConfig(), log, cfg.progress("rebuild"))
	head := log.Head()
	if err := errors.Join(err, log.Close()); err != nil {
		return journal.Head{}, 0, fmt.Errorf("rebuild: %w", storeFailed(err))
	}
	return head, cfg.Now().Sub(began), nil
}
