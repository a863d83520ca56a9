package rollup_test

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/indicator"
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

// TestR2UnevenComponentEqualsTheRules is TestR2ComponentEqualsTheRules of units that report by several paces.
func TestR2UnevenComponentEqualsTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, c := drawCrossing(t)
		if s.m.base != period.Month || s.m.Value.Time == indicator.TimeNone || s.m.Denominator.Time == indicator.TimeNone && s.m.OwnDenominator() {
			return
		}
		for _, u := range s.names {
			kinds := rapid.SampledFrom([]period.Kind{period.Month, period.Quarter, period.Half, period.Year})
			c.pace[u] = []pace{{from: 1, kind: kinds.Draw(t, u+" reports by the")}}
			if c.pace[u][0].kind == period.Month && rapid.Bool().Draw(t, u+" changes its pace") {
				c.pace[u] = append(c.pace[u], pace{from: 7, kind: rapid.SampledFrom([]period.Kind{period.Quarter, period.Half}).Draw(t, "to the")})
			}
		}
		if !c.cutsBase(s) {
			c.equalsTheRules(t, s)
		}
	})
}

// cutsBase says whether the span, or what comes before it in the year, cuts a base period of a unit: of a part there is no
// figure.
func (c *changed) cutsBase(s *scene) bool {
	asked := s.span.Bases(period.Month)
	for _, at := range []period.Period{asked[0].Prev(), asked[len(asked)-1]} {
		for _, u := range s.names {
			if at.Year == s.span.Year && int(at.Index)%c.months(u, at) != 0 {
				return true
			}
		}
	}
	return false
}

// inOneBase says whether everything is of one base period that is the span.
func (c *changed) inOneBase(all []*oracle) bool {
	asked := all[0].asked
	if len(all[0].bases(all[0].m.Value)) != len(asked) || len(all[0].bases(all[0].m.Denominator)) != len(asked) {
		return false
	}
	if len(asked) == 1 {
		return true
	}
	for _, o := range all {
		for _, p := range asked {
			if len(c.pace) == 0 || !o.given(o.m.Code, p).unowed && c.months(o.unit, p) < len(asked) {
				return false
			}
		}
	}
	return true
}

// overParts brings the amounts of units, which stand at the last months of their base periods, over time: by going through
// the months, and holding what each unit said that is of the month, or of a sum what all said of a time that begins and ends
// for all of them.
func (c *changed) overParts(all []*oracle, p indicator.Part, each [][]*big.Rat) *big.Rat {
	bases := all[0].bases(p)
	var totals []*big.Rat
	if p.Time == indicator.TimeSum {
		told := make([]*big.Rat, len(all))
		for i := range bases {
			open := false
			for n, o := range all {
				if each[n][i] != nil {
					told[n] = plus(told[n], each[n][i])
				}
				end := c.endOver(o, bases, i)
				open = open || end > i
			}
			if !open {
				totals = append(totals, join(all[0].m, told))
				told = make([]*big.Rat, len(all))
			}
		}
		return overTime(totals, p.Time)
	}
	before := ""
	for i := range bases {
		var ends []int
		newest := -1
		for n, o := range all {
			end := c.endOver(o, bases, i)
			ends = append(ends, end)
			if end >= 0 && each[n][end] != nil {
				newest = max(newest, c.side(bases[end]))
			}
		}
		if fmt.Sprint(ends) == before {
			continue
		}
		before = fmt.Sprint(ends)
		var list []*big.Rat
		for n, end := range ends {
			if end >= 0 && c.side(bases[end]) == newest {
				list = append(list, each[n][end])
			}
		}
		totals = append(totals, join(all[0].m, list))
	}
	return overTime(totals, p.Time)
}

// endOver gives the place at which the base period of a unit ends that holds a month; -1 if it owes none.
func (c *changed) endOver(o *oracle, bases []period.Period, at int) int {
	for end := at; end < len(bases); end++ {
		if !o.given(o.m.Code, bases[end]).unowed {
			if end-c.months(o.unit, bases[end]) < at {
				return end
			}
			return -1
		}
	}
	return -1
}
