package reporting

import (
	"context"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// Approve makes the submitted revision that the reviewer saw the official one.
func (s *Service) Approve(ctx context.Context, call Call, ref ReportRef, etag string) (Report, Receipt, Stamp, error) {
	const method = "ReportService.ApproveReport"
	hash := hashReview(method, ref, etag).sum()
	return s.review(ctx, call, method, ref, hash, func(who granted, at place, r aggregator.Report) (entry.Body, error) {
		newest, err := who.reviewed(at, r, etag)
		if err != nil {
			return nil, err
		}
		if newest.State != aggregator.Submitted {
			return nil, fault.Precondition("NOTHING_TO_APPROVE", "revision %d of %s is %s; only a submitted one can be approved",
				newest.Number, ReportName(at.key), newest.State).With("state", newest.State.String())
		}
		return entry.ReportApproved{Key: at.key, Revision: newest.Number}, who.notHisOwn(at, newest)
	})
}

// Return sends a revision back: the submitted one, or the approved one when none is waiting (R23).
func (s *Service) Return(ctx context.Context, call Call, ref ReportRef, etag, reason string) (Report, Receipt, Stamp, error) {
	const method = "ReportService.ReturnReport"
	hash := hashReview(method, ref, etag).text("reason", reason).sum()
	return s.review(ctx, call, method, ref, hash, func(who granted, at place, r aggregator.Report) (entry.Body, error) {
		clean, err := text.Note("reason", reason)
		if err != nil {
			return nil, err
		}
		if clean == "" {
			return nil, fault.Invalid("REASON_REQUIRED", "a report is sent back with a reason: say what is to be mended").In("reason")
		}
		back, err := who.reviewed(at, r, etag)
		if err != nil {
			return nil, err
		}
		if back.State != aggregator.Submitted {
			approved, ok := r.Revision(r.Official)
			if !ok {
				return nil, fault.Precondition("NOTHING_TO_RETURN", "no revision of %s is submitted or approved", ReportName(at.key))
			}
			back = approved
		}
		return entry.ReportReturned{Key: at.key, Revision: back.Number, Reason: clean}, who.notHisOwn(at, back)
	})
}

func hashReview(method string, ref ReportRef, etag string) canonical {
	return canon(method).text("unit", ref.Unit).text("form", ref.Form).text("period", ref.Period).text("etag", etag)
}

// review is the road of approval and return.
func (s *Service) review(
	ctx context.Context, call Call, method string, ref ReportRef, hash [32]byte,
	decide func(who granted, at place, r aggregator.Report) (entry.Body, error),
) (Report, Receipt, Stamp, error) {
	_, receipt, err := change(ctx, s, mutation[struct{}]{
		call: call, method: method, hash: hash, size: 512,
		decide: func(who granted, _ committer.Slot) (none struct{}, body entry.Body, err error) {
			at, r, err := who.reviewable(ref)
			if err != nil {
				return none, nil, err
			}
			body, err = decide(who, at, r)
			return none, body, err
		},
		recall: func(who granted, _ uint64) (none struct{}, err error) {
			_, _, err = who.reviewable(ref)
			return none, err
		},
	})
	if err != nil {
		return Report{}, Receipt{}, Stamp{}, err
	}
	report, stamp, err := s.GetReport(ctx, call.Caller, ref, 0)
	return report, receipt, stamp, err
}

// reviewable finds the report and asks whether the caller reviews it.
func (g granted) reviewable(ref ReportRef) (place, aggregator.Report, error) {
	at, err := g.reviewing(ref)
	if err != nil {
		return place{}, aggregator.Report{}, err
	}
	r, ok, err := g.tx.Report(at.key)
	if err != nil {
		return place{}, aggregator.Report{}, err
	}
	if _, sent := r.Newest(); !ok || !sent {
		return place{}, aggregator.Report{}, noReport(ReportName(at.key))
	}
	return at, r, nil
}

// reviewing finds what a reference names and refuses whoever does not review its reports.
func (g granted) reviewing(ref ReportRef) (place, error) {
	if err := g.need(auth.Approve); err != nil {
		return place{}, err
	}
	at, err := g.place(ref)
	if err != nil {
		return place{}, err
	}
	desk, err := g.desk(at)
	if err != nil {
		return place{}, err
	}
	if !g.reviewsAt(desk, at) {
		if g.readsReport(at.unit.ID, at.form, at.last) {
			return place{}, fault.Denied("NOT_THE_REVIEWER", "reports of form %s of %s are reviewed by approvers of %s, or in their place by an administrator there or above",
				at.form.Code, at.unit, desk.unit).With("unit", at.unit.ID).With("form", at.form.Code).With("reviewer", desk.unit)
		}
		return place{}, notSeen(ref.Unit).In("unit")
	}
	return at, nil
}

// desk is where the reports of a unit in a form are reviewed.
type desk struct {
	unit hierarchy.ID
	// own says that the unit has approvers of its own, or is named by the form. Otherwise it is the one directly above, and whoever
	// approves for it does: approvers of a unit further above, of all units, or of what the unit became.
	own bool
}

// desk finds it (R9): the unit that the form names; else the nearest strictly above on the last day of the period that has an
// approver now; a root reviews itself. A unit that has ended has nobody any more, also where its tokens were forgotten.
func (g granted) desk(at place) (desk, error) {
	if at.form.Reviewer != "" {
		return desk{unit: at.form.Reviewer, own: true}, nil
	}
	tree, on := g.tx.Tree(), g.standing(at.unit.ID, at.last)
	parent, ok := tree.Parent(at.unit.ID, on)
	if !ok {
		return desk{unit: at.unit.ID}, nil
	}
	for up, ok := parent, true; ok; up, ok = tree.Parent(up, on) {
		if u, known := tree.Unit(up); !known || u.ValidTo <= period.DayOf(g.now) {
			continue
		}
		if has, err := g.tx.HasApprover(up, at.form.Code, g.now); has || err != nil {
			return desk{unit: up, own: true}, err
		}
	}
	return desk{unit: parent}, nil
}

// reviewsAt says whether the caller may approve there. An administrator may act for the approvers of a unit of his, so that
// nothing waits for who is away.
func (g granted) reviewsAt(d desk, at place) bool {
	if d.own && at.form.Reviewer == "" && g.Token.Role == auth.Approver && g.Token.Unit != d.unit {
		return false
	}
	return g.may(auth.Approve, auth.Scope{Unit: d.unit, On: g.standing(d.unit, at.last), Form: at.form.Code})
}

// reviewed gives the revision that the reviewer saw: the newest that is not a draft, if nobody changed it since.
func (g granted) reviewed(at place, r aggregator.Report, etag string) (aggregator.Revision, error) {
	newest, _ := r.Newest()
	if now := etagOfObligation(r); etag != now {
		return newest, etagMismatch(etag, now)
	}
	return newest, g.standsStill(at, r)
}

// notHisOwn refuses a reviewer the revision that he sent himself (R9), unless the form allows it; that of a unit with none above
// it needs another person all the same.
func (g granted) notHisOwn(at place, r aggregator.Revision) error {
	if r.Principal != g.Principal || at.form.OwnApproval && at.unit.Parent != "" {
		return nil
	}
	return fault.Denied("OWN_REPORT", "revision %d of %s was sent by you; another person reviews it", r.Number, ReportName(at.key))
}
