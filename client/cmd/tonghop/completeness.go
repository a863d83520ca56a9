package main

import (
	"bufio"
	"context"
	"iter"
	"slices"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type completenessCmd struct {
	Form   string `required:"" placeholder:"F" help:"Code of the form."`
	Period string `required:"" placeholder:"P|Q..R" help:"Base periods that end in these."`
	Unit   string `placeholder:"U" help:"The unit below which the rows stand. Otherwise your own; the whole tree with a token that is bound to none."`
	Kind   string `placeholder:"KIND" help:"The rows are all units of this kind at or below the unit. Otherwise those directly below."`
	pastFlag
}

// Help shows how it is used.
func (completenessCmd) Help() string {
	return `In the table a cell of one report is its state:

    ok  approved             late  approved, and came late      ..  is not late yet
    w   waits for approval   w/l   waits, and came late         -   overdue
    r   was sent back        x     was taken out               c   closed before it was met
    (empty) nothing is owed

and a cell of several is received/expected, with ! where some are overdue. -o csv has a line for each cell, -o json the answer in
columns, page by page.

Examples:

    tonghop completeness --form cds-thang --period 2024-01..2024-12 --unit 87
    tonghop completeness --form cds-thang --period 2024-01..2024-12 --unit 87 --kind commune -o csv`
}

// Run shows who has reported.
func (c *completenessCmd) Run(ctx context.Context, s *session) error {
	sequence, at, err := c.moment(s)
	if err != nil {
		return err
	}
	q := &reportingv1.GetCompletenessRequest{
		Form: c.Form, Periods: c.Period, Unit: c.Unit, Kind: c.Kind, AtSequence: sequence, AtTime: at,
	}
	return s.with(ctx, func(to *client.Client) error {
		pages := to.CompletenessPages(ctx, q)
		switch s.Output {
		case "json":
			return list(s, sheet[*reportingv1.GetCompletenessResponse]{json: messageJSON[*reportingv1.GetCompletenessResponse]}, pages)
		case "csv":
			return list(s, sheet[matrixLine]{csv: matrixColumns}, matrixLines(pages))
		}
		return matrixTable(s, pages)
	})
}

// matrixLine is one cell with the page that it is of.
type matrixLine struct {
	client.CompletenessCell
	page *reportingv1.GetCompletenessResponse
}

func matrixLines(pages iter.Seq2[*reportingv1.GetCompletenessResponse, error]) iter.Seq2[matrixLine, error] {
	return func(yield func(matrixLine, error) bool) {
		for page, err := range pages {
			if err != nil {
				yield(matrixLine{}, err)
				return
			}
			for cell := range client.CompletenessCells(page) {
				if cell.Counts.GetExpected()+cell.Counts.GetExcluded() > 0 && !yield(matrixLine{cell, page}, nil) {
					return
				}
			}
		}
	}
}

var matrixColumns = []column[matrixLine]{
	{name: "unit", text: func(l matrixLine) string { return l.Unit.ID }},
	{name: "unit_code", text: func(l matrixLine) string { return l.Unit.Code }},
	{name: "unit_name", text: func(l matrixLine) string { return l.Unit.Name }},
	{name: "form", text: func(l matrixLine) string { return l.page.GetForm() }},
	{name: "period", text: func(l matrixLine) string { return l.Period.GetPeriod() }},
	{name: "state", text: func(l matrixLine) string { return ownState(l.State) }},
	{name: "expected", text: func(l matrixLine) string { return number(l.Counts.GetExpected()) }},
	{name: "received", text: func(l matrixLine) string { return number(l.Counts.GetReceived()) }},
	{name: "approved", text: func(l matrixLine) string { return number(l.Counts.GetApproved()) }},
	{name: "waiting", text: func(l matrixLine) string { return number(l.Counts.GetWaiting()) }},
	{name: "late", text: func(l matrixLine) string { return number(l.Counts.GetLate()) }},
	{name: "returned", text: func(l matrixLine) string { return number(l.Counts.GetReturned()) }},
	{name: "overdue", text: func(l matrixLine) string { return number(l.Counts.GetOverdue()) }},
	{name: "missing", text: func(l matrixLine) string { return number(l.Counts.GetMissing()) }},
	{name: "excluded", text: func(l matrixLine) string { return number(l.Counts.GetExcluded()) }},
}

// ownState is empty where the unit owes nothing itself.
func ownState(state reportingv1.ObligationState) string {
	if state == reportingv1.ObligationState_OBLIGATION_STATE_UNSPECIFIED {
		return ""
	}
	return word(state, obligationPrefix)
}

// matrixTable shows a line for each unit, and the totals below.
func matrixTable(s *session, pages iter.Seq2[*reportingv1.GetCompletenessResponse, error]) error {
	var rows [][]string
	var totals []*reportingv1.CompletenessPeriod
	for page, err := range pages {
		if err != nil {
			return err
		}
		if rows == nil {
			rows = append(rows, []string{"UNIT", "NAME"})
			for _, p := range page.GetPeriods() {
				rows[0] = append(rows[0], p.GetPeriod())
			}
		}
		totals = page.GetPeriods()
		for cell := range client.CompletenessCells(page) {
			if cell.Period == totals[0] {
				rows = append(rows, []string{cell.Unit.Code, cell.Unit.Name})
			}
			last := len(rows) - 1
			rows[last] = append(rows[last], cellText(cell, len(page.GetCounts()) > 0))
		}
	}
	for _, line := range []struct {
		name string
		of   func(*reportingv1.CompletenessCounts) int32
	}{
		{"EXPECTED", (*reportingv1.CompletenessCounts).GetExpected},
		{"RECEIVED", (*reportingv1.CompletenessCounts).GetReceived},
		{"APPROVED", (*reportingv1.CompletenessCounts).GetApproved},
		{"LATE", (*reportingv1.CompletenessCounts).GetLate},
		{"OVERDUE", (*reportingv1.CompletenessCounts).GetOverdue},
	} {
		row := []string{line.name, ""}
		for _, p := range totals {
			row = append(row, number(line.of(p.GetTotals())))
		}
		rows = append(rows, row)
	}
	w := bufio.NewWriter(s.stdout)
	(&table{right: append([]bool{false, false}, slices.Repeat([]bool{true}, len(totals))...)}).write(w, rows)
	return w.Flush()
}

// cellText is a cell as a person reads it.
func cellText(cell client.CompletenessCell, several bool) string {
	c := cell.Counts
	if several {
		switch {
		case c.GetExpected() == 0:
			return ""
		case c.GetOverdue() > 0:
			return number(c.GetReceived()) + "/" + number(c.GetExpected()) + "!"
		}
		return number(c.GetReceived()) + "/" + number(c.GetExpected())
	}
	late := c.GetLate() > 0
	switch cell.State {
	case reportingv1.ObligationState_OBLIGATION_STATE_DONE:
		if late {
			return "late"
		}
		return "ok"
	case reportingv1.ObligationState_OBLIGATION_STATE_WAITING:
		if late {
			return "w/l"
		}
		return "w"
	case reportingv1.ObligationState_OBLIGATION_STATE_RETURNED:
		return "r"
	case reportingv1.ObligationState_OBLIGATION_STATE_OVERDUE:
		return "-"
	case reportingv1.ObligationState_OBLIGATION_STATE_CLOSED:
		return "c"
	case reportingv1.ObligationState_OBLIGATION_STATE_EXCLUDED:
		return "x"
	case reportingv1.ObligationState_OBLIGATION_STATE_UNSPECIFIED:
		return ""
	case reportingv1.ObligationState_OBLIGATION_STATE_NOT_OPEN, reportingv1.ObligationState_OBLIGATION_STATE_DUE,
		reportingv1.ObligationState_OBLIGATION_STATE_DRAFT:
	}
	return ".."
}
