package reporting

import (
	"slices"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/rollup"
)

// weighingEach is a target of every single unit. Several of them are looked at together, unit after unit, so that what one unit sent
// is read once for all of them.
type weighingEach struct {
	*weighing
	// at is the place of the line in the answer.
	at     int
	counts plan.Counts
	// provisional says that a unit is.
	provisional bool
	lines       []UnitLine
	// outside are the figures that were published of the indicator in the year.
	outside map[hierarchy.ID]*plan.Outside
	series  []kindSeries
	// answered says that a duty or a register may have the figure.
	answered bool
	// judged is the unit that was looked at last.
	judged Judged
}

// kindSeries asks for the roll-ups of one kind of units.
type kindSeries struct {
	kind hierarchy.Kind
	*aggregator.Series
	// hides says of what COUNT_AT_LEAST why one unit's figure cannot be held against the target; least is else what a unit has at least.
	hides *fault.Error
	least rollup.Fraction
}

// standingUnit is a unit below the plan's that stands on a day.
type standingUnit struct {
	ordinal int
	id      hierarchy.ID
	kind    hierarchy.Kind
}

// forgetAfter is how many units are looked at before what they sent is let go.
const forgetAfter = 256

// standingOn gives the units at and below the plan's that stand on a day, or of them the one that was asked for. They are found once
// for all targets of one last day.
func (e *evaluation) standingOn(day period.Day) []standingUnit {
	if units, known := e.standing[day]; known {
		return units
	}
	var units []standingUnit
	tree := e.tx.Tree()
	tree.Subtree(e.plan.Unit, day, func(u hierarchy.Unit) bool {
		if e.unit == nil || u.ID == e.unit.ID {
			at, _ := tree.Ordinal(u.ID) // it came from there
			units = append(units, standingUnit{ordinal: at, id: u.ID, kind: u.Kind})
		}
		return true
	})
	if e.standing == nil {
		e.standing = map[period.Day][]standingUnit{}
	}
	e.standing[day] = units
	return units
}

// concerned counts the units that a target is demanded of.
func (w *weighing) concerned() int {
	n := 0
	for _, u := range w.standingOn(w.last) {
		if slices.Contains(w.t.Scope.Kinds, u.kind) {
			n++
		}
	}
	return n
}

// each makes a target of every single unit ready to be looked at.
func (w *weighing) each(at int) (*weighingEach, error) {
	t := &weighingEach{weighing: w, at: at}
	var err error
	if t.outside, err = w.published(); err != nil {
		return t, err
	}
	s, err := w.evaluation.single()
	if err == nil {
		_, counted := s.registers[w.t.Indicator.Fold()]
		t.answered = counted || len(s.duties[w.t.Indicator.Fold()]) > 0
	}
	return t, err
}

// published finds the outside figures of the indicator in the year of the target, once for all targets on it.
func (w *weighing) published() (map[hierarchy.ID]*plan.Outside, error) {
	of := outsideYear{code: w.t.Indicator.Fold(), year: w.t.Year}
	if known, ok := w.outsides[of]; ok {
		return known, nil
	}
	found, err := outsideOf(w.tx, of.code, of.year)
	if err != nil {
		return nil, err
	}
	if w.outsides == nil {
		w.outsides = map[outsideYear]map[hierarchy.ID]*plan.Outside{}
	}
	w.outsides[of] = found
	return found, nil
}

// outsideYear names what was published of an indicator in a year.
type outsideYear struct {
	code indicator.Code
	year int
}

// outsideOf gives the outside figures of an indicator in a year, by unit.
func outsideOf(tx *aggregator.Tx, code indicator.Code, year int) (map[hierarchy.ID]*plan.Outside, error) {
	found := map[hierarchy.ID]*plan.Outside{}
	err := tx.OutsideFigures(code, "", func(v aggregator.Versioned[plan.Outside]) bool {
		if v.Thing.Year == year {
			found[v.Thing.Unit] = &v.Thing
		}
		return true
	})
	return found, err
}

// lookAtUnits looks at every unit of targets.
func (e *evaluation) lookAtUnits(targets []*weighingEach) error {
	for len(targets) > 0 {
		day := targets[0].last
		together := slices.DeleteFunc(slices.Clone(targets), func(t *weighingEach) bool { return t.last != day })
		for n, u := range e.standingOn(day) {
			for _, t := range together {
				if !slices.Contains(t.t.Scope.Kinds, u.kind) {
					continue
				}
				if err := t.add(u); err != nil {
					return err
				}
			}
			if n%forgetAfter == forgetAfter-1 {
				e.tx.Forget()
			}
		}
		targets = slices.DeleteFunc(slices.Clone(targets), func(t *weighingEach) bool { return t.last == day })
	}
	return nil
}

// add looks at a unit and counts it.
func (t *weighingEach) add(u standingUnit) error {
	if err := t.look(u); err != nil {
		return err
	}
	j := &t.judged
	status := j.Status
	if status == plan.NotDue {
		status = j.SoFar
	}
	t.counts.Add(status)
	t.provisional = t.provisional || j.Provisional
	if t.q.Units {
		t.lines = append(t.lines, UnitLine{
			Unit: t.tx.Tree().At(u.ordinal).On(t.last), Judged: *j, Difference: t.judge.Detail(j.Figure.Reading, t.scale(), t.due, t.last).Difference,
		})
	}
	return nil
}

// look holds the figure of one unit against the target.
func (t *weighingEach) look(u standingUnit) error {
	f := &t.judged.Figure
	*f = HeldFigure{Period: t.span}
	var why *fault.Error
	outside, found := t.outside[u.id]
	single := false
	if t.answered && !found {
		var err error
		if single, why, err = t.single(t.tx.Tree().At(u.ordinal), f); err != nil {
			return err
		}
	}
	switch {
	case found:
		f.Outside, f.Reading = outside, outside.Reading()
	case single:
	case t.version == nil: // there is no figure
	default:
		var err error
		if why, err = t.ownFigure(u, f); err != nil {
			return err
		}
	}
	_ = t.hold(&t.judged, why)
	return nil
}

// ownFigure is the roll-up of a unit: of its own work where its kind reports, else of what is below it. The error beside it says why it
// cannot be held against the target.
func (t *weighingEach) ownFigure(u standingUnit, f *HeldFigure) (*fault.Error, error) {
	s, err := t.seriesOf(u.kind)
	if err != nil {
		return nil, err
	}
	if err := s.Exact(u.ordinal, &f.Result); err != nil {
		return nil, err
	}
	f.HasRollup, f.Indicator = true, s.Version()
	f.Reading = plan.Reading{Value: f.Result.Value, Done: period.Beginning, By: t.last}
	switch {
	case f.Result.State == rollup.NoData:
		return nil, nil
	case f.Result.State != rollup.Value:
		return t.without(&f.Result), nil
	case f.Indicator.UnitRule == indicator.UnitShareYes:
		f.Reading.Value = f.Result.Numerator // of one unit: yes or no
	case f.Indicator.UnitRule == indicator.UnitCountAtLeast:
		if s.hides == nil && f.Result.Value.Cmp(countsNothing) > 0 {
			f.Reading.Value = s.least // it has them
		}
		return s.hides, nil
	}
	return nil, nil
}

// countsNothing is what a unit gives to a count of those that have enough, and has not.
var countsNothing = rollup.Fraction{Den: rollup.WideOf(figure.Int128From(1))}

// seriesOf finds or begins the series of a kind.
func (t *weighingEach) seriesOf(kind hierarchy.Kind) (*kindSeries, error) {
	for n := range t.series {
		if t.series[n].kind == kind {
			return &t.series[n], nil
		}
	}
	q := aggregator.Query{Indicator: t.t.Indicator, Period: t.span, Basis: t.q.Basis}
	if slices.Contains(t.tx.Indicators().KindsOn(t.t.Indicator, t.last), kind) {
		q.Kind = kind
	}
	series, err := t.tx.Series(q)
	if err != nil {
		return nil, err
	}
	s := kindSeries{kind: kind, Series: series}
	if v := series.Version(); v.UnitRule == indicator.UnitCountAtLeast {
		least, err := plan.ParseAmount(v.AtLeast.Format(v.Scale))
		bound, _ := plan.ParseAmount(t.t.Value)
		if s.least = least.Fraction(); err != nil || t.t.Comparator != plan.AtLeast || s.least.Cmp(bound.Fraction()) != 0 {
			s.hides = fault.Precondition("COUNT_HIDES_FIGURE",
				"of one unit indicator %s tells whether it has at least %s, and nothing that can be held against %s %s",
				t.t.Indicator, least, t.t.Comparator, t.t.Value).With("indicator", t.t.Indicator).With("least", least).With("value", t.t.Value)
		}
	}
	t.series = append(t.series, s)
	return &t.series[len(t.series)-1], nil
}

// finish tells in the line what the units came to.
func (t *weighingEach) finish(l *Line) {
	l.Units, l.UnitLines, l.Provisional = &t.counts, t.lines, t.provisional
	if t.counts.Evaluated() == 0 {
		l.Status, l.Reasons = plan.NotEvaluable, []*fault.Error{t.levelEnded()}
		return
	}
	l.Status = t.counts.Whole()
	if t.open && l.Status != plan.NotEvaluable {
		l.Status, l.SoFar = plan.NotDue, l.Status
	}
}
