package plan_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/text"
)

func TestR43AnIDIsMadeOfNumberAndYear(t *testing.T) {
	for _, c := range []struct {
		number, title string
		year          int
		want          plan.ID
	}{
		{"698/KH-UBND", "", 2022, "698-kh-ubnd-2022"},
		{"04-NQ/TU", "", 2021, "04-nq-tu-2021"},
		{"1397/QĐ-UBND-HC", "", 2022, "1397-qd-ubnd-hc-2022"},
		{"", "Kế hoạch chuyển đổi số tỉnh Ninh Thuận 2023", 2023, "ke-hoach-chuyen-doi-so-tinh-ninh-thu-2023"},
		{"", "Kế hoạch 2023", 2023, "ke-hoach-2023"},
		{"", "", 2023, "2023"},
	} {
		if got := plan.MakeID(c.number, c.title, c.year); got != c.want {
			t.Errorf("MakeID(%q, %q, %d) = %q, want %q", c.number, c.title, c.year, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		id := plan.MakeID(rapid.String().Draw(t, "number"), rapid.String().Draw(t, "title"), rapid.IntRange(2000, 2199).Draw(t, "year"))
		if _, err := text.Code("", string(id)); err != nil {
			t.Fatalf("%q is no code: %v", id, err)
		}
	})
}

func sound() plan.Plan {
	return plan.Plan{
		ID: "698-kh-ubnd-2022", Number: "698/KH-UBND", Title: "Kế hoạch", Unit: "44-0", Issued: period.Date(2022, 4, 29), Years: []int{2025, 2030},
		Groups: []plan.Group{{Code: "CQ", NameVI: "Chính quyền số", Indicators: []indicator.Code{"CQ-01", "CQ-02"}}, {Code: "AT", NameVI: "An toàn"}},
		Focus:  []indicator.Code{"CQ-01"}, Headline: []indicator.Code{"CH-01"}, Classes: []string{"khá", "tốt"}, MinCoverage: plan.FullCoverage,
		Annexes: []plan.Annex{{Title: "Phụ lục", Link: "https://example.vn/1"}}, Rules: []plan.Rule{{Code: "R1", Text: "Hoàn thành sớm"}},
	}
}

func TestAPlanTellsEverythingThatIsWrong(t *testing.T) {
	p := sound()
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*plan.Plan)
		want   string
	}{
		{"issued without a number", func(p *plan.Plan) { p.Number = "" }, "PLAN_NUMBER_MISSING number"},
		{"issued without a day", func(p *plan.Plan) { p.Issued = period.Beginning }, "PLAN_NUMBER_MISSING number"},
		{"a draft without either", func(p *plan.Plan) { p.Number, p.Issued, p.Draft = "", period.Beginning, true }, ""},
		{"no year", func(p *plan.Plan) { p.Years = nil }, "PLAN_YEARS_MISSING years"},
		{"a year far away", func(p *plan.Plan) { p.Years[1] = 20300 }, "PLAN_YEAR_OUT_OF_RANGE years[1]"},
		{"no title", func(p *plan.Plan) { p.Title = " " }, "TEXT_MISSING title"},
		{"a group without a name", func(p *plan.Plan) { p.Groups[1].NameVI = "" }, "TEXT_MISSING groups[1].name_vi"},
		{"two groups of one code", func(p *plan.Plan) { p.Groups[1].Code = "cq" }, "GROUP_TWICE groups[1]"},
		{"an indicator in two groups", func(p *plan.Plan) { p.Groups[1].Indicators = []indicator.Code{"cq-01"} }, "INDICATOR_IN_TWO_GROUPS groups[1].indicators[0]"},
		{"a code that is none", func(p *plan.Plan) { p.Focus[0] = "CQ 01" }, "CODE_MALFORMED focus[0]"},
		{"a class twice", func(p *plan.Plan) { p.Classes[1] = "khá" }, "CLASS_TWICE classes[1]"},
		{"a rule twice", func(p *plan.Plan) { p.Rules = append(p.Rules, p.Rules[0]) }, "RULE_TWICE rules[1]"},
		{"too much coverage", func(p *plan.Plan) { p.MinCoverage = 10001 }, "COVERAGE_OUT_OF_RANGE min_coverage"},
		{"an id with a slash", func(p *plan.Plan) { p.ID = "698/kh" }, "CODE_MALFORMED plan_id"},
	} {
		p := sound()
		c.change(&p)
		got := ""
		if e := fault.Of(p.Check()); e != nil {
			got = e.Reason + " " + e.Field
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestATargetTellsEverythingThatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name   string
		target plan.Target
		want   string
	}{
		{"sound", target(plan.AtLeast, "80.0"), ""},
		{"no comparator", target(0, "80"), "COMPARATOR_MISSING"},
		{"no value", target(plan.Above, ""), "TARGET_VALUE_MISSING"},
		{"no class", target(plan.InClass, ""), "TARGET_VALUE_MISSING"},
		{"a comma", target(plan.Above, "80,5"), "NUMBER_MALFORMED"},
		{"seven decimals", target(plan.Above, "0.0000001"), "NUMBER_TOO_PRECISE"},
		{"seven decimals, the last ones 0", target(plan.Above, "0.5000000"), "AMOUNT_TOO_PRECISE"},
		{"half a place", target(plan.Top, "2.5"), "TARGET_PLACE"},
		{"no place", target(plan.Top, "0"), "TARGET_PLACE"},
		{"down by less than nothing", target(plan.ReduceBy, "-5"), "TARGET_PERCENT_NEGATIVE"},
		{"kept at a value", target(plan.Keep, "5"), "TARGET_VALUE_TOO_MUCH"},
		{"kept", target(plan.Keep, ""), ""},
		{"no day", target(plan.ByDate, "quý II"), "DAY_MALFORMED"},
	} {
		if got := fault.ReasonOf(c.target.Check()); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	x := plan.Target{Year: 1999, Indicator: "?", Comparator: plan.AtLeast, Value: "x", Baseline: "y", Ranked: -1}
	var fields []string
	for _, d := range fault.Of(x.Check()).Details {
		fields = append(fields, d.Field)
	}
	if want := []string{"year", "indicator", "value", "baseline", "ranked"}; !slices.Equal(fields, want) {
		t.Errorf("blames %v, want %v", fields, want)
	}
}

func TestScopesReadTheirOwnWords(t *testing.T) {
	for _, s := range []string{"", "unit:87-0", "kind:commune", "kind:department|district", "each:department|district"} {
		got, err := plan.ParseScope(s)
		if err != nil || got.String() != s {
			t.Errorf("%q reads as %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"unit:", "kind:", "each:", "làng:x", "kind:xã", "commune"} {
		if got, err := plan.ParseScope(s); err == nil {
			t.Errorf("%q reads as %q", s, got)
		}
	}
	each, _ := plan.ParseScope("each:department|district")
	if !each.Concerns("866-0", "district") || each.Concerns("29869-0", "commune") {
		t.Error("every department and district is a district and no commune")
	}
}

func TestWordsReadThemselves(t *testing.T) {
	for c := plan.AtLeast; c <= plan.ByDate; c++ {
		if got, err := plan.ParseComparator(c.String()); err != nil || got != c {
			t.Errorf("%s reads as %s, %v", c, got, err)
		}
	}
	for k := plan.CountAssigned; k <= plan.CountOther; k++ {
		if got, err := plan.ParseCountKind(k.String()); err != nil || got != k {
			t.Errorf("%s reads as %s, %v", k, got, err)
		}
	}
	for b := plan.Exact; b <= plan.NoLessThan; b++ {
		if got, err := plan.ParseBound(b.String()); err != nil || got != b {
			t.Errorf("%s reads as %s, %v", b, got, err)
		}
	}
	for _, wrong := range []string{"", "≥", "=>", strings.Repeat("x", 300)} {
		if c, err := plan.ParseComparator(wrong); err == nil {
			t.Errorf("%q reads as %s", wrong, c)
		}
	}
	if s, err := plan.ParseRating("NOT_DUE"); err == nil {
		t.Errorf("nobody declares %s", s)
	}
}

func TestR29OutsideFiguresSayWhoPublishedThem(t *testing.T) {
	o := plan.Outside{Indicator: "CH-01", Unit: "87-0", Year: 2022, Value: "39", Ranked: 63, Done: period.Beginning, Published: period.Date(2023, 7, 12), Source: "Bộ TT&TT"}
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	o.Source, o.Value = "", ""
	var reasons []string
	for _, d := range fault.Of(o.Check()).Details {
		reasons = append(reasons, d.Reason)
	}
	if want := []string{"OUTSIDE_RANKED", "SOURCE_MISSING"}; !slices.Equal(reasons, want) {
		t.Errorf("%v, want %v", reasons, want)
	}
	r := plan.Region{Code: "DBSCL", NameVI: "Đồng bằng sông Cửu Long", Units: []hierarchy.ID{"87-0", "87-0"}}
	if got := fault.ReasonOf(r.Check()); got != "REGION_UNIT_TWICE" {
		t.Errorf("a region with a unit twice: %q", got)
	}
}
