package client

import (
	"context"
	"errors"
	"io"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// GetStatus says how the server and its store are.
func (c *Client) GetStatus(ctx context.Context) (*reportingv1.Status, error) {
	return call(ctx, c, "GetStatus", c.operations.GetStatus, &reportingv1.GetStatusRequest{})
}

// VerifyStore has the server verify its store. Progress comes now and then, the last message has the result. It begins
// anew after a break, and so does the progress.
func (c *Client) VerifyStore(ctx context.Context, q *reportingv1.VerifyStoreRequest) iter.Seq2[*reportingv1.VerifyStoreResponse, error] {
	return func(yield func(*reportingv1.VerifyStoreResponse, error) bool) {
		tries := attempts{client: c, method: "VerifyStore"}
		for {
			err := c.verify(ctx, q, yield)
			if err == nil {
				return
			}
			if err := tries.next(ctx, err); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// verify is one attempt. Nil: it came to its end, or nobody wants to hear more.
func (c *Client) verify(ctx context.Context, q *reportingv1.VerifyStoreRequest, yield func(*reportingv1.VerifyStoreResponse, error) bool) error {
	ctx, line := c.listen(ctx)
	defer line.stop()
	stream, err := c.operations.VerifyStore(ctx, q)
	if err != nil {
		return line.failure(ctx, err)
	}
	for {
		answer, err := heard(line, stream.Recv)
		if errors.Is(err, io.EOF) {
			return broken("the server ended the verification without a result")
		}
		if err != nil {
			return line.failure(ctx, err)
		}
		if !yield(answer, nil) || answer.GetDone() {
			return nil
		}
	}
}
