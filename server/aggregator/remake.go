package aggregator

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"maps"
	"math/bits"
	"slices"

	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// endedUnit is a unit whose last day changed, and the first day from which that matters.
type endedUnit struct {
	ordinal uint32
	from    period.Day
}

// movedBy finds the indicators whose roll-ups depend on when these units end: those of forms in which one of them has a
// report.
func (t *Tx) movedBy(s *snapshot, ended []endedUnit) (moved, error) {
	var m moved
	if len(ended) == 0 || !t.anyRecord() {
		return m, nil
	}
	x := s.derived()
	from := ended[0].from
	for _, e := range ended {
		from = min(from, e.from)
	}
	for n := range x.forms {
		f := &x.forms[n]
		touched := false
		err := t.eachPeriod(f.ordinal, yearOf(from), func(code uint32) (bool, error) {
			touched = slices.ContainsFunc(ended, func(e endedUnit) bool {
				k := reportKey{form: f.ordinal, period: code, unit: e.ordinal}
				return t.bucket(reportBucket).Get(k.append(nil)) != nil
			})
			return !touched, nil
		})
		if err != nil {
			return nil, err
		}
		if touched {
			for number := range x.indicators {
				if slices.Contains(x.indicators[number].carriers, f.ordinal) {
					m.add(uint32(number), from) //nolint:gosec // an ordinal
				}
			}
		}
	}
	return m, nil
}

// anyRecord says whether there is a report, or an obligation that was taken out.
func (t *Tx) anyRecord() bool {
	key, _ := t.bucket(reportBucket).Cursor().First()
	return key != nil
}

// yearOf gives the first year of which a base period may end on the day or later; every calendar's year ends with or
// before the civil one.
func yearOf(day period.Day) int16 {
	if day == period.Beginning {
		return period.MinYear
	}
	if day == period.Forever {
		return period.MaxYear
	}
	year, _, _ := day.YMD()
	return int16(min(max(year, period.MinYear), period.MaxYear)) //nolint:gosec // clamped
}

// eachPeriod visits the base periods, from a year on, of which a form has reports. It ends when visit says false.
func (t *Tx) eachPeriod(form uint16, year int16, visit func(code uint32) (bool, error)) error {
	prefix := binary.BigEndian.AppendUint16(nil, form)
	cursor := t.bucket(reportBucket).Cursor()
	for key, _ := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); {
		if len(key) != reportKeyBytes {
			return reportBucket.damaged(key)
		}
		code := binary.BigEndian.Uint32(key[2:])
		p := periodOf(code)
		next := code + 1
		if p.Year < year {
			next = max(next, periodCode(period.Period{Year: year, Kind: p.Kind}))
		} else if more, err := visit(code); err != nil || !more {
			return err
		}
		key, _ = cursor.Seek(reportKey{form: form, period: next}.append(nil))
	}
	return nil
}

// rebuildRows makes the roll-ups of indicators anew after a change of what is owed or how it is brought together:
// correctness goes before speed here. It takes the cells out of all rows of the years concerned, turns to the new
// snapshot, and adds up the contributions of all units again.
//
// Where units end on a day, or go on, ends has it for each indicator that may then be left as it is in every span that
// ended before: nothing was owed otherwise there.
func (t *Tx) rebuildRows(next *snapshot, m, ends moved) error {
	if len(m) == 0 || !t.anyRecord() {
		t.snap = next
		return nil
	}
	r := remake{t: t, old: t.snap.derived(), x: next.derived(), from: map[uint32]int16{}, forms: map[uint16]int16{}}
	for number, day := range m {
		r.add(number, yearOf(day))
	}
	r.leave(ends)
	r.numbers = slices.Sorted(maps.Keys(r.from))
	t.store.logger.Info("roll-ups are made anew", "entry", t.position.Head.Sequence, "indicators", len(r.from), "forms", len(r.forms))
	if err := r.clear(); err != nil {
		return err
	}
	t.snap = next
	t.memory.forgetViews()
	units, err := r.units()
	if err != nil {
		return err
	}
	return r.each(units)
}

// remake is one call of rebuildRows at work.
type remake struct {
	t      *Tx
	old, x *index
	// from is the first year of each indicator, forms that of each form that carries or carried one.
	from    map[uint32]int16
	forms   map[uint16]int16
	numbers []uint32 // of the indicators, in order
	// ends is the day of those of which earlier spans are left as they are, and their calendar.
	ends map[uint32]ending
	// leaving says that contributions are taken out instead of in.
	leaving bool
}

type ending struct {
	day      period.Day
	calendar period.Calendar
}

// leave notes which indicators may be left as they are in spans before a day: those whose cells hang on the base periods
// of their span alone. What leans on another indicator takes its figure from elsewhere, such as a year for its months; the
// own part of a cumulative figure hangs on what comes later; and where frequencies differ so does what a month has.
func (r *remake) leave(ends moved) {
	r.ends = map[uint32]ending{}
	for number, day := range ends {
		if int(number) >= len(r.old.indicators) || int(number) >= len(r.x.indicators) {
			continue
		}
		was, i := &r.old.indicators[number], &r.x.indicators[number]
		if was.standsAlone(r.old) && i.standsAlone(r.x) {
			r.ends[number] = ending{day: day, calendar: r.x.forms[i.carriers[0]].calendar}
		}
	}
}

// standsAlone says whether the cells of a span hang on the base periods of the span alone.
func (i *indicatorIndex) standsAlone(x *index) bool {
	return len(i.carriers) > 0 && !i.uneven && !i.gains &&
		!slices.ContainsFunc(i.versions, func(v indicator.Indicator) bool { return v.Weight != "" || v.DenominatorIndicator != "" }) &&
		!slices.ContainsFunc(i.carriers, func(c uint16) bool { return x.forms[c].calendar != x.forms[i.carriers[0]].calendar })
}

// leaves says whether the cells of an indicator are left as they are in a span.
func (r *remake) leaves(number uint32, span period.Period) bool {
	end, ok := r.ends[number]
	return ok && end.calendar.Last(span) < end.day
}

// leavesAll says whether all cells are left as they are in a span.
func (r *remake) leavesAll(span period.Period) bool {
	return !slices.ContainsFunc(r.numbers, func(number uint32) bool { return !r.leaves(number, span) })
}

// add takes in an indicator and those that lean on it.
func (r *remake) add(number uint32, year int16) {
	for _, x := range [...]*index{r.old, r.x} {
		if int(number) >= len(x.indicators) {
			continue
		}
		i := &x.indicators[number]
		r.note(x, i, year)
		for _, user := range i.users {
			r.note(x, &x.indicators[user], year)
		}
	}
}

func (r *remake) note(x *index, i *indicatorIndex, year int16) {
	lower := func(known int16, ok bool) int16 {
		if ok {
			return min(known, year)
		}
		return year
	}
	known, ok := r.from[i.number]
	r.from[i.number] = lower(known, ok)
	for _, c := range i.carriers {
		known, ok := r.forms[c]
		r.forms[c] = lower(known, ok)
	}
}

// clear takes the cells of the indicators out of the rows of their years.
func (r *remake) clear() error {
	for _, form := range slices.Sorted(maps.Keys(r.forms)) {
		for b := range rollup.Basis(bases) {
			if err := r.clearForm(b, form); err != nil {
				return err
			}
		}
	}
	return r.t.settle(0)
}

func (r *remake) clearForm(b rollup.Basis, form uint16) error {
	if err := r.t.settle(0); err != nil {
		return err
	}
	prefix := binary.BigEndian.AppendUint16([]byte{byte(b)}, form)
	cursor := r.t.bucket(rollupBucket).Cursor()
	for key, _ := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); {
		k, ok := r.old.rowKeyOf(key)
		if !ok {
			return rollupBucket.damaged(key)
		}
		if year := periodOf(k.span).Year; year >= r.forms[form] && !r.leavesAll(periodOf(k.span)) {
			if err := r.clearRow(k, year); err != nil {
				return err
			}
		}
		if len(r.t.memory.rows) < settleAt {
			key, _ = cursor.Next()
			continue
		}
		// Writing moves the pages under a cursor, and the row may be gone.
		at := bytes.Clone(key)
		if err := r.t.settle(0); err != nil {
			return err
		}
		cursor = r.t.bucket(rollupBucket).Cursor()
		if key, _ = cursor.Seek(at); bytes.Equal(key, at) {
			key, _ = cursor.Next()
		}
	}
	return nil
}

func (r *remake) clearRow(k rowKey, year int16) error {
	row, err := r.t.row(k, r.old.kinds)
	if err != nil {
		return err
	}
	touched := false
	for n := range row.cells {
		c := &row.cells[n]
		number := uint32((c.id - 1) / slots) //nolint:gosec // a number of 32 bits was put in
		from, affected := r.from[number]
		if affected && year >= from && !c.isZero() && !r.leaves(number, periodOf(k.span)) {
			c.clear()
			touched = true
		}
	}
	if touched {
		r.t.touch(k, row)
	}
	return nil
}

// rowKeyOf reads the key of a row.
func (x *index) rowKeyOf(b []byte) (rowKey, bool) {
	if len(b) <= rowKeyHead {
		return rowKey{}, false
	}
	kind := slices.Index(x.kinds, hierarchy.Kind(b[rowKeyHead:]))
	return rowKey{
		basis: rollup.Basis(b[0]), form: binary.BigEndian.Uint16(b[1:]), span: binary.BigEndian.Uint32(b[3:]),
		unit: binary.BigEndian.Uint32(b[7:]), block: binary.BigEndian.Uint16(b[11:]), kind: uint16(max(kind, 0)), //nolint:gosec // few
	}, kind >= 0
}

// units lists for each year the units that have a report in one of the forms.
func (r *remake) units() (map[int16]map[uint32]bool, error) {
	units := map[int16]map[uint32]bool{}
	for _, form := range slices.Sorted(maps.Keys(r.forms)) {
		prefix := binary.BigEndian.AppendUint16(nil, form)
		err := r.t.eachPeriod(form, r.forms[form], func(code uint32) (bool, error) {
			year := periodOf(code).Year
			if units[year] == nil {
				units[year] = map[uint32]bool{}
			}
			within := binary.BigEndian.AppendUint32(slices.Clip(prefix), code)
			cursor := r.t.bucket(reportBucket).Cursor()
			for key, _ := cursor.Seek(within); bytes.HasPrefix(key, within); key, _ = cursor.Next() {
				units[year][reportKeyOf(key).unit] = true
			}
			return true, nil
		})
		if err != nil {
			return nil, err
		}
	}
	return units, nil
}

// inOrder sorts units so that those with one parent follow each other and their rows stay at hand.
func (r *remake) inOrder(set map[uint32]bool) []uint32 {
	list := slices.Collect(maps.Keys(set))
	parent := func(unit uint32) int {
		at, _ := r.x.tree.Ordinal(r.x.tree.At(int(unit)).Parent)
		return at
	}
	slices.SortFunc(list, func(a, b uint32) int { return cmp.Or(cmp.Compare(parent(a), parent(b)), cmp.Compare(a, b)) })
	return list
}

// unit adds what a unit contributes to the spans of a year.
func (r *remake) unit(year int16, unit uint32) error {
	w := unitYear{year: year, differences: r.t.differences(r.x, int(unit))}
	for n := range r.numbers {
		if i := r.indicator(n); i != nil && r.from[i.number] <= year {
			w.indicators = append(w.indicators, i)
		}
	}
	if err := r.gather(&w, r.spans(year)); err != nil {
		return err
	}
	w.keep()
	if err := w.apply(); err != nil {
		return err
	}
	r.t.memory.forgetViews()
	return r.t.settle(settleAt)
}

// gather takes what the unit contributes to the spans; taken away, if it is to leave them.
func (r *remake) gather(w *unitYear, spans []period.Period) error {
	for b := range rollup.Basis(bases) {
		w.leaf = leaf{t: r.t, x: r.x, unit: w.unit, basis: b}
		w.marks = map[uint16]marks{}
		for _, span := range spans {
			for _, i := range w.indicators {
				if r.leaves(i.number, span) {
					continue
				}
				for s := range slot(slots) {
					if !i.keeps(s, span, r.x) {
						continue
					}
					if err := w.add(i, s, span); err != nil {
						return err
					}
				}
			}
		}
	}
	if r.leaving {
		for n := range w.deltas {
			w.deltas[n].was, w.deltas[n].is = w.deltas[n].is, nothing
		}
		for n := range w.totals {
			w.totals[n] = shifted{before: w.totals[n].after}
		}
	}
	return nil
}

// indicator gives the n-th of those that are made anew; nil if it is not there any more.
func (r *remake) indicator(n int) *indicatorIndex {
	if number := r.numbers[n]; int(number) < len(r.x.indicators) {
		return &r.x.indicators[number]
	}
	return nil
}

// unitYear is what one unit contributes in one year.
type unitYear struct {
	differences
	year       int16
	indicators []*indicatorIndex
	leaf       leaf
	marks      map[uint16]marks // by form
}

// add adds one cell.
func (w *unitYear) add(i *indicatorIndex, s slot, span period.Period) error {
	if i.sums && len(i.carriers) == 1 && (s == since || span.Kind != w.x.forms[i.carriers[0]].frequency) {
		return w.addRemainder(i, s, span)
	}
	at, total, err := w.leaf.contribution(i, s, span)
	if err != nil || total.IsZero() {
		return err
	}
	w.deltas = append(w.deltas, delta{i: i, slot: s, basis: w.leaf.basis, span: span, home: at, at: int32(len(w.totals))}) //nolint:gosec // thousands
	w.totals = append(w.totals, shifted{after: total})
	return nil
}

func (w *unitYear) addRemainder(i *indicatorIndex, s slot, span period.Period) error {
	f := &w.x.forms[i.carriers[0]]
	from, to := f.window(span, s == since)
	owing := w.t.owing(w.x, f, i, w.year)
	owed := owing.mask(w.leaf.unit) & (uint16(1)<<to - uint16(1)<<from)
	if owed == 0 {
		return nil
	}
	m, known := w.marks[f.ordinal]
	if !known {
		y := w.t.year(f, w.leaf.unit, w.year)
		_, err := w.t.settled(y, uint16(1)<<f.frequency.PerYear()-1, w.leaf.basis)
		if err != nil {
			return err
		}
		if m, err = w.t.mark(w.x, y, y.word.in(w.leaf.basis), w.leaf.basis, nil); err != nil {
			return err
		}
		m = marks{value: slices.Clone(m.value), outside: slices.Clone(m.outside), excluded: m.excluded}
		w.marks[f.ordinal] = m
	}
	if left := m.remainder(i.number, owed); left != nothing {
		w.deltas = append(w.deltas, delta{
			i: i, slot: s, basis: w.leaf.basis, span: span, window: owed, is: left,
			home: home{form: f, day: owing.days[bits.Len16(owed)-1]},
		})
	}
	return nil
}

// spans lists the spans of a year that the forms can have rows of.
func (r *remake) spans(year int16) []period.Period {
	var spans []period.Period
	for form := range r.forms {
		if int(form) >= len(r.x.forms) {
			continue
		}
		frequency := r.x.forms[form].frequency
		if r.uneven() {
			frequency = period.Month
		}
		for _, span := range r.t.memory.spansOf(year, frequency) {
			if !slices.Contains(spans, span) {
				spans = append(spans, span)
			}
		}
	}
	slices.SortFunc(spans, period.Period.Compare)
	return spans
}

// uneven says whether any of the indicators is.
func (r *remake) uneven() bool {
	return slices.ContainsFunc(r.numbers, func(number uint32) bool {
		return int(number) < len(r.x.indicators) && r.x.indicators[number].uneven
	})
}

// keeps says whether rows of a span have a cell for the slot.
func (i *indicatorIndex) keeps(s slot, span period.Period, x *index) bool {
	if i.uneven {
		return i.keepsUneven(s, span)
	}
	switch s {
	case own:
		return i.gains
	case since:
		return i.sums && span.Index > 1 && slices.ContainsFunc(i.carriers, func(c uint16) bool { return x.forms[c].frequency == span.Kind })
	default:
		return true
	}
}
