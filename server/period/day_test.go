package period_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

func TestDaysReadAndPrint(t *testing.T) {
	cases := []struct {
		text, basic      string
		year, month, day int
		weekday          time.Weekday
	}{
		{"1970-01-01", "19700101", 1970, 1, 1, time.Thursday},
		{"2025-07-01", "20250701", 2025, 7, 1, time.Tuesday},
		{"2024-02-29", "20240229", 2024, 2, 29, time.Thursday},
		{"2000-02-29", "20000229", 2000, 2, 29, time.Tuesday},
		{"2000-12-31", "20001231", 2000, 12, 31, time.Sunday},
		{"2100-02-28", "21000228", 2100, 2, 28, time.Sunday},
		{"2100-03-01", "21000301", 2100, 3, 1, time.Monday},
		{"0001-01-01", "00010101", 1, 1, 1, time.Monday},
		{"9999-12-31", "99991231", 9999, 12, 31, time.Friday},
	}
	for _, c := range cases {
		d, err := period.ParseDay(c.text)
		if err != nil || d.String() != c.text || d.Basic() != c.basic || d.Weekday() != c.weekday {
			t.Errorf("ParseDay(%q) = %v (%s, %v), %v", c.text, d, d.Basic(), d.Weekday(), err)
		}
		if y, m, day := d.YMD(); y != c.year || m != c.month || day != c.day || d != period.Date(y, m, day) {
			t.Errorf("%s is %d %d %d", c.text, y, m, day)
		}
		if basic, err := period.ParseBasic(c.basic); err != nil || basic != d {
			t.Errorf("ParseBasic(%q) = %v, %v, want %v", c.basic, basic, err, d)
		}
	}
	if period.Date(1970, 1, 1) != 0 {
		t.Errorf("1970-01-01 is day %d, want 0", period.Date(1970, 1, 1))
	}
}

func TestDaysThatDoNotExistAreRefused(t *testing.T) {
	for _, s := range []string{
		"", "2025-7-1", "2025-07-00", "2025-07-32", "2025-02-29", "1900-02-29", "2025-00-01", "2025-13-01", "0000-01-01",
		"2025/07/01", "20250701", "2025-07-01 ", "-025-07-01", "+025-07-01", "2025-07-0a", "２０２５-07-01", "01-07-2025",
	} {
		if d, err := period.ParseDay(s); fault.ReasonOf(err) != "DAY_MALFORMED" {
			t.Errorf("ParseDay(%q) = %v, %v, want DAY_MALFORMED", s, d, err)
		}
	}
	for _, s := range []string{"", "0", "2025-7-1", "20250732", "20251301", "00000101", "2025070", "202507011"} {
		if d, err := period.ParseBasic(s); fault.ReasonOf(err) != "DAY_MALFORMED" {
			t.Errorf("ParseBasic(%q) = %v, %v, want DAY_MALFORMED", s, d, err)
		}
	}
}

func TestDaysAgreeWithTheStandardLibrary(t *testing.T) {
	for d := period.Date(1890, 1, 1); d < period.Date(2210, 1, 1); d++ {
		if want := time.Unix(int64(d)*86400, 0).UTC().Format(time.DateOnly); d.String() != want {
			t.Fatalf("day %d is %v, want %s", d, d, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := period.Day(rapid.Int32Range(-2_000_000, 4_000_000).Draw(t, "day"))
		want := time.Unix(int64(d)*86400, 0).UTC()
		year, month, day := d.YMD()
		if year != want.Year() || month != int(want.Month()) || day != want.Day() || d.Weekday() != want.Weekday() {
			t.Fatalf("day %d is %d-%d-%d %v, want %v", d, year, month, day, d.Weekday(), want)
		}
		if period.Date(year, month, day) != d {
			t.Fatalf("Date(%d, %d, %d) = %d, want %d", year, month, day, period.Date(year, month, day), d)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.IntRange(-500, 500)
		y, m, d := rapid.IntRange(-100, 4000).Draw(t, "year"), part.Draw(t, "month"), part.Draw(t, "day")
		want := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Unix() / 86400
		if got := period.Date(y, m, d); int64(got) != want {
			t.Fatalf("Date(%d, %d, %d) = %d, want %d", y, m, d, got, want)
		}
	})
}

func TestOpenEndsStayOpen(t *testing.T) {
	day := period.Date(2025, 7, 1)
	for _, open := range []period.Day{period.Beginning, period.Forever} {
		if open.Add(1) != open || open.Add(-1) != open || !open.IsOpen() || open.String() != "" || open.Basic() != "" {
			t.Errorf("the open end %d moves to %d or prints %q", open, open.Add(1), open)
		}
	}
	if day.IsOpen() || day.Add(1<<40) != period.Forever || day.Add(-1<<40) != period.Beginning {
		t.Error("a day passes an open end")
	}
	if got := day.Add(-1).String(); got != "2025-06-30" {
		t.Errorf("the day before 2025-07-01 is %s", got)
	}
}

func FuzzParseDay(f *testing.F) {
	for _, s := range []string{"2025-07-01", "2024-02-30", "0000-01-01", "20240229"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, oracle := time.Parse(time.DateOnly, s)
		d, err := period.ParseDay(s)
		if legal := oracle == nil && want.Year() > 0; legal != (err == nil) {
			t.Fatalf("ParseDay(%q) error = %v, the standard library says %v", s, err, oracle)
		}
		if err == nil && (d.String() != s || int64(d) != want.Unix()/86400) {
			t.Errorf("ParseDay(%q) = %v", s, d)
		}
		if d, err := period.ParseBasic(s); err == nil && d.Basic() != s {
			t.Errorf("ParseBasic(%q) = %v", s, d)
		}
	})
}
