package client

import (
	"context"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// GetExclusion says whether an obligation is taken out, and gives its etag.
func (c *Client) GetExclusion(ctx context.Context, q *reportingv1.GetExclusionRequest) (*reportingv1.Exclusion, error) {
	return call(ctx, c, "GetExclusion", c.exclusions.GetExclusion, q)
}

// ListExclusions gives one page of the obligations of a form that are taken out.
func (c *Client) ListExclusions(ctx context.Context, q *reportingv1.ListExclusionsRequest) (*reportingv1.ListExclusionsResponse, error) {
	return call(ctx, c, "ListExclusions", c.exclusions.ListExclusions, q)
}

// Exclusions gives all obligations that are taken out, page after page.
func (c *Client) Exclusions(ctx context.Context, q *reportingv1.ListExclusionsRequest) iter.Seq2[*reportingv1.Exclusion, error] {
	return each(pages(ctx, q, greatestPage, c.ListExclusions), (*reportingv1.ListExclusionsResponse).GetExclusions)
}

// ExcludeReport takes the obligation out that the etag names.
func (c *Client) ExcludeReport(ctx context.Context, q *reportingv1.ExcludeReportRequest) (*reportingv1.Exclusion, error) {
	return change(ctx, c, "ExcludeReport", c.exclusions.ExcludeReport, q)
}

// LiftExclusion makes what the etag names an obligation again.
func (c *Client) LiftExclusion(ctx context.Context, q *reportingv1.LiftExclusionRequest) (*reportingv1.Exclusion, error) {
	return change(ctx, c, "LiftExclusion", c.exclusions.LiftExclusion, q)
}
