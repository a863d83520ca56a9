package figure

import (
	"math/big"
)

// MeanUnit is the least common multiple of 1 to 12. A mean over time is carried as a sum × MeanUnit / n, which is
// exact for every number n of base periods in a year (R16).
const MeanUnit = 27720

// Decimal prints n / divisor rounded half away from zero to the scale of n, in the shortest form. It is for display
// only: compare and add the parts. With the divisor 0 there is no number and the text is empty.
func Decimal(n Int128, scale Scale, divisor int64) string {
	return DecimalAt(n, divisor, scale, scale)
}

// DecimalAt is Decimal for an n at one scale that is shown at another.
func DecimalAt(n Int128, divisor int64, have, want Scale) string {
	den := new(big.Int).Mul(big.NewInt(divisor), big.NewInt(have.Factor()))
	return QuotientBig(n.Big(), den, 1, want)
}

// Quotient prints factor × num / den rounded half away from zero to the scale, in the shortest form: 90 of 990 with
// factor 100 at scale 2 is 9.09. It is for display only. With den 0 there is no number and the text is empty; the
// state of such a roll-up is UNDEFINED.
func Quotient(num, den Int128, factor int64, scale Scale) string {
	return QuotientBig(num.Big(), den.Big(), factor, scale)
}

// QuotientBig is Quotient for parts that have outgrown 128 bits. It does not change num and den.
func QuotientBig(num, den *big.Int, factor int64, scale Scale) string {
	if den.Sign() == 0 {
		return ""
	}
	n := new(big.Int).Mul(num, big.NewInt(factor))
	return formatBig(RoundBig(n, den, scale.Factor()), scale)
}

// RoundBig gives factor × num / den rounded half away from zero. It does not change num and den, which is not 0.
func RoundBig(num, den *big.Int, factor int64) *big.Int {
	return divideHalfAway(new(big.Int).Mul(num, big.NewInt(factor)), den)
}

// CompareFractions compares n1/d1 with n2/d2 exactly: -1, 0 or 1. A fraction with denominator 0 has no value; it
// comes before every fraction that has one and equals another without, so that sorting is never at a loss.
func CompareFractions(n1, d1, n2, d2 Int128) int {
	if d1.IsZero() || d2.IsZero() {
		return boolInt(!d1.IsZero()) - boolInt(!d2.IsZero())
	}
	sign := d1.Sign() * d2.Sign()
	if left, right, ok := shortProducts(n1, d1, n2, d2); ok {
		return sign * left.Cmp(right)
	}
	left := new(big.Int).Mul(n1.Big(), d2.Big())
	right := new(big.Int).Mul(n2.Big(), d1.Big())
	return sign * left.Cmp(right)
}

// shortProducts is the usual case: four parts of 64 bits, whose cross products fit without math/big.
func shortProducts(n1, d1, n2, d2 Int128) (left, right Int128, ok bool) {
	a, ok1 := n1.Int64()
	b, ok2 := d1.Int64()
	c, ok3 := n2.Int64()
	d, ok4 := d2.Int64()
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return Int128{}, Int128{}, false
	}
	return Product(a, d), Product(c, b), true
}

// divideHalfAway gives n / d rounded to the nearest integer, halves away from zero. It may change n.
func divideHalfAway(n, d *big.Int) *big.Int {
	q, rest := new(big.Int).QuoRem(n, d, new(big.Int))
	rest.Lsh(rest, 1)
	if rest.CmpAbs(d) < 0 {
		return q
	}
	return q.Add(q, big.NewInt(int64(n.Sign()*d.Sign())))
}

// formatBig prints an integer at a scale in the shortest form.
func formatBig(n *big.Int, scale Scale) string {
	whole, rest := new(big.Int).QuoRem(n, big.NewInt(scale.Factor()), new(big.Int))
	fraction := Number(rest.Int64()).Format(scale)
	if rest.Sign() == 0 {
		return whole.String()
	}
	if rest.Sign() < 0 {
		fraction = fraction[1:]
	}
	text := whole.String() + fraction[1:]
	if n.Sign() < 0 && whole.Sign() == 0 {
		return "-" + text
	}
	return text
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
