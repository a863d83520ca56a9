package task

import (
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// Record is what a unit entered of a step; what it wrote with it is kept apart, for it can be removed.
type Record struct {
	Duty, Step Code
	Unit       hierarchy.ID
	Done       bool
	// Day is the one on which it was done; Beginning if it is not.
	Day period.Day
	// Document and DocumentDay are of the document that proves it; empty and Beginning are none.
	Document    string
	DocumentDay period.Day
	// Withdrawn says that it is taken back, and then nothing else but the names is there.
	Withdrawn bool
	// ActingFor is the unit in whose name it was entered where that is another one; OnBehalf says that whoever did is not of the unit.
	ActingFor hierarchy.ID
	OnBehalf  bool
}

// Check tells every violation, each with its field, on the day on which it is entered.
func (r *Record) Check(today period.Day) error {
	var problems fault.List
	clean, err := text.Clean("document", r.Document, maxText)
	problems.Add(err)
	r.Document = clean
	switch {
	case r.Withdrawn && (r.Done || r.Day != period.Beginning || r.Document != "" || r.DocumentDay != period.Beginning):
		problems.Add(fault.Invalid("DUTY_DAY_TOO_MUCH", "what was entered is taken back, or is not done, and has a day or a document of its doing; leave these out, or say that it is done").
			In("done_date"))
	case r.Withdrawn:
	case r.Done && r.Day == period.Beginning:
		problems.Add(fault.Invalid("DUTY_DAY_MISSING", "it is done, and the day is missing; give the day on which it was done").In("done_date"))
	case !r.Done && r.Day != period.Beginning:
		problems.Add(fault.Invalid("DUTY_DAY_TOO_MUCH", "what was entered is taken back, or is not done, and has a day or a document of its doing; leave these out, or say that it is done").
			In("done_date"))
	}
	for _, d := range []struct {
		field string
		day   period.Day
	}{{"done_date", r.Day}, {"document_date", r.DocumentDay}} {
		if d.day > today {
			problems.Add(fault.Invalid("DAY_IN_FUTURE", "%s has not come yet, and today is %s; enter it when it is done", d.day, today).
				With("day", d.day).With("today", today).In(d.field))
		}
	}
	return problems.Err()
}

// Standing is how a unit stands with a step on a day. The zero value is none.
type Standing uint8

// The standings.
const (
	noStanding Standing = iota
	Done
	Late
	Open
	Overdue
)

var standingWords = []string{"", "DONE", "LATE", "OPEN", "OVERDUE"}

// String gives the word of the API; empty for none.
func (s Standing) String() string {
	if int(s) >= len(standingWords) {
		return ""
	}
	return standingWords[s]
}

// Standings lists every standing.
func Standings() []Standing { return []Standing{Done, Late, Open, Overdue} }

// Judge says how a record stands on a day; nil is of a unit that entered nothing, and what was done after the day is not done on
// it. Days are those by which it is late, or was.
func (s Step) Judge(r *Record, on period.Day) (standing Standing, days int) {
	if r != nil && r.Done && !r.Withdrawn && r.Day <= on {
		if r.Day <= s.Due {
			return Done, 0
		}
		return Late, int(r.Day - s.Due)
	}
	if on <= s.Due {
		return Open, 0
	}
	return Overdue, int(on - s.Due)
}

// Counts counts units by how they stand.
type Counts struct{ counts [Overdue + 1]int }

// Add counts one unit.
func (c *Counts) Add(s Standing) { c.counts[s]++ }

// Of gives how many stand so.
func (c *Counts) Of(s Standing) int { return c.counts[s] }

// Obliged gives how many there are.
func (c *Counts) Obliged() int {
	sum := 0
	for _, s := range Standings() {
		sum += c.counts[s]
	}
	return sum
}

// Fulfilment is what a target is held against: whether a unit did all that a duty asks of it.
type Fulfilment struct {
	// Owed is how many steps it owes, Said how many it entered something of.
	Owed, Said int
	// Done says that it did all that it owes, the last one on Day.
	Done bool
	Day  period.Day
}

// Fulfilled brings the steps of one unit together, on a day: record gives what it entered of one, nil for nothing.
func (d *Duty) Fulfilled(t *hierarchy.Tree, u hierarchy.Unit, on period.Day, record func(Step) *Record) Fulfilment {
	f := Fulfilment{Done: true, Day: period.Beginning}
	for _, s := range d.Parts() {
		if !d.Owes(s, t, u, on) {
			continue
		}
		f.Owed++
		r := record(s)
		if r == nil || r.Withdrawn {
			f.Done = false
			continue
		}
		f.Said++
		f.Done = f.Done && r.Done && r.Day <= on
		f.Day = max(f.Day, r.Day)
	}
	if f.Done = f.Done && f.Owed > 0; !f.Done {
		f.Day = period.Beginning
	}
	return f
}
