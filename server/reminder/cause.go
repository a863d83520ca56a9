package reminder

import (
	"fmt"
	"slices"
	"time"

	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/obligation"
	"github.com/tonghop/tonghop/server/period"
)

// Obligation is what there is to tell of.
type Obligation struct {
	Unit   hierarchy.Unit
	Form   form.Code
	Period period.Period
	State  obligation.State
	// Due is the due day, if it has one.
	Due    period.Day
	HasDue bool
	// Revision is the newest that was sent, Sent when it was, and Reviewed when it was sent back.
	Revision       int
	Sent, Reviewed time.Time
	// Reopened is when the period was last opened again for the unit; zero if it was not, or is closed.
	Reopened time.Time
}

// Cause is one thing to tell.
type Cause struct {
	Kind     Kind
	Unit     hierarchy.ID
	UnitCode hierarchy.Code
	UnitName string
	Form     form.Code
	Period   period.Period
	// Due is the due day, if it has one.
	Due    period.Day
	HasDue bool
	// Revision is that which was sent back or waits; 0 for a deadline.
	Revision int
	// At is when it came about.
	At time.Time
}

// Key is the same for the same cause, whenever it is found. Another due day is another cause, and so is another revision.
func (c *Cause) Key() string {
	key := fmt.Sprintf("%s %s %s %s", c.Kind, c.Unit, c.Form.Fold(), c.Period)
	if c.Kind == Reopened {
		return fmt.Sprintf("%s @%d", key, c.At.UnixNano())
	}
	if c.Revision > 0 {
		return fmt.Sprintf("%s r%d", key, c.Revision)
	}
	return key + " " + c.Due.String()
}

// Missed is how long after it came about a cause is still told, as by a server that was not running.
const Missed = 7 * 24 * time.Hour

// Causes gives what there is to tell of an obligation at an instant. What came about before the subscription was made, or too
// long ago, is not told.
func (s *Subscription) Causes(o *Obligation, now time.Time) []Cause {
	var causes []Cause
	for _, kind := range s.Kinds {
		at, is := s.since(kind, o)
		if !is || now.Before(at) || at.Before(s.Created) || now.Sub(at) > Missed {
			continue
		}
		c := Cause{
			Kind: kind, Unit: o.Unit.ID, UnitCode: o.Unit.Code, UnitName: o.Unit.NameVI, Form: o.Form, Period: o.Period,
			Due: o.Due, HasDue: o.HasDue, At: at,
		}
		if kind == Returned || kind == Waiting {
			c.Revision = o.Revision
		}
		causes = append(causes, c)
	}
	return causes
}

// since gives when the kind of cause came about, or will; false if it does not.
func (s *Subscription) since(kind Kind, o *Obligation) (time.Time, bool) {
	switch kind {
	case BeforeDue:
		open := slices.Contains([]obligation.State{obligation.NotOpen, obligation.Due, obligation.Draft}, o.State)
		return period.Start(o.Due.Add(-s.DaysBefore)), open && o.HasDue
	case AtDue:
		return period.Deadline(o.Due), o.State == obligation.Overdue
	case AfterDue:
		return period.Deadline(o.Due.Add(s.DaysAfter)), o.State == obligation.Overdue
	case Returned:
		return o.Reviewed, o.State == obligation.SentBack
	case Reopened:
		return o.Reopened, !o.Reopened.IsZero()
	case Waiting:
		return o.Sent, o.State == obligation.Awaiting
	}
	return time.Time{}, false
}
