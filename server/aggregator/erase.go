package aggregator

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/tonghop/tonghop/server/fault"
)

// Erase makes sure that no text which was removed from the state is left in its file, and notes that every redaction up
// to the entry upTo is carried out; the journal must have done its part. When it returns nil both are durable, but for
// the note, without which the work is done again.
//
// bbolt never writes into a page that is in use: a page that is given up keeps its bytes until it is used again, and so
// do pages of a commit that a killed process did not end. Whatever lies in a page that nobody needs is made zeros here,
// in place, between two commits. What a file system or a disk keeps of blocks that were overwritten or given up, as
// those of a file that a rebuild replaced, is not reached.
//
// After an error what is left in the file is unknown: the process is to end, and the next start finishes.
func (s *Store) Erase(ctx context.Context, upTo uint64) error {
	file, err := os.OpenFile(filepath.Join(s.dir, stateName), os.O_RDWR, 0)
	if err != nil {
		return notErased(err)
	}
	err = s.wipe(ctx, file)
	if err == nil {
		if err = file.Sync(); err != nil {
			s.distrust()
		}
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return notErased(err)
	}
	if err := s.noteErased(upTo); err != nil { // as on a disk that is full
		s.logger.Warn("the texts are erased, and this cannot be noted: the next start does it once more", "error", err)
	}
	return nil
}

func notErased(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fault.Internal(err, "what was removed cannot be erased from the file of the state: %w", err)
}

// wipe makes zeros of every page that nobody needs. New transactions wait for it, those that only read do not.
func (s *Store) wipe(ctx context.Context, file *os.File) error {
	btx, err := s.alone(ctx)
	if err != nil {
		return err
	}
	defer btx.Rollback() //nolint:errcheck // nothing was put
	info, err := file.Stat()
	if err != nil {
		return err
	}
	end := btx.Size()
	pages := int(end / pageBytes)
	for page := 2; page < pages; page++ { // the first two say where everything is
		first := page
		for ; page < pages; page++ {
			free, err := isFree(btx, page)
			if err != nil {
				return err
			}
			if !free {
				break
			}
		}
		if err := zero(file, int64(first)*pageBytes, int64(page)*pageBytes); err != nil {
			return err
		}
	}
	return zero(file, end, info.Size())
}

func isFree(btx *bolt.Tx, page int) (bool, error) {
	info, err := btx.Page(page)
	return err == nil && info != nil && info.Type == "free", err
}

// How long readers are waited for, and how long others may go on before they are waited for again.
const (
	drainTries = 100
	drainPause = time.Millisecond
	drainAgain = 50 * time.Millisecond
)

// alone begins a write transaction at a moment without readers: those who begin later see the last commit, so that what
// it does not need nobody needs.
func (s *Store) alone(ctx context.Context) (*bolt.Tx, error) {
	for {
		s.ask()
		btx, err := s.db.Begin(true)
		if err != nil {
			return nil, notOpen(err)
		}
		if s.drained() {
			return btx, nil
		}
		if err := btx.Rollback(); err != nil {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(drainAgain):
		}
	}
}

// drained keeps new readers out for a moment and says whether the others have ended in it.
func (s *Store) drained() bool {
	s.gate.Lock()
	defer s.gate.Unlock()
	for range drainTries {
		if s.db.Stats().OpenTxN == 0 {
			return true
		}
		time.Sleep(drainPause)
	}
	return false
}

// wipeBytes is how much is looked at at a time.
const wipeBytes = 1 << 20

// zero makes zeros of a stretch of the file, where they are not there yet.
func zero(file *os.File, from, to int64) error {
	buf := make([]byte, min(wipeBytes, max(to-from, 0)))
	none := make([]byte, len(buf))
	for ; from < to; from += int64(len(buf)) {
		buf = buf[:min(int64(len(buf)), to-from)]
		if _, err := file.ReadAt(buf, from); err != nil {
			return err
		}
		if bytes.Equal(buf, none[:len(buf)]) {
			continue
		}
		if _, err := file.WriteAt(none[:len(buf)], from); err != nil {
			return err
		}
	}
	return nil
}

// noteErased notes how far redactions are carried out.
func (s *Store) noteErased(upTo uint64) error {
	s.ask()
	btx, err := s.db.Begin(true)
	if err != nil {
		return notOpen(err)
	}
	defer btx.Rollback() //nolint:errcheck // after a commit it is nothing
	t := newTx(s, btx)
	if err := t.put(metaBucket, []byte(keyErased), binary.AppendUvarint(nil, upTo)); err != nil {
		return err
	}
	if err := btx.Commit(); err != nil {
		return fault.Internal(err, "the state cannot be committed: %w", err)
	}
	return nil
}
