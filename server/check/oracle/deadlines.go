package oracle

import (
	"fmt"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// wall is what was told of forms and of the list of holidays, in order, by which deadlines are reckoned in the plainest way
// (R6, R7): each change is gone through for each deadline, with all that was told before it.
type wall struct{ changes []posted }

// posted is one change that was told.
type posted struct {
	sequence uint64
	at       time.Time
	forms    []entry.Form
	holidays []period.Holiday
}

// apply takes an entry in.
func (w *wall) apply(e *entry.Entry) {
	p := posted{sequence: e.Header.Sequence, at: e.Header.Time}
	switch b := e.Body.(type) {
	case entry.FormsChanged:
		p.forms = b.Forms
	case entry.HolidaysChanged:
		p.holidays = b.Holidays
	default:
		return
	}
	w.changes = append(w.changes, p)
}

// deadline gives the instant from which a unit of the kind is late with the period of the form that ends on the day.
func (w *wall) deadline(code form.Code, kind string, last period.Day) (deadline time.Time) {
	free := map[period.Day]bool{}
	rules := map[period.Day]period.Due{}
	begun := false
	for _, p := range w.changes {
		for _, h := range p.holidays {
			free[h.Day] = h.Off
		}
		ruled := p.rules(code, rules)
		rule, covered := inForce(rules, last)
		passed := !deadline.IsZero() && !p.at.Before(deadline)
		if len(p.holidays) == 0 && !ruled || !covered || passed {
			continue
		}
		offset, has := rule.For(kind)
		now := time.Time{}
		if has {
			now = reckon(free, last, offset)
		}
		mayMove := p.at.Before(now) && (ruled || !deadline.IsZero())
		if !begun || !has || mayMove {
			deadline = now
		}
		begun = true
	}
	return deadline
}

// rules puts up what the change says of the form; false if it says nothing.
func (p *posted) rules(code form.Code, up map[period.Day]period.Due) (ruled bool) {
	for _, f := range p.forms {
		if f.Code.Same(code) {
			up[f.ValidFrom], ruled = f.Due, true
		}
	}
	return ruled
}

// inForce gives the rule of the version that begins last before the day.
func inForce(rules map[period.Day]period.Due, last period.Day) (rule period.Due, covered bool) {
	from := period.Beginning
	for day, due := range rules {
		if day <= last && (!covered || day > from) {
			from, rule, covered = day, due, true
		}
	}
	return rule, covered
}

// reckon walks from day to day behind a period until a report is due, to the end of that day.
func reckon(free map[period.Day]bool, last period.Day, o period.Offset) time.Time {
	worked := 0
	for n := 1; ; n++ {
		day := last.Add(n)
		off, listed := free[day]
		if !listed {
			off = day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
		}
		if off {
			continue
		}
		worked++
		if o.Working && worked >= o.Days || !o.Working && n >= o.Days {
			return period.Start(day.Add(1))
		}
	}
}

// differs tells where the state has another list or another deadline than was told; empty if nowhere.
func (w *wall) differs(tx *aggregator.Tx) string {
	table := tx.Definitions().Timetable()
	days := map[period.Day]form.Listed{}
	for _, p := range w.changes {
		for _, h := range p.holidays {
			days[h.Day] = form.Listed{Holiday: h, Moment: form.Moment{Sequence: p.sequence, Time: p.at}}
		}
	}
	list := table.List()
	for _, l := range list {
		if want := days[l.Day]; l.Holiday != want.Holiday || l.Sequence != want.Sequence || !l.Time.Equal(want.Time) {
			return fmt.Sprintf("the list says of %s %+v, told was %+v", l.Day, l, want)
		}
	}
	if len(list) != len(days) {
		return fmt.Sprintf("the list has %d days, told were %d", len(list), len(days))
	}
	for _, code := range tx.Forms().Codes() {
		f, _ := tx.Forms().Latest(code)
		for p := f.Calendar.PeriodAt(f.Frequency, period.Date(2023, 12, 1)); f.Last(p) < period.Date(2025, 3, 1); p = p.Next() {
			for _, kind := range []hierarchy.Kind{"commune", "district"} {
				var got time.Time
				if due, ok := table.DueDay(code, string(kind), f.Last(p)); ok {
					got = period.Deadline(due)
				}
				if want := w.deadline(code, string(kind), f.Last(p)); !got.Equal(want) {
					return fmt.Sprintf("a %s is late with form %s for %s from %s on, told was %s", kind, code, p, got, want)
				}
			}
		}
	}
	return ""
}

// changeHolidays adds days to the list or takes some back: mostly around the day of the story.
func (t *teller) changeHolidays() entry.Body {
	var body entry.HolidaysChanged
	seen := map[period.Day]bool{}
	for range 1 + t.IntN(10) {
		day := t.today().Add(t.IntN(60) - 15)
		if !seen[day] {
			body.Holidays = append(body.Holidays, period.Holiday{Day: day, Name: "Nghỉ", Off: !t.oneIn(3)})
		}
		seen[day] = true
	}
	return body
}

// due draws until when a form is to be reported.
func (t *teller) due() period.Due {
	due, _ := period.ParseDue(pick(t.Rand, "", "commune=+2|district=+4", "commune=+1w|district=+9", "district=+0", "commune=+20|district=+12w"))
	return due
}
