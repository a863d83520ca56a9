package indicator

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// derived makes an indicator that is computed from others.
func derived(code Code, formula string) Indicator {
	return Indicator{
		Code: code, NameVI: "Tính từ chỉ tiêu khác", UnitOfMeasure: "hồ sơ", Scale: 1, UnitRule: UnitDerived,
		Formula: CleanFormula(formula), ValidFrom: period.Beginning,
	}
}

func TestR18_ADerivedIndicatorLookedAtAlone(t *testing.T) {
	for _, c := range []struct {
		name string
		of   Indicator
		want []string
	}{
		{"right", derived("X", "[A]/[B] × 100"), nil},
		{"not as it is kept", changed(derived("X", ""), func(i *Indicator) { i.Formula = "[A]/[B]" }), []string{"formula TEXT_NOT_CLEAN"}},
		{"without a formula", derived("X", ""), []string{"formula FORMULA_EMPTY"}},
		{"with one that cannot be read", derived("X", "[A] / "), []string{"formula FORMULA_INCOMPLETE"}},
		{"of nothing", derived("X", "1 + 2"), []string{"formula FORMULA_CONSTANT"}},
		{"of itself", derived("X", "[x, -1y] + 1"), []string{"formula REFERENCE_CIRCLE"}},
		{"a sum with a formula", changed(people, func(i *Indicator) { i.Formula = "1" }), []string{"formula FORMULA_MISPLACED"}},
		{
			"that is reported too",
			changed(derived("X", "[A]"), func(i *Indicator) {
				i.ReportedBy, i.CheckedBy = []hierarchy.Kind{hierarchy.Commune}, []hierarchy.Kind{hierarchy.District}
				i.Value, i.Min, i.Max, i.AtLeast, i.Weight, i.DenominatorIndicator = Part{Stock, TimeLast}, number(1), number(2), 1, "W", "W"
				i.Assigned, i.Denominator = []hierarchy.Selector{{Kind: hierarchy.Commune}}, Part{Stock, TimeLast}
			}),
			[]string{
				"measure", "time_rule", "denominator_measure", "denominator_indicator", "weight", "at_least", "reported_by", "checked_by",
				"assigned", "min", "max",
			},
		},
	} {
		var want []string
		for _, w := range c.want {
			if !strings.Contains(w, " ") {
				w += " DERIVED_FIELD_MISPLACED"
			}
			want = append(want, w)
		}
		if got := problems(c.of.Check()); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", c.name, got, want)
		}
	}
}

func TestR18_WhatAFormulaNamesMustBeThere(t *testing.T) {
	weighed := changed(satisfied, func(i *Indicator) { i.Weight = "X" })
	over := changed(accounts, func(i *Indicator) { i.DenominatorIndicator = "X" })
	before := catalogue(t, people, files, satisfied)
	for _, c := range []struct {
		name  string
		given []Indicator
		want  []string
	}{
		{"there", []Indicator{derived("X", "[cq-06.num] / [DS-15PLUS, -1y]"), derived("Y", "[X] + [X, -1p]")}, nil},
		{"in either order", []Indicator{derived("Y", "[X]"), derived("X", "[CQ-06]")}, nil},
		{"unknown", []Indicator{derived("X", "[A] + [DS-15PLUS] + [B]")}, []string{"[0].formula INDICATOR_NOT_FOUND", "[0].formula INDICATOR_NOT_FOUND"}},
		{"a numerator of a sum", []Indicator{derived("X", "[DS-15PLUS.num]")}, []string{"[0].formula FORMULA_AMOUNT"}},
		{"a denominator of what is derived", []Indicator{derived("X", "[CQ-06]"), derived("Y", "[X.den]")}, []string{"[1].formula FORMULA_AMOUNT"}},
		{"a weight", []Indicator{derived("X", "[CQ-06]"), weighed}, []string{"[1].weight REFERENCE_TO_DERIVED"}},
		{"a denominator", []Indicator{derived("X", "[CQ-06]"), over}, []string{"[1].denominator_indicator REFERENCE_TO_DERIVED"}},
		{"what is a weight", []Indicator{derived("DS-15PLUS", "[CQ-06]")}, []string{"[0].unit_rule REFERENCE_TO_DERIVED"}},
	} {
		_, _, err := before.With(nil, c.given...)
		var got []string
		for _, p := range problems(err) {
			got = append(got, strings.TrimPrefix(p, "indicators"))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	// A numerator that is taken stays one.
	with := catalogue(t, people, files, derived("X", "[CQ-06.num]"))
	plain := changed(people, func(i *Indicator) { i.Code, i.UnitOfMeasure = "CQ-06", "%" })
	if _, _, err := with.With(nil, plain); !slices.Equal(problems(err), []string{"indicators[0].unit_rule FORMULA_AMOUNT"}) {
		t.Errorf("problems = %q", problems(err))
	}
}

// TestR18_FormulasMakeNoCircle holds that a circle is found over all versions, also where no day has it whole.
func TestR18_FormulasMakeNoCircle(t *testing.T) {
	before := catalogue(t, people, derived("X", "[DS-15PLUS]"), derived("Y", "[X, -1y]"))
	_, _, err := before.With(nil, changed(derived("X", "[Y] + 1"), from(reform)))
	if got := problems(err); !slices.Equal(got, []string{"indicators[0].formula REFERENCE_CIRCLE"}) || !strings.Contains(err.Error(), "X → Y → X") {
		t.Errorf("%q, %v", got, err)
	}
	_, _, err = Empty().With(nil, derived("A", "[B]"), derived("B", "[C]"), derived("C", "[A]"))
	if got := problems(err); !slices.Equal(got, []string{"indicators[0].formula REFERENCE_CIRCLE"}) || !strings.Contains(err.Error(), "A → B → C → A") {
		t.Errorf("%q, %v", got, err)
	}
}

// TestR18_FormulasStayBounded doubles a formula until it is too large when it is written out.
func TestR18_FormulasStayBounded(t *testing.T) {
	given := []Indicator{people, derived("X0", "[DS-15PLUS]")}
	for n := range 7 {
		given = append(given, derived(Code(fmt.Sprint("X", n+1)), fmt.Sprintf("[X%d] * [X%d]", n, n)))
	}
	c := catalogue(t, given...) // X7 has 128
	_, _, err := c.With(nil, derived("X8", "[X7] + [X7]"))
	if got := problems(err); !slices.Equal(got, []string{"indicators[0].formula FORMULA_TOO_LARGE"}) {
		t.Errorf("problems = %q", got)
	}
	// The same by a change far below.
	_, _, err = c.With(nil, changed(derived("X0", "[DS-15PLUS] + 1"), from(reform)))
	if got := problems(err); !slices.Equal(got, []string{"indicators[0].formula FORMULA_TOO_LARGE"}) || !strings.Contains(err.Error(), "of X7 comes to 256") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestR18_WhereFormulasLead(t *testing.T) {
	early := derived("X", "[CQ-06.num] / [DS-15PLUS]")
	c := catalogue(t, people, files, satisfied, derived("Y", "[x] + [Cq-02]"), early, changed(derived("X", "[CQ-02]"), from(reform)))
	if got := fmt.Sprint(c.Sources("y"), c.Sources("X"), c.Sources("cq-06"), c.Sources("Z")); got != "[CQ-06 DS-15PLUS CQ-02] [CQ-06 DS-15PLUS CQ-02] [CQ-06] []" {
		t.Errorf("sources = %s", got)
	}
	if got := fmt.Sprint(c.Derived()); got != "[X Y]" {
		t.Errorf("derived = %s", got)
	}
	if v, _ := c.On("X", reform.Add(-1)); v.Formula != "[CQ-06.num] / [DS-15PLUS]" {
		t.Errorf("the day before the formula is %s", v.Formula)
	}
	later := changed(files, func(i *Indicator) {
		i.ReportedBy, i.ValidFrom = []hierarchy.Kind{hierarchy.District, hierarchy.Commune}, reform
	})
	next, _, err := c.With(nil, later)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(next.KindsOn("Y", reform.Add(-1)), next.KindsOn("Y", reform), next.KindsOn("cq-06", reform)); got != "[commune] [district commune] [district commune]" {
		t.Errorf("kinds = %s", got)
	}
}
