package obligation

import (
	"time"

	"github.com/tonghop/tonghop/server/period"
)

// State is how an obligation stands at an instant. The zero value is none: nothing is owed.
type State uint8

// The states.
const (
	// NotOpen: the period is not over, so that nothing can be sent yet (R5).
	NotOpen State = iota + 1
	// Due: nothing was sent, and it would be in time, or there is no deadline.
	Due
	// Overdue: nothing was sent, and whatever comes now is late (R7). A draft does not help.
	Overdue
	// Draft: nothing was sent, a draft was saved, and it is not overdue.
	Draft
	// SentBack: the newest revision that was sent was sent back.
	SentBack
	// Awaiting: the newest revision that was sent waits for approval.
	Awaiting
	// Done: the newest revision that was sent is approved.
	Done
	// Out: the obligation was taken out (R11).
	Out
	// Closed: the period was closed before the obligation was met, so that nothing more is taken (R27).
	Closed
)

// stateNames is indexed by state.
var stateNames = [...]string{"NONE", "NOT_OPEN", "DUE", "OVERDUE", "DRAFT", "RETURNED", "WAITING", "DONE", "EXCLUDED", "CLOSED"}

// String gives the word of the API; NONE for what is no state.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return stateNames[0]
}

// UnderReview says that the newest revision that was sent waits, or was sent back.
func (s State) UnderReview() bool { return s == Awaiting || s == SentBack }

// Window is when a report may be sent, and until when it is in time.
type Window struct {
	// Open is the first instant at which it may be sent.
	Open time.Time
	// Due is the first instant at which it is late; zero if there is no deadline.
	Due time.Time
}

// WindowOf gives the window of a base period in a calendar; hasDue says that there is a due day.
func WindowOf(c period.Calendar, base period.Period, due period.Day, hasDue bool) Window {
	w := Window{Open: period.FirstSubmission(c, base)}
	if hasDue {
		w.Due = period.Deadline(due)
	}
	return w
}

// Overdue says whether whatever comes at the instant is late.
func (w Window) Overdue(now time.Time) bool { return !w.Due.IsZero() && !now.Before(w.Due) }

// At is the window as one instant sees it, for asking about many obligations that share it.
func (w Window) At(now time.Time) View {
	switch {
	case w.Overdue(now):
		return View{nothing: Overdue, draft: Overdue}
	case now.Before(w.Open):
		return View{nothing: NotOpen, draft: Draft}
	}
	return View{nothing: Due, draft: Draft}
}

// View is what obligations are of which nothing was sent, at one instant of a window.
type View struct{ nothing, draft State }

// State gives the state of an obligation. The newest revision that was sent decides, and where none was, the instant.
func (v View) State(s Standing) State {
	switch {
	case s&Excluded != 0:
		return Out
	case s&Waiting != 0:
		return Awaiting
	case s&Returned != 0:
		return SentBack
	case s&Official != 0:
		return Done
	case s&Drafted != 0:
		return v.draft
	}
	return v.nothing
}

// WhenClosed gives the state once the period is closed: what is done stays so, and nothing else can be any more.
func (s State) WhenClosed() State {
	if s == Done || s == Out {
		return s
	}
	return Closed
}

// DaysLate counts the days from a due day to the day of an instant; 0 if that is not later.
func DaysLate(due period.Day, at time.Time) int { return max(0, int(period.DayOf(at)-due)) }
