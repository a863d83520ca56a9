package aggregator

import (
	"maps"
	"slices"

	"github.com/tonghop/tonghop/server/indicator"
)

// endRows brings roll-ups up to date after units have ended, or go on after all. What they contributed is taken out of the
// rows above them under the old tree and put in under the new one, so that the cost hangs on how many they are and not on
// the size of the country. Where that cannot be, and where many ended at once, the rows are made anew.
func (t *Tx) endRows(next *snapshot, m moved, ended []endedUnit) error {
	// Twice the work for each unit pays only where they are few.
	const fewOf = 4
	if len(m) == 0 || !t.anyRecord() || fewOf*len(ended) > next.tree.Len() {
		return t.rebuildRows(next, m, m)
	}
	r := remake{t: t, old: t.snap.derived(), x: next.derived(), from: map[uint32]int16{}, forms: map[uint16]int16{}}
	r.leave(m)
	apart := moved{}
	for number, day := range m {
		if _, alone := r.ends[number]; !alone || !r.subtracts(number) {
			apart[number] = day
			delete(r.ends, number)
			continue
		}
		r.note(r.old, &r.old.indicators[number], yearOf(day))
		r.note(r.x, &r.x.indicators[number], yearOf(day))
	}
	r.numbers = slices.Sorted(maps.Keys(r.from))
	units, err := r.reporting(ended)
	if err != nil {
		return err
	}
	before := r
	before.x, before.leaving = r.old, true
	if err := before.each(units); err != nil {
		return err
	}
	if err := t.rebuildRows(next, apart, apart); err != nil {
		return err
	}
	t.memory.forgetViews()
	return r.each(units)
}

// subtracts says whether a contribution to an indicator can be taken out of a row by itself: an extreme cannot, and what
// others lean on is not alone.
func (r *remake) subtracts(number uint32) bool {
	for _, i := range []*indicatorIndex{&r.old.indicators[number], &r.x.indicators[number]} {
		if len(i.users) > 0 || slices.ContainsFunc(i.versions, func(v indicator.Indicator) bool {
			return v.UnitRule == indicator.UnitMin || v.UnitRule == indicator.UnitMax
		}) {
			return false
		}
	}
	return true
}

// reporting lists for each year those of the units that have a report in one of the forms.
func (r *remake) reporting(ended []endedUnit) (map[int16]map[uint32]bool, error) {
	units := map[int16]map[uint32]bool{}
	for _, form := range slices.Sorted(maps.Keys(r.forms)) {
		err := r.t.eachPeriod(form, r.forms[form], func(code uint32) (bool, error) {
			year := periodOf(code).Year
			for _, e := range ended {
				k := reportKey{form: form, period: code, unit: e.ordinal}
				if r.t.buckets[reportBucket.at].Get(k.append(nil)) == nil {
					continue
				}
				if units[year] == nil {
					units[year] = map[uint32]bool{}
				}
				units[year][e.ordinal] = true
			}
			return true, nil
		})
		if err != nil {
			return nil, err
		}
	}
	return units, nil
}

// each adds, or takes out, what the units contribute.
func (r *remake) each(units map[int16]map[uint32]bool) error {
	for _, year := range slices.Sorted(maps.Keys(units)) {
		for _, unit := range r.inOrder(units[year]) {
			if err := r.unit(year, unit); err != nil {
				return err
			}
		}
	}
	return nil
}
