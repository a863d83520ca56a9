package reporting

import (
	"context"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/text"
)

// Approve makes the submitted revision that the reviewer saw the official one.
func (s *Service) Approve(ctx context.Context, call Call, ref ReportRef, etag string) (Report, Receipt, Stamp, error) {
	const method = "ReportService.ApproveReport"
	hash := canon(method).text("unit", ref.Unit).text("form", ref.Form).text("period", ref.Period).text("etag", etag).sum()
	return s.review(ctx, call, method, ref, hash, func(who granted, at place, r aggregator.Report) (entry.Body, int, error) {
		newest, err := who.reviewed(at, r, etag)
		if err != nil {
			return nil, 0, err
		}
		if newest.State != aggregator.Submitted {
			return nil, 0, fault.Precondition("NOTHING_TO_APPROVE", "revision %d of %s is %s; only a submitted one can be approved",
				newest.Number, ReportName(at.key), newest.State).With("state", newest.State.String())
		}
		return entry.ReportApproved{Key: at.key, Revision: newest.Number}, newest.Number, nil
	})
}

// Return sends a revision back: the submitted one, or the approved one when none is waiting (R23).
func (s *Service) Return(ctx context.Context, call Call, ref ReportRef, etag, reason string) (Report, Receipt, Stamp, error) {
	const method = "ReportService.ReturnReport"
	hash := canon(method).text("unit", ref.Unit).text("form", ref.Form).text("period", ref.Period).
		text("etag", etag).text("reason", reason).sum()
	return s.review(ctx, call, method, ref, hash, func(who granted, at place, r aggregator.Report) (entry.Body, int, error) {
		clean, err := text.Note("reason", reason)
		if err != nil {
			return nil, 0, err
		}
		if clean == "" {
			return nil, 0, fault.Invalid("REASON_REQUIRED", "a report is sent back with a reason: say what is to be mended").In("reason")
		}
		newest, err := who.reviewed(at, r, etag)
		if err != nil {
			return nil, 0, err
		}
		back := newest.Number
		if newest.State != aggregator.Submitted {
			back = r.Official
		}
		if back == 0 {
			return nil, 0, fault.Precondition("NOTHING_TO_RETURN", "no revision of %s is submitted or approved", ReportName(at.key))
		}
		return entry.ReportReturned{Key: at.key, Revision: back, Reason: clean}, back, nil
	})
}

// review is the road of approval and return.
func (s *Service) review(
	ctx context.Context, call Call, method string, ref ReportRef, hash [32]byte,
	decide func(who granted, at place, r aggregator.Report) (entry.Body, int, error),
) (Report, Receipt, Stamp, error) {
	revision := 0
	receipt, err := s.change(ctx, mutation{
		call: call, method: method, hash: hash, size: 512,
		decide: func(who granted, _ committer.Slot) (entry.Body, error) {
			at, r, err := who.reviewable(ref)
			if err != nil {
				return nil, err
			}
			body, n, err := decide(who, at, r)
			revision = n
			return body, err
		},
		replayed: func(who granted, _ uint64) error {
			_, _, err := who.reviewable(ref)
			return err
		},
	})
	if err != nil {
		return Report{}, Receipt{}, Stamp{}, err
	}
	if receipt.Sequence != 0 && !receipt.Replayed {
		receipt.Revision = revision
	}
	report, stamp, err := s.GetReport(ctx, call.Caller, ref, 0)
	return report, receipt, stamp, err
}

// reviewable finds the report and asks whether the caller reviews it: at the form's reviewing unit, else at any unit
// strictly above, which is at or above the nearest one with an approver; the report of a root is reviewed there (R9).
func (g granted) reviewable(ref ReportRef) (place, aggregator.Report, error) {
	if err := g.need(auth.Approve); err != nil {
		return place{}, aggregator.Report{}, err
	}
	at, err := g.place(ref)
	if err != nil {
		return place{}, aggregator.Report{}, err
	}
	desk := at.unit.ID
	if at.form.Reviewer != "" {
		desk = at.form.Reviewer
	} else if parent, ok := g.tx.Tree().Parent(at.unit.ID, at.last); ok {
		desk = parent
	}
	if !g.may(auth.Approve, auth.Scope{Unit: desk, On: at.last, Form: at.form.Code}) {
		if g.reads(at.unit.ID, at.last) {
			return place{}, aggregator.Report{}, fault.Denied("NOT_THE_REVIEWER",
				"reports of %s are reviewed by the unit above it, or by the unit that the form names", at.unit).With("unit", at.unit.ID)
		}
		return place{}, aggregator.Report{}, notSeen(ref.Unit).In("unit")
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

// reviewed gives the revision that the reviewer saw: the newest that is not a draft, if nobody changed it since.
func (g granted) reviewed(at place, r aggregator.Report, etag string) (aggregator.Revision, error) {
	newest, _ := r.Newest()
	if now := etagOf(newest); etag != now {
		return newest, etagMismatch(etag, now)
	}
	if newest.Principal == g.Principal {
		return newest, fault.Denied("OWN_REPORT", "revision %d of %s was sent by you; another person reviews it",
			newest.Number, ReportName(at.key))
	}
	return newest, nil
}
