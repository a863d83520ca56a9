//go:build unix

package workload

import (
	"fmt"
	"math/big"
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
	unit, indicator, period string
	official                bool
}

// rollups compares every roll-up with the naive sum of the figures in force, and demands that none is left out.
func (j *judge) rollups() {
	v := &j.verdict
	below := j.shape.below()
	spans := map[string]span{}
	for _, s := range j.shape.spans() {
		spans[s.name] = s
	}
	inForce := j.figuresInForce()
	there := map[asked]bool{}
	for _, got := range j.seen.Rollups {
		v.Rollups++
		q := asked{got.Unit, got.Indicator, got.Period, got.Official}
		communes, known := below[got.Unit]
		period, also := spans[got.Period]
		column, third := map[string]int{Files: 0, Money: 1, People: 2, OnTime: 3}[got.Indicator]
		if !known || !also || !third || there[q] {
			v.found(&v.Foreign, "nobody asked for a roll-up %+v, or it came before", q)
			continue
		}
		there[q] = true
		want := rollUp(communes, period, column, func(r Report) *Figure { return inForce[basisOf(r, got.Official)].at(column) })
		want.Unit, want.Indicator, want.Period, want.Official = got.Unit, got.Indicator, got.Period, got.Official
		if !want.equals(got) {
			v.found(&v.Wrong, "a roll-up is %s, and the reports come to %s", got, want)
		}
	}
	if want := len(below) * len(spans) * len(indicators) * 2; len(there) != want {
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

// below gives the communes of every unit.
func (s Shape) below() map[string][]int {
	below := map[string][]int{}
	for n := range s.Communes {
		below[commune(n)] = []int{n}
		district := fmt.Sprintf("D%02d-0", n%s.Districts)
		below[district] = append(below[district], n)
		below[province] = append(below[province], n)
	}
	for n := range s.Districts {
		district := fmt.Sprintf("D%02d-0", n)
		below[district] = append([]int{}, below[district]...)
	}
	return below
}

// rollUp adds the figures of a column: first over the months of each commune, then over the communes.
func rollUp(communes []int, period span, column int, figure func(Report) *Figure) Rollup {
	out := Rollup{}
	sum, over := new(big.Rat), new(big.Rat)
	for _, c := range communes {
		var last *Figure
		for m := period.first; m < period.first+period.months; m++ {
			out.Expected++
			f := figure(Report{commune: c, month: m})
			switch {
			case f == nil:
				out.Missing++
				continue
			case f.State == "-":
				out.NotAvailable++
				continue
			case f.State != "":
				out.Expected--
				out.NotApplicable++
				continue
			}
			out.Received++
			last = f
			switch indicators[column] {
			case Files, Money:
				sum.Add(sum, number(f.Value))
			case OnTime:
				sum.Add(sum, number(f.Numerator))
				over.Add(over, number(f.Denominator))
			}
		}
		if indicators[column] == People && last != nil {
			sum.Add(sum, number(last.Value))
		}
	}
	out.finish(column, sum, over)
	return out
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
	return fmt.Sprintf("%s of %s in %s, %s: %s %s, %d of %d, not available %d, missing %d, not applicable %d",
		r.Indicator, r.Unit, r.Period, basis, strings.TrimPrefix(r.State.String(), "ROLLUP_STATE_"), value,
		r.Received, r.Expected, r.NotAvailable, r.Missing, r.NotApplicable)
}
