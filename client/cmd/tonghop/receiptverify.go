package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/client/receipt"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type receiptVerifyCmd struct {
	File    string   `arg:"" optional:"" help:"A file of receipts. Otherwise all that were kept here."`
	All     bool     `help:"All that were kept here, which is what happens without FILE."`
	Key     string   `placeholder:"VERIFIER_KEY" help:"Key to believe, as tonghopd init printed it. Otherwise the one that was believed before."`
	Offline bool     `help:"Ask no server: hold receipts against the heads of --head."`
	Head    []string `placeholder:"FILE,..." help:"Signed heads that were kept (tonghop head --out)."`
	receiptFolder
}

// Help shows how it is used.
func (receiptVerifyCmd) Help() string {
	return `The server's chain must have the hash of the receipt at its entry, the server must sign that with the key that is believed, and the revision that the receipt names must be there, made by that entry and with the figures that were sent. The code is 1 unless every receipt is VERIFIED.

A head alone proves the receipt of its own entry. To hold receipts of any entry against a journal or a backup without a server, give them to "tonghopd receipt verify FILE --journal DIR".

Examples:

    tonghop receipt verify
    tonghop receipt verify receipts.jsonl --key tonghop-0123456789ab+01234567+AQ...
    tonghop receipt verify receipts.jsonl --offline --head head-2026-11-22.txt`
}

// Validate wants one way, and all that it needs.
func (c *receiptVerifyCmd) Validate() error {
	switch {
	case c.All && c.File != "":
		return errors.New("give a file or --all, not both")
	case c.Offline != (len(c.Head) > 0):
		return errors.New("--offline and --head go together: a head that was kept is what there is instead of a server")
	default:
		return nil
	}
}

// finding is what a receipt was found to be.
type finding struct {
	record receipt.Record
	// word is VERIFIED, or what is wrong.
	word, why string
}

// The words of findings.
const (
	verified      = "VERIFIED"
	wrongHash     = "WRONG_HASH"
	wrongRevision = "WRONG_REVISION"
	wrongFigures  = "WRONG_FIGURES"
	beyondHead    = "BEYOND_HEAD"
	otherJournal  = "OTHER_JOURNAL"
	journalLost   = "LOST_IN_RESTORE"
	notCovered    = "NOT_COVERED"
	reportUnseen  = "REPORT_NOT_SEEN"
	journalAway   = "JOURNAL_REPLACED"
	sequenceAhead = "SEQUENCE_AHEAD"
)

var findingSheet = sheet[finding]{
	live: true,
	table: []column[finding]{
		{name: "OUTCOME", text: func(f finding) string { return f.word }, width: 15},
		{name: "REPORT", text: func(f finding) string { return f.record.Report }, width: 40},
		{name: "REVISION", text: func(f finding) string { return number(f.record.Revision) }, right: true},
		{name: "ENTRY", text: func(f finding) string { return number(f.record.Sequence) }, right: true, width: 8},
		{name: "WHY", text: func(f finding) string { return f.why }},
	},
	csv: []column[finding]{
		{name: "outcome", text: func(f finding) string { return f.word }},
		{name: "report", text: func(f finding) string { return f.record.Report }},
		{name: "revision", text: func(f finding) string { return number(f.record.Revision) }},
		{name: "journal_id", text: func(f finding) string { return f.record.JournalID }},
		{name: "sequence", text: func(f finding) string { return number(f.record.Sequence) }},
		{name: "why", text: func(f finding) string { return f.why }},
	},
	json: func(f finding) ([]byte, error) {
		return json.Marshal(struct {
			Outcome   string `json:"outcome"`
			Report    string `json:"report"`
			Revision  int32  `json:"revision"`
			JournalID string `json:"journal_id"`
			Sequence  int64  `json:"sequence"`
			Why       string `json:"why,omitempty"`
		}{f.word, f.record.Report, f.record.Revision, f.record.JournalID, f.record.Sequence, f.why})
	},
}

// Run verifies receipts.
func (c *receiptVerifyCmd) Run(ctx context.Context, s *session) error {
	records, damaged, err := s.receipts(c.receiptFolder, c.File)
	if err != nil {
		return err
	}
	believed := trust{s: s, dir: c.dir(s), given: c.Key}
	if c.Offline {
		heads, err := c.heads(s, &believed)
		if err != nil {
			return err
		}
		return s.showFindings(records, damaged, func(r receipt.Record) (finding, error) { return heads.check(r), nil })
	}
	return s.with(ctx, func(to *client.Client) error {
		believed.to = to
		v := verifier{to: to, trust: &believed, reports: map[string]seenReport{}}
		return s.showFindings(records, damaged, func(r receipt.Record) (finding, error) { return v.check(ctx, r) })
	})
}

// showFindings checks receipt by receipt, and says at the end how many are what they should be.
func (s *session) showFindings(records []receipt.Record, damaged int, check func(receipt.Record) (finding, error)) error {
	sound := 0
	err := list(s, findingSheet, func(yield func(finding, error) bool) {
		for i, r := range records {
			s.progress.at("verifying", "receipts", int64(i), int64(len(records)))
			f, err := check(r)
			if err == nil && f.word == verified {
				sound++
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	if rest := len(records) - sound + damaged; rest > 0 {
		s.notice("%s verified, %d not", plural(sound, "receipt", "receipts"), rest)
		return errRefused
	}
	s.notice("%s verified", plural(sound, "receipt", "receipts"))
	return nil
}

// kept are signed heads that somebody kept, by journal and sequence.
type kept map[receipt.Place]client.Head

// heads reads and verifies the heads of the flag.
func (c *receiptVerifyCmd) heads(s *session, t *trust) (kept, error) {
	heads := kept{}
	for _, path := range c.Head {
		note, err := os.ReadFile(path) //nolint:gosec // the caller names the file
		if err != nil {
			return nil, s.usage("the head cannot be read: %v", err)
		}
		key := t.given
		if key == "" && t.dir != "" {
			if key, err = receipt.Key(t.dir, noteKey(string(note))); err != nil {
				return nil, err
			}
		}
		if key == "" {
			return nil, s.usage("%s names the key %q, which was never believed here: give it with --key", path, plain(noteKey(string(note))))
		}
		h, err := client.OpenHead(string(note), key)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		heads[receipt.Place{JournalID: h.JournalID, Sequence: h.Sequence}] = h
	}
	return heads, nil
}

// check holds a receipt against heads: one of its own entry proves it, others only tell how far they are.
func (heads kept) check(r receipt.Record) finding {
	if h, ok := heads[receipt.Place{JournalID: r.JournalID, Sequence: r.Sequence}]; ok {
		return holdHead(r, h)
	}
	last, known := int64(0), false
	for place := range heads {
		if place.JournalID == r.JournalID {
			last, known = max(last, place.Sequence), true
		}
	}
	switch {
	case !known:
		return finding{r, otherJournal, "no head is of the journal " + r.JournalID}
	case r.Sequence > last:
		return finding{r, beyondHead, fmt.Sprintf("the last head is of entry %d: it was signed before this was accepted", last)}
	default:
		return finding{r, notCovered, "no head is of this very entry; hold it against the journal or a backup with tonghopd receipt verify"}
	}
}

// holdHead holds a receipt against the head of its entry.
func holdHead(r receipt.Record, h client.Head) finding {
	switch {
	case h.JournalID != r.JournalID:
		return finding{r, otherJournal, "entry " + number(h.Sequence) + " was accepted under the journal id " + h.JournalID}
	case h.Hash != r.EntryHash:
		return finding{r, wrongHash, "the chain has the hash " + h.Hash + " at this entry, the receipt " + r.EntryHash +
			": one of the two was changed since"}
	case !h.AcceptTime.Equal(r.AcceptTime):
		return finding{r, wrongHash, "the entry was accepted at " + h.AcceptTime.Format(timeLayout) + ", the receipt says " + r.AcceptTime.UTC().Format(timeLayout)}
	}
	return finding{record: r, word: verified}
}

// timeLayout shows an instant with all that it has.
const timeLayout = "2006-01-02T15:04:05.999999999Z07:00"

// verifier holds receipts against a server.
type verifier struct {
	to    *client.Client
	trust *trust
	// restored are the journals that this one came from, with the last entry that is here; nil until it is asked.
	restored map[string]int64
	reports  map[string]seenReport
}

// seenReport is what the server shows of a report.
type seenReport struct {
	revisions map[int32]*reportingv1.Revision
	unseen    string
}

// check holds one receipt against the server. An error ends the work: it is not about this receipt.
func (v *verifier) check(ctx context.Context, r receipt.Record) (finding, error) {
	m, err := v.to.GetSignedHead(ctx, &reportingv1.GetSignedHeadRequest{Sequence: r.Sequence, JournalId: r.JournalID})
	switch client.Reason(err) {
	case journalAway:
		return v.replaced(ctx, r)
	case sequenceAhead:
		return finding{r, beyondHead, "the server's journal is not that long: what was accepted is no longer there"}, nil
	}
	if err != nil {
		return finding{}, err
	}
	h, err := v.trust.open(ctx, m)
	if err != nil {
		return finding{}, err
	}
	if h.Sequence != r.Sequence {
		return finding{}, fmt.Errorf("the server was asked for entry %d and signed the head of entry %d", r.Sequence, h.Sequence)
	}
	if f := holdHead(r, h); f.word != verified {
		return f, nil
	}
	if !r.Kind.OfRevision() { // the hash of its entry says all
		return finding{record: r, word: verified}, nil
	}
	return v.revision(ctx, r)
}

// replaced says whether the journal of a receipt is one that this store was restored from, or none of its own.
func (v *verifier) replaced(ctx context.Context, r receipt.Record) (finding, error) {
	if v.restored == nil {
		status, err := v.to.GetStatus(ctx)
		if err != nil {
			return finding{}, err
		}
		v.restored = map[string]int64{}
		for _, one := range status.GetRestorations() {
			v.restored[one.GetOldJournalId()] = one.GetSequence()
		}
	}
	if last, ok := v.restored[r.JournalID]; ok {
		return finding{r, journalLost, fmt.Sprintf("the store was restored from a backup that ends at entry %d: send it again with tonghop resend", last)}, nil
	}
	return finding{r, otherJournal, "the server's store never had the journal id " + r.JournalID + ": is it the right server?"}, nil
}

// revision holds a receipt, whose entry is there, against the revision that it names.
func (v *verifier) revision(ctx context.Context, r receipt.Record) (finding, error) {
	seen, err := v.report(ctx, r.Report)
	if err != nil {
		return finding{}, err
	}
	if seen.unseen != "" {
		return finding{r, reportUnseen, "the entry stands, and the report is not shown to this token: " + seen.unseen}, nil
	}
	rev := seen.revisions[r.Revision]
	switch submitted := r.Kind == receipt.Submit || r.Kind == receipt.Draft; {
	case rev == nil:
		return finding{r, wrongRevision, "the report has no such revision"}, nil
	case submitted && rev.GetSequence() != r.Sequence:
		return finding{r, wrongRevision, "this revision was made by entry " + number(rev.GetSequence())}, nil
	case !submitted && rev.GetReviewTime().AsTime().Before(r.AcceptTime):
		return finding{r, wrongRevision, "this revision was not reviewed at that time"}, nil
	}
	if differs := differing(r, rev.GetFigures()); len(differs) > 0 {
		return finding{r, wrongFigures, strings.Join(differs, "; ")}, nil
	}
	return finding{record: r, word: verified}, nil
}

// report reads all revisions of a report once.
func (v *verifier) report(ctx context.Context, name string) (seenReport, error) {
	if seen, ok := v.reports[name]; ok {
		return seen, nil
	}
	seen := seenReport{revisions: map[int32]*reportingv1.Revision{}}
	for rev, err := range v.to.Revisions(ctx, &reportingv1.ListRevisionsRequest{Parent: name}) {
		if failure, ok := errors.AsType[*client.Error](err); ok && (failure.Code == codes.NotFound || failure.Code == codes.PermissionDenied) {
			seen.unseen = failure.Message
			break
		}
		if err != nil {
			return seenReport{}, err
		}
		seen.revisions[rev.GetNumber()] = rev
	}
	v.reports[name] = seen
	return seen, nil
}

// differing says which figures of a revision are not those that were sent, as far as numbers, states and grades go:
// notes may have been removed since.
func differing(r receipt.Record, figures []*reportingv1.Figure) []string {
	if r.Figures == nil || r.Figures.Partial {
		return nil
	}
	there := map[string]string{}
	for _, f := range figures {
		there[strings.ToLower(f.GetIndicator())] = bare(f)
	}
	var differs []string
	for _, one := range rowsOf(r.Figures) {
		code := strings.ToLower(one.cell["indicator"])
		if sent := bare(one.figure(r.Figures.Numbers)); sent != there[code] {
			differs = append(differs, one.cell["indicator"]+" was sent as "+first(sent, "nothing")+" and is "+first(there[code], "not there"))
		}
		delete(there, code)
	}
	if !r.Merge {
		for _, f := range figures {
			if _, left := there[strings.ToLower(f.GetIndicator())]; left {
				differs = append(differs, f.GetIndicator()+" was not sent and is "+bare(f))
			}
		}
	}
	return differs
}

// bare is a figure without what people wrote about it.
func bare(f *reportingv1.Figure) string {
	return describe(&reportingv1.Figure{
		Value: f.Value, Numerator: f.Numerator, Denominator: f.Denominator, State: f.GetState(), Grade: f.GetGrade(),
	})
}
