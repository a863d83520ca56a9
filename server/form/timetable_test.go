package form_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/period"
)

// instant reads a time of Vietnam.
func instant(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04:05", s, period.Location())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func due(t testing.TB, s string) period.Due {
	t.Helper()
	d, err := period.ParseDue(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func off(t testing.TB, days ...string) []period.Holiday {
	t.Helper()
	var list []period.Holiday
	for _, d := range days {
		h, err := period.ParseHoliday(d, "Nghỉ", "off")
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, h)
	}
	return list
}

// TestR7_AChangedListMovesOnlyWhatLiesAhead follows the February of 2026, whose cut-off lies two days before Tết.
func TestR7_AChangedListMovesOnlyWhatLiesAhead(t *testing.T) {
	f := form.Form{Code: "CDS", Calendar: period.CutoffFifteenth, ValidFrom: period.Beginning, Due: due(t, "commune=+2|district=+4")}
	made := (&form.Timetable{}).WithForms(form.Moment{Sequence: 1, Time: instant(t, "2026-01-01 08:00:00")}, f)
	last := period.Date(2026, 2, 14)
	dueOf := func(table *form.Timetable) string {
		day, ok := table.DueDay("cds", "commune", last)
		if !ok {
			return "none"
		}
		return day.String()
	}
	if got := dueOf(made); got != "2026-02-16" {
		t.Fatalf("without a list the communes' February is due %s, want Monday 2026-02-16", got)
	}
	tet := off(t, "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20")
	for _, c := range []struct{ at, want, why string }{
		{"2026-01-05 09:00:00", "2026-02-23", "the list came in time"},
		{"2026-02-16 23:59:59", "2026-02-23", "the list came in the last second"},
		{"2026-02-17 00:00:00", "2026-02-16", "the deadline had passed"},
		{"2026-03-01 00:00:00", "2026-02-16", "the deadline had passed long ago"},
	} {
		if got := dueOf(made.WithHolidays(form.Moment{Sequence: 2, Time: instant(t, c.at)}, tet)); got != c.want {
			t.Errorf("with a list of %s the February is due %s, want %s: %s", c.at, got, c.want, c.why)
		}
	}
	early := made.WithHolidays(form.Moment{Sequence: 2, Time: instant(t, "2026-01-05 09:00:00")}, tet)
	var back []period.Holiday
	for _, h := range tet {
		h.Off = false
		back = append(back, h)
	}
	for _, c := range []struct{ at, want, why string }{
		{"2026-02-16 23:59:59", "2026-02-16", "the list was taken back while the earlier day lay ahead"},
		{"2026-02-17 00:00:00", "2026-02-23", "the earlier day had passed, and nobody becomes late by a change"},
		{"2026-02-24 00:00:00", "2026-02-23", "the deadline had passed"},
	} {
		if got := dueOf(early.WithHolidays(form.Moment{Sequence: 3, Time: instant(t, c.at)}, back)); got != c.want {
			t.Errorf("with the list taken back %s the February is due %s, want %s: %s", c.at, got, c.want, c.why)
		}
	}
	if got := dueOf(early); got != "2026-02-23" {
		t.Errorf("an earlier timetable changed: %s", got)
	}
	if day, ok := early.DueDay("CDS", "village", last); ok {
		t.Errorf("a kind without a rule is due %v", day)
	}
	if day, ok := early.DueDay("other", "commune", last); ok {
		t.Errorf("a form that is not there is due %v", day)
	}
}

// TestR7_AChangedRuleMovesOnlyWhatLiesAhead is the same for the rule of the form.
func TestR7_AChangedRuleMovesOnlyWhatLiesAhead(t *testing.T) {
	f := form.Form{Code: "CDS", Calendar: period.Civil, ValidFrom: period.Beginning, Due: due(t, "commune=+5")}
	made := (&form.Timetable{}).WithForms(form.Moment{Sequence: 1, Time: instant(t, "2024-06-01 08:00:00")}, f)
	day := func(table *form.Timetable, kind string, last period.Day) string {
		d, ok := table.DueDay("CDS", kind, last)
		if !ok {
			return "none"
		}
		return d.String()
	}
	april, may := period.Date(2024, 4, 30), period.Date(2024, 5, 31)
	if got := day(made, "commune", april); got != "2024-05-06" {
		t.Errorf("April, over when the form was made, is due %s, want 2024-05-06", got)
	}
	f.Due = due(t, "commune=+12|district=+14")
	later := made.WithForms(form.Moment{Sequence: 2, Time: instant(t, "2024-06-05 23:59:59")}, f)
	for _, c := range []struct {
		kind string
		last period.Day
		want string
	}{
		{"commune", april, "2024-05-06"}, // had passed
		{"commune", may, "2024-06-12"},
		{"district", april, "none"}, // would have passed, and nobody was told
		{"district", may, "2024-06-14"},
	} {
		if got := day(later, c.kind, c.last); got != c.want {
			t.Errorf("after the change the period to %v of a %s is due %s, want %s", c.last, c.kind, got, c.want)
		}
	}
	f.Due = period.Due{}
	none := later.WithForms(form.Moment{Sequence: 3, Time: instant(t, "2024-06-06 00:00:00")}, f)
	if got := day(none, "commune", april) + " " + day(none, "commune", may); got != "2024-05-06 none" {
		t.Errorf("after the rule was taken away April and May are due %s", got)
	}
	f.ValidFrom, f.Due = period.Date(2024, 7, 1), due(t, "commune=+1")
	july := later.WithForms(form.Moment{Sequence: 3, Time: instant(t, "2024-06-06 00:00:00")}, f)
	if got := day(july, "commune", may) + " " + day(july, "commune", period.Date(2024, 7, 31)); got != "2024-06-12 2024-08-01" {
		t.Errorf("with a version from July on May and July are due %s", got)
	}
}

// TestR7_TheListMakesNoDeadlineThatNobodyWasToldOf has a rule come when its day is behind, so that there is no deadline, and
// then a list of holidays by which the day would lie ahead.
func TestR7_TheListMakesNoDeadlineThatNobodyWasToldOf(t *testing.T) {
	f := form.Form{Code: "CDS", Calendar: period.Civil, ValidFrom: period.Beginning}
	table := (&form.Timetable{}).WithForms(form.Moment{Sequence: 1, Time: instant(t, "2024-06-01 08:00:00")}, f)
	f.Due = due(t, "commune=+5")
	now := instant(t, "2024-06-10 08:00:00")
	table = table.WithForms(form.Moment{Sequence: 2, Time: now}, f)
	table = table.WithHolidays(form.Moment{Sequence: 3, Time: now}, off(t, "2024-06-05", "2024-06-06", "2024-06-07", "2024-06-10", "2024-07-05"))
	if day, ok := table.DueDay("CDS", "commune", period.Date(2024, 5, 31)); ok {
		t.Errorf("May is due %v, and nobody was told", day)
	}
	if day, _ := table.DueDay("CDS", "commune", period.Date(2024, 6, 30)); day != period.Date(2024, 7, 8) {
		t.Errorf("June is due %v, want 2024-07-08", day)
	}
}

// change is one change of a drawn history.
type change struct {
	at       time.Time
	holidays []period.Holiday // or
	form     *form.Form
}

func drawHistory(t *rapid.T) []change {
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, period.Location())
	var history []change
	for range rapid.IntRange(1, 12).Draw(t, "changes") {
		at = at.Add(time.Duration(rapid.IntRange(0, 20*24).Draw(t, "hours")) * time.Hour)
		c := change{at: at}
		if rapid.Bool().Draw(t, "of a form") {
			word := rapid.SampledFrom([]string{"", "commune=+0", "commune=+2", "commune=+9w", "commune=+3w|district=+1", "district=+30"}).Draw(t, "due")
			d, err := period.ParseDue(word)
			if err != nil {
				t.Fatal(err)
			}
			c.form = &form.Form{Code: "F", Due: d, ValidFrom: rapid.SampledFrom([]period.Day{
				period.Beginning, period.Date(2024, 1, 20), period.Date(2024, 2, 1), period.Date(2024, 3, 1),
			}).Draw(t, "from")}
		} else {
			for _, n := range rapid.SliceOfNDistinct(rapid.IntRange(0, 150), 0, 20, rapid.ID).Draw(t, "days") {
				c.holidays = append(c.holidays, period.Holiday{Day: period.Date(2024, 1, 1).Add(n), Off: rapid.Bool().Draw(t, "off")})
			}
		}
		history = append(history, c)
	}
	return history
}

// told replays a history one change after the other and keeps the deadline, as somebody would who writes it on the wall.
// It gives what stood on the wall after each change; the zero time is no deadline.
func told(history []change, kind string, last period.Day) []time.Time {
	off := map[period.Day]bool{}
	versions := map[period.Day]period.Due{}
	var wall []time.Time
	var stands time.Time
	begun := false
	for _, c := range history {
		for _, h := range c.holidays {
			off[h.Day] = h.Off
		}
		if c.form != nil {
			versions[c.form.ValidFrom] = c.form.Due
		}
		from, ok := period.Beginning, false
		for v := range versions {
			if v <= last && (!ok || v > from) {
				from, ok = v, true
			}
		}
		passed := !stands.IsZero() && !c.at.Before(stands)
		moves := c.form != nil || !stands.IsZero() // the list moves deadlines and makes none
		if ok && !passed && moves {
			offset, has := versions[from].For(kind)
			now := time.Time{}
			if has {
				now = period.Start(byHand(off, last, offset).Add(1))
			}
			if !begun || !has || c.at.Before(now) {
				stands = now
			}
			begun = true
		}
		wall = append(wall, stands)
	}
	return wall
}

// byHand walks from day to day.
func byHand(off map[period.Day]bool, last period.Day, o period.Offset) period.Day {
	worked := 0
	for day := 1; ; day++ {
		d := last.Add(day)
		free, listed := off[d]
		if !listed {
			free = d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
		}
		if free {
			continue
		}
		worked++
		if o.Working && worked >= o.Days || !o.Working && day >= o.Days {
			return d
		}
	}
}

// TestR7_DeadlinesStandAsTheyWereToldThroughEveryChange draws histories of the list and of the form. What the timetable
// says after all of them is what stands on the wall; and a report that came in at any time is late by the deadline of
// that time just if it is late by that of the end.
func TestR7_DeadlinesStandAsTheyWereToldThroughEveryChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		history := drawHistory(t)
		last := period.Date(2024, 1, 10).Add(rapid.IntRange(0, 60).Draw(t, "last day"))
		kind := rapid.SampledFrom([]string{"commune", "district"}).Draw(t, "kind")
		table := &form.Timetable{}
		wall := told(history, kind, last)
		for n, c := range history {
			at := form.Moment{Sequence: uint64(n + 1), Time: c.at}
			if c.form != nil {
				table = table.WithForms(at, *c.form)
			} else {
				table = table.WithHolidays(at, c.holidays)
			}
			var got time.Time
			if due, ok := table.DueDay("f", kind, last); ok {
				got = period.Deadline(due)
			}
			if !got.Equal(wall[n]) {
				t.Fatalf("after change %d of %d the deadline is %v, want %v", n+1, len(history), got, wall[n])
			}
		}
		final := wall[len(wall)-1]
		late := func(deadline, at time.Time) bool { return !deadline.IsZero() && !at.Before(deadline) }
		for n, c := range history {
			if wall[n].IsZero() || final.IsZero() {
				continue // a rule that came or went is no moved deadline
			}
			for _, at := range []time.Time{c.at, c.at.Add(time.Second)} {
				if n+1 < len(history) && at.After(history[n+1].at) {
					continue
				}
				if late(wall[n], at) && !late(final, at) {
					t.Fatalf("a report of %v was late by %v and is not by %v", at, wall[n], final)
				}
				if !late(wall[n], at) && late(final, at) {
					t.Fatalf("a report of %v was in time by %v and is late by %v", at, wall[n], final)
				}
			}
		}
	})
}
