package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/client/receipt"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type headCmd struct {
	Sequence int64  `placeholder:"N" help:"Entry whose head is asked for. Otherwise the last one."`
	Out      string `placeholder:"FILE" help:"Write the signed note to this file, which must not be there yet."`
	Key      string `placeholder:"VERIFIER_KEY" help:"Key to believe, as tonghopd init printed it. Otherwise the one that was believed before."`
	receiptFolder
}

// Help shows how it is used.
func (headCmd) Help() string {
	return `A signed head proves later that nothing before that entry was changed, to whoever kept it where those who run the server cannot reach it. A key that was never seen is believed at its first use, and kept beside the receipts; that it changed is told loudly.

Examples:

    tonghop head --out "head-$(date +%F).txt"
    tonghop head --sequence 1200 --key tonghop-0123456789ab+01234567+AQ... -o json`
}

// Run shows a head.
func (c *headCmd) Run(ctx context.Context, s *session) error {
	if c.Sequence < 0 {
		return s.usage("--sequence %d: entries are counted from 1", c.Sequence)
	}
	return s.with(ctx, func(to *client.Client) error {
		m, err := to.GetSignedHead(ctx, &reportingv1.GetSignedHeadRequest{Sequence: c.Sequence})
		if err != nil {
			return err
		}
		believed := trust{s: s, to: to, dir: c.dir(s), given: c.Key}
		if _, err := believed.open(ctx, m); err != nil {
			return err
		}
		if c.Out != "" {
			if err := s.writeNew(c.Out, m.GetNote()); err != nil {
				return err
			}
		}
		return one(s, m, []pair{
			{"journal", m.GetJournalId()},
			{"entry", number(m.GetSequence())},
			{"chain hash", m.GetChainHash()},
			{"accepted", when(m.GetAcceptTime())},
			{"verified with", m.GetVerifierKey()},
			{"written to", c.Out},
		})
	})
}

// writeNew writes a file that is not there: a head that somebody kept is never replaced.
func (s *session) writeNew(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // heads are public
	if errors.Is(err, fs.ErrExist) {
		return s.usage("%s is there already, and a head that was kept is not replaced: give another name", path)
	}
	if err != nil {
		return s.usage("the head cannot be written: %v", err)
	}
	_, err = file.WriteString(text)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// trust decides which verifier keys are believed: the one that was given, or the one that was believed before.
type trust struct {
	s  *session
	to *client.Client
	// dir is where keys are kept; empty where nothing says where.
	dir   string
	given string
}

// open verifies an answer and gives what its note says, which must be what stands beside it.
func (t *trust) open(ctx context.Context, m *reportingv1.SignedHead) (client.Head, error) {
	key, known := t.given, ""
	var err error
	if key == "" {
		key = m.GetVerifierKey()
	}
	if t.dir != "" {
		if known, err = receipt.Key(t.dir, receipt.KeyName(key)); err != nil {
			return client.Head{}, err
		}
	}
	if t.given == "" && known != key {
		if err := t.first(ctx, m, known); err != nil {
			return client.Head{}, err
		}
	}
	h, err := client.OpenHead(m.GetNote(), key)
	if errors.Is(err, client.ErrHeadKey) {
		return h, t.changed(key, m.GetVerifierKey())
	}
	if err != nil {
		return h, fmt.Errorf("the server's head is not to be believed: %w", err)
	}
	if h.JournalID != m.GetJournalId() || h.Sequence != m.GetSequence() || h.Hash != m.GetChainHash() || !h.AcceptTime.Equal(m.GetAcceptTime().AsTime()) {
		return h, fmt.Errorf("the server's answer for entry %d is not to be believed: it says something else than the note in it, which is signed", m.GetSequence())
	}
	if key == known || t.dir == "" {
		return h, nil
	}
	return h, t.believe(key, known)
}

// first says whether a key may be believed that was not before. Under one name there is one key until a person says
// otherwise; and a name is bound to a journal, so that a server cannot have a new key believed by naming it anew. A
// restored store may go on with the key of the journal that it came from.
func (t *trust) first(ctx context.Context, m *reportingv1.SignedHead, known string) error {
	offered, here := m.GetVerifierKey(), m.GetStamp().GetJournalId()
	switch {
	case known != "":
		return t.changed(known, offered)
	case t.dir == "":
		t.s.notice("the key %s was not compared with one that was known before: give it with --key", plain(offered))
		return nil
	case receipt.KeyName(offered) == nameOfKey(here):
		return nil
	}
	mine, err := receipt.Key(t.dir, nameOfKey(here))
	if err != nil {
		return err
	}
	if mine != "" {
		return t.changed(mine, offered)
	}
	status, err := t.to.GetStatus(ctx)
	if err != nil {
		return err
	}
	for _, one := range status.GetRestorations() {
		if receipt.KeyName(offered) == nameOfKey(one.GetOldJournalId()) {
			return nil
		}
	}
	return fmt.Errorf("the key that the server names, %q, has not the name of its journal %q, nor of one that it was restored from", plain(offered), plain(here))
}

// nameOfKey is the name that the keys of a journal have.
func nameOfKey(journal string) string { return "tonghop-" + journal[:min(len(journal), 12)] }

// believe keeps a key that a head was verified with, in the place of the known one, and says so.
func (t *trust) believe(key, known string) error {
	folder, err := receipt.Open(t.dir) // it may not be there yet
	if err == nil {
		err = errors.Join(receipt.Believe(t.dir, key), folder.Close())
	}
	if err != nil {
		return fmt.Errorf("the key that is believed cannot be kept: %w", err)
	}
	switch {
	case known != "":
		t.s.notice("the key %s is believed from now on, and %s no longer", plain(key), plain(known))
	case t.given != "":
		t.s.notice("the key %s is believed from now on", plain(key))
	default:
		t.s.notice("the key %s is seen for the first time and believed from now on; compare it with the one that was handed over when the store was made", plain(key))
	}
	return nil
}

// changed tells as loudly as a terminal can.
func (t *trust) changed(known, offered string) error {
	t.s.notice("THE KEY OF THIS STORE HAS CHANGED, AND NOTHING THAT IT SIGNS IS BELIEVED")
	t.s.detail("believed until now: " + plain(known))
	t.s.detail("the server gives:   " + plain(offered))
	t.s.hint("ask those who run the store, and not through this server, whether they made a new key (tonghopd key --new) or somebody " +
		"put another store in its place; if the key is theirs, run again with --key and the new key")
	return errRefused
}

// noteKey gives the name of the key that signed a note.
func noteKey(note string) string {
	_, signature, _ := strings.Cut(note, "\n\n\u2014 ")
	name, _, _ := strings.Cut(signature, " ")
	return name
}
