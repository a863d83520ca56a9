package client

import (
	"context"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// GetDuty gives a duty.
func (c *Client) GetDuty(ctx context.Context, q *reportingv1.GetDutyRequest) (*reportingv1.Duty, error) {
	return call(ctx, c, "GetDuty", c.duties.GetDuty, q)
}

// ListDuties gives one page of duties.
func (c *Client) ListDuties(ctx context.Context, q *reportingv1.ListDutiesRequest) (*reportingv1.ListDutiesResponse, error) {
	return call(ctx, c, "ListDuties", c.duties.ListDuties, q)
}

// Duties gives all duties that are asked for, page after page.
func (c *Client) Duties(ctx context.Context, q *reportingv1.ListDutiesRequest) iter.Seq2[*reportingv1.Duty, error] {
	return each(pages(ctx, q, greatestPage, c.ListDuties), (*reportingv1.ListDutiesResponse).GetDuties)
}

// CreateDuty enters a duty or an inspection.
func (c *Client) CreateDuty(ctx context.Context, q *reportingv1.CreateDutyRequest) (*reportingv1.Duty, error) {
	return change(ctx, c, "CreateDuty", c.duties.CreateDuty, q)
}

// UpdateDuty replaces a duty, with the etag that was seen.
func (c *Client) UpdateDuty(ctx context.Context, q *reportingv1.UpdateDutyRequest) (*reportingv1.Duty, error) {
	return change(ctx, c, "UpdateDuty", c.duties.UpdateDuty, q)
}

// ReportDuty enters how far a unit is with a duty.
func (c *Client) ReportDuty(ctx context.Context, q *reportingv1.ReportDutyRequest) (*reportingv1.DutyState, error) {
	return change(ctx, c, "ReportDuty", c.duties.ReportDuty, q)
}

// ListDutyStates gives one page of who owes what and how it stands.
func (c *Client) ListDutyStates(ctx context.Context, q *reportingv1.ListDutyStatesRequest) (*reportingv1.ListDutyStatesResponse, error) {
	return call(ctx, c, "ListDutyStates", c.duties.ListDutyStates, q)
}

// DutyStates gives all states that are asked for, page after page.
func (c *Client) DutyStates(ctx context.Context, q *reportingv1.ListDutyStatesRequest) iter.Seq2[*reportingv1.DutyState, error] {
	return each(pages(ctx, q, greatestPage, c.ListDutyStates), (*reportingv1.ListDutyStatesResponse).GetStates)
}

// CountDuty counts the units of a duty.
func (c *Client) CountDuty(ctx context.Context, q *reportingv1.CountDutyRequest) (*reportingv1.CountDutyResponse, error) {
	return call(ctx, c, "CountDuty", c.duties.CountDuty, q)
}
