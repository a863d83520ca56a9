package period

import (
	"math"
	"time"

	"github.com/tonghop/tonghop/server/fault"
)

// Day is a date of the Gregorian calendar, counted in days from 1970-01-01. Days compare with < and ==.
type Day int32

// The open ends of a validity: before every day, and after every day.
const (
	Beginning Day = math.MinInt32
	Forever   Day = math.MaxInt32
)

const (
	daysPer400 = 146097 // The calendar repeats after 400 years.
	epochShift = 719468 // Days from 0000-03-01 to 1970-01-01.
)

// Date gives the day of a year, month and day of the month; numbers out of range carry over, as with time.Date.
func Date(year, month, day int) Day {
	year += floorDiv(month-1, 12)
	month = floorMod(month-1, 12) + 1
	// Years begin in March here, so that the leap day is the last of its year.
	shifted := floorMod(month-3, 12)
	if month <= 2 {
		year--
	}
	era := floorDiv(year, 400)
	y := year - era*400
	n := era*daysPer400 + y*365 + y/4 - y/100 + (153*shifted+2)/5 + day - 1 - epochShift
	return Day(min(max(n, int(Beginning)), int(Forever))) //nolint:gosec // clamped
}

// YMD gives the year, the month (1 to 12) and the day of the month.
func (d Day) YMD() (year, month, day int) {
	n := int(d) + epochShift
	era := floorDiv(n, daysPer400)
	n -= era * daysPer400
	y := (n - n/1460 + n/36524 - n/146096) / 365
	n -= y*365 + y/4 - y/100
	shifted := (5*n + 2) / 153
	day = n - (153*shifted+2)/5 + 1
	month = floorMod(shifted+2, 12) + 1
	year = era*400 + y
	if month <= 2 {
		year++
	}
	return year, month, day
}

// Weekday gives the day of the week.
func (d Day) Weekday() time.Weekday {
	return time.Weekday(floorMod(int(d)+int(time.Thursday), 7)) // 1970-01-01 was a Thursday.
}

// Add gives the day n days later. The open ends stay where they are, and nothing passes them.
func (d Day) Add(n int) Day {
	if d == Beginning || d == Forever {
		return d
	}
	return Day(min(max(int(d)+n, int(Beginning)), int(Forever))) //nolint:gosec // clamped
}

// IsOpen is true for Beginning and Forever, which are no dates.
func (d Day) IsOpen() bool { return d == Beginning || d == Forever }

// String gives 2025-07-01; nothing for the open ends, as in the files.
func (d Day) String() string {
	if d.IsOpen() {
		return ""
	}
	year, month, day := d.YMD()
	b := appendInt(make([]byte, 0, 12), year, 4)
	b = appendInt(append(b, '-'), month, 2)
	return string(appendInt(append(b, '-'), day, 2))
}

// Basic gives 20250701, the form in the id of a unit (R1); nothing for the open ends.
func (d Day) Basic() string {
	if d.IsOpen() {
		return ""
	}
	year, month, day := d.YMD()
	return string(appendInt(appendInt(appendInt(make([]byte, 0, 10), year, 4), month, 2), day, 2))
}

// ParseDay reads 2025-07-01. The year has four digits and is not 0000; a day that no month has is refused, never
// carried over. Nothing is no day: which open end an empty cell means is for the caller to say.
func ParseDay(s string) (Day, error) {
	if len(s) == 10 && s[4] == '-' && s[7] == '-' {
		return dayOfDigits(s, s[:4], s[5:7], s[8:])
	}
	return 0, dayMalformed(s, "write it as 2025-07-01")
}

// ParseBasic reads 20250701.
func ParseBasic(s string) (Day, error) {
	if len(s) == 8 {
		return dayOfDigits(s, s[:4], s[4:6], s[6:])
	}
	return 0, dayMalformed(s, "write it as 20250701")
}

func dayOfDigits(s, yyyy, mm, dd string) (Day, error) {
	year, ok1 := number(yyyy)
	month, ok2 := number(mm)
	day, ok3 := number(dd)
	switch {
	case !ok1 || !ok2 || !ok3:
		return 0, dayMalformed(s, "year, month and day are digits")
	case year == 0:
		return 0, dayMalformed(s, "year must be 0001 to 9999")
	case month < 1 || month > 12:
		return 0, dayMalformed(s, "month must be 01 to 12")
	}
	last := Date(year, month+1, 0)
	if _, _, most := last.YMD(); day < 1 || day > most {
		return 0, fault.Invalid("DAY_MALFORMED", "day %q: this month has the days 01 to %d", s, most).With("value", s)
	}
	return Date(year, month, day), nil
}

func dayMalformed(s, what string) *fault.Error {
	return fault.Invalid("DAY_MALFORMED", "day %q: %s", short(s), what).With("value", short(s))
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int) int { return a - b*floorDiv(a, b) }
