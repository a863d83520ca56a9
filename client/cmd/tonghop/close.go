package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/client/receipt"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

const closingPrefix = "CLOSING_STATE_"

// closingName names a closing by its parts.
func closingName(form, period, owner string) string {
	name := "forms/" + strings.ToLower(form) + "/closings/" + period
	if owner != "" {
		name += "~" + owner
	}
	return name
}

type closeCmd struct {
	Form    string `arg:"" help:"Code of the form."`
	Period  string `arg:"" optional:"" help:"Base period of the form, such as 2024-02. Without one the closings of the form are listed."`
	Owner   string `placeholder:"U" help:"Unit below which it is closed; not needed where the form names its owner."`
	Force   bool   `help:"Close although reports wait for approval; they are left out, and named. Needs --reason."`
	Reason  string `placeholder:"TEXT" help:"Why; at most 2,000 characters and no personal data."`
	Show    bool   `help:"Show how the period stands and change nothing."`
	Table   bool   `help:"Print what the closing kept, as the CSV whose SHA-256 is the digest."`
	Version int32  `placeholder:"N" help:"Of that closing instead of the last; goes with --table."`
	Yes     bool   `help:"Do not ask."`
	DryRun  bool   `help:"Check everything and change nothing."`
	keeping
}

// Help shows how it is used.
func (closeCmd) Help() string {
	return `After a closing no report of the period changes, for all units below the owner. The official roll-ups of that moment are kept; ` + "`tonghop query --closed-version N`" + ` gives them, and a query says where the figures of today are others.

Examples:

    tonghop close cds-thang 2024-02
    tonghop close cds-thang 2024-02 --force --reason "Hai xã chưa gửi kịp"
    tonghop close cds-thang
    tonghop close cds-thang 2024-02 --table | sha256sum`
}

// Validate wants a period for everything but the list.
func (c *closeCmd) Validate() error {
	closes, looks := c.Force || c.Reason != "" || c.DryRun, c.Show || c.Table
	switch {
	case c.Period == "" && (c.Owner != "" || closes || looks):
		return errors.New("give the period")
	case c.Show && c.Table:
		return errors.New("give --show or --table, not both")
	case looks && closes:
		return errors.New("--show and --table change nothing; leave out --force, --reason and --dry-run")
	case c.Version != 0 && !c.Table:
		return errors.New("--version goes with --table")
	default:
		return nil
	}
}

// Run lists, shows, prints, or asks and closes.
func (c *closeCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(to *client.Client) error {
		if c.Period == "" {
			return list(s, closingSheet, to.Closings(ctx, &reportingv1.ListClosingsRequest{Parent: "forms/" + strings.ToLower(c.Form)}))
		}
		name := closingName(c.Form, c.Period, c.Owner)
		if c.Table {
			return c.table(ctx, s, to, name)
		}
		seen, err := to.GetClosing(ctx, &reportingv1.GetClosingRequest{Name: name})
		if err != nil {
			return err
		}
		if c.Show {
			return one(s, seen, closingPairs(seen))
		}
		s.notice("%s  %s  waiting %d  etag %s", plain(seen.GetName()), word(seen.GetState(), closingPrefix),
			seen.GetWaitingCount(), plain(seen.GetEtag()))
		for _, report := range seen.GetWaiting() {
			s.notice("  waits: %s", plain(report))
		}
		if agreed, err := s.agreed(ctx, c.Yes || c.DryRun, "Close this period?", "nothing was closed"); err != nil || !agreed {
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
		closed, err := to.ClosePeriod(ctx, &reportingv1.ClosePeriodRequest{
			Name: seen.GetName(), Etag: seen.GetEtag(), Force: c.Force, Reason: c.Reason, RequestId: id, ValidateOnly: c.DryRun,
		})
		if err != nil {
			return err
		}
		as := receipt.Record{Kind: receipt.Close, RequestID: id, Report: closed.GetName(), Revision: closed.GetVersion(), Etag: seen.GetEtag(), Reason: c.Reason}
		if err := kept.keepOne(as, closed.GetReceipt()); err != nil {
			return err
		}
		if c.DryRun {
			s.notice("nothing was changed (dry run)")
		}
		return one(s, closed, closingPairs(closed))
	})
}

// agreed asks whoever can be asked. Where he says no, that is the end: the error says so.
func (s *session) agreed(ctx context.Context, without bool, question, otherwise string) (bool, error) {
	if without || !s.person() {
		return true, nil
	}
	agreed, err := s.confirm(ctx, question)
	if err == nil && !agreed {
		s.notice("%s", otherwise)
		err = errRefused
	}
	return agreed, err
}

// table prints the canonical text of a closing, byte by byte.
func (c *closeCmd) table(ctx context.Context, s *session, to *client.Client, name string) error {
	q := &reportingv1.ListClosedRollupsRequest{Parent: name, Version: c.Version, PageSize: 5000}
	for first := true; first || q.GetPageToken() != ""; first = false {
		page, err := to.ListClosedRollups(ctx, q)
		if err != nil {
			return err
		}
		if first {
			s.notice("version %d, SHA-256 %s", page.GetVersion(), page.GetDigest())
			if err := s.printf("%s\n", page.GetHeader()); err != nil {
				return err
			}
		}
		for _, line := range page.GetLines() {
			if err := s.printf("%s\n", line); err != nil {
				return err
			}
		}
		q.Version, q.PageToken = page.GetVersion(), page.GetNextPageToken()
	}
	return nil
}

type reopenCmd struct {
	Form   string   `arg:"" help:"Code of the form."`
	Period string   `arg:"" help:"Base period of the form, such as 2024-02."`
	Owner  string   `placeholder:"U" help:"Unit below which it was closed; not needed where the form names its owner."`
	Unit   []string `placeholder:"U,..." help:"Units that may change their reports, each without those below it."`
	All    bool     `help:"Instead of --unit: all units."`
	Until  string   `required:"" placeholder:"WHEN" help:"When it is closed again by itself: a day, which counts, or an instant such as 2024-03-31T17:00:00Z."`
	Reason string   `required:"" placeholder:"TEXT" help:"Why; at most 2,000 characters and no personal data."`
	Yes    bool     `help:"Do not ask."`
	DryRun bool     `help:"Check everything and change nothing."`
	keeping
}

// Help shows how it is used.
func (reopenCmd) Help() string {
	return `Reports change as before until the end that is given; then they stand still again. What was kept stays; close the period once more to keep what it came to.

Examples:

    tonghop reopen cds-thang 2024-02 --unit 29869,30280 --until 2024-03-31 --reason "Nhầm đơn vị tính"`
}

// Validate wants units, or all.
func (c *reopenCmd) Validate() error {
	if c.All == (len(c.Unit) > 0) {
		return errors.New("name units with --unit, or say --all")
	}
	return nil
}

// Run shows, asks and reopens.
func (c *reopenCmd) Run(ctx context.Context, s *session) error {
	until, _, ok := readTime(c.Until)
	if !ok {
		return s.usage("--until %q: give a day, such as 2024-03-31, or a time, such as 2024-03-31T17:00", c.Until)
	}
	return s.with(ctx, func(to *client.Client) error {
		seen, err := to.GetClosing(ctx, &reportingv1.GetClosingRequest{Name: closingName(c.Form, c.Period, c.Owner)})
		if err != nil {
			return err
		}
		s.notice("%s  %s  version %d  etag %s", plain(seen.GetName()), word(seen.GetState(), closingPrefix), seen.GetVersion(), plain(seen.GetEtag()))
		if agreed, err := s.agreed(ctx, c.Yes || c.DryRun, "Reopen this period?", "nothing was reopened"); err != nil || !agreed {
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
		opened, err := to.ReopenPeriod(ctx, &reportingv1.ReopenPeriodRequest{
			Name: seen.GetName(), Etag: seen.GetEtag(), Units: c.Unit, Until: timestamppb.New(until), Reason: c.Reason, RequestId: id, ValidateOnly: c.DryRun,
		})
		if err != nil {
			return err
		}
		as := receipt.Record{Kind: receipt.Reopen, RequestID: id, Report: opened.GetName(), Revision: opened.GetVersion(), Etag: seen.GetEtag(), Reason: c.Reason}
		if err := kept.keepOne(as, opened.GetReceipt()); err != nil {
			return err
		}
		if c.DryRun {
			s.notice("nothing was changed (dry run)")
		}
		return one(s, opened, closingPairs(opened))
	})
}

func closingPairs(c *reportingv1.Closing) []pair {
	pairs := []pair{
		{"closing", c.GetName()},
		{"days", c.GetFirstDay() + " to " + c.GetLastDay()},
		{"state", word(c.GetState(), closingPrefix)},
		{"version", some(c.GetVersion())},
		{"waiting", some(c.GetWaitingCount())},
		{"etag", c.GetEtag()},
		{"entry", some(c.GetReceipt().GetSequence())},
	}
	for _, v := range c.GetVersions() {
		forced := ""
		if v.GetForced() {
			forced = fmt.Sprintf(", %s left out", plural(len(v.GetLeftOut()), "report", "reports"))
		}
		pairs = append(pairs,
			pair{fmt.Sprintf("version %d", v.GetVersion()), fmt.Sprintf("%s by %s, %d rows%s", when(v.GetTime()), v.GetPrincipal(), v.GetRows(), forced)},
			pair{"digest", v.GetDigest()},
			pair{"because", first(v.GetReason(), textsRemoved(v.GetReasonRemoved()))})
		for _, r := range v.GetReopenings() {
			pairs = append(pairs,
				pair{"reopened", fmt.Sprintf("%s by %s until %s for %s", when(r.GetTime()), r.GetPrincipal(), when(r.GetUntil()), first(strings.Join(r.GetUnits(), ", "), "all"))},
				pair{"because", first(r.GetReason(), textsRemoved(r.GetReasonRemoved()))})
		}
	}
	return pairs
}

// newestVersion is empty where the period was never closed.
func newestVersion(c *reportingv1.Closing) *reportingv1.ClosingVersion {
	if len(c.GetVersions()) == 0 {
		return nil
	}
	return c.GetVersions()[0]
}

var closingSheet = sheet[*reportingv1.Closing]{
	table: []column[*reportingv1.Closing]{
		{name: "CLOSING", text: (*reportingv1.Closing).GetName},
		{name: "STATE", text: func(c *reportingv1.Closing) string { return word(c.GetState(), closingPrefix) }},
		{name: "VERSION", text: func(c *reportingv1.Closing) string { return some(c.GetVersion()) }, right: true},
		{name: "CLOSED", text: func(c *reportingv1.Closing) string { return when(newestVersion(c).GetTime()) }},
		{name: "BY", text: func(c *reportingv1.Closing) string { return newestVersion(c).GetPrincipal() }},
		{name: "LEFT OUT", text: func(c *reportingv1.Closing) string { return some(int32(len(newestVersion(c).GetLeftOut()))) }, right: true}, //nolint:gosec // units
	},
	csv: []column[*reportingv1.Closing]{
		{name: "closing", text: (*reportingv1.Closing).GetName},
		{name: "form", text: (*reportingv1.Closing).GetForm},
		{name: "period", text: (*reportingv1.Closing).GetPeriod},
		{name: "owner", text: (*reportingv1.Closing).GetOwner},
		{name: "state", text: func(c *reportingv1.Closing) string { return word(c.GetState(), closingPrefix) }},
		{name: "version", text: func(c *reportingv1.Closing) string { return some(c.GetVersion()) }},
		{name: "time", text: func(c *reportingv1.Closing) string { return instant(newestVersion(c).GetTime()) }},
		{name: "principal", text: func(c *reportingv1.Closing) string { return newestVersion(c).GetPrincipal() }},
		{name: "digest", text: func(c *reportingv1.Closing) string { return newestVersion(c).GetDigest() }},
		{name: "left_out", text: func(c *reportingv1.Closing) string { return strings.Join(newestVersion(c).GetLeftOut(), "|") }},
	},
	json: messageJSON[*reportingv1.Closing],
}
