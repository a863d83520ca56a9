package plan

import (
	"math/big"
	"slices"
	"strconv"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// Reading is what is known of a figure that is held against a target.
type Reading struct {
	// Value is exact; no number if there is none.
	Value rollup.Fraction
	// Class is that of a ranking body; empty is none.
	Class string
	// Ranked is among how many the value is a rank; 0 is not known.
	Ranked int
	// Done is the day on which something was done; Beginning is not known, and then a value other than 0 says that it is done.
	Done period.Day
	// By is the last day of what the value tells of.
	By period.Day
}

// Judge is a target ready to be held against figures.
type Judge struct {
	Target
	// value is the one that is demanded, bound the number that figures are compared with; baseline is of those that have one.
	value, baseline Amount
	bound           rollup.Fraction
	// class is the place of the class in the order of the plan.
	class   int
	classes []string
	day     period.Day
	// higher says that more is better.
	higher bool
}

// NewJudge makes a target ready. The error says why it can be held against no figure at all, and the judge then still tells what it
// knows of the target.
func NewJudge(t Target, classes []string, direction indicator.Direction) (*Judge, *fault.Error) {
	j := &Judge{Target: t, classes: classes, higher: t.Comparator == AtLeast || t.Comparator == Above || t.Comparator == IncreaseBy}
	j.baseline, _ = ParseAmount(t.Baseline)
	switch t.Comparator {
	case InClass:
		if j.class = slices.Index(classes, t.Value); j.class < 0 {
			return j, fault.Precondition("CLASS_NOT_IN_ORDER",
				"the class %q does not stand in the plan's order of classes, so nothing can be said to be better or worse; add it to the plan", t.Value).
				With("class", t.Value)
		}
		return j, nil
	case ByDate:
		j.day, _ = period.ParseDay(t.Value)
		return j, nil
	case Keep:
		if !j.baseline.Exists() {
			return j, baselineMissing(t)
		}
		j.value, j.bound, j.higher = j.baseline, j.baseline.Fraction(), direction == indicator.Higher
		if direction == indicator.DirectionNone {
			return j, fault.Precondition("DIRECTION_MISSING",
				"the catalogue does not say of indicator %s whether more or less is better, so nothing can be said to be kept or improved", t.Indicator).
				With("indicator", t.Indicator)
		}
		return j, nil
	default:
	}
	j.value, _ = ParseAmount(t.Value)
	j.bound = j.value.Fraction()
	if !t.Comparator.relative() {
		return j, nil
	}
	switch {
	case !j.baseline.Exists():
		return j, baselineMissing(t)
	case j.baseline.n == 0:
		return j, fault.Precondition("BASELINE_ZERO", "the baseline is 0, and no percentage of it is anything else; set the target as a number").
			With("indicator", t.Indicator)
	}
	change := new(big.Rat).Mul(j.value.rat(), big.NewRat(1, 100))
	change.Mul(change, new(big.Rat).Abs(j.baseline.rat()))
	if t.Comparator == ReduceBy {
		change.Neg(change)
	}
	j.bound = rollup.Fraction{Long: change.Add(change, j.baseline.rat())}
	return j, nil
}

func baselineMissing(t Target) *fault.Error {
	return fault.Precondition("BASELINE_MISSING", "the target is held against a baseline, and none is known; import it with its baseline").
		With("indicator", t.Indicator)
}

// nothing is the number 0.
var nothing = rollup.Fraction{Den: rollup.WideOf(figure.Int128From(1))}

// Status holds a figure against the target as if it were due. Where the figure is there and cannot be compared, the error says why.
func (j *Judge) Status(r Reading) (Status, *fault.Error) {
	switch j.Comparator {
	case InClass:
		return j.inClass(r)
	case ByDate:
		return j.byDate(r), nil
	default:
	}
	if !r.Value.Exists() {
		return NoData, nil
	}
	if j.Ranked != 0 && r.Ranked != 0 && j.Ranked != r.Ranked {
		return NotEvaluable, fault.Precondition("RANKING_CHANGED",
			"the target is a rank among %d and the figure one among %d; a place in another ranking is not held against it", j.Ranked, r.Ranked).
			With("ranked", j.Ranked).With("now", r.Ranked)
	}
	return j.compare(r.Value), nil
}

// compare is Status of a number.
func (j *Judge) compare(v rollup.Fraction) Status {
	c := v.Cmp(j.bound)
	switch j.Comparator {
	case Equal:
		return reached(c == 0)
	case Top:
		return reached(c <= 0)
	case Above, Below:
		if c == 0 {
			return NotMet
		}
	default:
	}
	if !j.higher {
		c = -c
	}
	switch {
	case c < 0:
		return NotMet
	case j.exceeds(v):
		return Exceeded
	}
	return Met
}

// exceeds says of a value that reaches the target whether it passes it when it is rounded to the target's digits.
func (j *Judge) exceeds(v rollup.Fraction) bool {
	if j.Comparator.relative() {
		return j.value.cmpRounded(rollup.Fraction{Long: j.changed(v)}) > 0
	}
	c := j.value.cmpRounded(v)
	return j.higher && c > 0 || !j.higher && c < 0
}

// changed gives by how many percent of the baseline a value went the way that the target asks for.
func (j *Judge) changed(v rollup.Fraction) *big.Rat {
	base := j.baseline.rat()
	d := new(big.Rat).Sub(v.Rat(), base)
	if j.Comparator == ReduceBy {
		d.Neg(d)
	}
	return d.Mul(d.Quo(d, base.Abs(base)), big.NewRat(100, 1))
}

func reached(yes bool) Status {
	if yes {
		return Met
	}
	return NotMet
}

func (j *Judge) inClass(r Reading) (Status, *fault.Error) {
	if r.Class == "" {
		return NoData, nil
	}
	switch at := slices.Index(j.classes, r.Class); {
	case at < 0:
		return NotEvaluable, fault.Precondition("CLASS_NOT_IN_ORDER",
			"the class %q does not stand in the plan's order of classes, so nothing can be said to be better or worse; add it to the plan", r.Class).
			With("class", r.Class)
	case at > j.class:
		return Exceeded, nil
	case at == j.class:
		return Met, nil
	}
	return NotMet, nil
}

func (j *Judge) byDate(r Reading) Status {
	switch {
	case r.Done != period.Beginning:
		return reached(r.Done <= j.day)
	case !r.Value.Exists():
		return NoData
	}
	return reached(r.Value.Cmp(nothing) > 0 && r.By <= j.day)
}

// Detail is what is told beside a status. Empty texts have no meaning for the target.
type Detail struct {
	// Difference is the value minus the bound; of ranks in places and of a day in days, above 0 better.
	Difference string
	// Percent is how much of the target is reached.
	Percent string
	// Rounded is the value rounded to the digits of the target.
	Rounded string
	// Path is where the value would be on a straight line from the baseline to the target, and OnTrack says that it is not behind.
	Path    string
	OnTrack bool
}

// percentScale is how many decimals percentages have.
const percentScale figure.Scale = 2

// Detail tells more of a figure. The scale is that of the indicator, due the last day for the target, and on the day of which the
// figure is.
func (j *Judge) Detail(r Reading, scale figure.Scale, due, on period.Day) Detail {
	var d Detail
	if j.Comparator == ByDate && r.Done != period.Beginning {
		d.Difference = strconv.Itoa(int(j.day) - int(r.Done))
		return d
	}
	if !r.Value.Exists() || !j.bound.Exists() || j.Comparator == ByDate {
		return d
	}
	v := r.Value.Rat()
	difference := new(big.Rat).Sub(v, j.bound.Rat())
	if j.Comparator == Top || r.Ranked != 0 {
		difference.Neg(difference)
	}
	d.Difference = decimal(difference, max(scale, j.value.scale))
	switch {
	case j.Comparator.relative():
		changed := j.changed(r.Value)
		d.Rounded = decimal(changed, j.value.scale)
		if j.value.n > 0 {
			d.Percent = percent(changed.Quo(changed, j.value.rat()))
		}
	case j.Comparator == Top || r.Ranked != 0 || j.Comparator == Equal:
	default:
		d.Rounded = r.Value.Decimal(j.value.scale)
		d.Percent = j.percent(v)
	}
	j.track(&d, v, scale, due, on)
	return d
}

// percent is the value in percent of the target where more is better, and the other way round where less is; both are above 0.
func (j *Judge) percent(v *big.Rat) string {
	bound := j.bound.Rat()
	switch {
	case bound.Sign() <= 0 || v.Sign() < 0 || !j.higher && v.Sign() == 0:
		return ""
	case j.higher:
		return percent(new(big.Rat).Quo(v, bound))
	}
	return percent(bound.Quo(bound, v))
}

// track lays a straight line from the baseline to the target.
func (j *Judge) track(d *Detail, v *big.Rat, scale figure.Scale, due, on period.Day) {
	numeric := j.Comparator.numeric() || j.Comparator.relative()
	if !numeric || !j.baseline.Exists() || j.BaselineDay == period.Beginning || j.BaselineDay >= due {
		return
	}
	share := big.NewRat(int64(min(max(on, j.BaselineDay), due)-j.BaselineDay), int64(due-j.BaselineDay))
	path := new(big.Rat).Sub(j.bound.Rat(), j.baseline.rat())
	path.Add(path.Mul(path, share), j.baseline.rat())
	d.Path = decimal(path, max(scale, j.value.scale))
	c := v.Cmp(path)
	d.OnTrack = j.higher && c >= 0 || !j.higher && c <= 0
}

// percent writes a share, which it changes.
func percent(share *big.Rat) string {
	return decimal(share.Mul(share, big.NewRat(100, 1)), percentScale)
}

func decimal(r *big.Rat, scale figure.Scale) string {
	return figure.QuotientBig(r.Num(), r.Denom(), 1, scale)
}
