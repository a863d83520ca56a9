package entry

import (
	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/fault"
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
	names, err := mapped(u.Earlier, func(n hierarchy.Name) (*journalv1.EarlierName, error) {
		return &journalv1.EarlierName{Until: int32(n.Until), NameVi: n.VI, NameEn: n.EN}, nil
	})
	return &journalv1.Unit{
		Id: string(u.ID), Code: string(u.Code), Kind: string(u.Kind), NameVi: u.NameVI, NameEn: u.NameEN,
		Parent: string(u.Parent), ValidFrom: dayMessage(u.ValidFrom, period.Beginning), ValidTo: dayMessage(u.ValidTo, period.Forever),
		EarlierNames: names,
	}, err
}

func unitOf(m *journalv1.Unit) (hierarchy.Unit, error) {
	names, err := mapped(m.GetEarlierNames(), func(n *journalv1.EarlierName) (hierarchy.Name, error) {
		return hierarchy.Name{Until: period.Day(n.GetUntil()), VI: n.GetNameVi(), EN: n.GetNameEn()}, known(n)
	})
	if err != nil {
		return hierarchy.Unit{}, err
	}
	return hierarchy.Unit{
		ID: hierarchy.ID(m.GetId()), Code: hierarchy.Code(m.GetCode()), Kind: hierarchy.Kind(m.GetKind()),
		NameVI: m.GetNameVi(), NameEN: m.GetNameEn(), Parent: hierarchy.ID(m.GetParent()),
		ValidFrom: dayOf(m.ValidFrom, period.Beginning), ValidTo: dayOf(m.ValidTo, period.Forever), Earlier: names,
	}, known(m)
}

func putReorganised(b UnitsReorganised, m *journalv1.Entry) error {
	body := &journalv1.UnitsReorganised{}
	m.Body = &journalv1.Entry_UnitsReorganised{UnitsReorganised: body}
	var err error
	if body.Units, err = mapped(b.Units, unitMessage); err != nil {
		return err
	}
	if body.Links, err = mapped(b.Links, linkMessage); err != nil {
		return err
	}
	body.Withdrawn, err = mapped(b.Withdrawn, linkMessage)
	return err
}

func reorganisedOf(m *journalv1.UnitsReorganised, note string) (Body, error) {
	b := UnitsReorganised{Note: note}
	var err error
	if b.Units, err = mapped(m.GetUnits(), unitOf); err != nil {
		return nil, err
	}
	if b.Links, err = mapped(m.GetLinks(), linkOf); err != nil {
		return nil, err
	}
	if b.Withdrawn, err = mapped(m.GetWithdrawn(), linkOf); err != nil {
		return nil, err
	}
	return b, known(m)
}

func linkMessage(l hierarchy.Link) (*journalv1.Link, error) {
	if l.Share != hierarchy.Whole && l.Share != hierarchy.Part {
		return nil, fault.Internal(nil, "the lineage link %s has no share", l)
	}
	return &journalv1.Link{Date: int32(l.Date), From: string(l.From), To: string(l.To), Part: l.Share == hierarchy.Part}, nil
}

func linkOf(m *journalv1.Link) (hierarchy.Link, error) {
	share := hierarchy.Whole
	if m.GetPart() {
		share = hierarchy.Part
	}
	return hierarchy.Link{
		Date: period.Day(m.GetDate()), From: hierarchy.ID(m.GetFrom()), To: hierarchy.ID(m.GetTo()), Share: share,
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
