package aggregator

import (
	"encoding/binary"
	"time"

	"github.com/tonghop/tonghop/server/period"
)

// Numbers in keys have a fixed length and the highest byte first, so that keys sort as what they stand for. Numbers in
// values are varints.

// periodCode packs a base period so that the periods of one kind sort by time.
func periodCode(p period.Period) uint32 {
	return uint32(p.Kind)<<24 | uint32(uint16(p.Year))<<8 | uint32(p.Index) //nolint:gosec // a year has four digits
}

// periodOf reads what periodCode packed; no period for anything else.
func periodOf(code uint32) period.Period {
	return period.Of(int(code>>8&0xffff), period.Kind(code>>24), int(code&0xff)) //nolint:gosec // one byte
}

// appendText appends a text with its length before it.
func appendText[T ~string | ~[]byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendTime appends an instant: 0 for the zero one, else 1 + nanoseconds and the seconds since 1970.
func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, 0)
	}
	b = binary.AppendUvarint(b, 1+uint64(t.Nanosecond())) //nolint:gosec // never negative
	return binary.AppendVarint(b, t.Unix())
}

// reader takes fields from the front of a value. After the first that is not there it is bad and gives zeros.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1) //nolint:gosec // bits, not an amount
}

// number is a uvarint that fits an int.
func (r *reader) number() int {
	v := r.uvarint()
	if v > 1<<40 {
		r.b, r.bad = nil, true
		return 0
	}
	return int(v)
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.b, r.bad = nil, true
		return nil
	}
	taken := r.b[:n:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) text() string { return string(r.bytes()) }

func (r *reader) bytes() []byte { return r.take(r.number()) }

func (r *reader) time() time.Time {
	nanos := r.uvarint()
	if nanos == 0 {
		return time.Time{}
	}
	seconds := r.varint()
	if nanos > uint64(time.Second) {
		r.bad = true
	}
	return time.Unix(seconds, int64(nanos)-1).UTC() //nolint:gosec // below a second
}

// done says whether everything was there and nothing is left.
func (r *reader) done() bool { return !r.bad && len(r.b) == 0 }

// appendUvarints appends numbers as varints.
func appendUvarints(b []byte, numbers ...uint64) []byte {
	for _, n := range numbers {
		b = binary.AppendUvarint(b, n)
	}
	return b
}
