package rollup_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

func splitWords(line string) []string { return strings.Fields(line) }

// TestR15PeriodsOfABorrowedDenominator lists them: what contains the month first, then what ended before it, down to 24
// months before.
func TestR15PeriodsOfABorrowedDenominator(t *testing.T) {
	got := func(span string) string {
		p, err := period.Parse(span)
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for d := range rollup.DenominatorPeriods(p) {
			if d.Kind != period.Month {
				list = append(list, d.String())
			}
		}
		return strings.Join(list, " ")
	}
	for span, want := range map[string]string{
		"2024-02": "2024 2024-H1 2024-Q1 2023-Q4 2023-H2 2023 2023-Q3 2023-Q2 2023-H1 2023-Q1 2022-Q4 2022-H2 2022 2022-Q3 2022-Q2 2022-H1 2022-Q1",
		"2024-Q4": "2024-Q4 2024-H2 2024 2024-Q3 2024-Q2 2024-H1 2024-Q1 2023-Q4 2023-H2 2023 2023-Q3 2023-Q2 2023-H1 2023-Q1 2022-Q4 2022-H2 2022",
		"1900-01": "1900 1900-H1 1900-Q1",
	} {
		if got := got(span); got != want {
			t.Errorf("denominators of %s:\ngot  %s\nwant %s", span, got, want)
		}
	}
	if got := slices.Collect(rollup.DenominatorPeriods(period.Period{})); got != nil {
		t.Errorf("no period has denominators: %v", got)
	}
}

// TestR17WhatIsSummed says for which rules longer periods need no rows.
func TestR17WhatIsSummed(t *testing.T) {
	for rule, want := range map[string]bool{
		"SUM flow SUM": true, "RATIO flow SUM": true,
		"SUM flow MEAN": false, "SUM stock LAST": false, "SUM year_to_date LAST": false, "MEAN flow SUM": false, "NONE flow SUM": false,
		"MIN flow MIN": false, "MAX flow SUM": false, "WEIGHTED_MEAN flow SUM weight=Y": false, "COUNT_AT_LEAST_1 flow SUM": false,
		"RATIO flow SUM denominator=stock:LAST": false, "RATIO flow SUM over=Y": false, "RATIO flow SUM over=Y denominator=flow:SUM": false, "RATIO stock LAST denominator=flow:SUM": false,
	} {
		ind := storyOf(t, "indicator X "+rule).indicators["X"].Indicator
		for _, m := range []rollup.Measure{rollup.AsReported, rollup.Own, rollup.YearToDate} {
			if got := rollup.SumsBases(ind, m); got != want {
				t.Errorf("SumsBases(%s, %s) = %v, want %v", rule, m, got, want)
			}
		}
	}
}

// TestR14WhichMeasuresArePossible asks for own amounts and amounts since the new year.
func TestR14WhichMeasuresArePossible(t *testing.T) {
	for rule, want := range map[string]bool{
		"SUM flow SUM": true, "SUM flow MEAN": true, "SUM year_to_date LAST": true, "RATIO year_to_date LAST": true,
		"SUM stock LAST": false, "SUM flow NONE": false, "SUM year_to_date NONE": false,
	} {
		ind := storyOf(t, "indicator X "+rule).indicators["X"].Indicator
		if got := rollup.Possible(ind, rollup.Own); got != want {
			t.Errorf("Possible(%s, OWN) = %v, want %v", rule, got, want)
		}
		if got := rollup.Possible(ind, rollup.YearToDate); got != want {
			t.Errorf("Possible(%s, YEAR_TO_DATE) = %v, want %v", rule, got, want)
		}
		if !rollup.Possible(ind, rollup.AsReported) {
			t.Errorf("Possible(%s, AS_REPORTED) = false", rule)
		}
	}
}

// TestBasesAreWhatARollupCounts gives the months of a quarter, or those since the new year.
func TestBasesAreWhatARollupCounts(t *testing.T) {
	s := storyOf(t, "indicator X SUM flow SUM", "indicator L SUM stock LAST")
	got := func(code indicator.Code, m rollup.Measure, kind period.Kind, index int, base period.Kind) string {
		var list []string
		for _, p := range rollup.Bases(s.indicators[code].Indicator, m, period.Of(2024, kind, index), base) {
			list = append(list, p.String())
		}
		return strings.Join(list, " ")
	}
	for _, c := range []struct{ got, want string }{
		{got("X", rollup.AsReported, period.Quarter, 2, period.Month), "2024-04 2024-05 2024-06"},
		{got("X", rollup.YearToDate, period.Month, 3, period.Month), "2024-01 2024-02 2024-03"},
		{got("X", rollup.YearToDate, period.Quarter, 3, period.Quarter), "2024-Q1 2024-Q2 2024-Q3"},
		{got("L", rollup.YearToDate, period.Month, 3, period.Month), "2024-03"},
		{got("X", rollup.AsReported, period.NineMonths, 1, period.Quarter), "2024-Q1 2024-Q2 2024-Q3"},
		{got("X", rollup.AsReported, period.NineMonths, 1, period.Half), ""},
		{got("X", rollup.AsReported, period.Month, 1, period.Quarter), ""},
		{got("X", rollup.AsReported, period.Year, 2, period.Month), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

// TestR14GapsTellTheAmountOfTheWholeGap compares Spans with a walk over the year by hand.
func TestR14GapsTellTheAmountOfTheWholeGap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawIndicator(t, indicator.UnitSum)
		m.Value = indicator.Part{Measure: indicator.YearToDate, Time: indicator.TimeLast}
		s := drawSceneOf(t, m)
		s.measure = rollup.Own
		year, asked := period.Of(int(s.span.Year), period.Year, 1).Bases(m.base), s.span.Bases(m.base)
		gap, got := rollup.Spans(m.Indicator, s.span, m.base, s.of(s.names[0], "X", rollup.Official))
		o := oracle{s: s.story, m: m, measure: rollup.Own, span: s.span, asked: asked, unit: s.names[0]}
		if len(asked) == 0 || o.own(0, false).v != nil {
			if got {
				t.Fatalf("a gap where there is none: %+v", gap)
			}
			return
		}
		values := o.amounts(year, 0, false)
		first := slices.Index(year, asked[0])
		closing := slices.Index(year, asked[len(asked)-1])
		for closing < len(year) && values[closing] == nil {
			closing++
		}
		if got != (closing < len(year)) {
			t.Fatalf("closed: %v, closing base period %d of %d", got, closing, len(year))
		}
		if !got {
			return
		}
		for first > 0 && values[first-1] == nil && !o.unbegun(year[:first]) {
			first--
		}
		want := decimal(0, 0).Set(values[closing])
		if first > 0 && values[first-1] != nil {
			want.Sub(want, values[first-1])
		}
		amount := decimal(1, figure.MaxScale)
		amount.Mul(amount, rollup.Fraction{Num: rollup.WideOf(gap.Amount), Den: rollup.WideOf(figure.Int128From(1))}.Rat())
		if gap.First != year[first] || gap.Last != year[closing] || amount.Cmp(want) != 0 {
			t.Fatalf("gap = %s to %s, %s; want %s to %s, %s", gap.First, gap.Last, amount, year[first], year[closing], want)
		}
	})
}

// TestFractionsCompareUnrounded ranks 1/3 and 2/6 together, and what rounds to the same apart.
func TestFractionsCompareUnrounded(t *testing.T) {
	of := func(n, d int64) rollup.Fraction {
		return rollup.Fraction{Num: rollup.WideOf(figure.Int128From(n)), Den: rollup.WideOf(figure.Int128From(d))}
	}
	huge := rollup.Fraction{Num: rollup.WideOf(figure.MaxInt128).Times(1000), Den: rollup.WideOf(figure.MaxInt128).Times(3000)}
	none := rollup.Fraction{}
	for _, c := range []struct {
		a, b rollup.Fraction
		want int
	}{
		{of(1, 3), of(2, 6), 0},
		{of(1, 3), huge, 0},
		{huge, of(1, 3), 0},
		{of(3333, 10000), of(1, 3), -1},
		{huge, of(3333, 10000), 1},
		{of(-1, 3), of(0, 1), -1},
		{none, of(-5, 1), -1},
		{of(-5, 1), none, 1},
		{none, none, 0},
	} {
		if got := c.a.Cmp(c.b); got != c.want {
			t.Errorf("%s against %s = %d, want %d", c.a.Decimal(6), c.b.Decimal(6), got, c.want)
		}
	}
	if none.Rat() != nil || none.Decimal(2) != "" || none.Exists() {
		t.Errorf("no number is shown as %q", none.Decimal(2))
	}
}

// TestWordsAreThoseOfTheAPI spells the names that answers carry.
func TestWordsAreThoseOfTheAPI(t *testing.T) {
	got := []string{
		rollup.Official.String(), rollup.Provisional.String(), rollup.AsReported.String(), rollup.Own.String(), rollup.YearToDate.String(),
		rollup.NoData.String(), rollup.Value.String(), rollup.Undefined.String(), rollup.NotAtThisPeriod.String(), rollup.Overflow.String(),
		rollup.NotRolledUp.String(), rollup.NotPlaceable.String(), rollup.State(99).String(),
	}
	want := strings.Fields("OFFICIAL PROVISIONAL AS_REPORTED OWN YEAR_TO_DATE NO_DATA VALUE UNDEFINED NOT_AT_THIS_PERIOD OVERFLOW NOT_ROLLED_UP NOT_PLACEABLE UNKNOWN")
	if !slices.Equal(got, want) {
		t.Errorf("words = %v, want %v", got, want)
	}
}
