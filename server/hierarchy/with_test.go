package hierarchy

import (
	"slices"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

func TestParentsMayStandInAnyOrder(t *testing.T) {
	units := parseUnits(t, twoProvinces)
	slices.Reverse(units)
	tree, err := Empty().With(units...)
	if err != nil {
		t.Fatal(err)
	}
	if got := words(tree.Path("29869-0", reform.Add(-1))); got != "29869-0 866-0 87-0 VN-0" {
		t.Errorf("path = %q", got)
	}
}

func TestATreeRefusesWithEveryProblem(t *testing.T) {
	for _, c := range []struct {
		name, lines string
		want        []string
	}{
		{
			"unknown parent, twice", "9 commune nobody-0 - - Xã\n8 commune 87-20250701 - - Xã",
			[]string{"units[0].parent UNIT_PARENT_NOT_FOUND", "units[1].parent UNIT_PARENT_NOT_FOUND"},
		},
		{"given twice", "9 commune VN-0 - - Xã\n9 commune VN-0 - 2030-01-01 Xã", []string{"units[1].id UNIT_REPEATED"}},
		{
			"a circle of three and one who leads into it", "a commune d-0 - - A\nb commune c-0 - - B\nc commune d-0 - - C\nd commune b-0 - - D",
			[]string{"units[3].parent UNIT_PARENT_CIRCLE"},
		},
		{"its own parent", "a commune a-0 - - A", []string{"units[0].parent UNIT_PARENT_CIRCLE"}},
		{
			"two circles", "a commune b-0 - - A\nb commune a-0 - - B\nc commune c-0 - - C",
			[]string{"units[0].parent UNIT_PARENT_CIRCLE", "units[2].parent UNIT_PARENT_CIRCLE"},
		},
		{"parent ends before", "9 commune 866-0 - - Xã", []string{"units[0].parent UNIT_PARENT_NOT_VALID"}},
		{"parent begins later", "9 commune 82-20250701 - - Xã", []string{"units[0].parent UNIT_PARENT_NOT_VALID"}},
		{"the code is taken on some days", "82 province VN-0 2024-01-01 2024-02-01 Tỉnh", []string{"units[0].code UNIT_CODE_TAKEN"}},
		{
			"the code is taken in the request", "9 commune VN-0 - 2024-01-01 X\n9 commune VN-0 2023-12-31 - Y\n9 commune VN-0 2024-01-01 - Z",
			[]string{"units[1].code UNIT_CODE_TAKEN", "units[2].code UNIT_CODE_TAKEN"},
		},
		{"another kind", "866 commune 87-0 - 2025-07-01 Thành phố Cao Lãnh", []string{"units[0].kind UNIT_CHANGE_NEEDS_REORGANISATION"}},
		{"another parent", "866 district 82-0 - 2025-07-01 Thành phố Cao Lãnh", []string{"units[0].parent UNIT_CHANGE_NEEDS_REORGANISATION"}},
		{"ends before its children", "866 district 87-0 - 2025-01-01 Thành phố Cao Lãnh", []string{"units[0].valid_to UNIT_HAS_CHILDREN"}},
		{
			"ends with one child, not with the other", "87 province VN-0 - 2025-01-01 Tỉnh\n866 district 87-0 - 2025-01-01 TP\n29869 commune 866-0 - 2025-01-01 P",
			[]string{"units[0].valid_to UNIT_HAS_CHILDREN"},
		},
		{
			"of all sorts", "9 commune nobody-0 - - Xã\n82 province VN-0 2024-01-01 - Tỉnh\na commune a-0 - - A",
			[]string{"units[0].parent UNIT_PARENT_NOT_FOUND", "units[1].code UNIT_CODE_TAKEN", "units[1].code UNIT_CODE_TAKEN", "units[2].parent UNIT_PARENT_CIRCLE"},
		},
	} {
		before := plant(t, twoProvinces)
		after, err := before.With(parseUnits(t, c.lines)...)
		got := problems(err)
		slices.Sort(got)
		if after != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q\n%v", c.name, got, c.want, err)
		}
		if before.Len() != 12 {
			t.Errorf("%s: the tree changed", c.name)
		}
	}
}

func TestACircleNamesTheUnitsOnIt(t *testing.T) {
	_, err := Empty().With(parseUnits(t, "a commune d-0 - - A\nb commune c-0 - - B\nc commune d-0 - - C\nd commune b-0 - - D")...)
	if !strings.Contains(err.Error(), "d-0 → b-0 → c-0 → d-0") || strings.Contains(err.Error(), "a-0") {
		t.Errorf("error = %v", err)
	}
}

func TestAUnitThatIsWrongInItselfIsToldWithTheOthers(t *testing.T) {
	_, err := Empty().With(
		Unit{ID: "1-0", Code: "1", Kind: "Xã", NameVI: "Xã", ValidFrom: period.Beginning, ValidTo: period.Forever},
		Unit{ID: "2-0", Code: "2", Kind: Commune, NameVI: "Xã", Parent: "1-0", ValidFrom: period.Beginning, ValidTo: period.Beginning},
		Unit{ID: "4-0", Code: "3", Kind: Commune, NameVI: "Xã", ValidFrom: period.Beginning, ValidTo: period.Forever},
	)
	want := []string{"units[0].kind KIND_MALFORMED", "units[1].valid_to UNIT_DATES_REVERSED", "units[2].id UNIT_ID_MISMATCH"}
	if got := problems(err); !slices.Equal(got, want) {
		t.Errorf("problems = %q, want %q", got, want)
	}
}

func TestWhatAnUpdateMayChange(t *testing.T) {
	tree := plant(t, twoProvinces)
	ended := parseUnits(t, `
		29869 commune    866-0       -  2025-01-01  Phường Mỹ Phú
		866   district   87-0        -  2025-01-01  Thành phố Cao Lãnh (cũ)
		SKHCN department 82-20250701 2025-07-01 2026-01-01 Sở Khoa học, Công nghệ`)
	after, err := tree.With(ended...)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range ended {
		if got, _ := after.Unit(u.ID); !got.Equal(u) {
			t.Errorf("after: %+v, want %+v", got, u)
		}
		if got, _ := tree.Unit(u.ID); got.Equal(u) {
			t.Errorf("the earlier tree has the new %s", u)
		}
		before, _ := tree.Ordinal(u.ID)
		if now, _ := after.Ordinal(u.ID); now != before {
			t.Errorf("the ordinal of %s was %d and is %d", u, before, now)
		}
	}
	if after.Len() != tree.Len() {
		t.Errorf("%d units, want %d", after.Len(), tree.Len())
	}
	if got := words(after.Children("87-0", period.Date(2025, 2, 1))); got != "873-0 STTTT-0" {
		t.Errorf("children = %q", got)
	}
	if again, err := after.With(); again != after || err != nil {
		t.Error("nothing added is the same tree")
	}
}

func TestTwoTreesGrowFromOne(t *testing.T) {
	tree := plant(t, twoProvinces)
	left, err1 := tree.With(parseUnits(t, "1 commune 82-20250701 2025-07-01 - Xã Một")...)
	right, err2 := tree.With(parseUnits(t, "2 commune 82-20250701 2025-07-01 - Xã Hai\nX country - - - X")...)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	for _, c := range []struct {
		tree     *Tree
		children string
		roots    string
		found    int
	}{
		{tree, "29869-20250701 30076-20250701 SKHCN-20250701", "VN-0", 0},
		{left, "1-20250701 29869-20250701 30076-20250701 SKHCN-20250701", "VN-0", 1},
		{right, "2-20250701 29869-20250701 30076-20250701 SKHCN-20250701", "VN-0 X-0", 0},
	} {
		if got := words(c.tree.Children("82-20250701", reform)); got != c.children {
			t.Errorf("children = %q, want %q", got, c.children)
		}
		if got := words(c.tree.Roots(reform)); got != c.roots {
			t.Errorf("roots = %q, want %q", got, c.roots)
		}
		if got := len(c.tree.Search(Query{On: reform, Text: "mot"})); got != c.found {
			t.Errorf("found %d, want %d", got, c.found)
		}
	}
}

func TestTwoTreesDoNotShareTheUnitsOfACode(t *testing.T) {
	unit := func(code Code, from period.Day) Unit {
		return Unit{ID: NewID(code, from), Code: code, Kind: Commune, NameVI: "Xã", ValidFrom: from, ValidTo: from + 1}
	}
	tree := Empty()
	for n := range 9 {
		left, err1 := tree.With(unit("1", period.Day(n)))
		_, err2 := tree.With(unit("2", period.Day(n)), unit("1", period.Day(n+100)))
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if got := left.WithCode("1")[n].ID; got != NewID("1", period.Day(n)) {
			t.Fatalf("after %d units the left tree has %s of the right one", n, got)
		}
		tree = left
	}
}

func TestManyChildrenAreToldInShort(t *testing.T) {
	lines := "87 province - - - Tỉnh"
	for _, c := range "abcdefgh" {
		lines += "\n" + string(c) + " commune 87-0 - - Xã"
	}
	_, err := plant(t, lines).With(parseUnits(t, "87 province - - 2030-01-01 Tỉnh")...)
	e := fault.Of(err)
	if n, _ := e.Param("children"); n != "8" || !strings.Contains(e.Text, "a-0, b-0, c-0, d-0, e-0, …") {
		t.Errorf("error = %v", err)
	}
}
