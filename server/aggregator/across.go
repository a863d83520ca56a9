package aggregator

import (
	"slices"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// parcel is what the answer about a unit is made of where a change of the tree lies in the span. It is computed when it is
// asked for and nothing of it is kept; see the package's documentation for what that costs.
type parcel struct {
	// units are all whose figures are the unit's.
	units []int32
	// rows are units of which the rows are taken: of the units below them all have their figures here. The others are asked
	// one by one: singles each for itself, joined all that belong to a component together.
	rows, singles []int32
	joined        []int
	seen          map[int]bool
}

// parcel finds it, by the places of units or, where the rule does not cross the change, by who stands below the unit.
func (u *question) makeParcel() {
	if u.crossing() == Standing {
		u.stand(int32(u.unit), true) //nolint:gosec // an ordinal
		return
	}
	u.parcel.seen = map[int]bool{}
	adds := u.addsUp()
	u.across.Walk(u.unit, func(b hierarchy.Branch) hierarchy.Way {
		unit := int32(b.Unit) //nolint:gosec // an ordinal
		if b.Held {
			u.hold(unit, adds)
		}
		if b.Whole && u.fromRows(unit) && (adds || !b.Joined) {
			u.parcel.rows = append(u.parcel.rows, unit)
			u.cover(unit)
			return hierarchy.Skip
		}
		return hierarchy.Below
	})
}

// fromRows says whether the rows of a unit can serve, if what they hold is what is wanted. As of an earlier entry there are
// none.
func (u *question) fromRows(unit int32) bool {
	return !u.gathered && u.t.asOf == nil && u.x.inner[unit] >= 0
}

// addsUp says whether units that are joined can be asked for one by one all the same.
func (u *question) addsUp() bool {
	return rollup.AddsUp(u.i.versions[0], u.q.Measure, u.q.Period, u.shortestBase())
}

// shortestBase gives the shortest base period that may be.
func (u *question) shortestBase() period.Kind {
	shortest := period.Year
	for _, c := range u.i.carriers {
		shortest = min(shortest, u.x.forms[c].frequency)
	}
	return shortest
}

// hold takes a unit in, for itself or with those to which it is joined.
func (u *question) hold(unit int32, adds bool) {
	c, is := u.across.Component(int(unit))
	u.parcel.units = append(u.parcel.units, unit)
	switch {
	case adds || !is:
		u.parcel.singles = append(u.parcel.singles, unit)
	case !u.parcel.seen[c]:
		u.parcel.seen[c] = true
		u.parcel.joined = append(u.parcel.joined, c)
	}
}

// cover takes in the units of which rows are taken.
func (u *question) cover(unit int32) {
	for _, child := range u.x.below[unit] {
		u.parcel.units = append(u.parcel.units, child)
		u.cover(child)
	}
}

// stand takes in those that stand on the day of the tree, a unit and all below it. Rows are of all that ever stood below a
// unit, so they serve where nobody of them has ended.
func (u *question) stand(unit int32, single bool) {
	if u.across.Stands(int(unit)) {
		u.parcel.units = append(u.parcel.units, unit)
		if single {
			u.parcel.singles = append(u.parcel.singles, unit)
		}
	}
	if single && u.fromRows(unit) && !u.across.Ended(int(unit)) {
		u.parcel.rows = append(u.parcel.rows, unit)
		single = false
	}
	for _, child := range u.x.below[unit] {
		u.stand(child, single)
	}
}

// nobody is the holder where no unit that stands on the day of the tree holds the figures.
const nobody = -1

// heldBy says which unit holds figures of the unit that is asked about, so that it can be told none itself (R2): where it
// does not stand on the day of the tree, or shares a component with another unit in such a way that the figures of both
// have their place above it. Whoever owes nothing shares nothing.
func (u *question) heldBy() (holder int, held bool) {
	place := func(unit int) int {
		if at, ok := u.across.Place(unit); ok {
			return at
		}
		return nobody
	}
	if !u.across.Stands(u.unit) {
		return place(u.unit), true
	}
	if u.crossing() == Standing {
		return nobody, false
	}
	holder = nobody
	for _, c := range u.across.Parted(u.unit) {
		for _, id := range u.across.Joined(int(c)).Units {
			member, _ := u.x.tree.Ordinal(id) // it came from there
			if !u.owesAnything(member) {
				continue
			}
			// Of several the highest: it holds what the others do.
			if at := place(member); !held || at != nobody && (holder == nobody || u.across.Holds(at, holder)) {
				holder = at
			}
			held = true
			break
		}
	}
	return holder, held
}

// owesAnything says whether a unit owes the indicator in the span, as one of the kinds that are asked for.
func (u *question) owesAnything(unit int) bool {
	for _, c := range u.i.carriers {
		u.f = &u.x.forms[c]
		if u.turn() && slices.Contains(u.kinds(), u.x.kind[unit]) {
			if own, _ := u.t.expectOf(u.x, u.f, u.i, u.q.Period, u.since, unit); own.owed > 0 {
				return true
			}
		}
	}
	return false
}

// rollupAcross answers a question that goes over a change of the tree.
func (u *question) rollupAcross(a *Answer) (done bool, err error) {
	a.Crossing = u.crossing()
	holder, held := u.heldBy()
	if !held {
		u.makeParcel()
		return false, u.limit()
	}
	if err := u.dress(a, nil, nil); err != nil {
		return false, err
	}
	a.Result.State = rollup.NotPlaceable
	if holder != nobody {
		a.HeldBy = u.x.tree.At(holder).ID
	}
	return true, nil
}

// reports counts the obligations of the units that are asked one by one.
func (u *question) reports() int64 {
	var reports int64
	add := func(unit int) {
		for _, c := range u.i.carriers {
			u.f = &u.x.forms[c]
			if u.turn() && slices.Contains(u.kinds(), u.x.kind[unit]) {
				own, _ := u.t.expectOf(u.x, u.f, u.i, u.q.Period, u.since, unit)
				reports += int64(own.owed)
			}
		}
	}
	for _, unit := range u.parcel.singles {
		add(int(unit))
	}
	for _, c := range u.parcel.joined {
		for _, id := range u.across.Joined(c).Units {
			member, _ := u.x.tree.Ordinal(id) // it came from there
			add(member)
		}
	}
	return reports
}

// Gathered gives how many reports answers across a change of the tree were made of, one by one, since it was asked last.
func (t *Tx) Gathered() int {
	n := int(t.gathered)
	t.gathered = 0
	return n
}

// acrossKey names what the units owe whose figures are one unit's, on the tree of a placement. It is the same for all
// indicators of a profile, and depends on no report.
type acrossKey struct {
	across   *hierarchy.Placement
	unit     int32
	standing bool
	kind     uint16
	expectedKey
}

// keptAcross bounds how many are kept.
const keptAcross = 1 << 14

// expectedAcross gives what the units of a kind owe whose figures are the unit's.
func (u *question) expectedAcross(span period.Period, since bool, kind uint16) expectedCell {
	key := acrossKey{
		across: u.across, unit: int32(u.unit), standing: u.crossing() == Standing, kind: kind, //nolint:gosec // an ordinal
		expectedKey: expectedKey{form: u.f.ordinal, profile: u.i.profile, span: span, since: since, sums: u.i.sums},
	}
	u.x.mu.Lock()
	e, known := u.x.acrossExpected[key]
	u.x.mu.Unlock()
	if known {
		return e
	}
	for _, unit := range u.parcel.units {
		if u.x.kind[unit] == kind {
			own, _ := u.t.expectOf(u.x, u.f, u.i, span, since, int(unit))
			e.merge(own)
		}
	}
	u.x.mu.Lock()
	defer u.x.mu.Unlock()
	if u.x.acrossExpected == nil || len(u.x.acrossExpected) >= keptAcross {
		u.x.acrossExpected = map[acrossKey]expectedCell{}
	}
	u.x.acrossExpected[key] = e
	return e
}

// belowAcross merges what rows hold of a kind, and what units gave that are asked for themselves, by the form that is
// looked at.
func (u *question) belowAcross(kind uint16, into *rollup.Total) error {
	asked := u.unit
	defer func() { u.unit = asked }()
	for _, unit := range u.parcel.rows {
		u.unit = int(unit)
		if err := u.below(kind, into); err != nil {
			return err
		}
	}
	for _, unit := range u.parcel.singles {
		if u.x.kind[unit] != kind {
			continue
		}
		total, err := u.contributed(&leaf{t: u.t, x: u.x, unit: int(unit), basis: u.q.Basis})
		if err != nil {
			return err
		}
		into.Merge(total)
	}
	return nil
}

// together brings the components together whose units are asked for with one another.
func (u *question) together() (rollup.Together, error) {
	var all rollup.Together
	for _, c := range u.parcel.joined {
		b, err := u.body(c)
		if err != nil {
			return rollup.Together{}, err
		}
		all.Total.Merge(b.Total)
		all.Folded += b.Folded
	}
	return all, nil
}

// body is a component: its units that owe anything that is asked for, read by one base period, and what they come to.
type body struct {
	leaves []*leaf
	base   period.Kind
	rollup.Together
}

// body brings one component together.
func (u *question) body(c int) (*body, error) {
	joined := u.across.Joined(c)
	b := &body{base: period.Year}
	var units []rollup.Figures
	var lenders []*leaf
	owed := 0
	for _, id := range joined.Units {
		unit, _ := u.x.tree.Ordinal(id) // it came from there
		l := &leaf{t: u.t, x: u.x, unit: unit, basis: u.q.Basis}
		if base, n, ok := u.cadenceOf(l); ok {
			b.leaves, units = append(b.leaves, l), append(units, l)
			b.base, owed = min(b.base, base), max(owed, n)
		}
	}
	if len(units) == 0 {
		return b, nil
	}
	if v := b.leaves[0].version; v.UnitRule == indicator.UnitRatio && !v.OwnDenominator() {
		lenders = u.lenders(b, joined.Units)
		for _, l := range lenders {
			units = append(units, lending{l})
		}
	}
	calendar := b.leaves[0].f.calendar
	told := rollup.Joined{Side: func(p period.Period) int {
		at, _ := slices.BinarySearch(joined.Dates, calendar.Last(p)+1)
		return at
	}}
	if u.i.uneven {
		told.Months = func(unit int, end period.Period) int { return b.leaves[unit].duties.monthsTo(end) }
	}
	b.Together = rollup.Component(*b.leaves[0].version, u.q.Measure, u.q.Period, b.base, told, units...)
	if u.i.uneven && owed == 1 {
		b.Total.Complete, b.Total.Outside = b.Total.Received, b.Total.NotApplicable+b.Total.Excluded
	}
	for _, l := range slices.Concat(b.leaves, lenders) {
		if l.err != nil {
			return nil, l.err
		}
	}
	return b, nil
}

// lending is a leaf of which nothing is asked but the figures of another indicator.
type lending struct{ *leaf }

// Owed implements rollup.Figures.
func (lending) Owed(period.Period) bool { return false }

// lenders are the units of a component that owe nothing of what is asked for. They may have given the denominator for the
// whole body, when it is another indicator's figure of a longer period (R15).
func (u *question) lenders(b *body, all []hierarchy.ID) []*leaf {
	var lenders []*leaf
	for _, id := range all {
		unit, _ := u.x.tree.Ordinal(id)
		if slices.ContainsFunc(b.leaves, func(l *leaf) bool { return l.unit == unit }) {
			continue
		}
		l := &leaf{t: u.t, x: u.x, unit: unit, basis: u.q.Basis}
		if l.ask(u.i, b.leaves[0].f, u.q.Period) && u.adds(l) {
			lenders = append(lenders, l)
		}
	}
	return lenders
}

// whyNotJoined says why a value does not take part in what the unit's component comes to; nothing if it does.
func (u *question) whyNotJoined(c, unit int, base period.Period, f *figure.Figure) (string, error) {
	b := u.bodies[c]
	if b == nil {
		var err error
		if b, err = u.body(c); err != nil {
			return "", err
		}
		if u.bodies == nil {
			u.bodies = map[int]*body{}
		}
		u.bodies[c] = b
	}
	at := slices.IndexFunc(b.leaves, func(l *leaf) bool { return l.unit == unit })
	switch {
	case at < 0:
		return WhyMissing, nil
	case halfOf(b.leaves[at].version, f), b.leaves[at].version.UnitRule == indicator.UnitRatio && b.Total.Count == 0:
		return WhyHalf, nil
	}
	// place counts the base periods by which the body is read, from the beginning of the span.
	place := (int(base.Index)*base.Kind.Months()-stretchOf(u.q.Period, u.since).from)/b.base.Months() - 1
	switch {
	case b.Left != nil && b.Left[at]>>place&1 != 0:
		return WhyNotLast, nil
	case b.Taken == nil:
		return "", nil
	case b.Taken[at] < 0 && u.q.Measure == rollup.Own && u.i.gains:
		return WhyGap, nil
	case b.Taken[at] != place:
		return WhyNotLast, nil
	}
	return "", nil
}

// cadenceOf turns a leaf to the question by the unit's own forms and gives the base period by which its figures are read,
// and how many obligations it has; false if it owes nothing that is asked for.
func (u *question) cadenceOf(l *leaf) (period.Kind, int, bool) {
	if u.i.uneven {
		d := u.t.duties(u.x, u.i, l.unit, u.q.Period.Year)
		in := d.within(stretchOf(u.q.Period, u.since))
		if in.last == nil || !l.ask(u.i, in.last, u.q.Period) || !u.adds(l) {
			return 0, 0, false
		}
		shortest := in.shortest
		if u.q.Measure == rollup.Own && u.i.gains {
			shortest = l.duties.shortest()
		}
		return cadence(u.q.Period, shortest), in.owed, true
	}
	at := u.t.homeOf(u.x, u.i, l.unit, u.q.Period, u.since)
	if at.form == nil || !l.ask(u.i, at.form, u.q.Period) || !u.adds(l) {
		return 0, 0, false
	}
	return at.form.frequency, 0, true
}

// adds says whether the figures of the leaf's unit are added in the answer.
func (u *question) adds(l *leaf) bool {
	kind := u.x.kinds[u.x.kind[l.unit]]
	return l.version.Adds(kind) && (u.q.Kind == "" || u.q.Kind == kind)
}

// Lineage says beside the number which tree it is of.
type Lineage struct {
	// TreeDay is the day of the tree: the last day of the period, or the later one that was asked for.
	TreeDay period.Day
	// Crossing says whether a change of the tree lies in between, and HeldBy which unit holds the figures where the state is
	// NOT_PLACEABLE; it is empty where none on that day does.
	Crossing Crossing
	HeldBy   hierarchy.ID
}
