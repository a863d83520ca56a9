package aggregator_test

import (
	"math/big"
	"slices"
	"time"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// oracle knows what was sent as plain maps and adds everything up from nothing, each time it is asked. It shares with
// the aggregator the rules of one unit (rollup.Contribute) and the words of assignments, but no incremental step; for
// the plain rules there is also byHand, which knows not even those.
type oracle struct {
	tree    *hierarchy.Tree
	cat     *indicator.Catalogue
	forms   *form.Set
	links   []hierarchy.Link
	reports map[entry.ReportKey]*told
	out     map[entry.ReportKey]bool // the obligations that were taken out
	owed    map[owedCase]owedForm
}

// owedCase is a question of who owes what, which is asked again and again; tree, catalogue and forms forget the answers.
type owedCase struct {
	unit     hierarchy.ID
	code     indicator.Code
	base     period.Period
	calendar period.Calendar
}

type owedForm struct {
	code  form.Code
	scale figure.Scale
	ok    bool
}

// told is what happened to one report.
type told struct {
	revisions []toldRevision
	late      bool
	sent      bool
}

type toldRevision struct {
	number  int
	state   aggregator.RevisionState
	figures map[uint32]figure.Figure
}

func newOracle() *oracle {
	return &oracle{
		tree: hierarchy.Empty(), cat: indicator.Empty(), forms: form.Empty(), reports: map[entry.ReportKey]*told{}, out: map[entry.ReportKey]bool{},
	}
}

func (o *oracle) apply(body entry.Body, at time.Time) {
	switch body.(type) {
	case entry.UnitsChanged, entry.UnitsReorganised, entry.IndicatorsChanged, entry.FormsChanged:
		o.owed = map[owedCase]owedForm{}
	}
	switch b := body.(type) {
	case entry.UnitsChanged:
		o.tree, _ = o.tree.With(b.Units...)
	case entry.UnitsReorganised:
		o.tree, _ = o.tree.Reorganised(b.Reorganisation)
		o.links = append(o.links, b.Links...)
	case entry.IndicatorsChanged:
		var list []indicator.Indicator
		for _, i := range b.Indicators {
			list = append(list, i.Indicator)
		}
		o.cat, _, _ = o.cat.With(nil, list...)
	case entry.FormsChanged:
		var list []form.Form
		for _, f := range b.Forms {
			list = append(list, f.Form)
		}
		o.forms, _, _ = o.forms.With(o.tree, o.cat, list...)
	case entry.ReportsSubmitted:
		for _, s := range b.Reports {
			o.submit(s, at)
		}
	case entry.ReportApproved:
		o.set(b.Key, aggregator.Approved, aggregator.Superseded)
		o.set(b.Key, aggregator.Submitted, aggregator.Approved)
	case entry.ObligationExcluded:
		o.out[b.Key] = true
	case entry.ExclusionLifted:
		delete(o.out, b.Key)
	case entry.ReportReturned:
		r := o.reports[b.Key]
		for i := range r.revisions {
			if r.revisions[i].number == b.Revision {
				r.revisions[i].state = aggregator.Returned
			}
		}
	}
}

func (o *oracle) submit(s entry.Submission, at time.Time) {
	r := o.reports[s.Key]
	if r == nil {
		r = &told{}
		o.reports[s.Key] = r
	}
	rev := toldRevision{number: s.Revision, state: aggregator.Draft, figures: map[uint32]figure.Figure{}}
	for _, f := range s.Figures {
		rev.figures[f.Number] = f.Figure
	}
	if !s.Draft {
		o.set(s.Key, aggregator.Submitted, aggregator.Superseded)
		rev.state = aggregator.Submitted
		r.late = r.late || !r.sent && !s.Deadline.IsZero() && !at.Before(s.Deadline)
		r.sent = true
	}
	r.revisions = append(r.revisions, rev)
}

func (o *oracle) set(k entry.ReportKey, from, to aggregator.RevisionState) {
	r := o.reports[k]
	for i := range r.revisions {
		if r.revisions[i].state == from {
			r.revisions[i].state = to
		}
	}
}

// inForce gives the figures that count.
func (o *oracle) inForce(k entry.ReportKey, b rollup.Basis) (map[uint32]figure.Figure, *told) {
	r := o.reports[k]
	if r == nil || o.out[k] {
		return nil, nil
	}
	for _, rev := range slices.Backward(r.revisions) {
		if rev.state == aggregator.Approved || b == rollup.Provisional && rev.state == aggregator.Submitted {
			return rev.figures, r
		}
	}
	return nil, r
}

// asked is one indicator of one unit in one basis; it implements rollup.Figures.
type asked struct {
	o        *oracle
	unit     hierarchy.Unit
	basis    rollup.Basis
	version  indicator.Indicator
	calendar period.Calendar
}

// owes finds the form by which the unit owes an indicator for a base period.
func (a asked) owes(code indicator.Code, base period.Period) owedForm {
	at := owedCase{a.unit.ID, code, base, a.calendar}
	if known, ok := a.o.owed[at]; ok {
		return known
	}
	found := a.findForm(code, base)
	a.o.owed[at] = found
	return found
}

func (a asked) findForm(code indicator.Code, base period.Period) owedForm {
	for _, c := range a.o.forms.Codes() {
		for _, f := range a.o.forms.Versions(c) {
			if f.Frequency != base.Kind || code.Same(a.version.Code) && f.Calendar != a.calendar {
				continue
			}
			last := f.Calendar.Last(base)
			in, ok := a.o.forms.On(c, last)
			i, known := a.o.cat.On(code, last)
			if !ok || !known {
				continue
			}
			i.ReportedBy = []hierarchy.Kind{a.unit.Kind}
			if owes, _ := form.Reports(in, i, a.o.tree, a.unit, base); owes {
				return owedForm{code: in.Code, scale: i.Scale, ok: true}
			}
		}
	}
	return owedForm{}
}

func (a asked) At(code indicator.Code, base period.Period) (figure.Figure, figure.Scale) {
	f := a.owes(code, base)
	if !f.ok {
		return figure.Figure{}, 0
	}
	figures, _ := a.o.inForce(entry.ReportKey{Unit: a.unit.ID, Form: f.code, Period: base}, a.basis)
	number, _ := a.o.cat.Ordinal(code)
	return figures[uint32(number)], f.scale
}

func (a asked) Late(base period.Period) bool {
	f := a.owes(a.version.Code, base)
	if !f.ok {
		return false
	}
	_, r := a.o.inForce(entry.ReportKey{Unit: a.unit.ID, Form: f.code, Period: base}, a.basis)
	return r != nil && r.late
}

func (a asked) Excluded(base period.Period) bool {
	f := a.owes(a.version.Code, base)
	return f.ok && a.o.out[entry.ReportKey{Unit: a.unit.ID, Form: f.code, Period: base}]
}

func (a asked) Owed(base period.Period) bool { return a.owes(a.version.Code, base).ok }

func (a asked) Other(code indicator.Code) (indicator.Part, bool) {
	i, ok := a.o.cat.Latest(code)
	return i.Value, ok
}

// cadence gives frequency and calendar of the forms that carry an indicator; stories give an indicator only one.
func (o *oracle) cadence(code indicator.Code) (period.Kind, period.Calendar) {
	for _, c := range o.forms.Codes() {
		for _, f := range o.forms.Versions(c) {
			if f.Carries(code) {
				return f.Frequency, f.Calendar
			}
		}
	}
	return period.Year, period.Civil
}

// members are the unit and all below it, of one kind, or of all that are added.
func (o *oracle) members(unit hierarchy.ID, version indicator.Indicator, kind hierarchy.Kind) []hierarchy.Unit {
	var list []hierarchy.Unit
	for n := range o.tree.Len() {
		u := o.tree.At(n)
		if !version.Adds(u.Kind) || kind != "" && kind != u.Kind {
			continue
		}
		for up := u; ; up, _ = o.tree.Unit(up.Parent) {
			if up.ID == unit {
				list = append(list, u)
			}
			if up.ID == unit || up.Parent == "" {
				break
			}
		}
	}
	return list
}

// rollup is the answer made from nothing.
func (o *oracle) rollup(q aggregator.Query) (rollup.Result, period.Kind) {
	base, calendar := o.cadence(q.Indicator)
	version, ok := o.cat.On(q.Indicator, calendar.Last(q.Period))
	if !ok {
		version, _ = o.cat.Latest(q.Indicator)
	}
	var total rollup.Total
	var expected rollup.Expected
	members := o.members(q.Unit, version, q.Kind)
	own := false
	for _, u := range members {
		f := asked{o: o, unit: u, basis: q.Basis, version: version, calendar: calendar}
		e := rollup.Expect(version, q.Measure, q.Period, base, f)
		own = own || u.ID == q.Unit && e.Units > 0
		expected.Merge(e)
		total.Merge(rollup.Contribute(version, q.Measure, q.Period, base, f))
	}
	r := rollup.Finish(version, q.Measure, q.Period, base, total, expected)
	if r.Single && !own {
		r.State, r.Value, r.Display, r.Single = rollup.NotRolledUp, rollup.Fraction{}, "", false
	}
	return r, base
}

// byHand brings together one of the plain rules with fractions of math/big and nothing of the house. It gives no value
// where there is none, and how many figures were received.
func (o *oracle) byHand(q aggregator.Query) (*big.Rat, int64) {
	base, calendar := o.cadence(q.Indicator)
	version, _ := o.cat.On(q.Indicator, calendar.Last(q.Period))
	var values, nums, dens []*big.Rat
	var received int64
	for _, u := range o.members(q.Unit, version, q.Kind) {
		f := asked{o: o, unit: u, basis: q.Basis, version: version, calendar: calendar}
		var v, n, d []*big.Rat
		for _, p := range q.Period.Bases(base) {
			got, scale := f.At(version.Code, p)
			if got.State != figure.Value {
				continue
			}
			received++
			if version.UnitRule == indicator.UnitRatio && (!got.HasNumerator || !got.HasDenominator) {
				continue // half a ratio
			}
			amount := func(n figure.Number) *big.Rat { return big.NewRat(int64(n), scale.Factor()) }
			v, n, d = append(v, amount(got.Value)), append(n, amount(got.Numerator)), append(d, amount(got.Denominator))
		}
		if len(v) > 0 {
			values = append(values, overTime(version.Value.Time, v))
			nums, dens = append(nums, overTime(version.Value.Time, n)), append(dens, overTime(version.Value.Time, d))
		}
	}
	if len(values) == 0 {
		return nil, received
	}
	switch version.UnitRule {
	case indicator.UnitRatio:
		den := sum(dens)
		if den.Sign() == 0 {
			return nil, received
		}
		r := new(big.Rat).Quo(sum(nums), den)
		return r.Mul(r, big.NewRat(version.Factor(), 1)), received
	case indicator.UnitMean:
		return mean(values), received
	case indicator.UnitMin:
		return slices.MinFunc(values, (*big.Rat).Cmp), received
	case indicator.UnitMax:
		return slices.MaxFunc(values, (*big.Rat).Cmp), received
	default:
		return sum(values), received
	}
}

func overTime(rule indicator.TimeRule, values []*big.Rat) *big.Rat {
	switch rule {
	case indicator.TimeLast:
		return values[len(values)-1]
	case indicator.TimeMean:
		return mean(values)
	case indicator.TimeMin:
		return slices.MinFunc(values, (*big.Rat).Cmp)
	case indicator.TimeMax:
		return slices.MaxFunc(values, (*big.Rat).Cmp)
	default:
		return sum(values)
	}
}

func sum(values []*big.Rat) *big.Rat {
	total := new(big.Rat)
	for _, v := range values {
		total.Add(total, v)
	}
	return total
}

func mean(values []*big.Rat) *big.Rat {
	return new(big.Rat).Quo(sum(values), big.NewRat(int64(len(values)), 1))
}
