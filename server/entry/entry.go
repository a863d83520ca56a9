package entry

import (
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Header stands in every entry: who, when, and on which request.
type Header struct {
	// Sequence is the place in the journal, from 1.
	Sequence uint64
	// Time is when it was accepted, to the nanosecond, never before its predecessor's. Decode gives it in UTC.
	Time time.Time
	// Principal is the opaque id of the credential that was used; it names no person. Empty for an entry that the program
	// made by itself.
	Principal string
	// RequestID is the caller's; zero for an entry that no request made.
	RequestID [16]byte
	// RequestHash is the SHA-256 of the canonical request, by which a repeat is told from another request that uses the
	// id again (R37); zero without a request id.
	RequestHash [32]byte
	// Method is what was called, such as ReportService.SubmitReport; request ids are remembered per principal and method.
	Method string
}

// Entry is one accepted change.
type Entry struct {
	Header Header
	Body   Body
}

// Body says what changed. It is one of the types of this room, as a value: StoreCreated, UnitsChanged,
// IndicatorsChanged, FormsChanged, HolidaysChanged, RulesChanged, ReportsSubmitted, ReportApproved, ReportReturned, TokenIssued, TokenRevoked,
// KeyIntroduced, EntryRedacted, StoreRestored, UnitsReorganised, ObligationExcluded, ExclusionLifted, PeriodClosed, PeriodReopened,
// PlansChanged, OutsideFiguresChanged, RegionsChanged, PlanRemarked.
type Body interface{ body() }

// UnitsChanged adds units, or replaces those with the same id.
type UnitsChanged struct {
	// Units are the units as they stand from this entry on.
	Units []hierarchy.Unit
}

// UnitsReorganised changes the tree in one piece.
type UnitsReorganised struct {
	hierarchy.Reorganisation
	// Note is what was written about it, such as the decree behind it. It is private: empty once it was removed.
	Note string
}

// IndicatorsChanged adds versions of indicators; one with the code and first day of an older one replaces it.
type IndicatorsChanged struct {
	// Indicators are the versions.
	Indicators []Indicator
}

// FormsChanged adds versions of forms; one with the code and first day of an older one replaces it.
type FormsChanged struct {
	// Forms are the versions.
	Forms []Form
}

// ReportsSubmitted gives reports a new revision each.
type ReportsSubmitted struct {
	// Reports are the revisions; more than one only where one atomic request asked for them.
	Reports []Submission
}

// ReportApproved makes a revision official.
type ReportApproved struct {
	Key      ReportKey
	Revision int
}

// ReportReturned takes a revision out.
type ReportReturned struct {
	Key      ReportKey
	Revision int
	// Reason is what the reviewer wrote. It is private: empty once it was removed.
	Reason string
}

// TokenIssued makes a principal with one grant and a token to prove it.
type TokenIssued struct {
	// Token has the header's time as Created and is not revoked. Its DisplayName is private: empty once it was removed.
	Token auth.Token
}

// TokenRevoked ends a token, at the header's time.
type TokenRevoked struct {
	// ID is the token's public id.
	ID string
}

// Indicator is one version of an indicator and the number that stands for its code in reports.
type Indicator struct {
	// Number is given once to each code, for ever: its ordinal in the catalogue.
	Number uint32
	indicator.Indicator
}

// Form is one version of a form and the number that stands for its code.
type Form struct {
	// Number is given once to each code, for ever: its ordinal among the forms.
	Number uint32
	form.Form
}

// ReportKey names one report. It is comparable and a good map key, if the code has the spelling of the catalogue.
type ReportKey struct {
	Unit   hierarchy.ID
	Form   form.Code
	Period period.Period
}

// Submission is one new revision of one report.
type Submission struct {
	Key ReportKey
	// Revision is its number, from 1.
	Revision int
	// Draft says that it was saved and not sent, and counts nowhere.
	Draft bool
	// Merged says that figures which the request did not have were taken from the revision before.
	Merged bool
	// Deadline is the instant that was in force, in whole seconds; zero if the form has none for this kind of unit.
	Deadline time.Time
	// ActingFor is the unit in whose name the sender acted where it is not the report's; else empty.
	ActingFor hierarchy.ID
	// OnBehalf says that the sender is not of the unit.
	OnBehalf bool
	// RestoredFrom is the earlier revision whose figures these are; 0 where none was restored.
	RestoredFrom int
	// Figures are in ascending order of their numbers, none twice.
	Figures []Figure
}

// Figure is what a report says about one indicator.
type Figure struct {
	// Number is the indicator's.
	Number uint32
	// Figure has passed Check. Its Note and Explanation are private: empty once they were removed.
	figure.Figure
}

func (UnitsChanged) body()      {}
func (UnitsReorganised) body()  {}
func (IndicatorsChanged) body() {}
func (FormsChanged) body()      {}
func (ReportsSubmitted) body()  {}
func (ReportApproved) body()    {}
func (ReportReturned) body()    {}
func (TokenIssued) body()       {}
func (TokenRevoked) body()      {}

// String gives the report's name as the API has it.
func (k ReportKey) String() string {
	return "units/" + string(k.Unit) + "/reports/" + string(k.Form.Fold()) + "~" + k.Period.String()
}
