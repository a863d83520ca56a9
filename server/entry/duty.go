package entry

import (
	"time"

	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/task"
)

// DutiesChanged adds versions of duties; one with the code of an older one replaces it.
type DutiesChanged struct{ Duties []task.Duty }

// DutyReported says how far a unit is with a duty.
type DutyReported struct {
	task.Record
	// Note is what was written with it. It is private: empty once it was removed.
	Note string
}

func (DutiesChanged) body() {}
func (DutyReported) body()  {}

// putSingle writes the bodies of duties and registers; false for any other.
func putSingle(e *Entry, m *journalv1.Entry, texts *journalv1.Private) (bool, error) {
	switch b := e.Body.(type) {
	case DutiesChanged:
		list, err := mapped(b.Duties, dutyMessage)
		m.Body = &journalv1.Entry_DutiesChanged{DutiesChanged: &journalv1.DutiesChanged{Duties: list}}
		return true, err
	case DutyReported:
		texts.Reason = b.Note
		m.Body = &journalv1.Entry_DutyReported{DutyReported: dutyRecordMessage(b.Record)}
		return true, nil
	case RegistersChanged:
		list, err := mapped(b.Registers, registerMessage)
		m.Body = &journalv1.Entry_RegistersChanged{RegistersChanged: &journalv1.RegistersChanged{Registers: list}}
		return true, err
	case RegisterItemsChanged:
		texts.Reason = b.Reason
		list, err := mapped(b.Items, itemMessage)
		m.Body = &journalv1.Entry_RegisterItemsChanged{RegisterItemsChanged: &journalv1.RegisterItemsChanged{Items: list}}
		return true, err
	}
	return false, nil
}

// singleOf is bodyOf for duties and registers.
func singleOf(m *journalv1.Entry, texts *journalv1.Private, at time.Time) (Body, error) {
	switch b := m.GetBody().(type) {
	case *journalv1.Entry_DutiesChanged:
		list, err := mapped(b.DutiesChanged.GetDuties(), dutyOf)
		if err != nil {
			return nil, err
		}
		return DutiesChanged{Duties: list}, known(b.DutiesChanged)
	case *journalv1.Entry_DutyReported:
		r, err := dutyRecordOf(b.DutyReported)
		return DutyReported{Record: r, Note: texts.GetReason()}, err
	case *journalv1.Entry_RegistersChanged:
		list, err := mapped(b.RegistersChanged.GetRegisters(), registerOf)
		if err != nil {
			return nil, err
		}
		return RegistersChanged{Registers: list}, known(b.RegistersChanged)
	case *journalv1.Entry_RegisterItemsChanged:
		list, err := mapped(b.RegisterItemsChanged.GetItems(), itemOf)
		if err != nil {
			return nil, err
		}
		return RegisterItemsChanged{Items: list, Reason: texts.GetReason()}, known(b.RegisterItemsChanged)
	}
	return notificationOf(m, texts, at)
}

func dutyMessage(d task.Duty) (*journalv1.Duty, error) {
	assigned, err := mapped(d.Assigned, selectorMessage)
	if err != nil {
		return nil, err
	}
	m := &journalv1.Duty{
		Code: string(d.Code), NameVi: d.NameVI, NameEn: d.NameEN, Assigned: assigned, Due: dayMessage(d.Due, period.Beginning), Number: d.Number,
		Decided: dayMessage(d.Decided, period.Beginning), Plan: d.Plan, Indicator: string(d.Indicator), Withdrawn: d.Withdrawn,
	}
	for _, s := range d.Steps {
		m.Steps = append(m.Steps, &journalv1.DutyStep{Code: string(s.Code), NameVi: s.NameVI, NameEn: s.NameEN, Due: dayMessage(s.Due, period.Beginning)})
	}
	return m, nil
}

func dutyOf(m *journalv1.Duty) (task.Duty, error) {
	assigned, err := mapped(m.GetAssigned(), selectorOf)
	if err != nil {
		return task.Duty{}, err
	}
	d := task.Duty{
		Code: task.Code(m.GetCode()), NameVI: m.GetNameVi(), NameEN: m.GetNameEn(), Assigned: assigned, Due: dayOf(m.Due, period.Beginning),
		Number: m.GetNumber(), Decided: dayOf(m.Decided, period.Beginning), Plan: m.GetPlan(), Indicator: indicator.Code(m.GetIndicator()),
		Withdrawn: m.GetWithdrawn(),
	}
	for _, s := range m.GetSteps() {
		if err := known(s); err != nil {
			return d, err
		}
		d.Steps = append(d.Steps, task.Step{Code: task.Code(s.GetCode()), NameVI: s.GetNameVi(), NameEN: s.GetNameEn(), Due: dayOf(s.Due, period.Beginning)})
	}
	return d, known(m)
}

func dutyRecordMessage(r task.Record) *journalv1.DutyReported {
	return &journalv1.DutyReported{
		Duty: string(r.Duty), Step: string(r.Step), Unit: string(r.Unit), Done: r.Done, Day: dayMessage(r.Day, period.Beginning), Document: r.Document,
		DocumentDay: dayMessage(r.DocumentDay, period.Beginning), Withdrawn: r.Withdrawn, ActingFor: string(r.ActingFor), OnBehalf: r.OnBehalf,
	}
}

func dutyRecordOf(m *journalv1.DutyReported) (task.Record, error) {
	return task.Record{
		Duty: task.Code(m.GetDuty()), Step: task.Code(m.GetStep()), Unit: hierarchy.ID(m.GetUnit()), Done: m.GetDone(), Day: dayOf(m.Day, period.Beginning),
		Document: m.GetDocument(), DocumentDay: dayOf(m.DocumentDay, period.Beginning), Withdrawn: m.GetWithdrawn(),
		ActingFor: hierarchy.ID(m.GetActingFor()), OnBehalf: m.GetOnBehalf(),
	}, known(m)
}

// AppendDuty appends the bytes of one duty, the message that stands in an entry.
func AppendDuty(b []byte, d task.Duty) ([]byte, error) { return appended(b, d, dutyMessage) }

// ParseDuty reads what AppendDuty appended.
func ParseDuty(b []byte) (task.Duty, error) { return parsed(b, &journalv1.Duty{}, dutyOf) }

// AppendDutyRecord appends the bytes of what a unit entered, without its note.
func AppendDutyRecord(b []byte, r task.Record) ([]byte, error) {
	return appendMessage(b, dutyRecordMessage(r))
}

// ParseDutyRecord reads what AppendDutyRecord appended.
func ParseDutyRecord(b []byte) (task.Record, error) {
	return parsed(b, &journalv1.DutyReported{}, dutyRecordOf)
}
