package aggregator

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// reportKey names a report inside this room.
type reportKey struct {
	form   uint16
	period uint32 // see periodCode
	unit   uint32
}

// reportKeyBytes is the length of a report's key.
const reportKeyBytes = 10

func (k reportKey) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, k.form)
	b = binary.BigEndian.AppendUint32(b, k.period)
	return binary.BigEndian.AppendUint32(b, k.unit)
}

func reportKeyOf(b []byte) reportKey {
	return reportKey{form: binary.BigEndian.Uint16(b), period: binary.BigEndian.Uint32(b[2:]), unit: binary.BigEndian.Uint32(b[6:])}
}

func (k reportKey) base() period.Period { return periodOf(k.period) }

// record is what the bucket reports holds for one report.
type record struct {
	deadline time.Time
	late     bool
	// sent says that something other than a draft has come.
	sent bool
	// official is the approved revision, waiting the submitted one; 0 if there is none.
	official, waiting int
	// count is the greatest number of a revision.
	count int
	// exclusions are the entries that took the obligation out and made it one again, by turns.
	exclusions []uint64
	// held are the revisions in ascending order, but for those that were laid by whole: they are in the bucket revisions.
	held []held
}

// held is one revision in its record.
type held struct {
	number int
	state  RevisionState
	// apart says that the bytes are in the bucket revisions.
	apart bool
	// body is the story and the figures; nil where it is apart and was not loaded.
	body []byte
	// stale says that what is apart is not what stands here.
	stale bool
}

// excluded says that the obligation is taken out: then no revision is in force (R11).
func (r *record) excluded() bool { return len(r.exclusions)%2 == 1 }

// provisional is the newest revision that was sent or approved and not returned (R23).
func (r *record) provisional() int { return max(r.official, r.waiting) }

func (r *record) find(number int) *held {
	for i := range r.held {
		if r.held[i].number == number {
			return &r.held[i]
		}
	}
	return nil
}

// live says whether a revision may still change or counts, so that its record keeps it in view.
func (r *record) live(h *held) bool {
	return h.number == r.official || h.number == r.waiting || h.number == r.count
}

// The bits of a record's first byte, and of a revision's state.
const (
	recordLate   = 1 << 0
	recordSent   = 1 << 1
	recordTaken  = 1 << 2 // the obligation was taken out once
	apartBit     = 1 << 7
	stateOfByte  = apartBit - 1
	spillAt      = 16 << 10 // records longer than this lay old revisions by
	revisionHead = 8        // a guess at the bytes around a body
)

func (r *record) append(b []byte) []byte {
	b = append(b, bit(r.late, recordLate)|bit(r.sent, recordSent)|bit(len(r.exclusions) > 0, recordTaken))
	b = appendTime(b, r.deadline)
	if len(r.exclusions) > 0 {
		b = appendUvarints(binary.AppendUvarint(b, uint64(len(r.exclusions))), r.exclusions...)
	}
	b = appendUvarints(b, uint64(r.official), uint64(r.waiting), uint64(r.count), uint64(len(r.held))) //nolint:gosec // not negative
	for i := range r.held {
		h := &r.held[i]
		b = binary.AppendUvarint(b, uint64(h.number)) //nolint:gosec // not negative
		b = append(b, byte(h.state)|bit(h.apart, apartBit))
		if !h.apart {
			b = appendText(b, h.body)
		}
	}
	return b
}

// decodeRecord reads a record. Its bodies are slices of the value, so they live as long as the transaction.
func decodeRecord(value []byte, held []held) (record, bool) {
	r := reader{b: value}
	flags := r.byte()
	rec := record{late: flags&recordLate != 0, sent: flags&recordSent != 0, deadline: r.time(), held: held[:0]}
	if flags&recordTaken != 0 {
		for n := r.number(); n > 0 && !r.bad; n-- {
			rec.exclusions = append(rec.exclusions, r.uvarint())
		}
	}
	rec.official, rec.waiting, rec.count = r.number(), r.number(), r.number()
	for n := r.number(); n > 0 && !r.bad; n-- {
		h := heldOf(&r)
		rec.held = append(rec.held, h)
	}
	return rec, r.done()
}

func heldOf(r *reader) held {
	h := held{number: r.number()}
	state := r.byte()
	h.state, h.apart = RevisionState(state&stateOfByte), state&apartBit != 0
	if !h.apart {
		h.body = r.bytes()
	}
	return h
}

// story is what a revision's body says besides its figures: the entries that made it what it is, whose notes say who did it
// and when. The sequences make it possible to tell what was in force at any earlier entry (R30).
type story struct {
	made                           uint64
	merged, onBehalf               bool
	actingFor                      hierarchy.ID
	restoredFrom                   int
	approved, returned, superseded uint64
	// redated says that the next draft came with another deadline for the report than this one, which is kept here.
	redated  bool
	deadline time.Time
}

// The bits that announce the parts of a story.
const (
	storyMerged = 1 << iota
	storyActingFor
	storyApproved
	storyReturned
	storySuperseded
	storyRedated
	storyOnBehalf
	storyRestored
)

func (s *story) append(b []byte) []byte {
	b = append(b, bit(s.merged, storyMerged)|bit(s.actingFor != "", storyActingFor)|bit(s.approved != 0, storyApproved)|
		bit(s.returned != 0, storyReturned)|bit(s.superseded != 0, storySuperseded)|bit(s.redated, storyRedated)|
		bit(s.onBehalf, storyOnBehalf)|bit(s.restoredFrom != 0, storyRestored))
	b = binary.AppendUvarint(b, s.made)
	if s.actingFor != "" {
		b = appendText(b, s.actingFor)
	}
	for _, sequence := range [...]uint64{s.approved, s.returned, s.superseded} {
		if sequence != 0 {
			b = binary.AppendUvarint(b, sequence)
		}
	}
	if s.redated {
		b = appendTime(b, s.deadline)
	}
	if s.restoredFrom != 0 {
		b = binary.AppendUvarint(b, uint64(s.restoredFrom)) //nolint:gosec // not negative
	}
	return b
}

func (r *reader) story() story {
	flags := r.byte()
	s := story{merged: flags&storyMerged != 0, onBehalf: flags&storyOnBehalf != 0, made: r.uvarint()}
	if flags&storyActingFor != 0 {
		s.actingFor = hierarchy.ID(r.text())
	}
	if flags&storyApproved != 0 {
		s.approved = r.uvarint()
	}
	if flags&storyReturned != 0 {
		s.returned = r.uvarint()
	}
	if flags&storySuperseded != 0 {
		s.superseded = r.uvarint()
	}
	if s.redated = flags&storyRedated != 0; s.redated {
		s.deadline = r.time()
	}
	if flags&storyRestored != 0 {
		s.restoredFrom = r.number()
	}
	return s
}

// bodyOf makes the bytes of a revision: its story with its length, then the figures, in runs as in the journal.
func bodyOf(b []byte, s *story, figures []byte) []byte {
	start := len(b)
	b = s.append(b)
	length := binary.AppendUvarint(nil, uint64(len(b)-start)) //nolint:gosec // not negative
	return append(slices.Insert(b, start, length...), figures...)
}

// split parts a body into its story and its figures.
func (h *held) split() (words, figures []byte, ok bool) {
	r := reader{b: h.body}
	words = r.bytes()
	return words, r.b, !r.bad
}

// bare gives a held revision without its texts, and what its body says besides its figures.
func (t *Tx) bare(k reportKey, h *held) (Revision, story, error) {
	words, figures, ok := h.split()
	sr, fr := reader{b: words}, reader{b: figures}
	s := sr.story()
	t.rewindStory(&s)
	rev := Revision{
		Number: h.number, State: h.state, Figures: fr.figures(), Sequence: s.made, Merged: s.merged, ActingFor: s.actingFor,
		OnBehalf: s.onBehalf, RestoredFrom: s.restoredFrom, ApprovedIn: s.approved, ReturnedIn: s.returned,
	}
	if !ok || !sr.done() || !fr.done() {
		return Revision{}, story{}, revisionBucket.damaged(revisionKey(k, h.number))
	}
	var err error
	if rev.Principal, rev.Time, err = t.made(s.made); err != nil {
		return Revision{}, story{}, err
	}
	if reviewed := cmp.Or(s.returned, s.approved); reviewed != 0 {
		rev.Reviewer, rev.ReviewTime, err = t.made(reviewed)
	}
	return rev, s, err
}

// submissionBody makes the body of a new revision.
func submissionBody(b []byte, h *entry.Header, s *entry.Submission) []byte {
	words := story{made: h.Sequence, merged: s.Merged, actingFor: s.ActingFor, onBehalf: s.OnBehalf, restoredFrom: s.RestoredFrom}
	return entry.AppendRuns(bodyOf(b, &words, nil), s.Figures)
}
