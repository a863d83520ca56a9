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

// mask tells which fields are there. It and AppendBinary name the common fields one by one, for most rows have no others.
func (t *Total) mask() uint64 {
	m := bit(!t.Sum.IsZero(), 0) | bit(!t.Numerator.IsZero(), 1) | bit(!t.Denominator.IsZero(), 2) |
		bit(t.Count != 0, wideFields) | bit(t.Received != 0, wideFields+1) | bit(t.Late != 0, wideFields+2) | bit(t.Complete != 0, wideFields+3) |
		bit(t.HasMin, minBit) | bit(t.HasMax, maxBit)
	for i, n := range t.counts() {
		if i >= commonCounts {
			m |= bit(*n != 0, countBit(i))
		}
	}
	return m
}

func bit(b bool, i int) uint64 { return uint64(one(b)) << i } //nolint:gosec // 0 or 1

// AppendBinary appends the compact bytes of the total.
func (t *Total) AppendBinary(b []byte) []byte {
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
	if m>>(maxBit+1) == 0 {
		return b
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
	r.merge(&t)
	if !r.ok {
		return Total{}, b, fault.DataLoss(ReasonTotalDamaged, "a stored total of %d bytes cannot be read; rebuild the store from its journal", len(b))
	}
	return t, r.b, nil
}

// MergeBinary is Merge of the total whose bytes these are, and of nothing else. It is false if DecodeTotal would refuse
// them or leave some; t is then not to be used.
func (t *Total) MergeBinary(b []byte) bool {
	r := reader{b: b, ok: true}
	r.merge(t)
	return r.ok && len(r.b) == 0
}

// reader takes fields from bytes. After the first that is wrong nothing more is taken.
type reader struct {
	b  []byte
	ok bool
}

// uvarint takes a number that is not longer than it must be.
func (r *reader) uvarint() uint64 {
	if r.ok && len(r.b) > 0 && r.b[0] < 0x80 {
		v := uint64(r.b[0])
		r.b = r.b[1:]
		return v
	}
	v, n := binary.Uvarint(r.b)
	if !r.ok || n <= 0 || n > 1 && r.b[n-1] == 0 {
		r.ok = false
		return 0
	}
	r.b = r.b[n:]
	return v
}

// merge takes a total, field by field in the order of their bits, and adds it.
func (r *reader) merge(t *Total) {
	m := r.uvarint()
	if bits.Len64(m) > countBit(countFields) {
		r.ok = false
	}
	for ; m != 0 && r.ok; m &= m - 1 {
		switch at := bits.TrailingZeros64(m); {
		case at < wideFields:
			r.wide(t.wide(at))
		case at == minBit:
			r.extremes(t, Total{HasMin: true})
		case at == maxBit:
			r.extremes(t, Total{HasMax: true})
		default:
			*t.count(at) += r.count()
		}
	}
}

// wide gives the wide field of a bit.
func (t *Total) wide(at int) *Wide {
	switch at {
	case 0:
		return &t.Sum
	case 1:
		return &t.Numerator
	default:
		return &t.Denominator
	}
}

// count gives the count of a bit. It is a switch, for a table of pointers would be made anew for every total.
func (t *Total) count(at int) *int64 {
	if at < wideFields+commonCounts {
		switch at {
		case wideFields:
			return &t.Count
		case wideFields + 1:
			return &t.Received
		case wideFields + 2:
			return &t.Late
		default:
			return &t.Complete
		}
	}
	return t.counts()[at-maxBit-1+commonCounts]
}

// count takes a count; one of zero is not there.
func (r *reader) count() int64 {
	u := r.uvarint()
	r.ok = r.ok && u != 0
	return int64(u>>1) ^ -int64(u&1) //nolint:gosec // bits, not an amount
}

// wide takes a wide sum, which is not zero, and adds it.
func (r *reader) wide(w *Wide) {
	if u, n := binary.Uvarint(r.b[:min(len(r.b), shortWide)]); n > 0 {
		r.ok = u != 0 && (n == 1 || r.b[n-1] != 0)
		r.b = r.b[n:]
		w.add(int64(u>>1) ^ -int64(u&1)) //nolint:gosec // bits, not an amount
		return
	}
	var long Wide
	long, r.b, r.ok = readWide(r.b)
	r.ok = r.ok && !long.IsZero()
	*w = w.Plus(long)
}

// shortWide is up to how many bytes a wide sum has 63 bits at most, its sign among them.
const shortWide = 9

// extremes takes an extreme, which may be zero, and merges it.
func (r *reader) extremes(t *Total, o Total) {
	var n figure.Int128
	n, r.b, r.ok = figure.ReadInt128(r.b)
	if o.Min = n; o.HasMax {
		o.Min, o.Max = figure.Int128{}, n
	}
	t.MergeExtremes(o)
}
