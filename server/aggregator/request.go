package aggregator

import (
	"encoding/binary"
	"time"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
)

// RequestRecord says what became of a request id.
type RequestRecord struct {
	// Sequence is that of the entry that the request made.
	Sequence uint64
	hash     [hashKept]byte
}

// hashKept is how much of the hash of a request is kept here, beside the 16 bytes of its id; the journal keeps all of it. It
// tells whether a caller uses his own id for another request by mistake, and half of a SHA-256 does so: that two of his
// requests agree in it would take him 2^64 trials, and he would have deceived himself.
const hashKept = 16

// Is says whether a request with this hash made the entry.
func (r RequestRecord) Is(hash [32]byte) bool { return r.hash == [hashKept]byte(hash[:hashKept]) }

// Memory is how long request ids are remembered, counted in the time of entries (R37).
const Memory = 400 * 24 * time.Hour

// requestKey begins with the id, so that ids that were made in the order of time lie together, and goes on with whom and
// what it is scoped to.
func (t *Tx) requestKey(b []byte, principal, method string, id [16]byte) []byte {
	b = append(b, id[:]...)
	return t.appendName(t.appendName(b, principal), method)
}

// longestScope is how many bytes principal and method may have together. What is longer no caller ever had.
const longestScope = 1024

// Request looks for a request among those accepted in the last 400 days.
func (t *Tx) Request(principal, method string, id [16]byte) (RequestRecord, bool, error) {
	if len(principal)+len(method) > longestScope {
		return RequestRecord{}, false, nil
	}
	// A name that no entry had has no number, and is spelled out: under such a key nothing is found.
	key := t.requestKey(nil, principal, method, id)
	value, ok, err := t.get(requestBucket, key)
	if err != nil || !ok {
		return RequestRecord{}, false, err
	}
	r := reader{b: value}
	record := RequestRecord{Sequence: r.uvarint()}
	copy(record.hash[:], r.take(hashKept))
	if !r.done() {
		return RequestRecord{}, false, requestBucket.damaged(key)
	}
	return record, true, nil
}

// remember keeps the request id of an entry.
func (t *Tx) remember(h *entry.Header) error {
	if h.RequestID == [16]byte{} || len(h.Principal)+len(h.Method) > longestScope {
		return nil
	}
	key := t.requestKey(t.memory.key[:0], h.Principal, h.Method, h.RequestID)
	t.memory.key = key
	value := binary.AppendUvarint(t.memory.value(binary.MaxVarintLen64+hashKept), h.Sequence)
	return t.put(requestBucket, key, append(value, h.RequestHash[:hashKept]...))
}

// forget drops the request ids of entries older than 400 days before now, the time of the entry that is applied: so
// live and replayed states agree. The notes of changes tell in their order which ids there were.
func (t *Tx) forget(now time.Time) error {
	bound := now.Add(-Memory)
	for t.ledger.forgotten+1 < t.position.Head.Sequence {
		if at, known := t.memory.oldest(t.ledger.forgotten + 1); known && !at.Before(bound) {
			return nil
		}
		n, ok, err := t.readNote(t.ledger.forgotten + 1)
		if err != nil {
			return err
		}
		if !ok {
			return fault.DataLoss(ReasonDamaged, "the note of entry %d is not there; rebuild the state from its journal", t.ledger.forgotten+1)
		}
		if !n.Time.Before(bound) {
			t.memory.oldestAt, t.memory.oldestTime = n.Sequence, n.Time
			return nil
		}
		if n.request != [16]byte{} {
			// An id that was used again has the later entry's record, which is not forgotten yet.
			key := t.requestKey(nil, n.Principal, n.method, n.request)
			record, known, err := t.Request(n.Principal, n.method, n.request)
			if err != nil {
				return err
			}
			if known && record.Sequence == n.Sequence {
				if err := t.remove(requestBucket, key); err != nil {
					return err
				}
			}
		}
		t.ledger.forgotten++
	}
	return nil
}

// oldest gives the time of the entry that will be forgotten next, if it is the one asked about.
func (m *memory) oldest(sequence uint64) (time.Time, bool) {
	return m.oldestTime, m.oldestAt == sequence
}
