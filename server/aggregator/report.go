package aggregator

import (
	"time"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/hierarchy"
)

// RevisionState is where a revision stands (R23). The zero value is no state.
type RevisionState uint8

// The states.
const (
	// Draft was saved and not sent; it counts nowhere.
	Draft RevisionState = iota + 1
	// Submitted was sent and waits for approval; it counts in PROVISIONAL.
	Submitted
	// Approved counts in both bases, in PROVISIONAL until a newer one is sent.
	Approved
	// Returned was sent back; it counts nowhere.
	Returned
	// Superseded gave way to a newer revision, before it was approved or after.
	Superseded
)

// stateNames is indexed by state.
var stateNames = [...]string{"NONE", "DRAFT", "SUBMITTED", "APPROVED", "RETURNED", "SUPERSEDED"}

// String gives the word of the API; NONE for what is no state.
func (s RevisionState) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return stateNames[0]
}

// Report is one unit's figures for one form and one base period, with its history.
type Report struct {
	Key entry.ReportKey
	// Deadline is the one that was in force for the first submission that was not a draft, for it alone decides whether the
	// report is late (R7); as long as there are only drafts, that of the newest. Zero: the form has none for this kind.
	Deadline time.Time
	// Late says that the first submission that was not a draft was accepted at or after its deadline.
	Late bool
	// Revisions stand in the ascending order of their numbers, which count all of them from 1.
	Revisions []Revision
	// Official and Provisional are the numbers of the revisions that count in each basis; 0 if none does.
	Official, Provisional int
}

// Revision is one version of a report.
type Revision struct {
	Number int
	State  RevisionState
	// Figures are in ascending order of their numbers.
	Figures []entry.Figure
	// Principal, Time and Sequence are of the entry that made it.
	Principal string
	Time      time.Time
	Sequence  uint64
	// Merged and ActingFor are as in the submission.
	Merged    bool
	ActingFor hierarchy.ID
	// Reviewer approved it or, later, returned it, at ReviewTime; Reason says why it was returned.
	Reviewer   string
	ReviewTime time.Time
	Reason     string
}

// Newest gives the newest revision that was sent; false if there are only drafts.
func (r Report) Newest() (Revision, bool) {
	for i := len(r.Revisions) - 1; i >= 0; i-- {
		if r.Revisions[i].State != Draft {
			return r.Revisions[i], true
		}
	}
	return Revision{}, false
}

// Draft gives the draft that is being worked on: the newest revision, if it is one. What was saved before something was
// sent, or before another draft, is history.
func (r Report) Draft() (Revision, bool) {
	if n := len(r.Revisions); n > 0 && r.Revisions[n-1].State == Draft {
		return r.Revisions[n-1], true
	}
	return Revision{}, false
}

// Revision gives the revision with that number.
func (r Report) Revision(number int) (Revision, bool) {
	for i := range r.Revisions {
		if r.Revisions[i].Number == number {
			return r.Revisions[i], true
		}
	}
	return Revision{}, false
}
