package reporting_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// lists are all lists that have pages: each gives the names on a page and the token of the next.
func (w *world) lists(by auth.Caller) map[string]func(reporting.Page) ([]string, string, error) {
	ctx := w.t.Context()
	return map[string]func(reporting.Page) ([]string, string, error){
		"units": func(p reporting.Page) ([]string, string, error) {
			page, err := w.svc.ListUnits(ctx, by, reporting.UnitFilter{Page: p})
			return names(page.Units, func(u reporting.Unit) string { return string(u.ID) }), page.Next, err
		},
		"indicators": func(p reporting.Page) ([]string, string, error) {
			page, err := w.svc.ListIndicators(ctx, by, reporting.IndicatorFilter{Page: p})
			return names(page.Indicators, func(i reporting.Indicator) string { return string(i.Code) }), page.Next, err
		},
		"forms": func(p reporting.Page) ([]string, string, error) {
			page, err := w.svc.ListForms(ctx, by, reporting.FormFilter{Page: p})
			return names(page.Forms, func(f reporting.Form) string { return string(f.Code) }), page.Next, err
		},
		"tokens": func(p reporting.Page) ([]string, string, error) {
			page, err := w.svc.ListTokens(ctx, by, p)
			return names(page.Tokens, func(k auth.Token) string { return k.ID }), page.Next, err
		},
		"reports": func(p reporting.Page) ([]string, string, error) {
			page, err := w.svc.ListReports(ctx, by, reporting.ReportFilter{Form: "m", Periods: "2024-01..2024-05", Page: p})
			return names(page.Reports, func(r reporting.Report) string { return r.Key.Period.String() + " " + string(r.Key.Unit) }), page.Next, err
		},
		"revisions": func(p reporting.Page) ([]string, string, error) {
			ref := reporting.ReportRef{Unit: "A", Form: "m", Period: "2024-01"}
			_, page, next, _, err := w.svc.ListRevisions(ctx, by, ref, p)
			list := make([]string, len(page))
			for i, r := range page {
				list[i] = fmt.Sprintf("%03d", 999-r.Number)
			}
			return list, next, err
		},
		"roll-ups": func(p reporting.Page) ([]string, string, error) {
			page, err := w.svc.QueryRollups(ctx, by, reporting.RollupQuery{
				Units: []string{"D", "P"}, Children: true, Indicators: []string{"STOCK", "FLOW"}, Periods: []string{"2024-02", "2024-01"}, Page: p,
			})
			return names(page.Rollups, func(r reporting.Rollup) string {
				return string(r.Unit.Parent) + " " + string(r.Unit.ID) + " " + string(r.Indicator.Code) + " " + r.Period.String()
			}), page.Next, err
		},
		"contributions": func(p reporting.Page) ([]string, string, error) {
			e, err := w.svc.ExplainRollup(ctx, by, reporting.ExplainQuery{Unit: "P", Indicator: "FLOW", Period: "2024-Q1", Page: p})
			list := make([]string, len(e.Contributions))
			for i, c := range e.Contributions {
				list[i] = c.Key.Period.String() + " " + string(c.Unit.ID)
			}
			return list, e.Next, err
		},
	}
}

func names[T any](list []T, name func(T) string) []string {
	all := make([]string, len(list))
	for i, v := range list {
		all[i] = name(v)
	}
	return all
}

// listed gives a world with something in every list.
func listed(t *testing.T) *world {
	w := newWorld(t)
	etag := ""
	for n := range 7 {
		etag = w.submitted(w.admin, seen(flow("A", "2024-01", fmt.Sprint(n)), etag)).Etag
		w.submitted(w.admin, flow([]string{"A", "B", "C"}[n%3], fmt.Sprintf("2024-%02d", 2+n/3), "1"))
		w.token(auth.Viewer, "P")
	}
	_, err := w.svc.ImportIndicators(t.Context(), w.call(w.admin), []indicator.Indicator{sum("B1"), sum("B2")})
	must(t, err)
	_, err = w.svc.ImportForms(t.Context(), w.call(w.admin), []form.Form{monthly("F1", "B1"), monthly("F2", "B2")})
	must(t, err)
	return w
}

// walk reads a list in pages of a size, with something to do between them.
func walk(t *testing.T, list func(reporting.Page) ([]string, string, error), size int, between func()) []string {
	t.Helper()
	var all []string
	for p := (reporting.Page{Size: size}); ; {
		page, next, err := list(p)
		must(t, err)
		if len(page) > size {
			t.Errorf("a page of %d has %d", size, len(page))
		}
		all = append(all, page...)
		if next == "" {
			return all
		}
		p.Token = next
		between()
	}
}

func TestR45PagesOfAnySizeAreTheWholeList(t *testing.T) {
	w := listed(t)
	for name, list := range w.lists(w.admin) {
		whole, next, err := list(reporting.Page{Size: 10_000})
		must(t, err)
		if len(whole) < 3 || next != "" {
			t.Fatalf("%s: %d on one page, next %q", name, len(whole), next)
		}
		for size := 1; size <= len(whole); size++ {
			if got := walk(t, list, size, func() {}); !slices.Equal(got, whole) {
				t.Errorf("%s in pages of %d: %q, want %q", name, size, got, whole)
			}
		}
		_, _, err = list(reporting.Page{Size: -1})
		w.at(err, "PAGE_SIZE_INVALID", "page_size")
	}
}

// What was there at the first page is told once, whatever comes between the pages.
func TestR45NothingIsLostOrDoubledBetweenPages(t *testing.T) {
	for name := range listed(t).lists(auth.Caller{}) {
		w := listed(t)
		list := w.lists(w.admin)[name]
		before, _, err := list(reporting.Page{Size: 500})
		must(t, err)
		n := 0
		got := walk(t, list, 2, func() {
			if n++; n > 4 {
				return
			}
			w.grow(n)
		})
		told := map[string]int{}
		for _, item := range got {
			told[item]++
		}
		for _, item := range before {
			if told[item] != 1 {
				t.Errorf("%s: %q was told %d times: %q", name, item, told[item], got)
			}
		}
		for item, times := range told {
			if times > 1 {
				t.Errorf("%s: %q was told %d times", name, item, times)
			}
		}
	}
}

// grow adds to every list, before and behind what is there.
func (w *world) grow(n int) {
	w.t.Helper()
	ctx := w.t.Context()
	for _, code := range []string{fmt.Sprintf("A%d", n), fmt.Sprintf("Z%d", n)} {
		_, err := w.svc.ImportUnits(ctx, w.call(w.admin), []hierarchy.Unit{unit(code, "commune", "D"), unit("0"+code, "commune", "D")})
		must(w.t, err)
		w.submitted(w.admin, flow(code, "2024-02", "1"))
		w.token(auth.Viewer, "P")
		_, err = w.svc.ImportIndicators(ctx, w.call(w.admin), []indicator.Indicator{sum(code)})
		must(w.t, err)
		_, err = w.svc.ImportForms(ctx, w.call(w.admin), []form.Form{monthly(code, indicator.Code(code))})
		must(w.t, err)
	}
	r, _, err := w.svc.GetReport(ctx, w.admin, reporting.ReportRef{Unit: "A", Form: "m", Period: "2024-01"}, 0)
	must(w.t, err)
	w.submitted(w.admin, seen(flow("A", "2024-01", fmt.Sprint(100+n)), r.Etag))
}

// R45: a token is of one list with one filter of one journal.
func TestR45ATokenIsOfOneListAlone(t *testing.T) {
	w := listed(t)
	lists := w.lists(w.admin)
	other := w.lists(w.token(auth.Administrator, ""))
	for name, list := range lists {
		_, token, err := list(reporting.Page{Size: 1})
		must(t, err)
		for another, foreign := range lists {
			if another != name {
				_, _, err := foreign(reporting.Page{Token: token})
				w.at(err, "PAGE_TOKEN_INVALID", "page_token")
			}
		}
		// It grants nothing and so needs no secret: whoever may read the list may go on in it.
		if _, _, err := other[name](reporting.Page{Token: token}); err != nil {
			t.Errorf("%s: another caller goes on: %v", name, err)
		}
		raw, err := base64.RawURLEncoding.DecodeString(token)
		must(t, err)
		raw[1] ^= 1
		_, _, err = list(reporting.Page{Token: base64.RawURLEncoding.EncodeToString(raw)})
		w.refused(err, "JOURNAL_REPLACED")
	}
	ctx := t.Context()
	page, err := w.svc.ListUnits(ctx, w.admin, reporting.UnitFilter{Page: reporting.Page{Size: 1}})
	must(t, err)
	for _, f := range []reporting.UnitFilter{{AsOf: "2024-01-01"}, {Below: "D"}, {Kinds: []string{"commune"}}, {Search: "a"}} {
		f.Page.Token = page.Next
		_, err = w.svc.ListUnits(ctx, w.admin, f)
		w.at(err, "PAGE_TOKEN_INVALID", "page_token")
	}
	// Midnight is no other filter.
	w.now = w.now.AddDate(0, 0, 1)
	_, err = w.svc.ListUnits(ctx, w.admin, reporting.UnitFilter{Page: reporting.Page{Token: page.Next}})
	must(t, err)
}

// Whatever stands in a token, a list answers or refuses it; a forged key leads no further than the list.
func TestR45AnyTokenIsHarmless(t *testing.T) {
	w := listed(t)
	lists := w.lists(w.admin)
	whole, heads := map[string][]string{}, map[string][]byte{}
	for name, list := range lists {
		page, _, err := list(reporting.Page{Size: 500})
		must(t, err)
		_, token, err := list(reporting.Page{Size: 1})
		must(t, err)
		raw, err := base64.RawURLEncoding.DecodeString(token)
		must(t, err)
		whole[name], heads[name] = page, raw[:33]
	}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"units", "indicators", "forms", "tokens", "reports", "revisions", "roll-ups", "contributions"}).Draw(t, "list")
		token := rapid.String().Draw(t, "text")
		if rapid.Bool().Draw(t, "forged") {
			key := rapid.OneOf(rapid.SliceOf(rapid.Byte()), rapid.Custom(func(t *rapid.T) []byte {
				return []byte(rapid.StringMatching(`[-0-9]{0,20}(/[-0-9]{0,20}){0,5}(/[A-Z]-0)?`).Draw(t, "numbers"))
			})).Draw(t, "key")
			token = base64.RawURLEncoding.EncodeToString(append(slices.Clone(heads[name]), key...))
		}
		page, _, err := lists[name](reporting.Page{Size: 500, Token: token})
		if err != nil {
			if reason := fault.ReasonOf(err); reason != "PAGE_TOKEN_INVALID" && reason != "JOURNAL_REPLACED" {
				t.Fatalf("%s with the token %q: %v", name, token, err)
			}
			return
		}
		for _, item := range page {
			if !slices.Contains(whole[name], item) {
				t.Fatalf("%s with the token %q gives %q, which is not in the list", name, token, item)
			}
		}
	})
}

// A page holds no more than was asked for and looks at no more than it can in a short transaction, with or without
// anything to show for it.
func TestAQueryForMillionsCostsAPage(t *testing.T) {
	w := newWorld(t)
	later := sum("LATER")
	later.ValidFrom = period.Date(2030, 1, 1)
	_, err := w.svc.ImportIndicators(t.Context(), w.call(w.admin), []indicator.Indicator{later})
	must(t, err)
	query := reporting.RollupQuery{Children: true, Basis: rollup.Provisional, ByKind: true, Periods: []string{"1990-01..2024-05"}}
	for range 900 {
		query.Units = append(query.Units, "P")
	}
	for _, c := range []struct {
		code       string
		size, want int
	}{{"FLOW", 700, 700}, {"LATER", 700, 0}} {
		query.Indicators = slices.Repeat([]string{c.code}, 900)
		query.Page = reporting.Page{Size: c.size}
		for n := range 3 {
			page, err := w.svc.QueryRollups(t.Context(), w.admin, query)
			must(t, err)
			if page.Next == "" || len(page.Rollups) != c.want {
				t.Fatalf("page %d of 900 × 2 × 900 × 413 of %s: %d roll-ups, next %q; want %d and a next",
					n, c.code, len(page.Rollups), page.Next, c.want)
			}
			query.Page.Token = page.Next
		}
	}
	query.Units = append(query.Units, make([]string, 200)...)
	_, err = w.svc.QueryRollups(t.Context(), w.admin, query)
	w.at(err, "QUERY_TOO_LARGE", "units")
}
