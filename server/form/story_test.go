package form

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

var (
	reform = period.Date(2025, 7, 1)
	june   = period.Of(2025, period.Month, 6)
	july   = period.Of(2025, period.Month, 7)
)

// province is Đồng Tháp in small: two districts with two communes each until 2025-06-30, then two communes; and two
// departments throughout.
func province(t testing.TB) *hierarchy.Tree {
	t.Helper()
	unit := func(code hierarchy.Code, kind hierarchy.Kind, parent hierarchy.ID, from, to period.Day) hierarchy.Unit {
		u, err := hierarchy.NewUnit(code, kind, "Đơn vị "+string(code), "", parent, from, to)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	before := func(code hierarchy.Code, kind hierarchy.Kind, parent hierarchy.ID) hierarchy.Unit {
		return unit(code, kind, parent, period.Beginning, reform)
	}
	tree, err := hierarchy.Empty().With(
		unit("P", hierarchy.Province, "", period.Beginning, period.Forever),
		before("D1", hierarchy.District, "P-0"), before("D2", hierarchy.District, "P-0"),
		before("A", hierarchy.Commune, "D1-0"), before("B", hierarchy.Commune, "D1-0"),
		before("C", hierarchy.Commune, "D2-0"), before("E", hierarchy.Commune, "D2-0"),
		unit("A", hierarchy.Commune, "P-0", reform, period.Forever), unit("C", hierarchy.Commune, "P-0", reform, period.Forever),
		unit("S1", hierarchy.Department, "P-0", period.Beginning, period.Forever),
		unit("S2", hierarchy.Department, "P-0", period.Beginning, period.Forever),
	)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// counted makes a plain indicator that these kinds report.
func counted(code indicator.Code, kinds ...hierarchy.Kind) indicator.Indicator {
	return indicator.Indicator{
		Code: code, NameVI: "Số lượng", UnitRule: indicator.UnitSum, Value: indicator.Part{Time: indicator.TimeSum},
		ReportedBy: kinds, LevelsOwn: true, ValidFrom: period.Beginning,
	}
}

func catalogue(t testing.TB, versions ...indicator.Indicator) *indicator.Catalogue {
	t.Helper()
	c, _, err := indicator.Empty().With(nil, versions...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// monthly makes a monthly form of the civil calendar, assigned by the words of a cell.
func monthly(t testing.TB, code Code, assigned string, indicators ...indicator.Code) Form {
	t.Helper()
	return Form{
		Code: code, NameVI: "Biểu", Frequency: period.Month, Calendar: period.Civil, Indicators: indicators,
		Assigned: selectors(t, assigned), ValidFrom: period.Beginning,
	}
}

func selectors(t testing.TB, cell string) []hierarchy.Selector {
	t.Helper()
	s, err := hierarchy.ParseSelectors(cell, hierarchy.ParseID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func changed(f Form, change func(*Form)) Form {
	f = f.clone()
	change(&f)
	return f
}

// units lists those of the tree for which yes is true, by id.
func units(t *hierarchy.Tree, yes func(hierarchy.Unit) bool) string {
	var ids []string
	for o := range t.Len() {
		if u := t.At(o); yes(u) {
			ids = append(ids, string(u.ID))
		}
	}
	slices.Sort(ids)
	return fmt.Sprint(ids)
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
