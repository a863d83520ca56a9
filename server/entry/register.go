package entry

import (
	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/register"
)

// RegistersChanged adds versions of registers; one with the code of an older one replaces it.
type RegistersChanged struct{ Registers []register.Register }

// RegisterItemsChanged adds versions of items; one with the register and code of an older one replaces it.
type RegisterItemsChanged struct {
	Items []register.Item
	// Reason is why. It is private: empty once it was removed.
	Reason string
}

func (RegistersChanged) body()     {}
func (RegisterItemsChanged) body() {}

// registerRuleWords stand in the journal, as those of words.go.
var registerRuleWords = []string{register.Stock: "STOCK", register.Added: "ADDED", register.Ended: "ENDED", register.First: "FIRST"}

func registerMessage(r register.Register) (*journalv1.Register, error) {
	calendar, err := wordOf(calendarWords, r.Calendar, "calendar")
	if err != nil {
		return nil, err
	}
	m := &journalv1.Register{Code: string(r.Code), NameVi: r.NameVI, NameEn: r.NameEN, Calendar: calendar}
	for _, f := range r.Fields {
		m.Fields = append(m.Fields, &journalv1.RegisterField{Code: string(f.Code), NameVi: f.NameVI, NameEn: f.NameEN})
	}
	for _, c := range r.Counters {
		rule, err := wordOf(registerRuleWords, c.Rule, "way of counting")
		if err != nil {
			return nil, err
		}
		m.Counters = append(m.Counters, &journalv1.RegisterCounter{Indicator: string(c.Indicator), Rule: rule})
	}
	return m, nil
}

func registerOf(m *journalv1.Register) (register.Register, error) {
	r := register.Register{Code: register.Code(m.GetCode()), NameVI: m.GetNameVi(), NameEN: m.GetNameEn()}
	var err error
	if r.Calendar, err = valueOf[period.Calendar](calendarWords, m.GetCalendar(), "calendar"); err != nil {
		return r, err
	}
	for _, f := range m.GetFields() {
		if err := known(f); err != nil {
			return r, err
		}
		r.Fields = append(r.Fields, register.Field{Code: register.Code(f.GetCode()), NameVI: f.GetNameVi(), NameEN: f.GetNameEn()})
	}
	for _, c := range m.GetCounters() {
		rule, err := valueOf[register.Rule](registerRuleWords, c.GetRule(), "way of counting")
		if err != nil {
			return r, err
		}
		if err := known(c); err != nil {
			return r, err
		}
		r.Counters = append(r.Counters, register.Counter{Indicator: indicator.Code(c.GetIndicator()), Rule: rule})
	}
	return r, known(m)
}

func itemMessage(i register.Item) (*journalv1.RegisterItem, error) {
	m := &journalv1.RegisterItem{
		Register: string(i.Register), Code: string(i.Code), Unit: string(i.Unit), Title: i.Title, Key: i.Key,
		Since: dayMessage(i.Since, period.Beginning), Until: dayMessage(i.Until, period.Forever), Withdrawn: i.Withdrawn,
	}
	for _, v := range i.Values {
		m.Values = append(m.Values, &journalv1.RegisterValue{Field: string(v.Field), Text: v.Text})
	}
	return m, nil
}

func itemOf(m *journalv1.RegisterItem) (register.Item, error) {
	i := register.Item{
		Register: register.Code(m.GetRegister()), Code: register.Code(m.GetCode()), Unit: hierarchy.ID(m.GetUnit()), Title: m.GetTitle(), Key: m.GetKey(),
		Since: dayOf(m.Since, period.Beginning), Until: dayOf(m.Until, period.Forever), Withdrawn: m.GetWithdrawn(),
	}
	for _, v := range m.GetValues() {
		if err := known(v); err != nil {
			return i, err
		}
		i.Values = append(i.Values, register.Value{Field: register.Code(v.GetField()), Text: v.GetText()})
	}
	return i, known(m)
}

// AppendRegister appends the bytes of one register, the message that stands in an entry.
func AppendRegister(b []byte, r register.Register) ([]byte, error) {
	return appended(b, r, registerMessage)
}

// ParseRegister reads what AppendRegister appended.
func ParseRegister(b []byte) (register.Register, error) {
	return parsed(b, &journalv1.Register{}, registerOf)
}

// AppendItem appends the bytes of one item, the message that stands in an entry.
func AppendItem(b []byte, i register.Item) ([]byte, error) { return appended(b, i, itemMessage) }

// ParseItem reads what AppendItem appended.
func ParseItem(b []byte) (register.Item, error) {
	return parsed(b, &journalv1.RegisterItem{}, itemOf)
}
