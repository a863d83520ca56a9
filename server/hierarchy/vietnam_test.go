package hierarchy

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/tonghop/tonghop/server/period"
)

// vietnam reads the country with its provinces, districts and communes as they stood before 2025-07-01, and the two
// levels since then. The data is not ours to copy; it lies beside the repository or the test is skipped.
func vietnam(t testing.TB) []Unit {
	t.Helper()
	country, err := NewUnit("VN", Country, "Việt Nam", "Viet Nam", "", period.Beginning, period.Forever)
	if err != nil {
		t.Fatal(err)
	}
	units := []Unit{country}
	read := func(file string, kind Kind, name, parent int, from, to period.Day) {
		for _, row := range records(t, file) {
			above := country.ID
			if parent >= 0 {
				above = NewID(Code(row[parent]), from)
			}
			u, err := NewUnit(Code(row[0]), kind, row[name], row[name+1], above, from, to)
			if err != nil {
				t.Fatal(err)
			}
			units = append(units, u)
		}
	}
	read("communes_2025-03.csv", Commune, 2, 1, period.Beginning, reform)
	read("districts_2025-03.csv", District, 2, 1, period.Beginning, reform)
	read("provinces_63.csv", Province, 1, -1, period.Beginning, reform)
	read("communes_2026-04.csv", Commune, 2, 1, reform, period.Forever)
	read("provinces_34.csv", Province, 1, -1, reform, period.Forever)
	return units
}

func records(t testing.TB, file string) [][]string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", "vn-admin-units", file)
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		t.Skipf("the administrative units of Vietnam are not here: %s", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func TestR1_TheTreeOfVietnamBeforeAndAfterTheReform(t *testing.T) {
	tree, err := Empty().With(vietnam(t)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		on   period.Day
		want string
	}{
		{reform.Add(-1), "1 country, 63 provinces, 696 districts, 10035 communes"},
		{reform, "1 country, 34 provinces, 0 districts, 3321 communes"},
	} {
		count := map[Kind]int{}
		tree.Subtree("VN-0", c.on, func(u Unit) bool {
			count[u.Kind]++
			return true
		})
		got := fmt.Sprintf("%d country, %d provinces, %d districts, %d communes", count[Country], count[Province], count[District], count[Commune])
		if got != c.want {
			t.Errorf("on %s: %s, want %s", c.on, got, c.want)
		}
	}
	before, err := tree.Resolve("87", reform.Add(-1))
	if err != nil || before.NameVI != "Tỉnh Đồng Tháp" || len(tree.Children(before.ID, reform.Add(-1))) != 12 {
		t.Errorf("87 before = %s, %v, with %d districts; want Đồng Tháp with 12", before, err, len(tree.Children(before.ID, reform.Add(-1))))
	}
	old, err1 := tree.Resolve("82", reform.Add(-1))
	now, err2 := tree.Resolve("82", reform)
	if err1 != nil || err2 != nil || old.NameVI != "Tỉnh Tiền Giang" || now.NameVI != "Tỉnh Đồng Tháp" {
		t.Errorf("82 = %s, %v and then %s, %v", old, err1, now, err2)
	}
	reused := 0
	for o := range tree.Len() {
		if u := tree.At(o); u.ValidFrom == reform && len(tree.WithCode(u.Code)) == 2 {
			reused++
		}
	}
	// One more, Ba Chẽ, took an old code in 2025 and was given an unused one later; the list has the later one.
	if reused != 34+3315 {
		t.Errorf("%d codes are used again, want 34 of provinces and 3315 of communes", reused)
	}
	found := tree.Search(Query{On: reform, Text: "dong thap"})
	if len(found) != 1 || found[0].ID != "82-20250701" {
		t.Errorf("dong thap finds %v", found)
	}
}

func BenchmarkTheTreeOfVietnam(b *testing.B) {
	units := vietnam(b)
	for b.Loop() {
		if _, err := Empty().With(units...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(units)), "units")
}

func BenchmarkOneMoreUnit(b *testing.B) {
	tree, err := Empty().With(vietnam(b)...)
	if err != nil {
		b.Fatal(err)
	}
	one := parseUnits(b, "SYT department 82-20250701 2025-07-01 - Sở Y tế")
	for b.Loop() {
		if _, err := tree.With(one...); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFirstSearch(b *testing.B) {
	units := vietnam(b)
	for b.Loop() {
		b.StopTimer()
		tree, err := Empty().With(units...)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		tree.Search(Query{On: reform, Text: "hoa"})
	}
}

func BenchmarkPath(b *testing.B) {
	tree, err := Empty().With(vietnam(b)...)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if len(tree.Path("29869-0", reform-1)) != 4 {
			b.Fatal("no path")
		}
	}
}
