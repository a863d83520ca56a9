package figure

import "math"

// Shortest gives the same amount at the smallest scale that loses nothing: 1250 at scale 2 is 125 at scale 1.
func (n Number) Shortest(scale Scale) (Number, Scale) {
	for scale > 0 && n%10 == 0 {
		n, scale = n/10, scale-1
	}
	return n, scale
}

// ParseShortest reads a number in the Plain format at the smallest scale that it needs. It is false for every text that
// ParseNumber refuses at each scale, and for no other.
func ParseShortest(s string) (Number, Scale, bool) {
	digits := s
	negative := s != "" && s[0] == '-'
	if negative {
		digits = s[1:]
	}
	if digits == "" || len(digits) > maxDigits || len(digits) > 1 && digits[0] == '0' && digits[1] != '.' {
		return 0, 0, false
	}
	var u uint64
	var scale Scale
	zeros, point := 0, -1
	for i := range len(digits) {
		c := digits[i]
		switch {
		case c == '.' && point < 0 && i > 0 && i < len(digits)-1:
			point = i
			continue
		case c < '0' || c > '9':
			return 0, 0, false
		case point >= 0 && c == '0':
			zeros++ // those at the end do not count
			continue
		}
		shift := 1
		if point >= 0 {
			shift += zeros
			scale += Scale(shift) //nolint:gosec // there are few digits
			zeros = 0
		}
		for range shift - 1 {
			if u > math.MaxUint64/10 {
				return 0, 0, false
			}
			u *= 10
		}
		d := uint64(c - '0')
		if u > (math.MaxInt64+1-d)/10 {
			return 0, 0, false
		}
		u = 10*u + d
	}
	switch {
	case scale > MaxScale, negative && u == 0, !negative && u > math.MaxInt64:
		return 0, 0, false
	case negative:
		return Number(-u), scale, true //nolint:gosec // u is at most what fits
	}
	return Number(u), scale, true
}
