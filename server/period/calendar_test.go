package period_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

var anyCalendar = rapid.SampledFrom([]period.Calendar{period.CutoffFifteenth, period.Civil})

func TestR5_PeriodsHaveTheirDays(t *testing.T) {
	cases := []struct {
		calendar       period.Calendar
		p, first, last string
	}{
		{period.CutoffFifteenth, "2024-02", "2024-01-15", "2024-02-14"},
		{period.CutoffFifteenth, "2024-01", "2023-12-15", "2024-01-14"},
		{period.CutoffFifteenth, "2024-03", "2024-02-15", "2024-03-14"},
		{period.CutoffFifteenth, "2024-Q1", "2023-12-15", "2024-03-14"},
		{period.CutoffFifteenth, "2024-H1", "2023-12-15", "2024-06-14"},
		{period.CutoffFifteenth, "2024-H2", "2024-06-15", "2024-12-14"},
		{period.CutoffFifteenth, "2024-9M", "2023-12-15", "2024-09-14"},
		{period.CutoffFifteenth, "2024", "2023-12-15", "2024-12-14"},
		{period.Civil, "2024-02", "2024-02-01", "2024-02-29"},
		{period.Civil, "2023-02", "2023-02-01", "2023-02-28"},
		{period.Civil, "2024-Q4", "2024-10-01", "2024-12-31"},
		{period.Civil, "2024-9M", "2024-01-01", "2024-09-30"},
		{period.Civil, "2024", "2024-01-01", "2024-12-31"},
	}
	for _, c := range cases {
		p := must(t, c.p)
		if first, last := c.calendar.First(p).String(), c.calendar.Last(p).String(); first != c.first || last != c.last {
			t.Errorf("%s in %v is %s to %s, want %s to %s", c.p, c.calendar, first, last, c.first, c.last)
		}
	}
}

// TestR5_BasePeriodsTileEveryLongerPeriod walks the days: no gap, no overlap, same ends, in both calendars.
func TestR5_BasePeriodsTileEveryLongerPeriod(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, p := anyCalendar.Draw(t, "calendar"), anyPeriod.Draw(t, "period")
		for _, kind := range period.Kinds() {
			next := c.First(p)
			bases := p.Bases(kind)
			for _, base := range bases {
				if c.First(base) != next || c.Last(base) < next {
					t.Fatalf("%v: %v begins on %v, want %v", p, base, c.First(base), next)
				}
				next = c.Last(base).Add(1)
			}
			if len(bases) > 0 && next != c.Last(p).Add(1) {
				t.Fatalf("the %vs of %v end before %v, want %v", kind, p, next, c.Last(p).Add(1))
			}
		}
	})
}

func TestR5_EveryDayLiesInOnePeriodOfAKind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, p := anyCalendar.Draw(t, "calendar"), anyPeriod.Draw(t, "period")
		first, last := c.First(p), c.Last(p)
		inside := first.Add(rapid.IntRange(0, int(last-first)).Draw(t, "days"))
		for _, d := range []period.Day{first, inside, last} {
			if got := c.PeriodAt(p.Kind, d); got != p {
				t.Fatalf("%v lies in %v, want %v", d, got, p)
			}
		}
		if got := c.PeriodAt(p.Kind, last.Add(1)); got == p {
			t.Fatalf("the day after %v still lies in it", p)
		}
	})
}

func TestPeriodAtOutsideEveryPeriod(t *testing.T) {
	cases := []struct {
		kind period.Kind
		day  period.Day
	}{
		{period.NineMonths, period.Date(2024, 10, 1)},
		{period.NineMonths, period.Date(2024, 9, 15)},
		{period.Month, period.Beginning},
		{period.Year, period.Forever},
		{period.Year, period.Date(2199, 12, 15)},
		{period.Year, period.Date(1899, 12, 14)},
		{9, period.Date(2024, 9, 1)},
	}
	for _, c := range cases {
		if got := period.CutoffFifteenth.PeriodAt(c.kind, c.day); got != (period.Period{}) {
			t.Errorf("%v lies in %v of kind %v, want no period", c.day, got, c.kind)
		}
	}
}

func TestCalendarsReadTheirOwnWords(t *testing.T) {
	for _, c := range []period.Calendar{period.CutoffFifteenth, period.Civil} {
		if got, err := period.ParseCalendar(c.String()); err != nil || got != c {
			t.Errorf("ParseCalendar(%q) = %v, %v", c, got, err)
		}
	}
	for _, s := range []string{"", "civil", "CUTOFF", "unknown"} {
		if _, err := period.ParseCalendar(s); fault.ReasonOf(err) != "CALENDAR_UNKNOWN" {
			t.Errorf("ParseCalendar(%q) error = %v, want CALENDAR_UNKNOWN", s, err)
		}
	}
}
