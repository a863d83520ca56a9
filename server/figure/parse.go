package figure

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/tonghop/tonghop/server/fault"
)

// maxDigits bounds the work on a hostile text; it is far above what any Number needs.
const maxDigits = 64

// ParseNumber reads a number written in the format and gives it at the scale. Spaces around it are an error here; who
// reads files trims cells first. Every text has at most one meaning, and a text with none is refused with what to do.
func ParseNumber(s string, scale Scale, format NumberFormat) (Number, error) {
	if s == "" {
		return 0, fault.Invalid("NUMBER_EMPTY", "the number is empty; leave the figure out or give 0 if it is zero")
	}
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, err := split(s, digits, format)
	if err != nil {
		return 0, err
	}
	if len(whole) > 1 && whole[0] == '0' {
		return 0, malformed("NUMBER_LEADING_ZERO", s, "has a leading zero; a code does not belong into a column of figures")
	}
	kept := strings.TrimRight(fraction, "0")
	if len(kept) > int(min(scale, MaxScale)) {
		return 0, malformed("NUMBER_TOO_PRECISE", s, "has more decimals than the indicator allows").With("scale", scale)
	}
	u, ok := magnitude(whole, kept, min(scale, MaxScale), negative)
	switch {
	case !ok:
		return 0, malformed("NUMBER_OUT_OF_RANGE", s, "is too large to be stored").With("scale", scale)
	case negative && u == 0:
		return 0, malformed("NUMBER_NEGATIVE_ZERO", s, "is zero with a minus sign; write 0")
	case negative:
		return Number(-u), nil //nolint:gosec // magnitude keeps it within int64
	}
	return Number(u), nil //nolint:gosec // magnitude keeps it within int64
}

// split checks the shape of an unsigned number and gives its digits before and after the decimal mark.
func split(s, digits string, format NumberFormat) (whole, fraction string, err error) {
	if len(digits) > maxDigits {
		return "", "", malformed("NUMBER_OUT_OF_RANGE", s, "is too long")
	}
	if format >= Undeclared && isMarked(digits) {
		return "", "", malformed("NUMBER_AMBIGUOUS", s,
			"has a dot or comma; declare the number format (--numbers vi for 1.234,5 or --numbers en for 1,234.5)")
	}
	decimal, thousands := format.marks()
	whole = digits
	if i := strings.IndexByte(digits, decimal); decimal != 0 && i >= 0 {
		whole, fraction = digits[:i], digits[i+1:]
		if !allDigits(fraction) {
			return "", "", notANumber(s, format)
		}
	}
	if thousands != 0 && strings.IndexByte(whole, thousands) >= 0 {
		if whole = ungroup(whole, thousands); whole == "" {
			return "", "", malformed("NUMBER_GROUPING", s, "does not group its digits in threes; "+shape(format)).With("format", format)
		}
	}
	if !allDigits(whole) {
		return "", "", notANumber(s, format)
	}
	return whole, fraction, nil
}

// magnitude computes the digits at the scale; false if the result is beyond int64.
func magnitude(whole, fraction string, scale Scale, negative bool) (uint64, bool) {
	limit := uint64(math.MaxInt64)
	if negative {
		limit++
	}
	var u uint64
	push := func(c byte) bool {
		d := uint64(c - '0')
		if u > (limit-d)/10 {
			return false
		}
		u = u*10 + d
		return true
	}
	for i := range len(whole) {
		if !push(whole[i]) {
			return 0, false
		}
	}
	for i := range int(scale) {
		c := byte('0')
		if i < len(fraction) {
			c = fraction[i]
		}
		if !push(c) {
			return 0, false
		}
	}
	return u, true
}

// ungroup removes the marks between thousands; empty if the groups are not 1 to 3 digits and then threes. No such
// number begins with 0: in a Vietnamese file 0.500 is an English half, not five hundred.
func ungroup(whole string, mark byte) string {
	if whole[0] == '0' {
		return ""
	}
	groups := strings.Split(whole, string(mark))
	for i, g := range groups {
		if len(g) != 3 && (i > 0 || len(g) == 0 || len(g) > 3) {
			return ""
		}
	}
	return strings.Join(groups, "")
}

// isMarked is true for a text of digits, dots and commas with at least one mark; anything else is no number at all,
// and a hint about the format would mislead.
func isMarked(s string) bool {
	return strings.ContainsAny(s, ".,") && strings.Trim(s, "0123456789.,") == ""
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func notANumber(s string, format NumberFormat) *fault.Error {
	return malformed("NUMBER_MALFORMED", s, "is not a number; "+shape(format)).With("format", format)
}

// shape tells in words what the format accepts.
func shape(format NumberFormat) string {
	switch format {
	case Plain:
		return "write digits, with a dot before decimals: 1234.5"
	case Vietnamese:
		return "write 1234,5 or 1.234,5"
	case English:
		return "write 1234.5 or 1,234.5"
	case Undeclared:
	}
	return "write digits alone"
}

func malformed(reason, s, what string) *fault.Error {
	return fault.Invalid(reason, "number %q %s", short(s), what).With("value", short(s))
}

// short keeps a hostile or mistaken text from filling the error; it cuts between characters.
func short(s string) string {
	const limit = 40
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
