package indicator

import (
	"slices"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
)

func TestR14_WhichRuleOverTimeFitsWhichMeasure(t *testing.T) {
	allowed := map[Measure]string{
		Flow:       "NONE SUM MEAN MIN MAX",
		Stock:      "NONE LAST MEAN MIN MAX",
		YearToDate: "NONE LAST",
	}
	for measure, names := range allowed {
		for rule := TimeNone; rule <= TimeMax; rule++ {
			err := Part{measure, rule}.Check()
			if want := slices.Contains(strings.Fields(names), rule.String()); (err == nil) != want {
				t.Errorf("%s with %s: error = %v, want right = %t", measure, rule, err, want)
			}
			i := people
			i.Value = Part{measure, rule}
			if err := i.Check(); err != nil && !slices.Equal(problems(err), []string{"time_rule TIME_RULE_NOT_ALLOWED"}) {
				t.Errorf("%s with %s: %v", measure, rule, err)
			}
		}
	}
	if err := (Part{9, TimeSum}).Check(); fault.ReasonOf(err) != "MEASURE_UNKNOWN" {
		t.Errorf("an unknown measure: %v", err)
	}
}

func TestCheckTellsEveryViolationWithItsField(t *testing.T) {
	for _, i := range []Indicator{files, people, accounts, satisfied} {
		if err := i.Check(); err != nil {
			t.Errorf("%s is right, but: %v", i.Code, err)
		}
	}
	for _, c := range []struct {
		name  string
		of    Indicator
		spoil func(i *Indicator)
		want  []string
	}{
		{"code", people, func(i *Indicator) { i.Code = "DS 15" }, []string{"code CODE_MALFORMED"}},
		{"no name", people, func(i *Indicator) { i.NameVI = "" }, []string{"name_vi NAME_EMPTY"}},
		{
			"names not clean", people, func(i *Indicator) {
				i.NameVI, i.NameEN, i.Group, i.UnitOfMeasure = "a ", "b\n", "c\x00", strings.Repeat("x", 61)
			},
			[]string{"name_vi TEXT_NOT_CLEAN", "name_en TEXT_NOT_CLEAN", "group TEXT_CONTROL_CHARACTER", "unit_of_measure TEXT_TOO_LONG"},
		},
		{"scale", people, func(i *Indicator) { i.Scale = 7 }, []string{"scale SCALE_OUT_OF_RANGE"}},
		{"unknown rules", people, func(i *Indicator) { i.UnitRule, i.Direction = 99, 99 }, []string{"unit_rule UNIT_RULE_UNKNOWN", "direction DIRECTION_UNKNOWN"}},
		{"R15 denominator's rule", files, func(i *Indicator) { i.Denominator = Part{Stock, TimeSum} }, []string{"denominator_time_rule TIME_RULE_NOT_ALLOWED"}},
		{
			"R15 both rules", files, func(i *Indicator) { i.Value, i.Denominator = Part{Flow, TimeLast}, Part{YearToDate, TimeMean} },
			[]string{"time_rule TIME_RULE_NOT_ALLOWED", "denominator_time_rule TIME_RULE_NOT_ALLOWED"},
		},
		{"R15 a denominator without a ratio", people, func(i *Indicator) { i.DenominatorIndicator = "CQ-02" }, []string{"denominator_indicator DENOMINATOR_MISPLACED"}},
		{"R15 a denominator's rule without one", people, func(i *Indicator) { i.Denominator = Part{Flow, TimeSum} }, []string{"denominator_measure DENOMINATOR_MISPLACED"}},
		{"R15 two denominators", accounts, func(i *Indicator) { i.Denominator = Part{Flow, TimeSum} }, []string{"denominator_measure DENOMINATOR_MISPLACED"}},
		{"R15 its own denominator", accounts, func(i *Indicator) { i.DenominatorIndicator = "xh-03" }, []string{"denominator_indicator REFERENCE_CIRCLE"}},
		{"R19 no weight", satisfied, func(i *Indicator) { i.Weight = "" }, []string{"weight WEIGHT_MISPLACED"}},
		{"R19 a weight too many", people, func(i *Indicator) { i.Weight = "CQ-02" }, []string{"weight WEIGHT_MISPLACED"}},
		{"R19 its own weight", satisfied, func(i *Indicator) { i.Weight = "cq-02" }, []string{"weight REFERENCE_CIRCLE"}},
		{
			"R20 yes or no", people, func(i *Indicator) { i.UnitRule, i.Scale, i.Value = UnitShareYes, 1, Part{Stock, TimeMean} },
			[]string{"scale YES_NO_SCALE", "time_rule YES_NO_TIME_RULE"},
		},
		{"R20 a number too many", people, func(i *Indicator) { i.AtLeast = 1 }, []string{"unit_rule UNIT_RULE_NUMBER"}},
		{"nobody reports", people, func(i *Indicator) { i.ReportedBy = nil }, []string{"reported_by REPORTED_BY_EMPTY"}},
		{"kinds", people, func(i *Indicator) {
			i.ReportedBy, i.CheckedBy = []hierarchy.Kind{"commune", "Xã", "commune"}, []hierarchy.Kind{"district", "commune"}
		}, []string{"reported_by[1] KIND_MALFORMED", "reported_by[2] KIND_REPEATED", "checked_by[1] KIND_ADDED_AND_CHECKED"}},
		{"R9 narrowing", people, func(i *Indicator) { i.Assigned = []hierarchy.Selector{{Kind: "commune"}, {}} }, []string{"assigned[1].kind ASSIGNMENT_MALFORMED"}},
		{"bounds", people, func(i *Indicator) { i.Min, i.Max = number(2), number(1) }, []string{"min BOUNDS_REVERSED"}},
		{"references", people, func(i *Indicator) { i.Replaces = "a/b" }, []string{"replaces CODE_MALFORMED"}},
		{"replaces itself", people, func(i *Indicator) { i.Replaces = "ds-15plus" }, []string{"replaces REPLACES_ITSELF"}},
	} {
		i := c.of.clone()
		c.spoil(&i)
		if got := problems(i.Check()); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestR20_YesOrNoGoesByLastOrMax(t *testing.T) {
	for _, p := range []Part{{Stock, TimeLast}, {Stock, TimeMax}, {Flow, TimeMax}} {
		i := people
		i.UnitRule, i.Value = UnitCountYes, p
		if err := i.Check(); err != nil {
			t.Errorf("%v: %v", p, err)
		}
	}
	least := people
	least.UnitRule, least.AtLeast = UnitCountAtLeast, 1
	if err := least.Check(); err != nil {
		t.Error(err)
	}
}

func TestTheWordsOfRules(t *testing.T) {
	for m := Flow; m <= YearToDate; m++ {
		if got, err := ParseMeasure(strings.ToUpper(m.String())); got != m || err != nil {
			t.Errorf("ParseMeasure(%s) = %v, %v", m, got, err)
		}
	}
	for r := TimeNone; r <= TimeMax; r++ {
		if got, err := ParseTimeRule(strings.ToLower(r.String())); got != r || err != nil {
			t.Errorf("ParseTimeRule(%s) = %v, %v", r, got, err)
		}
	}
	for d := DirectionNone; d <= Lower; d++ {
		if got, err := ParseDirection(d.String()); got != d || err != nil {
			t.Errorf("ParseDirection(%s) = %v, %v", d, got, err)
		}
	}
	if d, err := ParseDirection(""); d != DirectionNone || err != nil {
		t.Errorf("ParseDirection() = %v, %v", d, err)
	}
	for r := UnitNone; r <= UnitCountAtLeast; r++ {
		least := figure.Number(0)
		if r == UnitCountAtLeast {
			least = 150
		}
		written := FormatUnitRule(r, least, 2)
		if got, n, err := ParseUnitRule(written, 2); got != r || n != least || err != nil {
			t.Errorf("ParseUnitRule(%q) = %v, %v, %v", written, got, n, err)
		}
	}
	if r, n, err := ParseUnitRule("count_at_least  1", 0); r != UnitCountAtLeast || n != 1 || err != nil {
		t.Errorf("count_at_least 1 = %v, %v, %v", r, n, err)
	}
	for s, reason := range map[string]string{
		"": "UNIT_RULE_UNKNOWN", "TOTAL": "UNIT_RULE_UNKNOWN", "COUNT_AT_LEAST": "UNIT_RULE_NUMBER", "SUM 3": "UNIT_RULE_NUMBER",
		strings.Repeat("ỳ", 50): "UNIT_RULE_UNKNOWN",
	} {
		if _, _, err := ParseUnitRule(s, 0); fault.ReasonOf(err) != reason {
			t.Errorf("ParseUnitRule(%q) error = %v, want %s", s, err, reason)
		}
	}
	if _, _, err := ParseUnitRule("COUNT_AT_LEAST 1.5", 0); err == nil {
		t.Error("1.5 at scale 0 was read")
	}
	if Measure(9).String() != "unknown" || UnitRule(99).String() != "unknown" {
		t.Error("a value without a word is unknown")
	}
}

func TestTheFactorOfAUnitOfMeasure(t *testing.T) {
	for unit, want := range map[string]int64{"%": 100, "‰": 1000, "": 1, "hồ sơ": 1, "%/năm": 1} {
		if got := (Indicator{UnitOfMeasure: unit}).Factor(); got != want {
			t.Errorf("factor of %q = %d, want %d", unit, got, want)
		}
	}
}
