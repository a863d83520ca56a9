package aggregator

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/journal"
)

// Position says to which entry a state belongs.
type Position struct {
	// JournalID is the one in force at the entry; zero until Replay has seen the journal.
	JournalID journal.ID
	Head      journal.Head
	// Time is that of the last entry; zero before the first.
	Time time.Time
}

// ledger is what is counted beside the position.
type ledger struct {
	// forgotten is the sequence up to which request ids were forgotten (R37).
	forgotten uint64
	reports   uint64
}

// Tx is a state at one moment: of the last commit in View, and with all entries applied since in Begin. It belongs to
// one goroutine.
type Tx struct {
	store   *Store
	btx     *bolt.Tx
	buckets [len(everyBucket)]*bolt.Bucket
	// cursors are kept because each makes room for its way through the tree once.
	cursors  [len(everyBucket)]*bolt.Cursor
	writing  bool
	position Position
	ledger   ledger
	snap     *snapshot
	memory   *memory
	// applied says that an entry was.
	applied bool
	// failed is the first error of Apply: what was half applied must not be committed.
	failed error
}

func newTx(s *Store, btx *bolt.Tx) *Tx {
	t := &Tx{store: s, btx: btx}
	for i, b := range everyBucket {
		t.buckets[i] = btx.Bucket(b.name)
	}
	return t
}

// The keys of the bucket meta.
const (
	keyVersion  = "version"
	keyJournal  = "journal"
	keyPosition = "position"
	keyErased   = "erased"
	keyRestored = "restored"
)

// Position says which entry was applied last.
func (t *Tx) Position() Position { return t.position }

// Tree gives the units.
func (t *Tx) Tree() *hierarchy.Tree { return t.snap.tree }

// Indicators gives the catalogue.
func (t *Tx) Indicators() *indicator.Catalogue { return t.snap.indicators }

// Forms gives the forms.
func (t *Tx) Forms() *form.Set { return t.snap.forms }

// Counts gives how many units, indicators, forms and reports there are.
func (t *Tx) Counts() (units, indicators, forms, reports int) {
	return t.snap.tree.Len(), t.snap.indicators.Len(), t.snap.forms.Len(), int(t.ledger.reports) //nolint:gosec // they fit on a disk
}

// Commit makes what was applied the state that readers see. After an error the outcome is unknown and the process is to
// end; the journal has the truth.
func (t *Tx) Commit() error {
	if !t.writing {
		return fault.Internal(nil, "the transaction only reads")
	}
	err := t.failed
	if err == nil {
		err = t.finish()
	}
	if err != nil {
		t.Rollback()
		return err
	}
	withdraw := t.store.offer(t.snap)
	t.writing = false
	if err := t.btx.Commit(); err != nil {
		withdraw()
		t.memory.drop()
		return fault.Internal(err, "the state cannot be committed: %w", err)
	}
	t.memory.end()
	t.store.publish(t.position.Head)
	return nil
}

// finish writes what was kept back until the end of the group.
func (t *Tx) finish() error {
	if err := t.flush(); err != nil {
		return err
	}
	return t.writePosition()
}

// Rollback forgets everything that was applied. After a commit it is nothing.
func (t *Tx) Rollback() {
	if !t.writing {
		return
	}
	t.writing = false
	if t.applied {
		t.memory.drop()
	} else {
		t.memory.end()
	}
	_ = t.btx.Rollback() // it fails only where the transaction has ended
}

// get gives a value without its checksum; false if there is none. It is valid until the transaction ends.
func (t *Tx) get(b *bucket, key []byte) ([]byte, bool, error) {
	c := t.cursors[b.at]
	if c == nil {
		c = t.buckets[b.at].Cursor()
		t.cursors[b.at] = c
	}
	found, stored := c.Seek(key)
	if !bytes.Equal(found, key) {
		return nil, false, nil
	}
	value, err := b.unseal(key, stored)
	return value, err == nil, err
}

// put stores a value, which must have come from t.memory.value, for bbolt keeps the slice until the commit.
func (t *Tx) put(b *bucket, key, value []byte) error {
	if err := t.buckets[b.at].Put(key, b.seal(key, value)); err != nil {
		return fault.Internal(err, "the state cannot be written: %w", err)
	}
	return nil
}

// remove takes a value away; there need be none.
func (t *Tx) remove(b *bucket, key []byte) error {
	if err := t.buckets[b.at].Delete(key); err != nil {
		return fault.Internal(err, "the state cannot be written: %w", err)
	}
	return nil
}

func (t *Tx) putText(key, text string) error { return t.put(metaBucket, []byte(key), []byte(text)) }

// readStored reads what a file says of itself, before anything in it is trusted.
func readStored(db *bolt.DB) (stored, error) {
	var file stored
	err := db.View(func(btx *bolt.Tx) error {
		if btx.Bucket(metaBucket.name) == nil {
			return fmt.Errorf("the bucket %s is not there", metaBucket.name)
		}
		t := newTx(nil, btx)
		version, _, err := t.get(metaBucket, []byte(keyVersion))
		if err != nil {
			return err
		}
		if file.version, err = strconv.Atoi(string(version)); err != nil {
			return err
		}
		if file.version != StateVersion {
			return nil // the rest may look different
		}
		position, _, err := t.readPosition()
		file.head = position.Head
		return err
	})
	return file, err
}

// readPosition reads position and ledger; they are zero in a fresh state.
func (t *Tx) readPosition() (Position, ledger, error) {
	var p Position
	var l ledger
	id, _, err := t.get(metaBucket, []byte(keyJournal))
	if err != nil {
		return p, l, err
	}
	if copy(p.JournalID[:], id) > 0 {
		p.Head.Hash = journal.FirstHash(p.JournalID)
	}
	value, ok, err := t.get(metaBucket, []byte(keyPosition))
	if err != nil || !ok {
		return p, l, err
	}
	r := reader{b: value}
	p.Head.Sequence = r.uvarint()
	copy(p.Head.Hash[:], r.take(len(p.Head.Hash)))
	p.Time = r.time()
	l.forgotten, l.reports = r.uvarint(), r.uvarint()
	if !r.done() {
		return p, l, metaBucket.damaged([]byte(keyPosition))
	}
	return p, l, nil
}

func (t *Tx) writePosition() error {
	b := appendUvarints(nil, t.position.Head.Sequence)
	b = append(b, t.position.Head.Hash[:]...)
	b = appendTime(b, t.position.Time)
	b = appendUvarints(b, t.ledger.forgotten, t.ledger.reports)
	return t.put(metaBucket, []byte(keyPosition), b)
}

// bind ties a fresh state to its journal.
func (t *Tx) bind(id journal.ID) error {
	t.position.JournalID = id
	if t.position.Head.Sequence == 0 {
		t.position.Head.Hash = journal.FirstHash(id)
	}
	return t.put(metaBucket, []byte(keyJournal), append([]byte(nil), id[:]...))
}
