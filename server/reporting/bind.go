package reporting

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// bindIndicators resolves what the rows name, asks whether the catalogue takes them and the forms still fit, and gives
// each its number.
func (g granted) bindIndicators(rows []indicator.Indicator, open bool) ([]entry.Indicator, []indicator.Warning, error) {
	var problems fault.List
	bound := make([]indicator.Indicator, len(rows))
	for i, row := range rows {
		row.NameVI, row.NameEN, row.Group = text.NFC(row.NameVI), text.NFC(row.NameEN), text.NFC(row.Group)
		row.UnitOfMeasure = text.NFC(row.UnitOfMeasure)
		assigned, err := g.bindSelectors(row.Assigned, row.ValidFrom)
		if err != nil {
			problems.Add(fault.Of(err).In("assigned").In(fmt.Sprintf("indicators[%d]", i)))
		}
		row.Assigned = assigned
		bound[i] = row
	}
	next, warnings, err := g.tx.Indicators().With(g.tx.IndicatorUsed, bound...)
	if err != nil {
		problems.Add(g.inUse(err))
	} else {
		for i := range bound {
			for _, err := range []error{g.keepsScale(&bound[i]), g.keepsFormula(next, &bound[i])} {
				if err != nil {
					problems.Add(fault.Of(err).In(fmt.Sprintf("indicators[%d]", i)))
				}
			}
		}
	}
	if err := problems.Err(); err != nil {
		return nil, nil, err
	}
	if err := g.tx.Forms().Check(g.tx.Tree(), next); err != nil {
		return nil, nil, unplaced(err)
	}
	numbered := make([]entry.Indicator, len(bound))
	for i, b := range bound {
		number, _ := next.Ordinal(b.Code)
		stored, _ := sameVersion(next.Versions(b.Code), b)
		if err := g.keepsClosedIndicator(stored); err != nil {
			problems.Add(fault.Of(err).In("valid_from").In(fmt.Sprintf("indicators[%d]", i)))
		}
		affected, err := g.openForIndicator(stored, next)
		if err != nil {
			return nil, nil, err
		}
		warnings = append(warnings, meant(affected, fmt.Sprintf("indicators[%d]", i), open, &problems)...)
		numbered[i] = entry.Indicator{Number: uint32(number), Indicator: stored} //nolint:gosec // an ordinal
	}
	if err := problems.Err(); err != nil {
		return nil, nil, err
	}
	return numbered, append(warnings, g.kindsWithoutUnits(bound)...), nil
}

// kindsWithoutUnits warns of kinds that nobody is of.
func (g granted) kindsWithoutUnits(bound []indicator.Indicator) (warnings []indicator.Warning) {
	for i := range bound {
		for _, kind := range slices.Concat(bound[i].ReportedBy, bound[i].CheckedBy) {
			if w := g.kindWithoutUnits(kind); w != nil {
				warnings = append(warnings, w.In("reported_by").In(fmt.Sprintf("indicators[%d]", i)))
			}
		}
	}
	return warnings
}

// meant gives what is told of open periods as warnings where that is meant; else it is a problem.
func meant(affected []*fault.Error, place string, open bool, problems *fault.List) (warnings []indicator.Warning) {
	for _, e := range affected {
		if e = e.In(place); open {
			warnings = append(warnings, e)
		} else {
			problems.Add(e)
		}
	}
	return warnings
}

// inUse gives the refusals of a change of meaning their promised reason where figures exist (R21). Without figures they
// are about versions that do not fit each other.
func (g granted) inUse(err error) error {
	all := fault.Of(err).Details
	if len(all) == 0 {
		all = []*fault.Error{fault.Of(err)}
	}
	var told fault.List
	for _, e := range all {
		code, _ := e.Param("code")
		switch e.Reason {
		case "INDICATOR_MEANING_CHANGED", "SCALE_SHRINKS":
			if g.tx.IndicatorUsed(indicator.Code(code)) {
				e = inUse(code, e.Text, e.Params).In(e.Field)
			}
		}
		told.Add(e)
	}
	return told.Err()
}

func inUse(code, why string, params []fault.Param) *fault.Error {
	e := fault.Precondition("INDICATOR_IN_USE", "figures of indicator %s were reported already, and what they mean stands: %s", code, why).
		With("code", code)
	for _, p := range params {
		e = e.With(p.Key, p.Value)
	}
	return e
}

// keepsScale refuses a larger scale on a day on which figures may have been reported: they are kept as whole numbers of
// the scale of their day (R21), and 12.5 would become 1.25. It may begin with a period that has not begun.
func (g granted) keepsScale(v *indicator.Indicator) error {
	was, known := g.tx.Indicators().On(v.Code, v.ValidFrom)
	if !known || was.Scale == v.Scale || !g.tx.IndicatorUsed(v.Code) {
		return nil
	}
	last := g.lastBegun(v.Code)
	if v.ValidFrom > last {
		return nil
	}
	return inUse(string(v.Code),
		fmt.Sprintf("its scale is %d until %s, the last day of a period that has begun; let the scale %d begin after it", was.Scale, last, v.Scale),
		nil).With("was", was.Scale).With("now", v.Scale).With("day", last).In("scale")
}

// keepsFormula refuses to edit the formula of a version, or to have it reported from now on, if figures may have been reported
// on its days of what the old or the new one is computed from: periods that are past would change (R21). A version with a
// later first day is the way, or another code.
func (g granted) keepsFormula(next *indicator.Catalogue, v *indicator.Indicator) error {
	was, known := sameVersion(g.tx.Indicators().Versions(v.Code), *v)
	if !known || !was.Derived() || v.Derived() && strings.EqualFold(was.Formula, v.Formula) { // codes may be spelled otherwise
		return nil
	}
	last, used := period.Beginning, false
	for _, code := range slices.Concat(g.tx.Indicators().Sources(v.Code), next.Sources(v.Code)) {
		if g.tx.IndicatorUsed(code) {
			used, last = true, max(last, g.lastBegun(code))
		}
	}
	switch {
	case !used || v.ValidFrom > last:
		return nil
	case !v.Derived():
		return inUse(string(v.Code), fmt.Sprintf("it was computed by %q until now, and %s is another meaning; give that a new code with replaces=%s",
			was.Formula, v.UnitRule, v.Code), nil).With("was", was.UnitRule).With("now", v.UnitRule).In("unit_rule")
	}
	return fault.Precondition("FORMULA_IN_USE",
		"indicator %s: its formula from %s is %q, figures of what it names were reported, and roll-ups of past periods would change; give the new formula as a version of its own, with the first day from which it holds",
		v.Code, dayWords(v.ValidFrom), was.Formula).
		With("code", v.Code).With("was", was.Formula).With("now", v.Formula).With("day", last).In("formula")
}

// lastBegun gives the last day of all the periods that have begun of the forms that ever carried the indicator.
func (g granted) lastBegun(code indicator.Code) period.Day {
	today := period.DayOf(g.now)
	last := today
	for _, name := range g.tx.Forms().Codes() {
		for _, f := range g.tx.Forms().Versions(name) {
			if f.Carries(code) {
				last = max(last, f.Last(f.Calendar.PeriodAt(f.Frequency, today)))
			}
		}
	}
	return last
}

// bindSelectors resolves bare codes on the selector's first day, else on the version's, else today.
func (g granted) bindSelectors(selectors []hierarchy.Selector, from period.Day) ([]hierarchy.Selector, error) {
	var problems fault.List
	var bound []hierarchy.Selector
	for i, sel := range selectors {
		on := period.DayOf(g.now)
		first, last := sel.Span()
		switch {
		case !first.IsOpen():
			on = first
		case !from.IsOpen():
			on = from
		}
		for _, ref := range []struct {
			field string
			id    *hierarchy.ID
		}{{"under", &sel.Under}, {"unit", &sel.Unit}} {
			if *ref.id == "" {
				continue
			}
			unit, err := g.tx.Tree().Resolve(string(*ref.id), on)
			if err != nil {
				problems.Add(fault.Of(err).In(ref.field).In(fmt.Sprintf("[%d]", i)))
				continue
			}
			*ref.id = unit.ID
		}
		sel.From, sel.To = first, last
		bound = append(bound, sel)
	}
	return bound, problems.Err()
}

// sameVersion finds the version with the same first day.
func sameVersion(versions []indicator.Indicator, like indicator.Indicator) (indicator.Indicator, bool) {
	for _, v := range versions {
		if v.ValidFrom == like.ValidFrom {
			return v, true
		}
	}
	return indicator.Indicator{}, false
}

func dayWords(d period.Day) string {
	if d == period.Beginning {
		return "the beginning"
	}
	return d.String()
}

// sameIndicator compares two versions as they are kept, so that an absent list and an empty one are one.
func sameIndicator(a, b indicator.Indicator) bool {
	x, err := entry.AppendIndicator(nil, entry.Indicator{Indicator: a})
	if err != nil {
		return false
	}
	y, err := entry.AppendIndicator(nil, entry.Indicator{Indicator: b})
	return err == nil && bytes.Equal(x, y)
}

// ofOne gives the warnings of a request for one thing: of one the field needs no number.
func ofOne(warnings []indicator.Warning) []error {
	errs := asErrors(warnings)
	for i, err := range errs {
		errs[i] = unnumbered(err)
	}
	return errs
}

func asErrors(warnings []indicator.Warning) []error {
	var errs []error
	for _, w := range warnings {
		errs = append(errs, w)
	}
	return errs
}

func hashIndicators(call Call, method, etag string, rows ...indicator.Indicator) [32]byte {
	c := canon(method).text("etag", etag).count("indicators", len(rows))
	if call.OpenPeriods { // hashes of what has it not are older than it
		c.flag("open_periods", true)
	}
	for _, i := range rows {
		c.text("code", string(i.Code)).text("name_vi", i.NameVI).text("name_en", i.NameEN).text("group", i.Group).
			text("unit_of_measure", i.UnitOfMeasure).count("scale", int(i.Scale)).text("unit_rule", i.UnitRule.String()).
			number("at_least", &i.AtLeast).part("value", i.Value).part("denominator", i.Denominator).
			text("denominator_indicator", string(i.DenominatorIndicator)).text("weight", string(i.Weight)).
			flag("levels_own", i.LevelsOwn).selectors("assigned", i.Assigned).
			text("direction", i.Direction.String()).number("min", i.Min).number("max", i.Max).
			text("replaces", string(i.Replaces)).text("valid_from", i.ValidFrom.String())
		if i.Formula != "" { // hashes of what has none are older than formulas
			c.text("formula", i.Formula)
		}
		if i.Class != indicator.Internal || i.SmallestCell != 0 { // likewise
			c.text("class", i.Class.String()).count("smallest_cell", int(i.SmallestCell))
		}
		list(c, "reported_by", i.ReportedBy)
		list(c, "checked_by", i.CheckedBy)
	}
	return c.sum()
}

func (c canonical) part(name string, p indicator.Part) canonical {
	return c.text(name+"_measure", p.Measure.String()).text(name+"_time_rule", p.Time.String())
}
