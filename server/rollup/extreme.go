package rollup

// addMin keeps the least value.
func addMin(q *question, t *Total) {
	v := q.value(t)
	t.Min, t.HasMin = v.v, v.ok
}

// addMax keeps the greatest value.
func addMax(q *question, t *Total) {
	v := q.value(t)
	t.Max, t.HasMax = v.v, v.ok
}

// finishMin gives the least value; without one there is no data, whatever the count says.
func finishMin(a *answer) {
	if a.t.HasMin {
		a.amount(WideOf(a.t.Min), 1)
	}
}

// finishMax gives the greatest value.
func finishMax(a *answer) {
	if a.t.HasMax {
		a.amount(WideOf(a.t.Max), 1)
	}
}
