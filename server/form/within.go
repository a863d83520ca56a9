package form

import (
	"slices"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// within finds the first unit that would report the indicator for a base period in one form and for a longer one around it
// in the other, so that a sum would count the same days twice. A unit may go from months to quarters within a year, with
// the first day of a quarter. What does not change within a year clashes on its last day, so only years count in which
// something begins or ends.
func (sc *scene) within(a, b int) *fault.Error {
	short, long := &sc.set.versions[a][0], &sc.set.versions[b][0]
	if short.Frequency > long.Frequency {
		a, b, short, long = b, a, long, short
	}
	if short.Frequency == long.Frequency || short.Calendar != long.Calendar {
		return nil // two calendars of one kind of unit are told elsewhere
	}
	for _, year := range sc.years(long.Calendar) {
		for n := range long.Frequency.PerYear() {
			around := period.Of(year, long.Frequency, n+1)
			if err := sc.bothWithin(a, b, around, short.Frequency); err != nil {
				return err
			}
		}
	}
	return nil
}

// years lists the years in which something begins or ends.
func (sc *scene) years(c period.Calendar) []int {
	var years []int
	for _, day := range sc.days {
		if day.IsOpen() {
			continue
		}
		if year := int(c.PeriodAt(period.Year, day).Year); year >= period.MinYear && year <= period.MaxYear && !slices.Contains(years, year) {
			years = append(years, year)
		}
	}
	return years
}

// bothWithin looks at one base period of the form b and those of the form a in it. The last of them ends with it, and is
// told as two forms on one day.
func (sc *scene) bothWithin(a, b int, around period.Period, short period.Kind) *fault.Error {
	last := sc.set.versions[b][0].Last(around)
	g, ok := sc.set.onDay(b, last)
	i, known := sc.cat.On(sc.code, last)
	if !ok || !known || !g.Carries(sc.code) {
		return nil
	}
	var units []hierarchy.Unit
	for _, u := range sc.units {
		if sc.reports(&g, &i, u, last) {
			units = append(units, u)
		}
	}
	for _, base := range around.Bases(short) {
		day := g.Last(base)
		f, ok := sc.set.onDay(a, day)
		v, known := sc.cat.On(sc.code, day)
		if !ok || !known || day == last || !f.Carries(sc.code) {
			continue
		}
		for _, u := range units {
			if sc.reports(&f, &v, u, day) {
				return within(&f, &g, &v, u, base, around)
			}
		}
	}
	return nil
}

func within(f, g *Form, i *indicator.Indicator, u hierarchy.Unit, base, around period.Period) *fault.Error {
	return fault.Precondition("INDICATOR_TWICE_IN_PERIOD",
		"forms %s and %s would ask %s for indicator %s for %s and again for %s around it; let the change begin with the first day of a %s",
		f.Code, g.Code, who(u), i.Code, base, around, around.Kind).
		With("form", f.Code).With("other", g.Code).With("indicator", i.Code).With("period", base).With("around", around).
		With("kind", u.Kind).With("unit", u.ID).In("assigned")
}
