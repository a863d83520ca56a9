package period

import (
	"strconv"
	"time"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/text"
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

// maxHolidayName is how many characters the name of a holiday may have.
const maxHolidayName = 200

// ParseHoliday reads one line of holidays.csv. It tells everything that is wrong with it, each under its column.
func ParseHoliday(date, name, word string) (Holiday, error) {
	var problems fault.List
	h := Holiday{Name: name, Off: word == "off"}
	var err error
	if h.Day, err = ParseDay(date); err != nil {
		problems.Add(fault.Of(err).In("date"))
	} else if year, _, _ := h.Day.YMD(); year < MinYear || year > MaxYear {
		problems.Add(fault.Invalid("HOLIDAY_OUT_OF_RANGE", "holiday %s: the year must be %d to %d", date, MinYear, MaxYear).
			With("day", date).In("date"))
	}
	switch clean, err := text.Clean("name", name, maxHolidayName); {
	case err != nil:
		problems.Add(err)
	case clean == "":
		problems.Add(fault.Invalid("HOLIDAY_NAME_EMPTY", "holiday %s has no name; say what day it is, such as Tết Nguyên đán", short(date)).
			With("day", short(date)).In("name"))
	default:
		h.Name = clean
	}
	if word != "off" && word != "work" {
		problems.Add(fault.Invalid("HOLIDAY_MALFORMED",
			"holiday %s: %q must be off for a day off, or work for a day that is worked", short(date), short(word)).
			With("value", short(word)).In("kind"))
	}
	return h, problems.Err()
}

// CheckHolidays refuses a list that names a day twice, which NewHolidays would settle in silence. The lines are holidays[i].
func CheckHolidays(list []Holiday) error {
	seen := make(map[Day]bool, len(list))
	var problems fault.List
	for i, h := range list {
		if seen[h.Day] {
			problems.Add(fault.Invalid("HOLIDAY_TWICE", "holiday %s stands twice in the list; keep one line", h.Day).
				With("day", h.Day).In("date").In("holidays[" + strconv.Itoa(i) + "]"))
		}
		seen[h.Day] = true
	}
	return problems.Err()
}

// Holidays knows working days, by a list that was changed any number of times. It never changes itself, and the zero value
// knows weekends alone.
type Holidays struct {
	days map[Day][]dayChange
	// changes is how many of the changes it knows.
	changes int
}

// dayChange is what the change with this place in the history said of a day.
type dayChange struct {
	at  int
	off bool
}

// NewHolidays makes the calendar of working days from a list; of two lines for one day the later counts.
func NewHolidays(list []Holiday) Holidays { return Holidays{}.With(list) }

// With gives the calendar after one more change: the days of the list are as it says, all others as they were.
func (h Holidays) With(list []Holiday) Holidays {
	next := Holidays{days: make(map[Day][]dayChange, len(h.days)+len(list)), changes: h.changes + 1}
	for day, said := range h.days {
		for len(said) > 0 && said[len(said)-1].at >= h.changes {
			said = said[:len(said)-1] // of a history that goes on otherwise
		}
		next.days[day] = said[:len(said):len(said)]
	}
	for _, line := range list {
		next.days[line.Day] = append(next.days[line.Day], dayChange{at: h.changes, off: line.Off})
	}
	return next
}

// Changes is how many changes made the calendar.
func (h Holidays) Changes() int { return h.changes }

// Until gives the calendar as the first n changes made it; itself if there were not more.
func (h Holidays) Until(n int) Holidays {
	h.changes = min(max(n, 0), h.changes)
	return h
}

// Working tells whether people work on d: Monday to Friday, unless the list says otherwise.
func (h Holidays) Working(d Day) bool {
	said := h.days[d]
	for i := len(said) - 1; i >= 0; i-- {
		if said[i].at < h.changes {
			return !said[i].off
		}
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
