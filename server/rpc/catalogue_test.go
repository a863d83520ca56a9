package rpc_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

func TestAUnitIsCreatedChangedAndFound(t *testing.T) {
	s := rpctest.New(t).Populate()
	units, ctx := reportingv1.NewUnitServiceClient(s.Conn), s.As(s.Admin)
	request := &reportingv1.CreateUnitRequest{
		Unit: &reportingv1.Unit{
			Code: "30304", Kind: "commune", NameVi: "Xã An Long", Parent: "804", ValidFrom: "2024-01-01", ValidTo: "2025-07-01",
		},
		RequestId: s.NewID(), ValidateOnly: true,
	}
	preview, err := units.CreateUnit(ctx, request)
	s.Must(err)
	if preview.GetId() != "30304-20240101" || preview.GetReceipt() != nil || preview.GetStamp().GetSequence() == 0 {
		t.Errorf("preview = %v", preview)
	}
	_, err = units.GetUnit(ctx, &reportingv1.GetUnitRequest{Name: "units/30304"})
	wantsField(t, err, "NotFound UNIT_NOT_FOUND", "name")

	request.ValidateOnly = false
	made, err := units.CreateUnit(ctx, request)
	s.Must(err)
	if made.GetReceipt().GetSequence() == 0 || made.GetParent() != "804-0" || made.GetEtag() == "" {
		t.Errorf("created = %v", made)
	}
	again, err := units.CreateUnit(ctx, request)
	s.Must(err)
	if !again.GetReceipt().GetReplayed() || again.GetReceipt().GetEntryHash() != made.GetReceipt().GetEntryHash() {
		t.Errorf("the repetition's receipt is %v", again.GetReceipt())
	}
	found, err := units.GetUnit(ctx, &reportingv1.GetUnitRequest{Name: "units/30304"})
	s.Must(err)
	var above []string
	for _, a := range found.GetAncestors() {
		above = append(above, a.GetId())
	}
	if diff := cmp.Diff([]string{"804-0", "82-0"}, above); diff != "" {
		t.Errorf("the units above:\n%s", diff)
	}

	changed, err := units.UpdateUnit(ctx, &reportingv1.UpdateUnitRequest{
		Unit: &reportingv1.Unit{Name: made.GetName(), NameEn: "An Long", Etag: made.GetEtag()}, RequestId: s.NewID(),
	})
	s.Must(err)
	if changed.GetNameEn() != "An Long" || changed.GetNameVi() != "Xã An Long" || changed.GetValidTo() != "2025-07-01" || changed.GetEtag() == made.GetEtag() {
		t.Errorf("changed = %v", changed)
	}
	// With a mask an empty field means: take it away.
	changed, err = units.UpdateUnit(ctx, &reportingv1.UpdateUnitRequest{
		Unit: changed, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"name_en", "etag", "stamp"}}, RequestId: s.NewID(),
	})
	s.Must(err)
	changed.NameEn = ""
	changed, err = units.UpdateUnit(ctx, &reportingv1.UpdateUnitRequest{
		Unit: changed, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"name_en"}}, RequestId: s.NewID(),
	})
	s.Must(err)
	if changed.GetNameEn() != "" || changed.GetNameVi() == "" {
		t.Errorf("after the mask = %v", changed)
	}
}

func TestAWrongUnitIsRefusedByItsFields(t *testing.T) {
	s := rpctest.New(t).Populate()
	units, ctx := reportingv1.NewUnitServiceClient(s.Conn), s.As(s.Admin)
	good := &reportingv1.Unit{Code: "30304", Kind: "commune", NameVi: "Xã An Long", Parent: "804", ValidTo: "2025-07-01"}
	for _, c := range []struct {
		name, want, field string
		change            func(r *reportingv1.CreateUnitRequest)
	}{
		{"no id", "InvalidArgument REQUEST_ID_REQUIRED", "request_id", func(r *reportingv1.CreateUnitRequest) { r.RequestId = "" }},
		{"no uuid", "InvalidArgument REQUEST_ID_INVALID", "request_id", func(r *reportingv1.CreateUnitRequest) { r.RequestId = "1234" }},
		{"no unit", "InvalidArgument FIELD_REQUIRED", "unit", func(r *reportingv1.CreateUnitRequest) { r.Unit = nil }},
		{"days", "InvalidArgument DAY_MALFORMED", "unit.valid_from unit.valid_to", func(r *reportingv1.CreateUnitRequest) {
			r.Unit.ValidFrom, r.Unit.ValidTo = "1/1/2024", "hôm nay"
		}},
		{"no name", "InvalidArgument UNIT_NAME_EMPTY", "unit.name_vi", func(r *reportingv1.CreateUnitRequest) { r.Unit.NameVi = "" }},
		{"parent", "NotFound UNIT_NOT_FOUND", "unit.parent", func(r *reportingv1.CreateUnitRequest) { r.Unit.Parent = "999" }},
		{"twice", "AlreadyExists UNIT_EXISTS", "", func(r *reportingv1.CreateUnitRequest) { r.Unit.Code = "30280" }},
	} {
		r := &reportingv1.CreateUnitRequest{Unit: proto.CloneOf(good), RequestId: s.NewID()}
		c.change(r)
		if _, err := units.CreateUnit(ctx, r); reason(err) != c.want || fields(err) != c.field {
			t.Errorf("%s: error = %s at %q, want %s at %q", c.name, reason(err), fields(err), c.want, c.field)
		}
	}
	for _, c := range []struct {
		name, want, field string
		request           *reportingv1.UpdateUnitRequest
	}{
		{"old etag", "Aborted ETAG_MISMATCH", "unit.etag", &reportingv1.UpdateUnitRequest{
			Unit: &reportingv1.Unit{Name: "units/30280", NameEn: "X", Etag: "1"},
		}},
		{"kind", "InvalidArgument UPDATE_MASK_INVALID", "update_mask", &reportingv1.UpdateUnitRequest{
			Unit: &reportingv1.Unit{Name: "units/30280", Kind: "ward"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"kind"}},
		}},
		{"name", "InvalidArgument NAME_INVALID", "unit.name", &reportingv1.UpdateUnitRequest{Unit: &reportingv1.Unit{Name: "unit/30280"}}},
		{"nobody", "NotFound UNIT_NOT_FOUND", "unit.name", &reportingv1.UpdateUnitRequest{Unit: &reportingv1.Unit{Name: "units/9", NameEn: "X"}}},
	} {
		c.request.RequestId = s.NewID()
		if _, err := units.UpdateUnit(ctx, c.request); reason(err) != c.want || fields(err) != c.field {
			t.Errorf("%s: error = %s at %q, want %s at %q", c.name, reason(err), fields(err), c.want, c.field)
		}
	}
	_, err := units.ListUnits(ctx, &reportingv1.ListUnitsRequest{MinSequence: -1})
	wantsField(t, err, "InvalidArgument SEQUENCE_INVALID", "min_sequence")
	_, err = units.ListUnits(ctx, &reportingv1.ListUnitsRequest{MinSequence: 1, JournalId: another})
	wantsField(t, err, "FailedPrecondition JOURNAL_REPLACED", "journal_id")
	_, err = reportingv1.NewReportServiceClient(s.Conn).GetReport(ctx, &reportingv1.GetReportRequest{
		Name: "units/30280/reports/cds~2024-05", MinSequence: 1, JournalId: another,
	})
	wantsField(t, err, "FailedPrecondition JOURNAL_REPLACED", "journal_id")
}

// another is the id of a journal that no test is about.
const another = "00112233445566778899aabbccddeeff"

func TestUnitsAreListedInPages(t *testing.T) {
	s := rpctest.New(t).Populate()
	units, ctx := reportingv1.NewUnitServiceClient(s.Conn), s.As(s.Admin)
	var names []string
	request := &reportingv1.ListUnitsRequest{Below: "82", Kinds: []string{"commune", "district"}, PageSize: 2}
	for pages := 1; ; pages++ {
		page, err := units.ListUnits(ctx, request)
		s.Must(err)
		for _, u := range page.GetUnits() {
			names = append(names, u.GetName())
		}
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
			if pages != 3 || page.GetStamp().GetJournalId() == "" {
				t.Errorf("%d pages, stamp %v", pages, page.GetStamp())
			}
			break
		}
	}
	want := []string{"units/30280-0", "units/30283-0", "units/30301-0", "units/803-0", "units/804-0"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("units:\n%s", diff)
	}
	page, err := units.ListUnits(ctx, &reportingv1.ListUnitsRequest{Search: "hoa"})
	s.Must(err)
	if len(page.GetUnits()) != 1 || page.GetUnits()[0].GetNameVi() != "Xã An Hòa" {
		t.Errorf("search = %v", page.GetUnits())
	}
}

// TestAnIndicatorComesBackAsItWentIn sends every field and compares, so that no field is lost on the way in or out.
func TestAnIndicatorComesBackAsItWentIn(t *testing.T) {
	s := rpctest.New(t).Populate()
	client, ctx := reportingv1.NewIndicatorServiceClient(s.Conn), s.As(s.Admin)
	ratio := &reportingv1.Indicator{
		Code: "TL-2", NameVi: "Tỷ lệ", NameEn: "Share", Group: "Chính quyền số", UnitOfMeasure: "%", Scale: 2,
		UnitRule: reportingv1.UnitRule_UNIT_RULE_RATIO, Measure: reportingv1.Measure_MEASURE_FLOW, TimeRule: reportingv1.TimeRule_TIME_RULE_SUM,
		DenominatorMeasure: reportingv1.Measure_MEASURE_STOCK, DenominatorTimeRule: reportingv1.TimeRule_TIME_RULE_LAST,
		ReportedBy: []string{"commune"}, CheckedBy: []string{"district"},
		Assigned:  []*reportingv1.Selector{{Kind: "commune", Under: "82-0", From: "2024-01-01"}, {Unit: "30301-0", Except: true}},
		Direction: reportingv1.Direction_DIRECTION_HIGHER, Min: text("0"), Max: text("100"), Replaces: "TL", ValidFrom: "2024-01-01",
	}
	least := &reportingv1.Indicator{
		Code: "SP", NameVi: "Có sản phẩm", UnitOfMeasure: "đơn vị", UnitRule: reportingv1.UnitRule_UNIT_RULE_COUNT_AT_LEAST, AtLeast: text("1"),
		Measure: reportingv1.Measure_MEASURE_STOCK, TimeRule: reportingv1.TimeRule_TIME_RULE_LAST, ReportedBy: []string{"commune"},
	}
	for _, want := range []*reportingv1.Indicator{ratio, least} {
		made, err := client.CreateIndicator(ctx, &reportingv1.CreateIndicatorRequest{Indicator: want, RequestId: s.NewID()})
		s.Must(err)
		got, err := client.GetIndicator(ctx, &reportingv1.GetIndicatorRequest{Name: "indicators/" + want.GetCode()})
		s.Must(err)
		ignored := protocmp.IgnoreFields(&reportingv1.Indicator{}, "name", "etag", "stamp", "receipt", "warnings")
		if diff := cmp.Diff(want, got, protocmp.Transform(), ignored); diff != "" {
			t.Errorf("the indicator came back otherwise:\n%s", diff)
		}
		if made.GetReceipt().GetSequence() == 0 || got.GetStamp().GetSequence() < made.GetReceipt().GetSequence() || got.GetEtag() != made.GetEtag() {
			t.Errorf("created %v, found %v", made, got)
		}
	}
	ratio.Name, ratio.Etag, ratio.NameEn = "indicators/tl-2", "0", "Percentage"
	_, err := client.UpdateIndicator(ctx, &reportingv1.UpdateIndicatorRequest{Indicator: ratio, RequestId: s.NewID()})
	wantsField(t, err, "Aborted ETAG_MISMATCH", "indicator.etag")
	ratio.Name = "indicators/tl"
	_, err = client.UpdateIndicator(ctx, &reportingv1.UpdateIndicatorRequest{Indicator: ratio, RequestId: s.NewID()})
	wantsField(t, err, "InvalidArgument NAME_MISMATCH", "indicator.name")
	list, err := client.ListIndicators(ctx, &reportingv1.ListIndicatorsRequest{Group: "Chính quyền số"})
	s.Must(err)
	if len(list.GetIndicators()) != 1 || list.GetIndicators()[0].GetName() != "indicators/tl-2" {
		t.Errorf("the group has %v", list.GetIndicators())
	}
}

func TestAWrongIndicatorIsRefusedByAllItsFields(t *testing.T) {
	s := rpctest.New(t)
	client := reportingv1.NewIndicatorServiceClient(s.Conn)
	_, err := client.CreateIndicator(s.As(s.Admin), &reportingv1.CreateIndicatorRequest{RequestId: s.NewID(), Indicator: &reportingv1.Indicator{
		Code: "X", NameVi: "X", UnitOfMeasure: "x", Scale: 9, Measure: 17, Min: text(""), Max: text("1e3"), ReportedBy: []string{"commune"},
		Assigned: []*reportingv1.Selector{{Kind: "commune", From: "2024"}},
	}})
	wantsField(t, err, "InvalidArgument SEVERAL_PROBLEMS",
		"indicator.assigned[0].from indicator.scale indicator.unit_rule indicator.measure indicator.time_rule indicator.min indicator.max")
}

func TestAFormComesBackAsItWentIn(t *testing.T) {
	s := rpctest.New(t).Populate()
	client, ctx := reportingv1.NewFormServiceClient(s.Conn), s.As(s.Admin)
	form := &reportingv1.Form{
		Code: "Quy", NameVi: "Báo cáo quý", NameEn: "Quarterly", Frequency: reportingv1.Frequency_FREQUENCY_QUARTER,
		Calendar: reportingv1.Calendar_CALENDAR_CUTOFF_15_14, Indicators: []string{"SL"},
		Assigned: []*reportingv1.Selector{{Kind: "district"}}, Owner: "82-0", Reviewer: "82-0", Due: "district=+4w", ValidFrom: "2024-01-01",
	}
	_, err := reportingv1.NewIndicatorServiceClient(s.Conn).CreateIndicator(ctx, &reportingv1.CreateIndicatorRequest{
		RequestId: s.NewID(), Indicator: &reportingv1.Indicator{
			Code: "SL", NameVi: "Số lượng", UnitOfMeasure: "cái", UnitRule: reportingv1.UnitRule_UNIT_RULE_SUM,
			Measure: reportingv1.Measure_MEASURE_FLOW, TimeRule: reportingv1.TimeRule_TIME_RULE_SUM, ReportedBy: []string{"district"},
		},
	})
	s.Must(err)
	made, err := client.CreateForm(ctx, &reportingv1.CreateFormRequest{Form: form, RequestId: s.NewID()})
	s.Must(err)
	got, err := client.GetForm(ctx, &reportingv1.GetFormRequest{Name: "forms/QUY"})
	s.Must(err)
	ignored := protocmp.IgnoreFields(&reportingv1.Form{}, "name", "etag", "stamp", "receipt", "warnings")
	if diff := cmp.Diff(form, got, protocmp.Transform(), ignored); diff != "" {
		t.Errorf("the form came back otherwise:\n%s", diff)
	}
	form.Name, form.Etag, form.NameEn = got.GetName(), got.GetEtag(), "Every quarter"
	changed, err := client.UpdateForm(ctx, &reportingv1.UpdateFormRequest{Form: form, RequestId: s.NewID()})
	s.Must(err)
	if changed.GetNameEn() != "Every quarter" || changed.GetEtag() == made.GetEtag() {
		t.Errorf("changed = %v", changed)
	}
	periods, err := client.ListFormPeriods(s.As(s.Token(auth.Viewer, "82")), &reportingv1.ListFormPeriodsRequest{Parent: "forms/quy", Periods: "2024-Q1..2024-Q2"})
	s.Must(err)
	first := periods.GetPeriods()[0]
	if len(periods.GetPeriods()) != 2 || first.GetFirstDay() != "2023-12-15" || first.GetLastDay() != "2024-03-14" {
		t.Errorf("periods = %v", periods)
	}
	// Four working days after Thursday 14 March end with Wednesday 20; it is late when Thursday begins in Vietnam.
	if d := first.GetDeadlines()[0]; d.GetKind() != "district" || d.GetDueDay() != "2024-03-20" || d.GetDeadline().AsTime().Format("2006-01-02T15:04Z") != "2024-03-20T17:00Z" {
		t.Errorf("deadline = %v", d)
	}
	form.Frequency, form.Calendar, form.Due = 0, 9, "soon"
	_, err = client.CreateForm(ctx, &reportingv1.CreateFormRequest{Form: form, RequestId: s.NewID()})
	wantsField(t, err, "InvalidArgument SEVERAL_PROBLEMS", "form.frequency form.calendar form.due")
	list, err := client.ListForms(ctx, &reportingv1.ListFormsRequest{})
	s.Must(err)
	if len(list.GetForms()) != 2 || list.GetForms()[0].GetName() != "forms/cds" {
		t.Errorf("forms = %v", list.GetForms())
	}
}
