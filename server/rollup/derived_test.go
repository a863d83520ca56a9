package rollup_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/formula"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// derivedBy makes a derived indicator and its formula.
func derivedBy(t rapid.TB, text string, scale figure.Scale) (*indicator.Indicator, *formula.Formula) {
	t.Helper()
	f, err := formula.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return &indicator.Indicator{Code: "X", UnitRule: indicator.UnitDerived, Scale: scale, Formula: f.String()}, f
}

// communes is the roll-up of a month of so many communes of which some gave this value, times so much.
func communes(value figure.Number, gave, owe int64) rollup.Result {
	ind := indicator.Indicator{Code: "A", UnitRule: indicator.UnitSum, Value: indicator.Part{Measure: indicator.Flow, Time: indicator.TimeSum}}
	month := period.Of(2024, period.Month, 2)
	t := rollup.Total{Sum: rollup.WideOf(value.Wide()).Times(gave), Count: gave, Received: gave}
	return rollup.Finish(ind, rollup.AsReported, month, period.Month, t, rollup.Expected{Owed: owe})
}

// TestR18GoldenVector10 is a derived indicator of which a part rests on 90 of 102 reports.
func TestR18GoldenVector10(t *testing.T) {
	ind, f := derivedBy(t, "[A] / [B] * 1000", 2)
	r, lacking := rollup.Derive(ind, f, []rollup.Result{communes(7, 90, 102), communes(3000, 102, 102)})
	if r.State != rollup.Value || r.Display != "2.06" || len(lacking) != 0 { // 630 / 306,000 × 1,000
		t.Errorf("= %s %q without %v, want 2.06", r.State, r.Display, lacking)
	}
	if got := r.Value.Rat(); got.Cmp(big.NewRat(630_000, 306_000)) != 0 {
		t.Errorf("unrounded %s", got)
	}
	if c := r.Coverage; c.Received != 90 || c.Expected != 102 || c.Missing != 12 || !r.PartsDiffer {
		t.Errorf("coverage %d of %d, missing %d, parts differ %t; want that of the part with 90 of 102", c.Received, c.Expected, c.Missing, r.PartsDiffer)
	}
}

func TestR18CoverageIsThatOfTheLowestPart(t *testing.T) {
	part := func(received, expected int64) rollup.Result { return communes(1, received, expected) }
	for _, c := range []struct {
		parts          []rollup.Result
		received, owed int64
		differ         bool
	}{
		{[]rollup.Result{part(2, 2), part(102, 102)}, 2, 2, false},
		{[]rollup.Result{part(102, 102), part(2, 2)}, 102, 102, false},
		{[]rollup.Result{part(102, 102), part(90, 102)}, 90, 102, true},
		{[]rollup.Result{part(1, 2), part(90, 102)}, 1, 2, true},
		{[]rollup.Result{part(45, 51), part(90, 102)}, 45, 51, false},
		{[]rollup.Result{part(90, 102), part(0, 0)}, 0, 0, true},
		{[]rollup.Result{part(0, 0), part(90, 102)}, 0, 0, true},
		{[]rollup.Result{part(0, 0), part(0, 0)}, 0, 0, false},
		{[]rollup.Result{part(0, 10), part(0, 0)}, 0, 0, true},
	} {
		ind, f := derivedBy(t, "[A] + [B]", 0)
		r, _ := rollup.Derive(ind, f, c.parts)
		if r.Coverage.Received != c.received || r.Coverage.Expected != c.owed || r.PartsDiffer != c.differ {
			t.Errorf("coverage %d of %d, differ %t; want %+v", r.Coverage.Received, r.Coverage.Expected, r.PartsDiffer, c)
		}
	}
}

// TestR18WithoutAPartThereIsNoValue goes through the states of parts, also of one that no condition leads to.
func TestR18WithoutAPartThereIsNoValue(t *testing.T) {
	ratio := indicator.Indicator{
		Code: "R", UnitRule: indicator.UnitRatio, UnitOfMeasure: "%",
		Value: indicator.Part{Measure: indicator.Flow, Time: indicator.TimeSum}, Denominator: indicator.Part{Measure: indicator.Flow, Time: indicator.TimeSum},
	}
	undefined := rollup.Finish(ratio, rollup.AsReported, period.Of(2024, period.Month, 2), period.Month,
		rollup.Total{Numerator: rollup.WideOf(figure.Number(5).Wide()), Count: 1, Received: 1}, rollup.Expected{Owed: 1})
	state := func(s rollup.State) rollup.Result { return rollup.Result{State: s} }
	one, none := communes(1, 1, 1), communes(0, 0, 1)
	for _, c := range []struct {
		formula string
		parts   []rollup.Result
		state   rollup.State
		lacking string
		value   string
	}{
		{"[A] + [B]", []rollup.Result{one, one}, rollup.Value, "[]", "2"},
		{"[A] + [B]", []rollup.Result{one, none}, rollup.NoData, "[[B]]", ""},
		{"[A] + [B] + [C, -1y]", []rollup.Result{none, one, none}, rollup.NoData, "[[A] [C, -1y]]", ""},
		{"if([A] = 1, [A], [B])", []rollup.Result{one, none}, rollup.NoData, "[[B]]", ""},
		{"[A] / ([A] - [B])", []rollup.Result{one, one}, rollup.Undefined, "[]", ""},
		{"if([A] = [B], 0, [A] / ([A] - [B]))", []rollup.Result{one, one}, rollup.Value, "[]", "0"},
		{"[R] + [A]", []rollup.Result{undefined, one}, rollup.Undefined, "[[R]]", ""},
		{"[R.num] - [R.den]", []rollup.Result{undefined}, rollup.Value, "[]", "5"},
		{"[R.num] / [R.den]", []rollup.Result{undefined}, rollup.Undefined, "[]", ""},
		{"[R] + [A]", []rollup.Result{undefined, none}, rollup.NoData, "[[R] [A]]", ""},
		{"[A] + [B]", []rollup.Result{state(rollup.Overflow), none}, rollup.Overflow, "[[A] [B]]", ""},
		{"[A] + [B]", []rollup.Result{state(rollup.Overflow), state(rollup.NotRolledUp)}, rollup.NotRolledUp, "[[A] [B]]", ""},
		{"[A] + [B]", []rollup.Result{state(rollup.NotRolledUp), state(rollup.NotAtThisPeriod)}, rollup.NotAtThisPeriod, "[[A] [B]]", ""},
		{"[A.num]", []rollup.Result{one}, rollup.NoData, "[[A.num]]", ""},
	} {
		ind, f := derivedBy(t, c.formula, 2)
		r, lacking := rollup.Derive(ind, f, c.parts)
		if r.State != c.state || fmt.Sprint(lacking) != c.lacking || r.Display != c.value || r.Value.Exists() != (c.state == rollup.Value) {
			t.Errorf("%s = %s %q without %v; want %s %q without %s", c.formula, r.State, r.Display, lacking, c.state, c.value, c.lacking)
		}
	}
}

// TestR18WhatHasNoValueDidNotFall leaves a rank that fell, and is nobody else's, out of what is told of others.
func TestR18WhatHasNoValueDidNotFall(t *testing.T) {
	ind, f := derivedBy(t, "[A] + [B]", 0)
	fell, none := communes(1, 1, 1), communes(0, 0, 1)
	fell.Fell = true
	for _, c := range []struct {
		parts []rollup.Result
		want  bool
	}{
		{[]rollup.Result{fell, communes(1, 1, 1)}, true},
		{[]rollup.Result{communes(1, 1, 1), communes(1, 1, 1)}, false},
		{[]rollup.Result{fell, none}, false},
		{[]rollup.Result{{State: rollup.NotRolledUp, Fell: true}, communes(1, 1, 1)}, false},
	} {
		if r, _ := rollup.Derive(ind, f, c.parts); r.Fell != c.want {
			t.Errorf("%s fell %t, want %t", r.State, r.Fell, c.want)
		}
	}
}

// TestR18NothingIsRoundedOrLost holds fractions of any length against big.Rat.
func TestR18NothingIsRoundedOrLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "parts")
		want, sum := big.NewRat(1, 1), new(big.Rat)
		terms, parts := make([]string, n), make([]rollup.Result, n)
		for i := range n {
			num, den := rapid.Int64().Draw(t, "num"), rapid.Int64Range(1, 1<<62).Draw(t, "den")
			parts[i] = rollup.Result{State: rollup.Value, Value: rollup.Fraction{
				Num: rollup.WideOf(figure.Int128From(num)), Den: rollup.WideOf(figure.Int128From(den)),
			}}
			terms[i] = fmt.Sprintf("[A%d]", i)
			want.Mul(want, big.NewRat(num, den))
			sum.Add(sum, big.NewRat(num, den))
		}
		scale := figure.Scale(rapid.IntRange(0, 6).Draw(t, "scale")) //nolint:gosec // small
		var results []rollup.Fraction
		for sign, want := range map[string]*big.Rat{" * ": want, " + ": sum} {
			ind, f := derivedBy(t, strings.Join(terms, sign), scale)
			r, _ := rollup.Derive(ind, f, parts)
			if r.Value.Rat().Cmp(want) != 0 || r.Display != figure.QuotientBig(want.Num(), want.Denom(), 1, scale) {
				t.Fatalf("%s = %s, shown %s; want %s", f, r.Value.Rat(), r.Display, want)
			}
			rounded, ok := r.Value.Rounded(scale)
			exact := figure.RoundBig(want.Num(), want.Denom(), scale.Factor())
			if ok != exact.IsInt64() || ok && int64(rounded) != exact.Int64() {
				t.Fatalf("%s rounds to %d, %t; want %s", f, rounded, ok, exact)
			}
			results = append(results, r.Value)
		}
		if a, b := results[0], results[1]; a.Cmp(b) != a.Rat().Cmp(b.Rat()) || a.Cmp(rollup.Fraction{}) != 1 || (rollup.Fraction{}).Cmp(a) != -1 {
			t.Fatalf("%v and %v compare as %d", a, b, a.Cmp(b))
		}
	})
}
