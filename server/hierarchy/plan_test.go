package hierarchy

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

func carriedOut(t testing.TB, tree *Tree, p Plan) *Tree {
	t.Helper()
	d, err := tree.Draft(p)
	if err != nil {
		t.Fatal(err)
	}
	next, err := tree.Reorganised(d.Reorganisation)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func ref(s string) *string { return &s }

func TestAMoveTakesEverythingBelowAlong(t *testing.T) {
	tree := plant(t, twoProvinces)
	day := period.Date(2025, 1, 1)
	tree = carriedOut(t, tree, Plan{Date: day, Move: []Move{{Unit: "866", Parent: ref("82"), Kind: "town", NameVI: "Thị xã Cao Lãnh"}}})
	if got := words(tree.Children("82-0", day)); got != "866-20250101" {
		t.Errorf("under 82 = %q", got)
	}
	moved, _ := tree.Unit("866-20250101")
	below, _ := tree.Unit("29869-20250101")
	old, _ := tree.Unit("29869-0")
	if moved.Kind != "town" || moved.NameVI != "Thị xã Cao Lãnh" || moved.ValidTo != reform || below.Parent != moved.ID || old.ValidTo != day {
		t.Errorf("moved %+v, below %+v, was %+v", moved, below, old)
	}
	if got := tree.Successors("29869-0"); len(got) != 1 || got[0] != (Link{Date: day, From: "29869-0", To: below.ID, Share: Whole}) {
		t.Errorf("successors = %v", got)
	}
	if got := words(tree.Path("29869-0", day-1)); got != "29869-0 866-0 87-0 VN-0" {
		t.Errorf("the day before = %q", got)
	}
}

func TestAMoveLeavesAloneWhatThePlanSaysOtherwise(t *testing.T) {
	tree := plant(t, twoProvinces)
	day := period.Date(2025, 1, 1)
	tree = carriedOut(t, tree, Plan{
		Date:  day,
		Move:  []Move{{Unit: "87", Parent: nil, NameVI: "Tỉnh Đồng Tháp (mới)"}, {Unit: "873", Code: "874"}},
		Close: []string{"866", "29869", "STTTT"},
		Links: []PlannedLink{{From: "866", To: "874", Share: Part}, {From: "29869", To: "30076", Share: Whole}},
	})
	if got := words(tree.Children("87-20250101", day)); got != "874-20250101" {
		t.Errorf("below = %q", got)
	}
	if got := words(tree.Children("874-20250101", day)); got != "30076-20250101" {
		t.Errorf("below that = %q", got)
	}
	if got := tree.Successors("29869-0"); len(got) != 1 || got[0].To != "30076-20250101" {
		t.Errorf("a code is understood as it is after the change: %v", got)
	}
}

func TestANameThatIsToChangeLaterGoesAlong(t *testing.T) {
	tree := plant(t, "P province - - - Tỉnh\nQ province - - - Tỉnh khác\nA commune P-0 - - Xã Một")
	tree = carriedOut(t, tree, Plan{Date: period.Date(2023, 1, 1), Rename: []Rename{{Unit: "A", NameVI: "Xã Hai"}}})
	tree = carriedOut(t, tree, Plan{Date: period.Date(2025, 1, 1), Rename: []Rename{{Unit: "A", NameVI: "Xã Ba"}}})
	tree = carriedOut(t, tree, Plan{Date: period.Date(2024, 1, 1), Move: []Move{{Unit: "A", Parent: ref("Q")}}})
	for year, want := range map[int]string{2022: "A-0 Xã Một", 2023: "A-0 Xã Hai", 2024: "A-20240101 Xã Hai", 2026: "A-20240101 Xã Ba"} {
		on := period.Date(year, 6, 1)
		u, err := tree.Resolve("A", on)
		if got := fmt.Sprint(u.ID, " ", u.On(on).NameVI); err != nil || got != want {
			t.Errorf("in %d: %s, %v, want %s", year, got, err, want)
		}
	}
}

func TestAPlanIsRefusedWithEveryProblem(t *testing.T) {
	tree := plant(t, twoProvinces)
	day := period.Date(2025, 1, 1)
	for _, c := range []struct {
		name string
		plan Plan
		want []string
	}{
		{"no day", Plan{Date: period.Beginning}, []string{"date REORGANISATION_DATE_MISSING"}},
		{
			"names that mean nothing",
			Plan{
				Date: day, Close: []string{"nobody"}, Rename: []Rename{{Unit: ""}}, Move: []Move{{Unit: "SKHCN"}},
				Create: []Unit{{Code: "N", Kind: Commune, NameVI: "N", Parent: "nobody"}}, Links: []PlannedLink{{From: "nobody", To: "none", Share: Whole}},
				Withdraw: []PlannedLink{{From: "87", To: "none"}},
			},
			[]string{
				"close[0] UNIT_NOT_FOUND", "create[0].parent UNIT_NOT_FOUND", "links[0].from UNIT_NOT_FOUND", "links[0].to UNIT_NOT_FOUND",
				"move[0].unit UNIT_NOT_VALID", "rename[0].unit UNIT_EMPTY", "withdraw[0].to UNIT_NOT_FOUND",
			},
		},
		{
			"named twice",
			Plan{Date: day, Close: []string{"866", "866-0"}, Move: []Move{{Unit: "866"}}},
			[]string{"close[1] REORGANISATION_NAMES_TWICE", "move[0].unit REORGANISATION_NAMES_TWICE"},
		},
		{"under a unit that ends", Plan{Date: day, Close: []string{"866", "29869"}, Move: []Move{{Unit: "873", Parent: ref("866")}}}, []string{"move[0].parent UNIT_NOT_VALID"}},
	} {
		_, err := tree.Draft(c.plan)
		got := problems(err)
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestR2AUnitMovesOnceADay: who moves it again on the day is told what it became, not that some dates are reversed.
func TestR2AUnitMovesOnceADay(t *testing.T) {
	tree, err := Empty().With(
		Unit{ID: "P-0", Code: "P", Kind: Province, NameVI: "Tỉnh", ValidFrom: period.Beginning, ValidTo: period.Forever},
		Unit{ID: "Q-0", Code: "Q", Kind: Province, NameVI: "Tỉnh khác", ValidFrom: period.Beginning, ValidTo: period.Forever},
		Unit{ID: "A-0", Code: "A", Kind: Commune, NameVI: "Xã", Parent: "P-0", ValidFrom: period.Beginning, ValidTo: period.Forever},
	)
	if err != nil {
		t.Fatal(err)
	}
	move := Plan{Date: period.Date(2025, 7, 1), Move: []Move{{Unit: "A", Parent: ref("Q")}}}
	d, err := tree.Draft(move)
	if err != nil {
		t.Fatal(err)
	}
	if tree, err = tree.Reorganised(d.Reorganisation); err != nil {
		t.Fatal(err)
	}
	move.Move[0].Parent = ref("P")
	_, err = tree.Draft(move)
	e := fault.Of(err)
	became, _ := e.Param("became")
	if e.Reason != "UNIT_ENDS_THAT_DAY" || e.Field != "move[0].unit" || became != "A-20250701" {
		t.Errorf("a second move on the day is answered with %v at %s, which names %q", err, e.Field, became)
	}
	move.Date++
	if _, err := tree.Draft(move); err != nil {
		t.Errorf("a move on the day after is answered with %v", err)
	}
}

// Whatever is moved, what stands below the successor on the day is what stood below the unit on the day before, each
// joined to its own successor, and nothing else changed.
func TestR2AMoveKeepsTheShapeOfTheTree(t *testing.T) {
	moves, below := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		tree, list := Empty(), oracle{}
		for range rapid.IntRange(2, 14).Draw(t, "units") {
			u := drawUnit(t, list)
			u.Code = Code(fmt.Sprint("u", len(list)))
			u.ID = NewID(u.Code, u.ValidFrom)
			if next, err := tree.With(u); err == nil {
				tree, list = next, append(list, u)
			}
		}
		if len(list) == 0 {
			t.Skip("no unit")
		}
		day := rapid.SampledFrom([]period.Day{150, 250}).Draw(t, "day")
		move := Move{Unit: string(rapid.SampledFrom(list).Draw(t, "moved").ID)}
		if rapid.Bool().Draw(t, "elsewhere") {
			move.Parent = ref(string(rapid.SampledFrom(list).Draw(t, "under").ID))
		}
		d, err := tree.Draft(Plan{Date: day, Move: []Move{move}})
		if err != nil {
			return
		}
		next, err := tree.Reorganised(d.Reorganisation)
		if err != nil {
			return
		}
		moves++
		top := tree.Successors(ID(move.Unit))
		became := next.Successors(ID(move.Unit))
		if len(became) != len(top)+1 {
			t.Fatalf("successors of %s = %v", move.Unit, became)
		}
		was := slices.DeleteFunc(list.subtree(ID(move.Unit), day-1), func(id ID) bool { u, _ := list.find(id); return !u.ValidOn(day) })
		var now []ID
		next.Subtree(became[len(became)-1].To, day, func(u Unit) bool {
			now = append(now, u.ID)
			return true
		})
		if len(now) != len(was) {
			t.Fatalf("below the successor stand %v, and %v stood below %s", now, was, move.Unit)
		}
		below += len(was) - 1
		for _, id := range was {
			u, _ := next.Unit(id)
			links := next.Successors(id)
			successor, _ := next.Unit(links[len(links)-1].To)
			if u.ValidTo != day || successor.Code != u.Code || successor.Kind != u.Kind || !slices.Contains(now, successor.ID) {
				t.Fatalf("%+v became %+v", u, successor)
			}
		}
		for _, u := range list {
			if got, _ := next.Unit(u.ID); !slices.Contains(was, u.ID) && !got.Equal(u) {
				t.Fatalf("%+v became %+v and was not moved", u, got)
			}
		}
	})
	if !testing.Short() && (moves == 0 || below == 0) {
		t.Errorf("%d moves with %d units below", moves, below)
	}
}
