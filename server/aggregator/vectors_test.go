package aggregator_test

import (
	"fmt"
	"testing"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// The golden vectors of rules.md that are about arithmetic, each through the whole state. Vector 4 is
// TestR14YearToDateWithAGapAndAFall, 9 TestR20ShareLeavesOutWhomItDoesNotApplyTo; the same numbers stand as cases in
// rollup/testdata.

// byMonth tells a story of one indicator that communes report by the month.
func byMonth(t *testing.T, others []indicator.Indicator, i indicator.Indicator) *story {
	s := house(t)
	all := append(others, i)
	s.tell(numbered(0, all...), forms(0, plainForm("F", period.Month, "kind:commune", i.Code)))
	return s
}

// spoken asks for the first indicator's roll-up in words: value or state, and what else is worth telling.
func spoken(t *testing.T, s *story, unit, code, span string) string {
	t.Helper()
	a := ask(t, s, aggregator.Query{Unit: id(unit), Indicator: indicator.Code(code), Period: mustPeriod(span), Basis: rollup.Provisional})
	word := a.Result.State.String()
	if a.Result.State == rollup.Value {
		word = a.Result.Display
	}
	if a.Result.NumeratorDisplay != "" {
		word += " = " + a.Result.NumeratorDisplay + "/" + a.Result.DenominatorDisplay
	}
	if a.LastPeriod.Valid() {
		word += " of " + a.LastPeriod.String()
	}
	if a.Result.DenominatorFrom.Valid() {
		word += " over " + a.Result.DenominatorFrom.String()
	}
	return fmt.Sprintf("%s, %d of %d", word, a.Result.Coverage.Received, a.Result.Coverage.Expected)
}

func wantsAll(t *testing.T, s *story, code string, want map[[2]string]string) {
	t.Helper()
	for q, text := range want {
		if got := spoken(t, s, q[0], code, q[1]); got != text {
			t.Errorf("%s of %s in %s is %s, want %s", code, q[0], q[1], got, text)
		}
	}
}

// TestGoldenLastTellsItsPeriod is design 4.4 again: LAST says which base period it is of, where all units agree on it.
func TestGoldenLastTellsItsPeriod(t *testing.T) {
	s := byMonth(t, nil, plainIndicator("L", indicator.UnitSum, indicator.Stock, indicator.TimeLast))
	for month, n := range map[string]int64{"2024-01": 10, "2024-02": 20, "2024-03": 30} {
		s.tell(sent(key("A", "F", month), 1, map[uint32]figure.Figure{0: value(n)}))
	}
	s.tell(sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(40)}))
	wantsAll(t, s, "L", map[[2]string]string{
		{"A", "2024-Q1"}: "30 of 2024-03, 3 of 3", {"B", "2024-Q1"}: "40 of 2024-01, 1 of 3", {"D", "2024-Q1"}: "70, 4 of 6",
		{"D", "2024-01"}: "50 of 2024-01, 2 of 2", {"D", "2024"}: "70, 4 of 24",
	})
}

// TestGoldenMinimum is design 4.4 by MIN over time and over units.
func TestGoldenMinimum(t *testing.T) {
	s := byMonth(t, nil, plainIndicator("M", indicator.UnitMin, indicator.Flow, indicator.TimeMin))
	for month, n := range map[string]int64{"2024-01": 10, "2024-02": 20, "2024-03": 30} {
		s.tell(sent(key("A", "F", month), 1, map[uint32]figure.Figure{0: value(n)}))
	}
	s.tell(sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(40)}))
	wantsAll(t, s, "M", map[[2]string]string{{"D", "2024-Q1"}: "10, 4 of 6", {"B", "2024-Q1"}: "40, 1 of 3", {"P", "2024-02"}: "20, 1 of 2"})
}

// TestR15GoldenVector5 has a flow over a stock, and a yearly denominator.
func TestR15GoldenVector5(t *testing.T) {
	i := plainIndicator("R", indicator.UnitRatio, indicator.Flow, indicator.TimeSum)
	i.Denominator, i.UnitOfMeasure, i.Scale = indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast}, "%", 2
	s := byMonth(t, nil, i)
	for month, parts := range map[string][2]int64{"2024-01": {1000, 10000}, "2024-02": {2000, 11000}, "2024-03": {3000, 12000}} {
		s.tell(sent(key("A", "F", month), 1, map[uint32]figure.Figure{0: ratio(parts[0], parts[1])}))
	}
	s.tell(sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: ratio(500, 5000)}))
	wantsAll(t, s, "R", map[[2]string]string{
		{"A", "2024-Q1"}: "50 = 60/120 of 2024-03, 3 of 3", {"D", "2024-Q1"}: "38.24 = 65/170, 4 of 6",
	})

	people := plainIndicator("DS", indicator.UnitSum, indicator.Stock, indicator.TimeLast)
	i.Denominator, i.DenominatorIndicator, i.Value = indicator.Part{}, "DS", indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast}
	s = house(t)
	s.tell(numbered(0, people, i), forms(0, plainForm("F", period.Month, "kind:commune", "R"), plainForm("Y", period.Year, "kind:commune", "DS")),
		sent(key("A", "Y", "2023"), 1, map[uint32]figure.Figure{0: value(800)}),
		sent(key("B", "Y", "2022"), 1, map[uint32]figure.Figure{0: value(400)}),
		sent(key("A", "F", "2024-02"), 1, map[uint32]figure.Figure{1: {State: figure.Value, Numerator: 20000, HasNumerator: true}}),
		sent(key("B", "F", "2024-02"), 1, map[uint32]figure.Figure{1: {State: figure.Value, Numerator: 10000, HasNumerator: true}}))
	wantsAll(t, s, "R", map[[2]string]string{
		{"A", "2024-02"}: "25 = 200/800 of 2024-02 over 2023, 1 of 1", {"B", "2024-02"}: "25 = 100/400 of 2024-02 over 2022, 1 of 1",
		{"D", "2024-02"}: "25 = 300/1200 of 2024-02, 2 of 2",
	})
}

// TestR16GoldenVector6 adds 50/3 and 40 without rounding either.
func TestR16GoldenVector6(t *testing.T) {
	i := plainIndicator("T", indicator.UnitSum, indicator.Stock, indicator.TimeMean)
	i.Scale = 2
	s := byMonth(t, nil, i)
	for month, n := range map[string]int64{"2024-01": 1000, "2024-02": 2000, "2024-03": 2000} {
		s.tell(sent(key("A", "F", month), 1, map[uint32]figure.Figure{0: value(n)}))
	}
	s.tell(sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: value(4000)}))
	wantsAll(t, s, "T", map[[2]string]string{{"A", "2024-Q1"}: "16.67, 3 of 3", {"D", "2024-Q1"}: "56.67, 4 of 6"})
	a := ask(t, s, aggregator.Query{Unit: id("D"), Indicator: "T", Period: mustPeriod("2024-Q1"), Basis: rollup.Provisional})
	if got := a.Result.Value.Rat().String(); got != "170/3" || a.Result.Coverage.Divisor != 4 {
		t.Errorf("unrounded %s over %d, want 170/3 over 4", got, a.Result.Coverage.Divisor)
	}
}

// TestR15GoldenVector7 leaves out the unit that has a numerator alone, and tells of it.
func TestR15GoldenVector7(t *testing.T) {
	i := plainIndicator("R", indicator.UnitRatio, indicator.Flow, indicator.TimeSum)
	i.UnitOfMeasure = "%"
	s := byMonth(t, nil, i)
	s.tell(sent(key("A", "F", "2024-01"), 1, map[uint32]figure.Figure{0: ratio(90, 100)}),
		sent(key("B", "F", "2024-01"), 1, map[uint32]figure.Figure{0: {State: figure.Value, Numerator: 10, HasNumerator: true}}))
	for _, span := range []string{"2024-01", "2024-Q1"} {
		a := ask(t, s, aggregator.Query{Unit: id("D"), Indicator: "R", Period: mustPeriod(span), Basis: rollup.Provisional})
		if a.Result.Display != "90" || a.Result.Coverage.Half != 1 || a.Result.Coverage.Received != 2 {
			t.Errorf("%s = %s with %+v, want 90, 2 received and one of them half", span, a.Result.Display, a.Result.Coverage)
		}
	}
}

// TestR17GoldenVector8 corrects the greatest figure downwards, and then another one upwards.
func TestR17GoldenVector8(t *testing.T) {
	s := byMonth(t, nil, plainIndicator("X", indicator.UnitMax, indicator.Flow, indicator.TimeMax))
	send := func(unit string, revision int, n int64) {
		s.tell(sent(key(unit, "F", "2024-01"), revision, map[uint32]figure.Figure{0: value(n)}))
	}
	check := func(when, want string) {
		t.Helper()
		for _, q := range [][2]string{{"D", "2024-01"}, {"P", "2024-Q1"}, {"P", "2024"}} {
			a := ask(t, s, aggregator.Query{Unit: id(q[0]), Indicator: "X", Period: mustPeriod(q[1]), Basis: rollup.Provisional})
			if a.Result.Display != want {
				t.Errorf("%s: %s in %s = %s, want %s", when, q[0], q[1], a.Result.Display, want)
			}
		}
	}
	send("A", 1, 90)
	send("B", 1, 40)
	check("A has the most", "90")
	send("A", 2, 9)
	check("it was 9 and not 90", "40")
	send("B", 2, 7)
	check("and B's was 7", "9")
}

// TestR18GoldenVector10ThroughTheState is a derived indicator of which a part rests on 90 of 102 communes.
func TestR18GoldenVector10ThroughTheState(t *testing.T) {
	s := newStory(t)
	units := []hierarchy.Unit{unit("P", hierarchy.Province, "")}
	for n := range 102 {
		units = append(units, unit(fmt.Sprintf("C%d", n), hierarchy.Commune, "P"))
	}
	x := indicator.Indicator{
		Code: "X", NameVI: "Trên 1.000 dân", UnitRule: indicator.UnitDerived, Scale: 2, Formula: "[A] / [B] * 1000", ValidFrom: period.Beginning,
	}
	s.tell(entry.StoreCreated{ProgramVersion: "test"}, entry.UnitsChanged{Units: units},
		numbered(0, plainIndicator("A", indicator.UnitSum, indicator.Flow, indicator.TimeSum),
			plainIndicator("B", indicator.UnitSum, indicator.Stock, indicator.TimeLast), x),
		forms(0, plainForm("F", period.Month, "kind:commune", "A", "B")))
	for n := range 102 {
		figures := map[uint32]figure.Figure{1: value(3000)}
		if n < 90 {
			figures[0] = value(7)
		}
		s.tell(sent(key(fmt.Sprintf("C%d", n), "F", "2024-02"), 1, figures))
	}
	a := ask(t, s, aggregator.Query{Unit: id("P"), Indicator: "X", Period: mustPeriod("2024-02"), Basis: rollup.Provisional})
	if got := spoken(t, s, "P", "X", "2024-02"); got != "2.06, 90 of 102" || !a.Result.PartsDiffer || a.Leaves != 2 {
		t.Errorf("%s, differ %t, %d leaves; want 630 / 306000 × 1000 = 2.06 and the coverage of A", got, a.Result.PartsDiffer, a.Leaves)
	}
	var parts []string
	for _, p := range a.Parts {
		parts = append(parts, fmt.Sprintf("%s %s %s %d/%d", p.Indicator.Code, p.Period, p.Result.Display, p.Result.Coverage.Received, p.Result.Coverage.Expected))
	}
	if got := fmt.Sprint(parts); got != "[A 2024-02 630 90/102 B 2024-02 306000 102/102]" {
		t.Errorf("parts = %s", got)
	}
	for _, c := range []string{"P", "C0", "C101"} { // C0 has a value, C101 lacks a part
		q := aggregator.Query{Unit: id(c), Indicator: "X", Period: mustPeriod("2024-02"), Basis: rollup.Provisional}
		want := ask(t, s, q)
		s.view(func(tx *aggregator.Tx) {
			if problem := compareSeries(tx, q, want); problem != "" {
				t.Error(problem)
			}
		})
	}
}
