package aggregator_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"github.com/tonghop/tonghop/server/aggregator"
)

// contents reads every key of every bucket of a state, but for what a start leaves behind.
func contents(path string) (map[string][]byte, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true})
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
	return all, closed(db, err)
}

func closed(db *bolt.DB, err error) error {
	if closing := db.Close(); err == nil {
		return closing
	}
	return err
}

// sameAfterRebuild closes the story's store, rebuilds one from the journal beside it and wants the same bytes under the
// same keys.
func sameAfterRebuild(t interface{ Fatalf(string, ...any) }, s *story) {
	if err := s.store.Close(); err != nil {
		t.Fatalf("Close = %v", err)
	}
	dir, err := os.MkdirTemp(s.dir, "rebuilt")
	if err != nil {
		t.Fatalf("%v", err)
	}
	if err := aggregator.Rebuild(context.Background(), aggregator.Config{Dir: dir, Logger: quiet()}, s.journal, nil); err != nil {
		t.Fatalf("Rebuild = %v", err)
	}
	live, err := contents(filepath.Join(s.dir, "state.bolt"))
	if err != nil {
		t.Fatalf("%v", err)
	}
	made, err := contents(filepath.Join(dir, "state.bolt"))
	if err != nil {
		t.Fatalf("%v", err)
	}
	for k, v := range live {
		if !bytes.Equal(made[k], v) {
			t.Fatalf("%q is %x after a rebuild, was %x", k, made[k], v)
		}
	}
	for k := range made {
		if _, ok := live[k]; !ok {
			t.Fatalf("%q is there after a rebuild and was not before", k)
		}
	}
}
