package rpc

import (
	"slices"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// mostOwners is how many columns with counts of their own others are held against: those of a page belong to few forms.
const mostOwners = 4

// sayOnce says counts once that are the same in several columns, and what is expected of a unit once where it is the same in
// all periods: it is most of an answer otherwise, and a client reads it in half the time.
func sayOnce(columns []*reportingv1.RollupColumns, units, periods int) {
	var owners []int
	for i, c := range columns {
		if n := slices.IndexFunc(owners, func(owner int) bool { return sameCounts(columns[owner], c) }); n >= 0 {
			c.CountsLike = int32(owners[n]) + 1 //nolint:gosec // a page has few columns
			for _, list := range countsOf(c) {
				*list = nil
			}
			continue
		}
		if len(owners) < mostOwners {
			owners = append(owners, i)
		}
	}
	for _, c := range columns {
		c.Expected = perUnit(c.Expected, units, periods)
	}
}

// countsOf are the columns that say how many, in the order of the contract.
func countsOf(c *reportingv1.RollupColumns) [12]*[]int32 {
	return [...]*[]int32{
		&c.Expected, &c.Received, &c.NotAvailable, &c.NotApplicable, &c.Excluded, &c.Late, &c.Stale, &c.UnitsComplete, &c.Units,
		&c.Half, &c.Unweighted, &c.Divisor,
	}
}

// sameCounts says whether two columns have the same counts. Columns without any have nothing to share.
func sameCounts(a, b *reportingv1.RollupColumns) bool {
	some := false
	others := countsOf(b)
	for i, list := range countsOf(a) {
		if !slices.Equal(*list, *others[i]) {
			return false
		}
		some = some || len(*list) > 0
	}
	return some
}

// perUnit gives one element for each unit, if all of its cells have it.
func perUnit(cells []int32, units, periods int) []int32 {
	if periods < 2 || len(cells) != units*periods {
		return cells
	}
	for at, n := range cells {
		if n != cells[at-at%periods] {
			return cells
		}
	}
	list := make([]int32, units)
	for u := range list {
		list[u] = cells[u*periods]
	}
	return list
}
