package aggregator

import (
	"cmp"
	"slices"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// Why a contribution does not take part in the value.
const (
	WhyMissing = "MISSING"
	// WhyNotApproved is a revision that was sent and waits; WhyReturned one that was sent back. Both are missing too.
	WhyNotApproved = "NOT_APPROVED"
	WhyReturned    = "RETURNED"
	// WhyExcluded is an obligation that was taken out (R11), whatever was sent for it.
	WhyExcluded      = "EXCLUDED"
	WhyNotAvailable  = "NOT_AVAILABLE"
	WhyNotApplicable = "NOT_APPLICABLE"
	// WhyHalf is a ratio with one part alone.
	WhyHalf = "HALF"
	// WhyUnweighted is a value without its weight.
	WhyUnweighted = "UNWEIGHTED"
	// WhyNotLast is a figure to which a later one of the same unit is preferred.
	WhyNotLast = "NOT_LAST"
	// WhyGap is a year-to-date figure whose own amount cannot be told.
	WhyGap = "GAP"
	// WhyCheck is a figure that is shown beside and never added.
	WhyCheck = "CHECK"
)

// Contribution is what one obligation gave.
type Contribution struct {
	Unit hierarchy.Unit
	// Key names the report, also where nothing was sent.
	Key entry.ReportKey
	// Revision and State are of the revision in force in the basis; 0 if there is none.
	Revision int
	State    RevisionState
	// Figure is Absent where the revision does not hold the indicator, or there is none.
	Figure figure.Figure
	Late   bool
	// Counted says that it takes part in the value; WhyNot says why it does not.
	Counted bool
	WhyNot  string
}

// Cursor is a place in the contributions to one roll-up. The zero value is before the first.
type Cursor struct {
	Period period.Period
	Unit   hierarchy.ID
}

// Contributions gives what stands behind a roll-up, one contribution for each obligation, by period and then by the codes
// of the units, from the one after the cursor on, at most limit. The cursor that it gives goes on; it is zero at the end.
// What the unit itself sent as one of the checked_by kinds is among them, and not counted.
func (t *Tx) Contributions(q Query, after Cursor, limit int) ([]Contribution, Cursor, error) {
	list, next, err := t.contributions(q, after, limit)
	if err != nil {
		return nil, Cursor{}, t.spent(q, err)
	}
	return list, next, nil
}

func (t *Tx) contributions(q Query, after Cursor, limit int) ([]Contribution, Cursor, error) {
	u, err := t.ask(q)
	if err != nil {
		return nil, Cursor{}, err
	}
	if u.across != nil {
		var nothing Answer
		if done, err := u.rollupAcross(&nothing); err != nil || done {
			return nil, Cursor{}, err
		}
	}
	bases := u.obligations()
	var list []Contribution
	for _, base := range bases {
		if after.Period.Valid() && before(base, after.Period) {
			continue
		}
		for _, o := range u.owing(base) {
			id := u.x.tree.At(o.unit).ID
			if base == after.Period && u.compare(o.unit, after.Unit) <= 0 {
				continue
			}
			if len(list) == limit {
				last := list[limit-1]
				return list, Cursor{Period: last.Key.Period, Unit: last.Unit.ID}, nil
			}
			c, err := u.contribution(base, o)
			if err != nil {
				return nil, Cursor{}, err
			}
			c.Key.Unit = id
			list = append(list, c)
		}
	}
	return list, Cursor{}, nil
}

// before orders base periods by their end, and shorter before longer.
func before(a, b period.Period) bool { return compareEnds(a, b) < 0 }

func compareEnds(a, b period.Period) int {
	end := func(p period.Period) int { return int(p.Year)*12 + int(p.Index)*p.Kind.Months() }
	return cmp.Or(cmp.Compare(end(a), end(b)), cmp.Compare(a.Kind, b.Kind))
}

// obligations lists the base periods of all forms in question, in their order.
func (u *question) obligations() []period.Period {
	var list []period.Period
	for _, c := range u.i.carriers {
		f := &u.x.forms[c]
		from, to := f.window(u.q.Period, u.since)
		if u.i.uneven {
			from, to = f.windowIn(stretchOf(u.q.Period, u.since))
		}
		for n := from; n < to; n++ {
			if base := f.base(u.q.Period.Year, n); !slices.Contains(list, base) {
				list = append(list, base)
			}
		}
	}
	slices.SortFunc(list, compareEnds)
	return list
}

// owedReport is a unit that owes a base period, by which form, and whether it is added.
type owedReport struct {
	unit int
	form *formIndex
	adds bool
}

// owing lists the obligations of a base period in the order of the units' codes.
func (u *question) owing(base period.Period) []owedReport {
	var list []owedReport
	add := func(unit int) {
		for _, c := range u.i.carriers {
			u.f = &u.x.forms[c]
			if u.f.frequency != base.Kind || !u.turn() || !u.t.owing(u.x, u.f, u.i, base.Year).has(int(base.Index)-1, unit) {
				continue
			}
			kind := u.x.tree.At(unit).Kind
			adds := u.version.Adds(kind) && (u.q.Kind == "" || u.q.Kind == kind)
			if adds || unit == u.unit && u.q.Kind == "" && u.version.Checks(kind) {
				list = append(list, owedReport{unit: unit, form: u.f, adds: adds})
			}
			return
		}
	}
	add(u.unit)
	if u.across != nil {
		for _, unit := range u.parcel.units {
			if int(unit) != u.unit {
				add(int(unit))
			}
		}
	} else {
		_ = u.eachBelow(u.unit, func(unit int) error {
			add(unit)
			return nil
		})
	}
	slices.SortFunc(list, func(a, b owedReport) int { return u.compare(a.unit, u.x.tree.At(b.unit).ID) })
	return list
}

// compare orders units by code and then by id.
func (u *question) compare(unit int, other hierarchy.ID) int {
	a := u.x.tree.At(unit)
	return cmp.Or(cmp.Compare(a.Code, other.Code()), cmp.Compare(a.ID, other))
}

// whyNone tells why no revision is in force, so that nobody is telephoned who did report.
func (r *record) whyNone() (RevisionState, string) {
	for n := len(r.held) - 1; n >= 0; n-- {
		switch r.held[n].state {
		case Submitted:
			return Submitted, WhyNotApproved
		case Returned:
			return Returned, WhyReturned
		case Draft, Approved, Superseded:
		}
	}
	return 0, WhyMissing
}

// contribution tells what became of one obligation.
func (u *question) contribution(base period.Period, o owedReport) (Contribution, error) {
	l := &leaf{t: u.t, x: u.x, unit: o.unit, basis: u.q.Basis}
	c := Contribution{Unit: u.x.tree.At(o.unit), Key: entry.ReportKey{Form: o.form.code, Period: base}, WhyNot: WhyMissing}
	k := reportKey{form: o.form.ordinal, period: periodCode(base), unit: uint32(o.unit)} //nolint:gosec // an ordinal
	rec, ok, err := u.t.readRecord(k, nil)
	if err != nil || !ok {
		return c, err
	}
	if rec.excluded() {
		c.WhyNot = WhyExcluded
		return c, nil
	}
	number := [...]int{rollup.Official: rec.official, rollup.Provisional: rec.provisional()}[u.q.Basis]
	h := rec.find(number)
	if number == 0 || h == nil {
		c.State, c.WhyNot = rec.whyNone()
		return c, nil
	}
	c.Revision, c.State, c.Late = number, h.state, rec.late
	if err := u.t.load(k, h); err != nil {
		return c, err
	}
	rev, err := u.t.revision(k, h)
	if err != nil {
		return c, err
	}
	at := slices.IndexFunc(rev.Figures, func(f entry.Figure) bool { return f.Number == u.i.number })
	if at < 0 {
		return c, nil
	}
	c.Figure = rev.Figures[at].Figure
	c.WhyNot, err = u.whyNot(l, base, o, &c.Figure)
	c.Counted = c.WhyNot == ""
	return c, err
}

// whyNot says why a figure that was given does not take part; nothing if it does.
func (u *question) whyNot(l *leaf, base period.Period, o owedReport, f *figure.Figure) (string, error) {
	switch {
	case f.State == figure.NotAvailable:
		return WhyNotAvailable, nil
	case f.State == figure.NotApplicable:
		return WhyNotApplicable, nil
	case f.State != figure.Value:
		return WhyMissing, nil
	case !o.adds:
		return WhyCheck, nil
	}
	if u.across != nil && u.crossing() == Across && !u.addsUp() {
		if c, is := u.across.Component(l.unit); is {
			return u.whyNotJoined(c, l.unit, base, f)
		}
	}
	total, ok := u.whole(l)
	if !ok {
		return WhyMissing, nil
	}
	return u.leftOut(l, base, f, &total), l.err
}

// whole gives what the unit contributes by all its forms.
func (u *question) whole(l *leaf) (rollup.Total, bool) {
	if u.i.uneven {
		d := u.t.duties(u.x, u.i, l.unit, u.q.Period.Year)
		in := d.within(stretchOf(u.q.Period, u.since))
		if in.last == nil || !l.ask(u.i, in.last, u.q.Period) {
			return rollup.Total{}, false
		}
		return l.contribute(u.q.Measure, u.q.Period, in), true
	}
	at := u.t.homeOf(u.x, u.i, l.unit, u.q.Period, u.since)
	if at.form == nil || !l.ask(u.i, at.form, u.q.Period) {
		return rollup.Total{}, false
	}
	return rollup.Contribute(*l.version, u.q.Measure, u.q.Period, at.form.frequency, l), true
}

// leftOut says why a value does not take part in what its unit contributes.
func (u *question) leftOut(l *leaf, base period.Period, f *figure.Figure, total *rollup.Total) string {
	switch {
	case halfOf(l.version, f):
		return WhyHalf
	case total.Unweighted > 0:
		return WhyUnweighted
	case total.Gaps > 0:
		return WhyGap
	case total.Count == 0 && l.version.UnitRule == indicator.UnitRatio:
		return WhyHalf
	case !u.i.sums && u.notLast(l, base, total):
		return WhyNotLast
	}
	return ""
}

// halfOf says whether a figure lacks a part of its ratio.
func halfOf(v *indicator.Indicator, f *figure.Figure) bool {
	return v.OwnDenominator() && v.Value.Time == v.Denominator.Time && (!f.HasNumerator || !f.HasDenominator)
}

// notLast says whether another base period's figure is taken where the rule over time is LAST.
func (u *question) notLast(l *leaf, base period.Period, total *rollup.Total) bool {
	v := l.version
	if v.Value.Time != indicator.TimeLast || v.OwnDenominator() && v.Denominator.Time != indicator.TimeLast {
		return false
	}
	return int(base.Index)*base.Kind.Months() != stretchOf(u.q.Period, u.since).end-int(total.Lag.Sum)
}
