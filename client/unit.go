package client

import (
	"context"
	"io"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// GetUnit gives one unit.
func (c *Client) GetUnit(ctx context.Context, q *reportingv1.GetUnitRequest) (*reportingv1.Unit, error) {
	return call(ctx, c, "GetUnit", c.units.GetUnit, q)
}

// ListUnits gives one page of units.
func (c *Client) ListUnits(ctx context.Context, q *reportingv1.ListUnitsRequest) (*reportingv1.ListUnitsResponse, error) {
	return call(ctx, c, "ListUnits", c.units.ListUnits, q)
}

// Units gives all units that are asked for, page after page.
func (c *Client) Units(ctx context.Context, q *reportingv1.ListUnitsRequest) iter.Seq2[*reportingv1.Unit, error] {
	return each(pages(ctx, q, greatestPage, c.ListUnits), (*reportingv1.ListUnitsResponse).GetUnits)
}

// CreateUnit creates a unit.
func (c *Client) CreateUnit(ctx context.Context, q *reportingv1.CreateUnitRequest) (*reportingv1.Unit, error) {
	return change(ctx, c, "CreateUnit", c.units.CreateUnit, q)
}

// UpdateUnit changes names or the last day of a unit, with the etag that was seen.
func (c *Client) UpdateUnit(ctx context.Context, q *reportingv1.UpdateUnitRequest) (*reportingv1.Unit, error) {
	return change(ctx, c, "UpdateUnit", c.units.UpdateUnit, q)
}

// ImportUnits uploads units.csv, whole or not at all. A file with a problem is not an error: the summary names every
// problem. The file is read from its start at each attempt.
func (c *Client) ImportUnits(ctx context.Context, file io.ReadSeeker, options *reportingv1.ImportOptions) (*reportingv1.ImportSummary, error) {
	return importFile(ctx, c, "ImportUnits", file, options, parts[reportingv1.ImportUnitsRequest]{
		open: c.units.ImportUnits,
		options: func(o *reportingv1.ImportOptions) *reportingv1.ImportUnitsRequest {
			return &reportingv1.ImportUnitsRequest{Part: &reportingv1.ImportUnitsRequest_Options{Options: o}}
		},
		chunk: func(b []byte) *reportingv1.ImportUnitsRequest {
			return &reportingv1.ImportUnitsRequest{Part: &reportingv1.ImportUnitsRequest_Chunk{Chunk: b}}
		},
	})
}
