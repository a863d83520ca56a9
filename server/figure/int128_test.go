package figure_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/figure"
)

// anyInt128 draws from the whole range, and often from near the places where carries and signs meet.
var anyInt128 = rapid.Custom(func(t *rapid.T) figure.Int128 {
	hi := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{0, -1, 1, math.MaxInt64, math.MinInt64})).Draw(t, "hi")
	lo := rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1, 1 << 63, math.MaxInt64, math.MaxUint64})).Draw(t, "lo")
	return figure.Int128{Hi: hi, Lo: lo}
})

// fits is the range, written a second time.
func fits(b *big.Int) bool {
	limit := new(big.Int).Lsh(big.NewInt(1), 127)
	return b.Cmp(limit) < 0 && b.Cmp(limit.Neg(limit)) >= 0
}

// agree fails unless got is want where want fits, and ok says whether it does.
func agree(t *rapid.T, what string, got figure.Int128, ok bool, want *big.Int) {
	if ok != fits(want) || ok && got.Big().Cmp(want) != 0 {
		t.Fatalf("%s = %v, %v, want %v", what, got, ok, want)
	}
}

func TestSumsAgreeWithArbitraryPrecision(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, m := anyInt128.Draw(t, "a"), anyInt128.Draw(t, "b"), rapid.Int64().Draw(t, "m")
		x, y := a.Big(), b.Big()
		sum, ok := a.Add(b)
		agree(t, "sum", sum, ok, new(big.Int).Add(x, y))
		diff, ok := a.Sub(b)
		agree(t, "difference", diff, ok, new(big.Int).Sub(x, y))
		neg, ok := a.Neg()
		agree(t, "negative", neg, ok, new(big.Int).Neg(x))
		times, ok := a.MulInt64(m)
		agree(t, "product", times, ok, new(big.Int).Mul(x, big.NewInt(m)))
		back, ok := figure.Int128FromBig(x)
		agree(t, "round trip", back, ok, x)
		if a.Cmp(b) != x.Cmp(y) || a.Sign() != x.Sign() || a.IsZero() != (x.Sign() == 0) || a.String() != x.String() {
			t.Fatalf("%v and %v compare %d, sign %d", x, y, a.Cmp(b), a.Sign())
		}
		if n, ok := a.Int64(); ok != x.IsInt64() || ok && n != x.Int64() {
			t.Fatalf("Int64 of %v = %d, %v", x, n, ok)
		}
	})
}

func TestProductsOfSmallAndLargeFit(t *testing.T) {
	edge := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{0, 1, -1, math.MaxInt64, math.MinInt64}))
	rapid.Check(t, func(t *rapid.T) {
		a, b := edge.Draw(t, "a"), edge.Draw(t, "b")
		agree(t, "product", figure.Product(a, b), true, new(big.Int).Mul(big.NewInt(a), big.NewInt(b)))
		small, ok := figure.Int128From(a).MulInt64(b)
		agree(t, "product", small, ok, new(big.Int).Mul(big.NewInt(a), big.NewInt(b)))
		if figure.Number(a).Wide() != figure.Int128From(a) {
			t.Fatalf("Wide(%d) differs from Int128From", a)
		}
	})
}

func TestNarrowingRefusesWhatDoesNotFit(t *testing.T) {
	one := big.NewInt(1)
	over := new(big.Int).Add(figure.MaxInt128.Big(), one)
	under := new(big.Int).Sub(figure.MinInt128.Big(), one)
	huge := new(big.Int).Lsh(one, 200)
	for _, b := range []*big.Int{over, under, huge} {
		if got, ok := figure.Int128FromBig(b); ok {
			t.Errorf("Int128FromBig(%v) = %v, want false", b, got)
		}
	}
	if got := figure.MaxInt128.String(); got != "170141183460469231731687303715884105727" {
		t.Errorf("the largest sum is %s", got)
	}
	if _, ok := figure.MaxInt128.Add(figure.Int128From(1)); ok {
		t.Error("the largest sum plus one does not overflow")
	}
	carried := figure.Int128{Hi: 0x5555555555555555, Lo: math.MaxUint64}
	if got, ok := carried.MulInt64(3); ok {
		t.Errorf("three times %v is %v, though the carry alone passes 128 bits", carried, got)
	}
	if _, ok := figure.MinInt128.Neg(); ok {
		t.Error("the smallest sum has a positive twin")
	}
}

func TestSumsDoNotAllocate(t *testing.T) {
	total, step := figure.Int128{}, figure.Int128From(-7)
	var buf [32]byte
	allocs := testing.AllocsPerRun(100, func() {
		total, _ = total.Add(step)
		if _, rest, ok := figure.ReadInt128(figure.AppendInt128(buf[:0], total)); !ok || len(rest) != 0 {
			t.Fatal("the sum does not read back")
		}
		if figure.CompareFractions(total, step, step, total) == 2 {
			t.Fatal("impossible")
		}
	})
	if allocs != 0 {
		t.Errorf("adding, writing and comparing allocates %v times", allocs)
	}
}

func TestBytesGolden(t *testing.T) {
	cases := []struct {
		v    figure.Int128
		want string
	}{
		{figure.Int128{}, "\x00"},
		{figure.Int128From(-1), "\x01"},
		{figure.Int128From(1), "\x02"},
		{figure.Int128From(63), "\x7e"},
		{figure.Int128From(64), "\x80\x01"},
		{figure.Int128From(-65), "\x81\x01"},
		{figure.MaxInt128, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x03"},
		{figure.MinInt128, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x03"},
	}
	for _, c := range cases {
		if got := string(figure.AppendInt128(nil, c.v)); got != c.want {
			t.Errorf("the bytes of %v are %x, want %x", c.v, got, c.want)
		}
	}
}

func TestBytesReadBackAndLeaveTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyInt128.Draw(t, "a"), anyInt128.Draw(t, "b")
		first, rest, ok := figure.ReadInt128(figure.AppendInt128(figure.AppendInt128(nil, a), b))
		second, rest, ok2 := figure.ReadInt128(rest)
		if !ok || !ok2 || first != a || second != b || len(rest) != 0 {
			t.Fatalf("%v and %v read back as %v and %v, %d bytes left", a, b, first, second, len(rest))
		}
	})
}

// FuzzReadInt128 holds that every amount has one form: what reads is exactly what would be written.
func FuzzReadInt128(f *testing.F) {
	f.Add([]byte{0x80, 0x00})
	f.Add([]byte{0x81, 0x01, 0xff})
	f.Add(figure.AppendInt128(nil, figure.MinInt128))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x04"))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, rest, ok := figure.ReadInt128(b)
		if !ok {
			if len(rest) != len(b) {
				t.Errorf("a refused text lost %d bytes", len(b)-len(rest))
			}
			return
		}
		if again := figure.AppendInt128(nil, v); string(again) != string(b[:len(b)-len(rest)]) {
			t.Errorf("%x reads as %v, which is written %x", b, v, again)
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	total, step := figure.Int128{}, figure.Int128From(123456789)
	b.ReportAllocs()
	for b.Loop() {
		total, _ = total.Add(step)
	}
	if total.IsZero() {
		b.Fatal("nothing was added")
	}
}
