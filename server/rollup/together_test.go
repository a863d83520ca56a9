package rollup_test

import (
	"fmt"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// TestR2Cases runs the case files about changes of the tree. Besides what the other case files have, they say
//
//	change PERIOD UNIT,UNIT UNIT,UNIT
//
// which units stood until before a month and which since, and
//
//	by UNIT KIND MONTH
//
// that a unit reports by the quarter, the half-year or the year instead of the month, from that month on or always. A figure
// may be of a range of periods, and an expectation names no unit: it is of all that the changes join.
func TestR2Cases(t *testing.T) {
	files, err := filepath.Glob("testdata/components/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("case files: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file) //nolint:gosec // a file of testdata
			if err != nil {
				t.Fatal(err)
			}
			runComponentCases(t, file, string(text))
		})
	}
}

func runComponentCases(t *testing.T, file, text string) {
	t.Helper()
	s, expected := newChanged(), 0
	fresh := true
	for n, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		var err error
		switch words[0] {
		case "indicator":
			if !fresh {
				s, fresh = newChanged(), true
			}
			err = s.indicator(words[1:])
		case "change":
			err = s.change(words[1:])
		case "by":
			err = s.by(words[1:])
		case "figure":
			err = s.figures(words[1:])
		case "expect":
			fresh = false
			expected++
			err = s.expect(words[1:])
		default:
			err = fmt.Errorf("unknown verb %q", words[0])
		}
		if err != nil {
			t.Errorf("%s:%d: %s\n\t%v", file, n+1, strings.TrimSpace(line), err)
		}
	}
	if expected == 0 {
		t.Errorf("%s expects nothing", file)
	}
}

// changed is a story of units that changes join.
type changed struct {
	*story
	changes     []period.Period
	from, until map[string]period.Period
	pace        map[string][]pace
}

func newChanged() *changed {
	return &changed{story: newStory(), from: map[string]period.Period{}, until: map[string]period.Period{}, pace: map[string][]pace{}}
}

// change reads: PERIOD UNIT,UNIT UNIT,UNIT.
func (c *changed) change(words []string) error {
	if len(words) != 3 {
		return fmt.Errorf("a change has a month, the units before it, and those after")
	}
	p, err := period.Parse(words[0])
	if err != nil {
		return err
	}
	c.changes = append(c.changes, p)
	before, after := strings.Split(words[1], ","), strings.Split(words[2], ",")
	for _, u := range before {
		c.units[u] = true
		if !slices.Contains(after, u) {
			c.until[u] = p
		}
	}
	for _, u := range after {
		c.units[u] = true
		if !slices.Contains(before, u) {
			c.from[u] = p
		}
	}
	return nil
}

// figures reads what figure reads, for each period of a range. What is told by another pace than the month is kept under the
// last month.
func (c *changed) figures(words []string) error {
	periods, err := period.ParseRange(words[2])
	for _, p := range periods {
		if months := p.Months(); len(c.pace[words[0]]) > 0 && len(months) > 0 {
			if p = months[len(months)-1]; c.months(words[0], p) != len(months) {
				err = fmt.Errorf("%s does not report %s", words[0], periods)
			}
		}
		if err == nil {
			err = c.figure(slices.Concat(words[:2], []string{p.String()}, words[3:]))
		}
	}
	return err
}

// side tells on which side of the changes a period ends.
func (c *changed) side(p period.Period) int {
	n := 0
	for _, change := range c.changes {
		if endOf(p) >= endOf(change) {
			n++
		}
	}
	return n
}

// endOf counts months.
func endOf(p period.Period) int {
	months := p.Months()
	return months[len(months)-1].Ordinal()
}

// standing is what a unit gave, on its own days.
type standing struct {
	rollup.Figures
	c    *changed
	unit string
}

func (s standing) Owed(p period.Period) bool {
	from, begins := s.c.from[s.unit]
	until, ends := s.c.until[s.unit]
	if months := s.c.months(s.unit, p); p.Kind == period.Month && int(p.Index)%months != 0 {
		return false
	}
	return s.Figures.Owed(p) && (!begins || endOf(p) >= endOf(from)) && (!ends || endOf(p) < endOf(until))
}

func (c *changed) members(code indicator.Code) []rollup.Figures {
	var list []rollup.Figures
	for _, u := range slices.Sorted(maps.Keys(c.units)) {
		list = append(list, standing{c.of(u, code, rollup.Official), c, u})
	}
	return list
}

func (c *changed) ask(m *measured, measure rollup.Measure, span period.Period) rollup.Result {
	members := c.members(m.Code)
	t := rollup.Component(m.Indicator, measure, span, m.base, c.joined(), members...)
	var e rollup.Expected
	for _, f := range members {
		e.Merge(rollup.Expect(m.Indicator, measure, span, m.base, f))
	}
	r := rollup.Finish(m.Indicator, measure, span, m.base, t.Total, e)
	r.Coverage.Divisor -= t.Folded
	return r
}

// expect reads: CODE PERIOD VALUE-or-STATE option=value...
func (c *changed) expect(words []string) error {
	if len(words) < 3 {
		return fmt.Errorf("an expectation has an indicator, a period and a value or state")
	}
	span, err := period.Parse(words[1])
	if err != nil {
		return err
	}
	options, err := optionsOf(words[3:])
	if err != nil {
		return err
	}
	measure, err := named(options["measure"], rollup.AsReported, rollup.Own, rollup.YearToDate)
	delete(options, "measure")
	if err != nil {
		return err
	}
	m := c.indicators[indicator.Code(words[0])]
	if m == nil {
		return fmt.Errorf("no indicator %s", words[0])
	}
	r := c.ask(m, measure, span)
	got := r.State.String()
	if r.State == rollup.Value {
		got = r.Value.Decimal(figure.MaxScale)
	}
	if got != words[2] && r.Display != words[2] {
		return fmt.Errorf("got %s, want %s (%+v)", got, words[2], r.Coverage)
	}
	for name, want := range options {
		if got := describe(r, name); got != want {
			return fmt.Errorf("got %s=%s, want %s (%+v)", name, got, want, r.Coverage)
		}
	}
	return nil
}

// drawCrossing draws a story of an indicator that crosses a change, and changes in its two years.
func drawCrossing(t *rapid.T) (*scene, *changed) {
	rule := rapid.SampledFrom([]indicator.UnitRule{
		indicator.UnitSum, indicator.UnitRatio, indicator.UnitMin, indicator.UnitMax,
	}).Draw(t, "crossing rule")
	s := drawSceneOf(t, drawIndicator(t, rule))
	c := newChanged()
	c.story = s.story
	for range rapid.IntRange(0, 2).Draw(t, "changes") {
		c.changes = append(c.changes, period.Of(2023, period.Month, rapid.IntRange(1, 12).Draw(t, "change")).Next())
	}
	for _, u := range s.names {
		if len(c.changes) == 0 {
			break
		}
		at := rapid.SampledFrom(c.changes).Draw(t, u+" changes")
		if at.Year != s.span.Year {
			at = period.Of(int(s.span.Year), period.Month, int(at.Index))
		}
		switch rapid.IntRange(0, 2).Draw(t, u+" stands") {
		case 0:
			c.from[u] = at
		case 1:
			c.until[u] = at
		}
	}
	return s, c
}

// TestR2ComponentOfOneIsItsUnit holds that joining a unit to nothing changes nothing.
func TestR2ComponentOfOneIsItsUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, _ := drawCrossing(t)
		for _, u := range s.names {
			f := s.of(u, s.m.Code, rollup.Official)
			if bases := s.span.Bases(s.m.base); s.measure == rollup.Own && len(bases) > 0 && !f.Owed(bases[len(bases)-1]) {
				continue // It gained what it did until its last obligation, see gained.
			}
			got := rollup.Component(s.m.Indicator, s.measure, s.span, s.m.base, rollup.Joined{Side: func(period.Period) int { return 0 }}, f)
			if want := s.contribute(u); got.Total != want || got.Folded != 0 {
				t.Fatalf("%s alone: got %+v folded %d\nwant %+v", u, got.Total, got.Folded, want)
			}
		}
	})
}

// TestR2ComponentEqualsTheRules compares with a computation that reads like R2 and knows nothing of totals.
func TestR2ComponentEqualsTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, c := drawCrossing(t)
		c.equalsTheRules(t, s)
	})
}

func (c *changed) equalsTheRules(t *rapid.T, s *scene) {
	if len(s.span.Bases(s.m.base)) == 0 {
		return
	}
	r := c.ask(s.m, s.measure, s.span)
	want := c.byRule(s)
	if (r.State == rollup.Value) != (want != nil) && r.State != rollup.Overflow && r.State != rollup.Undefined {
		t.Fatalf("got %v, want %v", r.State, want)
	}
	if r.State == rollup.Value && r.Value.Rat().Cmp(want) != 0 {
		t.Fatalf("got %v, want %v", r.Value.Rat(), want)
	}
}

// byRule gives the value of the component; nil if there is none.
func (c *changed) byRule(s *scene) *big.Rat {
	all := make([]*oracle, 0, len(s.names))
	for _, u := range s.names {
		kept := maps.Clone(s.gave[rollup.Official])
		for k := range kept {
			if k.unit == u && k.code == s.m.Code && !(standing{c.of(u, s.m.Code, rollup.Official), c, u}).Owed(k.period) {
				kept[k] = given{unowed: true}
			}
		}
		plain := *s.story
		plain.gave = map[rollup.Basis]map[key]given{rollup.Official: kept}
		all = append(all, &oracle{s: &plain, m: s.m, measure: s.measure, span: s.span, asked: s.span.Bases(s.m.base), unit: u})
	}
	// In one base period the two parts of a unit belong together, whatever their rules over time are.
	both := s.m.OwnDenominator() && (s.m.Value.Time == s.m.Denominator.Time || c.inOneBase(all))
	if s.m.OwnDenominator() && len(all) > 1 && c.inOneBase(all) {
		return c.oneByOne(s, all)
	}
	num := c.partByRule(all, s.m.Value, 0, both)
	if s.m.UnitRule != indicator.UnitRatio || num == nil {
		return num
	}
	var den *big.Rat
	switch {
	case !s.m.OwnDenominator():
		den = c.newestByRule(all, s.m.DenominatorIndicator)
	case s.measure == rollup.Own && s.m.Value.Measure == indicator.YearToDate && s.m.Denominator.Measure == indicator.YearToDate && all[0].possible():
		num = nil
		for _, o := range all {
			n, d := o.ownUntilItsEnd(0, true), o.ownUntilItsEnd(1, true)
			if n != nil && d != nil {
				num, den = plus(num, n), plus(den, d)
			}
		}
	default:
		den = c.partByRule(all, s.m.Denominator, 1, both)
	}
	return s.m.quotient(num, den)
}

// oneByOne divides the parts of the units that have both.
func (c *changed) oneByOne(s *scene, all []*oracle) *big.Rat {
	var num, den *big.Rat
	for _, o := range all {
		one := []*oracle{o}
		n, d := c.partByRule(one, s.m.Value, 0, true), c.partByRule(one, s.m.Denominator, 1, true)
		if n != nil && d != nil {
			num, den = plus(num, n), plus(den, d)
		}
	}
	return s.m.quotient(num, den)
}

func (m *measured) quotient(num, den *big.Rat) *big.Rat {
	if num == nil || den == nil || den.Sign() == 0 {
		return nil
	}
	num = new(big.Rat).Quo(num, den)
	return num.Mul(num, big.NewRat(m.Factor(), 1))
}

func plus(a, b *big.Rat) *big.Rat {
	if a == nil {
		a = new(big.Rat)
	}
	return new(big.Rat).Add(a, b)
}

// ownUntilItsEnd is what a unit gained in the base periods of the span until the last that it owed.
func (o *oracle) ownUntilItsEnd(side int, both bool) *big.Rat {
	cut := *o
	for len(cut.asked) > 1 && o.given(o.m.Code, cut.asked[len(cut.asked)-1]).unowed {
		cut.asked = cut.asked[:len(cut.asked)-1]
	}
	return cut.own(side, both).v
}

// join brings amounts of units together: their sum, or their extreme.
func join(m *measured, list []*big.Rat) *big.Rat {
	rule := indicator.TimeSum
	switch m.UnitRule {
	case indicator.UnitMin:
		rule = indicator.TimeMin
	case indicator.UnitMax:
		rule = indicator.TimeMax
	default:
	}
	return overTime(list, rule)
}

func (c *changed) partByRule(all []*oracle, p indicator.Part, side int, both bool) *big.Rat {
	m := all[0].m
	var each [][]*big.Rat
	for _, o := range all {
		if o.measure == rollup.Own && p.Measure == indicator.YearToDate && o.possible() {
			each = append(each, []*big.Rat{o.ownUntilItsEnd(side, both)})
			continue
		}
		each = append(each, o.amounts(o.bases(p), side, both))
	}
	column := func(i int) *big.Rat {
		var list []*big.Rat
		for _, amounts := range each {
			list = append(list, amounts[i])
		}
		return join(m, list)
	}
	if summed := (indicator.Part{Measure: indicator.Flow, Time: indicator.TimeSum}); p == summed && m.UnitRule == indicator.UnitSum {
		// The plainest reading: every figure of every unit.
		return overTime(slices.Concat(each...), indicator.TimeSum)
	}
	bases := len(each[0])
	if len(c.pace) > 0 && p.Time != indicator.TimeLast && len(each[0]) == len(all[0].bases(p)) {
		return c.overParts(all, p, each)
	}
	if p.Time == indicator.TimeLast && bases > 1 {
		newest := bases - 1
		for newest >= 0 && column(newest) == nil {
			newest--
		}
		var list []*big.Rat
		for _, amounts := range each {
			var last *big.Rat
			for i, p := range all[0].bases(p) {
				if newest >= 0 && amounts[i] != nil && c.side(p) == c.side(all[0].asked[newest]) {
					last = amounts[i]
				}
			}
			list = append(list, last)
		}
		return join(m, list)
	}
	var totals []*big.Rat
	for i := range bases {
		totals = append(totals, column(i))
	}
	return overTime(totals, p.Time)
}

// newestByRule adds each unit's newest denominator, on the side of the newest of all.
func (c *changed) newestByRule(all []*oracle, code indicator.Code) *big.Rat {
	type found struct {
		v   *big.Rat
		end int
		p   period.Period
	}
	var sum *big.Rat
	newest := found{end: -1}
	list := make([][]found, len(all))
	for n, o := range all {
		for k := range o.s.gave[rollup.Official] {
			age := endOf(o.span) - endOf(k.period)
			if k.unit != o.unit || k.code != code || age > 24 || age < 0 && !k.period.Contains(o.span) {
				continue
			}
			if v := o.other(code, k.period); v != nil {
				f := found{v, endOf(k.period), k.period}
				list[n] = append(list[n], f)
				if f.end > newest.end {
					newest = f
				}
			}
		}
	}
	for _, some := range list {
		best := found{end: -1}
		for _, f := range some {
			if c.side(f.p) == c.side(newest.p) && f.end > best.end {
				best = f
			}
		}
		if best.v != nil {
			sum = plus(sum, best.v)
		}
	}
	return sum
}
