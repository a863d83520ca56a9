package hierarchy

import (
	"slices"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

// Golden vector 13: the same code 82 before and after 2025-07-01, resolved line by line on each line's date.
func TestR1_TheSameCodeBeforeAndAfterTheReform(t *testing.T) {
	tree := plant(t, twoProvinces)
	for _, line := range []struct {
		ref  string
		on   period.Period
		want ID
		name string
	}{
		{"82", period.Of(2025, period.Month, 6), "82-0", "Tỉnh Tiền Giang"},
		{"82", period.Of(2025, period.Month, 7), "82-20250701", "Tỉnh Đồng Tháp"},
		{"82", period.Of(2025, period.Year, 1), "82-20250701", "Tỉnh Đồng Tháp"},
		{"82-0", period.Of(2025, period.Month, 7), "82-0", "Tỉnh Tiền Giang"},
		{"29869", period.Of(2025, period.Half, 1), "29869-0", "Phường Mỹ Phú"},
		{"29869", period.Of(2025, period.Half, 2), "29869-20250701", "Phường Cao Lãnh"},
	} {
		u, err := tree.Resolve(line.ref, period.Civil.Last(line.on))
		if err != nil || u.ID != line.want || u.NameVI != line.name {
			t.Errorf("%q on the last day of %v = %s, %v, want %s", line.ref, line.on, u, err, line.want)
		}
	}
	// By the cut-off calendar June ends on the 14th, and July, with the 14th of July, lies after the reform.
	june, _ := tree.Resolve("82", period.CutoffFifteenth.Last(period.Of(2025, period.Month, 6)))
	july, _ := tree.Resolve("82", period.CutoffFifteenth.Last(period.Of(2025, period.Month, 7)))
	if june.ID != "82-0" || july.ID != "82-20250701" {
		t.Errorf("cut-off: June %s, July %s", june, july)
	}
}

func TestR1_WhatCannotBeResolvedSaysWhatWouldBeRight(t *testing.T) {
	tree := plant(t, twoProvinces+`
82    district   87-0   2025-01-01  2025-07-01  Huyện mang mã tám hai
04    province   VN-0   -           -           Tỉnh Cao Bằng`)
	for _, c := range []struct {
		ref    string
		on     string
		kind   fault.Kind
		reason string
		says   []string
	}{
		{"82", "2025-02-01", fault.KindInvalid, "UNIT_AMBIGUOUS", []string{"82-0", "82-20250101", "2025-02-01"}},
		{"87", "2025-07-01", fault.KindNotFound, "UNIT_NOT_VALID", []string{"87-0", "until 2025-06-30", "Đồng Tháp"}},
		{"SKHCN", "2025-06-30", fault.KindNotFound, "UNIT_NOT_VALID", []string{"SKHCN-20250701", "from 2025-07-01"}},
		{"4", "2025-06-30", fault.KindNotFound, "UNIT_NOT_FOUND", []string{`"04"`, "zeros"}},
		{"82-20250702", "2025-07-02", fault.KindNotFound, "UNIT_NOT_FOUND", []string{"82-20250702"}},
		{"Cao Lãnh", "2025-07-02", fault.KindNotFound, "UNIT_NOT_FOUND", []string{"not its name"}},
		{"", "2025-07-02", fault.KindInvalid, "UNIT_EMPTY", nil},
		{strings.Repeat("ỳ", 100), "2025-07-02", fault.KindNotFound, "UNIT_NOT_FOUND", []string{"…"}},
	} {
		on, _ := period.ParseDay(c.on)
		_, err := tree.Resolve(c.ref, on)
		if fault.KindOf(err) != c.kind || fault.ReasonOf(err) != c.reason {
			t.Errorf("Resolve(%q, %s) error = %v, want %v %s", c.ref, c.on, err, c.kind, c.reason)
			continue
		}
		for _, word := range c.says {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("Resolve(%q, %s) = %q, which does not say %q", c.ref, c.on, err, word)
			}
		}
	}
}

func TestR1_ParentsInAFileAreResolvedOnTheRowsDate(t *testing.T) {
	rows := parseUnits(t, twoProvinces+"\n84 commune 82-0 2024-01-01 2025-01-01 Xã")
	for i := range rows {
		rows[i].Parent = ID(rows[i].Parent.Code()) // as a file has it
	}
	known, given := plant(t, "VN country - - - Việt Nam\n82 province VN-0 - 2025-07-01 Tỉnh Tiền Giang"), rows[2:]
	bound, err := known.Bind(given)
	if err != nil {
		t.Fatal(err)
	}
	if given[1].Parent != "VN" {
		t.Error("Bind changed the units it was given")
	}
	tree, err := known.With(bound...)
	if err != nil {
		t.Fatal(err)
	}
	for child, want := range map[ID]ID{"87-0": "VN-0", "866-0": "87-0", "29869-20250701": "82-20250701", "84-20240101": "82-0"} {
		if u, _ := tree.Unit(child); u.Parent != want {
			t.Errorf("parent of %s = %s, want %s", child, u.Parent, want)
		}
	}
	// The given unit stands for the known one of its id: here it no longer stands on the row's date.
	_, err = known.Bind([]Unit{
		{ID: "82-0", Code: "82", ValidFrom: period.Beginning, ValidTo: period.Date(2020, 1, 1)},
		{ID: "1-20240101", Code: "1", Parent: "82", ValidFrom: period.Date(2024, 1, 1), ValidTo: period.Forever},
		{ID: "2-0", Code: "2", Parent: "nobody", ValidFrom: period.Beginning, ValidTo: period.Forever},
	})
	if got := problems(err); !slices.Equal(got, []string{"units[1].parent UNIT_NOT_VALID", "units[2].parent UNIT_NOT_FOUND"}) {
		t.Errorf("problems = %q", got)
	}
}

func TestAUnitHasAPlaceOnItsDaysOnly(t *testing.T) {
	tree := plant(t, twoProvinces)
	last := reform.Add(-1)
	if got := words(tree.Path("30076-0", last)); got != "30076-0 873-0 87-0 VN-0" {
		t.Errorf("path before = %q", got)
	}
	if got := words(tree.Path("30076-20250701", reform)); got != "30076-20250701 82-20250701 VN-0" {
		t.Errorf("path after = %q", got)
	}
	if p, ok := tree.Parent("30076-0", reform); ok || tree.Path("30076-0", reform) != nil || tree.Within("30076-0", "30076-0", reform) {
		t.Errorf("a closed unit has a place: parent %q", p)
	}
	tree.Subtree("87-0", reform, func(u Unit) bool {
		t.Errorf("a closed unit has %s in its subtree", u)
		return true
	})
	if !tree.Within("30076-0", "VN-0", last) || !tree.Within("87-0", "87-0", last) || tree.Within("87-0", "30076-0", last) {
		t.Error("within: self and all above, nothing below")
	}
	if got := words(tree.Children("VN-0", last)); got != "82-0 87-0" {
		t.Errorf("children = %q", got)
	}
	if tree.Children("nobody-0", last) != nil || tree.Path("nobody-0", last) != nil || tree.Within("nobody-0", "VN-0", last) ||
		tree.Within("87-0", "nobody-0", last) {
		t.Error("an unknown unit has a place")
	}
	if _, ok := tree.Up(-1, last); ok {
		t.Error("no unit has a parent")
	}
}

func TestSubtreeGoesDownInCodeOrderAndEndsWhenTold(t *testing.T) {
	tree := plant(t, twoProvinces)
	var all []ID
	tree.Subtree("87-0", period.Date(2025, 1, 1), func(u Unit) bool {
		all = append(all, u.ID)
		return true
	})
	if got := words(all); got != "87-0 866-0 29869-0 873-0 30076-0 STTTT-0" {
		t.Errorf("subtree = %q", got)
	}
	n := 0
	tree.Subtree("87-0", period.Date(2025, 1, 1), func(Unit) bool {
		n++
		return n < 3
	})
	if n != 3 {
		t.Errorf("visited %d, want 3", n)
	}
}

func TestSearchFoldsWhatReadersType(t *testing.T) {
	tree := plant(t, `
		VN    country   -    - - Việt Nam
		01    province  VN-0 - - Tỉnh Hòa Bình
		02    province  VN-0 - - Tỉnh Ðồng Tháp
		03    province  VN-0 - - Tỉnh Bà Rịa - Vũng Tàu
		04    district  02-0 - - Huyện Hoà An
		05    commune   04-0 - - Xã Thạnh Hoá
		CDS-1 department 02-0 - - Sở Thông tin`)
	for _, c := range []struct {
		q    Query
		want string
	}{
		{Query{Text: "hoa"}, "01-0 04-0 05-0"},
		{Query{Text: "Hòa"}, "01-0 04-0 05-0"},
		{Query{Text: "HOÀ"}, "01-0 04-0 05-0"},
		{Query{Text: "dong thap"}, "02-0"},
		{Query{Text: "tháp đồng"}, "02-0"},
		{Query{Text: "th do"}, "02-0"},
		{Query{Text: "hap"}, ""},
		{Query{Text: "rịa-vũng"}, "03-0"},
		{Query{Text: "03"}, "03-0"},
		{Query{Text: "cds-1"}, "CDS-1-0"},
		{Query{Text: "hoa", Kinds: []Kind{District, Commune}}, "04-0 05-0"},
		{Query{Text: "hoa", Below: "02-0"}, "04-0 05-0"},
		{Query{Below: "04-0"}, "04-0 05-0"},
		{Query{Below: "nobody-0"}, ""},
		{Query{Kinds: []Kind{Province}}, "01-0 02-0 03-0"},
		{Query{Text: " -, "}, "01-0 02-0 03-0 04-0 05-0 CDS-1-0 VN-0"},
	} {
		c.q.On = reform
		var got []ID
		for _, u := range tree.Search(c.q) {
			got = append(got, u.ID)
		}
		if words(got) != c.want {
			t.Errorf("Search(%+v) = %q, want %q", c.q, words(got), c.want)
		}
	}
	if got := plant(t, twoProvinces).Search(Query{On: reform, Text: "tien giang"}); len(got) != 0 {
		t.Errorf("a closed unit was found: %v", got)
	}
}
