package aggregator

import (
	"slices"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// Query asks for one roll-up.
type Query struct {
	Unit      hierarchy.ID
	Indicator indicator.Code
	Period    period.Period
	Basis     rollup.Basis
	Measure   rollup.Measure
	// Kind asks for the figures of one reporting kind alone; empty adds all kinds of reported_by.
	Kind hierarchy.Kind
	// Tree asks for the figures as they are on the tree of that day, which is not before the last day of the period (R2); 0
	// is the last day.
	Tree period.Day
}

// Answer is one roll-up.
type Answer struct {
	Result rollup.Result
	// Unit is the unit that was asked about, Indicator the version of the period's last day, which is not to be changed.
	Unit      hierarchy.Unit
	Indicator *indicator.Indicator
	// Forms are the forms by which the units owe the indicator in the period, in the order of acceptance; Base is the
	// shortest of their frequencies.
	Forms []form.Code
	Base  period.Kind
	// Calendar, FirstDay and LastDay say which days the period has.
	Calendar          period.Calendar
	FirstDay, LastDay period.Day
	// LastPeriod is the base period that the LAST figures are of; no period if units differ or the rule is another.
	LastPeriod period.Period
	// Gap tells what closes the gap where the own amount of one single unit cannot be told (R14); else its periods are no
	// periods.
	Gap rollup.Gap
	// Checks hold what the unit itself sent where its kind stands in checked_by; never added (R8).
	Checks []Check
	Lineage
	// Parts are the roll-ups that a derived indicator is computed from, in the order of its formula; Lacking are the
	// references of the formula that have no value (R18). Leaves is how many roll-ups of reported indicators were asked for,
	// or 0 if it is none.
	Parts   []Part
	Lacking []string
	Leaves  int
}

// Check stands beside a roll-up for comparison.
type Check struct {
	Kind   hierarchy.Kind
	Result rollup.Result
	// Difference is the value of the check minus that of the roll-up, rounded for display; empty if either is missing.
	Difference string
}

// question is one Query at work.
type question struct {
	t    *Tx
	x    *index
	q    Query
	i    *indicatorIndex
	unit int
	// since says that the obligations are those since the beginning of the year; gathered that no row holds the answer.
	since, gathered bool
	// f is the form that is being looked at, version that of the period's last day in its calendar.
	f       *formIndex
	version *indicator.Indicator
	// shortest is the length in months of the shortest base period that is owed, of what is uneven.
	shortest int8

	// treeDay is the day of the tree; placing tells of the units of that day where changes of the tree lie in the span, and
	// is across too if they reach the unit that is asked about. Parcel is then what its answer is made of.
	treeDay         period.Day
	placing, across *hierarchy.Placement
	parcel          parcel
	bodies          map[int]*body
}

// Rollup answers from rows: the units below by kind, and the unit's own report beside them. Only YEAR_TO_DATE of what is
// neither a sum nor year-to-date itself is made from the reports of the units below, and limited; so is everything as of an
// earlier entry. What is derived is computed from the roll-ups of its parts.
func (t *Tx) Rollup(q Query) (Answer, error) {
	a, err := t.rollup(q)
	if err != nil {
		return Answer{}, t.spent(q, err)
	}
	return a, nil
}

func (t *Tx) rollup(q Query) (Answer, error) {
	u, err := t.ask(q)
	if err != nil {
		return Answer{}, err
	}
	if u.i.derived {
		return u.derive()
	}
	a := Answer{Unit: u.x.tree.At(u.unit)}
	if u.across != nil {
		if done, err := u.rollupAcross(&a); err != nil || done {
			return a, err
		}
	}
	parts, coarse, err := u.parts()
	if err != nil {
		return Answer{}, err
	}
	if err := u.dress(&a, parts, coarse); err != nil {
		return Answer{}, err
	}
	switch {
	case coarse != nil:
		a.Result = rollup.Finish(*a.Indicator, q.Measure, q.Period, coarse.frequency, rollup.Total{}, rollup.Expected{})
	default:
		joined, err := u.together()
		if err != nil {
			return Answer{}, err
		}
		u.finish(&a, parts, joined)
	}
	return a, nil
}

// parts gives what each form gives to the answer, and if there is one a form by which somebody owes a base period of which
// only a part lies in the span.
func (u *question) parts() (parts []part, coarse *formIndex, err error) {
	for _, c := range u.i.carriers {
		u.f = &u.x.forms[c]
		if !u.turn() {
			continue
		}
		if inside, partly := u.meets(); !inside || partly {
			if partly && coarse == nil {
				coarse = u.f
			}
			continue
		}
		p, err := u.part()
		if err != nil {
			return nil, nil, err
		}
		if p.expected.Owed != 0 || !p.total.IsZero() || p.check != nil {
			parts = append(parts, p)
		}
	}
	return parts, coarse, nil
}

// ask finds what the query names.
func (t *Tx) ask(q Query) (*question, error) {
	unit, ok := t.snap.tree.Ordinal(q.Unit)
	if !ok {
		return nil, fault.NotFound("UNIT_NOT_FOUND", "there is no unit %q", q.Unit).With("unit", q.Unit).In("unit")
	}
	u, err := t.askOf(q)
	if err != nil {
		return nil, err
	}
	u.unit = unit
	if u.placing != nil && u.placing.Touched(unit) {
		u.across = u.placing
	}
	return u, nil
}

// askOf finds all that the query names but the unit.
func (t *Tx) askOf(q Query) (*question, error) {
	u := &question{t: t, x: t.snap.derived(), q: q}
	number, ok := u.x.number(q.Indicator)
	if !ok {
		return nil, fault.NotFound("INDICATOR_NOT_FOUND", "there is no indicator %q", q.Indicator).
			With("indicator", q.Indicator).In("indicator")
	}
	if !q.Period.Valid() || q.Basis >= bases {
		return nil, fault.Invalid("PERIOD_INVALID", "period %q: give one such as 2024-02, 2024-Q1, 2024-H1, 2024-9M or 2024", q.Period).
			In("period")
	}
	u.i = &u.x.indicators[number]
	first := u.i.versions[0]
	if !u.x.possible(number, q.Measure) {
		return nil, fault.Invalid("MEASURE_NOT_POSSIBLE",
			"indicator %s is %s and has no amount that is %s; ask for AS_REPORTED", u.i.code, first.Value.Measure, q.Measure).
			With("indicator", u.i.code).With("measure", q.Measure).In("measure")
	}
	if u.i.derived {
		return u, nil
	}
	u.since = q.Measure == rollup.YearToDate && first.Value.Measure == indicator.Flow
	u.gathered = q.Measure == rollup.YearToDate && !u.i.sums && u.anyFlow()
	u.place()
	return u, nil
}

// anyFlow says whether a part, or the weight, is taken from the beginning of the year when YEAR_TO_DATE is asked.
func (u *question) anyFlow() bool {
	for n := range u.i.versions {
		v := &u.i.versions[n]
		if v.Value.Measure == indicator.Flow || v.OwnDenominator() && v.Denominator.Measure == indicator.Flow {
			return true
		}
		if weight, ok := u.x.number(v.Weight); ok && v.Weight != "" && u.x.indicators[weight].versions[0].Value.Measure == indicator.Flow {
			return true
		}
	}
	return false
}

// turn takes the version of the period's last day in the form's calendar; false if the indicator did not exist.
func (u *question) turn() bool {
	at := u.i.on(u.f.calendar.Last(u.q.Period))
	if at < 0 {
		return false
	}
	u.version = &u.i.versions[at]
	return true
}

// kinds lists the kinds whose figures are added, by their places.
func (u *question) kinds() []uint16 {
	kinds := make([]uint16, 0, len(u.version.ReportedBy))
	for _, kind := range u.version.ReportedBy {
		if at := slices.Index(u.x.kinds, kind); at >= 0 && (u.q.Kind == "" || u.q.Kind == kind) {
			kinds = append(kinds, uint16(at)) //nolint:gosec // kinds are few
		}
	}
	return kinds
}

// meets says whether the span holds base periods of the form, and whether units in question owe one of which only a part
// lies in it.
func (u *question) meets() (inside, partly bool) {
	if u.i.uneven {
		from, to := u.f.windowIn(stretchOf(u.q.Period, u.since))
		return from < to, u.coarse()
	}
	if from, to := u.f.window(u.q.Period, u.since); from < to {
		return true, false
	}
	return false, u.owedCoarsely()
}

// owedCoarsely says whether units in question owe the indicator in the form for a base period that is longer than the
// span, or does not tile it.
func (u *question) owedCoarsely() bool {
	lastMonth := int(u.q.Period.Index) * u.q.Period.Kind.Months()
	return u.owe(u.f.base(u.q.Period.Year, (lastMonth-1)/u.f.frequency.Months()))
}

// owe says whether units in question owe a base period that ends after the span. Over a change of the tree those owe it too
// that come below the unit after the day of the tree: what came of those that stand there is told by them.
func (u *question) owe(base period.Period) bool {
	kinds := u.kinds()
	for _, kind := range kinds {
		if u.expected(base, kind).Owed > 0 {
			return true
		}
	}
	if u.across == nil {
		return false
	}
	owing, found := u.t.owing(u.x, u.f, u.i, base.Year), false
	_ = u.eachBelow(u.unit, func(unit int) error {
		found = found || owing.has(int(base.Index)-1, unit) && u.x.tree.At(unit).ValidFrom > u.treeDay && slices.Contains(kinds, u.x.kind[unit])
		return nil
	})
	return found
}

// expected gives what the units of a kind in the subtree owe for a span, the unit itself among them.
func (u *question) expected(span period.Period, kind uint16) rollup.Expected {
	since := u.since && span == u.q.Period
	var e expectedCell
	switch {
	case u.across != nil:
		e = u.expectedAcross(span, since, kind)
	default:
		e = u.t.expectBelow(u.x, u.f, u.i, span, since, u.unit, kind)
		if u.x.kind[u.unit] == kind {
			own, _ := u.t.expectOf(u.x, u.f, u.i, span, since, u.unit)
			e.merge(own)
		}
	}
	if span == u.q.Period && e.months != 0 && (u.shortest == 0 || e.months < u.shortest) {
		u.shortest = e.months
	}
	return e.expected()
}

// dress fills in what is said beside the number.
func (u *question) dress(a *Answer, parts []part, coarse *formIndex) error {
	var forms []*formIndex
	for _, p := range parts {
		forms = append(forms, p.form)
		a.Forms = append(a.Forms, p.form.code)
	}
	if coarse != nil {
		forms = append(forms, coarse)
	}
	if len(forms) == 0 {
		// Nobody owes it: the calendar of whatever form once carried it is the best guess.
		for _, c := range u.i.carriers {
			forms = append(forms, &u.x.forms[c])
		}
		forms = forms[:min(1, len(forms))]
	}
	a.Base = u.q.Period.Kind
	for n, f := range forms {
		if n > 0 && f.calendar != forms[0].calendar {
			return fault.Invalid("CALENDARS_MIXED",
				"indicator %s is reported by form %s in the calendar %s and by form %s in %s; ask for one kind of unit at a time",
				u.i.code, forms[0].code, forms[0].calendar, f.code, f.calendar).
				With("indicator", u.i.code).With("form", forms[0].code).With("other", f.code).In("indicator")
		}
		if n == 0 || f.frequency < a.Base {
			a.Base = f.frequency
		}
		a.Calendar = f.calendar
	}
	if u.i.uneven {
		a.Base = u.base()
	}
	a.FirstDay, a.LastDay = a.Calendar.First(u.q.Period), a.Calendar.Last(u.q.Period)
	a.TreeDay = max(a.LastDay, u.q.Tree)
	a.Indicator = &u.i.versions[max(0, u.i.on(a.LastDay))]
	return nil
}

// base gives the kind of the shortest base period that is owed, or where nobody owes any of the shortest that may be.
func (u *question) base() period.Kind {
	if u.shortest != 0 {
		return kindOf(int(u.shortest))
	}
	least := period.Year
	for _, c := range u.i.carriers {
		least = min(least, u.x.forms[c].frequency)
	}
	return least
}

// finish makes the answer of the parts.
func (u *question) finish(a *Answer, parts []part, joined rollup.Together) {
	total := joined.Total
	var expected, ownExpected rollup.Expected
	for n := range parts {
		p := &parts[n]
		total.Merge(p.total)
		expected.Merge(p.expected)
		ownExpected.Merge(p.ownExpected)
		if p.gap.Last.Valid() && expected.Units <= 1 {
			a.Gap = p.gap
		}
	}
	f := rollup.NewFinisher(a.Indicator, u.q.Measure, u.q.Period, a.Base)
	a.Result = f.Finish(&total, expected)
	a.Result.Coverage.Divisor -= joined.Folded
	a.LastPeriod = a.Result.From
	if a.Result.Single && ownExpected.Units == 0 {
		// A rank belongs to the unit that has it and is nothing to those above.
		withdraw(&a.Result)
	}
	if expected.Units > 1 {
		a.Gap = rollup.Gap{}
	}
	for n := range parts {
		if c := parts[n].check; c != nil {
			c.Difference = difference(c.Result, a.Result, a.Indicator.Scale)
			a.Checks = append(a.Checks, *c)
		}
	}
}

// withdraw takes the figure of a single unit out of the answer for another one.
func withdraw(r *rollup.Result) {
	r.State, r.Value, r.Display, r.Single = rollup.NotRolledUp, rollup.Fraction{}, "", false
}

// difference gives a minus b for display.
func difference(a, b rollup.Result, scale figure.Scale) string {
	if a.State != rollup.Value || b.State != rollup.Value {
		return ""
	}
	d := a.Value.Rat()
	d.Sub(d, b.Value.Rat())
	return figure.QuotientBig(d.Num(), d.Denom(), 1, scale)
}
