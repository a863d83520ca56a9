package client

import (
	"context"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// QueryRollups gives one page of roll-ups.
func (c *Client) QueryRollups(ctx context.Context, q *reportingv1.QueryRollupsRequest) (*reportingv1.QueryRollupsResponse, error) {
	return call(ctx, c, "QueryRollups", c.rollups.QueryRollups, q)
}

// RollupPages gives page after page, each with the sequence at which it was computed and the days of the periods.
func (c *Client) RollupPages(ctx context.Context, q *reportingv1.QueryRollupsRequest) iter.Seq2[*reportingv1.QueryRollupsResponse, error] {
	return pages(ctx, q, 0, c.QueryRollups)
}

// Rollups gives all roll-ups that are asked for, page after page.
func (c *Client) Rollups(ctx context.Context, q *reportingv1.QueryRollupsRequest) iter.Seq2[*reportingv1.Rollup, error] {
	return each(c.RollupPages(ctx, q), (*reportingv1.QueryRollupsResponse).GetRollups)
}

// ExplainRollup gives one page of what makes a roll-up.
func (c *Client) ExplainRollup(ctx context.Context, q *reportingv1.ExplainRollupRequest) (*reportingv1.ExplainRollupResponse, error) {
	return call(ctx, c, "ExplainRollup", c.rollups.ExplainRollup, q)
}

// ExplanationPages gives page after page, each with the roll-up itself.
func (c *Client) ExplanationPages(ctx context.Context, q *reportingv1.ExplainRollupRequest) iter.Seq2[*reportingv1.ExplainRollupResponse, error] {
	return pages(ctx, q, greatestPage, c.ExplainRollup)
}

// Contributions gives everything that makes a roll-up, or is missing from it.
func (c *Client) Contributions(ctx context.Context, q *reportingv1.ExplainRollupRequest) iter.Seq2[*reportingv1.Contribution, error] {
	return each(c.ExplanationPages(ctx, q), (*reportingv1.ExplainRollupResponse).GetContributions)
}
