package indicator

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/figure"
)

func value(n figure.Number) figure.Figure {
	return figure.Figure{State: figure.Value, HasValue: true, Value: n}
}

func parts(num, den figure.Number) figure.Figure {
	return figure.Figure{State: figure.Value, HasNumerator: true, Numerator: num, HasDenominator: true, Denominator: den}
}

func numerator(num figure.Number) figure.Figure {
	return figure.Figure{State: figure.Value, HasNumerator: true, Numerator: num}
}

func TestR15_WhichAmountsAFigureHas(t *testing.T) {
	yesNo := people
	yesNo.UnitRule = UnitCountYes
	bounded := people
	bounded.Min, bounded.Max = number(0), number(1000)
	percent := files
	percent.Min, percent.Max = number(0), number(100_00)
	both := value(1)
	both.HasNumerator = true
	notAvailable := figure.Figure{State: figure.NotAvailable}
	contradiction := figure.Figure{State: figure.NotAvailable, HasValue: true, Value: 3}
	for _, c := range []struct {
		name string
		i    Indicator
		f    figure.Figure
		want []string
	}{
		{"a value", people, value(-5), nil},
		{"not available", files, notAvailable, nil},
		{"a state with a value", people, contradiction, []string{"state FIGURE_STATE_WITH_VALUE"}},
		{"no state", people, figure.Figure{}, []string{"state STATE_UNKNOWN"}},
		{"parts of what is no ratio", people, parts(1, 2), []string{"numerator FIGURE_PARTS_MISPLACED"}},
		{"a denominator of what is no ratio", people, figure.Figure{State: figure.Value, HasDenominator: true, Denominator: 1}, []string{"denominator FIGURE_PARTS_MISPLACED"}},
		{"value and numerator", people, both, []string{"numerator FIGURE_PARTS_MISPLACED"}},
		{"both parts", files, parts(90, 100), nil},
		{"denominator 0", files, parts(0, 0), nil},
		{"denominator 0 under a numerator", percent, parts(5, 0), nil},
		{"negative denominator", files, parts(1, -1), []string{"denominator FIGURE_DENOMINATOR_NEGATIVE"}},
		{"numerator alone", files, numerator(1), []string{"denominator FIGURE_PART_MISSING"}},
		{"denominator alone", files, figure.Figure{State: figure.Value, HasDenominator: true, Denominator: 1}, []string{"numerator FIGURE_PART_MISSING"}},
		{"the result of a ratio", files, value(75), []string{"value FIGURE_VALUE_MISPLACED", "numerator FIGURE_PART_MISSING", "denominator FIGURE_PART_MISSING"}},
		{"numerator over another indicator", accounts, numerator(7), nil},
		{"a denominator too many", accounts, parts(1, 2), []string{"denominator FIGURE_DENOMINATOR_MISPLACED"}},
		{"R20 yes", yesNo, value(1), nil},
		{"R20 no", yesNo, value(0), nil},
		{"R20 neither", yesNo, value(2), []string{"value FIGURE_NOT_YES_NO"}},
		{"at the bounds", bounded, value(1000), nil},
		{"below", bounded, value(-1), []string{"value FIGURE_BELOW_MIN"}},
		{"above", bounded, value(1001), []string{"value FIGURE_ABOVE_MAX"}},
		{"100 %", percent, parts(100, 100), nil},
		{"just above 100 %", percent, parts(math.MaxInt64, math.MaxInt64-1), []string{"numerator FIGURE_ABOVE_MAX"}},
		{"below 0 %", percent, parts(-1, 100), []string{"numerator FIGURE_BELOW_MIN"}},
	} {
		if got := problems(c.i.CheckFigure(c.f)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTheBoundsOfARatioAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := files.clone()
		i.Scale = figure.Scale(rapid.IntRange(0, 6).Draw(t, "scale"))
		i.UnitOfMeasure = rapid.SampledFrom([]string{"%", "‰", "lần"}).Draw(t, "unit")
		small := rapid.Int64Range(-300, 300)
		anyNumber := rapid.OneOf(small, rapid.Int64())
		num, den := anyNumber.Draw(t, "numerator"), rapid.OneOf(rapid.Int64Range(1, 300), rapid.Int64Range(1, math.MaxInt64)).Draw(t, "denominator")
		bound := rapid.OneOf(small, rapid.Just(100*i.Scale.Factor()), rapid.Int64()).Draw(t, "bound")
		i.Max = number(bound)
		ratio := new(big.Rat).Mul(big.NewRat(num, 1), big.NewRat(i.Factor()*i.Scale.Factor(), 1))
		ratio.Quo(ratio, big.NewRat(den, 1))
		tooMuch := ratio.Cmp(big.NewRat(bound, 1)) > 0
		if err := i.CheckFigure(parts(figure.Number(num), figure.Number(den))); (err != nil) != tooMuch {
			t.Fatalf("%d / %d against %d: error = %v, want one = %t", num, den, bound, err, tooMuch)
		}
	})
}

func TestR19_AWeightIsNotNegative(t *testing.T) {
	c := catalogue(t, people, satisfied)
	for f, want := range map[figure.Figure][]string{
		value(0): nil, value(5): nil, value(-1): {"value FIGURE_NEGATIVE_WEIGHT"}, {State: figure.NotAvailable}: nil,
		numerator(1): {"numerator FIGURE_PARTS_MISPLACED"},
	} {
		if got := problems(c.CheckFigure(people, f)); !slices.Equal(got, want) {
			t.Errorf("%+v: %q, want %q", f, got, want)
		}
	}
	if err := c.CheckFigure(satisfied, value(-1)); err != nil {
		t.Errorf("what is no weight may be negative: %v", err)
	}
	if err := catalogue(t, people, accounts).CheckFigure(people, value(-1)); err == nil {
		t.Error("a negative denominator was accepted")
	}
	if err := catalogue(t, people).CheckFigure(people, value(-1)); err != nil {
		t.Errorf("what nobody needs may be negative: %v", err)
	}
}

func TestARightFigureCostsNoAllocation(t *testing.T) {
	c := catalogue(t, people, files)
	percent := files
	percent.Max = number(100_00)
	if n := testing.AllocsPerRun(100, func() {
		if c.CheckFigure(people, value(7)) != nil || c.CheckFigure(files, parts(90, 100)) != nil {
			t.Fatal("refused")
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
