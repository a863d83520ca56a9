package hierarchy

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/period"
)

func resolveAt(tree *Tree, on period.Day) func(string) (ID, error) {
	return func(ref string) (ID, error) {
		u, err := tree.Resolve(ref, on)
		return u.ID, err
	}
}

func TestR9_TheWordsOfAnAssignment(t *testing.T) {
	tree := plant(t, twoProvinces)
	cell := "kind:commune | kind:department@82;2025-07-01..|unit:87-0;..2025-07-01 | except:unit:SKHCN;2026-01-01..2027-01-01"
	selectors, err := ParseSelectors(cell, resolveAt(tree, reform))
	if err != nil {
		t.Fatal(err)
	}
	want := "kind:commune|kind:department@82-20250701;2025-07-01..|unit:87-0;..2025-07-01|except:unit:SKHCN-20250701;2026-01-01..2027-01-01"
	if got := FormatSelectors(selectors); got != want {
		t.Errorf("formatted %q, want %q", got, want)
	}
	again, err := ParseSelectors(want, resolveAt(tree, reform))
	if err != nil || !slices.Equal(again, selectors) {
		t.Errorf("read again %+v, %v", again, err)
	}
	if none, err := ParseSelectors("  ", nil); none != nil || err != nil {
		t.Errorf("an empty cell: %v, %v", none, err)
	}
}

func TestR9_EveryWrongWordIsTold(t *testing.T) {
	tree := plant(t, twoProvinces)
	_, err := ParseSelectors("kind:commune|commune|kind:Xã|kind:commune@|unit:87|unit:82-0;2024-01-01|unit:82;2025-02-30..|kind:a;2025-01-01..2025-01-01|",
		resolveAt(tree, reform))
	want := []string{
		"[1] ASSIGNMENT_MALFORMED", "[2] KIND_MALFORMED", "[3] UNIT_EMPTY", "[4] UNIT_NOT_VALID", "[5] ASSIGNMENT_MALFORMED",
		"[6] DAY_MALFORMED", "[7] ASSIGNMENT_MALFORMED", "[8] ASSIGNMENT_MALFORMED",
	}
	if got := problems(err); !slices.Equal(got, want) {
		t.Errorf("problems = %q, want %q", got, want)
	}
}

func TestR9_WhoIsAssigned(t *testing.T) {
	tree := plant(t, twoProvinces+"\nVP department VN-0 - - Văn phòng")
	before, after := reform.Add(-1), reform
	for _, c := range []struct {
		cell string
		on   period.Day
		want string
	}{
		{"kind:commune", before, "29869-0 30076-0"},
		{"kind:commune", after, "29869-20250701 30076-20250701"},
		{"kind:commune@866-0", before, "29869-0"},
		{"kind:commune@87-0", before, "29869-0 30076-0"},
		{"kind:commune@82-0", before, ""},
		{"kind:commune@87-0", after, ""},
		{"kind:department", after, "SKHCN-20250701 VP-0"},
		{"kind:department@82-20250701", after, "SKHCN-20250701"},
		{"kind:province@87-0", before, "87-0"},
		{"unit:87-0", before, "87-0"},
		{"unit:87-0|kind:province", before, "82-0 87-0"},
		{"kind:commune|except:unit:29869-0", before, "30076-0"},
		{"except:unit:29869-0|kind:commune", before, "30076-0"},
		{"kind:commune|except:kind:commune@873-0", before, "29869-0"},
		{"except:unit:29869-0", before, ""},
		{"kind:commune;2025-07-01..", before, ""},
		{"kind:commune;2025-07-01..", after, "29869-20250701 30076-20250701"},
		{"kind:province;..2025-07-01", before, "82-0 87-0"},
		{"kind:province;..2025-07-01", after, ""},
		{"kind:commune|except:kind:commune;2025-06-30..2025-07-01", before, ""},
		{"kind:commune|except:kind:commune;2025-06-29..2025-06-30", before, "29869-0 30076-0"},
		{"", before, ""},
	} {
		selectors, err := ParseSelectors(c.cell, func(ref string) (ID, error) { return ID(ref), nil })
		if err != nil {
			t.Fatal(err)
		}
		var got []ID
		for _, u := range tree.Search(Query{On: c.on}) {
			if Selected(selectors, tree, u, c.on) {
				got = append(got, u.ID)
			}
		}
		if words(got) != c.want {
			t.Errorf("%q on %s: %q, want %q", c.cell, c.on, words(got), c.want)
		}
	}
}

func TestASelectorWithoutDaysIsForAllDays(t *testing.T) {
	tree := plant(t, twoProvinces)
	u, _ := tree.Unit("87-0")
	s := Selector{Kind: Province}
	if err := s.Check(); err != nil || !s.Matches(tree, u, 0) || !s.Matches(tree, u, period.Date(2024, 1, 1)) || s.String() != "kind:province" {
		t.Errorf("%+v: %v", s, err)
	}
	if !Excepted(Excepting([]Selector{s}), tree, u, 0) || Excepted([]Selector{s}, tree, u, 0) || s.Except {
		t.Error("Excepting makes exceptions of copies")
	}
}

func TestR9_SelectorsMadeByHandAreChecked(t *testing.T) {
	tree := plant(t, twoProvinces)
	for _, c := range []struct {
		s    Selector
		want []string
	}{
		{Selector{Kind: Commune, Under: "82-0"}, nil},
		{Selector{Unit: "82-0"}, nil},
		{Selector{}, []string{"kind ASSIGNMENT_MALFORMED"}},
		{Selector{Kind: Commune, Unit: "82-0"}, []string{"kind ASSIGNMENT_MALFORMED"}},
		{Selector{Kind: "Xã"}, []string{"kind KIND_MALFORMED"}},
		{Selector{Unit: "82-0", Under: "VN-0"}, []string{"under ASSIGNMENT_MALFORMED"}},
		{Selector{Kind: Commune, From: 5, To: 5}, []string{"to ASSIGNMENT_MALFORMED"}},
		{Selector{Kind: Commune, Under: "nobody-0"}, []string{"under UNIT_NOT_FOUND"}},
		{Selector{Unit: "nobody-0", From: 5, To: 4}, []string{"to ASSIGNMENT_MALFORMED", "unit UNIT_NOT_FOUND"}},
	} {
		if got := problems(c.s.CheckIn(tree)); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.s, got, c.want)
		}
	}
}

func TestSelectorsAreReadAsTheyAreWritten(t *testing.T) {
	ids := rapid.SampledFrom([]ID{"82-0", "82-20250701", "SO-TTTT-0"})
	rapid.Check(t, func(t *rapid.T) {
		s := Selector{
			Except: rapid.Bool().Draw(t, "except"),
			From:   rapid.SampledFrom([]period.Day{period.Beginning, 0, 100}).Draw(t, "from"),
			To:     rapid.SampledFrom([]period.Day{period.Forever, 200}).Draw(t, "to"),
		}
		if rapid.Bool().Draw(t, "one unit") {
			s.Unit = ids.Draw(t, "unit")
		} else {
			s.Kind = rapid.SampledFrom([]Kind{Commune, "so_nganh"}).Draw(t, "kind")
			s.Under = rapid.OneOf(rapid.Just(ID("")), ids).Draw(t, "under")
		}
		got, err := ParseSelectors(s.String(), func(ref string) (ID, error) { return ID(ref), nil })
		if err != nil || len(got) != 1 || got[0] != s {
			t.Fatalf("%q is read as %+v, %v, want %+v", s, got, err, s)
		}
	})
}

func FuzzParseSelectors(f *testing.F) {
	for _, s := range []string{"kind:commune@82-0;2024-01-01..|except:unit:X-20240101", "kind:a|unit:b-0", "a", ";;..", "kind:@@"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		selectors, err := ParseSelectors(cell, ParseID)
		if err != nil {
			return
		}
		written := FormatSelectors(selectors)
		again, err := ParseSelectors(written, ParseID)
		if err != nil || !slices.Equal(again, selectors) {
			t.Fatalf("%q is written %q and read as %+v, %v", cell, written, again, err)
		}
	})
}
