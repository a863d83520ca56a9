package period_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

// TestR6_AHolidayTellsEverythingThatIsWrong reads single lines.
func TestR6_AHolidayTellsEverythingThatIsWrong(t *testing.T) {
	_, err := period.ParseHoliday("2026-02-30", "", "free")
	var got []string
	for _, e := range fault.Of(err).Details {
		got = append(got, e.Field+" "+e.Reason)
	}
	if want := "date DAY_MALFORMED|name HOLIDAY_NAME_EMPTY|kind HOLIDAY_MALFORMED"; strings.Join(got, "|") != want {
		t.Errorf("a wrong line gives %s, want %s", strings.Join(got, "|"), want)
	}
	for _, c := range []struct{ date, name, reason string }{
		{"1899-12-31", "Tết", "HOLIDAY_OUT_OF_RANGE"},
		{"1900-01-01", "Tết", ""},
		{"2199-12-31", "Tết", ""},
		{"2200-01-01", "Tết", "HOLIDAY_OUT_OF_RANGE"},
		{"2026-02-17", strings.Repeat("ế", 200), ""},
		{"2026-02-17", strings.Repeat("ế", 201), "TEXT_TOO_LONG"},
	} {
		if _, err := period.ParseHoliday(c.date, c.name, "off"); fault.ReasonOf(err) != c.reason {
			t.Errorf("ParseHoliday(%s, %.9s) error = %v, want %q", c.date, c.name, err, c.reason)
		}
	}
}

// TestR6_ACalendarRemembersItsEarlierLists changes a list again and again. Each calendar keeps what it knew, also where its
// history went on in two ways.
func TestR6_ACalendarRemembersItsEarlierLists(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type known struct {
			calendar period.Holidays
			off      map[period.Day]bool
		}
		all := []known{{off: map[period.Day]bool{}}}
		first := period.Date(2026, 2, 1)
		for range rapid.IntRange(1, 8).Draw(t, "changes") {
			from := rapid.SampledFrom(all).Draw(t, "goes on from")
			next := known{off: map[period.Day]bool{}}
			for d, off := range from.off {
				next.off[d] = off
			}
			var list []period.Holiday
			for range rapid.IntRange(0, 6).Draw(t, "days") {
				h := period.Holiday{Day: first.Add(rapid.IntRange(0, 20).Draw(t, "day")), Off: rapid.Bool().Draw(t, "off")}
				list, next.off[h.Day] = append(list, h), h.Off
			}
			next.calendar = from.calendar.With(list)
			if next.calendar.Changes() != from.calendar.Changes()+1 {
				t.Fatalf("a change more gives %d, was %d", next.calendar.Changes(), from.calendar.Changes())
			}
			before := next.calendar.Until(from.calendar.Changes())
			for n := range 21 {
				if d := first.Add(n); before.Working(d) != from.calendar.Working(d) {
					t.Fatalf("before its last change the calendar says of %v otherwise", d)
				}
			}
			all = append(all, next)
		}
		for _, k := range all {
			for n := range 21 {
				d := first.Add(n)
				off, listed := k.off[d]
				if !listed {
					off = d.Weekday() == 0 || d.Weekday() == 6
				}
				if k.calendar.Working(d) == off {
					t.Fatalf("%v is worked: %t, listed %t", d, !off, listed)
				}
			}
		}
	})
}
