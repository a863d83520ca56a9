package oracle

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"github.com/tonghop/tonghop/server/aggregator"
)

// allReports holds every report of the state, and its deadlines, against what was told.
func (s *stage) allReports() (found string, err error) {
	err = s.read(func(tx *aggregator.Tx) error {
		for _, k := range s.reports.known() {
			s.counts.Reports++
			if found = s.reports.differs(tx, k); found != "" {
				return nil
			}
		}
		if _, _, _, n := tx.Counts(); n != s.reports.sent() {
			found = fmt.Sprintf("the state counts %d reports, told were %d", n, s.reports.sent())
			return nil
		}
		if found = s.wall.differs(tx); found == "" {
			found, err = s.shut.differs(tx)
		}
		return err
	})
	return found, err
}

// likeRebuilt makes the state anew from the journal, in another folder, and tells the first difference. The state is closed.
func (s *stage) likeRebuilt(dir string) (string, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	if err := aggregator.Rebuild(s.ctx, aggregator.Config{Dir: dir}, s.journal, nil); err != nil {
		return fmt.Sprintf("the state cannot be made anew: %v", err), nil
	}
	kept, err := contents(s.dir)
	if err != nil {
		return "", err
	}
	made, err := contents(dir)
	if err != nil {
		return "", err
	}
	s.counts.Keys += uint64(len(kept))
	delete(kept, erased)
	for key, value := range kept {
		if again, ok := made[key]; !ok || !bytes.Equal(value, again) {
			return fmt.Sprintf("%q holds %x, and after a rebuild %x (there: %t)", key, value, again, ok), nil
		}
	}
	for key, value := range made {
		if _, ok := kept[key]; !ok {
			return fmt.Sprintf("%q holds %x after a rebuild and was not there", key, value), nil
		}
	}
	return "", nil
}

// erased is the one key that may differ: how far redactions were carried out is no entry, and a rebuild does it again.
const erased = "meta/erased"

// contents reads every key of every bucket of a state.
func contents(dir string) (map[string][]byte, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.bolt"))
	if err != nil || len(files) != 1 {
		return nil, fmt.Errorf("%s holds %d states: %w", dir, len(files), err)
	}
	db, err := bolt.Open(files[0], 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	err = db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				all[string(name)+"/"+string(k)] = bytes.Clone(v)
				return nil
			})
		})
	})
	return all, errors.Join(err, db.Close())
}
