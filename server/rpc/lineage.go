package rpc

import (
	"context"
	"strings"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/reporting"
)

// shares pairs how much of a unit went over.
var shares = pairs[hierarchy.Share, reportingv1.Share]{
	hierarchy.Whole: reportingv1.Share_SHARE_WHOLE,
	hierarchy.Part:  reportingv1.Share_SHARE_PART,
}

// GetLineage tells what became of a unit and what it was made of.
func (s units) GetLineage(ctx context.Context, r *reportingv1.GetLineageRequest) (*reportingv1.Lineage, error) {
	name, ok := strings.CutSuffix(r.GetName(), "/lineage")
	ref, err := lastPart("units", "name", name)
	if !ok || err != nil {
		return nil, fault.Invalid("NAME_INVALID", "name %q: write units/, an id or code, and /lineage", shorten(r.GetName())).
			With("value", shorten(r.GetName())).With("collection", "units").In("name")
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	l, err := s.service.GetLineage(ctx, callerOf(ctx), reporting.LineageFilter{
		Unit: ref, AsOf: r.GetAsOf(), Until: r.GetUntil(), Direct: r.GetDirect(), At: at,
	})
	if err != nil {
		return nil, err
	}
	m := &reportingv1.Lineage{
		Name: unitName(l.Unit.ID) + "/lineage", Unit: unitLabel(l.Unit), Until: l.Until.String(),
		Became: linkMessages(l.Became), MadeOf: linkMessages(l.MadeOf), Acting: labelOrNone(l.Acting), Cut: l.Cut, Stamp: stampMessage(l.Stamp),
	}
	for _, u := range l.Standing {
		m.Standing = append(m.Standing, unitLabel(u))
	}
	return m, nil
}

// ListLineageLinks lists links.
func (s units) ListLineageLinks(ctx context.Context, r *reportingv1.ListLineageLinksRequest) (*reportingv1.ListLineageLinksResponse, error) {
	least, err := s.leastOf(ctx, r.GetMinSequence(), r.GetJournalId())
	if err != nil {
		return nil, err
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	page, err := s.service.ListLinks(ctx, callerOf(ctx), reporting.LinkFilter{
		From: r.GetFromDate(), To: r.GetToDate(), Page: pageOf(r.GetPageSize(), r.GetPageToken()), MinSequence: least, At: at,
	})
	if err != nil {
		return nil, err
	}
	return &reportingv1.ListLineageLinksResponse{
		Links: linkMessages(page.Links), NextPageToken: page.Next, Stamp: stampMessage(page.Stamp),
	}, nil
}

func linkMessages(links []reporting.Link) []*reportingv1.LineageLink {
	var list []*reportingv1.LineageLink
	for _, l := range links {
		list = append(list, &reportingv1.LineageLink{
			Date: l.Date.String(), From: unitLabel(l.From), To: unitLabel(l.To), Share: shares.wire(l.Share),
			Sequence: int64(l.Sequence), Note: l.Note, NoteRemoved: l.NoteRemoved, Steps: int32(l.Steps), //nolint:gosec // both are small
		})
	}
	return list
}

func unitLabel(u hierarchy.Unit) *reportingv1.UnitLabel {
	return &reportingv1.UnitLabel{
		Id: string(u.ID), Code: string(u.Code), Kind: string(u.Kind), NameVi: u.NameVI,
		ValidFrom: u.ValidFrom.String(), ValidTo: u.ValidTo.String(),
	}
}

// labelOrNone gives nothing for no unit.
func labelOrNone(u hierarchy.Unit) *reportingv1.UnitLabel {
	if u.ID == "" {
		return nil
	}
	return unitLabel(u)
}
