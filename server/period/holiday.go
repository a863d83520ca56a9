package period

import (
	"time"

	"github.com/tonghop/tonghop/server/fault"
)

// Holiday is one line of the operator's list: a day off, or a day of the weekend that is worked instead (R6).
type Holiday struct {
	Day  Day
	Name string
	// Off is true for a holiday and false for a swapped working day.
	Off bool
}

// Word gives what holidays.csv says: off or work.
func (h Holiday) Word() string {
	if h.Off {
		return "off"
	}
	return "work"
}

// ParseHoliday reads one line of holidays.csv.
func ParseHoliday(date, name, word string) (Holiday, error) {
	day, err := ParseDay(date)
	if err != nil {
		return Holiday{}, err
	}
	if word != "off" && word != "work" {
		return Holiday{}, fault.Invalid("HOLIDAY_MALFORMED",
			"holiday %s: %q must be off for a day off, or work for a weekend day that is worked", date, short(word)).
			With("value", short(word))
	}
	return Holiday{Day: day, Name: name, Off: word == "off"}, nil
}

// CheckHolidays refuses a list that names a day twice, which NewHolidays would settle in silence.
func CheckHolidays(list []Holiday) error {
	seen := make(map[Day]bool, len(list))
	var problems fault.List
	for _, h := range list {
		if seen[h.Day] {
			problems.Add(fault.Invalid("HOLIDAY_TWICE", "holiday %s stands twice in the list; keep one line", h.Day).With("day", h.Day))
		}
		seen[h.Day] = true
	}
	return problems.Err()
}

// Holidays knows working days. The zero value knows weekends alone.
type Holidays struct{ off map[Day]bool }

// NewHolidays makes the calendar of working days from the operator's list; of two lines for one day the later counts.
func NewHolidays(list []Holiday) Holidays {
	off := make(map[Day]bool, len(list))
	for _, h := range list {
		off[h.Day] = h.Off
	}
	return Holidays{off: off}
}

// Working tells whether people work on d: Monday to Friday, unless the list says otherwise.
func (h Holidays) Working(d Day) bool {
	if off, listed := h.off[d]; listed {
		return !off
	}
	w := d.Weekday()
	return w != time.Saturday && w != time.Sunday
}

// NextWorking gives d itself if people work on it, else the next day on which they do.
func (h Holidays) NextWorking(d Day) Day {
	for !h.Working(d) && !d.IsOpen() {
		d++
	}
	return d
}

// DueDay gives the day at the end of which a report is due whose period ends on last: counted by the offset, moved to
// the next working day, and never before the first working day after last, whatever the offset (R6).
func (h Holidays) DueDay(last Day, o Offset) Day {
	if last.IsOpen() {
		return last
	}
	first := h.NextWorking(last.Add(1))
	if !o.Working {
		return max(first, h.NextWorking(last.Add(o.Days)))
	}
	due := first
	for range o.Days - 1 {
		due = h.NextWorking(due.Add(1))
	}
	return due
}
