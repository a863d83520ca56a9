package rpc

import (
	"context"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/tabular"
)

// indicators is the service of the catalogue.
type indicators struct {
	reportingv1.UnsafeIndicatorServiceServer
	*core
}

// The enumerations of the catalogue.
var (
	unitRules = pairs[indicator.UnitRule, reportingv1.UnitRule]{
		indicator.UnitNone:         reportingv1.UnitRule_UNIT_RULE_NONE,
		indicator.UnitSum:          reportingv1.UnitRule_UNIT_RULE_SUM,
		indicator.UnitRatio:        reportingv1.UnitRule_UNIT_RULE_RATIO,
		indicator.UnitMean:         reportingv1.UnitRule_UNIT_RULE_MEAN,
		indicator.UnitWeightedMean: reportingv1.UnitRule_UNIT_RULE_WEIGHTED_MEAN,
		indicator.UnitMin:          reportingv1.UnitRule_UNIT_RULE_MIN,
		indicator.UnitMax:          reportingv1.UnitRule_UNIT_RULE_MAX,
		indicator.UnitCountYes:     reportingv1.UnitRule_UNIT_RULE_COUNT_YES,
		indicator.UnitShareYes:     reportingv1.UnitRule_UNIT_RULE_SHARE_YES,
		indicator.UnitCountAtLeast: reportingv1.UnitRule_UNIT_RULE_COUNT_AT_LEAST,
		indicator.UnitDerived:      reportingv1.UnitRule_UNIT_RULE_DERIVED,
	}
	timeRules = pairs[indicator.TimeRule, reportingv1.TimeRule]{
		indicator.TimeNone: reportingv1.TimeRule_TIME_RULE_NONE,
		indicator.TimeSum:  reportingv1.TimeRule_TIME_RULE_SUM,
		indicator.TimeLast: reportingv1.TimeRule_TIME_RULE_LAST,
		indicator.TimeMean: reportingv1.TimeRule_TIME_RULE_MEAN,
		indicator.TimeMin:  reportingv1.TimeRule_TIME_RULE_MIN,
		indicator.TimeMax:  reportingv1.TimeRule_TIME_RULE_MAX,
	}
	measures = pairs[indicator.Measure, reportingv1.Measure]{
		indicator.Flow:       reportingv1.Measure_MEASURE_FLOW,
		indicator.Stock:      reportingv1.Measure_MEASURE_STOCK,
		indicator.YearToDate: reportingv1.Measure_MEASURE_YEAR_TO_DATE,
	}
	classes = pairs[indicator.Class, reportingv1.IndicatorClass]{
		indicator.Internal:  reportingv1.IndicatorClass_INDICATOR_CLASS_UNSPECIFIED,
		indicator.Public:    reportingv1.IndicatorClass_INDICATOR_CLASS_PUBLIC,
		indicator.Sensitive: reportingv1.IndicatorClass_INDICATOR_CLASS_SENSITIVE,
	}
	directions = pairs[indicator.Direction, reportingv1.Direction]{
		indicator.DirectionNone: reportingv1.Direction_DIRECTION_UNSPECIFIED,
		indicator.Higher:        reportingv1.Direction_DIRECTION_HIGHER,
		indicator.Lower:         reportingv1.Direction_DIRECTION_LOWER,
	}
)

// GetIndicator gets the version of an indicator on a day.
func (s indicators) GetIndicator(ctx context.Context, r *reportingv1.GetIndicatorRequest) (*reportingv1.Indicator, error) {
	code, err := lastPart("indicators", "name", r.GetName())
	if err != nil {
		return nil, err
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	found, stamp, err := s.service.GetIndicatorAt(ctx, callerOf(ctx), code, r.GetAsOf(), at)
	if err != nil {
		return nil, err
	}
	m := indicatorMessage(found)
	m.Stamp = stampMessage(stamp)
	return m, nil
}

// ListIndicators lists the indicators on a day.
func (s indicators) ListIndicators(ctx context.Context, r *reportingv1.ListIndicatorsRequest) (*reportingv1.ListIndicatorsResponse, error) {
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	page, err := s.service.ListIndicators(ctx, callerOf(ctx), reporting.IndicatorFilter{
		AsOf: r.GetAsOf(), Group: r.GetGroup(), Page: pageOf(r.GetPageSize(), r.GetPageToken()), At: at,
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListIndicatorsResponse{NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for _, i := range page.Indicators {
		answer.Indicators = append(answer.Indicators, indicatorMessage(i))
	}
	return answer, nil
}

// CreateIndicator creates an indicator or a later version of one.
func (s indicators) CreateIndicator(ctx context.Context, r *reportingv1.CreateIndicatorRequest) (*reportingv1.Indicator, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	c.OpenPeriods = r.GetOpenPeriods()
	if r.GetIndicator() == nil {
		return nil, bodyMissing("indicator")
	}
	i, err := indicatorOf(r.GetIndicator())
	if err != nil {
		return nil, inside(err, "indicator")
	}
	shown, change, stamp, err := s.service.CreateIndicator(ctx, c, i)
	return indicatorChanged(ctx, shown, change, stamp, err)
}

// UpdateIndicator replaces a version of an indicator.
func (s indicators) UpdateIndicator(ctx context.Context, r *reportingv1.UpdateIndicatorRequest) (*reportingv1.Indicator, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	c.OpenPeriods = r.GetOpenPeriods()
	if r.GetIndicator() == nil {
		return nil, bodyMissing("indicator")
	}
	i, err := indicatorOf(r.GetIndicator())
	if err != nil {
		return nil, inside(err, "indicator")
	}
	if err := sameCode("indicators", "indicator", r.GetIndicator().GetName(), string(i.Code.Fold()), indicator.Code.Fold); err != nil {
		return nil, err
	}
	shown, change, stamp, err := s.service.UpdateIndicator(ctx, c, i, r.GetIndicator().GetEtag())
	return indicatorChanged(ctx, shown, change, stamp, err)
}

// sameCode refuses an update whose path names another thing than its body.
func sameCode[T ~string](collection, message, name, folded string, fold func(T) T) error {
	part, err := lastPart(collection, message+".name", name)
	if err != nil {
		return err
	}
	if string(fold(T(part))) != folded {
		return fault.Invalid("NAME_MISMATCH", "the name %q and the code %q are of two things; a code cannot be changed", shorten(name), folded).
			With("value", shorten(name)).With("code", folded).In(message + ".name")
	}
	return nil
}

func indicatorChanged(
	ctx context.Context, i reporting.Indicator, change reporting.CatalogueChange, stamp reporting.Stamp, err error,
) (*reportingv1.Indicator, error) {
	if err != nil {
		return nil, inside(err, "indicator")
	}
	m := indicatorMessage(i)
	m.Stamp, m.Receipt = stampMessage(stamp), receiptMessage(change.Receipt)
	m.Warnings = warnings(change.Warnings, languageOf(ctx))
	return m, nil
}

// ImportIndicators imports indicators.csv.
func (s indicators) ImportIndicators(stream grpc.ClientStreamingServer[reportingv1.ImportIndicatorsRequest, reportingv1.ImportSummary]) error {
	return importCatalogue(s.core, stream, func(ctx context.Context, in catalogueFile) (*reportingv1.ImportSummary, error) {
		sheet, err := tabular.ReadIndicators(in.file, in.tree.Resolve, s.service.Today())
		if err != nil {
			return nil, err
		}
		return finishImport(ctx, s.core, in, &sheet, s.service.ImportIndicators)
	})
}

func indicatorOf(m *reportingv1.Indicator) (indicator.Indicator, error) {
	var wrong fault.List
	i := indicator.Indicator{
		Code: indicator.Code(m.GetCode()), NameVI: m.GetNameVi(), NameEN: m.GetNameEn(), Group: m.GetGroup(),
		UnitOfMeasure: m.GetUnitOfMeasure(), DenominatorIndicator: indicator.Code(m.GetDenominatorIndicator()),
		Weight: indicator.Code(m.GetWeight()), LevelsOwn: m.GetLevelsOwn(), Replaces: indicator.Code(m.GetReplaces()),
		ReportedBy: named[hierarchy.Kind](m.GetReportedBy()), CheckedBy: named[hierarchy.Kind](m.GetCheckedBy()),
		Formula:   indicator.CleanFormula(m.GetFormula()),
		Assigned:  selectorsOf("assigned", m.GetAssigned(), &wrong),
		ValidFrom: dayOf("valid_from", m.GetValidFrom(), period.Beginning, &wrong),
	}
	var err error
	add := func(field string, err error) {
		if err != nil {
			wrong.Add(fault.Of(err).In(field))
		}
	}
	i.Scale, err = figure.ParseScale(int64(m.GetScale()))
	add("scale", err)
	i.UnitRule, err = enumOf(unitRules, m.GetUnitRule(), "UNIT_RULE_UNKNOWN", "unit rule")
	add("unit_rule", err)
	// What is derived is not reported, so these are not stated.
	if !i.Derived() || m.GetMeasure() != reportingv1.Measure_MEASURE_UNSPECIFIED {
		i.Value.Measure, err = enumOf(measures, m.GetMeasure(), "MEASURE_UNKNOWN", "measure")
		add("measure", err)
	}
	if !i.Derived() || m.GetTimeRule() != reportingv1.TimeRule_TIME_RULE_UNSPECIFIED {
		i.Value.Time, err = enumOf(timeRules, m.GetTimeRule(), "TIME_RULE_UNKNOWN", "time rule")
		add("time_rule", err)
	}
	i.SmallestCell = m.GetSmallestCell()
	i.Class, err = enumOf(classes, m.GetClass(), "CLASS_UNKNOWN", "class")
	add("class", err)
	i.Direction, err = enumOf(directions, m.GetDirection(), "DIRECTION_UNKNOWN", "direction")
	add("direction", err)
	i.Denominator = denominatorOf(m, i, add)
	if least := numberOf("at_least", m.AtLeast, i.Scale, add); least != nil {
		i.AtLeast = *least
	}
	if (m.AtLeast != nil) != (i.UnitRule == indicator.UnitCountAtLeast) && wrong.Len() == 0 {
		add("at_least", fault.Invalid("UNIT_RULE_NUMBER", "COUNT_AT_LEAST has a number in at_least, and no other rule has").
			With("value", m.GetUnitRule().String()))
	}
	i.Min = numberOf("min", m.Min, i.Scale, add)
	i.Max = numberOf("max", m.Max, i.Scale, add)
	return i, wrong.Err()
}

// denominatorOf gives the parts that are not stated those of the numerator (R15); only a ratio that reports its own
// denominator has one.
func denominatorOf(m *reportingv1.Indicator, i indicator.Indicator, add func(string, error)) indicator.Part {
	noMeasure := m.GetDenominatorMeasure() == reportingv1.Measure_MEASURE_UNSPECIFIED
	noTime := m.GetDenominatorTimeRule() == reportingv1.TimeRule_TIME_RULE_UNSPECIFIED
	if noMeasure && noTime && !i.OwnDenominator() {
		return indicator.Part{}
	}
	part := i.Value
	var err error
	if !noMeasure {
		part.Measure, err = enumOf(measures, m.GetDenominatorMeasure(), "MEASURE_UNKNOWN", "measure")
		add("denominator_measure", err)
	}
	if !noTime {
		part.Time, err = enumOf(timeRules, m.GetDenominatorTimeRule(), "TIME_RULE_UNKNOWN", "time rule")
		add("denominator_time_rule", err)
	}
	return part
}

// numberOf reads a number at the scale; absent is nil, and an empty text is refused, for it is no number.
func numberOf(field string, text *string, scale figure.Scale, add func(string, error)) *figure.Number {
	if text == nil {
		return nil
	}
	n, err := figure.ParseNumber(*text, scale, figure.Plain)
	if err != nil {
		add(field, err)
		return nil
	}
	return &n
}

func indicatorMessage(i reporting.Indicator) *reportingv1.Indicator {
	m := &reportingv1.Indicator{
		Name: "indicators/" + string(i.Code.Fold()), Code: string(i.Code), NameVi: i.NameVI, NameEn: i.NameEN, Group: i.Group,
		UnitOfMeasure: i.UnitOfMeasure, Scale: int32(i.Scale), UnitRule: unitRules.wire(i.UnitRule),
		DenominatorIndicator: string(i.DenominatorIndicator), Weight: string(i.Weight),
		ReportedBy: texts(i.ReportedBy), CheckedBy: texts(i.CheckedBy), LevelsOwn: i.LevelsOwn,
		Assigned: selectorMessages(i.Assigned), Direction: directions.wire(i.Direction),
		Min: numberText(i.Min, i.Scale), Max: numberText(i.Max, i.Scale),
		Replaces: string(i.Replaces), ValidFrom: i.ValidFrom.String(), Etag: i.Etag, Formula: i.Formula,
		Class: classes.wire(i.Class), SmallestCell: i.SmallestCell,
	}
	if !i.Derived() {
		m.Measure, m.TimeRule = measures.wire(i.Value.Measure), timeRules.wire(i.Value.Time)
	}
	if i.UnitRule == indicator.UnitCountAtLeast {
		m.AtLeast = numberText(&i.AtLeast, i.Scale)
	}
	if i.OwnDenominator() {
		m.DenominatorMeasure, m.DenominatorTimeRule = measures.wire(i.Denominator.Measure), timeRules.wire(i.Denominator.Time)
	}
	return m
}

func numberText(n *figure.Number, scale figure.Scale) *string {
	if n == nil {
		return nil
	}
	text := n.Format(scale)
	return &text
}
