package reporting

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/ranking"
	"github.com/tonghop/tonghop/server/rollup"
)

// UnitChoice says which units are ranked or compared: those of a region, those that are named, or all of a kind below one.
type UnitChoice struct {
	Region      string
	Units       []string
	Kind, Below string
}

// RankQuery asks for a league table.
type RankQuery struct {
	// Indicator or Plan says on what units are ranked.
	Indicator, Plan  string
	Period, Previous string
	UnitChoice
	Basis rollup.Basis
	// MinCoverage is in hundredths of a percent.
	MinCoverage int
	At          At
}

// League is a league table.
type League struct {
	Lines                     []RankLine
	Ranked, Unranked, Missing int
	Period, Previous          period.Period
	// NoChange says why ranks are not compared.
	NoChange *fault.Error
	Stamp    Stamp
}

// RankLine is one unit of a league table.
type RankLine struct {
	Unit   hierarchy.Unit
	State  ranking.State
	Rank   int
	Figure HeldFigure
	// PreviousRank is 0 for none; Rose is by how many places it went up, if Compared.
	PreviousRank, Rose int
	Compared           bool
	ToNext             string
}

// contest is one ranking or comparison at work.
type contest struct {
	granted
	UnitChoice
	basis    rollup.Basis
	carriers carriers
}

// RankUnits ranks units on one indicator, or on how many targets of a plan they reached.
func (s *Service) RankUnits(ctx context.Context, caller auth.Caller, q RankQuery) (League, error) {
	if (q.Indicator == "") == (q.Plan == "") {
		return League{}, fault.Invalid("RANK_NEEDS_ONE", "give an indicator or a plan on which units are ranked; not both and not neither").In("indicator")
	}
	now, err := period.Parse(q.Period)
	if err != nil {
		return League{}, fault.Of(err).In("period")
	}
	before := now.Prev()
	if q.Previous != "" {
		if before, err = period.Parse(q.Previous); err != nil {
			return League{}, fault.Of(err).In("previous")
		}
	}
	var league League
	err = s.readAt(ctx, caller, q.At, 0, func(tx *aggregator.Tx, who granted) error {
		league = League{Period: now, Previous: before, Stamp: stampOf(tx)}
		c := contest{granted: who, UnitChoice: q.UnitChoice, basis: q.Basis, carriers: s.carriersOf(tx)}
		if err := c.may(); err != nil {
			return err
		}
		var measure func(p period.Period, units []hierarchy.Unit) ([]HeldFigure, error)
		var rule ranking.Rule
		last := func(p period.Period) period.Day { return c.lastDay(indicator.Code(q.Indicator), p) }
		if q.Plan != "" {
			v, err := who.plan("plan", q.Plan)
			if err != nil {
				return err
			}
			last = func(p period.Period) period.Day { return period.Civil.Last(p) }
			measure = func(p period.Period, units []hierarchy.Unit) ([]HeldFigure, error) {
				return c.attained(v.Thing, p, units)
			}
		} else {
			measure = func(p period.Period, units []hierarchy.Unit) ([]HeldFigure, error) {
				return c.figures(indicator.Code(q.Indicator), p, units)
			}
		}
		units, err := c.units(last(now))
		if err != nil {
			return err
		}
		figures, err := measure(now, units)
		if err != nil {
			return err
		}
		if q.Plan == "" {
			if rule.LowerFirst, err = c.lowerFirst(indicator.Code(q.Indicator), last(now), figures); err != nil {
				return err
			}
		}
		rule.MinCoverage = q.MinCoverage
		earlier, err := c.ranksBefore(before, last, measure, rule)
		if err != nil {
			return err
		}
		league.take(units, figures, rule, earlier)
		return nil
	})
	return league, err
}

// ranksBefore gives the ranks of the earlier period by the keys of units.
func (c *contest) ranksBefore(
	p period.Period, last func(period.Period) period.Day, measure func(period.Period, []hierarchy.Unit) ([]HeldFigure, error), rule ranking.Rule,
) (map[string]int, error) {
	if !p.Valid() {
		return nil, nil
	}
	units, err := c.units(last(p))
	if fault.KindOf(err) == fault.KindNotFound {
		return nil, nil // none of them stood then
	}
	if err != nil {
		return nil, err
	}
	figures, err := measure(p, units)
	if err != nil {
		return nil, err
	}
	entrants := entrantsOf(units, figures)
	return ranking.Ranks(entrants, ranking.Table(entrants, rule)), nil
}

func entrantsOf(units []hierarchy.Unit, figures []HeldFigure) []ranking.Entrant {
	entrants := make([]ranking.Entrant, len(units))
	for i := range units {
		entrants[i] = ranking.Entrant{Key: unitKey(units[i]), Value: figures[i].Reading.Value}
		if figures[i].HasRollup {
			entrants[i].Received, entrants[i].Expected = figures[i].Result.Coverage.Received, figures[i].Result.Coverage.Expected
		}
	}
	return entrants
}

// take makes the lines of the table.
func (l *League) take(units []hierarchy.Unit, figures []HeldFigure, rule ranking.Rule, earlier map[string]int) {
	entrants := entrantsOf(units, figures)
	places := ranking.Table(entrants, rule)
	l.NoChange = ranking.Comparable(earlier, ranking.Ranks(entrants, places))
	for _, p := range places {
		line := RankLine{Unit: units[p.At], State: p.State, Rank: p.Rank, Figure: figures[p.At], PreviousRank: earlier[entrants[p.At].Key]}
		if p.ToNext != nil {
			line.ToNext = figures[p.At].decimal(p.ToNext)
		}
		if l.NoChange == nil && line.Rank != 0 && line.PreviousRank != 0 {
			line.Rose, line.Compared = line.PreviousRank-line.Rank, true
		}
		switch p.State {
		case ranking.Ranked:
			l.Ranked++
		case ranking.Unranked:
			l.Unranked++
		case ranking.Missing:
			l.Missing++
		}
		l.Lines = append(l.Lines, line)
	}
}

// decimal writes a difference of values at the scale of the figure.
func (f *HeldFigure) decimal(r *big.Rat) string {
	scale := figure.Scale(0)
	switch {
	case f.Indicator != nil:
		scale = f.Indicator.Scale
	case f.Outside != nil:
		if a, err := plan.ParseAmount(f.Outside.Value); err == nil {
			scale = a.Digits()
		}
	default:
		scale = 2
	}
	return figure.QuotientBig(r.Num(), r.Denom(), 1, scale)
}

func (c *contest) may() error {
	if err := c.need(auth.Read); err != nil {
		return err
	}
	return c.mayBringTogether()
}

// lastDay gives the last day of a period in the calendar of an indicator.
func (c *contest) lastDay(code indicator.Code, p period.Period) period.Day {
	calendar := period.Civil
	if carriers := c.carriers[code.Fold()]; len(carriers) > 0 {
		calendar = carriers[0].Calendar
	}
	return calendar.Last(p)
}

// units gives the units of the choice as they stand on a day, in code order. Members of a region need not be in sight: which they are
// and what was published of them is known to everybody, and roll-ups of them are looked at only where they are in sight.
func (c *contest) units(on period.Day) ([]hierarchy.Unit, error) {
	var units []hierarchy.Unit
	var err error
	switch byRegion, byName, byKind := c.Region != "", len(c.Units) > 0, c.Kind != "" && c.Below != ""; {
	case byRegion && !byName && c.Kind == "":
		units, err = c.inRegion(on)
	case byName && !byRegion && c.Kind == "":
		units, err = c.byName(on)
	case byKind && !byRegion && !byName:
		units, err = c.ofKind(on)
	default:
		err = fault.Invalid("UNITS_MISSING", "say which units are compared: a region, units by name, or a kind with the unit below which they stand; one of the three").In("units")
	}
	if err != nil {
		return nil, err
	}
	if len(units) > largestRollups {
		return nil, tooMany("units", len(units), largestRollups)
	}
	slices.SortFunc(units, func(a, b hierarchy.Unit) int { return compareKeys(a, b) })
	return slices.CompactFunc(units, func(a, b hierarchy.Unit) bool { return a.ID == b.ID }), nil
}

// inRegion gives the members of the region that stand.
func (c *contest) inRegion(on period.Day) ([]hierarchy.Unit, error) {
	region, known, err := c.tx.Region(c.Region)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, fault.NotFound("REGION_NOT_FOUND", "there is no region %q; see the list of regions for their codes", shorten(c.Region)).
			With("region", shorten(c.Region)).In("region")
	}
	var units []hierarchy.Unit
	for _, id := range region.Thing.Units {
		if u, ok := c.tx.Tree().Unit(id); ok && u.ValidOn(on) {
			units = append(units, u.On(on))
		}
	}
	return units, nil
}

// byName gives the units that are named.
func (c *contest) byName(on period.Day) ([]hierarchy.Unit, error) {
	if len(c.Units) > maxAsked {
		return nil, tooMany("units", len(c.Units), maxAsked)
	}
	var units []hierarchy.Unit
	var problems fault.List
	for i, ref := range c.Units {
		u, err := c.seen(fmt.Sprintf("units[%d]", i), ref, on)
		if err != nil {
			problems.Add(err)
			continue
		}
		units = append(units, u.On(on))
	}
	return units, problems.Err()
}

// ofKind gives the units of the kind below the one that is named.
func (c *contest) ofKind(on period.Day) ([]hierarchy.Unit, error) {
	kind, err := hierarchy.ParseKind(c.Kind)
	if err != nil {
		return nil, fault.Of(err).In("kind")
	}
	top, err := c.seen("below", c.Below, on)
	if err != nil {
		return nil, err
	}
	var units []hierarchy.Unit
	var kinds []string
	c.tx.Tree().Subtree(top.ID, on, func(u hierarchy.Unit) bool {
		switch {
		case u.ID == top.ID:
		case u.Kind == kind:
			units = append(units, u.On(on))
		case !slices.Contains(kinds, string(u.Kind)):
			kinds = append(kinds, string(u.Kind))
		}
		return true
	})
	if len(units) == 0 {
		slices.Sort(kinds)
		return nil, fault.NotFound("KIND_NOT_BELOW", "no unit of kind %q stands below %s on %s; there are: %s", shorten(c.Kind), top.ID, on, strings.Join(kinds, ", ")).
			With("kind", shorten(c.Kind)).With("unit", top.ID).With("day", on).With("kinds", strings.Join(kinds, ", ")).In("kind")
	}
	return units, nil
}

func compareKeys(a, b hierarchy.Unit) int {
	switch x, y := unitKey(a), unitKey(b); {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// figures gives the figure of each unit in a period: what was published of it, or its roll-up.
func (c *contest) figures(code indicator.Code, p period.Period, units []hierarchy.Unit) ([]HeldFigure, error) {
	figures := make([]HeldFigure, len(units))
	_, known := c.tx.Indicators().Latest(code)
	outsides, err := outsideOf(c.tx, code, int(p.Year))
	if err != nil {
		return nil, err
	}
	var series *aggregator.Series
	found, last := known, c.lastDay(code, p)
	for i := range units {
		f := &figures[i]
		f.Period = p
		if o, outside := outsides[units[i].ID]; outside {
			found = true
			f.Outside, f.Reading = o, o.Reading()
			continue
		}
		if !known || !c.reads(units[i].ID, last) {
			continue
		}
		if series == nil {
			if series, err = c.tx.Series(aggregator.Query{Indicator: code, Period: p, Basis: c.basis}); err != nil {
				return nil, err
			}
		}
		at, _ := c.tx.Tree().Ordinal(units[i].ID) // it came from there
		if err := series.Exact(at, &f.Result); err != nil {
			return nil, err
		}
		f.HasRollup, f.Indicator = true, series.Version()
		f.Reading = plan.Reading{Value: f.Result.Value, Done: period.Beginning, By: last}
		if i%forgetAfter == forgetAfter-1 {
			c.tx.Forget()
		}
	}
	if !found {
		return nil, unknownIndicator(c.tx.Definitions(), string(code), 0).In("indicator")
	}
	return figures, nil
}

// lowerFirst says whether the least value is the best: by the catalogue, or where it does not say so because the values are ranks.
func (c *contest) lowerFirst(code indicator.Code, on period.Day, figures []HeldFigure) (bool, error) {
	if v, known := c.tx.Indicators().On(code, on); known && v.Direction != indicator.DirectionNone {
		return v.Direction == indicator.Lower, nil
	}
	if slices.ContainsFunc(figures, func(f HeldFigure) bool { return f.Reading.Ranked > 0 }) {
		return true, nil
	}
	return false, fault.Precondition("DIRECTION_MISSING",
		"the catalogue does not say of indicator %s whether more or less is better, so nothing can be said to be kept or improved", code).
		With("indicator", code).In("indicator")
}

// attained gives for each unit how many percent of a plan's targets of every single unit it reached, of those of which there is a
// figure.
func (c *contest) attained(p plan.Plan, at period.Period, units []hierarchy.Unit) ([]HeldFigure, error) {
	e := evaluation{
		granted: c.granted, q: EvaluationQuery{Plan: string(p.ID), Basis: c.basis}, asked: at, carriers: c.carriers,
		plan: p, year: int(at.Year), today: period.Forever, out: &Evaluation{},
	}
	items, err := e.items()
	if err != nil {
		return nil, err
	}
	var targets []*weighingEach
	for n := range items {
		if items[n].target == nil || !items[n].target.Thing.Scope.Each {
			continue
		}
		t, err := e.weigh(items[n].target.Thing).each(0)
		if err != nil {
			return nil, err
		}
		targets = append(targets, t)
	}
	figures := make([]HeldFigure, len(units))
	for i := range units {
		s, err := e.reachedBy(&units[i], targets)
		if err != nil {
			return nil, err
		}
		f := &figures[i]
		f.Period, f.HasRollup = at, true
		f.Result.Coverage.Expected = int64(s.Evaluated())
		judged := s.Reached() + s.Of(plan.NotMet)
		f.Result.Coverage.Received = int64(judged)
		if judged > 0 {
			f.Result.State = rollup.Value
			f.Reading.Value = rollup.Fraction{
				Num: rollup.WideOf(figure.Int128From(int64(100 * s.Reached()))), Den: rollup.WideOf(figure.Int128From(int64(judged))),
			}
		}
		if i%forgetAfter == forgetAfter-1 {
			e.tx.Forget()
		}
	}
	return figures, nil
}

// reachedBy counts what of the targets one unit reached.
func (e *evaluation) reachedBy(u *hierarchy.Unit, targets []*weighingEach) (plan.Counts, error) {
	var counts plan.Counts
	tree := e.tx.Tree()
	if !tree.Within(u.ID, e.plan.Unit, standingOf(u, period.Date(e.year, 12, 31))) {
		return counts, nil
	}
	at, _ := tree.Ordinal(u.ID) // it came from there
	one := standingUnit{ordinal: at, id: u.ID, kind: u.Kind}
	for _, t := range targets {
		if !t.t.Scope.Concerns(u.ID, u.Kind) {
			continue
		}
		if t.hopeless != nil || !tree.Within(u.ID, e.plan.Unit, t.last) {
			counts.Add(plan.NotEvaluable)
			continue
		}
		if err := t.look(one); err != nil {
			return counts, err
		}
		status := t.judged.Status
		if status == plan.NotDue {
			status = t.judged.SoFar
		}
		counts.Add(status)
	}
	return counts, nil
}
