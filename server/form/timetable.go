package form

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/tonghop/tonghop/server/period"
)

// Moment is when a change was accepted: the sequence of its entry, and its time, which never runs backwards with it.
type Moment struct {
	Sequence uint64
	Time     time.Time
}

// Timetable tells until when reports are due, from every change of forms and of the list of holidays there was (R7). It
// never changes itself, and the zero value is that of a store without forms.
//
// A deadline is made when the form first covers its period, by the rule and the list of that moment. A later change of
// either moves it only while it lies ahead, and only to where it still lies ahead. So a deadline that has passed stands
// for ever, and nobody becomes late by a change: what the entry of a report says of its deadline is what the timetable
// says of it at any later time, up to whether the report is late. Nothing has to happen at the hour when a period opens:
// the entries fix the due days, whenever somebody asks.
type Timetable struct {
	holidays period.Holidays
	changes  []holidayChange // one for each change of holidays
	listed   map[period.Day]Listed
	rules    map[Code][]ruleChange // by folded code, in the order of their entries
}

// Listed is a day of the list of holidays, and the moment of the change that last said so.
type Listed struct {
	period.Holiday
	Moment
}

type holidayChange struct {
	Moment
	days []period.Day // in order
}

type ruleChange struct {
	Moment
	from period.Day
	due  period.Due
}

// WithHolidays gives the timetable after a change of the list, which is later than all that it knows. Days that it does not
// name stay as they are.
func (t *Timetable) WithHolidays(at Moment, list []period.Holiday) *Timetable {
	next := *t
	next.holidays = t.holidays.With(list)
	next.listed = make(map[period.Day]Listed, len(t.listed)+len(list))
	maps.Copy(next.listed, t.listed)
	days := make([]period.Day, len(list))
	for i, h := range list {
		days[i], next.listed[h.Day] = h.Day, Listed{Holiday: h, Moment: at}
	}
	slices.Sort(days)
	next.changes = append(slices.Clip(t.changes), holidayChange{Moment: at, days: days})
	return &next
}

// WithForms gives the timetable after versions of forms were added or replaced, which is later than all that it knows.
func (t *Timetable) WithForms(at Moment, versions ...Form) *Timetable {
	next := *t
	next.rules = maps.Clone(t.rules)
	if next.rules == nil {
		next.rules = map[Code][]ruleChange{}
	}
	for _, f := range versions {
		code := f.Code.Fold()
		next.rules[code] = append(slices.Clip(next.rules[code]), ruleChange{Moment: at, from: f.ValidFrom, due: f.Due})
	}
	return &next
}

// Holidays gives the list as it is now, for asking about working days.
func (t *Timetable) Holidays() period.Holidays { return t.holidays }

// Listed gives a day of the list; false if the list does not name it.
func (t *Timetable) Listed(day period.Day) (Listed, bool) {
	l, ok := t.listed[day]
	return l, ok
}

// List gives the days of the list in order.
func (t *Timetable) List() []Listed {
	list := slices.Collect(maps.Values(t.listed))
	slices.SortFunc(list, func(a, b Listed) int { return cmp.Compare(a.Day, b.Day) })
	return list
}

// Kinds gives the kinds of unit that may have a deadline for a period of the form that ends on the day: those of the rule as
// it is now, in its order, and then those of earlier ones, whose deadlines may stand for ever.
func (t *Timetable) Kinds(code Code, last period.Day) []string {
	w := walk{rules: t.rules[code.Fold()], last: last}
	w.read = len(w.rules)
	now, _ := w.rule()
	var kinds []string
	add := func(due period.Due) {
		for _, r := range due.Rules() {
			if !slices.Contains(kinds, r.UnitKind) {
				kinds = append(kinds, r.UnitKind)
			}
		}
	}
	add(now)
	for i := range w.rules {
		if w.rules[i].from <= last {
			add(w.rules[i].due)
		}
	}
	return kinds
}

// DueDay gives the day by whose end a unit of the kind is to report on a period of the form that ends on the day; false if
// it has no deadline.
func (t *Timetable) DueDay(code Code, kind string, last period.Day) (period.Day, bool) {
	w := walk{t: t, rules: t.rules[code.Fold()], kind: kind, last: last}
	for w.next() {
		if w.passed() {
			break
		}
	}
	return w.due, w.has
}

// walk goes through the changes that may concern one deadline, in their order.
type walk struct {
	t     *Timetable
	rules []ruleChange
	kind  string
	last  period.Day

	// read and heard are how many changes of rules and of holidays were taken; at is the time of the last one.
	read, heard int
	at          time.Time

	// covered says that a version of the form covers the period; due is the due day so far, if it has one, and end its
	// deadline.
	covered, has bool
	due          period.Day
	end          time.Time
}

// next takes the next change; false after the last one.
func (w *walk) next() bool {
	switch {
	case w.heard < len(w.t.changes) && (w.read == len(w.rules) || w.t.changes[w.heard].Sequence < w.rules[w.read].Sequence):
		change := &w.t.changes[w.heard]
		w.at = change.Time
		w.heard++
		// Only days after the period and up to its due day decide which day that is.
		if w.has && !w.passed() && change.touches(w.last, w.due) {
			w.consider()
		}
	case w.read < len(w.rules):
		sequence := w.rules[w.read].Sequence
		w.at = w.rules[w.read].Time
		for w.read < len(w.rules) && w.rules[w.read].Sequence == sequence {
			w.read++
		}
		w.consider()
	default:
		return false
	}
	return true
}

// touches says whether the change names a day after last and up to due.
func (c *holidayChange) touches(last, due period.Day) bool {
	i, _ := slices.BinarySearch(c.days, last.Add(1))
	return i < len(c.days) && c.days[i] <= due
}

// passed says whether the deadline lies behind the last change, so that it stands for ever.
func (w *walk) passed() bool { return w.has && !w.at.Before(w.end) }

// consider makes the deadline, or moves it if it may be moved.
func (w *walk) consider() {
	rule, ok := w.rule()
	if !ok || w.passed() {
		return
	}
	first := !w.covered
	w.covered = true
	offset, has := rule.For(w.kind)
	if !has {
		w.has = false
		return
	}
	due := w.t.holidays.Until(w.heard).DueDay(w.last, offset)
	if end := period.Deadline(due); first || w.at.Before(end) {
		w.has, w.due, w.end = true, due, end
	}
}

// rule gives the due rule that covers the period so far: of the version that began last, as it was written last.
func (w *walk) rule() (due period.Due, ok bool) {
	var newest period.Day
	for i := range w.rules[:w.read] {
		if r := &w.rules[i]; r.from <= w.last && (!ok || r.from >= newest) {
			newest, due, ok = r.from, r.due, true
		}
	}
	return due, ok
}
