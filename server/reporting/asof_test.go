package reporting_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// entryAt asks as of an entry.
func entryAt(sequence uint64) reporting.At {
	n := int64(sequence) //nolint:gosec // counts from 1
	return reporting.At{Sequence: &n}
}

// largeDistricts adds three districts with 900 communes each.
func (w *world) largeDistricts() {
	w.t.Helper()
	var units []hierarchy.Unit
	for d := range 3 {
		district := fmt.Sprintf("D%d", d+1)
		units = append(units, unit(district, "district", "P"))
		for c := range 900 {
			units = append(units, unit(fmt.Sprintf("%sC%03d", district, c), "commune", district))
		}
	}
	_, err := w.svc.ImportUnits(w.t.Context(), w.call(w.admin), units)
	must(w.t, err)
}

// TestR30APageEndsBeforeItTakesTooManyReports asks for districts with 900 communes each as of an earlier entry: two of them
// are a page, and the province, which is the sum of all, is refused.
func TestR30APageEndsBeforeItTakesTooManyReports(t *testing.T) {
	w := newWorld(t)
	w.largeDistricts()
	for d := range 3 {
		w.submitted(w.admin, flow(fmt.Sprintf("D%dC000", d+1), "2024-05", fmt.Sprint(d+5)))
	}
	at := entryAt(w.head())
	w.submitted(w.admin, flow("D1C001", "2024-05", "100"))
	q := reporting.RollupQuery{
		Units: []string{"D1", "D2", "D3"}, Indicators: []string{"FLOW", "STOCK"}, Periods: []string{"2024-05"}, Basis: rollup.Provisional, At: at,
	}
	var pages []string
	for {
		page, err := w.svc.QueryRollups(t.Context(), w.admin, q)
		must(t, err)
		said := ""
		for _, r := range page.Rollups {
			said += fmt.Sprintf("%s %s %s%s of %d; ", r.Unit.Code, r.Indicator.Code, r.Result.State, r.Result.Display, r.Result.Coverage.Expected)
		}
		pages = append(pages, said)
		if page.Stamp.AtSequence != uint64(*at.Sequence) || page.Stamp.Sequence != w.head() {
			t.Errorf("a page is stamped %+v, want as of %d at %d", page.Stamp, *at.Sequence, w.head())
		}
		if q.Page.Token = page.Next; page.Next == "" {
			break
		}
	}
	want := []string{
		"D1 FLOW VALUE5 of 900; D1 STOCK NO_DATA of 900; D2 FLOW VALUE6 of 900; D2 STOCK NO_DATA of 900; ",
		"D3 FLOW VALUE7 of 900; D3 STOCK NO_DATA of 900; ",
	}
	if got := strings.Join(pages, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the pages are\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	q.Units, q.Page.Token = []string{"P"}, ""
	_, err := w.svc.QueryRollups(t.Context(), w.admin, q)
	w.refused(err, "AS_OF_TOO_LARGE")
	if e := fault.Of(err); e.Kind != fault.KindExhausted || !strings.Contains(e.Error(), "ask for the units below it one by one") {
		t.Errorf("it says %v, want what to do", err)
	}
	_, err = w.svc.ExplainRollup(t.Context(), w.admin, reporting.ExplainQuery{Unit: "P", Indicator: "FLOW", Period: "2024-05", At: at})
	w.refused(err, "AS_OF_TOO_LARGE")
	q.At = reporting.At{}
	page, err := w.svc.QueryRollups(t.Context(), w.admin, q)
	must(t, err)
	w.expect("now", page.Rollups[0].Result.Display, "118")
}

// TestR30ATokenOfAPageIsOfItsMoment takes the token of a page to another moment.
func TestR30ATokenOfAPageIsOfItsMoment(t *testing.T) {
	w := newWorld(t)
	q := reporting.UnitFilter{Page: reporting.Page{Size: 2}, At: entryAt(w.head())}
	page, err := w.svc.ListUnits(t.Context(), w.admin, q)
	must(t, err)
	q.Page.Token = page.Next
	for _, other := range []reporting.At{{}, entryAt(w.head() - 1), {Time: w.now.Add(-time.Hour)}} {
		q.At = other
		_, err = w.svc.ListUnits(t.Context(), w.admin, q)
		if fault.ReasonOf(err) != "PAGE_TOKEN_INVALID" && fault.ReasonOf(err) != "AT_BEFORE_BEGINNING" {
			t.Errorf("as of %q: %v, want PAGE_TOKEN_INVALID", other, err)
		}
	}
}

// TestR30RightsAreThoseOfNow asks as of when a right did not exist yet, and as of when one existed that was taken away.
func TestR30RightsAreThoseOfNow(t *testing.T) {
	w := newWorld(t)
	reviewer := w.token(auth.Approver, "D")
	w.submitted(w.admin, flow("C", "2024-05", "3"))
	before := w.head()
	ref := reporting.ReportRef{Unit: "C", Form: "M", Period: "2024-05"}
	read := func(at reporting.At) error {
		_, _, err := w.svc.GetReportAt(t.Context(), reviewer, ref, at, 0)
		return err
	}
	set := func(reviewing string) {
		t.Helper()
		f := w.form("M")
		f.Reviewer = hierarchy.ID(reviewing)
		_, _, _, err := w.svc.UpdateForm(t.Context(), w.call(w.admin), f.Form, f.Etag)
		must(t, err)
	}
	w.refused(read(entryAt(before)), "UNIT_NOT_FOUND")
	set("D")
	must(t, read(entryAt(before))) // it reviews now, and may see what was there before
	during := w.head()
	set("")
	w.refused(read(entryAt(during)), "UNIT_NOT_FOUND")
	w.refused(read(entryAt(before)), "UNIT_NOT_FOUND")
}

// TestR30AnInstantIsFoundAndRefused asks as of instants: on entries, between them, before the first, and not yet past.
func TestR30AnInstantIsFoundAndRefused(t *testing.T) {
	w := newWorld(t)
	began := w.now
	w.now = w.now.Add(time.Hour)
	w.submitted(w.admin, flow("A", "2024-04", "1"))
	first := w.head()
	w.now = w.now.Add(time.Hour)
	w.submitted(w.admin, flow("B", "2024-04", "2"))
	w.now = w.now.Add(time.Hour)
	for _, c := range []struct {
		at       time.Time
		sequence uint64
		reason   string
	}{
		{began.Add(-time.Nanosecond), 0, "AT_BEFORE_BEGINNING"},
		{began, first - 1, ""},
		{began.Add(time.Hour - 1), first - 1, ""},
		{began.Add(time.Hour), first, ""},
		{began.Add(90 * time.Minute), first, ""},
		{began.Add(2 * time.Hour), first + 1, ""},
		{w.now.Add(-time.Nanosecond), first + 1, ""},
		{w.now, 0, "AT_IN_FUTURE"},
		{w.now.Add(time.Hour), 0, "AT_IN_FUTURE"},
	} {
		_, stamp, err := w.svc.GetUnitAt(t.Context(), w.admin, "P", "", reporting.At{Time: c.at})
		if fault.ReasonOf(err) != c.reason || stamp.AtSequence != c.sequence {
			t.Errorf("as of %v: entry %d, %v, want %d %s", c.at, stamp.AtSequence, err, c.sequence, c.reason)
		}
	}
	// A full disk refuses changes, and nothing that is only asked.
	w.full.Store(true)
	_, _, err := w.svc.GetUnitAt(t.Context(), w.admin, "P", "", reporting.At{Time: w.now.Add(-time.Second)})
	must(t, err)
}

// TestR30WhoActsNowSeesTheDraftsOfThen lets A go over into N, whose reporter acts for it from then on (R3): he sees what was
// being worked on, also as of before anybody knew of him; who acted for nobody then and now sees none.
func TestR30WhoActsNowSeesTheDraftsOfThen(t *testing.T) {
	w := newWorld(t)
	w.submitted(w.token(auth.Reporter, "A"), drafted(flow("A", "2024-05", "1")))
	before := entryAt(w.head())
	_, err := w.svc.ReorganiseUnits(t.Context(), w.call(w.admin), hierarchy.Plan{
		Date: period.Date(2024, 6, 1), Close: []string{"A"}, Create: []hierarchy.Unit{unit("N", "commune", "D")},
		Links: []hierarchy.PlannedLink{{From: "A", To: "N", Share: hierarchy.Whole}},
	}, "")
	must(t, err)
	ref := reporting.ReportRef{Unit: "A-0", Form: "M", Period: "2024-05"}
	for name, at := range map[string]reporting.At{"now": {}, "then": before} {
		_, revisions, _, _, err := w.svc.ListRevisionsAt(t.Context(), w.token(auth.Reporter, "N"), ref, at, reporting.Page{})
		if err != nil || len(revisions) != 1 {
			t.Errorf("who acts sees %s: %d revisions, %v, want the draft", name, len(revisions), err)
		}
		_, revisions, _, _, err = w.svc.ListRevisionsAt(t.Context(), w.token(auth.Viewer, "D"), ref, at, reporting.Page{})
		if fault.ReasonOf(err) != "REPORT_NOT_FOUND" {
			t.Errorf("who reads sees %s: %d revisions, %v, want none", name, len(revisions), err)
		}
	}
}
