package entry_test

import (
	"testing"

	"pgregory.net/rapid"

	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
)

func goldenPlans() entry.PlansChanged {
	key := plan.ID("698-kh-ubnd-2022")
	return entry.PlansChanged{
		Plans: []plan.Plan{{
			ID: key, Number: "698/KH-UBND", Title: "Kế hoạch chuyển đổi số", Issuer: "UBND tỉnh", Unit: "44-0", Draft: true, Issued: period.Date(2022, 4, 29),
			Parent: "07-NQ/TU", Years: []int{2025, 2030},
			Groups: []plan.Group{{Code: "CQ", NameVI: "Chính quyền số", NameEN: "Government", Indicators: []indicator.Code{"CQ-06", "CQ-09"}}},
			Focus:  []indicator.Code{"CQ-09"}, Headline: []indicator.Code{"CH-01"}, Classes: []string{"khá", "tốt"}, MinCoverage: 9050,
			Annexes: []plan.Annex{{Title: "Phụ lục 1", Link: "https://example.vn/1"}}, Rules: []plan.Rule{{Code: "RULE-EARLY", Text: "Hoàn thành sớm"}},
		}},
		Targets: []plan.Target{
			{
				Plan: key, Year: 2025, Indicator: "CQ-09", Scope: plan.Scope{Kinds: []hierarchy.Kind{"department", "district"}, Each: true}, Comparator: plan.Above,
				Value: "80.0", Baseline: "50", BaselineDay: period.Date(2021, 12, 31), Due: period.Date(2025, 6, 30), Ranked: 63, Lead: "QB-STTTT-0",
				Support: []hierarchy.ID{"450-0"}, Note: "trên",
			},
			{Plan: key, Year: 2030, Indicator: "CQ-06", Scope: plan.Scope{Unit: "450-0"}, BaselineDay: period.Beginning, Due: period.Forever, Withdrawn: true},
		},
		Results: []plan.Result{{
			Plan: key, Year: 2025, Indicator: "CQ-09", Scope: plan.Scope{Kinds: []hierarchy.Kind{"commune"}}, Bound: plan.MoreThan, Value: "58", Rating: plan.Exceeded,
			Source: "004.txt", Note: "trên 58 %",
		}},
		Counts: []plan.Count{{Plan: key, Year: 2025, Kind: plan.CountGroup, Label: "CQ", Count: 16, Source: "001.txt", Note: "44 in all"}},
	}
}

// withPlans adds those of plans to the golden entries.
func withPlans(h entry.Header, all map[string]entry.Entry) map[string]entry.Entry {
	all["plans-changed"] = entry.Entry{Header: h, Body: goldenPlans()}
	all["outside-figures-changed"] = entry.Entry{Header: h, Body: goldenOutside()}
	all["plan-remarked"] = entry.Entry{Header: h, Body: entry.PlanRemarked{
		Remark: plan.Remark{Plan: "698-kh-ubnd-2022", Kind: plan.Cause, Year: 2025, Unit: "450-0", Indicator: "CQ-09"}, Text: "Nhân lực chưa đủ",
	}}
	all["regions-changed"] = entry.Entry{Header: h, Body: goldenRegions()}
	return all
}

func goldenOutside() entry.OutsideFiguresChanged {
	return entry.OutsideFiguresChanged{Figures: []plan.Outside{
		{
			Indicator: "CH-01", Unit: "87-0", Year: 2022, Value: "39", Ranked: 63, Class: "khá", Done: period.Date(2022, 12, 31), Published: period.Date(2023, 7, 12),
			Source: "Bộ Thông tin và Truyền thông", Note: "DTI 2022",
		},
		{Indicator: "CH-01", Unit: "87-0", Year: 2021, Done: period.Beginning, Published: period.Beginning, Withdrawn: true},
	}}
}

func goldenRegions() entry.RegionsChanged {
	return entry.RegionsChanged{Regions: []plan.Region{{Code: "DBSCL", NameVI: "Đồng bằng sông Cửu Long", NameEN: "Mekong Delta", Units: []hierarchy.ID{"87-0", "92-0"}}}}
}

func codes(t *rapid.T, name string) []indicator.Code {
	return some(t, name, func(t *rapid.T) indicator.Code { return indicator.Code(code(t, name)) })
}

func drawScope(t *rapid.T) plan.Scope {
	switch rapid.IntRange(0, 2).Draw(t, "scope") {
	case 0:
		return plan.Scope{}
	case 1:
		return plan.Scope{Unit: id(t, "unit")}
	}
	kinds := rapid.SliceOfNDistinct(rapid.SampledFrom([]hierarchy.Kind{"department", "district", "commune"}), 1, 3, rapid.ID).Draw(t, "kinds")
	return plan.Scope{Kinds: kinds, Each: rapid.Bool().Draw(t, "each")}
}

func drawYear(t *rapid.T) int { return rapid.IntRange(2000, 2199).Draw(t, "year") }

func drawPlans(t *rapid.T) entry.PlansChanged {
	return entry.PlansChanged{
		Plans: some(t, "plans", func(t *rapid.T) plan.Plan {
			return plan.Plan{
				ID: plan.ID(code(t, "id")), Number: word(t, "number"), Title: word(t, "title"), Issuer: word(t, "issuer"), Unit: id(t, "unit"),
				Draft: rapid.Bool().Draw(t, "draft"), Issued: day(t, "issued", period.Beginning), Parent: word(t, "parent"), Years: some(t, "years", drawYear),
				Groups: some(t, "groups", func(t *rapid.T) plan.Group {
					return plan.Group{Code: code(t, "code"), NameVI: word(t, "name_vi"), NameEN: word(t, "name_en"), Indicators: codes(t, "indicators")}
				}),
				Focus: codes(t, "focus"), Headline: codes(t, "headline"), Classes: some(t, "classes", func(t *rapid.T) string { return word(t, "class") }),
				MinCoverage: rapid.IntRange(0, plan.FullCoverage).Draw(t, "coverage"),
				Annexes:     some(t, "annexes", func(t *rapid.T) plan.Annex { return plan.Annex{Title: word(t, "title"), Link: word(t, "link")} }),
				Rules:       some(t, "rules", func(t *rapid.T) plan.Rule { return plan.Rule{Code: code(t, "code"), Text: word(t, "text")} }),
			}
		}),
		Targets: some(t, "targets", func(t *rapid.T) plan.Target {
			return plan.Target{
				Plan: plan.ID(code(t, "plan")), Year: drawYear(t), Indicator: indicator.Code(code(t, "indicator")), Scope: drawScope(t),
				Comparator: plan.Comparator(rapid.Uint8Range(0, uint8(plan.ByDate)).Draw(t, "comparator")), Value: word(t, "value"), Baseline: word(t, "baseline"),
				BaselineDay: day(t, "baseline day", period.Beginning), Due: day(t, "due", period.Forever), Ranked: rapid.IntRange(0, 1<<32-1).Draw(t, "ranked"),
				Lead: id(t, "lead"), Support: some(t, "support", func(t *rapid.T) hierarchy.ID { return id(t, "unit") }), Note: word(t, "note"),
				Withdrawn: rapid.Bool().Draw(t, "withdrawn"),
			}
		}),
		Results: some(t, "results", func(t *rapid.T) plan.Result {
			return plan.Result{
				Plan: plan.ID(code(t, "plan")), Year: drawYear(t), Indicator: indicator.Code(code(t, "indicator")), Scope: drawScope(t),
				Bound: plan.Bound(rapid.Uint8Range(0, 2).Draw(t, "bound")), Value: word(t, "value"), Rating: plan.Status(rapid.Uint8Range(0, 3).Draw(t, "rating")),
				Source: word(t, "source"), Note: word(t, "note"),
			}
		}),
		Counts: some(t, "counts", func(t *rapid.T) plan.Count {
			return plan.Count{
				Plan: plan.ID(code(t, "plan")), Year: drawYear(t), Kind: plan.CountKind(rapid.Uint8Range(1, uint8(plan.CountOther)).Draw(t, "kind")),
				Label: word(t, "label"), Count: int(rapid.Int32().Draw(t, "count")), Source: word(t, "source"), Note: word(t, "note"),
			}
		}),
	}
}

func drawOutside(t *rapid.T) plan.Outside {
	return plan.Outside{
		Indicator: indicator.Code(code(t, "indicator")), Unit: id(t, "unit"), Year: drawYear(t), Value: word(t, "value"), Ranked: rapid.IntRange(0, 1<<32-1).Draw(t, "ranked"),
		Class: word(t, "class"), Done: day(t, "done", period.Beginning), Published: day(t, "published", period.Beginning), Source: word(t, "source"),
		Note: word(t, "note"), Withdrawn: rapid.Bool().Draw(t, "withdrawn"),
	}
}

func drawRemark(t *rapid.T) entry.PlanRemarked {
	r := plan.Remark{
		Plan: plan.ID(code(t, "plan")), Kind: plan.RemarkKind(rapid.Uint8Range(1, uint8(plan.Remedy)).Draw(t, "kind")), Unit: id(t, "unit"),
		Indicator: indicator.Code(code(t, "indicator")),
	}
	if rapid.Bool().Draw(t, "of a year") {
		r.Year = drawYear(t)
	}
	return entry.PlanRemarked{Remark: r, Text: written(t, "text")}
}

func drawRegion(t *rapid.T) plan.Region {
	return plan.Region{
		Code: code(t, "code"), NameVI: word(t, "name_vi"), NameEN: word(t, "name_en"), Units: some(t, "units", func(t *rapid.T) hierarchy.ID { return id(t, "unit") }),
	}
}

// TestANewerVersionsPlanIsRefusedAndNotHalfUnderstood spoils the golden entries of plans.
func TestANewerVersionsPlanIsRefusedAndNotHalfUnderstood(t *testing.T) {
	changed := func(spoil func(*journalv1.PlansChanged)) func(*journalv1.Entry, *journalv1.Private) {
		return func(m *journalv1.Entry, _ *journalv1.Private) { spoil(m.GetPlansChanged()) }
	}
	for _, s := range []spoilt{
		{"a field of changed plans", "plans-changed", changed(func(m *journalv1.PlansChanged) { add(m) })},
		{"a field of a plan", "plans-changed", changed(func(m *journalv1.PlansChanged) { add(m.GetPlans()[0]) })},
		{"a field of a group", "plans-changed", changed(func(m *journalv1.PlansChanged) { add(m.GetPlans()[0].GetGroups()[0]) })},
		{"a field of an annex", "plans-changed", changed(func(m *journalv1.PlansChanged) { add(m.GetPlans()[0].GetAnnexes()[0]) })},
		{"a field of a rule", "plans-changed", changed(func(m *journalv1.PlansChanged) { add(m.GetPlans()[0].GetRules()[0]) })},
		{"a field of a target", "plans-changed", changed(func(m *journalv1.PlansChanged) { add(m.GetTargets()[1]) })},
		{"a field of a result", "plans-changed", changed(func(m *journalv1.PlansChanged) { add(m.GetResults()[0]) })},
		{"a field of a count", "plans-changed", changed(func(m *journalv1.PlansChanged) { add(m.GetCounts()[0]) })},
		{"a comparator", "plans-changed", changed(func(m *journalv1.PlansChanged) { m.GetTargets()[0].Comparator = "between" })},
		{"a scope", "plans-changed", changed(func(m *journalv1.PlansChanged) { m.GetResults()[0].Scope = "region:DBSCL" })},
		{"a bound", "plans-changed", changed(func(m *journalv1.PlansChanged) { m.GetResults()[0].Bound = "~" })},
		{"a rating", "plans-changed", changed(func(m *journalv1.PlansChanged) { m.GetResults()[0].Rating = "ALMOST" })},
		{"a kind of count", "plans-changed", changed(func(m *journalv1.PlansChanged) { m.GetCounts()[0].Kind = "LATE" })},
		{"a field of outside figures", "outside-figures-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetOutsideFiguresChanged()) }},
		{"a field of an outside figure", "outside-figures-changed", func(m *journalv1.Entry, _ *journalv1.Private) {
			add(m.GetOutsideFiguresChanged().GetFigures()[0])
		}},
		{"a field of a remark", "plan-remarked", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetPlanRemarked()) }},
		{"a kind of remark", "plan-remarked", func(m *journalv1.Entry, _ *journalv1.Private) { m.GetPlanRemarked().Kind = "PRAISE" }},
		{"a field of regions", "regions-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetRegionsChanged()) }},
		{"a field of a region", "regions-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetRegionsChanged().GetRegions()[0]) }},
	} {
		if err := spoil(t, s); fault.ReasonOf(err) != entry.ReasonTooNew {
			t.Errorf("%s: %v, want %s", s.what, err, entry.ReasonTooNew)
		}
	}
	if err := spoil(t, spoilt{"a coverage above all", "plans-changed", changed(func(m *journalv1.PlansChanged) {
		m.GetPlans()[0].MinCoverage = 10001
	})}); fault.ReasonOf(err) != entry.ReasonDamaged {
		t.Errorf("a coverage above all: %v, want %s", err, entry.ReasonDamaged)
	}
}
