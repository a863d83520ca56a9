package verify

import (
	"math/big"
	"slices"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
)

// The units of a body need not owe base periods of one length. This file goes over the months of a window one by one and
// looks which base periods of which units each month lies in: as long as these are the same, the months are one cell, and as
// long as any goes on from the month before, they are one block. Where all base periods are of one length, each of them
// is both.

// none is where a unit owes nothing for a month.
const none = -1

// ends gives for each unit the place where its base period ends that holds a month of a window; none if there is none that
// lies in the window.
func (b *body) ends(w window, month int) []int {
	list := make([]int, len(b.years))
	for n := range b.years {
		list[n] = none
		for place := month; place < w.end; place++ {
			if s := &b.years[n][place]; w.holds(place, s) && place-int(s.months) < month {
				list[n] = place
				break
			}
		}
	}
	return list
}

// cells gives those of a window, each as the ends that its months have in common.
func (b *body) cells(w window) [][]int {
	var list [][]int
	var before []int
	for month := w.from; month < w.end; month++ {
		ends := b.ends(w, month)
		if !slices.Equal(ends, before) && slices.ContainsFunc(ends, func(end int) bool { return end != none }) {
			list = append(list, ends)
		}
		before = ends
	}
	return list
}

// blocks gives those of a window, each as its months.
func (b *body) blocks(w window) []window {
	var list []window
	for month := w.from; month < w.end; month++ {
		goesOn := false
		for n, end := range b.ends(w, month) {
			goesOn = goesOn || end != none && end-int(b.years[n][end].months)+1 < month
		}
		if goesOn {
			list[len(list)-1].end++
		} else {
			list = append(list, window{from: month, end: month + 1})
		}
	}
	return list
}

// whole says whether all that the units owe in a window are base periods as long as it is.
func (b *body) whole(w window) bool {
	for n := range b.years {
		for place := w.from; place < w.end; place++ {
			if s := &b.years[n][place]; w.holds(place, s) && int(s.months) != w.end-w.from {
				return false
			}
		}
	}
	return true
}

// inCell brings together the figures that stand for a cell, of the newest side on which any was given: who stands on the
// last day of a base period owes all of it (R3).
func (b *body) inCell(v *big.Int, ends []int, side int, both bool) bool {
	newest := none
	for n, end := range ends {
		if end != none && b.years[n][end].gave(side, both) {
			newest = max(newest, b.sideAt(end))
		}
	}
	some := false
	for n, end := range ends {
		if end == none || !b.years[n][end].gave(side, both) || b.sideAt(end) != newest {
			continue
		}
		var x big.Int
		b.put(v, setTicks(&x, b.years[n][end].amount[side], b.years[n][end].scale), some)
		some = true
	}
	return some
}

// inBlock brings together what each unit gave in a block, all its figures added.
func (b *body) inBlock(v *big.Int, block window, side int, both bool) bool {
	some := false
	for n := range b.years {
		var sum, x big.Int
		gave := false
		for place := block.from; place < block.end; place++ {
			if s := &b.years[n][place]; block.holds(place, s) && s.gave(side, both) {
				sum.Add(&sum, setTicks(&x, s.amount[side], s.scale))
				gave = true
			}
		}
		if gave {
			b.put(v, &sum, some)
			some = true
		}
	}
	return some
}

// overParts brings one side of the body over the cells of a window, or where it is summed over the blocks.
func (b *body) overParts(v *big.Int, p indicator.Part, side int, both bool) (n int64) {
	w := b.windowOf(p)
	add := func(x *big.Int) {
		if n++; n == 1 {
			v.Set(x)
		} else {
			join(v, x, p.Time)
		}
	}
	if p.Time == indicator.TimeSum {
		for _, block := range b.blocks(w) {
			var x big.Int
			if b.inBlock(&x, block, side, both) {
				add(&x)
			}
		}
		return n
	}
	for _, ends := range b.cells(w) {
		var x big.Int
		if b.inCell(&x, ends, side, both) {
			add(&x)
		}
	}
	return n
}

// foldedOf takes from what was received the cells with anything received, where a mean over time divides by these.
func (b *body) foldedOf(received int64) int64 {
	if b.ind.Value.Time != indicator.TimeMean {
		return 0
	}
	for _, ends := range b.cells(b.windowOf(b.ind.Value)) {
		for n, end := range ends {
			if end == none {
				continue
			}
			if s := &b.years[n][end]; !s.excluded && s.state == figure.Value {
				received--
				break
			}
		}
	}
	return received
}
