package register_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/register"
)

// change is the day on which the tree of these tests changes.
var change = period.Date(2025, 7, 1)

// changed is a province with districts P and Q, which end; A and B of P merge into N, C of Q is divided into N and M; D stays.
func changed(t testing.TB) *hierarchy.Tree {
	t.Helper()
	var units []hierarchy.Unit
	for _, u := range []struct {
		code, parent string
		kind         hierarchy.Kind
		from, to     period.Day
	}{
		{"87", "", "province", period.Beginning, period.Forever},
		{"P", "87-0", "district", period.Beginning, change},
		{"Q", "87-0", "district", period.Beginning, change},
		{"A", "P-0", "commune", period.Beginning, change},
		{"B", "P-0", "commune", period.Beginning, change},
		{"C", "Q-0", "commune", period.Beginning, change},
		{"D", "87-0", "commune", period.Beginning, period.Forever},
		{"N", "87-0", "commune", change, period.Forever},
		{"M", "87-0", "commune", change, period.Forever},
	} {
		made, err := hierarchy.NewUnit(hierarchy.Code(u.code), u.kind, u.code, "", hierarchy.ID(u.parent), u.from, u.to)
		if err != nil {
			t.Fatal(err)
		}
		units = append(units, made)
	}
	link := func(from, to hierarchy.ID, share hierarchy.Share) hierarchy.Link {
		return hierarchy.Link{Date: change, From: from, To: to, Share: share}
	}
	tree, err := hierarchy.Empty().Reorganised(hierarchy.Reorganisation{Units: units, Links: []hierarchy.Link{
		link("A-0", "N-20250701", hierarchy.Whole), link("B-0", "N-20250701", hierarchy.Whole),
		link("C-0", "N-20250701", hierarchy.Part), link("C-0", "M-20250701", hierarchy.Part),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func item(code string, unit hierarchy.ID, key string, since, until period.Day) register.Item {
	return register.Item{Register: "R", Code: register.Code(code), Unit: unit, Title: code, Key: key, Since: since, Until: until}
}

func tallied(tree *hierarchy.Tree, items []register.Item, p period.Period) *register.Tally {
	keyed := register.NewKeyed(period.Civil)
	for i := range items {
		keyed.Add(&items[i])
	}
	t := register.NewTally(tree, keyed, p)
	for i := range items {
		t.Add(&items[i])
	}
	return t
}

func parse(t testing.TB, s string) period.Period {
	t.Helper()
	p, err := period.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// numbers are the counts in the order stock, added, ended, first.
func numbers(c register.Counts) [4]int {
	return [4]int{c.Of(register.Stock), c.Of(register.Added), c.Of(register.Ended), c.Of(register.First)}
}

// TestR2ItemsFollowTheirUnits counts before and behind a change of the tree.
func TestR2ItemsFollowTheirUnits(t *testing.T) {
	tree := changed(t)
	day := func(month, d int) period.Day { return period.Date(2025, month, d) }
	items := []register.Item{
		item("1", "A-0", "", day(1, 5), period.Forever), item("2", "B-0", "", day(2, 1), day(8, 15)), item("3", "C-0", "", day(3, 1), period.Forever),
		item("4", "D-0", "", day(6, 30), day(7, 1)), item("5", "N-20250701", "", day(7, 1), period.Forever),
	}
	before, after := tallied(tree, items, parse(t, "2025-H1")), tallied(tree, items, parse(t, "2025-H2"))
	for _, c := range []struct {
		tally *register.Tally
		unit  hierarchy.ID
		want  [4]int
	}{
		{before, "87-0", [4]int{4, 4, 0, 4}},
		{before, "P-0", [4]int{2, 2, 0, 2}},
		{before, "C-0", [4]int{1, 1, 0, 1}},
		{before, "N-20250701", [4]int{}},
		// A and B are whole in N; what C had is in no single unit, and is counted at the province.
		{after, "87-0", [4]int{3, 1, 2, 1}},
		{after, "N-20250701", [4]int{2, 1, 1, 1}},
		{after, "M-20250701", [4]int{}},
		{after, "D-0", [4]int{0, 0, 1, 0}},
		{after, "P-0", [4]int{}},
	} {
		if got := numbers(c.tally.Of(c.unit)); got != c.want {
			t.Errorf("%s to %s, unit %s: %v, want %v", c.tally.First(), c.tally.Last(), c.unit, got, c.want)
		}
	}
	if got := numbers(after.Own("87-0")); got != [4]int{1, 0, 0, 0} {
		t.Errorf("the province itself has %v, want what the divided commune had", got)
	}
}

// TestEachKeyIsFirstOnceAYear has a firm that is supported three times in two communes and two years.
func TestEachKeyIsFirstOnceAYear(t *testing.T) {
	tree := changed(t)
	items := []register.Item{
		item("b", "A-0", "14001", period.Date(2024, 5, 1), period.Forever), item("a", "D-0", "14001", period.Date(2024, 3, 9), period.Forever),
		item("c", "D-0", "14001", period.Date(2025, 1, 1), period.Forever), item("14001", "D-0", "", period.Date(2024, 3, 1), period.Forever),
		item("e", "A-0", "14001", period.Date(2024, 1, 1), period.Forever),
	}
	items[4].Withdrawn = true
	// On one day the lower code is first, in whatever order they are read.
	items = append(items, item("z", "A-0", "14002", period.Date(2024, 6, 1), period.Forever), item("Y", "D-0", "14002", period.Date(2024, 6, 1), period.Forever))
	for _, c := range []struct {
		period string
		unit   hierarchy.ID
		want   [4]int
	}{
		{"2024", "87-0", [4]int{5, 5, 0, 3}},
		{"2024", "D-0", [4]int{3, 3, 0, 3}},
		{"2024", "A-0", [4]int{2, 2, 0, 0}},
		{"2024-03", "87-0", [4]int{2, 2, 0, 2}},
		{"2024-05", "87-0", [4]int{3, 1, 0, 0}},
		{"2025", "87-0", [4]int{6, 1, 0, 1}},
	} {
		if got := numbers(tallied(tree, items, parse(t, c.period)).Of(c.unit)); got != c.want {
			t.Errorf("%s, unit %s: %v, want %v", c.period, c.unit, got, c.want)
		}
	}
}

// naive counts without paths, maps of units or keys that are remembered: it looks at every item for every question.
func naive(tree *hierarchy.Tree, items []register.Item, p period.Period, unit hierarchy.ID) (n [4]int) {
	from, last := period.Civil.First(p), period.Civil.Last(p)
	for _, i := range items {
		heirs := tree.Standing(i.Unit, last)
		inside := len(heirs) > 0
		for _, h := range heirs {
			inside = inside && tree.Within(h, unit, last)
		}
		if i.Withdrawn || !inside {
			continue
		}
		if i.Since <= last && i.Until > last {
			n[0]++
		}
		if i.Until >= from && i.Until <= last {
			n[2]++
		}
		if i.Since < from || i.Since > last {
			continue
		}
		n[1]++
		earlier := slices.ContainsFunc(items, func(o register.Item) bool {
			same := o.Key == i.Key && (i.Key != "" || o.Code == i.Code)
			before := o.Since < i.Since || o.Since == i.Since && o.Code < i.Code
			return !o.Withdrawn && same && before && period.Civil.PeriodAt(period.Year, o.Since) == period.Civil.PeriodAt(period.Year, i.Since)
		})
		if !earlier {
			n[3]++
		}
	}
	return n
}

// TestTalliesAreWhatANaiveCountGives draws items, and also holds a unit against its parts and a year against its months.
func TestTalliesAreWhatANaiveCountGives(t *testing.T) {
	tree := changed(t)
	rapid.Check(t, func(t *rapid.T) {
		var items []register.Item
		for n := range rapid.IntRange(0, 12).Draw(t, "items") {
			unit, _ := tree.Unit(rapid.SampledFrom([]hierarchy.ID{"A-0", "B-0", "C-0", "D-0", "P-0", "N-20250701", "M-20250701"}).Draw(t, "unit"))
			since := max(unit.ValidFrom, period.Date(2024, 1, 1)+period.Day(rapid.IntRange(0, 800).Draw(t, "since"))) //nolint:gosec // small
			since = min(since, unit.ValidTo-1)
			i := item(fmt.Sprint("i", n), unit.ID, rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "key"), since, period.Forever)
			if rapid.Bool().Draw(t, "ends") {
				i.Until = since + period.Day(rapid.IntRange(1, 500).Draw(t, "days")) //nolint:gosec // small
			}
			i.Withdrawn = rapid.IntRange(0, 5).Draw(t, "withdrawn") == 0
			items = append(items, i)
		}
		year := period.Of(rapid.IntRange(2024, 2026).Draw(t, "year"), period.Year, 1)
		of := tallied(tree, items, year)
		for o := range tree.Len() {
			id := tree.At(o).ID
			if got, want := numbers(of.Of(id)), naive(tree, items, year, id); got != want {
				t.Fatalf("%s of %s: %v, want %v", year, id, got, want)
			}
		}
		var parts, months [4]int
		sum := func(into *[4]int, c register.Counts) {
			for k, v := range numbers(c) {
				into[k] += v
			}
		}
		sum(&parts, of.Own("87-0"))
		for _, child := range tree.Children("87-0", of.Last()) {
			sum(&parts, of.Of(child))
		}
		for _, m := range year.Months() {
			sum(&months, tallied(tree, items, m).Of("87-0"))
		}
		whole := numbers(of.Of("87-0"))
		if months[0] = whole[0]; whole != parts || whole != months || of.Nowhere() != (register.Counts{}) {
			t.Fatalf("the province has %v in %s, its parts come to %v, its months to %v, nowhere are %v", whole, year, parts, months, of.Nowhere())
		}
	})
}

func TestRegistersAndItemsTellWhatIsWrong(t *testing.T) {
	r := register.Register{
		Code: "OCOP", NameVI: "Sản phẩm OCOP", Fields: []register.Field{{Code: "san", NameVI: "Sàn"}}, Counters: []register.Counter{{"KT-07", register.Stock}},
	}
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*register.Register)
		want   string
	}{
		{"a field twice", func(r *register.Register) { r.Fields = append(r.Fields, register.Field{Code: "SAN", NameVI: "x"}) }, "REGISTER_FIELD_TWICE fields[1]"},
		{"no rule", func(r *register.Register) { r.Counters[0].Rule = 0 }, "REGISTER_RULE_UNKNOWN counters[0].rule"},
		{"an indicator twice", func(r *register.Register) { r.Counters = append(r.Counters, register.Counter{"kt-07", register.Ended}) }, "REGISTER_COUNT_TWICE counters[1]"},
		{"no name", func(r *register.Register) { r.NameVI = "" }, "TEXT_MISSING name_vi"},
	} {
		wrong := r
		wrong.Fields, wrong.Counters = slices.Clone(r.Fields), slices.Clone(r.Counters)
		c.change(&wrong)
		if e := fault.Of(wrong.Check()); e == nil || e.Reason+" "+e.Field != c.want {
			t.Errorf("%s: %v, want %s", c.name, e, c.want)
		}
	}
	for _, c := range []struct {
		name   string
		change func(*register.Item)
		want   string
	}{
		{"sound", func(*register.Item) {}, " "},
		{"no first day", func(i *register.Item) { i.Since = period.Beginning }, "ITEM_SINCE_MISSING since"},
		{"ends when it begins", func(i *register.Item) { i.Until = i.Since }, "ITEM_UNTIL_NOT_AFTER until"},
		{"a field that is none", func(i *register.Item) { i.Values = []register.Value{{"gia", "1"}} }, "REGISTER_FIELD_UNKNOWN values.gia"},
		{"a field twice", func(i *register.Item) { i.Values = []register.Value{{"san", "1"}, {"SAN", "2"}} }, "REGISTER_FIELD_TWICE values.san"},
		{"no title", func(i *register.Item) { i.Title = "" }, "TEXT_MISSING title"},
	} {
		i := item("1", "A-0", "", period.Date(2024, 1, 1), period.Forever)
		c.change(&i)
		i.Clean(&r)
		got := " "
		if e := fault.Of(i.Check(&r)); e != nil {
			got = e.Reason + " " + e.Field
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
