package aggregator_test

import (
	"fmt"
	"reflect"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/rollup"
)

// compareSeries asks as part of a series, with texts and without, and wants the same answer.
func compareSeries(tx *aggregator.Tx, q aggregator.Query, want aggregator.Answer) string {
	unit, _ := tx.Tree().Ordinal(q.Unit)
	series, err := tx.Series(q)
	if err != nil {
		return fmt.Sprintf("Series(%+v) = %v", q, err)
	}
	got, err := series.Rollup(unit)
	if err != nil || !reflect.DeepEqual(got, want) {
		return fmt.Sprintf("%+v in a series:\n got %+v, %v\nwant %+v", q, got, err, want)
	}
	exact := rollup.Result{Display: "what was there before"}
	if err := series.Exact(unit, &exact); err != nil {
		return fmt.Sprintf("Exact(%+v) = %v", q, err)
	}
	value, numerator, denominator := rollup.Scales(series.Version())
	exact.Display = exact.Value.Decimal(value)
	exact.NumeratorDisplay, exact.DenominatorDisplay = exact.Numerator.Decimal(numerator), exact.Denominator.Decimal(denominator)
	if exact != want.Result {
		return fmt.Sprintf("%+v without texts:\n got %+v\nwant %+v", q, exact, want.Result)
	}
	return ""
}
