package verify

import (
	"math"
	"slices"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// scene is a random story of one indicator X, of any rule, and one W that may divide or weigh it.
type scene struct {
	tree  []hierarchy.Unit
	inds  map[indicator.Code]indicator.Indicator
	bases map[indicator.Code]period.Kind
	gave  map[obligation]given
}

type obligation struct {
	unit   hierarchy.ID
	code   indicator.Code
	period period.Period
}

// given is what a unit said about an obligation, in both bases by Provisional.
type given struct {
	figure                 [2]figure.Figure
	late, excluded, unowed bool
}

var allowedTimes = map[indicator.Measure][]indicator.TimeRule{
	indicator.Flow:       {indicator.TimeSum, indicator.TimeMean, indicator.TimeMin, indicator.TimeMax, indicator.TimeNone},
	indicator.Stock:      {indicator.TimeLast, indicator.TimeMean, indicator.TimeMin, indicator.TimeMax, indicator.TimeNone},
	indicator.YearToDate: {indicator.TimeLast},
}

func drawPart(t *rapid.T, name string) indicator.Part {
	m := rapid.SampledFrom([]indicator.Measure{indicator.Flow, indicator.Stock, indicator.YearToDate}).Draw(t, name+" measure")
	return indicator.Part{Measure: m, Time: rapid.SampledFrom(allowedTimes[m]).Draw(t, name+" over time")}
}

// drawIndicator draws X by a rule over units, as the catalogue accepts it.
func drawIndicator(t *rapid.T, rule indicator.UnitRule) indicator.Indicator {
	ind := counted("X", "commune")
	if rapid.Bool().Draw(t, "two kinds report") {
		ind.ReportedBy = []hierarchy.Kind{"district", "commune"}
	}
	ind.UnitRule, ind.Value = rule, drawPart(t, "value")
	ind.UnitOfMeasure = rapid.SampledFrom([]string{"%", "‰", "hồ sơ"}).Draw(t, "unit of measure")
	ind.Scale = figure.Scale(rapid.IntRange(0, 6).Draw(t, "scale")) //nolint:gosec // small
	switch rule {
	case indicator.UnitRatio:
		switch rapid.IntRange(0, 2).Draw(t, "denominator") {
		case 0:
			ind.DenominatorIndicator = "W"
		case 1:
			ind.Denominator = ind.Value
		default:
			ind.Denominator = drawPart(t, "denominator")
		}
	case indicator.UnitWeightedMean:
		ind.Weight = "W"
	case indicator.UnitCountAtLeast:
		ind.AtLeast = drawNumber(t, "at least")
	case indicator.UnitCountYes, indicator.UnitShareYes:
		ind.Scale = 0
		ind.Value = rapid.SampledFrom([]indicator.Part{
			{Measure: indicator.Stock, Time: indicator.TimeLast}, {Measure: indicator.Flow, Time: indicator.TimeMax},
		}).Draw(t, "yes or no")
	default:
	}
	return ind
}

func drawNumber(t *rapid.T, name string) figure.Number {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(-20, 60), func(n int) figure.Number { return figure.Number(n) }),
		rapid.SampledFrom([]figure.Number{0, 1, math.MaxInt64, math.MinInt64, math.MaxInt64 / 3}),
	).Draw(t, name)
}

func drawFigure(t *rapid.T, ind *indicator.Indicator) figure.Figure {
	f := figure.Figure{State: figure.Value}
	switch rapid.IntRange(0, 11).Draw(t, "state") {
	case 0:
		return figure.Figure{State: figure.NotAvailable}
	case 1, 2:
		return figure.Figure{State: figure.NotApplicable}
	}
	switch {
	case ind.UnitRule == indicator.UnitRatio:
		which := rapid.IntRange(0, 9).Draw(t, "parts")
		f.HasNumerator = which != 0
		f.HasDenominator = which != 1 && ind.OwnDenominator() || !f.HasNumerator
		if f.HasNumerator {
			f.Numerator = drawNumber(t, "numerator")
		}
		if f.HasDenominator {
			f.Denominator = drawNumber(t, "denominator")
		}
	case ind.UnitRule.YesNo():
		f.HasValue, f.Value = true, figure.Number(rapid.IntRange(0, 1).Draw(t, "yes"))
	default:
		f.HasValue, f.Value = true, drawNumber(t, "value")
	}
	return f
}

// drawScene draws a small province in which everybody reports for two years.
func drawScene(t *rapid.T, rule indicator.UnitRule) *scene {
	w := newWorld(t)
	s := &scene{
		tree: []hierarchy.Unit{
			w.always("P", "province", ""), w.always("D1", "district", "P-0"), w.always("D2", "district", "P-0"),
			w.always("A", "commune", "D1-0"), w.always("B", "commune", "D1-0"), w.always("C", "commune", "D2-0"),
		},
		inds: map[indicator.Code]indicator.Indicator{}, bases: map[indicator.Code]period.Kind{}, gave: map[obligation]given{},
	}
	other := counted("W", "commune", "district")
	other.Value, other.Scale = drawPart(t, "other"), figure.Scale(rapid.IntRange(0, 6).Draw(t, "other scale")) //nolint:gosec // small
	s.inds["W"], s.inds["X"] = other, drawIndicator(t, rule)
	for _, code := range []indicator.Code{"W", "X"} {
		ind := s.inds[code]
		s.bases[code] = rapid.SampledFrom([]period.Kind{period.Month, period.Month, period.Quarter, period.Half, period.Year}).
			Draw(t, "frequency of "+string(code))
		if code == "W" && rule != indicator.UnitRatio && rule != indicator.UnitWeightedMean {
			continue
		}
		for _, u := range s.tree[1:] {
			s.drawUnit(t, u.ID, &ind)
		}
	}
	return s
}

// drawUnit draws what one unit said about one indicator.
func (s *scene) drawUnit(t *rapid.T, unit hierarchy.ID, ind *indicator.Indicator) {
	const year = 2023
	for y := year; y < year+2; y++ {
		for _, p := range period.Of(y, period.Year, 1).Bases(s.bases[ind.Code]) {
			var g given
			what := rapid.IntRange(0, 19).Draw(t, string(unit)+" "+string(ind.Code)+" "+p.String())
			g.unowed, g.excluded, g.late = what == 0, what == 1, what%4 == 2
			if what > 4 {
				g.figure[0] = drawFigure(t, ind)
				g.figure[1] = g.figure[0]
			}
			if what == 4 || what == 8 || what == 13 {
				g.figure[1] = drawFigure(t, ind)
			}
			s.gave[obligation{unit, ind.Code, p}] = g
		}
	}
}

// model tells the scene as the entries of a journal.
func (s *scene) model(t *rapid.T) *Model {
	w := newWorld(t)
	w.units(s.tree...)
	w.catalogue(s.inds["W"], s.inds["X"])
	for _, code := range []indicator.Code{"W", "X"} {
		f := monthly(formOf(code), "kind:commune|kind:district", code)
		f.Frequency = s.bases[code]
		for o, g := range s.gave {
			if last := f.Last(o.period); g.unowed && o.code == code {
				f.Assigned = append(f.Assigned, hierarchy.Selector{Unit: o.unit, Except: true, From: last, To: last + 1})
			}
		}
		w.formed(f)
	}
	for o, g := range s.gave {
		k := entry.ReportKey{Unit: o.unit, Form: formOf(o.code), Period: o.period}
		if g.figure[0].State != figure.Absent {
			w.approve(k, w.send(k, g.late, map[indicator.Code]figure.Figure{o.code: g.figure[0]}))
		}
		if g.figure[1] != g.figure[0] {
			w.send(k, g.late, map[indicator.Code]figure.Figure{o.code: g.figure[1]})
		}
	}
	m := w.model()
	for o, g := range s.gave {
		if g.excluded {
			at, err := m.placeOf(entry.Entry{}, entry.ReportKey{Unit: o.unit, Form: formOf(o.code), Period: o.period})
			if err != nil {
				t.Fatal(err)
			}
			m.excluded[at] = true
		}
	}
	return m
}

// below gives the units of a subtree that are of the kind; all kinds where it is empty.
func (s *scene) below(top hierarchy.ID, kind hierarchy.Kind) []hierarchy.ID {
	in := []hierarchy.ID{top}
	var list []hierarchy.ID
	for _, u := range s.tree { // parents come first
		if u.ID != top && !slices.Contains(in, u.Parent) {
			continue
		}
		in = append(in, u.ID)
		ind := s.inds["X"]
		if (kind == "" || kind == u.Kind) && ind.Adds(u.Kind) {
			list = append(list, u.ID)
		}
	}
	return list
}
