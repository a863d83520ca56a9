package indicator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/text"
)

// Check tells every violation of a version looked at alone, each with its field. What needs the other indicators is
// for Catalogue.With, what needs the tree for [form.Set.With].
//
// [form.Set.With]: https://pkg.go.dev/github.com/tonghop/tonghop/server/form#Set.With
func (i Indicator) Check() error {
	var problems fault.List
	i.checkWords(&problems)
	if i.Scale > figure.MaxScale {
		problems.Add(fault.Invalid("SCALE_OUT_OF_RANGE", "scale %d: an indicator has 0 to %d decimals", i.Scale, figure.MaxScale).
			With("scale", i.Scale).With("limit", figure.MaxScale).In("scale"))
	}
	i.checkFormula(&problems)
	if i.UnitRule == UnitDerived {
		i.checkUnreported(&problems)
	} else {
		i.checkUnitRule(&problems)
		i.checkParts(&problems)
		i.checkKinds(&problems)
	}
	for n, s := range i.Assigned {
		if err := s.Check(); err != nil {
			problems.Add(fault.Of(err).In(fmt.Sprintf("assigned[%d]", n)))
		}
	}
	if int(i.Direction) >= len(directionNames) {
		problems.Add(fault.Invalid("DIRECTION_UNKNOWN", "direction %d is unknown; give one of %s", i.Direction, strings.Join(directionNames, ", ")).
			With("value", i.Direction).In("direction"))
	}
	if int(i.Class) >= len(classNames) {
		problems.Add(fault.Invalid("CLASS_UNKNOWN", "class %d is unknown; give one of %s", i.Class, strings.Join(classNames, ", ")).
			With("value", i.Class).In("class"))
	}
	if i.SmallestCell < 0 || i.SmallestCell > LargestSmallestCell || i.SmallestCell > 0 && i.Class != Public {
		problems.Add(SmallestCellInvalid(strconv.Itoa(int(i.SmallestCell))).In("smallest_cell"))
	}
	if i.Min != nil && i.Max != nil && *i.Min > *i.Max {
		problems.Add(fault.Invalid("BOUNDS_REVERSED", "min %s is greater than max %s", i.Min.Format(i.Scale), i.Max.Format(i.Scale)).
			With("min", i.Min.Format(i.Scale)).With("max", i.Max.Format(i.Scale)).In("min"))
	}
	return problems.Err()
}

// SmallestCellInvalid refuses a least published figure.
func SmallestCellInvalid(value string) *fault.Error {
	return fault.Invalid("SMALLEST_CELL_INVALID", "smallest_cell %q: give a whole number from 1 to %d, of a public indicator alone", value, LargestSmallestCell).
		With("value", value).With("limit", LargestSmallestCell)
}

// LeastPublished is how small a figure of it may be where it is published; 0 is no small figure.
func (i Indicator) LeastPublished() int64 {
	if i.SmallestCell == 0 {
		return DefaultSmallestCell
	}
	return int64(i.SmallestCell)
}

func (i *Indicator) checkWords(problems *fault.List) {
	checkCode := func(field string, code Code, required bool) {
		if code == "" && !required {
			return
		}
		_, err := text.Code(field, string(code))
		problems.Add(err)
	}
	checkCode("code", i.Code, true)
	checkCode("denominator_indicator", i.DenominatorIndicator, false)
	checkCode("weight", i.Weight, false)
	checkCode("replaces", i.Replaces, false)
	if i.Replaces != "" && i.Replaces.Same(i.Code) {
		problems.Add(fault.Invalid("REPLACES_ITSELF", "indicator %q cannot replace itself; a new meaning needs a new code", i.Code).
			With("code", i.Code).In("replaces"))
	}
	if i.NameVI == "" {
		problems.Add(fault.Invalid("NAME_EMPTY", "indicator %q has no Vietnamese name", i.Code).With("code", i.Code).In("name_vi"))
	}
	for _, w := range []struct {
		field, s string
		limit    int
	}{
		{"name_vi", i.NameVI, maxName},
		{"name_en", i.NameEN, maxName},
		{"group", i.Group, maxGroup},
		{"unit_of_measure", i.UnitOfMeasure, maxUnit},
	} {
		problems.Add(checkClean(w.field, w.s, w.limit))
	}
}

// checkClean also refuses what Clean would have changed, so that a text is stored in one form only.
func checkClean(field, s string, limit int) error {
	clean, err := text.Clean(field, s, limit)
	if err == nil && clean != s {
		return fault.Invalid("TEXT_NOT_CLEAN", "%q is not in its stored form (NFC, no space at the ends): %q", s, clean).In(field)
	}
	return err
}

func (i *Indicator) checkUnitRule(problems *fault.List) {
	if int(i.UnitRule) >= len(unitRuleNames) {
		problems.Add(fault.Invalid("UNIT_RULE_UNKNOWN", "rule over units %d is unknown; give one of %s", i.UnitRule, strings.Join(unitRuleNames, ", ")).
			With("value", i.UnitRule).In("unit_rule"))
		return
	}
	if (i.UnitRule == UnitWeightedMean) != (i.Weight != "") {
		problems.Add(fault.Invalid("WEIGHT_MISPLACED",
			"rule over units %s and weight %q: WEIGHTED_MEAN needs the indicator that is its weight, and no other rule has one", i.UnitRule, i.Weight).
			With("unit_rule", i.UnitRule).With("weight", i.Weight).In("weight"))
	}
	if i.UnitRule != UnitCountAtLeast && i.AtLeast != 0 {
		problems.Add(fault.Invalid("UNIT_RULE_NUMBER", "rule over units %s has no number; only COUNT_AT_LEAST has", i.UnitRule).
			With("value", i.UnitRule).In("unit_rule"))
	}
	if !i.UnitRule.YesNo() {
		return
	}
	if i.Scale != 0 {
		problems.Add(fault.Invalid("YES_NO_SCALE", "a yes/no figure (%s) is 1 or 0 and has scale 0, not %d", i.UnitRule, i.Scale).
			With("unit_rule", i.UnitRule).With("scale", i.Scale).In("scale"))
	}
	if i.Value.Time != TimeLast && i.Value.Time != TimeMax {
		problems.Add(fault.Invalid("YES_NO_TIME_RULE",
			"a yes/no figure (%s) goes over time by LAST (how it stands at the end) or MAX (whether it ever was), not by %s", i.UnitRule, i.Value.Time).
			With("unit_rule", i.UnitRule).With("time_rule", i.Value.Time).In("time_rule"))
	}
}

// checkParts holds R14 for each part and R15 for the denominator: it belongs to a ratio, and a ratio has its own or
// another indicator's, not both.
func (i *Indicator) checkParts(problems *fault.List) {
	if err := i.Value.Check(); err != nil {
		problems.Add(fault.Of(err).In("time_rule"))
	}
	switch {
	case i.OwnDenominator():
		if err := i.Denominator.Check(); err != nil {
			problems.Add(fault.Of(err).In("denominator_time_rule"))
		}
	case i.UnitRule != UnitRatio && i.DenominatorIndicator != "":
		problems.Add(fault.Invalid("DENOMINATOR_MISPLACED", "rule over units %s has no denominator; only RATIO has", i.UnitRule).
			With("unit_rule", i.UnitRule).In("denominator_indicator"))
	case i.Denominator != (Part{}) && i.Denominator != i.Value:
		problems.Add(fault.Invalid("DENOMINATOR_MISPLACED",
			"a denominator's own measure and rule over time belong to a RATIO whose reports give both parts; leave them empty").
			With("unit_rule", i.UnitRule).In("denominator_measure"))
	}
	if i.DenominatorIndicator != "" && i.DenominatorIndicator.Same(i.Code) {
		problems.Add(fault.Invalid("REFERENCE_CIRCLE", "indicator %q cannot be its own denominator", i.Code).
			With("circle", i.Code).In("denominator_indicator"))
	}
	if i.Weight != "" && i.Weight.Same(i.Code) {
		problems.Add(fault.Invalid("REFERENCE_CIRCLE", "indicator %q cannot be its own weight", i.Code).
			With("circle", i.Code).In("weight"))
	}
}

func (i *Indicator) checkKinds(problems *fault.List) {
	if len(i.ReportedBy) == 0 {
		problems.Add(fault.Invalid("REPORTED_BY_EMPTY", "indicator %q is reported by no kind of unit; name at least one, such as commune", i.Code).
			With("code", i.Code).In("reported_by"))
	}
	check := func(field string, kinds []hierarchy.Kind) {
		for n, k := range kinds {
			at := fmt.Sprintf("%s[%d]", field, n)
			if _, err := hierarchy.ParseKind(string(k)); err != nil {
				problems.Add(fault.Of(err).In(at))
			}
			if slices.Contains(kinds[:n], k) {
				problems.Add(fault.Invalid("KIND_REPEATED", "the kind %q is named twice", k).With("kind", k).In(at))
			}
			if field == "checked_by" && i.Adds(k) {
				problems.Add(fault.Invalid("KIND_ADDED_AND_CHECKED",
					"the kind %q stands in reported_by and in checked_by: its figures are either added or only compared", k).
					With("kind", k).In(at))
			}
		}
	}
	check("reported_by", i.ReportedBy)
	check("checked_by", i.CheckedBy)
}
