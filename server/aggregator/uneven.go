package aggregator

import (
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// An indicator is uneven that forms of several frequencies carry. Then one unit may owe months and, from a day on,
// quarters, and a span may hold whole base periods of one length and parts of another; so everything is counted in months
// here, and each obligation stands at the last month of its base period: no two of one unit end with the same day, and
// none lies within another (R4).

// stretch is some months of a year: from the first, counted from 0, to before the end.
type stretch struct {
	year      int16
	from, end int
}

// stretchOf gives the months of a span, or with sinceNewYear those from the beginning of its year to its end.
func stretchOf(span period.Period, sinceNewYear bool) stretch {
	n := span.Kind.Months()
	w := stretch{year: span.Year, from: (int(span.Index) - 1) * n, end: int(span.Index) * n}
	if sinceNewYear {
		w.from = 0
	}
	return w
}

// holds says whether so many months that end before a place lie in the stretch.
func (w stretch) holds(end, months int) bool { return end <= w.end && end-months >= w.from }

// meets says whether any of them does.
func (w stretch) meets(end, months int) bool { return end > w.from && end-months < w.end }

// duties are the forms by which a unit owes an indicator in a year, each at the last month of a base period.
type duties [12]*formIndex

func (t *Tx) duties(x *index, i *indicatorIndex, unit int, year int16) duties {
	var d duties
	for _, c := range i.carriers {
		f := &x.forms[c]
		m := f.frequency.Months()
		owing := t.owing(x, f, i, year)
		for n := range f.frequency.PerYear() {
			if owing.has(n, unit) {
				d[(n+1)*m-1] = f
			}
		}
	}
	return d
}

// monthsTo gives the length of the base period that ends with a period, in months; that of the period if there is none.
func (d *duties) monthsTo(end period.Period) int {
	if f := d[int(end.Index)*end.Kind.Months()-1]; f != nil {
		return f.frequency.Months()
	}
	return end.Kind.Months()
}

// shortest gives the length of the shortest base period of the year, in months; a year if there is none.
func (d *duties) shortest() int {
	least := len(d)
	for _, f := range d {
		if f != nil {
			least = min(least, f.frequency.Months())
		}
	}
	return least
}

// duty is what the obligations of a stretch come to.
type duty struct {
	// last is the form of the last one and day its last day; nil if there is none, or if one of them is only partly in the
	// stretch, for then nobody can be told what belongs to it.
	last *formIndex
	day  period.Day
	// shortest is the length of the shortest in months, owed how many there are, atEnd how many of them end with the
	// stretch.
	shortest, owed, atEnd int
}

// within looks at the obligations of a stretch.
func (d *duties) within(w stretch) duty {
	var found duty
	for place, f := range d {
		if f == nil {
			continue
		}
		end, m := place+1, f.frequency.Months()
		switch {
		case w.holds(end, m):
			found.last, found.day = f, f.calendar.Last(f.base(w.year, place/m))
			if found.owed == 0 || m < found.shortest {
				found.shortest = m
			}
			found.owed++
			if end == w.end {
				found.atEnd = 1
			}
		case w.meets(end, m):
			return duty{}
		}
	}
	return found
}

// kindOf gives the kind of base period with so many months.
func kindOf(months int) period.Kind {
	for _, k := range period.Kinds() {
		if k.Months() == months {
			return k
		}
	}
	return period.Month
}

// cadence gives the longest kind of period that tiles the span and is no longer than the shortest obligation, which also
// has its end with one of them.
func cadence(span period.Period, shortest int) period.Kind {
	a, b := span.Kind.Months(), max(shortest, 1)
	for b > 0 {
		a, b = b, a%b
	}
	return kindOf(a)
}

// unevenTotal gives what a unit adds to a cell of an uneven indicator, and where it belongs. A cell of a sum is the
// amount where the span is the base period itself, and else what the base rows cannot be added up to: that is in the slot
// since for the months from the beginning of the year to the end of the span, which is a month there, and in the slot own
// for the span.
func (l *leaf) unevenTotal(i *indicatorIndex, s slot, span period.Period) (home, rollup.Total, error) {
	d := l.t.duties(l.x, i, l.unit, span.Year)
	in := d.within(stretchOf(span, s == since))
	if in.last == nil || !l.ask(i, in.last, span) {
		return home{}, rollup.Total{}, nil
	}
	at := home{form: in.last, day: in.day}
	if i.sums && s == reported {
		if span.Kind != in.last.frequency {
			return home{}, rollup.Total{}, nil
		}
		return at, l.plain(span), l.err
	}
	total := l.contribute(s.asks(i), span, in)
	if i.sums {
		total = total.Remainder()
	}
	return at, total, l.err
}

// asks gives the measure to ask for in an uneven indicator.
func (s slot) asks(i *indicatorIndex) rollup.Measure {
	if i.sums && s == own {
		return rollup.AsReported
	}
	return s.measure()
}

// contribute is rollup.Contribute of a unit with obligations of several lengths. The leaf was turned to the span.
func (l *leaf) contribute(m rollup.Measure, span period.Period, in duty) rollup.Total {
	shortest := in.shortest
	if m == rollup.Own && l.i.gains {
		shortest = l.duties.shortest() // where the amount began is looked for in everything before it
	}
	total := rollup.Contribute(*l.version, m, span, cadence(span, shortest), l)
	if in.owed == 1 {
		// Of one base period this is told by what came, but here it stands beside longer spans of other units.
		total.Complete = total.Received
		total.Outside = total.NotApplicable + total.Excluded
		if l.version.UnitRule == indicator.UnitShareYes {
			total.OutsideLast = int64(in.atEnd) * total.Outside
		}
	}
	return total
}

// expectUneven is expectOf for an uneven indicator.
func (t *Tx) expectUneven(x *index, f *formIndex, i *indicatorIndex, w stretch, unit int) (expectedCell, period.Day) {
	d := t.duties(x, i, unit, w.year)
	in := d.within(w)
	if in.last == nil || in.last != f && !i.sums {
		return expectedCell{}, 0
	}
	e := expectedCell{months: int8(in.shortest)} //nolint:gosec // 12 at most
	if in.last == f {
		e.units = 1
	}
	if !i.sums {
		e.owed, e.last = int32(in.owed), int32(in.atEnd) //nolint:gosec // 12 at most
		return e, in.day
	}
	m := f.frequency.Months()
	for place, g := range d {
		if g == f && w.holds(place+1, m) {
			e.owed++
			if place+1 == w.end {
				e.last++
			}
		}
	}
	return e, in.day
}

// windowIn gives the base periods of the form that lie in a stretch, as places in the year: from, and the one after the
// last.
func (f *formIndex) windowIn(w stretch) (from, to int) {
	m := f.frequency.Months()
	from, to = (w.from+m-1)/m, w.end/m
	return from, max(from, to)
}

// planUneven lists the cells of an uneven indicator that a change of a base period reaches.
func (s *shift) planUneven(c *changedFigure, b rollup.Basis) {
	base := stretchOf(s.base, false)
	for _, span := range s.t.memory.spansOf(s.base.Year, period.Month) {
		w := stretchOf(span, false)
		contains := w.holds(base.end, base.end-base.from)
		if contains {
			s.add(c.i, reported, b, span)
		}
		if contains && c.i.sums || c.i.gains && (contains || w.from == base.end || c.outside && w.from >= base.end) {
			s.add(c.i, own, b, span)
		}
		if c.i.sums && span.Kind == period.Month && w.end >= base.end {
			s.add(c.i, since, b, span)
		}
	}
}

// keepsUneven says whether an uneven indicator has a cell for the slot and the span.
func (i *indicatorIndex) keepsUneven(s slot, span period.Period) bool {
	switch s {
	case own:
		return i.gains || i.sums
	case since:
		return i.sums && span.Kind == period.Month
	default:
		return true
	}
}

// eachUneven is eachCell of an uneven indicator.
func (u *question) eachUneven(add func(period.Period, slot) error) error {
	w := stretchOf(u.q.Period, u.since)
	switch {
	case !u.i.sums && u.i.gains && u.q.Measure == rollup.Own:
		return add(u.q.Period, own)
	case !u.i.sums:
		return add(u.q.Period, reported)
	}
	from, to := u.f.windowIn(w)
	for n := from; n < to; n++ {
		if err := add(u.f.base(u.q.Period.Year, n), reported); err != nil {
			return err
		}
	}
	if u.since {
		return add(period.Of(int(w.year), period.Month, w.end), since)
	}
	return add(u.q.Period, own)
}

// contributedUneven gives what a unit contributes to the answer by the form that is looked at.
func (u *question) contributedUneven(l *leaf) (rollup.Total, error) {
	var sum rollup.Total
	if !u.i.sums {
		d := u.t.duties(u.x, u.i, l.unit, u.q.Period.Year)
		in := d.within(stretchOf(u.q.Period, u.since))
		if in.last != u.f || !l.ask(u.i, u.f, u.q.Period) {
			return sum, nil
		}
		return l.contribute(u.q.Measure, u.q.Period, in), l.err
	}
	err := u.eachUneven(func(span period.Period, s slot) error {
		at, total, err := l.unevenTotal(u.i, s, span)
		if err != nil || at.form != u.f {
			return err
		}
		total.Rescale(*u.version, l.version.Scale, u.version.Scale)
		sum.Merge(total)
		return nil
	})
	// What the leaf was turned to last is not what was asked.
	if err == nil && l.version != nil {
		l.ask(u.i, u.f, u.q.Period)
	}
	return sum, err
}

// coarse says whether units in question owe the indicator in the form for a base period of which only a part lies in the
// span: then no answer is whole (R4).
func (u *question) coarse() bool {
	if u.f.tiles(u.q.Period) {
		return false
	}
	w, m := stretchOf(u.q.Period, false), u.f.frequency.Months()
	for n := w.from / m; n*m < w.end; n++ {
		if w.holds((n+1)*m, m) {
			continue
		}
		if u.owe(u.f.base(u.q.Period.Year, n)) {
			return true
		}
	}
	return false
}
