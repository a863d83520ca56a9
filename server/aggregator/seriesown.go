package aggregator

import (
	"math/bits"

	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// ownReports read what units gave themselves, unit after unit, in a series of one form: what the units have in common is found
// once, as it is of rows.
type ownReports struct {
	leaf leaf
	// adds says for which kinds of unit their own figures are added.
	adds []bool
	// asked are the base periods of the span, as bits of the year, last the place of the last one.
	asked uint16
	last  int
	// plain says that leaf.plain gives the contribution.
	plain   bool
	span    period.Period
	measure rollup.Measure
}

// prepareOwn makes ready to read what units gave themselves; nil where several forms carry the indicator.
func (s *Series) prepareOwn() *ownReports {
	u := &s.u
	if len(u.i.carriers) != 1 {
		return nil
	}
	o := &ownReports{span: u.q.Period, measure: u.q.Measure, leaf: leaf{t: u.t, x: u.x, basis: u.q.Basis}, adds: make([]bool, len(u.x.kinds))}
	if !o.leaf.ask(u.i, u.f, o.span) {
		return nil
	}
	for _, kind := range u.kinds() {
		o.adds[kind] = true
	}
	from, to := u.f.window(o.span, u.since)
	o.asked, o.last = uint16(1)<<to-uint16(1)<<from, to-1
	o.plain = u.i.sums && o.span.Kind == u.f.frequency && u.q.Measure == rollup.AsReported
	return o
}

// addsOwn says whether the figures of the unit itself are added in the roll-up that is asked for, and nothing else is in it than they
// and rows.
func (s *Series) addsOwn(unit int) bool {
	return s.own != nil && s.own.adds[s.u.x.kind[unit]] && (s.u.placing == nil || !s.u.placing.Touched(unit))
}

// exactWithOwn is Exact of such a unit.
func (s *Series) exactWithOwn(unit int, r *rollup.Result) error {
	var expected rollup.Expected
	if err := s.gather(unit, &expected, nil); err != nil {
		return err
	}
	o := s.own
	owed := o.leaf.owing.mask(unit) & o.asked
	if owed != 0 {
		expected.Merge(rollup.Expected{Owed: int64(bits.OnesCount16(owed)), Last: int64(owed >> o.last), Units: 1})
		total, err := o.total(unit)
		if err != nil {
			return err
		}
		s.u.t.sum.Merge(total)
	}
	*r = rollup.Result{}
	s.finisher.Exact(&s.u.t.sum, expected, r)
	if owed == 0 {
		s.pass(r)
	}
	return nil
}

// total gives what a unit contributes.
func (o *ownReports) total(unit int) (rollup.Total, error) {
	l := &o.leaf
	l.unit, l.year = unit, l.t.year(l.f, unit, o.span.Year)
	if o.plain {
		return l.plain(o.span), l.err
	}
	return rollup.Contribute(*l.version, o.measure, o.span, l.f.frequency, l), l.err
}

// exactDerived is Exact of what is computed.
func (s *Series) exactDerived(unit int, r *rollup.Result) error {
	*r = rollup.Result{}
	d := s.derivation
	if d.formula == nil {
		return nil
	}
	if s.results == nil {
		s.results = make([]rollup.Result, len(s.parts))
	}
	for n, part := range s.parts {
		if part == nil {
			continue // before all periods there is nothing
		}
		if err := part.Exact(unit, &s.results[n]); err != nil {
			return err
		}
	}
	*r, _ = rollup.Derive(d.version, d.formula, s.results)
	return nil
}

// Forget lets go of the reports that were read, for whoever reads many and comes back to none. As of an earlier entry they are few,
// and each is counted when it is read.
func (t *Tx) Forget() {
	if t.writing || t.asOf != nil {
		return
	}
	t.memory.forgetViews()
	clear(t.memory.words)
}
