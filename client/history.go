package client

import (
	"context"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// ListHistory gives one page of what was done to a report, the first act first.
func (c *Client) ListHistory(ctx context.Context, q *reportingv1.ListHistoryRequest) (*reportingv1.ListHistoryResponse, error) {
	return call(ctx, c, "ListHistory", c.history.ListHistory, q)
}

// History gives everything that was done to a report, page after page.
func (c *Client) History(ctx context.Context, q *reportingv1.ListHistoryRequest) iter.Seq2[*reportingv1.HistoryEvent, error] {
	return each(pages(ctx, q, greatestPage, c.ListHistory), (*reportingv1.ListHistoryResponse).GetEvents)
}

// RestoreRevision sends an earlier revision of the report that the etag names again.
func (c *Client) RestoreRevision(ctx context.Context, q *reportingv1.RestoreRevisionRequest) (*reportingv1.Report, error) {
	return change(ctx, c, "RestoreRevision", c.history.RestoreRevision, q)
}
