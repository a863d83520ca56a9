package form

import (
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Sheet is what a form asks of one kind of unit for the base periods that end on one day. It says in one look-up what
// Carries and Reports say by searching, for a report has many figures.
type Sheet struct{ lines map[indicator.Code]*Line }

// Line is one indicator of a sheet.
type Line struct {
	Indicator indicator.Indicator
	// Number is the indicator's place in the catalogue.
	Number uint32
	// Kind says that units of the kind report it, whether it is added or only compared.
	Kind bool
	// Narrowed says that the indicator has an assignment of its own: whether a unit reports it is for Reports to say.
	Narrowed bool
}

// NewSheet makes the sheet of a version of a form. What the catalogue does not have on that day is not in it.
func NewSheet(f Form, catalogue *indicator.Catalogue, kind hierarchy.Kind, last period.Day) *Sheet {
	s := &Sheet{lines: make(map[indicator.Code]*Line, 2*len(f.Indicators))}
	for _, code := range f.Indicators {
		i, ok := catalogue.On(code, last)
		if !ok {
			continue
		}
		number, _ := catalogue.Ordinal(code)
		line := &Line{
			Indicator: i, Number: uint32(number), //nolint:gosec // a place in the catalogue
			Kind: i.Adds(kind) || i.Checks(kind), Narrowed: len(i.Assigned) > 0,
		}
		s.lines[i.Code], s.lines[i.Code.Fold()] = line, line
	}
	return s
}

// Line gives the line of an indicator, however its code is spelled; nil if the form does not ask for it on that day.
func (s *Sheet) Line(code indicator.Code) *Line {
	if line := s.lines[code]; line != nil {
		return line
	}
	return s.lines[code.Fold()]
}
