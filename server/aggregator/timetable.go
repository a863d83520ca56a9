package aggregator

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/period"
)

// Until when reports are due follows from every change of forms and of the list of holidays there was, and from when it
// was made (form.Timetable). So the list is kept in all its versions, as the forms are, and the timetable in memory.

// holidayKey is the key of a day of the list, without its sequence.
func holidayKey(day period.Day) []byte {
	return binary.BigEndian.AppendUint32(make([]byte, 0, 16), uint32(day)^1<<31) //nolint:gosec // bits
}

// moment is when the entry that is being applied was accepted.
func (t *Tx) moment() form.Moment {
	return form.Moment{Sequence: t.position.Head.Sequence, Time: t.position.Time}
}

// applyHolidays adds days to the list or says otherwise of days in it. No report changes by it: its deadline stands in the
// entries that made it.
func (t *Tx) applyHolidays(list []period.Holiday) error {
	if len(list) == 0 {
		return nil
	}
	for place, h := range list {
		b, err := entry.AppendHoliday(nil, h)
		if err != nil {
			return err
		}
		if err := t.putVersion(holidayBucket, holidayKey(h.Day), place, b); err != nil {
			return err
		}
	}
	old := t.snap
	t.snap = old.changed(t.position.Head.Sequence, func(s *snapshot) { s.timetable = old.timetable.WithHolidays(t.moment(), list) })
	return nil
}

// bareForms gives the versions without their numbers.
func bareForms(versions []entry.Form) []form.Form {
	plain := make([]form.Form, len(versions))
	for i := range versions {
		plain[i] = versions[i].Form
	}
	return plain
}

// timetableChange is what one entry said of forms or of the list of holidays.
type timetableChange struct {
	forms    []kept[entry.Form]
	holidays []kept[period.Holiday]
}

// readTimetable makes the timetable from all versions in the order of their entries.
func (t *Tx) readTimetable() (*form.Timetable, error) {
	forms, err := eachVersion(t, formBucket, 8, false, entry.ParseForm)
	if err != nil {
		return nil, err
	}
	holidays, err := eachVersion(t, holidayBucket, 4, false, entry.ParseHoliday)
	if err != nil {
		return nil, err
	}
	changes := map[uint64]*timetableChange{}
	of := func(sequence uint64) *timetableChange {
		if changes[sequence] == nil {
			changes[sequence] = &timetableChange{}
		}
		return changes[sequence]
	}
	for _, v := range forms {
		c := of(v.sequence)
		c.forms = append(c.forms, v)
	}
	for _, v := range holidays {
		c := of(v.sequence)
		c.holidays = append(c.holidays, v)
	}
	table := &form.Timetable{}
	for _, sequence := range slices.Sorted(maps.Keys(changes)) {
		_, at, err := t.made(sequence)
		if err != nil {
			return nil, err
		}
		moment := form.Moment{Sequence: sequence, Time: at}
		if list := inPlace(changes[sequence].forms); len(list) > 0 {
			table = table.WithForms(moment, bareForms(list)...)
		}
		if list := inPlace(changes[sequence].holidays); len(list) > 0 {
			table = table.WithHolidays(moment, list)
		}
	}
	return table, nil
}

// inPlace gives the versions of one entry in the order in which they were taken.
func inPlace[V any](list []kept[V]) []V {
	slices.SortFunc(list, func(a, b kept[V]) int { return cmp.Compare(a.place, b.place) })
	return bare(list)
}
