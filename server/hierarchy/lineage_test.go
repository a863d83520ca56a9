package hierarchy

import (
	"slices"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

// parseLinks reads lines of date, from, to, share.
func parseLinks(t testing.TB, lines string) []Link {
	t.Helper()
	var links []Link
	for line := range strings.Lines(lines) {
		w := strings.Fields(line)
		if len(w) == 0 {
			continue
		}
		l := Link{Date: parseEnd(t, w[0], period.Beginning), From: ID(w[1]), To: ID(w[2])}
		if w[3] != "-" {
			share, err := ParseShare(w[3])
			if err != nil {
				t.Fatal(err)
			}
			l.Share = share
		}
		links = append(links, l)
	}
	return links
}

// joinedProvinces is twoProvinces with what became of whom: 866 and 873 were districts and have no successors.
func joinedProvinces(t testing.TB) *Tree {
	t.Helper()
	tree, err := plant(t, twoProvinces).Reorganised(Reorganisation{Links: parseLinks(t, `
		2025-07-01 82-0    82-20250701    whole
		2025-07-01 87-0    82-20250701    whole
		2025-07-01 29869-0 29869-20250701 whole
		2025-07-01 30076-0 29869-20250701 part
		2025-07-01 30076-0 30076-20250701 part`)})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestALinkIsRefusedWithEveryProblem(t *testing.T) {
	for _, c := range []struct {
		name, units, links, withdrawn string
		want                          []string
	}{
		{
			name: "units that never existed", links: "2025-07-01 1-0 29869-20250701 whole\n2025-07-01 2-0 3-0 part",
			want: []string{"links[0].from LINEAGE_UNIT_NOT_FOUND", "links[1].from LINEAGE_UNIT_NOT_FOUND", "links[1].to LINEAGE_UNIT_NOT_FOUND"},
		},
		{
			name: "no date, no share, itself", links: "- 82-0 82-0 -",
			want: []string{"links[0].date LINEAGE_DATE_MISSING", "links[0].share LINEAGE_SHARE_UNKNOWN", "links[0].to LINEAGE_TO_ITSELF"},
		},
		{
			name: "no ids", links: "2025-07-01 82 866-00 whole",
			want: []string{"links[0].from UNIT_ID_MALFORMED", "links[0].to UNIT_ID_MALFORMED"},
		},
		{
			name: "ends later than it goes over", links: "2025-06-01 866-0 87-0 whole",
			want: []string{"links[0].from LINEAGE_FROM_GOES_ON"},
		},
		{
			name: "neither there on the day", links: "2025-07-02 866-0 873-0 part",
			want: []string{"links[0].from LINEAGE_FROM_NOT_VALID", "links[0].to LINEAGE_TO_NOT_VALID"},
		},
		{
			name: "had not begun", links: "2025-07-01 SKHCN-20250701 29869-20250701 part",
			want: []string{"links[0].from LINEAGE_FROM_NOT_VALID"},
		},
		{
			name:  "whole, and elsewhere too",
			links: "2025-07-01 30076-0 SKHCN-20250701 whole\n2025-07-01 29869-0 30076-20250701 part\n2025-07-01 866-0 82-20250701 whole\n2025-07-01 866-0 30076-20250701 whole",
			want:  []string{"links[0].share LINEAGE_WHOLE_AND_MORE", "links[1].share LINEAGE_WHOLE_AND_MORE", "links[2].share LINEAGE_WHOLE_AND_MORE"},
		},
		{
			name: "known, and twice", links: "2025-07-01 82-0 82-20250701 part\n2025-07-01 866-0 82-20250701 part\n2025-07-01 866-0 82-20250701 whole",
			want: []string{"links[0] LINEAGE_EXISTS", "links[2] LINEAGE_REPEATED"},
		},
		{
			name: "withdrawn and never recorded", withdrawn: "2025-07-01 866-0 82-20250701 -\n2025-07-01 82-0 82-20250701 -\n2025-07-01 82-0 82-20250701 -",
			want: []string{"withdrawn[0] LINEAGE_NOT_FOUND", "withdrawn[2] LINEAGE_NOT_FOUND"},
		},
		{
			name: "the end moves away under its links", units: "29869 commune 866-0 - 2025-06-01 Phường\n82 province VN-0 2025-07-01 - Tỉnh",
			want: []string{"units[0].valid_to LINEAGE_HOLDS_END"},
		},
		{
			name: "goes on after all", units: "87 province VN-0 - - Tỉnh",
			want: []string{"units[0].valid_to LINEAGE_HOLDS_END"},
		},
		{
			name: "closed with a child", units: "87 province VN-0 - 2025-06-01 Tỉnh", links: "2025-06-01 87-0 82-20250701 whole",
			want: []string{"links[0].to LINEAGE_TO_NOT_VALID", "units[0].valid_to LINEAGE_HOLDS_END", "units[0].valid_to UNIT_HAS_CHILDREN"},
		},
	} {
		before := joinedProvinces(t)
		after, err := before.Reorganised(Reorganisation{
			Units: parseUnits(t, c.units), Links: parseLinks(t, c.links), Withdrawn: parseLinks(t, c.withdrawn),
		})
		got := problems(err)
		slices.Sort(got)
		if after != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q\n%v", c.name, got, c.want, err)
		}
		if len(before.Links()) != 5 || len(before.Successors("30076-0")) != 2 {
			t.Errorf("%s: the tree changed", c.name)
		}
	}
}

func TestALinkIsWithdrawnAndGivenAgain(t *testing.T) {
	tree := joinedProvinces(t)
	wrong := parseLinks(t, "2025-07-01 29869-0 29869-20250701 -")
	next, err := tree.Reorganised(Reorganisation{Withdrawn: wrong, Links: parseLinks(t, `
		2025-07-01 29869-0 29869-20250701 part
		2025-07-01 29869-0 30076-20250701 part`)})
	if err != nil {
		t.Fatal(err)
	}
	if got := next.Successors("29869-0"); len(got) != 2 || got[0].Share != Part || got[1].To != "30076-20250701" {
		t.Errorf("successors = %v", got)
	}
	if got := tree.Successors("29869-0"); len(got) != 1 || got[0].Share != Whole {
		t.Errorf("the earlier tree has the successors %v", got)
	}
	if same, err := next.Reorganised(Reorganisation{}); same != next || err != nil {
		t.Error("nothing changed is the same tree")
	}
	gone, err := next.Reorganised(Reorganisation{Withdrawn: next.Links()})
	if err != nil || len(gone.Links()) != 0 || len(gone.Predecessors("82-20250701")) != 0 {
		t.Errorf("all withdrawn: %v, %v", gone.Links(), err)
	}
	// With the link gone the end may move.
	if _, err := gone.With(parseUnits(t, "29869 commune 866-0 - 2025-06-01 Phường")...); err != nil {
		t.Errorf("error = %v", err)
	}
}

func TestR2_WhatStandsInPlaceOfAClosedUnit(t *testing.T) {
	tree := joinedProvinces(t)
	before := reform.Add(-1)
	for _, c := range []struct {
		id               ID
		on               period.Day
		standing, acting string
	}{
		{"29869-0", before, "29869-0", "29869-0"},
		{"29869-0", reform, "29869-20250701", "29869-20250701"},
		{"30076-0", reform, "29869-20250701 30076-20250701", "82-20250701"},
		{"866-0", reform, "82-20250701", "82-20250701"}, // by its province
		{"STTTT-0", period.Date(2025, 3, 1), "87-0", "87-0"},
		{"STTTT-0", reform, "82-20250701", "82-20250701"},
		{"82-20250701", before, "", ""},
		{"nobody-0", reform, "", ""},
	} {
		acting, ok := tree.Acting(c.id, c.on)
		if got := words(tree.Standing(c.id, c.on)); got != c.standing || string(acting) != c.acting || ok != (acting != "") {
			t.Errorf("on %s in place of %s stand %q and acts %q, want %q and %q", c.on, c.id, got, acting, c.standing, c.acting)
		}
	}
	if lowest, ok := tree.Lowest(reform, "29869-20250701", "82-20250701"); lowest != "82-20250701" || !ok {
		t.Errorf("lowest = %q, %t", lowest, ok)
	}
	if lowest, ok := tree.Lowest(reform, "29869-0", "82-20250701"); ok {
		t.Errorf("a closed unit stands below %s", lowest)
	}
	if _, ok := tree.Lowest(reform); ok {
		t.Error("no units have a lowest one")
	}
}

// A span begins behind the last day of its first base period: whoever was closed until then owed nothing in it.
func TestR2_ComponentsAreOfTheLinksInsideTheSpan(t *testing.T) {
	tree := joinedProvinces(t)
	for _, c := range []struct {
		first, last period.Day
		want        int
	}{
		{period.Date(2025, 1, 31), period.Date(2025, 12, 31), 2},
		{reform.Add(-1), reform, 2},
		{reform, period.Forever, 0},
		{period.Beginning, reform.Add(-1), 0},
		{reform.Add(-1), reform.Add(-1), 0},
	} {
		if got := tree.Components(c.first, c.last).All(); len(got) != c.want {
			t.Errorf("(%s, %s] has %v, want %d", c.first, c.last, got, c.want)
		}
	}
	year := tree.Components(period.Date(2025, 1, 31), period.Date(2025, 12, 31))
	communes, _ := year.Of("29869-0")
	if words(communes.Units) != "29869-0 29869-20250701 30076-0 30076-20250701" || words(communes.Newest) != "29869-20250701 30076-20250701" ||
		!slices.Equal(communes.Dates, []period.Day{reform}) {
		t.Errorf("communes = %+v", communes)
	}
	if provinces, ok := year.Of("87-0"); !ok || words(provinces.Units) != "82-0 82-20250701 87-0" || words(provinces.Newest) != "82-20250701" {
		t.Errorf("provinces = %+v, %t", provinces, ok)
	}
	if _, ok := year.Of("866-0"); ok {
		t.Error("a district without links is in a component")
	}
}

func TestTheNewestOfAComponentMayHaveEnded(t *testing.T) {
	tree, err := plant(t, `
		0 country  -   -          -          Nước
		A commune  0-0 -          2024-02-01 A
		B commune  0-0 -          2024-03-01 B
		C commune  0-0 -          -          C
		N commune  0-0 2024-02-01 2024-05-01 N`).Reorganised(Reorganisation{Links: parseLinks(t, `
		2024-02-01 A-0        N-20240201 whole
		2024-02-01 B-0        N-20240201 part
		2024-04-01 C-0        N-20240201 part`)})
	if err != nil {
		t.Fatal(err)
	}
	year, _ := tree.Components(period.Date(2024, 1, 31), period.Date(2024, 12, 31)).Of("A-0")
	// B and N ended and nothing leads on from there, C stands although it gave a part away.
	if words(year.Newest) != "B-0 C-0 N-20240201" || len(year.Dates) != 2 {
		t.Errorf("newest = %+v", year)
	}
	march, _ := tree.Components(period.Date(2024, 1, 31), period.Date(2024, 3, 31)).Of("A-0")
	if words(march.Units) != "A-0 B-0 N-20240201" || words(march.Newest) != "B-0 N-20240201" {
		t.Errorf("until March: %+v", march)
	}
}

func TestNamesAreOfDays(t *testing.T) {
	u, err := NewUnit("1", Commune, "Xã Một", "One", "", period.Date(2020, 1, 1), period.Forever)
	if err != nil {
		t.Fatal(err)
	}
	u = u.Renamed(period.Date(2023, 1, 1), "Xã Ba", "")
	u = u.Renamed(period.Date(2022, 1, 1), "Xã Hai", "Two")
	first := u
	u = u.Renamed(period.Date(2022, 1, 1), "Xã Hai (mới)", "")
	u = u.Renamed(period.Date(2023, 1, 1), "Xã Ba (mới)", "")
	for _, c := range []struct {
		u    Unit
		on   period.Day
		want string
	}{
		{u, period.Beginning, "Xã Một"},
		{u, period.Date(2021, 12, 31), "Xã Một"},
		{u, period.Date(2022, 1, 1), "Xã Hai (mới)"},
		{u, period.Date(2022, 12, 31), "Xã Hai (mới)"},
		{u, period.Date(2023, 1, 1), "Xã Ba (mới)"},
		{u, period.Forever, "Xã Ba (mới)"},
		{first, period.Date(2022, 1, 1), "Xã Hai"},
		{first, period.Date(2024, 1, 1), "Xã Ba"},
	} {
		if got := c.u.On(c.on); got.NameVI != c.want {
			t.Errorf("on %s it is called %q, want %q", c.on, got.NameVI, c.want)
		}
	}
	if err := u.Check(); err != nil || len(u.Earlier) != 2 || u.Equal(first) || !u.Equal(u) {
		t.Errorf("%v of %+v", err, u)
	}
	tree, err := Empty().With(u)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]int{"mot": {2021}, "one": {2021}, "hai": {2022}, "ba": {2023, 2024}, "xa": {2021, 2022, 2023, 2024}} {
		for year := 2021; year < 2025; year++ {
			found := tree.Search(Query{On: period.Date(year, 6, 1), Text: text})
			if (len(found) == 1) != slices.Contains(want, year) {
				t.Errorf("%q in %d finds %v", text, year, found)
			}
		}
	}
}

func TestEarlierNamesThatCannotBe(t *testing.T) {
	u := Unit{ID: "1-20200101", Code: "1", Kind: Commune, NameVI: "Xã", ValidFrom: period.Date(2020, 1, 1), ValidTo: period.Date(2025, 1, 1)}
	u.Earlier = []Name{
		{Until: period.Date(2020, 1, 1), VI: "Xã"},
		{Until: period.Date(2021, 1, 1), VI: " Xã"},
		{Until: period.Date(2021, 1, 1), EN: "X "},
		{Until: period.Date(2025, 1, 1), VI: "Xã"},
	}
	want := []string{
		"earlier_names[0].until UNIT_NAME_DAY_WRONG", "earlier_names[1].name_vi TEXT_NOT_CLEAN", "earlier_names[2].name_vi UNIT_NAME_EMPTY",
		"earlier_names[2].name_en TEXT_NOT_CLEAN", "earlier_names[2].until UNIT_NAME_DAY_WRONG", "earlier_names[3].until UNIT_NAME_DAY_WRONG",
	}
	if got := problems(u.Check()); !slices.Equal(got, want) {
		t.Errorf("problems = %q, want %q", got, want)
	}
}

func TestSharesAreWords(t *testing.T) {
	for _, s := range []Share{Whole, Part} {
		if got, err := ParseShare(s.String()); got != s || err != nil {
			t.Errorf("ParseShare(%q) = %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "Whole", "half"} {
		if _, err := ParseShare(s); fault.ReasonOf(err) != "LINEAGE_SHARE_UNKNOWN" {
			t.Errorf("ParseShare(%q) error = %v", s, err)
		}
	}
}

// TestR3WholeFollowsWholeLinksAlone: what was divided, or ended without a successor, is nowhere whole.
func TestR3WholeFollowsWholeLinksAlone(t *testing.T) {
	tree, first := joinedProvinces(t), period.Date(2025, 7, 1)
	for _, c := range []struct {
		unit ID
		on   period.Day
		want ID
	}{
		{"82-0", first - 1, "82-0"},
		{"82-0", first, "82-20250701"},
		{"87-0", first, "82-20250701"},
		{"82-20250701", first, "82-20250701"},
		{"82-20250701", first - 1, ""},
		{"30076-0", first, ""},
		{"866-0", first, ""},
		{"99999-0", first, ""},
	} {
		if got, ok := tree.Whole(c.unit, c.on); got != c.want || ok != (c.want != "") {
			t.Errorf("%s on %s is whole in %q, %t, want %q", c.unit, c.on, got, ok, c.want)
		}
	}
}
