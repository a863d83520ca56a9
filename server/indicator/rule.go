package indicator

import (
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
)

// Measure says what a figure is about.
type Measure uint8

// The measures (R14).
const (
	// Flow is of the period alone.
	Flow Measure = iota
	// Stock is at the period's last day.
	Stock
	// YearToDate is of the year until the period's last day (lũy kế).
	YearToDate
)

// TimeRule says how a unit's figures of several base periods become one.
type TimeRule uint8

// The rules over time. TimeNone gives longer periods no figure.
const (
	TimeNone TimeRule = iota
	TimeSum
	TimeLast
	TimeMean
	TimeMin
	TimeMax
)

// UnitRule says how the figures of several units become one.
type UnitRule uint8

// The rules over units. UnitNone is for ranks, classes and outside figures, which are never rolled up.
const (
	UnitNone UnitRule = iota
	UnitSum
	UnitRatio
	UnitMean
	UnitWeightedMean
	UnitMin
	UnitMax
	UnitCountYes
	UnitShareYes
	UnitCountAtLeast
	// UnitDerived is computed by a formula from the roll-ups of others (R18).
	UnitDerived
)

// Direction says whether a higher or a lower figure is the better one.
type Direction uint8

// The directions. DirectionNone is for figures that are neither good nor bad.
const (
	DirectionNone Direction = iota
	Higher
	Lower
)

// Class says to whom the figures of an indicator may be given (R51).
type Class uint8

// The classes. Internal is for whoever may read them by his token; Public is published besides, once a period is closed;
// Sensitive is Internal, and said aloud.
const (
	Internal Class = iota
	Public
	Sensitive
)

// DefaultSmallestCell is how small a published figure may be where nothing is said, and LargestSmallestCell what may be said.
const (
	DefaultSmallestCell = 3
	LargestSmallestCell = 1_000_000
)

// The words of files, indexed by value.
var (
	classNames     = []string{"internal", "public", "sensitive"}
	measureNames   = []string{"flow", "stock", "year_to_date"}
	timeRuleNames  = []string{"NONE", "SUM", "LAST", "MEAN", "MIN", "MAX"}
	unitRuleNames  = []string{"NONE", "SUM", "RATIO", "MEAN", "WEIGHTED_MEAN", "MIN", "MAX", "COUNT_YES", "SHARE_YES", "COUNT_AT_LEAST", "DERIVED"}
	directionNames = []string{"none", "higher", "lower"}
)

// allowedTimes lists for each measure the rules over time that mean something (R14), besides NONE.
var allowedTimes = [][]TimeRule{
	Flow:       {TimeSum, TimeMean, TimeMin, TimeMax},
	Stock:      {TimeLast, TimeMean, TimeMin, TimeMax},
	YearToDate: {TimeLast},
}

// String gives the word of files.
func (m Measure) String() string { return nameOf(measureNames, m) }

// String gives the word of files.
func (r TimeRule) String() string { return nameOf(timeRuleNames, r) }

// String gives the word of files, for COUNT_AT_LEAST without its number.
func (r UnitRule) String() string { return nameOf(unitRuleNames, r) }

// String gives the word of files.
func (d Direction) String() string { return nameOf(directionNames, d) }

// String gives the word of files.
func (c Class) String() string { return nameOf(classNames, c) }

// ParseClass reads the word of a file; nothing is internal.
func ParseClass(s string) (Class, error) {
	if s == "" {
		return Internal, nil
	}
	for i, name := range classNames {
		if s == name {
			return Class(i), nil //nolint:gosec // there are three
		}
	}
	return Internal, fault.Invalid("CLASS_UNKNOWN", "class %q: give one of internal, public, sensitive", shorten(s)).With("value", shorten(s))
}

// HasParts says whether what units give comes to a numerator and a denominator.
func (r UnitRule) HasParts() bool { return r == UnitRatio || r == UnitShareYes }

// YesNo says whether the rule is about figures that are 1 or 0 (R20).
func (r UnitRule) YesNo() bool { return r == UnitCountYes || r == UnitShareYes }

// ParseMeasure reads flow, stock or year_to_date in any case.
func ParseMeasure(s string) (Measure, error) {
	return parse[Measure](measureNames, s, "MEASURE_UNKNOWN", "measure")
}

// ParseTimeRule reads SUM, LAST, MEAN, MIN, MAX or NONE in any case.
func ParseTimeRule(s string) (TimeRule, error) {
	return parse[TimeRule](timeRuleNames, s, "TIME_RULE_UNKNOWN", "rule over time")
}

// ParseDirection reads higher, lower or none in any case; nothing is none.
func ParseDirection(s string) (Direction, error) {
	if s == "" {
		return DirectionNone, nil
	}
	return parse[Direction](directionNames, s, "DIRECTION_UNKNOWN", "direction")
}

// ParseUnitRule reads SUM, RATIO, MEAN, WEIGHTED_MEAN, MIN, MAX, COUNT_YES, SHARE_YES, DERIVED, NONE in any case, and
// COUNT_AT_LEAST with its number, which is read at the scale of the indicator: COUNT_AT_LEAST 1.
func ParseUnitRule(s string, scale figure.Scale) (UnitRule, figure.Number, error) {
	word, number, _ := strings.Cut(s, " ")
	number = strings.TrimSpace(number)
	rule, err := parse[UnitRule](unitRuleNames, word, "UNIT_RULE_UNKNOWN", "rule over units")
	if err != nil {
		return 0, 0, err
	}
	if (rule == UnitCountAtLeast) != (number != "") {
		return 0, 0, fault.Invalid("UNIT_RULE_NUMBER",
			"rule over units %q: COUNT_AT_LEAST has a number behind it, such as COUNT_AT_LEAST 1, and no other rule has", shorten(s)).
			With("value", shorten(s))
	}
	if number == "" {
		return rule, 0, nil
	}
	least, err := figure.ParseNumber(number, scale, figure.Plain)
	return rule, least, err
}

// FormatUnitRule gives what ParseUnitRule reads.
func FormatUnitRule(rule UnitRule, atLeast figure.Number, scale figure.Scale) string {
	if rule == UnitCountAtLeast {
		return rule.String() + " " + atLeast.Format(scale)
	}
	return rule.String()
}

// Part is how the value of an indicator, or one of the two parts of a ratio, goes over time.
type Part struct {
	Measure Measure
	Time    TimeRule
}

// Check refuses a rule over time that has no meaning for the measure (R14). It names no field.
func (p Part) Check() error {
	if int(p.Measure) >= len(measureNames) {
		return fault.Invalid("MEASURE_UNKNOWN", "measure %d is unknown; give one of %s", p.Measure, strings.Join(measureNames, ", ")).With("value", p.Measure)
	}
	if p.Time == TimeNone {
		return nil
	}
	names := make([]string, 0, len(timeRuleNames))
	for _, r := range allowedTimes[p.Measure] {
		if r == p.Time {
			return nil
		}
		names = append(names, r.String())
	}
	return fault.Invalid("TIME_RULE_NOT_ALLOWED",
		"a figure that is %s cannot go over time by %s; choose %s or NONE", p.Measure, p.Time, strings.Join(names, ", ")).
		With("measure", p.Measure).With("time_rule", p.Time)
}

func nameOf[T ~uint8](names []string, v T) string {
	if int(v) < len(names) {
		return names[v]
	}
	return "unknown"
}

func parse[T ~uint8](names []string, s, reason, what string) (T, error) {
	for i, name := range names {
		if strings.EqualFold(name, s) {
			return T(i), nil //nolint:gosec // there are a dozen at most
		}
	}
	return 0, fault.Invalid(reason, "%s %q is unknown; give one of %s", what, shorten(s), strings.Join(names, ", ")).
		With("value", shorten(s))
}

// shorten keeps a foreign text from filling an answer.
func shorten(s string) string {
	const limit = 60
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
