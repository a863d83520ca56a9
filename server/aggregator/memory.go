package aggregator

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// memory is what a transaction keeps so as not to read it twice. The writer's stays from one transaction to the next, as
// long as nothing was rolled back: it never holds what the file does not, or will not at the commit.
type memory struct {
	rows  map[rowKey]*row
	dirty []rowKey
	// generation counts how often rows were let go.
	generation uint32

	// years hold the reports of a unit that were read in this transaction, words what is known about which there are.
	years map[yearKey]*year
	words map[yearKey]word

	// sets number the lists of indicators of which a report had values and nothing else.
	sets    map[string]uint16
	setName []byte

	// owings hold who owes what, patterns what reports change, of the index of.
	owings   map[owingKey]*owing
	patterns patterns
	of       *index

	// used are the indicators of which a figure exists, as far as they were asked for.
	used map[uint32]bool

	// oldestAt is the first entry whose request id is still known, oldestTime its time.
	oldestAt   uint64
	oldestTime time.Time

	// arena is where values are built: bbolt keeps them until the commit. givens is the same for figures.
	arena  []byte
	givens []given
	views  []view

	// key is where keys are built; bbolt copies them.
	key []byte

	deltas  []delta
	totals  []shifted
	steps   []rollup.Step
	changed []changedFigure

	leans    []leanDelta
	leanRows []leanRow
	windows  []leanWindow

	spans map[spansKey][]period.Period
	marks []uint16
	held  []held

	// standings are the blocks that were changed, or looked at to be.
	standings      map[standingKey]*standingBlock
	dirtyStandings []standingKey

	// watched is nil where nothing was written yet.
	watched *watched
}

// How much is kept from one transaction to the next.
const (
	keptRows   = 6144 // of a month that a whole country reports, with the longer periods around it
	keptWords  = 1 << 18
	keptOwings = 1 << 10
	arenaSize  = 256 << 10
	givenSize  = 1 << 10
	givenLimit = 1 << 16
	viewSize   = 256
)

func newMemory() *memory {
	return &memory{
		sets: map[string]uint16{},
		rows: map[rowKey]*row{}, years: map[yearKey]*year{}, words: map[yearKey]word{},
		owings: map[owingKey]*owing{}, used: map[uint32]bool{}, spans: map[spansKey][]period.Period{},
		standings: map[standingKey]*standingBlock{},
	}
}

// belong lets go of what is of another index.
func (m *memory) belong(x *index) {
	if m.of != x {
		m.of = x
		clear(m.owings)
		m.patterns = patterns{known: map[patternKey]*pattern{}, sets: map[patternSetKey]patternSet{}}
	}
}

// end is called when a transaction was committed.
func (m *memory) end() {
	if len(m.rows) > keptRows {
		m.evict(keptRows)
	}
	if len(m.words) > keptWords {
		clear(m.words)
	}
	if len(m.owings) > keptOwings {
		clear(m.owings)
	}
	if len(m.standings) > keptStandings {
		clear(m.standings)
	}
	m.dirty, m.arena = m.dirty[:0], m.arena[:0]
	m.forgetViews()
	m.watched.end()
}

// forgetViews is called where no view is in use.
func (m *memory) forgetViews() {
	clear(m.years)
	m.givens, m.views = m.givens[:0], m.views[:0]
}

// setOf gives the number of the set of indicators of figures that are all values; 0 where one is not, or there are very
// many sets.
func (m *memory) setOf(list []given) uint16 {
	name := m.setName[:0]
	for i := range list {
		if list[i].state() != figure.Value {
			return 0
		}
		name = binary.AppendUvarint(name, uint64(list[i].number))
	}
	m.setName = name
	if number, known := m.sets[string(name)]; known {
		return number
	}
	if len(m.sets) >= math.MaxUint16 {
		return 0
	}
	number := uint16(len(m.sets) + 1) //nolint:gosec // compared above
	m.sets[string(name)] = number
	return number
}

// view gives room for a view.
func (m *memory) view() *view {
	if len(m.views) == cap(m.views) {
		m.views = make([]view, 0, viewSize)
	}
	m.views = append(m.views, view{})
	return &m.views[len(m.views)-1]
}

// drop is called when a transaction was rolled back.
func (m *memory) drop() {
	clear(m.rows)
	clear(m.words)
	clear(m.used)
	clear(m.standings)
	m.dirtyStandings = m.dirtyStandings[:0]
	m.oldestAt = 0
	m.end()
}

// value gives room for a value of about n bytes and its checksum.
func (m *memory) value(n int) []byte {
	n += sumBytes
	if cap(m.arena)-len(m.arena) < n {
		m.arena = make([]byte, 0, max(arenaSize, n))
	}
	at := len(m.arena)
	m.arena = m.arena[:at+n]
	return m.arena[at : at : at+n]
}

// yearKey names the reports of one unit for one form in one year.
type yearKey struct {
	form uint16
	year int16
	unit uint32
}

// word says which base periods of a year have a report, are taken out, or have a revision in force in each basis: bit 0 is the first. For
// those in force it also says, by set, which figures the revision has, if each is a value; else 0.
type word struct {
	known, excluded, official, provisional uint16
	sets                                   [bases][12]uint16
}

// in gives the base periods with a revision in force.
func (w word) in(b rollup.Basis) uint16 {
	if b == rollup.Official {
		return w.official
	}
	return w.provisional
}

// settled gives the base periods that a sum does not wait for: those with a revision in force, and those taken out.
func (w word) settled(b rollup.Basis) uint16 { return w.in(b) | w.excluded }

func (w *word) set(index int, v *view) {
	at := uint16(1) << index
	w.known |= at
	w.excluded &^= at
	w.official &^= at
	w.provisional &^= at
	for b := range w.sets {
		w.sets[b][index] = 0
	}
	if v == nil {
		return
	}
	if v.excluded {
		w.excluded |= at
	}
	for b := range w.sets {
		w.sets[b][index] = v.sets[b]
	}
	if v.numbers[rollup.Official] != 0 {
		w.official |= at
	}
	if v.numbers[rollup.Provisional] != 0 {
		w.provisional |= at
	}
}
