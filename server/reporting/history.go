package reporting

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
)

// HistoryAct is what was done to a report or its obligation.
type HistoryAct uint8

// The acts.
const (
	_ HistoryAct = iota
	WasSaved
	WasSent
	WasRestored
	WasApproved
	WasReturned
	WasExcluded
	WasLifted
)

// HistoryEvent is one act: who, when, why, and what changed.
type HistoryEvent struct {
	aggregator.Turn
	Act HistoryAct
	// Revision is the one that was made, approved or returned; 0 for exclusions.
	Revision int
	// ActingUnit, OnBehalf, Merged and RestoredFrom are those of the revision that was made.
	ActingUnit       hierarchy.ID
	OnBehalf, Merged bool
	RestoredFrom     int
	// ComparedWith is the revision before that the caller may see; 0 for none. Changes are the figures that are not as there.
	ComparedWith int
	Changes      []FigureChange
}

// FigureChange is a figure that is not as it was; nil on the side where it was not reported.
type FigureChange struct{ Was, Is *Figure }

// ListHistory gives what was done to a report, the first act first.
func (s *Service) ListHistory(ctx context.Context, caller auth.Caller, ref ReportRef, page Page) ([]HistoryEvent, string, Stamp, error) {
	size, err := page.size(defaultPage, largestPage)
	if err != nil {
		return nil, "", Stamp{}, err
	}
	var events []HistoryEvent
	var next string
	var stamp Stamp
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		stamp, next = stampOf(tx), ""
		at, r, err := who.stored(ref)
		if err != nil {
			return err
		}
		from, err := page.open(tx, filterHash("history", ReportName(at.key)))
		if err != nil {
			return err
		}
		skip, err := placeOf(from.key)
		if err != nil {
			return err
		}
		if events, err = who.history(r); err != nil {
			return err
		}
		if len(events) == 0 {
			return noReport(ReportName(at.key))
		}
		events = events[min(skip, len(events)):]
		if len(events) > size {
			events = events[:size]
			from.key = strconv.Itoa(skip + size)
			next = from.token()
		}
		return nil
	})
	return events, next, stamp, err
}

// history tells what was done to a report as far as the caller may see it, in the order of the entries.
func (g granted) history(r aggregator.Report) ([]HistoryEvent, error) {
	shown := g.obligation(r)
	var events []HistoryEvent
	var before *aggregator.Revision
	for i := range r.Revisions {
		rev := &r.Revisions[i]
		if rev.State == aggregator.Draft && !g.ownDrafts(r.Key.Unit) {
			continue
		}
		made := HistoryEvent{
			Act: WasSent, Revision: rev.Number, ActingUnit: rev.ActingFor, OnBehalf: rev.OnBehalf, Merged: rev.Merged, RestoredFrom: rev.RestoredFrom,
			Turn: aggregator.Turn{Sequence: rev.Sequence, Principal: rev.Principal, Time: rev.Time},
		}
		switch {
		case rev.State == aggregator.Draft:
			made.Act = WasSaved
		case rev.RestoredFrom != 0:
			made.Act = WasRestored
		}
		var was []Figure
		if before != nil {
			made.ComparedWith, was = before.Number, shown.Figures(*before)
		}
		made.Changes = figureChanges(was, shown.Figures(*rev))
		events, before = append(events, made), rev
		for _, act := range []struct {
			act      HistoryAct
			sequence uint64
		}{{WasApproved, rev.ApprovedIn}, {WasReturned, rev.ReturnedIn}} {
			if act.sequence == 0 {
				continue
			}
			turn, err := g.tx.Turn(act.sequence)
			if err != nil {
				return nil, err
			}
			events = append(events, HistoryEvent{Turn: turn, Act: act.act, Revision: rev.Number})
		}
	}
	for _, x := range r.Exclusions {
		events = append(events, HistoryEvent{Turn: x.Excluded, Act: WasExcluded})
		if x.Lifted.Sequence != 0 {
			events = append(events, HistoryEvent{Turn: x.Lifted, Act: WasLifted})
		}
	}
	slices.SortStableFunc(events, func(a, b HistoryEvent) int {
		switch {
		case a.Sequence < b.Sequence:
			return -1
		case a.Sequence > b.Sequence:
			return 1
		}
		return 0
	})
	return events, nil
}

// figureChanges gives the figures that are not as they were. Both lists are in the order in which the indicators were accepted.
func figureChanges(was, is []Figure) []FigureChange {
	var changes []FigureChange
	for i := range is {
		at := slices.IndexFunc(was, func(f Figure) bool { return f.Indicator == is[i].Indicator })
		switch {
		case at < 0:
			changes = append(changes, FigureChange{Is: &is[i]})
		case was[at] != is[i]:
			changes = append(changes, FigureChange{Was: &was[at], Is: &is[i]})
		}
	}
	for i := range was {
		if !slices.ContainsFunc(is, func(f Figure) bool { return f.Indicator == was[i].Indicator }) {
			changes = append(changes, FigureChange{Was: &was[i]})
		}
	}
	return changes
}

// ParseRevisionName reads "units/U/reports/FORM~PERIOD/revisions/3".
func ParseRevisionName(name string) (ReportRef, int, error) {
	report, number, cut := strings.Cut(name, "/revisions/")
	ref, err := ParseReportName(report)
	n, wrong := strconv.Atoi(number)
	if err != nil || !cut || wrong != nil || n < 1 {
		return ReportRef{}, 0, fault.Invalid("REVISION_NAME_INVALID",
			"revision name %q: write units/UNIT/reports/FORM~PERIOD/revisions/NUMBER, such as units/30280/reports/cds-thang~2024-02/revisions/3", shorten(name)).
			With("value", shorten(name)).In("name")
	}
	return ref, n, nil
}

// RestoreRevision sends the figures of an earlier revision as a new one. It goes the way of every submission, so that rules
// which came since hold for it too; only that it may have fewer figures than the newest.
func (s *Service) RestoreRevision(ctx context.Context, call Call, ref ReportRef, number int, etag string) (Report, Receipt, Stamp, error) {
	const method = "HistoryService.RestoreRevision"
	hash := hashReview(method, ref, etag).count("revision", number).sum()
	_, receipt, err := change(ctx, s, mutation[struct{}]{
		call: call, method: method, hash: hash, size: 16 << 10,
		decide: func(who granted, at committer.Slot) (none struct{}, body entry.Body, err error) {
			sub, err := who.restoring(ref, number, etag)
			if err != nil {
				return none, nil, err
			}
			d, err := s.decide(who, at.Time, sub, &prepared{})
			if err != nil || d.kind == Unchanged {
				return none, nil, err
			}
			return none, entry.ReportsSubmitted{Reports: []entry.Submission{d.revision}}, nil
		},
		recall: func(who granted, _ uint64) (none struct{}, err error) {
			_, err = who.submittable(ref, nil)
			return none, err
		},
	})
	if err != nil {
		return Report{}, Receipt{}, Stamp{}, err
	}
	report, stamp, err := s.GetReport(ctx, call.Caller, ref, 0)
	return report, receipt, stamp, err
}

// restoring makes a submission of an earlier revision.
func (g granted) restoring(ref ReportRef, number int, etag string) (Submission, error) {
	at, err := g.submittable(ref, nil)
	if err != nil {
		return Submission{}, err
	}
	r, _, err := g.tx.Report(at.key)
	if err != nil {
		return Submission{}, err
	}
	rev, known := r.Revision(number)
	if !known || rev.State == aggregator.Draft && !g.ownDrafts(at.key.Unit) {
		return Submission{}, fault.NotFound("REVISION_NOT_FOUND", "%s has no revision %d; see its history", ReportName(at.key), number).
			With("name", ReportName(at.key)).With("revision", number).In("name")
	}
	if etag == "" {
		return Submission{}, etagMismatch("", etagOfObligation(r))
	}
	rev.Figures = g.stillAsked(at, rev.Figures)
	sub := Submission{Ref: ref, Etag: etag, restores: number}
	for _, f := range g.obligation(r).Figures(rev) {
		sub.Figures = append(sub.Figures, draftOf(f))
	}
	return sub, nil
}

// draftOf gives a figure as it would be handed in.
func draftOf(f Figure) FigureDraft {
	d := FigureDraft{
		Indicator: string(f.Indicator), State: f.State, Grade: f.Grade, Note: f.Note, Explanation: f.Explanation, Format: figure.Plain,
	}
	for _, part := range []struct {
		has  bool
		n    figure.Number
		text **string
	}{{f.HasValue, f.Value, &d.Value}, {f.HasNumerator, f.Numerator, &d.Numerator}, {f.HasDenominator, f.Denominator, &d.Denominator}} {
		if part.has {
			text := part.n.Format(f.Scale)
			*part.text = &text
		}
	}
	return d
}
