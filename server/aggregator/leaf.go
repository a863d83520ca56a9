package aggregator

import (
	"math"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// slot says which total of an indicator a cell of a row is.
type slot uint8

const (
	// reported is the total of AS_REPORTED. In a longer period of what sums its base rows it is only the remainder.
	reported slot = iota
	// own is the total of OWN, of what is year-to-date; everything else has its own amount in reported.
	own
	// since is the remainder of YEAR_TO_DATE, from the beginning of the year to a base period, of what sums its base rows.
	since
	slots = iota
)

// measure gives what to ask for.
func (s slot) measure() rollup.Measure {
	return [...]rollup.Measure{rollup.AsReported, rollup.Own, rollup.YearToDate}[s]
}

// window gives the base periods of the form that a span takes in, as places in the year: from, and the one after the
// last. With sinceNewYear they begin with the year. None if they do not tile the span.
func (f *formIndex) window(span period.Period, sinceNewYear bool) (from, to int) {
	if !f.tiles(span) {
		return 0, 0
	}
	n := span.Kind.Months() / f.frequency.Months()
	to = int(span.Index) * n
	if sinceNewYear {
		return 0, to
	}
	return to - n, to
}

// base gives a base period of the form by its place in the year.
func (f *formIndex) base(year int16, place int) period.Period {
	return period.Of(int(year), f.frequency, place+1)
}

// home is where a unit's contribution to a span belongs: to the form by which the unit owes the indicator last in it, in
// the row of that form, and to the tree of that day. A unit that owes nothing has none.
type home struct {
	form *formIndex
	day  period.Day
}

// homeOf finds the home of a unit's contribution.
func (t *Tx) homeOf(x *index, i *indicatorIndex, unit int, span period.Period, sinceNewYear bool) home {
	best := home{day: math.MinInt32}
	for _, c := range i.carriers {
		f := &x.forms[c]
		from, to := f.window(span, sinceNewYear)
		if from == to {
			continue
		}
		owing := t.owing(x, f, i, span.Year)
		for n := to - 1; n >= from; n-- {
			if !owing.has(n, unit) {
				continue
			}
			if day := owing.days[n]; best.form == nil || day > best.day {
				best = home{form: f, day: day}
			}
			break
		}
	}
	return best
}

// leaf reads for the arithmetic what one unit gave, in one basis. It implements rollup.Figures for one indicator after
// another.
type leaf struct {
	t     *Tx
	x     *index
	unit  int
	basis rollup.Basis

	// i is the indicator that is asked about, in the version of the span's last day, by the cadence of the form f.
	i       *indicatorIndex
	version *indicator.Indicator
	f       *formIndex
	// owing and year are of f and the span's year, in which nearly all questions are; so are the duties of what is uneven.
	owing   *owing
	profile int
	year    *year
	duties  duties

	// err is the first failure to read. The answers after it mean nothing.
	err error
}

// obligation gives the form by which the unit owes the indicator for a base period, and the base period: of what is uneven
// the one that ends with the period asked for, whatever its length. The form is nil if there is none.
func (l *leaf) obligation(i *indicatorIndex, p period.Period) (*formIndex, period.Period) {
	if i != l.i || !i.uneven || p.Year != l.year.key.year {
		return l.form(i, p), p
	}
	end := int(p.Index) * p.Kind.Months()
	f := l.duties[end-1]
	if f == nil {
		return nil, p
	}
	return f, f.base(p.Year, end/f.frequency.Months()-1)
}

// form gives the form by which the unit owes the indicator for a base period; nil if it does not. The calendar matters
// only among the forms of one indicator: what another one leans on is named by its period.
func (l *leaf) form(i *indicatorIndex, base period.Period) *formIndex {
	if i == l.i && len(i.carriers) == 1 && base.Year == l.year.key.year {
		if base.Kind == l.f.frequency && l.owing.has(int(base.Index)-1, l.unit) {
			return l.f
		}
		return nil
	}
	for _, c := range i.carriers {
		f := &l.x.forms[c]
		if f.frequency != base.Kind || i == l.i && f.calendar != l.f.calendar {
			continue
		}
		if l.t.owing(l.x, f, i, base.Year).has(int(base.Index)-1, l.unit) {
			return f
		}
	}
	return nil
}

// report gives the report of a base period.
func (l *leaf) report(f *formIndex, base period.Period) *view {
	y := l.year
	if f.ordinal != y.key.form || base.Year != y.key.year {
		y = l.t.year(f, l.unit, base.Year)
	}
	v, err := l.t.view(y, int(base.Index)-1)
	if err != nil && l.err == nil {
		l.err = err
	}
	return v
}

// indicatorOf finds an indicator by its code, usually the one that is asked about.
func (l *leaf) indicatorOf(code indicator.Code) *indicatorIndex {
	if code == l.version.Code {
		return l.i
	}
	if n, ok := l.x.number(code); ok {
		return &l.x.indicators[n]
	}
	return nil
}

// At implements rollup.Figures.
func (l *leaf) At(code indicator.Code, base period.Period) (figure.Figure, figure.Scale) {
	i := l.indicatorOf(code)
	if i == nil || !base.Valid() {
		return figure.Figure{}, 0
	}
	f, base := l.obligation(i, base)
	if f == nil {
		return figure.Figure{}, 0
	}
	list, ok := l.report(f, base).in(l.basis)
	if !ok {
		return figure.Figure{}, 0
	}
	g := find(list, i.number)
	if g == nil {
		return figure.Figure{}, 0
	}
	return g.figure(), i.versions[max(0, i.in(f, base))].Scale
}

// scale is the largest that an indicator ever had; scales only grow (R21).
func (i *indicatorIndex) scale() figure.Scale { return i.versions[len(i.versions)-1].Scale }

// Late implements rollup.Figures.
func (l *leaf) Late(base period.Period) bool {
	f, base := l.obligation(l.i, base)
	if f == nil {
		return false
	}
	v := l.report(f, base)
	return v != nil && v.late
}

// Excluded implements rollup.Figures.
func (l *leaf) Excluded(base period.Period) bool {
	f, base := l.obligation(l.i, base)
	if f == nil {
		return false
	}
	v := l.report(f, base)
	return v != nil && v.excluded
}

// Owed implements rollup.Figures.
func (l *leaf) Owed(base period.Period) bool {
	f, _ := l.obligation(l.i, base)
	return f != nil
}

// Other implements rollup.Figures.
func (l *leaf) Other(code indicator.Code) (indicator.Part, bool) {
	n, ok := l.x.number(code)
	if !ok || code == "" {
		return indicator.Part{}, false
	}
	return l.x.indicators[n].versions[0].Value, true // The same in all versions of a code (R21).
}

// ask turns the leaf to an indicator in the version of a span's last day, by the cadence of a form; false if there is no
// version.
func (l *leaf) ask(i *indicatorIndex, f *formIndex, span period.Period) bool {
	at := i.in(f, span)
	if at < 0 {
		return false
	}
	l.i, l.version = i, &i.versions[at]
	if l.f != f || l.year.key.year != span.Year {
		l.f, l.year, l.owing = f, l.t.year(f, l.unit, span.Year), nil
	}
	if l.owing == nil || l.profile != i.profile {
		l.owing, l.profile = l.t.owing(l.x, f, i, span.Year), i.profile
	}
	if i.uneven {
		l.duties = l.t.duties(l.x, i, l.unit, span.Year)
	}
	return true
}

// in gives the place of the version in force on the last day of a period in the form's calendar; -1 before the first.
func (i *indicatorIndex) in(f *formIndex, p period.Period) int {
	if len(i.versions) == 1 && i.versions[0].ValidFrom == period.Beginning {
		return 0
	}
	return i.on(f.calendar.Last(p))
}

// contribution gives what the unit adds to a cell of the row of a span, and where it belongs.
func (l *leaf) contribution(i *indicatorIndex, s slot, span period.Period) (home, rollup.Total, error) {
	if i.uneven {
		return l.unevenTotal(i, s, span)
	}
	at := l.t.homeOf(l.x, i, l.unit, span, s == since)
	if at.form == nil || !l.ask(i, at.form, span) {
		return home{}, rollup.Total{}, nil
	}
	if s == reported && i.sums && span.Kind == at.form.frequency {
		return at, l.plain(span), l.err
	}
	total := rollup.Contribute(*l.version, s.measure(), span, at.form.frequency, l)
	if i.sums {
		total = total.Remainder()
	}
	return at, total, l.err
}

// plain is rollup.Contribute for the commonest case: one base period of a flow that is summed over time and units, or of
// a ratio of two such. A test holds the two equal.
func (l *leaf) plain(base period.Period) rollup.Total {
	var t rollup.Total
	v := l.report(l.f, base)
	if v != nil && v.excluded {
		t.Excluded = 1
		return t
	}
	list, ok := v.in(l.basis)
	if !ok {
		return t
	}
	g := find(list, l.i.number)
	if g == nil {
		return t
	}
	switch g.state() {
	case figure.NotAvailable:
		t.NotAvailable = 1
	case figure.NotApplicable:
		t.NotApplicable = 1
	case figure.Value:
		t.Received = 1
		if v.late {
			t.Late = 1
		}
		l.amounts(g, &t)
	case figure.Absent:
	}
	return t
}

func (l *leaf) amounts(g *given, t *rollup.Total) {
	switch {
	case l.version.UnitRule == indicator.UnitRatio && g.flags&hasNumerator != 0 && g.flags&hasDenominator != 0:
		t.Numerator, t.Denominator = rollup.WideOf(g.numerator.Wide()), rollup.WideOf(g.denominator.Wide())
		t.Count = 1
	case l.version.UnitRule == indicator.UnitRatio:
		t.Half = 1
	case g.flags&hasValue != 0:
		t.Sum = rollup.WideOf(g.value.Wide())
		t.Count = 1
	}
}
