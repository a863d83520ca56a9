//go:build unix

package bitrot

import (
	"context"
	"fmt"
	"strings"

	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// answers are all that a store says, by what was asked.
type answers map[string]said

// said is one answer, or the error that was given instead.
type said struct {
	text string
	err  error
}

// look asks a store for everything.
func look(ctx context.Context, store *server.Store, secret auth.Secret) answers {
	l := looker{ctx: ctx, svc: store.Service, all: answers{}}
	l.note("head", fmt.Sprint(store.Head()), nil)
	var err error
	l.who, err = l.svc.Authenticate(ctx, secret)
	l.note("who", l.who.String(), err)
	if err != nil {
		return l.all
	}
	l.catalogue()
	l.reports()
	l.rollups()
	return l.all
}

type looker struct {
	ctx context.Context //nolint:containedctx // it lives as long as look
	svc *reporting.Service
	who auth.Caller
	all answers
}

func (l *looker) note(what, text string, err error) { l.all[what] = said{text, err} }

const everything = 1000

func (l *looker) catalogue() {
	page := reporting.Page{Size: everything}
	units, err := l.svc.ListUnits(l.ctx, l.who, reporting.UnitFilter{Page: page})
	var text strings.Builder
	for _, u := range units.Units {
		_, _ = fmt.Fprintln(&text, u.ID, u.Code, u.Kind, u.NameVI, u.Parent, u.ValidFrom, u.ValidTo, u.Etag)
	}
	l.note("units", text.String(), err)
	indicators, err := l.svc.ListIndicators(l.ctx, l.who, reporting.IndicatorFilter{Page: page})
	l.note("indicators", fmt.Sprintf("%+v", indicators), err)
	forms, err := l.svc.ListForms(l.ctx, l.who, reporting.FormFilter{Page: page})
	l.note("forms", fmt.Sprintf("%+v", forms), err)
	tokens, err := l.svc.ListTokens(l.ctx, l.who, page)
	text.Reset()
	for _, t := range tokens.Tokens {
		_, _ = fmt.Fprintln(&text, t, t.DisplayName, t.Created, t.Expires, t.Revoked)
	}
	l.note("tokens", text.String(), err)
	changes, err := l.svc.ListChanges(l.ctx, l.who, reporting.ChangeFilter{Size: everything})
	l.note("changes", fmt.Sprintf("%+v", changes), err)
}

func (l *looker) reports() {
	page, err := l.svc.ListReports(l.ctx, l.who, reporting.ReportFilter{Form: "M", Periods: "2024-01..2024-06", Page: reporting.Page{Size: everything}})
	var text strings.Builder
	for _, r := range page.Reports {
		_, _ = fmt.Fprintf(&text, "%+v %s %v\n", r.Report, r.Etag, r.Figures(r.Shown))
	}
	l.note("reports", text.String(), err)
}

func (l *looker) rollups() {
	for b := range rollup.Basis(2) {
		page, err := l.svc.QueryRollups(l.ctx, l.who, reporting.RollupQuery{
			Units: []string{"P", "D1", "D2", "C0", "C3", "C8"}, Indicators: []string{"SUM", "RATIO", "LAST", "MAX"},
			Periods: []string{"2024-01..2024-06", "2024-Q1", "2024-H1", "2024"}, Basis: b, Page: reporting.Page{Size: everything},
		})
		var text strings.Builder
		for _, r := range page.Rollups {
			a := r.Result
			_, _ = fmt.Fprintln(&text, r.Unit.ID, r.Indicator.Code, r.Period, a.State, a.Display, a.NumeratorDisplay, a.DenominatorDisplay, a.Coverage, a.From)
		}
		l.note(fmt.Sprint("rollups ", b), text.String(), err)
	}
}
