package client

import (
	"context"
	"io"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// RankUnits gives a league table.
func (c *Client) RankUnits(ctx context.Context, q *reportingv1.RankUnitsRequest) (*reportingv1.RankUnitsResponse, error) {
	return call(ctx, c, "RankUnits", c.rankings.RankUnits, q)
}

// CompareUnits gives units side by side.
func (c *Client) CompareUnits(ctx context.Context, q *reportingv1.CompareUnitsRequest) (*reportingv1.CompareUnitsResponse, error) {
	return call(ctx, c, "CompareUnits", c.rankings.CompareUnits, q)
}

// ListOutsideFigures gives one page of outside figures.
func (c *Client) ListOutsideFigures(ctx context.Context, q *reportingv1.ListOutsideFiguresRequest) (*reportingv1.ListOutsideFiguresResponse, error) {
	return call(ctx, c, "ListOutsideFigures", c.rankings.ListOutsideFigures, q)
}

// OutsideFigures gives all outside figures that are asked for, page after page.
func (c *Client) OutsideFigures(ctx context.Context, q *reportingv1.ListOutsideFiguresRequest) iter.Seq2[*reportingv1.OutsideFigure, error] {
	return each(pages(ctx, q, greatestPage, c.ListOutsideFigures), (*reportingv1.ListOutsideFiguresResponse).GetFigures)
}

// ListRegions gives the regions.
func (c *Client) ListRegions(ctx context.Context, q *reportingv1.ListRegionsRequest) (*reportingv1.ListRegionsResponse, error) {
	return call(ctx, c, "ListRegions", c.rankings.ListRegions, q)
}

// ImportOutsideFigures uploads outside.csv, whole or not at all. A file with a problem is not an error: the summary names every
// problem. The file is read from its start at each attempt.
func (c *Client) ImportOutsideFigures(ctx context.Context, file io.ReadSeeker, options *reportingv1.ImportOptions) (*reportingv1.ImportSummary, error) {
	return importFile(ctx, c, "ImportOutsideFigures", file, options, parts[reportingv1.ImportOutsideFiguresRequest]{
		open: c.rankings.ImportOutsideFigures,
		options: func(o *reportingv1.ImportOptions) *reportingv1.ImportOutsideFiguresRequest {
			return &reportingv1.ImportOutsideFiguresRequest{Part: &reportingv1.ImportOutsideFiguresRequest_Options{Options: o}}
		},
		chunk: func(b []byte) *reportingv1.ImportOutsideFiguresRequest {
			return &reportingv1.ImportOutsideFiguresRequest{Part: &reportingv1.ImportOutsideFiguresRequest_Chunk{Chunk: b}}
		},
	})
}

// ImportRegions uploads regions.csv, whole or not at all. A file with a problem is not an error: the summary names every
// problem. The file is read from its start at each attempt.
func (c *Client) ImportRegions(ctx context.Context, file io.ReadSeeker, options *reportingv1.ImportOptions) (*reportingv1.ImportSummary, error) {
	return importFile(ctx, c, "ImportRegions", file, options, parts[reportingv1.ImportRegionsRequest]{
		open: c.rankings.ImportRegions,
		options: func(o *reportingv1.ImportOptions) *reportingv1.ImportRegionsRequest {
			return &reportingv1.ImportRegionsRequest{Part: &reportingv1.ImportRegionsRequest_Options{Options: o}}
		},
		chunk: func(b []byte) *reportingv1.ImportRegionsRequest {
			return &reportingv1.ImportRegionsRequest{Part: &reportingv1.ImportRegionsRequest_Chunk{Chunk: b}}
		},
	})
}
