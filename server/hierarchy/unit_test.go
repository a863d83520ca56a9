package hierarchy

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

// reform is the day on which districts were abolished.
var reform = period.Date(2025, 7, 1)

func TestNewUnitStoresNamesInOneForm(t *testing.T) {
	decomposed := "  Xa\u0303 My\u0303 Tra\u0300 "
	u, err := NewUnit("29869", Commune, decomposed, " My Tra", "866-0", period.Beginning, reform)
	if err != nil {
		t.Fatal(err)
	}
	if u.NameVI != "Xã Mỹ Trà" || u.NameEN != "My Tra" || u.ID != "29869-0" {
		t.Errorf("NewUnit = %+v", u)
	}
	if !u.ValidOn(reform.Add(-1)) || u.ValidOn(reform) {
		t.Error("valid_to is the first day on which the unit does not stand")
	}
}

func TestCheckTellsEveryViolationWithItsField(t *testing.T) {
	right := Unit{ID: "82-0", Code: "82", Kind: Province, NameVI: "Tỉnh", ValidFrom: period.Beginning, ValidTo: period.Forever}
	if err := right.Check(); err != nil {
		t.Fatalf("a right unit: %v", err)
	}
	for _, c := range []struct {
		name  string
		spoil func(u *Unit)
		want  []string // fields and reasons
	}{
		{"code", func(u *Unit) { u.Code, u.ID = "8 2", "8 2-0" }, []string{"code CODE_MALFORMED"}},
		{"code like an id", func(u *Unit) { u.Code, u.ID = "8-0", "8-0-0" }, []string{"code UNIT_CODE_LIKE_ID"}},
		{"kind", func(u *Unit) { u.Kind = "Tỉnh" }, []string{"kind KIND_MALFORMED"}},
		{"no name", func(u *Unit) { u.NameVI = "" }, []string{"name_vi UNIT_NAME_EMPTY"}},
		{"name not clean", func(u *Unit) { u.NameVI = "Ti\u0309nh" }, []string{"name_vi TEXT_NOT_CLEAN"}},
		{"name not clean, English", func(u *Unit) { u.NameEN = " x" }, []string{"name_en TEXT_NOT_CLEAN"}},
		{"name too long", func(u *Unit) { u.NameVI = strings.Repeat("ỳ", MaxName+1) }, []string{"name_vi TEXT_TOO_LONG"}},
		{"parent is a code", func(u *Unit) { u.Parent = "01" }, []string{"parent UNIT_ID_MALFORMED"}},
		{"days reversed", func(u *Unit) { u.ValidTo = period.Beginning }, []string{"valid_to UNIT_DATES_REVERSED"}},
		{"no day", func(u *Unit) { u.ValidFrom, u.ID, u.ValidTo = reform, "82-20250701", reform }, []string{"valid_to UNIT_DATES_REVERSED"}},
		{"a year of five digits", func(u *Unit) { u.ValidTo = period.Date(10000, 1, 1) }, []string{"valid_to UNIT_DAY_OUT_OF_RANGE"}},
		{"another id", func(u *Unit) { u.ID = "83-0" }, []string{"id UNIT_ID_MISMATCH"}},
		{
			"all of it", func(u *Unit) { u.Kind, u.NameVI, u.Parent = "", "", "x" },
			[]string{"kind KIND_EMPTY", "name_vi UNIT_NAME_EMPTY", "parent UNIT_ID_MALFORMED"},
		},
	} {
		u := right
		c.spoil(&u)
		if got := problems(u.Check()); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// problems gives field and reason of every violation.
func problems(err error) []string {
	var e *fault.Error
	if !errors.As(err, &e) {
		return nil
	}
	if len(e.Details) == 0 {
		return []string{e.Field + " " + e.Reason}
	}
	var all []string
	for _, d := range e.Details {
		all = append(all, d.Field+" "+d.Reason)
	}
	return all
}
