package period

import (
	"github.com/tonghop/tonghop/server/fault"
)

// Calendar says which days a period has.
type Calendar uint8

const (
	// CutoffFifteenth is the calendar of Decree 09/2019: a month runs from the 15th of the month before to the 14th.
	CutoffFifteenth Calendar = iota
	// Civil is the calendar on the wall.
	Civil
)

// calendarNames is indexed by calendar.
var calendarNames = [...]string{"CUTOFF_15_14", "CIVIL"}

// cutoff is the day of the month with which a month of CutoffFifteenth begins, in the month before.
const cutoff = 15

// String gives the word of files and API.
func (c Calendar) String() string {
	if int(c) < len(calendarNames) {
		return calendarNames[c]
	}
	return "unknown"
}

// ParseCalendar reads CUTOFF_15_14 or CIVIL.
func ParseCalendar(s string) (Calendar, error) {
	for i, name := range calendarNames {
		if s == name {
			return Calendar(i), nil //nolint:gosec // there are two
		}
	}
	return 0, fault.Invalid("CALENDAR_UNKNOWN", "calendar %q: give CUTOFF_15_14 or CIVIL", short(s)).With("value", short(s))
}

// First gives the first day of p; Forever for no period, which therefore has no days.
func (c Calendar) First(p Period) Day {
	from, to := p.span()
	if from == to {
		return Forever
	}
	return c.monthStart(from)
}

// Last gives the last day of p; Beginning for no period, which therefore has no days.
func (c Calendar) Last(p Period) Day {
	from, to := p.span()
	if from == to {
		return Beginning
	}
	return c.monthStart(to).Add(-1)
}

// monthStart gives the first day of the month with this ordinal.
func (c Calendar) monthStart(month int) Day {
	year, m := floorDiv(month, 12), floorMod(month, 12)+1
	if c == Civil {
		return Date(year, m, 1)
	}
	return Date(year, m-1, cutoff)
}

// PeriodAt gives the period of kind k in which d lies; no period outside the years, on an open end, and for nine
// months in the last quarter.
func (c Calendar) PeriodAt(k Kind, d Day) Period {
	if d.IsOpen() {
		return Period{}
	}
	year, month, day := d.YMD()
	ordinal := year*12 + month - 1
	if c != Civil && day >= cutoff {
		ordinal++
	}
	return at(k, ordinal)
}
