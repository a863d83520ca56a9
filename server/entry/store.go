package entry

import (
	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/fault"
)

// StoreCreated is the first entry of a journal.
type StoreCreated struct {
	// ProgramVersion is that of the program which made the store.
	ProgramVersion string
}

// KeyIntroduced names the key with which heads are signed from this entry on, until the next one.
type KeyIntroduced struct {
	// VerifierKey is the public key as golang.org/x/mod/sumdb/note writes it.
	VerifierKey string
}

// EntryRedacted removes the private part of an earlier entry, for ever (R36).
type EntryRedacted struct {
	// Sequence is that of the entry whose private part is removed.
	Sequence uint64
	// Reason is what was written about it. It is private: empty once it was itself removed.
	Reason string
}

// StoreRestored is the first entry under a new journal id (R35): everything before it came from a backup.
type StoreRestored struct {
	// OldJournal is the id of the journal that was backed up; OldHead is the last entry of the backup.
	OldJournal [16]byte
	OldHead    Head
	// Known is the last entry that the old journal is known to have had; zero if nothing beyond the backup is known.
	Known Head
	// Journal is the id from this entry on. It stands here so that the chain vouches for it.
	Journal [16]byte
	// ProgramVersion is that of the program which restored the store.
	ProgramVersion string
	// By is who restored it and Reason why. Both are private: empty once they were removed.
	By, Reason string
}

// Head is the place of an entry and the hash of the chain at it.
type Head struct {
	Sequence uint64
	Hash     [32]byte
}

func (StoreCreated) body()  {}
func (KeyIntroduced) body() {}
func (EntryRedacted) body() {}
func (StoreRestored) body() {}

// putStore writes the bodies of this file; false if the body is none of them.
func putStore(e *Entry, m *journalv1.Entry, texts *journalv1.Private) (bool, error) {
	switch b := e.Body.(type) {
	case StoreCreated:
		m.Body = &journalv1.Entry_StoreCreated{StoreCreated: &journalv1.StoreCreated{ProgramVersion: b.ProgramVersion}}
	case KeyIntroduced:
		m.Body = &journalv1.Entry_KeyIntroduced{KeyIntroduced: &journalv1.KeyIntroduced{VerifierKey: b.VerifierKey}}
	case EntryRedacted:
		if b.Sequence == 0 || b.Sequence >= e.Header.Sequence {
			return true, fault.Internal(nil, "entry %d cannot remove the private part of entry %d", e.Header.Sequence, b.Sequence)
		}
		texts.Reason = b.Reason
		m.Body = &journalv1.Entry_EntryRedacted{EntryRedacted: &journalv1.EntryRedacted{Sequence: b.Sequence}}
	case StoreRestored:
		if (b.Known.Sequence == 0) != (b.Known.Hash == [32]byte{}) {
			return true, fault.Internal(nil, "entry %d names entry %d as the last one known, with the hash %x",
				e.Header.Sequence, b.Known.Sequence, b.Known.Hash)
		}
		if b.Journal == ([16]byte{}) || b.Journal == b.OldJournal {
			return true, fault.Internal(nil, "entry %d gives the restored journal %x the id %x", e.Header.Sequence, b.OldJournal, b.Journal)
		}
		texts.Reason, texts.DisplayName = b.Reason, b.By
		restored := &journalv1.StoreRestored{
			OldJournalId: b.OldJournal[:], Sequence: b.OldHead.Sequence, ChainHash: b.OldHead.Hash[:],
			KnownSequence: b.Known.Sequence, ProgramVersion: b.ProgramVersion, JournalId: b.Journal[:],
		}
		if b.Known.Sequence != 0 {
			restored.KnownHash = b.Known.Hash[:]
		}
		m.Body = &journalv1.Entry_StoreRestored{StoreRestored: restored}
	default:
		return false, nil
	}
	return true, nil
}

func redactedOf(m *journalv1.EntryRedacted, reason string) (Body, error) {
	if m.GetSequence() == 0 {
		return nil, damaged("it removes the private part of no entry")
	}
	return EntryRedacted{Sequence: m.GetSequence(), Reason: reason}, known(m)
}

func restoredOf(m *journalv1.StoreRestored, texts *journalv1.Private) (Body, error) {
	b := StoreRestored{
		OldHead: Head{Sequence: m.GetSequence()}, Known: Head{Sequence: m.GetKnownSequence()},
		ProgramVersion: m.GetProgramVersion(), By: texts.GetDisplayName(), Reason: texts.GetReason(),
	}
	for _, part := range []struct {
		what     string
		to, from []byte
		absent   bool
	}{
		{"old journal id", b.OldJournal[:], m.GetOldJournalId(), false},
		{"new journal id", b.Journal[:], m.GetJournalId(), false},
		{"chain hash", b.OldHead.Hash[:], m.GetChainHash(), false},
		{"last known hash", b.Known.Hash[:], m.GetKnownHash(), b.Known.Sequence == 0},
	} {
		if part.absent && len(part.from) == 0 {
			continue
		}
		if part.absent || len(part.from) != len(part.to) {
			return nil, damaged("the %s of a restored store has %d bytes", part.what, len(part.from))
		}
		copy(part.to, part.from)
	}
	if (b.Known.Sequence == 0) != (b.Known.Hash == [32]byte{}) {
		return nil, damaged("the last entry known is %d, with the hash %x", b.Known.Sequence, b.Known.Hash)
	}
	if b.Journal == ([16]byte{}) || b.Journal == b.OldJournal {
		return nil, damaged("the id of the restored journal is %x, and that of the old one %x", b.Journal, b.OldJournal)
	}
	return b, known(m)
}
