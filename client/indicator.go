package client

import (
	"context"
	"io"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// GetIndicator gives the version of an indicator on a day.
func (c *Client) GetIndicator(ctx context.Context, q *reportingv1.GetIndicatorRequest) (*reportingv1.Indicator, error) {
	return call(ctx, c, "GetIndicator", c.indicators.GetIndicator, q)
}

// ListIndicators gives one page of the catalogue.
func (c *Client) ListIndicators(ctx context.Context, q *reportingv1.ListIndicatorsRequest) (*reportingv1.ListIndicatorsResponse, error) {
	return call(ctx, c, "ListIndicators", c.indicators.ListIndicators, q)
}

// Indicators gives all indicators that are asked for, page after page.
func (c *Client) Indicators(ctx context.Context, q *reportingv1.ListIndicatorsRequest) iter.Seq2[*reportingv1.Indicator, error] {
	return each(pages(ctx, q, greatestPage, c.ListIndicators), (*reportingv1.ListIndicatorsResponse).GetIndicators)
}

// CreateIndicator creates an indicator or a later version of one.
func (c *Client) CreateIndicator(ctx context.Context, q *reportingv1.CreateIndicatorRequest) (*reportingv1.Indicator, error) {
	return change(ctx, c, "CreateIndicator", c.indicators.CreateIndicator, q)
}

// UpdateIndicator replaces a version of an indicator, with the etag that was seen.
func (c *Client) UpdateIndicator(ctx context.Context, q *reportingv1.UpdateIndicatorRequest) (*reportingv1.Indicator, error) {
	return change(ctx, c, "UpdateIndicator", c.indicators.UpdateIndicator, q)
}

// ImportIndicators uploads indicators.csv, whole or not at all. A file with a problem is not an error: the summary
// names every problem. The file is read from its start at each attempt.
func (c *Client) ImportIndicators(ctx context.Context, file io.ReadSeeker, options *reportingv1.ImportOptions) (*reportingv1.ImportSummary, error) {
	return importFile(ctx, c, "ImportIndicators", file, options, parts[reportingv1.ImportIndicatorsRequest]{
		open: c.indicators.ImportIndicators,
		options: func(o *reportingv1.ImportOptions) *reportingv1.ImportIndicatorsRequest {
			return &reportingv1.ImportIndicatorsRequest{Part: &reportingv1.ImportIndicatorsRequest_Options{Options: o}}
		},
		chunk: func(b []byte) *reportingv1.ImportIndicatorsRequest {
			return &reportingv1.ImportIndicatorsRequest{Part: &reportingv1.ImportIndicatorsRequest_Chunk{Chunk: b}}
		},
	})
}
