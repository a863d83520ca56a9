package reporting

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Submission is one report as it is handed in: the whole report unless Merge is set (R25).
type Submission struct {
	Ref     ReportRef
	Figures []FigureDraft
	// Amounts are the figures in columns; there are no others then.
	Amounts *Amounts
	Draft   bool
	Merge   bool
	// Etag of what the sender saw; needed to change what is there (R24).
	Etag string
	// restores is the earlier revision whose figures these are; 0 for none.
	restores int
	// Wrong is what was wrong with it before it could be read; it refuses this submission alone.
	Wrong error
}

// OutcomeKind is what became of a submission.
type OutcomeKind uint8

// The outcomes.
const (
	_ OutcomeKind = iota
	Created
	Corrected
	Unchanged
	Refused
	Replayed
)

// Outcome is what became of one submission.
type Outcome struct {
	Kind     OutcomeKind
	Name     string
	Revision int
	Etag     string
	Receipt  Receipt
	// Merged are the indicators that were taken from the revision before.
	Merged []indicator.Code
	Late   bool
	// Err is why it was refused.
	Err error
}

const methodSubmit = "ReportService.SubmitReport"

// Submit takes one report. A refusal is the error; the outcome is never Refused. The report is as it stands after the
// submission, whatever came after it.
func (s *Service) Submit(ctx context.Context, call Call, sub Submission) (Outcome, Report, Stamp, error) {
	d, receipt, err := s.submit(ctx, call, s.takeInHand(methodSubmit, sub), true)
	if err != nil {
		return Outcome{}, Report{}, Stamp{}, err
	}
	outcome := d.outcome(receipt)
	if receipt.Sequence != 0 && !receipt.Replayed { // and so the caller has not to be asked again what he may see
		return outcome, d.report, Stamp{
			JournalID: receipt.JournalID, Sequence: receipt.Sequence, StateVersion: aggregator.StateVersion,
		}, nil
	}
	ref, err := ParseReportName(outcome.Name)
	if err != nil {
		return Outcome{}, Report{}, Stamp{}, err
	}
	report, stamp, err := s.GetReport(ctx, call.Caller, ref, 0)
	if fault.ReasonOf(err) == "REPORT_NOT_FOUND" { // a preview of the first revision
		_, stamp, err = s.GetStamp(ctx, call.Caller)
	}
	return outcome, report, stamp, err
}

// inHand is a submission of which everything was done that can be done before its turn comes, however often it must ask for
// one.
type inHand struct {
	Submission
	method string
	hash   [32]byte
	ready  prepared
}

func (s *Service) takeInHand(method string, sub Submission) *inHand {
	in := &inHand{Submission: sub, method: method, hash: hashSubmission(method, sub)}
	in.ready = s.prepare(&in.Submission)
	return in
}

// submit is Submit without what is read again; show asks for the report as it stands afterwards.
func (s *Service) submit(ctx context.Context, call Call, in *inHand, show bool) (decision, Receipt, error) {
	return change(ctx, s, mutation[decision]{
		call: call, method: in.method, hash: in.hash, size: in.size(),
		decide: func(who granted, at committer.Slot) (decision, entry.Body, error) {
			d, err := s.decide(who, at.Time, in.Submission, &in.ready)
			if err != nil || d.kind == Unchanged {
				return d, nil, err
			}
			if show {
				d.report, _ = who.report(d.after(who.Principal, at))
			}
			return d, entry.ReportsSubmitted{Reports: []entry.Submission{d.revision}}, nil
		},
		recall: func(who granted, sequence uint64) (decision, error) { return who.remember(in.Submission, sequence) },
	})
}

func (sub Submission) size() int {
	n := 128
	if sub.Amounts != nil {
		n += 32 * len(sub.Amounts.of.groups)
		for _, e := range sub.Amounts.explanations {
			n += len(e.text)
		}
	}
	for _, f := range sub.Figures {
		n += 32 + len(f.Note) + len(f.Explanation)
	}
	return n
}

// decision is what a submission comes to.
type decision struct {
	kind     OutcomeKind
	revision entry.Submission // of Created and Corrected; of Unchanged only key and number
	merged   []indicator.Code
	late     bool
	etag     string
	// before is the report as it was; report, of Submit alone, what the caller sees of it afterwards.
	before aggregator.Report
	report Report
}

func (d decision) outcome(receipt Receipt) Outcome {
	if receipt.Sequence != 0 {
		receipt.Revision = d.revision.Revision
	}
	return Outcome{
		Kind: d.kind, Name: ReportName(d.revision.Key), Revision: d.revision.Revision, Etag: d.etag,
		Receipt: receipt, Merged: d.merged, Late: d.late,
	}
}

// decide says what a submission comes to at an instant: it is right, and what it changes; or nothing; or why not.
func (s *Service) decide(who granted, now time.Time, sub Submission, ready *prepared) (decision, error) {
	d, at, err := who.weigh(now, sub, ready)
	if err == nil {
		err = who.hold(at, &sub, &d, nil)
	}
	if err != nil {
		return decision{}, err
	}
	return d, nil
}

// weigh is decide without the rules of the form.
func (g granted) weigh(now time.Time, sub Submission, ready *prepared) (decision, place, error) {
	at, figures, err := g.admit(now, sub, ready)
	if err != nil {
		return decision{}, at, err
	}
	report, _, err := g.tx.Report(at.key)
	if err != nil {
		return decision{}, at, err
	}
	d := decision{kind: Created, revision: g.revision(at, sub, figures, report)}
	if newest, seen := g.newest(report); seen {
		err = g.correct(&d, at, newest, sub)
	} else {
		err = nothingSent(at, sub.Etag)
	}
	if err != nil || d.kind != Unchanged {
		if still := g.standsStill(at, report); still != nil {
			return decision{}, at, still
		}
	}
	if err == nil && sub.Draft && d.kind != Unchanged {
		err = draftTooSoon(report, now)
	}
	if err != nil {
		return decision{}, at, err
	}
	if d.kind != Unchanged {
		d.etag = etagOf(aggregator.Revision{Number: d.revision.Revision, State: stateOf(sub.Draft)})
	}
	d.late = !sub.Draft && !d.revision.Deadline.IsZero() && !now.Before(d.revision.Deadline)
	if _, sent := report.Newest(); sent {
		d.late = report.Late
	}
	d.before = report
	return d, at, nil
}

// revision makes what is handed in the next revision of its report.
func (g granted) revision(at place, sub Submission, figures []entry.Figure, report aggregator.Report) entry.Submission {
	r := entry.Submission{
		Key: at.key, Revision: 1, Draft: sub.Draft, Figures: figures, Deadline: g.deadline(at, report), RestoredFrom: sub.restores,
	}
	if at.unit.ID != g.Token.Unit {
		// Its unit acts for one that has ended (R3), or somebody sends on behalf of it (R12).
		r.ActingFor, r.OnBehalf = g.Token.Unit, !g.Token.Role.Reports()
	}
	if n := len(report.Revisions); n > 0 {
		r.Revision = report.Revisions[n-1].Number + 1
	}
	return r
}

// after gives the report with the new revision in it, as the aggregator will have it.
func (d *decision) after(principal string, slot committer.Slot) aggregator.Report {
	r := d.before
	r.Key = d.revision.Key
	made := aggregator.Revision{
		Number: d.revision.Revision, State: stateOf(d.revision.Draft), Figures: d.revision.Figures, Principal: principal,
		Time: slot.Time.UTC(), Sequence: slot.Sequence, Merged: d.revision.Merged, ActingFor: d.revision.ActingFor,
		OnBehalf: d.revision.OnBehalf, RestoredFrom: d.revision.RestoredFrom,
	}
	if _, sent := r.Newest(); !sent {
		r.Deadline, r.Late = d.revision.Deadline.UTC(), d.late
	}
	if made.State == aggregator.Submitted {
		for i := range r.Revisions {
			if rev := &r.Revisions[i]; rev.State == aggregator.Submitted {
				rev.State = aggregator.Superseded
			}
		}
		r.Provisional = made.Number
	}
	r.Revisions = append(r.Revisions, made)
	return r
}

// admit asks everything about a submission that does not depend on what was sent before: may he, is it time, is it owed,
// are the figures right.
func (g granted) admit(now time.Time, sub Submission, ready *prepared) (place, []entry.Figure, error) {
	if sub.Wrong != nil {
		return place{}, nil, sub.Wrong
	}
	at, err := g.submittable(sub.Ref, ready)
	if err == nil {
		err = g.mayHandIn(at, sub.Draft)
	}
	if err != nil {
		return at, nil, err
	}
	if err := timely(at, sub.Draft, now); err != nil {
		return at, nil, err
	}
	if !at.form.Owes(g.tx.Tree(), at.unit, at.key.Period) {
		return at, nil, notAssigned(at)
	}
	if ready.of(g.tx.Definitions(), at) {
		return at, ready.figures, nil
	}
	figures, err := sub.figures(g.tx.Definitions(), at)
	return at, figures, err
}

// nothingSent refuses an etag of a report that is not there.
func nothingSent(at place, etag string) error {
	if etag == "" {
		return nil
	}
	etag = shorten(etag)
	return fault.Conflict("ETAG_MISMATCH",
		"the etag %q is of a report, and nothing was sent for %s yet; send it without", etag, ReportName(at.key)).
		With("given", etag).With("etag", "").In("etag")
}

// sendable finds the report and asks whether the caller may send it. Whether its unit stands is not asked. Ready is what was
// found out about it before; nil if nothing was.
func (g granted) sendable(ref ReportRef, ready *prepared) (place, error) {
	if err := g.need(auth.Submit); err != nil {
		return place{}, err
	}
	at, err := g.placeOf(ref, ready)
	if fault.ReasonOf(err) == "UNIT_NOT_VALID" { // a code that nobody has on that day: as with an id, the time is wrong
		late := *fault.Of(err)
		late.Kind = fault.KindPrecondition
		err = &late
	}
	if err != nil {
		return place{}, err
	}
	scope := auth.Scope{Unit: at.unit.ID, On: g.standing(at.unit.ID, at.last), Form: at.form.Code}
	switch {
	case g.may(auth.Submit, scope), g.sendsForOthers(at):
		return at, nil
	case at.unit.ID == g.Token.Unit && !g.readsForm(at.form.Code):
		return place{}, g.formNotGranted(ref.Form)
	}
	return place{}, notSeen(ref.Unit).In("unit")
}

// sendsForOthers says whether the caller sends on behalf of the unit because the form names his unit as the reviewing one.
func (g granted) sendsForOthers(at place) bool {
	return g.Token.Role == auth.Approver && at.unit.ID != g.Token.Unit && g.readsForm(at.form.Code) && g.reviews(at.form, at.last)
}

// mayHandIn asks for the one of the two rights that is needed, to save a draft or to send (R13).
func (g granted) mayHandIn(at place, draft bool) error {
	right := auth.Send
	if draft {
		right = auth.Draft
	}
	if g.has(right) {
		return nil
	}
	return denied(right, g.Token.Role).With("unit", at.unit.ID)
}

// submittable is sendable for a unit that stands on the last day of the period: it owes the whole of it, also after its
// end (R3).
func (g granted) submittable(ref ReportRef, ready *prepared) (place, error) {
	at, err := g.sendable(ref, ready)
	if err == nil && !at.unit.ValidOn(at.last) {
		err = notValid(at)
	}
	return at, err
}

func notValid(at place) error {
	return fault.Precondition("UNIT_NOT_VALID",
		"unit %s does not stand on %s, the last day of %s; the unit that stood on that day reports the period",
		at.unit, at.last, at.key.Period).
		With("unit", at.unit.ID).With("period", at.key.Period.String()).With("day", at.last.String()).In("unit")
}

func notAssigned(at place) error {
	return fault.Precondition("NOT_ASSIGNED",
		"form %s is not assigned to %s for %s; ask who keeps the forms", at.form.Code, at.unit, at.key.Period).
		With("form", at.form.Code).With("unit", at.unit.ID).With("period", at.key.Period.String()).In("form")
}

// timely refuses what comes before its time: a final report before the period is over, a draft before it begins.
func timely(at place, draft bool, now time.Time) error {
	c, p := at.form.Calendar, at.key.Period
	if draft {
		if !period.DraftTooEarly(c, p, now) {
			return nil
		}
		return fault.Precondition("PERIOD_TOO_EARLY", "%s begins on %s; a draft can be saved from then on", p, c.First(p)).
			With("period", p.String()).With("day", c.First(p).String()).In("period")
	}
	if !period.TooEarly(c, p, now) {
		return nil
	}
	return fault.Precondition("PERIOD_TOO_EARLY",
		"%s ends on %s; its report can be sent from %s on, and saved as a draft before", p, at.last, at.last.Add(1)).
		With("period", p.String()).With("day", at.last.Add(1).String()).In("period")
}

// deadline gives the instant from which the report is late; zero without one. Once it was sent its deadline has done what it
// is for (R7); that of a draft may still move.
func (g granted) deadline(at place, report aggregator.Report) time.Time {
	if _, sent := report.Newest(); sent {
		return report.Deadline
	}
	due, ok := g.tx.Definitions().Timetable().DueDay(at.form.Code, string(at.unit.Kind), at.last)
	if !ok {
		return time.Time{}
	}
	return period.Deadline(due)
}

func stateOf(draft bool) aggregator.RevisionState {
	if draft {
		return aggregator.Draft
	}
	return aggregator.Submitted
}

// remember makes the answer to a repeated request from the revision that the first one wrote, also where the unit has ended
// since, before the period did.
func (g granted) remember(sub Submission, sequence uint64) (decision, error) {
	at, r, err := g.remembered(sub.Ref)
	if err != nil || !slices.ContainsFunc(r.Revisions, func(rev aggregator.Revision) bool { return rev.Sequence == sequence }) {
		meant, failed := g.meant(sub.Ref, sequence)
		if failed != nil {
			return decision{}, failed
		}
		if meant != sub.Ref {
			at, r, err = g.remembered(meant)
		}
	}
	if err != nil {
		return decision{}, err
	}
	d := decision{kind: Unchanged, revision: entry.Submission{Key: at.key}, late: r.Late}
	for _, rev := range r.Revisions {
		switch {
		case rev.Sequence == sequence:
			return decision{
				kind: Replayed, revision: entry.Submission{Key: at.key, Revision: rev.Number}, late: r.Late, etag: etagOf(rev),
				merged: g.mergedInto(sub, rev),
			}, nil
		case rev.Sequence < sequence && (rev.State != aggregator.Draft || g.ownDrafts(at.key.Unit)):
			// What stood there already for the caller, in a batch of which other reports were changed.
			d.revision.Revision, d.etag, d.merged = rev.Number, etagOf(rev), g.mergedInto(sub, rev)
		}
	}
	return d, nil
}

func (g granted) remembered(ref ReportRef) (place, aggregator.Report, error) {
	at, err := g.sendable(ref, nil)
	if err != nil {
		return at, aggregator.Report{}, err
	}
	r, _, err := g.tx.Report(at.key)
	return at, r, err
}

// meant gives a reference by the id of the unit that it meant when its entry was made: its code may be another unit's on that
// day by now, or nobody's.
func (g granted) meant(ref ReportRef, sequence uint64) (ReportRef, error) {
	meant := ref
	if _, known := g.tx.Tree().Unit(hierarchy.ID(ref.Unit)); known {
		return meant, nil
	}
	err := g.tx.Changes(sequence-1, maxBatch, func(c aggregator.Change) error {
		if c.Sequence == sequence && c.Key.Period.String() == ref.Period && c.Key.Form.Same(form.Code(ref.Form)) && c.Key.Unit.Code() == hierarchy.Code(ref.Unit) {
			meant.Unit = string(c.Key.Unit)
		}
		return nil
	})
	return meant, err
}

// mergedInto gives the indicators of a revision that the submission left to the one before.
func (g granted) mergedInto(sub Submission, rev aggregator.Revision) []indicator.Code {
	if !sub.Merge {
		return nil
	}
	given := make(map[indicator.Code]bool, len(rev.Figures))
	if sub.Amounts != nil {
		sub.Amounts.codes(given)
	}
	for _, f := range sub.Figures {
		given[indicator.Code(f.Indicator).Fold()] = true
	}
	var merged []indicator.Code
	for _, f := range rev.Figures {
		if code := g.tx.Indicators().At(int(f.Number)); !given[code.Fold()] {
			merged = append(merged, code)
		}
	}
	return merged
}

func hashSubmission(method string, sub Submission) [32]byte {
	c := canon(method)
	sub.canonical(c)
	return c.sum()
}

func (sub Submission) canonical(c canonical) {
	c.text("unit", sub.Ref.Unit).text("form", sub.Ref.Form).text("period", sub.Ref.Period).
		flag("draft", sub.Draft).flag("merge", sub.Merge).text("etag", sub.Etag)
	if sub.Amounts != nil {
		sub.Amounts.canonical(c)
		return
	}
	c.count("figures", len(sub.Figures))
	// What is beyond the limit is refused, so no other request can be taken for it.
	figures := sub.Figures[:min(len(sub.Figures), maxFigures)]
	for _, i := range inOrder(figures) {
		c.figure(&figures[i])
	}
}

// inOrder gives the places of figures in the order of their codes: a report is a set of figures, and a client that lists
// the same ones otherwise when it repeats itself asks for the same thing.
func inOrder(figures []FigureDraft) []int {
	places := make([]int, len(figures))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(figures[a].Indicator, figures[b].Indicator) })
	return places
}
