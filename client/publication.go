package client

import (
	"context"
	"iter"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// ListPublications gives one page of what is published.
func (c *Client) ListPublications(ctx context.Context, q *reportingv1.ListPublicationsRequest) (*reportingv1.ListPublicationsResponse, error) {
	return call(ctx, c, "ListPublications", c.publications.ListPublications, q)
}

// Publications gives all that is published, page after page.
func (c *Client) Publications(ctx context.Context, q *reportingv1.ListPublicationsRequest) iter.Seq2[*reportingv1.Publication, error] {
	return each(pages(ctx, q, greatestPage, c.ListPublications), (*reportingv1.ListPublicationsResponse).GetPublications)
}

// ListPublishedFigures gives one page of the figures that are published of a closing.
func (c *Client) ListPublishedFigures(
	ctx context.Context, q *reportingv1.ListPublishedFiguresRequest,
) (*reportingv1.ListPublishedFiguresResponse, error) {
	return call(ctx, c, "ListPublishedFigures", c.publications.ListPublishedFigures, q)
}

// greatestPublished is how many figures a page has at most.
const greatestPublished = 10_000

// PublishedFigures gives all figures of a publication, page after page.
func (c *Client) PublishedFigures(
	ctx context.Context, q *reportingv1.ListPublishedFiguresRequest,
) iter.Seq2[*reportingv1.PublishedFigure, error] {
	return each(pages(ctx, q, greatestPublished, c.ListPublishedFigures), (*reportingv1.ListPublishedFiguresResponse).GetFigures)
}
