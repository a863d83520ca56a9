package period

import (
	"sync"
	"time"
	_ "time/tzdata" // A server without the zone files of its system must know the deadline too.
)

// zone is Asia/Ho_Chi_Minh from the data in the binary. It cannot be missing; should it be, the offset that has held
// since 1975 is better than no server.
var zone = sync.OnceValue(func() *time.Location {
	loc, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		return time.FixedZone("+07", 7*60*60)
	}
	return loc
})

// Location is the time zone of every deadline.
func Location() *time.Location { return zone() }

// DayOf gives the day that it is in Vietnam at the instant.
func DayOf(t time.Time) Day {
	year, month, day := t.In(zone()).Date()
	return Date(year, int(month), day)
}

// Start gives the instant with which d begins in Vietnam.
func Start(d Day) time.Time {
	year, month, day := d.YMD()
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, zone())
}

// Deadline gives the instant from which a report due on that day is late: the beginning of the day after (R7).
func Deadline(due Day) time.Time { return Start(due.Add(1)) }

// Late tells whether a submission accepted at the instant is late (R7); the deadline itself is late.
func Late(due Day, at time.Time) bool { return !at.Before(Deadline(due)) }

// FirstSubmission gives the instant from which a final report on p may be sent: the day after its last day (R5).
func FirstSubmission(c Calendar, p Period) time.Time { return Start(c.Last(p).Add(1)) }

// TooEarly tells whether p is not over yet, so that a final report on it cannot be right (R5).
func TooEarly(c Calendar, p Period, now time.Time) bool { return now.Before(FirstSubmission(c, p)) }

// DraftFrom gives the instant from which a draft for p may be saved: its first day (R5).
func DraftFrom(c Calendar, p Period) time.Time { return Start(c.First(p)) }

// DraftTooEarly tells whether p has not begun yet.
func DraftTooEarly(c Calendar, p Period, now time.Time) bool { return now.Before(DraftFrom(c, p)) }
