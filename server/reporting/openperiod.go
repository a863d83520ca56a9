package reporting

import (
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// maxOpenPeriods is how many base periods of a form are looked at on which a change may bear: the newest.
const maxOpenPeriods = 12

// openSpan is what a change does to the base periods of a form that have begun, in one.
type openSpan struct {
	form        form.Form
	first, last period.Period
	periods     int
	// ending and beginning are units that owe no longer, or do now, in any of the periods; gone and added are indicators.
	ending, beginning map[hierarchy.ID]bool
	gone, added       []indicator.Code
	reports           int
}

func newOpenSpan(f form.Form) *openSpan {
	return &openSpan{form: f, ending: map[hierarchy.ID]bool{}, beginning: map[hierarchy.ID]bool{}}
}

// openBases gives the base periods of a form that have begun and end on or after a day, the newest first.
func openBases(f form.Form, from, today period.Day) []period.Period {
	var list []period.Period
	for p := f.Calendar.PeriodAt(f.Frequency, today); len(list) < maxOpenPeriods && p.Valid() && f.Last(p) >= from; p = p.Prev() {
		list = append(list, p)
	}
	return list
}

// openPeriods tells on which base periods that have begun a version of a form bears: what it asks for there is not what was
// asked for before. A form that is new changes nothing.
func (g granted) openPeriods(v form.Form, next *form.Set) (*fault.Error, error) {
	old := g.tx.Forms()
	if len(old.Versions(v.Code)) == 0 {
		return nil, nil //nolint:nilnil // nothing is to be told
	}
	span := newOpenSpan(v)
	for _, p := range openBases(v, v.ValidFrom, period.DayOf(g.now)) {
		is, asked := next.On(v.Code, v.Last(p))
		if !asked || is.ValidFrom != v.ValidFrom {
			continue // another version holds then
		}
		was, _ := old.On(v.Code, v.Last(p))
		if asksTheSame(was, is) {
			continue
		}
		span.gone, span.added = union(span.gone, lost(was, is)), union(span.added, lost(is, was))
		tree := g.tx.Tree()
		if err := g.open(span, p, func(u hierarchy.Unit) (bool, bool) { return was.Owes(tree, u, p), is.Owes(tree, u, p) }); err != nil {
			return nil, err
		}
	}
	return span.told(), nil
}

// openForIndicator tells it of a version of an indicator: who reports it there is not who did before, in any form. An indicator
// that is new changes nothing.
func (g granted) openForIndicator(v indicator.Indicator, next *indicator.Catalogue) ([]*fault.Error, error) {
	old := g.tx.Indicators()
	if len(old.Versions(v.Code)) == 0 {
		return nil, nil
	}
	var all []*fault.Error
	for _, code := range g.tx.Forms().Codes() {
		latest, _ := g.tx.Forms().Latest(code)
		span := newOpenSpan(latest)
		for _, p := range openBases(latest, v.ValidFrom, period.DayOf(g.now)) {
			f, asked := g.tx.Forms().On(code, latest.Last(p))
			is, valid := next.On(v.Code, latest.Last(p))
			if !asked || !f.Carries(v.Code) || !valid || is.ValidFrom != v.ValidFrom {
				continue
			}
			was, _ := old.On(v.Code, latest.Last(p)) // one that did not stand then is reported by nobody
			if sameReporters(was, is) {
				continue
			}
			tree := g.tx.Tree()
			err := g.open(span, p, func(u hierarchy.Unit) (before, now bool) {
				adds, checks := form.Reports(f, was, tree, u, p)
				addsNow, checksNow := form.Reports(f, is, tree, u, p)
				return adds || checks, addsNow || checksNow
			})
			if err != nil {
				return nil, err
			}
		}
		if e := span.told(); e != nil {
			all = append(all, e.With("indicator", v.Code))
		}
	}
	return all, nil
}

// sameReporters says whether two versions are reported by the same units, wherever a form asks for them.
func sameReporters(a, b indicator.Indicator) bool {
	kinds := func(i indicator.Indicator) []hierarchy.Kind {
		return slices.Compact(slices.Sorted(slices.Values(slices.Concat(i.ReportedBy, i.CheckedBy))))
	}
	return a.Code.Same(b.Code) && slices.Equal(kinds(a), kinds(b)) && hierarchy.FormatSelectors(a.Assigned) == hierarchy.FormatSelectors(b.Assigned)
}

// open adds a base period to a span, with the units for which it is another than before.
func (g granted) open(span *openSpan, p period.Period, owes func(u hierarchy.Unit) (before, now bool)) error {
	if span.periods == 0 {
		span.last = p
	}
	span.first = p
	span.periods++
	for n := range g.tx.Tree().Len() {
		u := g.tx.Tree().At(n)
		switch before, now := owes(u); {
		case before && !now:
			span.ending[u.ID] = true
		case now && !before:
			span.beginning[u.ID] = true
		}
	}
	reports, err := g.tx.CountReports(span.form.Code, p)
	span.reports += reports
	return err
}

// told gives the one error of a span; nil if it is empty.
func (s *openSpan) told() *fault.Error {
	if s.periods == 0 {
		return nil
	}
	span := s.first.String()
	if s.periods > 1 {
		span += ".." + s.last.String()
	}
	f, gone, added := &s.form, words(s.gone), words(s.added)
	first, last := f.Calendar.First(s.first), f.Last(s.last)
	return fault.Precondition("OPEN_PERIOD_AFFECTED",
		"form %s: %s (%s to %s) has begun, and the change bears on it: %d units owe it no longer and %d do now, no longer asked are %s and newly %s, %d reports are there; let the version begin after it, or set open_periods",
		f.Code, span, first, last, len(s.ending), len(s.beginning), gone, added, s.reports).
		With("form", f.Code).With("period", span).With("first", first.String()).With("last", last.String()).With("periods", s.periods).
		With("ending", len(s.ending)).With("beginning", len(s.beginning)).With("gone", gone).With("added", added).With("reports", s.reports).In("valid_from")
}

// asksTheSame says whether two versions ask the same units for the same indicators.
func asksTheSame(a, b form.Form) bool {
	return hierarchy.FormatSelectors(a.Assigned) == hierarchy.FormatSelectors(b.Assigned) &&
		len(lost(a, b)) == 0 && len(lost(b, a)) == 0
}

// lost gives the indicators that one version asks for and the other does not.
func lost(a, b form.Form) []indicator.Code {
	return slices.DeleteFunc(slices.Clone(a.Indicators), b.Carries)
}

// union adds codes that are not there yet.
func union(list, more []indicator.Code) []indicator.Code {
	for _, code := range more {
		if !slices.Contains(list, code) {
			list = append(list, code)
		}
	}
	return list
}

func words(codes []indicator.Code) string {
	if len(codes) == 0 {
		return "none"
	}
	list := make([]string, len(codes))
	for i, c := range codes {
		list[i] = string(c)
	}
	return strings.Join(list, ", ")
}
