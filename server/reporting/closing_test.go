package reporting_test

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/closing"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rollup"
)

// may is the closing of May below the only unit that stands below none.
var may = reporting.ClosingRef{Form: "M", Period: "2024-05"}

func (w *world) closingNow(ref reporting.ClosingRef) reporting.Closing {
	w.t.Helper()
	c, _, err := w.svc.GetClosing(w.t.Context(), w.admin, ref)
	must(w.t, err)
	return c
}

// shut closes a period as it is now.
func (w *world) shut(by auth.Caller, ref reporting.ClosingRef, force bool, reason string) reporting.Closing {
	w.t.Helper()
	c, receipt, _, err := w.svc.ClosePeriod(w.t.Context(), w.call(by), ref, w.closingNow(ref).Etag, reason, force)
	must(w.t, err)
	if receipt.Sequence == 0 || c.State != reporting.PeriodClosed {
		w.t.Fatalf("after a closing %+v, receipt %+v", c, receipt)
	}
	return c
}

func (w *world) reopen(by auth.Caller, ref reporting.ClosingRef, until time.Time, units ...string) reporting.Closing {
	w.t.Helper()
	c, _, _, err := w.svc.ReopenPeriod(w.t.Context(), w.call(by), ref, w.closingNow(ref).Etag, "Nhầm đơn vị tính", units, until)
	must(w.t, err)
	return c
}

// approved sends a report and approves it.
func (w *world) approved(by auth.Caller, unit, per, value string) {
	w.t.Helper()
	ref := reporting.ReportRef{Unit: unit, Form: "M", Period: per}
	sub := flow(unit, per, value)
	if r, _, err := w.svc.GetReport(w.t.Context(), w.admin, ref, 0); err == nil {
		sub.Etag = r.Etag
	}
	o := w.submitted(w.token(auth.Reporter, unit), sub)
	_, _, _, err := w.svc.Approve(w.t.Context(), w.call(by), ref, o.Etag)
	must(w.t, err)
}

// kept gives the canonical text that a version kept.
func (w *world) kept(ref reporting.ClosingRef, version int) string {
	w.t.Helper()
	text := closing.Header
	page := reporting.Page{Size: 2}
	for {
		got, err := w.svc.ListClosedRollups(w.t.Context(), w.admin, ref, version, page)
		must(w.t, err)
		text += strings.Join(got.Lines, "\n") + "\n"
		if page.Token = got.Next; page.Token == "" {
			if sha256.Sum256([]byte(text)) != got.Digest {
				w.t.Errorf("the digest of version %d is not of its text\n%s", version, text)
			}
			return text
		}
	}
}

func TestR27ClosingFreezesWhatCanBeChecked(t *testing.T) {
	w := newWorld(t)
	p := w.token(auth.Approver, "P")
	w.approved(p, "A", "2024-05", "10")
	w.approved(p, "B", "2024-05", "5")
	c := w.shut(p, may, false, "")
	if c.Key.Owner != "P-0" || len(c.Versions) != 1 || c.Versions[0].Number != 1 || c.Versions[0].ComputedAt+1 != c.Versions[0].Sequence {
		t.Errorf("closed: %+v", c)
	}
	text := w.kept(may, 0)
	for _, line := range []string{
		"A-0,2024-05,FLOW,VALUE,10,,,,,1,1,0,0,0,0,0,0,1,1,0,0,0,0,0\n",
		"D-0,2024-05,FLOW,VALUE,15,,,,,2,2,0,0,0,0,0,0,2,2,0,0,0,0,0\n",
		"P-0,2024-05,FLOW,VALUE,15,,,,,3,2,0,1,0,0,0,0,2,3,0,0,0,0,0\n",
		"C-0,2024-05,STOCK,NO_DATA,,,,,,1,0,0,1,0,0,0,0,0,1,0,0,0,0,0\n",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("the kept table lacks %q:\n%s", line, text)
		}
	}
	// What was kept survives a state that is made anew, and is asked for by its version.
	w.expect("as closed", w.closedValue("P", "2024-05", 1), "15 2/3 closed 1")
	w.expect("as it is", w.closedValue("P", "2024-05", 0), "15 2/3 closed 1")
	w.expect("not closed", w.closedValue("P", "2024-04", 0), "NO_DATA 0/3")
}

// closedValue is an official roll-up of FLOW and what it says of closings.
func (w *world) closedValue(unit, per string, version int) string {
	w.t.Helper()
	page, err := w.svc.QueryRollups(w.t.Context(), w.admin, reporting.RollupQuery{
		Units: []string{unit}, Indicators: []string{"FLOW"}, Periods: []string{per}, ClosedVersion: version,
	})
	must(w.t, err)
	r := page.Rollups[0]
	word := r.Result.State.String()
	if r.Result.State == rollup.Value {
		word = r.Result.Display
	}
	word += " " + ratioWords(r.Result.Coverage.Received, r.Result.Coverage.Expected)
	if r.Closed.Version > 0 {
		word += " closed " + string(rune('0'+r.Closed.Version))
	}
	if r.Closed.Differs {
		word += " differs"
	}
	return word
}

func ratioWords(a, b int64) string { return string(rune('0'+a)) + "/" + string(rune('0'+b)) }

func TestR27AClosedPeriodStandsStillUntilItIsReopened(t *testing.T) {
	w := newWorld(t)
	p, a := w.token(auth.Approver, "P"), w.token(auth.Reporter, "A")
	w.approved(p, "A", "2024-05", "10")
	w.approved(p, "B", "2024-05", "5")
	w.shut(p, may, false, "")
	correction := flow("A", "2024-05", "12")
	correction.Etag = "1-approved"
	_, err := w.submit(a, correction)
	w.refused(err, "PERIOD_CLOSED")
	_, err = w.submit(w.token(auth.Reporter, "C"), flow("C", "2024-05", "1"))
	w.refused(err, "PERIOD_CLOSED")
	if o := w.submitted(a, flow("A", "2024-05", "10")); o.Kind != reporting.Unchanged {
		t.Errorf("the same again = %+v, want UNCHANGED", o)
	}
	_, _, _, err = w.svc.Return(t.Context(), w.call(p), obligation, "1-approved", "sai")
	w.refused(err, "PERIOD_CLOSED")
	_, _, _, err = w.svc.Exclude(t.Context(), w.call(p), obligation, "1-approved", "lũ")
	w.refused(err, "PERIOD_CLOSED")
	_, _, _, err = w.svc.ClosePeriod(t.Context(), w.call(p), may, w.closingNow(may).Etag, "", false)
	w.refused(err, "ALREADY_CLOSED")

	until := w.now.Add(48 * time.Hour)
	c := w.reopen(p, may, until, "A")
	if c.State != reporting.PeriodReopened || len(c.Versions[0].Reopenings) != 1 || c.Versions[0].Reopenings[0].Units[0] != "A-0" {
		t.Errorf("reopened: %+v", c)
	}
	_, err = w.submit(w.token(auth.Reporter, "C"), flow("C", "2024-05", "1"))
	w.refused(err, "PERIOD_CLOSED") // it was reopened for A alone
	w.approved(p, "A", "2024-05", "12")
	w.expect("after the correction", w.closedValue("P", "2024-05", 0), "17 2/3 closed 1 differs")
	w.expect("what was kept", w.closedValue("P", "2024-05", 1), "15 2/3 closed 1 differs")
	w.expect("B", w.closedValue("B", "2024-05", 0), "5 1/1 closed 1")

	w.now = until
	late := flow("A", "2024-05", "13")
	late.Etag = "2-approved"
	_, err = w.submit(a, late)
	w.refused(err, "PERIOD_CLOSED") // its time is over
	if c := w.shut(p, may, false, "Đã sửa"); len(c.Versions) != 2 || c.Versions[1].Number != 2 || c.Versions[1].Reason != "Đã sửa" {
		t.Errorf("closed again: %+v", c.Versions)
	}
	w.expect("version 2", w.closedValue("P", "2024-05", 0), "17 2/3 closed 2")
	w.expect("version 1 stays", w.closedValue("P", "2024-05", 1), "15 2/3 closed 1 differs")
}

func TestR27ReportsThatWaitAreNamedAndLeftOutOnlyByForce(t *testing.T) {
	w := newWorld(t)
	p := w.token(auth.Approver, "P")
	w.approved(p, "A", "2024-05", "10")
	w.submitted(w.token(auth.Reporter, "B"), flow("B", "2024-05", "5"))
	w.submitted(w.token(auth.Reporter, "C"), flow("C", "2024-05", "3"))
	w.exclude(p, reporting.ReportRef{Unit: "C", Form: "M", Period: "2024-05"}) // so it does not wait
	c := w.closingNow(may)
	if c.WaitingCount != 1 || c.Waiting[0].Unit != "B-0" || c.State != reporting.PeriodOpen {
		t.Errorf("waiting: %+v", c)
	}
	shut := func(force bool, reason string) error {
		_, _, _, err := w.svc.ClosePeriod(t.Context(), w.call(p), may, c.Etag, reason, force)
		return err
	}
	w.refused(shut(false, ""), "REPORTS_WAITING")
	w.refused(shut(true, " "), "REASON_REQUIRED")
	must(t, shut(true, "Xã B gửi chậm"))
	v := w.closingNow(may).Versions[0]
	if !v.Forced || len(v.LeftOut) != 1 || v.LeftOut[0] != "B-0" || v.Reason != "Xã B gửi chậm" {
		t.Errorf("closed by force: %+v", v)
	}
	_, _, _, err := w.svc.Approve(t.Context(), w.call(p), reporting.ReportRef{Unit: "B", Form: "M", Period: "2024-05"}, "1-submitted")
	w.refused(err, "PERIOD_CLOSED")
}

func TestR27WhoClosesAndWhen(t *testing.T) {
	w := newWorld(t)
	p := w.token(auth.Approver, "P")
	shut := func(by auth.Caller, ref reporting.ClosingRef, etag string) error {
		_, _, _, err := w.svc.ClosePeriod(t.Context(), w.call(by), ref, etag, "", false)
		return err
	}
	w.refused(shut(p, reporting.ClosingRef{Form: "M", Period: "2024-06"}, "0-0"), "PERIOD_TOO_EARLY")
	w.refused(shut(p, reporting.ClosingRef{Form: "M", Period: "2024-Q1"}, "0-0"), "PERIOD_NOT_OF_FORM")
	w.refused(shut(p, may, "1-0"), "ETAG_MISMATCH")
	w.refused(shut(w.token(auth.Reporter, "A"), may, "0-0"), "RIGHT_MISSING")
	w.refused(shut(w.token(auth.Approver, "D"), reporting.ClosingRef{Form: "M", Period: "2024-05", Owner: "P"}, "0-0"), "NOT_THE_OWNER")
	_, _, _, err := w.svc.ReopenPeriod(t.Context(), w.call(p), may, "0-0", "x", nil, w.now.Add(time.Hour))
	w.refused(err, "NOT_CLOSED")

	// A district closes for itself; the rest of the province goes on.
	district := reporting.ClosingRef{Form: "M", Period: "2024-05", Owner: "D"}
	w.shut(w.token(auth.Approver, "D"), district, false, "")
	_, err = w.submit(w.token(auth.Reporter, "A"), flow("A", "2024-05", "1"))
	w.refused(err, "PERIOD_CLOSED")
	w.submitted(w.token(auth.Reporter, "C"), flow("C", "2024-05", "1"))
	_, _, _, err = w.svc.ReopenPeriod(t.Context(), w.call(p), district, w.closingNow(district).Etag, "x", []string{"C"}, w.now.Add(time.Hour))
	w.refused(err, "UNIT_NOT_BELOW")
	_, _, _, err = w.svc.ReopenPeriod(t.Context(), w.call(p), district, w.closingNow(district).Etag, "", nil, w.now.Add(time.Hour))
	w.refused(err, "REASON_REQUIRED")
	_, _, _, err = w.svc.ReopenPeriod(t.Context(), w.call(p), district, w.closingNow(district).Etag, "x", nil, w.now)
	w.refused(err, "UNTIL_INVALID")
	list, err := w.svc.ListClosings(t.Context(), w.admin, "m", reporting.Page{})
	must(t, err)
	if len(list.Closings) != 1 || list.Closings[0].Key.Owner != "D-0" {
		t.Errorf("listed: %+v", list.Closings)
	}
}

func TestR27AFormIsClosedByItsOwner(t *testing.T) {
	w := newWorld(t)
	f := w.form("M")
	f.Owner = "D"
	_, _, _, err := w.svc.UpdateForm(t.Context(), w.call(w.admin), f.Form, f.Etag)
	must(t, err)
	if c := w.closingNow(may); c.Key.Owner != "D-0" {
		t.Errorf("the owner is %s, want D", c.Key.Owner)
	}
	_, _, err = w.svc.GetClosing(t.Context(), w.admin, reporting.ClosingRef{Form: "M", Period: "2024-05", Owner: "P"})
	w.refused(err, "OWNER_NOT_OF_FORM")
}

func TestR27WhatIsDatedIntoAClosedPeriodIsRefused(t *testing.T) {
	w := newWorld(t)
	p := w.token(auth.Approver, "P")
	w.approved(p, "A", "2024-05", "10")
	w.shut(p, may, false, "")
	f, i := w.form("M"), w.indicator("FLOW")
	form := func(change func()) error {
		change()
		_, _, _, err := w.svc.UpdateForm(t.Context(), w.call(w.admin), f.Form, f.Etag)
		return err
	}
	w.refused(form(func() { f.Indicators = []indicator.Code{"FLOW", "STOCK"} }), "CLOSED_PERIOD_AFFECTED")
	f = w.form("M")
	must(t, form(func() { f.NameVI = "Tên mới" })) // a name is only a name
	i.UnitRule = indicator.UnitMax
	i.Value.Time = indicator.TimeMax
	_, _, _, err := w.svc.UpdateIndicator(t.Context(), w.call(w.admin), i.Indicator, i.Etag)
	w.refused(err, "INDICATOR_IN_USE")
	i = w.indicator("FLOW")
	i.Assigned = []hierarchy.Selector{{Unit: "A-0"}}
	_, _, _, err = w.svc.UpdateIndicator(t.Context(), w.call(w.admin), i.Indicator, i.Etag)
	w.refused(err, "CLOSED_PERIOD_AFFECTED")
	_, _, _, err = w.svc.CreateUnit(t.Context(), w.call(w.admin), unit("E", "commune", "D"))
	w.refused(err, "CLOSED_PERIOD_AFFECTED")
	later := unit("E", "commune", "D")
	later.ValidFrom = period.Date(2024, 6, 1)
	_, _, _, err = w.svc.CreateUnit(t.Context(), w.call(w.admin), later)
	must(t, err)
	end := period.Date(2024, 5, 20)
	b, _, err := w.svc.GetUnit(t.Context(), w.admin, "B", "")
	must(t, err)
	_, _, _, err = w.svc.UpdateUnit(t.Context(), w.call(w.admin), "B", reporting.UnitPatch{ValidTo: &end, Etag: b.Etag})
	w.refused(err, "CLOSED_PERIOD_AFFECTED")
	_, err = w.svc.ImportHolidays(t.Context(), w.call(w.admin), []period.Holiday{{Day: period.Date(2024, 5, 30), Name: "Nghỉ", Off: true}})
	w.refused(err, "CLOSED_PERIOD_AFFECTED")
	w.reopen(p, may, w.now.Add(time.Hour)) // for all
	f = w.form("M")
	must(t, form(func() { f.Indicators = []indicator.Code{"FLOW", "STOCK"} }))
}

func TestR27LongerPeriodsCloseWithTheirLastBasePeriod(t *testing.T) {
	w := newWorld(t)
	p := w.token(auth.Approver, "P")
	for _, month := range []string{"2024-01", "2024-02", "2024-03"} {
		w.approved(p, "A", month, "10")
	}
	w.shut(p, reporting.ClosingRef{Form: "M", Period: "2024-02"}, false, "")
	w.expect("Q1 after February", w.closedValue("D", "2024-Q1", 0), "30 3/6")
	w.shut(p, reporting.ClosingRef{Form: "M", Period: "2024-03"}, false, "")
	w.expect("Q1 after March", w.closedValue("D", "2024-Q1", 0), "30 3/6 closed 1")
	w.expect("the half-year", w.closedValue("D", "2024-H1", 0), "30 3/"+string(rune('0'+12)))
	w.approved(p, "A", "2024-01", "11") // January was never closed, and Q1 hangs on it
	w.expect("Q1 after a change of January", w.closedValue("D", "2024-Q1", 0), "31 3/6 closed 1 differs")
}

func TestR37AClosingIsRepeated(t *testing.T) {
	w := newWorld(t)
	p := w.token(auth.Approver, "P")
	call := w.call(p)
	_, first, _, err := w.svc.ClosePeriod(t.Context(), call, may, "0-0", "", false)
	must(t, err)
	c, again, _, err := w.svc.ClosePeriod(t.Context(), call, may, "0-0", "", false)
	must(t, err)
	if !again.Replayed || again.Sequence != first.Sequence || again.Revision != 1 || len(c.Versions) != 1 {
		t.Errorf("repeated = %+v, first %+v", again, first)
	}
	_, _, _, err = w.svc.ClosePeriod(t.Context(), call, may, "0-0", "", true)
	w.refused(err, "REQUEST_ID_REUSED")
}

// TestR27WhatIsReportedByTwoCalendarsIsNotClosed: a query for it is refused whichever unit it names, so a closing keeps nothing of it,
// not even of units that have one of the calendars; verification, which comes after each test, finds the rest as it was kept.
func TestR27WhatIsReportedByTwoCalendarsIsNotClosed(t *testing.T) {
	w := newWorld(t)
	both := sum("BOTH")
	both.ReportedBy = []hierarchy.Kind{"commune", "district"}
	_, err := w.svc.ImportIndicators(t.Context(), w.call(w.admin), []indicator.Indicator{both, sum("ONE")})
	must(t, err)
	above := monthly("ABOVE", "BOTH")
	above.Calendar, above.Assigned = period.CutoffFifteenth, []hierarchy.Selector{{Kind: "district"}}
	_, err = w.svc.ImportForms(t.Context(), w.call(w.admin), []form.Form{monthly("BELOW", "BOTH", "ONE"), above})
	must(t, err)
	sub := flow("A", "2024-05", "7")
	sub.Ref.Form, sub.Figures[0].Indicator = "below", "BOTH"
	p := w.token(auth.Approver, "P")
	etag := w.submitted(w.token(auth.Reporter, "A"), with(sub, "ONE", "8")).Etag
	_, _, _, err = w.svc.Approve(t.Context(), w.call(p), sub.Ref, etag)
	must(t, err)
	ref := reporting.ClosingRef{Form: "BELOW", Period: "2024-05", Owner: "P"}
	w.shut(p, ref, false, "")
	text := w.kept(ref, 1)
	if strings.Contains(text, "BOTH") || !strings.Contains(text, "ONE") {
		t.Errorf("what is kept is\n%s", text)
	}
}
