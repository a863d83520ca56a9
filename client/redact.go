package client

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// RedactEntry removes the private part of an entry for ever: notes, explanations, reasons and names of persons. When it
// returns, they are in no answer and in no file of the server any more. It is named by its sequence or by a revision.
func (c *Client) RedactEntry(ctx context.Context, q *reportingv1.RedactEntryRequest) (*reportingv1.RedactEntryResponse, error) {
	return change(ctx, c, "RedactEntry", c.operations.RedactEntry, q)
}
