package outbox

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// The buckets of the file. Names and what is in them are kept for ever: an outbox outlives the program that filled it.
var (
	itemsBucket   = []byte("items")    // number → Item in JSON
	contentBucket = []byte("contents") // number → what is sent
	openBucket    = []byte("open")     // numbers of items that are not delivered
	idsBucket     = []byte("ids")      // request id → number
	lastBucket    = []byte("last")     // report → number of the last item about it
	lineBucket    = []byte("line")     // server → line in JSON
)

// busyFor is how long somebody waits for another program that is writing.
const busyFor = 10 * time.Second

// line is what is known of the way to a server.
type line struct {
	// Failures counts those since the last success; nothing is sent before NotBefore.
	Failures  int       `json:"failures"`
	NotBefore time.Time `json:"notBefore"`
}

// box is the open file, within a transaction.
type box struct{ tx *bbolt.Tx }

// create makes the file and the folder it is in, durably.
func create(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	_, err := os.Stat(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	db, err := openFile(path)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{itemsBucket, contentBucket, openBucket, idsBucket, lastBucket, lineBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, db.Close(), syncDir(dir))
}

func openFile(path string) (*bbolt.DB, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: busyFor, FreelistType: bbolt.FreelistMapType})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("the outbox %s is being written by another program; try again", path)
	case err != nil:
		return nil, fmt.Errorf("the outbox %s cannot be opened: %w", path, err)
	}
	return db, nil
}

// update changes the file in one transaction; when it returns nil the change is durable.
func (b *Box) update(change func(box) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	db, err := openFile(b.path)
	if err != nil {
		return err
	}
	return errors.Join(db.Update(func(tx *bbolt.Tx) error { return change(box{tx}) }), db.Close())
}

// view reads the file.
func (b *Box) view(read func(box) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	db, err := openFile(b.path)
	if err != nil {
		return err
	}
	return errors.Join(db.View(func(tx *bbolt.Tx) error { return read(box{tx}) }), db.Close())
}

// syncDir makes a new name durable; Windows cannot, and need not.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir) //nolint:gosec // the caller's folder
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func key(number uint64) []byte { return binary.BigEndian.AppendUint64(nil, number) }

func number(key []byte) uint64 { return binary.BigEndian.Uint64(key) }

// ErrNoItem is the error of a number that no item has.
var ErrNoItem = errors.New("there is no such item in the outbox")

// item reads one.
func (b box) item(number uint64) (*Item, error) {
	text := b.tx.Bucket(itemsBucket).Get(key(number))
	if text == nil {
		return nil, fmt.Errorf("%w: %d", ErrNoItem, number)
	}
	var i Item
	if err := json.Unmarshal(text, &i); err != nil {
		return nil, fmt.Errorf("item %d of the outbox cannot be read: %w", number, err)
	}
	return &i, nil
}

// keep writes one.
func (b box) keep(i *Item) error {
	text, err := json.Marshal(i)
	if err != nil {
		return err
	}
	open := b.tx.Bucket(openBucket)
	if i.open() {
		err = open.Put(key(i.Number), nil)
	} else {
		err = open.Delete(key(i.Number))
	}
	return errors.Join(err, b.tx.Bucket(itemsBucket).Put(key(i.Number), text))
}

// each reads the items of a bucket of numbers in their order.
func (b box) each(bucket []byte, use func(*Item) error) error {
	return b.tx.Bucket(bucket).ForEach(func(k, _ []byte) error {
		i, err := b.item(number(k))
		if err != nil {
			return err
		}
		return use(i)
	})
}

// line reads what is known of the way to a server.
func (b box) line(to string) (line, error) {
	var l line
	text := b.tx.Bucket(lineBucket).Get([]byte("to:" + to))
	if text == nil {
		return l, nil
	}
	return l, json.Unmarshal(text, &l)
}

func (b box) keepLine(to string, l line) error {
	if l == (line{}) {
		return b.tx.Bucket(lineBucket).Delete([]byte("to:" + to))
	}
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return b.tx.Bucket(lineBucket).Put([]byte("to:"+to), text)
}
