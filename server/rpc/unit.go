package rpc

import (
	"context"
	"slices"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/tabular"
)

// units is the service of units.
type units struct {
	reportingv1.UnsafeUnitServiceServer
	*core
}

// GetUnit gets one unit.
func (s units) GetUnit(ctx context.Context, r *reportingv1.GetUnitRequest) (*reportingv1.Unit, error) {
	ref, err := lastPart("units", "name", r.GetName())
	if err != nil {
		return nil, err
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	unit, stamp, err := s.service.GetUnitAt(ctx, callerOf(ctx), ref, r.GetAsOf(), at)
	if err != nil {
		return nil, err
	}
	m := unitMessage(unit)
	m.Stamp = stampMessage(stamp)
	return m, nil
}

// ListUnits lists units.
func (s units) ListUnits(ctx context.Context, r *reportingv1.ListUnitsRequest) (*reportingv1.ListUnitsResponse, error) {
	least, err := s.leastOf(ctx, r.GetMinSequence(), r.GetJournalId())
	if err != nil {
		return nil, err
	}
	at, err := s.atOf(ctx, r.AtSequence, r)
	if err != nil {
		return nil, err
	}
	page, err := s.service.ListUnits(ctx, callerOf(ctx), reporting.UnitFilter{
		AsOf: r.GetAsOf(), Below: r.GetBelow(), Kinds: r.GetKinds(), Search: r.GetSearch(),
		Page: pageOf(r.GetPageSize(), r.GetPageToken()), MinSequence: least, At: at,
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListUnitsResponse{NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for _, u := range page.Units {
		answer.Units = append(answer.Units, unitMessage(u))
	}
	return answer, nil
}

// CreateUnit creates one unit.
func (s units) CreateUnit(ctx context.Context, r *reportingv1.CreateUnitRequest) (*reportingv1.Unit, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	if r.GetUnit() == nil {
		return nil, bodyMissing("unit")
	}
	unit, err := unitOf(r.GetUnit())
	if err != nil {
		return nil, inside(err, "unit")
	}
	return s.changed(s.service.CreateUnit(ctx, c, unit))
}

// UpdateUnit changes names or the last day of a unit.
func (s units) UpdateUnit(ctx context.Context, r *reportingv1.UpdateUnitRequest) (*reportingv1.Unit, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	if r.GetUnit() == nil {
		return nil, bodyMissing("unit")
	}
	ref, err := lastPart("units", "unit.name", r.GetUnit().GetName())
	if err != nil {
		return nil, err
	}
	patch, err := unitPatch(r)
	if err != nil {
		return nil, err
	}
	return s.changed(s.service.UpdateUnit(ctx, c, ref, patch))
}

func (units) changed(u reporting.Unit, receipt reporting.Receipt, stamp reporting.Stamp, err error) (*reportingv1.Unit, error) {
	if err != nil {
		return nil, inside(err, "unit")
	}
	m := unitMessage(u)
	m.Stamp, m.Receipt = stampMessage(stamp), receiptMessage(receipt)
	return m, nil
}

// ImportUnits imports units.csv.
func (s units) ImportUnits(stream grpc.ClientStreamingServer[reportingv1.ImportUnitsRequest, reportingv1.ImportSummary]) error {
	return importCatalogue(s.core, stream, func(ctx context.Context, in catalogueFile) (*reportingv1.ImportSummary, error) {
		sheet, err := tabular.ReadUnits(in.file, in.tree)
		if err != nil {
			return nil, err
		}
		return finishImport(ctx, s.core, in, &sheet, s.service.ImportUnits)
	})
}

// unitPatch reads what is to change: the fields of the mask, or without one those that are set. What only the server
// writes may stand in the mask, for a client sends back what it got.
func unitPatch(r *reportingv1.UpdateUnitRequest) (reporting.UnitPatch, error) {
	u := r.GetUnit()
	patch := reporting.UnitPatch{Etag: u.GetEtag()}
	mask := r.GetUpdateMask().GetPaths()
	if len(mask) == 0 {
		for field, set := range map[string]bool{
			"name_vi": u.GetNameVi() != "", "name_en": u.GetNameEn() != "", "valid_to": u.GetValidTo() != "",
		} {
			if set {
				mask = append(mask, field)
			}
		}
		slices.Sort(mask)
	}
	var wrong fault.List
	for _, field := range mask {
		switch field {
		case "name_vi":
			patch.NameVI = &u.NameVi
		case "name_en":
			patch.NameEN = &u.NameEn
		case "valid_to":
			day := dayOf("unit.valid_to", u.GetValidTo(), period.Forever, &wrong)
			patch.ValidTo = &day
		case "*":
			day := dayOf("unit.valid_to", u.GetValidTo(), period.Forever, &wrong)
			patch.NameVI, patch.NameEN, patch.ValidTo = &u.NameVi, &u.NameEn, &day
		case "name", "id", "etag", "ancestors", "stamp", "receipt":
		default:
			wrong.Add(fault.Invalid("UPDATE_MASK_INVALID",
				"%q cannot be changed; name_vi, name_en and valid_to can, and everything else is another unit", shorten(field)).
				With("value", shorten(field)).In("update_mask"))
		}
	}
	return patch, wrong.Err()
}

func bodyMissing(field string) error {
	return fault.Invalid("FIELD_REQUIRED", "%s is missing", field).With("field", field).In(field)
}

func unitOf(m *reportingv1.Unit) (hierarchy.Unit, error) {
	var wrong fault.List
	u := hierarchy.Unit{
		Code: hierarchy.Code(m.GetCode()), Kind: hierarchy.Kind(m.GetKind()), NameVI: m.GetNameVi(), NameEN: m.GetNameEn(),
		Parent:    hierarchy.ID(m.GetParent()), // or a bare code, which the use case resolves
		ValidFrom: dayOf("valid_from", m.GetValidFrom(), period.Beginning, &wrong),
		ValidTo:   dayOf("valid_to", m.GetValidTo(), period.Forever, &wrong),
	}
	return u, wrong.Err()
}

func unitMessage(u reporting.Unit) *reportingv1.Unit {
	m := &reportingv1.Unit{
		Name: unitName(u.ID), Id: string(u.ID), Code: string(u.Code), Kind: string(u.Kind),
		NameVi: u.NameVI, NameEn: u.NameEN, Parent: string(u.Parent),
		ValidFrom: u.ValidFrom.String(), ValidTo: u.ValidTo.String(), Etag: u.Etag,
	}
	if u.Last != u.NameVI {
		m.LastNameVi = u.Last
	}
	for _, n := range u.Earlier {
		m.EarlierNames = append(m.EarlierNames, &reportingv1.EarlierName{Until: n.Until.String(), NameVi: n.VI, NameEn: n.EN})
	}
	for _, a := range u.Ancestors {
		m.Ancestors = append(m.Ancestors, &reportingv1.UnitAncestor{
			Id: string(a.ID), Code: string(a.Code), Kind: string(a.Kind), NameVi: a.NameVI,
		})
	}
	return m
}

func unitName(id hierarchy.ID) string { return "units/" + string(id) }
