package rpc

import (
	"fmt"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/reporting"
)

// The enumerations of figures.
var (
	figureStates = pairs[figure.State, reportingv1.FigureState]{
		figure.Absent:        reportingv1.FigureState_FIGURE_STATE_UNSPECIFIED,
		figure.Value:         reportingv1.FigureState_FIGURE_STATE_VALUE,
		figure.NotAvailable:  reportingv1.FigureState_FIGURE_STATE_NOT_AVAILABLE,
		figure.NotApplicable: reportingv1.FigureState_FIGURE_STATE_NOT_APPLICABLE,
	}
	figureGrades = pairs[figure.Grade, reportingv1.FigureGrade]{
		figure.Final:       reportingv1.FigureGrade_FIGURE_GRADE_FINAL,
		figure.Preliminary: reportingv1.FigureGrade_FIGURE_GRADE_PRELIMINARY,
		figure.Estimate:    reportingv1.FigureGrade_FIGURE_GRADE_ESTIMATE,
	}
)

// figuresOf reads the figures of a submission. Their numbers stay text until the scale of the indicator is known.
func figuresOf(list []*reportingv1.Figure, wrong *fault.List) []reporting.FigureDraft {
	drafts := make([]reporting.FigureDraft, len(list))
	for i, m := range list {
		drafts[i] = reporting.FigureDraft{
			Indicator: m.GetIndicator(), Value: m.Value, Numerator: m.Numerator, Denominator: m.Denominator,
			Note: m.GetNote(), Explanation: m.GetExplanation(), Format: figure.Plain,
		}
		var err error
		if drafts[i].State, err = enumOf(figureStates, m.GetState(), "STATE_UNKNOWN", "state"); err != nil {
			wrong.Add(fault.Of(err).In("state").In(fmt.Sprintf("figures[%d]", i)))
		}
		if m.GetGrade() == reportingv1.FigureGrade_FIGURE_GRADE_UNSPECIFIED {
			continue // final
		}
		if drafts[i].Grade, err = enumOf(figureGrades, m.GetGrade(), "GRADE_UNKNOWN", "grade"); err != nil {
			wrong.Add(fault.Of(err).In("grade").In(fmt.Sprintf("figures[%d]", i)))
		}
	}
	return drafts
}

func figureMessages(figures []reporting.Figure) []*reportingv1.Figure {
	list := make([]*reportingv1.Figure, len(figures))
	for i, f := range figures {
		list[i] = figureMessage(string(f.Indicator), f.Figure, f.Scale)
	}
	return list
}

// figureMessage gives a number only where there is one: what is absent stays absent.
func figureMessage(code string, f figure.Figure, scale figure.Scale) *reportingv1.Figure {
	m := &reportingv1.Figure{
		Indicator: code, State: figureStates.wire(f.State), Grade: figureGrades.wire(f.Grade),
		Note: f.Note, Explanation: f.Explanation,
	}
	if f.HasValue {
		m.Value = numberText(&f.Value, scale)
	}
	if f.HasNumerator {
		m.Numerator = numberText(&f.Numerator, scale)
	}
	if f.HasDenominator {
		m.Denominator = numberText(&f.Denominator, scale)
	}
	return m
}
