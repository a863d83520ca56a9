package main

import (
	"context"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

const actPrefix = "HISTORY_ACT_"

type historyCmd struct {
	Unit    string `arg:"" help:"Unit, by id or by a code that is understood on the last day of the period."`
	Form    string `arg:"" help:"Code of the form."`
	Period  string `arg:"" help:"Base period, such as 2024-02."`
	Restore int32  `placeholder:"N" help:"Send the figures of revision N again, as a new revision that waits for approval."`
	Yes     bool   `help:"Do not ask."`
	DryRun  bool   `help:"Check everything and change nothing."`
}

// Help shows how it is used.
func (historyCmd) Help() string {
	return `Every act is shown with who did it, when and why, and every revision with the figures that are not as in the one before, old → new.

Examples:

    tonghop history 30280 cds-thang 2024-02
    tonghop history 30280 cds-thang 2024-02 -o csv
    tonghop history 30280 cds-thang 2024-02 --restore 1`
}

// Run shows what became of a report, or restores a revision.
func (c *historyCmd) Run(ctx context.Context, s *session) error {
	name := "units/" + c.Unit + "/reports/" + strings.ToLower(c.Form) + "~" + c.Period
	return s.with(ctx, func(to *client.Client) error {
		if c.Restore != 0 {
			return c.restore(ctx, s, to, name)
		}
		return list(s, historySheet, to.History(ctx, &reportingv1.ListHistoryRequest{Parent: name}))
	})
}

func (c *historyCmd) restore(ctx context.Context, s *session, to *client.Client, name string) error {
	seen, err := to.GetReport(ctx, &reportingv1.GetReportRequest{Name: name})
	if err != nil {
		return err
	}
	s.showBeside(seen)
	if agreed, err := s.agreed(ctx, c.Yes || c.DryRun, "Send revision "+number(c.Restore)+" again?", "nothing was sent"); err != nil || !agreed {
		return err
	}
	id, err := newRequest()
	if err != nil {
		return err
	}
	report, err := to.RestoreRevision(ctx, &reportingv1.RestoreRevisionRequest{
		Name: seen.GetName() + "/revisions/" + number(c.Restore), Etag: seen.GetEtag(), RequestId: id, ValidateOnly: c.DryRun,
	})
	if err != nil {
		return err
	}
	switch {
	case c.DryRun:
		s.notice("nothing was changed (dry run)")
	case report.GetReceipt().GetSequence() == 0:
		s.notice("nothing was changed: the newest revision says the same")
	}
	return s.showReport(report)
}

// changesOf tells the figures that are not as they were.
func changesOf(e *reportingv1.HistoryEvent) string {
	parts := make([]string, len(e.GetChanges()))
	for i, c := range e.GetChanges() {
		parts[i] = c.GetIndicator() + " " + first(shownFigure(c.GetWas()), "nothing") + " → " + first(shownFigure(c.GetIs()), "nothing")
		if e.GetComparedWith() == 0 {
			parts[i] = c.GetIndicator() + " " + shownFigure(c.GetIs())
		}
	}
	return strings.Join(parts, ", ")
}

func shownFigure(f *reportingv1.Figure) string {
	if f == nil {
		return ""
	}
	return describe(f)
}

// actor is who acted, and for whom.
func actor(e *reportingv1.HistoryEvent) string {
	text := e.GetPrincipal()
	switch {
	case e.GetOnBehalf():
		text += " on behalf"
	case e.GetActingUnit() != "":
		text += " in place"
	}
	if e.GetActingUnit() != "" {
		text += " (" + e.GetActingUnit() + ")"
	}
	return text
}

// act is what was done; a revision that was sent again says which.
func act(e *reportingv1.HistoryEvent) string {
	text := word(e.GetAct(), actPrefix)
	if e.GetRestoredFrom() != 0 {
		text += " " + number(e.GetRestoredFrom())
	}
	if e.GetMerged() {
		text += ", merged"
	}
	return text
}

var historySheet = sheet[*reportingv1.HistoryEvent]{
	table: []column[*reportingv1.HistoryEvent]{
		{name: "ENTRY", text: func(e *reportingv1.HistoryEvent) string { return number(e.GetSequence()) }, right: true},
		{name: "WHEN", text: func(e *reportingv1.HistoryEvent) string { return when(e.GetTime()) }},
		{name: "ACT", text: act},
		{name: "REVISION", text: func(e *reportingv1.HistoryEvent) string { return some(e.GetRevision()) }, right: true},
		{name: "BY", text: actor},
		{name: "BECAUSE", text: func(e *reportingv1.HistoryEvent) string {
			return first(e.GetReason(), textsRemoved(e.GetReasonRemoved()))
		}},
		{name: "FIGURES", text: changesOf},
	},
	csv: []column[*reportingv1.HistoryEvent]{
		{name: "sequence", text: func(e *reportingv1.HistoryEvent) string { return number(e.GetSequence()) }},
		{name: "time", text: func(e *reportingv1.HistoryEvent) string { return instant(e.GetTime()) }},
		{name: "act", text: func(e *reportingv1.HistoryEvent) string { return word(e.GetAct(), actPrefix) }},
		{name: "revision", text: func(e *reportingv1.HistoryEvent) string { return some(e.GetRevision()) }},
		{name: "principal", text: (*reportingv1.HistoryEvent).GetPrincipal},
		{name: "acting_unit", text: (*reportingv1.HistoryEvent).GetActingUnit},
		{name: "on_behalf", text: func(e *reportingv1.HistoryEvent) string { return yes(e.GetOnBehalf()) }},
		{name: "reason", text: (*reportingv1.HistoryEvent).GetReason},
		{name: "restored_from", text: func(e *reportingv1.HistoryEvent) string { return some(e.GetRestoredFrom()) }},
		{name: "compared_with", text: func(e *reportingv1.HistoryEvent) string { return some(e.GetComparedWith()) }},
		{name: "changes", text: changesOf},
	},
	json: messageJSON[*reportingv1.HistoryEvent],
}
