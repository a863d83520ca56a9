package figure_test

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/figure"
)

func TestR16_MeanUnitDividesByEveryNumberOfMonths(t *testing.T) {
	for n := int64(1); n <= 12; n++ {
		if figure.MeanUnit%n != 0 {
			t.Errorf("a mean of %d base periods is not exact", n)
		}
	}
	// 50/3 + 40: the mean of three months of one unit and of one month of another, brought together exactly.
	a, _ := figure.Int128From(50).MulInt64(figure.MeanUnit / 3)
	b, _ := figure.Int128From(40).MulInt64(figure.MeanUnit)
	sum, _ := a.Add(b)
	if got := figure.DecimalAt(sum, figure.MeanUnit, 0, 6); got != "56.666667" {
		t.Errorf("50/3 + 40 shows as %s, want 56.666667", got)
	}
	if want := figure.Int128From(figure.MeanUnit / 3 * 170); sum != want {
		t.Errorf("50/3 + 40 is carried as %v, want %v", sum, want)
	}
}

func TestDisplayRoundsHalfAwayFromZero(t *testing.T) {
	wide := figure.Int128From
	cases := []struct{ got, want string }{
		{figure.Decimal(wide(5), 0, 2), "3"},
		{figure.Decimal(wide(-5), 0, 2), "-3"},
		{figure.Decimal(wide(5), 0, -2), "-3"},
		{figure.Decimal(wide(7), 0, 3), "2"},
		{figure.Decimal(wide(1), 1, 2), "0.1"},
		{figure.Decimal(wide(-1), 1, 2), "-0.1"},
		{figure.Decimal(wide(-1), 1, 3), "0"}, // never -0
		{figure.Decimal(wide(1250), 2, 1), "12.5"},
		{figure.Decimal(wide(1), 0, 0), ""},
		{figure.DecimalAt(wide(275), 10, 0, 1), "27.5"},
		{figure.DecimalAt(wide(12345), 1, 2, 0), "123"},
		{figure.DecimalAt(wide(12350), 1, 2, 0), "124"},
		{figure.Quotient(wide(90), wide(990), 100, 2), "9.09"},
		{figure.Quotient(wide(100), wide(1100), 100, 2), "9.09"}, // 4.4: 9.09 %, not 45.5 %
		{figure.Quotient(wide(1), wide(2), 1, 0), "1"},
		{figure.Quotient(wide(0), wide(7), 100, 2), "0"},
		{figure.Quotient(wide(7), wide(0), 100, 2), ""},
		{figure.Quotient(wide(-1), wide(-3), 100, 2), "33.33"},
		{figure.Quotient(figure.MaxInt128, figure.MinInt128, 100, 6), "-100"},
	}
	for i, c := range cases {
		if c.got != c.want {
			t.Errorf("case %d shows %q, want %q", i, c.got, c.want)
		}
	}
}

// roundedShape rounds with fractions and prints with their own printer, which rounds halves away from zero too.
func roundedShape(r *big.Rat, scale figure.Scale) string {
	s := r.FloatString(int(scale))
	if scale > 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

func TestDisplayAgreesWithFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		num := rapid.OneOf(anyInt128, rapid.Map(rapid.Int64Range(-1000, 1000), figure.Int128From)).Draw(t, "num")
		den := rapid.Int64().Filter(func(n int64) bool { return n != 0 }).Draw(t, "den")
		factor := rapid.Int64Range(-1000, 1000).Draw(t, "factor")
		have := figure.Scale(rapid.Uint8Range(0, 6).Draw(t, "have"))
		want := figure.Scale(rapid.Uint8Range(0, 6).Draw(t, "want"))

		ratio := new(big.Rat).SetFrac(new(big.Int).Mul(num.Big(), big.NewInt(factor)), big.NewInt(den))
		if got, want := figure.Quotient(num, figure.Int128From(den), factor, want), roundedShape(ratio, want); got != want {
			t.Fatalf("Quotient = %q, want %q", got, want)
		}
		mean := new(big.Rat).SetFrac(num.Big(), new(big.Int).Mul(big.NewInt(den), big.NewInt(have.Factor())))
		if got, want := figure.DecimalAt(num, den, have, want), roundedShape(mean, want); got != want {
			t.Fatalf("DecimalAt = %q, want %q", got, want)
		}
	})
}

func TestR29_FractionsCompareUnrounded(t *testing.T) {
	wide := figure.Int128From
	if figure.CompareFractions(wide(1), wide(3), wide(2), wide(6)) != 0 {
		t.Error("1/3 and 2/6 are not equal")
	}
	if figure.CompareFractions(wide(333333333333333333), wide(1000000000000000000), wide(1), wide(3)) != -1 {
		t.Error("a third with eighteen digits is not below a third")
	}
	if figure.CompareFractions(wide(1), wide(0), wide(-1000), wide(1)) != -1 ||
		figure.CompareFractions(wide(-1000), wide(1), wide(1), wide(0)) != 1 ||
		figure.CompareFractions(wide(1), wide(0), wide(-1), wide(0)) != 0 {
		t.Error("a fraction without value does not come first")
	}
	part := rapid.OneOf(anyInt128, rapid.Map(rapid.Int64Range(-5, 5), wide), rapid.Map(rapid.Int64(), wide))
	rapid.Check(t, func(t *rapid.T) {
		den := part.Filter(func(d figure.Int128) bool { return !d.IsZero() })
		n1, d1, n2, d2 := part.Draw(t, "n1"), den.Draw(t, "d1"), part.Draw(t, "n2"), den.Draw(t, "d2")
		a, b := new(big.Rat).SetFrac(n1.Big(), d1.Big()), new(big.Rat).SetFrac(n2.Big(), d2.Big())
		if got := figure.CompareFractions(n1, d1, n2, d2); got != a.Cmp(b) {
			t.Fatalf("%v against %v is %d, want %d", a, b, got, a.Cmp(b))
		}
	})
}

func TestDividingLeavesItsArgumentsAlone(t *testing.T) {
	num, den := big.NewInt(7), big.NewInt(3)
	if got := figure.QuotientBig(num, den, 100, 1); got != "233.3" {
		t.Errorf("QuotientBig = %q, want 233.3", got)
	}
	if num.Int64() != 7 || den.Int64() != 3 {
		t.Errorf("the parts became %v and %v", num, den)
	}
}
