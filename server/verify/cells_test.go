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

// uneven tells of communes A, by the month, and B, by the quarter, of P, which went over into N on a day; N reports by the
// month, or with quarterly by the quarter.
func uneven(t *testing.T, day period.Day, quarterly bool) *world {
	w := newWorld(t)
	p := w.always("P", hierarchy.Province, "")
	a, b := w.always("A", hierarchy.Commune, p.ID), w.always("B", hierarchy.Commune, p.ID)
	n := w.unit("N", hierarchy.Commune, p.ID, day, period.Forever)
	w.units(p, a, b)
	a.ValidTo, b.ValidTo = day, day
	mean, most, last, sums := counted("BQ", "commune"), counted("LN", "commune"), counted("CS", "commune"), counted("XT", "commune")
	mean.Value = indicator.Part{Measure: indicator.Stock, Time: indicator.TimeMean}
	mean.Scale = 2
	most.Value = indicator.Part{Measure: indicator.Stock, Time: indicator.TimeMax}
	last.Value = indicator.Part{Measure: indicator.Stock, Time: indicator.TimeLast}
	sums.UnitRule = indicator.UnitMax
	w.catalogue(counted("TT", "commune"), mean, most, last, sums)
	w.add(entry.UnitsReorganised{Reorganisation: hierarchy.Reorganisation{
		Units: []hierarchy.Unit{a, b, n},
		Links: []hierarchy.Link{{Date: day, From: a.ID, To: n.ID, Share: hierarchy.Whole}, {Date: day, From: b.ID, To: n.ID, Share: hierarchy.Whole}},
	}})
	months, quarters := "kind:commune|except:unit:B-0", "unit:B-0"
	if quarterly {
		months, quarters = months+"|except:unit:"+string(n.ID), quarters+"|unit:"+string(n.ID)
	}
	by := monthly("Q", quarters, "TT", "BQ", "LN", "CS", "XT")
	by.Frequency = period.Quarter
	w.formed(monthly("M", months, "TT", "BQ", "LN", "CS", "XT"), by)
	return w
}

// gives sends a value of everything for a base period.
func (w *world) gives(unit, base string, n int64) {
	p, err := period.Parse(base)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	k := entry.ReportKey{Unit: hierarchy.ID(unit), Form: "M", Period: p}
	if p.Kind == period.Quarter {
		k.Form = "Q"
	}
	hundredths := valued(n * 100)
	w.send(k, false, map[indicator.Code]figure.Figure{"TT": valued(n), "BQ": hundredths, "LN": valued(n), "CS": valued(n), "XT": valued(n)})
}

// told compares what the model says of N with what was computed by hand.
func told(t *testing.T, w *world, unit string, want map[string]string) {
	t.Helper()
	m := w.model()
	for code, want := range want {
		a := m.Answer(Question{Unit: hierarchy.ID(unit), Indicator: indicator.Code(code), Period: period.Of(2024, period.Year, 1), Provisional: true})
		if got := fmt.Sprintf("%s %s %s %d/%d over %d", a.Crossing, a.State, a.Value, a.Received, a.Expected, a.Over); got != want {
			t.Errorf("%s of %s: %s, want %s", code, unit, got, want)
		}
	}
}

// TestR2MonthsAndQuartersOfOneBody is the vector by the reports alone: until June 11 12 13 and 24 25 26, then 24 six times.
func TestR2MonthsAndQuartersOfOneBody(t *testing.T) {
	w := uneven(t, period.Date(2024, 7, 1), false)
	for m := range 12 {
		unit, n := "A-0", int64(m+1)
		if m >= 6 {
			unit, n = "N-20240701", 24
		}
		w.gives(unit, month(2024, m+1).String(), n)
	}
	w.gives("B-0", "2024-Q1", 10)
	w.gives("B-0", "2024-Q2", 20)
	told(t, w, "N-20240701", map[string]string{
		"BQ": "ACROSS VALUE 21.25 14/14 over 12",
		"LN": "ACROSS VALUE 26 14/14 over 0",
		"TT": "ACROSS VALUE 195 14/14 over 0",
		"CS": "ACROSS VALUE 24 14/14 over 0",
		"XT": "ACROSS VALUE 174 14/14 over 0",
	})
}

// TestR3WhoStandsOnTheLastDayTellsTheQuarter is the other: N tells of its third quarter, and July of A counts no more.
func TestR3WhoStandsOnTheLastDayTellsTheQuarter(t *testing.T) {
	w := uneven(t, period.Date(2024, 8, 1), true)
	for m := range 6 {
		w.gives("A-0", month(2024, m+1).String(), 10)
	}
	w.gives("A-0", "2024-07", 15)
	w.gives("B-0", "2024-Q1", 20)
	w.gives("B-0", "2024-Q2", 20)
	told(t, w, "N-20240801", map[string]string{"BQ": "ACROSS VALUE 27.86 9/11 over 7"})
	w.gives("N-20240801", "2024-Q3", 24)
	w.gives("N-20240801", "2024-Q4", 33)
	told(t, w, "N-20240801", map[string]string{
		"BQ": "ACROSS VALUE 29 11/11 over 9",
		"LN": "ACROSS VALUE 33 11/11 over 0",
	})
}

// TestR16ABodyOfYearsIsAddedLikeAnyOther has A and B owe the year alone, and a department months.
func TestR16ABodyOfYearsIsAddedLikeAnyOther(t *testing.T) {
	for _, months := range []bool{false, true} {
		w := newWorld(t)
		next := period.Date(2025, 3, 1)
		p := w.always("P", hierarchy.Province, "")
		a, b := w.always("A", hierarchy.Commune, p.ID), w.always("B", hierarchy.Commune, p.ID)
		n := w.unit("N", hierarchy.Commune, p.ID, next, period.Forever)
		w.units(p, a, b, w.always("S", hierarchy.Department, p.ID))
		mean := counted("BQ", "commune", "department")
		mean.Value = indicator.Part{Measure: indicator.Stock, Time: indicator.TimeMean}
		w.catalogue(mean)
		yearly := monthly("Y", "kind:commune", "BQ")
		yearly.Frequency = period.Year
		w.formed(yearly)
		if months {
			w.formed(monthly("M", "kind:department", "BQ"))
		}
		a.ValidTo, b.ValidTo = next, next
		w.add(entry.UnitsReorganised{Reorganisation: hierarchy.Reorganisation{
			Units: []hierarchy.Unit{a, b, n},
			Links: []hierarchy.Link{{Date: next, From: a.ID, To: n.ID, Share: hierarchy.Whole}, {Date: next, From: b.ID, To: n.ID, Share: hierarchy.Whole}},
		}})
		year := period.Of(2024, period.Year, 1)
		w.send(entry.ReportKey{Unit: a.ID, Form: "Y", Period: year}, false, map[indicator.Code]figure.Figure{"BQ": valued(10)})
		w.send(entry.ReportKey{Unit: b.ID, Form: "Y", Period: year}, false, map[indicator.Code]figure.Figure{"BQ": valued(20)})
		got := w.model().Answer(Question{Unit: n.ID, Indicator: "BQ", Period: year, Tree: next, Provisional: true})
		if got.Value != "30" || got.Received != 2 || got.Over != 2 {
			t.Errorf("with somebody's months %t: %s of %d over %d, want 30 of 2 over 2", months, got.Value, got.Received, got.Over)
		}
	}
}

// TestR4WhoComesLaterTellsALongerPeriod asks for a month on a tree whose communes have gone over into others before the
// half-year ended that those then owe.
func TestR4WhoComesLaterTellsALongerPeriod(t *testing.T) {
	w := newWorld(t)
	march, june := period.Date(2024, 3, 10), period.Date(2024, 6, 1)
	p := w.always("P", hierarchy.Province, "")
	a, s := w.always("A", hierarchy.Commune, p.ID), w.always("S", hierarchy.Department, p.ID)
	w.units(p, a, s)
	w.catalogue(counted("TT", "commune", "department"))
	half := monthly("H", "kind:commune", "TT")
	half.Frequency = period.Half
	w.formed(half, monthly("M", "kind:department", "TT"))
	a.ValidTo = march
	n, k := w.unit("N", hierarchy.Commune, p.ID, march, june), w.unit("K", hierarchy.Commune, p.ID, june, period.Forever)
	w.add(entry.UnitsReorganised{Reorganisation: hierarchy.Reorganisation{
		Units: []hierarchy.Unit{a, n, k},
		Links: []hierarchy.Link{{Date: march, From: a.ID, To: n.ID, Share: hierarchy.Whole}, {Date: june, From: n.ID, To: k.ID, Share: hierarchy.Whole}},
	}})
	w.send(entry.ReportKey{Unit: s.ID, Form: "M", Period: month(2024, 2)}, false, map[indicator.Code]figure.Figure{"TT": valued(5)})
	m := w.model()
	for _, tree := range []period.Day{0, march + 5, june, period.Date(2024, 12, 31)} {
		got := m.Answer(Question{Unit: p.ID, Indicator: "TT", Period: month(2024, 2), Tree: tree, Provisional: true})
		if got.State != stateNotAtPeriod {
			t.Errorf("on the tree of %v: %s %s, want %s", tree, got.State, got.Value, stateNotAtPeriod)
		}
	}
}

// TestR15WhoOwesNothingLendsTheDenominator holds what was wrong once: B ended before the year that it would have told of, so it
// owes nothing of it, and gave the denominator of May, of which N, to which it went, has the numerator.
func TestR15WhoOwesNothingLendsTheDenominator(t *testing.T) {
	w := newWorld(t)
	july := period.Date(2024, 7, 1)
	p := w.always("P", hierarchy.Province, "")
	b := w.always("B", hierarchy.Commune, p.ID)
	w.units(p, b)
	people, mean := counted("DS", "commune"), counted("TL", "commune", "department")
	people.Value = indicator.Part{Measure: indicator.Stock, Time: indicator.TimeMax}
	mean.UnitRule, mean.DenominatorIndicator, mean.Scale = indicator.UnitRatio, "DS", 2
	mean.Value = indicator.Part{Measure: indicator.Stock, Time: indicator.TimeMean}
	w.catalogue(people, mean)
	yearly := monthly("Y", "kind:commune", "TL")
	yearly.Frequency = period.Year
	quarterly := monthly("Q", "kind:department", "TL") // so that the change is one within a span of several base periods
	quarterly.Frequency = period.Quarter
	w.formed(yearly, quarterly, monthly("M", "kind:commune", "DS"))
	b.ValidTo = july
	n := w.unit("N", hierarchy.Commune, p.ID, july, period.Forever)
	w.add(entry.UnitsReorganised{Reorganisation: hierarchy.Reorganisation{
		Units: []hierarchy.Unit{b, n}, Links: []hierarchy.Link{{Date: july, From: b.ID, To: n.ID, Share: hierarchy.Whole}},
	}})
	year := period.Of(2024, period.Year, 1)
	w.send(entry.ReportKey{Unit: b.ID, Form: "M", Period: month(2024, 5)}, false, map[indicator.Code]figure.Figure{"DS": valued(20)})
	w.send(entry.ReportKey{Unit: n.ID, Form: "Y", Period: year}, false,
		map[indicator.Code]figure.Figure{"TL": {State: figure.Value, HasNumerator: true, Numerator: 500}})
	h := kept(t, w, nil)
	q := Question{Unit: p.ID, Indicator: "TL", Period: year, Provisional: true}
	err := h.Read(t.Context(), func(_ journal.Head, ask func(Question) (Answer, error)) error {
		got, err := ask(q)
		if model := w.model().Answer(q); got.Value != "0.25" || model.Value != "0.25" || model.DenominatorFrom != "2024-05" {
			t.Errorf("the store says %s %s, the reports %s %s over %s; want 0.25 over 2024-05", got.State, got.Value, model.State, model.Value, model.DenominatorFrom)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
