package indicator

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

var reform = period.Date(2025, 7, 1)

// changed gives a version of the indicator with one thing different.
func changed(i Indicator, change func(*Indicator)) Indicator {
	i = i.clone()
	change(&i)
	return i
}

func from(day period.Day) func(*Indicator) { return func(i *Indicator) { i.ValidFrom = day } }

func TestR8_TheCommunesTakeOverFromTheDistricts(t *testing.T) {
	early := changed(files, func(i *Indicator) {
		i.ReportedBy, i.ValidFrom = []hierarchy.Kind{hierarchy.District}, period.Date(2022, 1, 1)
	})
	late := changed(files, from(reform))
	c := catalogue(t, late, early)
	if _, ok := c.On("CQ-06", period.Date(2021, 12, 31)); ok {
		t.Error("there is a version before the first")
	}
	for day, want := range map[period.Day]hierarchy.Kind{
		period.Date(2022, 1, 1): hierarchy.District, reform.Add(-1): hierarchy.District, reform: hierarchy.Commune, period.Forever: hierarchy.Commune,
	} {
		if v, ok := c.On("cq-06", day); !ok || !v.Adds(want) {
			t.Errorf("on %s added: %v, want %s", day, v.ReportedBy, want)
		}
	}
	if v, _ := c.Latest("CQ-06"); v.ValidFrom != reform {
		t.Errorf("latest begins %s", v.ValidFrom)
	}
	if got := c.Versions("CQ-06"); len(got) != 2 || got[0].ValidFrom != early.ValidFrom {
		t.Errorf("versions = %+v", got)
	}
}

func TestR8_LevelsThatMayCountTheSameTwice(t *testing.T) {
	for _, c := range []struct {
		kinds string
		own   bool
		want  int
	}{
		{"commune", false, 0},
		{"district commune", false, 1},
		{"commune district", false, 1},
		{"district commune", true, 0},
		{"province district commune", false, 3},
		{"department commune", false, 0},
		{"province department", false, 1},
		{"hamlet commune", false, 0},
	} {
		i := changed(people, func(i *Indicator) {
			i.ReportedBy, i.LevelsOwn = nil, c.own
			for _, k := range strings.Fields(c.kinds) {
				i.ReportedBy = append(i.ReportedBy, hierarchy.Kind(k))
			}
		})
		_, warnings, err := Empty().With(nil, satisfied, i)
		if err != nil || len(warnings) != c.want {
			t.Errorf("%q own %t: %d warnings, %v, want %d", c.kinds, c.own, len(warnings), err, c.want)
		}
		for _, w := range warnings {
			if w.Reason != "LEVELS_MAY_OVERLAP" || w.Field != "indicators[1].reported_by" {
				t.Errorf("warning %s at %s", w.Reason, w.Field)
			}
		}
	}
}

// A percentage is a part of something: that of two units together is not the sum, and not the mean, of theirs.
func TestPercentagesThatAreAddedAreWarnedOf(t *testing.T) {
	for _, c := range []struct {
		unit string
		rule UnitRule
		want int
	}{
		{"%", UnitSum, 1},
		{"%", UnitMean, 1},
		{"‰", UnitMean, 1},
		{"%", UnitMin, 0}, // that of one unit
		{"%", UnitMax, 0},
		{"%", UnitNone, 0},
		{"điểm", UnitMean, 0},
		{"hồ sơ", UnitSum, 0},
	} {
		i := changed(people, func(i *Indicator) { i.UnitOfMeasure, i.UnitRule, i.LevelsOwn = c.unit, c.rule, true })
		_, warnings, err := Empty().With(nil, satisfied, i)
		if err != nil || len(warnings) != c.want {
			t.Errorf("%s of %s: %v, %v; want %d warnings", c.rule, c.unit, warnings, err, c.want)
		}
		for _, w := range warnings {
			if w.Reason != "PERCENTAGE_ADDED" || w.Field != "indicators[1].unit_rule" {
				t.Errorf("warning %s at %s", w.Reason, w.Field)
			}
		}
	}
}

func TestR21_WhatAFigureMeansNeverChanges(t *testing.T) {
	used := func(c Code) bool { return true }
	unused := func(c Code) bool { return false }
	least := changed(people, func(i *Indicator) { i.Code, i.UnitRule, i.AtLeast = "CQ-13", UnitCountAtLeast, 1 })
	for _, c := range []struct {
		name   string
		of     Indicator
		change func(*Indicator)
		want   string // the field, if it is refused
	}{
		{"name", people, func(i *Indicator) { i.NameVI = "Dân số 15+" }, ""},
		{"who reports", people, func(i *Indicator) { i.ReportedBy = []hierarchy.Kind{hierarchy.District} }, ""},
		{"bounds", people, func(i *Indicator) { i.Max = number(5) }, ""},
		{"group and direction", people, func(i *Indicator) { i.Group, i.Direction = "G", Lower }, ""},
		{"unit of measure", people, func(i *Indicator) { i.UnitOfMeasure = "nghìn người" }, "unit_of_measure"},
		{"measure", people, func(i *Indicator) { i.Value.Measure = YearToDate }, "measure"},
		{"rule over time", people, func(i *Indicator) { i.Value.Time = TimeMean }, "time_rule"},
		{"rule over units", people, func(i *Indicator) { i.UnitRule = UnitMax }, "unit_rule"},
		{"at least", least, func(i *Indicator) { i.AtLeast = 2 }, "unit_rule"},
		{"at least, written at another scale", least, func(i *Indicator) { i.AtLeast, i.Scale = 10, 1 }, ""},
		{"scale grows", people, func(i *Indicator) { i.Scale = 1 }, ""},
		{"scale shrinks", files, func(i *Indicator) { i.Scale = 1 }, "scale"},
		{"denominator's measure", files, func(i *Indicator) { i.Denominator = Part{Stock, TimeLast} }, "denominator_measure"},
		{"denominator's rule", files, func(i *Indicator) { i.Denominator.Time = TimeMean }, "denominator_time_rule"},
		{"denominator no longer reported", files, func(i *Indicator) { i.DenominatorIndicator, i.Denominator = "DS-15PLUS", Part{} }, "denominator_indicator"},
		{"denominator from another indicator", accounts, func(i *Indicator) { i.DenominatorIndicator = "CQ-13" }, ""},
		{"weight by another indicator", satisfied, func(i *Indicator) { i.Weight = "CQ-13" }, ""},
	} {
		before := catalogue(t, people, files, accounts, satisfied, least)
		for _, at := range []period.Day{period.Beginning, reform} {
			version := changed(changed(c.of, c.change), from(at))
			_, _, err := before.With(used, version)
			got := problems(err)
			if (len(got) > 0) != (c.want != "") || len(got) > 0 && !strings.HasPrefix(got[0], "indicators[0]."+c.want+" ") {
				t.Errorf("%s from %s: %q, want the field %q", c.name, at, got, c.want)
			}
			// Before there are figures a mistake may be put right, but two versions never mean different things.
			if _, _, err := before.With(unused, version); (err != nil) != (c.want != "" && at == reform) {
				t.Errorf("%s from %s without figures: %v", c.name, at, err)
			}
		}
	}
}

func TestR21_TheScaleGrowsWithTime(t *testing.T) {
	two := changed(files, from(reform))
	before := catalogue(t, changed(files, func(i *Indicator) { i.Scale = 1 }), two)
	for scale, refused := range map[figure.Scale]bool{0: true, 1: false, 2: false, 3: true} {
		between := changed(files, func(i *Indicator) { i.Scale, i.ValidFrom = scale, period.Date(2024, 1, 1) })
		_, _, err := before.With(nil, between)
		if refused != slices.Equal(problems(err), []string{"indicators[0].scale SCALE_SHRINKS"}) || refused == (err == nil) {
			t.Errorf("scale %d between 1 and 2: %v", scale, err)
		}
	}
	// Of two versions in one request the later one is told, whatever their order.
	_, _, err := Empty().With(nil, changed(files, func(i *Indicator) { i.Scale, i.ValidFrom = 0, reform }), files)
	if got := problems(err); !slices.Equal(got, []string{"indicators[0].scale SCALE_SHRINKS"}) {
		t.Errorf("problems = %q", got)
	}
}

func TestR43_CodesAreOneWhateverTheirCase(t *testing.T) {
	c := catalogue(t, people, files)
	if v, ok := c.On("cq-06", reform); !ok || v.Code != "CQ-06" {
		t.Errorf("cq-06 = %q, %t; want CQ-06 in its spelling", v.Code, ok)
	}
	_, _, err := c.With(nil, changed(files, func(i *Indicator) { i.Code, i.ValidFrom = "cq-06", reform }),
		changed(people, func(i *Indicator) { i.Code = "NEW" }), changed(people, func(i *Indicator) { i.Code, i.ValidFrom = "New", reform }))
	want := []string{"indicators[0].code CODE_SPELLED_OTHERWISE", "indicators[2].code CODE_SPELLED_OTHERWISE"}
	if got := problems(err); !slices.Equal(got, want) {
		t.Errorf("problems = %q, want %q", got, want)
	}
}

func TestACatalogueRefusesWithEveryProblem(t *testing.T) {
	to := func(code, weight, denominator, replaces Code) Indicator {
		i := people
		i.Code, i.Replaces = code, replaces
		if weight != "" {
			i.UnitRule, i.Weight = UnitWeightedMean, weight
		}
		if denominator != "" {
			i.UnitRule, i.DenominatorIndicator = UnitRatio, denominator
		}
		return i
	}
	for _, c := range []struct {
		name  string
		given []Indicator
		want  []string
	}{
		{"given twice", []Indicator{people, people}, []string{"indicators[1].code INDICATOR_REPEATED"}},
		{
			"unknown references",
			[]Indicator{to("A", "X", "", ""), to("B", "", "X", ""), to("C", "", "", "X")},
			[]string{"indicators[0].weight INDICATOR_NOT_FOUND", "indicators[1].denominator_indicator INDICATOR_NOT_FOUND", "indicators[2].replaces INDICATOR_NOT_FOUND"},
		},
		{"references to a ratio", []Indicator{files, to("A", "cq-06", "", "")}, []string{"indicators[1].weight REFERENCE_TO_RATIO"}},
		{"a circle of weights", []Indicator{to("C", "A", "", ""), to("A", "B", "", ""), to("B", "C", "", "")}, []string{"indicators[0].weight REFERENCE_CIRCLE"}},
		{"who leads into a circle is not on it", []Indicator{to("Z", "A", "", ""), to("A", "B", "", ""), to("B", "a", "", "")}, []string{"indicators[1].weight REFERENCE_CIRCLE"}},
		{"a circle of replacements", []Indicator{to("A", "", "", "B"), to("B", "", "", "A")}, []string{"indicators[0].replaces REFERENCE_CIRCLE"}},
		{"weight and replacement make no circle", []Indicator{to("A", "B", "", ""), to("B", "", "", "A")}, nil},
		{
			"wrong in itself",
			[]Indicator{people, changed(files, func(i *Indicator) { i.NameVI, i.ReportedBy = "", nil })},
			[]string{"indicators[1].name_vi NAME_EMPTY", "indicators[1].reported_by REPORTED_BY_EMPTY"},
		},
	} {
		next, _, err := Empty().With(nil, c.given...)
		if got := problems(err); !slices.Equal(got, c.want) || (next == nil) != (c.want != nil) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	_, _, err := Empty().With(nil, to("C", "A", "", ""), to("A", "B", "", ""), to("B", "C", "", ""))
	if !strings.Contains(err.Error(), "C → A → B → C") {
		t.Errorf("the circle is not named: %v", err)
	}
}

func TestWhoDependsOnWhom(t *testing.T) {
	c := catalogue(t, satisfied, accounts, people, files)
	weights, denominators := c.DependentsOn("ds-15plus")
	if fmt.Sprint(weights, denominators) != "[CQ-02] [XH-03]" {
		t.Errorf("dependents = %v %v", weights, denominators)
	}
	if weights, denominators = c.DependentsOn("CQ-06"); weights != nil || denominators != nil {
		t.Errorf("dependents of CQ-06 = %v %v", weights, denominators)
	}
	if got := fmt.Sprint(c.Codes()); got != "[CQ-02 CQ-06 DS-15PLUS XH-03]" {
		t.Errorf("codes = %s", got)
	}
}

func TestACatalogueCannotBeChangedFromOutside(t *testing.T) {
	mine := changed(people, func(i *Indicator) { i.Max = number(5) })
	c := catalogue(t, mine)
	mine.ReportedBy[0], *mine.Max = "x", 6
	c.Versions("DS-15PLUS")[0].Code = "Y"
	if v, ok := c.Latest("DS-15PLUS"); !ok || v.Code != "DS-15PLUS" || v.ReportedBy[0] != hierarchy.Commune || *v.Max != 5 {
		t.Errorf("changed to %+v", v)
	}
	if same, _, err := c.With(nil); same != c || err != nil {
		t.Error("nothing added is the same catalogue")
	}
}

func TestOrdinalsStayAndVersionsAgreeWithAList(t *testing.T) {
	days := []period.Day{period.Beginning, 100, 200, 300}
	rapid.Check(t, func(t *rapid.T) {
		c := Empty()
		var list []Indicator
		for n := range rapid.IntRange(1, 12).Draw(t, "calls") {
			v := changed(people, func(i *Indicator) {
				i.Code = Code(rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "code"))
				i.ValidFrom = rapid.SampledFrom(days).Draw(t, "from")
				i.NameEN = fmt.Sprint(n)
			})
			known, next := c, (*Catalogue)(nil)
			next, _, err := c.With(func(Code) bool { return true }, v)
			if err != nil {
				t.Fatal(err)
			}
			for o := range known.Len() {
				if next.At(o) != known.At(o) {
					t.Fatalf("ordinal %d was %s and is %s", o, known.At(o), next.At(o))
				}
			}
			list = append(list, v)
			c = next
		}
		for _, code := range []Code{"A", "B", "C"} {
			for _, day := range append(days, 150, 99, period.Forever) {
				var want *Indicator
				for i := range list {
					v := &list[i]
					if v.Code == code && v.ValidFrom <= day && (want == nil || v.ValidFrom >= want.ValidFrom) {
						want = v
					}
				}
				got, ok := c.On(code, day)
				if ok != (want != nil) || ok && got.NameEN != want.NameEN {
					t.Fatalf("%s on %s = %q, %t, want %v", code, day, got.NameEN, ok, want)
				}
			}
		}
	})
}
