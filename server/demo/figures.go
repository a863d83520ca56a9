package demo

import (
	"hash/fnv"
	"strconv"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// dice gives numbers that depend on nothing but their names, so that the demo is the same everywhere and always.
type dice uint64

func roll(names ...string) dice {
	h := fnv.New64a()
	for _, n := range names {
		h.Write([]byte(n))
		h.Write([]byte{0})
	}
	// One more mixing: the last name would show in neighbouring numbers otherwise.
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return dice(x)
}

// between gives a number from lo to hi, both included.
func (d dice) between(lo, hi int64) int64 { return lo + int64(uint64(d)%uint64(hi-lo+1)) } //nolint:gosec // small and positive

// chance is true n times in a hundred.
func (d dice) chance(n int64) bool { return d.between(1, 100) <= n }

// weight says how much bigger a unit's figures are than a commune's.
func weight(kind string) int64 {
	switch kind {
	case "district":
		return 12
	case "province":
		return 140
	case "department":
		return 4
	}
	return 1
}

// sample makes the figure of one indicator at one unit; month counts from 0 within the 24 of the demo, and correction
// is 1 for a figure that was sent again.
func sample(ind *reportingv1.Indicator, unit *reportingv1.Unit, period string, month, correction int64) *reportingv1.Figure {
	f := &reportingv1.Figure{Indicator: ind.GetCode()}
	here := roll("figure", ind.GetCode(), unit.GetCode(), period)
	switch {
	case roll("absent", ind.GetCode(), unit.GetCode(), period).chance(1):
		f.State = reportingv1.FigureState_FIGURE_STATE_NOT_AVAILABLE
		return f
	case people[ind.GetCode()] != 0:
		f.Value = text(population(unit, people[ind.GetCode()], month))
	case ind.GetUnitRule() == reportingv1.UnitRule_UNIT_RULE_RATIO:
		denominator := base(ind, unit) * (100 + month/2) / 100
		if of := people[ind.GetDenominatorIndicator()]; of != 0 {
			denominator = population(unit, of, month)
		}
		numerator := denominator * share(ind, unit, month) / 1000
		numerator = min(denominator, numerator+correction*max(1, denominator/50))
		f.Numerator = text(numerator)
		if ind.GetDenominatorIndicator() == "" {
			f.Denominator = text(denominator)
		}
	case yesNo(ind):
		f.Value = text(0)
		if month+correction >= roll("yes", ind.GetCode(), unit.GetCode()).between(0, 22) {
			f.Value = text(1)
		}
	case ind.GetUnitRule() == reportingv1.UnitRule_UNIT_RULE_NONE:
		f.Value = text(max(1, here.between(20, 45)-month/3-correction))
	case ind.GetMeasure() == reportingv1.Measure_MEASURE_FLOW:
		f.Value = text(max(0, base(ind, unit)/20+here.between(-3, 9)+month/4+correction))
	default: // a stock, or an amount since the beginning of the year, that does not fall
		inYear := month
		if ind.GetMeasure() == reportingv1.Measure_MEASURE_YEAR_TO_DATE {
			inYear = monthOf(period)
		}
		f.Value = text(roll("start", ind.GetCode(), unit.GetCode()).between(0, 3) + inYear*weight(unit.GetKind())/3 + correction)
	}
	return f
}

// people are the base figures of the catalogue, in thousandths of the population: all, adults, households.
var people = map[string]int64{"DS-01": 1000, "DS-02": 720, "DS-03": 265}

// population grows by a thousandth every two months.
func population(unit *reportingv1.Unit, share, month int64) int64 {
	return roll("people", unit.GetCode()).between(5200, 13800) * weight(unit.GetKind()) * (2000 + month) / 2000 * share / 1000
}

// base is the size of what the indicator counts at the unit.
func base(ind *reportingv1.Indicator, unit *reportingv1.Unit) int64 {
	return roll("base", ind.GetGroup(), unit.GetCode()).between(180, 900) * weight(unit.GetKind())
}

// share is how much of it is reached, in thousandths; it grows with the months and wavers.
func share(ind *reportingv1.Indicator, unit *reportingv1.Unit, month int64) int64 {
	start := roll("share", ind.GetCode()).between(380, 720) + roll("share", ind.GetCode(), unit.GetCode()).between(-80, 80)
	return min(1000, start+month*9+roll("waver", ind.GetCode(), unit.GetCode(), strconv.FormatInt(month, 10)).between(-12, 12))
}

func yesNo(ind *reportingv1.Indicator) bool {
	rule := ind.GetUnitRule()
	return rule == reportingv1.UnitRule_UNIT_RULE_COUNT_YES || rule == reportingv1.UnitRule_UNIT_RULE_SHARE_YES
}

// monthOf is the number of the last month of a period within its year.
func monthOf(period string) int64 {
	if len(period) == 4 {
		return 12
	}
	n, _ := strconv.ParseInt(period[len(period)-1:], 10, 64)
	switch period[5] {
	case 'Q':
		return 3 * n
	case 'H':
		return 6 * n
	}
	n, _ = strconv.ParseInt(period[5:], 10, 64)
	return n
}

func text(n int64) *string {
	s := strconv.FormatInt(n, 10)
	return &s
}
