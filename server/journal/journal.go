package journal

import "context"

// Head is the end of a journal: the sequence of the last entry and its hash. An empty journal has the head
// {0, FirstHash(id)}.
type Head struct {
	Sequence uint64
	Hash     Hash
}

// Record is what a writer hands over to become an entry.
type Record struct {
	// Public is hashed and kept for ever; it is never empty.
	Public []byte
	// Salt is 16 random bytes where there is a private part, and is ignored where there is none.
	Salt [16]byte
	// Private is what may be removed later; empty means that the entry has no private part.
	Private []byte
}

// Entry is one entry as it is stored. Its byte slices are borrowed: see Journal.Read.
type Entry struct {
	Sequence uint64
	Public   []byte
	// PrivateHash is zero where the entry never had a private part.
	PrivateHash Hash
	// Salt and Private are empty where there is no private part or it was removed.
	Salt    [16]byte
	Private []byte
	// Removed says that there was a private part and that it was removed; PrivateHash still stands.
	Removed bool
	Hash    Hash
}

// Journal keeps entries. All methods may be called by many goroutines at once. The reasons named here are the constants
// of this package.
type Journal interface {
	// ID names the journal; it never changes while the journal is open, and only a restore from a backup gives another one.
	ID() ID

	// IDAt gives the id that was in force at the entry with this sequence. At 0 it is the id that the journal was made
	// with, of which FirstHash makes the hash before entry 1; beyond the head it is ID.
	IDAt(sequence uint64) ID

	// Head gives the last durable entry. An entry is at the head before Append returns, and never before it is durable.
	Head() Head

	// Append writes the records as one group directly after the entry with sequence after.
	//
	// A nil error means that all of them are durable, with the sequences after+1, after+2, ... in their order, and the
	// new head is returned. If the head is not at after, nothing is written and the error is a Conflict, HEAD_MOVED.
	// Records that Check refuses are Invalid, a full disk is Exhausted, STORE_FULL, and a context that has ended before
	// anything was written gives the error of the context: in these cases too nothing is written, and the journal goes
	// on. Refused tells them apart.
	//
	// After any other error the outcome is unknown: the group may be there after the next start, whole, or not at all.
	// The journal is then poisoned: it takes no more groups, and every later call of Append, Read and Wait is
	// Unavailable, JOURNAL_POISONED. Only a new start finds out what is true; nothing is ever synced a second time.
	//
	// The records are not kept after the call, so that the writer may use their memory again.
	Append(ctx context.Context, after uint64, records []Record) (Head, error)

	// Read visits the entries from sequence from (0 means 1) to the head as it was at the call, in order and without a
	// gap. Every entry is checked against its predecessor before it is visited and the last one against the head, so
	// that a nil error proves the whole stretch; what does not verify is DataLoss, JOURNAL_DAMAGED, and is not visited.
	//
	// An error of visit, or the end of the context, ends the reading and is returned as it is. Reading from head+1
	// visits nothing; from beyond it is NotFound, SEQUENCE_AHEAD: the caller has seen another history.
	//
	// The slices of an entry are valid during its visit only. Visit may append to the journal it reads.
	Read(ctx context.Context, from uint64, visit func(Entry) error) error

	// Wait returns the head as soon as it is beyond after, at once if it is already. It ends with the context's error,
	// or when the journal is closed or poisoned.
	Wait(ctx context.Context, after uint64) (Head, error)

	// Close lets go of the journal, once the call of Append under way has ended; calls that wait in Wait are woken.
	// Every later call of Append, Read and Wait is Unavailable, JOURNAL_CLOSED; ID and Head still answer. Closing twice
	// is nothing.
	Close() error
}
