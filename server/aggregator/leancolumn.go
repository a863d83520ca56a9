package aggregator

import (
	"cmp"
	"slices"
	"sync/atomic"

	"github.com/tonghop/tonghop/server/rollup"
)

// leanColumn is one cell of the rows of a chunk, unit after unit: what a question over many units reads, side by side and
// not each behind a row of its own. It never changes but for the count. A total holds as long as its row is the one on the
// shelf, which the stamp of its slot tells.
type leanColumn struct {
	place uint32
	// newest is the last change of any of its rows: who sees less may not use it.
	newest uint64
	// known says of which units there is a lean total.
	known  uint64
	stamps [chunkUnits]uint32
	totals [chunkUnits]rollup.Lean
	// missed counts how often a total was asked for and not there.
	missed atomic.Int32
}

// leanColumnBytes is what a column takes.
const leanColumnBytes = 64 + chunkUnits*(4+40)

const (
	// missesMake is how many totals of a chunk are asked for before they are put side by side, and missesRemake how many
	// must not be there any more before they are put so again: making it reads all of them.
	missesMake   = 8
	missesRemake = 64
)

// column gives the column of a cell; nil if there is none.
func (c *chunk) column(place uint32) *leanColumn {
	list := c.columns.Load()
	if list == nil {
		return nil
	}
	at, ok := findColumn(*list, place)
	if !ok {
		return nil
	}
	return (*list)[at]
}

func findColumn(list []*leanColumn, place uint32) (int, bool) {
	return slices.BinarySearchFunc(list, place, func(l *leanColumn, place uint32) int { return cmp.Compare(l.place, place) })
}

// makeColumn puts the totals of a cell side by side, as far as their rows are held.
func (s *shelf) makeColumn(p *plank, c *chunk, place uint32) *leanColumn {
	made := &leanColumn{place: place}
	hint := 0
	for i := range c.slots {
		made.stamps[i] = c.stamps[i].Load() // before the row: one that comes meanwhile has another stamp
		row := c.slots[i].Load()
		if row == nil || !row.held {
			continue
		}
		at := row.find(place, hint)
		if at < 0 {
			continue
		}
		hint = at
		if made.totals[i].Decode(row.bytes(at)) {
			made.known |= 1 << i
			made.newest = max(made.newest, row.sequence)
		}
	}
	s.keepColumn(p, c, made)
	if s.filled.Load() > shelfLimit {
		s.clearOut()
	}
	return made
}

// keepColumn leaves a column for others.
func (s *shelf) keepColumn(p *plank, c *chunk, made *leanColumn) {
	s.changing.Lock()
	defer s.changing.Unlock()
	var list []*leanColumn
	if known := c.columns.Load(); known != nil {
		list = *known
	}
	at, ok := findColumn(list, made.place)
	if ok {
		list = slices.Clone(list)
		list[at] = made
	} else {
		list = slices.Insert(slices.Clip(list), at, made)
		s.note(p, leanColumnBytes)
	}
	c.columns.Store(&list)
}

// has says whether the total of a unit is known and holds for whoever sees the state of a sequence.
func (l *leanColumn) has(c *chunk, at int, head uint64) bool {
	return l.known>>at&1 != 0 && l.newest <= head && l.stamps[at] == c.stamps[at].Load()
}

// leanReader reads one cell of unit after unit from columns.
type leanReader struct {
	chunk  *chunk
	column *leanColumn
	// missed counts in a chunk that has no column yet.
	missed int
}

// leanTotal gives the total of a unit as it stands in this transaction; nil if no column has it.
func (t *Tx) leanTotal(c *seriesCell, unit int) *rollup.Lean {
	r := &c.lean
	if at := c.plank.chunk(unit); at != r.chunk {
		*r = leanReader{chunk: at}
		if at != nil {
			r.column = at.column(c.place)
		}
	}
	if r.chunk == nil {
		return nil
	}
	s, at := t.store.shelf, unit%chunkUnits
	if s.off.Load() {
		return nil
	}
	if l := r.column; l != nil && l.has(r.chunk, at, t.position.Head.Sequence) {
		return &l.totals[at]
	}
	r.miss(s, c)
	return nil
}

// miss counts, and makes the column where that pays.
func (r *leanReader) miss(s *shelf, c *seriesCell) {
	if l := r.column; l != nil {
		if l.missed.Add(1) == missesRemake {
			r.column = s.makeColumn(c.plank, r.chunk, c.place)
		}
		return
	}
	if r.missed++; r.missed == missesMake {
		r.column = s.makeColumn(c.plank, r.chunk, c.place)
	}
}
