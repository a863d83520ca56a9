package form

import (
	"fmt"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Warning is something that is allowed and most likely not meant, in the manner of indicator.Warning.
type Warning = indicator.Warning

// With gives a set that has these versions too; one with a known code and first day takes the place of the known one.
// It refuses the whole call with every problem, each under forms[i] and the field at fault: what [Form.Check] finds; a
// version given twice; a code that differs from a known one in case alone (R43); a frequency or calendar that changes
// within a code; an indicator or unit that is not there; two forms by which one unit would report one indicator on one
// day, or for a period and again for a longer one around it, and two calendars for one indicator and kind of unit, or for
// the parts of a derived indicator (R4); a derived indicator, which nobody reports (R18). The warnings tell of levels that
// are due no later than the level below them (R6). The receiver stays as it is.
//
// A change of the tree or of the catalogue can break R4 too; Check looks at a whole set again.
func (s *Set) With(t *hierarchy.Tree, cat *indicator.Catalogue, forms ...Form) (*Set, []Warning, error) {
	if len(forms) == 0 {
		return s, nil, nil
	}
	c := &change{old: s, next: s.copied(), given: forms, tree: t, cat: cat, first: make(map[key]int, len(forms))}
	c.accept()
	c.next.finish()
	for i := range forms {
		c.checkFixed(i)
		c.checkNames(i)
	}
	c.checkCarriers()
	if err := c.problems.Err(); err != nil {
		return nil, nil, err
	}
	return c.next, c.warnings(), nil
}

// change is one call of With at work.
type change struct {
	old      *Set
	next     *Set
	given    []Form
	first    map[key]int // where each version is given first
	tree     *hierarchy.Tree
	cat      *indicator.Catalogue
	problems fault.List
}

// key is what a version is known by.
type key struct {
	code Code
	from period.Day
}

func (c *change) add(i int, err error) {
	if err != nil {
		c.problems.Add(fault.Of(err).In(fmt.Sprintf("forms[%d]", i)))
	}
}

func (c *change) accept() {
	for i, f := range c.given {
		c.add(i, f.Check())
		k := key{f.Code.Fold(), f.ValidFrom}
		if earlier, repeated := c.first[k]; repeated {
			c.add(i, fault.Invalid("FORM_REPEATED",
				"form %q stands in this request twice with one first day, at %d and at %d", f.Code, earlier, i).
				With("code", f.Code).With("first", earlier).With("second", i).In("code"))
			continue
		}
		c.first[k] = i
		if known, ok := c.next.Latest(f.Code); ok && known.Code != f.Code {
			c.add(i, fault.Exists("CODE_SPELLED_OTHERWISE",
				"form code %q is known as %q, and codes that differ in case alone are one; write it like that, or choose another",
				f.Code, known.Code).With("code", f.Code).With("known", known.Code).In("code"))
			continue
		}
		c.next.put(f.clone())
	}
}

// checkFixed holds a code to one frequency and one calendar, for obligations and deadlines hang on them: those that the
// code was first known with, or else those of its earliest version here.
func (c *change) checkFixed(i int) {
	f := &c.given[i]
	versions := c.old.Versions(f.Code)
	if len(versions) == 0 {
		versions = c.next.Versions(f.Code)
	}
	if len(versions) == 0 {
		return // its code was refused
	}
	first := &versions[0]
	differs := func(field string, now, was fmt.Stringer) {
		if now.String() != was.String() {
			c.add(i, fault.Precondition("FORM_TIMING_CHANGED",
				"form %s: its %s is %s in the version %s and cannot be %s here; end the assignments of this form and make a new one",
				f.Code, field, was, fromDay(first.ValidFrom), now).With("code", f.Code).With("was", was).With("now", now).In(field))
		}
	}
	differs("frequency", f.Frequency, first.Frequency)
	differs("calendar", f.Calendar, first.Calendar)
}

// checkNames asks whether the indicators and units are there.
func (c *change) checkNames(i int) {
	f := &c.given[i]
	for n, code := range f.Indicators {
		if _, ok := c.cat.Ordinal(code); !ok {
			c.add(i, fault.Invalid("INDICATOR_NOT_FOUND", "form %s: there is no indicator %q; import the indicators first", f.Code, code).
				With("code", f.Code).With("indicator", code).In(fmt.Sprintf("indicators[%d]", n)))
		}
	}
	for n, s := range f.Assigned {
		if s.Check() != nil {
			continue // told by Form.Check
		}
		if err := s.CheckIn(c.tree); err != nil {
			c.add(i, fault.Of(err).In(fmt.Sprintf("assigned[%d]", n)))
		}
	}
	for _, named := range []struct {
		field string
		id    hierarchy.ID
	}{{"owner", f.Owner}, {"reviewer", f.Reviewer}} {
		if _, known := c.tree.Unit(named.id); !known && named.id != "" {
			c.add(i, fault.Invalid("UNIT_NOT_FOUND", "form %s: there is no unit %q to be its %s", f.Code, named.id, named.field).
				With("code", f.Code).With("unit", named.id).In(named.field))
		}
	}
}

// checkCarriers looks for what R4 forbids among all forms that share an indicator with a given one. A conflict is told
// at the first given form that is part of it.
func (c *change) checkCarriers() {
	asked := map[indicator.Code]bool{}
	codes := []indicator.Code{}
	for i := range c.given {
		for _, code := range c.given[i].Indicators {
			if asked[code.Fold()] {
				continue
			}
			asked[code.Fold()] = true
			codes = append(codes, code)
			for _, clash := range findClashes(c.next, c.tree, c.cat, code) {
				c.add(c.partOf(clash), clash.err)
			}
		}
	}
	for _, clash := range findDerived(c.next, c.cat, codes) {
		c.add(c.partOf(clash), clash.err)
	}
}

func (c *change) partOf(clash clash) int {
	for i := range c.given {
		if clash.forms[0].Same(c.given[i].Code) || clash.forms[1].Same(c.given[i].Code) {
			return i
		}
	}
	return 0
}

// warnings holds R6.
func (c *change) warnings() []Warning {
	var warnings []Warning
	for i := range c.given {
		f := &c.given[i]
		at := fmt.Sprintf("forms[%d]", i)
		for _, rule := range f.Due.Rules() {
			if rule.Offset.Days == 0 {
				warnings = append(warnings, fault.Precondition("DUE_ON_LAST_DAY",
					"form %s: %s is due %s, on the last day of the period itself; it will be due on the first working day after it, as +1w would say",
					f.Code, rule.UnitKind, rule.Offset).
					With("code", f.Code).With("kind", rule.UnitKind).With("value", rule.Offset.String()).In("due").In(at))
			}
		}
		for _, pair := range f.DueLevels() {
			upper, _ := f.Due.For(pair.Upper)
			lower, _ := f.Due.For(pair.Lower)
			if !noLater(upper, lower) {
				continue
			}
			warnings = append(warnings, fault.Precondition("DUE_NO_LATER_THAN_BELOW",
				"form %s: %s is due %s, no later than %s below it (%s), so it would report before it has their figures",
				f.Code, pair.Upper, upper, pair.Lower, lower).
				With("code", f.Code).With("upper", pair.Upper).With("lower", pair.Lower).In("due").In(at))
		}
	}
	return warnings
}

// Levels are two kinds of unit of which one usually stands above the other.
type Levels struct{ Upper, Lower string }

// DueLevels gives the pairs of kinds with a due rule of which the upper one needs the figures of the lower.
func (f Form) DueLevels() []Levels {
	var pairs []Levels
	for _, upper := range f.Due.Rules() {
		for _, lower := range f.Due.Rules() {
			if hierarchy.Kind(upper.UnitKind).UsuallyAbove(hierarchy.Kind(lower.UnitKind)) {
				pairs = append(pairs, Levels{Upper: upper.UnitKind, Lower: lower.UnitKind})
			}
		}
	}
	return pairs
}

// noLater compares two offsets as they are written. Offsets of different sorts are compared on every day of the week
// without holidays: one week with an upper level due first is enough to warn.
func noLater(upper, lower period.Offset) bool {
	if upper.Working == lower.Working {
		return upper.Days <= lower.Days
	}
	var weekends period.Holidays
	monday := period.Date(2024, 1, 1)
	for last := monday; last < monday+7; last++ {
		if weekends.DueDay(last, upper) <= weekends.DueDay(last, lower) {
			return true
		}
	}
	return false
}

func fromDay(day period.Day) string {
	if day == period.Beginning {
		return "without a first day"
	}
	return "from " + day.String()
}
