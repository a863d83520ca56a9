package rollup

import (
	"math/big"

	"github.com/tonghop/tonghop/server/figure"
)

// Fraction is an exact number: Num / Den with Den above 0. The zero value is no number.
type Fraction struct{ Num, Den Wide }

// fractionOf puts the sign into the numerator.
func fractionOf(num, den Wide) Fraction {
	if den.Sign() < 0 {
		return Fraction{Num: num.Neg(), Den: den.Neg()}
	}
	return Fraction{Num: num, Den: den}
}

// Exists tells whether f is a number.
func (f Fraction) Exists() bool { return f.Den.Sign() > 0 }

// Cmp compares unrounded: -1, 0 or 1. No number comes before every number and equals another without, so that sorting
// is never at a loss.
func (f Fraction) Cmp(g Fraction) int {
	if !f.Exists() || !g.Exists() {
		return int(one(f.Exists()) - one(g.Exists()))
	}
	a, ok1 := f.Num.Int128()
	b, ok2 := f.Den.Int128()
	c, ok3 := g.Num.Int128()
	d, ok4 := g.Den.Int128()
	if ok1 && ok2 && ok3 && ok4 {
		return figure.CompareFractions(a, b, c, d)
	}
	left := new(big.Int).Mul(f.Num.Big(), g.Den.Big())
	return left.Cmp(new(big.Int).Mul(g.Num.Big(), f.Den.Big()))
}

// Rat gives the number in lowest terms; nil if there is none.
func (f Fraction) Rat() *big.Rat {
	if !f.Exists() {
		return nil
	}
	return new(big.Rat).SetFrac(f.Num.Big(), f.Den.Big())
}

// Decimal prints the number rounded half away from zero to the scale, in the shortest form; nothing if there is none.
// It is for display only.
func (f Fraction) Decimal(scale figure.Scale) string {
	if !f.Exists() {
		return ""
	}
	num, ok1 := f.Num.Int128()
	den, ok2 := f.Den.Int128()
	n, ok3 := num.Int64()
	// The usual total is an integer at the scale already and needs no division.
	if ok1 && ok2 && ok3 && den == figure.Int128From(scale.Factor()) {
		return figure.Number(n).Format(scale)
	}
	return figure.QuotientBig(f.Num.Big(), f.Den.Big(), 1, scale)
}
