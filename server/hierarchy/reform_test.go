package hierarchy

import (
	"testing"

	"github.com/tonghop/tonghop/server/period"
)

// theReform gives the tree of Vietnam before 2025-07-01, all of it without an end, and the change of that day in one
// piece: what is closed, what is made, and the lineage as the mapping has it. A district that had communes has no link,
// for what was in it went with them.
func theReform(t testing.TB) (*Tree, Reorganisation) {
	t.Helper()
	var before []Unit
	var change Reorganisation
	for _, u := range vietnam(t) {
		if u.ValidFrom == reform {
			change.Units = append(change.Units, u)
			continue
		}
		if u.ValidTo == reform {
			change.Units = append(change.Units, u)
			u.ValidTo = period.Forever
		}
		before = append(before, u)
	}
	tree, err := Empty().With(before...)
	if err != nil {
		t.Fatal(err)
	}
	made := map[ID]bool{}
	for _, u := range change.Units {
		made[u.ID] = true
	}
	provinces := map[Link]bool{}
	for _, row := range records(t, "mapping_2025-07-01.csv") {
		from, share := row[2], Whole
		if from == "" {
			from = row[1] // an island district without communes
		}
		if row[11] == "1" {
			share = Part
		}
		to := NewID(Code(row[7]), reform)
		if to == "06970-20250701" && !made[to] {
			to = "06978-20250701" // Ba Chẽ: the code was corrected later
		}
		change.Links = append(change.Links, Link{Date: reform, From: NewID(Code(from), period.Beginning), To: to, Share: share})
		province := Link{Date: reform, From: NewID(Code(row[0]), period.Beginning), To: NewID(Code(row[6]), reform), Share: Whole}
		if !provinces[province] {
			provinces[province] = true
			change.Links = append(change.Links, province)
		}
	}
	return tree, change
}

func TestR2_TheReformOfVietnamIsOneChange(t *testing.T) {
	before, change := theReform(t)
	after, err := before.Reorganised(change)
	if err != nil {
		t.Fatal(err)
	}
	count := func(tree *Tree, on period.Day) map[Kind]int {
		n := map[Kind]int{}
		tree.Subtree("VN-0", on, func(u Unit) bool {
			n[u.Kind]++
			return true
		})
		return n
	}
	for _, c := range []struct {
		tree                           *Tree
		on                             period.Day
		provinces, districts, communes int
	}{
		{before, reform, 63, 696, 10035}, {after, reform - 1, 63, 696, 10035}, {after, reform, 34, 0, 3321},
	} {
		if n := count(c.tree, c.on); n[Province] != c.provinces || n[District] != c.districts || n[Commune] != c.communes {
			t.Errorf("on %s there are %v", c.on, n)
		}
	}
	several := map[Kind]int{}
	for o := range after.Len() {
		u := after.At(o)
		if u.ValidTo != reform {
			continue
		}
		standing := after.Standing(u.ID, reform)
		if len(standing) == 0 {
			t.Errorf("nothing became of %s", u)
		}
		if len(standing) > 1 {
			several[u.Kind]++
		}
		for _, id := range standing {
			// A district leads to its province; everything else to its own kind, and an island district to a commune.
			if now, _ := after.Unit(id); u.Kind != now.Kind && u.Kind != District {
				t.Errorf("%s %s became %s %s", u.Kind, u, now.Kind, now)
			}
		}
	}
	if len(several) != 1 || several[Commune] != 471 {
		t.Errorf("units that became several: %v, want 471 communes", several)
	}
	year := after.Components(period.Date(2025, 1, 31), period.Date(2025, 12, 31))
	hidden, joined := 0, 0
	for _, c := range year.All() {
		joined += len(c.Units)
		if len(c.Newest) > 1 {
			hidden += len(c.Newest)
		}
	}
	// All communes and provinces of both trees and the five island districts.
	if want := 10035 + 3321 + 63 + 34 + 5; joined != want {
		t.Errorf("%d units are in components, want %d", joined, want)
	}
	t.Logf("%d components; %d new communes cannot be told from each other in 2025", len(year.All()), hidden)
	if hidden != 441 {
		t.Errorf("%d new communes share a component with another, want the 441 with a divided predecessor", hidden)
	}
}

func BenchmarkTheReformOfVietnam(b *testing.B) {
	before, change := theReform(b)
	for b.Loop() {
		if _, err := before.Reorganised(change); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(change.Units)+len(change.Links)), "units+links")
}

func BenchmarkComponentsOf2025(b *testing.B) {
	before, change := theReform(b)
	after, err := before.Reorganised(change)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		after.Components(period.Date(2025, 1, 31), period.Date(2025, 12, 31))
	}
}
