package client

import (
	"context"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// ListObligations gives one page of what is owed.
func (c *Client) ListObligations(ctx context.Context, q *reportingv1.ListObligationsRequest) (*reportingv1.ListObligationsResponse, error) {
	return call(ctx, c, "ListObligations", c.reports.ListObligations, q)
}

// Obligations gives all that is owed, page after page.
func (c *Client) Obligations(ctx context.Context, q *reportingv1.ListObligationsRequest) iter.Seq2[*reportingv1.Obligation, error] {
	return each(pages(ctx, q, greatestPage, c.ListObligations), (*reportingv1.ListObligationsResponse).GetObligations)
}

// ListOverdue gives one page of who is late.
func (c *Client) ListOverdue(ctx context.Context, q *reportingv1.ListOverdueRequest) (*reportingv1.ListOverdueResponse, error) {
	return call(ctx, c, "ListOverdue", c.reports.ListOverdue, q)
}

// Overdue gives everybody who is late, in the order of a telephone list.
func (c *Client) Overdue(ctx context.Context, q *reportingv1.ListOverdueRequest) iter.Seq2[*reportingv1.Obligation, error] {
	return each(pages(ctx, q, greatestPage, c.ListOverdue), (*reportingv1.ListOverdueResponse).GetObligations)
}

// GetCompleteness gives one page of the matrix of who has reported.
func (c *Client) GetCompleteness(ctx context.Context, q *reportingv1.GetCompletenessRequest) (*reportingv1.GetCompletenessResponse, error) {
	return call(ctx, c, "GetCompleteness", c.reports.GetCompleteness, q)
}

// CompletenessPages gives page after page, each with some units and all their cells.
func (c *Client) CompletenessPages(ctx context.Context, q *reportingv1.GetCompletenessRequest) iter.Seq2[*reportingv1.GetCompletenessResponse, error] {
	return pages(ctx, q, 0, c.GetCompleteness)
}

// CompletenessCell is one cell of a page of completeness.
type CompletenessCell struct {
	Unit   ColumnUnit
	Period *reportingv1.CompletenessPeriod
	// State is of the unit's own obligation; UNSPECIFIED if it owes nothing itself.
	State reportingv1.ObligationState
	// Counts are of the unit and all below it.
	Counts *reportingv1.CompletenessCounts
}

// CompletenessCells reads a page cell by cell, by unit and period.
func CompletenessCells(page *reportingv1.GetCompletenessResponse) iter.Seq[CompletenessCell] {
	return func(yield func(CompletenessCell) bool) {
		late, still := page.GetLate(), page.GetStillApproved()
		u := page.GetUnits()
		units := &reportingv1.ColumnUnits{Ids: u.GetIds(), Codes: u.GetCodes(), Names: u.GetNames(), Kinds: u.GetKinds()}
		at := 0
		for n := range u.GetIds() {
			unit := unitAt(units, n)
			for _, p := range page.GetPeriods() {
				cell := CompletenessCell{Unit: unit, Period: p}
				if states := page.GetStates(); at < len(states) {
					cell.State = states[at]
				}
				isLate, approved := next(&late, at), next(&still, at)
				if counts := page.GetCounts(); at < len(counts) {
					cell.Counts = counts[at]
				} else {
					cell.Counts = countsOf(cell.State, isLate, approved)
				}
				at++
				if !yield(cell) {
					return
				}
			}
		}
	}
}

// countsOf gives the counts of a cell that is one obligation.
func countsOf(state reportingv1.ObligationState, late, stillApproved bool) *reportingv1.CompletenessCounts {
	c := &reportingv1.CompletenessCounts{}
	switch state { //nolint:exhaustive // the others are expected
	case reportingv1.ObligationState_OBLIGATION_STATE_UNSPECIFIED:
		return c
	case reportingv1.ObligationState_OBLIGATION_STATE_EXCLUDED:
		c.Excluded = 1
		return c
	}
	one := func(is bool) int32 {
		if is {
			return 1
		}
		return 0
	}
	c.Expected = 1
	c.Waiting = one(state == reportingv1.ObligationState_OBLIGATION_STATE_WAITING)
	c.Approved = one(stillApproved || state == reportingv1.ObligationState_OBLIGATION_STATE_DONE)
	c.Received = max(c.Waiting, c.Approved)
	c.Late = one(late)
	c.Returned = one(state == reportingv1.ObligationState_OBLIGATION_STATE_RETURNED)
	c.Overdue = one(state == reportingv1.ObligationState_OBLIGATION_STATE_OVERDUE)
	c.Missing = c.Expected - c.Received
	return c
}
