package rollup

import "github.com/tonghop/tonghop/server/figure"

// Step is by how much one unit's contribution to a cell changes, where neither means, weights nor extremes are in it: of
// what is summed over units. It is made once and added to the rows of all units above.
type Step struct {
	// Sum, Numerator and Denominator are differences of two amounts of 64 bits.
	Sum, Numerator, Denominator figure.Int128
	// Lag is a difference of trails.
	Lag Trail
	// The others are differences of the counts of a [Total].
	Count, Received, NotAvailable, NotApplicable, Late, Half, Stale, Complete, Outside int32
}

// IsZero says that nothing changes.
func (s *Step) IsZero() bool { return *s == Step{} }

// Step adds a step: for what it is of, it is Subtract of the contribution before and Merge of the one after.
func (t *Total) Step(s *Step) {
	if s.Sum != (figure.Int128{}) {
		t.Sum = t.Sum.Plus(WideOf(s.Sum))
	}
	if s.Numerator != (figure.Int128{}) {
		t.Numerator = t.Numerator.Plus(WideOf(s.Numerator))
	}
	if s.Denominator != (figure.Int128{}) {
		t.Denominator = t.Denominator.Plus(WideOf(s.Denominator))
	}
	t.Count += int64(s.Count)
	t.Received += int64(s.Received)
	t.NotAvailable += int64(s.NotAvailable)
	t.NotApplicable += int64(s.NotApplicable)
	t.Late += int64(s.Late)
	t.Half += int64(s.Half)
	t.Stale += int64(s.Stale)
	t.Complete += int64(s.Complete)
	t.Outside += int64(s.Outside)
	t.Lag.Sum += s.Lag.Sum
	t.Lag.Squares += s.Lag.Squares
}

// Lags adds a LAST figure that ends so many months before the span, so many times.
func (s *Step) Lags(months int, times int64) {
	at := trailAt(months)
	s.Lag.Sum += times * at.Sum
	s.Lag.Squares += times * at.Squares
	if months > 0 {
		s.Stale += int32(times) //nolint:gosec // 1 or -1
	}
}
