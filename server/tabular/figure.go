package tabular

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// The columns of figures.csv, in the order of their constants.
var figureColumns = columns("unit form period indicator value? numerator? denominator? state? note? grade? explanation?")

const (
	figUnit = iota
	figForm
	figPeriod
	figIndicator
	figValue
	figNumerator
	figDenominator
	figState
	figNote
	figGrade
	figExplanation
)

// maxNumber is the longest text that a number cell may have, far above what a number needs.
const maxNumber = 200

// FigureLine is one row of figures.csv. Its numbers are text, because the scale is the indicator's and the indicator
// is known to the caller alone; Parse makes the figure.
type FigureLine struct {
	// Line is the physical line on which the row begins.
	Line int
	// Unit is an id or a bare code, to be resolved on the last day of the period (R1).
	Unit string
	// Form and Indicator are codes as they were spelled.
	Form      form.Code
	Period    period.Period
	Indicator indicator.Code
	// State is Value, NotAvailable or NotApplicable; with Value at least one of the numbers is there.
	State figure.State
	// Value, Numerator and Denominator are as they were written in the format; empty if they are not there.
	Value, Numerator, Denominator string
	Format                        figure.NumberFormat
	Grade                         figure.Grade
	Note, Explanation             string
}

// Parse reads the numbers at the scale of the indicator. Whether the figure suits the indicator is for
// [indicator.Indicator.CheckFigure] to say. The error has one detail for each number that is wrong, each under its
// column.
func (l FigureLine) Parse(scale figure.Scale) (figure.Figure, error) {
	f := figure.Figure{State: l.State, Grade: l.Grade, Note: l.Note, Explanation: l.Explanation}
	var problems fault.List
	read := func(column int, s string, has *bool, n *figure.Number) {
		if s == "" {
			return
		}
		var err error
		if *n, err = figure.ParseNumber(s, scale, l.Format); err != nil {
			problems.Add(fault.Of(err).In(figureColumns[column].name))
			return
		}
		*has = true
	}
	read(figValue, l.Value, &f.HasValue, &f.Value)
	read(figNumerator, l.Numerator, &f.HasNumerator, &f.Numerator)
	read(figDenominator, l.Denominator, &f.HasDenominator, &f.Denominator)
	return f, problems.Err()
}

// ReadFigures reads figures.csv row by row and shows each good one, whatever the size of the file, in the order of the
// file. It does not know which rows belong together: [GroupFigures] does.
func ReadFigures(r io.Reader, format figure.NumberFormat, visit func(FigureLine)) (Problems, error) {
	var problems Problems
	t := open(r, figureColumns, func(r row, column string, err error) { problems.add(r.rec.line, column, err) })
	for {
		r, ok := t.next()
		if !ok {
			return problems, t.scan.failure
		}
		var wrong fault.List
		line := FigureLine{Line: r.rec.line, Format: format}
		readKey(r, &line, &wrong)
		readAmounts(r, &line, &wrong)
		if wrong.Len() > 0 {
			problems.add(line.Line, "", wrong.Err())
			continue
		}
		visit(line)
	}
}

// readKey reads what says to which report the row belongs.
func readKey(r row, line *FigureLine, wrong *fault.List) {
	line.Unit = r.cell(figUnit)
	if line.Unit == "" {
		r.add(figUnit, fault.Invalid("UNIT_EMPTY", "no unit is named; give its id or its code"), wrong)
	}
	var err error
	if line.Form, err = form.ParseCode(r.cell(figForm)); err != nil {
		r.add(figForm, err, wrong)
	}
	if line.Period, err = period.Parse(r.cell(figPeriod)); err != nil {
		r.add(figPeriod, err, wrong)
	}
}

// readAmounts reads the rest of the row. Numbers are looked at as far as can be without the scale, so that the sender
// learns of an ambiguous one even where the unit or the indicator is wrong too.
func readAmounts(r row, line *FigureLine, wrong *fault.List) {
	var err error
	if line.Indicator, err = indicator.ParseCode(r.cell(figIndicator)); err != nil {
		r.add(figIndicator, err, wrong)
	}
	line.Value, line.Numerator, line.Denominator = r.cell(figValue), r.cell(figNumerator), r.cell(figDenominator)
	readState(r, line, wrong)
	for _, n := range [...]struct {
		column int
		s      string
	}{{figValue, line.Value}, {figNumerator, line.Numerator}, {figDenominator, line.Denominator}} {
		if n.s != "" {
			r.add(n.column, checkNumber(n.s, n.column, line.Format), wrong)
		}
	}
	if line.Grade, err = figure.ParseGrade(r.cell(figGrade)); err != nil {
		r.add(figGrade, err, wrong)
	}
	if line.Note, err = text.Note("", r.cell(figNote)); err != nil {
		r.add(figNote, err, wrong)
	}
	if line.Explanation, err = text.Note("", r.cell(figExplanation)); err != nil {
		r.add(figExplanation, err, wrong)
	}
}

// readState brings the column state and the symbols - and x of the column value together (R49).
func readState(r row, line *FigureLine, wrong *fault.List) {
	state, err := figure.ParseState(r.cell(figState))
	from, symbol := figState, figure.Absent
	if line.Value == figure.NotAvailable.Symbol() || line.Value == figure.NotApplicable.Symbol() {
		symbol, _ = figure.ParseState(line.Value)
		line.Value, from = "", figValue
	}
	some := line.Value != "" || line.Numerator != "" || line.Denominator != ""
	switch {
	case err != nil:
		r.add(figState, err, wrong)
	case state != figure.Absent && symbol != figure.Absent && state != symbol:
		r.add(figState, fault.Invalid("FIGURE_TWO_STATES", "the value %s says %s and the state says %s; give one of the two",
			symbol.Symbol(), symbol, state).With("value", symbol.Symbol()).With("state", state), wrong)
	default:
		line.State = max(state, symbol)
		checkState(r, line, some, from, wrong)
	}
}

// checkState holds state and amounts together; from is the column in which the state was given.
func checkState(r row, line *FigureLine, some bool, from int, wrong *fault.List) {
	switch {
	case line.State == figure.Absent && some:
		line.State = figure.Value
	case line.State == figure.Absent:
		r.add(figValue, fault.Invalid("FIGURE_EMPTY",
			"the row gives nothing; give the value, 0 if it is zero, - if it is not available, x if it does not apply, or delete the row"), wrong)
	case line.State == figure.Value && !some:
		r.add(figValue, fault.Invalid("FIGURE_WITHOUT_VALUE", "the figure says VALUE and has none; give the value, or - if it is not available"), wrong)
	case line.State != figure.Value && some:
		r.add(from, fault.Invalid("FIGURE_STATE_WITH_VALUE", "the figure says %s and also has a value; give one of the two", line.State).
			With("state", line.State), wrong)
	}
}

// checkNumber refuses what is no number at any scale. How large it may be depends on the scale.
func checkNumber(s string, column int, format figure.NumberFormat) error {
	switch {
	case column != figValue && (s == "-" || s == "x"):
		return fault.Invalid("FIGURE_STATE_MISPLACED",
			"%s belongs into the column value, where it stands for the whole figure; leave numerator and denominator empty", s).With("value", s)
	case isDash(s) || s == "X":
		return fault.Invalid("STATE_UNKNOWN", "state %q: give VALUE, NOT_AVAILABLE (or -) or NOT_APPLICABLE (or x)", s).With("value", s)
	case len(s) > maxNumber:
		s = s[:maxNumber]
	}
	_, err := figure.ParseNumber(s, figure.MaxScale, format)
	if fault.ReasonOf(err) == "NUMBER_OUT_OF_RANGE" && len(s) < maxNumber {
		return nil
	}
	return err
}

// isDash knows what typewriters and spreadsheets make of a hyphen. None of them is taken for one: what a cell means must
// not depend on how a reader sees it.
func isDash(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return size == len(s) && strings.ContainsRune("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", r)
}
