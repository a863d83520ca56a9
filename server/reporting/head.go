package reporting

import (
	"context"
	"errors"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/head"
	"github.com/tonghop/tonghop/server/journal"
)

// SignedHead is a head of the chain with a signature.
type SignedHead struct {
	head.Head
	// Note is the signed text, VerifierKey the key that verifies it.
	Note, VerifierKey string
	Stamp             Stamp
}

// GetSignedHead signs the head at an entry, the last one for 0; every token may ask. A journal that is named must be the
// one that held the entry, or the one that is here.
func (s *Service) GetSignedHead(ctx context.Context, caller auth.Caller, sequence uint64, of *journal.ID) (SignedHead, error) {
	var signed SignedHead
	var at aggregator.Position
	introduced := ""
	err := s.read(ctx, caller, 0, func(tx *aggregator.Tx, _ granted) (err error) {
		at, signed.Stamp = tx.Position(), stampOf(tx)
		introduced, _, err = tx.VerifierKey()
		return err
	})
	if err != nil {
		return SignedHead{}, err
	}
	if sequence == 0 {
		sequence = at.Head.Sequence
	}
	signed.JournalID = s.cfg.Journal.IDAt(sequence)
	switch {
	case of != nil && *of != signed.JournalID && *of != at.JournalID:
		return SignedHead{}, s.CheckJournal(ctx, of)
	case sequence > at.Head.Sequence, sequence == 0: // a journal without an entry has no head to sign
		return SignedHead{}, fault.Of(journal.SequenceAhead(sequence, at.Head)).In("sequence")
	}
	if err := s.maySign(introduced); err != nil {
		return SignedHead{}, err
	}
	signed.Head.Head, signed.Time, err = s.headAt(ctx, sequence, at)
	if err != nil {
		return SignedHead{}, err
	}
	signed.VerifierKey = s.cfg.Key.Verifier()
	signed.Note, err = s.cfg.Key.Sign(signed.Head)
	return signed, err
}

// maySign refuses where there is no key, or not the one that the journal names: nobody could believe the signature.
func (s *Service) maySign(introduced string) error {
	switch {
	case s.cfg.Key == nil:
		return fault.Precondition("SIGNING_KEY_MISSING",
			"this server has no key to sign heads with: stop it and make one with tonghopd key --data DIR, "+
				"or start it with --key FILE if the key lies elsewhere")
	case introduced != s.cfg.Key.Verifier():
		return fault.Precondition("SIGNING_KEY_WRONG",
			"the key of this server is not the one that its journal names last (%q), so nothing is signed with it: "+
				"start it with --key FILE and the right key, or stop it and introduce a new one with tonghopd key --new",
			introduced).With("key", introduced)
	}
	return nil
}

// headAt gives the head at an entry and its time: of the last one it is known, of an earlier one the journal is read.
func (s *Service) headAt(ctx context.Context, sequence uint64, at aggregator.Position) (journal.Head, time.Time, error) {
	if sequence == at.Head.Sequence {
		return at.Head, at.Time, nil
	}
	var found journal.Head
	var accepted time.Time
	err := s.cfg.Journal.Read(ctx, sequence, func(e journal.Entry) error {
		decoded, err := entry.Decode(e.Public, e.Private)
		if err != nil {
			return err
		}
		found, accepted = journal.Head{Sequence: e.Sequence, Hash: e.Hash}, decoded.Header.Time
		return errEnough
	})
	if err != nil && !errors.Is(err, errEnough) {
		return journal.Head{}, time.Time{}, err
	}
	return found, accepted, nil
}
