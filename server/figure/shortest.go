package figure

import "strings"

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
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, err := split(s, digits, Plain)
	if err != nil || len(whole) > 1 && whole[0] == '0' {
		return 0, 0, false
	}
	kept := strings.TrimRight(fraction, "0")
	if len(kept) > int(MaxScale) {
		return 0, 0, false
	}
	scale := Scale(len(kept))
	u, ok := magnitude(whole, kept, scale, negative)
	switch {
	case !ok, negative && u == 0:
		return 0, 0, false
	case negative:
		return Number(-u), scale, true //nolint:gosec // magnitude keeps it within int64
	}
	return Number(u), scale, true //nolint:gosec // magnitude keeps it within int64
}
