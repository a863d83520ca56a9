package reporting

import (
	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/rollup"
)

// pastCell is a cell as of an earlier entry.
type pastCell struct {
	result  rollup.Result
	lineage aggregator.Lineage
	asked   bool
	closed  Closed
}

// past makes the columns as of an earlier entry. There every cell is made of reports, which a form's indicators share, so
// how many a unit takes is known only when it has its cells. It goes by unit, unlike columns, until the reports of a page
// are spent; the units that are left are those of the next page.
func (r *columnRun) past() ([]Column, error) {
	series := make([]*aggregator.Series, 0, len(r.indicators)*len(r.periods))
	for n := range r.indicators {
		for _, p := range r.periods {
			s, err := r.begin(n, p)
			if err != nil {
				return nil, err
			}
			series = append(series, s)
		}
	}
	var cells [][]pastCell
	for unit := range r.ordinals {
		if unit > 0 && r.who.tx.Tired() {
			r.cut(unit)
			break
		}
		line, err := r.pastUnit(series, unit)
		if unit > 0 && fault.ReasonOf(err) == "AS_OF_TOO_LARGE" {
			r.cut(unit)
			break
		}
		if err != nil {
			return nil, r.tooWide(err, unit, len(line))
		}
		cells = append(cells, line)
	}
	columns := make([]Column, len(r.indicators))
	for n, code := range r.indicators {
		latest, _ := r.who.tx.Indicators().Latest(code) // it came from there
		c := newColumn(latest, len(cells)*len(r.periods))
		for p := range r.periods {
			c.turn(series[n*len(r.periods)+p])
			for unit := range cells {
				c.putPast(unit*len(r.periods)+p, &cells[unit][n*len(r.periods)+p])
			}
		}
		c.tidy()
		columns[n] = *c
	}
	return columns, nil
}

// pastUnit gives the cells of one unit, by indicator and period; with an error those before it.
func (r *columnRun) pastUnit(series []*aggregator.Series, unit int) ([]pastCell, error) {
	line := make([]pastCell, 0, len(series))
	var short rollup.Short
	for n, s := range series {
		if r.asked != nil && !r.asked[unit*len(r.periods)+n%len(r.periods)] {
			line = append(line, pastCell{})
			continue
		}
		cell := pastCell{asked: true}
		if closable, err := r.closes(n/len(r.periods), n%len(r.periods)); err != nil {
			return line, err
		} else if closable {
			roll := Rollup{Period: r.periods[n%len(r.periods)]}
			if roll.Answer, err = s.Rollup(r.ordinals[unit]); err != nil {
				return line, err
			}
			if err := r.closing(&roll); err != nil {
				return line, err
			}
			line = append(line, pastCell{asked: true, result: roll.Result, lineage: roll.Lineage, closed: roll.Closed})
			continue
		}
		if _, err := s.Cell(r.ordinals[unit], &short, &cell.result); err != nil { // never in short: there are no rows
			return line, err
		}
		cell.lineage = s.Lineage()
		line = append(line, cell)
	}
	return line, nil
}

// cut leaves the units from one on to the next page.
func (r *columnRun) cut(unit int) {
	if r.q.Children {
		r.next = &spot{top: r.tops[unit], unit: unitKey(r.chosen[unit])}
	} else {
		r.next = &spot{top: r.from.top + unit}
	}
	r.chosen, r.ordinals = r.chosen[:unit], r.ordinals[:unit]
}

// tooWide tells, where the cells of one unit took too many reports together, what to leave out of the question.
func (r *columnRun) tooWide(err error, unit, done int) error {
	if fault.ReasonOf(err) != "AS_OF_TOO_LARGE" || done == 0 {
		return err // one cell alone took too many, or none is at fault
	}
	sequence, _, _ := r.who.tx.Moment()
	u := r.chosen[unit].ID
	return fault.Exhausted("AS_OF_TOO_WIDE",
		"the cells of unit %s, of %d indicators in %d periods, take together more than %d reports as of entry %d, the limit of one answer; "+
			"ask for fewer periods at a time",
		u, len(r.indicators), len(r.periods), aggregator.MaxReportsAsOf, sequence).
		With("unit", u).With("indicators", len(r.indicators)).With("periods", len(r.periods)).
		With("sequence", sequence).With("limit", aggregator.MaxReportsAsOf).In("periods")
}

// putPast takes a cell of an earlier entry in.
func (c *Column) putPast(cell int, p *pastCell) {
	if !p.asked {
		c.state(cell, NotAsked)
		return
	}
	c.put(cell, &p.result)
	c.place(cell, p.lineage)
	c.close(cell, p.closed)
}
