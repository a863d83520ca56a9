//go:build unix

package snapshot

import (
	"context"
	"fmt"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/workload"
)

// explain asks for a roll-up of the province and what makes it.
func (r *reader) explain(ctx context.Context, month int, official bool) error {
	known := r.street.acked.Load()
	a, err := r.rollups.ExplainRollup(ctx, &reportingv1.ExplainRollupRequest{
		Unit: "P-0", Indicator: workload.Files, Period: monthName(month), Basis: basis(official), PageSize: 500,
	})
	if err != nil {
		return err
	}
	total := rowFrom(a.GetRollup())
	revisions := map[unit]int{}
	var sum, counted int64
	for _, c := range a.GetContributions() {
		u, ok := r.units[c.GetUnit()]
		if _, twice := revisions[u]; !ok || twice {
			return check.Broken("%s contributes twice, or nobody asked for it", c.GetUnit())
		}
		revisions[u] = int(c.GetRevision())
		if c.GetCounted() {
			counted++
			sum += inHundredths(c.GetFigure().GetValue()) / 100
		}
	}
	if sum != total.value || counted != total.received || len(revisions) != communes {
		return check.Broken("at %d the roll-up is %+v, and what makes it comes to %d from %d of %d units",
			a.GetStamp().GetSequence(), total, sum, counted, len(revisions))
	}
	return r.note(known, a.GetStamp(), func(b *book) error {
		for u, got := range revisions {
			at := b.months[month][int(u)-1-districts]
			want := at.approved
			if !official && at.state == submitted {
				want = at.revision
			}
			if got != want {
				return fmt.Errorf("revision %d of %s counts in %s, and it should be %d", got, unitIDs()[u], monthName(month), want)
			}
		}
		if want := b.row(0, month, official, false); total != want {
			return fmt.Errorf("the explained roll-up of %s is %+v, and the changes come to %+v", monthName(month), total, want)
		}
		return nil
	})
}

func (r *reader) list(ctx context.Context, month int, _ bool) error {
	return r.listBy(ctx, month, 500)
}

func (r *reader) pagedList(ctx context.Context, month int, _ bool) error {
	return r.listBy(ctx, month, int32(3+r.random.IntN(6))) //nolint:gosec // a few
}

// listed is what a list says about one report.
type listed struct {
	etag     string
	approved int
	value    int64
	mark     mark
}

// listBy asks for the reports of a month. What was there when the first page was made must come.
func (r *reader) listBy(ctx context.Context, month int, pageSize int32) error {
	q := &reportingv1.ListReportsRequest{Form: workload.Form, Periods: monthName(month), WithFigures: true, PageSize: pageSize}
	came := map[unit]listed{}
	first := len(r.seen)
	for {
		known := r.street.acked.Load()
		a, err := r.reports.ListReports(ctx, q)
		if err != nil {
			return err
		}
		page := map[unit]listed{}
		for _, m := range a.GetReports() {
			u, ok := r.units[m.GetUnit()]
			if _, twice := came[u]; !ok || twice {
				return check.Broken("the report of %s is listed twice, or nobody asked for it", m.GetUnit())
			}
			page[u] = listedOf(m)
			came[u] = page[u]
		}
		if err := r.note(known, a.GetStamp(), comparePage(page, month)); err != nil {
			return err
		}
		if q.PageToken = a.GetNextPageToken(); q.PageToken == "" {
			break
		}
	}
	begin := r.seen[first].sequence
	r.seen = append(r.seen, seen{begin, func(b *book) error {
		for c, at := range b.months[month] {
			if _, ok := came[unit(1+districts+c)]; !ok && at.state != 0 {
				return fmt.Errorf("the report of commune %d for %s is there and was not listed", c, monthName(month))
			}
		}
		return nil
	}})
	return nil
}

func listedOf(m *reportingv1.Report) listed {
	l := listed{etag: m.GetEtag(), approved: int(m.GetApprovedRevision())}
	for _, f := range m.GetFigures() {
		if f.GetIndicator() != workload.Files {
			continue
		}
		l.value = inHundredths(f.GetValue()) / 100
		switch f.GetState() {
		case reportingv1.FigureState_FIGURE_STATE_NOT_AVAILABLE:
			l.mark = notAvailable
		case reportingv1.FigureState_FIGURE_STATE_NOT_APPLICABLE:
			l.mark = notApplicable
		default:
		}
	}
	return l
}

func comparePage(page map[unit]listed, month int) func(*book) error {
	return func(b *book) error {
		for u, got := range page {
			at := b.months[month][int(u)-1-districts]
			if want := (listed{at.etag(), at.approved, at.now.value, at.now.mark}); got != want {
				return fmt.Errorf("the report of %s for %s is listed as %+v, and it should be %+v", unitIDs()[u], monthName(month), got, want)
			}
		}
		return nil
	}
}
