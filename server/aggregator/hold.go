package aggregator

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"

	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/tonghop/tonghop/server/journal"
)

// The journal is the commit point, so an entry may be acknowledged while the transaction that it was applied in is still
// open: one commit for many groups of the journal writes each page and each row once. Nobody sees the difference: a reader
// that finds acknowledged entries which are not committed asks for the commit and waits for it, and while there are
// readers the writer holds nothing back (see [Store.Viewed]). After a kill the journal is ahead, and is replayed.
//
// A start must know how far acknowledgement had come, also where the state is behind it: a journal that ends earlier lost
// something, and is not one whose last group was never durable. That stands in the file state.reached, which is written
// before anybody is told and, like the state, not synced.
type hold struct {
	// reached is the last entry that anybody may have been told of.
	reached atomic.Uint64
	// viewed says that somebody began to read since the last commit.
	viewed atomic.Bool
	// wanted has a value while somebody waits for a commit.
	wanted chan struct{}
	// lost is closed when acknowledged entries will not be committed by this process any more.
	lost chan struct{}
	note *os.File
}

// reachedName is the file that tells how far acknowledgement had come.
const reachedName = "state.reached"

// The bytes of that file: the id of the journal, the sequence, and the CRC-32C of both.
const reachedBytes = 16 + 8 + 4

// Acknowledge makes it known that every entry applied so far is durable in the journal, and may be told of before the
// commit. After an error nothing was said, and the transaction is to be committed first.
func (t *Tx) Acknowledge() error {
	s := t.store
	if s.hold.note == nil {
		note, err := os.OpenFile(filepath.Join(s.dir, reachedName), os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			return unusable(reachedName, err)
		}
		s.hold.note = note
	}
	b := append(make([]byte, 0, reachedBytes), t.position.JournalID[:]...)
	b = binary.BigEndian.AppendUint64(b, t.position.Head.Sequence)
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	if _, err := s.hold.note.WriteAt(b, 0); err != nil {
		return unusable(reachedName, err)
	}
	s.hold.reached.Store(t.position.Head.Sequence)
	return nil
}

// Reached gives the last entry that anybody may have been told of before the state had it, and of which journal; false
// where that is not told. It can be asked before anything is opened.
func Reached(cfg Config) (id journal.ID, sequence uint64, ok bool) {
	b, err := os.ReadFile(filepath.Join(cfg.Dir, reachedName))
	if err != nil || len(b) != reachedBytes || binary.BigEndian.Uint32(b[reachedBytes-4:]) != crc32.Checksum(b[:reachedBytes-4], castagnoli) {
		return id, 0, false
	}
	copy(id[:], b)
	return id, binary.BigEndian.Uint64(b[len(id):]), true
}

// HasReached says whether the state has whatever an earlier process acknowledged.
func (s *Store) HasReached(ctx context.Context) bool {
	id, sequence, ok := Reached(Config{Dir: s.dir})
	at := Position{}
	err := s.Peek(ctx, func(t *Tx) error {
		at = t.position
		return nil
	})
	return err == nil && (!ok || id != at.JournalID || sequence <= at.Head.Sequence)
}

// forgetReached lets go of the file. After a stop in order the state itself tells.
func (s *Store) forgetReached() error {
	var err error
	if s.hold.note != nil {
		err = s.hold.note.Close()
		s.hold.note = nil
	}
	if gone := os.Remove(filepath.Join(s.dir, reachedName)); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

// Redefines says whether the tree, the catalogue or the forms changed in the transaction.
func (t *Tx) Redefines() bool {
	t.store.mu.Lock()
	defer t.store.mu.Unlock()
	return t.snap != t.store.current
}

// Viewed says whether somebody began to read since the last commit: then more will, and nothing is to be held back.
func (s *Store) Viewed() bool { return s.hold.viewed.Load() }

// Wanted has a value while somebody waits for what was acknowledged to be committed.
func (s *Store) Wanted() <-chan struct{} { return s.hold.wanted }

// Lose says that acknowledged entries which are not committed will not be by this process: the journal has them, and the
// next start replays it. Who waits for them is told to come again.
func (s *Store) Lose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.hold.lost:
	default:
		close(s.hold.lost)
	}
}

// ask asks the writer to commit.
func (s *Store) ask() {
	select {
	case s.hold.wanted <- struct{}{}:
	default: // somebody did
	}
}

// settled waits until whatever was acknowledged before the call is committed.
func (s *Store) settled(ctx context.Context) error {
	reached := s.hold.reached.Load()
	for {
		s.mu.Lock()
		head, changed, closed := s.head, s.changed, s.closed
		s.mu.Unlock()
		switch {
		case head.Sequence >= reached:
			return nil
		case closed:
			return notOpen(bolterrors.ErrDatabaseNotOpen)
		}
		s.ask()
		select {
		case <-changed:
		case <-s.hold.lost:
			return notOpen(bolterrors.ErrDatabaseNotOpen)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
