package figure

import (
	"math"
	"math/big"
	"math/bits"
)

// Int128 is a signed sum in two's complement. The zero value is 0. No operation allocates, and none wraps: where the
// result does not fit, it says false and the caller's state is OVERFLOW.
type Int128 struct {
	Hi int64
	Lo uint64
}

// MaxInt128 and MinInt128 are the ends of the range.
var (
	MaxInt128 = Int128{Hi: math.MaxInt64, Lo: math.MaxUint64}
	MinInt128 = Int128{Hi: math.MinInt64}
)

// Int128From widens a 64-bit integer.
func Int128From(n int64) Int128 { return Int128{Hi: n >> 63, Lo: uint64(n)} }

// Wide widens a number for summing.
func (n Number) Wide() Int128 { return Int128From(int64(n)) }

// Add gives a + b; false on overflow.
func (a Int128) Add(b Int128) (Int128, bool) {
	lo, carry := bits.Add64(a.Lo, b.Lo, 0)
	hi, _ := bits.Add64(uint64(a.Hi), uint64(b.Hi), carry)
	sum := Int128{Hi: int64(hi), Lo: lo}
	return sum, (a.Hi^sum.Hi)&(b.Hi^sum.Hi) >= 0
}

// Sub gives a - b; false on overflow.
func (a Int128) Sub(b Int128) (Int128, bool) {
	lo, borrow := bits.Sub64(a.Lo, b.Lo, 0)
	hi, _ := bits.Sub64(uint64(a.Hi), uint64(b.Hi), borrow)
	diff := Int128{Hi: int64(hi), Lo: lo}
	return diff, (a.Hi^b.Hi)&(a.Hi^diff.Hi) >= 0
}

// Neg gives -a; false for MinInt128, which has no positive twin.
func (a Int128) Neg() (Int128, bool) { return Int128{}.Sub(a) }

// Cmp is -1, 0 or 1 as a is less than, equal to or greater than b.
func (a Int128) Cmp(b Int128) int {
	switch {
	case a == b:
		return 0
	case a.Hi < b.Hi || a.Hi == b.Hi && a.Lo < b.Lo:
		return -1
	}
	return 1
}

// Sign is -1, 0 or 1.
func (a Int128) Sign() int { return a.Cmp(Int128{}) }

// IsZero tells whether a is 0.
func (a Int128) IsZero() bool { return a == Int128{} }

// Int64 gives a as 64 bits; false if it does not fit.
func (a Int128) Int64() (int64, bool) {
	n := int64(a.Lo)
	return n, n>>63 == a.Hi
}

// Product gives a × b of two 64-bit integers, which always fits.
func Product(a, b int64) Int128 {
	hi, lo := bits.Mul64(abs64(a), abs64(b))
	p := Int128{Hi: int64(hi), Lo: lo}
	if (a < 0) != (b < 0) {
		p, _ = p.Neg()
	}
	return p
}

// MulInt64 gives a × m; false on overflow.
func (a Int128) MulInt64(m int64) (Int128, bool) {
	hi, lo := a.magnitude()
	f := abs64(m)
	over, low := bits.Mul64(lo, f)
	top, high := bits.Mul64(hi, f)
	high, carry := bits.Add64(high, over, 0)
	if top != 0 || carry != 0 {
		return Int128{}, false
	}
	return fromMagnitude(high, low, (a.Hi < 0) != (m < 0))
}

// Big gives a as an arbitrary-precision integer.
func (a Int128) Big() *big.Int {
	b := new(big.Int).Lsh(big.NewInt(a.Hi), 64)
	return b.Add(b, new(big.Int).SetUint64(a.Lo))
}

// Int128FromBig narrows b; false if it does not fit.
func Int128FromBig(b *big.Int) (Int128, bool) {
	if b.BitLen() > 128 {
		return Int128{}, false
	}
	var raw [16]byte
	b.FillBytes(raw[:])
	hi, lo := beUint64(raw[:8]), beUint64(raw[8:])
	return fromMagnitude(hi, lo, b.Sign() < 0)
}

// String gives the decimal digits of the integer, without a scale.
func (a Int128) String() string { return a.Big().String() }

// magnitude gives |a| as 128 unsigned bits, in which MinInt128 fits too.
func (a Int128) magnitude() (hi, lo uint64) {
	if a.Hi >= 0 {
		return uint64(a.Hi), a.Lo
	}
	lo, borrow := bits.Sub64(0, a.Lo, 0)
	hi, _ = bits.Sub64(0, uint64(a.Hi), borrow)
	return hi, lo
}

// fromMagnitude puts the sign back; false if the result does not fit.
func fromMagnitude(hi, lo uint64, negative bool) (Int128, bool) {
	a := Int128{Hi: int64(hi), Lo: lo}
	if !negative {
		return a, a.Hi >= 0
	}
	lo, borrow := bits.Sub64(0, lo, 0)
	hi, _ = bits.Sub64(0, hi, borrow)
	neg := Int128{Hi: int64(hi), Lo: lo}
	return neg, neg.Hi < 0 || neg.IsZero() && a.IsZero()
}

func abs64(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func beUint64(b []byte) uint64 {
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}
