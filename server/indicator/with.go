package indicator

import (
	"fmt"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/formula"
	"github.com/tonghop/tonghop/server/period"
)

// Warning is something that is allowed and most likely not meant. It has reason, text, field and parameters as an
// error has them, so that the same catalogue of texts translates it; its kind means nothing.
type Warning = *fault.Error

// With gives a catalogue that has these versions too; one with a known code and first day takes the place of the known
// one. It refuses the whole call with every problem, each under indicators[i] and the field at fault: what
// [Indicator.Check] finds; a version given twice; a code that differs from a known one in case alone (R43); a version
// that changes what a code's figures mean, which is fixed among its versions and, once used says that there are
// figures, for ever (R21); a scale that shrinks; a weight, denominator or replaced indicator that is not there, or that
// is a ratio, or leads back in a circle; a formula that names what is not there, or a numerator that there is not, or
// leads back in a circle, or to too many others (R18). The warnings tell of levels that may count the same things twice (R8), and of
// percentages that are added.
//
// A nil used means that there are no figures. The receiver stays as it is.
func (c *Catalogue) With(used func(Code) bool, versions ...Indicator) (*Catalogue, []Warning, error) {
	if len(versions) == 0 {
		return c, nil, nil
	}
	if used == nil {
		used = func(Code) bool { return false }
	}
	ch := &change{old: c, next: c.copied(), given: versions, formulas: map[string]*formula.Formula{}}
	ch.accept()
	for i := range versions {
		ch.checkMeaning(i, used)
		ch.checkReferences(i)
	}
	ch.checkFormulas()
	if !ch.checkCircles() {
		ch.checkSizes()
	}
	if err := ch.problems.Err(); err != nil {
		return nil, nil, err
	}
	ch.next.finish()
	return ch.next, ch.warnings(), nil
}

// change is one call of With at work.
type change struct {
	old, next *Catalogue
	given     []Indicator
	first     map[key]int // where each version is given first
	problems  fault.List
	formulas  map[string]*formula.Formula // by text: those that were parsed
}

// key is what a version is known by.
type key struct {
	code Code
	from period.Day
}

func (c *change) add(i int, err error) {
	if err != nil {
		c.problems.Add(fault.Of(err).In(fmt.Sprintf("indicators[%d]", i)))
	}
}

func (c *change) accept() {
	c.first = make(map[key]int, len(c.given))
	for i, v := range c.given {
		c.add(i, v.Check())
		k := key{v.Code.Fold(), v.ValidFrom}
		if earlier, repeated := c.first[k]; repeated {
			c.add(i, fault.Invalid("INDICATOR_REPEATED",
				"indicator %q stands in this request twice with one first day, at %d and at %d", v.Code, earlier, i).
				With("code", v.Code).With("first", earlier).With("second", i).In("code"))
			continue
		}
		c.first[k] = i
		if known, ok := c.next.Latest(v.Code); ok && known.Code != v.Code {
			c.add(i, fault.Exists("CODE_SPELLED_OTHERWISE",
				"indicator code %q is known as %q, and codes that differ in case alone are one; write it like that, or choose another",
				v.Code, known.Code).With("code", v.Code).With("known", known.Code).In("code"))
			continue
		}
		c.next.put(v.clone())
	}
}

// checkMeaning compares a version with its neighbours in time, and with what it replaces if figures exist.
func (c *change) checkMeaning(i int, used func(Code) bool) {
	v := &c.given[i]
	versions := c.next.of(v.Code)
	for n := range versions {
		other := &versions[n]
		// Of two given versions the later one is told.
		if other.ValidFrom == v.ValidFrom || other.ValidFrom > v.ValidFrom && c.isGiven(other) {
			continue
		}
		if c.sameMeaning(i, other, "its version "+fromDay(other.ValidFrom)) {
			c.checkScale(i, v, other)
		}
	}
	if !used(v.Code) {
		return
	}
	for _, was := range c.old.of(v.Code) {
		if was.ValidFrom != v.ValidFrom {
			continue
		}
		if c.sameMeaning(i, &was, "the version that its figures were reported under") && v.Scale < was.Scale {
			c.add(i, scaleShrinks(v, &was))
		}
	}
}

func (c *change) isGiven(v *Indicator) bool {
	_, given := c.first[key{v.Code.Fold(), v.ValidFrom}]
	return given
}

// sameMeaning holds R21.
func (c *change) sameMeaning(i int, other *Indicator, where string) bool {
	v := &c.given[i]
	same := true
	differs := func(field, now, was string) {
		if now == was {
			return
		}
		same = false
		c.add(i, fault.Precondition("INDICATOR_MEANING_CHANGED",
			"indicator %s: %s is %q here and %q in %s; figures under one code must mean one thing, so give the new meaning a new code with replaces=%s",
			v.Code, field, now, was, where, v.Code).With("code", v.Code).With("now", now).With("was", was).In(field))
	}
	differs("unit_of_measure", v.UnitOfMeasure, other.UnitOfMeasure)
	differs("measure", v.Value.Measure.String(), other.Value.Measure.String())
	differs("time_rule", v.Value.Time.String(), other.Value.Time.String())
	differs("unit_rule", v.UnitRule.String(), other.UnitRule.String())
	if v.UnitRule == UnitCountAtLeast && other.UnitRule == UnitCountAtLeast {
		differs("unit_rule", "at least "+v.AtLeast.Format(v.Scale), "at least "+other.AtLeast.Format(other.Scale))
	}
	if v.UnitRule == UnitRatio && other.UnitRule == UnitRatio {
		differs("denominator_indicator", ownOrOther(v), ownOrOther(other))
		if v.OwnDenominator() && other.OwnDenominator() {
			differs("denominator_measure", v.Denominator.Measure.String(), other.Denominator.Measure.String())
			differs("denominator_time_rule", v.Denominator.Time.String(), other.Denominator.Time.String())
		}
	}
	return same
}

// ownOrOther tells what the reports hold. Which indicator the denominator comes from may change with the versions: a
// denominator that is replaced by another code must be followed.
func ownOrOther(v *Indicator) string {
	if v.OwnDenominator() {
		return "reported"
	}
	return "another indicator"
}

func (c *change) checkScale(i int, v, other *Indicator) {
	if v.ValidFrom > other.ValidFrom && v.Scale < other.Scale {
		c.add(i, scaleShrinks(v, other))
	}
	if v.ValidFrom < other.ValidFrom && v.Scale > other.Scale {
		c.add(i, fault.Precondition("SCALE_SHRINKS",
			"indicator %s: scale %d is larger than %d in its later version %s; the scale may only grow", v.Code, v.Scale, other.Scale, fromDay(other.ValidFrom)).
			With("code", v.Code).With("scale", v.Scale).With("was", other.Scale).In("scale"))
	}
}

func scaleShrinks(v, was *Indicator) error {
	return fault.Precondition("SCALE_SHRINKS",
		"indicator %s: scale %d is smaller than %d before, and decimals would be lost; the scale may only grow", v.Code, v.Scale, was.Scale).
		With("code", v.Code).With("scale", v.Scale).With("was", was.Scale).In("scale")
}

func (c *change) checkReferences(i int) {
	v := &c.given[i]
	for _, ref := range references(v) {
		other, ok := c.next.Latest(ref.code)
		switch {
		case !ok:
			c.add(i, unknown(v, ref))
		case other.UnitRule == UnitRatio:
			c.add(i, fault.Invalid("REFERENCE_TO_RATIO",
				"indicator %s: its %s %s is a ratio and has no single value to use", v.Code, ref.field, other.Code).
				With("code", v.Code).With("indicator", other.Code).In(ref.field))
		case other.Derived():
			c.add(i, toDerived(v.Code, other.Code, ref.field).In(ref.field))
		}
	}
	if v.Derived() {
		c.checkNoFigures(i)
	}
	if v.Replaces == "" || v.Replaces.Same(v.Code) {
		return
	}
	if _, ok := c.next.find(v.Replaces); !ok {
		c.add(i, unknown(v, reference{"replaces", v.Replaces}))
	}
}

func toDerived(code, other Code, field string) *fault.Error {
	return fault.Invalid("REFERENCE_TO_DERIVED",
		"indicator %s: its %s %s is computed by a formula and has no figures of units to use", code, field, other).
		With("code", code).With("indicator", other)
}

func unknown(v *Indicator, ref reference) error {
	return fault.Invalid("INDICATOR_NOT_FOUND",
		"indicator %s: its %s %q is neither known nor in this request", v.Code, ref.field, ref.code).
		With("code", v.Code).With("indicator", ref.code).In(ref.field)
}

// checkCircles follows weights, denominators and formulas, and by themselves replaced indicators, from every given version.
// A circle is told once, at the first given version on it. One through a single code was told by Check. It says whether
// there is any circle, that one too.
func (c *change) checkCircles() (found bool) {
	needs := func(v *Indicator) []reference { return append(references(v), formulaReferences(c.parsed(v))...) }
	replaces := func(v *Indicator) []reference {
		if v.Replaces == "" {
			return nil
		}
		return []reference{{"replaces", v.Replaces}}
	}
	for _, edges := range []func(*Indicator) []reference{needs, replaces} {
		told := map[Code]bool{}
		for i := range c.given {
			for _, ref := range edges(&c.given[i]) {
				way := c.wayBack(ref.code, c.given[i].Code, edges)
				found = found || len(way) > 0
				if len(way) < 2 || told[c.given[i].Code.Fold()] {
					continue
				}
				for _, code := range way {
					told[code.Fold()] = true
				}
				circle := circleText(c.given[i].Code, way)
				c.add(i, fault.Invalid("REFERENCE_CIRCLE", "these indicators need each other in a circle: %s", circle).
					With("circle", circle).In(ref.field))
			}
		}
	}
	return found
}

// wayBack finds the codes from one to the other along the edges, both included; nothing if there is no way.
func (c *change) wayBack(from, to Code, edges func(*Indicator) []reference) []Code {
	before := map[Code]Code{from.Fold(): ""}
	for queue := []Code{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at.Same(to) {
			var way []Code
			for ; at != ""; at = before[at.Fold()] {
				way = append([]Code{at}, way...)
			}
			return way
		}
		versions := c.next.of(at)
		for n := range versions {
			for _, ref := range edges(&versions[n]) {
				if _, seen := before[ref.code.Fold()]; !seen {
					before[ref.code.Fold()] = at
					queue = append(queue, ref.code)
				}
			}
		}
	}
	return nil
}

func circleText(start Code, way []Code) string {
	words := []string{string(start)}
	for _, code := range way {
		words = append(words, string(code))
	}
	return strings.Join(words, " → ")
}

// warnings holds R8, and tells of shares that would be added or averaged as they are.
func (c *change) warnings() []Warning {
	var warnings []Warning
	for i := range c.given {
		v := &c.given[i]
		if v.Factor() != 1 && (v.UnitRule == UnitSum || v.UnitRule == UnitMean) {
			warnings = append(warnings, fault.Precondition("PERCENTAGE_ADDED",
				"indicator %s is measured in %s, and the rule over units %s adds or averages the shares of small and large units alike; "+
					"let units report both parts (RATIO), name a weight (WEIGHTED_MEAN), or keep the shares apart (NONE)",
				v.Code, v.UnitOfMeasure, v.UnitRule).With("code", v.Code).With("unit_of_measure", v.UnitOfMeasure).With("unit_rule", v.UnitRule).
				In("unit_rule").In(fmt.Sprintf("indicators[%d]", i)))
		}
		if v.LevelsOwn {
			continue
		}
		for _, upper := range v.ReportedBy {
			for _, lower := range v.ReportedBy {
				if !upper.UsuallyAbove(lower) {
					continue
				}
				warnings = append(warnings, fault.Precondition("LEVELS_MAY_OVERLAP",
					"indicator %s is reported by %s and by %s, and both are added; if a %s only repeats what its units report, move it to checked_by; if each reports its own work, say levels=own",
					v.Code, upper, lower, upper).With("code", v.Code).With("upper", upper).With("lower", lower).
					In("reported_by").In(fmt.Sprintf("indicators[%d]", i)))
			}
		}
	}
	return warnings
}

func fromDay(day period.Day) string {
	if day == period.Beginning {
		return "without a first day"
	}
	return "from " + day.String()
}
