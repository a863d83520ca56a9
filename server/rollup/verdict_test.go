package rollup_test

import (
	"math/big"

	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// judge computes the roll-up of units by the oracle.
func (s *story) judge(units []string, m *measured, measure rollup.Measure, span period.Period) verdict {
	o := oracle{s: s, m: m, measure: measure, span: span, asked: span.Bases(m.base)}
	if len(o.asked) == 0 {
		return verdict{state: rollup.NotAtThisPeriod}
	}
	var v verdict
	var list []contribution
	lastExpected := int64(0)
	owing := 0
	for _, o.unit = range units {
		c := o.contribute(&v)
		lastExpected += btoi(c.stands)
		if c.counts {
			list = append(list, c)
		}
		for _, p := range o.bases(m.Value) {
			if !o.given(m.Code, p).unowed {
				owing++
				break
			}
		}
	}
	switch {
	case m.UnitRule == indicator.UnitMean:
		v.coverage.Divisor = int64(len(list))
	case m.Value.Time == indicator.TimeMean:
		v.coverage.Divisor = v.coverage.Received
	}
	switch {
	case m.Value.Time == indicator.TimeNone && len(o.asked) > 1:
		v.state = rollup.NotAtThisPeriod
	case m.UnitRule == indicator.UnitNone && owing > 1:
		v.state = rollup.NotRolledUp
	case len(list) == 0:
		v.state = rollup.NoData
	default:
		v.value, v.state = overUnits(m, list, lastExpected)
	}
	return v
}

// overUnits brings the amounts of units together.
func overUnits(m *measured, list []contribution, lastExpected int64) (*big.Rat, rollup.State) {
	num, den, product := new(big.Rat), new(big.Rat), new(big.Rat)
	least, greatest, yes := list[0].num, list[0].num, int64(0)
	for _, c := range list {
		num.Add(num, c.num)
		if c.den != nil {
			den.Add(den, c.den)
			product.Add(product, new(big.Rat).Mul(c.num, c.den))
		}
		if c.num.Cmp(least) < 0 {
			least = c.num
		}
		if c.num.Cmp(greatest) > 0 {
			greatest = c.num
		}
		if m.UnitRule == indicator.UnitCountAtLeast {
			yes += btoi(c.num.Cmp(decimal(m.AtLeast, m.Scale)) >= 0)
		} else {
			yes += btoi(c.num.Sign() > 0)
		}
	}
	factor := new(big.Rat).SetInt64(m.Factor())
	switch m.UnitRule {
	case indicator.UnitRatio:
		return quotient(num.Mul(num, factor), den)
	case indicator.UnitWeightedMean:
		steps := new(big.Rat).Quo(product, decimal(1, m.Scale))
		if !fits(steps) || !fits(den) {
			return nil, rollup.Overflow
		}
		return quotient(product, den)
	case indicator.UnitMean:
		return quotient(num, new(big.Rat).SetInt64(int64(len(list))))
	case indicator.UnitMin:
		return least, rollup.Value
	case indicator.UnitMax:
		return greatest, rollup.Value
	case indicator.UnitCountYes, indicator.UnitCountAtLeast:
		return new(big.Rat).SetInt64(yes), rollup.Value
	case indicator.UnitShareYes:
		return quotient(factor.Mul(factor, new(big.Rat).SetInt64(yes)), new(big.Rat).SetInt64(lastExpected))
	default:
		return num, rollup.Value
	}
}

func quotient(num, den *big.Rat) (*big.Rat, rollup.State) {
	if den.Sign() == 0 {
		return nil, rollup.Undefined
	}
	return new(big.Rat).Quo(num, den), rollup.Value
}

// fits tells whether an amount has its place in 128 bits.
func fits(r *big.Rat) bool {
	limit := new(big.Int).Lsh(big.NewInt(1), 127)
	most := new(big.Rat).SetInt(new(big.Int).Sub(limit, big.NewInt(1)))
	least := new(big.Rat).SetInt(limit.Neg(limit))
	return r.Cmp(least) >= 0 && r.Cmp(most) <= 0
}
