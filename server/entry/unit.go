package entry

import (
	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

func unitsMessage(b UnitsChanged) *journalv1.UnitsChanged {
	m := &journalv1.UnitsChanged{Units: make([]*journalv1.Unit, len(b.Units))}
	for i := range b.Units {
		m.Units[i] = unitMessage(&b.Units[i])
	}
	return m
}

func unitsOf(m *journalv1.UnitsChanged) (Body, error) {
	b := UnitsChanged{Units: make([]hierarchy.Unit, len(m.GetUnits()))}
	for i, u := range m.GetUnits() {
		var err error
		if b.Units[i], err = unitOf(u); err != nil {
			return nil, err
		}
	}
	return b, known(m)
}

func unitMessage(u *hierarchy.Unit) *journalv1.Unit {
	return &journalv1.Unit{
		Id: string(u.ID), Code: string(u.Code), Kind: string(u.Kind), NameVi: u.NameVI, NameEn: u.NameEN,
		Parent: string(u.Parent), ValidFrom: dayMessage(u.ValidFrom, period.Beginning), ValidTo: dayMessage(u.ValidTo, period.Forever),
	}
}

func unitOf(m *journalv1.Unit) (hierarchy.Unit, error) {
	return hierarchy.Unit{
		ID: hierarchy.ID(m.GetId()), Code: hierarchy.Code(m.GetCode()), Kind: hierarchy.Kind(m.GetKind()),
		NameVI: m.GetNameVi(), NameEN: m.GetNameEn(), Parent: hierarchy.ID(m.GetParent()),
		ValidFrom: dayOf(m.ValidFrom, period.Beginning), ValidTo: dayOf(m.ValidTo, period.Forever),
	}, known(m)
}

// dayMessage gives a day as it is stored: days since 1970-01-01, nothing for the open end.
func dayMessage(day, open period.Day) *int32 {
	if day == open {
		return nil
	}
	n := int32(day)
	return &n
}

func dayOf(n *int32, open period.Day) period.Day {
	if n == nil {
		return open
	}
	return period.Day(*n)
}

func selectorMessages(selectors []hierarchy.Selector) []*journalv1.Selector {
	if len(selectors) == 0 {
		return nil
	}
	list := make([]*journalv1.Selector, len(selectors))
	for i, s := range selectors {
		from, to := s.Span()
		list[i] = &journalv1.Selector{
			Kind: string(s.Kind), Under: string(s.Under), Unit: string(s.Unit), Except: s.Except,
			From: dayMessage(from, period.Beginning), To: dayMessage(to, period.Forever),
		}
	}
	return list
}

func selectorsOf(list []*journalv1.Selector) ([]hierarchy.Selector, error) {
	if len(list) == 0 {
		return nil, nil
	}
	selectors := make([]hierarchy.Selector, len(list))
	for i, m := range list {
		selectors[i] = hierarchy.Selector{
			Kind: hierarchy.Kind(m.GetKind()), Under: hierarchy.ID(m.GetUnder()), Unit: hierarchy.ID(m.GetUnit()), Except: m.GetExcept(),
			From: dayOf(m.From, period.Beginning), To: dayOf(m.To, period.Forever),
		}
		if err := known(m); err != nil {
			return nil, err
		}
	}
	return selectors, nil
}

// textsOf and stringsOf turn lists of one sort of text into lists of another; an empty list is nil.
func textsOf[T ~string](list []string) []T {
	if len(list) == 0 {
		return nil
	}
	texts := make([]T, len(list))
	for i, s := range list {
		texts[i] = T(s)
	}
	return texts
}

func stringsOf[T ~string](list []T) []string {
	if len(list) == 0 {
		return nil
	}
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = string(s)
	}
	return texts
}
