package client

import (
	"context"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// SubmitReport submits one report. Figures that are a state or numbers and no more go out packed in columns.
func (c *Client) SubmitReport(ctx context.Context, q *reportingv1.SubmitReportRequest) (*reportingv1.SubmitReportResponse, error) {
	return change(ctx, c, "SubmitReport", c.submit, q)
}

// BatchSubmitReports submits a few reports in one request. A refused report is not an error: its outcome says why.
func (c *Client) BatchSubmitReports(ctx context.Context, q *reportingv1.BatchSubmitReportsRequest) (*reportingv1.BatchSubmitReportsResponse, error) {
	return change(ctx, c, "BatchSubmitReports", c.reports.BatchSubmitReports, q)
}

// GetReport gives a report with the figures of its newest revision that was sent.
func (c *Client) GetReport(ctx context.Context, q *reportingv1.GetReportRequest) (*reportingv1.Report, error) {
	return call(ctx, c, "GetReport", c.reports.GetReport, q)
}

// ListReports gives one page of reports.
func (c *Client) ListReports(ctx context.Context, q *reportingv1.ListReportsRequest) (*reportingv1.ListReportsResponse, error) {
	return call(ctx, c, "ListReports", c.reports.ListReports, q)
}

// Reports gives all reports that are asked for, page after page. A list is not a snapshot: each page shows the store as
// it was when the page was made.
func (c *Client) Reports(ctx context.Context, q *reportingv1.ListReportsRequest) iter.Seq2[*reportingv1.Report, error] {
	return each(pages(ctx, q, greatestPage, c.ListReports), (*reportingv1.ListReportsResponse).GetReports)
}

// ListRevisions gives one page of the revisions of a report.
func (c *Client) ListRevisions(ctx context.Context, q *reportingv1.ListRevisionsRequest) (*reportingv1.ListRevisionsResponse, error) {
	return call(ctx, c, "ListRevisions", c.reports.ListRevisions, q)
}

// Revisions gives all revisions of a report, newest first.
func (c *Client) Revisions(ctx context.Context, q *reportingv1.ListRevisionsRequest) iter.Seq2[*reportingv1.Revision, error] {
	return each(pages(ctx, q, greatestPage, c.ListRevisions), (*reportingv1.ListRevisionsResponse).GetRevisions)
}

// ApproveReport approves the revision that the etag names.
func (c *Client) ApproveReport(ctx context.Context, q *reportingv1.ApproveReportRequest) (*reportingv1.Report, error) {
	return change(ctx, c, "ApproveReport", c.reports.ApproveReport, q)
}

// ReturnReport sends the revision that the etag names back.
func (c *Client) ReturnReport(ctx context.Context, q *reportingv1.ReturnReportRequest) (*reportingv1.Report, error) {
	return change(ctx, c, "ReturnReport", c.reports.ReturnReport, q)
}
