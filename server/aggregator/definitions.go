package aggregator

import (
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rule"
)

// Definitions are the tree, the catalogue, the forms, the timetable and the rules of one moment. They never change, so what was found with them
// holds for whoever has the same: two are equal by == if nothing changed between them.
type Definitions struct{ snap *snapshot }

// Definitions gives those of the last commit, without a transaction.
func (s *Store) Definitions() Definitions {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Definitions{s.current}
}

// Definitions gives those that the transaction sees.
func (t *Tx) Definitions() Definitions { return Definitions{t.snap} }

// Tree gives the units.
func (d Definitions) Tree() *hierarchy.Tree { return d.snap.tree }

// Indicators gives the catalogue.
func (d Definitions) Indicators() *indicator.Catalogue { return d.snap.indicators }

// Forms gives the forms.
func (d Definitions) Forms() *form.Set { return d.snap.forms }

// Timetable gives the list of holidays and until when reports are due.
func (d Definitions) Timetable() *form.Timetable { return d.snap.timetable }

// Rules gives the validation rules.
func (d Definitions) Rules() *rule.Set { return d.snap.rules }

// Sheet gives what a version of a form, that of the day, asks of a kind of unit for the base periods that end on the day.
// It is made once.
func (d Definitions) Sheet(f form.Form, kind hierarchy.Kind, last period.Day) *form.Sheet {
	return d.snap.sheet(f, kind, last)
}
