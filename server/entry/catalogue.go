package entry

import (
	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

func putIndicators(b IndicatorsChanged, m *journalv1.Entry) error {
	list, err := mapped(b.Indicators, indicatorMessage)
	m.Body = &journalv1.Entry_IndicatorsChanged{IndicatorsChanged: &journalv1.IndicatorsChanged{Indicators: list}}
	return err
}

func indicatorsOf(m *journalv1.IndicatorsChanged) (Body, error) {
	list, err := mapped(m.GetIndicators(), indicatorOf)
	if err != nil {
		return nil, err
	}
	return IndicatorsChanged{Indicators: list}, known(m)
}

func indicatorMessage(v Indicator) (*journalv1.Indicator, error) {
	m := &journalv1.Indicator{
		Number: v.Number, Code: string(v.Code), NameVi: v.NameVI, NameEn: v.NameEN, Group: v.Group,
		UnitOfMeasure: v.UnitOfMeasure, Scale: uint32(v.Scale), AtLeast: int64(v.AtLeast),
		DenominatorIndicator: string(v.DenominatorIndicator), Weight: string(v.Weight),
		ReportedBy: textsOf[string](v.ReportedBy), CheckedBy: textsOf[string](v.CheckedBy), LevelsOwn: v.LevelsOwn,
		Min: boundMessage(v.Min), Max: boundMessage(v.Max),
		Replaces: string(v.Replaces), ValidFrom: dayMessage(v.ValidFrom, period.Beginning), Formula: v.Formula,
		SmallestCell: v.SmallestCell,
	}
	if v.Scale > figure.MaxScale {
		return nil, fault.Internal(nil, "indicator %s has scale %d", v.Code, v.Scale)
	}
	if int(v.Class) >= len(classWords) {
		return nil, fault.Internal(nil, "class %d has no word in the journal", uint8(v.Class))
	}
	m.Class = classWords[v.Class] // what is internal says nothing, as before there were classes
	var err error
	if m.Assigned, err = mapped(v.Assigned, selectorMessage); err != nil {
		return nil, err
	}
	if m.UnitRule, err = wordOf(unitRuleWords, v.UnitRule, "rule over units"); err != nil {
		return nil, err
	}
	if m.Direction, err = wordOf(directionWords, v.Direction, "direction"); err != nil {
		return nil, err
	}
	if m.Measure, m.TimeRule, err = partWords(v.Value); err != nil {
		return nil, err
	}
	// Where a ratio has its own denominator its rules are always written, since nothing would mean those of the numerator.
	if v.OwnDenominator() || v.Denominator != (indicator.Part{}) {
		m.DenominatorMeasure, m.DenominatorTimeRule, err = partWords(v.Denominator)
	}
	return m, err
}

func indicatorOf(m *journalv1.Indicator) (Indicator, error) {
	if m.GetScale() > uint32(figure.MaxScale) {
		return Indicator{}, damaged("an indicator has scale %d", m.GetScale())
	}
	v := Indicator{Number: m.GetNumber(), Indicator: indicator.Indicator{
		Code: indicator.Code(m.GetCode()), NameVI: m.GetNameVi(), NameEN: m.GetNameEn(), Group: m.GetGroup(),
		UnitOfMeasure: m.GetUnitOfMeasure(), Scale: figure.Scale(m.GetScale()), AtLeast: figure.Number(m.GetAtLeast()),
		DenominatorIndicator: indicator.Code(m.GetDenominatorIndicator()), Weight: indicator.Code(m.GetWeight()),
		ReportedBy: textsOf[hierarchy.Kind](m.GetReportedBy()), CheckedBy: textsOf[hierarchy.Kind](m.GetCheckedBy()),
		LevelsOwn: m.GetLevelsOwn(), Min: boundOf(m.Min), Max: boundOf(m.Max),
		Replaces: indicator.Code(m.GetReplaces()), ValidFrom: dayOf(m.ValidFrom, period.Beginning), Formula: m.GetFormula(),
		SmallestCell: m.GetSmallestCell(),
	}}
	var err error
	if m.GetClass() != "" {
		if v.Class, err = valueOf[indicator.Class](classWords, m.GetClass(), "class"); err != nil {
			return Indicator{}, err
		}
	}
	if v.Assigned, err = mapped(m.GetAssigned(), selectorOf); err != nil {
		return Indicator{}, err
	}
	if v.UnitRule, err = valueOf[indicator.UnitRule](unitRuleWords, m.GetUnitRule(), "rule over units"); err != nil {
		return Indicator{}, err
	}
	if v.Direction, err = valueOf[indicator.Direction](directionWords, m.GetDirection(), "direction"); err != nil {
		return Indicator{}, err
	}
	if v.Value, err = partOf(m.GetMeasure(), m.GetTimeRule()); err != nil {
		return Indicator{}, err
	}
	switch {
	case m.GetDenominatorMeasure() != "" || m.GetDenominatorTimeRule() != "":
		if v.Denominator, err = partOf(m.GetDenominatorMeasure(), m.GetDenominatorTimeRule()); err != nil {
			return Indicator{}, err
		}
	case v.OwnDenominator():
		v.Denominator = v.Value
	}
	return v, known(m)
}

func partWords(p indicator.Part) (measure, rule string, err error) {
	if measure, err = wordOf(measureWords, p.Measure, "measure"); err != nil {
		return "", "", err
	}
	rule, err = wordOf(timeWords, p.Time, "rule over time")
	return measure, rule, err
}

func partOf(measure, rule string) (p indicator.Part, err error) {
	if p.Measure, err = valueOf[indicator.Measure](measureWords, measure, "measure"); err != nil {
		return indicator.Part{}, err
	}
	p.Time, err = valueOf[indicator.TimeRule](timeWords, rule, "rule over time")
	return p, err
}

func boundMessage(n *figure.Number) *int64 {
	if n == nil {
		return nil
	}
	b := int64(*n)
	return &b
}

func boundOf(b *int64) *figure.Number {
	if b == nil {
		return nil
	}
	n := figure.Number(*b)
	return &n
}

func putForms(b FormsChanged, m *journalv1.Entry) error {
	list, err := mapped(b.Forms, formMessage)
	m.Body = &journalv1.Entry_FormsChanged{FormsChanged: &journalv1.FormsChanged{Forms: list}}
	return err
}

func formsOf(m *journalv1.FormsChanged) (Body, error) {
	list, err := mapped(m.GetForms(), formOf)
	if err != nil {
		return nil, err
	}
	return FormsChanged{Forms: list}, known(m)
}

func formMessage(v Form) (*journalv1.Form, error) {
	m := &journalv1.Form{
		Number: v.Number, Code: string(v.Code), NameVi: v.NameVI, NameEn: v.NameEN,
		Indicators: textsOf[string](v.Indicators), Owner: string(v.Owner), Reviewer: string(v.Reviewer), Due: v.Due.String(),
		OwnApproval: v.OwnApproval,
		ValidFrom:   dayMessage(v.ValidFrom, period.Beginning),
	}
	var err error
	if m.Assigned, err = mapped(v.Assigned, selectorMessage); err != nil {
		return nil, err
	}
	if m.Frequency, err = wordOf(frequencyWords, v.Frequency, "frequency"); err != nil {
		return nil, err
	}
	m.Calendar, err = wordOf(calendarWords, v.Calendar, "calendar")
	return m, err
}

func formOf(m *journalv1.Form) (Form, error) {
	v := Form{Number: m.GetNumber(), Form: form.Form{
		Code: form.Code(m.GetCode()), NameVI: m.GetNameVi(), NameEN: m.GetNameEn(),
		Indicators: textsOf[indicator.Code](m.GetIndicators()),
		Owner:      hierarchy.ID(m.GetOwner()), Reviewer: hierarchy.ID(m.GetReviewer()), OwnApproval: m.GetOwnApproval(),
		ValidFrom: dayOf(m.ValidFrom, period.Beginning),
	}}
	var err error
	if v.Assigned, err = mapped(m.GetAssigned(), selectorOf); err != nil {
		return Form{}, err
	}
	if v.Frequency, err = valueOf[period.Kind](frequencyWords, m.GetFrequency(), "frequency"); err != nil {
		return Form{}, err
	}
	if v.Calendar, err = valueOf[period.Calendar](calendarWords, m.GetCalendar(), "calendar"); err != nil {
		return Form{}, err
	}
	if v.Due, err = period.ParseDue(m.GetDue()); err != nil {
		return Form{}, damaged("a form has the due days %q", m.GetDue())
	}
	return v, known(m)
}
