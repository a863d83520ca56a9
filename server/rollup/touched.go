package rollup

import (
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Touched gives the spans whose totals may change for a unit when what it gave for one period changes: the figure of
// the indicator itself (its state, its exclusion, whether it was owed or late), or that of the denominator or weight.
// Whoever keeps totals makes these again and no others. Spans stand in the order of years, kinds and time.
func Touched(ind indicator.Indicator, m Measure, base period.Kind, code indicator.Code, changed period.Period) []period.Period {
	if !changed.Valid() {
		return nil
	}
	m = measured(ind, m)
	last := int(changed.Year)
	if code.Same(ind.DenominatorIndicator) {
		last += maxAge / maxBases
	}
	var list []period.Period
	for year := int(changed.Year); year <= last; year++ {
		for _, kind := range period.Kinds() {
			for i := range kind.PerYear() {
				span := period.Of(year, kind, i+1)
				if w := windowOf(span, base); w.n > 0 && reads(&ind, m, w, code, span, changed) {
					list = append(list, span)
				}
			}
		}
	}
	return list
}

// reads tells whether Contribute for a span can ask for a period of an indicator.
func reads(ind *indicator.Indicator, m Measure, w window, code indicator.Code, span, changed period.Period) bool {
	switch {
	case code.Same(ind.Code):
		if readsSinceNewYear(ind.Value, m) || ind.OwnDenominator() && readsSinceNewYear(ind.Denominator, m) {
			w = w.sinceNewYear()
		}
		_, ok := w.place(changed)
		return ok
	case code.Same(ind.Weight):
		sinceNewYear := m == YearToDate && windowOf(changed, period.Month).last().Ordinal() <= windowOf(span, period.Month).last().Ordinal()
		return span.Contains(changed) || changed.Contains(span) || sinceNewYear
	case code.Same(ind.DenominatorIndicator):
		for p := range DenominatorPeriods(span) {
			if p == changed {
				return true
			}
		}
	}
	return false
}

// readsSinceNewYear tells whether a part is made of more than the base periods of the span: of those before it in the
// year, in which the start of an own amount is looked for too.
func readsSinceNewYear(p indicator.Part, m Measure) bool {
	return m == YearToDate && p.Measure == indicator.Flow || m == Own && p.Measure == indicator.YearToDate
}
