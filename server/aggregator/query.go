package aggregator

import (
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// Query asks for one roll-up.
type Query struct {
	Unit      hierarchy.ID
	Indicator indicator.Code
	Period    period.Period
	Basis     rollup.Basis
	Measure   rollup.Measure
	// Kind asks for the figures of one reporting kind alone; empty adds all kinds of reported_by.
	Kind hierarchy.Kind
}

// Answer is one roll-up.
type Answer struct {
	Result rollup.Result
	// Unit is the unit that was asked about, Indicator the version of the period's last day.
	Unit      hierarchy.Unit
	Indicator indicator.Indicator
	// Forms are the forms that carry the indicator in the period, in code order; Base is the shortest of their frequencies.
	Forms []form.Code
	Base  period.Kind
	// Calendar, FirstDay and LastDay say which days the period has.
	Calendar          period.Calendar
	FirstDay, LastDay period.Day
	// LastPeriod is the base period that the LAST figures are of; no period if units differ or the rule is another.
	LastPeriod period.Period
	// Gap tells what closes the gap where the own amount of one single unit cannot be told (R14); else its periods are no
	// periods.
	Gap rollup.Gap
	// Checks hold what the unit itself sent where its kind stands in checked_by; never added (R8).
	Checks []Check
}

// Check stands beside a roll-up for comparison.
type Check struct {
	Kind   hierarchy.Kind
	Result rollup.Result
	// Difference is the value of the check minus that of the roll-up, rounded for display; empty if either is missing.
	Difference string
}
