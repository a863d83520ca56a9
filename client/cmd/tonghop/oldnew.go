package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// This file reads figures.csv for one purpose: to show a person what would change. What the file means is decided by
// the server alone, and it has accepted the rows that are compared here but for their being news to the sender.

// row is one line of the file.
type row struct {
	line int32
	// key says to which report it belongs, as far as spelling goes.
	key  string
	cell map[string]string
}

type rows []row

// readRows reads the file whatever its separator.
func readRows(content []byte) (rows, error) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	r := csv.NewReader(bytes.NewReader(content))
	r.Comma = separator(content)
	r.FieldsPerRecord = -1
	r.LazyQuotes = true
	var header []string
	var all rows
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if header == nil {
			for _, name := range record {
				header = append(header, strings.ToLower(strings.TrimSpace(name)))
			}
			continue
		}
		line, _ := r.FieldPos(0)
		one := row{line: int32(line), cell: map[string]string{}} //nolint:gosec // 64 MiB have fewer lines
		for i, text := range record[:min(len(record), len(header))] {
			one.cell[header[i]] = norm.NFC.String(strings.TrimSpace(text))
		}
		one.key = fmt.Sprintf("%q %q %q", one.cell["unit"], strings.ToLower(one.cell["form"]), one.cell["period"])
		all = append(all, one)
	}
}

// separator is the one that the header has most of.
func separator(content []byte) rune {
	header, _, _ := bytes.Cut(content, []byte("\n"))
	best := ','
	for _, c := range ";\t" {
		if bytes.Count(header, []byte(string(c))) > bytes.Count(header, []byte(string(best))) {
			best = c
		}
	}
	return best
}

// of gives the rows of a report. The server names the first lines; the others are spelled as one of them.
func (all rows) of(lines []int32) []row {
	keys := map[string]bool{}
	for _, r := range all {
		if slices.Contains(lines, r.line) {
			keys[r.key] = true
		}
	}
	var out []row
	for _, r := range all {
		if keys[r.key] {
			out = append(out, r)
		}
	}
	return out
}

// change is one figure before and after; a text that is empty is a figure that is not there.
type change struct{ indicator, old, new string }

// differences sets the figures of a report beside the rows of a file, in the order of the file and then of the report.
func differences(figures []*reportingv1.Figure, rows []row, format string) []change {
	old := map[string]string{}
	for _, f := range figures {
		old[strings.ToLower(f.GetIndicator())] = describe(f)
	}
	var changes []change
	named := map[string]bool{}
	for _, r := range rows {
		code := strings.ToLower(r.cell["indicator"])
		named[code] = true
		changes = append(changes, change{r.cell["indicator"], old[code], describe(r.figure(format))})
	}
	for _, f := range figures {
		if !named[strings.ToLower(f.GetIndicator())] {
			changes = append(changes, change{f.GetIndicator(), describe(f), ""})
		}
	}
	return changes
}

// figure reads the cells as far as it takes to compare them.
func (r row) figure(format string) *reportingv1.Figure {
	f := &reportingv1.Figure{Note: r.cell["note"], Explanation: r.cell["explanation"]}
	amount := func(column string) *string {
		text := canonical(r.cell[column], format)
		if text == "" {
			return nil
		}
		return &text
	}
	f.Value, f.Numerator, f.Denominator = amount("value"), amount("numerator"), amount("denominator")
	switch strings.ToLower(first(r.cell["state"], r.cell["value"])) {
	case "-", "not_available":
		f.State, f.Value = reportingv1.FigureState_FIGURE_STATE_NOT_AVAILABLE, nil
	case "x", "not_applicable":
		f.State, f.Value = reportingv1.FigureState_FIGURE_STATE_NOT_APPLICABLE, nil
	}
	grade := "FIGURE_GRADE_" + strings.ToUpper(r.cell["grade"])
	f.Grade = reportingv1.FigureGrade(reportingv1.FigureGrade_value[grade])
	return f
}

// canonical writes a number as the server does.
func canonical(s, format string) string {
	switch format {
	case "vi":
		s = strings.ReplaceAll(strings.ReplaceAll(s, ".", ""), ",", ".")
	case "en":
		s = strings.ReplaceAll(s, ",", "")
	}
	return shortest(s)
}

// shortest drops zeros behind the point, which say nothing.
func shortest(s string) string {
	if !isNumber(s) || !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// describe is a figure in a few words: 12, 412/430, - or x, and what else was said about it.
func describe(f *reportingv1.Figure) string {
	text := amountOf(f)
	switch f.GetGrade() {
	case reportingv1.FigureGrade_FIGURE_GRADE_ESTIMATE, reportingv1.FigureGrade_FIGURE_GRADE_PRELIMINARY:
		text += " (" + strings.ToLower(word(f.GetGrade(), "FIGURE_GRADE_")) + ")"
	default:
	}
	if f.GetNote() != "" {
		text += " “" + f.GetNote() + "”"
	}
	if f.GetExplanation() != "" {
		text += ", explained: “" + f.GetExplanation() + "”"
	}
	return text
}

func amountOf(f *reportingv1.Figure) string {
	switch {
	case f == nil: // nothing was sent
		return ""
	case f.GetState() == reportingv1.FigureState_FIGURE_STATE_NOT_AVAILABLE:
		return "-"
	case f.GetState() == reportingv1.FigureState_FIGURE_STATE_NOT_APPLICABLE:
		return "x"
	case f.Numerator != nil || f.Denominator != nil:
		return shortest(first(f.GetNumerator(), "?")) + "/" + shortest(first(f.GetDenominator(), "?"))
	default:
		return shortest(f.GetValue())
	}
}
