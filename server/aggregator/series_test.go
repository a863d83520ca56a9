package aggregator_test

import (
	"fmt"
	"reflect"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/figure"
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
	var short rollup.Short
	exact := rollup.Result{Display: "what was there before"}
	isShort, err := series.Cell(unit, &short, &exact)
	if err != nil {
		return fmt.Sprintf("Cell(%+v) = %v", q, err)
	}
	value, numerator, denominator := rollup.Scales(series.Version())
	whole := rollup.Result{Display: "what was there before"}
	for range 2 { // what is kept from one to the next is not in the way
		if err := series.Exact(unit, &whole); err != nil {
			return fmt.Sprintf("Exact(%+v) = %v", q, err)
		}
		if whole.Display, whole.NumeratorDisplay, whole.DenominatorDisplay = want.Result.Display, want.Result.NumeratorDisplay, want.Result.DenominatorDisplay; whole != want.Result {
			return fmt.Sprintf("%+v exact:\n got %+v\nwant %+v", q, whole, want.Result)
		}
		tx.Forget()
	}
	var plain rollup.Plain
	if series.Plain(unit, &plain) {
		if problem := compareShort(q, shortOf(plain), want, value); problem != "" {
			return "plain: " + problem
		}
	}
	if isShort {
		return compareShort(q, short, want, value)
	}
	exact.Display = exact.Value.Decimal(value)
	exact.NumeratorDisplay, exact.DenominatorDisplay = exact.Numerator.Decimal(numerator), exact.Denominator.Decimal(denominator)
	if exact != want.Result {
		return fmt.Sprintf("%+v without texts:\n got %+v\nwant %+v", q, exact, want.Result)
	}
	return ""
}

// shortOf is what a plain result says.
func shortOf(p rollup.Plain) rollup.Short {
	return rollup.Short{
		State: p.State, Parts: p.Parts, Value: p.Value, Numerator: p.Numerator, Denominator: p.Denominator, Coverage: rollup.Coverage{
			Expected: p.Expected, Received: p.Received, Missing: p.Expected - p.Received, Late: p.Late, UnitsComplete: p.Received, Units: p.Expected,
		},
	}
}

func compareShort(q aggregator.Query, got rollup.Short, want aggregator.Answer, scale figure.Scale) string {
	value, numerator, denominator := "", "", ""
	if got.State == rollup.Value {
		value = figure.Number(got.Value).Format(scale)
	}
	if got.Parts {
		numerator, denominator = figure.Number(got.Numerator).Format(scale), figure.Number(got.Denominator).Format(scale)
	}
	r := want.Result
	if got.State != r.State || value != r.Display || numerator != r.NumeratorDisplay || denominator != r.DenominatorDisplay ||
		got.Coverage != r.Coverage || got.Fell != r.Fell {
		return fmt.Sprintf("%+v in short:\n got %+v\nwant %+v", q, got, r)
	}
	return ""
}
