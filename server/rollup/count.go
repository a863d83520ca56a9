package rollup

import "github.com/tonghop/tonghop/server/figure"

// addYes counts a unit that says yes: 1, at the end of the span or ever, as the rule over time has it (R20).
func addYes(q *question, t *Total) {
	v := q.value(t)
	t.Yes = one(v.ok && v.v.Sign() > 0)
}

// addShare is addYes for a unit whose last base period asks for a figure: that is what the share is of, and whoever
// stands outside below the line stands outside above it too.
func addShare(q *question, t *Total) {
	if last := q.slot(q.asked.last()); last.stands() {
		addYes(q, t)
	}
}

// addAtLeast counts a unit that reaches the minimum.
func addAtLeast(q *question, t *Total) {
	v := q.value(t)
	least := figure.Product(int64(q.ind.AtLeast), carry(q.ind.Value.Time))
	t.Yes = one(v.ok && v.v.Cmp(least) >= 0)
}

// finishCount gives how many units there are; it has no decimals.
func finishCount(a *answer) {
	a.value(wideInt(a.t.Yes), wideInt(1))
}

// finishShare gives the units that say yes over the obligations of the last base period, answered or not. Where nobody
// is expected there is no share and no data.
func finishShare(a *answer) {
	expected := a.expectedLast()
	if expected == 0 {
		return
	}
	a.result.Numerator = fractionOf(wideInt(a.t.Yes), wideInt(1))
	a.result.Denominator = fractionOf(wideInt(expected), wideInt(1))
	a.value(wideInt(a.t.Yes).Times(a.ind.Factor()), wideInt(expected))
}

func wideInt(n int64) Wide { return WideOf(figure.Int128From(n)) }
