package entry

import (
	"google.golang.org/protobuf/proto"

	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
)

// OutsideFiguresChanged adds versions of figures that others published; one of the same indicator, unit and year replaces an
// older one.
type OutsideFiguresChanged struct{ Figures []plan.Outside }

// RegionsChanged adds versions of regions; one with the code of an older one replaces it.
type RegionsChanged struct{ Regions []plan.Region }

func (OutsideFiguresChanged) body() {}
func (RegionsChanged) body()        {}

// putPapers writes the bodies of plans and of what others publish; false for any other.
func putPapers(e *Entry, m *journalv1.Entry, texts *journalv1.Private) (bool, error) {
	switch b := e.Body.(type) {
	case PlansChanged:
		return true, putPlans(b, m)
	case OutsideFiguresChanged:
		return true, putOutside(b, m)
	case RegionsChanged:
		return true, putRegions(b, m)
	case PlanRemarked:
		texts.Reason = b.Text
		return true, putRemark(b, m)
	}
	return false, nil
}

func putOutside(b OutsideFiguresChanged, m *journalv1.Entry) error {
	list, err := mapped(b.Figures, outsideMessage)
	m.Body = &journalv1.Entry_OutsideFiguresChanged{OutsideFiguresChanged: &journalv1.OutsideFiguresChanged{Figures: list}}
	return err
}

func outsideFiguresOf(m *journalv1.OutsideFiguresChanged) (Body, error) {
	list, err := mapped(m.GetFigures(), outsideOf)
	if err != nil {
		return nil, err
	}
	return OutsideFiguresChanged{Figures: list}, known(m)
}

func outsideMessage(f plan.Outside) (*journalv1.OutsideFigure, error) {
	if f.Ranked < 0 || int64(f.Ranked) > 1<<32-1 {
		return nil, fault.Internal(nil, "a rank among %d cannot be stored", f.Ranked)
	}
	return &journalv1.OutsideFigure{
		Indicator: string(f.Indicator), Unit: string(f.Unit), Year: int32(f.Year), Value: f.Value, Ranked: uint32(f.Ranked), Class: f.Class, //nolint:gosec // checked
		Done: dayMessage(f.Done, period.Beginning), Published: dayMessage(f.Published, period.Beginning),
		Source: f.Source, Note: f.Note, Withdrawn: f.Withdrawn,
	}, nil
}

func outsideOf(m *journalv1.OutsideFigure) (plan.Outside, error) {
	return plan.Outside{
		Indicator: indicator.Code(m.GetIndicator()), Unit: hierarchy.ID(m.GetUnit()), Year: int(m.GetYear()), Value: m.GetValue(),
		Ranked: int(m.GetRanked()), Class: m.GetClass(), Done: dayOf(m.Done, period.Beginning), Published: dayOf(m.Published, period.Beginning),
		Source: m.GetSource(), Note: m.GetNote(), Withdrawn: m.GetWithdrawn(),
	}, known(m)
}

func putRegions(b RegionsChanged, m *journalv1.Entry) error {
	list, err := mapped(b.Regions, regionMessage)
	m.Body = &journalv1.Entry_RegionsChanged{RegionsChanged: &journalv1.RegionsChanged{Regions: list}}
	return err
}

func regionsOf(m *journalv1.RegionsChanged) (Body, error) {
	list, err := mapped(m.GetRegions(), regionOf)
	if err != nil {
		return nil, err
	}
	return RegionsChanged{Regions: list}, known(m)
}

func regionMessage(r plan.Region) (*journalv1.Region, error) {
	return &journalv1.Region{Code: r.Code, NameVi: r.NameVI, NameEn: r.NameEN, Units: textsOf[string](r.Units)}, nil
}

func regionOf(m *journalv1.Region) (plan.Region, error) {
	return plan.Region{Code: m.GetCode(), NameVI: m.GetNameVi(), NameEN: m.GetNameEn(), Units: textsOf[hierarchy.ID](m.GetUnits())}, known(m)
}

// AppendOutside appends the bytes of one outside figure, the message that stands in an entry.
func AppendOutside(b []byte, f plan.Outside) ([]byte, error) { return appended(b, f, outsideMessage) }

// ParseOutside reads what AppendOutside appended.
func ParseOutside(b []byte) (plan.Outside, error) {
	return parsed(b, &journalv1.OutsideFigure{}, outsideOf)
}

// AppendRegion appends the bytes of one region, the message that stands in an entry.
func AppendRegion(b []byte, r plan.Region) ([]byte, error) { return appended(b, r, regionMessage) }

// ParseRegion reads what AppendRegion appended.
func ParseRegion(b []byte) (plan.Region, error) { return parsed(b, &journalv1.Region{}, regionOf) }

// appended appends the message of a value.
func appended[T any, M proto.Message](b []byte, v T, message func(T) (M, error)) ([]byte, error) {
	m, err := message(v)
	if err != nil {
		return b, err
	}
	return appendMessage(b, m)
}

// parsed reads a message and gives its value.
func parsed[T any, M proto.Message](b []byte, m M, of func(M) (T, error)) (T, error) {
	if err := parseMessage(b, m); err != nil {
		var none T
		return none, err
	}
	return whole(of(m))
}
