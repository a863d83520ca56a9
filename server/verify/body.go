package verify

import (
	"math/big"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// body is the units that changes of the tree joined, asked for together: what they gave for a base period is one amount,
// their sum or their extreme, and time goes over that (R2).
type body struct {
	*asking
	// joined says that a change joined units, though only one of them may be asked about.
	joined bool
	units  []int
	years  []*unitYear
	// side tells on which side of the changes a day lies.
	side     func(period.Day) int
	calendar period.Calendar
	// gapped says of each unit that its own amount cannot be told.
	gapped []bool
}

// turn turns the asking to one of the units.
func (b *body) turn(n int) { b.unit, b.year = b.units[n], b.years[n] }

// share adds what the body comes to.
func (b *body) share(t *total) {
	t.clear()
	t.hasExtreme = false
	var one total
	if !b.joined || b.oneByOne() {
		for n := range b.units {
			b.turn(n)
			b.asking.share(&one)
			t.add(&one, b.ind.UnitRule)
		}
		return
	}
	b.gapped = make([]bool, len(b.units))
	covers := make([]total, len(b.units))
	for n := range b.units {
		b.turn(n)
		b.cover(&covers[n])
		t.folded += covers[n].received
	}
	t.folded = b.foldedOf(t.folded)
	var v total
	b.value(&v)
	for n := range covers {
		if b.turn(n); b.gapped[n] && covers[n].received > 0 {
			c := &covers[n]
			c.gaps, c.complete = 1, 0
			c.received--
			c.late -= count(b.year[b.endOf(n)].late)
		}
		t.add(&covers[n], b.ind.UnitRule)
	}
	t.half += v.half
	v.half = 0
	v.owed, v.months = 1, t.months // so that it is added
	t.add(&v, b.ind.UnitRule)
	t.owed--
}

// owesWhole says whether any unit owes something in the span of which the whole lies in it, and nothing else: else there is
// nothing that could be placed. Even says that all base periods are of one length, which must make up the span.
func (b *body) owesWhole(even bool) bool {
	w := b.windowOf(b.ind.Value)
	if even && (b.asked.end-b.asked.from)%b.least != 0 {
		return false
	}
	for n := range b.units {
		inside, partly := false, false
		for place := range b.years[n] {
			s := &b.years[n][place]
			switch {
			case w.holds(place, s):
				inside = true
			case s.owed && place >= w.from && place-int(s.months)+1 < w.end:
				partly = true
			}
		}
		if inside && !partly {
			return true
		}
	}
	return false
}

// oneByOne says whether nothing can be told twice: of sums of flows, and within one base period.
func (b *body) oneByOne() bool {
	sum := indicator.Part{Measure: indicator.Flow, Time: indicator.TimeSum}
	if b.ind.UnitRule == indicator.UnitSum && b.ind.Value == sum || b.ind.UnitRule == indicator.UnitRatio && b.summed() {
		return true
	}
	if b.ind.UnitRule == indicator.UnitRatio && !b.ind.OwnDenominator() {
		return false
	}
	parts := []indicator.Part{b.ind.Value}
	if b.ind.OwnDenominator() {
		parts = append(parts, b.ind.Denominator)
	}
	for _, p := range parts {
		if b.windowOf(p) != b.asked {
			return false
		}
	}
	return b.whole(b.asked)
}

// value writes what the body comes to, and what there is to say about it.
func (b *body) value(t *total) {
	if b.ind.UnitRule == indicator.UnitRatio {
		b.ratio(t)
		return
	}
	v := b.overTime(&t.num, b.ind.Value, 0, false)
	if !v.ok {
		t.num.SetInt64(0)
		return
	}
	if b.ind.UnitRule == indicator.UnitMin || b.ind.UnitRule == indicator.UnitMax {
		t.extreme.Set(&t.num)
		t.hasExtreme = true
	}
	b.notes(t, v)
}

// joined is an amount of several units; differ says that its LAST figures are of several base periods.
type joined struct {
	amount
	differ bool
}

func (b *body) notes(t *total, v joined) {
	t.counted = 1
	t.fell = v.fell
	t.stale = count(v.at < b.asked.end-1)
	t.last = agreedPlace{some: true, differ: v.differ, place: v.at}
}

// ratio writes both parts of a body that has both.
func (b *body) ratio(t *total) {
	own := b.ind.OwnDenominator()
	if b.measure == Own && own && b.ind.Value.Measure == indicator.YearToDate && b.ind.Denominator.Measure == indicator.YearToDate {
		b.ownRatio(t)
		return
	}
	both := own && b.ind.Value.Time == b.ind.Denominator.Time
	num := b.overTime(&t.num, b.ind.Value, 0, both)
	var den joined
	if own {
		den = b.overTime(&t.den, b.ind.Denominator, 1, both)
	} else if num.ok {
		den.ok = b.newest(&t.den, &t.from)
		den.at = num.at
	}
	if num.ok && den.ok {
		num.fell = num.fell || den.fell
		last := b.asked.end - 1
		num.differ = num.differ || den.differ || num.at < last && den.at < last && num.at != den.at
		num.at = min(num.at, den.at)
		b.notes(t, num)
		return
	}
	t.num.SetInt64(0)
	t.den.SetInt64(0)
	t.half = b.half(num.ok, den.ok, both)
}

// half counts what was given and has a part alone.
func (b *body) half(num, den, both bool) int64 {
	for _, gap := range b.gapped {
		if gap {
			return 0
		}
	}
	if !both {
		if b.ind.OwnDenominator() {
			return count(num != den && b.anyReceived())
		}
		return count(num)
	}
	n := int64(0)
	for i := range b.units {
		b.turn(i)
		n += count(b.halves() > 0)
	}
	return n
}

func (b *body) anyReceived() bool {
	w := b.windowOf(b.ind.Value)
	for place := w.from; place < w.end; place++ {
		for n := range b.years {
			if s := &b.years[n][place]; w.holds(place, s) && !s.excluded && s.state == figure.Value {
				return true
			}
		}
	}
	return false
}

// ownRatio adds what units gained of both parts, those that can tell both.
func (b *body) ownRatio(t *total) {
	var v, w big.Int
	for n := range b.units {
		b.turn(n)
		num, den := b.gained(n, &v, 0, true), b.gained(n, &w, 1, true)
		switch {
		case num.ok && den.ok:
			t.num.Add(&t.num, &v)
			t.den.Add(&t.den, &w)
			t.counted = 1
			t.fell = t.fell || num.fell || den.fell
		case num.gap || den.gap:
			b.gapped[n] = true
		default:
			t.half += count(b.halves() > 0)
		}
	}
	t.last = agreedPlace{some: t.counted > 0, place: b.asked.end - 1}
}

// overTime brings one side of the body together.
func (b *body) overTime(v *big.Int, p indicator.Part, side int, both bool) joined {
	v.SetInt64(0)
	found := joined{amount: amount{v: v, at: b.asked.end - 1}}
	if b.measure == Own && p.Measure == indicator.YearToDate {
		var one big.Int
		for n := range b.units {
			b.turn(n)
			got := b.gained(n, &one, side, both)
			b.gapped[n] = b.gapped[n] || got.gap
			if got.ok {
				b.put(v, &one, found.ok)
				found.ok, found.fell = true, found.fell || got.fell
			}
		}
		return found
	}
	if p.Time == indicator.TimeLast {
		return b.latest(v, p, side, both)
	}
	if p.Time == indicator.TimeNone && !b.whole(b.windowOf(p)) {
		return found
	}
	n := b.overParts(v, p, side, both)
	if found.ok = n > 0; found.ok && p.Time == indicator.TimeMean {
		v.Quo(v, new(big.Int).SetInt64(n))
	}
	return found
}

// givenAt says whether any unit gave a figure for a base period that ends at a place.
func (b *body) givenAt(w window, place, side int, both bool) bool {
	for n := range b.units {
		if s := &b.years[n][place]; w.holds(place, s) && s.gave(side, both) {
			return true
		}
	}
	return false
}

// put adds an amount of another unit, or takes the extreme of both.
func (b *body) put(v, x *big.Int, some bool) {
	switch {
	case !some:
		v.Set(x)
	case b.ind.UnitRule == indicator.UnitMin:
		join(v, x, indicator.TimeMin)
	case b.ind.UnitRule == indicator.UnitMax:
		join(v, x, indicator.TimeMax)
	default:
		v.Add(v, x)
	}
}

// sideAt tells on which side of the changes the month at a place ends.
func (b *body) sideAt(place int) int {
	return b.side(b.calendar.Last(period.Of(int(b.span.Year), period.Month, place+1)))
}

// latest takes the newest side on which anything was given, and there each unit's latest.
func (b *body) latest(v *big.Int, p indicator.Part, side int, both bool) joined {
	w := b.windowOf(p)
	found := joined{amount: amount{v: v, at: w.end - 1}}
	var x big.Int
	for place := w.end - 1; place >= w.from; place-- {
		if !b.givenAt(w, place, side, both) {
			continue
		}
		on := b.sideAt(place)
		for n := range b.units {
			for back := place; back >= w.from && b.sideAt(back) == on; back-- {
				s := &b.years[n][back]
				if !w.holds(back, s) || !s.gave(side, both) {
					continue
				}
				b.put(v, setTicks(&x, s.amount[side], s.scale), found.ok)
				found.differ = found.differ || found.ok && found.at != back
				if !found.ok || back < found.at {
					found.at = back
				}
				found.ok = true
				break
			}
		}
		break
	}
	return found
}

// endOf gives the place of the last obligation of a unit in the span; the span's end if it has none.
func (b *body) endOf(n int) int {
	for place := b.asked.end - 1; place >= b.asked.from; place-- {
		if b.asked.holds(place, &b.years[n][place]) {
			return place
		}
	}
	return b.asked.end - 1
}

// gained gives the own amount of the unit at hand until its last obligation in the span.
func (b *body) gained(n int, v *big.Int, side int, both bool) amount {
	whole := b.asked
	b.asked.end = b.endOf(n) + 1
	got := b.own(v, side, both)
	b.asked = whole
	return got
}

// newest gives the newest figures of the borrowed denominator, on the newest side on which any unit gave one.
func (b *body) newest(v *big.Int, from *source) bool {
	o := b.others
	if o == nil {
		return false
	}
	v.SetInt64(0)
	some, on := false, 0
	taken := make([]bool, len(b.units))
	end := int(b.span.Year)*monthsOfYear + b.asked.end
	for month := (int(b.span.Year) + 1) * monthsOfYear; month >= end-maxAge; month-- {
		for _, kind := range o.kinds {
			p := endingAt(month, kind)
			if !p.Valid() || month > end && !p.Contains(b.span) {
				continue
			}
			for n := range b.units {
				b.turn(n)
				s, ok := o.figure(b.asking, p)
				if !ok || taken[n] || some && b.side(b.calendar.Last(p)) != on {
					continue
				}
				var x big.Int
				v.Add(v, setTicks(&x, s.amount[0], s.scale))
				some, taken[n], on = true, true, b.side(b.calendar.Last(p))
				from.join(source{some: true, period: p})
			}
		}
	}
	return some
}
