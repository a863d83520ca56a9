package verify

import (
	"math/big"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/figure"
)

// meanTicks is the least common multiple of 1 to 12: a mean of up to twelve amounts is whole in it.
const meanTicks = 27_720

// Numbers that are needed again and again; they are never written to.
var (
	// powers are those of ten, by scale.
	powers = powersOfTen()
	// ticksAt is how many ticks the last digit of a figure is worth, by scale.
	ticksAt = ticksOfScales()
	// ticks is how many are one; of a product of two amounts it is squareTicks.
	ticks       = ticksAt[0]
	squareTicks = new(big.Int).Mul(ticks, ticks)
	// most and least bound what a total may come to, in its last digit (design 4.2).
	most  = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 127), big.NewInt(1))
	least = new(big.Int).Neg(new(big.Int).Lsh(big.NewInt(1), 127))
)

func powersOfTen() []*big.Int {
	list := make([]*big.Int, figure.MaxScale+1)
	for s := range list {
		list[s] = new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(s)), nil)
	}
	return list
}

func ticksOfScales() []*big.Int {
	list := powersOfTen()
	slices.Reverse(list)
	for _, n := range list {
		n.Mul(n, big.NewInt(meanTicks))
	}
	return list
}

// setTicks sets v to an amount of so many units of a scale's last digit.
func setTicks(v *big.Int, n int64, scale figure.Scale) *big.Int {
	return v.Mul(v.SetInt64(n), ticksAt[scale])
}

// overflows says whether num / unit, counted in the last digit of the scale, needs more than 128 bits.
func overflows(num, unit *big.Int, scale figure.Scale) bool {
	if num.BitLen() <= unit.BitLen()+100 { // the usual case; a scale has 20 bits at most
		return false
	}
	n := new(big.Int).Mul(num, powers[scale])
	return n.Cmp(new(big.Int).Mul(most, unit)) > 0 || n.Cmp(new(big.Int).Mul(least, unit)) < 0
}

// decimal prints num / den, which is not divided by 0, with as many decimals as the scale has at most, rounded half away
// from zero, and no zeros at the end.
func decimal(num, den *big.Int, scale figure.Scale) string {
	n := new(big.Int).Abs(num)
	d := new(big.Int).Abs(den)
	n.Mul(n, powers[scale])
	// ⌊(2n + d) / 2d⌋ is n/d rounded half up, and both are positive here.
	n.Lsh(n, 1).Add(n, d)
	n.Quo(n, d.Lsh(d, 1))
	digits := n.String()
	if missing := int(scale) + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	whole, rest := digits[:len(digits)-int(scale)], strings.TrimRight(digits[len(digits)-int(scale):], "0")
	if rest != "" {
		whole += "." + rest
	}
	if n.Sign() != 0 && num.Sign()*den.Sign() < 0 {
		return "-" + whole
	}
	return whole
}
