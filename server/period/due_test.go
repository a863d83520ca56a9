package period_test

import (
	"regexp"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

func TestR6_DueColumn(t *testing.T) {
	const column = "commune=+2|district=+4|department=+6w|province=+11"
	due, err := period.ParseDue(column)
	if err != nil || due.String() != column {
		t.Fatalf("ParseDue(%q) = %v, %v", column, due, err)
	}
	if o, ok := due.For("department"); !ok || o != (period.Offset{Days: 6, Working: true}) {
		t.Errorf("a department is due %v, %v, want +6w", o, ok)
	}
	if o, ok := due.For("country"); ok {
		t.Errorf("a country is due %v, want no rule", o)
	}
	if rules := due.Rules(); len(rules) != 4 || rules[0].UnitKind != "commune" || rules[0].Offset.String() != "+2" {
		t.Errorf("Rules() = %v", rules)
	}
	if none, err := period.ParseDue(""); err != nil || none.String() != "" || len(none.Rules()) != 0 {
		t.Errorf("ParseDue of nothing = %v, %v", none, err)
	}
}

func TestR6_DueColumnIsRefused(t *testing.T) {
	for _, s := range []string{
		"commune", "commune=", "commune=2", "commune=-2", "commune=+2x", "commune=+w", "commune=+2W", "commune=+02",
		"commune=+2|", "|commune=+2", "commune=+2||district=+4", "commune=+2|commune=+3", "=+2", "a b=+2", "2a=+2",
		"commune=+367", "commune=+99999999999", "commune = +2", "xã=+2", "commune=+2;district=+4",
	} {
		if due, err := period.ParseDue(s); fault.ReasonOf(err) != "DUE_MALFORMED" {
			t.Errorf("ParseDue(%q) = %v, %v, want DUE_MALFORMED", s, due, err)
		}
	}
}

func FuzzParseDue(f *testing.F) {
	shape := regexp.MustCompile(`\A([A-Za-z][A-Za-z0-9_-]*=\+(0|[1-9][0-9]*)w?(\||\z))*\z`)
	for _, s := range []string{"commune=+2|district=+4w", "", "a=+0", "a=+1|a=+2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		due, err := period.ParseDue(s)
		if err == nil && (due.String() != s || !shape.MatchString(s)) {
			t.Errorf("ParseDue(%q) prints %q", s, due)
		}
	})
}

// tet2024 is the list of early 2024: seven days off from the eve of Tết, and the swapped Saturday of May.
func tet2024(t *testing.T) period.Holidays {
	t.Helper()
	rows := []struct{ date, word string }{
		{"2024-02-08", "off"},
		{"2024-02-09", "off"},
		{"2024-02-10", "off"},
		{"2024-02-11", "off"},
		{"2024-02-12", "off"},
		{"2024-02-13", "off"},
		{"2024-02-14", "off"},
		{"2024-04-29", "off"},
		{"2024-04-30", "off"},
		{"2024-05-01", "off"},
		{"2024-05-04", "work"},
	}
	var list []period.Holiday
	for _, r := range rows {
		h, err := period.ParseHoliday(r.date, "Nghỉ lễ", r.word)
		if err != nil || h.Word() != r.word || h.Day.String() != r.date {
			t.Fatalf("ParseHoliday(%v) = %v, %v", r, h, err)
		}
		list = append(list, h)
	}
	if err := period.CheckHolidays(list); err != nil {
		t.Fatal(err)
	}
	return period.NewHolidays(list)
}

func TestR6_DueDaysGolden(t *testing.T) {
	holidays := tet2024(t)
	cases := []struct{ last, offset, want, why string }{
		{"2024-02-14", "+0", "2024-02-15", "the cut-off lies in Tết: the first working day after it"},
		{"2024-02-14", "+1", "2024-02-15", "the day after Tết"},
		{"2024-02-14", "+2", "2024-02-16", "a Friday"},
		{"2024-02-14", "+3", "2024-02-19", "a Saturday moves to Monday"},
		{"2024-02-14", "+2w", "2024-02-16", "two working days"},
		{"2024-02-14", "+3w", "2024-02-19", "the weekend does not count"},
		{"2024-02-07", "+2", "2024-02-15", "inside Tết: moved to its end"},
		{"2024-02-07", "+1w", "2024-02-15", "the first working day after Tết"},
		{"2024-02-07", "+0w", "2024-02-15", "never on the cut-off itself"},
		{"2024-03-14", "+0", "2024-03-15", "never on the cut-off itself, though people work on it"},
		{"2024-03-14", "+2", "2024-03-18", "a Saturday moves to Monday"},
		{"2024-05-02", "+2", "2024-05-04", "the swapped Saturday is worked"},
		{"2024-05-02", "+2w", "2024-05-04", "and counts"},
		{"2024-05-02", "+3w", "2024-05-06", "and the Sunday after it does not"},
		{"2024-06-14", "+2", "2024-06-17", "two days after a Friday is a Sunday"},
	}
	for _, c := range cases {
		last, err := period.ParseDay(c.last)
		if err != nil {
			t.Fatal(err)
		}
		offset, err := period.ParseOffset(c.offset)
		if err != nil {
			t.Fatal(err)
		}
		if got := holidays.DueDay(last, offset).String(); got != c.want {
			t.Errorf("%s after %s is due %s, want %s: %s", c.offset, c.last, got, c.want, c.why)
		}
	}
}

func TestR6_WeekendsAndTheList(t *testing.T) {
	holidays, none := tet2024(t), period.Holidays{}
	saturday, eve := period.Date(2024, 5, 4), period.Date(2024, 2, 9)
	if !holidays.Working(saturday) || none.Working(saturday) {
		t.Error("a swapped Saturday is worked by the list alone")
	}
	if holidays.Working(eve) || !none.Working(eve) {
		t.Error("the eve of Tết is free by the list alone")
	}
	if got := none.DueDay(period.Forever, period.Offset{Days: 2}); got != period.Forever {
		t.Errorf("a period without end is due %v", got)
	}
	twice := []period.Holiday{{Day: eve, Off: true}, {Day: eve}}
	if err := period.CheckHolidays(twice); fault.ReasonOf(err) != "HOLIDAY_TWICE" {
		t.Errorf("CheckHolidays error = %v, want HOLIDAY_TWICE", err)
	}
	if !period.NewHolidays(twice).Working(eve) {
		t.Error("of two lines for one day the later does not count")
	}
	for _, row := range [][2]string{{"2024-02-30", "off"}, {"2024-02-10", "OFF"}, {"2024-02-10", ""}} {
		if _, err := period.ParseHoliday(row[0], "Tết", row[1]); fault.KindOf(err) != fault.KindInvalid || err == nil {
			t.Errorf("ParseHoliday(%v) error = %v, want Invalid", row, err)
		}
	}
}

// TestR6_DueDaysCountedByHand walks from day to day instead of jumping.
func TestR6_DueDaysCountedByHand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		last := period.Date(2024, 1, 1).Add(rapid.IntRange(0, 700).Draw(t, "last"))
		offset := period.Offset{Days: rapid.IntRange(0, 20).Draw(t, "days"), Working: rapid.Bool().Draw(t, "working")}
		var list []period.Holiday
		for range rapid.IntRange(0, 15).Draw(t, "lines") {
			list = append(list, period.Holiday{Day: last.Add(rapid.IntRange(0, 25).Draw(t, "day")), Off: rapid.Bool().Draw(t, "off")})
		}
		holidays := period.NewHolidays(list)
		working, due := 0, last
		for day := 1; ; day++ {
			due++
			if !holidays.Working(due) {
				continue
			}
			working++
			if offset.Working && working >= offset.Days || !offset.Working && day >= offset.Days {
				break
			}
		}
		if got := holidays.DueDay(last, offset); got != due {
			t.Fatalf("%v after %v is due %v, want %v", offset, last, got, due)
		}
	})
}

func TestR7_TheDeadlineIsAnInstant(t *testing.T) {
	due := period.Date(2024, 2, 16)
	deadline := period.Deadline(due)
	if got, want := deadline.Format(time.RFC3339), "2024-02-17T00:00:00+07:00"; got != want {
		t.Errorf("due on %v means by %s, want %s", due, got, want)
	}
	if !period.Late(due, deadline) || period.Late(due, deadline.Add(-time.Nanosecond)) {
		t.Error("at the deadline is late, the moment before it is not")
	}
	if got := period.Location().String(); got != "Asia/Ho_Chi_Minh" {
		t.Errorf("the zone is %s", got)
	}
}

func TestR5_TooEarly(t *testing.T) {
	p := must(t, "2024-02")
	open, closed := period.DraftFrom(period.CutoffFifteenth, p), period.FirstSubmission(period.CutoffFifteenth, p)
	if got, want := open.Format(time.RFC3339), "2024-01-15T00:00:00+07:00"; got != want {
		t.Errorf("drafts from %s, want %s", got, want)
	}
	if got, want := closed.UTC().Format(time.RFC3339), "2024-02-14T17:00:00Z"; got != want {
		t.Errorf("final reports from %s, want %s", got, want)
	}
	before := closed.Add(-time.Second)
	if !period.TooEarly(period.CutoffFifteenth, p, before) || period.TooEarly(period.CutoffFifteenth, p, closed) {
		t.Error("a final report is too early on the last day and right on the day after")
	}
	if period.DraftTooEarly(period.CutoffFifteenth, p, open) || !period.DraftTooEarly(period.CutoffFifteenth, p, open.Add(-1)) {
		t.Error("a draft is right from the first day")
	}
	if !period.TooEarly(period.Civil, p, closed) {
		t.Error("the civil February is over on the 15th")
	}
}

func TestDaysAndInstantsMeetInVietnam(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := period.Date(1976, 1, 1).Add(rapid.IntRange(0, 80000).Draw(t, "day"))
		start := period.Start(d)
		if period.DayOf(start) != d || period.DayOf(start.Add(-1)) != d.Add(-1) || period.Start(d.Add(1)).Sub(start) != 24*time.Hour {
			t.Fatalf("%v begins at %v", d, start)
		}
	})
	if got := period.DayOf(time.Date(2024, 2, 14, 17, 0, 0, 0, time.UTC)).String(); got != "2024-02-15" {
		t.Errorf("17:00 UTC on the 14th is the %s in Vietnam, want the 15th", got)
	}
}
