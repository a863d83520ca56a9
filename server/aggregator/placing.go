package aggregator

import (
	"slices"

	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// keptPlacements is how many placements a snapshot keeps: each has some bytes for every unit that ever was. There are enough
// for each month of four years between which units came and went.
const keptPlacements = 48

// placementKey names a placement. It is the same for all first days of spans between which no unit begins or ends and no link
// lies, so a series before a change takes one.
type placementKey struct {
	epoch, changes int
	day            period.Day
}

// indexLinks collects the days on which units went over into others.
func (x *index) indexLinks() {
	for _, l := range x.tree.Links() {
		if n := len(x.changes); n == 0 || x.changes[n-1] != l.Date {
			x.changes = append(x.changes, l.Date) // links come by date
		}
	}
}

// placement gives where units have their place for questions about a span; nil if no change lies after its first tree and
// until the last.
func (x *index) placement(first, last period.Day) *hierarchy.Placement {
	at, _ := slices.BinarySearch(x.changes, first+1)
	if at == len(x.changes) || x.changes[at] > last {
		return nil
	}
	key := placementKey{epoch: x.epoch(first), changes: at, day: last}
	x.mu.Lock()
	p := x.placements[key]
	x.mu.Unlock()
	if p != nil {
		return p
	}
	p = x.tree.Placement(first, last)
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.placements == nil || len(x.placements) >= keptPlacements {
		x.placements = map[placementKey]*hierarchy.Placement{}
	}
	x.placements[key] = p
	return p
}

// place finds out whether the question goes over a change of the tree: the span's base periods have the trees of their last
// days, and the answer is asked for on the tree of the span's last day or a later one (R2).
func (u *question) place() {
	if len(u.x.changes) == 0 {
		u.treeDay = u.q.Tree
		return
	}
	first, last := period.Forever, u.q.Tree
	for _, c := range u.i.carriers {
		f := &u.x.forms[c]
		from, to := f.windowIn(stretchOf(u.q.Period, u.since))
		if from < to {
			first = min(first, f.calendar.Last(f.base(u.q.Period.Year, from)))
		}
	}
	if last == 0 {
		last = u.calendar().Last(u.q.Period)
	}
	u.treeDay = last
	if first < last {
		u.placing = u.x.placement(first, last)
	}
}

// calendar gives that of the form which carries the indicator on the last day of the period in it, or of one that carried
// it at some time.
func (u *question) calendar() period.Calendar {
	var calendar period.Calendar
	for n, c := range u.i.carriers {
		f := &u.x.forms[c]
		if n == 0 || f.carries(u.i.number, f.calendar.Last(u.q.Period)) {
			calendar = f.calendar
		}
	}
	return calendar
}

// Crossing says whether a roll-up goes over a change of the tree, and how.
type Crossing uint8

// The crossings.
const (
	// Within is no change: every unit whose figures are in the answer stands in one place.
	Within Crossing = iota
	// Across is one that figures were brought over by lineage.
	Across
	// Standing is one that the rule over units does not cross: the figures are of the units that stand on the day of the
	// tree alone.
	Standing
)

// String gives the word of the API.
func (c Crossing) String() string { return [...]string{"WITHIN", "ACROSS", "STANDING"}[c] }

// crossing is how the question goes over changes, if it does.
func (u *question) crossing() Crossing {
	switch {
	case u.across == nil:
		return Within
	case rollup.Crosses(&u.i.versions[0]):
		return Across
	default:
		return Standing
	}
}
