package aggregator

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/rollup"
)

// rowKey names a row of roll-ups: of all units of one kind that stand strictly below a unit, for one form and span, in
// one basis. The unit's own report is not in it, so that a unit without units below it has no rows.
type rowKey struct {
	basis rollup.Basis
	form  uint16
	span  uint32 // see periodCode
	unit  uint32
	// block keeps rows short where a form has very many indicators: it is the number of the first one, by blockSize.
	block uint16
	kind  uint16 // place in index.kinds
}

// blockSize is how many indicators share a row.
const blockSize = 1024

func blockOf(number uint32) uint16 { return uint16(number / blockSize) } //nolint:gosec // numbers are places in a catalogue

// append gives the bytes of the key. The kind stands in it by its name, for its place is only known in memory.
func (k rowKey) append(b []byte, kinds []hierarchy.Kind) []byte {
	b = append(b, byte(k.basis))
	b = binary.BigEndian.AppendUint16(b, k.form)
	b = binary.BigEndian.AppendUint32(b, k.span)
	b = binary.BigEndian.AppendUint32(b, k.unit)
	b = binary.BigEndian.AppendUint16(b, k.block)
	return append(b, kinds[k.kind]...)
}

// rowKeyHead is the length of a row's key without the kind.
const rowKeyHead = 13

// row is a row as it is worked on.
type row struct {
	// sequence is the entry that last changed it.
	sequence uint64
	cells    []cell // by id
	dirty    bool
	// sum is the checksum of the row as it is stored; 0 if it is not.
	sum uint64
	// used is the generation of the memory in which it was last asked for.
	used uint32
}

// cellID orders the cells of a row: by indicator, then by slot. It is never 0.
func cellID(number uint32, s slot) uint64 { return uint64(number)*slots + uint64(s) + 1 }

// at gives the place of a cell, or where it would be.
func (r *row) at(id uint64) (int, bool) {
	return slices.BinarySearchFunc(r.cells, id, func(c cell, id uint64) int {
		switch {
		case c.id < id:
			return -1
		case c.id > id:
			return 1
		}
		return 0
	})
}

// cellFrom gives a cell to be changed, and its place; it is made if it is not there. It looks first where the last one
// was, for cells are changed in their order.
func (r *row) cellFrom(at int, id uint64) (*cell, int) {
	for ; at < len(r.cells) && r.cells[at].id < id; at++ {
		if at+4 < len(r.cells) && r.cells[at+4].id < id {
			at += 3
		}
	}
	if at >= len(r.cells) || r.cells[at].id != id || at > 0 && r.cells[at-1].id >= id {
		var ok bool
		if at, ok = r.at(id); !ok {
			r.cells = slices.Insert(r.cells, at, cell{id: id})
		}
	}
	return &r.cells[at], at
}

// total gives a cell to be read; nothing if it is not there.
func (r *row) total(id uint64) rollup.Total {
	if at, ok := r.at(id); ok {
		return r.cells[at].value()
	}
	return rollup.Total{}
}

// append gives the bytes of the row: the sequence, and for each cell that holds something the distance of its id from
// the one before, the length of its total and the total. It is false if there is no such cell.
func (r *row) append(b []byte) ([]byte, bool) {
	b = binary.AppendUvarint(b, r.sequence)
	empty := true
	last := uint64(0)
	for i := range r.cells {
		c := &r.cells[i]
		if c.isZero() {
			continue
		}
		empty = false
		b = binary.AppendUvarint(b, c.id-last)
		last = c.id
		b = c.appendSized(b)
	}
	return b, !empty
}

// next takes the next cell's id and the bytes of its total.
func (r *reader) cell(last uint64) (id uint64, total []byte) {
	id = last + r.uvarint()
	return id, r.bytes()
}

// decodeRow reads a row.
func decodeRow(value []byte) (*row, bool) {
	r := reader{b: value}
	decoded := &row{sequence: r.uvarint(), cells: make([]cell, 0, len(value)/cellGuess+1)}
	last := uint64(0)
	for len(r.b) > 0 && !r.bad {
		id, raw := r.cell(last)
		last = id
		decoded.cells = append(decoded.cells, cell{id: id})
		if !decoded.cells[len(decoded.cells)-1].decode(raw) {
			return nil, false
		}
	}
	return decoded, r.done()
}

// row gives a row to be worked on; an empty one if there is none.
func (t *Tx) row(k rowKey, kinds []hierarchy.Kind) (*row, error) {
	if r := t.memory.rows[k]; r != nil {
		r.used = t.memory.generation
		return r, nil
	}
	var scratch [64]byte
	key := k.append(scratch[:0], kinds)
	r := &row{}
	if stored := t.find(rollupBucket, key); stored != nil {
		value, err := t.unseal(rollupBucket, key, stored)
		if err != nil {
			return nil, err
		}
		var ok bool
		if r, ok = decodeRow(value); !ok {
			return nil, rollupBucket.damaged(key)
		}
		r.sum = sumOf(stored)
	}
	r.used = t.memory.generation
	t.memory.rows[k] = r
	return r, nil
}

// touch notes that a row is about to be changed by the entry that is applied.
func (t *Tx) touch(k rowKey, r *row) {
	r.sequence = t.position.Head.Sequence
	if !r.dirty {
		r.dirty = true
		t.memory.dirty = append(t.memory.dirty, k)
	}
}

// total gives one cell of a row without keeping the row: the writer's as it is worked on, or the one that readers share.
func (t *Tx) total(k rowKey, kinds []hierarchy.Kind, id uint64) (rollup.Total, error) {
	if r := t.memory.rows[k]; r != nil {
		return r.total(id), nil
	}
	var row *shelved
	var err error
	if t.writing {
		row, err = t.readShelved(k, kinds)
	} else {
		row, err = t.shelved(t.plankOf(k, kinds), k, kinds)
	}
	if err != nil {
		return rollup.Total{}, err
	}
	total, ok := row.total(placeOf(id, k.block))
	if !ok {
		return rollup.Total{}, rollupBucket.damaged(k.append(nil, kinds))
	}
	return total, nil
}

// flush writes the rows that were changed; a row in which nothing is left is removed. They are written in the order of
// their keys, which is how bbolt likes it.
func (t *Tx) flush() error {
	if len(t.memory.dirty) == 0 {
		return nil
	}
	type pending struct {
		key   []byte
		place rowKey
		row   *row
	}
	kinds := t.snap.derived().kinds
	list := make([]pending, len(t.memory.dirty))
	keys := make([]byte, 0, len(list)*(rowKeyHead+12))
	for i, k := range t.memory.dirty {
		start := len(keys)
		keys = k.append(keys, kinds)
		list[i] = pending{key: keys[start:len(keys):len(keys)], place: k, row: t.memory.rows[k]}
	}
	slices.SortFunc(list, func(a, b pending) int { return bytes.Compare(a.key, b.key) })
	for _, p := range list {
		p.row.dirty = false
		value, ok := p.row.append(t.memory.value(len(p.row.cells) * cellGuess))
		var err error
		if ok {
			p.row.sum, err = t.replace(rollupBucket, p.key, value, p.row.sum)
		} else {
			p.row.sum, err = 0, t.remove(rollupBucket, p.key)
		}
		if err != nil {
			return err
		}
		t.shelve(p.place, p.row, value, ok)
	}
	t.memory.dirty = t.memory.dirty[:0]
	return nil
}

// cellGuess is how many bytes a cell usually takes.
const cellGuess = 16

// settleAt is how many rows are worked on at once where very many change.
const settleAt = 4096

// settle writes the changed rows and forgets those that are no longer in use, once there are so many. No row that was
// given out may be used after it.
func (t *Tx) settle(atLeast int) error {
	if len(t.memory.rows) < atLeast {
		return nil
	}
	if err := t.flush(); err != nil {
		return err
	}
	t.memory.evict(atLeast / 2)
	return nil
}

// evict forgets the rows that were not asked for since the last time, and all if more than so many are left. None may be
// dirty.
func (m *memory) evict(most int) {
	for k, r := range m.rows {
		if r.used != m.generation {
			delete(m.rows, k)
		}
	}
	if len(m.rows) > most {
		clear(m.rows)
	}
	m.generation++
}
