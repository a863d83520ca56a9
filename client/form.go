package client

import (
	"context"
	"io"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// GetForm gives the version of a form on a day.
func (c *Client) GetForm(ctx context.Context, q *reportingv1.GetFormRequest) (*reportingv1.Form, error) {
	return call(ctx, c, "GetForm", c.forms.GetForm, q)
}

// ListForms gives one page of forms.
func (c *Client) ListForms(ctx context.Context, q *reportingv1.ListFormsRequest) (*reportingv1.ListFormsResponse, error) {
	return call(ctx, c, "ListForms", c.forms.ListForms, q)
}

// Forms gives all forms that are asked for, page after page.
func (c *Client) Forms(ctx context.Context, q *reportingv1.ListFormsRequest) iter.Seq2[*reportingv1.Form, error] {
	return each(pages(ctx, q, greatestPage, c.ListForms), (*reportingv1.ListFormsResponse).GetForms)
}

// CreateForm creates a form or a later version of one.
func (c *Client) CreateForm(ctx context.Context, q *reportingv1.CreateFormRequest) (*reportingv1.Form, error) {
	return change(ctx, c, "CreateForm", c.forms.CreateForm, q)
}

// UpdateForm replaces a version of a form, with the etag that was seen.
func (c *Client) UpdateForm(ctx context.Context, q *reportingv1.UpdateFormRequest) (*reportingv1.Form, error) {
	return change(ctx, c, "UpdateForm", c.forms.UpdateForm, q)
}

// ListFormPeriods gives periods of a form with their days and deadlines.
func (c *Client) ListFormPeriods(ctx context.Context, q *reportingv1.ListFormPeriodsRequest) (*reportingv1.ListFormPeriodsResponse, error) {
	return call(ctx, c, "ListFormPeriods", c.forms.ListFormPeriods, q)
}

// ImportForms uploads forms.csv, whole or not at all. A file with a problem is not an error: the summary names every
// problem. The file is read from its start at each attempt.
func (c *Client) ImportForms(ctx context.Context, file io.ReadSeeker, options *reportingv1.ImportOptions) (*reportingv1.ImportSummary, error) {
	return importFile(ctx, c, "ImportForms", file, options, parts[reportingv1.ImportFormsRequest]{
		open: c.forms.ImportForms,
		options: func(o *reportingv1.ImportOptions) *reportingv1.ImportFormsRequest {
			return &reportingv1.ImportFormsRequest{Part: &reportingv1.ImportFormsRequest_Options{Options: o}}
		},
		chunk: func(b []byte) *reportingv1.ImportFormsRequest {
			return &reportingv1.ImportFormsRequest{Part: &reportingv1.ImportFormsRequest_Chunk{Chunk: b}}
		},
	})
}
