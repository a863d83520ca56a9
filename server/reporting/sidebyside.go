package reporting

import (
	"context"
	"fmt"
	"math/big"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/ranking"
	"github.com/tonghop/tonghop/server/rollup"
)

// CompareQuery asks for units side by side.
type CompareQuery struct {
	Indicators []string
	Period     string
	UnitChoice
	Basis rollup.Basis
	At    At
}

// SideBySide is the answer.
type SideBySide struct {
	Rows             []ComparedRow
	Period, Previous period.Period
	Stamp            Stamp
}

// ComparedRow is one indicator of all units.
type ComparedRow struct {
	Code indicator.Code
	// Indicator is the version of the day; nil if the catalogue does not have it.
	Indicator *indicator.Indicator
	Units     []ComparedUnit
}

// ComparedUnit is one unit and one indicator.
type ComparedUnit struct {
	Unit   hierarchy.Unit
	Figure HeldFigure
	Rank   int
	ToNext string
	// Before is the figure a year earlier, Improvement by how much it is better now; empty where NoChange says why, or where one is
	// missing.
	Before      HeldFigure
	Improvement string
	NoChange    *fault.Error
}

// maxCompared is how many indicators one comparison may have.
const maxCompared = 100

// CompareUnits sets units side by side.
func (s *Service) CompareUnits(ctx context.Context, caller auth.Caller, q CompareQuery) (SideBySide, error) {
	now, err := period.Parse(q.Period)
	if err != nil {
		return SideBySide{}, fault.Of(err).In("period")
	}
	switch n := len(q.Indicators); {
	case n == 0:
		return SideBySide{}, fault.Invalid("QUERY_INCOMPLETE", "name at least one of %s", "indicators").With("list", "indicators").In("indicators")
	case n > maxCompared:
		return SideBySide{}, tooMany("indicators", n, maxCompared)
	}
	var answer SideBySide
	err = s.readAt(ctx, caller, q.At, 0, func(tx *aggregator.Tx, who granted) error {
		answer = SideBySide{Period: now, Previous: now.ShiftYears(-1), Stamp: stampOf(tx)}
		c := contest{granted: who, UnitChoice: q.UnitChoice, basis: q.Basis, carriers: s.carriersOf(tx)}
		if err := c.may(); err != nil {
			return err
		}
		var problems fault.List
		for i, code := range q.Indicators {
			row, err := c.row(indicator.Code(code), now, answer.Previous)
			if err != nil && fault.Of(err).Field == "indicator" {
				problems.Add(eachField(err, func(string) string { return fmt.Sprintf("indicators[%d]", i) }))
				continue
			}
			if err != nil {
				return err
			}
			answer.Rows = append(answer.Rows, row)
		}
		return problems.Err()
	})
	return answer, err
}

// row compares one indicator.
func (c *contest) row(code indicator.Code, now, before period.Period) (ComparedRow, error) {
	row := ComparedRow{Code: code}
	on := c.lastDay(code, now)
	if v, known := c.tx.Indicators().On(code, on); known {
		row.Indicator, row.Code = &v, v.Code
	}
	units, err := c.units(on)
	if err != nil {
		return row, err
	}
	figures, err := c.figures(code, now, units)
	if err != nil {
		return row, err
	}
	row.Units = make([]ComparedUnit, len(units))
	for i := range units {
		row.Units[i] = ComparedUnit{Unit: units[i], Figure: figures[i]}
	}
	if before.Valid() {
		earlier, err := c.figures(code, before, units)
		if err != nil && fault.KindOf(err) != fault.KindNotFound {
			return row, err
		}
		for i := range earlier {
			row.Units[i].Before = earlier[i]
		}
	}
	lower, err := c.lowerFirst(code, on, figures)
	if err != nil {
		return row, nil //nolint:nilerr // side by side they may stand though nobody says which is better
	}
	entrants := entrantsOf(units, figures)
	for _, p := range ranking.Table(entrants, ranking.Rule{LowerFirst: lower}) {
		u := &row.Units[p.At]
		u.Rank = p.Rank
		if p.ToNext != nil {
			u.ToNext = u.Figure.decimal(p.ToNext)
		}
		u.improve(lower)
	}
	return row, nil
}

// improve tells by how much a figure is better than a year before.
func (u *ComparedUnit) improve(lower bool) {
	now, before := &u.Figure.Reading, &u.Before.Reading
	if !now.Value.Exists() || !before.Value.Exists() {
		return
	}
	if now.Ranked != before.Ranked {
		u.NoChange = fault.Precondition("RANKED_AMONG_OTHERS", "it is a rank among %d now and was one among %d; a place among others means something else", now.Ranked, before.Ranked).
			With("now", now.Ranked).With("before", before.Ranked)
		return
	}
	d := new(big.Rat).Sub(now.Value.Rat(), before.Value.Rat())
	if lower {
		d.Neg(d)
	}
	u.Improvement = u.Figure.decimal(d)
}
