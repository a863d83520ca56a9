package aggregator

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
	"time"

	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/obligation"
	"github.com/tonghop/tonghop/server/period"
)

// Standings say of every report how far it has come, in one byte, so that a matrix of all units and many periods is read
// without a look at any report. Units stand side by side in blocks, for one form and base period.

// standingKey names a block.
type standingKey struct {
	form   uint16
	period uint32 // see periodCode
	block  uint16
}

// standingUnits is how many units share a block: a change writes it anew, so it is short.
const standingUnits = 512

// keptStandings is how many blocks the writer keeps from one transaction to the next: of a country some months.
const keptStandings = 1024

func (k standingKey) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, k.form)
	b = binary.BigEndian.AppendUint32(b, k.period)
	return binary.BigEndian.AppendUint16(b, k.block)
}

// standingBlock is a block as it is worked on.
type standingBlock struct {
	units []byte
	dirty bool
}

// standingBlock gives the block of a report to be worked on.
func (t *Tx) standingBlock(k reportKey) (standingKey, *standingBlock, error) {
	at := standingKey{form: k.form, period: k.period, block: uint16(k.unit / standingUnits)} //nolint:gosec // units are fewer
	if b := t.memory.standings[at]; b != nil {
		return at, b, nil
	}
	value, _, err := t.get(standingBucket, at.append(make([]byte, 0, 8)))
	if err != nil {
		return at, nil, err
	}
	b := &standingBlock{units: bytes.Clone(value)}
	t.memory.standings[at] = b
	return at, b, nil
}

// sticky are what a record does not say: it is what was done that decides.
const sticky = obligation.Returned | obligation.CorrectedLate

// stand stores how far a report has come, after tell has changed what is sticky.
func (t *Tx) stand(k reportKey, rec *record, tell func(obligation.Standing) obligation.Standing) error {
	name, b, err := t.standingBlock(k)
	if err != nil {
		return err
	}
	at := int(k.unit % standingUnits)
	var was obligation.Standing
	if at < len(b.units) {
		was = obligation.Standing(b.units[at])
	}
	is := tell(was&sticky) | standingOf(rec)
	if is == was {
		return nil
	}
	if short := at + 1 - len(b.units); short > 0 {
		b.units = append(b.units, make([]byte, short)...)
	}
	b.units[at] = byte(is)
	if !b.dirty {
		b.dirty = true
		t.memory.dirtyStandings = append(t.memory.dirtyStandings, name)
	}
	return nil
}

// standingOf gives what a record says of how far it has come.
func standingOf(rec *record) obligation.Standing {
	s := when(rec.official != 0, obligation.Official) | when(rec.waiting != 0, obligation.Waiting) |
		when(rec.sent, obligation.Sent) | when(rec.late, obligation.Late) | when(rec.excluded(), obligation.Excluded)
	if newest := rec.find(rec.count); newest != nil && newest.state == Draft {
		s |= obligation.Drafted
	}
	return s
}

func when(is bool, what obligation.Standing) obligation.Standing {
	if is {
		return what
	}
	return 0
}

// asBefore leaves what is sticky as it was.
func asBefore(was obligation.Standing) obligation.Standing { return was }

// answered is after something was sent or approved that is the newest.
func answered(was obligation.Standing) obligation.Standing { return was &^ obligation.Returned }

// corrects is after a revision was sent: one that follows another may come late, by the deadline that the first one had.
func corrects(sentBefore bool, rec *record, at time.Time) func(obligation.Standing) obligation.Standing {
	return func(was obligation.Standing) obligation.Standing {
		return answered(was) | when(sentBefore && rec.passed(at), obligation.CorrectedLate)
	}
}

// passed says whether whatever comes at the instant is late.
func (r *record) passed(at time.Time) bool { return !r.deadline.IsZero() && !at.Before(r.deadline) }

// sentBack is after a revision was sent back: the newest that was sent, unless another one waits.
func sentBack(rec *record) func(obligation.Standing) obligation.Standing {
	return func(was obligation.Standing) obligation.Standing {
		if rec.waiting != 0 {
			return answered(was)
		}
		return was | obligation.Returned
	}
}

// flushStandings writes the blocks that were changed, in the order of their keys.
func (t *Tx) flushStandings() error {
	dirty := t.memory.dirtyStandings
	slices.SortFunc(dirty, func(a, b standingKey) int {
		return cmp.Or(cmp.Compare(a.form, b.form), cmp.Compare(a.period, b.period), cmp.Compare(a.block, b.block))
	})
	for _, k := range dirty {
		b := t.memory.standings[k]
		b.dirty = false
		t.memory.key = k.append(t.memory.key[:0])
		if err := t.put(standingBucket, t.memory.key, append(t.memory.value(len(b.units)), b.units...)); err != nil {
			return err
		}
	}
	t.memory.dirtyStandings = dirty[:0]
	return nil
}

// Obligations are who owes a form for a base period, and how far each has come. They are good as long as their transaction.
type Obligations struct {
	t      *Tx
	form   uint16
	base   period.Period
	last   period.Day
	owes   unitSet
	blocks [][]byte
}

// Obligations gives those of a form and a base period; none where the form has no version on its last day.
func (t *Tx) Obligations(code form.Code, base period.Period) (*Obligations, error) {
	x := t.snap.derived()
	o := &Obligations{t: t, base: base}
	at, ok := t.snap.forms.Ordinal(code)
	if !ok || at >= len(x.forms) || base.Kind != x.forms[at].frequency || !base.Valid() {
		return o, nil
	}
	f := &x.forms[at]
	o.form, o.last = f.ordinal, f.calendar.Last(base)
	o.owes = x.owes(f, nil, o.last)
	if t.asOf != nil {
		return o, nil
	}
	return o, o.read()
}

// read takes the blocks from the file and, for the writer, over them those that it works on.
func (o *Obligations) read() error {
	o.blocks = make([][]byte, (o.t.snap.tree.Len()+standingUnits-1)/standingUnits)
	k := standingKey{form: o.form, period: periodCode(o.base)}
	prefix := k.append(nil)[:6]
	cursor := o.t.bucket(standingBucket).Cursor()
	for key, stored := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, stored = cursor.Next() {
		value, err := o.t.unseal(standingBucket, key, stored)
		if err != nil {
			return err
		}
		if len(key) != 8 || int(binary.BigEndian.Uint16(key[6:])) >= len(o.blocks) {
			return standingBucket.damaged(key)
		}
		o.blocks[binary.BigEndian.Uint16(key[6:])] = value
	}
	if !o.t.writing {
		return nil
	}
	for n := range o.blocks {
		k.block = uint16(n) //nolint:gosec // blocks are few
		if b := o.t.memory.standings[k]; b != nil {
			o.blocks[n] = b.units
		}
	}
	return nil
}

// Standing says how far one report has come.
func (t *Tx) Standing(code form.Code, base period.Period, unit hierarchy.ID) (obligation.Standing, error) {
	o, err := t.Obligations(code, base)
	at, known := t.snap.tree.Ordinal(unit)
	if err != nil || !known {
		return 0, err
	}
	return o.Of(at)
}

// Last is the last day of the base period.
func (o *Obligations) Last() period.Day { return o.last }

// Owes says whether a unit owes the report, by its ordinal.
func (o *Obligations) Owes(unit int) bool { return o.owes.has(unit) }

// Of says how far a unit's report has come, whether it is owed or not.
func (o *Obligations) Of(unit int) (obligation.Standing, error) {
	if o.t.asOf != nil {
		return o.asOf(unit)
	}
	if n := unit / standingUnits; n < len(o.blocks) && unit%standingUnits < len(o.blocks[n]) {
		return obligation.Standing(o.blocks[n][unit%standingUnits]), nil
	}
	return 0, nil
}

// Each visits the units that owe, by their ordinals.
func (o *Obligations) Each(visit func(unit int) error) error {
	for word, set := range o.owes {
		for ; set != 0; set &= set - 1 {
			if err := visit(word<<6 + bits.TrailingZeros64(set)); err != nil {
				return err
			}
		}
	}
	return nil
}

// asOf makes a standing from the report, of which only so many are read.
func (o *Obligations) asOf(unit int) (obligation.Standing, error) {
	t := o.t
	if t.asOf.reports--; t.asOf.reports < 0 {
		return 0, errReportsSpent
	}
	k := reportKey{form: o.form, period: periodCode(o.base), unit: uint32(unit)} //nolint:gosec // an ordinal
	rec, ok, err := t.readRecord(k, nil)
	if err != nil || !ok {
		return 0, err
	}
	s := standingOf(&rec)
	first := true
	for i := range rec.held { // as of an earlier entry they are all there
		h := &rec.held[i]
		if h.state == Draft {
			continue
		}
		s = s&^obligation.Returned | when(h.state == Returned, obligation.Returned)
		words, _, _ := h.split() // rewind has read it
		r := reader{b: words}
		_, at, err := t.made(r.story().made)
		if err != nil {
			return 0, err
		}
		s |= when(!first && rec.passed(at), obligation.CorrectedLate)
		first = false
	}
	return s, nil
}
