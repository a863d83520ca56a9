package form

import (
	"slices"
	"testing"

	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// derived makes an indicator that is computed from others.
func derived(code indicator.Code, formula string) indicator.Indicator {
	return indicator.Indicator{
		Code: code, NameVI: "Tính từ chỉ tiêu khác", UnitRule: indicator.UnitDerived, Formula: formula, ValidFrom: period.Beginning,
	}
}

func TestR18_NobodyReportsWhatIsDerived(t *testing.T) {
	tree := province(t)
	cat := catalogue(t, counted("A", "commune"), counted("B", "commune"), derived("X", "[A] / [B]"))
	carrier := monthly(t, "M", "kind:commune", "A", "x")
	_, _, err := Empty().With(tree, cat, carrier)
	if got := problems(err); !slices.Equal(got, []string{"forms[0].indicators INDICATOR_DERIVED"}) {
		t.Errorf("problems = %q", got)
	}
	// Before there are figures an indicator may become derived, unless a form asks for it.
	before := catalogue(t, counted("A", "commune"), counted("X", "commune"))
	set, _, err := Empty().With(tree, before, carrier)
	if err != nil {
		t.Fatal(err)
	}
	after, _, err := before.With(nil, derived("X", "[A] / 2"))
	if err != nil {
		t.Fatal(err)
	}
	if got := problems(set.Check(tree, after)); !slices.Equal(got, []string{"indicators INDICATOR_DERIVED"}) {
		t.Errorf("problems = %q", got)
	}
}

func TestR4_ThePartsOfADerivedIndicatorShareOneCalendar(t *testing.T) {
	tree := province(t)
	cat := catalogue(t, counted("A", "commune"), counted("B", "commune"), counted("C", "commune"),
		derived("X", "[A] / [B, -1y]"), derived("Y", "[X] + 1"))
	cutoff := monthly(t, "M", "kind:commune", "A")
	cutoff.Calendar = period.CutoffFifteenth
	civil := monthly(t, "N", "kind:commune", "B")
	free := monthly(t, "O", "kind:commune", "C")
	set, _, err := Empty().With(tree, cat, cutoff, free)
	if err != nil {
		t.Fatal(err)
	}
	// X and what is computed from it are told each.
	want := []string{"forms[0].calendar DERIVED_WITH_TWO_CALENDARS", "forms[0].calendar DERIVED_WITH_TWO_CALENDARS"}
	if _, _, err := set.With(tree, cat, civil); !slices.Equal(problems(err), want) {
		t.Errorf("problems = %q", problems(err))
	}
	// The other way round the formula is the last to come.
	plain := catalogue(t, counted("A", "commune"), counted("B", "commune"), counted("C", "commune"))
	set, _, err = Empty().With(tree, plain, cutoff, civil, free)
	if err != nil {
		t.Fatal(err)
	}
	for formula, ok := range map[string]bool{"[A] + [B]": false, "[B] + [C]": true, "[A] * 2": true} {
		next, _, err := plain.With(nil, derived("X", formula))
		if err != nil {
			t.Fatal(err)
		}
		err = set.Check(tree, next)
		if (err == nil) != ok || !ok && !slices.Equal(problems(err), []string{"calendar DERIVED_WITH_TWO_CALENDARS"}) {
			t.Errorf("%s: %v", formula, err)
		}
	}
}
