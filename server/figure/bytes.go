package figure

import "math/bits"

// maxInt128Bytes is what 128 bits in groups of seven take.
const maxInt128Bytes = 19

// AppendInt128 appends the compact bytes of v: the sign moves to the lowest bit, so that small amounts of either sign
// are short, and seven bits go into each byte, the lowest first, with the top bit set on all but the last. Amounts
// below 64 take one byte, the largest nineteen.
func AppendInt128(dst []byte, v Int128) []byte {
	sign := uint64(v.Hi >> 63)
	hi := (uint64(v.Hi)<<1 | v.Lo>>63) ^ sign
	lo := v.Lo<<1 ^ sign
	for hi != 0 || lo >= 0x80 {
		dst = append(dst, byte(lo)|0x80)
		lo = lo>>7 | hi<<57
		hi >>= 7
	}
	return append(dst, byte(lo))
}

// ReadInt128 reads what AppendInt128 wrote and gives the bytes after it. It is false, and takes nothing, if the bytes
// end too early, hold more than 128 bits, or are longer than AppendInt128 would have made them: every amount has
// exactly one form, so that equal rows are equal bytes.
func ReadInt128(b []byte) (v Int128, rest []byte, ok bool) {
	var hi, lo uint64
	for i, c := range b {
		if i == maxInt128Bytes {
			return Int128{}, b, false
		}
		shift := uint(7 * i) //nolint:gosec // i is below 19
		d := uint64(c & 0x7f)
		if shift < 64 {
			lo |= d << shift
			hi |= d >> (64 - shift)
		} else {
			if bits.Len64(d)+int(shift) > 128 { //nolint:gosec // shift is below 133
				return Int128{}, b, false
			}
			hi |= d << (shift - 64)
		}
		if c < 0x80 {
			if c == 0 && i > 0 {
				return Int128{}, b, false
			}
			sign := -(lo & 1)
			return Int128{Hi: int64(hi>>1 ^ sign), Lo: (lo>>1 | hi<<63) ^ sign}, b[i+1:], true //nolint:gosec // bits, not an amount
		}
	}
	return Int128{}, b, false
}
