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
	// computedCell is what each roll-up counts for that goes into a computed one: they are made one by one.
	computedCell = 5
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
	tree, err := treeOf(q.Tree)
	if err != nil {
		return ColumnPage{}, err
	}
	filter := filterHash("columns", strings.Join(q.Units, ","), fmt.Sprint(q.Children), strings.Join(q.Indicators, ","),
		strings.Join(q.Periods, ","), q.Basis.String(), q.Measure.String(), q.AsOf, q.At.String(), q.Tree)
	var page ColumnPage
	err = s.readAt(ctx, caller, q.At, q.MinSequence, func(tx *aggregator.Tx, who granted) error {
		from, err := q.Page.open(tx, filter)
		if err != nil {
			return err
		}
		start, err := parseSpot(from.key)
		if err != nil {
			return err
		}
		var rows RollupPage
		r := columnRun{rollupRun: rollupRun{
			who: who, q: q, periods: periods, tree: tree, carriers: s.carriersOf(tx), lists: s.lists, from: start, size: size, page: &rows,
		}}
		if err := r.prepare(day); err != nil {
			return err
		}
		if err := r.choose(); err != nil {
			return err
		}
		cells := r.columns
		if !q.At.isNow() {
			cells = r.past
		}
		columns, err := cells()
		if err != nil {
			return err
		}
		page = ColumnPage{Units: r.chosen, Periods: rows.Periods, Columns: columns, Stamp: stampOf(tx)}
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
	// chosen are the units of the page and their ordinals, tops whose children they are, spent is what their cells take.
	chosen   []hierarchy.Unit
	ordinals []int
	tops     []int
	spent    int
	// first are the series of the first period, by indicator.
	first []*aggregator.Series
	// asked says of each unit and period whether the cell is part of the answer; nil if all are.
	asked []bool
	// crossing are those of the cells in which a change of the tree lies; nil until it is known which.
	crossing []*aggregator.Series
	// closable says of each indicator and period whether anything of it was ever closed; nil until it is known.
	closable []bool
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
		return r.chooseNamed()
	}
	for top := r.from.top; top < len(r.units); top++ {
		if r.steps > maxSteps {
			r.next = &spot{top: top}
			return nil
		}
		for _, u := range r.members(r.units[top]) {
			key := unitKey(u)
			if top == r.from.top && key < r.from.unit {
				continue
			}
			place, _ := r.who.tx.Tree().Ordinal(u.ID) // it came from there
			if fits, err := r.fits(len(r.chosen), u.Kind, place); err != nil || !fits {
				r.next = &spot{top: top, unit: key}
				return err
			}
			r.chosen, r.ordinals, r.tops = append(r.chosen, u), append(r.ordinals, place), append(r.tops, top)
			for _, p := range r.periods {
				r.asked = append(r.asked, r.isChild(u, r.units[top], p))
			}
		}
	}
	return nil
}

// chooseNamed is choose where the units themselves are asked about.
func (r *columnRun) chooseNamed() error {
	from := min(r.from.top, len(r.units))
	for at := from; at < len(r.units); at++ {
		if fits, err := r.fits(at-from, r.units[at].Kind, r.places[at]); err != nil || !fits {
			r.chosen, r.ordinals, r.next = r.units[from:at], r.places[from:at], &spot{top: at}
			return err
		}
	}
	r.chosen, r.ordinals = r.units[from:], r.places[from:]
	return nil
}

// fits says whether the page has room for one more unit beside those that it has. There is always room for one.
func (r *columnRun) fits(units int, kind hierarchy.Kind, place int) (bool, error) {
	cost, err := r.cost(kind, place)
	if err != nil {
		return false, err
	}
	more, err := r.crossingCost(place)
	if err != nil {
		return false, err
	}
	cost += more
	if units > 0 && ((units+1)*len(r.indicators)*len(r.periods) > r.size || r.spent+cost > largestCells) {
		return false, nil
	}
	r.spent += cost
	return true, nil
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
		if len(r.first) == n {
			series, err := r.begin(n, r.periods[0])
			if err != nil {
				return 0, err
			}
			r.first = append(r.first, series)
		}
		each := slowCell
		switch leaves := r.first[n].Leaves(); {
		case !r.first[n].FromRows(ordinal):
			each *= max(1, leaves)
		case leaves > 0:
			each = computedCell * leaves
		default:
			each = 1
		}
		for at := range r.periods {
			if closable, err := r.closes(n, at); err != nil {
				return 0, err
			} else if closable {
				cost += max(each, slowCell)
				continue
			}
			cost += each
		}
	}
	if r.costs == nil {
		r.costs = map[hierarchy.Kind]int{}
	}
	r.costs[kind] = cost
	return cost, nil
}

// crossingCost gives what the cells of a unit take besides, where a change of the tree lies in them.
func (r *columnRun) crossingCost(ordinal int) (int, error) {
	if r.crossing == nil {
		r.crossing = []*aggregator.Series{}
		for n := range r.indicators {
			for _, p := range r.periods {
				crosses, err := r.who.tx.Crosses(r.query(n, p))
				if err != nil {
					return 0, err
				}
				if !crosses {
					continue
				}
				series, err := r.begin(n, p)
				if err != nil {
					return 0, err
				}
				r.crossing = append(r.crossing, series)
			}
		}
	}
	cost := 0
	for _, series := range r.crossing {
		reports, err := series.Reports(ordinal)
		if err != nil {
			return 0, err
		}
		cost += gatheredSteps * reports
	}
	return cost, nil
}

func (r *columnRun) query(n int, p period.Period) aggregator.Query {
	return aggregator.Query{Indicator: r.indicators[n], Period: p, Basis: r.q.Basis, Measure: r.q.Measure, Tree: r.tree}
}

func (r *columnRun) begin(n int, p period.Period) (*aggregator.Series, error) {
	return r.who.tx.Series(r.query(n, p))
}

// columns makes the columns of the units that were chosen. It goes by period within an indicator, for so the rows that it
// looks at are of one kind, and what units have in common is found once.
func (r *columnRun) columns() ([]Column, error) {
	columns := make([]Column, len(r.indicators))
	for n, code := range r.indicators {
		latest, _ := r.who.tx.Indicators().Latest(code) // it came from there
		c := newColumn(latest, len(r.ordinals)*len(r.periods))
		for at, p := range r.periods {
			var series *aggregator.Series
			if at == 0 && n < len(r.first) {
				series = r.first[n]
			} else {
				var err error
				if series, err = r.begin(n, p); err != nil {
					return nil, err
				}
			}
			c.turn(series)
			fill := r.fill
			if closable, err := r.closes(n, at); err != nil {
				return nil, err
			} else if closable {
				fill = r.fillClosed
			}
			if err := fill(c, series, at); err != nil {
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
	var plain rollup.Plain
	var short rollup.Short
	var result rollup.Result
	for _, unit := range r.ordinals {
		switch {
		case r.asked != nil && !r.asked[at]:
			c.state(at, NotAsked)
		case series.Plain(unit, &plain):
			c.putPlain(at, &plain)
		default:
			isShort, err := series.Cell(unit, &short, &result)
			switch {
			case err != nil:
				return err
			case isShort:
				c.putShort(at, &short)
			default:
				c.put(at, &result)
				c.place(at, series.Lineage())
			}
		}
		at += len(r.periods)
	}
	return nil
}

// fillClosed is fill where anything of the period was ever closed: what was kept is held against whole answers.
func (r *columnRun) fillClosed(c *Column, series *aggregator.Series, at int) error {
	p := r.periods[at]
	for _, unit := range r.ordinals {
		if r.asked != nil && !r.asked[at] {
			c.state(at, NotAsked)
		} else {
			roll := Rollup{Period: p}
			var err error
			if roll.Answer, err = series.Rollup(unit); err != nil {
				return err
			}
			if err := r.closing(&roll); err != nil {
				return err
			}
			c.put(at, &roll.Result)
			c.place(at, roll.Lineage)
			c.close(at, roll.Closed)
		}
		at += len(r.periods)
	}
	return nil
}

// closes says whether anything that a closing keeps of an indicator and a period was ever closed, by their places.
func (r *columnRun) closes(n, at int) (bool, error) {
	if !r.q.closes() || r.tree != 0 {
		return false, nil
	}
	if r.closed == nil {
		r.closed = newClosedBook(r.who.tx)
	}
	if r.closable == nil {
		r.closable = make([]bool, len(r.indicators)*len(r.periods))
		for n, code := range r.indicators {
			for at, p := range r.periods {
				closable, err := r.closed.ever(r.carriers[code.Fold()], p)
				if err != nil {
					return false, err
				}
				r.closable[n*len(r.periods)+at] = closable
			}
		}
	}
	return r.closable[n*len(r.periods)+at], nil
}
