package figure

import (
	"math"
	"strconv"

	"github.com/tonghop/tonghop/server/fault"
)

// Scale is how many decimals an indicator has, 0 to MaxScale.
type Scale uint8

// MaxScale is the largest scale of an indicator.
const MaxScale Scale = 6

// pow10 holds the powers that a scale can need.
var pow10 = [...]int64{1, 10, 100, 1_000, 10_000, 100_000, 1_000_000}

// ParseScale checks a scale that came from outside.
func ParseScale(n int64) (Scale, error) {
	if n < 0 || n > int64(MaxScale) {
		return 0, fault.Invalid("SCALE_OUT_OF_RANGE", "scale %d: an indicator has 0 to %d decimals", n, MaxScale).
			With("scale", n).With("limit", MaxScale)
	}
	return Scale(n), nil
}

// Factor is 10 to the power of the scale; a scale above MaxScale counts as MaxScale.
func (s Scale) Factor() int64 { return pow10[min(s, MaxScale)] }

// Number is an amount as an integer at its indicator's scale; it means nothing without that scale.
type Number int64

// Rescale gives the same amount at another scale. It is false if digits would be lost or the number does not fit.
func (n Number) Rescale(from, to Scale) (Number, bool) {
	if to <= from {
		f := Number(from.Factor() / to.Factor())
		return n / f, n%f == 0
	}
	f := to.Factor() / from.Factor()
	if int64(n) > math.MaxInt64/f || int64(n) < math.MinInt64/f {
		return 0, false
	}
	return n * Number(f), true
}

// At gives the same amount at another scale, which is not smaller; it has 83 bits at most.
func (n Number) At(from, to Scale) Int128 {
	if to <= from {
		return n.Wide()
	}
	return Product(int64(n), to.Factor()/from.Factor())
}

// Format prints the number as the wire has it, in the shortest form: 1250 at scale 2 is 12.5.
func (n Number) Format(scale Scale) string {
	var buf [32]byte
	return string(n.Append(buf[:0], scale))
}

// Append is Format into a buffer, without allocation.
func (n Number) Append(dst []byte, scale Scale) []byte {
	u := uint64(n)
	if n < 0 {
		dst = append(dst, '-')
		u = -u
	}
	f := uint64(scale.Factor())
	dst = strconv.AppendUint(dst, u/f, 10)
	rest := u % f
	if rest == 0 {
		return dst
	}
	dst = append(dst, '.')
	for rest > 0 {
		f /= 10
		dst = append(dst, byte('0'+rest/f))
		rest %= f
	}
	return dst
}

// FormatVietnamese prints the number for a Vietnamese reader: 1.234,5.
func (n Number) FormatVietnamese(scale Scale) string { return Localise(n.Format(scale), Vietnamese) }
