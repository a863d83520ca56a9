package rollup

import (
	"math/big"
	"math/bits"

	"github.com/tonghop/tonghop/server/figure"
)

// Wide is a signed sum of 256 bits in two's complement, the lowest word first; the zero value is 0. The largest amount
// that one unit can add, a value times a weight, both means over time, takes 205 bits, so no number of units that can
// exist fills it. That is why sums are added without a check and a correction takes back exactly what was added:
// whether an amount is too large is asked once, when the total is read.
type Wide [4]uint64

// WideOf widens a 128-bit sum.
func WideOf(a figure.Int128) Wide {
	s := uint64(a.Hi >> 63)               //nolint:gosec // bits, not an amount
	return Wide{a.Lo, uint64(a.Hi), s, s} //nolint:gosec // bits, not an amount
}

// Plus gives a + b.
func (a Wide) Plus(b Wide) Wide {
	var c uint64
	a[0], c = bits.Add64(a[0], b[0], 0)
	a[1], c = bits.Add64(a[1], b[1], c)
	a[2], c = bits.Add64(a[2], b[2], c)
	a[3], _ = bits.Add64(a[3], b[3], c)
	return a
}

// Minus gives a - b.
func (a Wide) Minus(b Wide) Wide {
	var c uint64
	a[0], c = bits.Sub64(a[0], b[0], 0)
	a[1], c = bits.Sub64(a[1], b[1], c)
	a[2], c = bits.Sub64(a[2], b[2], c)
	a[3], _ = bits.Sub64(a[3], b[3], c)
	return a
}

// Neg gives -a.
func (a Wide) Neg() Wide { return Wide{}.Minus(a) }

// Times gives a × m. The caller knows that it fits; the product of words in two's complement is then right for
// amounts below zero too, as long as the factor is not.
func (a Wide) Times(m int64) Wide {
	f := uint64(m) //nolint:gosec // a factor is a power of ten, MeanUnit or 100: never negative
	var p Wide
	var over uint64
	for i, word := range a {
		hi, lo := bits.Mul64(word, f)
		var c uint64
		p[i], c = bits.Add64(lo, over, 0)
		over = hi + c
	}
	return p
}

// product gives a × b, which has at most 255 bits.
func product(a, b figure.Int128) Wide {
	if a.Hi < 0 {
		return productOf(WideOf(a).Neg(), b).Neg()
	}
	return productOf(WideOf(a), b)
}

// productOf multiplies a magnitude of 128 bits.
func productOf(a Wide, b figure.Int128) Wide {
	w := WideOf(b)
	var p Wide
	for i := range 2 {
		var over uint64
		for j := 0; i+j < len(p); j++ {
			hi, lo := bits.Mul64(a[i], w[j])
			var c1, c2 uint64
			p[i+j], c1 = bits.Add64(p[i+j], lo, 0)
			p[i+j], c2 = bits.Add64(p[i+j], over, 0)
			over = hi + c1 + c2
		}
	}
	return p
}

// IsZero tells whether a is 0.
func (a Wide) IsZero() bool { return a == Wide{} }

// Sign is -1, 0 or 1.
func (a Wide) Sign() int {
	switch {
	case a[3]>>63 != 0:
		return -1
	case a.IsZero():
		return 0
	}
	return 1
}

// Cmp is -1, 0 or 1 as a is less than, equal to or greater than b.
func (a Wide) Cmp(b Wide) int {
	const signBit = 1 << 63
	a[3] ^= signBit
	b[3] ^= signBit
	for i := len(a) - 1; i >= 0; i-- {
		if a[i] != b[i] {
			if a[i] < b[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}

// Int128 narrows a; false if it does not fit.
func (a Wide) Int128() (figure.Int128, bool) {
	n := figure.Int128{Hi: int64(a[1]), Lo: a[0]} //nolint:gosec // bits, not an amount
	return n, WideOf(n) == a
}

// int64 narrows a; false if it does not fit.
func (a Wide) int64() (int64, bool) {
	n := int64(a[0])     //nolint:gosec // bits, not an amount
	s := uint64(n >> 63) //nolint:gosec // bits, not an amount
	return n, a[1] == s && a[2] == s && a[3] == s
}

// add adds n.
func (a *Wide) add(n int64) {
	s := uint64(n >> 63) //nolint:gosec // bits, not an amount
	var c uint64
	a[0], c = bits.Add64(a[0], uint64(n), 0) //nolint:gosec // bits, not an amount
	a[1], c = bits.Add64(a[1], s, c)
	a[2], c = bits.Add64(a[2], s, c)
	a[3], _ = bits.Add64(a[3], s, c)
}

// Big gives a as an arbitrary-precision integer.
func (a Wide) Big() *big.Int {
	b := big.NewInt(int64(a[3])) //nolint:gosec // bits, not an amount
	for i := 2; i >= 0; i-- {
		b.Lsh(b, 64).Or(b, new(big.Int).SetUint64(a[i]))
	}
	return b
}

// String gives the decimal digits of the integer, without a scale.
func (a Wide) String() string { return a.Big().String() }

// within tells whether a / carried fits 128 bits: the amount itself, without the factor under which it is carried.
func (a Wide) within(carried int64) bool {
	if _, ok := a.Int128(); ok {
		return true
	}
	return a.Cmp(WideOf(figure.MaxInt128).Times(carried)) <= 0 && a.Cmp(WideOf(figure.MinInt128).Times(carried)) >= 0
}

// appendWide appends the compact bytes of a: the sign in the lowest bit, then seven bits in each byte, the lowest
// first, with the top bit set on all but the last, as figure.AppendInt128 does.
func appendWide(dst []byte, a Wide) []byte {
	sign := -(a[3] >> 63)
	u := a.Plus(a)
	for i := range u {
		u[i] ^= sign
	}
	for u[0] >= 0x80 || u[1]|u[2]|u[3] != 0 {
		dst = append(dst, byte(u[0])|0x80)
		u = Wide{u[0]>>7 | u[1]<<57, u[1]>>7 | u[2]<<57, u[2]>>7 | u[3]<<57, u[3] >> 7}
	}
	return append(dst, byte(u[0]))
}

// readWide reads what appendWide wrote and gives the bytes after it; false if they end too early, hold more than 256
// bits, or are longer than appendWide would have made them.
func readWide(b []byte) (a Wide, rest []byte, ok bool) {
	const most = 37 // 256 bits in groups of seven; the last byte has four of them.
	for i, c := range b {
		if i == most-1 && c > 0x0f {
			return Wide{}, b, false
		}
		shift, d := uint(7*i), uint64(c&0x7f)
		a[shift/64] |= d << (shift % 64)
		if shift%64 > 57 && shift/64 < 3 {
			a[shift/64+1] |= d >> (64 - shift%64)
		}
		if c >= 0x80 {
			continue
		}
		if c == 0 && i > 0 {
			return Wide{}, b, false
		}
		sign := -(a[0] & 1)
		a = Wide{a[0]>>1 | a[1]<<63, a[1]>>1 | a[2]<<63, a[2]>>1 | a[3]<<63, a[3] >> 1}
		for k := range a {
			a[k] ^= sign
		}
		return a, b[i+1:], true
	}
	return Wide{}, b, false
}
