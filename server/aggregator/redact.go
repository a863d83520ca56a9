package aggregator

import (
	"bytes"
	"context"
	"encoding/binary"

	"github.com/tonghop/tonghop/server/entry"
)

// redact takes away what is kept of the private part of an earlier entry, and notes that it is gone. What names no
// earlier entry is passed over.
func (t *Tx) redact(h *entry.Header, r entry.EntryRedacted) error {
	if r.Sequence == 0 || r.Sequence >= h.Sequence {
		return nil
	}
	known, err := t.Redacted(r.Sequence)
	if err != nil || known {
		return err
	}
	prefix := binary.BigEndian.AppendUint64(nil, r.Sequence)
	var gone [][]byte // bbolt's cursors lose their place where they remove
	cursor := t.bucket(textBucket).Cursor()
	for key, _ := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, _ = cursor.Next() {
		gone = append(gone, bytes.Clone(key))
	}
	for _, key := range gone {
		if err := t.remove(textBucket, key); err != nil {
			return err
		}
	}
	return t.put(redactionBucket, prefix, binary.AppendUvarint(t.memory.value(binary.MaxVarintLen64), h.Sequence))
}

// Redacted says whether the private part of an entry was removed by a later one (R36).
func (t *Tx) Redacted(sequence uint64) (bool, error) {
	var key [8]byte
	binary.BigEndian.PutUint64(key[:], sequence)
	_, known, err := t.get(redactionBucket, key[:])
	return known, err
}

// Unremoved lists the entries whose private parts were removed by entries that were applied, and may be on the disk all
// the same: nobody called Erase since. They are to be removed from the journal; then Erase is to be told upTo.
func (s *Store) Unremoved(ctx context.Context) (list []uint64, upTo uint64, err error) {
	err = s.View(ctx, func(t *Tx) error {
		list, upTo = nil, t.position.Head.Sequence
		done, err := t.readErased()
		if err != nil {
			return err
		}
		cursor := t.bucket(redactionBucket).Cursor()
		for key, stored := cursor.First(); key != nil; key, stored = cursor.Next() {
			value, err := t.unseal(redactionBucket, key, stored)
			if err != nil {
				return err
			}
			r := reader{b: value}
			by := r.uvarint()
			if !r.done() || len(key) != 8 {
				return redactionBucket.damaged(key)
			}
			if by > done {
				list = append(list, binary.BigEndian.Uint64(key))
			}
		}
		return nil
	})
	return list, upTo, err
}

// readErased gives the entry up to which redactions are carried out everywhere.
func (t *Tx) readErased() (uint64, error) {
	value, ok, err := t.get(metaBucket, []byte(keyErased))
	if err != nil || !ok {
		return 0, err
	}
	r := reader{b: value}
	done := r.uvarint()
	if !r.done() {
		return 0, metaBucket.damaged([]byte(keyErased))
	}
	return done, nil
}
