package rollup_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// pace is how often a unit reports from a month of the year on.
type pace struct {
	from int
	kind period.Kind
}

// by reads: UNIT KIND MONTH.
func (c *changed) by(words []string) error {
	if len(words) < 2 {
		return fmt.Errorf("a pace has a unit and a kind of period")
	}
	kind, err := period.ParseKind(words[1])
	p := pace{from: 1, kind: kind}
	if err == nil && len(words) > 2 {
		var first period.Period
		first, err = period.Parse(words[2])
		p.from = int(first.Index)
	}
	c.pace[words[0]] = append(c.pace[words[0]], p)
	return err
}

// months gives how long the base period of a unit is that holds a month.
func (c *changed) months(unit string, month period.Period) int {
	n := 1
	for _, p := range c.pace[unit] {
		if int(month.Index) >= p.from {
			n = p.kind.Months()
		}
	}
	return n
}

// joined tells what Component has to know of the units.
func (c *changed) joined() rollup.Joined {
	j := rollup.Joined{Side: c.side}
	if len(c.pace) > 0 {
		units := slices.Sorted(maps.Keys(c.units))
		j.Months = func(unit int, end period.Period) int { return c.months(units[unit], end) }
	}
	return j
}
