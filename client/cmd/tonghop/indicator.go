package main

import (
	"context"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type indicatorsCmd struct {
	List indicatorsListCmd `cmd:"" default:"withargs" help:"List the catalogue in code order."`
	Get  indicatorsGetCmd  `cmd:"" help:"Show one indicator with its rules."`
}

type indicatorsListCmd struct {
	Group string `placeholder:"G" help:"Only this group."`
	AsOf  string `placeholder:"DATE" help:"Day of the versions; otherwise today."`
	pastFlag
}

// Help shows how it is used.
func (indicatorsListCmd) Help() string {
	return `The CSV has the columns of indicators.csv.

Examples:

    tonghop indicators list --group CQ
    tonghop indicators list -o csv > indicators.csv`
}

// Run lists indicators.
func (c *indicatorsListCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		return list(s, indicatorSheet, to.Indicators(ctx, &reportingv1.ListIndicatorsRequest{
			Group: c.Group, AsOf: c.AsOf, AtSequence: sequence, AtTime: at,
		}))
	})
}

var indicatorSheet = sheet[*reportingv1.Indicator]{
	table: []column[*reportingv1.Indicator]{
		{name: "CODE", text: (*reportingv1.Indicator).GetCode},
		{name: "NAME", text: (*reportingv1.Indicator).GetNameVi},
		{name: "GROUP", text: (*reportingv1.Indicator).GetGroup},
		{name: "IN", text: (*reportingv1.Indicator).GetUnitOfMeasure},
		{name: "OVER UNITS", text: unitRule},
		{name: "OVER TIME", text: func(i *reportingv1.Indicator) string { return timeRule(i.GetTimeRule()) }},
		{name: "MEASURE", text: func(i *reportingv1.Indicator) string { return measure(i.GetMeasure()) }},
		{name: "REPORTED BY", text: func(i *reportingv1.Indicator) string { return strings.Join(i.GetReportedBy(), ", ") }},
	},
	csv: []column[*reportingv1.Indicator]{
		{name: "code", text: (*reportingv1.Indicator).GetCode},
		{name: "name_vi", text: (*reportingv1.Indicator).GetNameVi},
		{name: "name_en", text: (*reportingv1.Indicator).GetNameEn},
		{name: "group", text: (*reportingv1.Indicator).GetGroup},
		{name: "unit_of_measure", text: (*reportingv1.Indicator).GetUnitOfMeasure},
		{name: "scale", text: func(i *reportingv1.Indicator) string { return number(i.GetScale()) }},
		{name: "unit_rule", text: unitRule},
		{name: "time_rule", text: func(i *reportingv1.Indicator) string { return timeRule(i.GetTimeRule()) }},
		{name: "measure", text: func(i *reportingv1.Indicator) string { return measure(i.GetMeasure()) }},
		{name: "reported_by", text: reportedBy},
		{name: "checked_by", text: func(i *reportingv1.Indicator) string { return strings.Join(i.GetCheckedBy(), "|") }},
		{name: "direction", text: direction},
		{name: "formula", text: (*reportingv1.Indicator).GetFormula},
		{name: "weight", text: (*reportingv1.Indicator).GetWeight},
		{name: "denominator_measure", text: func(i *reportingv1.Indicator) string { return measure(i.GetDenominatorMeasure()) }},
		{name: "denominator_time_rule", text: func(i *reportingv1.Indicator) string { return timeRule(i.GetDenominatorTimeRule()) }},
		{name: "denominator_indicator", text: (*reportingv1.Indicator).GetDenominatorIndicator},
		{name: "min", text: (*reportingv1.Indicator).GetMin},
		{name: "max", text: (*reportingv1.Indicator).GetMax},
		{name: "valid_from", text: (*reportingv1.Indicator).GetValidFrom},
		{name: "replaces", text: (*reportingv1.Indicator).GetReplaces},
		{name: "assigned", text: func(i *reportingv1.Indicator) string { return selectors(i.GetAssigned()) }},
		{name: "class", text: class},
		{name: "smallest_cell", text: smallestCell},
	},
	json: messageJSON[*reportingv1.Indicator],
}

func class(i *reportingv1.Indicator) string {
	if i.GetClass() == reportingv1.IndicatorClass_INDICATOR_CLASS_UNSPECIFIED {
		return ""
	}
	return strings.ToLower(word(i.GetClass(), "INDICATOR_CLASS_"))
}

func smallestCell(i *reportingv1.Indicator) string {
	if i.GetSmallestCell() == 0 {
		return ""
	}
	return number(i.GetSmallestCell())
}

func unitRule(i *reportingv1.Indicator) string {
	rule := word(i.GetUnitRule(), "UNIT_RULE_")
	if i.AtLeast != nil {
		rule += " " + i.GetAtLeast()
	}
	return rule
}

func timeRule(r reportingv1.TimeRule) string {
	if r == reportingv1.TimeRule_TIME_RULE_UNSPECIFIED {
		return ""
	}
	return word(r, "TIME_RULE_")
}

func measure(m reportingv1.Measure) string {
	if m == reportingv1.Measure_MEASURE_UNSPECIFIED {
		return ""
	}
	return strings.ToLower(word(m, "MEASURE_"))
}

func direction(i *reportingv1.Indicator) string {
	if i.GetDirection() == reportingv1.Direction_DIRECTION_UNSPECIFIED {
		return "none"
	}
	return strings.ToLower(word(i.GetDirection(), "DIRECTION_"))
}

// reportedBy is the cell of the import file: kinds, and that each level reports its own work.
func reportedBy(i *reportingv1.Indicator) string {
	kinds := strings.Join(i.GetReportedBy(), "|")
	if i.GetLevelsOwn() {
		kinds += "|levels=own"
	}
	return kinds
}

// selectors is the cell of the import files: "kind:commune@82-0;2024-01-01..|except:unit:30280-0".
func selectors(list []*reportingv1.Selector) string {
	words := make([]string, 0, len(list))
	for _, s := range list {
		w := "unit:" + s.GetUnit()
		if s.GetKind() != "" {
			w = "kind:" + s.GetKind()
		}
		if s.GetUnder() != "" {
			w += "@" + s.GetUnder()
		}
		if s.GetFrom() != "" || s.GetTo() != "" {
			w += ";" + s.GetFrom() + ".." + s.GetTo()
		}
		if s.GetExcept() {
			w = "except:" + w
		}
		words = append(words, w)
	}
	return strings.Join(words, "|")
}

type indicatorsGetCmd struct {
	Code string `arg:"" help:"Code, in any case."`
	AsOf string `placeholder:"DATE" help:"Day of the version; otherwise today."`
	pastFlag
}

// Help shows how it is used.
func (indicatorsGetCmd) Help() string {
	return `Examples:

    tonghop indicators get CQ-06
    tonghop indicators get cq-06 --as-of 2024-12-31 -o json`
}

// Run shows one indicator.
func (c *indicatorsGetCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		i, err := to.GetIndicator(ctx, &reportingv1.GetIndicatorRequest{
			Name: "indicators/" + strings.TrimPrefix(c.Code, "indicators/"), AsOf: c.AsOf, AtSequence: sequence, AtTime: at,
		})
		if err != nil {
			return err
		}
		return one(s, i, []pair{
			{"code", i.GetCode()},
			{"name", i.GetNameVi()},
			{"name in English", i.GetNameEn()},
			{"group", i.GetGroup()},
			{"unit of measure", i.GetUnitOfMeasure()},
			{"decimals", number(i.GetScale())},
			{"over units", unitRule(i)},
			{"formula", i.GetFormula()},
			{"class", class(i)},
			{"smallest published", smallestCell(i)},
			{"over time", timeRule(i.GetTimeRule())},
			{"measure", measure(i.GetMeasure())},
			{"denominator over time", timeRule(i.GetDenominatorTimeRule())},
			{"denominator measure", measure(i.GetDenominatorMeasure())},
			{"denominator", i.GetDenominatorIndicator()},
			{"weight", i.GetWeight()},
			{"reported by", reportedBy(i)},
			{"checked by", strings.Join(i.GetCheckedBy(), "|")},
			{"assigned", selectors(i.GetAssigned())},
			{"better", direction(i)},
			{"at least", i.GetMin()},
			{"at most", i.GetMax()},
			{"replaces", i.GetReplaces()},
			{"valid from", i.GetValidFrom()},
			{"etag", i.GetEtag()},
		})
	})
}
