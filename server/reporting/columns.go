package reporting

import (
	"context"
	"fmt"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// ColumnPage is one page of roll-ups in columns: some units with all their cells. The cell of a unit and a period stands at
// the place of the unit × the number of periods + the place of the period.
type ColumnPage struct {
	Units   []hierarchy.Unit
	Periods []PeriodSpan
	Columns []Column
	Next    string
	Stamp   Stamp
}

// Limits of one page of columns.
const (
	defaultCells = 20_000
	largestCells = 100_000
	// slowCell is how many cells that are made of rows take as long as one for which reports are read: a page of those is
	// shorter rather than its transaction long.
	slowCell = 20
)

// QueryRollupColumns gives what QueryRollups gives, in columns; kinds one by one are not given.
func (s *Service) QueryRollupColumns(ctx context.Context, caller auth.Caller, q RollupQuery) (ColumnPage, error) {
	size, err := q.Page.size(defaultCells, largestCells)
	if err != nil {
		return ColumnPage{}, err
	}
	day, err := s.dayOr("as_of", q.AsOf)
	if err != nil {
		return ColumnPage{}, err
	}
	periods, err := q.check()
	if err != nil {
		return ColumnPage{}, err
	}
	if cells := len(q.Indicators) * len(periods); cells > largestCells {
		return ColumnPage{}, tooWide(cells, largestCells)
	}
	filter := filterHash("columns", strings.Join(q.Units, ","), fmt.Sprint(q.Children), strings.Join(q.Indicators, ","),
		strings.Join(q.Periods, ","), q.Basis.String(), q.Measure.String(), q.AsOf)
	var page ColumnPage
	err = s.read(ctx, caller, q.MinSequence, func(tx *aggregator.Tx, who granted) error {
		from, err := q.Page.open(tx, filter)
		if err != nil {
			return err
		}
		start, err := parseSpot(from.key)
		if err != nil {
			return err
		}
		var rows RollupPage
		r := columnRun{rollupRun: rollupRun{who: who, q: q, periods: periods, from: start, size: size, page: &rows}}
		if err := r.prepare(day); err != nil {
			return err
		}
		if err := r.choose(); err != nil {
			return err
		}
		page = ColumnPage{Units: r.chosen, Periods: rows.Periods, Stamp: stampOf(tx)}
		if page.Columns, err = r.columns(); err != nil {
			return err
		}
		if r.next != nil {
			from.key = r.next.String()
			page.Next = from.token()
		}
		return nil
	})
	return page, err
}

func tooWide(cells, limit int) error {
	return fault.Invalid("QUERY_TOO_WIDE",
		"one unit would take %d cells, one for each indicator and period, and a page has %d; ask for fewer indicators or periods at a time",
		cells, limit).With("cells", cells).With("limit", limit).In("periods")
}

// columnRun is one query for columns under way.
type columnRun struct {
	rollupRun
	// chosen are the units of the page and their ordinals, spent is what their cells take.
	chosen   []hierarchy.Unit
	ordinals []int
	spent    int
	// asked says of each unit and period whether the cell is part of the answer; nil if all are.
	asked []bool
	// costs are what a unit's cells take, by its kind; last is the kind that was looked up last.
	costs map[hierarchy.Kind]int
	last  struct {
		kind hierarchy.Kind
		cost int
	}
}

// choose takes whole units from the spot on until the page is full.
func (r *columnRun) choose() error {
	if !r.q.Children {
		n := min(len(r.units), r.size/(len(r.indicators)*len(r.periods))+1)
		r.chosen, r.ordinals = make([]hierarchy.Unit, 0, n), make([]int, 0, n)
	}
	for top := r.from.top; top < len(r.units) && r.next == nil; top++ {
		if r.steps > maxSteps {
			r.next = &spot{top: top}
			return nil
		}
		if !r.q.Children {
			if err := r.offer(&r.units[top], r.places[top], top); err != nil {
				return err
			}
			continue
		}
		members := r.members(r.units[top])
		for n := range members {
			if top == r.from.top && unitKey(members[n]) < r.from.unit {
				continue
			}
			place, _ := r.who.tx.Tree().Ordinal(members[n].ID) // it came from there
			if err := r.offer(&members[n], place, top); err != nil || r.next != nil {
				return err
			}
		}
	}
	return nil
}

// offer takes a unit if the page has room for it; else the next page begins with it.
func (r *columnRun) offer(u *hierarchy.Unit, ordinal, top int) error {
	cost, err := r.cost(u.Kind, ordinal)
	if err != nil {
		return err
	}
	cells := (len(r.chosen) + 1) * len(r.indicators) * len(r.periods)
	if len(r.chosen) > 0 && (cells > r.size || r.spent+cost > largestCells) {
		r.next = &spot{top: top, unit: unitKey(*u)}
		return nil
	}
	r.spent += cost
	r.chosen, r.ordinals = append(r.chosen, *u), append(r.ordinals, ordinal)
	if r.q.Children {
		for _, p := range r.periods {
			r.asked = append(r.asked, r.isChild(*u, r.units[top], p))
		}
	}
	return nil
}

// cost gives what the cells of a unit take, which depends on its kind.
func (r *columnRun) cost(kind hierarchy.Kind, ordinal int) (int, error) {
	if r.last.kind == kind && r.last.cost > 0 {
		return r.last.cost, nil
	}
	if known, ok := r.costs[kind]; ok {
		r.last.kind, r.last.cost = kind, known
		return known, nil
	}
	cost := 0
	for n := range r.indicators {
		series, err := r.begin(n, r.periods[0])
		if err != nil {
			return 0, err
		}
		each := slowCell
		if series.FromRows(ordinal) {
			each = 1
		}
		cost += each * len(r.periods)
	}
	if r.costs == nil {
		r.costs = map[hierarchy.Kind]int{}
	}
	r.costs[kind] = cost
	return cost, nil
}

func (r *columnRun) begin(n int, p period.Period) (*aggregator.Series, error) {
	return r.who.tx.Series(aggregator.Query{Indicator: r.indicators[n], Period: p, Basis: r.q.Basis, Measure: r.q.Measure})
}

// columns makes the columns of the units that were chosen. It goes by period within an indicator, for so the rows that it
// looks at are of one kind, and what units have in common is found once.
func (r *columnRun) columns() ([]Column, error) {
	columns := make([]Column, len(r.indicators))
	for n, code := range r.indicators {
		latest, _ := r.who.tx.Indicators().Latest(code) // it came from there
		c := newColumn(latest, len(r.ordinals)*len(r.periods))
		for at, p := range r.periods {
			series, err := r.begin(n, p)
			if err != nil {
				return nil, err
			}
			c.turn(series)
			if err := r.fill(c, series, at); err != nil {
				return nil, err
			}
		}
		c.tidy()
		columns[n] = *c
	}
	return columns, nil
}

// fill fills in the cells of one period.
func (r *columnRun) fill(c *Column, series *aggregator.Series, at int) error {
	var short rollup.Short
	var result rollup.Result
	for _, unit := range r.ordinals {
		if r.asked != nil && !r.asked[at] {
			c.state(at, NotAsked)
		} else {
			isShort, err := series.Cell(unit, &short, &result)
			switch {
			case err != nil:
				return err
			case isShort:
				c.putShort(at, &short)
			default:
				c.put(at, &result)
			}
		}
		at += len(r.periods)
	}
	return nil
}
