package aggregator

import (
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// sheetKey names what a form asks of a kind of unit for the base periods that end on a day.
type sheetKey struct {
	form form.Code
	kind hierarchy.Kind
	last period.Day
}

// keptSheets is how many sheets a snapshot keeps.
const keptSheets = 512

// sheet makes a sheet once.
func (s *snapshot) sheet(f form.Form, kind hierarchy.Kind, last period.Day) *form.Sheet {
	key := sheetKey{form: f.Code, kind: kind, last: last}
	s.mu.Lock()
	known := s.sheets[key]
	s.mu.Unlock()
	if known != nil {
		return known
	}
	made := form.NewSheet(f, s.indicators, kind, last)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sheets) >= keptSheets || s.sheets == nil {
		s.sheets = map[sheetKey]*form.Sheet{}
	}
	s.sheets[key] = made
	return made
}
