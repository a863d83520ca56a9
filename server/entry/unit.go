package entry

import (
	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

func putUnits(b UnitsChanged, m *journalv1.Entry) error {
	units, err := mapped(b.Units, unitMessage)
	m.Body = &journalv1.Entry_UnitsChanged{UnitsChanged: &journalv1.UnitsChanged{Units: units}}
	return err
}

func unitsOf(m *journalv1.UnitsChanged) (Body, error) {
	units, err := mapped(m.GetUnits(), unitOf)
	if err != nil {
		return nil, err
	}
	return UnitsChanged{Units: units}, known(m)
}

func unitMessage(u hierarchy.Unit) (*journalv1.Unit, error) {
	return &journalv1.Unit{
		Id: string(u.ID), Code: string(u.Code), Kind: string(u.Kind), NameVi: u.NameVI, NameEn: u.NameEN,
		Parent: string(u.Parent), ValidFrom: dayMessage(u.ValidFrom, period.Beginning), ValidTo: dayMessage(u.ValidTo, period.Forever),
	}, nil
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

func selectorMessage(s hierarchy.Selector) (*journalv1.Selector, error) {
	from, to := s.Span()
	return &journalv1.Selector{
		Kind: string(s.Kind), Under: string(s.Under), Unit: string(s.Unit), Except: s.Except,
		From: dayMessage(from, period.Beginning), To: dayMessage(to, period.Forever),
	}, nil
}

func selectorOf(m *journalv1.Selector) (hierarchy.Selector, error) {
	return hierarchy.Selector{
		Kind: hierarchy.Kind(m.GetKind()), Under: hierarchy.ID(m.GetUnder()), Unit: hierarchy.ID(m.GetUnit()), Except: m.GetExcept(),
		From: dayOf(m.From, period.Beginning), To: dayOf(m.To, period.Forever),
	}, known(m)
}

// mapped turns every thing of a list into another, up to the first that fails; an empty list is nil.
func mapped[A, B any](list []A, turn func(A) (B, error)) ([]B, error) {
	if len(list) == 0 {
		return nil, nil
	}
	turned := make([]B, len(list))
	for i, a := range list {
		var err error
		if turned[i], err = turn(a); err != nil {
			return nil, err
		}
	}
	return turned, nil
}

// textsOf turns a list of one sort of text into a list of another.
func textsOf[B, A ~string](list []A) []B {
	texts, _ := mapped(list, func(a A) (B, error) { return B(a), nil })
	return texts
}
