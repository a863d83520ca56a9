package notify

import (
	"time"

	"github.com/tonghop/tonghop/server/reminder"
)

// State is how a delivery stands. The zero value is none.
type State uint8

// The states.
const (
	// Pending: it will be tried, for the first time or again.
	Pending State = iota + 1
	// Delivered: whoever it was for has taken it.
	Delivered
	// Failed: it was tried as often as it is, or will never be taken.
	Failed
	// Unknown: the process ended while an e-mail was sent, and nobody knows whether it went out.
	Unknown
)

var stateNames = [...]string{"", "PENDING", "DELIVERED", "FAILED", "UNKNOWN"}

// String gives the word of the API.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return ""
}

// Delivery is one message.
type Delivery struct {
	// ID is that of the message, the same in every attempt.
	ID           string
	Subscription string
	Channel      reminder.Channel
	// Causes are the keys of what it tells; Test says that it tells nothing.
	Causes []string
	Test   bool
	// Body is what a webhook posts, or the text of an e-mail under Subject.
	Subject, Body string
	Created       time.Time
	State         State
	Attempts      int
	// Last is when it was tried last, Note what came of it, Next when it will be tried again.
	Last, Next time.Time
	Note       string
	// open says that an attempt began and did not end.
	open bool
}

// waits is how long after each attempt the next one is made; after the last there is none.
var waits = [...]time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour,
}

// after gives when to try again after so many attempts, spread by a fifth so that those that failed together do not come
// together; false after the last. Chance is from 0 to 1.
func after(attempts int, now time.Time, chance float64) (time.Time, bool) {
	if attempts > len(waits) {
		return time.Time{}, false
	}
	wait := waits[attempts-1]
	return now.Add(wait + time.Duration((chance-0.5)*0.4*float64(wait))), true
}
