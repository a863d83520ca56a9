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
	"github.com/tonghop/tonghop/server/register"
	"github.com/tonghop/tonghop/server/rollup"
	"github.com/tonghop/tonghop/server/task"
)

// singles are the duties and registers that answer targets: what is known one by one and not as a figure of a report. They are read
// once for an evaluation, and only of what it asks for.
type singles struct {
	duties    map[indicator.Code][]task.Duty
	registers map[indicator.Code]counted
	records   map[task.Code][]map[hierarchy.ID]*task.Record
	tallies   map[indicator.Code]map[period.Period]*register.Tally
}

// counted is a register and the way in which it counts an indicator.
type counted struct {
	register.Register
	rule register.Rule
}

// single gives them, from the first question on.
func (e *evaluation) single() (*singles, error) {
	if e.singles != nil {
		return e.singles, nil
	}
	s := &singles{
		duties: map[indicator.Code][]task.Duty{}, registers: map[indicator.Code]counted{},
		records: map[task.Code][]map[hierarchy.ID]*task.Record{}, tallies: map[indicator.Code]map[period.Period]*register.Tally{},
	}
	if err := e.tx.Duties("", func(v aggregator.Versioned[task.Duty]) bool {
		d := v.Thing
		if !d.Withdrawn && d.Indicator != "" && (d.Plan == "" || plan.ID(d.Plan).Fold() == e.plan.ID.Fold()) {
			s.duties[d.Indicator.Fold()] = append(s.duties[d.Indicator.Fold()], d)
		}
		return true
	}); err != nil {
		return nil, err
	}
	if err := e.tx.Registers("", func(v aggregator.Versioned[register.Register]) bool {
		for _, c := range v.Thing.Counters {
			s.registers[c.Indicator.Fold()] = counted{v.Thing, c.Rule}
		}
		return true
	}); err != nil {
		return nil, err
	}
	e.singles = s
	return s, nil
}

// single finds what is known of a unit one by one: what it entered of a duty, or what a register counts. With kinds in the scope it is
// what the units of these kinds below it come to. False if nothing answers the indicator.
func (w *weighing) single(u hierarchy.Unit, f *HeldFigure) (bool, *fault.Error, error) {
	s, err := w.evaluation.single()
	if err != nil {
		return false, nil, err
	}
	for i := range s.duties[w.t.Indicator.Fold()] {
		d := &s.duties[w.t.Indicator.Fold()][i]
		found, why, err := w.fulfilled(s, d, u, f)
		if found || err != nil {
			return found, why, err
		}
	}
	if c, known := s.registers[w.t.Indicator.Fold()]; known {
		return true, nil, w.counted(s, &c, u, f)
	}
	return false, nil, nil
}

// fulfilled is the figure of a duty: of one unit 1 or 0, of the units of some kinds the percentage that did it. False if it is not
// asked of them.
func (w *weighing) fulfilled(s *singles, d *task.Duty, u hierarchy.Unit, f *HeldFigure) (bool, *fault.Error, error) {
	records := s.records[d.Code.Fold()]
	if records == nil {
		for _, part := range d.Parts() {
			of, err := w.recordsOf(d.Code, part.Code)
			if err != nil {
				return false, nil, err
			}
			records = append(records, of)
		}
		s.records[d.Code.Fold()] = records
	}
	on := w.last
	if w.t.Comparator == plan.ByDate && !w.asked.Valid() {
		on = w.today // its day need not be the last one of a period
	}
	on = min(on, w.today)
	did := func(u hierarchy.Unit) task.Fulfilment {
		return d.Fulfilled(w.tx.Tree(), u, on, func(step task.Step) *task.Record {
			return records[slices.IndexFunc(d.Parts(), func(p task.Step) bool { return p.Code.Same(step.Code) })][u.ID]
		})
	}
	reading := plan.Reading{Done: period.Beginning, By: w.last}
	if len(w.t.Scope.Kinds) == 0 || w.t.Scope.Each {
		one := did(u)
		if one.Owed == 0 {
			return false, nil, nil
		}
		f.Duty = d.Code
		if one.Said == 0 {
			f.Reading = reading
			return true, fault.NotFound("DUTY_NOT_ENTERED", "unit %s has entered nothing of duty %s", u.ID, d.Code).With("unit", u.ID).With("duty", d.Code), nil
		}
		reading.Value = wholeNumber(flagged(one.Done))
		reading.Done = one.Day
		f.Reading = reading
		return true, nil, nil
	}
	obliged, done := 0, 0
	w.tx.Tree().Subtree(u.ID, on, func(below hierarchy.Unit) bool {
		if one := did(below); slices.Contains(w.t.Scope.Kinds, below.Kind) && one.Owed > 0 {
			obliged++
			done += flagged(one.Done)
		}
		return true
	})
	if obliged == 0 {
		return false, nil, nil
	}
	const hundred = 100
	reading.Value = rollup.Fraction{Num: wholeNumber(done * hundred).Num, Den: wholeNumber(obliged).Num}
	f.Duty, f.Reading = d.Code, reading
	f.Result.Numerator, f.Result.Denominator = wholeNumber(done), wholeNumber(obliged)
	return true, nil, nil
}

// counted is the figure of a register.
func (w *weighing) counted(s *singles, c *counted, u hierarchy.Unit, f *HeldFigure) error {
	code := w.t.Indicator.Fold()
	t := s.tallies[code][w.span]
	if t == nil {
		tallies, err := tally(w.tx, &c.Register, []period.Period{w.span})
		if err != nil {
			return err
		}
		t = tallies[0]
		if s.tallies[code] == nil {
			s.tallies[code] = map[period.Period]*register.Tally{}
		}
		s.tallies[code][w.span] = t
	}
	n := 0
	if len(w.t.Scope.Kinds) == 0 || w.t.Scope.Each {
		all := t.Of(u.ID)
		n = all.Of(c.rule)
	} else {
		w.tx.Tree().Subtree(u.ID, w.last, func(below hierarchy.Unit) bool {
			if slices.Contains(w.t.Scope.Kinds, below.Kind) {
				own := t.Own(below.ID)
				n += own.Of(c.rule)
			}
			return true
		})
	}
	f.Register = c.Code
	f.Reading = plan.Reading{Value: wholeNumber(n), Done: period.Beginning, By: w.last}
	return nil
}

func wholeNumber(n int) rollup.Fraction {
	return rollup.Fraction{Num: rollup.WideOf(figure.Int128From(int64(n))), Den: rollup.WideOf(figure.Int128From(1))}
}
