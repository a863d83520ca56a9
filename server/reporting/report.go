package reporting

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
)

// ReportRef names a report as a caller writes it; the unit may be a bare code, which is resolved on the last day of
// the period (R1).
type ReportRef struct{ Unit, Form, Period string }

// ParseReportName reads "units/U/reports/FORM~PERIOD".
func ParseReportName(name string) (ReportRef, error) {
	const longest = 200 // no unit, form and period make a longer one
	parts := strings.SplitN(name, "/", 5)
	if len(name) <= longest && len(parts) == 4 && parts[0] == "units" && parts[2] == "reports" {
		if form, per, ok := strings.Cut(parts[3], "~"); ok && parts[1] != "" && form != "" && per != "" {
			return ReportRef{Unit: parts[1], Form: form, Period: per}, nil
		}
	}
	return ReportRef{}, fault.Invalid("REPORT_NAME_INVALID",
		"report name %q: write units/UNIT/reports/FORM~PERIOD, such as units/30280/reports/cds-thang~2024-02", shorten(name)).
		With("value", shorten(name)).In("name")
}

// ReportName gives the resource name of a report.
func ReportName(k entry.ReportKey) string {
	return "units/" + string(k.Unit) + "/reports/" + string(k.Form.Fold()) + "~" + k.Period.String()
}

// place is a report's unit and form on the day that matters to it.
type place struct {
	key  entry.ReportKey
	unit hierarchy.Unit
	form form.Form
	last period.Day
}

// place finds what the reference names, among the units that the caller sees. It does not ask what he may do there.
func (g granted) place(ref ReportRef) (place, error) {
	return g.placeAmong(ref, g.seesPlace)
}

// seesPlace says whether the caller sees the reports of a unit in a form.
func (g granted) seesPlace(f form.Form, last period.Day, id hierarchy.ID) bool {
	return g.reads(id, last) || g.reviews(f, last)
}

// placeAmong finds what the reference names among some units.
func (g granted) placeAmong(ref ReportRef, sees func(f form.Form, last period.Day, id hierarchy.ID) bool) (place, error) {
	var problems fault.List
	p, err := period.Parse(ref.Period)
	if err != nil {
		problems.Add(fault.Of(err).In("period"))
	}
	var f form.Form
	if err == nil {
		f, err = formOf(g.tx.Definitions(), ref.Form, p)
		problems.Add(err)
	} else if _, ok := g.tx.Forms().Latest(form.Code(ref.Form)); !ok {
		problems.Add(unknownForm(g.tx.Definitions(), ref.Form, 0).In("form"))
	}
	if err := problems.Err(); err != nil {
		return place{}, err
	}
	last := f.Last(p)
	unit, err := g.resolve(ref.Unit, last, func(id hierarchy.ID) bool { return sees(f, last, id) })
	if err != nil {
		return place{}, fault.Of(err).In("unit")
	}
	return place{
		key:  entry.ReportKey{Unit: unit.ID, Form: f.Code, Period: p},
		unit: unit, form: f, last: last,
	}, nil
}

// Report is a report as it is shown to one caller.
type Report struct {
	aggregator.Report
	UnitCode hierarchy.Code
	// Shown is the revision that is shown: the newest that is not a draft, or the caller's own draft where there is
	// nothing else.
	Shown aggregator.Revision
	Etag  string

	// What Figures needs: the names of the indicators, and the day whose versions give the scales.
	catalogue *indicator.Catalogue
	last      period.Day
}

// etagOf names what was seen: revision and state (R24).
func etagOf(r aggregator.Revision) string {
	return strconv.Itoa(r.Number) + "-" + strings.ToLower(r.State.String())
}

// report dresses a report for the caller; ok is false where there is nothing that he may see.
func (g granted) report(r aggregator.Report) (Report, bool) {
	shown := Report{Report: r, catalogue: g.tx.Indicators()}
	if f, ok := g.tx.Forms().Latest(r.Key.Form); ok {
		shown.last = f.Last(r.Key.Period)
	}
	if u, ok := g.tx.Tree().Unit(r.Key.Unit); ok {
		shown.UnitCode = u.Code
	}
	newest, sent := r.Newest()
	draft, drafted := r.Draft()
	if !g.ownDrafts(r.Key.Unit) {
		drafted = false
	}
	switch {
	case sent:
		shown.Shown = newest
	case drafted:
		shown.Shown = draft
	default:
		return Report{}, false
	}
	shown.Etag = etagOf(shown.Shown)
	if drafted && draft.Number > shown.Shown.Number {
		shown.Etag = etagOf(draft)
	}
	if r.Excluded() {
		shown.Etag += excludedMark
	}
	return shown, true
}

func noReport(name string) *fault.Error {
	return fault.NotFound("REPORT_NOT_FOUND", "nothing was sent for %s", name).With("name", name).In("name")
}

// GetReport gives a report with the figures of its newest revision that was sent.
func (s *Service) GetReport(ctx context.Context, caller auth.Caller, ref ReportRef, minSequence uint64) (Report, Stamp, error) {
	return s.GetReportAt(ctx, caller, ref, At{}, minSequence)
}

// GetReportAt is GetReport as of an earlier state.
func (s *Service) GetReportAt(ctx context.Context, caller auth.Caller, ref ReportRef, at At, minSequence uint64) (Report, Stamp, error) {
	var report Report
	var stamp Stamp
	err := s.readAt(ctx, caller, at, minSequence, func(tx *aggregator.Tx, who granted) error {
		stamp = stampOf(tx)
		at, r, err := who.stored(ref)
		if err != nil {
			return err
		}
		shown, ok := who.report(r)
		if !ok {
			return noReport(ReportName(at.key))
		}
		report = shown
		return nil
	})
	return report, stamp, err
}

// stored finds a report that the caller may read and that somebody wrote.
func (g granted) stored(ref ReportRef) (place, aggregator.Report, error) {
	if err := g.need(auth.Read); err != nil {
		return place{}, aggregator.Report{}, err
	}
	at, err := g.place(ref)
	if err != nil {
		return place{}, aggregator.Report{}, err
	}
	if !g.readsReport(at.unit.ID, at.form, at.last) {
		return place{}, aggregator.Report{}, notSeen(ref.Unit).In("unit")
	}
	r, ok, err := g.tx.Report(at.key)
	if err != nil {
		return place{}, aggregator.Report{}, err
	}
	if !ok {
		return place{}, aggregator.Report{}, noReport(ReportName(at.key))
	}
	return at, r, nil
}

// ListRevisions gives the revisions of a report that the caller may see, newest first.
func (s *Service) ListRevisions(
	ctx context.Context, caller auth.Caller, ref ReportRef, page Page,
) (Report, []aggregator.Revision, string, Stamp, error) {
	return s.ListRevisionsAt(ctx, caller, ref, At{}, page)
}

// ListRevisionsAt is ListRevisions as of an earlier state: the revisions that there were then, each in the state of then.
func (s *Service) ListRevisionsAt(
	ctx context.Context, caller auth.Caller, ref ReportRef, asOf At, page Page,
) (Report, []aggregator.Revision, string, Stamp, error) {
	size, err := page.size(defaultPage, largestPage)
	if err != nil {
		return Report{}, nil, "", Stamp{}, err
	}
	var report Report
	var revisions []aggregator.Revision
	var next string
	var stamp Stamp
	err = s.readAt(ctx, caller, asOf, 0, func(tx *aggregator.Tx, who granted) error {
		stamp, revisions, next = stampOf(tx), nil, ""
		at, r, err := who.stored(ref)
		if err != nil {
			return err
		}
		from, err := page.open(tx, filterHash("revisions", ReportName(at.key), asOf.String()))
		if err != nil {
			return err
		}
		var ok bool
		if report, ok = who.report(r); !ok {
			return noReport(ReportName(at.key))
		}
		for i := len(r.Revisions) - 1; i >= 0; i-- {
			rev := r.Revisions[i]
			if rev.State == aggregator.Draft && !who.ownDrafts(at.unit.ID) {
				continue
			}
			if key := revisionKey(rev.Number); from.key == "" || key < from.key {
				if len(revisions) == size {
					from.key = revisionKey(revisions[size-1].Number)
					next = from.token()
					return nil
				}
				revisions = append(revisions, rev)
			}
		}
		return nil
	})
	return report, revisions, next, stamp, err
}

func revisionKey(n int) string { return fmt.Sprintf("%010d", n) }
