package reporting

import (
	"cmp"
	"fmt"
	"slices"

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

// figures reads the figures of a report, every violation named under figures[i]; they come out in the order of their
// numbers. A draft is held against the form of a figure alone (R26).
func (g granted) figures(at place, drafts []FigureDraft, draft bool) ([]entry.Figure, error) {
	if len(drafts) == 0 {
		return nil, fault.Invalid("NO_FIGURES", "the report has no figures; send at least one, or a state such as - for each").In("figures")
	}
	if len(drafts) > maxFigures {
		return nil, fault.Invalid("FIGURES_TOO_MANY", "the report has %d figures; one may have %d", len(drafts), maxFigures).
			With("count", len(drafts)).With("limit", maxFigures).In("figures")
	}
	var problems fault.List
	figures := make([]entry.Figure, 0, len(drafts))
	first := make(map[uint32]int, len(drafts))
	for i, d := range drafts {
		if problems.Len() >= maxProblems {
			problems.Add(moreProblems(len(drafts) - i))
			break
		}
		f, err := g.figure(at, d, draft)
		if err != nil {
			problems.Add(fault.Of(err).In(fmt.Sprintf("figures[%d]", i)))
			continue
		}
		if earlier, twice := first[f.Number]; twice {
			problems.Add(fault.Invalid("FIGURE_TWICE",
				"indicator %s stands in the report twice, at %d and at %d; send it once", d.Indicator, earlier, i).
				With("indicator", d.Indicator).With("first", earlier).With("second", i).
				In("indicator").In(fmt.Sprintf("figures[%d]", i)))
			continue
		}
		first[f.Number] = i
		figures = append(figures, f)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	slices.SortFunc(figures, func(a, b entry.Figure) int { return cmp.Compare(a.Number, b.Number) })
	return figures, nil
}

// figure reads one figure and asks whether this unit may report it.
func (g granted) figure(at place, d FigureDraft, draft bool) (entry.Figure, error) {
	code := indicator.Code(d.Indicator)
	ind, ok := g.tx.Indicators().On(code, at.last)
	if !ok {
		return entry.Figure{}, unknownIndicator(g.tx, d.Indicator, at.last).In("indicator")
	}
	if !at.form.Carries(code) {
		return entry.Figure{}, fault.Invalid("INDICATOR_NOT_IN_FORM",
			"form %s does not ask for indicator %s; leave it out, or send it with its own form", at.form.Code, ind.Code).
			With("form", at.form.Code).With("indicator", ind.Code).In("indicator")
	}
	adds, checks := form.Reports(at.form, ind, g.tx.Tree(), at.unit, at.key.Period)
	if !adds && !checks {
		return entry.Figure{}, fault.Invalid("KIND_MAY_NOT_REPORT",
			"indicator %s is not reported by %s, a %s; leave it out", ind.Code, at.unit, at.unit.Kind).
			With("indicator", ind.Code).With("unit", at.unit.ID).With("kind", string(at.unit.Kind)).In("indicator")
	}
	f, err := d.read(ind)
	switch {
	case err != nil:
	case draft:
		err = f.Check()
	default:
		err = g.tx.Indicators().CheckFigure(ind, f)
	}
	if err != nil {
		return entry.Figure{}, err
	}
	number, _ := g.tx.Indicators().Ordinal(code)
	return entry.Figure{Number: uint32(number), Figure: f}, nil //nolint:gosec // an ordinal
}

// read turns the texts into numbers at the indicator's scale.
func (d FigureDraft) read(ind indicator.Indicator) (figure.Figure, error) {
	var problems fault.List
	f := figure.Figure{State: d.State, Grade: d.Grade}
	for _, part := range []struct {
		field string
		text  *string
		has   *bool
		value *figure.Number
	}{
		{"value", d.Value, &f.HasValue, &f.Value},
		{"numerator", d.Numerator, &f.HasNumerator, &f.Numerator},
		{"denominator", d.Denominator, &f.HasDenominator, &f.Denominator},
	} {
		if part.text == nil {
			continue
		}
		n, err := figure.ParseNumber(*part.text, ind.Scale, d.Format)
		if err != nil {
			problems.Add(fault.Of(err).In(part.field))
			continue
		}
		*part.has, *part.value = true, n
	}
	if f.State == figure.Absent && (d.Value != nil || d.Numerator != nil || d.Denominator != nil) {
		f.State = figure.Value
	}
	var err error
	if f.Note, err = text.Note("note", d.Note); err != nil {
		problems.Add(err)
	}
	if f.Explanation, err = text.Note("explanation", d.Explanation); err != nil {
		problems.Add(err)
	}
	return f, problems.Err()
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
