package text

import (
	"strings"

	"github.com/tonghop/tonghop/server/fault"
)

// MaxCode is how many characters a code may have (R43).
const MaxCode = 41

// Code checks a code of the catalogue (R43): an ASCII letter or digit, then up to forty letters, digits and hyphens.
// The spelling is kept; codes that differ in case alone are one code, see FoldCode. The error names field.
func Code(field, s string) (string, error) {
	if s == "" {
		return "", fault.Invalid("CODE_EMPTY", "the code is empty; give one such as CQ-06").In(field)
	}
	if len(s) > MaxCode {
		return "", fault.Invalid("CODE_TOO_LONG", "code %q is longer than %d characters", s[:MaxCode]+"…", MaxCode).
			With("limit", MaxCode).In(field)
	}
	for i := range len(s) {
		if letterOrDigit(s[i]) || s[i] == '-' && i > 0 {
			continue
		}
		return "", fault.Invalid("CODE_MALFORMED",
			"code %q: only letters A to Z without marks, digits and hyphens, beginning with a letter or digit", s).
			With("code", s).In(field)
	}
	return s, nil
}

// FoldCode gives the form under which a code is unique and which stands in resource names: CQ-06 is cq-06.
func FoldCode(code string) string { return strings.ToLower(code) }

// SameCode says whether two spellings are one code, as FoldCode has it. It is asked for every figure of every report and
// makes no text of its own.
func SameCode(a, b string) bool {
	if len(a) != len(b) {
		return (!ascii(a) || !ascii(b)) && FoldCode(a) == FoldCode(b) // other letters may change their length
	}
	for i := range len(a) {
		x, y := a[i], b[i]
		switch {
		case x|y >= 0x80:
			return FoldCode(a) == FoldCode(b)
		case x != y && (x|0x20 != y|0x20 || !letterOrDigit(x) || !letterOrDigit(y)):
			return false
		}
	}
	return true
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func letterOrDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}
