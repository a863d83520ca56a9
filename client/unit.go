package client

import (
	"context"
	"errors"
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

// ReorganiseUnits changes the tree in one piece; with ValidateOnly it tells what would happen.
func (c *Client) ReorganiseUnits(ctx context.Context, q *reportingv1.ReorganiseUnitsRequest) (*reportingv1.Reorganisation, error) {
	return change(ctx, c, "ReorganiseUnits", c.units.ReorganiseUnits, q)
}

// GetLineage tells what became of a unit and what it was made of.
func (c *Client) GetLineage(ctx context.Context, q *reportingv1.GetLineageRequest) (*reportingv1.Lineage, error) {
	return call(ctx, c, "GetLineage", c.units.GetLineage, q)
}

// ListLineageLinks gives one page of links.
func (c *Client) ListLineageLinks(ctx context.Context, q *reportingv1.ListLineageLinksRequest) (*reportingv1.ListLineageLinksResponse, error) {
	return call(ctx, c, "ListLineageLinks", c.units.ListLineageLinks, q)
}

// LineageLinks gives all links that are asked for, page after page.
func (c *Client) LineageLinks(ctx context.Context, q *reportingv1.ListLineageLinksRequest) iter.Seq2[*reportingv1.LineageLink, error] {
	return each(pages(ctx, q, greatestPage, c.ListLineageLinks), (*reportingv1.ListLineageLinksResponse).GetLinks)
}

// ImportReorganisation uploads units.csv and lineage.csv, whole or not at all; one of them may be nil. A file with a
// problem is not an error: the answer names every problem. The files are read from their start at each attempt.
func (c *Client) ImportReorganisation(
	ctx context.Context, units, lineage io.ReadSeeker, options *reportingv1.ImportReorganisationOptions,
) (*reportingv1.ImportReorganisationResponse, error) {
	if options == nil {
		options = &reportingv1.ImportReorganisationOptions{}
	}
	options, id, err := identified(options)
	if err != nil {
		return nil, err
	}
	tries := attempts{client: c, method: "ImportReorganisation"}
	for {
		answer, err := c.importReorganisation(ctx, units, lineage, options)
		if err == nil {
			return answer, nil
		}
		if err := tries.next(ctx, err); err != nil {
			return nil, underID(err, id)
		}
	}
}

func (c *Client) importReorganisation(
	ctx context.Context, units, lineage io.ReadSeeker, options *reportingv1.ImportReorganisationOptions,
) (*reportingv1.ImportReorganisationResponse, error) {
	ctx, line := c.listen(ctx)
	defer line.stop()
	line.wait(true)
	stream, err := c.units.ImportReorganisation(ctx)
	if err != nil {
		return nil, line.failure(ctx, err)
	}
	send := func(m *reportingv1.ImportReorganisationRequest) error { return stream.Send(m) }
	err = send(&reportingv1.ImportReorganisationRequest{Part: &reportingv1.ImportReorganisationRequest_Options{Options: options}})
	if err == nil && units != nil {
		err = sendFile(units, line, func(b []byte) error {
			return send(&reportingv1.ImportReorganisationRequest{Part: &reportingv1.ImportReorganisationRequest_Units{Units: b}})
		})
	}
	if err == nil && lineage != nil {
		err = sendFile(lineage, line, func(b []byte) error {
			return send(&reportingv1.ImportReorganisationRequest{Part: &reportingv1.ImportReorganisationRequest_Lineage{Lineage: b}})
		})
	}
	// io.EOF: the server has refused already, and the answer says why.
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, line.failure(ctx, err)
	}
	answer, err := stream.CloseAndRecv()
	if err != nil {
		return nil, line.failure(ctx, err)
	}
	return answer, nil
}
