package rollup

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/figure"
)

// drawInt128 draws amounts of every length, the ends of the range among them.
func drawInt128(t *rapid.T, label string) figure.Int128 {
	a := figure.Int128{Hi: rapid.Int64().Draw(t, label+" high"), Lo: rapid.Uint64().Draw(t, label+" low")}
	return rapid.SampledFrom([]figure.Int128{a, a, a, {Hi: a.Hi >> 63, Lo: a.Lo}, figure.MaxInt128, figure.MinInt128}).Draw(t, label)
}

// drawWide draws products below 2^254, so that the sum of two fits. The square of MinInt128 alone does not stay below.
func drawWide(t *rapid.T, label string) Wide {
	x, y := drawInt128(t, label+" first"), drawInt128(t, label+" second")
	if x == figure.MinInt128 && y == x {
		y = figure.MaxInt128
	}
	return product(x, y)
}

func same(t *rapid.T, what string, got Wide, want *big.Int) {
	t.Helper()
	if got.Big().Cmp(want) != 0 || got.String() != want.String() {
		t.Fatalf("%s = %s, want %s", what, got, want)
	}
}

// TestWideAgreesWithBigIntegers compares every operation with math/big.
func TestWideAgreesWithBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := drawInt128(t, "x"), drawInt128(t, "y")
		same(t, "x × y", product(x, y), new(big.Int).Mul(x.Big(), y.Big()))
		a, b := drawWide(t, "a"), drawWide(t, "b")
		same(t, "a + b", a.Plus(b), new(big.Int).Add(a.Big(), b.Big()))
		same(t, "a - b", a.Minus(b), new(big.Int).Sub(a.Big(), b.Big()))
		same(t, "-a", a.Neg(), new(big.Int).Neg(a.Big()))
		f := rapid.Int64Range(0, math.MaxInt64).Draw(t, "factor")
		same(t, "x × factor", WideOf(x).Times(f), new(big.Int).Mul(x.Big(), big.NewInt(f)))
		if got, want := a.Cmp(b), a.Big().Cmp(b.Big()); got != want || a.Sign() != a.Big().Sign() || a.Cmp(a) != 0 {
			t.Fatalf("%s against %s: %d, sign %d", a, b, got, a.Sign())
		}
		n, ok := a.Int128()
		if fits := a.Big().Cmp(figure.MaxInt128.Big()) <= 0 && a.Big().Cmp(figure.MinInt128.Big()) >= 0; ok != fits {
			t.Fatalf("%s fits 128 bits: %v, want %v", a, ok, fits)
		}
		if ok && n.Big().Cmp(a.Big()) != 0 {
			t.Fatalf("%s narrowed to %s", a, n)
		}
	})
}

// TestWideReturnsAfterWrapping adds beyond 256 bits and takes back: the amount is what it was.
func TestWideReturnsAfterWrapping(t *testing.T) {
	most := Wide{math.MaxUint64, math.MaxUint64, math.MaxUint64, math.MaxInt64}
	if got := most.Plus(most).Minus(most); got != most {
		t.Fatalf("after wrapping and back: %s, want %s", got, most)
	}
}

// TestWithinAsksForTheAmountItself allows the factor under which an amount is carried, and not one step more.
func TestWithinAsksForTheAmountItself(t *testing.T) {
	step := wideInt(1)
	for _, carried := range []int64{1, 10, figure.MeanUnit, figure.MeanUnit * figure.MeanUnit * 1_000_000} {
		most, least := WideOf(figure.MaxInt128).Times(carried), WideOf(figure.MinInt128).Times(carried)
		if !most.within(carried) || !least.within(carried) {
			t.Errorf("the ends of 128 bits are not within, carried × %d", carried)
		}
		if most.Plus(step).within(carried) || least.Minus(step).within(carried) {
			t.Errorf("a step beyond 128 bits is within, carried × %d", carried)
		}
	}
}

// TestWideBytesAgreeWithInt128 writes the bytes of figure.AppendInt128 where both can, and reads back what it wrote.
func TestWideBytesAgreeWithInt128(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := drawInt128(t, "x")
		if got, want := appendWide(nil, WideOf(x)), figure.AppendInt128(nil, x); string(got) != string(want) {
			t.Fatalf("bytes of %s = %x, want %x", x, got, want)
		}
		for _, a := range []Wide{drawWide(t, "a"), {0, 0, 0, 1 << 63}, {1, 0, 0, 1 << 63}} {
			b := appendWide(nil, a)
			if got, rest, ok := readWide(append(b, 0xff)); !ok || got != a || len(rest) != 1 {
				t.Fatalf("read %s, %d bytes left, %v; want %s", got, len(rest), ok, a)
			}
		}
	})
}

// FuzzReadWide reads any bytes: what it accepts has one form.
func FuzzReadWide(f *testing.F) {
	f.Add([]byte{0x7f})
	f.Add(appendWide(nil, Wide{1, 2, 3, 4}))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, rest, ok := readWide(b)
		if !ok {
			if len(rest) != len(b) || !a.IsZero() {
				t.Fatalf("refused %x and took %d bytes of it", b, len(b)-len(rest))
			}
			return
		}
		if got := appendWide(nil, a); string(got) != string(b[:len(b)-len(rest)]) {
			t.Fatalf("accepted %x, which is written %x", b[:len(b)-len(rest)], got)
		}
	})
}

// TestRoundingAgreesWithIntegersOfAnySize holds the short way of rounding against the long one.
func TestRoundingAgreesWithIntegersOfAnySize(t *testing.T) {
	part := rapid.OneOf(
		rapid.Map(rapid.Int64Range(-2000, 2000), wideInt), rapid.Map(rapid.Int64(), wideInt), rapid.Custom(func(t *rapid.T) Wide { return drawWide(t, "wide") }),
		rapid.SampledFrom([]Wide{wideInt(math.MinInt64), wideInt(math.MaxInt64), wideInt(1_000_000), wideInt(5), wideInt(-5)}),
	)
	rapid.Check(t, func(t *rapid.T) {
		f := fractionOf(part.Draw(t, "num"), part.Draw(t, "den"))
		scale := figure.Scale(rapid.Uint8Range(0, 6).Draw(t, "scale"))
		got, ok := f.Rounded(scale)
		if !f.Exists() {
			if ok || f.Decimal(scale) != "" {
				t.Fatalf("no number is %d, %q", got, f.Decimal(scale))
			}
			return
		}
		want := figure.RoundBig(f.Num.Big(), f.Den.Big(), scale.Factor())
		if ok != want.IsInt64() || ok && int64(got) != want.Int64() {
			t.Fatalf("%v rounds to %d, %t; want %v", f, got, ok, want)
		}
		if text := figure.QuotientBig(f.Num.Big(), f.Den.Big(), 1, scale); f.Decimal(scale) != text {
			t.Fatalf("%v is printed %s, want %s", f, f.Decimal(scale), text)
		}
	})
}

// TestRoundingAtTheEndOf64Bits asks where the quotient just does not fit.
func TestRoundingAtTheEndOf64Bits(t *testing.T) {
	for _, c := range []struct {
		num, den int64
		scale    figure.Scale
		fits     bool
		want     string
	}{
		{1 << 62, 250_000, 6, false, "18446744073709.551616"}, // 2^64 millionths
		{1 << 62, 500_000, 6, false, "9223372036854.775808"},
		{math.MinInt64, 1_000_000, 6, true, "-9223372036854.775808"},
		{math.MinInt64, 2_000_000, 6, true, "-4611686018427.387904"},
	} {
		f := fractionOf(wideInt(c.num), wideInt(c.den))
		if _, fits := f.Rounded(c.scale); fits != c.fits || f.Decimal(c.scale) != c.want {
			t.Errorf("%d / %d fits: %t, %s; want %t, %s", c.num, c.den, fits, f.Decimal(c.scale), c.fits, c.want)
		}
	}
}
