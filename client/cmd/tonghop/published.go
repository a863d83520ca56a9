package main

import (
	"context"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type publishedCmd struct {
	Name string `arg:"" optional:"" help:"Name of the closing, such as forms/cds-thang/closings/2024-02~87-0. Without one everything that is published is listed."`
}

// Help shows how it is used.
func (publishedCmd) Help() string {
	return `What is published are the official figures of closed periods, of indicators of class public, as the last closing kept them. Where figures are too small to be told, those of the units above are published alone.

Examples:

    tonghop published
    tonghop published forms/cds-thang/closings/2024-02~87-0 -o csv > 2024-02.csv`
}

// Run lists what is published, or the figures of one closing.
func (c *publishedCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		if c.Name == "" {
			return list(s, publicationSheet, to.Publications(ctx, &reportingv1.ListPublicationsRequest{}))
		}
		return list(s, publishedSheet, to.PublishedFigures(ctx, &reportingv1.ListPublishedFiguresRequest{Name: c.Name}))
	})
}

var publicationColumns = []column[*reportingv1.Publication]{
	{name: "name", text: (*reportingv1.Publication).GetName},
	{name: "form_name", text: (*reportingv1.Publication).GetFormNameVi},
	{name: "first_day", text: (*reportingv1.Publication).GetFirstDay},
	{name: "last_day", text: (*reportingv1.Publication).GetLastDay},
	{name: "owner", text: func(p *reportingv1.Publication) string { return p.GetOwner().GetNameVi() }},
	{name: "version", text: func(p *reportingv1.Publication) string { return number(p.GetVersion()) }},
	{name: "time", text: func(p *reportingv1.Publication) string { return instant(p.GetTime()) }},
}

var publicationSheet = sheet[*reportingv1.Publication]{
	table: publicationColumns, csv: publicationColumns, json: messageJSON[*reportingv1.Publication],
}

var publishedColumns = []column[*reportingv1.PublishedFigure]{
	{name: "indicator", text: (*reportingv1.PublishedFigure).GetIndicator},
	{name: "unit", text: func(f *reportingv1.PublishedFigure) string { return f.GetUnit().GetId() }},
	{name: "unit_name", text: func(f *reportingv1.PublishedFigure) string { return f.GetUnit().GetNameVi() }},
	{name: "state", text: (*reportingv1.PublishedFigure).GetState},
	{name: "value", text: (*reportingv1.PublishedFigure).GetValue},
	{name: "numerator", text: (*reportingv1.PublishedFigure).GetNumerator},
	{name: "denominator", text: (*reportingv1.PublishedFigure).GetDenominator},
	{name: "expected", text: func(f *reportingv1.PublishedFigure) string { return number(f.GetExpected()) }},
	{name: "received", text: func(f *reportingv1.PublishedFigure) string { return number(f.GetReceived()) }},
}

var publishedSheet = sheet[*reportingv1.PublishedFigure]{
	table: publishedColumns, csv: publishedColumns, json: messageJSON[*reportingv1.PublishedFigure],
}
