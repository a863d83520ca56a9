package tabular

import (
	"io"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// The columns of indicators.csv, in the order of their constants.
var indicatorColumns = columns(`code name_vi name_en group unit_of_measure scale unit_rule time_rule measure reported_by
	checked_by? direction formula? weight? denominator_measure? denominator_time_rule? denominator_indicator? min? max?
	valid_from? replaces? assigned? except? decision? class? smallest_cell?`)

const (
	indCode = iota
	indNameVI
	indNameEN
	indGroup
	indUnitOfMeasure
	indScale
	indUnitRule
	indTimeRule
	indMeasure
	indReportedBy
	indCheckedBy
	indDirection
	indFormula
	indWeight
	indDenominatorMeasure
	indDenominatorTimeRule
	indDenominatorIndicator
	indMin
	indMax
	indValidFrom
	indReplaces
	indAssigned
	indExcept
	indDecision
	indClass
	indSmallestCell
)

// wordLevelsOwn stands in reported_by beside the kinds and says that each level reports its own work (R8).
const wordLevelsOwn = "levels=own"

// ReadIndicators reads indicators.csv. Bare codes of units in assigned and except are resolved on the row's first day, or
// on today where the row has none. Whether the indicators fit into the catalogue is for [indicator.Catalogue.With] to
// say; [Sheet.Place] finds the lines of what it refuses or warns of.
func ReadIndicators(r io.Reader, resolve Resolve, today period.Day) (Sheet[indicator.Indicator], error) {
	return readSheet(r, indicatorColumns,
		func(r row, problems *fault.List) indicator.Indicator {
			return readIndicator(r, resolve, today, problems)
		},
		func(i indicator.Indicator) string { return keyed(string(i.Code), i.ValidFrom) }, nil)
}

func readIndicator(r row, resolve Resolve, today period.Day, problems *fault.List) indicator.Indicator {
	i := indicator.Indicator{
		Code: indicator.Code(r.cell(indCode)), NameVI: r.name(indNameVI), NameEN: r.name(indNameEN),
		Group: r.name(indGroup), UnitOfMeasure: r.name(indUnitOfMeasure),
		Weight:               indicator.Code(r.cell(indWeight)),
		DenominatorIndicator: indicator.Code(r.cell(indDenominatorIndicator)),
		Replaces:             indicator.Code(r.cell(indReplaces)),
		Formula:              indicator.CleanFormula(plainFormula(r.cell(indFormula))),
		ValidFrom:            r.day(indValidFrom, period.Beginning, problems),
	}
	var own fault.List // what Check would tell a second time
	read := func(column int, err error) { r.add(column, err, &own) }
	var err error
	i.Scale, err = parseScale(r.cell(indScale))
	read(indScale, err)
	i.UnitRule, i.AtLeast, err = indicator.ParseUnitRule(r.cell(indUnitRule), i.Scale)
	read(indUnitRule, err)
	// What is derived is not reported, so these cells are empty.
	if !i.Derived() || r.cell(indTimeRule) != "" {
		i.Value.Time, err = indicator.ParseTimeRule(r.cell(indTimeRule))
		read(indTimeRule, err)
	}
	if !i.Derived() || r.cell(indMeasure) != "" {
		i.Value.Measure, err = indicator.ParseMeasure(r.cell(indMeasure))
		read(indMeasure, err)
	}
	i.Direction, err = indicator.ParseDirection(r.cell(indDirection))
	read(indDirection, err)
	i.Class, err = indicator.ParseClass(r.cell(indClass))
	read(indClass, err)
	i.SmallestCell, err = parseSmallestCell(r.cell(indSmallestCell))
	read(indSmallestCell, err)
	i.Denominator = readDenominator(r, i, &own)
	i.Min, err = parseBound(r.cell(indMin), i.Scale)
	read(indMin, err)
	i.Max, err = parseBound(r.cell(indMax), i.Scale)
	read(indMax, err)
	readKinds(r, &i)
	on := today
	if !i.ValidFrom.IsOpen() {
		on = i.ValidFrom
	}
	i.Assigned = r.selectors(indAssigned, indExcept, resolve, on, &own)
	if err := own.Err(); err != nil {
		// A rule that could not be read is none, and Check would tell what a rule that nobody wrote does not go with.
		problems.Add(err)
		problems.Add(withoutRules(i).Check())
		return i
	}
	problems.Add(i.Check())
	return i
}

// plainFormula takes away the apostrophe that an export puts before a cell that a spreadsheet would compute, such as -[A]; no
// formula of ours has one.
func plainFormula(s string) string { return strings.TrimPrefix(s, "'") }

// withoutRules keeps of an indicator what Check can judge when its rules could not be read.
func withoutRules(i indicator.Indicator) indicator.Indicator {
	if !i.Derived() {
		i.UnitRule, i.Formula = indicator.UnitNone, ""
	}
	i.AtLeast, i.Weight, i.DenominatorIndicator = 0, "", ""
	i.Value, i.Denominator = indicator.Part{}, indicator.Part{}
	i.Min, i.Max, i.Assigned = nil, nil, nil
	return i
}

// readDenominator gives the parts that are left out those of the numerator (R15). Only a ratio that reports its own
// denominator has one.
func readDenominator(r row, i indicator.Indicator, problems *fault.List) indicator.Part {
	measure, rule := r.cell(indDenominatorMeasure), r.cell(indDenominatorTimeRule)
	if measure == "" && rule == "" && !i.OwnDenominator() {
		return indicator.Part{}
	}
	part := i.Value
	var err error
	if measure != "" {
		part.Measure, err = indicator.ParseMeasure(measure)
		r.add(indDenominatorMeasure, err, problems)
	}
	if rule != "" {
		part.Time, err = indicator.ParseTimeRule(rule)
		r.add(indDenominatorTimeRule, err, problems)
	}
	return part
}

func readKinds(r row, i *indicator.Indicator) {
	for _, word := range r.list(indReportedBy) {
		if word == wordLevelsOwn {
			i.LevelsOwn = true
			continue
		}
		i.ReportedBy = append(i.ReportedBy, hierarchy.Kind(word))
	}
	for _, word := range r.list(indCheckedBy) {
		i.CheckedBy = append(i.CheckedBy, hierarchy.Kind(word))
	}
}

func parseSmallestCell(s string) (int32, error) {
	if s == "" {
		return 0, nil
	}
	n, err := figure.ParseNumber(s, 0, figure.Plain)
	if err != nil || n < 1 || n > indicator.LargestSmallestCell {
		return 0, indicator.SmallestCellInvalid(shorten(s))
	}
	return int32(n), nil //nolint:gosec // it was compared
}

func parseScale(s string) (figure.Scale, error) {
	n, err := figure.ParseNumber(s, 0, figure.Plain)
	if err != nil {
		return 0, fault.Invalid("SCALE_MALFORMED", "scale %q: give the number of decimals, 0 to %d", shorten(s), figure.MaxScale).
			With("value", shorten(s)).With("limit", figure.MaxScale)
	}
	return figure.ParseScale(int64(n))
}

func parseBound(s string, scale figure.Scale) (*figure.Number, error) {
	if s == "" {
		return nil, nil
	}
	n, err := figure.ParseNumber(s, scale, figure.Plain)
	if err != nil {
		return nil, err
	}
	return &n, nil
}
