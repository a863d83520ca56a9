package reporting

import (
	"math/big"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/rollup"
)

// weighing is one target and the figures that are held against it.
type weighing struct {
	*evaluation
	t     plan.Target
	judge *plan.Judge
	// hopeless says why no figure can be held against it.
	hopeless *fault.Error
	// version is that of the indicator on the last day; nil if the catalogue does not have it.
	version *indicator.Indicator
	// span is the period that is judged and last its last day; due is the day by which the target is to be reached, and open says that
	// it may still be.
	span period.Period
	last period.Day
	due  period.Day
	open bool
}

func (e *evaluation) weigh(t plan.Target) *weighing {
	w := &weighing{evaluation: e, t: t}
	calendar, base := e.calendarOf(t.Indicator)
	if s, err := e.single(); err == nil { // an error is told as soon as a figure is looked for
		if c, counts := s.registers[t.Indicator.Fold()]; counts {
			calendar = c.Calendar
		}
	}
	due := t.Due
	if day, err := period.ParseDay(t.Value); t.Comparator == plan.ByDate && err == nil && due == period.Forever {
		due = day
	}
	horizon, due := plan.Horizon(calendar, base, t.Year, due)
	w.due, w.span = due, horizon
	if e.asked.Valid() {
		w.span = e.asked
	}
	w.last = calendar.Last(w.span)
	w.open = e.today < due || w.last < calendar.Last(horizon)
	direction := indicator.DirectionNone
	if v, known := e.tx.Indicators().On(t.Indicator, w.last); known {
		w.version, direction = &v, v.Direction
	}
	w.judge, w.hopeless = plan.NewJudge(t, e.plan.Classes, direction)
	return w
}

// whole judges a target of one figure.
func (w *weighing) whole(l *Line) error {
	unit := w.plan.Unit
	if w.t.Scope.Unit != "" {
		unit = w.t.Scope.Unit
	}
	f, why, err := w.figure(unit)
	if err != nil {
		return err
	}
	l.Figure = f
	if w.hopeless != nil {
		l.Status, l.Reasons = plan.NotEvaluable, []*fault.Error{w.hopeless}
		return nil //nolint:nilerr // that is the answer
	}
	l.Judged, why = w.judged(f, why)
	if why != nil {
		l.Reasons = append(l.Reasons, why)
	}
	l.Detail = w.judge.Detail(f.Reading, w.scale(), w.due, w.last)
	if l.Rounded != "" && f.Reading.Value.Exists() {
		l.Reasons = append(l.Reasons, w.rounding(&l.Detail))
	}
	return nil
}

// rounding says how it was rounded.
func (w *weighing) rounding(d *plan.Detail) *fault.Error {
	value := w.t.Value
	if value == "" {
		value = w.t.Baseline
	}
	return fault.Precondition("ROUNDED_AS_WRITTEN",
		"it is met by the unrounded value; it is exceeded only if the value, rounded to the digits in which %q was written, which gives %s, is better than that", value, d.Rounded).
		With("value", value).With("rounded", d.Rounded)
}

// scale is how many decimals differences have.
func (w *weighing) scale() figure.Scale {
	if w.version != nil {
		return w.version.Scale
	}
	return 0
}

// judged gives the status of a figure; why says what stood in the way of a value.
func (w *weighing) judged(f HeldFigure, why *fault.Error) (Judged, *fault.Error) {
	j := Judged{Figure: f}
	cannot := w.hold(&j, why)
	return j, cannot
}

// hold judges the figure that is there, and gives what stands in the way of it.
func (w *weighing) hold(j *Judged, why *fault.Error) *fault.Error {
	if why != nil && why.Kind == fault.KindPrecondition {
		j.Status = plan.NotEvaluable
		return why
	}
	status, cannot := w.judge.Status(j.Figure.Reading)
	if cannot != nil {
		why = cannot
	}
	j.Status, j.SoFar = status, 0
	j.Provisional = j.Figure.HasRollup && j.Status <= plan.NotMet && w.partial(&j.Figure.Result)
	if w.open && j.Status != plan.NotEvaluable {
		j.Status, j.SoFar = plan.NotDue, j.Status
	}
	return why
}

// partial says whether the coverage is below the plan's least.
func (w *weighing) partial(r *rollup.Result) bool {
	c := &r.Coverage
	return c.Received*plan.FullCoverage < c.Expected*int64(w.plan.MinCoverage)
}

// figure finds the figure of one unit, or of kinds of units below it: what was published of it, or its roll-up. The error beside it is
// a precondition where the target cannot be evaluated, and anything else where there is just no figure.
func (w *weighing) figure(unit hierarchy.ID) (HeldFigure, *fault.Error, error) {
	f := HeldFigure{Period: w.span}
	if len(w.t.Scope.Kinds) == 0 {
		found, err := w.outside(unit, &f)
		if err != nil || found {
			return f, nil, err
		}
		if why := w.ended(unit); why != nil {
			return f, why, nil
		}
	}
	if u, known := w.tx.Tree().Unit(unit); known {
		if found, why, err := w.single(u, &f); found || err != nil {
			return f, why, err
		}
	}
	if w.version == nil {
		return f, w.notReported(), nil
	}
	kind, why := w.kind()
	if why != nil {
		return f, why, nil
	}
	answer, err := w.tx.Rollup(aggregator.Query{Unit: unit, Indicator: w.t.Indicator, Period: w.span, Basis: w.q.Basis, Kind: kind})
	if err != nil {
		return f, nil, err
	}
	f.HasRollup, f.Result, f.Indicator = true, answer.Result, answer.Indicator
	f.Reading = plan.Reading{Value: answer.Result.Value, Done: period.Beginning, By: w.last}
	for _, p := range answer.Parts {
		// What is derived is as sound as its weakest part (R18).
		if c := p.Result.Coverage; c.Received*f.Result.Coverage.Expected < f.Result.Coverage.Received*c.Expected {
			f.Result.Coverage = c
		}
	}
	return f, w.without(&answer.Result), nil
}

// outside takes the figure that was published of a unit, if there is one.
func (w *weighing) outside(unit hierarchy.ID, f *HeldFigure) (bool, error) {
	v, known, err := w.tx.Outside(w.t.Indicator, unit, w.t.Year)
	if err != nil || !known {
		return false, err
	}
	f.Outside, f.Reading = &v.Thing, v.Thing.Reading()
	return true, nil
}

// ended says that the unit does not stand at the end of the period.
func (w *weighing) ended(unit hierarchy.ID) *fault.Error {
	u, known := w.tx.Tree().Unit(unit)
	if known && u.ValidOn(w.last) {
		return nil
	}
	heirs := w.tx.Tree().Standing(unit, w.last)
	words := make([]string, len(heirs))
	for i, id := range heirs {
		words[i] = string(id)
	}
	return fault.Precondition("UNIT_ENDED", "unit %s does not stand on %s, by when the target was to be reached; what it was is now in: %s", unit, w.last,
		strings.Join(words, ", ")).With("unit", unit).With("day", w.last).With("units", strings.Join(words, ", "))
}

// notReported says that the catalogue does not have the indicator.
func (w *weighing) notReported() *fault.Error {
	return fault.NotFound("NO_FIGURE_KNOWN", "the catalogue has no indicator %s on %s, and no outside figure of it is known; import one", w.t.Indicator, w.last).
		With("indicator", w.t.Indicator).With("day", w.last)
}

// kind gives the reporting kind to ask for; empty for all.
func (w *weighing) kind() (hierarchy.Kind, *fault.Error) {
	kinds := w.t.Scope.Kinds
	if len(kinds) == 0 {
		return "", nil
	}
	stands := false
	w.tx.Tree().Subtree(w.plan.Unit, w.last, func(u hierarchy.Unit) bool {
		stands = stands || slices.Contains(kinds, u.Kind)
		return !stands
	})
	if !stands {
		return "", w.levelEnded()
	}
	reporting := w.tx.Indicators().KindsOn(w.t.Indicator, w.last)
	asked := slices.DeleteFunc(slices.Clone(reporting), func(k hierarchy.Kind) bool { return !slices.Contains(kinds, k) })
	switch len(asked) {
	case len(reporting):
		return "", nil
	case 1:
		return asked[0], nil
	case 0:
		return "", fault.NotFound("KIND_REPORTS_NOTHING", "indicator %s is not reported by %s", w.t.Indicator, kindWords(kinds)).
			With("indicator", w.t.Indicator).With("kind", kindWords(kinds))
	}
	return "", fault.Precondition("KINDS_NOT_TOGETHER",
		"indicator %s is reported by more kinds than %s, which are brought together one by one or all; set a target for each kind", w.t.Indicator, kindWords(kinds)).
		With("indicator", w.t.Indicator).With("kind", kindWords(kinds))
}

func kindWords(kinds []hierarchy.Kind) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	return strings.Join(words, ", ")
}

// levelEnded says that there is no unit of whom it is demanded.
func (w *weighing) levelEnded() *fault.Error {
	return fault.Precondition("LEVEL_ENDED", "no unit of kind %s stands below %s on %s; the level has ended, or has not begun", kindWords(w.t.Scope.Kinds), w.plan.Unit, w.last).
		With("kind", kindWords(w.t.Scope.Kinds)).With("unit", w.plan.Unit).With("day", w.last)
}

// without says why a roll-up has no value.
func (w *weighing) without(r *rollup.Result) *fault.Error {
	switch r.State {
	case rollup.Value:
		return nil
	case rollup.NoData:
		return fault.NotFound("NO_FIGURE_YET", "no figure of %s has come in for %s", w.t.Indicator, w.span).With("indicator", w.t.Indicator).With("period", w.span)
	default:
		return fault.Precondition("ROLLUP_WITHOUT_VALUE", "the roll-up of %s for %s is %s and has no value", w.t.Indicator, w.span, r.State).
			With("indicator", w.t.Indicator).With("period", w.span).With("state", r.State)
	}
}

// subtract gives a minus b for display.
func subtract(a, b rollup.Fraction, scale figure.Scale) string {
	d := new(big.Rat).Sub(a.Rat(), b.Rat())
	return figure.QuotientBig(d.Num(), d.Denom(), 1, scale)
}
