package main

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type redactCmd struct {
	Entry  string `arg:"" help:"Sequence of an entry, or the revision that it made, such as units/82/reports/cds-thang~2024-02/revisions/3."`
	Reason string `required:"" placeholder:"TEXT" help:"Why; it is kept, so do not repeat what is removed. At most 2,000 characters."`
	Yes    bool   `help:"Do not ask."`
	DryRun bool   `help:"Check everything and change nothing."`
}

// Help shows how it is used.
func (redactCmd) Help() string {
	return `Notes, explanations, reasons and names that were written with an entry are removed for ever, from every answer and from the files of the server. Figures stay, and the chain of the journal verifies as before. It needs a token of the role operator, which sees no reports: who found the text gives him the revision, or the sequence.

A revision is the entry that sent it (ENTRY in "tonghop reports revisions"); the reason of a return and the name of a token's holder have entries of their own (SEQUENCE in "tonghop changes"). A correction often repeats the notes: look at each revision. What is removed is not shown here, so that it does not stay in a terminal. Backups that were made before still hold it.

Examples:

    tonghop reports revisions units/30280/reports/cds-thang~2024-02
    tonghop redact units/30280/reports/cds-thang~2024-02/revisions/3 --reason "ghi chú có tên người dân"
    tonghop redact 1207 --reason "lý do trả lại có số điện thoại" --dry-run`
}

// Validate wants what can name an entry.
func (c *redactCmd) Validate() error {
	if n, err := strconv.ParseInt(c.Entry, 10, 64); (err != nil || n <= 0) && !strings.Contains(c.Entry, "/revisions/") {
		return errors.New("name the entry by its sequence, or by a revision: units/UNIT/reports/FORM~PERIOD/revisions/NUMBER")
	}
	return nil
}

// Run shows what would go, asks and removes it.
func (c *redactCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		q := &reportingv1.RedactEntryRequest{Reason: c.Reason, ValidateOnly: true}
		if n, err := strconv.ParseInt(c.Entry, 10, 64); err == nil {
			q.Sequence = n
		} else {
			q.Name = c.Entry
		}
		answer, err := to.RedactEntry(ctx, q)
		if err != nil {
			return err
		}
		s.showRedaction(answer)
		if c.DryRun {
			s.notice("nothing was changed (dry run)")
			return one(s, answer, redactionPairs(answer))
		}
		if !c.Yes && !answer.GetUnchanged() {
			agreed, err := s.confirm(ctx, "Remove this for ever?")
			if err != nil {
				return err
			}
			if !agreed {
				s.notice("nothing was removed")
				return errRefused
			}
		}
		// The entry that was shown, whatever its name means by now. One that is removed already is removed once more.
		answer, err = to.RedactEntry(ctx, &reportingv1.RedactEntryRequest{Sequence: answer.GetSequence(), Reason: c.Reason})
		if err != nil {
			return err
		}
		return one(s, answer, redactionPairs(answer))
	})
}

// showRedaction shows old and new to the person who decides; it is no part of the answer.
func (s *session) showRedaction(answer *reportingv1.RedactEntryResponse) {
	if answer.GetUnchanged() {
		s.notice("the private part of entry %d was removed before", answer.GetSequence())
		return
	}
	var rows [][]string
	for _, change := range answer.GetChanges() {
		name := change.GetName()
		if change.GetRevision() > 0 {
			name += " revision " + number(change.GetRevision())
		}
		rows = append(rows, []string{"", name, textsOf(change.GetKind()), "→", "(removed)"})
	}
	if len(answer.GetChanges()) > 0 {
		first := answer.GetChanges()[0]
		s.notice("entry %d, %s, made by %s at %s:", answer.GetSequence(), word(first.GetKind(), "CHANGE_KIND_"),
			plain(first.GetPrincipal()), when(first.GetAcceptTime()))
	}
	s.tableTo(s.stderr, rows)
}

// textsOf says which texts a private part holds.
func textsOf(kind reportingv1.ChangeKind) string {
	switch kind {
	case reportingv1.ChangeKind_CHANGE_KIND_REPORT_SUBMITTED, reportingv1.ChangeKind_CHANGE_KIND_REPORT_DRAFTED:
		return "its notes and explanations"
	case reportingv1.ChangeKind_CHANGE_KIND_REPORT_RETURNED:
		return "the reason of the return"
	case reportingv1.ChangeKind_CHANGE_KIND_REPORT_EXCLUDED, reportingv1.ChangeKind_CHANGE_KIND_EXCLUSION_LIFTED,
		reportingv1.ChangeKind_CHANGE_KIND_PERIOD_CLOSED, reportingv1.ChangeKind_CHANGE_KIND_PERIOD_REOPENED:
		return "the reason that was given"
	case reportingv1.ChangeKind_CHANGE_KIND_ACCESS:
		return "the name of who holds it"
	default:
		return "what was written with it"
	}
}

func redactionPairs(answer *reportingv1.RedactEntryResponse) []pair {
	outcome := "REMOVED"
	if answer.GetUnchanged() {
		outcome = "UNCHANGED"
	}
	return []pair{
		{"outcome", outcome},
		{"entry", number(answer.GetSequence())},
		{"said in entry", some(answer.GetReceipt().GetSequence())},
	}
}
