package entry_test

import (
	"testing"

	"pgregory.net/rapid"

	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/register"
	"github.com/tonghop/tonghop/server/task"
)

// withSingles adds those of duties and registers to the golden entries.
func withSingles(h entry.Header, all map[string]entry.Entry) map[string]entry.Entry {
	all["duties-changed"] = entry.Entry{Header: h, Body: entry.DutiesChanged{Duties: []task.Duty{
		{
			Code: "KT-2024", NameVI: "Kiểm tra chuyển đổi số", NameEN: "Inspection", Due: period.Beginning, Number: "15/QĐ-BĐH", Decided: period.Date(2024, 3, 1),
			Assigned: []hierarchy.Selector{
				{Kind: "commune", Under: "87-0", From: period.Date(2024, 1, 1), To: period.Forever},
				{Unit: "866-0", Except: true, From: period.Beginning, To: period.Forever},
			},
			Steps: []task.Step{{Code: "TU-KIEM-TRA", NameVI: "Tự kiểm tra", NameEN: "Self-check", Due: period.Date(2024, 5, 15)}},
			Plan:  "52-kh-ubnd-2024", Indicator: "CQ-20", Withdrawn: true,
		},
		{Code: "BCD", NameVI: "Ban Chỉ đạo", Due: period.Date(2024, 6, 30), Decided: period.Beginning},
	}}}
	all["duty-reported"] = entry.Entry{Header: h, Body: entry.DutyReported{Record: task.Record{
		Duty: "KT-2024", Step: "TU-KIEM-TRA", Unit: "866-0", Done: true, Day: period.Date(2024, 5, 14), Document: "12/BC-UBND", DocumentDay: period.Date(2024, 5, 13),
		ActingFor: "87-0", OnBehalf: true,
	}, Note: "Nộp bản giấy"}}
	all["registers-changed"] = entry.Entry{Header: h, Body: entry.RegistersChanged{Registers: []register.Register{{
		Code: "OCOP", NameVI: "Sản phẩm OCOP", NameEN: "Products", Fields: []register.Field{{Code: "san", NameVI: "Sàn", NameEN: "Market"}},
		Counters: []register.Counter{{Indicator: "KT-07", Rule: register.Stock}, {Indicator: "KT-08", Rule: register.First}}, Calendar: period.Civil,
	}}}}
	all["register-items-changed"] = entry.Entry{Header: h, Body: entry.RegisterItemsChanged{Items: []register.Item{
		{
			Register: "OCOP", Code: "SP-001", Unit: "866-0", Title: "Xoài", Key: "8930001", Since: period.Date(2023, 5, 1), Until: period.Date(2024, 8, 1),
			Values: []register.Value{{Field: "san", Text: "Postmart"}},
		},
		{Register: "OCOP", Code: "SP-002", Unit: "866-0", Title: "Sen", Since: period.Date(2023, 5, 1), Until: period.Forever, Withdrawn: true},
	}, Reason: "Hủy niêm yết"}}
	return all
}

// drawSingle draws one of them.
func drawSingle(t *rapid.T) entry.Body {
	switch rapid.IntRange(0, 3).Draw(t, "single") {
	case 0:
		return entry.DutiesChanged{Duties: some(t, "duties", func(t *rapid.T) task.Duty {
			return task.Duty{
				Code: task.Code(code(t, "code")), NameVI: word(t, "name_vi"), NameEN: word(t, "name_en"), Due: day(t, "due", period.Beginning),
				Assigned: some(t, "assigned", drawSelector), Number: word(t, "number"), Decided: day(t, "decided", period.Beginning),
				Steps: some(t, "steps", func(t *rapid.T) task.Step {
					return task.Step{Code: task.Code(code(t, "step")), NameVI: word(t, "name_vi"), NameEN: word(t, "name_en"), Due: day(t, "due", period.Beginning)}
				}),
				Plan: code(t, "plan"), Indicator: indicator.Code(code(t, "indicator")), Withdrawn: rapid.Bool().Draw(t, "withdrawn"),
			}
		})}
	case 1:
		return entry.DutyReported{Record: task.Record{
			Duty: task.Code(code(t, "duty")), Step: task.Code(code(t, "step")), Unit: id(t, "unit"), Done: rapid.Bool().Draw(t, "done"),
			Day: day(t, "day", period.Beginning), Document: word(t, "document"), DocumentDay: day(t, "document day", period.Beginning),
			Withdrawn: rapid.Bool().Draw(t, "withdrawn"), ActingFor: id(t, "acting for"), OnBehalf: rapid.Bool().Draw(t, "on behalf"),
		}, Note: written(t, "note")}
	case 2:
		return entry.RegistersChanged{Registers: some(t, "registers", func(t *rapid.T) register.Register {
			return register.Register{
				Code: register.Code(code(t, "code")), NameVI: word(t, "name_vi"), NameEN: word(t, "name_en"),
				Calendar: rapid.SampledFrom([]period.Calendar{period.CutoffFifteenth, period.Civil}).Draw(t, "calendar"),
				Fields: some(t, "fields", func(t *rapid.T) register.Field {
					return register.Field{Code: register.Code(code(t, "field")), NameVI: word(t, "name_vi"), NameEN: word(t, "name_en")}
				}),
				Counters: some(t, "counters", func(t *rapid.T) register.Counter {
					return register.Counter{
						Indicator: indicator.Code(code(t, "indicator")), Rule: register.Rule(rapid.Uint8Range(uint8(register.Stock), uint8(register.First)).Draw(t, "rule")),
					}
				}),
			}
		})}
	default:
		return entry.RegisterItemsChanged{Items: some(t, "items", func(t *rapid.T) register.Item {
			return register.Item{
				Register: register.Code(code(t, "register")), Code: register.Code(code(t, "code")), Unit: id(t, "unit"), Title: word(t, "title"), Key: word(t, "key"),
				Since: day(t, "since", period.Beginning), Until: day(t, "until", period.Forever), Withdrawn: rapid.Bool().Draw(t, "withdrawn"),
				Values: some(t, "values", func(t *rapid.T) register.Value {
					return register.Value{Field: register.Code(code(t, "field")), Text: word(t, "text")}
				}),
			}
		}), Reason: written(t, "reason")}
	}
}

// TestANewerVersionsDutyIsRefusedAndNotHalfUnderstood spoils the golden entries of duties and registers.
func TestANewerVersionsDutyIsRefusedAndNotHalfUnderstood(t *testing.T) {
	for _, s := range []spoilt{
		{"a field of changed duties", "duties-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetDutiesChanged()) }},
		{"a field of a duty", "duties-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetDutiesChanged().GetDuties()[1]) }},
		{"a field of a step", "duties-changed", func(m *journalv1.Entry, _ *journalv1.Private) {
			add(m.GetDutiesChanged().GetDuties()[0].GetSteps()[0])
		}},
		{"a field of an assignment", "duties-changed", func(m *journalv1.Entry, _ *journalv1.Private) {
			add(m.GetDutiesChanged().GetDuties()[0].GetAssigned()[1])
		}},
		{"a field of what was entered", "duty-reported", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetDutyReported()) }},
		{"a field of changed registers", "registers-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetRegistersChanged()) }},
		{"a field of a register", "registers-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetRegistersChanged().GetRegisters()[0]) }},
		{"a field of a register's field", "registers-changed", func(m *journalv1.Entry, _ *journalv1.Private) {
			add(m.GetRegistersChanged().GetRegisters()[0].GetFields()[0])
		}},
		{"a field of a counter", "registers-changed", func(m *journalv1.Entry, _ *journalv1.Private) {
			add(m.GetRegistersChanged().GetRegisters()[0].GetCounters()[1])
		}},
		{"a way of counting", "registers-changed", func(m *journalv1.Entry, _ *journalv1.Private) {
			m.GetRegistersChanged().GetRegisters()[0].GetCounters()[1].Rule = "MEDIAN"
		}},
		{"a calendar", "registers-changed", func(m *journalv1.Entry, _ *journalv1.Private) {
			m.GetRegistersChanged().GetRegisters()[0].Calendar = "LUNAR"
		}},
		{"a field of changed items", "register-items-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetRegisterItemsChanged()) }},
		{"a field of an item", "register-items-changed", func(m *journalv1.Entry, _ *journalv1.Private) { add(m.GetRegisterItemsChanged().GetItems()[1]) }},
		{"a field of a value", "register-items-changed", func(m *journalv1.Entry, _ *journalv1.Private) {
			add(m.GetRegisterItemsChanged().GetItems()[0].GetValues()[0])
		}},
	} {
		if err := spoil(t, s); fault.ReasonOf(err) != entry.ReasonTooNew {
			t.Errorf("%s: %v, want %s", s.what, err, entry.ReasonTooNew)
		}
	}
}
