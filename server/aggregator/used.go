package aggregator

import (
	"encoding/binary"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/indicator"
)

// use notes for each indicator the first entry that held a figure of it, drafts included: from then on its meaning may
// not change under its code (R21).
func (t *Tx) use(sequence uint64, figures []entry.Figure) error {
	for i := range figures {
		number := figures[i].Number
		if t.memory.used[number] {
			continue
		}
		key := usedKey(number)
		_, known, err := t.get(usedBucket, key)
		if err != nil {
			return err
		}
		if !known {
			if err := t.put(usedBucket, key, binary.AppendUvarint(nil, sequence)); err != nil {
				return err
			}
		}
		t.memory.used[number] = true
	}
	return nil
}

func usedKey(number uint32) []byte { return binary.BigEndian.AppendUint32(nil, number) }

// IndicatorUsed says whether a figure of the indicator was ever saved (R21). What cannot be read counts as used.
func (t *Tx) IndicatorUsed(code indicator.Code) bool {
	number, ok := t.snap.indicators.Ordinal(code)
	if !ok {
		return false
	}
	value, known, err := t.get(usedBucket, usedKey(uint32(number))) //nolint:gosec // an ordinal
	r := reader{b: value}
	return known && t.knows(r.uvarint()) || err != nil
}
