package aggregator

import (
	"bytes"
	"encoding/binary"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/rollup"
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
	// digest is of every value but those of the bucket meta.
	digest digest
}

// Tx is a state at one moment: of the last commit in View, and with all entries applied since in Begin. It belongs to
// one goroutine.
type Tx struct {
	store   *Store
	btx     *bolt.Tx
	buckets [len(everyBucket)]*bolt.Bucket
	// cursors are kept because each makes room for its way through the tree once.
	cursors [len(everyBucket)]*bolt.Cursor
	// follower is the key behind the last one that was looked for and not found.
	follower []byte
	writing  bool
	// asOf is the entry as of which it looks; nil for the present.
	asOf     *asOf
	position Position
	ledger   ledger
	snap     *snapshot
	memory   *memory
	// gathered counts the obligations that answers across a change of the tree were made of, one by one.
	gathered int64
	// defined are the entries that changed the snapshot: those that were applied, or, where it is read, all there are.
	defined []uint64
	// applied says that an entry was.
	applied bool
	// sum is where series add.
	sum rollup.Total
	// forShelf are the rows that were written, in their order.
	forShelf []changedRow
	// named are the names that were given numbers, in their order.
	named []string
	// granted says that a token was issued or revoked.
	granted bool
	// failed is the first error of Apply: what was half applied must not be committed.
	failed error
}

func newTx(s *Store, btx *bolt.Tx) *Tx {
	return &Tx{store: s, btx: btx}
}

// bucket gives a bucket, which is looked for once: most transactions read two or three.
func (t *Tx) bucket(b *bucket) *bolt.Bucket {
	if t.buckets[b.at] == nil {
		t.buckets[b.at] = t.btx.Bucket(b.name)
	}
	return t.buckets[b.at]
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
	withdraw, unname, undefine := t.store.offer(t.snap), t.store.names.add(t.named), t.store.past.add(t.defined)
	t.named, t.defined = nil, nil
	t.store.shelf.put(t.forShelf, t.position.Head.Sequence)
	t.store.hold.viewed.Store(false)
	t.writing = false
	if err := t.btx.Commit(); err != nil {
		t.store.shelf.off.Store(true)
		withdraw()
		unname()
		undefine()
		t.memory.drop()
		return fault.Internal(err, "the state cannot be committed: %w", err)
	}
	t.memory.end()
	if t.granted {
		t.store.tokens.changed()
	}
	t.store.publish(t.position.Head)
	return nil
}

// finish writes what was kept back until the end of the group.
func (t *Tx) finish() error {
	if err := t.flush(); err != nil {
		return err
	}
	if err := t.flushStandings(); err != nil {
		return err
	}
	t.leaveFull()
	return t.writePosition()
}

// Rollback forgets everything that was applied. After a commit it is nothing.
func (t *Tx) Rollback() {
	if !t.writing {
		return
	}
	t.writing, t.named, t.defined = false, nil, nil
	if t.applied {
		t.memory.drop()
	} else {
		t.memory.end()
	}
	_ = t.btx.Rollback() // it fails only where the transaction has ended
}

// find gives what is stored under a key; nil if nothing is.
func (t *Tx) find(b *bucket, key []byte) []byte {
	c := t.cursors[b.at]
	if c == nil {
		c = t.bucket(b).Cursor()
		t.cursors[b.at] = c
	}
	found, stored := c.Seek(key)
	if !bytes.Equal(found, key) {
		t.follower = found
		return nil
	}
	return stored
}

// get gives a value without its checksum; false if there is none. It is valid until the transaction ends.
func (t *Tx) get(b *bucket, key []byte) ([]byte, bool, error) {
	stored := t.find(b, key)
	if stored == nil {
		return nil, false, nil
	}
	value, err := t.unseal(b, key, stored)
	return value, err == nil, err
}

// unseal gives a value without its checksum. A value that does not agree with it is told to the store, whoever hears of the
// error that is returned.
func (t *Tx) unseal(b *bucket, key, stored []byte) ([]byte, error) {
	value, err := b.unseal(key, stored)
	if err != nil {
		t.store.noteDamage(err)
	}
	return value, err
}

// put stores a value, which must have come from t.memory.value, for bbolt keeps the slice until the commit.
func (t *Tx) put(b *bucket, key, value []byte) error {
	was := sumOf(t.find(b, key))
	t.watch(b, key, t.follower, was)
	_, err := t.replace(b, key, value, was)
	return err
}

// replace is put for whoever knows the checksum of what stood there, 0 for nothing. It gives that of the value.
func (t *Tx) replace(b *bucket, key, value []byte, was uint64) (uint64, error) {
	sealed := b.seal(key, value)
	sum := sumOf(sealed)
	if err := t.bucket(b).Put(key, sealed); err != nil {
		return 0, fault.Internal(err, "the state cannot be written: %w", err)
	}
	t.account(b, was, sum)
	return sum, nil
}

// account keeps the digest; 0 is the checksum of no value.
func (t *Tx) account(b *bucket, was, is uint64) {
	if b == metaBucket {
		return
	}
	if was != 0 {
		t.ledger.digest.remove(was)
	}
	if is != 0 {
		t.ledger.digest.add(is)
	}
}

// remove takes a value away; there need be none.
func (t *Tx) remove(b *bucket, key []byte) error {
	was := sumOf(t.find(b, key))
	if err := t.bucket(b).Delete(key); err != nil {
		return fault.Internal(err, "the state cannot be written: %w", err)
	}
	t.account(b, was, 0)
	return nil
}

func (t *Tx) putText(key, text string) error { return t.put(metaBucket, []byte(key), []byte(text)) }

// readPosition reads position and ledger; they are zero in a fresh state.
func (t *Tx) readPosition() (Position, ledger, error) {
	id, _, err := t.get(metaBucket, []byte(keyJournal))
	if err != nil {
		return Position{}, ledger{}, err
	}
	value, _, err := t.get(metaBucket, []byte(keyPosition))
	if err != nil {
		return Position{}, ledger{}, err
	}
	return parsePosition(id, value)
}

// parsePosition reads the two values; nil is none.
func parsePosition(id, value []byte) (Position, ledger, error) {
	var p Position
	var l ledger
	if copy(p.JournalID[:], id) > 0 {
		p.Head.Hash = journal.FirstHash(p.JournalID)
	}
	if value == nil {
		return p, l, nil
	}
	r := reader{b: value}
	p.Head.Sequence = r.uvarint()
	copy(p.Head.Hash[:], r.take(len(p.Head.Hash)))
	p.Time = r.time()
	l.forgotten, l.reports, l.digest.values = r.uvarint(), r.uvarint(), r.uvarint()
	if mixed := r.take(8); mixed != nil {
		l.digest.mixed = binary.BigEndian.Uint64(mixed)
	}
	if !r.done() {
		return p, l, metaBucket.damaged([]byte(keyPosition))
	}
	return p, l, nil
}

func (t *Tx) writePosition() error {
	b := appendUvarints(nil, t.position.Head.Sequence)
	b = append(b, t.position.Head.Hash[:]...)
	b = appendTime(b, t.position.Time)
	b = appendUvarints(b, t.ledger.forgotten, t.ledger.reports, t.ledger.digest.values)
	b = binary.BigEndian.AppendUint64(b, t.ledger.digest.mixed)
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
