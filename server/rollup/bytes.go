package rollup

import (
	"encoding/binary"
	"math/bits"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
)

// ReasonTotalDamaged is the reason for bytes that AppendBinary did not write.
const ReasonTotalDamaged = "TOTAL_DAMAGED"

// The bytes of a total are a varint, whose bit says that a field is there, and the fields in the order of their bits,
// each as a varint with its sign in the lowest bit. A field that is zero is not there, so equal totals are equal bytes
// and nothing is one byte. A field keeps its bit for ever and a new one takes the next. The commonest come first: the
// mask of a plain sum is one byte.
const (
	wideFields     = 3 // Bits 0 to 2: Sum, Numerator, Denominator.
	commonCounts   = 4 // Bits 3 to 6: the first counts.
	minBit, maxBit = 7, 8
	countFields    = 19 // From bit 9: the other counts.
)

// wides gives the wide fields in the order of their bits.
func (t *Total) wides() [wideFields]*Wide {
	return [...]*Wide{&t.Sum, &t.Numerator, &t.Denominator}
}

// counts gives the counts in the order of their bits.
func (t *Total) counts() [countFields]*int64 {
	return [...]*int64{
		&t.Count, &t.Received, &t.Late, &t.Complete,
		&t.Stale, &t.NotAvailable, &t.NotApplicable, &t.Excluded, &t.Yes, &t.Half, &t.Unweighted,
		&t.Outside, &t.OutsideLast, &t.Fell, &t.Gaps, &t.Lag.Sum, &t.Lag.Squares, &t.Age.Sum, &t.Age.Squares,
	}
}

// countBit gives the bit of a count.
func countBit(i int) int {
	if i < commonCounts {
		return wideFields + i
	}
	return maxBit + 1 + i - commonCounts
}

// mask tells which fields are there.
func (t *Total) mask() uint64 {
	var m uint64
	for i, w := range t.wides() {
		m |= bit(!w.IsZero(), i)
	}
	for i, n := range t.counts() {
		m |= bit(*n != 0, countBit(i))
	}
	return m | bit(t.HasMin, minBit) | bit(t.HasMax, maxBit)
}

func bit(b bool, i int) uint64 { return uint64(one(b)) << i } //nolint:gosec // 0 or 1

// AppendBinary appends the compact bytes of the total.
func (t Total) AppendBinary(b []byte) []byte {
	m := t.mask()
	b = binary.AppendUvarint(b, m)
	for i, w := range t.wides() {
		if m&(1<<i) != 0 {
			b = appendWide(b, *w)
		}
	}
	counts := t.counts()
	for i, n := range counts[:commonCounts] {
		if m&(1<<countBit(i)) != 0 {
			b = binary.AppendVarint(b, *n)
		}
	}
	if t.HasMin {
		b = figure.AppendInt128(b, t.Min)
	}
	if t.HasMax {
		b = figure.AppendInt128(b, t.Max)
	}
	for i, n := range counts[commonCounts:] {
		if m&(1<<countBit(commonCounts+i)) != 0 {
			b = binary.AppendVarint(b, *n)
		}
	}
	return b
}

// DecodeTotal reads what AppendBinary wrote and gives the bytes after it. Bytes that AppendBinary would not have
// written so are refused: a total has one form.
func DecodeTotal(b []byte) (t Total, rest []byte, err error) {
	r := reader{b: b, ok: true}
	m := r.uvarint()
	if bits.Len64(m) > countBit(countFields) {
		r.ok = false
	}
	for i, w := range t.wides() {
		if m&(1<<i) != 0 {
			r.wide(w)
		}
	}
	counts := t.counts()
	for i, n := range counts[:commonCounts] {
		r.count(m, countBit(i), n)
	}
	if t.HasMin = m&(1<<minBit) != 0; t.HasMin {
		r.int128(&t.Min)
	}
	if t.HasMax = m&(1<<maxBit) != 0; t.HasMax {
		r.int128(&t.Max)
	}
	for i, n := range counts[commonCounts:] {
		r.count(m, countBit(commonCounts+i), n)
	}
	if !r.ok {
		return Total{}, b, fault.DataLoss(ReasonTotalDamaged, "a stored total of %d bytes cannot be read; rebuild the store from its journal", len(b))
	}
	return t, r.b, nil
}

// reader takes fields from bytes. After the first that is wrong nothing more is taken.
type reader struct {
	b  []byte
	ok bool
}

// uvarint takes a number that is not longer than it must be.
func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if !r.ok || n <= 0 || n > 1 && r.b[n-1] == 0 {
		r.ok = false
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count takes a count if its bit is set; a count of zero has no bit.
func (r *reader) count(mask uint64, at int, n *int64) {
	if mask&(1<<at) == 0 {
		return
	}
	u := r.uvarint()
	*n = int64(u>>1) ^ -int64(u&1) //nolint:gosec // bits, not an amount
	r.ok = r.ok && *n != 0
}

// wide takes a wide sum, which is not zero.
func (r *reader) wide(w *Wide) {
	if !r.ok {
		return
	}
	*w, r.b, r.ok = readWide(r.b)
	r.ok = r.ok && !w.IsZero()
}

// int128 takes an extreme, which may be zero.
func (r *reader) int128(n *figure.Int128) {
	if r.ok {
		*n, r.b, r.ok = figure.ReadInt128(r.b)
	}
}
