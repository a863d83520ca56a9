package rollup

import "github.com/tonghop/tonghop/server/indicator"

// addSum adds a value: the rules SUM and MEAN, and NONE, whose totals are never merged.
func addSum(q *question, t *Total) {
	v := q.value(t)
	t.Sum = WideOf(v.v)
	if SumsBases(q.ind, q.m) {
		// Count is of base periods here, so that the rows of months add up to the year's.
		t.Count = v.n
	}
}

// finishSum gives the sum: Σ values.
func finishSum(a *answer) {
	a.result.Single = a.ind.UnitRule == indicator.UnitNone
	a.amount(a.t.Sum, 1)
}
