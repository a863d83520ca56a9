package reporting

import (
	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// Present tells of how many base periods there is a figure of at least one unit, of those for which one was expected.
type Present struct{ Present, Expected int }

// present looks at each base period from the beginning of the year to the end of the one that was asked for, and tells how many
// it looked at. A sum since January that lacks a whole month looks like one that does not; its coverage, which counts all units,
// tells it only to whoever reckons. Nil unless a flow is asked for since the beginning of the year, and where base periods of
// several lengths are owed.
func (r *rollupRun) present(q aggregator.Query, a *aggregator.Answer) (present *Present, looked int, err error) {
	if q.Measure != rollup.YearToDate || a.Indicator.UnitRule == indicator.UnitDerived ||
		a.Indicator.Value.Measure != indicator.Flow || len(a.Forms) == 0 {
		return nil, 0, nil
	}
	present = &Present{}
	q.Measure = rollup.AsReported
	for q.Period = period.Of(int(q.Period.Year), a.Base, 1); q.Period.Valid() && a.Calendar.Last(q.Period) <= a.LastDay; q.Period = q.Period.Next() {
		base, err := r.answer(q)
		looked++
		switch {
		case err != nil:
			return nil, looked, err
		case base.Result.State == rollup.NotAtThisPeriod:
			return nil, looked, nil
		}
		if base.Result.Coverage.Expected > 0 {
			present.Expected++
		}
		if base.Result.Coverage.Received > 0 {
			present.Present++
		}
	}
	return present, looked, nil
}
