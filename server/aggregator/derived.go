package aggregator

import (
	"slices"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/formula"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// Part is a roll-up that a derived indicator is computed from (R18).
type Part struct {
	// Indicator is the version of its period's last day, which is not to be changed.
	Indicator *indicator.Indicator
	// Period is that of the answer or an earlier one; no period where that would lie before all periods.
	Period  period.Period
	LastDay period.Day
	// Measure is the one that was asked for, or AS_REPORTED where the indicator has no other.
	Measure rollup.Measure
	Result  rollup.Result
}

// derivation is a derived indicator in one period: what its roll-ups have in common, whatever the unit. Nothing of it is
// kept in the file: it is computed from the roll-ups of the parts when it is asked.
type derivation struct {
	version *indicator.Indicator
	// formula is nil where the indicator did not exist yet; questions are those after its parts, without a unit.
	formula   *formula.Formula
	questions []Query
	calendar  period.Calendar
}

// derivation finds the formula of the period's last day and what it asks for.
func (u *question) derivation() (derivation, error) {
	calendar, err := u.sharedCalendar()
	if err != nil {
		return derivation{}, err
	}
	at := u.i.on(calendar.Last(u.q.Period))
	d := derivation{version: &u.i.versions[max(0, at)], calendar: calendar}
	if at < 0 || u.i.formulas[at] == nil {
		return d, nil
	}
	d.formula = u.i.formulas[at]
	for _, ref := range d.formula.Rollups() {
		q := u.q
		q.Unit, q.Indicator = "", indicator.Code(ref.Code)
		q.Period = u.q.Period.ShiftYears(-ref.Years).Shift(-ref.Periods)
		if number, ok := u.x.number(q.Indicator); ok && !u.x.possible(number, q.Measure) {
			q.Measure = rollup.AsReported
		}
		d.questions = append(d.questions, q)
	}
	return d, nil
}

// sharedCalendar gives the calendar of the forms that carry the sources.
func (u *question) sharedCalendar() (period.Calendar, error) {
	var first *formIndex
	for _, source := range u.i.sources {
		for _, c := range u.x.indicators[source].carriers {
			f := &u.x.forms[c]
			if first == nil {
				first = f
			}
			if f.calendar != first.calendar {
				return 0, fault.Invalid("CALENDARS_MIXED",
					"indicator %s is computed from figures that form %s asks for by the calendar %s, and form %s by %s; ask for the parts one by one",
					u.i.code, first.code, first.calendar, f.code, f.calendar).
					With("indicator", u.i.code).With("form", first.code).With("other", f.code).In("indicator")
			}
		}
	}
	if first == nil {
		return period.CutoffFifteenth, nil
	}
	return first.calendar, nil
}

// possible says whether a measure can be asked of an indicator: of a derived one if it can of any that it is computed from.
func (x *index) possible(number uint32, m rollup.Measure) bool {
	i := &x.indicators[number]
	if !i.derived {
		return rollup.Possible(i.versions[0], m)
	}
	return m == rollup.AsReported || slices.ContainsFunc(i.sources, func(source uint32) bool { return x.possible(source, m) })
}

// Possible says whether a measure can be asked of an indicator.
func (t *Tx) Possible(code indicator.Code, m rollup.Measure) bool {
	x := t.snap.derived()
	number, ok := x.number(code)
	return ok && x.possible(number, m)
}

// answer computes the roll-up of the unit in the answer from those of the parts; ask gives the one with that place.
func (d *derivation) answer(a *Answer, span period.Period, ask func(n int) (Answer, error)) error {
	a.Indicator, a.Calendar, a.Base = d.version, d.calendar, span.Kind
	a.FirstDay, a.LastDay = d.calendar.First(span), d.calendar.Last(span)
	if d.formula == nil {
		return nil // NO_DATA is the zero value
	}
	results := make([]rollup.Result, len(d.questions))
	a.Parts = make([]Part, len(d.questions))
	for n := range d.questions {
		part, err := ask(n)
		if err != nil {
			return err
		}
		a.take(&part)
		results[n] = part.Result
		a.Parts[n] = Part{
			Indicator: part.Indicator, Period: d.questions[n].Period, LastDay: part.LastDay, Measure: d.questions[n].Measure, Result: part.Result,
		}
	}
	var lacking []formula.Reference
	a.Result, lacking = rollup.Derive(d.version, d.formula, results)
	for _, ref := range lacking {
		a.Lacking = append(a.Lacking, ref.String())
	}
	return nil
}

// take takes over what an answer says of all its parts together.
func (a *Answer) take(part *Answer) {
	a.Leaves += max(1, part.Leaves)
	if len(part.Forms) > 0 {
		a.Base = min(a.Base, part.Base)
	}
	for _, code := range part.Forms {
		if !slices.Contains(a.Forms, code) {
			a.Forms = append(a.Forms, code)
		}
	}
}

// derive answers from the roll-ups of the parts.
func (u *question) derive() (Answer, error) {
	d, err := u.derivation()
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Unit: u.x.tree.At(u.unit)}
	err = d.answer(&a, u.q.Period, func(n int) (Answer, error) {
		q := d.questions[n]
		if q.Unit = u.q.Unit; !q.Period.Valid() {
			return u.beforeAll(q), nil
		}
		return u.t.Rollup(q)
	})
	return a, err
}

// beforeAll is the answer for a period that lies before all periods.
func (u *question) beforeAll(q Query) Answer {
	a := Answer{}
	if number, ok := u.x.number(q.Indicator); ok {
		a.Indicator = &u.x.indicators[number].versions[0]
	}
	return a
}

// prepareDerived begins a series for each part.
func (s *Series) prepareDerived() error {
	d, err := s.u.derivation()
	if err != nil {
		return err
	}
	s.derivation = &d
	for _, q := range d.questions {
		if !q.Period.Valid() {
			s.parts = append(s.parts, nil)
			continue
		}
		part, err := s.u.t.Series(q)
		if err != nil {
			return err
		}
		s.parts = append(s.parts, part)
	}
	return nil
}

// derive gives the roll-up of a unit, by its ordinal, from those of the parts.
func (s *Series) derive(unit int) (Answer, error) {
	a := Answer{Unit: s.u.x.tree.At(unit)}
	err := s.derivation.answer(&a, s.u.q.Period, func(n int) (Answer, error) {
		if s.parts[n] == nil {
			return s.u.beforeAll(s.derivation.questions[n]), nil
		}
		return s.parts[n].Rollup(unit)
	})
	return a, err
}

// Leaves is how many roll-ups of reported indicators one answer is computed from; 0 if it is reported itself.
func (s *Series) Leaves() int {
	leaves := 0
	for _, part := range s.parts {
		if part == nil {
			leaves++
		} else {
			leaves += max(1, part.Leaves())
		}
	}
	return leaves
}
