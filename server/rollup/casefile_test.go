package rollup_test

import (
	"fmt"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/rollup"
)

// TestCases runs the case files, which testdata/README.md explains.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("case files: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file) //nolint:gosec // a file of testdata
			if err != nil {
				t.Fatal(err)
			}
			runCases(t, file, string(text))
		})
	}
}

// runCases runs the lines of one file. An indicator after an expectation begins a new story.
func runCases(t *testing.T, file, text string) {
	t.Helper()
	s, expected := newStory(), 0
	fresh := true
	for n, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		var err error
		switch verb := words[0]; {
		case verb == "indicator" && !fresh:
			s, fresh = newStory(), true
			err = s.indicator(words[1:])
		case verb == "indicator":
			err = s.indicator(words[1:])
		case verb == "figure":
			err = s.figure(words[1:])
		case verb == "expect":
			fresh = false
			expected++
			err = s.expect(words[1:])
		default:
			err = fmt.Errorf("unknown verb %q", verb)
		}
		if err != nil {
			t.Errorf("%s:%d: %s\n\t%v", file, n+1, strings.TrimSpace(line), err)
		}
	}
	if expected == 0 {
		t.Errorf("%s expects nothing", file)
	}
}

// story is indicators, figures of units, and what is expected of them.
type story struct {
	indicators map[indicator.Code]*measured
	units      map[string]bool
	gave       map[rollup.Basis]map[key]given
}

// measured is an indicator and how often it is reported.
type measured struct {
	indicator.Indicator
	base period.Kind
}

type key struct {
	unit   string
	code   indicator.Code
	period period.Period
}

// given is what a unit said about an obligation.
type given struct {
	figure                 figure.Figure
	late, excluded, unowed bool
}

func newStory() *story {
	return &story{
		indicators: map[indicator.Code]*measured{},
		units:      map[string]bool{},
		gave:       map[rollup.Basis]map[key]given{rollup.Official: {}, rollup.Provisional: {}},
	}
}

// of gives what one unit gave, as the aggregator would.
func (s *story) of(unit string, code indicator.Code, basis rollup.Basis) rollup.Figures {
	return &unitFigures{story: s, unit: unit, code: code, gave: s.gave[basis]}
}

// unitFigures are the figures of one unit in one basis.
type unitFigures struct {
	story *story
	unit  string
	code  indicator.Code
	gave  map[key]given
}

func (u *unitFigures) at(p period.Period) given { return u.gave[key{u.unit, u.code, p}] }

func (u *unitFigures) At(code indicator.Code, p period.Period) (figure.Figure, figure.Scale) {
	g := u.gave[key{u.unit, code, p}]
	if code != u.code && g.excluded {
		return figure.Figure{}, 0
	}
	return g.figure, u.story.indicators[code].Scale
}
func (u *unitFigures) Late(p period.Period) bool     { return u.at(p).late }
func (u *unitFigures) Excluded(p period.Period) bool { return u.at(p).excluded }
func (u *unitFigures) Owed(p period.Period) bool     { return !u.at(p).unowed }
func (u *unitFigures) Other(code indicator.Code) (indicator.Part, bool) {
	m, ok := u.story.indicators[code]
	if !ok {
		return indicator.Part{}, false
	}
	return m.Value, true
}

// indicator reads: CODE UNIT_RULE MEASURE TIME_RULE option=value...
func (s *story) indicator(words []string) error {
	if len(words) < 4 {
		return fmt.Errorf("an indicator has a code, a rule over units, a measure and a rule over time")
	}
	m := &measured{Indicator: indicator.Indicator{
		Code: indicator.Code(words[0]), NameVI: words[0], ReportedBy: []hierarchy.Kind{"commune"}, UnitOfMeasure: "hồ sơ",
	}}
	options, err := optionsOf(words[4:])
	if err != nil {
		return err
	}
	if scale, ok := options["scale"]; ok {
		n, err := strconv.Atoi(scale)
		if err != nil {
			return err
		}
		m.Scale = figure.Scale(n) //nolint:gosec // Check refuses what is too large
	}
	if m.UnitRule, m.AtLeast, err = indicator.ParseUnitRule(strings.ReplaceAll(words[1], "_LEAST_", "_LEAST "), m.Scale); err != nil {
		return err
	}
	if m.Value, err = partOf(words[2], words[3]); err != nil {
		return err
	}
	if err := m.options(options); err != nil {
		return err
	}
	s.indicators[m.Code] = m
	return m.Check()
}

func (m *measured) options(options map[string]string) (err error) {
	for name, v := range options {
		switch name {
		case "scale":
		case "in":
			m.UnitOfMeasure = v
		case "base":
			if m.base, err = period.ParseKind(v); err != nil {
				return err
			}
		case "over":
			m.DenominatorIndicator = indicator.Code(v)
		case "weight":
			m.Weight = indicator.Code(v)
		case "denominator":
			measure, time, _ := strings.Cut(v, ":")
			if m.Denominator, err = partOf(measure, time); err != nil {
				return err
			}
		default:
			return fmt.Errorf("unknown option %q", name)
		}
	}
	if m.OwnDenominator() && m.Denominator == (indicator.Part{}) {
		m.Denominator = m.Value
	}
	return nil
}

func partOf(measure, time string) (p indicator.Part, err error) {
	if p.Measure, err = indicator.ParseMeasure(measure); err != nil {
		return p, err
	}
	p.Time, err = indicator.ParseTimeRule(time)
	return p, err
}

func optionsOf(words []string) (map[string]string, error) {
	options := map[string]string{}
	for _, w := range words {
		name, v, ok := strings.Cut(w, "=")
		if _, twice := options[name]; !ok || twice {
			return nil, fmt.Errorf("option %q: write name=value, once", w)
		}
		options[name] = v
	}
	return options, nil
}

// figure reads: UNIT CODE,CODE PERIOD WHAT mark...
func (s *story) figure(words []string) error {
	if len(words) < 4 {
		return fmt.Errorf("a figure has a unit, an indicator, a period and what was said")
	}
	p, err := period.Parse(words[2])
	if err != nil {
		return err
	}
	s.units[words[0]] = true
	for code := range strings.SplitSeq(words[1], ",") {
		m, ok := s.indicators[indicator.Code(code)]
		if !ok || m.base != p.Kind {
			return fmt.Errorf("no indicator %s by the %s", code, p.Kind)
		}
		g, err := m.given(words[3])
		if err != nil {
			return err
		}
		k := key{words[0], m.Code, p}
		approved := true
		for _, mark := range words[4:] {
			switch mark {
			case "late":
				g.late = true
			case "excluded":
				g.excluded = true
			case "submitted":
				approved = false
			default:
				return fmt.Errorf("unknown mark %q", mark)
			}
		}
		s.gave[rollup.Provisional][k] = g
		if approved {
			s.gave[rollup.Official][k] = g
		}
	}
	return nil
}

// given reads 12.5, 90/100, 90/, -, x, none or unowed.
func (m *measured) given(what string) (g given, err error) {
	f := &g.figure
	switch what {
	case "none":
		return g, nil
	case "unowed":
		g.unowed = true
		return g, nil
	case "-", "x":
		f.State, err = figure.ParseState(what)
		return g, err
	}
	f.State = figure.Value
	num, den, ratio := strings.Cut(what, "/")
	if !ratio && m.UnitRule != indicator.UnitRatio {
		f.HasValue = true
		f.Value, err = figure.ParseNumber(what, m.Scale, figure.Plain)
		return g, err
	}
	if num != "" {
		f.HasNumerator = true
		if f.Numerator, err = figure.ParseNumber(num, m.Scale, figure.Plain); err != nil {
			return g, err
		}
	}
	if den != "" {
		f.HasDenominator = true
		f.Denominator, err = figure.ParseNumber(den, m.Scale, figure.Plain)
	}
	return g, err
}

// ask computes a roll-up as the aggregator does: each unit, then all of them. D is all units.
func (s *story) ask(unit string, m *measured, measure rollup.Measure, basis rollup.Basis, span period.Period) rollup.Result {
	var t rollup.Total
	var e rollup.Expected
	for _, u := range slices.Sorted(maps.Keys(s.units)) {
		if unit == "D" || unit == u {
			f := s.of(u, m.Code, basis)
			t.Merge(rollup.Contribute(m.Indicator, measure, span, m.base, f))
			e.Merge(rollup.Expect(m.Indicator, measure, span, m.base, f))
		}
	}
	return rollup.Finish(m.Indicator, measure, span, m.base, t, e)
}

// expect reads: UNIT CODE PERIOD VALUE-or-STATE option=value...
func (s *story) expect(words []string) error {
	if len(words) < 4 {
		return fmt.Errorf("an expectation has a unit, an indicator, a period and a value or state")
	}
	unit, want := words[0], words[3]
	m, ok := s.indicators[indicator.Code(words[1])]
	if !ok || unit != "D" && !s.units[unit] {
		return fmt.Errorf("no unit %s or indicator %s", unit, words[1])
	}
	span, err := period.Parse(words[2])
	if err != nil {
		return err
	}
	options, err := optionsOf(words[4:])
	if err != nil {
		return err
	}
	measure, err := named(options["measure"], rollup.AsReported, rollup.Own, rollup.YearToDate)
	if err != nil {
		return err
	}
	basis, err := named(options["basis"], rollup.Official, rollup.Provisional)
	if err != nil {
		return err
	}
	delete(options, "measure")
	delete(options, "basis")
	r := s.ask(unit, m, measure, basis, span)
	got := r.State.String()
	if r.State == rollup.Value {
		got = r.Display
	}
	if got != want {
		return fmt.Errorf("got %s, want %s (%+v)", got, want, r.Coverage)
	}
	for name, want := range options {
		got := describe(r, name)
		if name == "spans" {
			got = spans(s.of(unit, m.Code, basis), m, span)
		}
		if got != want {
			return fmt.Errorf("got %s=%s, want %s (%+v)", name, got, want, r.Coverage)
		}
	}
	return nil
}

// named finds a word of the API, in lower case and with hyphens; nothing is the first.
func named[T fmt.Stringer](word string, all ...T) (T, error) {
	for _, v := range all {
		if word == "" || strings.EqualFold(strings.ReplaceAll(word, "-", "_"), v.String()) {
			return v, nil
		}
	}
	return all[0], fmt.Errorf("%q is none of %v", word, all)
}

// describe gives one thing that a result says, as the case files write it.
func describe(r rollup.Result, name string) string {
	c := r.Coverage
	of := func(n, all int64) string { return fmt.Sprintf("%d/%d", n, all) }
	if f, ok := map[string]func() string{
		"received": func() string { return of(c.Received, c.Expected) },
		"complete": func() string { return of(c.UnitsComplete, c.Units) },
		"exact":    func() string { return exact(r.Value) },
		"parts":    func() string { return r.NumeratorDisplay + "/" + r.DenominatorDisplay },
		"from":     r.From.String,
		"over":     r.DenominatorFrom.String,
		"fell":     func() string { return strconv.FormatBool(r.Fell) },
		"single":   func() string { return strconv.FormatBool(r.Single) },
	}[name]; ok {
		return f()
	}
	n, ok := map[string]int64{
		"missing": c.Missing, "not-available": c.NotAvailable, "not-applicable": c.NotApplicable, "excluded": c.Excluded,
		"late": c.Late, "half": c.Half, "unweighted": c.Unweighted, "stale": c.Stale, "divisor": c.Divisor, "gaps": c.Gaps,
	}[name]
	if !ok {
		return "unknown option"
	}
	return strconv.FormatInt(n, 10)
}

func exact(f rollup.Fraction) string {
	if r := f.Rat(); r != nil {
		return r.RatString()
	}
	return "none"
}

// spans gives what closes a gap: 2024-02..2024-03:25.
func spans(f rollup.Figures, m *measured, span period.Period) string {
	gap, ok := rollup.Spans(m.Indicator, span, m.base, f)
	if !ok {
		return "none"
	}
	amount := new(big.Rat).SetFrac(gap.Amount.Big(), big.NewInt(figure.MaxScale.Factor()))
	return fmt.Sprintf("%s..%s:%s", gap.First, gap.Last, amount.RatString())
}
