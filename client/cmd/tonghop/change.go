package main

import (
	"context"
	"iter"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type changesCmd struct {
	After  *int64   `placeholder:"N" help:"Only changes after this sequence. Otherwise all; with --follow those that come."`
	Follow bool     `short:"f" help:"Stay and show each change when it comes, until interrupted."`
	Below  string   `placeholder:"U" help:"Only reports of this unit and those below."`
	Form   string   `placeholder:"F" help:"Only this form."`
	Period string   `placeholder:"P|Q..R" help:"Only reports for base periods that end in these."`
	Kind   []string `enum:"units,indicators,forms,report-drafted,report-submitted,report-approved,report-returned,report-excluded,exclusion-lifted,access,store,holidays" placeholder:"KIND,..." help:"Only these kinds: ${enum}."`
}

// Help shows how it is used.
func (changesCmd) Help() string {
	return `A change says that something changed, not what it is now: read the report or ask again. After a break it goes on where it was. A
deadline that passes is no change: "tonghop owe" and "tonghop overdue" tell what is due and what is late by now.

Examples:

    tonghop changes --after 1200
    tonghop changes --follow --below 87 --form cds-thang -o json`
}

// Run lists changes, or follows them.
func (c *changesCmd) Run(ctx context.Context, s *session) error {
	var kinds []reportingv1.ChangeKind
	for _, kind := range c.Kind {
		kinds = append(kinds, choice[reportingv1.ChangeKind](reportingv1.ChangeKind_value, "CHANGE_KIND_", kind))
	}
	return s.with(ctx, func(to *client.Client) error {
		sh := changeSheet
		if !c.Follow {
			q := &reportingv1.ListChangesRequest{Below: c.Below, Form: c.Form, Periods: c.Period, Kinds: kinds}
			if c.After != nil {
				q.AfterSequence = *c.After
			}
			return list(s, sh, to.Changes(ctx, q))
		}
		sh.live = true
		q := &reportingv1.WatchChangesRequest{AfterSequence: c.After, Below: c.Below, Form: c.Form, Periods: c.Period, Kinds: kinds}
		return list(s, sh, withoutHeartbeats(to.WatchChanges(ctx, q)))
	})
}

func withoutHeartbeats(messages iter.Seq2[*reportingv1.WatchChangesResponse, error]) iter.Seq2[*reportingv1.Change, error] {
	return func(yield func(*reportingv1.Change, error) bool) {
		for m, err := range messages {
			if err == nil && m.GetChange() == nil {
				continue
			}
			if !yield(m.GetChange(), err) || err != nil {
				return
			}
		}
	}
}

var changeSheet = sheet[*reportingv1.Change]{
	table: []column[*reportingv1.Change]{
		{name: "SEQUENCE", text: func(c *reportingv1.Change) string { return number(c.GetSequence()) }, right: true},
		{name: "TIME", text: func(c *reportingv1.Change) string { return when(c.GetAcceptTime()) }, width: 16},
		{name: "WHAT", text: func(c *reportingv1.Change) string { return word(c.GetKind(), "CHANGE_KIND_") }, width: 16},
		{name: "NAME", text: (*reportingv1.Change).GetName, width: 40},
		{name: "REVISION", text: func(c *reportingv1.Change) string { return some(c.GetRevision()) }, right: true},
		{name: "BY", text: (*reportingv1.Change).GetPrincipal},
	},
	csv: []column[*reportingv1.Change]{
		{name: "sequence", text: func(c *reportingv1.Change) string { return number(c.GetSequence()) }},
		{name: "accept_time", text: func(c *reportingv1.Change) string { return instant(c.GetAcceptTime()) }},
		{name: "kind", text: func(c *reportingv1.Change) string { return word(c.GetKind(), "CHANGE_KIND_") }},
		{name: "name", text: (*reportingv1.Change).GetName},
		{name: "unit", text: (*reportingv1.Change).GetUnit},
		{name: "form", text: (*reportingv1.Change).GetForm},
		{name: "period", text: (*reportingv1.Change).GetPeriod},
		{name: "revision", text: func(c *reportingv1.Change) string { return some(c.GetRevision()) }},
		{name: "principal", text: (*reportingv1.Change).GetPrincipal},
	},
	json: messageJSON[*reportingv1.Change],
}
