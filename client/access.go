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

// RotateToken gives a token another text, which stands in the first answer alone, as that of a new token does.
func (c *Client) RotateToken(ctx context.Context, q *reportingv1.RotateTokenRequest) (*reportingv1.RotateTokenResponse, error) {
	return change(ctx, c, "RotateToken", c.access.RotateToken, q)
}

// CreateProof has a certificate or a group prove a token.
func (c *Client) CreateProof(ctx context.Context, q *reportingv1.CreateProofRequest) (*reportingv1.Proof, error) {
	return change(ctx, c, "CreateProof", c.access.CreateProof, q)
}

// ListProofs gives one page of what proves tokens besides their texts.
func (c *Client) ListProofs(ctx context.Context, q *reportingv1.ListProofsRequest) (*reportingv1.ListProofsResponse, error) {
	return call(ctx, c, "ListProofs", c.access.ListProofs, q)
}

// Proofs gives all of them, page after page.
func (c *Client) Proofs(ctx context.Context, q *reportingv1.ListProofsRequest) iter.Seq2[*reportingv1.Proof, error] {
	return each(pages(ctx, q, greatestPage, c.ListProofs), (*reportingv1.ListProofsResponse).GetProofs)
}

// DeleteProof has it prove nothing any more.
func (c *Client) DeleteProof(ctx context.Context, q *reportingv1.DeleteProofRequest) (*reportingv1.Proof, error) {
	return change(ctx, c, "DeleteProof", c.access.DeleteProof, q)
}
