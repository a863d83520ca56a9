package verify

import (
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/journal"
)

// identity follows the id of a journal from entry to entry. The chain does not cover the id that is stored beside it; the
// first entry after a restore does, and names what was restored.
type identity struct {
	journal journal.Journal
	id      journal.ID
	before  journal.Head
}

func newIdentity(j journal.Journal) *identity {
	first := j.IDAt(0)
	return &identity{journal: j, id: first, before: journal.Head{Hash: journal.FirstHash(first)}}
}

// next takes an entry and gives what is unsound about its place; decoded is nil if the entry could not be read.
func (i *identity) next(e journal.Entry, decoded entry.Body, find func(format string, args ...any)) {
	if restored, ok := decoded.(entry.StoreRestored); ok {
		old := journal.Head{Sequence: restored.OldHead.Sequence, Hash: restored.OldHead.Hash}
		if journal.ID(restored.OldJournal) != i.id || old != i.before {
			find("entry %d says that it follows entry %d, hash %s, of journal %s; it follows entry %d, hash %s, of journal %s", e.Sequence,
				old.Sequence, old.Hash, journal.ID(restored.OldJournal), i.before.Sequence, i.before.Hash, i.id)
		}
		i.id = restored.Journal
	}
	if here := i.journal.IDAt(e.Sequence); here != i.id {
		find("entry %d stands under the journal id %s, and by what the entries say the id is %s", e.Sequence, here, i.id)
		i.id = here // said once
	}
	i.before = journal.Head{Sequence: e.Sequence, Hash: e.Hash}
}
