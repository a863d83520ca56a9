package aggregator

import (
	"slices"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// part is what one form gives to an answer.
type part struct {
	form                  *formIndex
	total                 rollup.Total
	expected, ownExpected rollup.Expected
	gap                   rollup.Gap
	check                 *Check
}

// part brings together the rows of the form below the unit and the unit's own report.
func (u *question) part() (part, error) {
	p := part{form: u.f}
	for _, kind := range u.kinds() {
		p.expected.Merge(u.expected(u.q.Period, kind))
		var err error
		if u.gathered {
			err = u.gather(kind, &p.total)
		} else {
			err = u.below(kind, &p.total)
		}
		if err != nil {
			return part{}, err
		}
		if kind == u.x.kind[u.unit] {
			own, _ := u.t.expectOf(u.x, u.f, u.i, u.q.Period, u.since, u.unit)
			p.ownExpected = own.expected()
			if err := u.own(&p); err != nil {
				return part{}, err
			}
		}
	}
	if u.q.Kind == "" && u.version.Checks(u.x.tree.At(u.unit).Kind) {
		if err := u.check(&p); err != nil {
			return part{}, err
		}
	}
	return p, nil
}

// below merges the rows of a kind strictly below the unit. As of an earlier entry there are none, and reports are read.
func (u *question) below(kind uint16, into *rollup.Total) error {
	if u.x.inner[u.unit] < 0 {
		return nil
	}
	if u.t.asOf != nil {
		return u.fromReports(kind, into)
	}
	return u.eachCell(func(span period.Period, s slot) error {
		total, err := u.t.total(u.rowKey(span, kind), u.x.kinds, cellID(u.i.number, s))
		if err != nil || total.IsZero() {
			return err
		}
		if at := u.i.on(u.f.calendar.Last(span)); at >= 0 {
			total.Rescale(*u.version, u.i.versions[at].Scale, u.version.Scale)
		}
		into.Merge(total)
		return nil
	})
}

// rowKey names the row of a span and a kind, below the unit and by the form that is looked at.
func (u *question) rowKey(span period.Period, kind uint16) rowKey {
	return rowKey{
		basis: u.q.Basis, form: u.f.ordinal, span: periodCode(span), unit: uint32(u.unit), //nolint:gosec // an ordinal
		block: blockOf(u.i.number), kind: kind,
	}
}

// eachCell visits the cells that hold, together, what the answer is made of by the form that is looked at.
func (u *question) eachCell(add func(period.Period, slot) error) error {
	switch {
	case u.i.uneven:
		return u.eachUneven(add)
	case !u.i.sums && u.i.gains && u.q.Measure == rollup.Own:
		return add(u.q.Period, own)
	case !u.i.sums:
		return add(u.q.Period, reported)
	}
	from, to := u.f.window(u.q.Period, u.since)
	for n := from; n < to; n++ {
		if err := add(u.f.base(u.q.Period.Year, n), reported); err != nil {
			return err
		}
	}
	switch {
	case u.since && to > 1:
		return add(u.f.base(u.q.Period.Year, to-1), since)
	case !u.since && to-from > 1:
		return add(u.q.Period, reported)
	}
	return nil
}

// own merges what the unit itself gave, where its kind is added.
func (u *question) own(p *part) error {
	l := &leaf{t: u.t, x: u.x, unit: u.unit, basis: u.q.Basis}
	total, err := u.contributed(l)
	if err != nil {
		return err
	}
	p.total.Merge(total)
	if u.q.Measure == rollup.Own && u.i.gains && l.ask(u.i, u.f, u.q.Period) {
		base := u.f.frequency
		if u.i.uneven {
			base = cadence(u.q.Period, l.duties.shortest())
		}
		p.gap, _ = rollup.Spans(*l.version, u.q.Period, base, l)
	}
	return l.err
}

// contributed gives what a unit contributes to the answer by the form that is looked at.
func (u *question) contributed(l *leaf) (rollup.Total, error) {
	if u.i.uneven {
		return u.contributedUneven(l)
	}
	at := u.t.homeOf(u.x, u.i, l.unit, u.q.Period, u.since)
	if at.form != u.f || !l.ask(u.i, u.f, u.q.Period) {
		return rollup.Total{}, nil
	}
	return rollup.Contribute(*l.version, u.q.Measure, u.q.Period, u.f.frequency, l), l.err
}

// check holds what the unit itself sent where its kind is only compared.
func (u *question) check(p *part) error {
	l := &leaf{t: u.t, x: u.x, unit: u.unit, basis: u.q.Basis}
	total, err := u.contributed(l)
	if err != nil || total.Received == 0 {
		return err
	}
	own, _ := u.t.expectOf(u.x, u.f, u.i, u.q.Period, u.since, u.unit)
	base := u.f.frequency
	if u.i.uneven {
		base = kindOf(int(own.months))
	}
	p.check = &Check{
		Kind:   u.x.tree.At(u.unit).Kind,
		Result: rollup.Finish(*u.version, u.q.Measure, u.q.Period, base, total, own.expected()),
	}
	return nil
}

// maxGathered is how many reports one answer may be made of where no row holds it.
const maxGathered = 2000

// gather merges what the units of a kind strictly below the unit gave, from their reports.
func (u *question) gather(kind uint16, into *rollup.Total) error {
	if owed := u.t.expectBelow(u.x, u.f, u.i, u.q.Period, u.since, u.unit, kind).owed; owed > maxGathered {
		return fault.Exhausted("QUERY_TOO_LARGE",
			"indicator %s from the beginning of the year is not kept and would be made of %d reports, the limit is %d; ask for the units below one by one",
			u.i.code, owed, maxGathered).With("indicator", u.i.code).With("reports", owed).With("limit", maxGathered).In("measure")
	}
	return u.fromReports(kind, into)
}

// fromReports is gather without its limit: as of an earlier entry reports are counted as they are read.
func (u *question) fromReports(kind uint16, into *rollup.Total) error {
	return u.eachBelow(u.unit, func(unit int) error {
		if u.x.kind[unit] != kind {
			return nil
		}
		if u.t.asOf != nil {
			u.t.asOf.contributions--
		}
		l := &leaf{t: u.t, x: u.x, unit: unit, basis: u.q.Basis}
		total, err := u.contributed(l)
		into.Merge(total)
		return err
	})
}

// eachBelow visits the units strictly below a unit whose contribution stands there.
func (u *question) eachBelow(unit int, visit func(int) error) error {
	for _, child := range slices.Clone(u.x.below[unit]) {
		if err := visit(int(child)); err != nil {
			return err
		}
		if err := u.eachBelow(int(child), visit); err != nil {
			return err
		}
	}
	return nil
}
