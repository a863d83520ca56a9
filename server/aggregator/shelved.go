package aggregator

import (
	"slices"

	"github.com/tonghop/tonghop/server/rollup"
)

// shelved is one version of a row as readers look things up in it. It never changes.
type shelved struct {
	// sequence is the entry that last changed the row; of one that is not held the first state whose readers may fill in
	// what stands there.
	sequence uint64
	held     bool
	// cells say where each cell stands: its place above the first id of the block, and behind it where in b its length is.
	cells []uint32
	b     []byte
}

// A cell's place in a block has 12 bits, for 1,024 indicators × 3 slots; where it stands has the other 20.
const (
	whereBits = 20
	whereMask = 1<<whereBits - 1
)

// newShelved makes a row of what stands in the file, of which it keeps no part; nil is a row that is not there.
func newShelved(sequence uint64, block uint16, value []byte) (*shelved, bool) {
	if len(value) > whereMask {
		return nil, false
	}
	row := &shelved{sequence: sequence, held: true}
	if value == nil {
		return row, true
	}
	r := reader{b: value}
	r.uvarint()
	first, last := uint64(block)*blockSize*slots, uint64(0)
	var room [256]uint32
	cells := room[:0]
	b := slices.Clone(r.b)
	for r = (reader{b: b}); len(r.b) > 0; {
		last += r.uvarint()
		where := len(b) - len(r.b)
		if r.bytes(); r.bad || last <= first || last-first >= 1<<(32-whereBits) {
			return nil, false
		}
		cells = append(cells, uint32(last-first)<<whereBits|uint32(where)) //nolint:gosec // both were compared with their room
	}
	row.b, row.cells = b, slices.Clone(cells)
	return row, true
}

// size is about what the row takes in memory.
func (s *shelved) size() int { return 64 + len(s.b) + 4*len(s.cells) }

// find gives the place of a cell, or -1. It looks first where the caller found it in another row, for rows of a plank are
// alike.
func (s *shelved) find(place uint32, hint int) int {
	if hint < len(s.cells) && s.cells[hint]>>whereBits == place {
		return hint
	}
	at, ok := slices.BinarySearchFunc(s.cells, place, func(c, place uint32) int { return int(c>>whereBits) - int(place) })
	if !ok {
		return -1
	}
	return at
}

// bytes gives the bytes of a cell's total.
func (s *shelved) bytes(at int) []byte {
	b := s.b[s.cells[at]&whereMask:]
	if n := int(b[0]); n < 0x80 {
		return b[1 : 1+n]
	}
	r := reader{b: b}
	return r.bytes()
}

// placeOf gives the place of a cell in its block.
func placeOf(id uint64, block uint16) uint32 {
	return uint32(id - uint64(block)*blockSize*slots) //nolint:gosec // see whereBits
}

// total gives one cell; nothing if it is not there, false if it does not read as totals are written.
func (s *shelved) total(place uint32) (rollup.Total, bool) {
	at := s.find(place, 0)
	if at < 0 {
		return rollup.Total{}, true
	}
	total, rest, err := rollup.DecodeTotal(s.bytes(at))
	return total, err == nil && len(rest) == 0
}
