//go:build unix

package workload

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// number reads a decimal; nil for no number.
func number(text string) *big.Rat {
	if text == "" {
		return nil
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil
	}
	return r
}

func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	x, y := number(a), number(b)
	return x != nil && y != nil && x.Cmp(y) == 0
}

// asked is a roll-up without its answer.
type asked struct {
	unit, indicator, period, tree string
	official                      bool
}

// rollups compares every roll-up with the naive sum of the figures in force, and demands that none is left out.
func (j *judge) rollups() {
	v := &j.verdict
	l := j.shape.land(j.seen.Reforms)
	units := j.shape.unitsAfter(j.seen.Reforms)
	later, month := j.shape.Restated()
	spans, want := j.shape.asked()
	inForce := j.figuresInForce()
	there := map[asked]bool{}
	for _, got := range j.seen.Rollups {
		v.Rollups++
		q := asked{got.Unit, got.Indicator, got.Period, got.Tree, got.Official}
		period, also := spans[got.Period]
		column, third := map[string]int{Files: 0, Money: 1, People: 2, OnTime: 3}[got.Indicator]
		if !slices.Contains(units, got.Unit) || !also || !third || there[q] || got.Tree != "" && (got.Tree != later || !period.again()) {
			v.found(&v.Foreign, "nobody asked for a roll-up %+v, or it came before", q)
			continue
		}
		there[q] = true
		tree := 0
		if got.Tree != "" {
			tree = month
		}
		want := Rollup{State: reportingv1.RollupState_ROLLUP_STATE_NOT_PLACEABLE}
		if bodies, placeable := l.behind(got.Unit, period.first, period.months, tree); placeable {
			want = rollUp(bodies, column, func(r Report) *Figure { return inForce[basisOf(r, got.Official)].at(column) })
		}
		want.Unit, want.Indicator, want.Period, want.Tree, want.Official = got.Unit, got.Indicator, got.Period, got.Tree, got.Official
		if !want.equals(got) {
			v.found(&v.Wrong, "a roll-up is %s, and the reports come to %s", got, want)
		}
	}
	if want *= len(units) * len(indicators); len(there) != want {
		v.found(&v.Lost, "of %d roll-ups %d came", want, len(there))
	}
}

// basisOf is a report in one basis.
type inBasis struct {
	report   Report
	official bool
}

func basisOf(r Report, official bool) inBasis { return inBasis{r, official} }

// sent are the figures of a revision, nil for none.
type sent []Figure

func (s sent) at(column int) *Figure {
	if s == nil {
		return nil
	}
	return &s[column]
}

// figuresInForce are those that count, by the states that the changes make.
func (j *judge) figuresInForce() map[inBasis]sent {
	all := map[inBasis]sent{}
	for _, r := range j.byName {
		official, provisional := j.life[r].inForce()
		if official > 0 {
			all[basisOf(r, true)] = j.seen.Revisions[r][official-1].Figures
		}
		if provisional > 0 {
			all[basisOf(r, false)] = j.seen.Revisions[r][provisional-1].Figures
		}
	}
	return all
}

// rollUp adds the figures of a column: of a stock of each body those of the newest side on which there are any, and of each
// commune the last; of everything else all.
func rollUp(bodies []Body, column int, figure func(Report) *Figure) Rollup {
	out := Rollup{}
	sum, over := new(big.Rat), new(big.Rat)
	for _, b := range bodies {
		var last map[int]*Figure
		for _, side := range b {
			here := map[int]*Figure{}
			for _, r := range side {
				f := out.count(figure(r))
				switch {
				case f == nil:
					continue
				case indicators[column] == OnTime:
					sum.Add(sum, number(f.Numerator))
					over.Add(over, number(f.Denominator))
				case indicators[column] != People:
					sum.Add(sum, number(f.Value))
				}
				here[r.commune] = f
			}
			if len(here) > 0 {
				last = here
			}
		}
		for _, f := range last {
			if indicators[column] == People {
				sum.Add(sum, number(f.Value))
			}
		}
	}
	out.finish(column, sum, over)
	return out
}

// count counts what was said, and gives it back if it is a number.
func (r *Rollup) count(f *Figure) *Figure {
	r.Expected++
	switch {
	case f == nil:
		r.Missing++
	case f.State == "-":
		r.NotAvailable++
	case f.State != "":
		r.Expected--
		r.NotApplicable++
	default:
		r.Received++
		return f
	}
	return nil
}

// finish divides once, and rounds half away from zero.
func (r *Rollup) finish(column int, sum, over *big.Rat) {
	if r.State = reportingv1.RollupState_ROLLUP_STATE_NO_DATA; r.Received == 0 {
		return
	}
	r.State = reportingv1.RollupState_ROLLUP_STATE_VALUE
	switch indicators[column] {
	case Money:
		r.Value = sum.FloatString(2)
	case OnTime:
		r.Numerator, r.Denominator = sum.FloatString(2), over.FloatString(2)
		if over.Sign() == 0 {
			r.State = reportingv1.RollupState_ROLLUP_STATE_UNDEFINED
			return
		}
		share := new(big.Rat).Quo(sum, over)
		r.Value = share.Mul(share, big.NewRat(100, 1)).FloatString(2)
	default:
		r.Value = sum.FloatString(0)
	}
}

// equals compares two roll-ups; numbers as numbers.
func (r Rollup) equals(other Rollup) bool {
	if !sameNumber(r.Value, other.Value) || !sameNumber(r.Numerator, other.Numerator) || !sameNumber(r.Denominator, other.Denominator) {
		return false
	}
	other.Value, other.Numerator, other.Denominator = r.Value, r.Numerator, r.Denominator
	return r == other
}

// String is for people.
func (r Rollup) String() string {
	basis := "provisional"
	if r.Official {
		basis = "official"
	}
	value := r.Value
	if r.Numerator != "" || r.Denominator != "" {
		value += " = " + r.Numerator + "/" + r.Denominator
	}
	if r.Tree != "" {
		basis += " on the tree of " + r.Tree
	}
	return fmt.Sprintf("%s of %s in %s, %s: %s %s, %d of %d, not available %d, missing %d, not applicable %d",
		r.Indicator, r.Unit, r.Period, basis, strings.TrimPrefix(r.State.String(), "ROLLUP_STATE_"), value,
		r.Received, r.Expected, r.NotAvailable, r.Missing, r.NotApplicable)
}
