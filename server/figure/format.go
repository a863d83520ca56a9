package figure

import (
	"strings"

	"github.com/tonghop/tonghop/server/fault"
)

// NumberFormat says how a text writes a number.
type NumberFormat uint8

// The formats; doc.go shows them.
const (
	// Plain is the decimal string of the wire: -1234.5.
	Plain NumberFormat = iota
	// Vietnamese is 1.234,5.
	Vietnamese
	// English is 1,234.5.
	English
	// Undeclared is a file that does not say how it writes numbers: digits and minus alone.
	Undeclared
)

// formatNames is indexed by format.
var formatNames = [...]string{"plain", "vi", "en", ""}

// String gives the word for the format; empty for Undeclared.
func (f NumberFormat) String() string {
	if int(f) < len(formatNames) {
		return formatNames[f]
	}
	return ""
}

// ParseNumberFormat reads the number_format of a request or the flag --numbers: vi, en, or nothing for Undeclared.
func ParseNumberFormat(s string) (NumberFormat, error) {
	switch s {
	case "vi":
		return Vietnamese, nil
	case "en":
		return English, nil
	case "":
		return Undeclared, nil
	}
	return 0, fault.Invalid("NUMBER_FORMAT_UNKNOWN", "number format %q: give vi (1.234,5) or en (1,234.5)", short(s)).
		With("value", short(s))
}

// marks gives the decimal mark and the mark between thousands; 0 where the format has none.
func (f NumberFormat) marks() (decimal, thousands byte) {
	switch f {
	case Plain:
		return '.', 0
	case Vietnamese:
		return ',', '.'
	case English:
		return '.', ','
	case Undeclared:
	}
	return 0, 0
}

// Localise rewrites a number printed by this package in another format, with marks between thousands. Plain and
// Undeclared change nothing.
func Localise(plain string, format NumberFormat) string {
	decimal, thousands := format.marks()
	if thousands == 0 {
		return plain
	}
	digits, sign := strings.CutPrefix(plain, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	b := make([]byte, 0, len(plain)*4/3+2)
	if sign {
		b = append(b, '-')
	}
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b = append(b, thousands)
		}
		b = append(b, whole[i])
	}
	if fraction != "" {
		b = append(append(b, decimal), fraction...)
	}
	return string(b)
}
