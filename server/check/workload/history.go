//go:build unix

package workload

import (
	"fmt"
	"sync"

	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// Kind is what an attempt asks for.
type Kind uint8

// The kinds.
const (
	Submission Kind = iota + 1
	Batch
	Stream
	Approval
	Return
)

// String is the word for people.
func (k Kind) String() string {
	return [...]string{"nothing", "submission", "batch", "stream", "approval", "return"}[k]
}

// Outcome is what is known of one item of an attempt.
type Outcome uint8

// The outcomes.
const (
	// Unknown may have been accepted or not; so is everything that was not answered yet.
	Unknown Outcome = iota
	// Acknowledged has a receipt.
	Acknowledged
	// Refused was not accepted, and never will be under its request id.
	Refused
)

// String is the word for people.
func (o Outcome) String() string { return [...]string{"unknown", "acknowledged", "refused"}[o] }

// Attempt is one request on the line.
type Attempt struct {
	// ID is its request id, or the id of a stream.
	ID   string
	Kind Kind
	// JSON says that it goes through the gateway.
	JSON bool
	// Atomic says of a batch that it is all or none.
	Atomic bool
	// Principal is who sends it.
	Principal string
	// Items are what it asks for, one for each report.
	Items []Item

	sender  *person
	request proto.Message // of a stream a batch with its submissions
}

// Item is what an attempt asks for one report.
type Item struct {
	Report Report
	// Serial is the number that no other item has.
	Serial int64
	// Figures of a submission, in the order of the indicators; nil for a review.
	Figures []Figure
	// Seen is the revision that the sender had seen, 0 for none.
	Seen int
	// Outcome says what is known; Revision, Sequence and Hash are of the receipt, Reason is of the refusal.
	Outcome  Outcome
	Revision int
	Sequence int64
	Hash     string
	Reason   string
	// Replayed says that the receipt is of an earlier sending.
	Replayed bool

	acked Mark // when it was acknowledged, 0 if it was not
}

// Figure is one figure, as its texts. A number that is not there is empty.
type Figure struct {
	// State is empty for a number, "-" for one that is not available, "x" for one that does not apply.
	State                         string
	Value, Numerator, Denominator string
}

// String is the figure in one word.
func (f Figure) String() string {
	switch {
	case f.State != "":
		return f.State
	case f.Numerator != "" || f.Denominator != "":
		return f.Numerator + "/" + f.Denominator
	}
	return f.Value
}

// Mark is a point in the history: everything that was acknowledged before it.
type Mark int64

// history is the record.
type history struct {
	mu       sync.Mutex
	attempts []*Attempt
	bySerial map[int64]place
	known    map[Report]*known
	// count is the number of acknowledged items, serial the last number given.
	count  Mark
	serial int64
	// head is the greatest acknowledged sequence.
	head int64
	// made are the changes of the tree that were sent, in their order; at most the last of them is of unknown outcome.
	made []madeReform
}

// madeReform is a change of the tree that was sent.
type madeReform struct {
	id       string
	sequence int64 // of the receipt, 0 if there is none yet
	acked    Mark
}

// place is where an item stands in the record.
type place struct {
	attempt *Attempt
	item    int
}

// known is what every later reader of a report must see.
type known struct {
	// revision and approved are the greatest acknowledged ones.
	revision, approved int
	// returns says that somebody tried to send a revision back, so that what was approved may be gone.
	returns bool
}

func newHistory() *history {
	return &history{bySerial: map[int64]place{}, known: map[Report]*known{}}
}

// next gives a serial number.
func (h *history) next() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.serial++
	return h.serial
}

// record notes an attempt before it is sent.
func (h *history) record(a *Attempt) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.attempts = append(h.attempts, a)
	for i := range a.Items {
		item := &a.Items[i]
		h.bySerial[item.Serial] = place{attempt: a, item: i}
		if a.Kind == Return {
			h.of(item.Report).returns = true
		}
	}
}

// of gives what is known of a report, to be changed under the lock.
func (h *history) of(r Report) *known {
	k, ok := h.known[r]
	if !ok {
		k = &known{}
		h.known[r] = k
	}
	return k
}

// answer is what the server said of one item.
type answer struct {
	outcome Outcome
	receipt *reportingv1.Receipt
	reason  string
}

// note notes the answer to one item.
func (h *history) note(a *Attempt, i int, said answer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	item := &a.Items[i]
	if item.Outcome = said.outcome; said.outcome != Acknowledged {
		item.Reason = said.reason
		return
	}
	item.Revision, item.Sequence = int(said.receipt.GetRevision()), said.receipt.GetSequence()
	item.Hash, item.Reason, item.Replayed = said.receipt.GetEntryHash(), "", said.receipt.GetReplayed()
	h.count++
	item.acked = h.count
	h.head = max(h.head, item.Sequence)
	k := h.of(item.Report)
	switch {
	case item.Figures != nil:
		k.revision = max(k.revision, item.Revision)
	case a.Kind == Approval:
		k.approved = max(k.approved, item.Revision)
	}
}

// Mark gives the present point in the history.
func (h *history) Mark() Mark {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count
}

// Attempts gives a copy of the record, in the order of sending.
func (h *history) Attempts() []Attempt {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]Attempt, len(h.attempts))
	for i, a := range h.attempts {
		list[i] = *a
		list[i].Items = append([]Item(nil), a.Items...)
	}
	return list
}

// Rewind says that the store went back: what was acknowledged after the mark is of unknown outcome from now on, and
// readers need not see it.
func (h *history) Rewind(to Mark) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.head, h.known = 0, map[Report]*known{}
	for i := range h.made {
		if r := &h.made[i]; r.acked > to {
			r.sequence, r.acked = 0, 0
		}
	}
	for _, a := range h.attempts {
		for i := range a.Items {
			item, k := &a.Items[i], h.of(a.Items[i].Report)
			k.returns = k.returns || a.Kind == Return
			if item.acked > to {
				item.Outcome, item.acked, item.Revision, item.Sequence, item.Hash = Unknown, 0, 0, 0, ""
			}
			if item.Outcome != Acknowledged {
				continue
			}
			h.head = max(h.head, item.Sequence)
			switch {
			case item.Figures != nil:
				k.revision = max(k.revision, item.Revision)
			case a.Kind == Approval:
				k.approved = max(k.approved, item.Revision)
			}
		}
	}
}

// tell names an item for people.
func (a *Attempt) tell(i int) string {
	item := &a.Items[i]
	door := ""
	if a.JSON {
		door = " as JSON"
	}
	text := fmt.Sprintf("%s%s %s of %s by %s, serial %d, %s", a.Kind, door, a.ID, item.Report, a.Principal, item.Serial, item.Outcome)
	if item.Outcome == Acknowledged {
		text += fmt.Sprintf(" at %d as revision %d", item.Sequence, item.Revision)
	}
	if item.Reason != "" {
		text += " (" + item.Reason + ")"
	}
	return text
}
