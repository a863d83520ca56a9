package form

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

func TestR9_WhoOwesIsDecidedOnThePeriodsLastDay(t *testing.T) {
	tree := province(t)
	for _, c := range []struct {
		assigned string
		calendar period.Calendar
		base     period.Period
		want     string
	}{
		{"kind:commune", period.Civil, june, "[A-0 B-0 C-0 E-0]"},
		{"kind:commune", period.Civil, july, "[A-20250701 C-20250701]"},
		{"kind:commune", period.CutoffFifteenth, june, "[A-0 B-0 C-0 E-0]"},
		{"kind:commune", period.CutoffFifteenth, july, "[A-20250701 C-20250701]"},
		{"kind:commune@D1-0", period.Civil, june, "[A-0 B-0]"},
		{"kind:commune@D1-0", period.Civil, july, "[]"},
		{"kind:commune;2025-06-15..", period.CutoffFifteenth, june, "[]"}, // June ends on the 14th
		{"kind:commune;2025-06-15..", period.Civil, june, "[A-0 B-0 C-0 E-0]"},
		{"unit:A-0|unit:A-20250701", period.Civil, june, "[A-0]"},
		{"unit:A-0|unit:A-20250701", period.Civil, july, "[A-20250701]"},
		{"kind:department|except:unit:S2-0", period.Civil, july, "[S1-0]"},
		{"kind:commune", period.Civil, period.Period{}, "[]"},
	} {
		f := monthly(t, "F", c.assigned, "X")
		f.Calendar = c.calendar
		if got := units(tree, func(u hierarchy.Unit) bool { return f.Owes(tree, u, c.base) }); got != c.want {
			t.Errorf("%s, %s, %s: %s, want %s", c.assigned, c.calendar, c.base, got, c.want)
		}
	}
}

func TestR8_WhoseFiguresAreAddedAndWhoseCompared(t *testing.T) {
	tree := province(t)
	f := monthly(t, "F", "kind:commune|kind:district|kind:department", "X")
	i := counted("x", "commune", "department")
	i.CheckedBy = []hierarchy.Kind{"district"}
	adds := func(i indicator.Indicator) string {
		return units(tree, func(u hierarchy.Unit) bool { a, _ := Reports(f, i, tree, u, june); return a })
	}
	checks := func(i indicator.Indicator) string {
		return units(tree, func(u hierarchy.Unit) bool { _, c := Reports(f, i, tree, u, june); return c })
	}
	for _, c := range []struct{ narrowed, adds, checks string }{
		{"", "[A-0 B-0 C-0 E-0 S1-0 S2-0]", "[D1-0 D2-0]"},
		{"kind:commune@D1-0|kind:district", "[A-0 B-0]", "[D1-0 D2-0]"},
		{"except:kind:commune@D1-0|except:unit:D2-0", "[C-0 E-0 S1-0 S2-0]", "[D1-0]"},
		{"kind:commune|except:unit:A-0", "[B-0 C-0 E-0]", "[]"},
		{"kind:province", "[]", "[]"}, // narrowing never widens
	} {
		i.Assigned = selectors(t, c.narrowed)
		if adds(i) != c.adds || checks(i) != c.checks {
			t.Errorf("%q: adds %s, checks %s, want %s and %s", c.narrowed, adds(i), checks(i), c.adds, c.checks)
		}
	}
	other := counted("Y", "commune")
	if got := adds(other); got != "[]" {
		t.Errorf("F does not ask for Y, but %s report it", got)
	}
}

func TestR10_ExpectedCountsEverySubtree(t *testing.T) {
	tree := province(t)
	f := monthly(t, "F", "kind:commune|kind:department|except:unit:E-0", "X")
	i := counted("X", "commune", "department")
	i.CheckedBy = []hierarchy.Kind{"district"}
	june, july := Expected(f, i, tree, june), Expected(f, i, tree, july)
	for id, want := range map[hierarchy.ID]string{
		"P-0": "[3 2] [2 2]", "D1-0": "[2 0] [0 0]", "D2-0": "[1 0] [0 0]", "A-0": "[1 0] [0 0]", "E-0": "[0 0] [0 0]",
		"A-20250701": "[0 0] [1 0]", "S1-0": "[0 1] [0 1]",
	} {
		o, _ := tree.Ordinal(id)
		if got := fmt.Sprint(june.Of(o), july.Of(o)); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	top, _ := tree.Ordinal("P-0")
	if june.Total(top) != 5 || june.OfKind(top, "commune") != 3 || june.OfKind(top, "department") != 2 || june.OfKind(top, "district") != 0 {
		t.Errorf("total %d, by kind %v", june.Total(top), june.Of(top))
	}
	if none := Expected(f, counted("Y", "commune"), tree, period.Of(2025, period.Month, 6)); none.Total(top) != 0 {
		t.Errorf("F does not ask for Y, but %d owe it", none.Total(top))
	}
}

func TestR10_ExpectedAgreesWithAskingEveryUnitOfEverySubtree(t *testing.T) {
	cells := []string{
		"kind:commune", "kind:commune@D1-0", "unit:A-0", "except:unit:A-0", "kind:department", "kind:district", "unit:P-0",
		"kind:province", "except:kind:commune@D2-0", "kind:commune;2025-07-01..", "except:kind:department;..2025-07-01",
	}
	tree := province(t)
	asT := t
	rapid.Check(t, func(t *rapid.T) {
		assigned := func(name string, least int) []hierarchy.Selector {
			var all []hierarchy.Selector
			for _, cell := range rapid.SliceOfN(rapid.SampledFrom(cells), least, 3).Draw(t, name) {
				all = append(all, selectors(asT, cell)...)
			}
			return all
		}
		f := monthly(asT, "F", "kind:commune", "X")
		f.Assigned = assigned("assigned", 1)
		i := counted("X", rapid.SliceOfNDistinct(rapid.SampledFrom([]hierarchy.Kind{"commune", "district", "department", "province"}), 1, 3, rapid.ID).Draw(t, "kinds")...)
		i.Assigned = assigned("narrowed", 0)
		base := rapid.SampledFrom([]period.Period{june, july}).Draw(t, "base")
		got := Expected(f, i, tree, base)
		for o := range tree.Len() {
			want := map[hierarchy.Kind]int{}
			tree.Subtree(tree.At(o).ID, f.Last(base), func(u hierarchy.Unit) bool {
				if adds, _ := Reports(f, i, tree, u, base); adds {
					want[u.Kind]++
				}
				return true
			})
			total := 0
			for _, kind := range i.ReportedBy {
				total += want[kind]
				if got.OfKind(o, kind) != want[kind] {
					t.Fatalf("%s under %s: %d, want %d", kind, tree.At(o), got.OfKind(o, kind), want[kind])
				}
			}
			if got.Total(o) != total {
				t.Fatalf("all under %s: %d, want %d", tree.At(o), got.Total(o), total)
			}
		}
	})
}

// country makes 63 provinces of 11 districts of 16 communes: about as many as Vietnam had.
func country(t testing.TB) *hierarchy.Tree {
	t.Helper()
	var all []hierarchy.Unit
	add := func(code string, kind hierarchy.Kind, parent hierarchy.ID) hierarchy.ID {
		u, err := hierarchy.NewUnit(hierarchy.Code(code), kind, "Đơn vị", "", parent, period.Beginning, period.Forever)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, u)
		return u.ID
	}
	top := add("VN", hierarchy.Country, "")
	for p := range 63 {
		province := add(fmt.Sprintf("P%02d", p), hierarchy.Province, top)
		for d := range 11 {
			district := add(fmt.Sprintf("P%02dD%02d", p, d), hierarchy.District, province)
			for c := range 16 {
				add(fmt.Sprintf("P%02dD%02dC%02d", p, d, c), hierarchy.Commune, district)
			}
		}
	}
	tree, err := hierarchy.Empty().With(all...)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestExpectedOfACountryIsQuick(t *testing.T) {
	tree := country(t)
	f := monthly(t, "F", "kind:commune@P07-0|kind:commune|kind:district|except:unit:P01D01C01-0", "X")
	i := counted("X", "commune", "district")
	best := time.Hour
	for range 5 { // the machine may be busy with something else
		begin := time.Now()
		e := Expected(f, i, tree, june)
		best = min(best, time.Since(begin))
		if o, _ := tree.Ordinal("VN-0"); e.Total(o) != 63*11*16-1+63*11 {
			t.Fatalf("%d expected", e.Total(o))
		}
	}
	if limit := 100 * time.Millisecond; best > limit {
		t.Errorf("%v for %d units, want less than %v", best, tree.Len(), limit)
	}
}

func BenchmarkExpected(b *testing.B) {
	tree := country(b)
	f := monthly(b, "F", "kind:commune|kind:district|except:unit:P01D01C01-0", "X")
	i := counted("X", "commune", "district")
	b.ReportAllocs()
	for b.Loop() {
		Expected(f, i, tree, june)
	}
}
