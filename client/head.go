package client

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// GetSignedHead has the server sign the head of its chain at an entry. Nothing in the answer is proved before its note is
// verified, with a key that did not come with it.
func (c *Client) GetSignedHead(ctx context.Context, q *reportingv1.GetSignedHeadRequest) (*reportingv1.SignedHead, error) {
	return call(ctx, c, "GetSignedHead", c.operations.GetSignedHead, q)
}
