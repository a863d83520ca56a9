package rollup

import (
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// side names one of the amounts of a figure.
type side uint8

const (
	numerator side = iota // The value of what is no ratio is its numerator.
	denominator
)

// slot is what one obligation came to.
type slot struct {
	// owed is false where nothing is owed and nothing counts; excluded obligations are owed.
	owed, excluded bool
	state          figure.State
	// amount is at the scale of the question. An amount of 64 bits may need more of them there.
	amount [2]figure.Int128
	has    [2]bool
}

// stands tells whether the obligation asks for a figure: it is neither excluded nor not applicable (R10).
func (s *slot) stands() bool { return s.owed && !s.excluded && s.state != figure.NotApplicable }

// gives tells whether the slot has an amount on this side, and with paired also on the other one.
func (s *slot) gives(which side, paired bool) bool {
	return s.has[which] && (!paired || s.has[numerator] && s.has[denominator])
}

// question is one call of Contribute.
type question struct {
	ind   indicator.Indicator // A copy: a pointer beside f would move the caller's to the heap.
	m     Measure
	scale figure.Scale // Of the amounts.
	span  period.Period
	asked window
	f     Figures

	// loaded are the base periods of slots: those whose obligations are counted.
	loaded window
	slots  [maxBases]slot
}

// load reads each base period once.
func (q *question) load() {
	q.loaded = q.m.window(q.ind.Value, q.asked)
	for i := range q.loaded.n {
		q.slots[i] = q.read(q.loaded.at(i))
	}
}

// read asks for one base period.
func (q *question) read(p period.Period) slot {
	if !q.f.Owed(p) {
		return slot{}
	}
	if q.f.Excluded(p) {
		return slot{owed: true, excluded: true}
	}
	f, scale := q.f.At(q.ind.Code, p)
	s := slot{owed: true, state: f.State}
	if f.State != figure.Value {
		return s
	}
	if q.ind.UnitRule != indicator.UnitRatio {
		s.amount[numerator], s.has[numerator] = f.Value.At(scale, q.scale), f.HasValue
		return s
	}
	s.amount = [2]figure.Int128{f.Numerator.At(scale, q.scale), f.Denominator.At(scale, q.scale)}
	s.has = [2]bool{f.HasNumerator, f.HasDenominator}
	return s
}

// slot gives a base period, loaded or not.
func (q *question) slot(p period.Period) slot {
	if i, ok := q.loaded.place(p); ok {
		return q.slots[i]
	}
	return q.read(p)
}

// count counts the unit's obligations (R10).
func (q *question) count(t *Total) {
	w := q.loaded
	var owed, standing int64
	for i := range w.n {
		p, s := w.at(i), &q.slots[i]
		switch {
		case !s.owed:
			continue
		case s.excluded:
			t.Excluded++
		case s.state == figure.NotApplicable:
			t.NotApplicable++
		case s.state == figure.NotAvailable:
			t.NotAvailable++
		case s.state == figure.Value:
			t.Received++
			if q.f.Late(p) {
				t.Late++
			}
		}
		owed++
		if s.stands() {
			standing++
		}
	}
	if w.n > 1 && owed > 0 {
		t.Complete = one(standing > 0 && t.Received == standing)
		t.Outside = one(standing == 0)
	}
	if last := &q.slots[w.n-1]; w.n > 1 && q.ind.UnitRule == indicator.UnitShareYes {
		t.OutsideLast = one(last.owed && !last.stands())
	}
}

// withdraw takes the last base period out of what was received: the figure is there, but the amount that is asked for
// cannot be made of it.
func (q *question) withdraw(t *Total) {
	t.Gaps++
	t.Received--
	t.Complete = 0
	if q.f.Late(q.asked.last()) {
		t.Late--
	}
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
