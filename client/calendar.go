package client

import (
	"context"
	"io"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// ListHolidays gives one page of the list of holidays.
func (c *Client) ListHolidays(ctx context.Context, q *reportingv1.ListHolidaysRequest) (*reportingv1.ListHolidaysResponse, error) {
	return call(ctx, c, "ListHolidays", c.calendar.ListHolidays, q)
}

// Holidays gives all days of the list of holidays that are asked for, page after page.
func (c *Client) Holidays(ctx context.Context, q *reportingv1.ListHolidaysRequest) iter.Seq2[*reportingv1.Holiday, error] {
	return each(pages(ctx, q, greatestPage, c.ListHolidays), (*reportingv1.ListHolidaysResponse).GetHolidays)
}

// GetPeriod gives one period of a calendar, or of a form with its deadlines.
func (c *Client) GetPeriod(ctx context.Context, q *reportingv1.GetPeriodRequest) (*reportingv1.Period, error) {
	return call(ctx, c, "GetPeriod", c.calendar.GetPeriod, q)
}

// ListPeriods gives periods of a calendar, or of a form with their deadlines.
func (c *Client) ListPeriods(ctx context.Context, q *reportingv1.ListPeriodsRequest) (*reportingv1.ListPeriodsResponse, error) {
	return call(ctx, c, "ListPeriods", c.calendar.ListPeriods, q)
}

// ImportHolidays uploads holidays.csv, whole or not at all. A file with a problem is not an error: the summary names every
// problem. The file is read from its start at each attempt.
func (c *Client) ImportHolidays(ctx context.Context, file io.ReadSeeker, options *reportingv1.ImportOptions) (*reportingv1.ImportSummary, error) {
	return importFile(ctx, c, "ImportHolidays", file, options, parts[reportingv1.ImportHolidaysRequest]{
		open: c.calendar.ImportHolidays,
		options: func(o *reportingv1.ImportOptions) *reportingv1.ImportHolidaysRequest {
			return &reportingv1.ImportHolidaysRequest{Part: &reportingv1.ImportHolidaysRequest_Options{Options: o}}
		},
		chunk: func(b []byte) *reportingv1.ImportHolidaysRequest {
			return &reportingv1.ImportHolidaysRequest{Part: &reportingv1.ImportHolidaysRequest_Chunk{Chunk: b}}
		},
	})
}
