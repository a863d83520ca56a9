package rollup_test

import (
	"fmt"
	"math"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// scene is a random story and a question about it.
type scene struct {
	*story
	m       *measured
	names   []string
	span    period.Period
	measure rollup.Measure
}

func (s *scene) contribute(unit string) rollup.Total {
	return s.contributeTo(unit, s.span)
}

func (s *scene) contributeTo(unit string, span period.Period) rollup.Total {
	return rollup.Contribute(s.m.Indicator, s.measure, span, s.m.base, s.of(unit, s.m.Code, rollup.Official))
}

// total adds all units in their order.
func (s *scene) total() rollup.Total {
	var t rollup.Total
	for _, u := range s.names {
		t.Merge(s.contribute(u))
	}
	return t
}

// expected is what all units owe.
func (s *scene) expected() rollup.Expected {
	var e rollup.Expected
	for _, u := range s.names {
		e.Merge(rollup.Expect(s.m.Indicator, s.measure, s.span, s.m.base, s.of(u, s.m.Code, rollup.Official)))
	}
	return e
}

func (s *scene) finish(t rollup.Total) rollup.Result {
	return rollup.Finish(s.m.Indicator, s.measure, s.span, s.m.base, t, s.expected())
}

var timesOf = map[indicator.Measure][]indicator.TimeRule{
	indicator.Flow:       {indicator.TimeSum, indicator.TimeMean, indicator.TimeMin, indicator.TimeMax, indicator.TimeNone},
	indicator.Stock:      {indicator.TimeLast, indicator.TimeMean, indicator.TimeMin, indicator.TimeMax, indicator.TimeNone},
	indicator.YearToDate: {indicator.TimeLast},
}

func drawPart(t *rapid.T, label string) indicator.Part {
	m := rapid.SampledFrom([]indicator.Measure{indicator.Flow, indicator.Stock, indicator.YearToDate}).Draw(t, label+" measure")
	return indicator.Part{Measure: m, Time: rapid.SampledFrom(timesOf[m]).Draw(t, label+" time")}
}

var drawBase = rapid.SampledFrom([]period.Kind{period.Month, period.Month, period.Month, period.Quarter, period.Half, period.Year})

// drawAny draws an indicator with any rule over units.
func drawAny(t *rapid.T) *measured {
	return drawIndicator(t, indicator.UnitRule(rapid.IntRange(0, int(indicator.UnitCountAtLeast)).Draw(t, "unit rule"))) //nolint:gosec // small
}

// drawIndicator draws an indicator that the catalogue would accept.
func drawIndicator(t *rapid.T, rule indicator.UnitRule) *measured {
	m := &measured{base: drawBase.Draw(t, "base")}
	m.Code, m.NameVI, m.ReportedBy = "X", "X", []hierarchy.Kind{"commune"}
	m.UnitOfMeasure = rapid.SampledFrom([]string{"%", "‰", "hồ sơ"}).Draw(t, "unit of measure")
	m.Scale = figure.Scale(rapid.IntRange(0, 6).Draw(t, "scale")) //nolint:gosec // small
	m.UnitRule = rule
	m.Value = drawPart(t, "value")
	switch m.UnitRule {
	case indicator.UnitRatio:
		if rapid.Bool().Draw(t, "borrowed denominator") {
			m.DenominatorIndicator = "W"
		} else if m.Denominator = m.Value; rapid.Bool().Draw(t, "two kinds of parts") {
			m.Denominator = drawPart(t, "denominator")
		}
	case indicator.UnitWeightedMean:
		m.Weight = "W"
	case indicator.UnitCountAtLeast:
		m.AtLeast = drawNumber(t, "at least")
	case indicator.UnitCountYes, indicator.UnitShareYes:
		m.Scale = 0
		m.Value = rapid.SampledFrom([]indicator.Part{
			{Measure: indicator.Stock, Time: indicator.TimeLast}, {Measure: indicator.Flow, Time: indicator.TimeMax},
		}).Draw(t, "yes or no")
	default:
	}
	if err := m.Check(); err != nil {
		t.Fatalf("the generator made an indicator that no catalogue accepts: %v", err)
	}
	return m
}

// drawOther draws the indicator that weighs or divides.
func drawOther(t *rapid.T) *measured {
	m := &measured{base: drawBase.Draw(t, "other base")}
	m.Code, m.UnitRule = "W", indicator.UnitSum
	m.Value = drawPart(t, "other")
	m.Scale = figure.Scale(rapid.IntRange(0, 6).Draw(t, "other scale")) //nolint:gosec // small
	return m
}

// drawNumber draws amounts that people would send, and the largest that can be stored.
func drawNumber(t *rapid.T, label string) figure.Number {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(-20, 60), func(n int) figure.Number { return figure.Number(n) }),
		rapid.SampledFrom([]figure.Number{0, 1, math.MaxInt64, math.MinInt64, math.MaxInt64 / 3}),
	).Draw(t, label)
}

// drawGiven draws what a unit says about one obligation.
func drawGiven(m *measured) *rapid.Generator[given] {
	return rapid.Custom(func(t *rapid.T) given {
		var g given
		g.late = rapid.IntRange(0, 4).Draw(t, "late") == 0
		switch rapid.IntRange(0, 19).Draw(t, "what") {
		case 0, 1, 2:
		case 3:
			g.figure.State = figure.NotAvailable
		case 4, 5:
			g.figure.State = figure.NotApplicable
		case 6:
			g.unowed = true
		case 7:
			g.excluded, g.figure = true, drawFigure(t, m)
		default:
			g.figure = drawFigure(t, m)
		}
		return g
	})
}

// GoString prints it as the case files do.
func (g given) GoString() string {
	f, s := g.figure, g.figure.State.Symbol()
	switch {
	case f.HasValue:
		s = fmt.Sprint(int64(f.Value))
	case f.State == figure.Value:
		s = fmt.Sprintf("%d(%t)/%d(%t)", int64(f.Numerator), f.HasNumerator, int64(f.Denominator), f.HasDenominator)
	case g.unowed:
		s = "unowed"
	case s == "":
		s = "none"
	}
	if g.late {
		s += " late"
	}
	if g.excluded {
		s += " excluded"
	}
	return s
}

func drawFigure(t *rapid.T, m *measured) figure.Figure {
	f := figure.Figure{State: figure.Value}
	switch {
	case m.UnitRule == indicator.UnitRatio:
		which := rapid.IntRange(0, 9).Draw(t, "parts")
		f.HasNumerator = which != 0
		f.HasDenominator = which != 1 && m.OwnDenominator() || !f.HasNumerator
		if f.HasNumerator {
			f.Numerator = drawNumber(t, "numerator")
		}
		if f.HasDenominator {
			f.Denominator = drawNumber(t, "denominator")
		}
	case m.UnitRule.YesNo():
		f.HasValue, f.Value = true, figure.Number(rapid.IntRange(0, 1).Draw(t, "yes"))
	default:
		f.HasValue, f.Value = true, drawNumber(t, "value")
	}
	return f
}

// drawSummed draws an indicator whose longer periods are the merge of their base rows.
func drawSummed(t *rapid.T) *measured {
	m := drawIndicator(t, rapid.SampledFrom([]indicator.UnitRule{indicator.UnitSum, indicator.UnitRatio}).Draw(t, "summed"))
	m.Value = indicator.Part{Measure: indicator.Flow, Time: indicator.TimeSum}
	m.Denominator, m.DenominatorIndicator = indicator.Part{}, ""
	if m.UnitRule == indicator.UnitRatio {
		m.Denominator = m.Value
	}
	return m
}

// drawScene draws a story and a question about any indicator.
func drawScene(t *rapid.T) *scene { return drawSceneOf(t, drawAny(t)) }

// drawSceneOf draws one to four units with two years of figures, and a question about the second or the first.
func drawSceneOf(t *rapid.T, m *measured) *scene {
	s := &scene{story: newStory(), m: m}
	s.indicators["X"], s.indicators["W"] = s.m, drawOther(t)
	for i := range rapid.IntRange(1, 4).Draw(t, "units") {
		s.names = append(s.names, fmt.Sprint("U", i))
	}
	for _, u := range s.names {
		s.drawUnit(t, u)
	}
	kind := rapid.SampledFrom(period.Kinds()).Draw(t, "kind of span")
	index := rapid.IntRange(1, kind.PerYear()).Draw(t, "span")
	s.span = period.Of(rapid.IntRange(2023, 2024).Draw(t, "year"), kind, index)
	s.measure = rapid.SampledFrom([]rollup.Measure{rollup.AsReported, rollup.Own, rollup.YearToDate}).Draw(t, "measure")
	return s
}

// drawUnit draws all figures of one unit.
func (s *scene) drawUnit(t *rapid.T, unit string) {
	s.units[unit] = true
	for _, m := range []*measured{s.m, s.indicators["W"]} {
		if m.Code == "W" && s.m.Weight == "" && s.m.DenominatorIndicator == "" {
			continue
		}
		bases := append(period.Of(2023, period.Year, 1).Bases(m.base), period.Of(2024, period.Year, 1).Bases(m.base)...)
		list := rapid.SliceOfN(drawGiven(m), len(bases), len(bases)).Draw(t, fmt.Sprintf("%s of %s from 2023 on", m.Code, unit))
		for i, p := range bases {
			s.gave[rollup.Official][key{unit, m.Code, p}] = list[i]
		}
	}
}
