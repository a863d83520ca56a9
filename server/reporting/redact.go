package reporting

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// EntryRef names an entry: by its sequence, or by the revision that it made.
type EntryRef struct {
	Sequence uint64
	// Revision is the resource name of a revision; empty where the sequence is given.
	Revision string
}

// Redaction is what became of a request to remove a private part.
type Redaction struct {
	// Sequence is that of the entry, and Changes are what it had changed.
	Sequence uint64
	Changes  []aggregator.Change
	// Unchanged says that the part had been removed before.
	Unchanged bool
	Stamp     Stamp

	// missing is why the entry has nothing to remove, if so.
	missing error
}

// RedactEntry removes the private part of an entry for ever (R36): the entry that says so becomes durable first, and with
// it the texts are gone from every answer; then they are removed from the files. It answers when both are done, and does
// both whether the caller still listens or not. What a crash leaves in between, the next start finishes.
//
// A part that was removed before is removed once more, for a file that was put back from elsewhere may hold it again.
func (s *Service) RedactEntry(ctx context.Context, call Call, ref EntryRef, reason string) (Redaction, Receipt, error) {
	const method = "OperationService.RedactEntry"
	done, err := s.toRedact(ctx, call.Caller, ref)
	if err != nil {
		return Redaction{}, Receipt{}, err
	}
	working := context.WithoutCancel(ctx) // what is begun is not left half done
	unchanged, receipt, err := change(working, s, mutation[bool]{
		call: call, method: method, size: 512,
		hash:   canon(method).text("sequence", strconv.FormatUint(ref.Sequence, 10)).text("name", ref.Revision).text("reason", reason).sum(),
		decide: func(who granted, _ committer.Slot) (bool, entry.Body, error) { return who.redact(done, reason) },
		recall: func(who granted, _ uint64) (bool, error) { return false, who.operates() },
	})
	if err == nil && !call.ValidateOnly {
		err = s.cfg.Remove(working, done.Sequence)
	}
	if err != nil {
		return Redaction{}, Receipt{}, err
	}
	done.Unchanged = unchanged
	_, done.Stamp, err = s.GetStamp(ctx, call.Caller)
	return done, receipt, err
}

// redact decides.
func (g granted) redact(what Redaction, reason string) (unchanged bool, body entry.Body, err error) {
	if err := g.operates(); err != nil {
		return false, nil, err
	}
	clean, err := text.Note("reason", reason)
	if err != nil {
		return false, nil, err
	}
	if clean == "" {
		return false, nil, fault.Invalid("REASON_REQUIRED",
			"a text is removed for a reason: say it, without repeating what is removed").In("reason")
	}
	if what.missing != nil {
		return false, nil, what.missing
	}
	known, err := g.tx.Redacted(what.Sequence)
	if err != nil || known {
		return known, nil, err
	}
	return false, entry.EntryRedacted{Sequence: what.Sequence, Reason: clean}, nil
}

// toRedact finds the entry that is meant. Which entry made a revision, and whether an entry has a private part, never
// changes, so neither need be asked in the transaction that decides, which would wait for the journal.
func (s *Service) toRedact(ctx context.Context, caller auth.Caller, ref EntryRef) (what Redaction, err error) {
	if (ref.Sequence == 0) == (ref.Revision == "") {
		return what, fault.Invalid("ENTRY_NOT_NAMED", "name one entry: either its sequence or the revision that it made").In("sequence")
	}
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		what = Redaction{Sequence: ref.Sequence}
		if err := who.operates(); err != nil {
			return err
		}
		if ref.Revision != "" {
			var err error
			if what.Sequence, err = who.madeRevision(ref.Revision); err != nil {
				return err
			}
		}
		if at := tx.Position().Head.Sequence; what.Sequence > at {
			return fault.NotFound("ENTRY_NOT_FOUND", "there is no entry %d; the last one is %d", what.Sequence, at).
				With("sequence", what.Sequence).With("head", at).In("sequence")
		}
		err := tx.Changes(what.Sequence-1, math.MaxInt, func(c aggregator.Change) error {
			if c.Sequence != what.Sequence || len(what.Changes) == largestPage {
				return errEnough
			}
			what.Changes = append(what.Changes, c)
			return nil
		})
		return enough(err)
	})
	if err != nil {
		return what, err
	}
	return what, enough(s.cfg.Journal.Read(ctx, what.Sequence, func(e journal.Entry) error {
		if e.PrivateHash.IsZero() {
			what.missing = fault.Precondition("ENTRY_NOT_PRIVATE",
				"entry %d has no private part: no note, explanation, reason or name was written with it", what.Sequence).
				With("sequence", what.Sequence).In("sequence")
		}
		return errEnough
	}))
}

// enough forgets that a reading was ended early.
func enough(err error) error {
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// madeRevision gives the entry that made the revision with that name, drafts among them. Whoever operates need not see
// the report, so it is looked for among all units.
func (g granted) madeRevision(name string) (uint64, error) {
	report, digits, ok := strings.Cut(name, "/revisions/")
	number, err := strconv.Atoi(digits)
	ref, wrong := ParseReportName(report)
	if !ok || err != nil || wrong != nil {
		return 0, fault.Invalid("REVISION_NAME_INVALID",
			"revision name %q: write units/UNIT/reports/FORM~PERIOD/revisions/NUMBER, such as units/30280/reports/cds-thang~2024-02/revisions/3",
			shorten(name)).With("value", shorten(name)).In("name")
	}
	at, err := g.placeAmong(ref, func(form.Form, period.Day, hierarchy.ID) bool { return true })
	if err != nil {
		return 0, err
	}
	r, _, err := g.tx.Report(at.key)
	if err != nil {
		return 0, err
	}
	revision, ok := r.Revision(number)
	if !ok {
		return 0, fault.NotFound("REVISION_NOT_FOUND", "%s has no revision %d", ReportName(at.key), number).
			With("name", ReportName(at.key)).With("revision", number).In("name")
	}
	return revision.Sequence, nil
}

// operates refuses who does not look after the store.
func (g granted) operates() error {
	if isLocal(g.Caller) {
		return nil
	}
	return g.needEverywhere(auth.Operate)
}
