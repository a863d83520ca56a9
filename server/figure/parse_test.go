package figure_test

import (
	"math"
	"math/big"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
)

func TestR49_NumbersAreReadInTheirFormat(t *testing.T) {
	cases := []struct {
		in     string
		scale  figure.Scale
		format figure.NumberFormat
		want   figure.Number
	}{
		{"0", 0, figure.Plain, 0},
		{"-1", 0, figure.Plain, -1},
		{"12.5", 2, figure.Plain, 1250},
		{"0.5", 1, figure.Plain, 5},
		{"0.000001", 6, figure.Plain, 1},
		{"5.0", 0, figure.Plain, 5}, // zeros beyond the scale lose nothing
		{"1.500", 1, figure.Plain, 15},
		{"1.234", 3, figure.Plain, 1234},
		{"9223372036854775807", 0, figure.Plain, math.MaxInt64},
		{"-9223372036854775808", 0, figure.Plain, math.MinInt64},
		{"-9223372036854.775808", 6, figure.Plain, math.MinInt64},
		{"1.234,5", 1, figure.Vietnamese, 12345},
		{"1234,5", 1, figure.Vietnamese, 12345},
		{"-1.234.567", 0, figure.Vietnamese, -1234567},
		{"12.345", 0, figure.Vietnamese, 12345},
		{"1,5", 1, figure.Vietnamese, 15},
		{"0,50", 1, figure.Vietnamese, 5},
		{"1,234.5", 1, figure.English, 12345},
		{"1234.5", 1, figure.English, 12345},
		{"1,234,567", 0, figure.English, 1234567},
		{"1.5", 1, figure.English, 15},
		{"1234", 2, figure.Undeclared, 123400},
		{"-7", 0, figure.Undeclared, -7},
	}
	for _, c := range cases {
		if got, err := figure.ParseNumber(c.in, c.scale, c.format); err != nil || got != c.want {
			t.Errorf("ParseNumber(%q, %d, %v) = %d, %v, want %d", c.in, c.scale, c.format, got, err, c.want)
		}
	}
}

func TestR49_NumbersAreRefused(t *testing.T) {
	every := []figure.NumberFormat{figure.Plain, figure.Vietnamese, figure.English, figure.Undeclared}
	cases := []struct {
		reason  string
		formats []figure.NumberFormat
		in      []string
	}{
		{"NUMBER_EMPTY", every, []string{""}},
		{"NUMBER_MALFORMED", every, []string{
			"NaN", "Inf", "-Inf", "nan", "1e3", "1E3", "+1", "--1", "-", " 1", "1 ", "1 234", "1_000", "0x1F", "1/2",
			"١٢", "１２", "−1", "1%", "(1)", "x", "\x00", "\xff", "1\u00a0234",
		}},
		{"NUMBER_NEGATIVE_ZERO", every, []string{"-0"}},
		{"NUMBER_NEGATIVE_ZERO", []figure.NumberFormat{figure.Plain, figure.English}, []string{"-0.0", "-0.000000000"}},
		{"NUMBER_NEGATIVE_ZERO", []figure.NumberFormat{figure.Vietnamese}, []string{"-0,0"}},
		{"NUMBER_LEADING_ZERO", every, []string{"007", "00", "-01"}},
		{"NUMBER_OUT_OF_RANGE", every, []string{"9223372036854775807", "-9223372036854775808", strings.Repeat("9", 70), "100000000000000000000"}},
		{"NUMBER_TOO_PRECISE", []figure.NumberFormat{figure.Plain, figure.English}, []string{"1.234", "0.001", "-0.001"}},
		{"NUMBER_TOO_PRECISE", []figure.NumberFormat{figure.Vietnamese}, []string{"1,234"}},
		{"NUMBER_AMBIGUOUS", []figure.NumberFormat{figure.Undeclared, 200}, []string{"1.234", "1,5", "1.234,5", "1,234.5", ".", "-1.0"}},
		{"NUMBER_MALFORMED", []figure.NumberFormat{figure.Plain}, []string{"1,5", ".5", "5.", ".", "1.2.3", "1,234.5", "1.5,"}},
		{"NUMBER_MALFORMED", []figure.NumberFormat{figure.Vietnamese}, []string{",5", "5,", "1,2,3", "1,234.5", "1,234.567"}},
		{"NUMBER_MALFORMED", []figure.NumberFormat{figure.English}, []string{".5", "5.", "1.2.3", "1.234,5", "1.234,567"}},
		{"NUMBER_GROUPING", []figure.NumberFormat{figure.Vietnamese}, []string{"1.23.456", "1.5", "1234.567", ".123", "123.", "1..234", "0.5", "1.2345", "0.500", "01.234"}},
		{"NUMBER_GROUPING", []figure.NumberFormat{figure.English}, []string{"1,23,456", "1,5", "1234,567", ",123", "12,34.5"}},
	}
	for _, c := range cases {
		for _, format := range c.formats {
			for _, in := range c.in {
				n, err := figure.ParseNumber(in, 2, format)
				if got := fault.ReasonOf(err); got != c.reason || n != 0 {
					t.Errorf("ParseNumber(%.30q, 2, %d) = %d, %v, want %s", in, format, n, err, c.reason)
				} else if e := fault.Of(err); e.Kind != fault.KindInvalid || !utf8.ValidString(e.Text) || len(e.Text) > 200 {
					t.Errorf("ParseNumber(%.30q) gives the error %+v", in, e)
				}
			}
		}
	}
}

func TestR49_AmbiguityNamesTheOption(t *testing.T) {
	_, err := figure.ParseNumber("1.234", 0, figure.Undeclared)
	if err == nil || !strings.Contains(err.Error(), "--numbers vi") || !strings.Contains(err.Error(), `"1.234"`) {
		t.Errorf("error = %v, want it to show the number and the option", err)
	}
}

func TestR49_FormatWords(t *testing.T) {
	for word, want := range map[string]figure.NumberFormat{"vi": figure.Vietnamese, "en": figure.English, "": figure.Undeclared} {
		if got, err := figure.ParseNumberFormat(word); err != nil || got != want || got.String() != word {
			t.Errorf("ParseNumberFormat(%q) = %v, %v, want %v", word, got, err, want)
		}
	}
	for _, word := range []string{"VI", "plain", "fr", " vi"} {
		if _, err := figure.ParseNumberFormat(word); fault.ReasonOf(err) != "NUMBER_FORMAT_UNKNOWN" {
			t.Errorf("ParseNumberFormat(%q) error = %v, want NUMBER_FORMAT_UNKNOWN", word, err)
		}
	}
}

// plainShape is the wire's decimal string, written a second time.
var plainShape = regexp.MustCompile(`\A-?(0|[1-9][0-9]*)(\.[0-9]+)?\z`)

// FuzzParseNumberPlain holds the parser against fractions of math/big.
func FuzzParseNumberPlain(f *testing.F) {
	for _, s := range []string{"12.5", "-0.0", "9223372036854775808", "1.50", "007", "1e3"} {
		f.Add(s, uint8(2))
	}
	f.Fuzz(func(t *testing.T, s string, rawScale uint8) {
		scale := figure.Scale(rawScale % 7)
		n, err := figure.ParseNumber(s, scale, figure.Plain)
		want, legal := new(big.Int), false
		if r, ok := new(big.Rat).SetString(s); ok && plainShape.MatchString(s) && len(s) < 60 {
			r.Mul(r, new(big.Rat).SetInt64(scale.Factor()))
			want, legal = r.Num(), r.IsInt() && r.Num().IsInt64() && (r.Sign() != 0 || s[0] != '-')
		}
		if len(s) < 60 && legal != (err == nil) {
			t.Fatalf("ParseNumber(%q, %d) error = %v, legal is %v", s, scale, err, legal)
		}
		if err == nil && legal && int64(n) != want.Int64() {
			t.Errorf("ParseNumber(%q, %d) = %d, want %v", s, scale, n, want)
		}
	})
}

// FuzzParseNumber holds the round trip in every format: what was read is printed, and reads as the same number.
func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"1.234,5", "1,234.5", "-1.234.567", "12", "0.5", "-0", "1..2", "0,500"} {
		for format := range uint8(4) {
			f.Add(s, uint8(1), format)
		}
	}
	f.Fuzz(func(t *testing.T, s string, rawScale, rawFormat uint8) {
		scale, format := figure.Scale(rawScale%7), figure.NumberFormat(rawFormat%4)
		n, err := figure.ParseNumber(s, scale, format)
		if err != nil {
			return
		}
		if format == figure.Undeclared {
			format = figure.Plain
		}
		plain := n.Format(scale)
		shown := figure.Localise(plain, format)
		if back, err := figure.ParseNumber(plain, scale, figure.Plain); err != nil || back != n {
			t.Errorf("%q is %d, printed %q, read again %d, %v", s, n, plain, back, err)
		}
		if back, err := figure.ParseNumber(shown, scale, format); err != nil || back != n {
			t.Errorf("%q is %d, shown as %q, read again %d, %v", s, n, shown, back, err)
		}
	})
}

func TestEveryNumberPrintsAndReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := figure.Number(rapid.Int64().Draw(t, "n"))
		scale := figure.Scale(rapid.Uint8Range(0, 6).Draw(t, "scale"))
		for _, format := range []figure.NumberFormat{figure.Plain, figure.Vietnamese, figure.English} {
			shown := figure.Localise(n.Format(scale), format)
			if back, err := figure.ParseNumber(shown, scale, format); err != nil || back != n {
				t.Fatalf("%d at scale %d is %q in %v, read again %d, %v", n, scale, shown, format, back, err)
			}
		}
	})
}
