package indicator

import (
	"slices"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// Code names an indicator. It keeps its spelling; two codes that differ in case alone are one (R43).
type Code string

// Fold gives the key under which the code is unique: lower case.
func (c Code) Fold() Code { return Code(text.FoldCode(string(c))) }

// Same says whether two spellings name one indicator.
func (c Code) Same(other Code) bool { return text.SameCode(string(c), string(other)) }

// ParseCode reads a code. The error names no field.
func ParseCode(s string) (Code, error) {
	code, err := text.Code("", s)
	return Code(code), err
}

// The longest texts of an indicator, in characters.
const (
	maxName  = 500
	maxGroup = 200
	maxUnit  = 60
)

// Indicator is one version of what is measured. It is a plain value; Check tells what is wrong with it.
type Indicator struct {
	Code           Code
	NameVI, NameEN string
	// Group is the heading under which a plan puts the indicator; free text.
	Group string
	// UnitOfMeasure is what is counted: %, ‰, hồ sơ, triệu đồng.
	UnitOfMeasure string
	// Scale is how many decimals its figures have.
	Scale    figure.Scale
	UnitRule UnitRule
	// AtLeast is the number of COUNT_AT_LEAST, at the indicator's scale; 0 with every other rule.
	AtLeast figure.Number
	// Value is how the value goes over time, or the numerator of a ratio.
	Value Part
	// Denominator is how the denominator of a ratio goes over time, if the ratio has its own; else it is zero.
	Denominator Part
	// DenominatorIndicator is the indicator whose newest figure is the denominator; then only numerators are reported.
	DenominatorIndicator Code
	// Weight is the indicator by which a WEIGHTED_MEAN is weighted.
	Weight Code
	// Formula is that of what is DERIVED, as formula.Formula prints it; CleanFormula brings it there. Nothing is reported
	// then, so there are no rules over time, kinds, assignments and bounds.
	Formula string
	// ReportedBy are the kinds of unit whose figures are added; CheckedBy those whose figures are only compared (R8).
	ReportedBy, CheckedBy []hierarchy.Kind
	// LevelsOwn says that each kind reports its own work, so that a district and its communes may both be added.
	LevelsOwn bool
	// Assigned narrows the assignment of whatever form carries the indicator (R9). Nothing narrows nothing; exceptions
	// alone take out what they describe.
	Assigned  []hierarchy.Selector
	Direction Direction
	// Min and Max bound the value, or the ratio in the unit of measure; nil is no bound. They are at the scale.
	Min, Max *figure.Number
	// Class says who may be told its figures; SmallestCell is the least figure that is published where the class is Public,
	// save 0; 0 is DefaultSmallestCell, and 1 publishes every one.
	Class        Class
	SmallestCell int32
	// Replaces is the indicator that this one continues under another meaning; optional.
	Replaces Code
	// ValidFrom is the first day of the version, or Beginning. A base period takes the version of its last day.
	ValidFrom period.Day
}

// OwnDenominator says whether reports give both parts of a ratio.
func (i Indicator) OwnDenominator() bool {
	return i.UnitRule == UnitRatio && i.DenominatorIndicator == ""
}

// Factor is by what a ratio is multiplied to be in the unit of measure: 100 for %, 1000 for ‰, else 1.
func (i Indicator) Factor() int64 {
	switch i.UnitOfMeasure {
	case "%":
		return 100
	case "‰":
		return 1000
	}
	return 1
}

// Adds says whether figures of this kind of unit are added.
func (i Indicator) Adds(kind hierarchy.Kind) bool { return slices.Contains(i.ReportedBy, kind) }

// Checks says whether figures of this kind of unit are only compared.
func (i Indicator) Checks(kind hierarchy.Kind) bool { return slices.Contains(i.CheckedBy, kind) }

// clone copies what a caller could write to through the slices and pointers.
func (i Indicator) clone() Indicator {
	i.ReportedBy = slices.Clone(i.ReportedBy)
	i.CheckedBy = slices.Clone(i.CheckedBy)
	i.Assigned = slices.Clone(i.Assigned)
	i.Min, i.Max = cloneNumber(i.Min), cloneNumber(i.Max)
	return i
}

func cloneNumber(n *figure.Number) *figure.Number {
	if n == nil {
		return nil
	}
	c := *n
	return &c
}
