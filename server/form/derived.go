package form

import (
	"slices"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// findDerived looks for derived indicators that a form asks for, though nobody reports them, and for those that are
// computed from indicators of two calendars, whose periods have other days (R4). Asked alone are those that concern one of
// the codes; nil asks for all.
func findDerived(s *Set, cat *indicator.Catalogue, codes []indicator.Code) []clash {
	concerns := func(code indicator.Code) bool { return codes == nil || slices.ContainsFunc(codes, code.Same) }
	var clashes []clash
	for _, code := range cat.Derived() {
		if carriers := s.carriers[code.Fold()]; len(carriers) > 0 && concerns(code) {
			name := s.At(carriers[0])
			clashes = append(clashes, clash{forms: [2]Code{name, name}, err: fault.Precondition("INDICATOR_DERIVED",
				"form %s asks for indicator %s, which is computed from others and reported by nobody; ask for those instead", name, code).
				With("form", name).With("indicator", code).In("indicators")})
		}
		if sources := cat.Sources(code); slices.ContainsFunc(sources, concerns) || concerns(code) {
			if c, found := twoCalendarsOf(s, code, sources); found {
				clashes = append(clashes, c)
			}
		}
	}
	return clashes
}

// twoCalendarsOf compares the calendars of all forms that ever ask for one of the sources.
func twoCalendarsOf(s *Set, code indicator.Code, sources []indicator.Code) (clash, bool) {
	type carrier struct {
		form     Code
		source   indicator.Code
		calendar period.Calendar
	}
	var first carrier
	for _, source := range sources {
		for _, o := range s.carriers[source.Fold()] {
			f := &s.versions[o][0]
			c := carrier{f.Code, source, f.Calendar}
			if first.form == "" {
				first = c
			}
			if c.calendar != first.calendar {
				return clash{forms: [2]Code{first.form, c.form}, err: fault.Precondition("DERIVED_WITH_TWO_CALENDARS",
					"indicator %s is computed from %s, which form %s asks for by the calendar %s, and %s, which form %s asks for by %s; their periods have other days, so take one calendar",
					code, first.source, first.form, first.calendar, c.source, c.form, c.calendar).
					With("indicator", code).With("form", first.form).With("other", c.form).In("calendar")}, true
			}
		}
	}
	return clash{}, false
}
