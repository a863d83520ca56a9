package main

import (
	"context"
	"iter"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type explainCmd struct {
	Unit      string `required:"" placeholder:"U" help:"Unit."`
	Indicator string `required:"" placeholder:"I" help:"Indicator."`
	Period    string `required:"" placeholder:"P" help:"One period."`
	Basis     string `enum:"official,provisional" default:"official" help:"official counts approved reports, provisional also those that wait for approval."`
	Measure   string `enum:"as-reported,own,year-to-date" default:"as-reported" help:"Of cumulative indicators: ${enum}."`
	AsOf      string `placeholder:"DATE" help:"Day on which the code of the unit is understood; otherwise today."`
	pastFlag
}

// Help shows how it is used.
func (explainCmd) Help() string {
	return `One line for each report that is owed, with its revision, or with why it does not count. Of an indicator that is computed by a formula one line for each roll-up that it is computed from. With -o json the first line is the roll-up itself, with the parts of what is computed.

Examples:

    tonghop explain --unit 87 --indicator CQ-06 --period 2024-Q1
    tonghop explain --unit 87 --indicator CQ-06 --period 2024-Q1 --basis provisional -o csv
    tonghop explain --unit 87 --indicator CQ-1000 --period 2024-Q1
    tonghop explain --unit 87 --indicator CQ-06 --period 2024-Q1 --at 2024-03-03`
}

// Run asks and shows.
func (c *explainCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	q := &reportingv1.ExplainRollupRequest{
		AtSequence: sequence, AtTime: at,
		Unit: c.Unit, Indicator: c.Indicator, Period: c.Period, AsOf: c.AsOf,
		Basis:   choice[reportingv1.Basis](reportingv1.Basis_value, basisPrefix, c.Basis),
		Measure: choice[reportingv1.RollupMeasure](reportingv1.RollupMeasure_value, measurePrefix, c.Measure),
	}
	return s.with(ctx, func(to *client.Client) error {
		next, stop := iter.Pull2(to.ExplanationPages(ctx, q))
		defer stop()
		page, err, ok := next()
		if err != nil || !ok {
			return err
		}
		if err := c.head(s, page); err != nil {
			return err
		}
		if parts := page.GetRollup().GetParts(); len(parts) > 0 {
			if s.Output == "json" {
				return nil // they stand in the roll-up
			}
			return list(s, partSheet, withoutErrors(parts))
		}
		return list(s, contributionSheet, contributions(page, next))
	})
}

// head shows the roll-up before what makes it.
func (c *explainCmd) head(s *session, page *reportingv1.ExplainRollupResponse) error {
	r := rollup{Rollup: page.GetRollup(), stamp: page.GetStamp()}
	switch s.Output {
	case "csv":
		return nil
	case "json":
		r.basis = choice[reportingv1.Basis](reportingv1.Basis_value, basisPrefix, c.Basis)
		object, err := rollupJSON(r)
		if err != nil {
			return err
		}
		return writeLine(s.stdout, named("rollup", object))
	}
	value := valueOf(r)
	if r.Value != nil && r.GetUnitOfMeasure() != "" {
		value += " " + r.GetUnitOfMeasure()
	}
	if err := one(s, r.Rollup, []pair{
		{"unit", r.GetUnitCode() + " " + r.GetUnitName() + " (" + r.GetUnit() + ")"},
		{"indicator", r.GetIndicator()},
		{"period", r.GetPeriod() + ", units of " + r.GetTreeDate()},
		{"value", value},
		{"parts", partsOf(r)},
		{"coverage", coverage(r)},
		{"remarks", remarks(r)},
		{"basis", c.Basis},
		{"at entry", number(r.stamp.GetSequence())},
		{"as of", asOfWords(r.stamp)},
	}); err != nil {
		return err
	}
	return s.printf("\n")
}

// contributions takes them from a page and those that come after it.
func contributions(
	page *reportingv1.ExplainRollupResponse, next func() (*reportingv1.ExplainRollupResponse, error, bool),
) iter.Seq2[*reportingv1.Contribution, error] {
	return func(yield func(*reportingv1.Contribution, error) bool) {
		for ok := true; ok; {
			for _, contribution := range page.GetContributions() {
				if !yield(contribution, nil) {
					return
				}
			}
			var err error
			if page, err, ok = next(); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// partSheet shows what a derived indicator is computed from.
var partSheet = sheet[*reportingv1.RollupPart]{
	table: []column[*reportingv1.RollupPart]{
		{name: "COMPUTED FROM", text: (*reportingv1.RollupPart).GetIndicator},
		{name: "PERIOD", text: (*reportingv1.RollupPart).GetPeriod},
		{name: "VALUE", text: func(p *reportingv1.RollupPart) string { return valueOf(rollup{Rollup: partAsRollup(p)}) }, right: true},
		{name: "", text: (*reportingv1.RollupPart).GetUnitOfMeasure},
		{name: "PARTS", text: func(p *reportingv1.RollupPart) string { return partsOf(rollup{Rollup: partAsRollup(p)}) }, right: true},
		{name: "COVERAGE", text: func(p *reportingv1.RollupPart) string { return coverage(rollup{Rollup: partAsRollup(p)}) }, right: true},
		{name: "MEASURE", text: partMeasure},
	},
	csv: []column[*reportingv1.RollupPart]{
		{name: "indicator", text: (*reportingv1.RollupPart).GetIndicator},
		{name: "period", text: (*reportingv1.RollupPart).GetPeriod},
		{name: "value", text: (*reportingv1.RollupPart).GetValue},
		{name: "state", text: func(p *reportingv1.RollupPart) string { return word(p.GetState(), rollupStatePrefix) }},
		{name: "numerator", text: (*reportingv1.RollupPart).GetNumerator},
		{name: "denominator", text: (*reportingv1.RollupPart).GetDenominator},
		{name: "expected", text: func(p *reportingv1.RollupPart) string { return number(p.GetCoverage().GetExpected()) }},
		{name: "received", text: func(p *reportingv1.RollupPart) string { return number(p.GetCoverage().GetReceived()) }},
		{name: "measure", text: func(p *reportingv1.RollupPart) string { return word(p.GetMeasure(), measurePrefix) }},
	},
}

// partAsRollup gives a part in the words of a roll-up, which show it.
func partAsRollup(p *reportingv1.RollupPart) *reportingv1.Rollup {
	return &reportingv1.Rollup{
		State: p.GetState(), Value: p.Value, Numerator: p.Numerator, Denominator: p.Denominator, Coverage: p.GetCoverage(),
	}
}

func partMeasure(p *reportingv1.RollupPart) string {
	return strings.ToLower(strings.ReplaceAll(word(p.GetMeasure(), measurePrefix), "_", " "))
}

var contributionSheet = sheet[*reportingv1.Contribution]{
	table: []column[*reportingv1.Contribution]{
		{name: "UNIT", text: func(c *reportingv1.Contribution) string { return c.GetUnitCode() + " " + c.GetUnitName() }},
		{name: "KIND", text: (*reportingv1.Contribution).GetKind},
		{name: "PERIOD", text: (*reportingv1.Contribution).GetPeriod},
		{name: "FIGURE", text: func(c *reportingv1.Contribution) string { return amountOf(c.GetFigure()) }, right: true},
		{name: "REVISION", text: func(c *reportingv1.Contribution) string { return some(c.GetRevision()) }, right: true},
		{name: "STATE", text: revisionStateOf},
		{name: "COUNTS", text: func(c *reportingv1.Contribution) string {
			if c.GetCounted() {
				return "yes"
			}
			return first(c.GetWhyNot(), "no")
		}},
	},
	csv: []column[*reportingv1.Contribution]{
		{name: "unit", text: (*reportingv1.Contribution).GetUnit},
		{name: "unit_code", text: (*reportingv1.Contribution).GetUnitCode},
		{name: "unit_name", text: (*reportingv1.Contribution).GetUnitName},
		{name: "kind", text: (*reportingv1.Contribution).GetKind},
		{name: "period", text: (*reportingv1.Contribution).GetPeriod},
		{name: "report", text: (*reportingv1.Contribution).GetReport},
		{name: "revision", text: func(c *reportingv1.Contribution) string { return some(c.GetRevision()) }},
		{name: "revision_state", text: revisionStateOf},
		{name: "value", text: func(c *reportingv1.Contribution) string { return c.GetFigure().GetValue() }},
		{name: "numerator", text: func(c *reportingv1.Contribution) string { return c.GetFigure().GetNumerator() }},
		{name: "denominator", text: func(c *reportingv1.Contribution) string { return c.GetFigure().GetDenominator() }},
		{name: "figure_state", text: figureState},
		{name: "counted", text: func(c *reportingv1.Contribution) string { return yes(c.GetCounted()) }},
		{name: "why_not", text: (*reportingv1.Contribution).GetWhyNot},
	},
	json: func(c *reportingv1.Contribution) ([]byte, error) {
		object, err := jsonOf(c)
		return named("contribution", object), err
	},
}

// revisionStateOf is empty where nothing was sent.
func revisionStateOf(c *reportingv1.Contribution) string {
	if c.GetRevision() == 0 {
		return ""
	}
	return word(c.GetRevisionState(), statePrefix)
}

func figureState(c *reportingv1.Contribution) string {
	switch f := c.GetFigure(); {
	case f == nil:
		return ""
	case f.GetState() == reportingv1.FigureState_FIGURE_STATE_UNSPECIFIED:
		return "VALUE"
	default:
		return word(f.GetState(), "FIGURE_STATE_")
	}
}
