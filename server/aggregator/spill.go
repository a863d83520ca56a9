package aggregator

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// chunkBytes is the most that one value holds of something that may be larger than 64 KiB.
const chunkBytes = 60 << 10

// A large thing is stored in values under its key and the number of the piece, each beginning with 1, or with 0 for the
// last.
const (
	lastPiece byte = iota
	morePieces
)

// putLarge stores a thing of any size. A shorter one than before leaves no pieces behind.
func (t *Tx) putLarge(b *bucket, key, value []byte) error {
	for piece := uint16(0); ; piece++ {
		n := min(len(value), chunkBytes)
		mark := lastPiece
		if n < len(value) {
			mark = morePieces
		}
		at := binary.BigEndian.AppendUint16(slices.Clip(key), piece)
		chunk := append(append(make([]byte, 0, 1+n+sumBytes), mark), value[:n]...)
		if err := t.put(b, at, chunk); err != nil {
			return err
		}
		if value = value[n:]; mark == lastPiece {
			return t.removePieces(b, key, piece+1)
		}
	}
}

// removePieces removes the pieces of a thing from one on.
func (t *Tx) removePieces(b *bucket, key []byte, piece uint16) error {
	for ; ; piece++ {
		at := binary.BigEndian.AppendUint16(slices.Clip(key), piece)
		if t.bucket(b).Get(at) == nil {
			return nil
		}
		if err := t.remove(b, at); err != nil {
			return err
		}
	}
}

// getLarge gives a thing that putLarge stored.
func (t *Tx) getLarge(b *bucket, key []byte) ([]byte, bool, error) {
	var whole []byte
	for piece := uint16(0); ; piece++ {
		at := binary.BigEndian.AppendUint16(slices.Clip(key), piece)
		chunk, ok, err := t.get(b, at)
		switch {
		case err != nil:
			return nil, false, err
		case !ok && piece == 0:
			return nil, false, nil
		case !ok || len(chunk) == 0:
			return nil, false, b.damaged(at)
		case piece == 0 && chunk[0] == lastPiece:
			return chunk[1:], true, nil
		}
		whole = append(whole, chunk[1:]...)
		if chunk[0] == lastPiece {
			return whole, true, nil
		}
	}
}

// revisionKey is the key of a revision that is apart.
func revisionKey(k reportKey, number int) []byte {
	return binary.BigEndian.AppendUint32(k.append(make([]byte, 0, reportKeyBytes+6)), uint32(number)) //nolint:gosec // entries have 31 bits
}

// load makes the body of a held revision present.
func (t *Tx) load(k reportKey, h *held) error {
	if h.body != nil {
		return nil
	}
	key := revisionKey(k, h.number)
	value, ok, err := t.getLarge(revisionBucket, key)
	if err != nil {
		return err
	}
	if !ok || len(value) == 0 {
		return revisionBucket.damaged(key)
	}
	h.body = value[1:]
	return nil
}

// setAside stores a revision apart: its state and its body.
func (t *Tx) setAside(k reportKey, h *held) error {
	if err := t.load(k, h); err != nil {
		return err
	}
	h.apart, h.stale = true, false
	return t.putLarge(revisionBucket, revisionKey(k, h.number), append([]byte{byte(h.state)}, h.body...))
}

// writeRecord stores a report. Revisions that have become history are laid by when the record grows long, the oldest
// first; then, if it must be, those that are large whatever they are.
func (t *Tx) writeRecord(k reportKey, rec *record) error {
	size := 0
	for i := range rec.held {
		size += rec.held[i].size()
	}
	for _, liveToo := range [...]bool{false, true} {
		for i := range rec.held {
			h := &rec.held[i]
			if size <= spillAt || h.apart || !liveToo && rec.live(h) {
				continue
			}
			size -= h.size()
			if err := t.setAside(k, h); err != nil {
				return err
			}
		}
	}
	if err := t.letGo(k, rec); err != nil {
		return err
	}
	t.memory.key = k.append(t.memory.key[:0])
	return t.put(reportBucket, t.memory.key, rec.append(t.memory.value(size+recordHead)))
}

// size is how many bytes a revision takes in its record.
func (h *held) size() int {
	if h.apart {
		return 0
	}
	return len(h.body) + revisionHead
}

// letGo brings what is apart up to date, and keeps of it only what is live in the record.
func (t *Tx) letGo(k reportKey, rec *record) error {
	kept := rec.held[:0]
	for i := range rec.held {
		h := &rec.held[i]
		if h.apart && h.stale {
			if err := t.setAside(k, h); err != nil {
				return err
			}
		}
		if !h.apart || rec.live(h) {
			kept = append(kept, *h)
		}
	}
	rec.held = kept
	return nil
}

// recordHead is a guess at the bytes of a record besides its revisions.
const recordHead = 64

// readRecord gives a record; false if there is none.
func (t *Tx) readRecord(k reportKey, scratch []held) (record, bool, error) {
	at := k.append(t.memory.key[:0])
	t.memory.key = at
	value, ok, err := t.get(reportBucket, at)
	if err != nil || !ok {
		return record{}, false, err
	}
	rec, ok := decodeRecord(value, scratch)
	if !ok {
		return record{}, false, reportBucket.damaged(at)
	}
	if t.asOf != nil {
		return t.rewind(k, &rec)
	}
	return rec, true, nil
}

// history gives every revision of a report in ascending order.
func (t *Tx) history(k reportKey, rec *record) ([]Revision, error) {
	revisions := make([]Revision, 0, rec.count)
	add := func(h *held) error {
		rev, err := t.revision(k, h)
		if err != nil {
			return err
		}
		revisions = append(revisions, rev)
		return nil
	}
	for i := range rec.held {
		if h := &rec.held[i]; !h.apart {
			if err := add(h); err != nil {
				return nil, err
			}
		}
	}
	if t.asOf == nil { // else the record has all of them
		if err := t.eachApart(k, add); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(revisions, func(a, b Revision) int { return a.Number - b.Number })
	return revisions, nil
}

// eachApart visits the revisions of a report that are in the bucket revisions.
func (t *Tx) eachApart(k reportKey, visit func(*held) error) error {
	prefix := k.append(nil)
	cursor := t.bucket(revisionBucket).Cursor()
	for key, _ := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); {
		if len(key) != reportKeyBytes+6 {
			return revisionBucket.damaged(key)
		}
		number := binary.BigEndian.Uint32(key[reportKeyBytes:])
		value, ok, err := t.getLarge(revisionBucket, key[:reportKeyBytes+4])
		if err != nil {
			return err
		}
		if !ok || len(value) == 0 {
			return revisionBucket.damaged(key)
		}
		if err := visit(&held{number: int(number), state: RevisionState(value[0]), apart: true, body: value[1:]}); err != nil {
			return err
		}
		key, _ = cursor.Seek(revisionKey(k, int(number)+1))
	}
	return nil
}
