package verify

import (
	"fmt"
	"testing"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
)

// BenchmarkProvince answers every question about a province with 150 communes under 12 districts, which report 54
// indicators of the usual rules for a quarter.
func BenchmarkProvince(b *testing.B) { benchmark(b, 12, 150, 3) }

// benchmark measures what all answers of a store with these units take.
func benchmark(b *testing.B, districts, communes, months int) {
	b.Helper()
	w := newWorld(b)
	m := NewModel()
	tell := func(body entry.Body) {
		w.entries = nil
		w.add(body)
		if err := m.Apply(w.entries[0]); err != nil {
			b.Fatal(err)
		}
	}
	units := []hierarchy.Unit{w.always("P", hierarchy.Province, "")}
	for d := range districts {
		units = append(units, w.always(fmt.Sprint("D", d), hierarchy.District, "P-0"))
	}
	for c := range communes {
		units = append(units, w.always(fmt.Sprint("C", c), hierarchy.Commune, hierarchy.ID(fmt.Sprintf("D%d-0", c%districts))))
	}
	tell(entry.UnitsChanged{Units: units})
	var versions []entry.Indicator
	var codes []indicator.Code
	for i := range 54 {
		ind := counted(indicator.Code(fmt.Sprint("X", i)), hierarchy.Commune)
		switch i % 6 {
		case 3:
			ind.Value = indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast}
		case 4:
			ind.UnitRule, ind.Denominator = indicator.UnitRatio, ind.Value
		case 5:
			ind.Value = indicator.Part{Measure: indicator.YearToDate, Time: indicator.TimeLast}
		}
		codes = append(codes, ind.Code)
		versions = append(versions, entry.Indicator{Number: uint32(i), Indicator: ind}) //nolint:gosec // small
	}
	tell(entry.IndicatorsChanged{Indicators: versions})
	tell(entry.FormsChanged{Forms: []entry.Form{{Form: monthly(form.Code("M"), "kind:commune", codes...)}}})
	for n := range months {
		for c := range communes {
			k := entry.ReportKey{Unit: hierarchy.ID(fmt.Sprintf("C%d-0", c)), Form: "M", Period: month(2022+n/12, n%12+1)}
			s := entry.Submission{Key: k, Revision: 1}
			for i, v := range versions {
				f := valued(int64(c*i + n))
				if v.UnitRule == indicator.UnitRatio {
					f = figure.Figure{State: figure.Value, HasNumerator: true, Numerator: figure.Number(c), HasDenominator: true, Denominator: 100}
				}
				s.Figures = append(s.Figures, entry.Figure{Number: v.Number, Figure: f})
			}
			tell(entry.ReportsSubmitted{Reports: []entry.Submission{s}})
			tell(entry.ReportApproved{Key: k, Revision: 1})
		}
	}
	answers := 0
	for b.Loop() {
		clear(m.years)
		m.last = nil
		m.Questions(func(q Question) bool {
			m.Answer(q)
			answers++
			return true
		})
	}
	b.ReportMetric(float64(answers)/float64(b.N), "answers/op")
}
