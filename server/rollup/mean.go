package rollup

// finishMean gives the plain mean of the units that gave a value: Σ values / count. What it adds is a sum and a count,
// never a mean, because a mean of means is wrong.
func finishMean(a *answer) { a.amount(a.t.Sum, a.t.Count) }
