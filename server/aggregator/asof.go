package aggregator

import (
	"errors"
	"maps"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/tonghop/tonghop/server/fault"
)

// The state as of an earlier entry (R30). Versions carry the sequences of their entries and are never removed, so a
// transaction as of a sequence passes over whatever is of a later one: it takes the tree, the catalogue and the forms from
// the versions up to it, and tells from the story of each revision which one was in force. Rows of roll-ups are of now
// alone; as of then everything is made from reports, by the code that Contributions uses.

// asOf is the entry as of which a transaction looks.
type asOf struct {
	sequence uint64
	time     time.Time
	// reports is how many reports may still be read for roll-ups, contributions how many units may still be looked at.
	reports, contributions int
}

// Limits of what is asked as of an earlier entry in one transaction.
const (
	// MaxReportsAsOf is how many reports roll-ups may be made of.
	MaxReportsAsOf = 2000
	// maxContributionsAsOf is after how many contributions of units an answer has taken its time.
	maxContributionsAsOf = 20_000
)

// errReportsSpent says that a roll-up takes more reports than may be read.
var errReportsSpent = errors.New("too many reports for one answer")

// AsOf gives the state as the entry of that sequence left it, within this transaction and as long as it lasts. The entry
// must have been applied and not be 0. What it gives is what the transaction would have given after that entry, but for
// Position, which stays where it is, for tokens and request ids, which are those of now, and for texts that were removed
// since.
func (t *Tx) AsOf(sequence uint64) (*Tx, error) {
	if sequence == 0 || sequence > t.position.Head.Sequence {
		return nil, fault.Internal(nil, "a state as of entry %d of %d was asked for", sequence, t.position.Head.Sequence)
	}
	_, at, err := t.made(sequence)
	if err != nil {
		return nil, err
	}
	then := newTx(t.store, t.btx)
	// The names that the open group gave numbers to stand in no other place yet.
	then.position, then.ledger, then.memory, then.named = t.position, t.ledger, newMemory(), t.named
	then.asOf = &asOf{sequence: sequence, time: at, reports: MaxReportsAsOf, contributions: maxContributionsAsOf}
	then.snap, err = t.pastSnapshots().get(t, then)
	return then, err
}

// Moment gives the entry as of which the transaction looks and when it was accepted; false where that is the present.
func (t *Tx) Moment() (sequence uint64, at time.Time, ok bool) {
	if t.asOf == nil {
		return 0, time.Time{}, false
	}
	return t.asOf.sequence, t.asOf.time, true
}

// Tired says that an answer as of an earlier entry has taken its time, and what is left is for another one.
func (t *Tx) Tired() bool { return t.asOf != nil && t.asOf.contributions < 0 }

// knows says whether what an entry did is part of the state.
func (t *Tx) knows(sequence uint64) bool { return t.asOf == nil || sequence <= t.asOf.sequence }

// SequenceAt gives the last entry accepted at or before an instant; 0 if the first one came later. Entries carry rising
// times (R41) and each has a note, so it is found in about twenty steps for a million entries.
func (t *Tx) SequenceAt(instant time.Time) (uint64, error) {
	var failed error
	last := sort.Search(int(t.position.Head.Sequence), func(n int) bool { //nolint:gosec // they fit on a disk
		if failed != nil {
			return true
		}
		_, at, err := t.made(uint64(n) + 1) //nolint:gosec // not negative
		failed = err
		return at.After(instant)
	})
	return uint64(last), failed //nolint:gosec // not negative
}

// pastSnapshots keeps the last few snapshots that were asked for as of an earlier entry.
type pastSnapshots struct {
	mu sync.Mutex
	// defined are the entries that changed the tree, the catalogue, the forms or whatever else is in a snapshot, ascending.
	defined []uint64
	// kept are the last that were used, the newest use last.
	kept []*snapshot
}

// keptPast is how many of them are kept. One of a whole country takes some ten MB.
const keptPast = 4

// pastSnapshots gives those of the store. What is not committed may yet be another entry under the same sequence, so nothing
// is kept of it.
func (t *Tx) pastSnapshots() *pastSnapshots {
	p := &t.store.past
	if !t.writing {
		return p
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return &pastSnapshots{defined: slices.Concat(p.defined, t.defined)}
}

// add takes in further entries before the commit that they belong to, so that no reader can begin after it and not find
// them; withdraw takes them back where the commit failed.
func (p *pastSnapshots) add(defined []uint64) (withdraw func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.defined
	p.defined = append(before[:len(before):len(before)], defined...)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.defined = before
	}
}

// since gives the last entry up to a sequence that changed anything; 0 if none did.
func (p *pastSnapshots) since(sequence uint64) uint64 {
	n := sort.Search(len(p.defined), func(i int) bool { return p.defined[i] > sequence })
	if n == 0 {
		return 0
	}
	return p.defined[n-1]
}

// get gives the snapshot that was in force as of the moment of then, which is within t. It is made of all versions up to
// that, once.
func (p *pastSnapshots) get(t, then *Tx) (*snapshot, error) {
	if t.snap.since <= then.asOf.sequence {
		return t.snap, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	since := p.since(then.asOf.sequence)
	if since == p.since(t.position.Head.Sequence) {
		return t.snap, nil
	}
	if at := slices.IndexFunc(p.kept, func(s *snapshot) bool { return s.since == since }); at >= 0 {
		known := p.kept[at]
		p.kept = append(slices.Delete(p.kept, at, at+1), known)
		return known, nil
	}
	made, err := then.readSnapshot()
	if err != nil {
		return nil, err
	}
	made.since, made.past = since, true
	if len(p.kept) >= keptPast {
		p.kept = slices.Delete(p.kept, 0, 1)
	}
	p.kept = append(p.kept, made)
	return made, nil
}

// define notes that the entry that was applied changed the snapshot, if it did.
func (t *Tx) define(before *snapshot) {
	if t.snap != before {
		t.defined = append(t.defined, t.position.Head.Sequence)
	}
}

// rewind makes of a record what it was as of the moment; false if there was none. Its revisions are all at hand.
func (t *Tx) rewind(k reportKey, rec *record) (record, bool, error) {
	then := record{deadline: rec.deadline}
	replaced := map[int]time.Time{}
	err := t.eachHeld(k, rec, func(h *held) error {
		words, _, ok := h.split()
		r := reader{b: words}
		s := r.story()
		if !ok || !r.done() {
			return reportBucket.damaged(k.append(nil))
		}
		if s.redated {
			replaced[h.number] = s.deadline
		}
		if t.knows(s.made) {
			then.held = append(then.held, held{number: h.number, state: s.stateAsOf(t.asOf.sequence, h.state), body: h.body})
		}
		return nil
	})
	if err != nil {
		return record{}, false, err
	}
	for _, sequence := range rec.exclusions {
		if t.knows(sequence) {
			then.exclusions = append(then.exclusions, sequence)
		}
	}
	slices.SortFunc(then.held, func(a, b held) int { return a.number - b.number })
	for i := range then.held {
		then.note(&then.held[i])
	}
	then.late = then.sent && rec.late
	if at := slices.Sorted(maps.Keys(replaced)); len(at) > 0 {
		if n, _ := slices.BinarySearch(at, then.count); n < len(at) {
			then.deadline = replaced[at[n]]
		}
	}
	if len(then.held) == 0 {
		then.deadline = time.Time{} // it came with the first revision, where nothing but an exclusion was
	}
	return then, len(then.held)+len(then.exclusions) > 0, nil
}

// eachHeld visits every revision of a report with its body, in no order.
func (t *Tx) eachHeld(k reportKey, rec *record, visit func(*held) error) error {
	apart := rec.count > len(rec.held)
	for i := range rec.held {
		h := &rec.held[i]
		if h.apart {
			apart = true
			continue
		}
		if err := visit(h); err != nil {
			return err
		}
	}
	if !apart {
		return nil
	}
	return t.eachApart(k, visit)
}

// note takes in what a revision, which is the newest so far, says about its report.
func (r *record) note(h *held) {
	r.count = h.number
	r.sent = r.sent || h.state != Draft
	switch h.state {
	case Approved:
		r.official = h.number
	case Submitted:
		r.waiting = h.number
	case Draft, Returned, Superseded:
	}
}

// stateAsOf gives the state that a revision had as of an entry; a draft stays one for ever.
func (s *story) stateAsOf(sequence uint64, now RevisionState) RevisionState {
	happened := func(at uint64) bool { return at != 0 && at <= sequence }
	switch {
	case now == Draft:
		return Draft
	case happened(s.superseded):
		return Superseded
	case happened(s.returned):
		return Returned
	case happened(s.approved):
		return Approved
	}
	return Submitted
}

// rewindStory takes out of a story what came later.
func (t *Tx) rewindStory(s *story) {
	for _, at := range [...]*uint64{&s.approved, &s.returned, &s.superseded} {
		if !t.knows(*at) {
			*at = 0
		}
	}
}

// IsSpent says of an error that an answer as of an earlier entry takes more reports than may be read for it.
func IsSpent(err error) bool { return errors.Is(err, errReportsSpent) }

// spent turns the failure of a roll-up that takes too many reports into what the caller is told.
func (t *Tx) spent(q Query, err error) error {
	if !errors.Is(err, errReportsSpent) {
		return err
	}
	return fault.Exhausted("AS_OF_TOO_LARGE",
		"the roll-up of indicator %s for unit %s in %s as of entry %d takes more than %d reports, the limit of one answer; "+
			"ask for the units below it one by one, or for a shorter period",
		q.Indicator, q.Unit, q.Period, t.asOf.sequence, MaxReportsAsOf).
		With("indicator", q.Indicator).With("unit", q.Unit).With("period", q.Period.String()).
		With("sequence", t.asOf.sequence).With("limit", MaxReportsAsOf).In("units")
}
