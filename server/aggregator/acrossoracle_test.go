package aggregator_test

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// across answers questions that go over changes of the tree as R2 reads: from lists of units and links, looked through from
// end to end each time, and fractions of math/big. It shares with the aggregator who owes what and which revision counts.
type across struct {
	o           *oracle
	q           aggregator.Query
	version     indicator.Indicator
	base        period.Kind
	calendar    period.Calendar
	first, tree period.Day
	bases       []period.Period
	units       []hierarchy.Unit
	links       []hierarchy.Link
}

func newAcross(o *oracle, q aggregator.Query) *across {
	a := &across{o: o, q: q}
	a.base, a.calendar = o.cadence(q.Indicator)
	a.version, _ = o.cat.On(q.Indicator, a.calendar.Last(q.Period))
	a.bases = q.Period.Bases(a.base)
	if a.since() {
		a.bases = nil
		for _, p := range period.Of(int(q.Period.Year), period.Year, 1).Bases(a.base) {
			if a.calendar.Last(p) <= a.calendar.Last(q.Period) {
				a.bases = append(a.bases, p)
			}
		}
	}
	a.tree = max(a.calendar.Last(q.Period), q.Tree)
	a.first = a.calendar.Last(a.bases[0])
	for n := range o.tree.Len() {
		a.units = append(a.units, o.tree.At(n))
	}
	for _, l := range o.links {
		if l.Date > a.first && l.Date <= a.tree {
			a.links = append(a.links, l)
		}
	}
	return a
}

// since says that the question is about everything from the beginning of the year.
func (a *across) since() bool {
	return a.q.Measure == rollup.YearToDate && a.version.Value.Measure == indicator.Flow
}

func (a *across) unit(id hierarchy.ID) hierarchy.Unit {
	return a.units[slices.IndexFunc(a.units, func(u hierarchy.Unit) bool { return u.ID == id })]
}

// joinedTo gives the unit and all that links join it to.
func (a *across) joinedTo(id hierarchy.ID) []hierarchy.ID {
	set := []hierarchy.ID{id}
	for n := 0; n < len(set); n++ {
		for _, l := range a.links {
			for _, pair := range [][2]hierarchy.ID{{l.From, l.To}, {l.To, l.From}} {
				if pair[0] == set[n] && !slices.Contains(set, pair[1]) {
					set = append(set, pair[1])
				}
			}
		}
	}
	return set
}

// above gives the unit itself and all above it.
func (a *across) above(id hierarchy.ID) []hierarchy.ID {
	var list []hierarchy.ID
	for ; id != ""; id = a.unit(id).Parent {
		list = append(list, id)
	}
	return list
}

// isNewest says whether a unit holds at the end what its component has: it stands, or ended and nothing leads on.
func (a *across) isNewest(u hierarchy.Unit) bool {
	return u.ValidTo > a.tree || !slices.ContainsFunc(a.o.links, func(l hierarchy.Link) bool { return l.From == u.ID && l.Date == u.ValidTo })
}

// place gives the lowest unit of the tree that contains all newest units; empty if none does.
func (a *across) place(id hierarchy.ID) hierarchy.ID {
	var standing []hierarchy.ID
	for _, member := range a.joinedTo(id) {
		if u := a.unit(member); u.ValidFrom <= a.tree && a.isNewest(u) {
			instead := a.standing(member, nil)
			if len(instead) == 0 {
				return ""
			}
			standing = append(standing, instead...)
		}
	}
	if len(standing) == 0 {
		return ""
	}
	for _, candidate := range a.above(standing[0]) {
		if !slices.ContainsFunc(standing, func(id hierarchy.ID) bool { return !slices.Contains(a.above(id), candidate) }) {
			return candidate
		}
	}
	return ""
}

// standing gives who stands in place of a unit: itself, or where links lead from its end, or else the unit above it.
func (a *across) standing(id hierarchy.ID, seen []hierarchy.ID) []hierarchy.ID {
	if id == "" || slices.Contains(seen, id) {
		return nil
	}
	u := a.unit(id)
	if u.ValidOn(a.tree) {
		return []hierarchy.ID{id}
	}
	seen = append(seen, id)
	var list []hierarchy.ID
	ended := true
	for _, l := range a.o.links {
		if l.From == id && l.Date == u.ValidTo {
			ended = false
			list = append(list, a.standing(l.To, seen)...)
		}
	}
	if ended {
		return a.standing(u.Parent, seen)
	}
	return list
}

// owes gives the base periods that a unit owes, if its figures are added.
func (a *across) owes(u hierarchy.Unit) []period.Period {
	var list []period.Period
	if !a.version.Adds(u.Kind) || a.q.Kind != "" && a.q.Kind != u.Kind {
		return nil
	}
	f := a.figures(u)
	for _, p := range a.bases {
		if f.Owed(p) {
			list = append(list, p)
		}
	}
	return list
}

func (a *across) figures(u hierarchy.Unit) asked {
	return asked{o: a.o, unit: u, basis: a.q.Basis, version: a.version, calendar: a.calendar}
}

// inSpan says whether a unit stood on some day from the first tree to the last.
func (a *across) inSpan(u hierarchy.Unit) bool { return u.ValidTo > a.first && u.ValidFrom <= a.tree }

// touched says whether a change reaches the unit: one of its own, of whatever belongs to it, is joined to another, or what
// belongs to it on its own days is not what belongs to it in the end.
func (a *across) touched() bool {
	for _, u := range a.units {
		if !a.inSpan(u) {
			continue
		}
		below, held := slices.Contains(a.above(u.ID), a.q.Unit), false
		if place := a.place(u.ID); place != "" {
			held = slices.Contains(a.above(place), a.q.Unit)
		}
		joined := len(a.joinedTo(u.ID)) > 1
		if joined && (below || held) || a.unit(a.q.Unit).ValidOn(a.tree) && below != held {
			return true
		}
	}
	return false
}

// holder says who holds figures of the unit in its stead.
func (a *across) holder() (hierarchy.ID, bool) {
	if !a.unit(a.q.Unit).ValidOn(a.tree) {
		return a.place(a.q.Unit), true
	}
	if !rollup.Crosses(&a.version) {
		return "", false
	}
	var highest hierarchy.ID
	found := false
	for _, u := range a.units {
		joined := a.joinedTo(u.ID)
		below := u.ValidOn(a.tree) && a.isNewest(u) && slices.Contains(a.above(u.ID), a.q.Unit)
		if len(joined) == 1 || !below || !slices.ContainsFunc(joined, func(id hierarchy.ID) bool { return len(a.owes(a.unit(id))) > 0 }) {
			continue
		}
		place := a.place(u.ID)
		if place == "" {
			found = true
			continue
		}
		if slices.Contains(a.above(place), a.q.Unit) {
			continue
		}
		if !found || highest == "" || slices.Contains(a.above(highest), place) {
			highest, found = place, true
		}
	}
	return highest, found
}

// bodies are the units whose figures the unit holds, those that are joined together.
func (a *across) bodies() [][]hierarchy.Unit {
	var list [][]hierarchy.Unit
	done := map[hierarchy.ID]bool{}
	for _, u := range a.units {
		if place := a.place(u.ID); done[u.ID] || place == "" || !slices.Contains(a.above(place), a.q.Unit) {
			continue
		}
		var body []hierarchy.Unit
		for _, id := range a.joinedTo(u.ID) {
			done[id] = true
			if member := a.unit(id); len(a.owes(member)) > 0 {
				body = append(body, member)
			}
		}
		if len(body) > 0 {
			list = append(list, body)
		}
	}
	return list
}

// amounts gives what the units of a body gave for a base period on one side, with both only units that gave both.
func (a *across) amounts(body []hierarchy.Unit, p period.Period, side int, both bool) []*big.Rat {
	var list []*big.Rat
	for _, u := range body {
		f := a.figures(u)
		if !f.Owed(p) {
			continue
		}
		got, scale := f.At(a.version.Code, p)
		ratio := a.version.UnitRule == indicator.UnitRatio
		lacks := [...]bool{!got.HasNumerator, !got.HasDenominator}
		if got.State != figure.Value || ratio && (lacks[side] || both && lacks[1-side]) {
			continue
		}
		n := got.Value
		if ratio {
			n = [...]figure.Number{got.Numerator, got.Denominator}[side]
		}
		list = append(list, big.NewRat(int64(n), scale.Factor()))
	}
	return list
}

// together brings amounts of units together.
func (a *across) together(list []*big.Rat) *big.Rat {
	switch {
	case len(list) == 0:
		return nil
	case a.version.UnitRule == indicator.UnitMin:
		return slices.MinFunc(list, (*big.Rat).Cmp)
	case a.version.UnitRule == indicator.UnitMax:
		return slices.MaxFunc(list, (*big.Rat).Cmp)
	}
	return sum(list)
}

// part brings one side of a body together over units and time; nil if there is nothing.
func (a *across) part(body []hierarchy.Unit, p indicator.Part, side int, both bool) *big.Rat {
	if p.Time == indicator.TimeLast && len(a.bases) > 1 && len(body) > 1 {
		return a.together(a.latest(body, side, both))
	}
	var totals []*big.Rat
	for _, base := range a.bases {
		if total := a.together(a.amounts(body, base, side, both)); total != nil {
			totals = append(totals, total)
		}
	}
	if len(totals) == 0 {
		return nil
	}
	return overTime(p.Time, totals)
}

// latest gives each unit's latest figure, on the newest side of the change on which there is any.
func (a *across) latest(body []hierarchy.Unit, side int, both bool) []*big.Rat {
	joined := a.joinedTo(body[0].ID)
	sideOf := func(p period.Period) int {
		dates := map[period.Day]bool{}
		for _, l := range a.links {
			if slices.Contains(joined, l.From) && l.Date <= a.calendar.Last(p) {
				dates[l.Date] = true
			}
		}
		return len(dates)
	}
	var list []*big.Rat
	newest := -1
	for _, base := range slices.Backward(a.bases) {
		if len(a.amounts(body, base, side, both)) > 0 {
			newest = sideOf(base)
			break
		}
	}
	for _, u := range body {
		for _, base := range slices.Backward(a.bases) {
			if one := a.amounts([]hierarchy.Unit{u}, base, side, both); len(one) > 0 && sideOf(base) == newest {
				list = append(list, one[0])
				break
			}
		}
	}
	return list
}

// value gives the roll-up, and the same without dividing by nothing.
func (a *across) value() *big.Rat {
	var nums, dens []*big.Rat
	own := a.version.OwnDenominator()
	both := own && (a.version.Value.Time == a.version.Denominator.Time || len(a.bases) == 1)
	for _, body := range a.bodies() {
		parts := [][]hierarchy.Unit{body}
		if len(a.bases) == 1 {
			parts = nil // Within one base period units are one by one.
			for _, u := range body {
				parts = append(parts, []hierarchy.Unit{u})
			}
		}
		for _, units := range parts {
			num := a.part(units, a.version.Value, 0, both)
			if num == nil {
				continue
			}
			if own {
				den := a.part(units, a.version.Denominator, 1, both)
				if den == nil {
					continue
				}
				dens = append(dens, den)
			}
			nums = append(nums, num)
		}
	}
	num := a.together(nums)
	if !own || num == nil {
		return num
	}
	den := sum(dens)
	if den.Sign() == 0 {
		return nil
	}
	return new(big.Rat).Mul(new(big.Rat).Quo(sum(nums), den), big.NewRat(a.version.Factor(), 1))
}

// counts gives expected and received, from every obligation of every unit that is held.
func (a *across) counts() (expected, received int64) {
	for _, body := range a.bodies() {
		for _, u := range body {
			for _, p := range a.owes(u) {
				got, _ := a.figures(u).At(a.version.Code, p)
				if got.State != figure.NotApplicable {
					expected++
				}
				if got.State == figure.Value {
					received++
				}
			}
		}
	}
	return expected, received
}

// stayed gives a rule that crosses no change: the units that stand in the end and nobody else.
func (a *across) stayed() rollup.Result {
	var total rollup.Total
	var expected rollup.Expected
	own := false
	for _, u := range a.units {
		if !u.ValidOn(a.tree) || !slices.Contains(a.above(u.ID), a.q.Unit) || !a.version.Adds(u.Kind) || a.q.Kind != "" && a.q.Kind != u.Kind {
			continue
		}
		e := rollup.Expect(a.version, a.q.Measure, a.q.Period, a.base, a.figures(u))
		own = own || u.ID == a.q.Unit && e.Units > 0
		expected.Merge(e)
		total.Merge(rollup.Contribute(a.version, a.q.Measure, a.q.Period, a.base, a.figures(u)))
	}
	r := rollup.Finish(a.version, a.q.Measure, a.q.Period, a.base, total, expected)
	if r.Single && !own {
		r.State, r.Value, r.Display, r.Single = rollup.NotRolledUp, rollup.Fraction{}, "", false
	}
	return r
}

// differs compares an answer with R2; empty if it is right.
func (a *across) differs(got aggregator.Answer) string {
	holder, held := a.holder()
	switch {
	case held:
		if got.Result.State != rollup.NotPlaceable || got.HeldBy != holder {
			return fmt.Sprintf("got %v held by %q, want NOT_PLACEABLE held by %q", got.Result.State, got.HeldBy, holder)
		}
		return ""
	case !rollup.Crosses(&a.version):
		if want := a.stayed(); got.Result != want || got.Crossing != aggregator.Standing {
			return fmt.Sprintf("got %v %+v\nwant %+v", got.Crossing, got.Result, want)
		}
		return ""
	}
	expected, received := a.counts()
	if c := got.Result.Coverage; c.Expected != expected || c.Received != received && a.q.Measure != rollup.Own || got.Crossing != aggregator.Across {
		return fmt.Sprintf("got %v %d of %d, want %d of %d", got.Crossing, c.Received, c.Expected, received, expected)
	}
	if !slices.Contains(plain, a.q.Indicator) || a.q.Measure == rollup.Own {
		return ""
	}
	want, value := a.value(), rat(got.Result)
	if (want == nil) != (value == nil) || want != nil && want.Cmp(value) != 0 {
		return fmt.Sprintf("got %v %v, want %v", got.Result.State, value, want)
	}
	return ""
}
