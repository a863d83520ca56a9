package reporting

import (
	"context"
	"strconv"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/text"
)

// RemarkPlan writes a remark about a plan in the name of a unit. Whoever sends or approves for the unit, or keeps the catalogue, may.
func (s *Service) RemarkPlan(ctx context.Context, call Call, r plan.Remark, words string) (aggregator.PlanRemark, Receipt, error) {
	const method = "PlanService.RemarkPlan"
	c := canon(method).text("plan", string(r.Plan)).text("kind", r.Kind.String()).count("year", r.Year).text("unit", string(r.Unit)).
		text("indicator", string(r.Indicator)).text("text", words)
	remark, receipt, err := change(ctx, s, mutation[aggregator.PlanRemark]{
		call: call, method: method, hash: c.sum(), size: 256 + len(words),
		decide: func(who granted, at committer.Slot) (aggregator.PlanRemark, entry.Body, error) {
			body, err := who.bindRemark(r, words)
			if err != nil {
				return aggregator.PlanRemark{}, nil, err
			}
			return aggregator.PlanRemark{Remark: body.Remark, Sequence: at.Sequence, Principal: who.Principal, Time: at.Time, Text: body.Text}, body, nil
		},
		recall: func(who granted, sequence uint64) (aggregator.PlanRemark, error) {
			var found aggregator.PlanRemark
			body, err := who.bindRemark(r, words)
			if err != nil {
				return found, err
			}
			return found, who.tx.Remarks(body.Plan, sequence-1, func(one aggregator.PlanRemark) bool {
				found = one
				return false
			})
		},
	})
	return remark, receipt, err
}

func (g granted) bindRemark(r plan.Remark, words string) (entry.PlanRemarked, error) {
	v, err := g.plan("plan", string(r.Plan))
	if err != nil {
		return entry.PlanRemarked{}, err
	}
	today := period.DayOf(g.now)
	u, err := g.seen("unit", string(r.Unit), today)
	if err != nil {
		return entry.PlanRemarked{}, err
	}
	r.Plan, r.Unit = v.Thing.ID, u.ID
	scope := auth.Scope{Unit: u.ID, On: standingOf(&u, today)}
	if !g.may(auth.Submit, scope) && !g.may(auth.Approve, scope) && g.needEverywhere(auth.Catalogue) != nil {
		return entry.PlanRemarked{}, denied(auth.Submit, g.Token.Role)
	}
	var problems fault.List
	problems.Add(r.Check())
	clean, err := text.Note("text", words)
	if err == nil && clean == "" {
		err = fault.Invalid("TEXT_MISSING", "%s is empty; write what stands in the document", "text").With("name", "text").In("text")
	}
	problems.Add(err)
	return entry.PlanRemarked{Remark: r, Text: clean}, problems.Err()
}

// RemarkFilter narrows the remarks on a plan.
type RemarkFilter struct {
	Plan string
	// Kind is one alone, or none for all.
	Kind plan.RemarkKind
	Page Page
	At   At
}

// RemarkPage is one page of remarks.
type RemarkPage struct {
	Remarks []aggregator.PlanRemark
	Next    string
	Stamp   Stamp
}

// ListPlanRemarks lists remarks in the order in which they were written, those of units that the caller sees.
func (s *Service) ListPlanRemarks(ctx context.Context, caller auth.Caller, f RemarkFilter) (RemarkPage, error) {
	size, err := f.Page.size(defaultPage, largestPage)
	if err != nil {
		return RemarkPage{}, err
	}
	var page RemarkPage
	err = s.readAt(ctx, caller, f.At, 0, func(tx *aggregator.Tx, who granted) error {
		page = RemarkPage{Stamp: stampOf(tx)}
		if err := who.need(auth.Read); err != nil {
			return err
		}
		v, err := who.plan("parent", f.Plan)
		if err != nil {
			return err
		}
		at, err := f.Page.open(tx, filterHash("remarks", string(v.Thing.ID.Fold()), f.Kind.String(), f.At.String()))
		if err != nil {
			return err
		}
		after := uint64(0)
		if at.key != "" {
			if after, err = strconv.ParseUint(at.key, 10, 64); err != nil {
				return badToken("it is not one that this server gave")
			}
		}
		return tx.Remarks(v.Thing.ID, after, func(r aggregator.PlanRemark) bool {
			if f.Kind != 0 && r.Kind != f.Kind || !who.reads(r.Unit, period.DayOf(r.Time)) {
				return true
			}
			if len(page.Remarks) == size {
				at.key = strconv.FormatUint(page.Remarks[size-1].Sequence, 10)
				page.Next = at.token()
				return false
			}
			page.Remarks = append(page.Remarks, r)
			return true
		})
	})
	return page, err
}
