package aggregator

import (
	"sync"
	"sync/atomic"

	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/rollup"
)

// shelf holds rows of roll-ups in memory for those who read. It holds the newest version of a row or none, as bytes that
// never change, and with each the sequence of the entry that last changed it. The writer puts what it changed there before
// the commit, so of what a reader at sequence S finds:
//
//   - a row changed last by S or earlier is the row as of S, for a change between the two would have taken its place when
//     it was committed, before the reader began;
//   - any other row is of a state that the reader does not see yet: it reads its own transaction.
//
// A reader who finds nothing reads its transaction and leaves the row for others, unless something was put there meanwhile
// or its own state is older than the last change. What nobody asks for is not held.
type shelf struct {
	// off is set after a commit of unknown outcome: everybody reads the file.
	off atomic.Bool

	// tick counts the uses of planks, filled the bytes that are held.
	tick, filled atomic.Int64

	// changing is held while rows are put and while room for rows is made; passed is the head up to which changes found no
	// room. Readers of an older state do not fill the room that is made after it.
	changing sync.Mutex
	passed   uint64

	mu     sync.RWMutex
	planks map[plankKey]*plank
}

// shelfLimit is how many bytes are held. The rows of a country of 10,598 communes and 44 indicators take a third of it for
// three years in one basis.
const shelfLimit = 128 << 20

func newShelf() *shelf { return &shelf{planks: map[plankKey]*plank{}} }

// plankKey names what the rows of a plank have in common. The kind stands in it by its name, for its place in an index is
// that of one snapshot.
type plankKey struct {
	basis rollup.Basis
	form  uint16
	span  uint32
	block uint16
	kind  hierarchy.Kind
}

// plank holds the rows of all units, by the units' ordinals, which are the same in all snapshots.
type plank struct {
	chunks atomic.Pointer[[]*chunk]
	// used is when somebody asked for the plank last; bytes is what its rows take.
	used, bytes atomic.Int64
}

// chunk has room for the rows of some units that follow each other.
type chunk struct {
	// floor is the first state whose readers may fill a slot in which nothing was ever put.
	floor uint64
	slots [chunkUnits]atomic.Pointer[shelved]
	// stamps count how often the writer put something into each slot.
	stamps [chunkUnits]atomic.Uint32
	// columns are the cells of which the totals stand side by side, by their places.
	columns atomic.Pointer[[]*leanColumn]
}

const chunkUnits = 64

// slotBytes is what a slot and the room around it take.
const slotBytes = 20

// plank gives a plank; it is made if it is not there. It must not be kept beyond the transaction.
func (s *shelf) plank(k plankKey) *plank {
	s.mu.RLock()
	p := s.planks[k]
	s.mu.RUnlock()
	if p == nil {
		p = s.newPlank(k)
	}
	p.used.Store(s.tick.Add(1))
	return p
}

func (s *shelf) newPlank(k plankKey) *plank {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.planks[k]; p != nil {
		return p
	}
	p := &plank{}
	s.planks[k] = p
	return p
}

// known gives a plank if there is one.
func (s *shelf) known(k plankKey) *plank {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.planks[k]
}

// chunk gives the room for a unit's row; nil if there is none yet.
func (p *plank) chunk(unit int) *chunk {
	list := p.chunks.Load()
	if at := unit / chunkUnits; list != nil && at < len(*list) {
		return (*list)[at]
	}
	return nil
}

// room makes room for a unit's row.
func (s *shelf) room(p *plank, unit int) *chunk {
	s.changing.Lock()
	defer s.changing.Unlock()
	if c := p.chunk(unit); c != nil {
		return c
	}
	at := unit / chunkUnits
	var grown []*chunk
	if list := p.chunks.Load(); list != nil {
		grown = append(grown, *list...)
	}
	for len(grown) <= at {
		grown = append(grown, nil)
	}
	grown[at] = &chunk{floor: s.passed}
	p.chunks.Store(&grown)
	s.note(p, chunkUnits*slotBytes)
	return grown[at]
}

func (s *shelf) note(p *plank, bytes int) {
	p.bytes.Add(int64(bytes))
	s.filled.Add(int64(bytes))
}

// fill leaves a row where was stood, for readers of states from that on.
func (s *shelf) fill(p *plank, slot *atomic.Pointer[shelved], was, row *shelved) {
	if s.off.Load() || !slot.CompareAndSwap(was, row) {
		return
	}
	s.note(p, row.size())
	if s.filled.Load() > shelfLimit {
		s.clearOut()
	}
}

// clearOut takes away the planks that nobody asked for longest, until a good part is free. Whoever still reads from one has
// a transaction older than every change that will miss it.
func (s *shelf) clearOut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all int64
	for _, p := range s.planks {
		all += p.bytes.Load()
	}
	for all > shelfLimit*3/4 {
		var oldest plankKey
		var found *plank
		for k, p := range s.planks {
			if found == nil || p.used.Load() < found.used.Load() {
				oldest, found = k, p
			}
		}
		if found == nil {
			break
		}
		all -= found.bytes.Load()
		delete(s.planks, oldest)
	}
	s.filled.Store(all)
}

// changedRow is a row as the writer is about to commit it.
type changedRow struct {
	plankKey
	unit     uint32
	sequence uint64
	// value is what stands in the file, without the checksum; nil if the row was removed.
	value []byte
}

// put takes the changed rows of a transaction, just before it is committed. Of rows that nobody asked for it only notes
// that they changed.
func (s *shelf) put(rows []changedRow, head uint64) {
	if len(rows) == 0 {
		return
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	s.passed = head
	changed := &shelved{sequence: head}
	for i := range rows {
		r := &rows[i]
		p := s.known(r.plankKey)
		if p == nil {
			continue
		}
		c := p.chunk(int(r.unit))
		if c == nil {
			continue
		}
		slot := &c.slots[r.unit%chunkUnits]
		was := slot.Load()
		if was == nil || !was.held {
			slot.Store(changed)
			continue
		}
		row, ok := newShelved(r.sequence, r.block, r.value)
		if !ok {
			row = changed // the reader who finds it in the file will say so
		}
		slot.Store(row)
		c.stamps[r.unit%chunkUnits].Add(1) // no total is known of a slot that had no row
		s.note(p, row.size()-was.size())
	}
}

// shelve notes a row that was written, for the commit.
func (t *Tx) shelve(k rowKey, r *row, value []byte, stays bool) {
	if !stays {
		value = nil
	}
	kinds := t.snap.derived().kinds
	t.forShelf = append(t.forShelf, changedRow{
		plankKey: plankKey{basis: k.basis, form: k.form, span: k.span, block: k.block, kind: kinds[k.kind]},
		unit:     k.unit, sequence: r.sequence, value: value,
	})
}

// plankOf gives the plank of a row.
func (t *Tx) plankOf(k rowKey, kinds []hierarchy.Kind) *plank {
	return t.store.shelf.plank(plankKey{basis: k.basis, form: k.form, span: k.span, block: k.block, kind: kinds[k.kind]})
}

// shelved gives a row as it stands in this transaction, which only reads.
func (t *Tx) shelved(p *plank, k rowKey, kinds []hierarchy.Kind) (*shelved, error) {
	s := t.store.shelf
	c := p.chunk(int(k.unit))
	if c == nil {
		c = s.room(p, int(k.unit))
	}
	slot := &c.slots[k.unit%chunkUnits]
	found, from := slot.Load(), c.floor
	if found != nil {
		if from = found.sequence; found.held && from <= t.position.Head.Sequence && !s.off.Load() {
			return found, nil
		}
	}
	row, err := t.readShelved(k, kinds)
	if err != nil {
		return nil, err
	}
	if (found == nil || !found.held) && from <= t.position.Head.Sequence {
		s.fill(p, slot, found, row)
	}
	return row, nil
}

// readShelved reads a row from the file. Of one that is not there it is only known that it is not there in this state.
func (t *Tx) readShelved(k rowKey, kinds []hierarchy.Kind) (*shelved, error) {
	var scratch [64]byte
	key := k.append(scratch[:0], kinds)
	value, ok, err := t.get(rollupBucket, key)
	if err != nil {
		return nil, err
	}
	if !ok {
		return &shelved{sequence: t.position.Head.Sequence, held: true}, nil
	}
	r := reader{b: value}
	row, ok := newShelved(r.uvarint(), k.block, value)
	if !ok || r.bad {
		return nil, rollupBucket.damaged(key)
	}
	return row, nil
}
