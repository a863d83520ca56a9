package plan

import (
	"slices"

	"github.com/tonghop/tonghop/server/text"
)

// Counts counts statuses. Evaluated is always the sum of all others.
type Counts struct{ byStatus [len(statusOrder)]int }

// statusOrder are the statuses that are counted.
var statusOrder = [...]Status{noStatus, Exceeded, Met, NotMet, NotDue, NoData, NotEvaluable}

// Add counts one more; what is no status is not counted.
func (c *Counts) Add(s Status) {
	if s != noStatus && int(s) < len(c.byStatus) {
		c.byStatus[s]++
	}
}

// Merge adds other counts.
func (c *Counts) Merge(o Counts) {
	for i := range c.byStatus {
		c.byStatus[i] += o.byStatus[i]
	}
}

// Of gives how many have a status.
func (c *Counts) Of(s Status) int {
	if int(s) >= len(c.byStatus) {
		return 0
	}
	return c.byStatus[s]
}

// Evaluated is how many were counted.
func (c *Counts) Evaluated() int {
	n := 0
	for _, one := range c.byStatus {
		n += one
	}
	return n
}

// Reached is how many were met or exceeded.
func (c *Counts) Reached() int { return c.byStatus[Exceeded] + c.byStatus[Met] }

// Whole says of a target of every single unit whether it is reached: not if one unit did not, not known if of one nothing is
// known, and exceeded only if all did.
func (c *Counts) Whole() Status {
	for _, s := range []Status{NotMet, NoData, NotEvaluable} {
		if c.byStatus[s] > 0 {
			return s
		}
	}
	switch c.Evaluated() {
	case 0:
		return NotEvaluable
	case c.byStatus[Exceeded]:
		return Exceeded
	}
	return Met
}

// Basis is what a declared count is held against. The zero value is nothing.
type Basis uint8

// The bases.
const (
	AgainstNothing Basis = iota
	// AgainstComputed are the lines of the evaluation, AgainstRatings the declared ratings of single results, AgainstParts other
	// declared counts, AgainstRegister the indicators of the plan.
	AgainstComputed
	AgainstRatings
	AgainstParts
	AgainstRegister
)

// Comparison holds a declared count against what it should agree with.
type Comparison struct {
	Count
	Against Basis
	Other   int
}

// Difference is declared minus other.
func (c *Comparison) Difference() int {
	if c.Against == AgainstNothing {
		return 0
	}
	return c.Count.Count - c.Other
}

// Compare holds each declared count of a year against all that it should agree with. What was declared is shown as it is: 31
// reached and 6 not are 37 of 35, and nobody but the author can say which number is wrong.
func Compare(p *Plan, declared []Count, computed, ratings Counts) []Comparison {
	var list []Comparison
	for _, d := range declared {
		before := len(list)
		add := func(against Basis, other int) {
			list = append(list, Comparison{Count: d, Against: against, Other: other})
		}
		for _, by := range []struct {
			basis  Basis
			counts Counts
		}{{AgainstComputed, computed}, {AgainstRatings, ratings}} {
			if n, ok := by.counts.like(d.Kind); ok && by.counts.Evaluated() > 0 {
				add(by.basis, n)
			}
		}
		if n, ok := partsOf(d, declared); ok {
			add(AgainstParts, n)
		}
		switch d.Kind {
		case CountGroup:
			if at := slices.IndexFunc(p.Groups, func(g Group) bool { return text.SameCode(g.Code, d.Label) }); at >= 0 {
				add(AgainstRegister, len(p.Groups[at].Indicators))
			}
		case CountFocus:
			add(AgainstRegister, len(p.Focus))
		default:
		}
		if len(list) == before {
			add(AgainstNothing, 0)
		}
	}
	return list
}

// like gives the count of the same kind.
func (c *Counts) like(k CountKind) (int, bool) {
	switch k {
	case CountTotal:
		return c.Evaluated(), true
	case CountReached:
		return c.Reached(), true
	case CountExceeded:
		return c.byStatus[Exceeded], true
	case CountMet:
		return c.byStatus[Met], true
	case CountNotMet:
		return c.byStatus[NotMet], true
	default:
		return 0, false
	}
}

// partsOf adds the declared counts that make a sum: exceeded and met are reached; reached and not met are all.
func partsOf(d Count, declared []Count) (int, bool) {
	of := func(k CountKind) (int, bool) {
		at := slices.IndexFunc(declared, func(o Count) bool { return o.Kind == k && o.Year == d.Year })
		if at < 0 {
			return 0, false
		}
		return declared[at].Count, true
	}
	exceeded, some := of(CountExceeded)
	met, more := of(CountMet)
	both := some && more
	switch d.Kind {
	case CountReached:
		return exceeded + met, both
	case CountAssigned, CountTotal:
		reached, known := of(CountReached)
		if !known {
			reached, known = exceeded+met, both
		}
		missed, _ := of(CountNotMet)
		return reached + missed, known
	default:
		return 0, false
	}
}
