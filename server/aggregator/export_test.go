package aggregator

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync/atomic"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/hierarchy"
)

// Inspect shows the inspection of a file to the tests that tell stories.
func Inspect(path string) error {
	_, err := inspect(path)
	return err
}

// ShelfDifference compares every row that readers may take from the shelf at the state of the transaction with the file:
// the rows that are there, and the ones of which the shelf says that they are not.
func ShelfDifference(t *Tx) error {
	x := t.snap.derived()
	err := t.bucket(rollupBucket).ForEach(func(key, _ []byte) error {
		k, ok := x.rowKeyOf(key)
		if !ok {
			return fmt.Errorf("the key %x is of no row", key)
		}
		return t.shelfDifference(t.plankOf(k, x.kinds), k, x.kinds)
	})
	if err != nil {
		return err
	}
	s := t.store.shelf
	s.mu.RLock()
	planks := maps.Clone(s.planks)
	s.mu.RUnlock()
	for pk, p := range planks {
		kind := slices.Index(x.kinds, pk.kind)
		for unit := range x.kind {
			if p.chunk(unit) == nil || kind < 0 {
				continue
			}
			k := rowKey{basis: pk.basis, form: pk.form, span: pk.span, unit: uint32(unit), block: pk.block, kind: uint16(kind)} //nolint:gosec // small
			if err := t.shelfDifference(p, k, x.kinds); err != nil {
				return err
			}
			if err := t.columnDifference(p, k, x.kinds); err != nil {
				return err
			}
		}
	}
	return nil
}

// columnDifference compares what columns say of a unit with the file, and has a column made of each of its cells.
func (t *Tx) columnDifference(p *plank, k rowKey, kinds []hierarchy.Kind) error {
	want, err := t.readShelved(k, kinds)
	if err != nil {
		return err
	}
	c, head := p.chunk(int(k.unit)), t.position.Head.Sequence
	at := int(k.unit % chunkUnits)
	if list := c.columns.Load(); list != nil {
		for _, l := range *list {
			if !l.has(c, at, head) || t.store.shelf.off.Load() {
				continue
			}
			total, ok := want.total(l.place)
			if got := l.totals[at].Total(); !ok || !reflect.DeepEqual(got, total) {
				return fmt.Errorf("at %d the cell %d of the row %+v is %+v in its column and %+v in the file", head, l.place, k, got, total)
			}
			columnsHeld.Add(1)
		}
	}
	for _, cell := range want.cells {
		place := cell >> whereBits
		if l := c.column(place); l == nil || !l.has(c, at, head) {
			t.store.shelf.makeColumn(p, c, place)
		}
	}
	return nil
}

var columnsHeld atomic.Int64

// ColumnsHeld tells how many totals ShelfDifference found in columns, and compared.
func ColumnsHeld() int64 { return columnsHeld.Load() }

func (t *Tx) shelfDifference(p *plank, k rowKey, kinds []hierarchy.Kind) error {
	got, err := t.shelved(p, k, kinds)
	if err != nil {
		return err
	}
	want, err := t.readShelved(k, kinds)
	if err != nil {
		return err
	}
	if !bytes.Equal(got.b, want.b) || !slices.Equal(got.cells, want.cells) {
		return fmt.Errorf("at %d the row %+v is %x (of entry %d) on the shelf and %x (%d) in the file",
			t.position.Head.Sequence, k, got.b, got.sequence, want.b, want.sequence)
	}
	return nil
}

// ShelfHolds tells how many rows are on the shelf and how many bytes they are said to take.
func ShelfHolds(s *Store) (rows int, bytes int64) {
	s.shelf.mu.RLock()
	defer s.shelf.mu.RUnlock()
	for _, p := range s.shelf.planks {
		list := p.chunks.Load()
		if list == nil {
			continue
		}
		for _, c := range *list {
			for i := range chunkUnits {
				if c != nil {
					if row := c.slots[i].Load(); row != nil && row.held {
						rows++
					}
				}
			}
		}
	}
	return rows, s.shelf.filled.Load()
}

// Columns tells how many columns of totals are on the shelf, and how many of them are not the first of their cell: their
// stamps are not all those of the beginning.
func Columns(s *Store) (columns, remade int) {
	s.shelf.mu.RLock()
	defer s.shelf.mu.RUnlock()
	for _, p := range s.shelf.planks {
		list := p.chunks.Load()
		if list == nil {
			continue
		}
		for _, c := range *list {
			if c == nil || c.columns.Load() == nil {
				continue
			}
			for _, l := range *c.columns.Load() {
				columns++
				if l.stamps != [chunkUnits]uint32{} {
					remade++
				}
			}
		}
	}
	return columns, remade
}

// ClearShelf does what is done when more is on the shelf than there is room for.
func ClearShelf(s *Store) {
	s.shelf.mu.Lock()
	defer s.shelf.mu.Unlock()
	clear(s.shelf.planks)
}

// Patterns gives how many patterns the writer knows.
func Patterns(s *Store) int { return len(s.memory.patterns.known) }

// KeepStale keeps a token as a reader does who read it before the last commit that changed one.
func KeepStale(s *Store, k auth.Token) {
	s.tokens.changed()
	s.tokens.keep(k.ID, k, s.tokens.generation.Load()-1)
}
