package rpc

import (
	"context"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/register"
	"github.com/tonghop/tonghop/server/reporting"
)

// registers is the service of registers.
type registers struct {
	reportingv1.UnsafeRegisterServiceServer
	*core
}

var registerRules = pairs[register.Rule, reportingv1.RegisterRule]{
	register.Stock: reportingv1.RegisterRule_REGISTER_RULE_STOCK,
	register.Added: reportingv1.RegisterRule_REGISTER_RULE_ADDED,
	register.Ended: reportingv1.RegisterRule_REGISTER_RULE_ENDED,
	register.First: reportingv1.RegisterRule_REGISTER_RULE_FIRST,
}

// GetRegister gets a register.
func (s registers) GetRegister(ctx context.Context, r *reportingv1.GetRegisterRequest) (*reportingv1.Register, error) {
	code, err := lastPart("registers", "name", r.GetName())
	if err != nil {
		return nil, err
	}
	found, stamp, err := s.service.GetRegister(ctx, callerOf(ctx), code)
	if err != nil {
		return nil, err
	}
	m := registerMessage(&found)
	m.Stamp = stampMessage(stamp)
	return m, nil
}

// ListRegisters lists registers.
func (s registers) ListRegisters(ctx context.Context, r *reportingv1.ListRegistersRequest) (*reportingv1.ListRegistersResponse, error) {
	page, err := s.service.ListRegisters(ctx, callerOf(ctx), pageOf(r.GetPageSize(), r.GetPageToken()))
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListRegistersResponse{NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for i := range page.Registers {
		answer.Registers = append(answer.Registers, registerMessage(&page.Registers[i]))
	}
	return answer, nil
}

// CreateRegister opens a register.
func (s registers) CreateRegister(ctx context.Context, r *reportingv1.CreateRegisterRequest) (*reportingv1.Register, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	if r.GetRegister() == nil {
		return nil, bodyMissing("register")
	}
	described, err := registerOf(r.GetRegister())
	if err != nil {
		return nil, inside(err, "register")
	}
	shown, receipt, stamp, err := s.service.CreateRegister(ctx, c, described)
	return registerChanged(shown, receipt, stamp, err)
}

// UpdateRegister describes a register anew.
func (s registers) UpdateRegister(ctx context.Context, r *reportingv1.UpdateRegisterRequest) (*reportingv1.Register, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	if r.GetRegister() == nil {
		return nil, bodyMissing("register")
	}
	code, err := lastPart("registers", "name", r.GetRegister().GetName())
	if err != nil {
		return nil, inside(err, "register")
	}
	described, err := registerOf(r.GetRegister())
	if err == nil && described.Code != "" && !described.Code.Same(register.Code(code)) {
		err = fault.Invalid("CODE_NOT_OF_NAME", "the code %s is not the one of %s; a code never changes", described.Code, shorten(r.GetRegister().GetName())).In("code")
	}
	if err != nil {
		return nil, inside(err, "register")
	}
	if described.Code == "" {
		described.Code = register.Code(code)
	}
	shown, receipt, stamp, err := s.service.UpdateRegister(ctx, c, described, r.GetRegister().GetEtag())
	return registerChanged(shown, receipt, stamp, err)
}

func registerChanged(r reporting.Register, receipt reporting.Receipt, stamp reporting.Stamp, err error) (*reportingv1.Register, error) {
	if err != nil {
		return nil, inside(err, "register")
	}
	m := registerMessage(&r)
	m.Stamp, m.Receipt = stampMessage(stamp), receiptMessage(receipt)
	return m, nil
}

// PutRegisterItems adds or replaces items.
func (s registers) PutRegisterItems(ctx context.Context, r *reportingv1.PutRegisterItemsRequest) (*reportingv1.PutRegisterItemsResponse, error) {
	c, err := changeCall(callerOf(ctx), r.GetRequestId(), r.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	code, err := lastPart("registers", "register", r.GetRegister())
	if err != nil {
		return nil, err
	}
	var wrong fault.List
	items := make([]reporting.ItemDraft, len(r.GetItems()))
	for i, m := range r.GetItems() {
		if items[i], err = itemOf(m); err != nil {
			wrong.Add(fault.Of(err).In(place("items", i)))
		}
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	change, err := s.service.PutRegisterItems(ctx, c, code, items, r.GetReason())
	if err != nil {
		return nil, err
	}
	return &reportingv1.PutRegisterItemsResponse{
		Created: int32(change.Created), Updated: int32(change.Updated), Unchanged: int32(change.Unchanged), //nolint:gosec // a thousand at most
		Receipt: receiptMessage(change.Receipt),
	}, nil
}

// ListRegisterItems lists items.
func (s registers) ListRegisterItems(ctx context.Context, r *reportingv1.ListRegisterItemsRequest) (*reportingv1.ListRegisterItemsResponse, error) {
	code, err := lastPart("registers", "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	page, err := s.service.ListRegisterItems(ctx, callerOf(ctx), reporting.ItemFilter{
		Register: code, Unit: r.GetUnit(), On: r.GetOn(), Withdrawn: r.GetWithdrawn(), Page: pageOf(r.GetPageSize(), r.GetPageToken()),
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.ListRegisterItemsResponse{NextPageToken: page.Next, Stamp: stampMessage(page.Stamp)}
	for i := range page.Items {
		answer.Items = append(answer.Items, itemMessage(&page.Items[i]))
	}
	return answer, nil
}

// CountRegister counts items.
func (s registers) CountRegister(ctx context.Context, r *reportingv1.CountRegisterRequest) (*reportingv1.CountRegisterResponse, error) {
	code, err := lastPart("registers", "name", r.GetName())
	if err != nil {
		return nil, err
	}
	lines, stamp, err := s.service.CountRegister(ctx, callerOf(ctx), reporting.CountQuery{
		Register: code, Unit: r.GetUnit(), Children: r.GetChildren(), Periods: r.GetPeriods(),
	})
	if err != nil {
		return nil, err
	}
	answer := &reportingv1.CountRegisterResponse{Stamp: stampMessage(stamp)}
	for i := range lines {
		l := &lines[i]
		of := func(r register.Rule) int32 { return int32(l.Of(r)) } //nolint:gosec // as many as items at most
		m := &reportingv1.RegisterCounts{
			Period: l.Period.String(), FirstDay: l.First.String(), LastDay: l.Last.String(), Own: l.Own, Stock: of(register.Stock), Added: of(register.Added),
			Ended: of(register.Ended), First: of(register.First),
		}
		m.Unit, m.UnitCode, m.UnitName = namedUnit(&l.Unit)
		answer.Lines = append(answer.Lines, m)
	}
	return answer, nil
}

func registerOf(m *reportingv1.Register) (register.Register, error) {
	var wrong fault.List
	r := register.Register{Code: register.Code(m.GetCode()), NameVI: m.GetNameVi(), NameEN: m.GetNameEn(), Calendar: period.Civil}
	if m.GetCalendar() != "" {
		var err error
		if r.Calendar, err = period.ParseCalendar(m.GetCalendar()); err != nil {
			wrong.Add(fault.Of(err).In("calendar"))
		}
	}
	for _, f := range m.GetFields() {
		r.Fields = append(r.Fields, register.Field{Code: register.Code(f.GetCode()), NameVI: f.GetNameVi(), NameEN: f.GetNameEn()})
	}
	for i, c := range m.GetCounters() {
		counter := register.Counter{Indicator: indicator.Code(c.GetIndicator())}
		if c.GetRule() != reportingv1.RegisterRule_REGISTER_RULE_UNSPECIFIED { // which Check refuses
			var err error
			if counter.Rule, err = enumOf(registerRules, c.GetRule(), "REGISTER_RULE_UNKNOWN", "rule"); err != nil {
				wrong.Add(fault.Of(err).In("rule").In(place("counters", i)))
			}
		}
		r.Counters = append(r.Counters, counter)
	}
	return r, wrong.Err()
}

func registerName(c register.Code) string { return "registers/" + string(c.Fold()) }

func registerMessage(r *reporting.Register) *reportingv1.Register {
	m := &reportingv1.Register{
		Name: registerName(r.Code), Code: string(r.Code), NameVi: r.NameVI, NameEn: r.NameEN, Calendar: r.Calendar.String(), Etag: r.Etag,
	}
	for _, f := range r.Fields {
		m.Fields = append(m.Fields, &reportingv1.RegisterField{Code: string(f.Code), NameVi: f.NameVI, NameEn: f.NameEN})
	}
	for _, c := range r.Counters {
		m.Counters = append(m.Counters, &reportingv1.RegisterCounter{Indicator: string(c.Indicator), Rule: registerRules.wire(c.Rule)})
	}
	return m
}

func itemOf(m *reportingv1.RegisterItem) (reporting.ItemDraft, error) {
	var wrong fault.List
	d := reporting.ItemDraft{Etag: m.GetEtag(), Item: register.Item{
		Code: register.Code(m.GetCode()), Unit: hierarchy.ID(m.GetUnit()), Title: m.GetTitle(), Key: m.GetKey(), Withdrawn: m.GetWithdrawn(), // or a code
		Since: dayOf("since", m.GetSince(), period.Beginning, &wrong), Until: dayOf("until", m.GetUntil(), period.Forever, &wrong),
	}}
	for _, v := range m.GetValues() {
		d.Values = append(d.Values, register.Value{Field: register.Code(v.GetField()), Text: v.GetText()})
	}
	return d, wrong.Err()
}

func itemMessage(i *reporting.RegisterItem) *reportingv1.RegisterItem {
	m := &reportingv1.RegisterItem{
		Code: string(i.Code), Unit: string(i.Unit), Title: i.Title, Key: i.Key, Since: shownDay(i.Since), Until: shownDay(i.Until), Withdrawn: i.Withdrawn,
		Etag: i.Etag, Reason: i.Written.Text, ReasonRemoved: i.Written.Removed,
	}
	for _, v := range i.Values {
		m.Values = append(m.Values, &reportingv1.RegisterValue{Field: string(v.Field), Text: v.Text})
	}
	return m
}
