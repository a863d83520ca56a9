package aggregator

import (
	"encoding/binary"
	"math/bits"
	"time"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/hierarchy"
)

// ChangeKind is what happened in an entry.
type ChangeKind uint8

// The kinds of change. An entry that concerns nobody, such as the making of the store, has no note.
const (
	noChange ChangeKind = iota
	UnitsChange
	IndicatorsChange
	FormsChange
	// DraftChange is shown to the report's own unit alone.
	DraftChange
	SubmittedChange
	ApprovedChange
	ReturnedChange
	// AccessChange is shown to those who may grant.
	AccessChange
	// StoreChange is shown to those who may grant everywhere.
	StoreChange
	HolidaysChange
	// ExcludedChange and LiftedChange are of an obligation, which may have no report.
	ExcludedChange
	LiftedChange
	// ClosedChange and ReopenedChange have in Key the owner in the place of the unit, and the version in Revision.
	ClosedChange
	ReopenedChange
	RulesChange
	// SubscriptionChange is shown to those who may grant over its unit.
	SubscriptionChange
	// PlansChange is of plans, targets and what was declared of them; OutsideChange of outside figures and regions.
	PlansChange
	OutsideChange
	// DutiesChange is of duties and of what units enter of them, RegistersChange of registers and their items.
	DutiesChange
	RegistersChange
)

// ofReport says that a change is of one report, obligation or closing, and has a key.
func (k ChangeKind) ofReport() bool {
	switch k {
	case DraftChange, SubmittedChange, ApprovedChange, ReturnedChange, ExcludedChange, LiftedChange, ClosedChange, ReopenedChange:
		return true
	default:
		return false
	}
}

// Change is a note that something changed (R46): what and by whom, never the content.
type Change struct {
	Sequence uint64
	Time     time.Time
	Kind     ChangeKind
	// Name is the id of the unit or token, the code of the indicator or form, or those of form and rule with a slash between;
	// empty where several changed at once, and for reports, which have Key and Revision.
	Name      string
	Key       entry.ReportKey
	Revision  int
	Principal string
}

// note is a change as it is stored. The first one of an entry, which every entry has, also holds the request id.
type note struct {
	Change
	request [16]byte
	method  string
}

// noteKey is the key of a note: the sequence of its entry, and its place in it behind the first.
func noteKey(b []byte, sequence uint64, place int) []byte {
	b = appendOrdered(b, sequence)
	if place == 0 {
		return b
	}
	return appendOrdered(b, uint64(place)) //nolint:gosec // not negative
}

// appendOrdered appends a number so that greater ones sort behind: how many bytes it has and these, the highest first.
func appendOrdered(b []byte, n uint64) []byte {
	length := (bits.Len64(n) + 7) / 8
	b = append(b, byte(length))
	for shift := 8 * (length - 1); shift >= 0; shift -= 8 {
		b = append(b, byte(n>>shift))
	}
	return b
}

// noteSequence gives the sequence of a key of a note; false if it is none.
func noteSequence(key []byte) (uint64, bool) {
	if len(key) == 0 || len(key) < 1+int(key[0]) || key[0] > 8 {
		return 0, false
	}
	n := uint64(0)
	for _, b := range key[1 : 1+key[0]] {
		n = n<<8 | uint64(b)
	}
	return n, true
}

// The bits of a note's first byte; the kind of change is below them.
const (
	noteRequest = 1 << 7
	noteKind    = noteRequest - 1
)

// appendNote appends a note. Who and how stand in it by their numbers, the report's unit and form by their ordinals, each
// as 0 and the text where there is none.
func (t *Tx) appendNote(b []byte, n *note) []byte {
	b = append(b, byte(n.Kind)|bit(n.request != [16]byte{}, noteRequest))
	b = t.appendName(appendTime(b, n.Time), n.Principal)
	if n.request != ([16]byte{}) {
		b = t.appendName(append(b, n.request[:]...), n.method)
	}
	switch {
	case n.Kind.ofReport():
		unit, ok := t.snap.tree.Ordinal(n.Key.Unit)
		b = appendOrdinal(b, unit, ok && t.snap.tree.At(unit).ID == n.Key.Unit, n.Key.Unit)
		code, ok := t.snap.forms.Ordinal(n.Key.Form)
		b = appendOrdinal(b, code, ok && t.snap.forms.At(code) == n.Key.Form, n.Key.Form)
		return appendUvarints(b, uint64(periodCode(n.Key.Period)), uint64(n.Revision)) //nolint:gosec // not negative
	default:
		return appendText(b, n.Name)
	}
}

// appendOrdinal appends 1 + an ordinal if it is one, else 0 and the text that has none.
func appendOrdinal[T ~string](b []byte, ordinal int, ok bool, text T) []byte {
	if !ok {
		return appendText(append(b, 0), text)
	}
	return binary.AppendUvarint(b, uint64(ordinal)+1) //nolint:gosec // not negative
}

func readOrdinal[T ~string](r *reader, count int, at func(int) T) T {
	n := r.number()
	switch {
	case n == 0:
		return T(r.text())
	case n > count:
		r.bad = true
		return ""
	}
	return at(n - 1)
}

// noteHead is the beginning of every note: who made the entry and when, of which kind the change is.
func (t *Tx) noteHead(r *reader, sequence uint64) (n note, flags byte) {
	flags = r.byte()
	n.Sequence, n.Kind = sequence, ChangeKind(flags&noteKind)
	n.Time, n.Principal = r.time(), t.readName(r)
	return n, flags
}

// readNoteOf takes what appendNote appended.
func (t *Tx) readNoteOf(r *reader, sequence uint64) note {
	n, flags := t.noteHead(r, sequence)
	if flags&noteRequest != 0 {
		copy(n.request[:], r.take(len(n.request)))
		n.method = t.readName(r)
	}
	switch {
	case n.Kind.ofReport():
		n.Key.Unit = readOrdinal(r, t.snap.tree.Len(), func(i int) hierarchy.ID { return t.snap.tree.At(i).ID })
		n.Key.Form = readOrdinal(r, t.snap.forms.Len(), t.snap.forms.At)
		n.Key.Period, n.Revision = periodOf(uint32(r.uvarint())), r.number() //nolint:gosec // as it was written
	default:
		n.Name = r.text()
	}
	return n
}

// readNote gives the first note of an entry; false if there is none.
func (t *Tx) readNote(sequence uint64) (note, bool, error) {
	key := noteKey(nil, sequence, 0)
	value, ok, err := t.get(changeBucket, key)
	if err != nil || !ok {
		return note{}, false, err
	}
	r := reader{b: value}
	n := t.readNoteOf(&r, sequence)
	if !r.done() {
		return note{}, false, changeBucket.damaged(key)
	}
	return n, true, nil
}

// made tells who made an entry and when: its first note says so, and none is ever removed.
func (t *Tx) made(sequence uint64) (principal string, at time.Time, err error) {
	var scratch [1 + 8]byte
	key := noteKey(scratch[:0], sequence, 0)
	value, ok, err := t.get(changeBucket, key)
	if err != nil {
		return "", time.Time{}, err
	}
	r := reader{b: value}
	n, _ := t.noteHead(&r, sequence)
	if !ok || r.bad {
		return "", time.Time{}, changeBucket.damaged(key)
	}
	return n.Principal, n.Time, nil
}

// note writes the notes of an entry.
func (t *Tx) note(e *entry.Entry) error {
	for place, c := range changesOf(e) {
		c.Sequence, c.Time, c.Principal = e.Header.Sequence, e.Header.Time, e.Header.Principal
		n := note{Change: c}
		if place == 0 && len(c.Principal)+len(e.Header.Method) <= longestScope {
			n.request, n.method = e.Header.RequestID, e.Header.Method
		}
		t.memory.key = noteKey(t.memory.key[:0], c.Sequence, place)
		if err := t.put(changeBucket, t.memory.key, t.appendNote(t.memory.value(noteGuess), &n)); err != nil {
			return err
		}
	}
	return nil
}

// noteGuess is how many bytes a note usually takes.
const noteGuess = 64

// changesOf lists what an entry changed; at least one.
func changesOf(e *entry.Entry) []Change {
	switch body := e.Body.(type) {
	case entry.TokenIssued:
		return []Change{{Kind: AccessChange, Name: body.Token.ID}}
	case entry.TokenRevoked:
		return []Change{{Kind: AccessChange, Name: body.ID}}
	case entry.TokenRotated:
		return []Change{{Kind: AccessChange, Name: body.ID}}
	case entry.ProofBound:
		return []Change{{Kind: AccessChange, Name: body.Binding.Token}}
	case entry.ProofUnbound:
		return []Change{{Kind: AccessChange, Name: body.Token}}
	case entry.KeyIntroduced, entry.EntryRedacted, entry.StoreRestored:
		return []Change{{Kind: StoreChange}}
	}
	return lifeChanges(e)
}

// lifeChanges is changesOf for what becomes of reports, obligations and periods.
func lifeChanges(e *entry.Entry) []Change {
	switch body := e.Body.(type) {
	case entry.ReportsSubmitted:
		changes := make([]Change, len(body.Reports))
		for i := range body.Reports {
			s := &body.Reports[i]
			changes[i] = Change{Kind: SubmittedChange, Key: s.Key, Revision: s.Revision}
			if s.Draft {
				changes[i].Kind = DraftChange
			}
		}
		if len(changes) > 0 {
			return changes
		}
	case entry.ReportApproved:
		return []Change{{Kind: ApprovedChange, Key: body.Key, Revision: body.Revision}}
	case entry.ReportReturned:
		return []Change{{Kind: ReturnedChange, Key: body.Key, Revision: body.Revision}}
	case entry.ObligationExcluded:
		return []Change{{Kind: ExcludedChange, Key: body.Key}}
	case entry.ExclusionLifted:
		return []Change{{Kind: LiftedChange, Key: body.Key}}
	case entry.PeriodClosed:
		return closingChange(ClosedChange, body.Key, body.Version)
	case entry.PeriodReopened:
		return closingChange(ReopenedChange, body.Key, body.Version)
	case entry.SubscriptionCreated:
		return []Change{{Kind: SubscriptionChange, Name: body.Subscription.ID}}
	case entry.SubscriptionDeleted:
		return []Change{{Kind: SubscriptionChange, Name: body.ID}}
	}
	return []Change{definitionChange(e)}
}

// definitionChange is the change of an entry that says who reports what, and when; none of any other.
func definitionChange(e *entry.Entry) Change {
	switch body := e.Body.(type) {
	case entry.UnitsChanged:
		return Change{Kind: UnitsChange, Name: only(body.Units, func(u hierarchy.Unit) string { return string(u.ID) })}
	case entry.UnitsReorganised:
		return Change{Kind: UnitsChange, Name: only(body.Units, func(u hierarchy.Unit) string { return string(u.ID) })}
	case entry.IndicatorsChanged:
		return Change{Kind: IndicatorsChange, Name: only(body.Indicators, func(i entry.Indicator) string { return string(i.Code) })}
	case entry.FormsChanged:
		return Change{Kind: FormsChange, Name: only(body.Forms, func(f entry.Form) string { return string(f.Code) })}
	case entry.HolidaysChanged:
		return Change{Kind: HolidaysChange}
	case entry.RulesChanged:
		return Change{Kind: RulesChange, Name: only(body.Rules, ruleName)}
	}
	return changeOfPapers(e.Body)
}

func closingChange(kind ChangeKind, k entry.ClosingKey, version int) []Change {
	return []Change{{Kind: kind, Key: entry.ReportKey{Unit: k.Owner, Form: k.Form, Period: k.Period}, Revision: version}}
}

// only gives the name of the only thing that changed.
func only[V any](list []V, name func(V) string) string {
	if len(list) != 1 {
		return ""
	}
	return name(list[0])
}

// Changes visits the notes of entries after a sequence in order, at most limit of them, which may end in the middle of an
// entry. It ends with the error of visit.
func (t *Tx) Changes(after uint64, limit int, visit func(Change) error) error {
	cursor := t.bucket(changeBucket).Cursor()
	for key, value := cursor.Seek(noteKey(nil, after+1, 0)); key != nil && limit > 0; key, value = cursor.Next() {
		raw, err := t.unseal(changeBucket, key, value)
		if err != nil {
			return err
		}
		sequence, ok := noteSequence(key)
		r := reader{b: raw}
		n := t.readNoteOf(&r, sequence)
		if !ok || !r.done() {
			return changeBucket.damaged(key)
		}
		if n.Kind == noChange {
			continue
		}
		limit--
		if err := visit(n.Change); err != nil {
			return err
		}
	}
	return nil
}
