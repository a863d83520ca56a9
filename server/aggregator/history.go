package aggregator

import (
	"bytes"

	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// UnitHistory gives the sequences of the entries that wrote the unit, the newest first; the last one made it.
func (t *Tx) UnitHistory(id hierarchy.ID) []uint64 {
	ordinal, ok := t.snap.tree.Ordinal(id)
	if !ok {
		return nil
	}
	return t.written(unitBucket, unitKey(ordinal))
}

// IndicatorHistory is UnitHistory for the version of an indicator with that first day.
func (t *Tx) IndicatorHistory(code indicator.Code, from period.Day) []uint64 {
	ordinal, ok := t.snap.indicators.Ordinal(code)
	if !ok {
		return nil
	}
	return t.written(indicatorBucket, versionKey(uint32(ordinal), from)) //nolint:gosec // an ordinal
}

// FormHistory is UnitHistory for the version of a form with that first day.
func (t *Tx) FormHistory(code form.Code, from period.Day) []uint64 {
	ordinal, ok := t.snap.forms.Ordinal(code)
	if !ok {
		return nil
	}
	return t.written(formBucket, versionKey(uint32(ordinal), from)) //nolint:gosec // an ordinal
}

// HolidayHistory is UnitHistory for a day of the list of holidays.
func (t *Tx) HolidayHistory(day period.Day) []uint64 {
	return t.written(holidayBucket, holidayKey(day))
}

// written lists the sequences of the versions of a thing.
func (t *Tx) written(b *bucket, name []byte) []uint64 {
	var list []uint64
	cursor := t.bucket(b).Cursor()
	for key, _ := cursor.Seek(name); bytes.HasPrefix(key, name) && len(key) >= len(name)+8; key, _ = cursor.Next() {
		// A large version has several pieces.
		if sequence := sequenceIn(key, len(name)); t.knows(sequence) && (len(list) == 0 || list[len(list)-1] != sequence) {
			list = append(list, sequence)
		}
	}
	return list
}
