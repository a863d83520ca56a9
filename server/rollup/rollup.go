package rollup

import (
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// Basis says which revisions count.
type Basis uint8

// The bases (R23).
const (
	// Official counts the newest approved revision.
	Official Basis = iota
	// Provisional also counts a submitted one.
	Provisional
)

// String gives the word of the API.
func (b Basis) String() string { return word([]string{"OFFICIAL", "PROVISIONAL"}, b) }

// Measure says which amount of an indicator is asked for (R14).
type Measure uint8

// The measures of a question.
const (
	// AsReported is the figure as it was reported.
	AsReported Measure = iota
	// Own is what belongs to the period alone: of a year-to-date figure the difference of its two ends.
	Own
	// YearToDate is from the beginning of the year to the end of the period: of a flow all base periods until there.
	YearToDate
)

// String gives the word of the API.
func (m Measure) String() string { return word([]string{"AS_REPORTED", "OWN", "YEAR_TO_DATE"}, m) }

// Figures answers what one unit gave, in one basis.
type Figures interface {
	// At gives the figure in force for the indicator in a period, and the scale at which its amounts are, which is not
	// larger than that of the indicator that is asked about (R21); the zero Figure if none is in force. It is asked for
	// base periods of the indicator, for periods of DenominatorPeriods and for periods that contain the span. For another
	// indicator the figure of an excluded obligation is none.
	At(code indicator.Code, base period.Period) (figure.Figure, figure.Scale)
	// Late tells whether the report of the indicator's form for the base period came late (R7).
	Late(base period.Period) bool
	// Excluded tells whether the obligation of the base period is taken out (R11).
	Excluded(base period.Period) bool
	// Owed tells whether the unit owes the base period: assigned, and valid on its last day (R9). What is not owed does
	// not count, also if a figure is there.
	Owed(base period.Period) bool
	// Other tells how the figure of another indicator, the denominator or the weight, goes over time; false if there is
	// no such indicator.
	Other(code indicator.Code) (indicator.Part, bool)
}

// Possible tells whether a measure can be asked of an indicator: its own amount and its amount since the beginning of
// the year are known of flows and year-to-date figures, not of stocks, and not of what does not go over time at all.
// Where a measure is not possible, Contribute and Finish answer as for AsReported.
func Possible(ind indicator.Indicator, m Measure) bool {
	return m == AsReported || m <= YearToDate && ind.Value.Measure != indicator.Stock && ind.Value.Time != indicator.TimeNone
}

// SumsBases tells whether the total of a longer period is the merge of its base rows (R17), so that only the Remainder
// needs a row: what is summed over time and over units. With YearToDate the rows are those of Bases.
func SumsBases(ind indicator.Indicator, m Measure) bool {
	summed := indicator.Part{Measure: indicator.Flow, Time: indicator.TimeSum}
	switch ind.UnitRule {
	case indicator.UnitSum:
		return ind.Value == summed
	case indicator.UnitRatio:
		return ind.Value == summed && ind.OwnDenominator() && ind.Denominator == summed
	default:
		return false
	}
}

// Bases gives the base periods whose obligations a roll-up of the span counts; with YearToDate of a flow they begin
// with the year. None if the base periods do not tile the span.
func Bases(ind indicator.Indicator, m Measure, span period.Period, base period.Kind) []period.Period {
	w := measured(ind, m).window(ind.Value, windowOf(span, base))
	if w.n == 0 {
		return nil
	}
	bases := make([]period.Period, w.n)
	for i := range bases {
		bases[i] = w.at(i)
	}
	return bases
}

// measured is the measure that is answered where m is asked.
func measured(ind indicator.Indicator, m Measure) Measure {
	if Possible(ind, m) {
		return m
	}
	return AsReported
}

// window gives the base periods from which a part is taken.
func (m Measure) window(p indicator.Part, asked window) window {
	if m == YearToDate && p.Measure == indicator.Flow && asked.n > 0 {
		return asked.sinceNewYear()
	}
	return asked
}

// Contribute gives what one unit adds to the roll-up of a span: time first, by the indicator's rule over the base
// periods of the span, then the parts that its rule over units needs. It is nothing where the base periods do not tile
// the span. It reads no period outside the span's year, except for the denominator or the weight of another indicator.
func Contribute(ind indicator.Indicator, m Measure, span period.Period, base period.Kind, f Figures) Total {
	var t Total
	asked := windowOf(span, base)
	if asked.n == 0 {
		return t
	}
	q := question{ind: ind, m: measured(ind, m), scale: ind.Scale, span: span, asked: asked, f: f}
	q.load()
	q.count(&t)
	q.add(&t)
	return t
}

// add adds the unit by the rule over units; an unknown rule is NONE. It is a switch and not a table of functions, with
// which every call would leave the question and the total to the garbage collector.
func (q *question) add(t *Total) {
	switch q.ind.UnitRule {
	case indicator.UnitRatio:
		addRatio(q, t)
	case indicator.UnitWeightedMean:
		addWeighted(q, t)
	case indicator.UnitMin:
		addMin(q, t)
	case indicator.UnitMax:
		addMax(q, t)
	case indicator.UnitCountYes:
		addYes(q, t)
	case indicator.UnitShareYes:
		addShare(q, t)
	case indicator.UnitCountAtLeast:
		addAtLeast(q, t)
	default: // NONE, SUM and MEAN.
		addSum(q, t)
	}
}

// finish says what the total comes to by the rule over units.
func (a *answer) finish() {
	switch a.ind.UnitRule {
	case indicator.UnitRatio:
		finishRatio(a)
	case indicator.UnitWeightedMean:
		finishWeighted(a)
	case indicator.UnitMean:
		finishMean(a)
	case indicator.UnitMin:
		finishMin(a)
	case indicator.UnitMax:
		finishMax(a)
	case indicator.UnitCountYes, indicator.UnitCountAtLeast:
		finishCount(a)
	case indicator.UnitShareYes:
		finishShare(a)
	default: // NONE and SUM.
		finishSum(a)
	}
}

// word gives a name by its number.
func word[T ~uint8](names []string, v T) string {
	if int(v) < len(names) {
		return names[v]
	}
	return "UNKNOWN"
}
