package journaltest

import (
	"testing"

	"github.com/tonghop/tonghop/server/journal"
)

// RunRestored tells what holds of a store that is restored from a backup. restore is called between closing the journal
// and opening it again; it gives the store another id and appends the record as the first entry under it.
func RunRestored(t *testing.T, store func(t *testing.T) (open func() journal.Journal, restore func(journal.Record))) {
	t.Parallel()
	var restore func(journal.Record)
	s := begin(t, func(t *testing.T) (open func() journal.Journal) {
		open, restore = store(t)
		return open
	})
	tellRestored(s, restore)
	if t.Failed() {
		t.Logf("the contract says: %q", restored)
	}
}

// restored are the sentences that RunRestored proves.
var restored = []string{
	"IDAt gives the id that was in force at the entry with this sequence.",
	"At 0 it is the id that the journal was made with, of which FirstHash makes the hash before entry 1; beyond the head it is ID.",
}

// Run tells every case with a store of its own.
func Run(t *testing.T, store Store) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.tell(begin(t, store))
			if t.Failed() {
				t.Logf("the contract says: %q", c.quotes)
			}
		})
	}
}

// promise is one case: what it proves, word for word, and how.
type promise struct {
	name   string
	quotes []string
	tell   func(*story)
}

var cases = []promise{
	{"ID", []string{
		"ID names the journal; it never changes while the journal is open, and only a restore from a backup gives another one.",
	}, tellID},
	{"Head", []string{
		"Head gives the last durable entry.",
		"An entry is at the head before Append returns, and never before it is durable.",
	}, tellHead},
	{"Append", []string{
		"Append writes the records as one group directly after the entry with sequence after.",
		"A nil error means that all of them are durable, with the sequences after+1, after+2, ... in their order, and the new head is returned.",
	}, tellAppend},
	{"AppendConflict", []string{
		"If the head is not at after, nothing is written and the error is a Conflict, HEAD_MOVED.",
	}, tellConflict},
	{"AppendRefusal", []string{
		"Records that Check refuses are Invalid, a full disk is Exhausted, STORE_FULL, and a context that has ended before anything was written gives the error of the context: in these cases too nothing is written, and the journal goes on.",
		"Refused tells them apart.",
	}, tellRefusal},
	{"AppendKeepsNothing", []string{
		"The records are not kept after the call, so that the writer may use their memory again.",
	}, tellMemory},
	{"AppendRace", []string{
		"All methods may be called by many goroutines at once.",
	}, tellRace},
	{"AppendLarge", nil, tellLarge},
	{"Read", []string{
		"Read visits the entries from sequence from (0 means 1) to the head as it was at the call, in order and without a gap.",
		"Every entry is checked against its predecessor before it is visited and the last one against the head, so that a nil error proves the whole stretch; what does not verify is DataLoss, JOURNAL_DAMAGED, and is not visited.",
	}, tellRead},
	{"ReadEnds", []string{
		"An error of visit, or the end of the context, ends the reading and is returned as it is.",
	}, tellReadEnds},
	{"ReadBeyond", []string{
		"Reading from head+1 visits nothing; from beyond it is NotFound, SEQUENCE_AHEAD: the caller has seen another history.",
	}, tellReadBeyond},
	{"ReadAndAppend", []string{
		"The slices of an entry are valid during its visit only.",
		"Visit may append to the journal it reads.",
	}, tellReadAndAppend},
	{"Wait", []string{
		"Wait returns the head as soon as it is beyond after, at once if it is already.",
		"It ends with the context's error, or when the journal is closed or poisoned.",
	}, tellWait},
	{"Close", []string{
		"Close lets go of the journal, once the call of Append under way has ended; calls that wait in Wait are woken.",
		"Every later call of Append, Read and Wait is Unavailable, JOURNAL_CLOSED; ID and Head still answer.",
		"Closing twice is nothing.",
	}, tellClose},
}

// elsewhere are the sentences that only an implementation can prove, by breaking what it stands on. filejournal does so
// in its tests of faults and of damage.
var elsewhere = []string{
	"Journal keeps entries.",
	"The reasons named here are the constants of this package.",
	"After any other error the outcome is unknown: the group may be there after the next start, whole, or not at all.",
	"The journal is then poisoned: it takes no more groups, and every later call of Append, Read and Wait is Unavailable, JOURNAL_POISONED.",
	"Only a new start finds out what is true; nothing is ever synced a second time.",
}
