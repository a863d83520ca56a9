package figure_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/figure"
)

// parsedAtSome reads a text at each scale, the smallest first.
func parsedAtSome(s string) (figure.Number, figure.Scale, bool) {
	for scale := range figure.MaxScale + 1 {
		if n, err := figure.ParseNumber(s, scale, figure.Plain); err == nil {
			return n, scale, true
		}
	}
	return 0, 0, false
}

func TestTheShortestFormIsThatOfTheSmallestScale(t *testing.T) {
	texts := rapid.OneOf(
		rapid.StringMatching(`-?[0-9]{0,20}(\.[0-9]{0,9})?`),
		rapid.StringMatching(`-?9223372036854775[0-9]{3}(\.0{0,5})?`),
		rapid.StringMatching(`-?922337203685477[0-9]?\.[0-9]{4}`),
		rapid.StringMatching(`[-0.9 ,]{0,6}`),
		rapid.SampledFrom([]string{"", "-", "0", "-0", "0.0", "-0.00", "00", "0.5", ".5", "5.", "1.2.3", strings.Repeat("1", 65), "1." + strings.Repeat("0", 63)}),
	)
	rapid.Check(t, func(t *rapid.T) {
		s := texts.Draw(t, "text")
		want, wantScale, wantOK := parsedAtSome(s)
		got, scale, ok := figure.ParseShortest(s)
		if got != want || scale != wantScale || ok != wantOK {
			t.Fatalf("ParseShortest(%q) = %d at %d, %t; the smallest scale that takes it gives %d at %d, %t", s, got, scale, ok, want, wantScale, wantOK)
		}
		if !ok {
			return
		}
		larger := figure.Scale(rapid.Uint8Range(uint8(scale), uint8(figure.MaxScale)).Draw(t, "larger"))
		if wide, fits := got.Rescale(scale, larger); fits {
			if n, s := wide.Shortest(larger); n != got || s != scale {
				t.Fatalf("%d at scale %d is %d at %d in its shortest form, want %d at %d", wide, larger, n, s, got, scale)
			}
		}
	})
}
