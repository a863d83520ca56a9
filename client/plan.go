package client

import (
	"context"
	"io"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// GetPlan gives a plan.
func (c *Client) GetPlan(ctx context.Context, q *reportingv1.GetPlanRequest) (*reportingv1.Plan, error) {
	return call(ctx, c, "GetPlan", c.plans.GetPlan, q)
}

// ListPlans gives one page of the register of plans.
func (c *Client) ListPlans(ctx context.Context, q *reportingv1.ListPlansRequest) (*reportingv1.ListPlansResponse, error) {
	return call(ctx, c, "ListPlans", c.plans.ListPlans, q)
}

// Plans gives all plans that are asked for, page after page.
func (c *Client) Plans(ctx context.Context, q *reportingv1.ListPlansRequest) iter.Seq2[*reportingv1.Plan, error] {
	return each(pages(ctx, q, greatestPage, c.ListPlans), (*reportingv1.ListPlansResponse).GetPlans)
}

// CreatePlan enters a plan in the register.
func (c *Client) CreatePlan(ctx context.Context, q *reportingv1.CreatePlanRequest) (*reportingv1.Plan, error) {
	return change(ctx, c, "CreatePlan", c.plans.CreatePlan, q)
}

// UpdatePlan replaces a plan, with the etag that was seen.
func (c *Client) UpdatePlan(ctx context.Context, q *reportingv1.UpdatePlanRequest) (*reportingv1.Plan, error) {
	return change(ctx, c, "UpdatePlan", c.plans.UpdatePlan, q)
}

// ListTargets gives one page of what a plan demands.
func (c *Client) ListTargets(ctx context.Context, q *reportingv1.ListTargetsRequest) (*reportingv1.ListTargetsResponse, error) {
	return call(ctx, c, "ListTargets", c.plans.ListTargets, q)
}

// Targets gives all targets that are asked for, page after page.
func (c *Client) Targets(ctx context.Context, q *reportingv1.ListTargetsRequest) iter.Seq2[*reportingv1.Target, error] {
	return each(pages(ctx, q, greatestPage, c.ListTargets), (*reportingv1.ListTargetsResponse).GetTargets)
}

// DeclareResults stores what was declared of a plan.
func (c *Client) DeclareResults(ctx context.Context, q *reportingv1.DeclareResultsRequest) (*reportingv1.DeclareResultsResponse, error) {
	return change(ctx, c, "DeclareResults", c.plans.DeclareResults, q)
}

// EvaluatePlan gives one page of the attainment of a plan.
func (c *Client) EvaluatePlan(ctx context.Context, q *reportingv1.EvaluatePlanRequest) (*reportingv1.EvaluatePlanResponse, error) {
	return call(ctx, c, "EvaluatePlan", c.plans.EvaluatePlan, q)
}

// EvaluationPages gives page after page; the summaries of pages add up.
func (c *Client) EvaluationPages(ctx context.Context, q *reportingv1.EvaluatePlanRequest) iter.Seq2[*reportingv1.EvaluatePlanResponse, error] {
	return pages(ctx, q, 0, c.EvaluatePlan)
}

// RemarkPlan writes a remark about a plan.
func (c *Client) RemarkPlan(ctx context.Context, q *reportingv1.RemarkPlanRequest) (*reportingv1.PlanRemark, error) {
	return change(ctx, c, "RemarkPlan", c.plans.RemarkPlan, q)
}

// ListPlanRemarks gives one page of remarks on a plan.
func (c *Client) ListPlanRemarks(ctx context.Context, q *reportingv1.ListPlanRemarksRequest) (*reportingv1.ListPlanRemarksResponse, error) {
	return call(ctx, c, "ListPlanRemarks", c.plans.ListPlanRemarks, q)
}

// PlanRemarks gives all remarks that are asked for, page after page.
func (c *Client) PlanRemarks(ctx context.Context, q *reportingv1.ListPlanRemarksRequest) iter.Seq2[*reportingv1.PlanRemark, error] {
	return each(pages(ctx, q, greatestPage, c.ListPlanRemarks), (*reportingv1.ListPlanRemarksResponse).GetRemarks)
}

// ReviewPlan gives the wrap-up of a year of a plan.
func (c *Client) ReviewPlan(ctx context.Context, q *reportingv1.ReviewPlanRequest) (*reportingv1.ReviewPlanResponse, error) {
	return call(ctx, c, "ReviewPlan", c.plans.ReviewPlan, q)
}

// ImportPlans uploads a survey of plans, whole or not at all. A file with a problem is not an error: the summary names every
// problem. The file is read from its start at each attempt.
func (c *Client) ImportPlans(ctx context.Context, file io.ReadSeeker, options *reportingv1.ImportOptions) (*reportingv1.ImportSummary, error) {
	return importFile(ctx, c, "ImportPlans", file, options, parts[reportingv1.ImportPlansRequest]{
		open: c.plans.ImportPlans,
		options: func(o *reportingv1.ImportOptions) *reportingv1.ImportPlansRequest {
			return &reportingv1.ImportPlansRequest{Part: &reportingv1.ImportPlansRequest_Options{Options: o}}
		},
		chunk: func(b []byte) *reportingv1.ImportPlansRequest {
			return &reportingv1.ImportPlansRequest{Part: &reportingv1.ImportPlansRequest_Chunk{Chunk: b}}
		},
	})
}

// ImportTargets uploads targets.csv, whole or not at all. A file with a problem is not an error: the summary names every
// problem. The file is read from its start at each attempt.
func (c *Client) ImportTargets(ctx context.Context, file io.ReadSeeker, options *reportingv1.ImportOptions) (*reportingv1.ImportSummary, error) {
	return importFile(ctx, c, "ImportTargets", file, options, parts[reportingv1.ImportTargetsRequest]{
		open: c.plans.ImportTargets,
		options: func(o *reportingv1.ImportOptions) *reportingv1.ImportTargetsRequest {
			return &reportingv1.ImportTargetsRequest{Part: &reportingv1.ImportTargetsRequest_Options{Options: o}}
		},
		chunk: func(b []byte) *reportingv1.ImportTargetsRequest {
			return &reportingv1.ImportTargetsRequest{Part: &reportingv1.ImportTargetsRequest_Chunk{Chunk: b}}
		},
	})
}
