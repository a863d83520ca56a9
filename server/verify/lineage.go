package verify

import (
	"slices"

	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// lineage is what changes of the tree in a span come to, computed from the list of links alone (R2).
type lineage struct {
	first, tree period.Day
	// label is equal for units that links of the span join, members and dates are by label: only of those that are joined.
	label   []int
	members map[int][]int
	dates   map[int][]period.Day
	// next are the units to which links lead from a unit's end.
	next map[int][]int
	// parent is what stands above a unit, place where its figures belong in the tree of the day; -1 for nothing.
	parent, place []int
	// stands says who is there on the day, newest who holds in the end what its component has.
	stands, newest []bool
	// touched are the units whose figures a change reaches.
	touched []bool
}

type lineageKey struct{ first, tree period.Day }

// lineage gives it for a span; nil if no link lies in it.
func (m *Model) lineage(first, tree period.Day) *lineage {
	key := lineageKey{first, tree}
	if known, ok := m.lineages[key]; ok {
		return known
	}
	if len(m.lineages) >= yearsKept {
		clear(m.lineages)
	}
	var l *lineage
	next := map[int][]int{}
	for _, link := range m.tree.Links() {
		from, _ := m.tree.Ordinal(link.From)
		to, _ := m.tree.Ordinal(link.To)
		if m.tree.At(from).ValidTo == link.Date {
			next[from] = append(next[from], to)
		}
		if link.Date <= first || link.Date > tree {
			continue
		}
		if l == nil {
			l = m.newLineage(first, tree)
		}
		l.join(from, to)
	}
	if l != nil {
		l.next = next
		l.finish(m.tree)
	}
	m.lineages[key] = l
	return l
}

func (m *Model) newLineage(first, tree period.Day) *lineage {
	n := m.tree.Len()
	l := &lineage{
		first: first, tree: tree, label: make([]int, n), members: map[int][]int{}, dates: map[int][]period.Day{},
		parent: make([]int, n), place: make([]int, n), stands: make([]bool, n), newest: make([]bool, n), touched: make([]bool, n),
	}
	for o := range n {
		u := m.tree.At(o)
		l.label[o], l.parent[o], l.place[o], l.stands[o] = o, -1, -1, u.ValidOn(tree)
		if up, ok := m.tree.Ordinal(u.Parent); ok && u.Parent != "" {
			l.parent[o] = up
		}
	}
	return l
}

// join gives two units and all that bear their labels one label.
func (l *lineage) join(a, b int) {
	from, to := l.labelOf(a), l.labelOf(b)
	l.label[max(from, to)] = min(from, to)
}

// labelOf follows labels to the one that is its own.
func (l *lineage) labelOf(o int) int {
	for l.label[o] != o {
		o = l.label[o]
	}
	return o
}

// finish makes everything that follows from the labels.
func (l *lineage) finish(tree *hierarchy.Tree) {
	for o := range l.label {
		l.newest[o] = l.stands[o] || len(l.next[o]) == 0 && tree.At(o).ValidTo <= l.tree
		l.label[o] = l.labelOf(o) // every label is less than what bears it
		l.members[l.label[o]] = append(l.members[l.label[o]], o)
	}
	for label, members := range l.members {
		if len(members) == 1 {
			delete(l.members, label)
		}
	}
	for _, link := range tree.Links() {
		from, _ := tree.Ordinal(link.From)
		if label := l.label[from]; link.Date > l.first && link.Date <= l.tree && !slices.Contains(l.dates[label], link.Date) {
			l.dates[label] = append(l.dates[label], link.Date)
		}
	}
	for o := range l.place {
		l.find(o)
	}
	for o := range l.place {
		if u := tree.At(o); u.ValidTo > l.first && u.ValidFrom <= l.tree {
			l.touch(o)
		}
	}
}

// find gives the place of a unit: with all to which it is joined, the lowest that contains the newest of them.
func (l *lineage) find(o int) {
	together := l.members[l.label[o]]
	if together == nil {
		together = []int{o}
	}
	var shared []int
	some := false
	for _, member := range together {
		if !l.newest[member] {
			continue
		}
		instead := l.standing(member, map[int]bool{})
		if len(instead) == 0 {
			shared, some = nil, true
		}
		for _, at := range instead {
			way := l.above(at)
			if some {
				way = slices.DeleteFunc(shared, func(up int) bool { return !slices.Contains(way, up) })
			}
			shared, some = way, true
		}
	}
	l.place[o] = -1
	if len(shared) > 0 {
		l.place[o] = shared[0]
	}
}

// standing gives who stands in place of a unit: itself, or where links lead from its end, or else the unit above it.
func (l *lineage) standing(o int, seen map[int]bool) []int {
	switch {
	case o < 0 || seen[o]:
		return nil
	case l.stands[o]:
		return []int{o}
	}
	seen[o] = true
	if len(l.next[o]) == 0 {
		return l.standing(l.parent[o], seen)
	}
	var list []int
	for _, to := range l.next[o] {
		list = append(list, l.standing(to, seen)...)
	}
	return list
}

// above gives a unit and all above it, the lowest first.
func (l *lineage) above(o int) []int {
	var way []int
	for ; o >= 0; o = l.parent[o] {
		way = append(way, o)
	}
	return way
}

// touch notes who gets and who loses the figures of a unit.
func (l *lineage) touch(o int) {
	before, after := l.above(o), l.above(l.place[o])
	joined := l.members[l.label[o]] != nil
	for _, up := range before {
		if joined || l.stands[up] && !slices.Contains(after, up) {
			l.touched[up] = true
		}
	}
	for _, up := range after {
		if joined || !slices.Contains(before, up) {
			l.touched[up] = true
		}
	}
}

// side counts the changes of a component until a day.
func (l *lineage) side(label int, day period.Day) int {
	n := 0
	for _, date := range l.dates[label] {
		if date <= day {
			n++
		}
	}
	return n
}

// crosses says whether a rule over units can be brought over a change: what adds up or has an extreme.
func crosses(ind *indicator.Indicator) bool {
	r := ind.UnitRule
	return r == indicator.UnitSum || r == indicator.UnitRatio || r == indicator.UnitMin || r == indicator.UnitMax
}

// lineageOf gives the lineage of a question; nil if no change lies in it.
func (m *Model) lineageOf(q Question, forms []int, cal period.Calendar, ind *indicator.Indicator) *lineage {
	w := windowOf(q.Period)
	if q.Measure == YearToDate && ind.Value.Measure == indicator.Flow && possible(ind, q.Measure) {
		w.from = 0
	}
	first, tree := period.Forever, max(cal.Last(q.Period), q.Tree)
	for _, f := range forms {
		latest, _ := m.forms.Latest(m.forms.At(f))
		months := latest.Frequency.Months()
		if place := (w.from + months - 1) / months; (place+1)*months <= w.end {
			first = min(first, cal.Last(period.Of(int(q.Period.Year), latest.Frequency, place+1)))
		}
	}
	if first >= tree {
		return nil
	}
	return m.lineage(first, tree)
}

// changesIn says whether units may go over into others in a period, in one calendar or the other. It is asked for one unit
// after the other, so the last answer is kept.
func (m *Model) changesIn(p period.Period) bool {
	if m.changes.of == p && m.changes.known {
		return m.changes.some
	}
	m.changes.of, m.changes.known, m.changes.some = p, true, false
	for _, link := range m.tree.Links() {
		if link.Date > period.CutoffFifteenth.First(p) && link.Date <= period.Civil.Last(p) {
			m.changes.some = true
		}
	}
	return m.changes.some
}

// across is the part of a column that goes over a change of the tree.
type across struct {
	totals []total
	self   []bool
	// holders are the units that hold what others have a part of, by these; -1 for nobody.
	holders map[int]int
}

// computeAcross asks every body, of one unit or of several, and adds it to its place and all above that.
func (c *column) computeAcross(m *Model, q Question) *across {
	table := m.year(c.key.code, int(q.Period.Year), q.Provisional)
	l := c.lineage
	x := &across{totals: make([]total, m.tree.Len()), self: make([]bool, m.tree.Len()), holders: map[int]int{}}
	a := asking{
		m: m, ind: c.ind, measure: q.Measure, span: q.Period, asked: windowOf(q.Period), provisional: q.Provisional,
		others: m.newOthers(&c.ind, q.Provisional), least: int(c.result.months),
	}
	adds := func(o int) bool {
		kind := m.tree.At(o).Kind
		return c.ind.Adds(kind) && (q.Kind == "" || q.Kind == kind)
	}
	asked := func(o int) bool { return table.some[o] && adds(o) }
	lends := func(o int) bool { return borrows(&c.ind) && adds(o) }
	for o := range l.stands {
		later := m.tree.At(o).ValidFrom > l.tree // of whom nothing is in the span but parts of longer base periods
		if asked(o) && (later || l.stands[o] && !crosses(&c.ind)) {
			a.unit, a.year = o, &table.units[o]
			a.share(&c.own)
			x.self[o] = c.own.owed > 0
			x.add(l, o, &c.own, c.ind.UnitRule)
		}
	}
	if !crosses(&c.ind) {
		return x
	}
	for o, label := range l.label {
		if label != o {
			continue
		}
		b := body{asking: &a, joined: l.members[o] != nil, side: func(day period.Day) int { return l.side(label, day) }, calendar: c.calendar}
		if !b.gather(table, l.membersOf(o), asked, lends) {
			continue
		}
		b.share(&c.own)
		x.add(l, l.place[o], &c.own, c.ind.UnitRule)
		if b.owesWhole(c.even) {
			x.part(l, o)
		}
	}
	return x
}

// borrows says whether the denominator is another indicator's figure.
func borrows(ind *indicator.Indicator) bool {
	return ind.UnitRule == indicator.UnitRatio && !ind.OwnDenominator()
}

// gather takes in those that are asked, and beside them those that lend: another indicator's figure of theirs may be the
// denominator. It is false if none is asked.
func (b *body) gather(table *yearTable, members []int, asked, lends func(o int) bool) bool {
	some := false
	for _, o := range members {
		some = some || asked(o)
		if asked(o) || lends(o) {
			b.units, b.years = append(b.units, o), append(b.years, &table.units[o])
		}
	}
	return some
}

func (l *lineage) membersOf(o int) []int {
	if members := l.members[l.label[o]]; members != nil {
		return members
	}
	return []int{o}
}

// add adds a total to a unit and all above it.
func (x *across) add(l *lineage, at int, t *total, rule indicator.UnitRule) {
	for ; at >= 0; at = l.parent[at] {
		x.totals[at].add(t, rule)
	}
}

// part notes who has only a part of a component, and where the whole is: of several places the highest.
func (x *across) part(l *lineage, o int) {
	place := l.place[o]
	for _, member := range l.members[l.label[o]] {
		if !l.newest[member] || !l.stands[member] {
			continue
		}
		for up := member; up >= 0 && up != place; up = l.parent[up] {
			if known, ok := x.holders[up]; !ok || known < 0 || place >= 0 && slices.Contains(l.above(known), place) {
				x.holders[up] = place
			}
		}
	}
}

// worth answers for one unit, with exact numbers.
func (c *column) worth(m *Model, unit int) worth {
	if c.lineage != nil && c.lineage.touched[unit] {
		return c.worthAcross(m, unit)
	}
	return c.result.worth(&c.totals[unit], c.self[unit])
}

// worthAcross answers for a unit that a change reaches.
func (c *column) worthAcross(m *Model, unit int) worth {
	if c.across == nil {
		q := c.asked
		q.same(&c.ind)
		c.across = c.computeAcross(m, q)
	}
	crossing := "STANDING"
	if crosses(&c.ind) {
		crossing = "ACROSS"
	}
	holder, held := c.across.holders[unit]
	if !c.lineage.stands[unit] {
		holder, held = c.lineage.place[unit], true
	}
	var w worth
	switch {
	case !held:
		w = c.result.worth(&c.across.totals[unit], c.across.self[unit])
	case holder >= 0:
		w = worth{Answer: Answer{State: stateNotPlaceable, HeldBy: string(m.tree.At(holder).ID)}}
	default:
		w = worth{Answer: Answer{State: stateNotPlaceable}}
	}
	w.Crossing = crossing
	return w
}
