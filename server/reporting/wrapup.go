package reporting

import (
	"context"
	"math"
	"math/big"
	"slices"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/plan"
	"github.com/tonghop/tonghop/server/rollup"
)

// Review is the wrap-up of a year of a plan.
type Review struct {
	Plan              Plan
	Year              int
	Groups            []ReviewedGroup
	Summary, Declared plan.Counts
	Counts            []plan.Comparison
	// Remarks are causes and remedies of no indicator.
	Remarks []aggregator.PlanRemark
	Stamp   Stamp
}

// ReviewedGroup is one group of a wrap-up.
type ReviewedGroup struct {
	GroupCounts
	Lines []ReviewedLine
}

// ReviewedLine is one line of a wrap-up.
type ReviewedLine struct {
	Line
	// Previous is the figure of the year before; its period is none where there is none to ask for.
	Previous HeldFigure
	// Change is this year's value minus last year's, of ranks in places; empty where one is missing.
	Change  string
	Remarks []aggregator.PlanRemark
	// PreviousUnits are of a target of every single unit: the units of the year before, held against the same target.
	PreviousUnits *plan.Counts
}

// maxRemarks is how many causes and remedies a wrap-up brings.
const maxRemarks = 1000

// ReviewPlan wraps a year of a plan up.
func (s *Service) ReviewPlan(ctx context.Context, caller auth.Caller, id string, year int, basis rollup.Basis, at At) (Review, error) {
	var review Review
	err := s.readAt(ctx, caller, at, 0, func(tx *aggregator.Tx, who granted) error {
		if err := who.need(auth.Read); err != nil {
			return err
		}
		v, err := who.plan("name", id)
		if err != nil {
			return err
		}
		if year == 0 {
			year = v.Thing.Years[len(v.Thing.Years)-1]
		}
		e := evaluation{
			granted: who, q: EvaluationQuery{Plan: id, Year: year, Basis: basis}, carriers: s.carriersOf(tx), out: &Evaluation{Stamp: stampOf(tx)},
			most: math.MaxInt, // there is one page
		}
		if err := e.run(largestPage); err != nil {
			return err
		}
		if e.out.Next != "" {
			return fault.Precondition("PLAN_TOO_LARGE", "plan %s has more lines of %d than one wrap-up brings; evaluate it page by page", v.Thing.ID, year).
				With("plan", v.Thing.ID).With("year", year)
		}
		review = Review{
			Plan: shownPlan(v), Year: year, Summary: e.out.Summary, Declared: e.out.Declared, Counts: e.out.Counts, Stamp: e.out.Stamp,
		}
		return review.fill(&e)
	})
	return review, err
}

// fill puts the lines into their groups.
func (r *Review) fill(e *evaluation) error {
	r.Groups = make([]ReviewedGroup, len(e.out.Groups))
	for i := range e.out.Groups {
		r.Groups[i].GroupCounts = e.out.Groups[i]
	}
	remarks := map[string][]aggregator.PlanRemark{}
	count := 0
	if err := e.tx.Remarks(e.plan.ID, 0, func(one aggregator.PlanRemark) bool {
		if one.Kind == plan.Comment || one.Year != 0 && one.Year != r.Year || !e.reads(one.Unit, period.DayOf(one.Time)) {
			return true
		}
		remarks[string(one.Indicator.Fold())] = append(remarks[string(one.Indicator.Fold())], one)
		count++
		return count < maxRemarks
	}); err != nil {
		return err
	}
	r.Remarks = remarks[""]
	earlier, err := e.unitsBefore()
	if err != nil {
		return err
	}
	for at, l := range e.out.Lines {
		line := ReviewedLine{Line: l, PreviousUnits: earlier[at]}
		if err := e.before(&line); err != nil {
			return err
		}
		line.Remarks = remarks[string(l.code().Fold())]
		group := l.Group
		if group < 0 {
			group = len(e.plan.Groups)
		}
		r.Groups[group].Lines = append(r.Groups[group].Lines, line)
	}
	for i := range r.Groups {
		slices.SortStableFunc(r.Groups[i].Lines, func(a, b ReviewedLine) int { return int(a.Status) - int(b.Status) })
	}
	return nil
}

// unitsBefore counts, by the place of the line, the units of targets of every single unit by what they would have been a year before.
func (e *evaluation) unitsBefore() (map[int]*plan.Counts, error) {
	var each []*weighingEach
	for at := range e.out.Lines {
		l := &e.out.Lines[at]
		if l.Units == nil {
			continue
		}
		t := l.Target.Thing
		t.Year--
		t.Due = period.Forever
		w := e.weigh(t)
		if w.hopeless != nil {
			continue
		}
		one, err := w.each(at)
		if err != nil {
			return nil, err
		}
		each = append(each, one)
	}
	if err := e.lookAtUnits(each); err != nil {
		return nil, err
	}
	counts := map[int]*plan.Counts{}
	for _, t := range each {
		counts[t.at] = &t.counts
	}
	return counts, nil
}

// before finds the figure of the year before; of targets of every single unit there is no one figure.
func (e *evaluation) before(l *ReviewedLine) error {
	if l.Units != nil {
		return nil
	}
	var t plan.Target
	if l.Target != nil {
		t = l.Target.Thing
	} else {
		t = plan.Target{Indicator: l.code(), Scope: l.Declared.Thing.Scope}
	}
	t.Year--
	if l.Target == nil {
		t.Year = e.year - 1
	}
	t.Comparator, t.Value, t.Due = 0, "", period.Forever
	w := e.weigh(t)
	unit := e.plan.Unit
	if t.Scope.Unit != "" {
		unit = t.Scope.Unit
	}
	f, _, err := w.figure(unit)
	if err != nil {
		return err
	}
	l.Previous = f
	now, before := &l.Figure.Reading, &f.Reading
	if !now.Value.Exists() || !before.Value.Exists() || now.Ranked != before.Ranked {
		return nil
	}
	change := new(big.Rat).Sub(now.Value.Rat(), before.Value.Rat())
	if now.Ranked != 0 {
		change.Neg(change)
	}
	scale := figure.Scale(0)
	if l.Indicator != nil {
		scale = l.Indicator.Scale
	} else if a, err := plan.ParseAmount(l.Figure.published()); err == nil {
		scale = a.Digits()
	}
	l.Change = figure.QuotientBig(change.Num(), change.Denom(), 1, scale)
	return nil
}

// published is the value of an outside figure as it was written.
func (f *HeldFigure) published() string {
	if f.Outside == nil {
		return ""
	}
	return f.Outside.Value
}
