package workbook_test

import (
	"bytes"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/tonghop/tonghop/client/workbook"
	"github.com/tonghop/tonghop/server/figure"
)

// draws gives a source of chance whose seed is printed where the test fails.
func draws(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// rounds is how often chance is asked.
func rounds() int {
	if testing.Short() {
		return 2_000
	}
	return 20_000
}

// table is a workbook with the columns of figures.csv, as the library writes them in one stream.
func table(t testing.TB, list [][]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.SetRow("A1", []any{"unit", "form", "period", "indicator", "value", "numerator", "denominator", "state", "note", "grade"}); err != nil {
		t.Fatal(err)
	}
	for i, row := range list {
		if err := w.SetRow("A"+strconv.Itoa(i+2), row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestR49RoundTrip writes values as numbers of a spreadsheet, or as text where it would lose digits, and reads every one
// back as it was: 100,000 of them, three in a row.
func TestR49RoundTrip(t *testing.T) {
	r := draws(t)
	files, length := 2, 16_667
	if testing.Short() {
		files, length = 1, 500
	}
	values := 0
	for range files {
		scale := r.IntN(7)
		catalogue := func(string, string) ([]workbook.Indicator, error) {
			return []workbook.Indicator{{Code: "A", Name: "A", Scale: scale}}, nil
		}
		var list [][]any
		var want [][]string
		for i := range length {
			row := []any{"29869", "CDS", fmt.Sprintf("%d-%02d", 1000+i/12, 1+i%12), "A"}
			var exact []string
			for range 3 {
				n := figure.Number(r.Int64() >> r.IntN(63))
				if r.IntN(2) == 0 {
					n = -n
				}
				s := n.Format(figure.Scale(scale)) //nolint:gosec // at most 6
				exact = append(exact, shortened(s))
				values++
				if len(strings.Trim(s, "-.")) > 15 || len(n.Format(0)) > 15 {
					row = append(row, strings.Replace(s, ".", ",", 1))
					continue
				}
				value, err := strconv.ParseFloat(s, 64)
				if err != nil {
					t.Fatal(err)
				}
				row = append(row, value)
			}
			list, want = append(list, row), append(want, exact)
		}
		book, err := workbook.Open(table(t, list))
		if err != nil {
			t.Fatal(err)
		}
		f, err := book.Figures(workbook.Reading{Numbers: workbook.Vietnamese, Catalogue: catalogue})
		if err != nil || len(f.Problems) > 0 {
			t.Fatalf("Figures = %v, %v", f.Problems[:min(3, len(f.Problems))], err)
		}
		out, err := f.CSV()
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range figuresOf(t, out) {
			if !slices.Equal(row[4:7], want[i]) {
				t.Fatalf("row %d, scale %d: %v, want %v", i+2, scale, row[4:7], want[i])
			}
		}
	}
	if !testing.Short() && values < 100_000 {
		t.Errorf("%d values were tried", values)
	}
}

func shortened(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// TestR49NumbersAsTheServerReadsThem reads texts as the server would: what one of them refuses the other refuses too, for
// the same reason, and what both take is the same number.
func TestR49NumbersAsTheServerReadsThem(t *testing.T) {
	r := draws(t)
	formats := map[workbook.Numbers]figure.NumberFormat{
		workbook.Undeclared: figure.Undeclared, workbook.Vietnamese: figure.Vietnamese, workbook.English: figure.English,
	}
	const signs = "0123456789012345678900.,.,-"
	taken := 0
	for range rounds() {
		var b strings.Builder
		for range 1 + r.IntN(12) {
			b.WriteByte(signs[r.IntN(len(signs))])
		}
		s := b.String()
		if s == "-" {
			continue
		}
		for ours, theirs := range formats {
			want, refused := figure.ParseNumber(s, figure.MaxScale, theirs)
			got, problem := workbook.ReadNumber(s, ours)
			if (problem == nil) != (refused == nil) && !strings.Contains(fmt.Sprint(refused), "decimals") && !strings.Contains(fmt.Sprint(refused), "too large") {
				t.Fatalf("%q as %q: we %v, the server %v", s, ours, problem, refused)
			}
			if problem != nil || refused != nil {
				continue
			}
			taken++
			if n, err := figure.ParseNumber(got, figure.MaxScale, figure.Plain); err != nil || n != want {
				t.Fatalf("%q as %q: %q, which is %v (%v), want %v", s, ours, got, n, err, want)
			}
		}
	}
	if taken < rounds()/20 {
		t.Errorf("only %d texts were numbers", taken)
	}
}

// TestR49DustIsCutOffAndDigitsAreNot holds stored numbers against fractions: whatever is taken differs by no more than a
// billionth from what the file has, and by less than a hundredth of the last decimal.
func TestR49DustIsCutOffAndDigitsAreNot(t *testing.T) {
	r := draws(t)
	taken, refused := 0, 0
	for range rounds() {
		scale := r.IntN(7)
		value := float64(r.Int64N(1e12)) / float64(int64(1)<<r.IntN(40))
		if r.IntN(2) == 0 {
			// As many sums of a spreadsheet: exact but for the last bits.
			value, _ = strconv.ParseFloat(strconv.FormatFloat(value, 'f', r.IntN(scale+1), 64), 64)
			value += value * (r.Float64() - 0.5) * 1e-14
		}
		s := strconv.FormatFloat(value, 'g', 17, 64)
		got, problem := workbook.ReadStored(strings.ToUpper(s), scale)
		if problem != nil {
			refused++
			continue
		}
		taken++
		have, _ := new(big.Rat).SetString(s)
		is, ok := new(big.Rat).SetString(got)
		off := new(big.Rat).Sub(have, is)
		off.Abs(off)
		step := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
		bound := new(big.Rat).Mul(step, big.NewRat(1, 100))
		if !ok || off.Cmp(bound) > 0 {
			t.Fatalf("%s at scale %d = %s", s, scale, got)
		}
		if _, fraction, _ := strings.Cut(got, "."); len(fraction) > scale {
			t.Fatalf("%s at scale %d = %s", s, scale, got)
		}
	}
	if taken < rounds()/20 || refused < rounds()/20 {
		t.Errorf("%d taken, %d refused", taken, refused)
	}
}

// TestWithoutTheServerNothingIsGuessed reads a form whose indicators nobody can be asked about.
func TestWithoutTheServerNothingIsGuessed(t *testing.T) {
	for _, c := range []struct {
		cell any
		want string
	}{
		{120, "120"},
		{0.30000000000000004, "0.3"},
		{12345678901234, "12345678901234"},
		{1234567890.25, "1234567890.25"},
		{int64(1234567890123450000), "NUMBER_DIGITS_LOST"},
		{0.1234567, "NUMBER_TOO_PRECISE"},
		{"1,5", "NUMBER_AMBIGUOUS"},
		{"60%", "NUMBER_PERCENT"},
	} {
		book, err := workbook.Open(set("F13", c.cell)(t))
		if err != nil {
			t.Fatal(err)
		}
		f, err := book.Figures(workbook.Reading{})
		if err != nil {
			t.Fatal(err)
		}
		out, err := f.CSV()
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(f.Problems) > 0 {
			got = f.Problems[0].Reason
		} else {
			got = figuresOf(t, out)[0][4]
		}
		if got != c.want {
			t.Errorf("%v is %s, want %s", c.cell, got, c.want)
		}
	}
}
