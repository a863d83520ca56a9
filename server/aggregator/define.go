package aggregator

import (
	"slices"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// applyUnits adds units or replaces known ones.
func (t *Tx) applyUnits(units []hierarchy.Unit) error {
	old := t.snap
	tree, taken := eachThatCan(old.tree, units, withUnits)
	if len(taken) == 0 {
		return nil
	}
	next := old.changed(t.position.Head.Sequence, func(s *snapshot) { s.tree = tree })
	var ended []endedUnit
	for place, u := range taken {
		ordinal, _ := tree.Ordinal(u.ID)
		b, err := entry.AppendUnit(nil, u)
		if err != nil {
			return err
		}
		if err := t.putVersion(unitBucket, unitKey(ordinal), place, b); err != nil {
			return err
		}
		// Names change nothing, and parents do not change; when a unit ends decides what it owes.
		if was, known := old.tree.Unit(u.ID); known && was.ValidTo != u.ValidTo {
			ended = append(ended, endedUnit{ordinal: uint32(ordinal), from: min(was.ValidTo, u.ValidTo)}) //nolint:gosec // an ordinal
		}
	}
	moved, err := t.movedBy(old, ended)
	if err != nil {
		return err
	}
	return t.rebuildRows(next, moved)
}

// applyIndicators adds versions of indicators.
func (t *Tx) applyIndicators(versions []entry.Indicator) error {
	old := t.snap
	plain := make([]indicator.Indicator, 0, len(versions))
	for _, v := range rightNumbers(versions, old.indicators.Len(), func(v entry.Indicator) (uint32, string, int, bool) {
		at, known := old.indicators.Ordinal(v.Code)
		return v.Number, string(v.Code.Fold()), at, known
	}) {
		plain = append(plain, v.Indicator)
	}
	cat, taken := eachThatCan(old.indicators, plain, withIndicators)
	if len(taken) == 0 {
		return nil
	}
	next := old.changed(t.position.Head.Sequence, func(s *snapshot) { s.indicators = cat })
	var moved moved
	for place, v := range taken {
		ordinal, _ := cat.Ordinal(v.Code)
		numbered := entry.Indicator{Number: uint32(ordinal), Indicator: v} //nolint:gosec // an ordinal
		b, err := entry.AppendIndicator(nil, numbered)
		if err != nil {
			return err
		}
		if err := t.putVersion(indicatorBucket, versionKey(numbered.Number, v.ValidFrom), place, b); err != nil {
			return err
		}
		if was, known := old.indicators.On(v.Code, v.ValidFrom); known && sameArithmetic(was, v) {
			continue
		}
		moved.add(numbered.Number, v.ValidFrom)
	}
	return t.rebuildRows(next, moved)
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
	plain := make([]form.Form, 0, len(versions))
	for _, v := range rightNumbers(versions, old.forms.Len(), func(v entry.Form) (uint32, string, int, bool) {
		at, known := old.forms.Ordinal(v.Code)
		return v.Number, string(v.Code.Fold()), at, known
	}) {
		plain = append(plain, v.Form)
	}
	set, taken := eachThatCan(old.forms, plain, old.withForms)
	if len(taken) == 0 {
		return nil
	}
	next := old.changed(t.position.Head.Sequence, func(s *snapshot) { s.forms = set })
	var moved moved
	for place, v := range taken {
		ordinal, _ := set.Ordinal(v.Code)
		numbered := entry.Form{Number: uint32(ordinal), Form: v} //nolint:gosec // an ordinal
		b, err := entry.AppendForm(nil, numbered)
		if err != nil {
			return err
		}
		if err := t.putVersion(formBucket, versionKey(numbered.Number, v.ValidFrom), place, b); err != nil {
			return err
		}
		was, known := old.forms.On(v.Code, v.ValidFrom)
		if known && sameObligations(was, v) {
			continue
		}
		for _, code := range slices.Concat(was.Indicators, v.Indicators) {
			if number, ok := old.indicators.Ordinal(code); ok {
				moved.add(uint32(number), v.ValidFrom) //nolint:gosec // an ordinal
			}
		}
	}
	return t.rebuildRows(next, moved)
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

// rightNumbers passes over versions whose number is not that of their code, or not the next one for a new code: reports
// name indicators by their numbers.
func rightNumbers[V any](versions []V, next int, of func(V) (number uint32, code string, ordinal int, known bool)) []V {
	fresh := map[string]int{}
	var right []V
	for _, v := range versions {
		number, code, ordinal, known := of(v)
		if at, again := fresh[code]; again {
			ordinal, known = at, true
		}
		if !known {
			ordinal = next
		}
		if int(number) != ordinal {
			continue
		}
		if !known {
			fresh[code] = next
			next++
		}
		right = append(right, v)
	}
	return right
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
