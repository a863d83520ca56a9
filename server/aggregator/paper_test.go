package aggregator_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
)

func planNamed(id, title string) plan.Plan {
	return plan.Plan{ID: plan.ID(id), Title: title, Issued: period.Beginning, Years: []int{2025}}
}

func targetOf(id string, code indicator.Code, value string) plan.Target {
	return plan.Target{
		Plan: plan.ID(id), Year: 2025, Indicator: code, Comparator: plan.AtLeast, Value: value, BaselineDay: period.Beginning, Due: period.Forever,
	}
}

func planTitles(t *testing.T, tx *aggregator.Tx) string {
	t.Helper()
	var titles []string
	if err := tx.Plans("", func(v aggregator.Versioned[plan.Plan]) bool {
		titles = append(titles, string(v.Thing.ID)+"="+v.Thing.Title)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(titles, " ")
}

func targetsOf(t *testing.T, tx *aggregator.Tx, id string) string {
	t.Helper()
	list, err := tx.Targets(plan.ID(id))
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, v := range list {
		words = append(words, string(v.Thing.Indicator)+"="+v.Thing.Value)
	}
	return strings.Join(words, " ")
}

// TestR30PlansAreKeptInAllTheirVersions tells of plans whose ids begin alike, changes them, and asks as of each entry; then everything
// once more after a rebuild.
func TestR30PlansAreKeptInAllTheirVersions(t *testing.T) {
	s := one(t) // which leaves entry 5
	long := strings.Repeat("x", 70_000)
	s.tell(
		entry.PlansChanged{Plans: []plan.Plan{planNamed("p", "một"), planNamed("p-1", "hai")}, Targets: []plan.Target{targetOf("p", "A", "1"), targetOf("p-1", "A", "9")}},
		entry.PlansChanged{Plans: []plan.Plan{planNamed("P", "ba")}, Targets: []plan.Target{targetOf("p", "B", "2"), targetOf("p", "a", "3")}},
		entry.PlansChanged{Plans: []plan.Plan{planNamed("p", long)}},
	)
	s.view(func(tx *aggregator.Tx) {
		for _, c := range []struct {
			at            uint64
			plans, target string
		}{
			{5, "", ""}, {6, "p=một p-1=hai", "A=1"}, {7, "P=ba p-1=hai", "a=3 B=2"}, {8, "p=" + long + " p-1=hai", "a=3 B=2"},
		} {
			then, err := tx.AsOf(c.at)
			if err != nil {
				t.Fatal(err)
			}
			if got := planTitles(t, then); got != c.plans {
				t.Errorf("as of %d the plans are %.80s, want %.80s", c.at, got, c.plans)
			}
			if got := targetsOf(t, then, "p"); got != c.target {
				t.Errorf("as of %d the targets are %s, want %s", c.at, got, c.target)
			}
		}
		if v, ok, err := tx.Plan("P-1"); err != nil || !ok || v.Sequence != 6 {
			t.Errorf("Plan(P-1) = %+v, %v, %v", v, ok, err)
		}
		if _, ok, _ := tx.Plan("p-"); ok {
			t.Error("there is no plan p-, and one was found")
		}
		if got := tx.PlanHistory("p"); len(got) != 3 || got[0] != 8 || got[2] != 6 {
			t.Errorf("plan p was written by %v, want 8, 7 and 6", got)
		}
	})
	sameAfterRebuild(t, s)
}

// TestR29OutsideFiguresAndRegionsAreKept takes one back.
func TestR29OutsideFiguresAndRegionsAreKept(t *testing.T) {
	s := one(t)
	figure := plan.Outside{Indicator: "CH-01", Unit: id("A"), Year: 2022, Value: "39", Ranked: 63, Done: period.Beginning, Published: period.Beginning}
	back := figure
	back.Withdrawn = true
	s.tell(entry.OutsideFiguresChanged{Figures: []plan.Outside{figure}}, entry.RegionsChanged{Regions: []plan.Region{{Code: "DBSCL", NameVI: "Vùng"}}},
		entry.OutsideFiguresChanged{Figures: []plan.Outside{back}})
	s.view(func(tx *aggregator.Tx) {
		if _, ok, err := tx.Outside("ch-01", id("A"), 2022); ok || err != nil {
			t.Errorf("a figure that was taken back is there: %v, %v", ok, err)
		}
		then, err := tx.AsOf(6)
		if err != nil {
			t.Fatal(err)
		}
		if v, ok, err := then.Outside("ch-01", id("A"), 2022); !ok || err != nil || v.Thing.Value != "39" {
			t.Errorf("before it was taken back: %+v, %v, %v", v, ok, err)
		}
		if r, ok, err := tx.Region("dbscl"); !ok || err != nil || r.Thing.NameVI != "Vùng" {
			t.Errorf("the region: %+v, %v, %v", r, ok, err)
		}
	})
	sameAfterRebuild(t, s)
}

// TestR30PapersAgreeWithAMap draws versions of papers with names that begin alike and looks each up as of every entry.
func TestR30PapersAgreeWithAMap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := one(t)
		type version struct {
			sequence uint64
			title    string
		}
		told := map[string][]version{}
		last := uint64(5)
		for range rapid.IntRange(1, 6).Draw(rt, "entries") {
			last++
			var body entry.PlansChanged
			for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "aa", "a-", "b", "a-b"}), 1, 3, rapid.ID).Draw(rt, "plans") {
				title := rapid.StringMatching(`[a-z]{1,4}`).Draw(rt, "title")
				body.Plans = append(body.Plans, planNamed(name, title))
				told[name] = append(told[name], version{last, title})
			}
			s.tell(body)
		}
		s.view(func(tx *aggregator.Tx) {
			for at := uint64(5); at <= last; at++ {
				then, err := tx.AsOf(at)
				if err != nil {
					rt.Fatal(err)
				}
				for name, versions := range told {
					want := ""
					for _, v := range versions {
						if v.sequence <= at {
							want = v.title
						}
					}
					v, ok, err := then.Plan(plan.ID(name))
					if err != nil || ok != (want != "") || v.Thing.Title != want {
						rt.Fatalf("as of %d plan %s is %q (%v, %v), want %q", at, name, v.Thing.Title, ok, err, want)
					}
				}
			}
		})
	})
}
