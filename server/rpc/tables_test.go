package rpc

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
	"github.com/tonghop/tonghop/server/rule"
	"github.com/tonghop/tonghop/server/tabular"
)

// enum is what generated enumerations have in common.
type enum interface {
	comparable
	fmt.Stringer
	protoreflect.Enum
}

// checkPairs compares a table with the names that both sides give their values: the oracle is the names. Every value of
// the contract must be paired but those that are excused.
func checkPairs[D interface {
	~uint8
	fmt.Stringer
}, W enum](t *testing.T, table pairs[D, W], prefix string, excused ...string) {
	t.Helper()
	var zero W
	values := zero.Descriptor().Values()
	paired := map[string]bool{}
	for d, w := range table {
		if w.Number() == 0 {
			continue
		}
		domain, wire := strings.ToUpper(D(d).String()), strings.TrimPrefix(w.String(), prefix)
		if domain != wire {
			t.Errorf("%T: %s is paired with %s", zero, domain, w)
		}
		if back, ok := table.domain(w); !ok || int(back) != d {
			t.Errorf("%T: %s comes back as %v", zero, w, back)
		}
		paired[w.String()] = true
	}
	for _, name := range excused {
		paired[prefix+name] = true
	}
	for i := range values.Len() {
		if name := string(values.Get(i).Name()); !paired[name] {
			t.Errorf("%T: nothing is paired with %s", zero, name)
		}
	}
}

func TestEveryEnumerationIsPairedByName(t *testing.T) {
	checkPairs(t, rights, "RIGHT_", "UNSPECIFIED")
	checkPairs(t, roles, "ROLE_", "UNSPECIFIED")
	checkPairs(t, unitRules, "UNIT_RULE_", "UNSPECIFIED")
	checkPairs(t, timeRules, "TIME_RULE_", "UNSPECIFIED")
	checkPairs(t, measures, "MEASURE_", "UNSPECIFIED")
	checkPairs(t, directions, "DIRECTION_", "UNSPECIFIED")
	checkPairs(t, frequencies, "FREQUENCY_", "UNSPECIFIED")
	checkPairs(t, calendars, "CALENDAR_", "UNSPECIFIED")
	checkPairs(t, figureStates, "FIGURE_STATE_", "UNSPECIFIED")
	checkPairs(t, figureGrades, "FIGURE_GRADE_", "UNSPECIFIED")
	checkPairs(t, amountParts, "AMOUNT_PART_", "UNSPECIFIED")
	checkPairs(t, revisionStates, "REVISION_STATE_", "UNSPECIFIED")
	checkPairs(t, bases, "BASIS_", "UNSPECIFIED")
	checkPairs(t, rollupMeasures, "ROLLUP_MEASURE_", "UNSPECIFIED")
	checkPairs(t, rollupStates, "ROLLUP_STATE_", "UNSPECIFIED")
	checkPairs(t, crossings, "ROLLUP_CROSSING_", "UNSPECIFIED")
	checkPairs(t, comparisons, "ROLLUP_COMPARISON_", "UNSPECIFIED")
	checkPairs(t, ruleSeverities, "RULE_SEVERITY_", "UNSPECIFIED")
	checkPairs(t, shares, "SHARE_", "UNSPECIFIED")
	checkPairs(t, unitActions, "ACTION_", "UNSPECIFIED")
	checkPairs(t, definitionPlaces, "PLACE_", "UNSPECIFIED")
	checkPairs(t, dutyStandings, "DUTY_STANDING_", "UNSPECIFIED")
	checkPairs(t, registerRules, "REGISTER_RULE_", "UNSPECIFIED")
	if len(ruleSeverities) != int(rule.Off)+1 || len(unitRules) != int(indicator.UnitDerived)+1 || len(roles) != len(auth.Roles())+1 || len(rights) != len(auth.Rights())+1 ||
		len(rollupStates) != int(rollup.NotPlaceable)+1 || len(crossings) != int(aggregator.Standing)+1 || len(figureStates) != int(figure.NotApplicable)+1 ||
		len(revisionStates) != int(aggregator.Superseded)+1 || len(frequencies) != len(period.Kinds()) {
		t.Error("a table lacks a value of the domain")
	}
}

func TestEveryKindOfChangeHasItsName(t *testing.T) {
	seen := map[string]bool{}
	for kind := aggregator.UnitsChange; kind <= aggregator.RegistersChange; kind++ {
		row, ok := changeKinds[kind]
		if !ok || row.kind.Number() == 0 || seen[row.kind.String()] {
			t.Errorf("change %d is told as %v", kind, row)
		}
		seen[row.kind.String()] = true
	}
	if all := reportingv1.ChangeKind(0).Descriptor().Values().Len() - 1; len(seen) != all {
		t.Errorf("%d of %d kinds are told", len(seen), all)
	}
}

func TestAnIDHasOneSpelling(t *testing.T) {
	const good = "018f4f5e-8f7a-7cc2-9a52-6f1f0f0c7b11"
	if id, err := parseUUID(good); err != nil || id[0] != 1 || id[15] != 0x11 {
		t.Errorf("parseUUID(%q) = %v, %v", good, id, err)
	}
	for _, bad := range []string{
		"", "1", "{" + good + "}", "urn:uuid:" + good, strings.ReplaceAll(good, "-", ""), good + " ",
		"00000000-0000-0000-0000-000000000000", strings.Replace(good, "8", "g", 1), "018f4f5e-8f7a-7cc2-9a52-6f1f0f0c7b1é",
	} {
		if id, err := parseUUID(bad); err == nil {
			t.Errorf("parseUUID(%q) = %v, want Invalid", bad, id)
		}
	}
}

func TestAProblemOfAFigureIsAtItsLine(t *testing.T) {
	report := tabular.Report{
		ReportKey: tabular.ReportKey{Form: form.Code("CDS")}, FirstLine: 4,
		Figures: []tabular.FigureLine{{Line: 4}, {Line: 9}, {Line: 17}},
	}
	for path, want := range map[string]string{
		"figures[0].value": "4 value", "figures[2].indicator": "17 indicator", "figures[1]": "9 ",
		"etag": "4 etag", "unit": "4 unit", "figures": "4 figures", "": "4 ",
		"figures[3].value": "4 figures[3].value", "figures[-1].value": "4 figures[-1].value", "figures[x]": "4 figures[x]",
	} {
		if line, column := lineOf(report, path); fmt.Sprintf("%d %s", line, column) != want {
			t.Errorf("lineOf(%q) = %d %q, want %s", path, line, column, want)
		}
	}
	report.Problems.List = []tabular.Problem{{Line: 12}, {Line: 9}}
	if lines := linesOf(report); fmt.Sprint(lines) != "[4 9 12 17]" {
		t.Errorf("linesOf = %v", lines)
	}
	for line := range 2 * maxLines {
		report.Figures = append(report.Figures, tabular.FigureLine{Line: 20 + line})
	}
	if lines := linesOf(report); len(lines) != maxLines || lines[0] != 4 {
		t.Errorf("linesOf a long report = %v", lines)
	}
}
