package rpc

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/reporting"
)

// publications is the service of what is published.
type publications struct {
	reportingv1.UnsafePublicationServiceServer
	*core
}

// ListPublications lists what is published.
func (s publications) ListPublications(
	ctx context.Context, r *reportingv1.ListPublicationsRequest,
) (*reportingv1.ListPublicationsResponse, error) {
	page, err := s.service.ListPublications(ctx, callerOf(ctx), pageOf(r.GetPageSize(), r.GetPageToken()))
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListPublicationsResponse{NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for _, p := range page.Publications {
		answer.Publications = append(answer.Publications, publicationMessage(p))
	}
	return answer, nil
}

// ListPublishedFigures lists published figures.
func (s publications) ListPublishedFigures(
	ctx context.Context, r *reportingv1.ListPublishedFiguresRequest,
) (*reportingv1.ListPublishedFiguresResponse, error) {
	ref, err := reporting.ParseClosingName(r.GetName())
	if err != nil {
		return nil, err
	}
	page, err := s.service.ListPublishedFigures(ctx, callerOf(ctx), ref, pageOf(r.GetPageSize(), r.GetPageToken()))
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListPublishedFiguresResponse{
		Publication: publicationMessage(page.Publication), NextPageToken: page.Next, Stamp: stampMessage(page.Stamp),
	}
	for _, i := range page.Indicators {
		answer.Indicators = append(answer.Indicators, &reportingv1.PublishedIndicator{
			Code: string(i.Code), NameVi: i.NameVI, NameEn: i.NameEN, UnitOfMeasure: i.UnitOfMeasure,
			SmallestCell: int32(i.LeastPublished()), Levels: int32(i.Levels), Withheld: i.Withheld, //nolint:gosec // both are small
		})
	}
	for _, f := range page.Figures {
		answer.Figures = append(answer.Figures, &reportingv1.PublishedFigure{
			Indicator: string(f.Indicator), Unit: unitLabel(f.Unit), State: f.State, Value: f.Value, Numerator: f.Numerator,
			Denominator: f.Denominator, Expected: f.Expected, Received: f.Received,
		})
	}
	return answer, nil
}

func publicationMessage(p reporting.Publication) *reportingv1.Publication {
	return &reportingv1.Publication{
		Name: p.Name, Form: string(p.Form.Code), FormNameVi: p.Form.NameVI, Period: p.Period.String(), FirstDay: p.First.String(),
		LastDay: p.Last.String(), Owner: unitLabel(p.Owner), Version: int32(p.Version), Time: timestamp(p.Time), //nolint:gosec // counts from 1
	}
}
