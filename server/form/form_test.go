package form

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

func due(t testing.TB, s string) period.Due {
	t.Helper()
	d, err := period.ParseDue(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCheckTellsEveryViolationWithItsField(t *testing.T) {
	right := monthly(t, "CDS", "kind:commune", "X", "Y")
	if err := right.Check(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		spoil func(*Form)
		want  []string
	}{
		{"code", func(f *Form) { f.Code = "a~b" }, []string{"code CODE_MALFORMED"}},
		{"names", func(f *Form) { f.NameVI, f.NameEN = "", " x" }, []string{"name_vi NAME_EMPTY", "name_en TEXT_NOT_CLEAN"}},
		{"nine months", func(f *Form) { f.Frequency = period.NineMonths }, []string{"frequency FREQUENCY_UNKNOWN"}},
		{"calendar", func(f *Form) { f.Calendar = 9 }, []string{"calendar CALENDAR_UNKNOWN"}},
		{"asks nothing", func(f *Form) { f.Indicators = nil }, []string{"indicators INDICATORS_EMPTY"}},
		{
			"asks twice", func(f *Form) { f.Indicators = []indicator.Code{"X", "y", "x", "a b"} },
			[]string{"indicators[2] FORM_INDICATOR_REPEATED", "indicators[3] CODE_MALFORMED"},
		},
		{"nobody", func(f *Form) { f.Assigned = nil }, []string{"assigned ASSIGNED_EMPTY"}},
		{"exceptions alone", func(f *Form) { f.Assigned = hierarchy.Excepting(f.Assigned) }, []string{"assigned ASSIGNED_EMPTY"}},
		{"a wrong selector", func(f *Form) { f.Assigned = []hierarchy.Selector{{Kind: "Xã"}} }, []string{"assigned[0].kind KIND_MALFORMED"}},
		{"units", func(f *Form) { f.Owner, f.Reviewer = "P", "P" }, []string{"owner UNIT_ID_MALFORMED", "reviewer UNIT_ID_MALFORMED"}},
		{"due", func(f *Form) { f.Due = due(t, "Commune=+2") }, []string{"due KIND_MALFORMED"}},
	} {
		if got := problems(changed(right, c.spoil).Check()); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestASetRefusesWithEveryProblem(t *testing.T) {
	tree, cat := province(t), catalogue(t, counted("X", "commune"))
	set, _, err := Empty().With(tree, cat, monthly(t, "CDS", "kind:commune", "X"))
	if err != nil {
		t.Fatal(err)
	}
	later := func(f *Form) { f.ValidFrom = reform }
	for _, c := range []struct {
		name  string
		given []Form
		want  []string
	}{
		{"given twice", []Form{monthly(t, "N", "kind:district", "X"), monthly(t, "n", "kind:district", "X")}, []string{"forms[1].code FORM_REPEATED"}},
		{"R43 spelled otherwise", []Form{changed(monthly(t, "cds", "kind:commune", "X"), later)}, []string{"forms[0].code CODE_SPELLED_OTHERWISE"}},
		{
			"what is not there",
			[]Form{changed(monthly(t, "N", "kind:district|kind:district@Q-0|unit:R-0", "X", "Z"), func(f *Form) { f.Owner, f.Reviewer = "S-0", "T-0" })},
			[]string{
				"forms[0].indicators[1] INDICATOR_NOT_FOUND", "forms[0].assigned[1].under UNIT_NOT_FOUND", "forms[0].assigned[2].unit UNIT_NOT_FOUND",
				"forms[0].owner UNIT_NOT_FOUND", "forms[0].reviewer UNIT_NOT_FOUND",
			},
		},
		{"R4 another frequency", []Form{changed(monthly(t, "CDS", "kind:commune", "X"), func(f *Form) { f.Frequency = period.Year })}, []string{"forms[0].frequency FORM_TIMING_CHANGED"}},
		{"R4 another frequency later, and calendar", []Form{changed(monthly(t, "CDS", "kind:commune", "X"), func(f *Form) {
			f.ValidFrom, f.Frequency, f.Calendar = reform, period.Quarter, period.CutoffFifteenth
		})}, []string{"forms[0].frequency FORM_TIMING_CHANGED", "forms[0].calendar FORM_TIMING_CHANGED"}},
		{"R4 two calendars in one request", []Form{
			changed(monthly(t, "N", "kind:district", "X"), later),
			changed(monthly(t, "N", "kind:district", "X"), func(f *Form) { f.Calendar = period.CutoffFifteenth }),
		}, []string{"forms[0].calendar FORM_TIMING_CHANGED"}},
		{
			"wrong in itself",
			[]Form{monthly(t, "N", "kind:district", "X"), changed(monthly(t, "M", "kind:district", "X"), func(f *Form) { f.NameVI = "" })},
			[]string{"forms[1].name_vi NAME_EMPTY"},
		},
	} {
		next, _, err := set.With(tree, cat, c.given...)
		if got := problems(err); next != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestVersionsOfAForm(t *testing.T) {
	tree, cat := province(t), catalogue(t, counted("X", "commune"), counted("Y", "commune"), counted("Z", "department"))
	early, late := monthly(t, "CDS-thang", "kind:commune", "X"), monthly(t, "CDS-thang", "kind:commune", "x", "Y")
	early.ValidFrom, late.ValidFrom = period.Date(2024, 1, 1), reform
	set, warnings, err := Empty().With(tree, cat, late, early, monthly(t, "BC", "kind:department", "Z"))
	if err != nil || len(warnings) != 0 {
		t.Fatal(err, warnings)
	}
	for _, c := range []struct {
		day  period.Day
		want string
	}{
		{period.Date(2023, 12, 31), "[]"}, {period.Date(2024, 1, 1), "[X]"}, {reform.Add(-1), "[X]"}, {reform, "[x Y]"},
	} {
		f, ok := set.On("cds-THANG", c.day)
		if fmt.Sprint(f.Indicators) != c.want || ok != (c.want != "[]") {
			t.Errorf("on %s: %v, %t, want %s", c.day, f.Indicators, ok, c.want)
		}
	}
	if f, _ := set.Latest("CDS-thang"); f.ValidFrom != reform || len(set.Versions("CDS-thang")) != 2 || set.Versions("nobody") != nil {
		t.Errorf("latest begins %s", f.ValidFrom)
	}
	if got := fmt.Sprint(set.Codes()); got != "[BC CDS-thang]" {
		t.Errorf("codes = %s", got)
	}
	if o, ok := set.Ordinal("cds-thang"); o != 0 || !ok || set.At(0) != "CDS-thang" || set.Len() != 2 {
		t.Errorf("ordinal = %d, %t", o, ok)
	}
	if len(set.Carrying("Y", reform.Add(-1))) != 0 || len(set.Carrying("y", reform)) != 1 || len(set.Carrying("X", reform)) != 1 {
		t.Error("Y is asked from the reform on, X always")
	}
	late.Indicators[0] = "changed"
	if f, _ := set.Latest("CDS-thang"); f.Indicators[0] != "x" {
		t.Error("a set was changed from outside")
	}
	if same, _, err := set.With(tree, cat); same != set || err != nil {
		t.Error("nothing added is the same set")
	}
}

func TestR6_ALevelIsDueAfterTheLevelBelow(t *testing.T) {
	tree, cat := province(t), catalogue(t, counted("X", "commune"))
	for cell, want := range map[string]string{
		"commune=+2|district=+4|department=+6|province=+11": "",
		"commune=+4|district=+4":                            "district commune",
		"province=+3|commune=+4":                            "province commune",
		"province=+6|department=+6":                         "province department",
		"district=+2|department=+1":                         "",
		"commune=+2w|district=+3w":                          "",
		"commune=+2w|district=+2":                           "district commune",
		"commune=+3w|district=+4":                           "district commune", // from a Thursday on, +4 comes before +3w
		"commune=+3w|district=+9":                           "",
		"commune=+7|district=+3w":                           "district commune",
		"":                                                  "",
	} {
		f := monthly(t, "CDS", "kind:commune", "X")
		f.Due = due(t, cell)
		_, warnings, err := Empty().With(tree, cat, f)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range warnings {
			upper, _ := w.Param("upper")
			lower, _ := w.Param("lower")
			got = append(got, upper+" "+lower)
			if w.Reason != "DUE_NO_LATER_THAN_BELOW" || w.Field != "forms[0].due" {
				t.Errorf("%q: warning %s at %s", cell, w.Reason, w.Field)
			}
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
	}
}

// TestR6_AtLeastOneWorkingDayAfterTheCutOff warns of a due day on the last day of the period; it is moved behind it.
func TestR6_AtLeastOneWorkingDayAfterTheCutOff(t *testing.T) {
	tree, cat := province(t), catalogue(t, counted("X", "commune"))
	for cell, want := range map[string]string{
		"commune=+0": "commune +0", "commune=+0w|district=+4": "commune +0w", "commune=+1": "", "commune=+1w": "",
	} {
		f := monthly(t, "CDS", "kind:commune", "X")
		f.Due = due(t, cell)
		_, warnings, err := Empty().With(tree, cat, f)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range warnings {
			kind, _ := w.Param("kind")
			value, _ := w.Param("value")
			got = append(got, kind+" "+value)
			if w.Reason != "DUE_ON_LAST_DAY" || w.Field != "forms[0].due" {
				t.Errorf("%q: warning %s at %s", cell, w.Reason, w.Field)
			}
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
		made := (&Timetable{}).WithForms(Moment{Sequence: 1}, f)
		last := f.Last(period.Of(2024, period.Month, 2))
		if day, ok := made.DueDay(f.Code, "commune", last); !ok || day <= last || !(period.Holidays{}).Working(day) {
			t.Errorf("%q: February, which ends on %v, is due %v", cell, last, day)
		}
	}
}
