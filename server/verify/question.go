package verify

import (
	"context"
	"fmt"
	"strings"

	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/period"
)

// Measure says which amount of an indicator is asked for (R14).
type Measure uint8

// The measures.
const (
	AsReported Measure = iota
	Own
	YearToDate
)

var measureNames = [...]string{"AS_REPORTED", "OWN", "YEAR_TO_DATE"}

// String gives the word of the API.
func (m Measure) String() string {
	if int(m) < len(measureNames) {
		return measureNames[m]
	}
	return "UNKNOWN"
}

// Question asks for one roll-up, or how far one report has come.
type Question struct {
	Unit      hierarchy.ID
	Indicator indicator.Code
	Period    period.Period
	// Provisional asks for the basis that also counts submitted revisions; else it is the official one.
	Provisional bool
	Measure     Measure
	// Kind asks for one reporting kind alone; empty adds all.
	Kind hierarchy.Kind
	// Tree asks on the tree of a day after the period; 0 is its last day.
	Tree period.Day
	// Form asks how far the unit's report on it has come, and then there is nothing else but unit and period.
	Form form.Code
}

// String names the roll-up in a finding.
func (q Question) String() string {
	if q.Form != "" {
		return fmt.Sprintf("how far the report of unit %s on form %s for %s has come", q.Unit, q.Form, q.Period)
	}
	basis := "OFFICIAL"
	if q.Provisional {
		basis = "PROVISIONAL"
	}
	s := fmt.Sprintf("unit %s, indicator %s, %s, %s, %s", q.Unit, q.Indicator, q.Period, basis, q.Measure)
	if q.Kind != "" {
		s += ", kind " + string(q.Kind)
	}
	if q.Tree != 0 {
		s += ", on the tree of " + q.Tree.String()
	}
	return s
}

// The states of an answer, as the API calls them.
const (
	stateNoData      = "NO_DATA"
	stateValue       = "VALUE"
	stateUndefined   = "UNDEFINED"
	stateNotAtPeriod = "NOT_AT_THIS_PERIOD"
	stateOverflow    = "OVERFLOW"
	stateNotRolledUp = "NOT_ROLLED_UP"

	stateNotPlaceable = "NOT_PLACEABLE"
)

// Answer is what a roll-up comes to, as it is shown to people.
type Answer struct {
	// State is the word of the API.
	State string
	// Value and the two parts are decimals as displayed; empty where there is none.
	Value, Numerator, Denominator string
	// Last is the base period that the LAST figures are of, DenominatorFrom the period of a borrowed denominator; empty
	// where units differ.
	Last, DenominatorFrom string
	// The coverage (R10), and Over, by how many values a mean was divided (R16).
	Expected, Received, NotAvailable, Missing          int64
	NotApplicable, Excluded, Late, Stale               int64
	UnitsComplete, Units, Half, Unweighted, Gaps, Over int64
	// Fell says that a year-to-date figure fell (R14), PartsDiffer that the parts of what is derived do not have the same
	// coverage (R18).
	Fell, PartsDiffer bool
	// Crossing says how a change of the tree was gone over, as the aggregator has it; empty where there is none. HeldBy is the
	// unit that holds what is NOT_PLACEABLE.
	Crossing, HeldBy string
}

// Subject is what is verified.
type Subject interface {
	// Read calls use once with one consistent state: the head that it stands at, and a function that answers questions
	// about it. Use asks some hundred questions, keeps nothing that it was given, and does no other work meanwhile, so a
	// short read transaction will do. An error of use is returned as it is.
	Read(ctx context.Context, use func(head journal.Head, ask func(Question) (Answer, error)) error) error
}

// fields lists an answer with the names that findings use.
func (a *Answer) fields() []any {
	return []any{
		"state", a.State, "value", a.Value, "numerator", a.Numerator, "denominator", a.Denominator,
		"last period", a.Last, "denominator from", a.DenominatorFrom,
		"expected", a.Expected, "received", a.Received, "not available", a.NotAvailable, "missing", a.Missing,
		"not applicable", a.NotApplicable, "excluded", a.Excluded, "late", a.Late, "stale", a.Stale,
		"units complete", a.UnitsComplete, "units", a.Units, "half", a.Half, "unweighted", a.Unweighted,
		"gaps", a.Gaps, "divisor", a.Over, "fell", a.Fell, "parts differ", a.PartsDiffer,
		"crossing", a.Crossing, "held by", a.HeldBy,
	}
}

// Difference tells in words where two answers differ: what the store says and what the reports say. It is empty if they
// are equal.
func Difference(store, reports Answer) string {
	if store.State == stateNotRolledUp && reports.State == stateNotRolledUp {
		// There is no value of which these could tell something.
		store.Last, store.Fell = reports.Last, reports.Fell
	}
	if store == reports {
		return ""
	}
	s, r := store.fields(), reports.fields()
	var parts []string
	for i := 0; i < len(s); i += 2 {
		if s[i+1] != r[i+1] {
			parts = append(parts, fmt.Sprintf("%s: the store says %s, the reports %s", s[i], shown(s[i+1]), shown(r[i+1])))
		}
	}
	return strings.Join(parts, "; ")
}

func shown(v any) string {
	if v == "" {
		return "nothing"
	}
	return fmt.Sprint(v)
}
