package figure

import "github.com/tonghop/tonghop/server/fault"

// State says what a unit told about an indicator. Absent, the zero value, is a fourth thing: nothing was said.
type State uint8

// The states. Zero is a value, never a state.
const (
	// Absent means that the report does not hold the indicator.
	Absent State = iota
	// Value means that there is an amount, or the two parts of a ratio.
	Value
	// NotAvailable is "-": it should exist and the unit does not have it.
	NotAvailable
	// NotApplicable is "x": it cannot exist for this unit.
	NotApplicable
)

// stateNames and stateSymbols are indexed by state.
var (
	stateNames   = [...]string{"ABSENT", "VALUE", "NOT_AVAILABLE", "NOT_APPLICABLE"}
	stateSymbols = [...]string{"", "", "-", "x"}
)

// String gives the word of the API.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return stateNames[Absent]
}

// Symbol gives what a cell shows instead of a number: "-", "x" or nothing.
func (s State) Symbol() string {
	if int(s) < len(stateSymbols) {
		return stateSymbols[s]
	}
	return ""
}

// ParseState reads a state from a file: VALUE, NOT_AVAILABLE, NOT_APPLICABLE, their symbols - and x, or nothing for
// Absent. No other dash and no capital X: a figure must not depend on what a reader takes for a dash.
func ParseState(s string) (State, error) {
	switch s {
	case "":
		return Absent, nil
	case "VALUE":
		return Value, nil
	case "NOT_AVAILABLE", "-":
		return NotAvailable, nil
	case "NOT_APPLICABLE", "x":
		return NotApplicable, nil
	}
	return 0, fault.Invalid("STATE_UNKNOWN", "state %q: give VALUE, NOT_AVAILABLE (or -) or NOT_APPLICABLE (or x)", short(s)).
		With("value", short(s))
}

// Grade says how firm a figure is (R22). The zero value is Final.
type Grade uint8

// The grades of the Law on Statistics, article 48.
const (
	// Final is chính thức.
	Final Grade = iota
	// Preliminary is sơ bộ.
	Preliminary
	// Estimate is ước thực hiện.
	Estimate
)

// gradeNames is indexed by grade.
var gradeNames = [...]string{"FINAL", "PRELIMINARY", "ESTIMATE"}

// String gives the word of the API.
func (g Grade) String() string {
	if int(g) < len(gradeNames) {
		return gradeNames[g]
	}
	return gradeNames[Final]
}

// ParseGrade reads a grade from a file; nothing is Final.
func ParseGrade(s string) (Grade, error) {
	if s == "" {
		return Final, nil
	}
	for i, name := range gradeNames {
		if s == name {
			return Grade(i), nil //nolint:gosec // there are three
		}
	}
	return 0, fault.Invalid("GRADE_UNKNOWN", "grade %q: give FINAL, PRELIMINARY or ESTIMATE", short(s)).With("value", short(s))
}

// Figure is what one report says about one indicator. Two figures with the same content are equal by ==, as long as
// both pass Check.
type Figure struct {
	// State says whether the amounts below mean anything.
	State State
	// Value is the amount of an indicator that is not a ratio, at the indicator's scale; Numerator and Denominator are the
	// parts of one that is, each at the same scale.
	Value, Numerator, Denominator Number
	// HasValue, HasNumerator and HasDenominator tell zero from nothing.
	HasValue, HasNumerator, HasDenominator bool
	// Grade says how firm the amount is.
	Grade Grade
	// Note is free text; Explanation answers a warning of a validation rule.
	Note, Explanation string
}

// Check holds what is true of every figure, whatever its indicator: a known state and grade; with Value at least one
// amount, in any other state none; and zero behind every amount that is not there, so that == compares content.
func (f Figure) Check() error {
	some := f.HasValue || f.HasNumerator || f.HasDenominator
	switch {
	case f.State == Absent || int(f.State) >= len(stateNames):
		return fault.Invalid("STATE_UNKNOWN", "the figure has no state; give VALUE, NOT_AVAILABLE or NOT_APPLICABLE").In("state")
	case int(f.Grade) >= len(gradeNames):
		return fault.Invalid("GRADE_UNKNOWN", "the figure has no known grade; give FINAL, PRELIMINARY or ESTIMATE").In("grade")
	case f.State == Value && !some:
		return fault.Invalid("FIGURE_WITHOUT_VALUE", "the figure says VALUE and has none; give the value, or - if it is not available").
			In("value")
	case f.State != Value && some:
		return fault.Invalid("FIGURE_STATE_WITH_VALUE", "the figure says %s and also has a value; give one of the two", f.State).
			With("state", f.State).In("state")
	case !f.HasValue && f.Value != 0, !f.HasNumerator && f.Numerator != 0, !f.HasDenominator && f.Denominator != 0:
		return fault.Invalid("FIGURE_UNMARKED_VALUE", "the figure holds an amount that is not marked as given").In("value")
	}
	return nil
}
