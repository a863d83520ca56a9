package reporting

import (
	"math/big"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// Comparison says with which earlier period roll-ups are compared.
type Comparison uint8

// The comparisons.
const (
	// WithNone compares nothing.
	WithNone Comparison = iota
	// WithPrevious compares with the period of the same kind before.
	WithPrevious
	// WithLastYear compares with the same period a year before.
	WithLastYear
)

// String gives the word of the API.
func (c Comparison) String() string {
	return [...]string{"UNSPECIFIED", "PREVIOUS_PERIOD", "SAME_PERIOD_LAST_YEAR"}[c]
}

// earlier gives the period with which one is compared; no period if there is none.
func (c Comparison) earlier(p period.Period) period.Period {
	switch c {
	case WithPrevious:
		return p.Prev()
	case WithLastYear:
		return p.ShiftYears(-1)
	case WithNone:
	}
	return period.Period{}
}

// Compared is the roll-up of an earlier period on the tree of the later one, so that both are of the same units.
type Compared struct {
	Period period.Period
	aggregator.Answer
	// Difference is the later value minus this one, Percent that in percent of this one, both for display; empty where one of
	// the values is missing, or where this one is not above zero and a percentage would mean nothing.
	Difference, Percent string
}

// percentScale is how many decimals a percentage of change has.
const percentScale figure.Scale = 2

// compare sets the earlier roll-up beside one, if it is asked for.
func (r *rollupRun) compare(later *Rollup) error {
	earlier := r.q.Compare.earlier(later.Period)
	if !earlier.Valid() {
		return nil
	}
	answer, err := r.answer(aggregator.Query{
		Unit: later.Unit.ID, Indicator: later.Indicator.Code, Period: earlier, Basis: r.q.Basis, Measure: r.q.Measure, Kind: later.Kind,
		Tree: later.TreeDay,
	})
	if err != nil {
		return err
	}
	r.steps++
	c := Compared{Period: earlier, Answer: answer}
	if later.Result.State == rollup.Value && answer.Result.State == rollup.Value {
		base := answer.Result.Value.Rat()
		change := new(big.Rat).Sub(later.Result.Value.Rat(), base)
		c.Difference = figure.QuotientBig(change.Num(), change.Denom(), 1, later.Indicator.Scale)
		if base.Sign() > 0 {
			change.Quo(change, base).Mul(change, big.NewRat(100, 1))
			c.Percent = figure.QuotientBig(change.Num(), change.Denom(), 1, percentScale)
		}
	}
	later.Compared = &c
	return nil
}
