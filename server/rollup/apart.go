package rollup

import (
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
)

// The units of a component may owe base periods of several lengths: one that reported by the month goes over, with one that
// reported by the quarter, into a third. Laid over each other these divide the window into cells, and tie it together in
// blocks; where all are of one length every base period is both. See the documentation of the package for what is made of
// them.

// piece is a base period that a unit owes: the base periods of the window from a place to before another.
type piece struct {
	unit, from, to, side int
	gives                bool
	amount               figure.Int128
}

// covers says whether the piece takes in a base period of the window.
func (p *piece) covers(at int) bool { return p.from <= at && at < p.to }

// pieces lists what the units owe in a window; with paired only those give that have both sides.
func (c *component) pieces(w window, which side, paired bool) []piece {
	var list []piece
	for i := range c.members {
		for at := range w.n {
			s := c.members[i].slot(w.at(at))
			if !s.owed {
				continue
			}
			from := at + 1 - c.joined.Months(i, w.at(at))/w.first.Kind.Months()
			if from < 0 {
				continue // begins before the window
			}
			list = append(list, piece{
				unit: i, from: from, to: at + 1, side: c.joined.Side(w.at(at)), gives: s.gives(which, paired), amount: s.amount[which],
			})
		}
	}
	return list
}

// overPieces brings one side of an uneven component over a window, by any rule over time but LAST.
func (c *component) overPieces(p indicator.Part, w window, which side, paired bool) joint {
	list := c.pieces(w, which, paired)
	var s series
	if p.Time == indicator.TimeSum {
		eachBlock(list, w.n, func(from, to int) {
			if x, ok := c.block(list, from, to); ok {
				s.add(x, to-1)
			}
		})
		return joint{amount: s.over(p.Time, w.n)}
	}
	bases := w.n
	used := make([]bool, len(list))
	eachCell(list, w.n, func(from, to int) {
		if x, ok := c.cell(list, used, from); ok {
			s.add(x, to-1)
		}
		if from == 0 && to == w.n {
			bases = 1
		}
	})
	found := joint{amount: s.over(p.Time, bases)}
	for n := range list {
		if list[n].gives && !used[n] {
			if found.left == nil {
				found.left = make([]uint16, len(c.members))
			}
			found.left[list[n].unit] |= 1 << (list[n].to - 1)
		}
	}
	return found
}

// eachCell visits the parts into which the ends of pieces divide a window, where there is any piece.
func eachCell(list []piece, n int, visit func(from, to int)) {
	var border [maxBases + 1]bool
	for i := range list {
		border[list[i].from], border[list[i].to] = true, true
	}
	from := 0
	for at := 1; at <= n; at++ {
		if !border[at] {
			continue
		}
		for i := range list {
			if list[i].covers(at - 1) {
				visit(from, at)
				break
			}
		}
		from = at
	}
}

// eachBlock visits the parts of a window between which no piece lies across.
func eachBlock(list []piece, n int, visit func(from, to int)) {
	var across [maxBases + 1]bool
	for i := range list {
		for at := list[i].from + 1; at < list[i].to; at++ {
			across[at] = true
		}
	}
	from := 0
	for at := 1; at <= n; at++ {
		if !across[at] {
			visit(from, at)
			from = at
		}
	}
}

// cell brings together the figures that stand for a cell: those of the newest side on which any unit gave one, for who
// stands on the last day of a base period owes all of it (R3).
func (c *component) cell(list []piece, used []bool, at int) (figure.Int128, bool) {
	newest, some := 0, false
	for i := range list {
		if p := &list[i]; p.gives && p.covers(at) && (!some || p.side > newest) {
			newest, some = p.side, true
		}
	}
	var sum figure.Int128
	first := true
	for i := range list {
		if p := &list[i]; p.gives && p.covers(at) && p.side == newest {
			sum, first, used[i] = c.join(sum, p.amount, !first), false, true
		}
	}
	return sum, some
}

// block brings together what each unit comes to in a block.
func (c *component) block(list []piece, from, to int) (figure.Int128, bool) {
	var all figure.Int128
	some := false
	for unit := range c.members {
		var s series
		for i := range list {
			if p := &list[i]; p.unit == unit && p.gives && from <= p.from && p.to <= to {
				s.add(p.amount, i)
			}
		}
		if s.n > 0 {
			all, some = c.join(all, s.sum, some), true
		}
	}
	return all, some
}

// cellsWithFigures counts the cells for which any unit sent a figure.
func (c *component) cellsWithFigures() (cells int64) {
	list := c.pieces(c.q.loaded, numerator, false)
	for i := range list {
		p := &list[i]
		s := &c.members[p.unit].slots[p.to-1]
		p.gives = !s.excluded && s.state == figure.Value
	}
	eachCell(list, c.q.loaded.n, func(from, _ int) {
		for i := range list {
			if list[i].gives && list[i].covers(from) {
				cells++
				break
			}
		}
	})
	return cells
}

// allWhole says whether every base period that the units owe in the span is the span itself.
func (c *component) allWhole() bool {
	for i := range c.members {
		for at := range c.asked.n {
			p := c.asked.at(at)
			if c.members[i].slot(p).owed && c.joined.Months(i, p) != c.q.span.Kind.Months() {
				return false
			}
		}
	}
	return true
}
