package figure_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
)

func TestNumbersPrintInTheShortestForm(t *testing.T) {
	cases := []struct {
		n         figure.Number
		scale     figure.Scale
		plain, vi string
	}{
		{0, 0, "0", "0"},
		{0, 6, "0", "0"},
		{1250, 2, "12.5", "12,5"},
		{1200, 2, "12", "12"},
		{-5, 1, "-0.5", "-0,5"},
		{1, 6, "0.000001", "0,000001"},
		{123, 0, "123", "123"},
		{-123, 0, "-123", "-123"},
		{1234, 0, "1234", "1.234"},
		{-1234567, 0, "-1234567", "-1.234.567"},
		{123456789, 3, "123456.789", "123.456,789"},
		{math.MaxInt64, 6, "9223372036854.775807", "9.223.372.036.854,775807"},
		{math.MinInt64, 0, "-9223372036854775808", "-9.223.372.036.854.775.808"},
	}
	for _, c := range cases {
		if got := c.n.Format(c.scale); got != c.plain {
			t.Errorf("%d at scale %d prints %q, want %q", c.n, c.scale, got, c.plain)
		}
		if got := c.n.FormatVietnamese(c.scale); got != c.vi {
			t.Errorf("%d at scale %d shows %q, want %q", c.n, c.scale, got, c.vi)
		}
	}
	if got := figure.Localise("-1234567.5", figure.English); got != "-1,234,567.5" {
		t.Errorf("English shows %q", got)
	}
	for _, format := range []figure.NumberFormat{figure.Plain, figure.Undeclared} {
		if got := figure.Localise("-1234567.5", format); got != "-1234567.5" {
			t.Errorf("%v shows %q, want no change", format, got)
		}
	}
}

func TestScales(t *testing.T) {
	for n := int64(-1); n <= 8; n++ {
		got, err := figure.ParseScale(n)
		if legal := 0 <= n && n <= 6; legal != (err == nil) || legal && int64(got) != n {
			t.Errorf("ParseScale(%d) = %d, %v", n, got, err)
		}
	}
	if _, err := figure.ParseScale(256); fault.ReasonOf(err) != "SCALE_OUT_OF_RANGE" {
		t.Errorf("ParseScale(256) error = %v, want SCALE_OUT_OF_RANGE", err)
	}
}

func TestRescaleIsExactOrSaysNo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := figure.Number(rapid.Int64().Draw(t, "n"))
		from := figure.Scale(rapid.Uint8Range(0, 6).Draw(t, "from"))
		to := figure.Scale(rapid.Uint8Range(0, 6).Draw(t, "to"))
		exact := new(big.Rat).SetFrac64(int64(n), from.Factor())
		exact.Mul(exact, new(big.Rat).SetInt64(to.Factor()))
		got, ok := n.Rescale(from, to)
		if fits := exact.IsInt() && exact.Num().IsInt64(); ok != fits || ok && int64(got) != exact.Num().Int64() {
			t.Fatalf("Rescale(%d, %d to %d) = %d, %v, want %v", n, from, to, got, ok, exact)
		}
	})
}

func TestReadingAndPrintingDoNotAllocate(t *testing.T) {
	var buf [64]byte
	allocs := testing.AllocsPerRun(100, func() {
		n, err := figure.ParseNumber("-1234567.25", 2, figure.Plain)
		if err != nil || len(n.Append(buf[:0], 2)) != 11 {
			t.Fatal("the number changed")
		}
	})
	if allocs != 0 {
		t.Errorf("reading and printing one number allocates %v times", allocs)
	}
}
