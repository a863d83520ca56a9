package aggregator

import (
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// bases is the number of bases.
const bases = 2

// view is a report as the arithmetic sees it. A nil view is a report that does not exist or counts
// nowhere, of an obligation that stands.
type view struct {
	late bool
	// excluded says that the obligation is taken out; then no revision is in force.
	excluded bool
	// numbers are the revisions in force by basis, 0 for none; given their figures.
	numbers [bases]int
	given   [bases][]given
	// sets are the numbers of the sets that the figures are of, see memory.setOf.
	sets [bases]uint16
}

// in gives the figures in force in a basis; false if no revision is.
func (v *view) in(b rollup.Basis) ([]given, bool) {
	if v == nil || v.numbers[b] == 0 {
		return nil, false
	}
	return v.given[b], true
}

// isLate says whether there is one and it is late.
func (v *view) isLate() bool { return v != nil && v.late }

// year holds the reports of one unit for one form in one year, by the index of their base periods in the year.
type year struct {
	key    yearKey
	kind   period.Kind
	word   word
	loaded uint16
	views  [12]*view
}

// year gives the reports of a year, each read when it is first asked for.
func (t *Tx) year(f *formIndex, unit int, y int16) *year {
	key := yearKey{form: f.ordinal, year: y, unit: uint32(unit)} //nolint:gosec // see hierarchy
	if known := t.memory.years[key]; known != nil {
		return known
	}
	fresh := &year{key: key, kind: f.frequency, word: t.memory.words[key]}
	t.memory.years[key] = fresh
	return fresh
}

// view gives one report of a year.
func (t *Tx) view(y *year, index int) (*view, error) {
	at := uint16(1) << index
	if y.loaded&at != 0 {
		return y.views[index], nil
	}
	if y.word.known&at != 0 && (y.word.official|y.word.provisional|y.word.excluded)&at == 0 {
		y.loaded |= at
		return nil, nil
	}
	if t.asOf != nil {
		if t.asOf.reports--; t.asOf.reports < 0 {
			return nil, errReportsSpent
		}
	}
	base := period.Of(int(y.key.year), y.kind, index+1)
	k := reportKey{form: y.key.form, period: periodCode(base), unit: y.key.unit}
	rec, ok, err := t.readRecord(k, t.memory.held)
	if err != nil {
		return nil, err
	}
	t.memory.held = rec.held[:0]
	var v *view
	if ok {
		if v, err = t.viewOf(k, &rec); err != nil {
			return nil, err
		}
	}
	t.see(y, index, v)
	return v, nil
}

// see notes a report of a year.
func (t *Tx) see(y *year, index int, v *view) {
	y.loaded |= 1 << index
	y.views[index] = v
	y.word.set(index, v)
	t.memory.words[y.key] = y.word
}

// settled says which base periods of a year have a revision in force in a basis, or are taken out, of those that are asked
// for. It reads only what was never seen.
func (t *Tx) settled(y *year, asked uint16, b rollup.Basis) (uint16, error) {
	for index := 0; asked&^y.word.known != 0; index++ {
		if asked&^y.word.known&(1<<index) == 0 {
			continue
		}
		if _, err := t.view(y, index); err != nil {
			return 0, err
		}
	}
	return y.word.settled(b) & asked, nil
}

// viewOf gives what the arithmetic sees of a record; nil if nothing is in force and the obligation stands.
func (t *Tx) viewOf(k reportKey, rec *record) (*view, error) { return t.viewWith(k, rec, 0, nil) }

// viewWith is viewOf for whoever has the figures of a revision at hand.
func (t *Tx) viewWith(k reportKey, rec *record, fresh int, figures []entry.Figure) (*view, error) {
	if rec.excluded() {
		v := t.memory.view()
		v.excluded = true
		return v, nil
	}
	if rec.provisional() == 0 {
		return nil, nil
	}
	v := t.memory.view()
	v.late, v.numbers = rec.late, [bases]int{rec.official, rec.provisional()}
	for b, number := range v.numbers {
		if number == 0 {
			continue
		}
		if b > 0 && number == v.numbers[b-1] {
			v.given[b], v.sets[b] = v.given[b-1], v.sets[b-1]
			continue
		}
		if number == fresh {
			v.given[b] = t.memory.given(figures)
		} else {
			var err error
			if v.given[b], err = t.givenOf(k, rec, number); err != nil {
				return nil, err
			}
		}
		v.sets[b] = t.memory.setOf(v.given[b])
	}
	return v, nil
}

// givenOf gives the figures of a revision of a record.
func (t *Tx) givenOf(k reportKey, rec *record, number int) ([]given, error) {
	h := rec.find(number)
	if h == nil {
		return nil, reportBucket.damaged(k.append(nil))
	}
	if err := t.load(k, h); err != nil {
		return nil, err
	}
	_, figures, ok := h.split()
	r := reader{b: figures}
	m := t.memory
	m.roomForGivens(givenRoom)
	start := len(m.givens)
	all := r.appendGiven(m.givens)
	if !ok || !r.done() {
		return nil, reportBucket.damaged(k.append(nil))
	}
	m.givens = all
	return all[start:len(all):len(all)], nil
}

// given makes figures ready for the arithmetic.
func (m *memory) given(figures []entry.Figure) []given {
	m.roomForGivens(len(figures))
	start := len(m.givens)
	for i := range figures {
		f := &figures[i]
		m.givens = append(m.givens, given{
			number: f.Number, flags: givenFlags(&f.Figure), value: f.Value, numerator: f.Numerator, denominator: f.Denominator,
		})
	}
	return m.givens[start:len(m.givens):len(m.givens)]
}

// roomForGivens begins another list where there is no room for so many.
func (m *memory) roomForGivens(n int) {
	if cap(m.givens)-len(m.givens) < n {
		m.givens = make([]given, 0, max(n, min(max(givenSize, 2*cap(m.givens)), givenLimit)))
	}
}

// givenRoom is for how many figures there must be room before a list is begun.
const givenRoom = 128

// givenFlags gives the flags of a figure as the arithmetic has them.
func givenFlags(f *figure.Figure) byte {
	return byte(f.State)&stateBits | byte(f.Grade)&gradeBits<<gradeShift |
		bit(f.HasValue, hasValue) | bit(f.HasNumerator, hasNumerator) | bit(f.HasDenominator, hasDenominator)
}
