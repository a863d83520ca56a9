package aggregator

import (
	"slices"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// Series asks for one indicator in one period, of unit after unit: what does not depend on the unit is found once. It
// gives what Rollup gives, belongs to its transaction, and is not for several goroutines.
type Series struct {
	u question
	// forms are those that may carry the indicator, finisher what makes the result, as far as the roll-ups are made of rows
	// alone; fromRows says for which kinds of unit they are.
	forms    []seriesForm
	finisher rollup.Finisher
	fromRows []bool
	// single is the only cell that answers are made of; nil if there are several.
	single *seriesCell
	// shared is what all answers have in common, made for the first.
	shared *Answer
	// lineage is of the cell that was asked for last.
	lineage Lineage
	// derivation is there of a derived indicator, and parts are the series of what it asks for; nil for a period before all.
	derivation *derivation
	parts      []*Series
	// own reads what units gave themselves; nil where each unit is asked by itself. results has room for those of parts.
	own     *ownReports
	results []rollup.Result
}

// seriesForm is one form of a series.
type seriesForm struct {
	codes []form.Code // its own
	owed  *expectation
	kinds []uint16
	cells []seriesCell
}

// seriesCell is a cell that the answer for a unit is made of, without the unit.
type seriesCell struct {
	key   rowKey
	plank *plank
	place uint32
	// at is where the cell stood in the row before.
	at int
	// lean reads it where totals stand side by side.
	lean leanReader
	// grown says that the scale has grown since rows of this span were made, and scale what it was.
	grown bool
	scale figure.Scale
}

// Series begins a series; the unit of the query does not matter.
func (t *Tx) Series(q Query) (*Series, error) {
	u, err := t.askOf(q)
	if err != nil {
		return nil, err
	}
	s := &Series{u: *u}
	if u.i.derived {
		return s, s.prepareDerived()
	}
	if !t.writing && !u.i.uneven && !u.gathered && t.asOf == nil {
		s.prepare()
	}
	return s, nil
}

// prepare finds what is the same for all units. Where forms differ in their calendar, or the indicator did not exist, or
// the period is shorter than the base period, each unit is asked by itself.
func (s *Series) prepare() {
	u := &s.u
	for n, c := range u.i.carriers {
		u.f = &u.x.forms[c]
		if from, to := u.f.window(u.q.Period, u.since); from >= to || !u.turn() {
			return
		}
		if n > 0 && u.f.calendar != u.x.forms[u.i.carriers[0]].calendar {
			return
		}
		s.forms = append(s.forms, s.form())
	}
	if len(s.forms) == 0 {
		return
	}
	s.finisher = rollup.NewFinisher(u.version, u.q.Measure, u.q.Period, u.f.frequency)
	if f := &s.forms[0]; len(s.forms) == 1 && len(f.kinds) == 1 && len(f.cells) == 1 && !f.cells[0].grown {
		s.single = &f.cells[0]
	}
	kinds := u.kinds()
	s.fromRows = make([]bool, len(u.x.kinds))
	for n, kind := range u.x.kinds {
		added := slices.Contains(kinds, uint16(n)) //nolint:gosec // kinds are few
		s.fromRows[n] = !added && (u.q.Kind != "" || !u.version.Checks(kind))
	}
	s.own = s.prepareOwn()
}

// form lists the cells of the form that is looked at.
func (s *Series) form() seriesForm {
	u := &s.u
	f := seriesForm{codes: []form.Code{u.f.code}, kinds: u.kinds(), owed: u.t.expectation(u.x, u.f, u.i, u.q.Period, u.since)}
	for _, kind := range f.kinds {
		_ = u.eachCell(func(span period.Period, sl slot) error {
			c := seriesCell{key: u.rowKey(span, kind), place: placeOf(cellID(u.i.number, sl), blockOf(u.i.number))}
			c.plank = u.t.plankOf(c.key, u.x.kinds)
			if at := u.i.on(u.f.calendar.Last(span)); at >= 0 {
				c.scale = u.i.versions[at].Scale
				c.grown = c.scale < u.version.Scale
			}
			f.cells = append(f.cells, c)
			return nil
		})
	}
	return f
}

// FromRows says whether the roll-up of a unit, by its ordinal, is made of rows alone; else of what the unit itself gave
// too, which takes much longer.
func (s *Series) FromRows(unit int) bool {
	if s.derivation != nil {
		return !slices.ContainsFunc(s.parts, func(part *Series) bool { return part != nil && !part.FromRows(unit) })
	}
	return s.fromRows != nil && s.fromRows[s.u.x.kind[unit]] && (s.u.placing == nil || !s.u.placing.Touched(unit))
}

// Rollup gives the roll-up of a unit, by its ordinal.
func (s *Series) Rollup(unit int) (Answer, error) {
	if s.derivation != nil {
		return s.derive(unit)
	}
	if !s.FromRows(unit) {
		return s.alone(unit)
	}
	if s.shared == nil {
		s.shared = s.common()
	}
	a := *s.shared
	a.Unit = s.u.x.tree.At(unit)
	var expected rollup.Expected
	if err := s.gather(unit, &expected, &a); err != nil {
		return Answer{}, err
	}
	a.Result = s.finisher.Finish(&s.u.t.sum, expected)
	s.pass(&a.Result)
	a.LastPeriod = a.Result.From
	return a, nil
}

// Exact gives the result of a unit, by its ordinal, with its exact numbers; it may be without texts.
func (s *Series) Exact(unit int, r *rollup.Result) error {
	switch {
	case s.derivation != nil:
		return s.exactDerived(unit, r)
	case s.FromRows(unit):
	case s.addsOwn(unit):
		return s.exactWithOwn(unit, r)
	default:
		a, err := s.Rollup(unit)
		*r = a.Result
		return err
	}
	var expected rollup.Expected
	if err := s.gather(unit, &expected, nil); err != nil {
		return err
	}
	*r = rollup.Result{}
	s.finisher.Exact(&s.u.t.sum, expected, r)
	s.pass(r)
	return nil
}

// common gives what all answers have in common.
func (s *Series) common() *Answer {
	f, span := s.u.f, s.u.q.Period
	return &Answer{
		Base: f.frequency, Calendar: f.calendar, FirstDay: f.calendar.First(span), LastDay: f.calendar.Last(span), Indicator: s.u.version,
		Lineage: Lineage{TreeDay: max(f.calendar.Last(span), s.u.q.Tree)},
	}
}

// Plain gives the result where it is made of one total that stands side by side with those of other units, and false
// else: Cell gives it then.
func (s *Series) Plain(unit int, p *rollup.Plain) bool {
	if s.single == nil || !s.FromRows(unit) {
		return false
	}
	f, inner := &s.forms[0], s.u.x.inner[unit]
	if inner < 0 {
		return false
	}
	total := s.u.t.leanTotal(s.single, unit)
	return total != nil && s.finisher.PlainOf(total, int64(f.owed.cells[int(inner)*f.owed.kinds+int(f.kinds[0])].owed), p)
}

// Cell gives the result alone, in short if it can and then says so, else the other one. Where that is made of rows it has no
// texts.
func (s *Series) Cell(unit int, short *rollup.Short, r *rollup.Result) (bool, error) {
	if s.derivation != nil || !s.FromRows(unit) {
		a, err := s.Rollup(unit)
		*r, s.lineage = a.Result, a.Lineage
		return false, err
	}
	s.lineage = Lineage{}
	if s.single != nil {
		if done, err := s.fromOne(unit, short); err != nil || done {
			return true, err
		}
	}
	var expected rollup.Expected
	if err := s.gather(unit, &expected, nil); err != nil {
		return false, err
	}
	if s.finisher.Short(&s.u.t.sum, expected, short) {
		return true, nil
	}
	*r = rollup.Result{}
	s.finisher.Exact(&s.u.t.sum, expected, r)
	s.pass(r)
	return false, nil
}

// fromOne makes the result from the one cell that there is; false if that is not so easy.
func (s *Series) fromOne(unit int, short *rollup.Short) (bool, error) {
	f, c := &s.forms[0], s.single
	inner := s.u.x.inner[unit]
	if inner < 0 {
		return false, nil
	}
	owed := &f.owed.cells[int(inner)*f.owed.kinds+int(f.kinds[0])]
	k := c.key
	k.unit = uint32(unit) //nolint:gosec // an ordinal
	row, err := s.u.t.shelved(c.plank, k, s.u.x.kinds)
	if err != nil {
		return false, err
	}
	at := row.find(c.place, c.at)
	if at < 0 {
		return false, nil
	}
	c.at = at
	return s.finisher.ShortOf(row.bytes(at), owed.expected(), short), nil
}

// Lineage tells of the cell that Cell gave last how it goes over a change of the tree, where it does; its day is that of all.
func (s *Series) Lineage() Lineage { return s.lineage }

// Reports gives about how many reports the roll-up of a unit is made of because a change of the tree lies in it; 0 where
// none does.
func (s *Series) Reports(unit int) (int, error) {
	reports := 0
	for _, part := range s.parts {
		if part == nil {
			continue
		}
		n, err := part.Reports(unit)
		if err != nil {
			return 0, err
		}
		reports += n
	}
	if s.derivation != nil {
		return reports, nil
	}
	if s.u.placing == nil || !s.u.placing.Touched(unit) {
		return 0, nil
	}
	q := s.u.q
	q.Unit = s.u.x.tree.At(unit).ID
	u, err := s.u.t.ask(q)
	if err != nil {
		return 0, err
	}
	if _, held := u.heldBy(); held {
		return 0, nil
	}
	u.makeParcel()
	return int(min(u.reports(), maxAcross)), nil
}

// Crosses says whether a change of the tree lies in what is asked.
func (t *Tx) Crosses(q Query) (bool, error) {
	u, err := t.askOf(q)
	if err != nil || !u.i.derived {
		return err == nil && u.placing != nil, err
	}
	return len(u.x.changes) > 0, nil // for those that it is computed from
}

// Version gives the version of the period's last day, at whose scale the numbers are shown. It is not to be changed.
func (s *Series) Version() *indicator.Indicator {
	if s.derivation != nil {
		return s.derivation.version
	}
	var calendar period.Calendar
	if carriers := s.u.i.carriers; len(carriers) > 0 {
		calendar = s.u.x.forms[carriers[0]].calendar
	}
	return &s.u.i.versions[max(0, s.u.i.on(calendar.Last(s.u.q.Period)))]
}

// alone asks for one unit by itself.
func (s *Series) alone(unit int) (Answer, error) {
	q := s.u.q
	q.Unit = s.u.x.tree.At(unit).ID
	return s.u.t.Rollup(q)
}

// pass takes away what no other unit may be given: here no unit's own report is in the answer.
func (s *Series) pass(r *rollup.Result) {
	if r.Single {
		withdraw(r)
	}
}

// gather merges the rows of a unit into the sum of the transaction, and notes in the answer, if there is one, which forms give something.
func (s *Series) gather(unit int, expected *rollup.Expected, a *Answer) error {
	s.u.t.sum = rollup.Total{}
	inner := s.u.x.inner[unit]
	if inner < 0 {
		return nil
	}
	for n := range s.forms {
		f := &s.forms[n]
		var owed rollup.Expected
		for _, kind := range f.kinds {
			owed.Merge(f.owed.cells[int(inner)*f.owed.kinds+int(kind)].expected())
		}
		expected.Merge(owed)
		given := false
		for c := range f.cells {
			merged, err := s.merge(&f.cells[c], unit)
			if err != nil {
				return err
			}
			given = given || merged
		}
		switch {
		case a == nil || !given && owed.Owed == 0:
		case a.Forms == nil:
			a.Forms = f.codes
		default:
			a.Forms = append(slices.Clip(a.Forms), f.codes...)
		}
	}
	return nil
}

// merge adds what a cell holds of a unit; false if it holds nothing.
func (s *Series) merge(c *seriesCell, unit int) (bool, error) {
	k := c.key
	k.unit = uint32(unit) //nolint:gosec // an ordinal
	row, err := s.u.t.shelved(c.plank, k, s.u.x.kinds)
	if err != nil {
		return false, err
	}
	at := row.find(c.place, c.at)
	if at < 0 {
		return false, nil
	}
	c.at = at
	if !c.grown {
		if !s.u.t.sum.MergeBinary(row.bytes(at)) {
			return false, rollupBucket.damaged(k.append(nil, s.u.x.kinds))
		}
		return true, nil
	}
	total, ok := row.total(c.place)
	if !ok {
		return false, rollupBucket.damaged(k.append(nil, s.u.x.kinds))
	}
	total.Rescale(*s.u.version, c.scale, s.u.version.Scale)
	s.u.t.sum.Merge(total)
	return true, nil
}
