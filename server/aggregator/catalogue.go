package aggregator

import (
	"bytes"
	"encoding/binary"

	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// The versions of things are kept for ever, the newest first (R30): the key of a version ends in the sequence of its
// entry with all bits turned over.

func unitKey(ordinal int) []byte {
	return binary.BigEndian.AppendUint32(make([]byte, 0, 16), uint32(ordinal)) //nolint:gosec // an ordinal
}

// versionKey is the key of a dated version: the number of its code and its first day, so that Beginning comes first.
func versionKey(number uint32, from period.Day) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 24), number)
	return binary.BigEndian.AppendUint32(b, uint32(from)^1<<31) //nolint:gosec // bits
}

func appendSequence(key []byte, sequence uint64) []byte {
	return binary.BigEndian.AppendUint64(key, ^sequence)
}

// sequenceIn reads the sequence behind a prefix of a key.
func sequenceIn(key []byte, prefix int) uint64 { return ^binary.BigEndian.Uint64(key[prefix:]) }

// UnitSequence gives the sequence of the entry that last wrote the unit; 0 if there is none.
func (t *Tx) UnitSequence(id hierarchy.ID) uint64 {
	ordinal, ok := t.snap.tree.Ordinal(id)
	if !ok {
		return 0
	}
	return t.newest(unitBucket, unitKey(ordinal), 0)
}

// IndicatorSequence gives the sequence of the entry that last wrote a version of the indicator; 0 if there is none.
func (t *Tx) IndicatorSequence(code indicator.Code) uint64 {
	ordinal, ok := t.snap.indicators.Ordinal(code)
	if !ok {
		return 0
	}
	return t.newest(indicatorBucket, versionKey(uint32(ordinal), 0)[:4], 4) //nolint:gosec // an ordinal
}

// FormSequence gives the sequence of the entry that last wrote a version of the form; 0 if there is none.
func (t *Tx) FormSequence(code form.Code) uint64 {
	ordinal, ok := t.snap.forms.Ordinal(code)
	if !ok {
		return 0
	}
	return t.newest(formBucket, versionKey(uint32(ordinal), 0)[:4], 4) //nolint:gosec // an ordinal
}

// newest gives the greatest sequence that is known of the versions under a prefix; more bytes of the key may stand before
// it.
func (t *Tx) newest(b *bucket, prefix []byte, more int) uint64 {
	var newest uint64
	cursor := t.bucket(b).Cursor()
	for key, _ := cursor.Seek(prefix); bytes.HasPrefix(key, prefix) && len(key) >= len(prefix)+more+8; key, _ = cursor.Next() {
		sequence := sequenceIn(key, len(prefix)+more)
		if !t.knows(sequence) {
			continue
		}
		newest = max(newest, sequence)
		if more == 0 {
			break
		}
	}
	return newest
}

// putVersion stores a version under the name of its thing. Its place among the versions of the entry stands before it.
func (t *Tx) putVersion(b *bucket, name []byte, place int, version []byte) error {
	value := append(binary.AppendUvarint(nil, uint64(place)), version...) //nolint:gosec // not negative
	return t.putLarge(b, appendSequence(name, t.position.Head.Sequence), value)
}

// kept is a version as it was stored.
type kept[V any] struct {
	number   uint32
	sequence uint64
	place    int
	version  V
}

// eachVersion reads all versions that the transaction knows, or of each thing the newest of them. The name of a thing takes
// so many bytes of the key, the first four of which are its number.
func eachVersion[V any](t *Tx, b *bucket, name int, newest bool, parse func([]byte) (V, error)) ([]kept[V], error) {
	var list []kept[V]
	var last []byte
	cursor := t.bucket(b).Cursor()
	for key, _ := cursor.First(); key != nil; key, _ = cursor.Next() {
		if len(key) != name+8+2 {
			return nil, b.damaged(key)
		}
		sequence := sequenceIn(key, name)
		if !t.knows(sequence) {
			continue
		}
		t.defined = append(t.defined, sequence)
		same := name
		if !newest {
			same += 8
		}
		if bytes.Equal(last, key[:same]) {
			continue // an older version, or a further piece
		}
		last = append(last[:0], key[:same]...)
		value, ok, err := t.getLarge(b, key[:name+8])
		if err != nil {
			return nil, err
		}
		r := reader{b: value}
		k := kept[V]{number: binary.BigEndian.Uint32(key), sequence: sequence, place: r.number()}
		if k.version, err = parse(r.b); err != nil || !ok || r.bad {
			return nil, b.damaged(key)
		}
		list = append(list, k)
	}
	return list, nil
}
