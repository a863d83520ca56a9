package reporting

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// ReportFilter narrows a list of reports.
type ReportFilter struct {
	// Unit is a unit's reference; empty for all.
	Unit          string
	Form, Periods string
	Below         string
	States        []aggregator.RevisionState
	Page          Page
	At            At
}

// ReportPage is one page of reports.
type ReportPage struct {
	Reports []Report
	Next    string
	Stamp   Stamp
}

// maxLookups is how many reports one page looks for: most units may have sent nothing, and the page is then short
// rather than its transaction long.
const maxLookups = 20_000

// ListReports lists the reports of a form by period, then in the order of the codes of their units.
func (s *Service) ListReports(ctx context.Context, caller auth.Caller, f ReportFilter) (ReportPage, error) {
	f.States = slices.Compact(slices.Sorted(slices.Values(f.States)))
	return s.listReports(ctx, caller, f, "reports", func(who granted, r aggregator.Report) (Report, bool) {
		shown, visible := who.report(r)
		return shown, visible && (len(f.States) == 0 || slices.Contains(f.States, shown.Shown.State))
	})
}

// listReports lists what is wanted of the reports and obligations that the caller may read.
func (s *Service) listReports(
	ctx context.Context, caller auth.Caller, f ReportFilter, what string, wants func(who granted, r aggregator.Report) (Report, bool),
) (ReportPage, error) {
	size, err := f.Page.size(defaultPage, largestPage)
	if err != nil {
		return ReportPage{}, err
	}
	periods, err := period.ParseRange(f.Periods)
	if err != nil {
		return ReportPage{}, fault.Of(err).In("periods")
	}
	if len(periods) > maxFormPeriods {
		return ReportPage{}, tooManyPeriods(f.Periods, len(periods), maxFormPeriods)
	}
	var page ReportPage
	err = s.readAt(ctx, caller, f.At, 0, func(tx *aggregator.Tx, who granted) error {
		page = ReportPage{Stamp: stampOf(tx)}
		from, err := f.Page.open(tx, f.hash(what))
		if err != nil {
			return err
		}
		l := reportList{who: who, filter: f, wants: wants, size: size, page: &page, from: from, units: s.inCodeOrder(tx)}
		return l.run(periods)
	})
	return page, err
}

func (f ReportFilter) hash(what string) [8]byte {
	parts := []string{what, f.Unit, f.Form, f.Periods, f.Below, f.At.String()}
	for _, state := range f.States {
		parts = append(parts, state.String())
	}
	return filterHash(parts...)
}

// codeOrder is the ordinals of a tree's units in the order of their codes, then ids.
type codeOrder struct {
	tree     *hierarchy.Tree
	ordinals []int32
}

// inCodeOrder gives the units of every day in the order of lists. It is made once for each tree; of earlier ones the last is
// kept.
func (s *Service) inCodeOrder(tx *aggregator.Tx) []int32 {
	tree, order := tx.Tree(), &s.order
	if _, _, past := tx.Moment(); past {
		order = &s.pastOrder
	}
	if known := order.Load(); known != nil && known.tree == tree {
		return known.ordinals
	}
	made := &codeOrder{tree: tree, ordinals: make([]int32, tree.Len())}
	units := make([]hierarchy.Unit, tree.Len())
	for i := range units {
		made.ordinals[i], units[i] = int32(i), tree.At(i) //nolint:gosec // see hierarchy
	}
	slices.SortFunc(made.ordinals, func(a, b int32) int {
		return cmp.Or(cmp.Compare(units[a].Code, units[b].Code), cmp.Compare(units[a].ID, units[b].ID))
	})
	order.Store(made)
	return made.ordinals
}

// reportList is one listing under way.
type reportList struct {
	who     granted
	filter  ReportFilter
	wants   func(who granted, r aggregator.Report) (Report, bool)
	size    int
	page    *ReportPage
	from    cursor
	units   []int32
	unit    hierarchy.ID // only this one; empty for all
	below   hierarchy.ID
	lookups int
}

func (l *reportList) run(periods []period.Period) error {
	if err := l.who.need(auth.Read); err != nil {
		return err
	}
	for _, p := range periods {
		f, err := formOf(l.who.tx.Definitions(), l.filter.Form, p)
		if err != nil {
			return err
		}
		if !l.who.readsForm(f.Code) {
			return l.who.formNotGranted(l.filter.Form)
		}
		if err := l.resolve(f.Last(p)); err != nil {
			return err
		}
		last, unit, _ := strings.Cut(l.from.key, "/")
		switch {
		case l.page.Next != "" || p.String() < last:
			continue
		case p.String() > last:
			unit = ""
		}
		if err := l.period(f, p, unit); err != nil {
			return err
		}
	}
	return nil
}

// resolve finds the units of the filter on the day of a period.
func (l *reportList) resolve(on period.Day) error {
	if l.filter.Unit != "" {
		u, err := l.who.seen("parent", l.filter.Unit, on)
		if err != nil {
			return err
		}
		l.unit = u.ID
	}
	if l.filter.Below != "" {
		u, err := l.who.seen("below", l.filter.Below, on)
		if err != nil {
			return err
		}
		l.below = u.ID
	}
	return nil
}

// period lists the reports of one period whose units come after the key of one.
func (l *reportList) period(f form.Form, p period.Period, after string) error {
	tree, on := l.who.tx.Tree(), f.Last(p)
	units := l.units
	if l.unit != "" {
		ordinal, _ := tree.Ordinal(l.unit)
		units = []int32{int32(ordinal)} //nolint:gosec // see hierarchy
	}
	for _, o := range units {
		u := tree.At(int(o))
		key := unitKey(u)
		if key <= after || l.below != "" && !tree.Within(u.ID, l.below, on) || !l.who.readsReport(u.ID, f, on) {
			continue
		}
		if l.lookups == l.most() {
			l.page.Next = l.from.token()
			return nil
		}
		l.lookups++
		r, _, err := l.who.tx.Report(entry.ReportKey{Unit: u.ID, Form: f.Code, Period: p})
		if err != nil {
			return err
		}
		if shown, wanted := l.wants(l.who, r); wanted {
			if len(l.page.Reports) == l.size {
				l.page.Next = l.from.token()
				return nil
			}
			l.page.Reports = append(l.page.Reports, shown)
		}
		l.from.key = p.String() + "/" + key
	}
	return nil
}

// most is how many reports a page looks for. As of an earlier entry each is made from its whole history.
func (l *reportList) most() int {
	if l.who.present != nil {
		return aggregator.MaxReportsAsOf
	}
	return maxLookups
}
