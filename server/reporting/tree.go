package reporting

import (
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/period"
)

// treeDay gives the day of the tree for a period.
func (r *rollupRun) treeDay(p period.Period) period.Day {
	if r.tree != 0 {
		return r.tree
	}
	return r.calendar.Last(p)
}

// treeOf reads the day of a tree; 0 if none is asked for.
func treeOf(text string) (period.Day, error) {
	if text == "" {
		return 0, nil
	}
	day, err := period.ParseDay(text)
	if err != nil {
		return 0, fault.Of(err).In("tree")
	}
	return day, nil
}

func treeBeforePeriod(tree period.Day, p period.Period, last period.Day) *fault.Error {
	return fault.Invalid("TREE_BEFORE_PERIOD",
		"the figures of %s cannot be told on the tree of %s, because the period lasts until %s and figures are followed forward only; ask for a day from then on",
		p, tree, last).With("tree", tree).With("period", p).With("last_day", last).In("tree")
}
