package aggregator

import (
	"encoding/binary"
	"time"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/form"
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
)

// Change is a note that something changed (R46): what and by whom, never the content.
type Change struct {
	Sequence uint64
	Time     time.Time
	Kind     ChangeKind
	// Name is the id of the unit or token, or the code of the indicator or form; empty where several changed at once, and
	// for reports, which have Key and Revision.
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

// noteKey is the key of a note: the sequence of its entry and its place in it.
func noteKey(sequence uint64, place int) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 12), sequence)
	return binary.BigEndian.AppendUint32(b, uint32(place)) //nolint:gosec // an entry has 8 MiB
}

// The bits of a note's first byte; the kind of change is below them.
const (
	noteRequest = 1 << 7
	noteKind    = noteRequest - 1
)

func (n *note) append(b []byte) []byte {
	b = append(b, byte(n.Kind)|bit(n.request != [16]byte{}, noteRequest))
	b = appendText(appendTime(b, n.Time), n.Principal)
	if n.request != ([16]byte{}) {
		b = appendText(append(b, n.request[:]...), n.method)
	}
	switch n.Kind {
	case DraftChange, SubmittedChange, ApprovedChange, ReturnedChange:
		b = appendText(appendText(b, n.Key.Unit), n.Key.Form)
		return appendUvarints(b, uint64(periodCode(n.Key.Period)), uint64(n.Revision)) //nolint:gosec // not negative
	default:
		return appendText(b, n.Name)
	}
}

func (r *reader) note(sequence uint64) note {
	var n note
	flags := r.byte()
	n.Sequence, n.Kind = sequence, ChangeKind(flags&noteKind)
	n.Time, n.Principal = r.time(), r.text()
	if flags&noteRequest != 0 {
		copy(n.request[:], r.take(len(n.request)))
		n.method = r.text()
	}
	switch n.Kind {
	case DraftChange, SubmittedChange, ApprovedChange, ReturnedChange:
		n.Key.Unit, n.Key.Form = hierarchy.ID(r.text()), form.Code(r.text())
		n.Key.Period, n.Revision = periodOf(uint32(r.uvarint())), r.number() //nolint:gosec // as it was written
	default:
		n.Name = r.text()
	}
	return n
}

// readNote gives a note; false if there is none.
func (t *Tx) readNote(sequence uint64, place int) (note, bool, error) {
	key := noteKey(sequence, place)
	value, ok, err := t.get(changeBucket, key)
	if err != nil || !ok {
		return note{}, false, err
	}
	r := reader{b: value}
	n := r.note(sequence)
	if !r.done() {
		return note{}, false, changeBucket.damaged(key)
	}
	return n, true, nil
}

// note writes the notes of an entry.
func (t *Tx) note(e *entry.Entry) error {
	for place, c := range changesOf(e) {
		c.Sequence, c.Time, c.Principal = e.Header.Sequence, e.Header.Time, e.Header.Principal
		n := note{Change: c}
		if place == 0 && len(c.Principal)+len(e.Header.Method) <= longestScope {
			n.request, n.method = e.Header.RequestID, e.Header.Method
		}
		key := noteKey(c.Sequence, place)
		if err := t.put(changeBucket, key, n.append(t.memory.value(noteGuess))); err != nil {
			return err
		}
	}
	return nil
}

// noteGuess is how many bytes a note usually takes.
const noteGuess = 128

// changesOf lists what an entry changed; at least one.
func changesOf(e *entry.Entry) []Change {
	switch body := e.Body.(type) {
	case entry.UnitsChanged:
		return []Change{{Kind: UnitsChange, Name: only(body.Units, func(u hierarchy.Unit) string { return string(u.ID) })}}
	case entry.IndicatorsChanged:
		return []Change{{Kind: IndicatorsChange, Name: only(body.Indicators, func(i entry.Indicator) string { return string(i.Code) })}}
	case entry.FormsChanged:
		return []Change{{Kind: FormsChange, Name: only(body.Forms, func(f entry.Form) string { return string(f.Code) })}}
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
	case entry.TokenIssued:
		return []Change{{Kind: AccessChange, Name: body.Token.ID}}
	case entry.TokenRevoked:
		return []Change{{Kind: AccessChange, Name: body.ID}}
	case entry.KeyIntroduced, entry.EntryRedacted, entry.StoreRestored:
		return []Change{{Kind: StoreChange}}
	}
	return []Change{{}}
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
	cursor := t.buckets[changeBucket.at].Cursor()
	for key, value := cursor.Seek(noteKey(after+1, 0)); key != nil && limit > 0; key, value = cursor.Next() {
		raw, err := t.unseal(changeBucket, key, value)
		if err != nil {
			return err
		}
		if len(key) != 12 {
			return changeBucket.damaged(key)
		}
		r := reader{b: raw}
		n := r.note(binary.BigEndian.Uint64(key))
		if !r.done() {
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
