package reporting

import (
	"context"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// ExplainQuery asks for the contributions to one roll-up.
type ExplainQuery struct {
	Unit, Indicator, Period string
	Basis                   rollup.Basis
	Measure                 rollup.Measure
	AsOf                    string
	Page                    Page
	At                      At
}

// Explanation is one page of contributions and the roll-up that they make.
type Explanation struct {
	Rollup        Rollup
	Contributions []Contribution
	Next          string
	Stamp         Stamp
}

// ExplainRollup gives the contributions to a roll-up, one for each obligation, by period, then unit code.
func (s *Service) ExplainRollup(ctx context.Context, caller auth.Caller, q ExplainQuery) (Explanation, error) {
	size, err := q.Page.size(defaultPage, largestPage)
	if err != nil {
		return Explanation{}, err
	}
	day, err := s.dayOr("as_of", q.AsOf)
	if err != nil {
		return Explanation{}, err
	}
	p, err := period.Parse(q.Period)
	if err != nil {
		return Explanation{}, fault.Of(err).In("period")
	}
	query := RollupQuery{
		Units: []string{q.Unit}, Indicators: []string{q.Indicator}, Basis: q.Basis, Measure: q.Measure,
	}
	filter := filterHash("explain", q.Unit, q.Indicator, q.Period, q.Basis.String(), q.Measure.String(), q.AsOf, q.At.String())
	var explained Explanation
	err = s.readAt(ctx, caller, q.At, 0, func(tx *aggregator.Tx, who granted) error {
		explained = Explanation{Stamp: stampOf(tx)}
		from, err := q.Page.open(tx, filter)
		if err != nil {
			return err
		}
		var page RollupPage
		r := rollupRun{who: who, q: query, periods: []period.Period{p}, size: 1, page: &page}
		if err := r.prepare(day); err != nil {
			return singular(err)
		}
		if err := r.run(); err != nil {
			return err
		}
		explained.Rollup = page.Rollups[0]
		if explained.Rollup.Indicator.Derived() {
			return nil // its parts stand in the roll-up
		}
		after, err := contributionCursor(from.key)
		if err != nil {
			return err
		}
		contributions, next, err := tx.Contributions(aggregator.Query{
			Unit: explained.Rollup.Unit.ID, Indicator: explained.Rollup.Indicator.Code, Period: p, Basis: q.Basis, Measure: q.Measure,
		}, after, size)
		if err != nil {
			return err
		}
		explained.Contributions = who.scaled(contributions, explained.Rollup.Indicator.Code)
		if next != (aggregator.Cursor{}) {
			from.key = next.Period.String() + "/" + string(next.Unit)
			explained.Next = from.token()
		}
		return nil
	})
	return explained, err
}

// contributionCursor reads the key of a page token.
func contributionCursor(key string) (aggregator.Cursor, error) {
	if key == "" {
		return aggregator.Cursor{}, nil
	}
	text, unit, _ := strings.Cut(key, "/")
	p, err := period.Parse(text)
	if err != nil {
		return aggregator.Cursor{}, badToken("it is not one that this server gave")
	}
	return aggregator.Cursor{Period: p, Unit: hierarchy.ID(unit)}, nil
}
