package reporting_test

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/head"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/reporting"
)

// signing gives the world's use cases with a key.
func (w *world) signing(key *head.Key) *reporting.Service {
	return reporting.New(reporting.Config{
		Journal: w.journal, State: w.state, Committer: w.committer, Now: func() time.Time { return w.now }, Random: salt, Key: key,
	})
}

// introduce has the journal name a key.
func (w *world) introduce(key *head.Key) {
	w.t.Helper()
	_, err := w.committer.Do(w.t.Context(), 256, func(*aggregator.Tx, committer.Slot) (*entry.Entry, error) {
		return &entry.Entry{Header: entry.Header{Principal: reporting.LocalPrincipal}, Body: entry.KeyIntroduced{VerifierKey: key.Verifier()}}, nil
	})
	must(w.t, err)
}

func (w *world) newKey() *head.Key {
	w.t.Helper()
	key, err := head.NewKey(w.journal.ID(), rand.Reader)
	must(w.t, err)
	return key
}

// TestR50EveryHeadIsThatOfTheChain: the head at each sequence is what the entries hash to, computed by the book.
func TestR50EveryHeadIsThatOfTheChain(t *testing.T) {
	w := newWorld(t)
	key := w.newKey()
	w.introduce(key)
	for range 5 {
		w.now = w.now.Add(time.Minute)
		w.token(auth.Viewer, "")
	}
	viewer := w.token(auth.Viewer, "A") // whoever has a token may ask
	svc := w.signing(key)
	chain := journal.FirstHash(w.journal.ID())
	must(t, w.journal.Read(t.Context(), 1, func(e journal.Entry) error {
		chain = journal.Chain(chain, bytes.Clone(e.Public), e.PrivateHash)
		decoded, err := entry.Decode(e.Public, e.Private)
		must(t, err)
		signed, err := svc.GetSignedHead(t.Context(), viewer, e.Sequence, nil)
		must(t, err)
		opened, err := head.Open(signed.Note, key.Verifier())
		must(t, err)
		if opened.Sequence != e.Sequence || opened.Hash != chain || opened.JournalID != w.journal.ID() || !opened.Time.Equal(decoded.Header.Time) {
			t.Errorf("the head of entry %d is %+v, want the hash %s and the time %s", e.Sequence, opened, chain, decoded.Header.Time)
		}
		if signed.VerifierKey != key.Verifier() || signed.Head.Head != opened.Head || signed.Stamp.Sequence != w.journal.Head().Sequence {
			t.Errorf("what stands beside the note of entry %d is %+v", e.Sequence, signed)
		}
		return nil
	}))
	last, err := svc.GetSignedHead(t.Context(), w.admin, 0, nil)
	must(t, err)
	if last.Head.Head != w.journal.Head() || last.Hash != chain {
		t.Errorf("the last head is %+v, want %+v", last.Head.Head, w.journal.Head())
	}
}

// TestHeadsAreRefusedInWords: what cannot be signed, or is not here, says why and what to do.
func TestHeadsAreRefusedInWords(t *testing.T) {
	w := newWorld(t)
	key := w.newKey()
	here, other := w.journal.ID(), journal.ID{9}
	last := w.journal.Head().Sequence
	ask := func(svc *reporting.Service, sequence uint64, of *journal.ID) error {
		_, err := svc.GetSignedHead(t.Context(), w.admin, sequence, of)
		return err
	}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"no key", ask(w.svc, 0, nil), "SIGNING_KEY_MISSING"},
		{"a key that was never introduced", ask(w.signing(key), 0, nil), "SIGNING_KEY_WRONG"},
		{"beyond the end", ask(w.signing(key), last+1, nil), "SEQUENCE_AHEAD"},
		{"far beyond the end", ask(w.signing(key), 1<<62, &here), "SEQUENCE_AHEAD"},
		{"another journal", ask(w.signing(key), 1, &other), "JOURNAL_REPLACED"},
		{"another journal, beyond the end", ask(w.signing(key), last+1, &other), "JOURNAL_REPLACED"},
	} {
		if fault.ReasonOf(c.err) != c.want {
			t.Errorf("%s: %v, want %s", c.name, c.err, c.want)
		}
	}
	w.introduce(key)
	if err := ask(w.signing(key), 0, &here); err != nil {
		t.Errorf("with the key that the journal names: %v", err)
	}
	w.introduce(w.newKey())
	if err := ask(w.signing(key), 1, nil); fault.ReasonOf(err) != "SIGNING_KEY_WRONG" {
		t.Errorf("with the key before the last: %v, want SIGNING_KEY_WRONG", err)
	}
}
