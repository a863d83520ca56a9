package oracle

import (
	"slices"
	"strconv"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// allowedTimes lists for each measure the rules over time that mean something (R14).
var allowedTimes = map[indicator.Measure][]indicator.TimeRule{
	indicator.Flow:       {indicator.TimeSum, indicator.TimeSum, indicator.TimeMean, indicator.TimeMin, indicator.TimeMax, indicator.TimeNone},
	indicator.Stock:      {indicator.TimeLast, indicator.TimeLast, indicator.TimeMean, indicator.TimeMin, indicator.TimeMax, indicator.TimeNone},
	indicator.YearToDate: {indicator.TimeLast},
}

func (t *teller) part() indicator.Part {
	m := pick(t.Rand, indicator.Flow, indicator.Flow, indicator.Stock, indicator.YearToDate)
	return indicator.Part{Measure: m, Time: pick(t.Rand, allowedTimes[m]...)}
}

// kinds draws whose figures are added.
func (t *teller) kinds() []hierarchy.Kind {
	return slices.Clone(pick(t.Rand, []hierarchy.Kind{"commune"}, []hierarchy.Kind{"commune", "district"},
		[]hierarchy.Kind{"district", "commune", "department"}, []hierarchy.Kind{"commune", "village"}, []hierarchy.Kind{"commune", "province"},
		[]hierarchy.Kind{"department"}))
}

// indicator draws an indicator of any rule. W and V are there to weigh and to divide by.
func (t *teller) indicator(code indicator.Code) indicator.Indicator {
	ind := indicator.Indicator{
		Code: code, NameVI: "Số " + string(code), UnitOfMeasure: pick(t.Rand, "%", "‰", "hồ sơ"), LevelsOwn: true,
		UnitRule: indicator.UnitRule(t.IntN(int(indicator.UnitCountAtLeast) + 1)), Value: t.part(), //nolint:gosec // ten rules
		Scale: figure.Scale(t.IntN(3)), ReportedBy: t.kinds(), ValidFrom: period.Beginning, //nolint:gosec // small
	}
	if t.uneven && t.oneIn(2) { // such as go over a change, and over time in parts
		ind.UnitRule = pick(t.Rand, indicator.UnitSum, indicator.UnitSum, indicator.UnitRatio, indicator.UnitMin, indicator.UnitMax)
		ind.Value = indicator.Part{Measure: pick(t.Rand, indicator.Flow, indicator.Stock), Time: pick(t.Rand, indicator.TimeMean, indicator.TimeMin, indicator.TimeMax)}
	}
	switch ind.UnitRule {
	case indicator.UnitRatio:
		switch t.IntN(3) {
		case 0:
			ind.DenominatorIndicator = "W"
		case 1:
			ind.Denominator = ind.Value
		default:
			ind.Denominator = t.part()
		}
	case indicator.UnitWeightedMean:
		ind.Weight = "W"
	case indicator.UnitCountAtLeast:
		ind.AtLeast = figure.Number(t.IntN(8))
	case indicator.UnitCountYes, indicator.UnitShareYes:
		ind.Scale = 0
		ind.Value = pick(t.Rand, indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast},
			indicator.Part{Measure: indicator.Flow, Time: indicator.TimeMax})
	default:
	}
	if t.oneIn(3) {
		ind.CheckedBy = slices.DeleteFunc([]hierarchy.Kind{"district"}, func(k hierarchy.Kind) bool { return ind.Adds(k) })
	}
	return ind
}

func (t *teller) beginCatalogue() {
	for _, code := range []indicator.Code{"W", "V"} {
		other := t.indicator(code)
		other.UnitRule, other.Denominator, other.DenominatorIndicator, other.Weight, other.AtLeast = indicator.UnitSum, indicator.Part{}, "", "", 0
		other.Value, other.ReportedBy, other.CheckedBy = t.part(), []hierarchy.Kind{"commune", "district", "department"}, nil
		t.say(t.defined(other))
	}
	var codes []indicator.Code
	for n := range 1 + t.IntN(3) {
		code := indicator.Code("X" + strconv.Itoa(n))
		t.say(t.defined(t.indicator(code)))
		codes = append(codes, code)
	}
	calendar := pick(t.Rand, period.Civil, period.CutoffFifteenth)
	mixed := calendar
	if t.oneIn(10) {
		mixed = period.CutoffFifteenth
	}
	for _, f := range []form.Form{
		{Code: "M", Assigned: t.assigned("kind:commune|kind:district|kind:village"), Indicators: codes, Calendar: calendar, Frequency: t.often(period.Month)},
		{Code: "Q", Assigned: t.assigned("kind:department|kind:province"), Indicators: codes, Calendar: mixed, Frequency: t.often(period.Quarter)},
		{Code: "Y", Assigned: t.assigned("kind:commune|kind:district|kind:department"), Indicators: []indicator.Code{"W", "V"}, Calendar: calendar, Frequency: t.often(period.Year)},
	} {
		f.NameVI, f.ValidFrom, f.Due = "Biểu", period.Beginning, t.due()
		t.say(t.formed(f))
	}
	if t.oneIn(2) {
		t.say(t.changeFormula())
	}
}

// say has a body told, if there is one.
func (t *teller) say(body entry.Body) {
	if body == nil {
		return
	}
	t.waiting = append(t.waiting, act{body: body})
	t.accept(body)
}

// often draws a frequency, mostly the usual one.
func (t *teller) often(usual period.Kind) period.Kind {
	if t.oneIn(2) {
		return usual
	}
	return pick(t.Rand, period.Month, period.Quarter, period.Half, period.Year)
}

// assigned reads a cell, to which an exception may be added, for always or until a day.
func (t *teller) assigned(cell string) []hierarchy.Selector {
	cell += pick(t.Rand, "", "", "", "|except:unit:A-0", "|except:unit:S-0;..2024-03-10", "|except:kind:commune@D2-0;2024-03-10..",
		"|except:kind:commune@D1-0;2024-07-01..")
	return mustParse(cell)
}

// mustParse reads a cell that stands in this file.
func mustParse(cell string) []hierarchy.Selector {
	list, err := hierarchy.ParseSelectors(cell, hierarchy.ParseID)
	if err != nil {
		return nil // which no form accepts
	}
	return list
}

// defined gives the entry of a version, if a server would accept it; else nil.
func (t *teller) defined(v indicator.Indicator) entry.Body {
	next, _, err := t.cat.With(func(code indicator.Code) bool { return t.used[code] }, v)
	if err != nil || t.forms.Check(t.tree, next) != nil || !t.keepsScale(&v) {
		return nil
	}
	number, _ := next.Ordinal(v.Code)
	return entry.IndicatorsChanged{Indicators: []entry.Indicator{{Number: uint32(number), Indicator: v}}} //nolint:gosec // few
}

// keepsScale refuses a larger scale for days of which there may be figures, as a server does (R21).
func (t *teller) keepsScale(v *indicator.Indicator) bool {
	was, known := t.cat.On(v.Code, v.ValidFrom)
	if !known || was.Scale == v.Scale || !t.used[v.Code] {
		return true
	}
	last := t.today()
	for _, name := range t.forms.Codes() {
		for _, f := range t.forms.Versions(name) {
			if f.Carries(v.Code) {
				last = max(last, f.Last(f.Calendar.PeriodAt(f.Frequency, t.today())))
			}
		}
	}
	return v.ValidFrom > last
}

// formed gives the entry of versions, if a server would accept them; else nil.
func (t *teller) formed(versions ...form.Form) entry.Body {
	next, _, err := t.forms.With(t.tree, t.cat, versions...)
	if err != nil {
		return nil
	}
	list := make([]entry.Form, len(versions))
	for i, v := range versions {
		number, _ := next.Ordinal(v.Code)
		list[i] = entry.Form{Number: uint32(number), Form: v} //nolint:gosec // few
	}
	return entry.FormsChanged{Forms: list}
}

// changeIndicator makes a new version, or changes one: who reports, who owes, the scale, what it leans on, words; or it makes
// a new indicator, or a formula.
func (t *teller) changeIndicator() entry.Body {
	code := pick(t.Rand, t.cat.Codes()...)
	v := pick(t.Rand, t.cat.Versions(code)...)
	if v.Derived() || t.oneIn(6) {
		return t.changeFormula()
	}
	if t.oneIn(2) {
		v.ValidFrom = t.day()
	}
	switch t.IntN(7) {
	case 0:
		v.ReportedBy, v.CheckedBy = t.kinds(), nil
	case 1:
		v.Assigned = t.assigned(pick(t.Rand, "kind:commune|kind:district|kind:department", "kind:commune", "unit:A-0|unit:D2-0|kind:department"))
	case 2:
		v.Assigned = nil
	case 3:
		if !v.UnitRule.YesNo() {
			v.AtLeast, v.Scale = v.AtLeast*10, v.Scale+1
		}
	case 4:
		other := pick(t.Rand, indicator.Code("V"), "W")
		if v.Weight != "" {
			v.Weight = other
		}
		if v.DenominatorIndicator != "" {
			v.DenominatorIndicator = other
		}
	case 5:
		v.NameVI, v.Group = v.NameVI+" mới", "Nhóm"
	default:
		v = t.indicator(indicator.Code("X" + strconv.Itoa(t.cat.Len()-2)))
		if t.cat.Len()-len(t.cat.Derived()) > 7 {
			return nil
		}
	}
	return t.defined(v)
}

// changeForm changes who owes a form or what it asks for, from the beginning or from a day on.
func (t *teller) changeForm() entry.Body {
	f := t.version(pick(t.Rand, t.forms.Codes()...))
	if t.oneIn(2) {
		f.ValidFrom = t.day()
	}
	switch t.IntN(5) {
	case 4:
		f.Due = t.due()
	case 0:
		f.Assigned = t.assigned(pick(t.Rand, "kind:commune|kind:district", "kind:commune", "kind:department|kind:province", "kind:commune|unit:S-0"))
	case 1:
		f.Indicators = slices.Clone(f.Indicators)
		code := pick(t.Rand, t.cat.Codes()...)
		if n := slices.IndexFunc(f.Indicators, code.Same); n >= 0 {
			f.Indicators = slices.Delete(f.Indicators, n, n+1)
		} else {
			f.Indicators = append(f.Indicators, code)
		}
	case 2:
		return t.splitForm(f)
	default:
		f.NameVI += " mới"
	}
	return t.formed(f)
}

func (t *teller) version(code form.Code) form.Form {
	return pick(t.Rand, t.forms.Versions(code)...)
}

// splitForm moves some indicators to a form of their own, of another frequency as it may be, from a day on.
func (t *teller) splitForm(f form.Form) entry.Body {
	if len(f.Indicators) < 2 {
		return nil
	}
	f.ValidFrom = t.day()
	n := f
	n.Code = form.Code("N" + strconv.Itoa(t.forms.Len()))
	at := 1 + t.IntN(len(f.Indicators)-1)
	f.Indicators, n.Indicators = slices.Clone(f.Indicators[:at]), slices.Clone(f.Indicators[at:])
	n.Frequency = t.often(f.Frequency)
	return t.formed(f, n)
}

// mergeUnevenly has two communes that report at different frequencies go over into a third, which may report by either.
func (t *teller) mergeUnevenly() {
	m, _ := t.forms.Latest("M")
	day := pick(t.Rand, changeDays[1:6]...)
	a, _ := t.tree.Unit("A-0")
	b, _ := t.tree.Unit("B-0")
	n := newUnit("N", hierarchy.Commune, pick(t.Rand, hierarchy.ID("D1-0"), "D2-0", "P-0"), day, period.Forever)
	r := hierarchy.Reorganisation{Units: []hierarchy.Unit{n}}
	for _, u := range []hierarchy.Unit{a, b} {
		r.Links = append(r.Links, hierarchy.Link{Date: day, From: u.ID, To: n.ID, Share: hierarchy.Part})
		if !t.oneIn(6) {
			u.ValidTo = day
			r.Units = append(r.Units, u)
		}
	}
	tree, err := t.tree.Reorganised(r)
	if err != nil || t.forms.Check(tree, t.cat) != nil {
		return
	}
	t.say(entry.UnitsReorganised{Reorganisation: r})
	for _, unit := range []hierarchy.ID{b.ID, n.ID} {
		if body := t.leaveForm(m, unit, pick(t.Rand, period.Beginning, period.Beginning, day)); body != nil && !t.oneIn(4) {
			t.say(body)
			m, _ = t.forms.Latest("M")
		}
	}
}

// moveUnit has a unit leave its form, within a year as it may be, for one of another frequency with the same indicators.
func (t *teller) moveUnit() entry.Body {
	return t.leaveForm(t.version(pick(t.Rand, t.forms.Codes()...)), t.unit().ID, t.day())
}

func (t *teller) leaveForm(f form.Form, unit hierarchy.ID, day period.Day) entry.Body {
	f.Assigned = append(slices.Clone(f.Assigned), hierarchy.Selector{Unit: unit, Except: true, From: day, To: period.Forever})
	n := f
	n.Code, n.Assigned = form.Code("T"+strconv.Itoa(t.forms.Len())), []hierarchy.Selector{{Unit: unit, From: day, To: period.Forever}}
	n.Frequency = pick(t.Rand, period.Month, period.Quarter, period.Quarter, period.Half, period.Year)
	if t.oneIn(3) { // and back again
		n.Assigned[0].To = pick(t.Rand, period.Date(2024, 10, 1), period.Date(2025, 4, 1), period.Forever)
		f.Assigned[len(f.Assigned)-1].To = n.Assigned[0].To
	}
	return t.formed(f, n)
}
