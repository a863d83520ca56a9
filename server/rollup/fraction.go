package rollup

import (
	"encoding/binary"
	"math/big"

	"github.com/tonghop/tonghop/server/figure"
)

// Fraction is an exact number: Num / Den with Den above 0. The zero value is no number.
type Fraction struct {
	Num, Den Wide
	// Long is the number where its parts do not fit, as of a formula over many roll-ups; Num and Den are then 0. It is not
	// to be changed.
	Long *big.Rat
}

// fractionOfRat gives a number in parts if it can.
func fractionOfRat(r *big.Rat) Fraction {
	num, ok1 := wideOfBig(r.Num())
	den, ok2 := wideOfBig(r.Denom())
	if !ok1 || !ok2 {
		return Fraction{Long: r}
	}
	return Fraction{Num: num, Den: den}
}

// parts gives numerator and denominator.
func (f Fraction) parts() (num, den *big.Int) {
	if f.Long != nil {
		return f.Long.Num(), f.Long.Denom()
	}
	return f.Num.Big(), f.Den.Big()
}

// fractionOf puts the sign into the numerator.
func fractionOf(num, den Wide) Fraction {
	if den.Sign() < 0 {
		return Fraction{Num: num.Neg(), Den: den.Neg()}
	}
	return Fraction{Num: num, Den: den}
}

// Exists tells whether f is a number.
func (f Fraction) Exists() bool { return f.Den.Sign() > 0 || f.Long != nil }

// Cmp compares unrounded: -1, 0 or 1. No number comes before every number and equals another without, so that sorting
// is never at a loss.
func (f Fraction) Cmp(g Fraction) int {
	if !f.Exists() || !g.Exists() {
		return int(one(f.Exists()) - one(g.Exists()))
	}
	if f.Long != nil || g.Long != nil {
		return f.Rat().Cmp(g.Rat())
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
	if f.Long != nil {
		return new(big.Rat).Set(f.Long)
	}
	return new(big.Rat).SetFrac(f.Num.Big(), f.Den.Big())
}

// Decimal prints the number rounded half away from zero to the scale, in the shortest form; nothing if there is none.
// It is for display only.
func (f Fraction) Decimal(scale figure.Scale) string {
	if !f.Exists() {
		return ""
	}
	if n, ok := f.short(scale); ok {
		return n.Format(scale)
	}
	num, den := f.parts()
	return figure.QuotientBig(num, den, 1, scale)
}

// Rounded gives the number as Decimal prints it, as an integer at the scale; false if there is none, or if it does not fit
// 64 bits.
func (f Fraction) Rounded(scale figure.Scale) (figure.Number, bool) {
	if !f.Exists() {
		return 0, false
	}
	if n, ok := f.short(scale); ok {
		return n, true
	}
	num, den := f.parts()
	n := figure.RoundBig(num, den, scale.Factor())
	return figure.Number(n.Int64()), n.IsInt64()
}

// short is Rounded where both parts and the number have 64 bits, as nearly all have; else false.
func (f Fraction) short(scale figure.Scale) (figure.Number, bool) {
	num, ok1 := f.Num.int64()
	den, ok2 := f.Den.int64()
	if !ok1 || !ok2 || den == 0 {
		return 0, false
	}
	// The usual total is an integer at the scale already and needs no division.
	if den == scale.Factor() {
		return figure.Number(num), true
	}
	return quotient(num, den, scale.Factor())
}

// wideOfBig narrows b; false if it does not fit.
func wideOfBig(b *big.Int) (Wide, bool) {
	if b.BitLen() > 255 {
		return Wide{}, false
	}
	var bytes [32]byte
	b.FillBytes(bytes[:]) // of the magnitude
	var w Wide
	for i := range w {
		w[i] = binary.BigEndian.Uint64(bytes[24-8*i:])
	}
	if b.Sign() < 0 {
		w = w.Neg()
	}
	return w, true
}
