package form

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

func TestR4_OneFormPerIndicatorUnitAndDay(t *testing.T) {
	tree := province(t)
	all := []hierarchy.Kind{"commune", "district", "department"}
	for _, c := range []struct {
		name, first, second string
		says                string // parts of the sentence; empty if the forms are right
	}{
		{"different kinds", "kind:commune", "kind:department", ""},
		{"the same kind", "kind:commune", "kind:commune", "every commune"},
		{"kinds that nobody has yet", "kind:hamlet", "kind:hamlet", ""},
		{"one unit of the kind", "kind:commune", "unit:A-0", "unit A-0"},
		{"one unit of another kind", "kind:commune", "unit:D1-0", ""},
		{"different units", "unit:S1-0", "unit:S2-0", ""},
		{"different districts", "kind:commune@D1-0", "kind:commune@D2-0", ""},
		{"a district of the province", "kind:commune@D1-0", "kind:commune@P-0", "every commune under D1-0"},
		{"a district that ended", "kind:commune@D1-0", "kind:commune;2025-07-01..", ""},
		{"one after the other", "kind:commune;..2025-01-01", "kind:commune;2025-01-01..", ""},
		{"one day together", "kind:commune;..2025-01-02", "kind:commune;2025-01-01..", "every commune|from 2025-01-01"},
		{"one unit that begins later", "unit:A-20250701", "unit:A-20250701", "unit A-20250701|from 2025-07-01"},
		{"under one that begins later", "kind:department@A-20250701", "kind:department@A-20250701", "every department under A-20250701|from 2025-07-01"},
		{"all but one, and the one", "kind:department|except:unit:S1-0", "unit:S1-0", ""},
		{"all but one until a day, and the one", "kind:department|except:unit:S1-0;..2026-01-01", "unit:S1-0", "unit S1-0 (Đơn vị S1)|from 2026-01-01"},
		{"all but a district, and the district", "kind:commune|except:kind:commune@D1-0", "kind:commune@D1-0", ""},
		{"all but a district, and its province", "kind:commune|except:kind:commune@D1-0", "kind:commune@P-0", "every commune under P-0"},
	} {
		first, second := monthly(t, "F", c.first, "X"), monthly(t, "G", c.second, "Y", "x")
		cat := catalogue(t, counted("X", all...), counted("Y", all...))
		base, _, err := Empty().With(tree, cat, first)
		if err != nil {
			t.Fatal(err)
		}
		_, _, together := Empty().With(tree, cat, second, first)
		_, _, after := base.With(tree, cat, second)
		if (after != nil) != (c.says != "") || (together != nil) != (c.says != "") {
			t.Errorf("%s: after %v, together %v, want one = %t", c.name, after, together, c.says != "")
			continue
		}
		if c.says == "" {
			continue
		}
		if got := problems(after); !slices.Equal(got, []string{"forms[0].assigned INDICATOR_IN_TWO_FORMS"}) {
			t.Errorf("%s: %q", c.name, got)
		}
		for part := range strings.SplitSeq(c.says, "|") {
			if !strings.Contains(after.Error(), part) {
				t.Errorf("%s: %q does not say %q", c.name, after, part)
			}
		}
	}
}

func TestR4_AFormThatNoLongerAsksDoesNotClash(t *testing.T) {
	tree, cat := province(t), catalogue(t, counted("X", "commune"), counted("Y", "commune"))
	old := monthly(t, "F", "kind:commune", "X", "Y")
	without := monthly(t, "F", "kind:commune", "Y")
	without.ValidFrom = reform
	next := monthly(t, "G", "kind:commune", "X")
	next.ValidFrom = reform
	if _, _, err := Empty().With(tree, cat, old, without, next); err != nil {
		t.Errorf("X moves from F to G at the reform: %v", err)
	}
	next.ValidFrom = reform.Add(-1)
	if _, _, err := Empty().With(tree, cat, old, without, next); !slices.Equal(problems(err), []string{"forms[0].assigned INDICATOR_IN_TWO_FORMS"}) {
		t.Errorf("X is in both on one day: %v", err)
	}
}

func TestR4_OnlyUnitsThatReportTheIndicatorClash(t *testing.T) {
	tree := province(t)
	forms := []Form{monthly(t, "F", "kind:commune|kind:department", "X"), monthly(t, "G", "kind:department", "X")}
	byCommunes := counted("X", "commune")
	if _, _, err := Empty().With(tree, catalogue(t, byCommunes), forms...); err != nil {
		t.Errorf("departments report X in neither form: %v", err)
	}
	checked := byCommunes
	checked.CheckedBy = []hierarchy.Kind{"department"}
	if _, _, err := Empty().With(tree, catalogue(t, checked), forms...); err == nil {
		t.Error("departments would send X for comparison in two forms")
	}
	narrowed := checked
	narrowed.Assigned = selectors(t, "except:kind:department")
	set, _, err := Empty().With(tree, catalogue(t, narrowed), forms...)
	if err != nil {
		t.Errorf("X is narrowed to others than departments: %v", err)
	}
	// A catalogue that changes afterwards is found by Check.
	if err := set.Check(tree, catalogue(t, narrowed)); err != nil {
		t.Error(err)
	}
	if err := set.Check(tree, catalogue(t, checked)); err == nil {
		t.Error("Check did not see that the catalogue lets departments report X twice")
	}
}

func TestR4_OneCalendarPerIndicatorAndKind(t *testing.T) {
	tree, cat := province(t), catalogue(t, counted("X", "commune", "department"))
	civil := monthly(t, "F", "kind:commune@D1-0", "X")
	for _, c := range []struct {
		name, assigned string
		want           []string
	}{
		{"another kind", "kind:department", nil},
		{"the same kind elsewhere", "kind:commune@D2-0", []string{"forms[1].calendar INDICATOR_WITH_TWO_CALENDARS"}},
		{"a unit of the same kind", "unit:C-0", []string{"forms[1].calendar INDICATOR_WITH_TWO_CALENDARS"}},
		{"the same kind in another year", "kind:commune;2030-01-01..", []string{"forms[1].calendar INDICATOR_WITH_TWO_CALENDARS"}},
		{"a kind that does not report X", "kind:district", nil},
	} {
		cutoff := monthly(t, "G", c.assigned, "X")
		cutoff.Calendar = period.CutoffFifteenth
		_, _, err := Empty().With(tree, cat, civil, cutoff)
		if got := problems(err); len(got) != len(c.want) || len(got) == 1 && !strings.HasSuffix(got[0], "calendar INDICATOR_WITH_TWO_CALENDARS") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		cutoff.Calendar, cutoff.Frequency = period.Civil, period.Year
		if _, _, err := Empty().With(tree, cat, civil, cutoff); err != nil {
			t.Errorf("%s: another frequency is allowed: %v", c.name, err)
		}
	}
}

// The imagined units of findClashes are compared with a country in which every place that a selector can tell from
// another is taken by a real unit, asked day by day.
func TestR4_ImaginedUnitsStandForAllUnits(t *testing.T) {
	tree := province(t)
	kinds := []hierarchy.Kind{"commune", "district", "department", "province"}
	places := []hierarchy.ID{"", "P-0", "D1-0", "D2-0", "A-0", "A-20250701", "S1-0"}
	clashed := 0
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string, only bool) []hierarchy.Selector {
			return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) hierarchy.Selector {
				s := hierarchy.Selector{
					From: rapid.SampledFrom([]period.Day{period.Beginning, 100, reform - 1}).Draw(t, "from"),
					To:   rapid.SampledFrom([]period.Day{period.Forever, reform, 200}).Draw(t, "to"),
				}
				s.Except = !only && rapid.IntRange(0, 2).Draw(t, "except") == 0
				if s.From >= s.To {
					s.From = period.Beginning
				}
				if rapid.IntRange(0, 2).Draw(t, "one") == 0 {
					s.Unit = rapid.SampledFrom(places[1:]).Draw(t, "unit")
				} else {
					s.Kind, s.Under = rapid.SampledFrom(kinds).Draw(t, "kind"), rapid.SampledFrom(places).Draw(t, "under")
				}
				return s
			}), 1, 2).Draw(t, name)
		}
		cat, _, err := indicator.Empty().With(nil, counted("X", kinds...))
		if err != nil {
			t.Fatal(err)
		}
		form := func(code Code) Form {
			return Form{
				Code: code, NameVI: "B", Frequency: period.Month, Calendar: period.Civil, Indicators: []indicator.Code{"X"},
				Assigned: append(draw("some of "+string(code), true), draw("all of "+string(code), false)...),
			}
		}
		f, g := form("F"), form("G")
		f.ValidFrom, g.ValidFrom = period.Beginning, period.Beginning
		_, _, err = Empty().With(tree, cat, f, g)
		example := bothAsk(tree, kinds, places, f, g)
		if (err != nil) != (example != "") {
			t.Fatalf("F %q, G %q: error = %v, but asked twice: %s", hierarchy.FormatSelectors(f.Assigned),
				hierarchy.FormatSelectors(g.Assigned), err, example)
		}
		if err != nil {
			clashed++
		}
	})
	if clashed == 0 {
		t.Error("no two forms clashed")
	}
}

// bothAsk asks the units that are there, and one of every kind in every place.
func bothAsk(tree *hierarchy.Tree, kinds []hierarchy.Kind, places []hierarchy.ID, f, g Form) string {
	var all []hierarchy.Unit
	for o := range tree.Len() {
		all = append(all, tree.At(o))
	}
	for _, kind := range kinds {
		for _, place := range places {
			all = append(all, hierarchy.Unit{ID: hierarchy.ID("new-" + string(place)), Kind: kind, Parent: place, ValidFrom: period.Beginning, ValidTo: period.Forever})
		}
	}
	for _, day := range []period.Day{period.Beginning, 0, 99, 100, 101, 199, 200, reform - 2, reform - 1, reform, reform + 1} {
		for _, u := range all {
			if u.ValidOn(day) && hierarchy.Selected(f.Assigned, tree, u, day) && hierarchy.Selected(g.Assigned, tree, u, day) {
				return u.String() + " " + string(u.Kind) + " on " + day.String()
			}
		}
	}
	return ""
}

// TestR4_NoPeriodIsReportedTwice lets units go from months to longer periods: within a year with the first day of one, and
// never so that a month lies in a quarter that is owed too.
func TestR4_NoPeriodIsReportedTwice(t *testing.T) {
	tree, all := province(t), []hierarchy.Kind{"commune", "district", "department"}
	for _, c := range []struct {
		name, months, longer string
		kind                 period.Kind
		says                 string
	}{
		{"with a quarter", "kind:commune;..2025-04-01", "kind:commune;2025-04-01..", period.Quarter, ""},
		{"within a quarter", "kind:commune;..2025-03-10", "kind:commune;2025-03-10..", period.Quarter, "every commune|2025-01 and again for 2025-Q1|first day of a quarter"},
		{"with a month of a quarter", "kind:commune;..2025-06-01", "kind:commune;2025-06-01..", period.Quarter, "2025-04 and again for 2025-Q2"},
		{"back within a quarter", "kind:commune;2025-05-10..", "kind:commune;..2025-05-10", period.Quarter, ""},
		{"with a half-year", "kind:commune;..2025-07-01", "kind:commune;2025-07-01..", period.Half, ""},
		{"with a quarter of a half-year", "kind:commune;..2025-04-01", "kind:commune;2025-04-01..", period.Half, "2025-01 and again for 2025-H1"},
		{"with a year", "kind:commune;..2026-01-01", "kind:commune;2026-01-01..", period.Year, ""},
		{"within a year", "kind:commune;..2025-07-01", "kind:commune;2025-07-01..", period.Year, "2025-01 and again for 2025"},
		{"one unit alone", "kind:department|except:unit:S1-0;2025-03-10..", "unit:S1-0;2025-03-10..", period.Quarter, "unit S1-0"},
		{"another unit", "kind:department|except:unit:S1-0;2025-03-10..", "unit:D1-0;2025-03-10..", period.Quarter, ""},
		{"for a while", "kind:commune|except:kind:commune;2025-04-01..2025-09-01", "kind:commune;2025-04-01..2025-09-01", period.Quarter, ""},
		{"for too long a while", "kind:commune|except:kind:commune;2025-04-01..2025-08-20", "kind:commune;2025-04-01..2025-10-01", period.Quarter, "one day"},
	} {
		first, second := monthly(t, "F", c.months, "X"), monthly(t, "G", c.longer, "X")
		second.Frequency = c.kind
		_, _, err := Empty().With(tree, catalogue(t, counted("X", all...)), first, second)
		want := []string{"forms[0].assigned INDICATOR_TWICE_IN_PERIOD"}
		switch c.says {
		case "":
			want = nil
		case "one day":
			want = []string{"forms[0].assigned INDICATOR_IN_TWO_FORMS"}
		}
		if got := problems(err); !slices.Equal(got, want) {
			t.Errorf("%s: %q (%v), want %q", c.name, got, err, want)
			continue
		}
		for part := range strings.SplitSeq(c.says, "|") {
			if c.says != "one day" && c.says != "" && !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q does not say %q", c.name, err, part)
			}
		}
	}
}
