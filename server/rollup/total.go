package rollup

import (
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
)

// Total is all that units gave, in a form that can be added: the parts of a mean or a ratio, never the quotient. The
// zero value is nothing. Totals compare with ==.
type Total struct {
	// Sum adds values; each is × figure.MeanUnit where the rule over time is MEAN (R16).
	Sum Wide
	// Numerator and Denominator add the parts of a RATIO, each × figure.MeanUnit where its own rule over time is MEAN, or
	// value × weight and weight of a WEIGHTED_MEAN. A denominator of another indicator is brought to six decimals, a weight
	// to six decimals × figure.MeanUnit.
	Numerator, Denominator Wide
	// Min and Max are the extremes of the rules MIN and MAX, if there are any; carried as Sum is.
	Min, Max       figure.Int128
	HasMin, HasMax bool

	// Count is how many values were added: of units, or of base periods where SumsBases is true. 0 means NO_DATA.
	Count int64
	// Yes is how many units say yes, or reach the minimum.
	Yes int64

	// Received, NotAvailable, NotApplicable, Excluded and Late count obligations (R10); Late is part of Received.
	Received, NotAvailable, NotApplicable, Excluded, Late int64
	// Half is part of Received: figures that lack a part of the ratio and are left out (R15).
	Half int64
	// Unweighted counts units that gave a value and have no weight (R19).
	Unweighted int64

	// Stale counts units whose latest figure is not of the last base period.
	Stale int64
	// Complete counts units that gave a value for each of their obligations, in a span of several base periods.
	Complete int64
	// Outside counts units all of whose obligations are excluded or not applicable, in a span of several base periods.
	Outside int64
	// OutsideLast is NotApplicable plus Excluded of the last base period alone, in a span of several, for SHARE_YES (R20).
	OutsideLast int64

	// Fell counts units whose year-to-date figure is lower than the one before (R14).
	Fell int64
	// Gaps counts units that gave the figure at the end and whose own amount cannot be told, since the start is missing.
	Gaps int64

	// Lag tells how many months before the end of the span the LAST figures end; Age where the figures of the other
	// indicator stand in [DenominatorPeriods].
	Lag, Age Trail
}

// Trail adds places in a form from which the place can be read back as long as all units agree.
type Trail struct{ Sum, Squares int64 }

// trailAt is the trail of one unit.
func trailAt(place int) Trail {
	n := int64(place)
	return Trail{Sum: n, Squares: n * n}
}

// place gives the place in which all units agree; n places have the same square mean and mean only if they are equal.
func (t Trail) place(n int64) (int, bool) {
	if n <= 0 || t.Sum%n != 0 {
		return 0, false
	}
	p := t.Sum / n
	return int(p), t.Squares == p*t.Sum
}

// Merge adds the units of o. Their order and grouping do not matter.
func (t *Total) Merge(o Total) {
	t.MergeExtremes(o)
	t.Sum = t.Sum.Plus(o.Sum)
	t.Numerator = t.Numerator.Plus(o.Numerator)
	t.Denominator = t.Denominator.Plus(o.Denominator)
	t.Count += o.Count
	t.Yes += o.Yes
	t.Received += o.Received
	t.NotAvailable += o.NotAvailable
	t.NotApplicable += o.NotApplicable
	t.Excluded += o.Excluded
	t.Late += o.Late
	t.Half += o.Half
	t.Unweighted += o.Unweighted
	t.Stale += o.Stale
	t.Complete += o.Complete
	t.Outside += o.Outside
	t.OutsideLast += o.OutsideLast
	t.Fell += o.Fell
	t.Gaps += o.Gaps
	t.Lag.Sum += o.Lag.Sum
	t.Lag.Squares += o.Lag.Squares
	t.Age.Sum += o.Age.Sum
	t.Age.Squares += o.Age.Squares
}

// Subtract takes the units of o out again: after Merge(o) and Subtract(o) everything is as before, except the extremes.
// Those are left as they are; ClearExtremes and MergeExtremes over the direct children make them new (R17).
func (t *Total) Subtract(o Total) {
	t.Sum = t.Sum.Minus(o.Sum)
	t.Numerator = t.Numerator.Minus(o.Numerator)
	t.Denominator = t.Denominator.Minus(o.Denominator)
	t.Count -= o.Count
	t.Yes -= o.Yes
	t.Received -= o.Received
	t.NotAvailable -= o.NotAvailable
	t.NotApplicable -= o.NotApplicable
	t.Excluded -= o.Excluded
	t.Late -= o.Late
	t.Half -= o.Half
	t.Unweighted -= o.Unweighted
	t.Stale -= o.Stale
	t.Complete -= o.Complete
	t.Outside -= o.Outside
	t.OutsideLast -= o.OutsideLast
	t.Fell -= o.Fell
	t.Gaps -= o.Gaps
	t.Lag.Sum -= o.Lag.Sum
	t.Lag.Squares -= o.Lag.Squares
	t.Age.Sum -= o.Age.Sum
	t.Age.Squares -= o.Age.Squares
}

// ClearExtremes forgets MIN and MAX.
func (t *Total) ClearExtremes() {
	t.Min, t.Max = figure.Int128{}, figure.Int128{}
	t.HasMin, t.HasMax = false, false
}

// MergeExtremes merges MIN and MAX alone.
func (t *Total) MergeExtremes(o Total) {
	if o.HasMin && (!t.HasMin || o.Min.Cmp(t.Min) < 0) {
		t.Min, t.HasMin = o.Min, true
	}
	if o.HasMax && (!t.HasMax || o.Max.Cmp(t.Max) > 0) {
		t.Max, t.HasMax = o.Max, true
	}
}

// Remainder gives the part of a longer span's total that its base rows cannot be added up to. Where SumsBases is true,
// the merge of the base rows and of the remainders is the total of the span.
func (t Total) Remainder() Total { return Total{Complete: t.Complete, Outside: t.Outside} }

// Rescale brings a total that was made at one scale of the indicator to a larger one (R21). What comes from another
// indicator has its own scale and stays.
func (t *Total) Rescale(ind indicator.Indicator, from, to figure.Scale) {
	if to <= from {
		return
	}
	f := to.Factor() / from.Factor()
	t.Sum, t.Numerator = t.Sum.Times(f), t.Numerator.Times(f)
	if ind.OwnDenominator() {
		t.Denominator = t.Denominator.Times(f)
	}
	t.Min, _ = t.Min.MulInt64(f)
	t.Max, _ = t.Max.MulInt64(f)
}

// IsZero tells whether the total is nothing, so that no row needs to be kept.
func (t *Total) IsZero() bool { return *t == Total{} }
