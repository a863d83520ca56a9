package tabular_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/tabular"
)

const demoData = "../demo/data/"

// province builds tree, catalogue and forms of the sample province, and fails on any problem and any warning.
func province(t *testing.T) (*hierarchy.Tree, *indicator.Catalogue, *form.Set) {
	t.Helper()
	file := func(name string) *os.File {
		f, err := os.Open(demoData + name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	sound := func(what string, problems tabular.Problems, err error) {
		t.Helper()
		if err != nil || problems.Count > 0 {
			t.Fatalf("%s: %v\n%v", what, err, problems.List)
		}
	}
	units, err := tabular.ReadUnits(file("units.csv"), hierarchy.Empty())
	sound("units.csv", units.Problems, err)
	tree, err := hierarchy.Empty().With(units.Rows...)
	sound("the tree", tabular.Problems{}, err)
	indicators, err := tabular.ReadIndicators(file("indicators.csv"), tree.Resolve, today)
	sound("indicators.csv", indicators.Problems, err)
	catalogue, warnings, err := indicator.Empty().With(nil, indicators.Rows...)
	sound("the catalogue", tabular.Problems{Count: len(warnings)}, err)
	forms, err := tabular.ReadForms(file("forms.csv"), tree.Resolve, today)
	sound("forms.csv", forms.Problems, err)
	set, warnings, err := form.Empty().With(tree, catalogue, forms.Rows...)
	sound("the forms", tabular.Problems{Count: len(warnings)}, err)
	holidays, err := tabular.ReadHolidays(file("holidays.csv"))
	sound("holidays.csv", holidays.Problems, err)
	rules, err := tabular.ReadRules(file("rules.csv"))
	sound("rules.csv", rules.Problems, err)
	for _, r := range rules.Rows {
		sound("rule "+string(r.Code), tabular.Problems{}, r.Suits(set, catalogue))
	}
	if err := set.Check(tree, catalogue); err != nil {
		t.Errorf("R4 does not hold: %v", err)
	}
	return tree, catalogue, set
}

// TestTheSampleProvinceImports reads the files of the demo and compares who owes which figure with testdata/demo.want,
// which was written after the catalogue's list of levels and offices.
func TestTheSampleProvinceImports(t *testing.T) {
	tree, catalogue, set := province(t)
	day := period.CutoffFifteenth.Last(period.Of(2024, period.Year, 1))
	var b strings.Builder
	for o := range catalogue.Len() {
		i, _ := catalogue.On(catalogue.At(o), day)
		if i.Derived() {
			fmt.Fprintf(&b, "%s: computed, %s\n", i.Code, i.Formula)
			continue
		}
		adds, checks := map[string]int{}, map[string]int{}
		for u := range tree.Len() {
			asked := 0
			for _, f := range set.Carrying(i.Code, day) {
				base := period.Of(2024, f.Frequency, f.Frequency.PerYear())
				added, checked := form.Reports(f, i, tree, tree.At(u), base)
				if !added && !checked {
					continue
				}
				asked++
				in := map[bool]map[string]int{true: adds, false: checks}[added]
				in[fmt.Sprintf("%s %s", f.Frequency, tree.At(u).Kind)]++
			}
			if asked > 1 {
				t.Errorf("unit %s is asked for %s in %d forms", tree.At(u), i.Code, asked)
			}
		}
		fmt.Fprintf(&b, "%s: %s", i.Code, counted(adds))
		if len(checks) > 0 {
			fmt.Fprintf(&b, "; compared: %s", counted(checks))
		}
		b.WriteString("\n")
	}
	want, err := os.ReadFile("testdata/demo.want")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("who owes what (-want +got):\n%s", diff)
	}
}

func counted(counts map[string]int) string {
	var words []string
	for word, n := range counts {
		words = append(words, fmt.Sprintf("%s %d", word, n))
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

func TestTheSampleTreeIsTheProvinceBeforeTheReform(t *testing.T) {
	tree, _, _ := province(t)
	day := period.Date(2025, 6, 30)
	kinds := map[hierarchy.Kind]int{}
	tree.Subtree("87-0", day, func(u hierarchy.Unit) bool {
		kinds[u.Kind]++
		return true
	})
	want := map[hierarchy.Kind]int{"province": 1, "department": 21, "district": 12, "commune": 141}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("units (-want +got):\n%s", diff)
	}
	// Two units of one name must be told apart by their kind.
	city, _ := tree.Unit("866-0")
	rural, _ := tree.Unit("873-0")
	if city.NameVI != "Thành phố Cao Lãnh" || rural.NameVI != "Huyện Cao Lãnh" {
		t.Errorf("866 is %s, 873 is %s", city, rural)
	}
}

func TestEveryIndicatorOfTheSampleSaysWhyItIsWhatItIs(t *testing.T) {
	f, err := os.Open(demoData + "indicators.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	decision := slices.Index(rows[0], "decision")
	groups := map[string]int{}
	for _, row := range rows[1:] {
		groups[row[0][:2]]++
		if n := strings.Count(row[decision], ". "); len(row[decision]) < 40 || n > 3 {
			t.Errorf("%s is decided by %q", row[0], row[decision])
		}
	}
	want := map[string]int{"CH": 2, "DL": 7, "CQ": 17, "KT": 9, "XH": 10, "AT": 2, "DS": 3}
	if diff := cmp.Diff(want, groups); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
