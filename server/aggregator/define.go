package aggregator

import (
	"slices"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// applyIndicators adds versions of indicators.
func (t *Tx) applyIndicators(versions []entry.Indicator) error {
	old := t.snap
	cat, taken := eachThatCan(old.indicators, versions, withIndicators)
	if len(taken) == 0 {
		return nil
	}
	next := old.changed(t.position.Head.Sequence, func(s *snapshot) { s.indicators = cat })
	var moved moved
	for place, v := range taken {
		b, err := entry.AppendIndicator(nil, v)
		if err != nil {
			return err
		}
		if err := t.putVersion(indicatorBucket, versionKey(v.Number, v.ValidFrom), place, b); err != nil {
			return err
		}
		was, known := old.indicators.On(v.Code, v.ValidFrom)
		if known && sameArithmetic(was, v.Indicator) || v.Derived() {
			continue // of what is derived nothing is kept
		}
		moved.add(v.Number, v.ValidFrom)
	}
	return t.rebuildRows(next, moved, nil)
}

// sameArithmetic says whether two versions of an indicator are owed and brought together in the same way. Who is added
// and who is compared is decided when a roll-up is read, from rows that are kept for all kinds.
func sameArithmetic(a, b indicator.Indicator) bool {
	return a.UnitRule == b.UnitRule && a.Value == b.Value && a.Denominator == b.Denominator && a.Scale == b.Scale &&
		a.AtLeast == b.AtLeast && a.Weight.Same(b.Weight) && a.DenominatorIndicator.Same(b.DenominatorIndicator) &&
		hierarchy.FormatSelectors(a.Assigned) == hierarchy.FormatSelectors(b.Assigned)
}

// applyForms adds versions of forms.
func (t *Tx) applyForms(versions []entry.Form) error {
	old := t.snap
	set, taken := eachThatCan(old.forms, versions, old.withForms)
	if len(taken) == 0 {
		return nil
	}
	next := old.changed(t.position.Head.Sequence, func(s *snapshot) {
		s.forms, s.timetable = set, old.timetable.WithForms(t.moment(), bareForms(taken)...)
	})
	var moved moved
	for place, v := range taken {
		b, err := entry.AppendForm(nil, v)
		if err != nil {
			return err
		}
		if err := t.putVersion(formBucket, versionKey(v.Number, v.ValidFrom), place, b); err != nil {
			return err
		}
		was, known := old.forms.On(v.Code, v.ValidFrom)
		if known && sameObligations(was, v.Form) {
			continue
		}
		for _, code := range slices.Concat(was.Indicators, v.Indicators) {
			number, ok := old.indicators.Ordinal(code)
			if !ok {
				continue
			}
			from := v.ValidFrom
			if isUneven(old.forms, code) != isUneven(set, code) {
				from = period.Beginning // rows of what is uneven are other ones
			}
			moved.add(uint32(number), from) //nolint:gosec // an ordinal
		}
	}
	return t.rebuildRows(next, moved, nil)
}

// isUneven says whether forms of several frequencies carry an indicator.
func isUneven(set *form.Set, code indicator.Code) (uneven bool) {
	known, first := false, period.Month
	for _, name := range set.Codes() {
		for _, f := range set.Versions(name) {
			if !f.Carries(code) {
				continue
			}
			uneven = uneven || known && f.Frequency != first
			known, first = true, f.Frequency
			break
		}
	}
	return uneven
}

// sameObligations says whether two versions of a form ask the same units for the same indicators.
func sameObligations(a, b form.Form) bool {
	if len(a.Indicators) != len(b.Indicators) || hierarchy.FormatSelectors(a.Assigned) != hierarchy.FormatSelectors(b.Assigned) {
		return false
	}
	for _, code := range a.Indicators {
		if !b.Carries(code) {
			return false
		}
	}
	return true
}

// moved says by the number of an indicator from which day on its roll-ups must be made anew.
type moved map[uint32]period.Day

func (m *moved) add(number uint32, from period.Day) {
	if *m == nil {
		*m = moved{}
	}
	if day, known := (*m)[number]; !known || from < day {
		(*m)[number] = from
	}
}
