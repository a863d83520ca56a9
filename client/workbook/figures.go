package workbook

import (
	"bytes"
	"encoding/csv"
	"strings"
)

// Indicator is what the reader and the writer must know of an indicator.
type Indicator struct {
	Code, Name, Group string
	// Unit is the unit of measure.
	Unit string
	// Scale is the number of decimals.
	Scale int
	// Ratio has a numerator, and a denominator unless OtherDenominator says that another indicator is that.
	Ratio, OtherDenominator bool
	// Min and Max are bounds. Empty: none.
	Min, Max string
	// YearToDate says that figures are of the year so far; Summed, that those of a year's periods add up.
	YearToDate, Summed bool
}

// Catalogue gives the indicators of a form on the last day of a period, in the order of the form. Nothing and no error:
// they are not known, and the server will say why.
type Catalogue func(form, period string) ([]Indicator, error)

// Reading says how a file is to be read.
type Reading struct {
	// Numbers says how numbers are written that are text.
	Numbers Numbers
	// Partial leaves out cells of the form that are empty. Otherwise they are refused: an empty cell says nothing.
	Partial bool
	// Catalogue tells of the indicators of a form.
	Catalogue Catalogue
}

// spot is where an amount or a text of a row stands.
type spot struct{ row, column int }

// Row is one row of figures.csv, with where it came from.
type Row struct {
	// Sheet is the name of its sheet, and Number its row.
	Sheet  string
	Number int

	cells [roles]string
	spots [roles]spot
	// none says that there is no figure after all.
	none bool
}

// Figures is what was read.
type Figures struct {
	// Rows are those of reports in which nothing is wrong.
	Rows []Row
	// Problems tell what is wrong, at most MaxProblems; More counts the rest.
	Problems []Problem
	More     int
	// Withheld are the names of reports in which something is wrong; their rows are left out.
	Withheld []string
	// withheld are the rows of those reports that could be read.
	withheld []Row
	// Remarks tell what was read otherwise than it may have been meant.
	Remarks []Problem

	// lines has for each line of the CSV file the row that it belongs to, counted from 1. 0: the header.
	lines []int
}

// Rest gives the rows that could be read of reports that are withheld, for whoever wants to know what else is wrong with them.
func (f *Figures) Rest() *Figures { return &Figures{Rows: f.withheld} }

// reportOf names a report as far as its parts are known.
func reportOf(unit, form, period string) string {
	if unit == "" || form == "" || period == "" {
		return ""
	}
	return "units/" + unit + "/reports/" + strings.ToLower(form) + "~" + period
}

// Report names the report that the row belongs to.
func (r *Row) Report() string {
	return reportOf(r.cells[unitRole], r.cells[formRole], r.cells[periodRole])
}

// CSV writes the rows as figures.csv. Numbers are digits with a point, which the format "en" reads.
func (f *Figures) CSV() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	record := make([]string, 0, len(csvColumns))
	for r := unitRole; r <= explanationRole; r++ {
		record = append(record, csvColumns[r])
	}
	if err := w.Write(record); err != nil {
		return nil, err
	}
	f.lines = append(f.lines[:0], 0, 0)
	for i := range f.Rows {
		record = record[:0]
		breaks := 0
		for r := unitRole; r <= explanationRole; r++ {
			s := strings.ReplaceAll(f.Rows[i].cells[r], "\r", "")
			breaks += strings.Count(s, "\n")
			record = append(record, s)
		}
		if err := w.Write(record); err != nil {
			return nil, err
		}
		for range breaks + 1 {
			f.lines = append(f.lines, i+1)
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// RowAt gives the row that made a line of the CSV file.
func (f *Figures) RowAt(line int) (*Row, bool) {
	if line < 0 || line >= len(f.lines) || f.lines[line] == 0 {
		return nil, false
	}
	return &f.Rows[f.lines[line]-1], true
}

// Locate says which cell a problem is about that the server found at a line and field of the CSV file.
func (f *Figures) Locate(line int, field, reason, message string) Problem {
	p := Problem{Reason: reason, Message: message}
	row, ok := f.RowAt(line)
	if !ok {
		return p
	}
	p.Sheet, p.Row, p.Report = row.Sheet, row.Number, row.Report()
	for r, name := range csvColumns {
		if name == field && row.spots[r].row > 0 {
			p.Row, p.Column, p.Value = row.spots[r].row, row.spots[r].column, short(row.cells[r])
			return p
		}
	}
	for _, r := range []role{valueRole, numeratorRole, denominatorRole} {
		if row.spots[r].row > 0 {
			p.Row, p.Column, p.Value = row.spots[r].row, row.spots[r].column, short(row.cells[r])
			return p
		}
	}
	return p
}
