package aggregator

import (
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// Why a contribution does not take part in the value.
const (
	WhyMissing       = "MISSING"
	WhyNotAvailable  = "NOT_AVAILABLE"
	WhyNotApplicable = "NOT_APPLICABLE"
	// WhyHalf is a ratio with one part alone.
	WhyHalf = "HALF"
	// WhyUnweighted is a value without its weight.
	WhyUnweighted = "UNWEIGHTED"
	// WhyNotLast is a figure to which a later one of the same unit is preferred.
	WhyNotLast = "NOT_LAST"
	// WhyGap is a year-to-date figure whose own amount cannot be told.
	WhyGap = "GAP"
	// WhyCheck is a figure that is shown beside and never added.
	WhyCheck = "CHECK"
)

// Contribution is what one obligation gave.
type Contribution struct {
	Unit hierarchy.Unit
	// Key names the report, also where nothing was sent.
	Key entry.ReportKey
	// Revision and State are of the revision in force in the basis; 0 if there is none.
	Revision int
	State    RevisionState
	// Figure is Absent where the revision does not hold the indicator, or there is none.
	Figure figure.Figure
	Late   bool
	// Counted says that it takes part in the value; WhyNot says why it does not.
	Counted bool
	WhyNot  string
}

// Cursor is a place in the contributions to one roll-up. The zero value is before the first.
type Cursor struct {
	Period period.Period
	Unit   hierarchy.ID
}
