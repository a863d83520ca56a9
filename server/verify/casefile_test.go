package verify

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// The case files of rollup, which an accountant can check by hand, are told here to the model: as the entries of a
// journal, and asked as roll-ups of a province with communes. Their README explains them.

func TestCaseFilesOfRollup(t *testing.T) {
	files, err := filepath.Glob("../rollup/testdata/*.txt")
	if err != nil || len(files) < 10 {
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

// runCases runs the lines of a file. An indicator after an expectation begins a new story.
func runCases(t *testing.T, file, text string) {
	t.Helper()
	s, asked := newCaseStory(), 0
	for n, line := range strings.Split(text, "\n") {
		words, _, _ := strings.Cut(line, "#")
		w := strings.Fields(words)
		if len(w) == 0 {
			continue
		}
		var err error
		switch w[0] {
		case "indicator":
			if s.model != nil {
				s = newCaseStory()
			}
			err = s.indicator(w[1:])
		case "figure":
			s.figures = append(s.figures, w[1:])
		case "expect":
			asked++
			if s.model == nil {
				s.build(t)
			}
			err = s.expect(t, w[1:])
		default:
			err = errors.New("unknown verb")
		}
		if err != nil {
			t.Errorf("%s:%d: %s\n\t%v", file, n+1, strings.TrimSpace(line), err)
		}
	}
	if asked == 0 {
		t.Errorf("%s expects nothing", file)
	}
}

type caseStory struct {
	indicators []indicator.Indicator
	bases      map[indicator.Code]period.Kind
	figures    [][]string
	model      *Model
}

func newCaseStory() *caseStory { return &caseStory{bases: map[indicator.Code]period.Kind{}} }

// indicator reads: CODE UNIT_RULE MEASURE TIME_RULE option=value...
func (s *caseStory) indicator(w []string) error {
	ind := counted(indicator.Code(w[0]), "commune")
	var all []error
	check := func(err error) { all = append(all, err) }
	part := func(measure, time string) (p indicator.Part) {
		var err error
		p.Measure, err = indicator.ParseMeasure(measure)
		check(err)
		p.Time, err = indicator.ParseTimeRule(time)
		check(err)
		return p
	}
	ind.Value = part(w[2], w[3])
	base := period.Month
	for _, option := range w[4:] {
		name, v, _ := strings.Cut(option, "=")
		var err error
		switch name {
		case "scale":
			n, e := strconv.ParseInt(v, 10, 64)
			check(e)
			ind.Scale, err = figure.ParseScale(n)
		case "in":
			ind.UnitOfMeasure = v
		case "base":
			base, err = period.ParseKind(v)
		case "over":
			ind.DenominatorIndicator = indicator.Code(v)
		case "weight":
			ind.Weight = indicator.Code(v)
		case "denominator":
			measure, time, _ := strings.Cut(v, ":")
			ind.Denominator = part(measure, time)
		default:
			err = fmt.Errorf("unknown option %s", name)
		}
		check(err)
	}
	var err error
	ind.UnitRule, ind.AtLeast, err = indicator.ParseUnitRule(strings.ReplaceAll(w[1], "_LEAST_", "_LEAST "), ind.Scale)
	check(err)
	if ind.OwnDenominator() && ind.Denominator == (indicator.Part{}) {
		ind.Denominator = ind.Value
	}
	s.indicators, s.bases[ind.Code] = append(s.indicators, ind), base
	return errors.Join(all...)
}

func formOf(code indicator.Code) form.Code { return form.Code("F-" + code) }

// build tells the whole story as entries.
func (s *caseStory) build(t *testing.T) {
	t.Helper()
	w := newWorld(t)
	codes := map[string]bool{}
	for _, f := range s.figures {
		codes[f[0]] = true
	}
	units := []hierarchy.Unit{w.always("D", hierarchy.Province, "")}
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		units = append(units, w.always(code, hierarchy.Commune, "D-0"))
	}
	w.units(units...)
	// What leans on another indicator is told after it.
	slices.SortStableFunc(s.indicators, func(a, b indicator.Indicator) int {
		return len(a.Weight+a.DenominatorIndicator) - len(b.Weight+b.DenominatorIndicator)
	})
	w.catalogue(s.indicators...)
	forms := map[indicator.Code]*form.Form{}
	for _, ind := range s.indicators {
		f := monthly(formOf(ind.Code), "kind:commune", ind.Code)
		f.Frequency = s.bases[ind.Code]
		forms[ind.Code] = &f
	}
	s.each(t, func(unit hierarchy.ID, ind indicator.Indicator, p period.Period, what string, _ []string) {
		if what == "unowed" {
			f := forms[ind.Code]
			last := f.Last(p)
			f.Assigned = append(f.Assigned, hierarchy.Selector{Unit: unit, Except: true, From: last, To: last + 1})
		}
	})
	for _, ind := range s.indicators {
		w.formed(*forms[ind.Code])
	}
	var excluded []entry.ReportKey
	s.each(t, func(unit hierarchy.ID, ind indicator.Indicator, p period.Period, what string, marks []string) {
		k := entry.ReportKey{Unit: unit, Form: formOf(ind.Code), Period: p}
		if slices.Contains(marks, "excluded") {
			excluded = append(excluded, k)
		}
		if what == "none" || what == "unowed" {
			return
		}
		given := map[indicator.Code]figure.Figure{ind.Code: parseGiven(t, ind, what)}
		revision := w.send(k, slices.Contains(marks, "late"), given)
		if !slices.Contains(marks, "submitted") {
			w.approve(k, revision)
		}
	})
	s.model = w.model()
	for _, k := range excluded {
		at, err := s.model.placeOf(entry.Entry{}, k)
		if err != nil {
			t.Fatal(err)
		}
		s.model.excluded[at] = true
	}
}

// each visits the figures: UNIT CODE,CODE PERIOD WHAT mark...
func (s *caseStory) each(
	t *testing.T, visit func(unit hierarchy.ID, ind indicator.Indicator, p period.Period, what string, marks []string),
) {
	t.Helper()
	for _, w := range s.figures {
		for code := range strings.SplitSeq(w[1], ",") {
			at := slices.IndexFunc(s.indicators, func(i indicator.Indicator) bool { return string(i.Code) == code })
			visit(hierarchy.ID(w[0]+"-0"), s.indicators[at], parsePeriod(t, w[2]), w[3], w[4:])
		}
	}
}

// parseGiven reads 12.5, 90/100, 90/, - and x.
func parseGiven(t *testing.T, ind indicator.Indicator, what string) figure.Figure {
	t.Helper()
	number := func(s string) (figure.Number, bool) {
		if s == "" {
			return 0, false
		}
		n, err := figure.ParseNumber(s, ind.Scale, figure.Plain)
		if err != nil {
			t.Fatal(err)
		}
		return n, true
	}
	f := figure.Figure{State: figure.Value}
	num, den, ratio := strings.Cut(what, "/")
	switch {
	case what == "-":
		f.State = figure.NotAvailable
	case what == "x":
		f.State = figure.NotApplicable
	case ratio:
		f.Numerator, f.HasNumerator = number(num)
		f.Denominator, f.HasDenominator = number(den)
	default:
		f.Value, f.HasValue = number(what)
	}
	return f
}

// expect reads: UNIT CODE PERIOD VALUE-or-STATE option=value...
func (s *caseStory) expect(t *testing.T, w []string) error {
	t.Helper()
	q := Question{Unit: hierarchy.ID(w[0] + "-0"), Indicator: indicator.Code(w[1]), Period: parsePeriod(t, w[2])}
	options := map[string]string{}
	for _, o := range w[4:] {
		name, v, _ := strings.Cut(o, "=")
		options[name] = v
	}
	q.Provisional = options["basis"] == "provisional"
	q.Measure = map[string]Measure{"": AsReported, "own": Own, "year-to-date": YearToDate}[options["measure"]]
	a := s.model.Answer(q)
	got := a.State
	if got == stateValue {
		got = a.Value
	}
	if got != w[3] {
		return fmt.Errorf("got %s, want %s (%+v)", got, w[3], a)
	}
	for name, want := range options {
		got, known := a.option(name)
		if known && got != want {
			return fmt.Errorf("got %s=%s, want %s (%+v)", name, got, want, a)
		}
	}
	return nil
}

// option gives what a case file calls by a name; false for what the model does not say.
func (a *Answer) option(name string) (string, bool) {
	n, ok := map[string]int64{
		"missing": a.Missing, "not-available": a.NotAvailable, "not-applicable": a.NotApplicable, "excluded": a.Excluded,
		"late": a.Late, "half": a.Half, "unweighted": a.Unweighted, "stale": a.Stale, "divisor": a.Over, "gaps": a.Gaps,
	}[name]
	if ok {
		return strconv.FormatInt(n, 10), true
	}
	s, ok := map[string]string{
		"received": fmt.Sprintf("%d/%d", a.Received, a.Expected), "complete": fmt.Sprintf("%d/%d", a.UnitsComplete, a.Units),
		"parts": a.Numerator + "/" + a.Denominator, "from": a.Last, "over": a.DenominatorFrom, "fell": strconv.FormatBool(a.Fell),
	}[name]
	return s, ok
}
