package plan

import (
	"math/big"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/rollup"
)

// Amount is a number with the digits that it was written with: "80" and "80.0" are the same number and round differently. The
// zero value is none.
type Amount struct {
	text  string
	n     figure.Number
	scale figure.Scale
}

// ParseAmount reads a number as the wire has it. An empty text is no amount.
func ParseAmount(s string) (Amount, error) {
	if s == "" {
		return Amount{}, nil
	}
	_, decimals, _ := strings.Cut(s, ".")
	scale := figure.Scale(min(len(decimals), int(figure.MaxScale))) //nolint:gosec // bounded
	n, err := figure.ParseNumber(s, scale, figure.Plain)
	if err != nil {
		return Amount{}, err
	}
	if len(decimals) > int(scale) {
		return Amount{}, fault.Invalid("AMOUNT_TOO_PRECISE", "%q has %d decimals; at most %d are compared", s, len(decimals), figure.MaxScale).
			With("value", s).With("limit", figure.MaxScale)
	}
	return Amount{text: s, n: n, scale: scale}, nil
}

// Exists says whether there is one.
func (a Amount) Exists() bool { return a.text != "" }

// String gives the amount as it was written.
func (a Amount) String() string { return a.text }

// Digits is how many decimals it was written with.
func (a Amount) Digits() figure.Scale { return a.scale }

// Fraction gives the amount as an exact number; no number if there is none.
func (a Amount) Fraction() rollup.Fraction {
	if !a.Exists() {
		return rollup.Fraction{}
	}
	return rollup.Fraction{Num: rollup.WideOf(a.n.Wide()), Den: rollup.WideOf(figure.Int128From(a.scale.Factor()))}
}

// rat gives the amount for reckoning.
func (a Amount) rat() *big.Rat { return a.Fraction().Rat() }

// cmpRounded compares a value, rounded to the digits of the amount, with it.
func (a Amount) cmpRounded(v rollup.Fraction) int {
	n, ok := v.Rounded(a.scale)
	if !ok { // beyond 64 bits, where rounding decides nothing
		return v.Cmp(a.Fraction())
	}
	switch {
	case n > a.n:
		return 1
	case n < a.n:
		return -1
	}
	return 0
}
