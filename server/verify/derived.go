package verify

import (
	"math/big"
	"slices"

	"github.com/tonghop/tonghop/server/formula"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// worth is an answer with its exact numbers; nil where there is none.
type worth struct {
	Answer
	value, num, den *big.Rat
}

// derived are the answers to one question about a derived indicator, for the units that are asked about.
type derived struct {
	asked  Question // without a unit
	places map[int]int
	worths []worth
}

// isDerived says whether an indicator is computed from others.
func (m *Model) isDerived(code indicator.Code) bool {
	v, ok := m.indicators.Latest(code)
	return ok && v.Derived()
}

// possible says whether a measure can be asked of an indicator: of a derived one if it can of any figure behind it.
func (m *Model) possible(code indicator.Code, measure Measure) bool {
	for _, source := range m.indicators.Sources(code) {
		if v, ok := m.indicators.Latest(source); ok && possible(&v, measure) {
			return true
		}
	}
	return measure == AsReported
}

// derivedAnswer answers for one unit. The first question of its sort is computed for all units that will be asked about.
func (m *Model) derivedAnswer(q Question, unit int) Answer {
	asked := q
	asked.Unit = ""
	if m.lastDerived == nil || m.lastDerived.asked != asked {
		d := &derived{asked: asked, places: map[int]int{}}
		var units []int
		for _, id := range m.unitsAsked(period.Beginning, period.Forever) {
			if o, ok := m.tree.Ordinal(id); ok {
				d.places[o] = len(units)
				units = append(units, o)
			}
		}
		d.worths = m.worths(asked, units)
		m.lastDerived = d
	}
	if at, ok := m.lastDerived.places[unit]; ok {
		return m.lastDerived.worths[at].Answer
	}
	return m.worths(asked, []int{unit})[0].Answer
}

// worths answers one question for several units.
func (m *Model) worths(q Question, units []int) []worth {
	list := make([]worth, len(units))
	for i := range list {
		list[i].State = stateNoData
	}
	if !q.Period.Valid() {
		return list
	}
	if !m.isDerived(q.Indicator) {
		if c := m.column(q); c.known {
			for i, unit := range units {
				list[i] = c.result.worth(&c.totals[unit], c.self[unit])
			}
		}
		return list
	}
	_, cal, _ := m.carriers(q.Indicator)
	ind, known := m.indicators.On(q.Indicator, cal.Last(q.Period))
	if !known {
		return list
	}
	f, err := formula.Parse(ind.Formula)
	if err != nil {
		return list
	}
	var parts [][]worth
	for _, ref := range f.Rollups() {
		parts = append(parts, m.worths(m.partOf(q, ref), units))
	}
	for i := range units {
		ofUnit := make([]worth, len(parts))
		for n := range parts {
			ofUnit[n] = parts[n][i]
		}
		list[i] = derive(&ind, f, ofUnit)
	}
	return list
}

// partOf is the question that a reference asks.
func (m *Model) partOf(q Question, ref formula.Reference) Question {
	q.Indicator = indicator.Code(ref.Code)
	if !m.possible(q.Indicator, q.Measure) {
		q.Measure = AsReported
	}
	for range ref.Years * q.Period.Kind.PerYear() {
		q.Period = q.Period.Prev()
	}
	for range ref.Periods {
		q.Period = q.Period.Prev()
	}
	return q
}

// derive says what a formula comes to (R18).
func derive(ind *indicator.Indicator, f *formula.Formula, parts []worth) worth {
	var w worth
	w.cover(parts)
	states := map[string]bool{}
	amounts := make([]*big.Rat, len(f.References()))
	for n, ref := range f.References() {
		part := &parts[f.RollupOf(n)]
		amounts[n] = map[formula.Amount]*big.Rat{formula.Value: part.value, formula.Numerator: part.num, formula.Denominator: part.den}[ref.Amount]
		if amounts[n] == nil {
			states[part.State] = true
		}
	}
	if states[stateValue] { // with an amount that this version does not have
		states[stateNoData] = true
	}
	for _, state := range []string{stateNotAtPeriod, stateNotRolledUp, stateOverflow, stateNoData, stateUndefined} {
		if states[state] {
			w.State = state
			return w
		}
	}
	num, den := compute(f.Root(), amounts)
	if den.Sign() == 0 {
		w.State = stateUndefined
		return w
	}
	w.quotient(num, den, ind.Scale)
	w.Fell = slices.ContainsFunc(parts, func(p worth) bool { return p.Fell })
	return w
}

// cover takes over the coverage of the part with the lowest received / expected.
func (w *worth) cover(parts []worth) {
	share := func(a *Answer) *big.Rat {
		if a.Expected <= 0 {
			return nil
		}
		return big.NewRat(a.Received, a.Expected)
	}
	var lowest *big.Rat
	for n := range parts {
		a := &parts[n].Answer
		s := share(a)
		if n > 0 {
			w.PartsDiffer = w.PartsDiffer || (s == nil) != (lowest == nil) || s != nil && s.Cmp(lowest) != 0
		}
		w.PartsDiffer = w.PartsDiffer || a.PartsDiffer
		if n > 0 && (lowest == nil || s != nil && s.Cmp(lowest) >= 0) {
			continue
		}
		lowest = s
		differ := w.PartsDiffer
		w.Answer = *a
		w.PartsDiffer, w.Fell = differ, false
		w.State, w.Value, w.Numerator, w.Denominator, w.Last, w.DenominatorFrom = "", "", "", "", "", ""
	}
}

// compute gives a node as a fraction of whole numbers, which is not reduced; of what divides by zero the denominator is 0.
func compute(n *formula.Node, amounts []*big.Rat) (num, den *big.Int) {
	undefined := func() (*big.Int, *big.Int) { return new(big.Int), new(big.Int) }
	switch n.Op {
	case formula.Number:
		return n.Value.Num(), n.Value.Denom()
	case formula.Refer:
		return amounts[n.Reference].Num(), amounts[n.Reference].Denom()
	case formula.If:
		a, b := computed(n.Args[0], amounts), computed(n.Args[1], amounts)
		if a.zero() || b.zero() {
			return undefined()
		}
		chosen := n.Args[3]
		if holds(n.Comparison, a.minus(b).num.Sign()) {
			chosen = n.Args[2]
		}
		return compute(chosen, amounts)
	default:
	}
	so := computed(n.Args[0], amounts)
	if n.Op == formula.Negate {
		so.num = new(big.Int).Neg(so.num)
	}
	for _, arg := range n.Args[1:] {
		next := computed(arg, amounts)
		if so.zero() || next.zero() {
			return undefined()
		}
		so = so.with(n.Op, next)
	}
	return so.num, so.den
}

// fraction has a denominator that is positive, or 0 where something was divided by zero.
type fraction struct{ num, den *big.Int }

func computed(n *formula.Node, amounts []*big.Rat) fraction {
	num, den := compute(n, amounts)
	if den.Sign() < 0 {
		num, den = new(big.Int).Neg(num), new(big.Int).Neg(den)
	}
	return fraction{num, den}
}

func (a fraction) zero() bool { return a.den.Sign() == 0 }

func (a fraction) minus(b fraction) fraction {
	left, right := new(big.Int).Mul(a.num, b.den), new(big.Int).Mul(b.num, a.den)
	return fraction{left.Sub(left, right), new(big.Int).Mul(a.den, b.den)}
}

// with brings the next argument in.
func (a fraction) with(op formula.Op, b fraction) fraction {
	switch op {
	case formula.Subtract:
		return a.minus(b)
	case formula.Multiply:
		return fraction{new(big.Int).Mul(a.num, b.num), new(big.Int).Mul(a.den, b.den)}
	case formula.Divide:
		over := fraction{new(big.Int).Mul(a.num, b.den), new(big.Int).Mul(a.den, b.num)}
		if over.den.Sign() < 0 {
			over.num.Neg(over.num)
			over.den.Neg(over.den)
		}
		return over
	case formula.Min, formula.Max:
		if sign := a.minus(b).num.Sign(); sign > 0 == (op == formula.Min) {
			return b
		}
		return a
	default: // Add and Sum.
		return a.minus(fraction{new(big.Int).Neg(b.num), b.den})
	}
}

// holds says whether a comparison holds of two numbers whose difference has this sign.
func holds(c formula.Comparison, sign int) bool {
	switch c {
	case formula.Less:
		return sign < 0
	case formula.AtMost:
		return sign != 1
	case formula.Greater:
		return sign > 0
	case formula.AtLeast:
		return sign != -1
	case formula.Equal:
		return sign == 0
	default:
		return sign != 0
	}
}

// kindsAsked are the reporting kinds that are asked about one by one.
func (m *Model) kindsAsked(code indicator.Code, day period.Day) []hierarchy.Kind {
	return append([]hierarchy.Kind{""}, m.indicators.KindsOn(code, day)...)
}
