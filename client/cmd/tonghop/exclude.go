package main

import (
	"context"
	"errors"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/client/receipt"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type excludeCmd struct {
	Name   string `arg:"" optional:"" help:"Obligation, by the name of its report, such as units/82/reports/cds-thang~2024-02."`
	Reason string `placeholder:"TEXT" help:"Why; at most 2,000 characters and no personal data."`
	Lift   bool   `help:"Make it an obligation again."`
	Form   string `placeholder:"F" help:"Instead of a name: list what is taken out of this form,"`
	Period string `placeholder:"P|Q..R" help:"of this period or range,"`
	Below  string `placeholder:"U" help:"of the units below this one, itself included."`
	Yes    bool   `help:"Do not ask."`
	DryRun bool   `help:"Check everything and change nothing."`
	keeping
}

// Help shows how it is used.
func (excludeCmd) Help() string {
	return `An obligation that is taken out is missing in no coverage, and what was sent for it counts nowhere, until that is lifted; then everything is as it was. It needs no report.

Examples:

    tonghop exclude units/30280/reports/cds-thang~2024-02 --reason "Lũ lụt, xã không làm việc"
    tonghop exclude units/30280/reports/cds-thang~2024-02 --lift --reason "Xã đã gửi được số liệu"
    tonghop exclude --form cds-thang --period 2024-01..2024-12`
}

// Validate wants a name and a reason, or form and period.
func (c *excludeCmd) Validate() error {
	listing := c.Form != "" || c.Period != "" || c.Below != ""
	switch {
	case c.Name != "" && listing:
		return errors.New("give a name, or --form and --period, not both")
	case c.Name == "" && (c.Form == "" || c.Period == ""):
		return errors.New("give the name of an obligation, or --form and --period")
	case c.Name != "" && c.Reason == "":
		return errors.New("give the reason with --reason")
	case listing && (c.Reason != "" || c.Lift || c.DryRun):
		return errors.New("--reason, --lift and --dry-run go with a name")
	default:
		return nil
	}
}

// Run lists, or shows, asks and takes out or lifts.
func (c *excludeCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		if c.Name == "" {
			return list(s, exclusionSheet, to.Exclusions(ctx, &reportingv1.ListExclusionsRequest{Form: c.Form, Periods: c.Period, Below: c.Below}))
		}
		seen, err := to.GetExclusion(ctx, &reportingv1.GetExclusionRequest{Name: c.Name})
		if err != nil {
			return err
		}
		s.notice("%s  excluded: %s  etag %s", plain(seen.GetName()), yes(seen.GetExcluded()), plain(seen.GetEtag()))
		question := "Take this obligation out?"
		if c.Lift {
			question = "Make this an obligation again?"
		}
		if agreed, err := s.agreed(ctx, c.Yes || c.DryRun, question, "nothing was changed"); err != nil || !agreed {
			return err
		}
		id, err := newRequest()
		if err != nil {
			return err
		}
		kept, err := c.keeper(s, c.DryRun)
		if err != nil {
			return err
		}
		defer kept.end()
		found, err := c.turn(ctx, to, seen, id)
		if err != nil {
			return err
		}
		as := receipt.Record{Kind: receipt.Exclude, RequestID: id, Report: found.GetName(), Etag: seen.GetEtag(), Reason: c.Reason}
		if c.Lift {
			as.Kind = receipt.Lift
		}
		if err := kept.keepOne(as, found.GetReceipt()); err != nil {
			return err
		}
		if c.DryRun {
			s.notice("nothing was changed (dry run)")
		}
		return one(s, found, exclusionPairs(found))
	})
}

func (c *excludeCmd) turn(ctx context.Context, to *client.Client, seen *reportingv1.Exclusion, id string) (*reportingv1.Exclusion, error) {
	if c.Lift {
		return to.LiftExclusion(ctx, &reportingv1.LiftExclusionRequest{
			Name: seen.GetName(), Etag: seen.GetEtag(), Reason: c.Reason, RequestId: id, ValidateOnly: c.DryRun,
		})
	}
	return to.ExcludeReport(ctx, &reportingv1.ExcludeReportRequest{
		Name: seen.GetName(), Etag: seen.GetEtag(), Reason: c.Reason, RequestId: id, ValidateOnly: c.DryRun,
	})
}

func exclusionPairs(x *reportingv1.Exclusion) []pair {
	pairs := []pair{
		{"obligation", x.GetName()},
		{"excluded", yes(x.GetExcluded())},
		{"etag", x.GetEtag()},
		{"entry", some(x.GetReceipt().GetSequence())},
	}
	for _, turn := range []struct {
		word string
		turn *reportingv1.ObligationTurn
	}{{"taken out", x.GetTakenOut()}, {"lifted", x.GetLifted()}} {
		if t := turn.turn; t != nil {
			pairs = append(pairs, pair{turn.word, when(t.GetTime()) + " by " + t.GetPrincipal()},
				pair{"because", first(t.GetReason(), textsRemoved(t.GetReasonRemoved()))})
		}
	}
	return pairs
}

var exclusionSheet = sheet[*reportingv1.Exclusion]{
	table: []column[*reportingv1.Exclusion]{
		{name: "OBLIGATION", text: (*reportingv1.Exclusion).GetName},
		{name: "SINCE", text: func(x *reportingv1.Exclusion) string { return when(x.GetTakenOut().GetTime()) }},
		{name: "BY", text: func(x *reportingv1.Exclusion) string { return x.GetTakenOut().GetPrincipal() }},
		{name: "BECAUSE", text: func(x *reportingv1.Exclusion) string {
			return first(x.GetTakenOut().GetReason(), textsRemoved(x.GetTakenOut().GetReasonRemoved()))
		}},
	},
	csv: []column[*reportingv1.Exclusion]{
		{name: "name", text: (*reportingv1.Exclusion).GetName},
		{name: "unit", text: (*reportingv1.Exclusion).GetUnit},
		{name: "unit_code", text: (*reportingv1.Exclusion).GetUnitCode},
		{name: "form", text: (*reportingv1.Exclusion).GetForm},
		{name: "period", text: (*reportingv1.Exclusion).GetPeriod},
		{name: "time", text: func(x *reportingv1.Exclusion) string { return instant(x.GetTakenOut().GetTime()) }},
		{name: "principal", text: func(x *reportingv1.Exclusion) string { return x.GetTakenOut().GetPrincipal() }},
		{name: "reason", text: func(x *reportingv1.Exclusion) string { return x.GetTakenOut().GetReason() }},
		{name: "sequence", text: func(x *reportingv1.Exclusion) string { return number(x.GetTakenOut().GetSequence()) }},
	},
	json: messageJSON[*reportingv1.Exclusion],
}
