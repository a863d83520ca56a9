package client

import (
	"context"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// CreateToken issues a token. Its text stands in the first answer alone: when that answer was lost on the way and the
// request sent again, the text is empty and the receipt says that it is a replay. Revoke such a token.
func (c *Client) CreateToken(ctx context.Context, q *reportingv1.CreateTokenRequest) (*reportingv1.CreateTokenResponse, error) {
	return change(ctx, c, "CreateToken", c.access.CreateToken, q)
}

// ListTokens gives one page of tokens, without their texts.
func (c *Client) ListTokens(ctx context.Context, q *reportingv1.ListTokensRequest) (*reportingv1.ListTokensResponse, error) {
	return call(ctx, c, "ListTokens", c.access.ListTokens, q)
}

// Tokens gives all tokens, page after page.
func (c *Client) Tokens(ctx context.Context, q *reportingv1.ListTokensRequest) iter.Seq2[*reportingv1.Token, error] {
	return each(pages(ctx, q, greatestPage, c.ListTokens), (*reportingv1.ListTokensResponse).GetTokens)
}

// RevokeToken ends a token at once.
func (c *Client) RevokeToken(ctx context.Context, q *reportingv1.RevokeTokenRequest) (*reportingv1.Token, error) {
	return change(ctx, c, "RevokeToken", c.access.RevokeToken, q)
}

// GetCaller says who the caller is.
func (c *Client) GetCaller(ctx context.Context) (*reportingv1.Token, error) {
	return call(ctx, c, "GetCaller", c.access.GetCaller, &reportingv1.GetCallerRequest{})
}
