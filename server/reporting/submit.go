package reporting

import (
	"context"
	"fmt"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Submission is one report as it is handed in: the whole report unless Merge is set (R25).
type Submission struct {
	Ref     ReportRef
	Figures []FigureDraft
	Draft   bool
	Merge   bool
	// Etag of what the sender saw; needed to change what is there (R24).
	Etag string
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

// Submit takes one report. A refusal is the error; the outcome is never Refused.
func (s *Service) Submit(ctx context.Context, call Call, sub Submission) (Outcome, Report, Stamp, error) {
	outcome, err := s.submit(ctx, call, methodSubmit, sub)
	if err != nil {
		return Outcome{}, Report{}, Stamp{}, err
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

// submit is Submit without the report.
func (s *Service) submit(ctx context.Context, call Call, method string, sub Submission) (Outcome, error) {
	var d decision
	receipt, err := s.change(ctx, mutation{
		call: call, method: method, hash: hashSubmission(method, sub), size: sub.size(),
		decide: func(who granted, at committer.Slot) (entry.Body, error) {
			var err error
			if d, err = s.decide(who, at.Time, sub); err != nil || d.kind == Unchanged {
				return nil, err
			}
			return entry.ReportsSubmitted{Reports: []entry.Submission{d.revision}}, nil
		},
		replayed: func(who granted, sequence uint64) (err error) {
			d, err = who.remember(sub, sequence)
			return err
		},
	})
	if err != nil {
		return Outcome{}, err
	}
	return d.outcome(receipt), nil
}

func (sub Submission) size() int {
	n := 128
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
}

func (d decision) outcome(receipt Receipt) Outcome {
	receipt.Revision = d.revision.Revision
	if receipt.Sequence == 0 {
		receipt = Receipt{}
	}
	return Outcome{
		Kind: d.kind, Name: ReportName(d.revision.Key), Revision: d.revision.Revision, Etag: d.etag,
		Receipt: receipt, Merged: d.merged, Late: d.late,
	}
}

// decide says what a submission comes to at an instant: it is right, and what it changes; or nothing; or why not.
func (s *Service) decide(who granted, now time.Time, sub Submission) (decision, error) {
	if sub.Wrong != nil {
		return decision{}, sub.Wrong
	}
	at, err := who.submittable(sub.Ref)
	if err != nil {
		return decision{}, err
	}
	if err := timely(at, sub.Draft, now); err != nil {
		return decision{}, err
	}
	if !at.form.Owes(who.tx.Tree(), at.unit, at.key.Period) {
		return decision{}, notAssigned(at)
	}
	figures, err := who.figures(at, sub.Figures)
	if err != nil {
		return decision{}, err
	}
	report, exists, err := who.tx.Report(at.key)
	if err != nil {
		return decision{}, err
	}
	d := decision{kind: Created, revision: entry.Submission{
		Key: at.key, Revision: 1, Draft: sub.Draft, Figures: figures, Deadline: s.deadline(at),
	}}
	if exists {
		d.revision.Deadline = report.Deadline
		if err := who.correct(&d, report, sub, now); err != nil {
			return decision{}, err
		}
	} else if sub.Etag != "" {
		return decision{}, fault.Conflict("ETAG_MISMATCH",
			"the etag %q is of a report, and nothing was sent for %s yet; send it without", sub.Etag, ReportName(at.key)).
			With("given", sub.Etag).With("etag", "").In("etag")
	}
	if d.kind != Unchanged {
		d.etag = etagOf(aggregator.Revision{Number: d.revision.Revision, State: stateOf(sub.Draft)})
	}
	d.late = !sub.Draft && !d.revision.Deadline.IsZero() && !now.Before(d.revision.Deadline)
	if exists && firstFinal(report) {
		d.late = report.Late
	}
	return d, nil
}

func firstFinal(r aggregator.Report) bool { _, sent := r.Newest(); return sent }

// submittable finds the report and asks whether the caller may send it.
func (g granted) submittable(ref ReportRef) (place, error) {
	if err := g.need(auth.Submit); err != nil {
		return place{}, err
	}
	at, err := g.place(ref)
	if err != nil {
		return place{}, err
	}
	if !g.may(auth.Submit, auth.Scope{Unit: at.unit.ID, On: at.last, Form: at.form.Code}) {
		if !at.unit.ValidOn(at.last) && at.unit.ID == g.Token.Unit {
			return place{}, notValid(at)
		}
		return place{}, notSeen(ref.Unit).In("unit")
	}
	if !at.unit.ValidOn(at.last) {
		return place{}, notValid(at)
	}
	return at, nil
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

// deadline gives the instant from which the report is late; zero without one.
func (s *Service) deadline(at place) time.Time {
	offset, ok := at.form.Due.For(string(at.unit.Kind))
	if !ok {
		return time.Time{}
	}
	return period.Deadline(s.cfg.Holidays.DueDay(at.last, offset))
}

// shortestBetweenDrafts is how often a draft of one report may become an entry (R26).
const shortestBetweenDrafts = time.Minute

// correct decides a submission for a report that has revisions already.
func (g granted) correct(d *decision, r aggregator.Report, sub Submission, now time.Time) error {
	newest := r.Revisions[len(r.Revisions)-1]
	d.kind, d.revision.Revision = Corrected, newest.Number+1
	missing := lacking(newest.Figures, d.revision.Figures)
	switch {
	case sub.Merge && len(missing) > 0:
		d.revision.Merged = true
		d.revision.Figures = merged(d.revision.Figures, missing)
		for _, f := range missing {
			d.merged = append(d.merged, g.tx.Indicators().At(int(f.Number)))
		}
	case len(missing) > 0 && !sub.Draft:
		return g.figuresMissing(missing)
	}
	d.etag = etagOf(newest)
	equal := sameFigures(newest.Figures, d.revision.Figures)
	final := newest.State != aggregator.Draft
	switch {
	case sub.Etag != "" && sub.Etag != d.etag,
		sub.Etag == "" && !equal:
		return reportChanged(sub.Etag, newest, g)
	case equal && final == !sub.Draft && newest.State != aggregator.Returned:
		*d = decision{kind: Unchanged, revision: entry.Submission{Key: r.Key, Revision: newest.Number}, late: r.Late, etag: d.etag, merged: d.merged}
		return nil
	case sub.Draft && !final && now.Sub(newest.Time) < shortestBetweenDrafts:
		return fault.Exhausted("DRAFT_TOO_SOON", "a draft of this report was saved %s ago; one a minute is kept", now.Sub(newest.Time).Round(time.Second)).
			After(shortestBetweenDrafts - now.Sub(newest.Time))
	}
	return nil
}

func stateOf(draft bool) aggregator.RevisionState {
	if draft {
		return aggregator.Draft
	}
	return aggregator.Submitted
}

// reportChanged tells who changed the report that the sender has not seen.
func reportChanged(given string, newest aggregator.Revision, g granted) error {
	what := "you gave no etag"
	if given != "" {
		what = fmt.Sprintf("your etag is %q", given)
	}
	return fault.Conflict("ETAG_MISMATCH",
		"there is a revision that you have not seen: %s, the report's is %q, by %s at %s; look at it, then send the correction with its etag",
		what, etagOf(newest), newest.Principal, newest.Time.In(period.Location()).Format(time.RFC3339)).
		With("given", given).With("etag", etagOf(newest)).With("principal", newest.Principal).
		With("time", newest.Time.UTC().Format(time.RFC3339)).In("etag")
}

// figuresMissing refuses a report that lacks what the newest revision has (R25).
func (g granted) figuresMissing(missing []entry.Figure) error {
	codes := ""
	for i, f := range missing {
		if i > 0 {
			codes += ", "
		}
		codes += string(g.tx.Indicators().At(int(f.Number)))
	}
	return fault.Invalid("FIGURES_MISSING",
		"the newest revision also has %s; a submission is the whole report: send them too, or ask to merge", codes).
		With("indicators", codes).In("figures")
}

// remember makes the answer to a repeated request from the revision that the first one wrote.
func (g granted) remember(sub Submission, sequence uint64) (decision, error) {
	at, err := g.submittable(sub.Ref)
	if err != nil {
		return decision{}, err
	}
	r, _, err := g.tx.Report(at.key)
	if err != nil {
		return decision{}, err
	}
	for _, rev := range r.Revisions {
		if rev.Sequence == sequence {
			return decision{
				kind: Replayed, revision: entry.Submission{Key: at.key, Revision: rev.Number}, late: r.Late, etag: etagOf(rev),
			}, nil
		}
	}
	return decision{}, fault.Internal(fmt.Errorf("request of entry %d wrote no revision of %v", sequence, at.key), "the answer to the first request is lost")
}

func hashSubmission(method string, sub Submission) [32]byte {
	c := canon(method)
	sub.canonical(c)
	return c.sum()
}

func (sub Submission) canonical(c canonical) {
	c.text("unit", sub.Ref.Unit).text("form", sub.Ref.Form).text("period", sub.Ref.Period).
		flag("draft", sub.Draft).flag("merge", sub.Merge).text("etag", sub.Etag).count("figures", len(sub.Figures))
	for _, f := range sub.Figures {
		c.text("indicator", f.Indicator).optional("value", f.Value).optional("numerator", f.Numerator).
			optional("denominator", f.Denominator).text("state", f.State.String()).text("grade", f.Grade.String()).
			text("note", f.Note).text("explanation", f.Explanation).text("format", f.Format.String())
	}
}
