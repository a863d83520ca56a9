package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/client/receipt"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type resendCmd struct {
	After     *int64 `placeholder:"S" help:"Last entry of the old journal that the backup held. Otherwise the server says it."`
	JournalID string `name:"journal-id" placeholder:"OLD" help:"Id of the old journal. Otherwise the one that the server was restored from."`
	Reviews   bool   `help:"Approve and return again too, where the very figures that were approved stand there and wait."`
	DryRun    bool   `help:"Say what would be sent, and send nothing."`
	keeping
}

// Help shows how it is used.
func (resendCmd) Help() string {
	return `A server that was restored from a backup no longer has what was accepted after it; receipts of that answer JOURNAL_REPLACED. This sends it again, in the order in which it was accepted: as the same rows, and with request ids that follow from the old ones, so that sending twice changes nothing. A report goes out only where the newest revision is the one that came before; whatever else stands there by now is told and left alone. Approvals and returns are told, and repeated with --reviews.

Examples:

    tonghop resend --dry-run
    tonghop resend --after 1200 --journal-id 0123456789abcdef0123456789abcdef
    tonghop resend --reviews`
}

// The words of what becomes of a receipt that is sent again.
const (
	resent     = "SENT"
	thereNow   = "THERE"
	conflict   = "CONFLICT"
	notResent  = "NOT_SENT"
	wouldSend  = "WOULD_SEND"
	noFigures  = "the receipt has not all rows that were sent"
	lostBefore = "is not there: whoever sent it has to send it again first"
)

// Run sends again what a restore lost.
func (c *resendCmd) Run(ctx context.Context, s *session) error {
	if c.NoReceipts {
		return s.usage("without receipts nothing can be sent again")
	}
	return s.with(ctx, func(to *client.Client) error {
		status, err := to.GetStatus(ctx)
		if err != nil {
			return err
		}
		records, damaged, err := s.receipts(c.receiptFolder, "")
		if err != nil {
			return err
		}
		old, after, err := c.lost(s, status, records)
		if err != nil {
			return err
		}
		here := status.GetStamp().GetJournalId()
		known := map[receipt.Place]bool{}
		for _, r := range records {
			known[receipt.Place{JournalID: r.JournalID, Sequence: r.Sequence}] = true
		}
		records = slices.DeleteFunc(records, func(r receipt.Record) bool { return r.JournalID != old || r.Sequence <= after })
		s.notice("%s of the journal %s after entry %d", plural(len(records), "receipt", "receipts"), plain(old), after)
		kept, err := c.keeper(s, c.DryRun)
		if err != nil {
			return err
		}
		defer kept.end()
		again := resending{
			to: to, kept: kept, dry: c.DryRun, reviews: c.Reviews, old: old, here: here,
			known: known, stands: map[string]map[int32]int32{}, would: map[string]int32{},
		}
		return again.all(ctx, s, records, damaged)
	})
}

// lost gives the journal that was lost, and the last of its entries that is not.
func (c *resendCmd) lost(s *session, status *reportingv1.Status, records []receipt.Record) (old string, after int64, err error) {
	known := map[string]int64{}
	var last *reportingv1.Restoration
	for _, last = range status.GetRestorations() {
		known[last.GetOldJournalId()] = last.GetSequence()
	}
	here := status.GetStamp().GetJournalId()
	old = first(c.JournalID, last.GetOldJournalId(), onlyOther(records, here))
	at, restored := known[old]
	switch {
	case old == here:
		return "", 0, s.usage("the journal %s is the one that is here: nothing of it was lost", plain(old))
	case old == "" && c.After == nil:
		return "", 0, s.usage("the store at %s was never restored, so nothing was lost in it", s.address)
	case old == "":
		return "", 0, s.usage("the server does not say from which journal it was restored: give --journal-id, as tonghop receipt list shows it")
	case c.After == nil && !restored:
		return "", 0, s.usage("the server was not restored from the journal %s, so it does not know what it has of it: "+
			"give --after with the last entry of the backup", plain(old))
	case c.After == nil:
		return old, at, nil
	case restored && *c.After < at:
		s.notice("the server has the entries of that journal up to %d; what came before is there already", at)
		return old, at, nil
	default:
		return old, *c.After, nil
	}
}

// onlyOther gives the journal of receipts that is not the one here, if there is one alone.
func onlyOther(records []receipt.Record, here string) string {
	other := ""
	for _, r := range records {
		if r.JournalID == here || r.JournalID == other {
			continue
		}
		if other != "" {
			return ""
		}
		other = r.JournalID
	}
	return other
}

// resending is one run of the command.
type resending struct {
	to           *client.Client
	kept         *keeper
	dry, reviews bool
	old, here    string
	// known are the entries of which a receipt was kept before.
	known map[receipt.Place]bool
	// stands says for each report as which revision a revision of the old journal stands here: its number changes where
	// something between was not repeated.
	stands map[string]map[int32]int32
	// would is the newest revision of each report that a dry run would have made.
	would map[string]int32
}

// outcome is what became of one receipt.
type outcome struct {
	record receipt.Record
	word   string
	why    string
	// sequence is that of the new entry; 0 for none.
	sequence int64
}

var resendSheet = sheet[outcome]{
	live: true,
	table: []column[outcome]{
		{name: "OUTCOME", text: func(o outcome) string { return o.word }, width: 10},
		{name: "WAS", text: func(o outcome) string { return number(o.record.Sequence) }, right: true, width: 8},
		{name: "WHAT", text: func(o outcome) string { return string(o.record.Kind) }, width: 7},
		{name: "REPORT", text: func(o outcome) string { return o.record.Report }, width: 40},
		{name: "REVISION", text: func(o outcome) string { return number(o.record.Revision) }, right: true},
		{name: "ENTRY", text: func(o outcome) string { return some(o.sequence) }, right: true, width: 8},
		{name: "WHY", text: func(o outcome) string { return o.why }},
	},
	csv: []column[outcome]{
		{name: "outcome", text: func(o outcome) string { return o.word }},
		{name: "old_sequence", text: func(o outcome) string { return number(o.record.Sequence) }},
		{name: "kind", text: func(o outcome) string { return string(o.record.Kind) }},
		{name: "report", text: func(o outcome) string { return o.record.Report }},
		{name: "revision", text: func(o outcome) string { return number(o.record.Revision) }},
		{name: "sequence", text: func(o outcome) string { return some(o.sequence) }},
		{name: "why", text: func(o outcome) string { return o.why }},
	},
	json: func(o outcome) ([]byte, error) {
		return json.Marshal(struct {
			Outcome     string       `json:"outcome"`
			OldSequence int64        `json:"old_sequence"`
			Kind        receipt.Kind `json:"kind"`
			Report      string       `json:"report"`
			Revision    int32        `json:"revision"`
			Sequence    int64        `json:"sequence,omitempty"`
			Why         string       `json:"why,omitempty"`
		}{o.word, o.record.Sequence, o.record.Kind, o.record.Report, o.record.Revision, o.sequence, o.why})
	},
}

// all goes through the receipts in the order of their entries, and counts what became of them.
func (a *resending) all(ctx context.Context, s *session, records []receipt.Record, damaged int) error {
	counts := map[string]int{}
	err := list(s, resendSheet, func(yield func(outcome, error) bool) {
		for i, r := range records {
			s.progress.at("sending", "receipts", int64(i), int64(len(records)))
			o, err := a.one(ctx, r)
			if err == nil {
				counts[o.word]++
			}
			if !yield(o, err) || err != nil {
				return
			}
		}
	})
	if len(counts) > 0 || err == nil {
		parts := []string{}
		for _, word := range slices.Sorted(maps.Keys(counts)) {
			parts = append(parts, fmt.Sprintf("%d %s", counts[word], strings.ToLower(strings.ReplaceAll(word, "_", " "))))
		}
		s.notice("%s", first(strings.Join(parts, ", "), "nothing to send"))
	}
	if err != nil {
		return err
	}
	if a.dry {
		s.notice("nothing was changed (dry run)")
	}
	if damaged > 0 || counts[conflict]+counts[notResent] > 0 {
		return errRefused
	}
	return nil
}

// one sends one receipt again, where that changes what was there before it and nothing else.
func (a *resending) one(ctx context.Context, r receipt.Record) (outcome, error) {
	if !r.Kind.OfRevision() {
		return outcome{record: r, word: listed, why: "it is not sent again: do it once more, with tonghop " + byHand[r.Kind]}, nil
	}
	var now standing
	err := now.read(ctx, a.to, r.Report)
	if err != nil {
		if failure, ok := errors.AsType[*client.Error](err); ok && !endsAll(failure.Code) {
			return outcome{record: r, word: notResent, why: failure.Message}, nil
		}
		return outcome{}, err
	}
	if r.Kind == receipt.Approve || r.Kind == receipt.Return {
		return a.review(ctx, r, &now)
	}
	return a.submission(ctx, r, &now)
}

// byHand are the commands of what is not sent again.
var byHand = map[receipt.Kind]string{receipt.Exclude: "exclude", receipt.Lift: "exclude --lift", receipt.Close: "close", receipt.Reopen: "reopen"}

// submission sends a report again.
func (a *resending) submission(ctx context.Context, r receipt.Record, now *standing) (outcome, error) {
	before := a.standsAs(r.Report, r.Revision-1)
	for _, number := range []int32{before + 1, before} {
		rev := now.revisions[number]
		// What was sent back is sent again with the same figures: that is a revision of its own.
		back := number == before && rev.GetState() == reportingv1.RevisionState_REVISION_STATE_RETURNED
		if rev != nil && !back && sameRevision(r, rev) {
			a.note(r, number)
			return outcome{record: r, word: thereNow, why: asRevision(r.Revision, number)}, nil
		}
	}
	switch {
	case a.dry && before > 0 && a.would[r.Report] == before:
	case now.newest > before:
		return outcome{record: r, word: conflict, why: fmt.Sprintf("revision %d says something else; nothing was changed", before+1)}, nil
	case now.newest < before:
		return outcome{record: r, word: conflict, why: fmt.Sprintf("revision %d, which came before, %s", before, lostBefore)}, nil
	}
	if r.Figures == nil || r.Figures.Partial || len(r.Figures.Rows) == 0 {
		return outcome{record: r, word: notResent, why: noFigures}, nil
	}
	if a.dry {
		a.note(r, before+1)
		a.would[r.Report] = before + 1
		return outcome{record: r, word: wouldSend}, nil
	}
	return a.send(ctx, r, now)
}

// send uploads the rows of one receipt as they were sent then.
func (a *resending) send(ctx context.Context, r receipt.Record, now *standing) (outcome, error) {
	file, err := fileOf(r.Figures)
	if err != nil {
		return outcome{}, err
	}
	then := submitCmd{Draft: r.Kind == receipt.Draft, Merge: r.Merge, Numbers: r.Figures.Numbers}
	options := then.options(upload{name: "resend.csv", content: file})
	options.StreamId = a.id(r)
	var seen []*reportingv1.SeenReport
	if now.etag != "" {
		seen = append(seen, &reportingv1.SeenReport{Name: r.Report, Etag: now.etag})
	}
	var became *reportingv1.SubmitOutcome
	problem := ""
	for answer, err := range a.to.UploadFigures(ctx, bytes.NewReader(file), options, seen...) {
		if err != nil {
			return outcome{}, err
		}
		if p := answer.GetProblem(); p != nil {
			problem = saying(p)
		}
		if o := answer.GetOutcome(); o != nil {
			became = o
		}
	}
	if became == nil {
		return outcome{record: r, word: notResent, why: first(problem, "the rows make no report here")}, nil
	}
	return a.became(r, became)
}

// became tells what the server made of a report.
func (a *resending) became(r receipt.Record, o *reportingv1.SubmitOutcome) (outcome, error) {
	switch o.GetKind() {
	case reportingv1.OutcomeKind_OUTCOME_KIND_REFUSED:
		word, why := notResent, []string{}
		for _, p := range o.GetProblems() {
			if p.GetReason() == etagMismatch { // somebody was quicker
				word = conflict
			}
			why = append(why, saying(p))
		}
		return outcome{record: r, word: word, why: strings.Join(why, "; ")}, nil
	case reportingv1.OutcomeKind_OUTCOME_KIND_UNCHANGED:
		a.note(r, o.GetRevision())
		return outcome{record: r, word: thereNow, why: asRevision(r.Revision, o.GetRevision())}, nil
	default:
	}
	a.note(r, o.GetRevision())
	again := r
	again.RequestID, again.Index, again.Report, again.Revision = a.id(r), &o.Index, o.GetName(), o.GetRevision()
	err := a.keep(r, accepted(again, o.GetReceipt()))
	became := outcome{record: r, word: resent, why: asRevision(r.Revision, o.GetRevision()), sequence: o.GetReceipt().GetSequence()}
	if o.GetKind() == reportingv1.OutcomeKind_OUTCOME_KIND_REPLAYED { // sent before, where this token does not see it
		became.word = thereNow
	}
	return became, err
}

// keep keeps a new receipt, unless it was kept before, and notes in it which one it stands for.
func (a *resending) keep(old, fresh receipt.Record) error {
	fresh.ResentFrom = &receipt.Place{JournalID: old.JournalID, Sequence: old.Sequence}
	if a.known[receipt.Place{JournalID: fresh.JournalID, Sequence: fresh.Sequence}] {
		return nil
	}
	return a.kept.keep(fresh)
}

// id gives the request id under which a receipt is sent again: the same each time, another for each restored journal.
func (a *resending) id(r receipt.Record) string {
	index := int32(-1)
	if r.Index != nil {
		index = *r.Index
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "tonghop/resend/1\n%s\n%s\n%s\n%d\n", a.old, a.here, r.RequestID, index))
	id := uuid.UUID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8: made by the rules of an application
	return id.String()
}

// standsAs gives the number under which a revision of the old journal stands here.
func (a *resending) standsAs(report string, revision int32) int32 {
	if number, ok := a.stands[report][revision]; ok {
		return number
	}
	return revision
}

func (a *resending) note(r receipt.Record, number int32) {
	if a.stands[r.Report] == nil {
		a.stands[r.Report] = map[int32]int32{}
	}
	a.stands[r.Report][r.Revision] = number
}

// asRevision tells of a revision that stands under another number.
func asRevision(was, is int32) string {
	if was == is {
		return ""
	}
	return "as revision " + number(is)
}

// sameRevision says whether a revision has the figures that a receipt is for, and is as final.
func sameRevision(r receipt.Record, rev *reportingv1.Revision) bool {
	draft := rev.GetState() == reportingv1.RevisionState_REVISION_STATE_DRAFT
	return r.Figures != nil && !r.Figures.Partial && draft == (r.Kind == receipt.Draft) && len(differing(r, rev.GetFigures())) == 0
}

// fileOf writes the rows of a receipt as a file.
func fileOf(figures *receipt.Figures) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	err := w.Write(figures.Columns)
	if err == nil {
		err = w.WriteAll(figures.Rows)
	}
	return b.Bytes(), err
}
