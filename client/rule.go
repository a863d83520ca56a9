package client

import (
	"context"
	"io"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// GetRule gives the version of a validation rule on a day.
func (c *Client) GetRule(ctx context.Context, q *reportingv1.GetRuleRequest) (*reportingv1.Rule, error) {
	return call(ctx, c, "GetRule", c.rules.GetRule, q)
}

// ListRules gives one page of validation rules.
func (c *Client) ListRules(ctx context.Context, q *reportingv1.ListRulesRequest) (*reportingv1.ListRulesResponse, error) {
	return call(ctx, c, "ListRules", c.rules.ListRules, q)
}

// Rules gives all validation rules that are asked for, page after page.
func (c *Client) Rules(ctx context.Context, q *reportingv1.ListRulesRequest) iter.Seq2[*reportingv1.Rule, error] {
	return each(pages(ctx, q, greatestPage, c.ListRules), (*reportingv1.ListRulesResponse).GetRules)
}

// CreateRule creates a rule or a later version of one.
func (c *Client) CreateRule(ctx context.Context, q *reportingv1.CreateRuleRequest) (*reportingv1.Rule, error) {
	return change(ctx, c, "CreateRule", c.rules.CreateRule, q)
}

// UpdateRule replaces a version of a rule, with the etag that was seen.
func (c *Client) UpdateRule(ctx context.Context, q *reportingv1.UpdateRuleRequest) (*reportingv1.Rule, error) {
	return change(ctx, c, "UpdateRule", c.rules.UpdateRule, q)
}

// TestRule gives one page of what a rule finds in reports that are there. A page may be empty and not the last one.
func (c *Client) TestRule(ctx context.Context, q *reportingv1.TestRuleRequest) (*reportingv1.TestRuleResponse, error) {
	return call(ctx, c, "TestRule", c.rules.TestRule, q)
}

// RuleTests gives all pages of TestRule, each with the number of reports that it looked at.
func (c *Client) RuleTests(ctx context.Context, q *reportingv1.TestRuleRequest) iter.Seq2[*reportingv1.TestRuleResponse, error] {
	return pages(ctx, q, greatestPage, c.TestRule)
}

// ImportRules uploads rules.csv, whole or not at all. A file with a problem is not an error: the summary names every
// problem. The file is read from its start at each attempt.
func (c *Client) ImportRules(ctx context.Context, file io.ReadSeeker, options *reportingv1.ImportOptions) (*reportingv1.ImportSummary, error) {
	return importFile(ctx, c, "ImportRules", file, options, parts[reportingv1.ImportRulesRequest]{
		open: c.rules.ImportRules,
		options: func(o *reportingv1.ImportOptions) *reportingv1.ImportRulesRequest {
			return &reportingv1.ImportRulesRequest{Part: &reportingv1.ImportRulesRequest_Options{Options: o}}
		},
		chunk: func(b []byte) *reportingv1.ImportRulesRequest {
			return &reportingv1.ImportRulesRequest{Part: &reportingv1.ImportRulesRequest_Chunk{Chunk: b}}
		},
	})
}
