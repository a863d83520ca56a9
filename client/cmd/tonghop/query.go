package main

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type queryCmd struct {
	Unit          []string `required:"" placeholder:"U,..." help:"Units."`
	Indicator     []string `required:"" placeholder:"I,..." help:"Indicators."`
	Period        []string `required:"" placeholder:"P,Q..R" help:"Periods (2024-02, 2024-Q1, 2024-H1, 2024-9M, 2024) and ranges."`
	Children      bool     `help:"Instead of each unit its children."`
	Basis         string   `enum:"official,provisional" default:"official" help:"official counts approved reports, provisional also those that wait for approval."`
	Measure       string   `enum:"as-reported,own,year-to-date" default:"as-reported" help:"Of cumulative indicators: ${enum}."`
	ByKind        bool     `help:"One roll-up for each kind of unit instead of their sum. CSV gets a further column, kind."`
	AsOf          string   `placeholder:"DATE" help:"Day on which codes of units are understood; otherwise today."`
	Compare       string   `enum:"none,previous,year" default:"none" help:"Set beside each roll-up that of the period before (previous) or of the same period last year (year), on the same tree. CSV gets further columns, compared_period to percent."`
	ClosedVersion int32    `name:"closed-version" placeholder:"N" help:"What the closing of this version kept, instead of the figures of now."`
	Tree          string   `placeholder:"DATE" help:"Day on whose tree of units the figures are told, also which children a unit has; not before the end of a period. Otherwise the last day of each period."`
	pastFlag
}

// Help shows how it is used.
func (queryCmd) Help() string {
	return `Each roll-up comes with its coverage: of the reports that are owed, how many are in it. No value is a state, never zero. Of an indicator that is computed by a formula it is the coverage of the part with the lowest; where the parts differ the table names each, and the JSON has them all. The CSV has the columns unit,unit_code,period,indicator,value,state,numerator,denominator,expected,received,basis,sequence. The JSON has on each line the roll-up as the server's JSON has it, with basis and sequence.

Where units went over into others between the first month of a period and the day of the tree, figures follow the lineage of units, and the remarks say so. A unit that has only a part of what was joined is NOT_PLACEABLE, and the remarks say which unit has the figure. Such answers are made of reports and limited; see the server's page.

With --at the answer is what it was then, made from the reports in force, of 2,000 at most for one roll-up; the sequence is then that of the entry as of which it is, and the JSON has the sequence of the store as askedAt.

Examples:

    tonghop query --unit 87 --indicator CQ-06,KT-01 --period 2024-01..2024-12
    tonghop query --unit 87 --children --indicator CQ-06 --period 2024-Q1 --basis provisional -o csv
    tonghop query --unit 82 --children --indicator CQ-06 --period 2025-05 --tree 2025-07-01
    tonghop query --unit 82 --indicator CQ-06 --period 2026-01..2026-03 --compare year
    tonghop query --unit 87 --indicator CQ-06 --period 2024-Q1 --at 2024-03-03`
}

// Run asks and shows.
func (c *queryCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	q := &reportingv1.QueryRollupsRequest{
		AtSequence: sequence, AtTime: at,
		Units: c.Unit, Children: c.Children, Indicators: c.Indicator, Periods: c.Period, ByKind: c.ByKind, AsOf: c.AsOf, Tree: c.Tree, Compare: comparisons[c.Compare],
		ClosedVersion: c.ClosedVersion,
		Basis:         choice[reportingv1.Basis](reportingv1.Basis_value, basisPrefix, c.Basis),
		Measure:       choice[reportingv1.RollupMeasure](reportingv1.RollupMeasure_value, measurePrefix, c.Measure),
	}
	return s.with(ctx, func(to *client.Client) error {
		var caption caption
		if err := list(s, rollupSheet(c.ByKind, c.Compare != "none"), rollups(to.RollupPages(ctx, q), &caption)); err != nil {
			return err
		}
		if s.Output != "table" {
			return nil
		}
		return s.printf("%s", caption.text())
	})
}

const (
	basisPrefix       = "BASIS_"
	measurePrefix     = "ROLLUP_MEASURE_"
	rollupStatePrefix = "ROLLUP_STATE_"
)

// rollup is a roll-up with what its page says about it.
type rollup struct {
	*reportingv1.Rollup
	basis reportingv1.Basis
	stamp *reportingv1.Stamp
}

// rollups takes the roll-ups from their pages, and notes what is common to them.
func rollups(pages iter.Seq2[*reportingv1.QueryRollupsResponse, error], caption *caption) iter.Seq2[rollup, error] {
	return func(yield func(rollup, error) bool) {
		for page, err := range pages {
			if err != nil {
				yield(rollup{}, err)
				return
			}
			caption.note(page)
			for _, r := range page.GetRollups() {
				if !yield(rollup{r, page.GetBasis(), page.GetStamp()}, nil) {
					return
				}
			}
		}
	}
}

// comparisons are the words of the flag.
var comparisons = map[string]reportingv1.RollupComparison{
	"previous": reportingv1.RollupComparison_ROLLUP_COMPARISON_PREVIOUS_PERIOD,
	"year":     reportingv1.RollupComparison_ROLLUP_COMPARISON_SAME_PERIOD_LAST_YEAR,
}

func rollupSheet(byKind, compared bool) sheet[rollup] {
	sh := sheet[rollup]{
		table: []column[rollup]{
			{name: "UNIT", text: func(r rollup) string { return r.GetUnitCode() + " " + r.GetUnitName() }},
			{name: "PERIOD", text: func(r rollup) string { return r.GetPeriod() }},
			{name: "INDICATOR", text: func(r rollup) string { return r.GetIndicator() }},
			{name: "VALUE", text: valueOf, right: true},
			{name: "", text: func(r rollup) string { return r.GetUnitOfMeasure() }},
			{name: "PARTS", text: partsOf, right: true},
			{name: "COVERAGE", text: coverage, right: true},
			{name: "REMARKS", text: remarks},
		},
		csv: []column[rollup]{
			{name: "unit", text: func(r rollup) string { return r.GetUnit() }},
			{name: "unit_code", text: func(r rollup) string { return r.GetUnitCode() }},
			{name: "period", text: func(r rollup) string { return r.GetPeriod() }},
			{name: "indicator", text: func(r rollup) string { return r.GetIndicator() }},
			{name: "value", text: func(r rollup) string { return r.GetValue() }},
			{name: "state", text: stateOf},
			{name: "numerator", text: func(r rollup) string { return r.GetNumerator() }},
			{name: "denominator", text: func(r rollup) string { return r.GetDenominator() }},
			{name: "expected", text: func(r rollup) string { return number(r.GetCoverage().GetExpected()) }},
			{name: "received", text: func(r rollup) string { return number(r.GetCoverage().GetReceived()) }},
			{name: "basis", text: func(r rollup) string { return word(r.basis, basisPrefix) }},
			{name: "sequence", text: func(r rollup) string { return number(knownUpTo(r.stamp)) }},
		},
		json: rollupJSON,
	}
	if byKind {
		kind := column[rollup]{text: func(r rollup) string { return r.GetKind() }}
		kind.name = "KIND"
		sh.table = append(sh.table[:1:1], append([]column[rollup]{kind}, sh.table[1:]...)...)
		kind.name = "kind"
		sh.csv = append(sh.csv, kind)
	}
	if compared {
		sh.table = append(sh.table[:len(sh.table)-1:len(sh.table)-1], column[rollup]{name: "COMPARED", text: comparedText}, sh.table[len(sh.table)-1])
		sh.csv = append(sh.csv, comparedColumns...)
	}
	return sh
}

// comparedColumns stand behind the others where roll-ups are compared.
var comparedColumns = []column[rollup]{
	{name: "compared_period", text: func(r rollup) string { return r.GetCompared().GetPeriod() }},
	{name: "compared_value", text: func(r rollup) string { return r.GetCompared().GetValue() }},
	{name: "compared_state", text: func(r rollup) string {
		if r.GetCompared() == nil {
			return ""
		}
		return word(r.GetCompared().GetState(), rollupStatePrefix)
	}},
	{name: "difference", text: func(r rollup) string { return r.GetCompared().GetDifference() }},
	{name: "percent", text: func(r rollup) string { return r.GetCompared().GetPercent() }},
}

// comparedText says what was before, and by how much it changed: 2024-02 30 (+5, +16.67 %).
func comparedText(r rollup) string {
	c := r.GetCompared()
	if c == nil {
		return ""
	}
	text := c.GetPeriod() + " " + first(c.GetValue(), word(c.GetState(), rollupStatePrefix))
	if c.Difference == nil {
		return text
	}
	change := signed(c.GetDifference())
	if c.Percent != nil {
		change += ", " + signed(c.GetPercent()) + " %"
	}
	return text + " (" + change + ")"
}

// signed writes a plus before what is above zero.
func signed(number string) string {
	if strings.HasPrefix(number, "-") || number == "0" {
		return number
	}
	return "+" + number
}

func stateOf(r rollup) string { return word(r.GetState(), rollupStatePrefix) }

// valueOf never leaves a place empty: where there is no value, the state says why.
func valueOf(r rollup) string {
	if r.Value == nil {
		return stateOf(r)
	}
	return r.GetValue()
}

func partsOf(r rollup) string {
	if r.Numerator == nil && r.Denominator == nil {
		return ""
	}
	return first(r.GetNumerator(), "?") + "/" + first(r.GetDenominator(), "?")
}

func coverage(r rollup) string {
	return number(r.GetCoverage().GetReceived()) + "/" + number(r.GetCoverage().GetExpected())
}

// remarks are what a reader must know before he trusts the value.
func remarks(r rollup) string {
	c := r.GetCoverage()
	var out []string
	for _, n := range []struct {
		count int64
		name  string
	}{
		{c.GetNotAvailable(), "not available"},
		{c.GetNotApplicable(), "not applicable"},
		{c.GetExcluded(), "excluded"},
		{c.GetLate(), "late"},
		{c.GetStale(), "stale"},
		{c.GetHalf(), "half"},
		{c.GetUnweighted(), "unweighted"},
	} {
		if n.count > 0 {
			out = append(out, number(n.count)+" "+n.name)
		}
	}
	out = append(out, crossing(r)...)
	if r.GetFell() {
		out = append(out, "fell")
	}
	if r.GetDiffersFromClosed() {
		out = append(out, "not as closed in version "+number(r.GetClosedVersion()))
	}
	if r.GetLastPeriod() != "" && r.GetLastPeriod() != r.GetPeriod() {
		out = append(out, "of "+r.GetLastPeriod())
	}
	if p := r.GetPeriodsPresent(); p.GetPresent() < p.GetExpected() {
		out = append(out, number(p.GetPresent())+" of "+plural(p.GetExpected(), "period", "periods"))
	}
	if gap := r.GetSpans(); gap != nil {
		out = append(out, gap.GetFirstPeriod()+" to "+gap.GetLastPeriod()+" together "+gap.GetValue())
	}
	for _, check := range r.GetChecks() {
		text := check.GetKind() + " itself says " + first(check.GetValue(), "nothing")
		if check.Difference != nil {
			text += " (difference " + check.GetDifference() + ")"
		}
		out = append(out, text)
	}
	return strings.Join(append(out, remarksOfParts(r)...), ", ")
}

// remarksOfParts tell of a derived indicator which parts have no value, and how far each can be trusted where they differ.
func remarksOfParts(r rollup) []string {
	var out []string
	if lacking := r.GetLacking(); len(lacking) > 0 {
		out = append(out, "without "+strings.Join(lacking, " "))
	}
	if !r.GetPartsDiffer() {
		return out
	}
	var parts []string
	for _, p := range r.GetParts() {
		text := p.GetIndicator()
		if p.GetPeriod() != r.GetPeriod() {
			text += " " + p.GetPeriod()
		}
		parts = append(parts, text+" "+coverage(rollup{Rollup: partAsRollup(p)}))
	}
	return append(out, "parts differ ("+strings.Join(parts, ", ")+")")
}

// crossing tells how a roll-up goes over a change of the tree, if it does.
func crossing(r rollup) []string {
	var out []string
	switch {
	case r.GetHeldBy() != "":
		out = append(out, "held by "+r.GetHeldBy())
	case r.GetState() == reportingv1.RollupState_ROLLUP_STATE_NOT_PLACEABLE:
		out = append(out, "held by no unit")
	case r.GetCrossing() == reportingv1.RollupCrossing_ROLLUP_CROSSING_ACROSS:
		out = append(out, "by lineage")
	case r.GetCrossing() == reportingv1.RollupCrossing_ROLLUP_CROSSING_STANDING:
		out = append(out, "units of "+r.GetTreeDate()+" alone")
	}
	return out
}

// rollupJSON is the roll-up as the server's JSON has it, with the two things that stand on its page.
func rollupJSON(r rollup) ([]byte, error) {
	object, err := jsonOf(r.Rollup)
	if err != nil {
		return nil, err
	}
	// As the server's JSON has them: a number of 64 bits is a text there.
	page := fmt.Sprintf(`,"basis":%q,"sequence":%q`, r.basis, number(knownUpTo(r.stamp)))
	if r.stamp.GetAtSequence() != 0 {
		page += fmt.Sprintf(`,"askedAt":%q`, number(r.stamp.GetSequence()))
	}
	page += "}"
	return append(bytes.TrimSuffix(object, []byte("}")), page...), nil
}

// caption is what all roll-ups of an answer share.
type caption struct {
	basis       reportingv1.Basis
	measure     reportingv1.RollupMeasure
	first, last int64
	// asOf says as of which entry all of them are, if not of now.
	asOf    string
	periods []*reportingv1.PeriodSpan
}

func (c *caption) note(page *reportingv1.QueryRollupsResponse) {
	if c.first == 0 {
		c.first = page.GetStamp().GetSequence()
		c.periods, c.asOf = page.GetPeriods(), asOfWords(page.GetStamp())
	}
	c.basis, c.measure, c.last = page.GetBasis(), page.GetMeasure(), page.GetStamp().GetSequence()
}

// maxSpans is up to how many periods are explained below a table.
const maxSpans = 6

func (c *caption) text() string {
	var b bytes.Buffer
	measure := strings.ToLower(strings.ReplaceAll(word(c.measure, measurePrefix), "_", " "))
	b.WriteString("\n" + word(c.basis, basisPrefix) + ", " + measure + ", ")
	if c.asOf != "" {
		b.WriteString("as of " + c.asOf + ", asked ")
	}
	b.WriteString("at entry " + number(c.first))
	if c.last != c.first {
		b.WriteString(" to " + number(c.last))
	}
	b.WriteString("\n")
	if len(c.periods) <= maxSpans {
		for _, p := range c.periods {
			b.WriteString(plain(p.GetPeriod()) + " is " + p.GetFirstDay() + " to " + p.GetLastDay())
			if tree := p.GetTreeDate(); tree != "" && tree != p.GetLastDay() {
				b.WriteString(", on the tree of " + tree)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}
