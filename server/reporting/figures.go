package reporting

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/text"
)

// FigureDraft is one figure as it is handed in: numbers are text until the scale of the indicator is known.
type FigureDraft struct {
	Indicator                     string
	Value, Numerator, Denominator *string
	// State may be left Absent where there is a number.
	State             figure.State
	Grade             figure.Grade
	Note, Explanation string
	// Format is how the numbers are written.
	Format figure.NumberFormat
}

// Limits of one report. No form asks for so many indicators; they bound the work and the answer to a hostile request.
const (
	maxFigures  = 2000
	maxProblems = 100
)

// figuresOf reads the figures of a report, every violation named under figures[i]; they come out in the order of their
// numbers. A draft is held against the form of a figure alone (R26).
func figuresOf(defs aggregator.Definitions, at place, drafts []FigureDraft, draft bool) ([]entry.Figure, error) {
	if len(drafts) == 0 {
		return nil, fault.Invalid("NO_FIGURES", "the report has no figures; send at least one, or a state such as - for each").In("figures")
	}
	if len(drafts) > maxFigures {
		return nil, fault.Invalid("FIGURES_TOO_MANY", "the report has %d figures; one may have %d", len(drafts), maxFigures).
			With("count", len(drafts)).With("limit", maxFigures).In("figures")
	}
	var problems fault.List
	figures := make([]entry.Figure, 0, len(drafts))
	sheet := defs.Sheet(at.form, at.unit.Kind, at.last)
	seen := make([]bool, defs.Indicators().Len())
	for i := range drafts {
		if problems.Len() >= maxProblems {
			problems.Add(moreProblems(len(drafts) - i))
			break
		}
		f, err := figureOf(defs, at, sheet, &drafts[i], draft)
		if err != nil {
			problems.Add(fault.Of(err).In(fmt.Sprintf("figures[%d]", i)))
			continue
		}
		if seen[f.Number] {
			problems.Add(figureTwice(drafts, i))
			continue
		}
		seen[f.Number] = true
		figures = append(figures, f)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	slices.SortFunc(figures, func(a, b entry.Figure) int { return cmp.Compare(a.Number, b.Number) })
	return figures, nil
}

// figureTwice refuses a figure of an indicator that stands earlier in the report.
func figureTwice(drafts []FigureDraft, second int) error {
	code := indicator.Code(drafts[second].Indicator)
	first := slices.IndexFunc(drafts, func(d FigureDraft) bool { return indicator.Code(d.Indicator).Same(code) })
	return fault.Invalid("FIGURE_TWICE",
		"indicator %s stands in the report twice, at %d and at %d; send it once", code, first, second).
		With("indicator", code).With("first", first).With("second", second).
		In("indicator").In(fmt.Sprintf("figures[%d]", second))
}

// figureOf reads one figure and asks whether this unit, which owes the form, may report it.
func figureOf(defs aggregator.Definitions, at place, sheet *form.Sheet, d *FigureDraft, draft bool) (entry.Figure, error) {
	code := indicator.Code(d.Indicator)
	line := sheet.Line(code)
	if line == nil {
		return entry.Figure{}, notAsked(defs, at, d.Indicator)
	}
	ind := &line.Indicator
	reports := line.Kind
	if reports && line.Narrowed {
		adds, checks := form.Reports(at.form, *ind, defs.Tree(), at.unit, at.key.Period)
		reports = adds || checks
	}
	if !reports {
		return entry.Figure{}, fault.Invalid("KIND_MAY_NOT_REPORT",
			"indicator %s is not reported by %s, a %s; leave it out", ind.Code, at.unit, at.unit.Kind).
			With("indicator", ind.Code).With("unit", at.unit.ID).With("kind", string(at.unit.Kind)).In("indicator")
	}
	f, err := d.read(ind.Scale)
	switch {
	case err != nil:
	case draft:
		err = f.Check()
	default:
		err = defs.Indicators().CheckFigure(*ind, f)
	}
	if err != nil {
		return entry.Figure{}, err
	}
	return entry.Figure{Number: line.Number, Figure: f}, nil
}

// notAsked refuses an indicator that the form does not ask for on the last day of the period.
func notAsked(defs aggregator.Definitions, at place, code string) error {
	ind, ok := defs.Indicators().On(indicator.Code(code), at.last)
	if !ok {
		return unknownIndicator(defs, code, at.last).In("indicator")
	}
	return fault.Invalid("INDICATOR_NOT_IN_FORM",
		"form %s does not ask for indicator %s; leave it out, or send it with its own form", at.form.Code, ind.Code).
		With("form", at.form.Code).With("indicator", ind.Code).In("indicator")
}

// read turns the texts into numbers at a scale.
func (d *FigureDraft) read(scale figure.Scale) (figure.Figure, error) {
	var problems fault.List
	f := figure.Figure{State: d.State, Grade: d.Grade}
	number := func(field string, text *string) (figure.Number, bool) {
		if text == nil {
			return 0, false
		}
		n, err := figure.ParseNumber(*text, scale, d.Format)
		if err != nil {
			problems.Add(fault.Of(err).In(field))
		}
		return n, err == nil
	}
	f.Value, f.HasValue = number("value", d.Value)
	f.Numerator, f.HasNumerator = number("numerator", d.Numerator)
	f.Denominator, f.HasDenominator = number("denominator", d.Denominator)
	if f.State == figure.Absent && (d.Value != nil || d.Numerator != nil || d.Denominator != nil) {
		f.State = figure.Value
	}
	var err error
	if f.Note, err = note("note", d.Note); err != nil {
		problems.Add(err)
	}
	if f.Explanation, err = note("explanation", d.Explanation); err != nil {
		problems.Add(err)
	}
	return f, problems.Err()
}

// note is text.Note, which most figures do not need.
func note(field, s string) (string, error) {
	if s == "" {
		return "", nil
	}
	return text.Note(field, s)
}

// lacking gives the figures of a that b has nothing about.
func lacking(a, b []entry.Figure) []entry.Figure {
	var missing []entry.Figure
	for _, f := range a {
		if _, ok := slices.BinarySearchFunc(b, f.Number, byNumber); !ok {
			missing = append(missing, f)
		}
	}
	return missing
}

func byNumber(f entry.Figure, n uint32) int { return cmp.Compare(f.Number, n) }

// merged fills gaps.
func merged(figures, missing []entry.Figure) []entry.Figure {
	all := append(slices.Clone(figures), missing...)
	slices.SortFunc(all, func(a, b entry.Figure) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

// sameFigures compares content (R24): figures, states, grades, notes and explanations.
func sameFigures(a, b []entry.Figure) bool { return slices.Equal(a, b) }
