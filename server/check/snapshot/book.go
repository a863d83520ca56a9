package snapshot

import (
	"fmt"
	"slices"
)

// mark is what a commune says in place of a number.
type mark uint8

// The marks. The zero value is a number.
const (
	number mark = iota
	notAvailable
	notApplicable
)

// figures are those of one revision: a value, and the two parts of a ratio in hundredths, which are numbers always.
type figures struct {
	mark      mark
	value     int64
	num, over int64
}

// report is what stands about one commune and one month. The zero value: nothing was sent.
type report struct {
	revision int
	// state is that of the newest revision: a letter of its word, 0 for none.
	state byte
	now   figures
	// approved is the revision in force, inForce its figures.
	approved int
	inForce  figures
}

// The states of a newest revision.
const (
	submitted = 's'
	approved  = 'a'
	returned  = 'r'
)

// etag names the newest revision.
func (r report) etag() string {
	if r.state == 0 {
		return ""
	}
	word := map[byte]string{submitted: "submitted", approved: "approved", returned: "returned"}[r.state]
	return fmt.Sprintf("%d-%s", r.revision, word)
}

// counts gives the figures that count in a basis; false if none do.
func (r report) counts(official bool) (figures, bool) {
	if !official && r.state == submitted {
		return r.now, true
	}
	return r.inForce, r.approved != 0
}

// act is what a change does.
type act uint8

// The acts.
const (
	submits act = iota
	approves
	returns
)

// place is a commune and a month.
type place struct{ commune, month int }

// change is one acknowledged change.
type change struct {
	act     act
	at      place
	figures figures
}

// after gives what stands after a change.
func (r report) after(c change) report {
	switch c.act {
	case submits:
		r.revision, r.state, r.now = r.revision+1, submitted, c.figures
	case approves:
		r.state, r.approved, r.inForce = approved, r.revision, r.now
	case returns:
		if r.state == submitted {
			r.state = returned
			return r
		}
		if r.approved == r.revision {
			r.state = returned
		}
		r.approved, r.inForce = 0, figures{}
	}
	return r
}

// row is a roll-up: coverage, and what was added.
type row struct {
	expected, received, notAvailable, missing, notApplicable int64
	value, over                                              int64
}

func (r *row) add(o row) {
	r.expected += o.expected
	r.received += o.received
	r.notAvailable += o.notAvailable
	r.missing += o.missing
	r.notApplicable += o.notApplicable
	r.value += o.value
	r.over += o.over
}

// rowOf is the roll-up of a single report: of the value, or of the ratio.
func rowOf(r report, official, ratio bool) row {
	f, ok := r.counts(official)
	switch {
	case !ok:
		return row{expected: 1, missing: 1}
	case ratio:
		return row{expected: 1, received: 1, value: f.num, over: f.over}
	case f.mark == notAvailable:
		return row{expected: 1, notAvailable: 1}
	case f.mark == notApplicable:
		return row{notApplicable: 1}
	}
	return row{expected: 1, received: 1, value: f.value}
}

// book is the province at one sequence.
type book struct {
	sequence  int64
	districts int
	months    [][]report // by month, then commune
}

func newBook(sequence int64, districts, communes, months int) *book {
	b := &book{sequence: sequence, districts: districts, months: make([][]report, months)}
	for m := range b.months {
		b.months[m] = make([]report, communes)
	}
	return b
}

// write writes the next entry: one change, or those of a batch that stands together.
func (b *book) write(entry []change) {
	b.sequence++
	for _, c := range entry {
		r := &b.months[c.at.month][c.at.commune]
		*r = r.after(c)
	}
}

// unit is a place in the tree: the province, then the districts, then the communes.
type unit int

// row adds up a unit.
func (b *book) row(u unit, month int, official, ratio bool) row {
	var sum row
	for c, r := range b.months[month] {
		if b.within(c, u) {
			sum.add(rowOf(r, official, ratio))
		}
	}
	return sum
}

func (b *book) within(commune int, u unit) bool {
	return u == 0 || int(u) == 1+commune%b.districts || int(u) == 1+b.districts+commune
}

// sumsUp says whether in a list of rows of all units each unit is the sum of those below; else it names the first that is
// not. It knows nothing of what was sent.
func sumsUp(rows []row, districts int) (unit, row, bool) {
	sums := make([]row, 1+districts)
	for c, r := range rows[1+districts:] {
		sums[1+c%districts].add(r)
	}
	for _, r := range sums[1:] {
		sums[0].add(r)
	}
	for u, want := range sums {
		if rows[u] != want {
			return unit(u), want, false
		}
	}
	return 0, row{}, true
}

// seen is something that an answer said, to be held against the book of its sequence.
type seen struct {
	sequence int64
	compare  func(b *book) error
}

// hold holds all that was seen against the book as it goes on from entry to entry. All entries behind the book's sequence
// must be there, up to the last sequence that was seen.
func (b *book) hold(entries map[int64][]change, all []seen) error {
	slices.SortStableFunc(all, func(x, y seen) int { return int(x.sequence - y.sequence) })
	for _, s := range all {
		for b.sequence < s.sequence {
			e, ok := entries[b.sequence+1]
			if !ok {
				return fmt.Errorf("nobody was told of the entry at %d, and an answer names %d", b.sequence+1, s.sequence)
			}
			b.write(e)
		}
		if b.sequence != s.sequence {
			return fmt.Errorf("an answer names %d, which is before the first change at %d", s.sequence, b.sequence)
		}
		if err := s.compare(b); err != nil {
			return fmt.Errorf("at %d: %w", s.sequence, err)
		}
	}
	return nil
}
