package aggregator

import (
	"bytes"
	"encoding/binary"
	"slices"
	"time"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// A closing is kept as what was done to it, the newest first: it was closed, or opened again. Its rows lie apart, as they
// came in the entry; nothing here knows what is in them.

// Closing is what was done to a base period of a form below a unit (R27).
type Closing struct {
	Key entry.ClosingKey
	// Versions are its closings, the first one first; none where it was never closed.
	Versions []ClosingVersion
}

// ClosingVersion is one closing, and how it was opened afterwards.
type ClosingVersion struct {
	Number int
	// Turn is who closed it, when and why.
	Turn
	ComputedAt uint64
	Digest     [32]byte
	Rows       int
	Forced     bool
	LeftOut    []hierarchy.ID
	// FirstUnits are the first units of the pieces of its table, in order.
	FirstUnits []hierarchy.ID
	// Reopenings are in their order.
	Reopenings []Reopening
}

// Reopening is a time in which reports of a closed period may change.
type Reopening struct {
	Turn
	// Units are those of which reports may change; none for all.
	Units []hierarchy.ID
	Until time.Time
}

// Newest gives the last closing; false if there is none.
func (c Closing) Newest() (ClosingVersion, bool) {
	if len(c.Versions) == 0 {
		return ClosingVersion{}, false
	}
	return c.Versions[len(c.Versions)-1], true
}

// OpenFor says whether reports of a unit may change at an instant; with no unit, whether those of all may.
func (c Closing) OpenFor(unit hierarchy.ID, now time.Time) bool {
	newest, closed := c.Newest()
	if !closed {
		return true
	}
	return slices.ContainsFunc(newest.Reopenings, func(r Reopening) bool {
		return now.Before(r.Until) && (len(r.Units) == 0 || unit != "" && slices.Contains(r.Units, unit))
	})
}

// The kinds of things that are done to a closing.
const (
	wasClosed byte = iota + 1
	wasReopened
)

// closingPlace finds the key of a closing; ok is false where there can be none.
func (t *Tx) closingPlace(key entry.ClosingKey) (reportKey, bool) {
	return t.place(entry.ReportKey{Unit: key.Owner, Form: key.Form, Period: key.Period})
}

// close freezes a period. A version that was given already is passed over.
func (t *Tx) close(c entry.PeriodClosed) error {
	k, ok := t.closingPlace(c.Key)
	if !ok {
		return nil
	}
	before, err := t.closing(k)
	if err != nil || len(before.Versions) > 0 && before.Versions[len(before.Versions)-1].Number >= c.Version {
		return err
	}
	b := append([]byte{wasClosed}, c.Digest[:]...)
	b = appendUvarints(b, uint64(c.Version), c.ComputedAt, uint64(c.Rows)) //nolint:gosec // not negative
	b = append(b, bit(c.Forced, 1))
	b = appendIDs(b, c.LeftOut)
	firsts := make([]hierarchy.ID, len(c.Pieces))
	for i, p := range c.Pieces {
		firsts[i] = p.FirstUnit
		if err := t.putLarge(closedBucket, closedKey(k, c.Version, i), p.Deflated); err != nil {
			return err
		}
	}
	if err := t.putLarge(closingBucket, appendSequence(k.append(nil), t.position.Head.Sequence), appendIDs(b, firsts)); err != nil {
		return err
	}
	return t.keepText(c.Reason)
}

// reopen lets reports of a closed period change. It is passed over where that version is not the last one.
func (t *Tx) reopen(r entry.PeriodReopened) error {
	k, ok := t.closingPlace(r.Key)
	if !ok {
		return nil
	}
	before, err := t.closing(k)
	if err != nil {
		return err
	}
	if newest, closed := before.Newest(); !closed || newest.Number != r.Version {
		return nil
	}
	b := appendTime([]byte{wasReopened}, r.Until)
	if err := t.putLarge(closingBucket, appendSequence(k.append(nil), t.position.Head.Sequence), appendIDs(b, r.Units)); err != nil {
		return err
	}
	return t.keepText(r.Reason)
}

func appendIDs(b []byte, ids []hierarchy.ID) []byte {
	b = binary.AppendUvarint(b, uint64(len(ids)))
	for _, id := range ids {
		b = appendText(b, id)
	}
	return b
}

func (r *reader) ids() []hierarchy.ID {
	n := r.number()
	if n == 0 || n > len(r.b) { // each takes a byte at least
		r.bad = r.bad || n != 0
		return nil
	}
	ids := make([]hierarchy.ID, n)
	for i := range ids {
		ids[i] = hierarchy.ID(r.text())
	}
	return ids
}

// closedKey is the key of a piece of the rows of a closing.
func closedKey(k reportKey, version, piece int) []byte {
	b := binary.BigEndian.AppendUint32(k.append(make([]byte, 0, reportKeyBytes+10)), uint32(version)) //nolint:gosec // entries have 31 bits
	return binary.BigEndian.AppendUint32(b, uint32(piece))                                            //nolint:gosec // few
}

// Closing tells what was done to a base period of a form below a unit; it has no versions where nothing was.
func (t *Tx) Closing(key entry.ClosingKey) (Closing, error) {
	k, ok := t.closingPlace(key)
	if !ok {
		return Closing{Key: key}, nil
	}
	return t.closing(k)
}

func (t *Tx) closing(k reportKey) (Closing, error) {
	c := Closing{Key: entry.ClosingKey{
		Form: t.snap.forms.At(int(k.form)), Period: k.base(), Owner: t.snap.tree.At(int(k.unit)).ID,
	}}
	prefix := k.append(nil)
	var acts [][]byte
	cursor := t.bucket(closingBucket).Cursor()
	for key, _ := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, _ = cursor.Next() {
		if len(key) != reportKeyBytes+8+2 {
			return c, closingBucket.damaged(key)
		}
		first := binary.BigEndian.Uint16(key[reportKeyBytes+8:]) == 0
		if first && t.knows(sequenceIn(key, reportKeyBytes)) {
			acts = append(acts, bytes.Clone(key[:reportKeyBytes+8]))
		}
	}
	for _, key := range slices.Backward(acts) {
		if err := t.takeAct(&c, key); err != nil {
			return c, err
		}
	}
	return c, nil
}

// takeAct takes in what was done to a closing.
func (t *Tx) takeAct(c *Closing, key []byte) error {
	value, ok, err := t.getLarge(closingBucket, key)
	if err != nil {
		return err
	}
	turn, err := t.turn(sequenceIn(key, reportKeyBytes))
	if err != nil {
		return err
	}
	r := reader{b: value}
	switch kind := r.byte(); {
	case ok && kind == wasClosed:
		v := ClosingVersion{Turn: turn}
		copy(v.Digest[:], r.take(len(v.Digest)))
		v.Number, v.ComputedAt, v.Rows, v.Forced = r.number(), r.uvarint(), r.number(), r.byte() != 0
		v.LeftOut, v.FirstUnits = r.ids(), r.ids()
		c.Versions = append(c.Versions, v)
	case ok && kind == wasReopened && len(c.Versions) > 0:
		v := &c.Versions[len(c.Versions)-1]
		v.Reopenings = append(v.Reopenings, Reopening{Turn: turn, Until: r.time(), Units: r.ids()})
	default:
		return closingBucket.damaged(key)
	}
	if !r.done() {
		return closingBucket.damaged(key)
	}
	return nil
}

// closings visits the closings whose keys begin with a prefix.
func (t *Tx) closings(prefix []byte, visit func(Closing) (bool, error)) error {
	cursor := t.bucket(closingBucket).Cursor()
	for key, _ := cursor.Seek(prefix); key != nil && bytes.HasPrefix(key, prefix); {
		if len(key) != reportKeyBytes+8+2 {
			return closingBucket.damaged(key)
		}
		next := append(bytes.Clone(key[:reportKeyBytes]), bytes.Repeat([]byte{0xff}, 8+2)...)
		k, known := t.reportKeyOf(key[:reportKeyBytes])
		if !known && t.asOf == nil {
			return closingBucket.damaged(key)
		}
		if known {
			c, err := t.closing(k)
			if err != nil {
				return err
			}
			if len(c.Versions) > 0 {
				if more, err := visit(c); err != nil || !more {
					return err
				}
			}
		}
		if key, _ = cursor.Seek(next); bytes.Equal(key, next) {
			key, _ = cursor.Next()
		}
	}
	return nil
}

// Closings visits everything of a form that was ever closed, by period and owner, until visit says false; with no code, of
// every form.
func (t *Tx) Closings(code form.Code, visit func(Closing) (bool, error)) error {
	if code == "" {
		return t.closings(nil, visit)
	}
	at, ok := t.snap.forms.Ordinal(code)
	if !ok || at >= maxForms {
		return nil
	}
	return t.closings(binary.BigEndian.AppendUint16(nil, uint16(at)), visit) //nolint:gosec // compared above
}

// ClosingsOver visits the closings of a base period of a form that hold a unit on a day, until visit says false. Where nothing
// of the period was ever closed it takes one look.
func (t *Tx) ClosingsOver(code form.Code, base period.Period, unit hierarchy.ID, on period.Day, visit func(Closing) (bool, error)) error {
	return t.ClosingsOf(code, base, func(c Closing) (bool, error) {
		if !t.snap.tree.Within(unit, c.Key.Owner, on) {
			return true, nil
		}
		return visit(c)
	})
}

// ClosingsOf visits the closings of a base period of a form, until visit says false. Where nothing of the period was ever closed
// it takes one look.
func (t *Tx) ClosingsOf(code form.Code, base period.Period, visit func(Closing) (bool, error)) error {
	at, ok := t.snap.forms.Ordinal(code)
	if !ok || at >= maxForms || !base.Valid() {
		return nil
	}
	t.memory.key = reportKey{form: uint16(at), period: periodCode(base)}.append(t.memory.key[:0]) //nolint:gosec // compared above
	prefix := t.memory.key[:reportKeyBytes-4]
	if t.find(closingBucket, prefix) == nil && !bytes.HasPrefix(t.follower, prefix) {
		return nil
	}
	return t.closings(bytes.Clone(prefix), visit)
}

// AnyClosing says whether anything was ever closed.
func (t *Tx) AnyClosing() bool {
	key, _ := t.bucket(closingBucket).Cursor().First()
	return key != nil
}

// ClosedPiece gives a piece of the rows of a closing, as they were deflated.
func (t *Tx) ClosedPiece(key entry.ClosingKey, version, piece int) ([]byte, error) {
	k, ok := t.closingPlace(key)
	if !ok {
		return nil, closedBucket.damaged(nil)
	}
	at := closedKey(k, version, piece)
	value, ok, err := t.getLarge(closedBucket, at)
	if err == nil && !ok {
		err = closedBucket.damaged(at)
	}
	return bytes.Clone(value), err
}

// Waiting visits the reports of a form for a base period that wait for approval, by the ordinals of their units, unless their
// obligation is taken out. It reads no figures.
func (t *Tx) Waiting(code form.Code, base period.Period, visit func(ordinal, revision int)) error {
	return t.eachRecord(code, base, func(k reportKey, rec *record) {
		if rec.waiting != 0 && !rec.excluded() {
			visit(int(k.unit), rec.waiting)
		}
	})
}

// eachRecord visits the records of a form for a base period.
func (t *Tx) eachRecord(code form.Code, base period.Period, visit func(reportKey, *record)) error {
	at, ok := t.snap.forms.Ordinal(code)
	if !ok || at >= maxForms || !base.Valid() {
		return nil
	}
	prefix := reportKey{form: uint16(at), period: periodCode(base)}.append(nil)[:reportKeyBytes-4] //nolint:gosec // compared above
	cursor := t.bucket(reportBucket).Cursor()
	for key, stored := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, stored = cursor.Next() {
		raw, err := t.unseal(reportBucket, key, stored)
		if err != nil {
			return err
		}
		k, rec, ok, err := t.recordOf(key, raw)
		if err != nil {
			return err
		}
		if ok {
			visit(k, &rec)
		}
	}
	return nil
}

// CountReports tells how many reports of a form were sent or saved for a base period.
func (t *Tx) CountReports(code form.Code, base period.Period) (int, error) {
	n := 0
	return n, t.eachRecord(code, base, func(_ reportKey, rec *record) {
		if rec.count > 0 {
			n++
		}
	})
}

// Turn tells who made an entry, when, and the reason that he wrote, if it has one.
func (t *Tx) Turn(sequence uint64) (Turn, error) { return t.turn(sequence) }

func (t *Tx) turn(sequence uint64) (turn Turn, err error) {
	turn.Sequence = sequence
	if turn.Principal, turn.Time, err = t.made(sequence); err != nil {
		return turn, err
	}
	if turn.Reason, err = t.text(sequence); err != nil {
		return turn, err
	}
	turn.TextsRemoved, err = t.Redacted(sequence)
	return turn, err
}
