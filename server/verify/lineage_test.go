package verify

import (
	"fmt"
	"testing"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/period"
)

// gone tells of communes A and B of P, which went over on 2024-07-01: A whole into N, B in parts into N and the district M.
func gone(t *testing.T) *world {
	w := newWorld(t)
	july := period.Date(2024, 7, 1)
	p := w.always("P", hierarchy.Province, "")
	a, b := w.always("A", hierarchy.Commune, p.ID), w.always("B", hierarchy.Commune, p.ID)
	w.units(w.always("V", hierarchy.Country, ""), p, a, b)
	stock, gained := counted("CS", "commune", "district"), counted("LK", "commune", "district")
	stock.Value = indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast}
	gained.Value = indicator.Part{Measure: indicator.YearToDate, Time: indicator.TimeLast}
	w.catalogue(counted("TT", "commune", "district"), stock, gained)
	w.formed(monthly("T", "kind:commune|kind:district", "TT", "CS", "LK"))
	a.ValidTo, b.ValidTo = july, july
	n := w.unit("N", hierarchy.Commune, p.ID, july, period.Forever)
	m := w.unit("M", hierarchy.District, p.ID, july, period.Forever)
	link := func(from, to hierarchy.ID, share hierarchy.Share) hierarchy.Link {
		return hierarchy.Link{Date: july, From: from, To: to, Share: share}
	}
	w.add(entry.UnitsReorganised{Reorganisation: hierarchy.Reorganisation{
		Units: []hierarchy.Unit{a, b, n, m},
		Links: []hierarchy.Link{link(a.ID, n.ID, hierarchy.Whole), link(b.ID, n.ID, hierarchy.Part), link(b.ID, m.ID, hierarchy.Part)},
	}})
	for unit, value := range map[hierarchy.ID]int64{a.ID: 10, b.ID: 20, n.ID: 25, m.ID: 0} {
		for i := range 6 {
			at := month(2024, i+1)
			if unit == n.ID || unit == m.ID {
				at = month(2024, i+7)
			}
			w.send(entry.ReportKey{Unit: unit, Form: "T", Period: at}, false,
				map[indicator.Code]figure.Figure{"TT": valued(value), "CS": valued(value), "LK": valued(value * int64(i+1))})
		}
	}
	return w
}

// TestR2BodiesAreToldWhereTheyStand asks the model for the vectors of R2.
func TestR2BodiesAreToldWhereTheyStand(t *testing.T) {
	m := gone(t).model()
	for _, c := range []struct {
		unit, code string
		measure    Measure
		kind       hierarchy.Kind
		want       string
	}{
		{"P-0", "TT", AsReported, "", "ACROSS VALUE 330 24/24 "},
		{"P-0", "CS", AsReported, "", "ACROSS VALUE 25 24/24 "},
		{"P-0", "LK", Own, "", "ACROSS VALUE 330 24/24 "}, // 60 and 120 until June, 150 and 0 since
		{"N-20240701", "TT", AsReported, "", "ACROSS NOT_PLACEABLE  0/0 P-0"},
		{"A-0", "CS", AsReported, "", "ACROSS NOT_PLACEABLE  0/0 P-0"},
		// Of the districts M alone is asked about, and of the communes the others: each as a part of the body.
		{"P-0", "LK", Own, "district", "ACROSS VALUE 0 6/6 "},
		{"P-0", "LK", Own, "commune", "ACROSS VALUE 330 18/18 "},
		{"P-0", "CS", AsReported, "commune", "ACROSS VALUE 25 18/18 "},
	} {
		a := m.Answer(Question{
			Unit: hierarchy.ID(c.unit), Indicator: indicator.Code(c.code), Period: period.Of(2024, period.Year, 1), Measure: c.measure,
			Kind: c.kind, Provisional: true,
		})
		if got := fmt.Sprintf("%s %s %s %d/%d %s", a.Crossing, a.State, a.Value, a.Received, a.Expected, a.HeldBy); got != c.want {
			t.Errorf("%s %s %s %s: %s, want %s", c.unit, c.code, c.measure, c.kind, got, c.want)
		}
	}
}

// TestR2AUnitOfABodyIsAskedAboutAlone holds what was wrong once: of a body of which one unit alone is asked about, that has
// ended, the own amount ends with its last obligation all the same.
func TestR2AUnitOfABodyIsAskedAboutAlone(t *testing.T) {
	w := newWorld(t)
	march := period.Date(2024, 3, 10)
	p := w.always("P", hierarchy.Province, "")
	b := w.always("B", hierarchy.Commune, p.ID)
	w.units(p, b)
	gained := counted("LK", "commune", "district")
	gained.Value = indicator.Part{Measure: indicator.YearToDate, Time: indicator.TimeLast}
	w.catalogue(gained)
	w.formed(monthly("T", "kind:commune|kind:district", "LK"))
	b.ValidTo = march
	i := w.unit("I", hierarchy.District, p.ID, march, period.Forever)
	w.add(entry.UnitsReorganised{Reorganisation: hierarchy.Reorganisation{
		Units: []hierarchy.Unit{b, i}, Links: []hierarchy.Link{{Date: march, From: b.ID, To: i.ID, Share: hierarchy.Whole}},
	}})
	w.send(entry.ReportKey{Unit: b.ID, Form: "T", Period: month(2024, 2)}, false, map[indicator.Code]figure.Figure{"LK": valued(3)})
	a := w.model().Answer(Question{
		Unit: p.ID, Indicator: "LK", Period: period.Of(2024, period.Year, 1), Measure: Own, Kind: hierarchy.Commune, Provisional: true,
	})
	if a.State != stateValue || a.Value != "3" {
		t.Errorf("got %+v, want 3", a)
	}
}

// TestR15ABodyHasTheDenominatorThatAnyOfItsUnitsGave: of a year in which a commune went over into another, the new one gave
// the yearly denominator, and the old one the figures before. On the new tree they are one body.
func TestR15ABodyHasTheDenominatorThatAnyOfItsUnitsGave(t *testing.T) {
	w := newWorld(t)
	july := period.Date(2024, 7, 1)
	p := w.always("P", hierarchy.Province, "")
	a := w.always("A", hierarchy.Commune, p.ID)
	w.units(p, a)
	people, most := counted("DS", "commune"), counted("TL", "commune")
	people.Value = indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast}
	most.UnitRule, most.Value.Time, most.DenominatorIndicator, most.Scale = indicator.UnitRatio, indicator.TimeMax, "DS", 2
	w.catalogue(people)
	w.catalogue(most)
	yearly := monthly("Y", "kind:commune", "DS")
	yearly.Frequency = period.Year
	w.formed(monthly("T", "kind:commune", "TL"), yearly)
	a.ValidTo = july
	n := w.unit("N", hierarchy.Commune, p.ID, july, period.Forever)
	w.add(entry.UnitsReorganised{Reorganisation: hierarchy.Reorganisation{
		Units: []hierarchy.Unit{a, n}, Links: []hierarchy.Link{{Date: july, From: a.ID, To: n.ID, Share: hierarchy.Whole}},
	}})
	w.send(entry.ReportKey{Unit: a.ID, Form: "T", Period: month(2024, 1)}, false,
		map[indicator.Code]figure.Figure{"TL": {State: figure.Value, HasNumerator: true, Numerator: 500}})
	w.send(entry.ReportKey{Unit: n.ID, Form: "Y", Period: period.Of(2024, period.Year, 1)}, false, map[indicator.Code]figure.Figure{"DS": valued(20)})
	h := kept(t, w, nil)
	err := h.Read(t.Context(), func(_ journal.Head, ask func(Question) (Answer, error)) error {
		for tree, want := range map[period.Day]string{0: "NO_DATA ", period.Date(2024, 9, 1): "VALUE 0.25"} {
			q := Question{Unit: p.ID, Indicator: "TL", Period: period.Of(2024, period.Quarter, 1), Tree: tree, Provisional: true}
			got, err := ask(q)
			if err != nil {
				return err
			}
			model := w.model().Answer(q)
			if is, says := got.State+" "+got.Value, model.State+" "+model.Value; is != want || says != want {
				t.Errorf("on the tree of %v the store says %s and the reports %s, want %s", tree, is, says, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
