package client

import (
	"context"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// GetClosing tells how a period of a form stands, and gives its etag.
func (c *Client) GetClosing(ctx context.Context, q *reportingv1.GetClosingRequest) (*reportingv1.Closing, error) {
	return call(ctx, c, "GetClosing", c.closings.GetClosing, q)
}

// ListClosings gives one page of the closings of a form.
func (c *Client) ListClosings(ctx context.Context, q *reportingv1.ListClosingsRequest) (*reportingv1.ListClosingsResponse, error) {
	return call(ctx, c, "ListClosings", c.closings.ListClosings, q)
}

// Closings gives all closings of a form, page after page.
func (c *Client) Closings(ctx context.Context, q *reportingv1.ListClosingsRequest) iter.Seq2[*reportingv1.Closing, error] {
	return each(pages(ctx, q, greatestPage, c.ListClosings), (*reportingv1.ListClosingsResponse).GetClosings)
}

// ListClosedRollups gives one page of what a version of a closing kept.
func (c *Client) ListClosedRollups(ctx context.Context, q *reportingv1.ListClosedRollupsRequest) (*reportingv1.ListClosedRollupsResponse, error) {
	return call(ctx, c, "ListClosedRollups", c.closings.ListClosedRollups, q)
}

// ClosedRollups gives all lines of the table that a version of a closing kept, page after page.
func (c *Client) ClosedRollups(ctx context.Context, q *reportingv1.ListClosedRollupsRequest) iter.Seq2[string, error] {
	return each(pages(ctx, q, greatestPage, c.ListClosedRollups), (*reportingv1.ListClosedRollupsResponse).GetLines)
}

// ClosePeriod closes what the etag names.
func (c *Client) ClosePeriod(ctx context.Context, q *reportingv1.ClosePeriodRequest) (*reportingv1.Closing, error) {
	return change(ctx, c, "ClosePeriod", c.closings.ClosePeriod, q)
}

// ReopenPeriod lets reports of what the etag names change for a time.
func (c *Client) ReopenPeriod(ctx context.Context, q *reportingv1.ReopenPeriodRequest) (*reportingv1.Closing, error) {
	return change(ctx, c, "ReopenPeriod", c.closings.ReopenPeriod, q)
}
