package rollup

import (
	"math/big"

	"github.com/tonghop/tonghop/server/formula"
	"github.com/tonghop/tonghop/server/indicator"
)

// Derive says what a derived indicator comes to (R18): its formula over the roll-ups that it names, each of which was
// brought together over units and time before. The parts are what the formula's Rollups come to, in their order.
//
// Every part that the formula names must have a value, whether or not a condition leads to it: a formula that sometimes
// does without would answer now with a part and now without it, and nobody would see. Else the result has the state of a
// part, and the references without a value are given too. The coverage is that of the part with the lowest received /
// expected, of several of the first; if they differ in that, the result says so.
func Derive(ind *indicator.Indicator, f *formula.Formula, parts []Result) (Result, []formula.Reference) {
	var r Result
	if len(parts) > 0 {
		r.Coverage, r.PartsDiffer = coverageOfParts(parts)
	}
	for n := range parts {
		r.PartsDiffer = r.PartsDiffer || parts[n].PartsDiffer
	}
	var lacking []formula.Reference
	values := make([]*big.Rat, len(f.References()))
	first := len(lackingStates)
	for n, ref := range f.References() {
		amount, state := take(&parts[f.RollupOf(n)], ref.Amount)
		if values[n] = amount.Rat(); values[n] == nil {
			lacking = append(lacking, ref)
			first = min(first, lackingPlace(state))
		}
	}
	if len(lacking) > 0 {
		r.State = lackingStates[first]
		return r, lacking
	}
	value, ok := f.Eval(values)
	if !ok {
		r.State = Undefined
		return r, nil
	}
	r.State, r.Value = Value, fractionOfRat(value)
	r.Display = r.Value.Decimal(ind.Scale)
	for n := range parts { // of what has no value there is nothing that fell
		r.Fell = r.Fell || parts[n].Fell
	}
	return r, nil
}

// lackingStates are the states without a value, in the order in which the first that a part has is that of the whole: what
// no report will ever mend comes first, and a missing figure before a division by zero that it may yet mend.
var lackingStates = [...]State{NotAtThisPeriod, NotRolledUp, Overflow, NoData, Undefined}

func lackingPlace(s State) int {
	for n, known := range lackingStates {
		if s == known {
			return n
		}
	}
	return lackingPlace(NoData)
}

// take gives an amount of a part. A numerator may be there where the ratio itself is undefined.
func take(p *Result, which formula.Amount) (Fraction, State) {
	switch which {
	case formula.Numerator:
		return p.Numerator, p.State
	case formula.Denominator:
		return p.Denominator, p.State
	default:
		return p.Value, p.State
	}
}

// coverageOfParts gives the lowest coverage, and whether all are as high.
func coverageOfParts(parts []Result) (lowest Coverage, differ bool) {
	lowest = parts[0].Coverage
	for n := range parts[1:] {
		c := &parts[n+1].Coverage
		order := compareCoverage(c, &lowest)
		if differ = differ || order != 0; order < 0 {
			lowest = *c
		}
	}
	return lowest, differ
}

// compareCoverage compares received / expected. Where nothing is expected there is no figure, so that is lower than all.
func compareCoverage(a, b *Coverage) int {
	if a.Expected <= 0 || b.Expected <= 0 {
		return int(one(a.Expected > 0) - one(b.Expected > 0))
	}
	// Both count units and base periods: their products have 64 bits.
	left, right := a.Received*b.Expected, b.Received*a.Expected
	return int(one(left > right) - one(left < right))
}
